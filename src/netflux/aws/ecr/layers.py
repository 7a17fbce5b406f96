"""ECR's own operations on layers, for clients that push or read them without the registry's protocol."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import yarl

from netflux import names
from netflux.aws.ecr.distribution import INSTALL, Distribution
from netflux.aws.ecr.password import Passwords
from netflux.controlplane.call import Call
from netflux.controlplane.moto.backend import Moto
from netflux.errors import AwsError, Unsupported

Json = dict[str, Any]

PART_SIZE = 10 * 1024 * 1024  # bytes; InitiateLayerUpload says how large the client's parts shall be
DOWNLOAD_LIFE = timedelta(hours=1)
_HTTPS = 443


class Layers:
    """Handlers of the operations on layers.

    Args:
        moto: knows the repositories.
        passwords: opens what a download URL names.
        distribution: keeps the layers; None where no registry is installed.
        port: of the gateway.
    """

    def __init__(self, moto: Moto, passwords: Passwords, distribution: Distribution | None, port: int) -> None:
        self._moto = moto
        self._passwords = passwords
        self._distribution = distribution
        self._port = port
        self._uploads: dict[str, _Upload] = {}

    async def initiate_layer_upload(self, call: Call, request: Json) -> Json:
        """Begins an upload."""
        await self._repository(request)
        session = await self._registry(call).session()
        async with session.post(f"http://registry/v2/{request['repositoryName']}/blobs/uploads/") as answer:
            if answer.status != 202:
                raise AwsError("ServerException", f"the registry answered {answer.status}", 500)
            upload = _Upload(request["repositoryName"], answer.headers["Location"])
        identity = str(uuid.uuid4())
        self._uploads[identity] = upload
        return {"uploadId": identity, "partSize": PART_SIZE}

    async def upload_layer_part(self, call: Call, request: Json) -> Json:
        """The next part; parts come in order."""
        upload = self._upload(call, request)
        first, last, part = request["partFirstByte"], request["partLastByte"], request["layerPartBlob"]
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

    async def complete_layer_upload(self, call: Call, request: Json) -> Json:
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
        del self._uploads[request["uploadId"]]
        return {**_about(call, request), "uploadId": request["uploadId"], "layerDigest": digest}

    async def batch_check_layer_availability(self, _call: Call, request: Json) -> Json:
        """Which layers the repository has, as the registry says."""
        await self._repository(request)
        layers: list[Json] = []
        for digest in request["layerDigests"]:
            size = await self._size(request["repositoryName"], digest)
            found = {"layerDigest": digest, "layerAvailability": "UNAVAILABLE" if size is None else "AVAILABLE"}
            layers.append(found if size is None else {**found, "layerSize": size})
        return {"layers": layers, "failures": []}

    async def get_download_url_for_layer(self, call: Call, request: Json) -> Json:
        """A URL that needs no password and is good for an hour."""
        await self._repository(request)
        name, digest = request["repositoryName"], request["layerDigest"]
        if await self._size(name, digest) is None:
            raise AwsError(
                "LayersNotFoundException", f"The layer with digest '{digest}' is not in the repository '{name}'"
            )
        path = f"/v2/{name}/blobs/{digest}"
        token, _ = self._passwords.issue(path, DOWNLOAD_LIFE)
        url = f"https://{self._host(call.account, call.region)}{path}?token={quote(token)}"
        return {"downloadUrl": url, "layerDigest": digest}

    def _host(self, account: str, region: str) -> str:
        host = names.registry(account, region)
        return host if self._port == _HTTPS else f"{host}:{self._port}"

    async def _repository(self, request: Json) -> Json:
        ask = {"repositoryNames": [request["repositoryName"]]}
        answer = await self._moto.call("ecr", "DescribeRepositories", ask)
        repository: Json = answer["repositories"][0]
        return repository

    async def _size(self, repository: str, digest: str) -> int | None:
        return None if self._distribution is None else await self._distribution.blob_size(repository, digest)

    def _registry(self, call: Call) -> Distribution:
        if self._distribution is None:
            raise Unsupported(f"ecr:{call.operation}", f"{INSTALL}, or push a folder with `netflux push`.")
        return self._distribution

    def _upload(self, call: Call, request: Json) -> _Upload:
        found = self._uploads.get(request["uploadId"])
        if found is None or found.repository != request["repositoryName"]:
            raise AwsError(
                "UploadNotFoundException",
                f"The upload '{request['uploadId']}' does not exist in the repository with name "
                f"'{request['repositoryName']}' in the registry with id '{call.account}'",
            )
        return found


class _Upload:
    """Where the registry wants the next part, and how much it has."""

    def __init__(self, repository: str, location: str) -> None:
        self.repository = repository
        self.location = location
        self.size = 0


def _about(call: Call, request: Json) -> Json:
    return {"registryId": call.account, "repositoryName": request["repositoryName"]}
