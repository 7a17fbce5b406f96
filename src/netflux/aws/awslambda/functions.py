"""Functions are made, changed, told and deleted."""

# ruff: noqa: ARG002 every operation takes the call, as the control plane hands it over

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from netflux.aws.awslambda import code, configuration, runtimes
from netflux.aws.awslambda.host import Host
from netflux.aws.awslambda.part import Part, invalid, missing
from netflux.aws.awslambda.shape import configuration as shown
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.controlplane.records.paging import page
from netflux.errors import AwsError, Unsupported
from netflux.resources.awslambda.function import (
    ACTIVE,
    FAILED,
    IN_PROGRESS,
    LATEST,
    PENDING,
    SUCCESSFUL,
    Code,
    Function,
    LayerCode,
    Settings,
    Version,
)
from netflux.resources.awslambda.qualified import Qualified, key
from netflux.resources.awslambda.url import URL
from netflux.runtime.driver import PullError

Request = dict[str, Any]
_PAGE = 50
PODMAN = "podman"
"""Runtime of container images."""
_MANDATORY = "Runtime and Handler are mandatory parameters for functions created with deployment packages."
_LIVES = "Leave it out: functions live on this machine only."
_SIGNING = "Leave it out: code is not signed here."
_TENANTS = "Leave it out: environments are not kept apart by tenant here."
_ENCRYPTED = "Leave it out: the zip file is kept as it was sent."
_REFERENCE = "Use COPY: the object is copied when the function is made."


class FunctionOperations(Part):
    """Handlers of functions.

    Args:
        host: what they run on.
    """

    qualified: Qualified

    def __init__(self, host: Host) -> None:
        super().__init__(host.kept)
        self.host = host

    @operation(
        f"FunctionName Code(ZipFile S3Bucket S3Key S3ObjectVersion S3ObjectStorageMode ImageUri) Publish PackageType "
        f"Tags Architectures {configuration.MEMBERS}",
        refused={
            **configuration.REFUSED,
            "Code.SourceKMSKeyArn": _ENCRYPTED,
            "Code.S3ObjectStorageMode": _REFERENCE,
            "CodeSigningConfigArn": _SIGNING,
            "TenancyConfig": _TENANTS,
            "PublishTo": _LIVES,
        },
        only={**configuration.ONLY, "Code.S3ObjectStorageMode": ("COPY",)},
    )
    async def create_function(self, call: Call, request: Request) -> Request:
        """`Pending` until its code has been seen to be ready to run."""
        name = self.named(request).name
        await asyncio.to_thread(runtimes.look)
        if name in self.kept.functions:
            raise AwsError("ResourceConflictException", f"Function already exist: {name}", 409)
        settings = configuration.settings(name, request, None)
        image = request.get("PackageType", "Zip") == "Image"
        _check_package(request, settings, image=image)
        self._check_role(settings)
        package = await self._package(request["Code"])
        now = self.host.clock.now()
        arn = self.kept.arn(name)
        function = Function(name, arn, now, tags=dict(request.get("Tags") or {}))
        architecture = (request.get("Architectures") or ["x86_64"])[0]
        layers = self._layers(settings, ())
        version = Version(name, LATEST, settings, package, architecture, now, str(uuid.uuid4()), layers=layers)
        with self.documents.transaction():
            if name in self.kept.functions:
                raise AwsError("ResourceConflictException", f"Function already exist: {name}", 409)
            self.kept.functions.put(function)
            self.kept.versions.put(version)
        if request.get("Publish"):
            version = self.publish(function, version, "")
            return shown(self.kept, function, version, qualified=True)
        return shown(self.kept, function, version)

    @operation("FunctionName Qualifier")
    def get_function(self, call: Call, request: Request) -> Request:
        """With where its code is, its tags and its reserved concurrency."""
        function, version = self._asked(request)
        found: Request = {"Configuration": shown(self.kept, function, version, qualified="Qualifier" in request)}
        if version.code.image:
            found["Code"] = {
                "RepositoryType": "ECR",
                "ImageUri": version.code.image,
                "ResolvedImageUri": version.code.image.partition("@")[0].rpartition(":")[0]
                + f"@sha256:{version.code.digest}",
            }
        else:
            found["Code"] = {"RepositoryType": "S3"}
        if function.tags:
            found["Tags"] = dict(function.tags)
        if function.reserved is not None:
            found["Concurrency"] = {"ReservedConcurrentExecutions": function.reserved}
        return found

    @operation("FunctionName Qualifier")
    def get_function_configuration(self, call: Call, request: Request) -> Request:
        """Of a version."""
        function, version = self._asked(request)
        return shown(self.kept, function, version, qualified="Qualifier" in request)

    @operation(
        "MasterRegion FunctionVersion Marker MaxItems",
        refused={"MasterRegion": _LIVES},
    )
    def list_functions(self, call: Call, request: Request) -> Request:
        """`$LATEST` of each, or all versions."""
        every = request.get("FunctionVersion") == "ALL"
        found = [
            (function, version)
            for function in self.kept.functions
            for version in self.kept.of(function.name)
            if every or version.number == LATEST
        ]
        size = min(_PAGE, request.get("MaxItems") or _PAGE)
        listed, following = page(found, request.get("Marker"), size, invalid("The marker is not one of an answer."))
        told = [shown(self.kept, function, version, qualified=every) for function, version in listed]
        return {"Functions": told} | ({"NextMarker": following} if following else {})

    @operation(
        "FunctionName ZipFile S3Bucket S3Key S3ObjectVersion S3ObjectStorageMode ImageUri Architectures Publish DryRun "
        "RevisionId",
        refused={"SourceKMSKeyArn": _ENCRYPTED, "S3ObjectStorageMode": _REFERENCE, "PublishTo": _LIVES},
        only={"S3ObjectStorageMode": ("COPY",)},
    )
    async def update_function_code(self, call: Call, request: Request) -> Request:
        """`InProgress` until the new code has been seen to be ready."""
        before = self._changeable(request)
        if bool(before.code.image) != bool(request.get("ImageUri")):
            kind = "Image" if before.code.image else "Zip"
            raise invalid(f"Please don't provide the other kind of code for a function of the package type {kind}.")
        package = await self._package(request)
        if request.get("DryRun"):
            function = self.function(request)
            return shown(self.kept, function, replace(before, code=package))
        architecture = (request.get("Architectures") or [before.architecture])[0]
        return self._changed(request, code=package, architecture=architecture)

    @operation(
        f"FunctionName RevisionId {configuration.MEMBERS}", refused=configuration.REFUSED, only=configuration.ONLY
    )
    def update_function_configuration(self, call: Call, request: Request) -> Request:
        """Environments that run already end with the calls that they have."""
        before = self._changeable(request)
        settings = configuration.settings(before.function, request, before.settings)
        if request.get("Role") is not None:
            self._check_role(settings)
        return self._changed(request, settings=settings, layers=self._layers(settings, before.layers))

    @operation("FunctionName Qualifier")
    def delete_function(self, call: Call, request: Request) -> Request:
        """The function with its versions, or one version."""
        function, wanted = self.function(request), self.named(request)
        if wanted.qualifier == LATEST:
            raise invalid("$LATEST version cannot be deleted without deleting the function.")
        if wanted.qualifier:
            self._delete_version(function, wanted.qualifier)
            return {}
        for version in self.kept.of(function.name):
            self.kept.versions.delete(version.key)
        self.qualified.forget(function.name)
        for url in self.kept.documents.table(URL).where("function", function.name):
            self.kept.documents.table(URL).delete(f"{url.function}:{url.qualifier}")
        self.kept.functions.delete(function.name)
        return {}

    def _delete_version(self, function: Function, number: str) -> None:
        found = self.kept.version(function.name, number)
        if found is not None:
            self.kept.versions.delete(found.key)

    def publish(self, function: Function, latest: Version, description: str) -> Version:
        """A version of what `$LATEST` is; the last one where nothing has changed since."""
        before = self.kept.version(function.name, str(function.published))
        settings = replace(latest.settings, description=description or latest.settings.description)
        if before is not None and (before.settings, before.code) == (settings, latest.code):
            return before
        number = function.published + 1
        made = replace(latest, number=str(number), settings=settings, revision=str(uuid.uuid4()), updated=SUCCESSFUL)
        with self.documents.transaction():
            self.kept.functions.put(replace(function, published=number))
            self.kept.versions.put(made)
        return made

    def _asked(self, request: Mapping[str, Any]) -> tuple[Function, Version]:
        wanted, function = self.named(request), self.function(request)
        alias = self.qualified.aliases.get(key(function.name, wanted.qualifier))
        number = alias.version if alias is not None else wanted.qualifier or LATEST
        version = self.kept.version(function.name, number)
        if version is None:
            raise missing(self.kept.arn(function.name, wanted.qualifier))
        return function, version

    def _changeable(self, request: Mapping[str, Any]) -> Version:
        """The `$LATEST` that the request changes."""
        before = self.latest(request)
        given = request.get("RevisionId")
        if given and given != before.revision:
            raise AwsError(
                "PreconditionFailedException",
                "The RevisionId provided does not match the latest RevisionId. Call the GetFunction or the GetAlias "
                "API to retrieve the latest RevisionId",
                412,
            )
        if before.state == PENDING or before.updated == IN_PROGRESS:
            state = f"An update is in progress for resource: {self.kept.arn(before.function)}"
            if before.state == PENDING:
                state = "The function is currently in the following state: Pending"
            raise AwsError("ResourceConflictException", f"The operation cannot be performed at this time. {state}", 409)
        return before

    def _changed(self, request: Mapping[str, Any], **changes: Any) -> Request:
        with self.documents.transaction():
            before = self._changeable(request)
            state = PENDING if before.state == FAILED else ACTIVE
            made = replace(
                before, **changes, modified=self.host.clock.now(), revision=str(uuid.uuid4()), state=state,
                updated=IN_PROGRESS,
            )  # fmt: skip
            self.kept.versions.put(made)
            function = self.function(request)
            if request.get("Publish"):
                return shown(self.kept, function, self.publish(function, made, ""), qualified=True)
        return shown(self.kept, function, made)

    def _layers(self, settings: Settings, before: tuple[LayerCode, ...]) -> tuple[LayerCode, ...]:
        """The code of the layers; one that the function has already may have been deleted since."""
        known = {one.arn: one for one in before}
        found = []
        for arn in settings.layers:
            layer = self.kept.layer(arn)
            one = known.get(arn) if layer is None else LayerCode(arn, layer.digest, layer.size)
            if one is None:
                raise invalid(
                    f"Layer version {arn} does not exist. Layers of other accounts are not here: publish a copy with "
                    "`aws lambda publish-layer-version`."
                )
            if self.host.packages.extensions(one.digest):
                raise Unsupported(f"The external extension in the layer {arn}", "Leave the layer out.")
            found.append(one)
        return tuple(found)

    def _check_role(self, settings: Settings) -> None:
        if not self.host.trusted(settings.role):
            raise invalid("The role defined for the function cannot be assumed by Lambda.")

    async def _package(self, given: Mapping[str, Any]) -> Code:
        """The code that a request has, on disk."""
        if given.get("ImageUri"):
            return await self._image(given["ImageUri"])
        data = given.get("ZipFile")
        if data is None and given.get("S3Bucket") and given.get("S3Key"):
            data = await self._object(given)
        if data is None:
            raise invalid("Please provide a source for function code.")
        if given.get("ZipFile") is not None and len(data) > code.MOST_ZIPPED:
            raise AwsError(
                "RequestTooLargeException", f"Zipped size must be smaller than {code.MOST_ZIPPED} bytes", 413
            )
        digest = await asyncio.to_thread(self.host.packages.keep, bytes(data))
        return Code(digest, len(data))

    async def _object(self, given: Mapping[str, Any]) -> bytes:
        asked = {"Bucket": given["S3Bucket"], "Key": given["S3Key"]}
        if given.get("S3ObjectVersion"):
            asked["VersionId"] = given["S3ObjectVersion"]
        try:
            body = (await self.host.apis.call("s3", "GetObject", asked))["Body"]
        except AwsError as error:
            raise invalid(
                f"Error occurred while GetObject. S3 Error Code: {error.code}. S3 Error Message: {error.message}"
            ) from error
        return bytes(body.read()) if hasattr(body, "read") else bytes(body)

    async def _image(self, uri: str) -> Code:
        try:
            pulled = await self.host.runtime.pull(uri)
        except PullError as error:
            raise invalid(f"Source image {uri} does not exist. Provide a valid source image. ({error})") from error
        except ValueError as error:
            raise invalid(f"Source image {uri} is not valid. Provide a valid source image.") from error
        if pulled.runtime != PODMAN:
            raise invalid(f"Source image {uri} is a folder that was pushed for tasks. Push a container image.")
        return Code(pulled.digest.removeprefix("sha256:"), image=uri)


def _check_package(request: Mapping[str, Any], settings: Settings, *, image: bool) -> None:
    if image:
        if not request["Code"].get("ImageUri"):
            raise invalid("Please provide ImageUri when creating a function with packageType Image.")
        if settings.runtime or settings.handler:
            raise invalid("An image has no Runtime and no Handler: leave them out, or use a zip file.")
        return
    if request["Code"].get("ImageUri"):
        raise invalid("Please don't provide ImageUri when updating a function with packageType Zip.")
    if not settings.runtime or not settings.handler:
        raise invalid(_MANDATORY)
