"""What ends at some moment, the earliest first."""

from __future__ import annotations

import heapq


class Deadlines:
    """Keys with the moments at which they end; looking for those that have ended costs the same however many wait."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, str]] = []

    def add(self, until: float, key: str) -> None:
        """A key that ends then."""
        heapq.heappush(self._heap, (until, key))

    def ended(self, now: float) -> list[str]:
        """Keys that have ended, at most three; they are told again until they are discarded."""
        return [key for until, key in sorted(self._heap[:3]) if until <= now]

    def discard(self, until: float, key: str) -> None:
        """Whatever ended then is no longer there."""
        if self._heap and self._heap[0] == (until, key):
            heapq.heappop(self._heap)
        elif (until, key) in self._heap:
            self._heap.remove((until, key))
            heapq.heapify(self._heap)
