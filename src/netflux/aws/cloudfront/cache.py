"""The edge's memory: stored responses by distribution and key, bounded, the least recently used leaving first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netflux.aws.cloudfront.decide import Headers, Key

LARGEST_BODY = 32 * 1024 * 1024
"""Bytes of one body that are kept; CloudFront's own limit is 50 GB."""


@dataclass(frozen=True)
class Stored:
    """A response that may be served again.

    Attributes:
        status: of the origin.
        headers: of the origin, as the viewer gets them.
        body: as the viewer gets it, compressed or not.
        at: simulated seconds when it was received or last revalidated.
        fresh: simulated seconds from then until it must be revalidated.
        age: Age that the origin sent.
        etag: for revalidation, the origin's own.
        modified: Last-Modified, for revalidation.
    """

    status: int
    headers: Headers
    body: bytes
    at: float
    fresh: float
    age: int = 0
    etag: str = ""
    modified: str = ""

    def is_fresh(self, now: float) -> bool:
        """Whether it may be served without asking the origin."""
        return now - self.at < self.fresh


class Cache:
    """Stored responses.

    Args:
        limit: bytes of all bodies together.
    """

    def __init__(self, limit: int = 256 * 1024 * 1024) -> None:
        self._limit = limit
        self._size = 0
        self._entries: OrderedDict[tuple[str, Key], Stored] = OrderedDict()
        self._generations: dict[str, int] = {}

    def generation(self, distribution: str) -> int:
        """Grows with every invalidation; what was asked of the origin before must not be stored after."""
        return self._generations.get(distribution, 0)

    def get(self, distribution: str, key: Key) -> Stored | None:
        """What is stored, fresh or not."""
        found = self._entries.get((distribution, key))
        if found is not None:
            self._entries.move_to_end((distribution, key))
        return found

    def put(self, distribution: str, key: Key, stored: Stored) -> None:
        """Keeps a response, at the cost of those unused for longest."""
        self._drop((distribution, key))
        self._entries[distribution, key] = stored
        self._size += len(stored.body)
        while self._size > self._limit:
            self._drop(next(iter(self._entries)))

    def invalidate(self, distribution: str, paths: Iterable[str]) -> int:
        """Drops all variants of the paths; how many there were. A `*` at a path's end is a wildcard."""
        self._generations[distribution] = self.generation(distribution) + 1
        patterns = [*paths]
        doomed = [
            entry
            for entry in self._entries
            if entry[0] == distribution and any(_matches(pattern, entry[1]) for pattern in patterns)
        ]
        for entry in doomed:
            self._drop(entry)
        return len(doomed)

    def clear(self, distribution: str) -> None:
        """Drops all of a distribution."""
        self.invalidate(distribution, ("/*",))

    def _drop(self, entry: tuple[str, Key]) -> None:
        gone = self._entries.pop(entry, None)
        if gone is not None:
            self._size -= len(gone.body)


def _matches(pattern: str, key: Key) -> bool:
    url = key.path + (f"?{key.query}" if key.query else "")
    if pattern.endswith("*"):
        return url.startswith(pattern[:-1])
    return url == pattern
