"""The edge: every distribution's requests that HAProxy does not pass straight to an origin."""

from __future__ import annotations

import base64
import logging
import os
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import aiohttp
from aiohttp import web

from netflux import names
from netflux.aws.cloudfront import answer, decide
from netflux.aws.cloudfront.accesslog import LogDelivery, Sent
from netflux.aws.cloudfront.answer import Answer
from netflux.aws.cloudfront.cache import Cache
from netflux.aws.cloudfront.decide import Viewer
from netflux.aws.cloudfront.desired import Distribution
from netflux.aws.cloudfront.fetch import Fetcher, Wanted
from netflux.aws.cloudfront.functions.runs import Runs
from netflux.aws.cloudfront.origin import Origins
from netflux.clock import Clock
from netflux.haproxy.backlog import BACKLOG

_log = logging.getLogger(__name__)
_LONGEST_URL = 8_192
"""Bytes: "Maximum length of a URL", CloudFront quotas."""
_STREAM_PIECE = 64 * 1024


@dataclass(frozen=True)
class Work:
    """What is done of requests besides answering them."""

    runs: Runs
    logs: LogDelivery


class Edge:
    """Serves distributions on a unix socket.

    Args:
        origins: asks them.
        cache: what is stored.
        clock: the region's.
        region: where S3's origins are signed for.
        work: calls functions and keeps logs.
    """

    def __init__(self, origins: Origins, cache: Cache, clock: Clock, region: str, work: Work) -> None:
        self._origins = origins
        self._runs = work.runs
        self._logs = work.logs
        self._cache = cache
        self._region = region
        self._fetcher = Fetcher(origins, cache, clock)
        self._distributions: dict[str, Distribution] = {}
        self._aliases: dict[str, Distribution] = {}
        self._runner: web.AppRunner | None = None

    async def start(self, socket: Path) -> None:
        """Listens."""
        self._logs.start()
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False, auto_decompress=False)
        await self._runner.setup()
        await web.UnixSite(self._runner, str(socket), backlog=BACKLOG).start()

    async def stop(self) -> None:
        """Stops listening, then leaves the origins."""
        if self._runner is not None:
            await self._runner.cleanup()
        await self._logs.stop()
        await self._runs.stop()
        await self._origins.stop()

    def put(self, distribution: Distribution) -> None:
        """Serves it, or its new configuration, from the next request on."""
        if any(origin.signing or origin.identity for origin in distribution.origins):
            self._origins.authorize(distribution, self._region)
        self._distributions[distribution.domain] = distribution
        self._aliases = {name: one for one in self._distributions.values() for name in one.aliases}

    def remove(self, distribution_id: str) -> None:
        """Serves it no more, and keeps nothing of it."""
        for domain, distribution in [*self._distributions.items()]:
            if distribution.id == distribution_id:
                del self._distributions[domain]
        self._aliases = {name: one for one in self._distributions.values() for name in one.aliases}
        self._origins.forget(distribution_id)
        self._cache.clear(distribution_id)

    def invalidate(self, distribution_id: str, paths: list[str]) -> int:
        """Drops the paths from the cache; how many stored responses there were."""
        roots = {one.root_object for one in self._distributions.values() if one.id == distribution_id}
        aliases = [f"/{root}" for root in roots if root and "/" in paths]
        return self._cache.invalidate(distribution_id, [*paths, *aliases])

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        cf_id = base64.urlsafe_b64encode(os.urandom(40)).decode()
        viewer = _viewer(request)
        began = time.monotonic()
        distribution = self._named(names.local(viewer.host))
        if viewer.header("x-edge-probe") is not None:
            etag = distribution.etag if distribution else ""
            return web.Response(text=etag)
        if distribution is None or not distribution.enabled:
            refused = answer.page(403, "Bad request. We can't connect to the server for this app or website.", cf_id)
            return (await self._send(request, viewer, refused, cf_id, viewer.host))[0]
        if len(request.raw_path) > _LONGEST_URL:
            found = answer.page(414, "The URL is longer than 8,192 bytes.", cf_id)
        else:
            found = await self._answer(distribution, viewer, cf_id, _body(request))
        first = time.monotonic() - began
        response, size = await self._send(request, viewer, found, cf_id, distribution.domain)
        if distribution.logging is not None:
            kind, length, part = (found.header(name) for name in ("content-type", "content-length", "content-range"))
            sent = Sent(found.status, size, found.source, kind, length, part, first, time.monotonic() - began)
            self._logs.note(distribution, viewer, sent, cf_id)
        return response

    def _named(self, host: str) -> Distribution | None:
        """The distribution of a name; an exact alias before one with `*.`, the longer one first."""
        found = self._distributions.get(host)
        if found is None and (labels := host.split(".")):
            names_ = [host, *("*." + ".".join(labels[at:]) for at in range(1, len(labels)))]
            found = next((self._aliases[name] for name in names_ if name in self._aliases), None)
        return found

    async def _answer(
        self, distribution: Distribution, viewer: Viewer, cf_id: str, body: AsyncIterator[bytes] | None
    ) -> Answer:
        rule = decide.behavior(distribution, viewer.path)
        refused = decide.gate(rule, viewer)
        if refused is not None:
            if refused.location:
                return answer.redirect(refused.status, refused.location)
            return answer.page(refused.status, refused.reason, cf_id)
        going = self._runs.requested(distribution, rule, viewer, cf_id)
        if isinstance(going, Answer):
            return going
        viewer = going
        path = decide.object_path(distribution, viewer.path)
        found = await self._fetcher.get(Wanted(distribution, rule, viewer, path, cf_id, body))
        found = await self._error_page(distribution, viewer, cf_id, found)
        if decide.cacheable(rule, viewer.method):
            found = answer.conditional(viewer, found)
        found = answer.dressed(rule.response, viewer, found)
        return self._runs.answered(distribution, rule, viewer, found, cf_id)

    async def _error_page(self, distribution: Distribution, viewer: Viewer, cf_id: str, found: Answer) -> Answer:
        custom = distribution.error(found.status)
        if custom is None or not custom.page:
            return found
        asker = replace(viewer, method="GET", path=custom.page, query="", headers=())
        rule = decide.behavior(distribution, custom.page)
        page = await self._fetcher.get(Wanted(distribution, rule, asker, custom.page, cf_id))
        if page.status != 200:
            if page.rest is not None:
                page.rest.close()
            return found
        if found.rest is not None:
            found.rest.close()
        return replace(page, status=custom.response_code, source="Error")

    async def _send(
        self, request: web.Request, viewer: Viewer, found: Answer, cf_id: str, domain: str
    ) -> tuple[web.StreamResponse, int]:
        """The response as it was written, and how many bytes its body had."""
        size = 0
        response = web.StreamResponse(status=found.status)
        for name, value in found.headers:
            response.headers.add(name, value)
        if found.rest is None and found.status not in {204, 304}:
            length = found.header("content-length") or str(len(found.body))
            response.headers["Content-Length"] = length
        response.headers["X-Cache"] = f"{found.source} from cloudfront"
        response.headers["Via"] = f"1.1 {domain} (CloudFront)"
        response.headers["X-Amz-Cf-Pop"] = decide.POP
        response.headers["X-Amz-Cf-Id"] = cf_id
        if found.age is not None:
            response.headers["Age"] = str(found.age)
        try:
            await response.prepare(request)
            if viewer.method != "HEAD":
                size = await self._write(response, found)
            await response.write_eof()
        except aiohttp.ClientPayloadError as error:
            _log.warning("distribution %s: the origin's body of %s ended early: %s", domain, viewer.path, error)
            if request.transport is not None:
                request.transport.abort()
        finally:
            if found.rest is not None:
                found.rest.close() if not found.rest.content.at_eof() else found.rest.release()
        return response, size

    async def _write(self, response: web.StreamResponse, found: Answer) -> int:
        size = len(found.body)
        if found.body:
            await response.write(found.body)
        if found.rest is not None:
            async for piece in found.rest.content.iter_chunked(_STREAM_PIECE):
                await response.write(piece)
                size += len(piece)
        return size


def _viewer(request: web.Request) -> Viewer:
    path, _, query = request.raw_path.partition("?")
    return Viewer(
        method=request.method,
        scheme=request.headers.get("X-Edge-Viewer-Scheme", "http"),
        host=request.headers.get("Host", ""),
        path=path,
        query=query,
        headers=tuple(request.headers.items()),
        address=request.headers.get("X-Edge-Viewer-Address", "127.0.0.1"),
        version=request.headers.get("X-Edge-Viewer-Version", "1.1"),
    )


def _body(request: web.Request) -> AsyncIterator[bytes] | None:
    return request.content.iter_chunked(_STREAM_PIECE) if request.can_read_body else None
