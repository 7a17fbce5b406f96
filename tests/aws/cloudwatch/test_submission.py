"""What clients put: kept as little, and told of as much, as CloudWatch does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from netflux.aws.cloudwatch import submission
from netflux.errors import AwsError
from tests.aws.cloudwatch.test_alarms import World

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)


def _kept(**datum: Any) -> dict[str, Any]:
    request = {"Namespace": "N", "MetricData": [{"MetricName": "m", **datum}]}
    return dict(submission.kept(request, NOW)["MetricData"][0])


def _refused(**datum: Any) -> str:
    with pytest.raises(AwsError) as refused:
        _kept(**datum)
    return str(refused.value)


def test_values_with_counts_are_one_record_however_large_the_counts() -> None:
    assert _kept(Values=[1.0, 4.0], Counts=[1e12, 2.0], Unit="Count") == {
        "MetricName": "m",
        "Unit": "Count",
        "StatisticValues": {"SampleCount": 1e12 + 2, "Sum": 1e12 + 8, "Minimum": 1.0, "Maximum": 4.0},
    }
    assert _kept(Values=[3.0])["StatisticValues"] == {"SampleCount": 1, "Sum": 3, "Minimum": 3, "Maximum": 3}
    assert _kept(Value=5.0) == {"MetricName": "m", "Value": 5.0}


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


async def test_a_client_reads_the_statistics_of_what_it_has_put(tmp_path: Path) -> None:
    world = World(tmp_path)
    data = [{"MetricName": "m", "Values": [1.0, 5.0], "Counts": [3.0, 1.0], "Timestamp": world.clock.now()}]
    await world.call("PutMetricData", Namespace="N", MetricData=data)
    told = await world.call(
        "GetMetricStatistics",
        Namespace="N",
        MetricName="m",
        StartTime=world.clock.now() - timedelta(minutes=5),
        EndTime=world.clock.now() + timedelta(minutes=5),
        Period=60,
        Statistics=["Sum", "SampleCount", "Minimum", "Maximum", "Average"],
    )
    [point] = told["Datapoints"]
    assert [point[name] for name in ("Sum", "SampleCount", "Minimum", "Maximum", "Average")] == [8, 4, 1, 5, 2]
    world.moto.stop()
    world.documents.close()
