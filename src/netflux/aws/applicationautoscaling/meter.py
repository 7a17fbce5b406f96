"""The metrics of a service, a minute at a time, from what was really used."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from netflux.aws.applicationautoscaling.store import Json


class TaskUse(Protocol):
    """What a running task has used and may use."""

    @property
    def cpu_seconds(self) -> float:
        """Since it was started."""
        ...

    @property
    def memory_bytes(self) -> int:
        """Now."""
        ...

    @property
    def vcpus(self) -> float:
        """Its size."""
        ...

    @property
    def memory_limit(self) -> int:
        """Its size in bytes."""
        ...


Uses = Callable[[str, str], Mapping[str, TaskUse]]
"""Running tasks of a service, by cluster and name."""
Requests = Callable[[str], Awaitable[int | None]]
"""Requests that a target group, `targetgroup/{name}/{id}`, was given since some time; None when that isn't known."""


@dataclass(frozen=True)
class Sample:
    """What was counted at one moment.

    Attributes:
        at: real seconds of a monotonic clock.
        tasks: by ARN.
        requests: by resource label.
    """

    at: float
    tasks: Mapping[str, TaskUse]
    requests: Mapping[str, int]


def value(metric: Json, before: Sample, now: Sample) -> float | None:
    """The metric between two samples; None when there is nothing to measure.

    CPU and memory are percents of what the tasks may use, requests are per task and real minute.
    """
    kind = metric["PredefinedMetricType"]
    if kind == "ALBRequestCountPerTarget":
        return _requests(metric["ResourceLabel"], before, now)
    if kind == "ECSServiceAverageMemoryUtilization":
        size = sum(task.memory_limit for task in now.tasks.values())
        return 100 * sum(task.memory_bytes for task in now.tasks.values()) / size if size else None
    both = [(before.tasks[arn], task) for arn, task in now.tasks.items() if arn in before.tasks]
    offered = sum(task.vcpus for _, task in both) * (now.at - before.at)
    used = sum(max(0.0, task.cpu_seconds - old.cpu_seconds) for old, task in both)
    return 100 * used / offered if offered else None


def _requests(label: str, before: Sample, now: Sample) -> float | None:
    """HAProxy counts anew after a reload, when the count is lower than it was."""
    old, new = before.requests.get(label), now.requests.get(label)
    if old is None or new is None or not now.tasks:
        return None
    sent = new - old if new >= old else new
    return 60 * sent / (now.at - before.at) / len(now.tasks)
