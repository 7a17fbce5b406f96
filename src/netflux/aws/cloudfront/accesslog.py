"""Standard logs: a line for each request that a distribution answers, put into its bucket every five minutes.

Developer Guide, "Standard logging reference": the fields, and the names of the files.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from netflux.aws.cloudfront.decide import POP, Viewer
from netflux.aws.cloudfront.desired import Distribution, Logging
from netflux.clock import Clock
from netflux.errors import AwsError

_log = logging.getLogger(__name__)
PERIOD = 300.0
"""Simulated seconds; CloudFront delivers several times an hour."""
_MOST_LINES = 200_000
"""Of a distribution that wait: what comes then is not logged, and that is told."""
FIELDS = (
    "date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) cs(User-Agent) "
    "cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header cs-protocol cs-bytes time-taken "
    "x-forwarded-for ssl-protocol ssl-cipher x-edge-response-result-type cs-protocol-version fle-status "
    "fle-encrypted-fields c-port time-to-first-byte x-edge-detailed-result-type sc-content-type sc-content-len "
    "sc-range-start sc-range-end"
)
_HEAD = f"#Version: 1.0\n#Fields: {FIELDS}\n"

Api = Callable[[str, str, Mapping[str, Any]], Awaitable[Any]]


@dataclass(frozen=True)
class Sent:
    """A response as it went to the viewer.

    Attributes:
        status: HTTP status.
        size: bytes of its body.
        source: `Hit`, `Miss`, `RefreshHit`, `Error`, `Redirect` or another of X-Cache's words.
        kind: Content-Type; empty for none.
        length: Content-Length; empty for none.
        range: Content-Range; empty for none.
        first: real seconds until its first byte, `whole` until its last.
    """

    status: int
    size: int
    source: str
    kind: str
    length: str
    range: str
    first: float
    whole: float


def line(distribution: Distribution, viewer: Viewer, sent: Sent, cf_id: str, now: datetime) -> str:
    """One request. What only TLS's end at HAProxy knows is `-`."""
    logging_ = distribution.logging
    cookies = viewer.header("cookie") if logging_ is not None and logging_.cookies else None
    kind = sent.source if sent.status < 400 or sent.source != "Miss" else "Error"
    start, _, end = sent.range.removeprefix("bytes ").partition("/")[0].partition("-")
    fields = [
        f"{now:%Y-%m-%d}", f"{now:%H:%M:%S}", POP, str(sent.size), viewer.address, viewer.method, distribution.domain,
        _encoded(viewer.path), str(sent.status), _encoded(viewer.header("referer")),
        _encoded(viewer.header("user-agent")), _encoded(viewer.query), _encoded(cookies), kind, cf_id, viewer.host,
        viewer.scheme, viewer.header("content-length") or "0", f"{sent.whole:.3f}",
        _encoded(viewer.header("x-forwarded-for")), "-", "-", kind, f"HTTP/{viewer.version}", "-", "-", "-",
        f"{sent.first:.3f}", kind, sent.kind.replace(" ", "%20"), sent.length, start if end else "", end,
    ]  # fmt: skip
    return "\t".join(field or "-" for field in fields)


def _encoded(value: str | None) -> str:
    """As in the files: what would end a field, and all but printable ASCII, is percent-encoded."""
    return quote(value or "", safe="".join(chr(code) for code in range(33, 127) if chr(code) not in '"%\\')) or "-"


class LogDelivery:
    """Of all distributions.

    Args:
        call: the region's APIs.
        clock: for the five minutes.
    """

    def __init__(self, call: Api, clock: Clock) -> None:
        self._call = call
        self._clock = clock
        self._books: dict[tuple[str, Logging], list[str]] = {}
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Delivers from now on."""
        self._task = asyncio.ensure_future(self._run())

    async def stop(self) -> None:
        """Delivers what there is, and no more."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        await self.deliver()

    def note(self, distribution: Distribution, viewer: Viewer, sent: Sent, cf_id: str) -> None:
        """A request of a distribution that logs."""
        if distribution.logging is None:
            return
        lines = self._books.setdefault((distribution.id, distribution.logging), [])
        if len(lines) < _MOST_LINES:
            lines.append(line(distribution, viewer, sent, cf_id, self._clock.now()))
        elif len(lines) == _MOST_LINES:
            lines.append("")
            _log.warning(
                "distribution %s: requests are not logged any more until the log is delivered", distribution.id
            )

    async def deliver(self) -> None:
        """Puts what there is into the buckets; what can't be put is lost, as with CloudFront."""
        books, self._books = self._books, {}
        for (distribution, where), lines in books.items():
            now = self._clock.now()
            key = f"{where.prefix}{distribution}.{now:%Y-%m-%d-%H}.{secrets.token_hex(4)}.gz"
            body = gzip.compress((_HEAD + "".join(f"{one}\n" for one in lines if one)).encode(), mtime=0)
            try:
                await self._call("s3", "PutObject", {"Bucket": where.bucket, "Key": key, "Body": body})
            except AwsError as error:
                told = "distribution %s: %d lines of its log can't be put into %s: %s"
                _log.warning(told, distribution, len(lines), where.bucket, error)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._clock.real(PERIOD))
            await self.deliver()
