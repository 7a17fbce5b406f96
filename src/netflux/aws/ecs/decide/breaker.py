"""When a deployment has failed, and how long to wait before another try."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

# Developer guide, "deployment-circuit-breaker": half the desired count, bounded.
LEAST, MOST = 3, 200
# Developer guide, "service-throttle-logic": the wait grows to at most 27 minutes.
LONGEST_WAIT = 27 * 60.0
# Seconds that AWS needs at least to bring a Fargate task up again, which paces a service whose tasks exit at once.
LONGEST_PAUSE = 10.0


@dataclass(frozen=True)
class Breaker:
    """A deployment circuit breaker's configuration.

    Attributes:
        enabled: whether failures fail the deployment.
        rollback: whether the last completed deployment is brought back then.
        reset: whether a healthy task sets the count to 0.
        kind: BOUNDED_PERCENT, UNBOUNDED_PERCENT or COUNT.
        value: percent of the desired count, or a number of tasks.
    """

    enabled: bool = False
    rollback: bool = False
    reset: bool = True
    kind: str = "BOUNDED_PERCENT"
    value: int = 50

    def threshold(self, desired: int) -> int:
        """Failed tasks at which a deployment fails."""
        if self.kind == "COUNT":
            return self.value
        share = max(1, ceil(desired * self.value / 100))
        return share if self.kind == "UNBOUNDED_PERCENT" else min(MOST, max(LEAST, share))

    def trips(self, failures: int, desired: int) -> bool:
        """Whether a deployment with that many failed tasks has failed."""
        return self.enabled and failures >= self.threshold(desired)


def read(configuration: Mapping[str, Any]) -> Breaker:
    """The breaker of a service's deploymentConfiguration."""
    wanted = configuration.get("deploymentCircuitBreaker") or {}
    threshold = wanted.get("thresholdConfiguration") or {}
    return Breaker(
        enabled=wanted.get("enable", False),
        rollback=wanted.get("rollback", False),
        reset=wanted.get("resetOnHealthyTask", True),
        kind=threshold.get("type", "BOUNDED_PERCENT"),
        value=threshold.get("value", 50),
    )


def wait_after_failed_starts(failures: int) -> float:
    """Seconds until the next start after so many tasks in a row ended without having run."""
    return min(LONGEST_WAIT, 2.0 ** min(failures, 30)) if failures else 0.0


def pause_after_short_runs(exits: int) -> float:
    """Seconds until the next start after so many tasks in a row that ran, but only for moments."""
    return min(LONGEST_PAUSE, 0.5 * 2.0 ** min(exits, 30)) if exits > 1 else 0.0
