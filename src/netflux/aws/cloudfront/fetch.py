"""Gets a behavior's responses: out of the cache, or of the origin and into it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import aiohttp

from netflux.aws.cloudfront import answer, decide, freshness
from netflux.aws.cloudfront.answer import Answer
from netflux.aws.cloudfront.cache import LARGEST_BODY, Cache, Stored
from netflux.aws.cloudfront.decide import Headers, Key, Viewer
from netflux.aws.cloudfront.desired import Behavior, Distribution
from netflux.aws.cloudfront.origin import Ask, Origins, Unreachable
from netflux.clock import Clock

_log = logging.getLogger(__name__)
_ERROR_MINIMUM = 10
"""Seconds that errors are kept without ErrorCachingMinTTL of its own: "Control how long CloudFront caches errors"."""


_FAILS_OVER = {"GET", "HEAD", "OPTIONS"}


@dataclass(frozen=True)
class Wanted:
    """A viewer's request with all that was decided of it.

    Attributes:
        distribution: whose.
        rule: the behavior.
        viewer: the request.
        path: the object's path, undecoded: the viewer's, or the root object's.
        cf_id: X-Amz-Cf-Id.
        body: of the request.
    """

    distribution: Distribution
    rule: Behavior
    viewer: Viewer
    path: str
    cf_id: str
    body: AsyncIterator[bytes] | None = None


class Fetcher:
    """Answers what has passed the gate.

    Args:
        origins: asks them.
        cache: what is stored.
        clock: times of AWS's configuration are simulated seconds.
    """

    def __init__(self, origins: Origins, cache: Cache, clock: Clock) -> None:
        self._origins = origins
        self._cache = cache
        self._clock = clock
        self._flights: dict[tuple[str, Key], asyncio.Event] = {}

    async def get(self, wanted: Wanted) -> Answer:
        """The response, from wherever it must come."""
        if not decide.cacheable(wanted.rule, wanted.viewer.method):
            return await self._passed(wanted)
        key = decide.key(wanted.rule, wanted.viewer, wanted.path)
        place = (wanted.distribution.id, key)
        stored = self._cache.get(*place)
        while stored is None and place in self._flights:
            await self._flights[place].wait()
            stored = self._cache.get(*place)
            if stored is None:
                break
        if stored is not None and stored.is_fresh(self._clock.monotonic()):
            return self._stored(stored, "Hit")
        if wanted.viewer.method == "HEAD":
            return await self._passed(wanted)
        return await self._lead(wanted, key, stored)

    async def _lead(self, wanted: Wanted, key: Key, stored: Stored | None) -> Answer:
        place = (wanted.distribution.id, key)
        landed = asyncio.Event()
        collapses = place not in self._flights and not decide.forwards_cookies(wanted.rule)
        if collapses:
            self._flights[place] = landed
        try:
            return await self._fetch(wanted, key, stored)
        finally:
            if collapses:
                del self._flights[place]
                landed.set()

    async def _passed(self, wanted: Wanted, extra: Headers = ()) -> Answer:
        try:
            response = await self._ask(wanted, extra)
        except Unreachable as error:
            return self._unreachable(wanted, error)
        headers = self._headers(wanted, response)
        source = "Error" if response.status >= 400 else "Miss"
        length = response.headers.get("Content-Length")
        if length is not None:
            headers = (*headers, ("Content-Length", length))
        return Answer(response.status, headers, b"", source, rest=response)

    async def _fetch(self, wanted: Wanted, key: Key, stored: Stored | None) -> Answer:
        generation = self._cache.generation(wanted.distribution.id)
        try:
            response = await self._ask(wanted, _revalidation(wanted.rule, stored))
            if response.status == 304 and stored is not None:
                return self._refreshed(wanted, key, stored, response)
            body, complete = await _collect(response)
        except Unreachable as error:
            stale = self._stale(wanted, key, stored)
            if stale is not None:
                return stale
            failed = self._unreachable(wanted, error)
            self._keep(wanted, key, failed, freshness.Control(), generation)
            return failed
        if response.status >= 500 and (stale := self._stale(wanted, key, stored)) is not None:
            response.release()
            return stale
        if complete:
            return self._whole(wanted, key, response, body, generation)
        return await self._streamed(wanted, response, body)

    def _whole(
        self, wanted: Wanted, key: Key, response: aiohttp.ClientResponse, body: bytes, generation: int
    ) -> Answer:
        source = "Error" if response.status >= 400 else "Miss"
        plain = Answer(response.status, self._headers(wanted, response), body, source)
        whole = answer.compressed(wanted.rule, key.encoding, plain)
        raw = {name.lower(): value for name, value in response.headers.items()}
        if raw.get("vary", "").strip() != "*" or wanted.rule.cache.minimum > 0:
            self._keep(wanted, key, whole, freshness.control(raw, self._clock.now().timestamp()), generation)
        return whole

    async def _streamed(self, wanted: Wanted, response: aiohttp.ClientResponse, body: bytes) -> Answer:
        """What is too large to be stored: passed on, or asked again for the range that the viewer wants of it."""
        ranged = tuple(pair for pair in wanted.viewer.headers if pair[0].lower() in {"range", "if-range"})
        if ranged:
            response.close()
            return await self._passed(wanted, ranged)
        source = "Error" if response.status >= 400 else "Miss"
        return Answer(response.status, self._headers(wanted, response), body, source, rest=response)

    def _keep(self, wanted: Wanted, key: Key, whole: Answer, said: freshness.Control, generation: int) -> None:
        seconds = freshness.lifetime(wanted.rule.cache, whole.status, said, self._minimum(wanted, whole.status))
        if seconds <= 0 or generation != self._cache.generation(wanted.distribution.id):
            return
        original = whole.header("etag")
        stored = Stored(
            status=whole.status,
            headers=whole.headers,
            body=whole.body,
            at=self._clock.monotonic(),
            fresh=seconds,
            etag=original.removeprefix("W/") if whole.header("content-encoding") == "gzip" else original,
            modified=whole.header("last-modified"),
        )
        self._cache.put(wanted.distribution.id, key, stored)

    def _refreshed(self, wanted: Wanted, key: Key, stored: Stored, response: aiohttp.ClientResponse) -> Answer:
        response.release()
        raw = {name.lower(): value for name, value in stored.headers}
        raw |= {name.lower(): value for name, value in response.headers.items() if name.lower() in _UPDATED}
        said = freshness.control(raw, self._clock.now().timestamp())
        seconds = freshness.lifetime(wanted.rule.cache, stored.status, said)
        fresh = replace(stored, at=self._clock.monotonic(), fresh=seconds)
        self._cache.put(wanted.distribution.id, key, fresh)
        return self._stored(fresh, "RefreshHit")

    def _stale(self, wanted: Wanted, key: Key, stored: Stored | None) -> Answer | None:
        """The expired copy, which is better than the origin's failure; asked again after the error's caching time."""
        if stored is None or stored.status >= 400:
            return None
        now = self._clock.monotonic()
        raw = {name.lower(): value for name, value in stored.headers}
        said = freshness.control(raw, self._clock.now().timestamp())
        limit: float = wanted.rule.cache.maximum
        if said.stale_if_error is not None:
            limit = min(limit, stored.fresh + said.stale_if_error) if said.stale_if_error else 0
        if now - stored.at > limit:
            return None
        fresh = now - stored.at + self._minimum(wanted, 500)
        self._cache.put(wanted.distribution.id, key, replace(stored, fresh=fresh))
        return self._stored(stored, "Hit")

    def _stored(self, stored: Stored, source: str) -> Answer:
        age = stored.age + int(self._clock.monotonic() - stored.at)
        return Answer(stored.status, stored.headers, stored.body, "Error" if stored.status >= 400 else source, age)

    def _unreachable(self, wanted: Wanted, error: Unreachable) -> Answer:
        _log.warning("distribution %s: %s", wanted.distribution.id, error)
        reason = (
            "CloudFront wasn't able to connect to the origin."
            if error.status == 502
            else "CloudFront attempted to establish a connection with the origin, but either the attempt failed or the "
            "origin closed the connection."
        )
        return answer.page(error.status, f"{reason} ({error})", wanted.cf_id)

    def _headers(self, wanted: Wanted, response: aiohttp.ClientResponse) -> Headers:
        pairs = tuple((name, value) for name, value in response.headers.items())
        return answer.kept_headers(wanted.rule, pairs, cookies=decide.forwards_cookies(wanted.rule))

    def _minimum(self, wanted: Wanted, status: int) -> int:
        error = wanted.distribution.error(status)
        if error is None:
            return _ERROR_MINIMUM
        return max(1, error.minimum) if wanted.rule.origin.is_bucket else error.minimum

    async def _ask(self, wanted: Wanted, extra: Headers) -> aiohttp.ClientResponse:
        """The origin's answer, or that of the group's second one where the first fails."""
        rule = wanted.rule
        if rule.fallback is None or wanted.viewer.method not in _FAILS_OVER:
            return await self._ask_origin(wanted, extra)
        second = replace(wanted, rule=replace(rule, origin=rule.fallback, fallback=None))
        try:
            response = await self._ask_origin(wanted, extra)
        except Unreachable as error:
            _log.warning("distribution %s: %s; its second origin is asked", wanted.distribution.id, error)
            return await self._ask_origin(second, extra)
        if response.status not in rule.failures:
            return response
        response.close()
        return await self._ask_origin(second, extra)

    async def _ask_origin(self, wanted: Wanted, extra: Headers) -> aiohttp.ClientResponse:
        rule, viewer = wanted.rule, wanted.viewer
        query = decide.origin_query(rule, viewer.query)
        via = f"{viewer.version} {wanted.distribution.domain} (CloudFront)"
        headers = decide.origin_headers(rule, viewer, wanted.cf_id, via) + extra
        if wanted.body is not None and (length := viewer.header("content-length")) is not None:
            headers += (("Content-Length", length),)
        target = rule.origin.path + wanted.path + (f"?{query}" if query else "")
        ask = Ask(rule.origin, viewer.method, target, headers, wanted.body, viewer.scheme)
        return await self._origins.ask(wanted.distribution.id, ask)


_UPDATED = {"cache-control", "expires", "date"}


def _revalidation(rule: Behavior, stored: Stored | None) -> Headers:
    if stored is None or decide.forwards_cookies(rule):
        return ()
    found: list[tuple[str, str]] = []
    if stored.etag:
        found.append(("If-None-Match", stored.etag))
    if stored.modified:
        found.append(("If-Modified-Since", stored.modified))
    return tuple(found)


async def _collect(response: aiohttp.ClientResponse) -> tuple[bytes, bool]:
    """The body as far as it may be stored, and whether that is all of it."""
    length = response.content_length
    if length is not None and length > LARGEST_BODY:
        return b"", False
    pieces: list[bytes] = []
    size = 0
    try:
        async for piece in response.content.iter_any():
            pieces.append(piece)
            size += len(piece)
            if size > LARGEST_BODY:
                return b"".join(pieces), False
    except (aiohttp.ClientError, OSError) as error:
        raise Unreachable(502, f"the origin's body ended early: {error}") from error
    return b"".join(pieces), True
