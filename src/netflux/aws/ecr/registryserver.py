"""The registry's protocol as ECR speaks it: who may in, which repositories there are, which tags may move.

Layers go through to the real registry as a stream. Manifests and tags are ECR's own: what `PutImage` and
`BatchGetImage` know is what `podman push` and `podman pull` see.
"""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path

import aiohttp
import yarl
from aiohttp import web

from netflux import names
from netflux.aws.ecr.api import EcrApi
from netflux.aws.ecr.decide import Wanted, failure, image_id, page, wanted
from netflux.aws.ecr.distribution import INSTALL, DistributionError
from netflux.controlplane.authentication import admission
from netflux.controlplane.call import Caller
from netflux.controlplane.protocol import bodies
from netflux.controlplane.server import joined
from netflux.errors import AwsError
from netflux.haproxy.backlog import BACKLOG
from netflux.haproxy.configuration import quote
from netflux.haproxy.section import Route, Section

_log = logging.getLogger(__name__)

MANIFEST_LIMIT = 4 * 1024 * 1024  # Amazon ECR service quotas: a manifest has at most 4 MiB; parameter ImageManifest.
_VERSION = {"Docker-Distribution-Api-Version": "registry/2.0"}
_OWN_PATHS = ("/v2", "/v2/", "/v2/_catalog")
_OF = "{ path_reg ^/v2/.+/(manifests|blobs|tags)/ }"
_CHUNK = 256 * 1024
_NUMBER = re.compile("[0-9]{1,9}")
_END_TO_END = ("Content-Type", "Content-Range", "Range", "Accept", "If-None-Match")
_BACK = ("Content-Type", "Content-Range", "Range", "Location", "Docker-Content-Digest", "Docker-Upload-UUID", "ETag")
_CODES = {
    "RepositoryNotFoundException": ("NAME_UNKNOWN", 404),
    "ImageTagAlreadyExistsException": ("TAG_INVALID", 400),
    "RequestEntityTooLarge": ("SIZE_INVALID", 413),
    "ReferencedImagesNotFoundException": ("MANIFEST_BLOB_UNKNOWN", 400),
    "LayersNotFoundException": ("MANIFEST_BLOB_UNKNOWN", 400),
    "ImageDigestDoesNotMatchException": ("DIGEST_INVALID", 400),
    "InvalidParameterException": ("MANIFEST_INVALID", 400),
    "UnsupportedOperation": ("UNSUPPORTED", 405),
}


class RegistryServer:
    """Answers `/v2/…`.

    Args:
        apis: calls ECR.
        ecr: has its records, its passwords and its layers.
        account: of this registry.
        region: of this registry.
    """

    def __init__(self, apis: Caller, ecr: EcrApi, account: str, region: str) -> None:
        self._apis = apis
        self._records = ecr.records
        self._passwords = ecr.passwords
        self._distribution = ecr.distribution
        self._account = account
        self.host = names.registry(account, region)
        app = web.Application(client_max_size=MANIFEST_LIMIT)
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False, auto_decompress=False)
        self.port = 0
        self._makers = {
            "base": self._base, "catalog": self._catalog, "manifest": self._manifest, "tags": self._tags,
            "uploads": self._through, "blob": self._through,
        }  # fmt: skip

    async def start(self, socket: Path) -> None:
        """Listens on the unix socket for the gateway, and on a free port of 127.0.0.1 for the machine's own engine."""
        await self._runner.setup()
        await web.UnixSite(self._runner, str(socket), backlog=BACKLOG).start()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.port = next(address[1] for address in self._runner.addresses if isinstance(address, tuple))

    def section(self, socket: Path) -> Section:
        """The gateway's route to the unix socket: by the registry's name, and by the machine's own for clients that
        don't resolve names below localhost. There the APIs answer as well, so only the registry's paths go this way.
        """
        body = f"backend ecr-registry\n    server registry unix@{quote(str(socket))}\n"
        paths = (f"use_backend ecr-registry if {{ path {' '.join(_OWN_PATHS)} }}", f"use_backend ecr-registry if {_OF}")
        routes = [Route(host, "", paths) for host in ("localhost", "127.0.0.1")]
        return Section("ecr/registry", body, (Route(self.host, "", ("use_backend ecr-registry",)), *routes))

    async def stop(self) -> None:
        """Ends after the requests under way, and the registry with it."""
        await self._runner.cleanup()
        if self._distribution is not None:
            await self._distribution.stop()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        found = wanted(request.path)
        if not admission.is_here(request.host) or admission.from_page(joined(request.headers)):
            return self._refusal("DENIED", f"{admission.PAGES} Use podman, docker or skopeo, at {self.host}.", 403)
        if not self._allowed(request):
            return self._refusal("UNAUTHORIZED", "Not Authorized", 401)
        if found is None:
            return self._refusal("UNSUPPORTED", f"{request.method} {request.path} is not supported", 404)
        if found.repository and found.repository not in self._records.repositories:
            return self._refusal("NAME_UNKNOWN", self._unknown(found), 404)
        return await self._made(request, found)

    async def _made(self, request: web.Request, found: Wanted) -> web.StreamResponse:
        try:
            return await self._makers[found.kind](request, found)
        except AwsError as error:
            code, status = _CODES.get(error.code, ("DENIED", error.status))
            return self._refusal(code, self._unknown(found) if code == "NAME_UNKNOWN" else error.message, status)
        except DistributionError as error:
            _log.exception("the registry can't be started")
            return self._refusal("UNAVAILABLE", str(error), 503)

    def _allowed(self, request: web.Request) -> bool:
        token = request.query.get("token", "")
        if token and request.method in ("GET", "HEAD"):
            return self._passwords.good(token, request.path)
        return self._passwords.opens(request.headers.get("Authorization", ""))

    def _unknown(self, found: Wanted) -> str:
        return f"The repository with name '{found.repository}' does not exist in the registry with id '{self._account}'"

    def _refusal(self, code: str, message: str, status: int) -> web.Response:
        headers = dict(_VERSION)
        if status == 401:
            headers["WWW-Authenticate"] = f'Basic realm="https://{self.host}/",service="ecr.amazonaws.com"'
        return web.Response(
            status=status, headers=headers, body=failure(code, message), content_type="application/json"
        )

    async def _base(self, _request: web.Request, _found: Wanted) -> web.StreamResponse:
        return _json({})

    async def _catalog(self, _request: web.Request, _found: Wanted) -> web.StreamResponse:
        return _json({"repositories": sorted(one.name for one in self._records.repositories)})

    async def _tags(self, request: web.Request, found: Wanted) -> web.StreamResponse:
        tags = [tag for image in self._records.of(found.repository) for tag in image.tags]
        limit = request.query.get("n", "")
        chosen, more = page(tags, request.query.get("last", ""), int(limit) if _NUMBER.fullmatch(limit) else None)
        answer = _json({"name": found.repository, "tags": chosen})
        if more and chosen:
            answer.headers["Link"] = f'</v2/{found.repository}/tags/list?n={limit}&last={chosen[-1]}>; rel="next"'
        return answer

    async def _manifest(self, request: web.Request, found: Wanted) -> web.StreamResponse:
        if request.method == "PUT":
            return await self._push(request, found)
        if request.method not in ("GET", "HEAD"):
            return self._refusal("UNSUPPORTED", "Delete images with BatchDeleteImage.", 405)
        image = self._records.find(found.repository, image_id(found.reference))
        if image is None:
            return self._refusal("MANIFEST_UNKNOWN", "Requested image not found", 404)
        body = image.manifest.encode()
        headers = {**_VERSION, "Content-Type": image.media_type, "Docker-Content-Digest": image.digest}
        if request.method == "HEAD":
            return web.Response(headers={**headers, "Content-Length": str(len(body))})
        ask = {"repositoryName": found.repository, "imageIds": [{"imageDigest": image.digest}]}
        await self._apis.call("ecr", "BatchGetImage", ask)  # the pull is recorded
        return web.Response(headers=headers, body=body)

    async def _push(self, request: web.Request, found: Wanted) -> web.StreamResponse:
        try:
            manifest = (await bodies.read(request, MANIFEST_LIMIT)).decode()
        except UnicodeDecodeError:
            return self._refusal("MANIFEST_INVALID", "the manifest is not UTF-8", 400)
        params = {
            "repositoryName": found.repository,
            "imageManifest": manifest,
            "imageManifestMediaType": request.content_type,
            **image_id(found.reference),
        }
        try:
            answer = await self._apis.call("ecr", "PutImage", params)
            digest = answer["image"]["imageId"]["imageDigest"]
        except AwsError as error:
            if error.code != "ImageAlreadyExistsException":
                raise
            image = self._records.find(found.repository, image_id(found.reference))
            if image is None:
                raise
            digest = image.digest  # the push of what is there already changes nothing
        location = f"/v2/{found.repository}/manifests/{digest}"
        return web.Response(status=201, headers={**_VERSION, "Location": location, "Docker-Content-Digest": digest})

    async def _through(self, request: web.Request, found: Wanted) -> web.StreamResponse:
        if self._distribution is None:
            return self._refusal("UNSUPPORTED", f"This cloud has no place for layers. {INSTALL}.", 405)
        if request.method == "DELETE" and found.kind == "blob":
            return self._refusal("UNSUPPORTED", "Layers go with the images that name them.", 405)
        session = await self._distribution.session()
        headers = {name: request.headers[name] for name in _END_TO_END if name in request.headers}
        body = request.content if request.body_exists else None
        if "Content-Length" in request.headers:
            headers["Content-Length"] = request.headers["Content-Length"]
        url = yarl.URL(f"http://registry{request.raw_path}", encoded=True)
        try:
            async with session.request(
                request.method, url, data=body, headers=headers, allow_redirects=False
            ) as answer:
                return await _stream(request, answer)
        except aiohttp.ClientError as error:
            raise DistributionError(f"the registry broke off: {error}") from error


async def _stream(request: web.Request, answer: aiohttp.ClientResponse) -> web.StreamResponse:
    headers = {name: answer.headers[name] for name in _BACK if name in answer.headers}
    response = web.StreamResponse(status=answer.status, headers={**headers, **_VERSION})
    if "Content-Length" in answer.headers:
        response.content_length = int(answer.headers["Content-Length"])
    await response.prepare(request)
    async for chunk in answer.content.iter_chunked(_CHUNK):
        await response.write(chunk)
    await response.write_eof()
    return response


def _json(body: object) -> web.Response:
    return web.Response(headers=_VERSION, body=json.dumps(body).encode(), content_type="application/json")
