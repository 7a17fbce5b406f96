"""Versions are published, and aliases lead to them.

"Manage Lambda function versions", "Create an alias for a Lambda function", Lambda Developer Guide.
"""

# ruff: noqa: ARG002 every operation takes the call, as the control plane hands it over

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from netflux.aws.awslambda.functions import FunctionOperations
from netflux.aws.awslambda.part import invalid
from netflux.aws.awslambda.shape import configuration, sha256
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.controlplane.records.paging import page
from netflux.errors import AwsError
from netflux.resources.awslambda.function import LATEST, version_key
from netflux.resources.awslambda.qualified import Alias, Qualified, key

Request = dict[str, Any]
_PAGE = 50
_MARKER = "The marker is not one of an answer."


class VersionOperations(FunctionOperations):
    """Handlers of versions and aliases."""

    qualified: Qualified

    @operation(
        "FunctionName CodeSha256 Description RevisionId",
        refused={"PublishTo": "Leave it out: functions live on this machine only."},
    )
    def publish_version(self, call: Call, request: Request) -> Request:
        """`$LATEST` as it is now, under a number; the last one where nothing has changed since."""
        latest, function = self._changeable(request), self.function(request)
        given = request.get("CodeSha256")
        if given and given != sha256(latest):
            raise invalid(
                f"CodeSHA256 ({given}) is different from current CodeSHA256 in $LATEST ({sha256(latest)}). Please try "
                "again with the CodeSHA256 in $LATEST."
            )
        made = self.publish(function, latest, request.get("Description") or "")
        return configuration(self.kept, function, made, qualified=True)

    @operation("FunctionName Marker MaxItems")
    def list_versions_by_function(self, call: Call, request: Request) -> Request:
        """`$LATEST` first."""
        function = self.function(request)
        size = min(_PAGE, request.get("MaxItems") or _PAGE)
        listed, following = page(self.kept.of(function.name), request.get("Marker"), size, invalid(_MARKER))
        told = [configuration(self.kept, function, one, qualified=True) for one in listed]
        return {"Versions": told} | ({"NextMarker": following} if following else {})

    def _delete_version(self, function: Any, number: str) -> None:
        alias = next(iter(self.qualified.aliases.where("version", version_key(function.name, number))), None)
        if alias is not None:
            raise AwsError(
                "ResourceConflictException",
                f"Unable to delete version because the following aliases reference it: [{alias.name}]",
                409,
            )
        super()._delete_version(function, number)

    @operation("FunctionName Name FunctionVersion Description RoutingConfig(AdditionalVersionWeights)")
    def create_alias(self, call: Call, request: Request) -> Request:
        """A name of a version."""
        function = self.function(request)
        if key(function.name, request["Name"]) in self.qualified.aliases:
            raise AwsError(
                "ResourceConflictException",
                f"Alias already exists: {self.kept.arn(function.name, request['Name'])}",
                409,
            )
        made = Alias(
            function.name, request["Name"], request["FunctionVersion"], request.get("Description") or "",
            str(uuid.uuid4()), _weights(request) or {},
        )  # fmt: skip
        self._check_alias(made)
        self.qualified.aliases.put(made)
        return self._alias(made)

    @operation("FunctionName Name")
    def get_alias(self, call: Call, request: Request) -> Request:
        """Where it leads."""
        return self._alias(self._found(request))

    @operation("FunctionName Name FunctionVersion Description RoutingConfig(AdditionalVersionWeights) RevisionId")
    def update_alias(self, call: Call, request: Request) -> Request:
        """Leads it elsewhere."""
        before = self._found(request)
        if request.get("RevisionId") not in (None, before.revision):
            raise AwsError(
                "PreconditionFailedException",
                "The RevisionId provided does not match the latest RevisionId. Call the GetFunction or the GetAlias "
                "API to retrieve the latest RevisionId",
                412,
            )
        weights = _weights(request)
        made = replace(
            before,
            version=request.get("FunctionVersion") or before.version,
            description=before.description if request.get("Description") is None else request["Description"],
            weights=before.weights if weights is None else weights,
            revision=str(uuid.uuid4()),
        )
        self._check_alias(made)
        self.qualified.aliases.put(made)
        return self._alias(made)

    @operation("FunctionName Name")
    def delete_alias(self, call: Call, request: Request) -> Request:
        """It leads nowhere; its policy is gone."""
        function = self.function(request)
        for name in self.qualified.permissions.keys("place", key(function.name, request["Name"])):
            self.qualified.permissions.delete(name)
        self.qualified.aliases.delete(key(function.name, request["Name"]))
        return {}

    @operation("FunctionName FunctionVersion Marker MaxItems")
    def list_aliases(self, call: Call, request: Request) -> Request:
        """Of a function, or of one of its versions."""
        function, number = self.function(request), request.get("FunctionVersion")
        of = self.qualified.aliases.where("function", function.name)
        found = [one for one in of if number in (None, one.version)]
        size = min(_PAGE, request.get("MaxItems") or _PAGE)
        listed, following = page(found, request.get("Marker"), size, invalid(_MARKER))
        return {"Aliases": [self._alias(one) for one in listed]} | ({"NextMarker": following} if following else {})

    def _found(self, request: Mapping[str, Any]) -> Alias:
        function = self.function(request)
        found = self.qualified.aliases.get(key(function.name, request["Name"]))
        if found is None:
            raise AwsError(
                "ResourceNotFoundException",
                f"Cannot find alias arn: {self.kept.arn(function.name, request['Name'])}",
                404,
            )
        return found

    def _check_alias(self, alias: Alias) -> None:
        for number in (alias.version, *alias.weights):
            if self.kept.version(alias.function, number) is None:
                raise AwsError(
                    "ResourceNotFoundException", f"Function not found: {self.kept.arn(alias.function, number)}", 404
                )
        if LATEST in (alias.version, *alias.weights) and alias.weights:
            raise invalid("$LATEST is not supported for an alias pointing to more than 1 version")
        if alias.version in alias.weights:
            raise invalid(
                f"Invalid function version {alias.version}. Function version {alias.version} is already included in "
                "routing configuration."
            )
        if len(alias.weights) > 1:
            raise invalid("Number of items in AdditionalVersionWeights cannot be greater than 1")

    def _alias(self, alias: Alias) -> Request:
        found: Request = {
            "AliasArn": self.kept.arn(alias.function, alias.name),
            "Name": alias.name,
            "FunctionVersion": alias.version,
            "Description": alias.description,
            "RevisionId": alias.revision,
        }
        return found | ({"RoutingConfig": {"AdditionalVersionWeights": alias.weights}} if alias.weights else {})


def _weights(request: Mapping[str, Any]) -> dict[str, float] | None:
    given = request.get("RoutingConfig")
    return None if given is None else dict(given.get("AdditionalVersionWeights") or {})
