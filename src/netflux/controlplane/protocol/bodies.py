"""The bodies of API requests on their way in: read as far as the service takes them, out of gzip where it allows that.

aiohttp would inflate every body by itself, without a bound and whether the header speaks of the transfer or of an S3
object; the server leaves that off.
"""

from __future__ import annotations

from functools import lru_cache

from aiohttp import HttpVersion11, web
from multidict import CIMultiDict

from netflux.controlplane.protocol import models, refusals, sizes
from netflux.controlplane.protocol.message import HttpRequest
from netflux.decoding import gzip
from netflux.decoding.limits import Malformed
from netflux.errors import AwsError

_INVITED = web.RequestKey("invited", bool)


def plain(service: str, request: HttpRequest) -> HttpRequest:
    """The request with its body as the service reads it.

    Raises:
        AwsError: UnsupportedMediaType, SerializationException.
    """
    encoding = request.headers.get("Content-Encoding", "").strip().lower()
    if encoding in ("", "identity"):
        return request
    body = _inflated(service, encoding, request.body)
    kept = CIMultiDict(request.headers)
    kept.popall("Content-Encoding")
    kept["Content-Length"] = str(len(body))
    return HttpRequest(request.method, request.url, kept, body)


async def uninvited(_request: web.Request) -> None:
    """aiohttp's answer to an Expect header where whoever reads the body gives it (`invite`)."""


async def invite(request: web.Request) -> None:
    """Tells a client that waits with its body that it is wanted [RFC 9110, 10.1.1].

    Called by whoever is about to read a body, so that a client whom the headers alone get refused sends none.
    """
    expected = request.headers.get("Expect", "").lower() == "100-continue"
    if expected and request.version == HttpVersion11 and not request.get(_INVITED):
        request[_INVITED] = True
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # the answer's own begins after it


async def read(request: web.Request, most: int) -> bytes:
    """The body; AwsError RequestEntityTooLarge when it is longer, of which no more than `most` bytes were kept."""
    if (request.content_length or 0) > most:
        raise refusals.too_large(most)
    await invite(request)
    pieces: list[bytes] = []
    size = 0
    while piece := await request.content.readany():
        size += len(piece)
        if size > most:
            raise refusals.too_large(most)
        pieces.append(piece)
    return b"".join(pieces)


def _inflated(service: str, encoding: str, body: bytes) -> bytes:
    if encoding != "gzip" or not _compressible(service):
        raise AwsError("UnsupportedMediaType", f"{service} takes no body with Content-Encoding {encoding[:40]}.", 415)
    try:
        return gzip.inflate(body, sizes.document(service).size)
    except Malformed as error:
        raise refusals.malformed(service, "json", error) from error


@lru_cache(maxsize=256)
def _compressible(service: str) -> bool:
    """Whether the model has an operation that clients may compress (Smithy's `requestCompression`)."""
    try:
        model = models.service_model(service)
    except AwsError:
        return False
    return any(model.operation_model(name).request_compression for name in model.operation_names)
