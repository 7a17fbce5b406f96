"""ECS's metrics of services: how much of their size their tasks use, a minute at a time.

Developer guide, "service_utilization". Fargate has no cluster to compare with, hence no metrics of clusters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from netflux.aws.ecs.use import TaskUse
from netflux.clock import Clock

NAMESPACE = "AWS/ECS"

ServiceUses = Mapping[tuple[str, str], Mapping[str, TaskUse]]
"""RUNNING tasks by the names of their cluster and service, and by ARN."""


@dataclass(frozen=True)
class Utilization:
    """A metric of a service in one span of time.

    Attributes:
        cluster: its name.
        service: its name.
        name: `CPUUtilization` or `MemoryUtilization`.
        since: the span's beginning.
        percents: a sample for each task.
    """

    cluster: str
    service: str
    name: str
    since: datetime
    percents: tuple[float, ...]

    @property
    def dimensions(self) -> frozenset[tuple[str, str]]:
        """CloudWatch's."""
        return frozenset({("ClusterName", self.cluster), ("ServiceName", self.service)})


@dataclass(frozen=True)
class Look:
    """What was used at one moment; `at` in real seconds of a monotonic clock."""

    at: float
    time: datetime
    uses: ServiceUses


def utilization(before: Look, now: Look) -> list[Utilization]:
    """Metrics of the time between two looks: CPU of tasks that were seen in both, memory of all."""
    found = []
    for (cluster, service), tasks in now.uses.items():
        old = before.uses.get((cluster, service), {})
        cpu = tuple(_cpu(old[arn], task, now.at - before.at) for arn, task in tasks.items() if arn in old)
        memory = tuple(100 * task.memory_bytes / task.memory_limit for task in tasks.values())
        for name, percents in (("CPUUtilization", cpu), ("MemoryUtilization", memory)):
            if percents:
                found.append(Utilization(cluster, service, name, before.time, percents))
    return found


def _cpu(old: TaskUse, new: TaskUse, seconds: float) -> float:
    return 100 * max(0.0, new.cpu_seconds - old.cpu_seconds) / (new.vcpus * seconds)


class Meter:
    """Looks once a minute.

    Args:
        clock: dates what is seen.
        look: what is used now.
        told: of each minute, the look at its beginning and the one at its end.
    """

    def __init__(self, clock: Clock, look: Callable[[], ServiceUses], told: Callable[[Look, Look], None]) -> None:
        self._clock = clock
        self._look = look
        self._told = told
        self._before: Look | None = None

    async def minute(self) -> None:
        """Looks, and tells the minute since the last look."""
        now = Look(self._clock.monotonic() / self._clock.speed, self._clock.now(), self._look())
        before, self._before = self._before, now
        if before is not None:
            self._told(before, now)
