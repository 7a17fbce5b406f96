"""What the running tasks of services use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from netflux.aws.ecs.arn import name
from netflux.aws.ecs.run import Run
from netflux.aws.ecs.store import Store

_MEBIBYTE = 1024 * 1024
_UNITS = 1024  # of CPU in a vCPU


@dataclass(frozen=True)
class TaskUse:
    """A task, as its runtime measures it.

    Attributes:
        cpu_seconds: that its containers have used so far.
        memory_bytes: that they use now.
        vcpus: its size.
        memory_limit: its size in bytes.
    """

    cpu_seconds: float
    memory_bytes: int
    vcpus: float
    memory_limit: int


def of_services(store: Store, runs: Mapping[str, Run]) -> dict[tuple[str, str], dict[str, TaskUse]]:
    """RUNNING tasks of services by ARN, by the names of cluster and service."""
    found: dict[tuple[str, str], dict[str, TaskUse]] = {}
    for arn, run in runs.items():
        document = store.get("ecs.task", arn)
        if document is None or document["service"] is None or document["task"]["lastStatus"] != "RUNNING":
            continue
        task = document["task"]
        uses = [one.container.usage() for one in run.containers.values() if one.container is not None]
        known = [use for use in uses if use is not None]
        found.setdefault((name(task["clusterArn"]), name(document["service"])), {})[arn] = TaskUse(
            sum(use.cpu_seconds for use in known),
            sum(use.memory_bytes for use in known),
            int(task["cpu"]) / _UNITS,
            int(task["memory"]) * _MEBIBYTE,
        )
    return found
