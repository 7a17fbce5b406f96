"""Alarms on metrics that were observed, and on those that clients put."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from netflux.aws.cloudwatch.alarms import Firing
from netflux.aws.cloudwatch.api import CloudWatchApi
from netflux.aws.cloudwatch.ground import Ground
from netflux.aws.cloudwatch.series import Datum, Metric, Series
from netflux.clock import Clock
from netflux.controlplane.apis import Apis
from netflux.controlplane.moto.backend import Moto
from netflux.controlplane.records.documents import Documents
from netflux.errors import AwsError

POLICY = "arn:aws:autoscaling:us-east-1:123456789012:scalingPolicy:1:resource/ecs/service/a/b:policyName/c"
ALARM = {
    "AlarmName": "slow", "Namespace": "AWS/ApplicationELB", "MetricName": "TargetResponseTime", "Statistic": "Maximum",
    "Dimensions": [{"Name": "LoadBalancer", "Value": "app/a/1"}], "Period": 60, "EvaluationPeriods": 2,
    "Threshold": 1.5, "ComparisonOperator": "GreaterThanThreshold",
}  # fmt: skip
METRIC = Metric("AWS/ApplicationELB", "TargetResponseTime", frozenset({("LoadBalancer", "app/a/1")}))


class Hand(Clock):
    """Moves when it is told to."""

    time = datetime(2026, 11, 24, 8, 0, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time


class World:
    def __init__(self, directory: Path) -> None:
        self.clock, self.series, self.fired = Hand(), Series(), list[Firing]()
        self.documents = Documents(directory / "n.db")
        self.moto = Moto(self.documents, "123456789012", "us-east-1")
        self.apis = Apis("123456789012", "us-east-1", self.moto, lambda _: None)
        ours = frozenset(["AWS/ApplicationELB"])
        self.cloudwatch = CloudWatchApi(Ground(self.series, ours, self.documents, self.clock))
        self.cloudwatch.fire = self.fired.extend
        self.apis.register(self.cloudwatch)

    async def call(self, operation: str, **params: Any) -> dict[str, Any]:
        return await self.apis.call("cloudwatch", operation, params)

    async def minute(self, value: float | None) -> dict[str, Any]:
        """The alarm after a minute with that value."""
        if value is not None:
            self.series.add(METRIC, Datum(self.clock.now(), value, 1, "Seconds", value, value))
        return await self.pass_by()

    async def pass_by(self) -> dict[str, Any]:
        self.clock.time += timedelta(seconds=60)
        await self.cloudwatch.evaluate()
        return dict((await self.call("DescribeAlarms"))["MetricAlarms"][0])


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = World(tmp_path)
    yield made
    made.moto.stop()
    made.documents.close()


async def test_an_alarm_shows_the_state_as_it_was_evaluated(world: World) -> None:
    await world.call("PutMetricAlarm", **ALARM, Tags=[{"Key": "team", "Value": "web"}])
    (alarm,) = (await world.call("DescribeAlarms", AlarmNames=["slow"]))["MetricAlarms"]
    assert (alarm["StateValue"], alarm["StateReason"]) == ("INSUFFICIENT_DATA", "Unchecked: Initial alarm creation")
    states = [(await world.minute(value))["StateValue"] for value in (1.0, 2.0, 2.0, None, None, None, None)]
    assert states == ["OK", "OK", "ALARM", "ALARM", "ALARM", "ALARM", "INSUFFICIENT_DATA"]
    (alarm,) = (await world.call("DescribeAlarmsForMetric", **{key: ALARM[key] for key in ("Namespace", "MetricName",
                "Dimensions")}))["MetricAlarms"]  # fmt: skip
    assert alarm["StateReason"] == "Insufficient Data: 2 datapoints were unknown."
    history = (await world.call("DescribeAlarmHistory", AlarmName="slow"))["AlarmHistoryItems"]
    assert [item["HistorySummary"] for item in history] == [
        "Alarm updated from ALARM to INSUFFICIENT_DATA", "Alarm updated from OK to ALARM",
        "Alarm updated from INSUFFICIENT_DATA to OK",
    ]  # fmt: skip
    assert (await world.call("ListTagsForResource", ResourceARN=alarm["AlarmArn"]))["Tags"] == [
        {"Key": "team", "Value": "web"}
    ]
    await world.call("DeleteAlarms", AlarmNames=["slow"])
    assert (await world.call("DescribeAlarms"))["MetricAlarms"] == []
    with pytest.raises(AwsError, match="Alarm slow does not exist"):
        await world.call("DeleteAlarms", AlarmNames=["slow"])


async def test_a_scaling_policy_is_called_every_minute_of_alarm(world: World) -> None:
    await world.call("PutMetricAlarm", **ALARM, AlarmActions=[POLICY])
    for value in (2.0, 2.5, 3.0, 0.5):
        await world.minute(value)
    assert world.fired == [Firing("slow", POLICY, 2.5, 1.5), Firing("slow", POLICY, 3.0, 1.5)]
    await world.call("SetAlarmState", AlarmName="slow", StateValue="ALARM", StateReason="to try")
    assert world.fired[2:] == [Firing("slow", POLICY, 0.5, 1.5)]
    assert (await world.call("DescribeAlarms"))["MetricAlarms"][0]["StateReason"] == "to try"
    assert (await world.minute(0.5))["StateValue"] == "OK"


async def test_of_our_metrics_those_are_returned_that_are_to_be(world: World) -> None:
    begun = world.clock.now()
    world.series.add(METRIC, Datum(begun, 1.0, 1, "Seconds", 1.0, 1.0))
    named = {key: ALARM[key] for key in ("Namespace", "MetricName", "Dimensions")}
    queries = [
        {"Id": key, "ReturnData": wanted, "MetricStat": {"Metric": named, "Period": 60, "Stat": "Maximum"}}
        for key, wanted in (("hidden", False), ("shown", True))
    ]
    span = {"StartTime": begun - timedelta(hours=1), "EndTime": begun + timedelta(hours=1)}
    told = await world.call("GetMetricData", MetricDataQueries=queries, **span)
    assert [(one["Id"], one["Values"]) for one in told["MetricDataResults"]] == [("shown", [1.0])]


async def test_an_alarm_on_a_percentile_has_data_where_every_sample_is_known(world: World) -> None:
    asked = {key: value for key, value in ALARM.items() if key != "Statistic"}
    await world.call("PutMetricAlarm", **{**asked, "ExtendedStatistic": "p90", "EvaluationPeriods": 1})
    assert (await world.minute(9.0))["StateValue"] == "INSUFFICIENT_DATA", "nobody knows its samples"
    states = []
    for slow in (1, 2):
        spread = {0.2: 10 - slow, 3.0: slow}
        total = sum(value * count for value, count in spread.items())
        world.clock.time += timedelta(minutes=5)
        world.series.add(METRIC, Datum(world.clock.now(), total, 10, "Seconds", 0.2, 3.0, spread))
        states.append((await world.pass_by())["StateValue"])
    assert states == ["OK", "ALARM"]
    (alarm,) = (await world.call("DescribeAlarms"))["MetricAlarms"]
    assert (alarm["ExtendedStatistic"], "Statistic" in alarm) == ("p90", False)
    assert '"statistic": "p90"' in alarm["StateReasonData"]


def rate(expression: str = "100 * errors / requests", **more: Any) -> dict[str, Any]:
    """An alarm on how many of a load balancer's requests fail."""
    kept = ("AlarmName", "EvaluationPeriods", "Threshold", "ComparisonOperator")
    stats = {"errors": "HTTPCode_Target_5XX_Count", "requests": "RequestCount"}
    return {**{key: ALARM[key] for key in kept}, "EvaluationPeriods": 1, **more, "Metrics": [
        {"Id": "rate", "Expression": expression, "Label": "errors in percent"},
        *({"Id": key, "ReturnData": False, "MetricStat": {
            "Metric": {"Namespace": "AWS/ApplicationELB", "MetricName": name, "Dimensions": ALARM["Dimensions"]},
            "Period": 60, "Stat": "Sum",
        }} for key, name in stats.items()),
    ]}  # fmt: skip


async def test_an_alarm_on_an_expression_has_data_where_all_of_its_metrics_have(world: World) -> None:
    await world.call("PutMetricAlarm", **rate())
    states = []
    for errors, requests in ((1, 100), (5, 100), (None, 100), (0, 0)):
        world.clock.time += timedelta(minutes=5)
        for name, count in (("HTTPCode_Target_5XX_Count", errors), ("RequestCount", requests)):
            if count is not None:
                told = Metric("AWS/ApplicationELB", name, METRIC.dimensions)
                world.series.add(told, Datum(world.clock.now(), count, 1, "Count"))
        states.append((await world.pass_by())["StateValue"])
    assert states == ["OK", "ALARM", "INSUFFICIENT_DATA", "INSUFFICIENT_DATA"]
    (alarm,) = (await world.call("DescribeAlarms"))["MetricAlarms"]
    assert [one["Id"] for one in alarm["Metrics"]] == ["rate", "errors", "requests"]
    items = (await world.call("DescribeAlarmHistory", AlarmName="slow"))["AlarmHistoryItems"]
    assert "[5.0 (" in items[1]["HistoryData"]
    await world.call("PutMetricAlarm", **rate("100 * FILL(errors, 0) / requests"))
    told = Metric("AWS/ApplicationELB", "RequestCount", METRIC.dimensions)
    world.series.add(told, Datum(world.clock.now(), 10, 1, "Count"))
    assert (await world.pass_by())["StateValue"] == "OK"


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        (rate("errors / answers"), "answers, which no query has"),
        (rate("rate + 1"), "in a circle: rate"),
        (rate("errors +"), "Error in expression"),
        (rate("IF(errors, 1, 0)"), "IF of a metric math expression"),
        (rate(Period=60), "Metrics and Period can't be used together"),
        (rate(Threshold=None), "Threshold is required"),
    ],
)
async def test_an_expression_that_can_t_be_evaluated_is_said(world: World, asked: dict[str, Any], named: str) -> None:
    with pytest.raises(AwsError, match=named):
        await world.call("PutMetricAlarm", **{key: value for key, value in asked.items() if value is not None})


async def test_a_metric_that_clients_put_is_judged_like_ours(world: World) -> None:
    queue = {**ALARM, "Namespace": "Shop", "MetricName": "Waiting", "Statistic": "Average", "Dimensions": []}
    await world.call("PutMetricAlarm", **queue)
    for _ in range(2):
        data = [{"MetricName": "Waiting", "Timestamp": world.clock.now(), "Value": value} for value in (1.0, 5.0)]
        await world.call("PutMetricData", Namespace="Shop", MetricData=data)
        alarm = await world.pass_by()
    assert alarm["StateValue"] == "ALARM"
    assert "3.0" in alarm["StateReason"]


async def test_a_percentile_of_what_clients_put_is_judged(world: World) -> None:
    asked = {**ALARM, "Namespace": "Shop", "Dimensions": [], "ExtendedStatistic": "p90", "EvaluationPeriods": 1}
    del asked["Statistic"]
    await world.call("PutMetricAlarm", **asked)
    states = []
    for slow in (1.0, 2.0):
        data = {"MetricName": ALARM["MetricName"], "Values": [0.2, 3.0], "Counts": [10 - slow, slow]}
        await world.call("PutMetricData", Namespace="Shop", MetricData=[data])
        states.append((await world.pass_by())["StateValue"])
    assert states == ["OK", "ALARM"]


async def test_an_alarm_on_a_unit_that_nobody_measures_in_has_no_data(world: World) -> None:
    await world.call("PutMetricAlarm", **ALARM, Unit="Bytes")
    for _ in range(2):
        alarm = await world.minute(9.0)
    assert alarm["StateValue"] == "INSUFFICIENT_DATA"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"AlarmActions": ["arn:aws:automate:us-east-1:ec2:stop"]}, "the alarm action arn:aws:automate"),
        ({"OKActions": [POLICY]}, "in OKActions"),
        ({"OKActions": ["arn:aws:sns:eu-west-1:123456789012:page"]}, "Invalid region eu-west-1 specified"),
        ({"Period": 10}, "Period 10"),
        ({"ExtendedStatistic": "p99"}, "Either Statistic or ExtendedStatistic"),
        ({"Statistic": None}, "Either Statistic or ExtendedStatistic"),
        ({"Statistic": None, "ExtendedStatistic": "tm99"}, "ExtendedStatistic tm99"),
        ({"EvaluateLowSampleCountPercentile": "ignore"}, "EvaluateLowSampleCountPercentile .'ignore'"),
        ({"DatapointsToAlarm": 3}, "DatapointsToAlarm"),
        ({"Threshold": None}, "Threshold"),
        ({"ComparisonOperator": "GreaterThanUpperThreshold"}, "Anomaly detection"),
    ],
)
async def test_what_an_alarm_can_t_be_is_said(world: World, changes: dict[str, Any], named: str) -> None:
    asked = {key: value for key, value in {**ALARM, **changes}.items() if value is not None}
    with pytest.raises(AwsError, match=named):
        await world.call("PutMetricAlarm", **asked)
    assert (await world.call("DescribeAlarms"))["MetricAlarms"] == []


async def test_an_alarm_of_the_release_before_is_read(tmp_path: Path) -> None:
    documents = Documents(tmp_path / "n.db")
    item = {"from": "INSUFFICIENT_DATA", "to": "OK", "reason": "fine", "at": "2026-11-20T08:00:00+00:00"}
    old = {
        "state": "OK", "reason": "fine", "reasonData": None, "updated": item["at"], "history": [item],
        "arn": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:slow", "tags": {"team": "web"},
        "configuration": {**ALARM, "ActionsEnabled": True}, "configured": item["at"],
    }  # fmt: skip
    documents.put("cloudwatch.alarm", "slow", old)
    documents.close()
    world = World(tmp_path)
    (alarm,) = (await world.call("DescribeAlarms"))["MetricAlarms"]
    assert (alarm["StateValue"], alarm["Threshold"]) == ("OK", 1.5)
    assert len((await world.call("DescribeAlarmHistory", AlarmName="slow"))["AlarmHistoryItems"]) == 1
    tags = (await world.call("ListTagsForResource", ResourceARN=old["arn"]))["Tags"]
    assert tags == [{"Key": "team", "Value": "web"}]
    world.moto.stop()
    world.documents.close()
