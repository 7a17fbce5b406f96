"""The events of one log stream: an append-only file of JSON lines, and the same in memory, in order of time."""

from __future__ import annotations

import asyncio
import bisect
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

OVERHEAD = 26
"""Bytes that an event costs besides its message [PutLogEvents]."""


@dataclass(frozen=True, order=True)
class Event:
    """A log event, ordered by its time and, at the same time, by arrival.

    Attributes:
        timestamp: milliseconds since the epoch, the sender's.
        number: how many events the stream had got before.
        ingestion: milliseconds since the epoch at which it was accepted.
    """

    timestamp: int
    number: int
    ingestion: int
    message: str


class Events:
    """The events of a stream. The file is read when it is first needed.

    Args:
        path: of the file; absent while there are no events.
        unread: told how many bytes could not be read, once.
    """

    def __init__(self, path: Path, unread: Callable[[int], None] = lambda _: None) -> None:
        self._path = path
        self._unread = unread
        self._events: list[Event] | None = None
        self._count = 0
        self._lock = asyncio.Lock()

    async def append(self, events: Sequence[tuple[int, str]], ingestion: int) -> None:
        """Adds (timestamp, message) pairs; they are on disk on return. OSError when the disk refuses, then none is."""
        async with self._lock:
            held = await self._load()
            new = [Event(at, self._count + n, ingestion, message) for n, (at, message) in enumerate(events)]
            await asyncio.to_thread(_append, self._path, new)
            self._count += len(new)
            for event in new:
                bisect.insort(held, event)

    async def all(self, oldest: int) -> Sequence[Event]:
        """Events from that time (milliseconds) on, in order."""
        async with self._lock:
            held = await self._load()
            return held[bisect.bisect_left(held, oldest, key=lambda event: event.timestamp) :]

    async def expire(self, oldest: int) -> None:
        """Drops events before that time from memory and disk."""
        async with self._lock:
            held = await self._load()
            kept = [event for event in held if event.timestamp >= oldest]
            if len(kept) < len(held):
                await asyncio.to_thread(_rewrite, self._path, sorted(kept, key=lambda event: event.number))
                self._events = kept

    def size(self) -> int:
        """Bytes on disk."""
        try:
            return self._path.stat().st_size
        except FileNotFoundError:
            return 0

    async def _load(self) -> list[Event]:
        if self._events is None:
            events, unread = await asyncio.to_thread(_read, self._path)
            if unread:
                self._unread(unread)
            self._count = max((event.number + 1 for event in events), default=0)
            self._events = sorted(events)
        return self._events


def _append(path: Path, events: Sequence[Event]) -> None:
    body = "".join(_line(event) for event in events).encode()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        before = os.fstat(descriptor).st_size
        try:
            _write(descriptor, body)
            os.fsync(descriptor)
        except OSError:
            os.ftruncate(descriptor, before)
            raise
    finally:
        os.close(descriptor)
    if before == 0:
        _sync_directory(path.parent)


def _write(descriptor: int, body: bytes) -> None:
    view = memoryview(body)
    while view:
        view = view[os.write(descriptor, view) :]


def _read(path: Path) -> tuple[list[Event], int]:
    """All whole lines, and the bytes of what is none.

    A line that a crash has cut off was not acknowledged: it is cut off from the file too, so that none is appended to
    it. Any other line that is no event stays where it is.
    """
    try:
        body = path.read_bytes()
    except FileNotFoundError:
        return [], 0
    whole = body[: body.rfind(b"\n") + 1]
    if len(whole) < len(body):
        os.truncate(path, len(whole))
    found, unread = [], 0
    for line in whole.split(b"\n")[:-1]:
        event = _event(line)
        if event is None:
            unread += len(line) + 1
        else:
            found.append(event)
    return found, unread


def _event(line: bytes) -> Event | None:
    try:
        timestamp, number, ingestion, message = json.loads(line)
    except (ValueError, TypeError):
        return None
    numbers = all(type(one) is int for one in (timestamp, number, ingestion))
    return Event(timestamp, number, ingestion, message) if numbers and isinstance(message, str) else None


def _rewrite(path: Path, events: Sequence[Event]) -> None:
    """Lines that are no events stay, at the front."""
    strange = [line for line in path.read_bytes().split(b"\n")[:-1] if _event(line) is None] if path.exists() else []
    draft = path.with_suffix(".new")
    with draft.open("wb") as file:
        file.writelines(line + b"\n" for line in strange)
        file.writelines(_line(event).encode() for event in events)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    _sync_directory(path.parent)


def _line(event: Event) -> str:
    return json.dumps([event.timestamp, event.number, event.ingestion, event.message]) + "\n"


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
