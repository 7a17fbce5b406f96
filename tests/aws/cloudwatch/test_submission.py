"""What clients put: kept as little, and told of as much, as CloudWatch does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from netflux.aws.cloudwatch import submission
from netflux.aws.cloudwatch.series import Datum, Metric
from netflux.errors import AwsError
from netflux.resources.cloudwatch import OBSERVATION, Observation
from tests.aws.cloudwatch.test_alarms import ALARM, METRIC, World

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)


def _kept(**datum: Any) -> Observation:
    [(metric, observed)] = submission.read({"Namespace": "N", "MetricData": [{"MetricName": "m", **datum}]}, NOW)
    assert metric == Metric("N", "m", frozenset())
    return observed


def _refused(**datum: Any) -> str:
    with pytest.raises(AwsError) as refused:
        _kept(**datum)
    return str(refused.value)


def test_values_with_counts_are_one_record_however_large_the_counts() -> None:
    time = NOW.timestamp()
    spread = ((1.0, 1e12), (4.0, 2.0))
    expected = Observation("", time, "Count", 1e12 + 2, 1e12 + 8, 1.0, 4.0, spread)
    assert _kept(Values=[4.0, 1.0], Counts=[2.0, 1e12], Unit="Count") == expected
    assert _kept(Values=[3.0, 3.0]) == Observation("", time, "None", 2, 6, 3, 3, ((3.0, 2.0),))
    assert _kept(Value=5.0) == Observation("", time, "None", 1, 5, 5, 5, ((5.0, 1.0),))


def test_of_statistics_the_values_are_known_where_all_are_the_same() -> None:
    told = {"SampleCount": 4.0, "Sum": 8.0, "Minimum": 1.0, "Maximum": 5.0}
    assert _kept(StatisticValues=told).values == ()
    assert _kept(StatisticValues={**told, "Minimum": 2.0, "Maximum": 2.0}).values == ((2.0, 4.0),)


@pytest.mark.parametrize(
    ("datum", "text"),
    [
        ({"Value": float("nan")}, "InvalidParameterValue"),
        ({"Value": 2.0**361}, "InvalidParameterValue"),
        ({"Values": [1.0, float("inf")]}, "InvalidParameterValue"),
        ({"Values": [1.0], "Counts": [1.0, 2.0]}, "must be of the same size"),
        ({"Values": [1.0], "Counts": [-1.0]}, "InvalidParameterValue"),
        ({"Values": [1.0] * 151}, "more than 150 values"),
        ({"Values": [1.0], "Value": 1.0}, "mutually exclusive"),
        ({"StatisticValues": {"SampleCount": 1, "Sum": 1, "Minimum": 1, "Maximum": 1}, "Value": 1.0}, "exclusive"),
        ({"StatisticValues": {"SampleCount": 1, "Sum": 1, "Minimum": 2, "Maximum": 1}}, "Minimum above its Maximum"),
        ({}, "MissingParameter"),
        ({"Value": 1.0, "Timestamp": NOW - timedelta(days=15)}, "within the past two weeks"),
        ({"Value": 1.0, "Timestamp": NOW + timedelta(hours=3)}, "two hours in the future"),
    ],
)
def test_what_cloudwatch_does_not_take_is_refused(datum: dict[str, Any], text: str) -> None:
    assert text in _refused(**datum)


def test_more_datapoints_than_are_told_at_once_are_refused() -> None:
    span = {"StartTime": datetime(1970, 1, 1, tzinfo=UTC), "EndTime": NOW}
    with pytest.raises(AwsError, match=r"exceeds the limit of 1,440"):
        submission.check_statistics({**span, "Period": 60})
    query = {"MetricDataQueries": [{"Id": "a", "MetricStat": {"Period": 60}}]}
    with pytest.raises(AwsError, match=r"exceeds the limit of 100,800"):
        submission.check_data({**span, **query})
    submission.check_data({**query, "StartTime": NOW - timedelta(days=14), "EndTime": NOW})


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = World(tmp_path)
    made.clock.time = NOW
    yield made
    made.moto.stop()
    made.documents.close()


async def test_a_client_reads_the_statistics_of_what_it_has_put(world: World) -> None:
    data = [{"MetricName": "m", "Values": [1.0, 5.0], "Counts": [3.0, 1.0], "Timestamp": world.clock.now()}]
    await world.call("PutMetricData", Namespace="N", MetricData=data)
    asked = {
        "Namespace": "N", "MetricName": "m", "StartTime": world.clock.now() - timedelta(minutes=5),
        "EndTime": world.clock.now() + timedelta(minutes=5), "Period": 60,
    }  # fmt: skip
    names = ["Sum", "SampleCount", "Minimum", "Maximum", "Average"]
    told = await world.call("GetMetricStatistics", **asked, Statistics=names)
    [point] = told["Datapoints"]
    assert [point[name] for name in ("Sum", "SampleCount", "Minimum", "Maximum", "Average")] == [8, 4, 1, 5, 2]
    told = await world.call("GetMetricStatistics", **asked, ExtendedStatistics=["p50", "p90"])
    assert told["Datapoints"][0]["ExtendedStatistics"] == {"p50": 1.0, "p90": 5.0}
    assert (await world.call("GetMetricStatistics", **asked, Statistics=["Sum"], Unit="Bytes"))["Datapoints"] == []


async def test_the_same_second_is_one_record_and_another_second_another(world: World) -> None:
    async def put(value: float) -> None:
        await world.call("PutMetricData", Namespace="N", MetricData=[{"MetricName": "m", "Value": value}])

    for value in (1.0, 2.0):
        await put(value)
    world.clock.time += timedelta(seconds=1)
    await put(4.0)
    kept = [*world.documents.table(OBSERVATION)]
    assert [(one.count, one.total, one.values) for one in kept] == [
        (2, 3, ((1.0, 1.0), (2.0, 1.0))), (1, 4, ((4.0, 1.0),)),
    ]  # fmt: skip


async def test_what_is_older_than_fifteen_days_is_forgotten_and_the_metric_with_it(world: World) -> None:
    named = {"MetricName": "m", "Value": 1.0, "Dimensions": [{"Name": "a", "Value": "b"}]}
    await world.call("PutMetricData", Namespace="N", MetricData=[named])
    assert len((await world.call("ListMetrics", Namespace="N", RecentlyActive="PT3H"))["Metrics"]) == 1
    for days, left in ((1, 1), (15, 0)):
        world.clock.time += timedelta(days=days)
        await world.cloudwatch.evaluate()
        assert (await world.call("ListMetrics", Namespace="N", RecentlyActive="PT3H"))["Metrics"] == []
        assert len((await world.call("ListMetrics", Namespace="N"))["Metrics"]) == left
    assert [*world.documents.table(OBSERVATION)] == []


async def test_metric_data_are_told_page_by_page_with_expressions_over_all_sources(world: World) -> None:
    for minute in range(3):
        time = NOW + timedelta(minutes=minute)
        data = [{"MetricName": "m", "Value": float(minute), "Timestamp": time}]
        await world.call("PutMetricData", Namespace="N", MetricData=data)
        world.series.add(METRIC, Datum(time, 10, 1, "Seconds", 10, 10))
    ours = {"Namespace": METRIC.namespace, "MetricName": METRIC.name, "Dimensions": ALARM["Dimensions"]}
    asked: dict[str, Any] = {
        "MetricDataQueries": [
            {"Id": "a", "MetricStat": {"Metric": {"Namespace": "N", "MetricName": "m"}, "Period": 60, "Stat": "Sum"}},
            {"Id": "b", "MetricStat": {"Metric": ours, "Period": 60, "Stat": "p100"}, "ReturnData": False},
            {"Id": "c", "MetricStat": {"Metric": ours, "Period": 60, "Stat": "Sum"}, "ReturnData": False},
            {"Id": "sum", "Expression": "a + c"},
        ],
        "StartTime": NOW, "EndTime": NOW + timedelta(hours=1), "ScanBy": "TimestampAscending",
    }  # fmt: skip
    told = (await world.call("GetMetricData", **asked))["MetricDataResults"]
    assert [(one["Id"], one["Values"], one["StatusCode"]) for one in told] == [
        ("a", [0, 1, 2], "Complete"), ("sum", [10, 11, 12], "Complete"),
    ]  # fmt: skip
    pages, token = [], {}
    for _ in range(3):
        page = await world.call("GetMetricData", **asked, MaxDatapoints=2, **token)
        pages.append([(one["Id"], one["Values"], one["StatusCode"]) for one in page["MetricDataResults"]])
        token = {"NextToken": page.get("NextToken")}
    assert pages == [
        [("a", [0, 1], "PartialData")], [("a", [2], "Complete"), ("sum", [10], "PartialData")],
        [("sum", [11, 12], "Complete")],
    ]  # fmt: skip
    assert token == {"NextToken": None}


async def test_a_dashboard_is_kept_as_it_was_put(world: World) -> None:
    body = '{"widgets": []}'
    await world.call("PutDashboard", DashboardName="d", DashboardBody="{}", Tags=[{"Key": "a", "Value": "b"}])
    await world.call("PutDashboard", DashboardName="d", DashboardBody=body)
    found = await world.call("GetDashboard", DashboardName="d")
    assert (found["DashboardBody"], found["DashboardArn"][:26]) == (body, "arn:aws:cloudwatch::123456")
    [entry] = (await world.call("ListDashboards", DashboardNamePrefix="d"))["DashboardEntries"]
    assert (entry["Size"], entry["LastModified"]) == (len(body), world.clock.now())
    tags = (await world.call("ListTagsForResource", ResourceARN=found["DashboardArn"]))["Tags"]
    assert tags == [{"Key": "a", "Value": "b"}]
    with pytest.raises(AwsError, match="Dashboard e does not exist"):
        await world.call("DeleteDashboards", DashboardNames=["d", "e"])
    await world.call("DeleteDashboards", DashboardNames=["d"])
    assert (await world.call("ListDashboards"))["DashboardEntries"] == []
