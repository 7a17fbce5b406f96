"""Every member that Application Auto Scaling carries comes back from the operations that tell."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from netflux.aws.applicationautoscaling.api import ApplicationAutoScalingApi
from netflux.controlplane.apis import Apis
from netflux.controlplane.records.documents import Documents
from tests.aws.applicationautoscaling.test_scaling import SERVICE, World
from tests.controlplane.roundtrip import Trip, left_out, lost

_API = "application-autoscaling"
_LISTED = {"ServiceNamespace": "ecs", "ResourceId": SERVICE["ResourceId"]}
_POLICIES = [("DescribeScalingPolicies", _LISTED)]
_STEPS = {
    "AdjustmentType": "PercentChangeInCapacity", "MinAdjustmentMagnitude": 2, "Cooldown": 77,
    "StepAdjustments": [
        {"MetricIntervalLowerBound": 0.0, "MetricIntervalUpperBound": 9.0, "ScalingAdjustment": 10},
        {"MetricIntervalLowerBound": 9.0, "ScalingAdjustment": 30},
    ],
}  # fmt: skip
_DIMENSIONS = [{"Name": "Queue", "Value": "q"}]
_OWN_METRIC = {
    "MetricName": "m", "Namespace": "Shop", "Dimensions": _DIMENSIONS, "Statistic": "Average", "Unit": "Count",
}  # fmt: skip
_QUERIES = [
    {"Id": "e", "Expression": "m1 / 2", "Label": "half", "ReturnData": True},
    {"Id": "m1", "ReturnData": False, "MetricStat": {
        "Metric": {"Namespace": "Shop", "MetricName": "m", "Dimensions": _DIMENSIONS}, "Stat": "Sum", "Unit": "Count",
    }},
]  # fmt: skip
_TRACKED: list[dict[str, Any]] = [
    {"PredefinedMetricSpecification": {
        "PredefinedMetricType": "ALBRequestCountPerTarget", "ResourceLabel": "app/a/1/targetgroup/b/2",
    }},
    {"CustomizedMetricSpecification": _OWN_METRIC},
    {"CustomizedMetricSpecification": {"Metrics": _QUERIES}},
]  # fmt: skip
_COOLDOWNS = {"TargetValue": 55.0, "ScaleOutCooldown": 11, "ScaleInCooldown": 22, "DisableScaleIn": True}
_SUSPENDED = {
    "DynamicScalingInSuspended": True, "DynamicScalingOutSuspended": True, "ScheduledScalingSuspended": True,
}  # fmt: skip
_TOMORROW = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)

TRIPS = [
    Trip(
        "RegisterScalableTarget",
        {**SERVICE, "MinCapacity": 2, "MaxCapacity": 7, "SuspendedState": _SUSPENDED, "Tags": {"a": "b"}},
        [("DescribeScalableTargets", {"ServiceNamespace": "ecs"}), ("ListTagsForResource", {"ResourceARN": "{made}"})],
        lambda answer: str(answer["ScalableTargetARN"]),
    ),
    Trip(
        "PutScalingPolicy",
        {**SERVICE, "PolicyName": "p", "PolicyType": "StepScaling", "StepScalingPolicyConfiguration": _STEPS},
        _POLICIES,
    ),
    *(
        Trip(
            "PutScalingPolicy",
            {
                **SERVICE, "PolicyName": "p", "PolicyType": "TargetTrackingScaling",
                "TargetTrackingScalingPolicyConfiguration": {**_COOLDOWNS, **metric},
            },
            _POLICIES,
        )
        for metric in _TRACKED
    ),
    Trip(
        "PutScheduledAction",
        {
            **SERVICE, "ScheduledActionName": "s", "Schedule": "cron(0 8 * * ? *)", "Timezone": "Europe/Berlin",
            "StartTime": _TOMORROW, "EndTime": _TOMORROW + timedelta(days=1),
            "ScalableTargetAction": {"MinCapacity": 3, "MaxCapacity": 4},
        },
        [("DescribeScheduledActions", _LISTED)],
    ),
    Trip(
        "TagResource",
        {"ResourceARN": "{target}", "Tags": {"c": "d"}},
        [("ListTagsForResource", {"ResourceARN": "{target}"})],
    ),
]  # fmt: skip


@pytest.fixture
async def apis(tmp_path: Path) -> AsyncIterator[tuple[Apis, str]]:
    documents = Documents(tmp_path / "n.db")
    world = World(documents)
    target = await world.call("RegisterScalableTarget", **SERVICE, MinCapacity=1, MaxCapacity=2)
    yield world.apis, target["ScalableTargetARN"]
    documents.close()


@pytest.mark.parametrize("trip", TRIPS, ids=str)
async def test_what_was_sent_is_told_again(apis: tuple[Apis, str], trip: Trip) -> None:
    assert await lost(apis[0], _API, trip, {"target": apis[1]}) == []


def test_no_member_of_a_changing_operation_is_left_out() -> None:
    assert left_out(_API, ApplicationAutoScalingApi, TRIPS) == []
