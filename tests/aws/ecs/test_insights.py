"""Container Insights: of clusters that have them enabled, and as counted and measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from netflux.aws.ecs.insights import insights
from netflux.aws.ecs.meter import Look
from netflux.aws.ecs.store import CLUSTER, SERVICE, TASK, Store
from netflux.clock import Clock
from netflux.controlplane.records.documents import Documents
from netflux.errors import AwsError
from tests.aws.ecs.test_meter import MOVIES, TIME, use
from tests.aws.ecs.world import World


def _store(path: Path, value: str) -> Store:
    store = Store(Documents(path / "n.db"), Clock())
    settings = [{"name": "containerInsights", "value": value}]
    store.put(CLUSTER, "c", {"clusterArn": "c", "clusterName": "prod", "status": "ACTIVE", "settings": settings})
    service: dict[str, Any] = {
        "arn": "s", "clusterArn": "c", "name": "movies", "accepted": {"desiredCount": 3}, "status": "ACTIVE",
        "createdAt": "", "deployments": [{}], "events": [],
    }  # fmt: skip
    store.put(SERVICE, "s", service)
    for number, (owner, status) in enumerate((("s", "RUNNING"), ("s", "PENDING"), (None, "RUNNING"))):
        task = {"clusterArn": "c", "lastStatus": status}
        store.put(TASK, str(number), {"task": task, "service": owner, "subnet": "", "securityGroups": []})
    return store


def test_an_enabled_cluster_is_counted_and_measured(tmp_path: Path) -> None:
    mebibyte = 1024 * 1024
    before = Look(100.0, TIME, {MOVIES: {"a": use(10, 0)}})
    now = Look(110.0, TIME, {MOVIES: {"a": use(12, 100 * mebibyte), "new": use(3, 50 * mebibyte)}})
    found = [*insights(_store(tmp_path, "enabled"), before, now)]
    assert {(one.service, one.name): (one.value, one.unit) for one in found} == {
        ("", "ServiceCount"): (1, "Count"), ("", "TaskCount"): (2, "Count"),
        ("movies", "DesiredTaskCount"): (3, "Count"), ("movies", "RunningTaskCount"): (1, "Count"),
        ("movies", "PendingTaskCount"): (1, "Count"), ("movies", "DeploymentCount"): (1, "Count"),
        ("movies", "CpuReserved"): (1024, "None"), ("movies", "CpuUtilized"): (0.2 * 1024, "None"),
        ("movies", "MemoryReserved"): (2000 / mebibyte, "Megabytes"), ("movies", "MemoryUtilized"): (150, "Megabytes"),
    }  # fmt: skip
    assert {one.dimensions for one in found} == {
        frozenset({("ClusterName", "prod")}), frozenset({("ClusterName", "prod"), ("ServiceName", "movies")}),
    }  # fmt: skip


def test_a_disabled_cluster_has_none(tmp_path: Path) -> None:
    look = Look(100.0, TIME, {})
    assert [*insights(_store(tmp_path, "disabled"), look, look)] == []


async def test_a_new_cluster_has_the_account_s_setting(world: World) -> None:
    async def settings(name: str) -> Any:
        made = await world.apis.call("ecs", "CreateCluster", {"clusterName": name})
        return made["cluster"]["settings"]

    assert await settings("one") == [{"name": "containerInsights", "value": "disabled"}]
    await world.apis.call("ecs", "PutAccountSetting", {"name": "containerInsights", "value": "enabled"})
    assert await settings("two") == [{"name": "containerInsights", "value": "enabled"}]
    with pytest.raises(AwsError, match=r"settings.value \('enhanced'\)"):
        await world.apis.call(
            "ecs", "UpdateClusterSettings",
            {"cluster": "two", "settings": [{"name": "containerInsights", "value": "enhanced"}]},
        )  # fmt: skip
