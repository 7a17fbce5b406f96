from typing import Any

import pytest

from netflux.console import readiness
from netflux.console.status import snapshot
from tests.console import cloud


@pytest.fixture
async def status() -> dict[str, Any]:
    found = await snapshot(cloud.Cloud().call)
    for targets in found["target_health"].values():
        for target in targets:
            target["TargetHealth"] = {"State": "healthy"}
    return found


def test_nothing_is_missing_where_all_stands(status: dict[str, Any]) -> None:
    assert readiness.missing(status) == []


def test_a_service_with_too_few_tasks_is_missing_and_says_its_last_event(status: dict[str, Any]) -> None:
    status["services"][0]["runningCount"] = 1
    assert readiness.missing(status) == [
        "service movie-service: 1 of 2 tasks run ((service movie-service) has started 2 tasks.)"
    ]


def test_a_rollout_under_way_is_missing_with_full_counts(status: dict[str, Any]) -> None:
    status["services"][0]["deployments"][0]["rolloutState"] = "IN_PROGRESS"
    assert readiness.missing(status)[0].startswith("service movie-service: 2 of 2 tasks run")


def test_a_target_that_is_not_healthy_is_missing_with_its_reason(status: dict[str, Any]) -> None:
    targets = status["target_health"][cloud.GROUP]
    targets[0]["TargetHealth"] = {"State": "initial", "Reason": "Elb.RegistrationInProgress"}
    assert readiness.missing(status) == [
        "target group movie-service-containers: 1 of 2 targets are healthy (Elb.RegistrationInProgress)"
    ]


def test_a_database_and_a_distribution_on_their_way_are_missing(status: dict[str, Any]) -> None:
    status["databases"][0]["DBInstanceStatus"] = "creating"
    status["distributions"][0]["Status"] = "InProgress"
    assert readiness.missing(status) == ["database netflux-db is creating", "distribution E1 is InProgress"]


def test_a_target_group_without_a_service_is_nobodys_to_wait_for(status: dict[str, Any]) -> None:
    status["services"] = []
    status["target_health"] = {cloud.GROUP: []}
    assert readiness.missing(status) == []
