"""The log of one environment: its stream, what Lambda writes around calls, and the function's own lines.

"Using CloudWatch Logs with Lambda", Lambda Developer Guide.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Sequence
from datetime import datetime

from netflux.aws.awslambda.decide import MEBIBYTE, Outcome, charged
from netflux.clock import Clock
from netflux.controlplane.call import Caller
from netflux.errors import AwsError

_log = logging.getLogger(__name__)
_FLUSH = 0.5
"""Real seconds that a line waits at most."""
_MOST = 1000
_MOST_BYTES = 512 * 1024
"""Events and bytes of one PutLogEvents; it takes more ("Quotas", CloudWatch Logs)."""
_LONGEST = 256 * 1024 - 64
"""Bytes of one event."""
_HELD = 20_000
"""Lines that wait at most; what comes meanwhile is lost, as CloudWatch throttles."""
_TAIL = 4096
"""Bytes of a log that an answer has."""


def stream_name(now: datetime, number: str) -> str:
    """`2026/11/29/[$LATEST]` and 32 digits."""
    return f"{now:%Y/%m/%d}/[{number}]{secrets.token_hex(16)}"


class Log:
    """One environment's stream. A function's role has to allow that it is written; else nothing is, as on AWS.

    Args:
        apis: CloudWatch Logs, as the function's role calls it.
        clock: timestamps.
        group: log group; made with the first event where there is none.
        number: of the function's version.
    """

    def __init__(self, apis: Caller, clock: Clock, group: str, number: str) -> None:
        self._apis = apis
        self._clock = clock
        self.group = group
        self.stream = stream_name(clock.now(), number)
        self._events: list[dict[str, object]] = []
        self._there = False
        self._denied = False
        self._flushing: asyncio.Task[None] | None = None
        self._hurry = asyncio.Event()
        self._tail = bytearray()

    def write(self, text: str) -> None:
        """One event. A `\\r` inside is a line end of the event's own: so runtimes keep lines together."""
        message = text.replace("\r", "\n")[:_LONGEST]
        self._tail += message.encode() + (b"" if message.endswith("\n") else b"\n")
        if len(self._tail) > 2 * _TAIL:
            del self._tail[:-_TAIL]
        if message and not self._denied and len(self._events) < _HELD:
            self._events.append({"timestamp": int(self._clock.now().timestamp() * 1000), "message": message})
            if self._flushing is None:
                self._flushing = asyncio.ensure_future(self._flush_soon())

    def cut(self) -> bytes:
        """The last bytes since it was asked before."""
        found = bytes(self._tail[-_TAIL:])
        self._tail.clear()
        return found

    def begun(self, request: str, number: str) -> None:
        """A call begins."""
        self.write(f"START RequestId: {request} Version: {number}\n")

    def ended(self, outcome: Outcome, milliseconds: float, memory: tuple[int, int], begun: float | None) -> None:
        """A call is over.

        Args:
            outcome: of the call.
            milliseconds: that it took.
            memory: MB that the function may use, and bytes that it has.
            begun: milliseconds that the environment's start took, of the first call; None for others.
        """
        self.write(f"END RequestId: {outcome.request}\n")
        billed = charged(milliseconds + (begun or 0))
        words = [
            f"REPORT RequestId: {outcome.request}",
            f"Duration: {milliseconds:.2f} ms",
            f"Billed Duration: {billed} ms",
            f"Memory Size: {memory[0]} MB",
            f"Max Memory Used: {min(memory[0], -(-memory[1] // MEBIBYTE))} MB",
            *([f"Init Duration: {begun:.2f} ms"] if begun is not None else []),
            *([f"Status: {outcome.status}"] if outcome.status else []),
            *([f"Error Type: {outcome.kind}"] if outcome.status == "error" and outcome.kind else []),
        ]
        self.write("\t".join(words) + "\n")

    async def close(self) -> None:
        """Returns when all of it was sent, or refused."""
        self._hurry.set()
        if self._flushing is not None:
            await self._flushing
        await self._flush()

    async def _flush_soon(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_FLUSH):
                await self._hurry.wait()
        self._flushing = None
        await self._flush()

    async def _flush(self) -> None:
        events, self._events = self._events, []
        try:
            for batch in _batches(events):
                await self._send(batch)
        except AwsError as error:
            self._denied = error.status in (400, 403) and "Denied" in error.code
            _log.info("log of %s: %s", self.group, error)

    async def _send(self, batch: Sequence[dict[str, object]]) -> None:
        name = {"logGroupName": self.group, "logStreamName": self.stream}
        if not self._there:
            await self._make()
        try:
            await self._apis.call("logs", "PutLogEvents", {**name, "logEvents": [*batch]})
        except AwsError as error:
            if error.code != "ResourceNotFoundException":
                raise
            await self._make()  # somebody has deleted it
            await self._apis.call("logs", "PutLogEvents", {**name, "logEvents": [*batch]})

    async def _make(self) -> None:
        name = {"logGroupName": self.group}
        try:
            await self._known("CreateLogStream", {**name, "logStreamName": self.stream})
        except AwsError as error:
            if error.code != "ResourceNotFoundException":
                raise
            await self._known("CreateLogGroup", name)
            await self._known("CreateLogStream", {**name, "logStreamName": self.stream})
        self._there = True

    async def _known(self, operation: str, params: dict[str, str]) -> None:
        try:
            await self._apis.call("logs", operation, params)
        except AwsError as error:
            if error.code != "ResourceAlreadyExistsException":
                raise


def _batches(events: Sequence[dict[str, object]]) -> list[list[dict[str, object]]]:
    found: list[list[dict[str, object]]] = [[]]
    size = 0
    for event in events:
        length = len(str(event["message"]).encode()) + 26
        if found[-1] and (size + length > _MOST_BYTES or len(found[-1]) == _MOST):
            found.append([])
            size = 0
        found[-1].append(event)
        size += length
    return [batch for batch in found if batch]
