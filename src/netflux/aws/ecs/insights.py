"""Container Insights of clusters that have them enabled: what a cluster and its services reserve, use and run.

"Amazon ECS Container Insights metrics", Amazon CloudWatch User Guide: those of clusters and services on Fargate that
are counted or measured here. Network and storage of tasks are not measured.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from netflux.aws.ecs.meter import Look
from netflux.aws.ecs.serviceshape import PENDING
from netflux.aws.ecs.store import CLUSTER, SERVICE, TASK, Json, Store

NAMESPACE = "ECS/ContainerInsights"
SETTING = "containerInsights"
ENABLED = "enabled"
_UNITS = 1024  # of CPU in a vCPU
_MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Insight:
    """A metric of a minute.

    Attributes:
        cluster: its name.
        service: its name; empty for the cluster's own.
        name: e.g. `CpuUtilized`.
        unit: CloudWatch's.
        value: at its end, or on average.
        since: the minute's beginning.
    """

    cluster: str
    service: str
    name: str
    unit: str
    value: float
    since: datetime

    @property
    def dimensions(self) -> frozenset[tuple[str, str]]:
        """CloudWatch's."""
        own = {("ClusterName", self.cluster)}
        return frozenset(own | {("ServiceName", self.service)} if self.service else own)


def insights(store: Store, before: Look, now: Look) -> Iterator[Insight]:
    """Of the time between two looks."""
    services = [body for _, body in store.all(SERVICE) if body["status"] != "INACTIVE"]
    tasks = [body for _, body in store.all(TASK)]
    for _, cluster in store.all(CLUSTER):
        if not _enabled(cluster):
            continue
        arn, called = cluster["clusterArn"], cluster["clusterName"]
        own = [body for body in services if body["clusterArn"] == arn]
        running = sum(
            body["task"]["clusterArn"] == arn and body["task"]["lastStatus"] == "RUNNING" for body in tasks
        )  # fmt: skip
        for metric, count in (("ServiceCount", len(own)), ("TaskCount", running)):
            yield Insight(called, "", metric, "Count", count, before.time)
        for service in own:
            states = [body["task"]["lastStatus"] for body in tasks if body["service"] == service["arn"]]
            counted = {
                "DesiredTaskCount": service["accepted"]["desiredCount"],
                "RunningTaskCount": states.count("RUNNING"),
                "PendingTaskCount": sum(states.count(state) for state in PENDING),
                "DeploymentCount": len(service["deployments"]),
            }
            for metric, count in counted.items():
                yield Insight(called, service["name"], metric, "Count", count, before.time)
            for metric, unit, value in _used((called, service["name"]), before, now):
                yield Insight(called, service["name"], metric, unit, value, before.time)


def _used(key: tuple[str, str], before: Look, now: Look) -> Iterator[tuple[str, str, float]]:
    """What a service's tasks reserve, and use of it; CPU of tasks that were seen in both looks."""
    tasks, old = now.uses.get(key, {}), before.uses.get(key, {})
    if not tasks:
        return
    seconds = now.at - before.at
    spent = sum(max(0.0, task.cpu_seconds - old[arn].cpu_seconds) for arn, task in tasks.items() if arn in old)
    yield "CpuReserved", "None", sum(task.vcpus for task in tasks.values()) * _UNITS
    yield "CpuUtilized", "None", spent / seconds * _UNITS
    yield "MemoryReserved", "Megabytes", sum(task.memory_limit for task in tasks.values()) / _MEGABYTE
    yield "MemoryUtilized", "Megabytes", sum(task.memory_bytes for task in tasks.values()) / _MEGABYTE


def _enabled(cluster: Json) -> bool:
    return cluster["status"] == "ACTIVE" and {"name": SETTING, "value": ENABLED} in cluster["settings"]


def default(setting: Json | None) -> list[Json]:
    """The settings of a new cluster, by the account's setting."""
    return [{"name": SETTING, "value": setting["value"] if setting else "disabled"}]
