"""The operations on functions: made, edited and tested as DEVELOPMENT, published as LIVE."""

# ruff: noqa: ARG002 every operation takes the call, as the control plane hands it over

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from netflux.aws.cloudfront.functions import javascript
from netflux.aws.cloudfront.kinds import check_version, new_id
from netflux.aws.cloudfront.pages import page
from netflux.clock import Clock
from netflux.controlplane.call import Call
from netflux.controlplane.operation import declared, operation
from netflux.controlplane.records.documents import Documents
from netflux.errors import AwsError
from netflux.resources.cloudfront import DISTRIBUTION, FUNCTION, Function, Version

_LARGEST = 10 * 1024
"""Bytes of code: "Quotas on CloudFront Functions"."""
_LARGEST_EVENT = 40 * 1024
_NAME = re.compile(r"[a-zA-Z0-9-_]{1,64}")
_NO_STORE = "There is no key value store at the edge here: keep the values in the code."
_CONFIG = declared(
    "Comment Runtime KeyValueStoreAssociations(Quantity Items)",
    refused={
        "KeyValueStoreAssociations.Quantity": _NO_STORE,
        "KeyValueStoreAssociations.Items": _NO_STORE,
    },
    only={"KeyValueStoreAssociations.Quantity": (0,), "KeyValueStoreAssociations.Items": ([],)},
)


class FunctionOperations:
    """Of CloudFront's API."""

    documents: Documents
    clock: Clock

    @operation("Name FunctionCode Tags(Items(Key Value))", parts={"FunctionConfig": _CONFIG})
    def create_function(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """In the DEVELOPMENT stage."""
        name = request["Name"]
        if not _NAME.fullmatch(name):
            raise AwsError("InvalidArgument", f"The function name {name} is not valid.")
        table = self.documents.table(FUNCTION)
        if name in table:
            raise AwsError("FunctionAlreadyExists", f"A function with the name {name} exists already.", 409)
        tags = {tag["Key"]: tag.get("Value") or "" for tag in (request.get("Tags") or {}).get("Items") or []}
        arn = f"arn:aws:cloudfront::{call.account}:function/{name}"
        made = Function(name, arn, self.clock.now(), self._version(request), tags=tags)
        table.put(made)
        return {
            "FunctionSummary": self._function_summary(made, "DEVELOPMENT"),
            "Location": name,
            "ETag": made.development.etag,
        }

    @operation("Name IfMatch FunctionCode", parts={"FunctionConfig": _CONFIG})
    def update_function(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Replaces the DEVELOPMENT stage's code and configuration."""
        found = self._checked_function(request)
        changed = replace(found, development=self._version(request))
        self.documents.table(FUNCTION).put(changed)
        return {"FunctionSummary": self._function_summary(changed, "DEVELOPMENT"), "ETag": changed.development.etag}

    @operation("Name IfMatch")
    def publish_function(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """DEVELOPMENT becomes LIVE; distributions that have the function run it from now on."""
        found = self._checked_function(request)
        live = replace(found.development, etag=new_id(), modified=self.clock.now())
        published = replace(found, live=live)
        self.documents.table(FUNCTION).put(published)
        return {"FunctionSummary": self._function_summary(published, "LIVE")}

    @operation("Name IfMatch")
    def delete_function(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """One that no distribution has."""
        found = self._checked_function(request)
        if users := self._users(found):
            told = f"The function {found.name} is associated with the distributions {', '.join(users)}."
            raise AwsError("FunctionInUse", told, 409)
        self.documents.table(FUNCTION).delete(found.name)
        return {}

    @operation("Name Stage")
    def get_function(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """The code."""
        version = _stage(self._function(request["Name"]), request)
        return {"FunctionCode": version.code.encode(), "ETag": version.etag, "ContentType": "application/octet-stream"}

    @operation("Name Stage")
    def describe_function(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """All but the code."""
        found = self._function(request["Name"])
        version = _stage(found, request)
        return {
            "FunctionSummary": self._function_summary(found, request.get("Stage", "DEVELOPMENT")),
            "ETag": version.etag,
        }

    @operation("Marker MaxItems Stage")
    def list_functions(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Both stages of each, or one."""
        wanted = request.get("Stage")
        items = [
            self._function_summary(one, stage)
            for one in self.documents.table(FUNCTION)
            for stage in ("DEVELOPMENT", "LIVE")
            if wanted in {None, stage} and (stage == "DEVELOPMENT" or one.live is not None)
        ]
        return {"FunctionList": page(items, request, marked=False)}

    @operation("Name IfMatch Stage EventObject")
    def test_function(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Really runs it, with the event given."""
        found = self._function(request["Name"])
        version = _stage(found, request)
        check_version(request, version)
        try:
            event = json.loads(request["EventObject"][: _LARGEST_EVENT + 1])
        except ValueError as error:
            raise AwsError("InvalidArgument", f"The event object is no JSON of at most 40 KB: {error}") from error
        if not isinstance(event, dict):
            raise AwsError("InvalidArgument", "The event object is no JSON object.")
        ran = javascript.run(version.code, event)
        return {
            "TestResult": {
                "FunctionSummary": self._function_summary(found, request.get("Stage", "DEVELOPMENT")),
                "ComputeUtilization": f"{ran.used * 100:.0f}",
                "FunctionExecutionLogs": list(ran.logs),
                "FunctionErrorMessage": ran.error,
                "FunctionOutput": "" if ran.error else json.dumps(_output(ran.value)),
            }
        }

    def live(self, arn: str) -> Function:
        """The published function that a distribution names.

        Raises:
            AwsError: InvalidFunctionAssociation.
        """
        found = self.documents.table(FUNCTION).get(arn.rpartition("/")[2])
        if found is None or found.arn != arn or found.live is None:
            told = f"The function ARN {arn} is not of a function in the LIVE stage: publish it first."
            raise AwsError("InvalidFunctionAssociation", told)
        return found

    def _version(self, request: Mapping[str, Any]) -> Version:
        given = request["FunctionCode"]
        raw: bytes = given.encode() if isinstance(given, str) else given  # templates have text
        if len(raw) > _LARGEST:
            raise AwsError("FunctionSizeLimitExceeded", "The function's code is larger than 10 KB.", 413)
        try:
            code = raw.decode()
        except UnicodeDecodeError as error:
            raise AwsError("InvalidArgument", "The function's code is no UTF-8 text.") from error
        if problem := javascript.problem(code):
            raise AwsError("InvalidArgument", f"The function's code can't be run: {problem}")
        return Version(new_id(), self.clock.now(), request["FunctionConfig"], code)

    def _function(self, name: str) -> Function:
        found = self.documents.table(FUNCTION).get(name)
        if found is None:
            raise AwsError("NoSuchFunctionExists", f"The specified function does not exist: {name}", 404)
        return found

    def _checked_function(self, request: Mapping[str, Any]) -> Function:
        found = self._function(request["Name"])
        check_version(request, found.development)
        return found

    def _users(self, found: Function) -> list[str]:
        return list(self.documents.table(DISTRIBUTION).keys("uses", found.arn))

    def _function_summary(self, found: Function, stage: str) -> dict[str, Any]:
        version = found.live if stage == "LIVE" and found.live is not None else found.development
        status = "UNPUBLISHED"
        if stage == "LIVE":
            status = "ASSOCIATED" if self._users(found) else "UNASSOCIATED"
        return {
            "Name": found.name,
            "Status": status,
            "FunctionConfig": version.config,
            "FunctionMetadata": {
                "FunctionARN": found.arn,
                "Stage": stage,
                "CreatedTime": found.created,
                "LastModifiedTime": version.modified,
            },
        }


def _stage(found: Function, request: Mapping[str, Any]) -> Version:
    if request.get("Stage", "DEVELOPMENT") == "DEVELOPMENT":
        return found.development
    if found.live is None:
        raise AwsError("NoSuchFunctionExists", f"The function {found.name} is not published.", 404)
    return found.live


def _output(value: Any) -> dict[str, Any]:
    made = isinstance(value, dict) and "statusCode" in value
    return {"response" if made else "request": value}
