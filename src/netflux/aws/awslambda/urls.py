"""Function URLs are made, changed, told and deleted.

"Creating and managing Lambda function URLs", Lambda Developer Guide.
"""

# ruff: noqa: ARG002 every operation takes the call, as the control plane hands it over

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from netflux.aws.awslambda.host import Host
from netflux.aws.awslambda.part import Part, invalid, missing
from netflux.aws.awslambda.shape import moment
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.controlplane.records.paging import page
from netflux.controlplane.records.table import Table
from netflux.errors import AwsError
from netflux.resources.awslambda.qualified import Qualified, key
from netflux.resources.awslambda.url import FunctionUrl

Request = dict[str, Any]
_PAGE = 50
_LETTERS = string.ascii_lowercase + string.digits
_STREAM = {"InvokeMode": "Use BUFFERED: responses are not streamed here."}
_BUFFERED: Mapping[str, tuple[object, ...]] = {"InvokeMode": ("BUFFERED",)}
_CORS = "Cors(AllowCredentials AllowHeaders AllowMethods AllowOrigins ExposeHeaders MaxAge)"
_MEMBERS = f"FunctionName Qualifier AuthType {_CORS} InvokeMode"


class UrlOperations(Part):
    """Handlers of function URLs."""

    host: Host
    qualified: Qualified
    urls: Table[FunctionUrl]

    @operation(_MEMBERS, refused=_STREAM, only=_BUFFERED)
    def create_function_url_config(self, call: Call, request: Request) -> Request:
        """At a host name of its own, by the gateway."""
        name, qualifier = self._url_place(request)
        if f"{name}:{qualifier}" in self.urls:
            raise AwsError(
                "ResourceConflictException",
                f"Failed to create function url config for [functionArn = {self.kept.arn(name, qualifier)}]. Error "
                "message:  FunctionUrlConfig exists for this Lambda function",
                409,
            )
        now = self.host.clock.now()
        identity = "".join(secrets.choice(_LETTERS) for _ in range(32))
        made = FunctionUrl(identity, name, qualifier, request["AuthType"], now, now, dict(request.get("Cors") or {}))
        self.urls.put(made)
        return self._url(made)

    @operation("FunctionName Qualifier")
    def get_function_url_config(self, call: Call, request: Request) -> Request:
        """Where it is, and who may call it."""
        return self._url(self._found_url(request))

    @operation(_MEMBERS, refused=_STREAM, only=_BUFFERED)
    def update_function_url_config(self, call: Call, request: Request) -> Request:
        """It stays where it is."""
        made = replace(self._found_url(request), modified=self.host.clock.now())
        if request.get("AuthType"):
            made = replace(made, auth=request["AuthType"])
        if request.get("Cors") is not None:
            made = replace(made, cors=dict(request["Cors"]))
        self.urls.put(made)
        return self._url(made)

    @operation("FunctionName Qualifier")
    def delete_function_url_config(self, call: Call, request: Request) -> Request:
        """Its name leads nowhere."""
        found = self._found_url(request)
        self.urls.delete(f"{found.function}:{found.qualifier}")
        return {}

    @operation("FunctionName Marker MaxItems")
    def list_function_url_configs(self, call: Call, request: Request) -> Request:
        """Of a function and its aliases."""
        found = self.urls.where("function", self.function(request).name)
        size = min(_PAGE, request.get("MaxItems") or _PAGE)
        listed, following = page(found, request.get("Marker"), size, invalid("The marker is not one of an answer."))
        told = [self._url(one) for one in listed]
        return {"FunctionUrlConfigs": told} | ({"NextMarker": following} if following else {})

    def _url_place(self, request: Mapping[str, Any]) -> tuple[str, str]:
        name, qualifier = self.function(request).name, self.named(request).qualifier
        if qualifier and key(name, qualifier) not in self.qualified.aliases:
            raise missing(self.kept.arn(name, qualifier))
        return name, qualifier

    def _found_url(self, request: Mapping[str, Any]) -> FunctionUrl:
        name, qualifier = self._url_place(request)
        found = self.urls.get(f"{name}:{qualifier}")
        if found is None:
            raise AwsError("ResourceNotFoundException", "The resource you requested does not exist.", 404)
        return found

    def _url(self, one: FunctionUrl) -> Request:
        found: Request = {
            "FunctionUrl": self.host.url(one.id),
            "FunctionArn": self.kept.arn(one.function, one.qualifier),
            "AuthType": one.auth,
            "CreationTime": moment(one.created),
            "LastModifiedTime": moment(one.modified),
            "InvokeMode": "BUFFERED",
        }
        return found | ({"Cors": one.cors} if one.cors else {})
