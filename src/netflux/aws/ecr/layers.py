"""ECR's own operations on layers, for clients that push or read them without the registry's protocol."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

import yarl

from netflux.aws.ecr.distribution import INSTALL, Distribution
from netflux.aws.ecr.password import Passwords
from netflux.aws.ecr.records import EcrRecords
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError, Unsupported

if TYPE_CHECKING:
    from types_boto3_ecr import type_defs as ecr

Json = dict[str, Any]

PART_SIZE = 10 * 1024 * 1024  # bytes; InitiateLayerUpload says how large the client's parts shall be
DOWNLOAD_LIFE = timedelta(hours=1)


class Layers:
    """Handlers of the operations on layers.

    Attributes:
        records: know the repositories.
        passwords: open what a download URL names.
        distribution: keeps the layers; None where no registry is installed.
        uploads: under way, by id; they end with the region.
    """

    records: EcrRecords
    passwords: Passwords
    distribution: Distribution | None
    uploads: dict[str, Upload]

    @operation("registryId repositoryName")
    async def initiate_layer_upload(self, call: Call, request: ecr.InitiateLayerUploadRequestTypeDef) -> Json:
        """Begins an upload."""
        self.records.repository(call, request)
        session = await self._registry(call).session()
        async with session.post(f"http://registry/v2/{request['repositoryName']}/blobs/uploads/") as answer:
            if answer.status != 202:
                raise AwsError("ServerException", f"the registry answered {answer.status}", 500)
            upload = Upload(request["repositoryName"], answer.headers["Location"])
        identity = str(uuid.uuid4())
        self.uploads[identity] = upload
        return {"uploadId": identity, "partSize": PART_SIZE}

    @operation("registryId repositoryName uploadId partFirstByte partLastByte layerPartBlob")
    async def upload_layer_part(self, call: Call, request: ecr.UploadLayerPartRequestTypeDef) -> Json:
        """The next part; parts come in order."""
        upload = self._upload(call, request)
        first, last, part = request["partFirstByte"], request["partLastByte"], cast("bytes", request["layerPartBlob"])
        if first != upload.size or last - first + 1 != len(part):
            raise AwsError(
                "InvalidLayerPartException",
                f"The layer part of upload '{request['uploadId']}' must begin at byte {upload.size} and be as long "
                "as it says",
            )
        session = await self._registry(call).session()
        url = yarl.URL(f"http://registry{upload.location}", encoded=True)
        async with session.patch(url, data=part, headers={"Content-Type": "application/octet-stream"}) as answer:
            if answer.status != 202:
                raise AwsError("ServerException", f"the registry answered {answer.status}", 500)
            upload.location = answer.headers["Location"]
        upload.size += len(part)
        return {**_about(call, request), "uploadId": request["uploadId"], "lastByteReceived": upload.size - 1}

    @operation("registryId repositoryName uploadId layerDigests")
    async def complete_layer_upload(self, call: Call, request: ecr.CompleteLayerUploadRequestTypeDef) -> Json:
        """Ends an upload; the registry compares the digest."""
        upload, digest = self._upload(call, request), request["layerDigests"][0]
        if not upload.size:
            raise AwsError("EmptyUploadException", f"The upload '{request['uploadId']}' does not contain any parts")
        if await self._registry(call).blob_size(request["repositoryName"], digest) is not None:
            raise AwsError("LayerAlreadyExistsException", f"Layer with digest '{digest}' already exists")
        session = await self._registry(call).session()
        joint = "&" if "?" in upload.location else "?"
        url = yarl.URL(f"http://registry{upload.location}{joint}digest={quote(digest)}", encoded=True)
        async with session.put(url) as answer:
            if answer.status != 201:
                raise AwsError("InvalidLayerException", f"The layer that was uploaded does not have digest '{digest}'")
        del self.uploads[request["uploadId"]]
        return {**_about(call, request), "uploadId": request["uploadId"], "layerDigest": digest}

    @operation("registryId repositoryName layerDigests")
    async def batch_check_layer_availability(
        self, call: Call, request: ecr.BatchCheckLayerAvailabilityRequestTypeDef
    ) -> Json:
        """Which layers the repository has, as the registry says."""
        self.records.repository(call, request)
        layers: list[Json] = []
        for digest in request["layerDigests"]:
            size = await self._size(request["repositoryName"], digest)
            found = {"layerDigest": digest, "layerAvailability": "UNAVAILABLE" if size is None else "AVAILABLE"}
            layers.append(found if size is None else {**found, "layerSize": size})
        return {"layers": layers, "failures": []}

    @operation("registryId repositoryName layerDigest")
    async def get_download_url_for_layer(self, call: Call, request: ecr.GetDownloadUrlForLayerRequestTypeDef) -> Json:
        """A URL that needs no password and is good for an hour."""
        self.records.repository(call, request)
        name, digest = request["repositoryName"], request["layerDigest"]
        if await self._size(name, digest) is None:
            raise AwsError(
                "LayersNotFoundException", f"The layer with digest '{digest}' is not in the repository '{name}'"
            )
        path = f"/v2/{name}/blobs/{digest}"
        token, _ = self.passwords.issue(path, DOWNLOAD_LIFE)
        url = f"https://{self.records.host(call)}{path}?token={quote(token)}"
        return {"downloadUrl": url, "layerDigest": digest}

    async def _size(self, repository: str, digest: str) -> int | None:
        return None if self.distribution is None else await self.distribution.blob_size(repository, digest)

    def _registry(self, call: Call) -> Distribution:
        if self.distribution is None:
            raise Unsupported(f"ecr:{call.operation}", f"{INSTALL}, or push a folder with `netflux push`.")
        return self.distribution

    def _upload(self, call: Call, request: Mapping[str, Any]) -> Upload:
        found = self.uploads.get(request["uploadId"])
        if found is None or found.repository != request["repositoryName"]:
            raise AwsError(
                "UploadNotFoundException",
                f"The upload '{request['uploadId']}' does not exist in the repository with name "
                f"'{request['repositoryName']}' in the registry with id '{call.account}'",
            )
        return found


class Upload:
    """Where the registry wants the next part, and how much it has."""

    def __init__(self, repository: str, location: str) -> None:
        self.repository = repository
        self.location = location
        self.size = 0


def _about(call: Call, request: Mapping[str, Any]) -> Json:
    return {"registryId": call.account, "repositoryName": request["repositoryName"]}
