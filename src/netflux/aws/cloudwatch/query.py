"""What an alarm looks at: a metric, or an expression over some."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from netflux.aws.cloudwatch import expression
from netflux.aws.cloudwatch.expression import Expression, Values
from netflux.errors import AwsError, Unsupported

Json = dict[str, Any]

OF_ONE_METRIC = ("MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Dimensions", "Period", "Unit")
"""Members of an alarm that say what Metrics says otherwise."""
_OWN = "m"
_MOST = 10  # API reference, PutMetricAlarm: metrics of an expression


@dataclass(frozen=True)
class Stat:
    """A statistic of a metric.

    Attributes:
        named: Namespace, MetricName, and where given Dimensions and Unit.
        name: of the statistic or percentile.
    """

    named: Mapping[str, Any]
    name: str


@dataclass(frozen=True)
class Watched:
    """What an alarm looks at.

    Attributes:
        stats: metrics by the ids of their queries.
        expressions: by theirs.
        returned: the id of the one that is compared.
        period: seconds.
    """

    stats: Mapping[str, Stat]
    expressions: Mapping[str, Expression]
    returned: str
    period: int

    def value(self, known: Values) -> float | None:
        """Of a period, by those of its metrics."""
        return self._value(self.returned, known)

    def _value(self, key: str, known: Values) -> float | None:
        if key not in self.expressions:
            return known.get(key)
        found = self.expressions[key]
        return found.value({name: self._value(name, known) for name in found.names})


def watched(configuration: Mapping[str, Any]) -> Watched:
    """What an accepted alarm looks at."""
    queries: Sequence[Json] = configuration.get("Metrics") or []
    if not queries:
        return Watched({_OWN: Stat(_named(configuration), statistic(configuration))}, {}, _OWN, configuration["Period"])
    stats = {one["Id"]: one["MetricStat"] for one in queries if "MetricStat" in one}
    (returned,) = (one["Id"] for one in queries if one.get("ReturnData", True))
    return Watched(
        {key: Stat(_named({**one["Metric"], **_unit(one)}), one["Stat"]) for key, one in stats.items()},
        {one["Id"]: expression.parse(one["Expression"]) for one in queries if "Expression" in one},
        returned,
        next(one["Period"] for one in stats.values()),
    )


def statistic(configuration: Mapping[str, Any]) -> str:
    """What is compared of an alarm's one metric: a statistic, or a percentile."""
    return str(configuration.get("Statistic") or configuration["ExtendedStatistic"])


def check(queries: Sequence[Mapping[str, Any]]) -> None:
    """Raises for Metrics that CloudWatch refuses, or that can't be evaluated here."""
    if len(queries) > _MOST or len({one["Id"] for one in queries}) < len(queries):
        raise _invalid(f"Metrics has at most {_MOST} queries, and each an Id of its own")
    if sum(bool(one.get("ReturnData", True)) for one in queries) != 1:
        raise _invalid("Exactly one element of the metrics list should return data")
    for one in queries:
        if ("MetricStat" in one) == ("Expression" in one):
            raise _invalid(f"The query {one['Id']} needs either MetricStat or Expression")
    stats = [one["MetricStat"] for one in queries if "MetricStat" in one]
    if not stats:
        raise Unsupported("a CloudWatch alarm on an expression without any metric")
    if len({one["Period"] for one in stats}) > 1:
        raise Unsupported("a CloudWatch alarm on metrics of several periods", "Give all the same Period.")
    check_names({one["Id"]: expression.parse(one["Expression"]).names for one in queries if "Expression" in one},
                 {one["Id"] for one in queries})  # fmt: skip


def check_names(used: Mapping[str, frozenset[str]], known: set[str]) -> None:
    """Raises unless every name is a query's, and none needs itself.

    What needs only what is settled is settled, until all are.
    """
    unknown = sorted({name for names in used.values() for name in names} - known)
    if unknown:
        raise _invalid(f"An expression uses {', '.join(unknown)}, which no query has as its Id")
    settled = known - used.keys()
    while more := {key for key, names in used.items() if key not in settled and names <= settled}:
        settled |= more
    if settled != known:
        raise _invalid(f"Expressions use each other in a circle: {', '.join(sorted(known - settled))}")


def _named(told: Mapping[str, Any]) -> Json:
    return {key: told[key] for key in ("Namespace", "MetricName", "Dimensions", "Unit") if key in told}


def _unit(stat: Mapping[str, Any]) -> Json:
    return {"Unit": stat["Unit"]} if "Unit" in stat else {}


def _invalid(message: str) -> AwsError:
    return AwsError("ValidationError", message)
