"""The last refusals, for whoever asks why a call was denied. They are kept in memory until the region stops."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from netflux.policy.verdict import Verdict

MOST = 200


@dataclass(frozen=True)
class Denial:
    """One refusal.

    Attributes:
        at: when.
        service: botocore's name of the service that was asked.
        operation: of it.
        verdict: why.
    """

    at: datetime
    service: str
    operation: str
    verdict: Verdict


class Denials:
    """The last of them, newest first."""

    def __init__(self) -> None:
        self._kept: deque[Denial] = deque(maxlen=MOST)

    def __iter__(self) -> Iterator[Denial]:
        return iter([*self._kept])

    def add(self, denial: Denial) -> None:
        """Keeps one, and lets the oldest go."""
        self._kept.appendleft(denial)
