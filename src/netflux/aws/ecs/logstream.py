"""The awslogs driver: a container's lines as events of a CloudWatch Logs stream."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from dataclasses import replace
from typing import Any

from netflux.aws.ecs.decide.logbuffer import BLOCKING, Buffer, Event
from netflux.aws.ecs.decide.multiline import Lines
from netflux.aws.ecs.desired import Log
from netflux.clock import Clock
from netflux.controlplane.call import Caller
from netflux.errors import AwsError
from netflux.faults import Faults
from netflux.runtime.driver import Container

_log = logging.getLogger(__name__)

FLUSH_AFTER = 0.5  # real seconds that a line waits at most
_BATCH = (
    1000  # API reference, PutLogEvents: at most 10,000 events; smaller keeps the batch below 1 MB of ordinary lines
)
_BATCH_BYTES = 512 * 1024
_UNAVAILABLE = 503
_AGAIN = 1.0
"""Real seconds between two tries of a batch that the machine has no room for."""


UNREACHABLE = (
    "ResourceInitializationError: failed to validate logger args: The task cannot find the Amazon CloudWatch log group "
    "defined in the task definition. There is a connection issue between the task and Amazon CloudWatch. Check your "
    "network configuration. {told} : exit status 1"
)
"""Developer guide, "Amazon ECS stopped tasks error messages"."""


class LogError(Exception):
    """The stream can't be made; the text is the task's stoppedReason."""


def stream_name(log: Log, container: str, task: str) -> str:
    """`{prefix}/{container}/{task id}`, as the awslogs driver names it on Fargate."""
    return f"{log.prefix}/{container}/{task}"


async def create(apis: Caller, log: Log, stream: str) -> None:
    """Makes the stream, and its group where awslogs-create-group says so; LogError when the group is missing."""
    try:
        await _create_stream(apis, log, stream)
    except AwsError as error:
        if error.code != "ResourceNotFoundException" or not log.create:
            raise _failed("stream", log, error) from error
        await _create_group(apis, log)
        await create(apis, replace(log, create=False), stream)


async def _create_group(apis: Caller, log: Log) -> None:
    try:
        await apis.call("logs", "CreateLogGroup", {"logGroupName": log.group})
    except AwsError as error:
        if error.code != "ResourceAlreadyExistsException":  # another task may have made it just now
            raise _failed("group", log, error) from error


def _failed(what: str, log: Log, error: AwsError) -> LogError:
    return LogError(
        "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: "
        f"failed to create Cloudwatch log {what}: {error.code}: {error.message} (log group {log.group}) : exit status 1"
    )


async def _create_stream(apis: Caller, log: Log, stream: str) -> None:
    try:
        await apis.call("logs", "CreateLogStream", {"logGroupName": log.group, "logStreamName": stream})
    except AwsError as error:
        if error.code != "ResourceAlreadyExistsException":
            raise


class LogWriter:
    """Sends what a container writes, in batches.

    While the disk is full they are tried again, as the awslogs driver does; the buffer holds what comes meanwhile. What
    CloudWatch Logs refuses for another reason is lost in either mode, and what it can't take when the container ends.

    Args:
        apis: calls CloudWatch Logs.
        clock: timestamps of events.
        log: the group; None drops the output, but still reads it so that the container never blocks.
        stream: name of the stream.
        faults: told while lines can't be written.
    """

    def __init__(self, apis: Caller, clock: Clock, log: Log | None, stream: str, faults: Faults | None = None) -> None:
        self._apis = apis
        self._faults = faults or Faults()
        self._ended = asyncio.Event()
        self._dropped = 0
        self._clock = clock
        self._log = log
        self._stream = stream
        self._buffer = Buffer(None if log is None or log.mode == BLOCKING else log.buffer)
        self._some, self._much, self._room = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._refused = False
        self._lines = Lines(log.first_line) if log is not None and log.first_line is not None else None

    async def follow(self, container: Container) -> None:
        """Reads until the output ends; returns when the last line was sent."""
        reading = asyncio.ensure_future(self._read(container))
        try:
            while not reading.done():
                await _first(self._some, reading, None)
                await _first(self._much, reading, FLUSH_AFTER)
                self._some.clear()
                self._gather(waited=True)
                await self._flush()
        finally:
            reading.cancel()
            self._ended.set()
            self._gather(waited=False)
            await self._flush()

    async def _read(self, container: Container) -> None:
        async for line in container.lines():
            if self._log is None or not line:
                continue
            event = line if self._lines is None else self._lines.add(line, time.monotonic())
            if event is not None:
                self._add(event)
            self._some.set()
            while self._buffer.full:
                self._room.clear()
                await self._room.wait()

    def _gather(self, *, waited: bool) -> None:
        """Takes a finished event of several lines; one that is not finished yet is looked at again."""
        if self._lines is None:
            return
        event = self._lines.rest(time.monotonic() if waited else None)
        if event is not None:
            self._add(event)
        if self._lines.waiting:
            self._some.set()

    def _add(self, message: str) -> None:
        lost = self._buffer.lost
        self._buffer.add(Event(int(self._clock.now().timestamp() * 1000), message))
        if len(self._buffer) >= _BATCH or self._buffer.size >= _BATCH_BYTES:
            self._much.set()
        if self._buffer.lost > lost == 0:
            _log.warning("%s: its log can't follow, and lines are lost: the buffer is full", self._stream)

    async def _flush(self) -> None:
        self._much.clear()
        while self._log is not None and (batch := self._buffer.take(_BATCH, _BATCH_BYTES)):
            self._room.set()
            events: list[dict[str, Any]] = [{"timestamp": one.time, "message": one.message} for one in batch]
            params = {"logGroupName": self._log.group, "logStreamName": self._stream, "logEvents": events}
            await self._put(params, len(batch))

    async def _put(self, params: dict[str, Any], lines: int) -> None:
        while True:
            try:
                await self._apis.call("logs", "PutLogEvents", params)
            except AwsError as error:
                if error.status != _UNAVAILABLE or self._ended.is_set():
                    self._drop(lines, error)
                    return
                waits = f"What {self._stream} prints can't be written yet: {error.message}"
                self._faults.tell("logs", self._stream, waits)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._ended.wait(), _AGAIN)
            else:
                self._faults.clear("logs", self._stream)
                return

    def _drop(self, lines: int, error: AwsError) -> None:
        if not self._refused:
            _log.warning("%s: output is lost: %s", self._stream, error)
        self._refused = True
        self._dropped += lines
        lost = f"{self._dropped} lines of {self._stream} are lost: {error.message}"
        self._faults.tell("logs", self._stream, lost, "What the task prints later is written again.")


async def _first(event: asyncio.Event, reading: asyncio.Future[None], seconds: float | None) -> None:
    """Waits for the event, for the end of the output, or so many real seconds."""
    waiting = asyncio.ensure_future(event.wait())
    both: set[asyncio.Future[Any]] = {reading, waiting}
    await asyncio.wait(both, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
