"""What clients put by PutMetricData, as it is kept, and how much of it they may ask for. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from netflux.aws.cloudwatch.series import Metric
from netflux.aws.cloudwatch.submitted import pairs
from netflux.errors import AwsError
from netflux.resources.cloudwatch import Observation

_OLDEST, _NEWEST = timedelta(days=14), timedelta(hours=2)
"""Around the present, what may be put ["PutMetricData", CloudWatch API reference]."""
_MOST_VALUES = 150
_RESERVED = "AWS/"
"""What namespaces of AWS's own services begin with, and no client's does ["PutMetricData"]."""
_LARGEST = 2.0**360
_MOST_STATISTICS = 1440
"""Datapoints of one GetMetricStatistics ["GetMetricStatistics", CloudWatch API reference]."""
MOST_DATA = 100_800
"""Datapoints of one GetMetricData ["GetMetricData", CloudWatch API reference]."""
_WAYS = ("Value", "StatisticValues", "Values")


def read(request: Mapping[str, Any], now: datetime) -> list[tuple[Metric, Observation]]:
    """What a request puts; the observations' metrics are still without a key.

    Raises:
        AwsError: InvalidParameterValue, InvalidParameterCombination, MissingParameter.
    """
    namespace = request["Namespace"]
    if namespace.startswith(_RESERVED):
        raise AwsError("InvalidParameterValue", "The value AWS/ for parameter Namespace is invalid.")
    given: Sequence[Mapping[str, Any]] = request.get("MetricData") or []
    if not given:
        raise AwsError("MissingParameter", "The parameter MetricData is required.")
    return [
        (_metric(namespace, datum), _observation(datum, f"MetricData.member.{number}", now))
        for number, datum in enumerate(given, 1)
    ]


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
    if points > MOST_DATA:
        raise AwsError(
            "InvalidParameterCombination",
            f"You have requested up to {points:,} datapoints, which exceeds the limit of {MOST_DATA:,}. Increase "
            "Period, or decrease the time range.",
        )


def _points(start: datetime, end: datetime, period: int) -> int:
    return max(0, math.ceil((end - start).total_seconds() / max(period, 1)))


def _metric(namespace: str, datum: Mapping[str, Any]) -> Metric:
    dimensions = frozenset((one["Name"], one["Value"]) for one in datum.get("Dimensions") or ())
    return Metric(namespace, datum["MetricName"], dimensions)


def _observation(datum: Mapping[str, Any], name: str, now: datetime) -> Observation:
    ways = [way for way in _WAYS if datum.get(way) is not None]
    if len(ways) > 1:
        raise AwsError(
            "InvalidParameterCombination",
            f"The parameters {name}.{ways[0]} and {name}.{ways[1]} are mutually exclusive and you have specified both.",
        )
    if not ways:
        raise AwsError("MissingParameter", f"The parameter {name}.Value is required.")
    time, unit = _time(datum.get("Timestamp"), name, now), datum.get("Unit", "None")
    if ways == ["StatisticValues"]:
        return _of_statistics(datum["StatisticValues"], name, Observation("", time, unit, 0, 0, 0, 0))
    values = pairs(_counted(datum, name))
    for value, _ in values:
        _check_value(value, name)
    count = math.fsum(count for _, count in values)
    total = math.fsum(value * count for value, count in values)
    return Observation("", time, unit, count, total, values[0][0], values[-1][0], values)


def _of_statistics(given: Mapping[str, float], name: str, empty: Observation) -> Observation:
    count, total, least, most = (given[key] for key in ("SampleCount", "Sum", "Minimum", "Maximum"))
    for value in (count, total, least, most):
        _check_value(value, name)
    if count <= 0 or least > most:
        raise AwsError(
            "InvalidParameterValue",
            f"The parameter {name}.StatisticValues has no samples, or a Minimum above its Maximum.",
        )
    # Where all samples are the same their values are known ("Percentiles", Amazon CloudWatch User Guide).
    values = ((least, count),) if least == most else ()
    return Observation("", empty.time, empty.unit, count, total, least, most, values)


def _counted(datum: Mapping[str, Any], name: str) -> list[tuple[float, float]]:
    """Values, each with how often it was observed."""
    if datum.get("Value") is not None:
        return [(datum["Value"], 1.0)]
    values: Sequence[float] = datum["Values"]
    counts: Sequence[float] = datum.get("Counts") or [1.0] * len(values)
    if not values or len(counts) != len(values):
        raise AwsError(
            "InvalidParameterValue", f"The parameters {name}.Values and {name}.Counts must be of the same size."
        )
    if len(values) > _MOST_VALUES:
        raise AwsError("InvalidParameterValue", f"The parameter {name}.Values has more than {_MOST_VALUES} values.")
    if any(not 0 < count <= _LARGEST for count in counts):
        raise AwsError("InvalidParameterValue", f"The parameter {name}.Counts has a count that is not above 0.")
    return [*zip(values, counts, strict=True)]


def _check_value(value: float, name: str) -> None:
    if not abs(value) <= _LARGEST:
        raise AwsError("InvalidParameterValue", f"The value {value} for parameter {name}.Value is invalid.")


def _time(moment: datetime | None, name: str, now: datetime) -> float:
    """Seconds since the epoch."""
    aware = now if moment is None else moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if not now - _OLDEST <= aware <= now + _NEWEST:
        raise AwsError(
            "InvalidParameterValue",
            f"The parameter {name}.Timestamp must specify a time within the past two weeks, and no more than two hours "
            "in the future.",
        )
    return aware.timestamp()
