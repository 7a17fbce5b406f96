"""The order of one queue's messages: which can be received now, which are hidden and until when, which are too old.

It is made from the records and follows them when they are on disk, so it may be a moment behind: whoever takes a
message looks at its record first. What a receive costs does not depend on how many messages there are.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, insort
from collections.abc import Iterator

from netflux.resources.deadlines import Deadlines

Place = tuple[int, str]
"""A message's sequence and id."""


class Shelf:
    """Messages in lines: a FIFO queue's have one for each group, a standard queue's each one for itself.

    A line is closed while a message of it is in flight, or its first one is delayed.
    """

    def __init__(self) -> None:
        self._lines: dict[str, list[Place]] = {}
        self._places: dict[str, tuple[str, int]] = {}  # line and sequence, by message
        self._open: list[tuple[int, str]] = []  # first sequence and line, sorted
        self._first: dict[str, int] = {}  # under which an open line stands there
        self._flying: dict[str, set[str]] = {}  # messages by line
        self._hidden: dict[str, tuple[float, bool]] = {}  # until when, and whether in flight
        self._due: list[tuple[float, str]] = []
        self._ages: list[tuple[float, str]] = []
        self.gone: dict[str, None] = {}
        """Messages that are older than the queue keeps them, whose records are still there."""
        self.deduplications = Deadlines()
        """Ids of messages that were sent, until they no longer count."""
        self.in_flight = 0

    def __len__(self) -> int:
        return len(self._places)

    @property
    def delayed(self) -> int:
        """Messages that nobody may receive yet."""
        return len(self._hidden) - self.in_flight

    def add(self, message: str, line: str, sequence: int, sent: float) -> None:
        """A message that can be received."""
        if message in self._places:
            return
        self._places[message] = line, sequence
        insort(self._lines.setdefault(line, []), (sequence, message))
        heapq.heappush(self._ages, (sent, message))
        self._settle(line)

    def hide(self, message: str, until: float, *, flying: bool) -> None:
        """Nobody receives it until that moment."""
        if message not in self._places:
            return
        self._show(message)
        line = self._places[message][0]
        self._hidden[message] = until, flying
        if flying:
            self.in_flight += 1
            self._flying.setdefault(line, set()).add(message)
        heapq.heappush(self._due, (until, message))
        self._settle(line)

    def show(self, message: str) -> None:
        """It can be received now."""
        if message in self._places:
            self._show(message)
            self._settle(self._places[message][0])

    def remove(self, message: str) -> None:
        """It is gone."""
        self.gone.pop(message, None)
        self._take_out(message)

    def advance(self, now: float, retention: float) -> None:
        """What was hidden until now is not any more, and what is older than the retention is gone."""
        while self._due and self._due[0][0] <= now:
            until, message = heapq.heappop(self._due)
            if self._hidden.get(message, (0.0, False))[0] == until:
                self.show(message)
        while self._ages and self._ages[0][0] + retention <= now:
            _, message = heapq.heappop(self._ages)
            if message in self._places:
                self._take_out(message)
                self.gone[message] = None

    def due(self) -> float | None:
        """When the next hidden message may be seen; None where none is hidden."""
        while self._due and self._hidden.get(self._due[0][1], (0.0, False))[0] != self._due[0][0]:
            heapq.heappop(self._due)
        return self._due[0][0] if self._due else None

    def lines(self) -> Iterator[list[Place]]:
        """Open lines, the one with the oldest first message first. The shelf must not change meanwhile."""
        for _, line in self._open:
            yield self._lines[line]

    def _show(self, message: str) -> None:
        _, flying = self._hidden.pop(message, (0.0, False))
        if flying:
            self.in_flight -= 1
            line = self._places[message][0]
            self._flying[line].discard(message)
            if not self._flying[line]:
                del self._flying[line]

    def _take_out(self, message: str) -> None:
        if message not in self._places:
            return
        self._show(message)
        line, sequence = self._places.pop(message)
        places = self._lines[line]
        del places[bisect_left(places, (sequence, message))]
        self._settle(line)

    def _settle(self, line: str) -> None:
        """Opens or closes a line after a change of it."""
        first = self._first.pop(line, None)
        if first is not None:
            del self._open[bisect_left(self._open, (first, line))]
        places = self._lines[line]
        if not places:
            del self._lines[line]
        elif line not in self._flying and places[0][1] not in self._hidden:
            self._first[line] = places[0][0]
            insort(self._open, (places[0][0], line))
