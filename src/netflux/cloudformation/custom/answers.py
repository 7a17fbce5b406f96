"""The HTTP side of the addresses: a PUT as to a presigned address of S3, and no other request."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from netflux.cloudformation.custom.address import asked, custom_bucket, wait_bucket
from netflux.cloudformation.custom.provider import Providers
from netflux.cloudformation.custom.waits import Waits

if TYPE_CHECKING:
    from aiohttp import web

_LARGEST = 64 * 1024
"""Bytes that are read; what is longer than AWS takes is kept as far as to say so."""
_HINT = "cloudformation-"


class Answers:
    """Takes what is put to the addresses, and gives all else to S3.

    Args:
        s3: answers what is S3's.
    """

    def __init__(self, providers: Providers, waits: Waits, region: str, s3: Callable[..., Awaitable[Any]]) -> None:
        self._takers = {custom_bucket(region): providers.take, wait_bucket(region): waits.take}
        self._s3 = s3

    async def handle(self, request: web.Request, *door: Any) -> web.StreamResponse:
        """S3's answer to a presigned PUT: 200 with an ETag, or 403."""
        taker = None
        if _HINT in request.host or _HINT in request.raw_path[:64]:
            bucket, key, secret = asked(request.host, request.raw_path)
            taker = self._takers.get(bucket)
        if taker is None:
            answer: web.StreamResponse = await self._s3(request, *door)
            return answer
        from aiohttp import web

        body = await request.content.read(_LARGEST + 1)
        while len(body) <= _LARGEST and not request.content.at_eof():
            body += await request.content.read(_LARGEST + 1 - len(body))
        if len(body) > _LARGEST:
            return _refused(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")
        if request.method != "PUT" or not taker(key, secret, body.decode(errors="replace")):
            said = "Access Denied: the address takes one PUT, until its time is over."
            return _refused(403, "AccessDenied", said)
        tag = hashlib.md5(body, usedforsecurity=False).hexdigest()
        return web.Response(status=200, headers={"ETag": f'"{tag}"', "Content-Length": "0"})


def _refused(status: int, code: str, said: str) -> web.StreamResponse:
    from aiohttp import web

    text = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{escape(said)}</Message></Error>'
    )
    return web.Response(status=status, text=text, content_type="application/xml")
