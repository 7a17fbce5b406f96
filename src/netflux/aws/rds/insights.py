"""Performance Insights: what the sessions of DB instances were doing, by samples. Pure.

"DB load", Amazon RDS User Guide: load is the mean number of active sessions. A sample names each of them with what it
waits for, or `CPU`.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

INTERVAL = 10.0
"""Simulated seconds between samples."""
_KEPT = 8640
"""Samples of an instance, in memory: a day's."""

Dimensions = Mapping[str, str]


@dataclass(frozen=True)
class Session:
    """One that was active."""

    database: str
    user: str
    application: str
    wait_type: str
    wait: str
    statement: str


@dataclass(frozen=True)
class Sample:
    """All that were active at a moment, in seconds since 1970."""

    at: float
    sessions: Sequence[Session]


GROUPS: Mapping[str, Callable[[Session], Dimensions]] = {
    "db": lambda one: {"db.name": one.database},
    "db.application": lambda one: {"db.application.name": one.application},
    "db.sql": lambda one: {"db.sql.id": _identity(one.statement), "db.sql.statement": one.statement},
    "db.user": lambda one: {"db.user.name": one.user},
    "db.wait_event": lambda one: {"db.wait_event.name": one.wait, "db.wait_event.type": one.wait_type},
    "db.wait_event_type": lambda one: {"db.wait_event_type.name": one.wait_type},
}
"""The groups of dimensions, and a session's values in each."""


class Insights:
    """The samples of all instances that have Performance Insights on, by their DbiResourceIds."""

    def __init__(self) -> None:
        self._samples: dict[str, deque[Sample]] = defaultdict(lambda: deque(maxlen=_KEPT))

    def add(self, resource: str, sample: Sample) -> None:
        """The newest one of an instance."""
        self._samples[resource].append(sample)

    def forget(self, resource: str) -> None:
        """All of an instance that has it no more."""
        self._samples.pop(resource, None)

    def between(self, resource: str, start: float, end: float) -> Sequence[Sample]:
        """Those from `start` on and before `end`, seconds since 1970."""
        return [one for one in self._samples.get(resource, ()) if start <= one.at < end]


def load(samples: Sequence[Sample]) -> float | None:
    """The mean number of active sessions; None where nothing was sampled."""
    return sum(len(one.sessions) for one in samples) / len(samples) if samples else None


def keys(samples: Sequence[Sample], group: str, most: int) -> Iterator[Dimensions]:
    """The dimensions of a group with the most load, the greatest first."""
    told = GROUPS[group]
    counts = Counter(tuple(told(session).items()) for one in samples for session in one.sessions)
    yield from (dict(key) for key, _ in counts.most_common(most))


def only(samples: Sequence[Sample], group: str, dimensions: Dimensions) -> Sequence[Sample]:
    """The same samples with those sessions alone that have these dimensions."""
    told = GROUPS[group]
    wanted = dimensions.items()
    return [Sample(one.at, [session for session in one.sessions if wanted <= told(session).items()]) for one in samples]


def _identity(statement: str) -> str:
    return hashlib.sha1(statement.encode(), usedforsecurity=False).hexdigest().upper()
