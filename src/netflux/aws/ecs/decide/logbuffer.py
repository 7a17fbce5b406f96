"""What of a container's output waits for CloudWatch Logs: `mode` and `max-buffer-size` of the awslogs driver. Pure.

Developer guide, "specify-log-config": `blocking` lets the container wait when the log can't follow; `non-blocking`
keeps up to max-buffer-size, and what comes while that is full is lost. Docker's documentation, "Configure logging
drivers".
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

MODE, SIZE = "mode", "max-buffer-size"
BLOCKING, NON_BLOCKING = "blocking", "non-blocking"
DEFAULT_SIZE = 10 * 1024 * 1024
"""Bytes; developer guide: 10m since non-blocking is the default."""
HELD = 4096
"""Events that Docker's awslogs driver takes before a blocking container waits."""
_UNITS = {"": 1, "b": 1, "k": 1024, "m": 1024**2, "g": 1024**3}


@dataclass(frozen=True)
class Event:
    """A log event; its time in milliseconds."""

    time: int
    message: str

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.message.encode())


def size(text: str) -> int:
    """Bytes that a max-buffer-size means; ValueError when it means none."""
    written = re.fullmatch(r"(\d+)\s*([kmg]?)b?", text.strip().lower())
    if written is None or int(written[1]) == 0:
        raise ValueError(f"{SIZE} must be a number of bytes, with k, m or g, not {text!r}")
    return int(written[1]) * _UNITS[written[2]]


def check(options: Mapping[str, str]) -> None:
    """ValueError where the options name no mode or no size."""
    if options.get(MODE, BLOCKING) not in (BLOCKING, NON_BLOCKING):
        raise ValueError(f"{MODE} must be {BLOCKING} or {NON_BLOCKING}, not {options[MODE]!r}")
    if SIZE in options:
        size(options[SIZE])


class Buffer:
    """Events in their order.

    Args:
        most: bytes that it holds; None for a blocking log, which holds HELD events.
    """

    def __init__(self, most: int | None) -> None:
        self._most = most
        self._events: deque[Event] = deque()
        self._size = 0
        self.lost = 0

    def __len__(self) -> int:
        return len(self._events)

    @property
    def size(self) -> int:
        """Bytes that wait."""
        return self._size

    @property
    def full(self) -> bool:
        """Whether who writes has to wait."""
        return self._most is None and len(self._events) >= HELD

    def add(self, event: Event) -> None:
        """Keeps the event, or loses it where there is no room. One that is alone is always kept."""
        if self._most is not None and self._events and self._size + event.size > self._most:
            self.lost += 1
            return
        self._events.append(event)
        self._size += event.size

    def take(self, count: int, bytes_: int) -> list[Event]:
        """The oldest events, so many and so large at most, but one at least where there is one."""
        taken: list[Event] = []
        weight = 0
        while self._events and len(taken) < count:
            weight += self._events[0].size
            if taken and weight > bytes_:
                break
            event = self._events.popleft()
            self._size -= event.size
            taken.append(event)
        return taken
