"""Layers are published, told and deleted.

"Managing Lambda dependencies with layers", Lambda Developer Guide.
"""

# ruff: noqa: ARG002 every operation takes the call, as the control plane hands it over

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from netflux.aws.awslambda.functions import FunctionOperations
from netflux.aws.awslambda.part import invalid
from netflux.aws.awslambda.shape import moment
from netflux.controlplane.call import Call
from netflux.controlplane.identifiers import arn
from netflux.controlplane.operation import operation
from netflux.controlplane.records.paging import page
from netflux.errors import AwsError
from netflux.resources.awslambda.layer import Layer, Layers, LayerVersion

Request = dict[str, Any]
_PAGE = 50
_MARKER = "The marker is not one of an answer."
_FILTERS = "CompatibleRuntime CompatibleArchitecture"
_STORED = {"Content.S3ObjectStorageMode": "Use COPY: the object is copied when the layer is published."}


class LayerOperations(FunctionOperations):
    """Handlers of layers."""

    layers: Layers

    @operation(
        "LayerName Description Content(S3Bucket S3Key S3ObjectVersion ZipFile S3ObjectStorageMode) CompatibleRuntimes "
        "LicenseInfo CompatibleArchitectures",
        refused=_STORED,
        only={"Content.S3ObjectStorageMode": ("COPY",)},
    )
    async def publish_layer_version(self, call: Call, request: Request) -> Request:
        """A zip file under the layer's next number."""
        name = _name(request)
        package = await self._package(request["Content"])
        with self.documents.transaction():
            known = self.layers.layers.get(name)
            number = known.published + 1 if known is not None else 1
            made = LayerVersion(
                name,
                number,
                f"{self._arn(name)}:{number}",
                package.digest,
                package.size,
                self.host.clock.now(),
                request.get("Description") or "",
                request.get("LicenseInfo") or "",
                tuple(request.get("CompatibleRuntimes") or ()),
                tuple(request.get("CompatibleArchitectures") or ()),
            )
            self.layers.layers.put(Layer(name, number))
            self.layers.versions.put(made)
        return self._told(made)

    @operation("LayerName VersionNumber")
    def get_layer_version(self, call: Call, request: Request) -> Request:
        """One version."""
        return self._told(self._version(request))

    @operation("Arn")
    def get_layer_version_by_arn(self, call: Call, request: Request) -> Request:
        """The same, by its ARN."""
        found = self.layers.versions.get(request["Arn"])
        if found is None:
            raise _missing()
        return self._told(found)

    @operation(f"LayerName Marker MaxItems {_FILTERS}")
    def list_layer_versions(self, call: Call, request: Request) -> Request:
        """The newest first."""
        found = [one for one in self.layers.of(_name(request)) if _fits(one, request)]
        size = min(_PAGE, request.get("MaxItems") or _PAGE)
        listed, following = page(found, request.get("Marker"), size, invalid(_MARKER))
        told = [_summary(one) for one in listed]
        return {"LayerVersions": told} | ({"NextMarker": following} if following else {})

    @operation(f"Marker MaxItems {_FILTERS}")
    def list_layers(self, call: Call, request: Request) -> Request:
        """Each with its newest version."""
        found = []
        for layer in self.layers.layers:
            versions = [one for one in self.layers.of(layer.name) if _fits(one, request)]
            if versions:
                found.append(
                    {
                        "LayerName": layer.name,
                        "LayerArn": self._arn(layer.name),
                        "LatestMatchingVersion": _summary(versions[0]),
                    }
                )
        size = min(_PAGE, request.get("MaxItems") or _PAGE)
        listed, following = page(found, request.get("Marker"), size, invalid(_MARKER))
        return {"Layers": listed} | ({"NextMarker": following} if following else {})

    @operation("LayerName VersionNumber")
    def delete_layer_version(self, call: Call, request: Request) -> Request:
        """Functions that have it keep it."""
        self.layers.versions.delete(f"{self._arn(_name(request))}:{request['VersionNumber']}")
        return {}

    @operation(
        "LayerName VersionNumber StatementId Action Principal RevisionId",
        refused={"OrganizationId": "Leave it out: there are no organizations here."},
    )
    def add_layer_version_permission(self, call: Call, request: Request) -> Request:
        """Kept and told: there is one account, whose functions may use all layers anyway."""
        version = self._version(request)
        if request["StatementId"] in version.statements:
            raise AwsError(
                "ResourceConflictException",
                f"The statement id ({request['StatementId']}) provided already exists. Please provide a new statement "
                "id, or remove the existing statement.",
                409,
            )
        principal = request["Principal"]
        statement = {
            "Sid": request["StatementId"],
            "Effect": "Allow",
            "Principal": "*" if principal == "*" else {"AWS": f"arn:aws:iam::{principal}:root"},
            "Action": request["Action"],
            "Resource": version.arn,
        }
        text = json.dumps(statement, separators=(",", ":"))
        self.layers.versions.put(replace(version, statements={**version.statements, request["StatementId"]: text}))
        return {"Statement": text, "RevisionId": _revision(version)}

    @operation("LayerName VersionNumber StatementId RevisionId")
    def remove_layer_version_permission(self, call: Call, request: Request) -> Request:
        """Takes a statement out."""
        version = self._version(request)
        if request["StatementId"] not in version.statements:
            raise AwsError(
                "ResourceNotFoundException",
                f"Statement {request['StatementId']} is not found in resource policy.",
                404,
            )
        left = {name: text for name, text in version.statements.items() if name != request["StatementId"]}
        self.layers.versions.put(replace(version, statements=left))
        return {}

    @operation("LayerName VersionNumber")
    def get_layer_version_policy(self, call: Call, request: Request) -> Request:
        """All statements."""
        version = self._version(request)
        if not version.statements:
            raise AwsError("ResourceNotFoundException", "No policy is associated with the given resource.", 404)
        statements = [json.loads(text) for text in version.statements.values()]
        policy = {"Version": "2012-10-17", "Id": "default", "Statement": statements}
        return {"Policy": json.dumps(policy), "RevisionId": _revision(version)}

    def _arn(self, name: str) -> str:
        return arn("lambda", f"layer:{name}", self.kept.account, self.kept.region)

    def _version(self, request: Mapping[str, Any]) -> LayerVersion:
        found = self.layers.versions.get(f"{self._arn(_name(request))}:{request['VersionNumber']}")
        if found is None:
            raise _missing()
        return found

    def _told(self, version: LayerVersion) -> Request:
        content = {"CodeSize": version.size, "CodeSha256": base64.b64encode(bytes.fromhex(version.digest)).decode()}
        return {"Content": content, "LayerArn": self._arn(version.name), **_summary(version)}


def _name(request: Mapping[str, Any]) -> str:
    return str(request["LayerName"]).rpartition(":")[2]


def _missing() -> AwsError:
    return AwsError("ResourceNotFoundException", "The resource you requested does not exist.", 404)


def _fits(version: LayerVersion, request: Mapping[str, Any]) -> bool:
    runtime, architecture = request.get("CompatibleRuntime"), request.get("CompatibleArchitecture")
    return (not runtime or runtime in version.runtimes) and (not architecture or architecture in version.architectures)


def _revision(version: LayerVersion) -> str:
    """Another one for each set of statements."""
    return f"{version.digest[:8]}-{len(version.statements)}"


def _summary(version: LayerVersion) -> Request:
    found: Request = {
        "LayerVersionArn": version.arn,
        "Version": version.number,
        "Description": version.description,
        "CreatedDate": moment(version.created),
    }
    if version.runtimes:
        found["CompatibleRuntimes"] = [*version.runtimes]
    if version.architectures:
        found["CompatibleArchitectures"] = [*version.architectures]
    return found | ({"LicenseInfo": version.license} if version.license else {})
