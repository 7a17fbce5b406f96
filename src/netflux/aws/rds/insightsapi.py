"""Performance Insights' own API: the load of DB instances, in all and by what makes it."""

# ruff: noqa: ARG002 every operation takes the call, as the control plane hands it over

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from netflux.aws.rds import insights
from netflux.aws.rds.insights import GROUPS, Dimensions, Sample
from netflux.aws.rds.instance import Instances
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError

_PERIODS = (1, 60, 300, 3600, 86400)
_LOADS = ("db.load.avg", "db.sampledload.avg")
_POINTS, _MOST_POINTS = 60, 1440
_MOST_GROUPS = 25
_NO_PAGES = "An answer here is never longer than one page."


class InsightsApi:
    """Handlers of Performance Insights.

    Args:
        instances: of RDS.
    """

    service = "pi"
    whole = True

    def __init__(self, instances: Instances) -> None:
        self._instances = instances

    @operation(
        "ServiceType Identifier MetricQueries(Metric GroupBy(Group Dimensions Limit) Filter) StartTime EndTime "
        "PeriodInSeconds PeriodAlignment",
        neutral={"MaxResults": _NO_PAGES, "NextToken": _NO_PAGES},
        only={"ServiceType": ("RDS",)},
    )
    def get_resource_metrics(self, call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
        """db.load.avg, whole or by a group of dimensions ("GetResourceMetrics", Performance Insights API Reference)."""
        span = _Span(request)
        samples = self._samples(request["Identifier"], span)
        found = [one for query in request["MetricQueries"] for one in _answers(query, samples, span)]
        return {**span.told(), "Identifier": request["Identifier"], "MetricList": found}

    @operation(
        "ServiceType Identifier StartTime EndTime Metric PeriodInSeconds GroupBy(Group Dimensions Limit) Filter",
        neutral={"MaxResults": _NO_PAGES, "NextToken": _NO_PAGES},
        refused={
            "AdditionalMetrics": "Leave it out: only load is measured here.",
            "PartitionBy": "Ask for each of the keys with Filter.",
        },
        only={"ServiceType": ("RDS",), "Metric": _LOADS},
    )
    def describe_dimension_keys(self, call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
        """What makes the most load ("DescribeDimensionKeys", Performance Insights API Reference)."""
        span = _Span(request)
        samples = _filtered(self._samples(request["Identifier"], span), request.get("Filter") or {})
        listed = []
        for key in _keys(samples, request["GroupBy"]):
            total = insights.load(insights.only(samples, request["GroupBy"]["Group"], key)) or 0.0
            listed.append({"Dimensions": _chosen(key, request["GroupBy"]), "Total": total})
        return {**span.told(), "Keys": listed}

    def _samples(self, identifier: str, span: _Span) -> Sequence[Sample]:
        found = [one for one in self._instances.all() if one.resource_id == identifier]
        if not found:
            raise _invalid(f"{identifier} is no DbiResourceId of a DB instance.")
        if not found[0].settings.get("PerformanceInsightsEnabled"):
            raise _invalid(f"Performance Insights is not enabled for the DB instance {found[0].identifier}.")
        return self._instances.insights.between(identifier, span.start, span.end)


class _Span:
    """The time that a request is about, in whole periods; seconds since 1970."""

    def __init__(self, request: Mapping[str, Any]) -> None:
        start, end = request["StartTime"].timestamp(), request["EndTime"].timestamp()
        self.period = request.get("PeriodInSeconds") or next(
            (one for one in _PERIODS if (end - start) / one <= 60), 86400
        )
        if self.period not in _PERIODS:
            raise _invalid(f"PeriodInSeconds is {self.period}. Valid values are {', '.join(map(str, _PERIODS))}.")
        if end <= start:
            raise _invalid("EndTime has to be after StartTime.")
        self.start = start // self.period * self.period
        self.end = -(-end // self.period) * self.period
        if (self.end - self.start) / self.period > _MOST_POINTS:
            raise _invalid(f"The time has more than {_MOST_POINTS} periods of {self.period} seconds. Ask for less.")

    def told(self) -> dict[str, Any]:
        return {"AlignedStartTime": _moment(self.start), "AlignedEndTime": _moment(self.end)}

    def points(self, samples: Sequence[Sample]) -> list[dict[str, Any]]:
        """A period's mean each, with the time of its end; none where nothing was sampled."""
        periods: dict[int, list[Sample]] = {}
        for one in samples:
            periods.setdefault(int((one.at - self.start) // self.period), []).append(one)
        return [
            {"Timestamp": _moment(self.start + (number + 1) * self.period), "Value": insights.load(found)}
            for number, found in sorted(periods.items())
        ]


def _answers(query: Mapping[str, Any], samples: Sequence[Sample], span: _Span) -> Iterator[dict[str, Any]]:
    metric = query["Metric"]
    if metric not in _LOADS:
        raise _invalid(f"The metric {metric} is not measured here. Valid values are {', '.join(_LOADS)}.")
    samples = _filtered(samples, query.get("Filter") or {})
    yield {"Key": {"Metric": metric}, "DataPoints": span.points(samples)}
    grouped: Mapping[str, Any] = query.get("GroupBy") or {}
    for key in _keys(samples, grouped) if grouped else ():
        chosen = insights.only(samples, grouped["Group"], key)
        yield {"Key": {"Metric": metric, "Dimensions": _chosen(key, grouped)}, "DataPoints": span.points(chosen)}


def _keys(samples: Sequence[Sample], grouped: Mapping[str, Any]) -> Iterator[Dimensions]:
    if grouped["Group"] not in GROUPS:
        raise _invalid(f"The group {grouped['Group']} is not known. Valid values are {', '.join(GROUPS)}.")
    return insights.keys(samples, grouped["Group"], grouped.get("Limit") or _MOST_GROUPS)


def _chosen(key: Dimensions, grouped: Mapping[str, Any]) -> dict[str, str]:
    wanted = grouped.get("Dimensions")
    unknown = [name for name in wanted or () if name not in key]
    if unknown:
        raise _invalid(f"The group {grouped['Group']} has no dimensions {', '.join(unknown)}.")
    return {name: value for name, value in key.items() if not wanted or name in wanted}


def _filtered(samples: Sequence[Sample], wanted: Dimensions) -> Sequence[Sample]:
    for name, value in wanted.items():
        group = next((one for one in GROUPS if name.rpartition(".")[0] == one), None)
        if group is None:
            raise _invalid(f"The dimension {name} is not known.")
        samples = insights.only(samples, group, {name: value})
    return samples


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidArgumentException", message)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
