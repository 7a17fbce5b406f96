"""Health of a container by its own check: from the results of a command to HEALTHY, UNHEALTHY or UNKNOWN."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

HEALTHY, UNHEALTHY, UNKNOWN = "HEALTHY", "UNHEALTHY", "UNKNOWN"


@dataclass(frozen=True)
class HealthCheck:
    """A container's health check; defaults are those of API shape HealthCheck. Durations in seconds.

    Attributes:
        command: begins with `CMD` or `CMD-SHELL`.
        interval: between checks.
        timeout: a check that takes longer has failed.
        retries: failures in a row until the container is unhealthy.
        start_period: failures in this time after the start don't count; a success ends it.
    """

    command: Sequence[str]
    interval: float = 30
    timeout: float = 5
    retries: int = 3
    start_period: float = 0

    @property
    def argv(self) -> list[str]:
        """The program to run inside the container."""
        if self.command[0] == "CMD-SHELL":
            return ["/bin/sh", "-c", *self.command[1:2]]
        return [*self.command[1:]] if self.command[0] == "CMD" else [*self.command]


@dataclass(frozen=True)
class Health:
    """What is known of a container's health.

    Attributes:
        status: HEALTHY, UNHEALTHY, or UNKNOWN while it is being judged.
        failures: in a row.
    """

    status: str = UNKNOWN
    failures: int = 0


def judge(check: HealthCheck, before: Health, passed: bool, age: float) -> Health:
    """The health after one more result.

    Args:
        check: its configuration.
        before: the health until now.
        passed: whether the command exited with 0 in time.
        age: seconds since the container started.
    """
    if passed:
        return Health(HEALTHY, 0)
    if before.status == UNKNOWN and age < check.start_period:
        return before
    failures = before.failures + 1
    return replace(before, failures=failures, status=UNHEALTHY if failures >= check.retries else before.status)


def of_task(essential: Iterable[str | None]) -> str:
    """Health of a task from the healths of its essential containers; None is a container without a check."""
    judged = [health for health in essential if health is not None]
    if not judged:
        return UNKNOWN
    if UNHEALTHY in judged:
        return UNHEALTHY
    return UNKNOWN if UNKNOWN in judged else HEALTHY
