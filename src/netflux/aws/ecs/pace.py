"""How fast a deployment may start tasks: back-off after failed starts, a pause after tasks that end at once.

Held in memory: a new deployment, and a restart of the region, begin without any wait.
"""

from __future__ import annotations

from dataclasses import dataclass

from netflux.aws.ecs.decide.breaker import pause_after_short_runs, wait_after_failed_starts

SHORT_RUN = 10.0  # simulated seconds


@dataclass
class Pace:
    """A deployment's count of failures in a row, and when it may start again (simulated seconds)."""

    failed_starts: int = 0
    short_runs: int = 0
    not_before: float = 0.0

    def start_failed(self, now: float) -> None:
        """A task ended before it was RUNNING."""
        self.failed_starts += 1
        self.not_before = max(self.not_before, now + wait_after_failed_starts(self.failed_starts))

    def ended(self, now: float, ran_for: float) -> None:
        """A task that was RUNNING ended by itself."""
        self.failed_starts = 0
        self.short_runs = self.short_runs + 1 if ran_for < SHORT_RUN else 0
        self.not_before = now + pause_after_short_runs(self.short_runs)

    def running(self) -> None:
        """A task is RUNNING."""
        self.failed_starts = 0


class Paces:
    """The pace of each deployment, by id."""

    def __init__(self) -> None:
        self._paces: dict[str, Pace] = {}

    def of(self, deployment: str) -> Pace:
        """A deployment's pace."""
        return self._paces.setdefault(deployment, Pace())

    def forget(self, deployment: str) -> None:
        """The deployment is gone."""
        self._paces.pop(deployment, None)
