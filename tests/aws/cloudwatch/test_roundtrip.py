"""Every member that CloudWatch carries comes back from the operations that tell."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from netflux.aws.cloudwatch.api import CloudWatchApi
from netflux.aws.cloudwatch.ground import Ground
from netflux.aws.cloudwatch.series import Series
from netflux.clock import Clock
from netflux.controlplane.apis import Apis
from tests.controlplane.plane import Plane
from tests.controlplane.roundtrip import Trip, left_out, lost

_TAGS = [{"Key": "a", "Value": "b"}]
_POLICY = "arn:aws:autoscaling:us-east-1:123456789012:scalingPolicy:1:resource/ecs/service/a/b:policyName/c"
_TOPIC = "arn:aws:sns:us-east-1:123456789012:page"
_DIMENSIONS = [{"Name": "Queue", "Value": "q"}]
_ALARM: dict[str, Any] = {
    "AlarmName": "new", "AlarmDescription": "d", "ActionsEnabled": False, "OKActions": [], "AlarmActions": [_POLICY],
    "InsufficientDataActions": [], "EvaluationPeriods": 3, "DatapointsToAlarm": 2, "Threshold": 1.5,
    "ComparisonOperator": "LessThanThreshold", "TreatMissingData": "breaching", "Tags": _TAGS,
}  # fmt: skip
_OF_METRIC: dict[str, Any] = {
    "MetricName": "m", "Namespace": "Shop", "Dimensions": _DIMENSIONS, "Period": 120, "Unit": "Count",
}  # fmt: skip
_METRICS = [
    {"Id": "e", "Expression": "m1 * 2", "Label": "twice", "ReturnData": True},
    {"Id": "m1", "ReturnData": False, "MetricStat": {
        "Metric": {"Namespace": "Shop", "MetricName": "m", "Dimensions": _DIMENSIONS}, "Period": 60, "Stat": "Sum",
        "Unit": "Count",
    }},
]  # fmt: skip
_TOLD: list[tuple[str, dict[str, Any]]] = [
    ("DescribeAlarms", {"AlarmNames": ["new"]}),
    ("ListTagsForResource", {"ResourceARN": "arn:aws:cloudwatch:us-east-1:{account}:alarm:new"}),
]
_TIME = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=5)
_NAMED = {"Namespace": "Shop", "MetricName": "m", "Dimensions": _DIMENSIONS}
_SPAN = {"StartTime": _TIME - timedelta(minutes=1), "EndTime": _TIME + timedelta(minutes=10), "Period": 60}
_STATISTICS = ["SampleCount", "Sum", "Minimum", "Maximum"]
_DATA: list[tuple[str, dict[str, Any]]] = [
    ("GetMetricStatistics", {**_NAMED, **_SPAN, "Statistics": _STATISTICS}), ("ListMetrics", {"Namespace": "Shop"}),
]  # fmt: skip
_STATISTIC_VALUES = {"SampleCount": 4.0, "Sum": 9.0, "Minimum": 1.0, "Maximum": 5.0}


def _data(told: dict[str, str], **datum: Any) -> Trip:
    one = {"MetricName": "m", "Dimensions": _DIMENSIONS, "Timestamp": _TIME, "Unit": "Bytes", **datum}
    return Trip("PutMetricData", {"Namespace": "Shop", "MetricData": [one]}, _DATA, told=told)


TRIPS = [
    Trip("PutMetricAlarm", {**_ALARM, **_OF_METRIC, "Statistic": "Minimum"}, _TOLD),
    Trip(
        "PutMetricAlarm",
        {**_ALARM, **_OF_METRIC, "ExtendedStatistic": "p90", "EvaluateLowSampleCountPercentile": "evaluate"},
        _TOLD,
    ),
    Trip("PutMetricAlarm", {**_ALARM, "Metrics": _METRICS}, _TOLD),
    Trip(
        "PutCompositeAlarm",
        {
            "AlarmName": "new",
            "AlarmDescription": "d",
            "ActionsEnabled": False,
            "AlarmRule": 'ALARM("kept")',
            "OKActions": [_TOPIC],
            "AlarmActions": [_TOPIC],
            "InsufficientDataActions": [_TOPIC],
            "Tags": _TAGS,
        },
        [("DescribeAlarms", {"AlarmNames": ["new"], "AlarmTypes": ["CompositeAlarm"]}), _TOLD[1]],
    ),
    _data({"MetricData.Value": "Sum"}, Value=7.0),
    _data({"Values": "Maximum", "Counts": "SampleCount"}, Values=[3.0], Counts=[2.0]),
    _data({}, StatisticValues=_STATISTIC_VALUES),
    Trip(
        "SetAlarmState",
        {"AlarmName": "kept", "StateValue": "OK", "StateReason": "r", "StateReasonData": '{"a": 1}'},
        [("DescribeAlarms", {"AlarmNames": ["kept"]})],
    ),
    Trip(
        "PutDashboard",
        {"DashboardName": "new", "DashboardBody": '{"widgets": []}', "Tags": _TAGS},
        [
            ("GetDashboard", {"DashboardName": "new"}),
            ("ListTagsForResource", {"ResourceARN": "arn:aws:cloudwatch::{account}:dashboard/new"}),
        ],
    ),
    Trip(
        "TagResource",
        {"ResourceARN": "arn:aws:cloudwatch:us-east-1:{account}:alarm:kept", "Tags": _TAGS},
        [("ListTagsForResource", {"ResourceARN": "arn:aws:cloudwatch:us-east-1:{account}:alarm:kept"})],
    ),
]


@pytest.fixture
async def apis(tmp_path: Path) -> AsyncIterator[Apis]:
    plane = Plane(tmp_path)
    made = await plane.start()
    cloudwatch = CloudWatchApi(Ground(Series(), frozenset(), plane.documents, Clock()))
    cloudwatch.transitions.destinations.register("sns", lambda _event: None)
    made.register(cloudwatch)
    await made.call("cloudwatch", "PutMetricAlarm", {**_ALARM, **_OF_METRIC, "AlarmName": "kept", "Statistic": "Sum"})
    yield made
    plane.stop()


@pytest.mark.parametrize("trip", TRIPS, ids=str)
async def test_what_was_sent_is_told_again(apis: Apis, trip: Trip) -> None:
    assert await lost(apis, "cloudwatch", trip, {"account": apis.account}) == []


def test_no_member_of_a_changing_operation_is_left_out() -> None:
    assert left_out("cloudwatch", CloudWatchApi, TRIPS) == []
