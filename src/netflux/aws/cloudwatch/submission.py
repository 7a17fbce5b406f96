"""What clients put by PutMetricData, as it may be kept, and how much of it they may ask for. Pure.

moto keeps a record for each observation, and would make a trillion of them out of `Counts: [1e12]`. Values with counts
say no more than their sum, number, least and most: percentiles of what clients put are not carried here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from netflux.errors import AwsError

_OLDEST, _NEWEST = timedelta(days=14), timedelta(hours=2)
"""Around the present, what may be put ["PutMetricData", CloudWatch API reference]."""
_MOST_VALUES = 150
_RESERVED = "AWS/"
"""What namespaces of AWS's own services begin with, and no client's does ["PutMetricData"]."""
_LARGEST = 2.0**360
_MOST_STATISTICS = 1440
"""Datapoints of one GetMetricStatistics ["GetMetricStatistics", CloudWatch API reference]."""
_MOST_DATA = 100_800
"""Datapoints of one GetMetricData ["GetMetricData", CloudWatch API reference]."""


def kept(request: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The request with each metric's values as one set of statistics.

    Raises:
        AwsError: InvalidParameterValue, InvalidParameterCombination.
    """
    if request["Namespace"].startswith(_RESERVED):
        raise AwsError("InvalidParameterValue", "The value AWS/ for parameter Namespace is invalid.")
    data = [_datum(datum, f"MetricData.member.{number}", now) for number, datum in enumerate(_given(request), 1)]
    return {**request, "MetricData": data} if data else dict(request)


def check_statistics(request: Mapping[str, Any]) -> None:
    """AwsError where GetMetricStatistics asks for more datapoints than CloudWatch tells at once."""
    points = _points(request["StartTime"], request["EndTime"], request["Period"])
    if points > _MOST_STATISTICS:
        raise AwsError(
            "InvalidParameterCombination",
            f"You have requested up to {points:,} datapoints, which exceeds the limit of {_MOST_STATISTICS:,}. You may "
            "reduce the datapoints requested by increasing Period, or decreasing the time range.",
        )


def check_data(request: Mapping[str, Any]) -> None:
    """The same of GetMetricData, all its queries together."""
    stats = [query["MetricStat"] for query in request["MetricDataQueries"] if query.get("MetricStat")]
    points = sum(_points(request["StartTime"], request["EndTime"], stat["Period"]) for stat in stats)
    if points > _MOST_DATA:
        raise AwsError(
            "InvalidParameterCombination",
            f"You have requested up to {points:,} datapoints, which exceeds the limit of {_MOST_DATA:,}. Increase "
            "Period, or decrease the time range.",
        )


def _given(request: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    given: Sequence[Mapping[str, Any]] = request.get("MetricData") or []
    return given


def _points(start: datetime, end: datetime, period: int) -> int:
    return max(0, math.ceil((end - start).total_seconds() / max(period, 1)))


def _datum(datum: Mapping[str, Any], name: str, now: datetime) -> dict[str, Any]:
    _check_time(datum.get("Timestamp"), name, now)
    values: Sequence[float] = datum.get("Values") or []
    for value in (
        *values,
        *([datum["Value"]] if "Value" in datum else []),
        *(datum.get("StatisticValues") or {}).values(),
    ):
        if not abs(value) <= _LARGEST:
            raise AwsError("InvalidParameterValue", f"The value {value} for parameter {name}.Value is invalid.")
    if not values:
        return dict(datum)
    return _summed(datum, values, name)


def _summed(datum: Mapping[str, Any], values: Sequence[float], name: str) -> dict[str, Any]:
    for other in ("Value", "StatisticValues"):
        if other in datum:
            raise AwsError(
                "InvalidParameterCombination",
                f"The parameters {name}.{other} and {name}.Values are mutually exclusive and you have specified both.",
            )
    counts: Sequence[float] = datum.get("Counts") or [1.0] * len(values)
    if len(counts) != len(values):
        raise AwsError(
            "InvalidParameterValue", f"The parameters {name}.Values and {name}.Counts must be of the same size."
        )
    if len(values) > _MOST_VALUES:
        raise AwsError("InvalidParameterValue", f"The parameter {name}.Values has more than {_MOST_VALUES} values.")
    if any(not 0 < count <= _LARGEST for count in counts):
        raise AwsError("InvalidParameterValue", f"The parameter {name}.Counts has a count that is not above 0.")
    statistics = {
        "SampleCount": math.fsum(counts),
        "Sum": math.fsum(value * count for value, count in zip(values, counts, strict=True)),
        "Minimum": min(values),
        "Maximum": max(values),
    }
    kept_members = {key: value for key, value in datum.items() if key not in ("Values", "Counts")}
    return {**kept_members, "StatisticValues": statistics}


def _check_time(moment: datetime | None, name: str, now: datetime) -> None:
    if moment is None:
        return
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if not now - _OLDEST <= aware <= now + _NEWEST:
        raise AwsError(
            "InvalidParameterValue",
            f"The parameter {name}.Timestamp must specify a time within the past two weeks, and no more than two hours "
            "in the future.",
        )
