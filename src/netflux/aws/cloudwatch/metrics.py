"""Operations on metrics: those that the region observes of its services, and those that clients put."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from netflux.aws.cloudwatch import expression, query, submission
from netflux.aws.cloudwatch.alarm import metric
from netflux.aws.cloudwatch.ground import Ground, aware, page
from netflux.aws.cloudwatch.series import Metric, measured, of_unit, periods
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError, Unsupported

Shape = dict[str, Any]
Points = Mapping[datetime, float]

_PAGE = 500
"""Metrics of one answer ["ListMetrics", CloudWatch API reference]."""
_RECENT = timedelta(hours=3)
_SPAN = "StartTime EndTime"


class Metrics:
    """Handlers of metrics.

    Args:
        ground: where they are.
    """

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    @operation(
        "Namespace MetricData(MetricName Dimensions(Name Value) Timestamp Value StatisticValues(SampleCount Sum "
        "Minimum Maximum) Values Counts Unit)",
        neutral={
            "MetricData.StorageResolution": "Alarms and statistics have periods of a minute and more.",
            "StrictEntityValidation": "There are no entities that could be invalid.",
        },
        refused={"EntityMetricData": "Leave it out: metrics of entities are not kept. Use MetricData."},
    )
    def put_metric_data(self, _call: Call, request: Shape) -> Shape:
        for named, observed in submission.read(request, self._ground.clock.now()):
            self._ground.submitted.put(named, observed)
        return {}

    @operation(f"Namespace MetricName Dimensions(Name Value) {_SPAN} Period Statistics ExtendedStatistics Unit")
    def get_metric_statistics(self, _call: Call, request: Shape) -> Shape:
        """Datapoints in the order of their time; data of several units give one for each."""
        submission.check_statistics(request)
        wanted, extended = request.get("Statistics") or [], request.get("ExtendedStatistics") or []
        if bool(wanted) == bool(extended):
            raise AwsError(
                "InvalidParameterCombination", "Statistics or ExtendedStatistics must be specified, and not both"
            )
        if aware(request["StartTime"]) >= aware(request["EndTime"]):
            raise AwsError("InvalidParameterValue", "The parameter StartTime must be less than the parameter EndTime.")
        seconds, span = _period(request["Period"]), (aware(request["StartTime"]), aware(request["EndTime"]))
        data = of_unit(self._ground.source(request["Namespace"]).data(metric(request), *span), request.get("Unit", ""))
        points = []
        for begun, inside in periods(data, seconds).items():
            for unit in dict.fromkeys(datum.unit for datum in inside):
                own = of_unit(inside, unit)
                known = {name: value for name in (*wanted, *extended) if (value := measured(own, name)) is not None}
                if known:
                    told = {"ExtendedStatistics": known} if extended else known
                    points.append({"Timestamp": begun, "Unit": unit, **told})
        return {"Label": request["MetricName"], "Datapoints": points}

    @operation(
        "MetricDataQueries(Id MetricStat(Metric(Namespace MetricName Dimensions(Name Value)) Period Stat Unit) "
        f"Expression Label ReturnData) {_SPAN} NextToken ScanBy MaxDatapoints",
        refused={
            "MetricDataQueries.Period": "Leave it out: the metrics that an expression names have periods.",
            "MetricDataQueries.AccountId": "Leave it out: there is one account.",
            "LabelOptions": "Leave it out: labels are told as they were given.",
        },
    )
    def get_metric_data(self, _call: Call, request: Shape) -> Shape:
        """The values of metrics, and of expressions over them."""
        submission.check_data(request)
        queries = {one["Id"]: one for one in request["MetricDataQueries"]}
        _check_queries(request["MetricDataQueries"])
        known: dict[str, Points] = {}
        span = aware(request["StartTime"]), aware(request["EndTime"])
        for key in queries:
            self._values(key, queries, span, known)
        newest_first = request.get("ScanBy", "TimestampDescending") == "TimestampDescending"
        shown = [one for one in request["MetricDataQueries"] if one.get("ReturnData", True)]
        points = [
            (one["Id"], time, value)
            for one in shown
            for time, value in sorted(known[one["Id"]].items(), reverse=newest_first)
        ]
        most = request.get("MaxDatapoints") or submission.MOST_DATA
        paged = page("points", points, most, request.get("NextToken"))
        here, token = paged["points"], paged.get("NextToken")
        results = [_result(one, here, complete=token is None) for one in shown]
        first = not request.get("NextToken")
        told = [one for one in results if one["Values"] or (first and not known[one["Id"]])]
        return {"MetricDataResults": told, "Messages": [], **({"NextToken": token} if token else {})}

    @operation(
        "Namespace MetricName Dimensions(Name Value) NextToken RecentlyActive IncludeLinkedAccounts",
        refused={
            "OwningAccount": "Leave it out: there is one account.",
            "IncludeLinkedAccounts": "Leave it out: there is one account.",
        },
        only={"IncludeLinkedAccounts": (False,)},
    )
    def list_metrics(self, _call: Call, request: Shape) -> Shape:
        """Those that have data, the region's own first."""
        now = self._ground.clock.now()
        found = [
            {"Namespace": one.namespace, "MetricName": one.name, "Dimensions": _listed(one)}
            for source in (self._ground.series, self._ground.submitted)
            for one in source.metrics()
            if request.get("Namespace", one.namespace) == one.namespace
            and request.get("MetricName", one.name) == one.name
            and all(_has(one, dimension) for dimension in request.get("Dimensions") or [])
            and (not request.get("RecentlyActive") or source.data(one, now - _RECENT, now + _RECENT))
        ]
        return page("Metrics", found, _PAGE, request.get("NextToken"))

    def _values(
        self,
        key: str,
        queries: Mapping[str, Mapping[str, Any]],
        span: tuple[datetime, datetime],
        known: dict[str, Points],
    ) -> Points:
        if key not in known and "Expression" in queries[key]:
            parsed = expression.parse(queries[key]["Expression"])
            inner = {name: self._values(name, queries, span, known) for name in sorted(parsed.names)}
            times = sorted({time for points in inner.values() for time in points})
            found = {time: parsed.value({name: points.get(time) for name, points in inner.items()}) for time in times}
            known[key] = {time: value for time, value in found.items() if value is not None}
        elif key not in known:
            stat = queries[key]["MetricStat"]
            named, unit = stat["Metric"], stat.get("Unit", "")
            data = of_unit(self._ground.source(named.get("Namespace", "")).data(metric(named), *span), unit)
            found = {
                begun: measured(own, stat["Stat"]) for begun, own in periods(data, _period(stat["Period"])).items()
            }
            known[key] = {time: value for time, value in found.items() if value is not None}
        return known[key]


def _check_queries(queries: Sequence[Mapping[str, Any]]) -> None:
    if len({one["Id"] for one in queries}) < len(queries):
        raise AwsError("ValidationError", "The values for parameter id in MetricDataQueries are not unique.")
    for one in queries:
        if ("MetricStat" in one) == ("Expression" in one):
            raise AwsError("ValidationError", f"The query {one['Id']} needs either MetricStat or Expression.")
        if "${" in one.get("Label", ""):
            raise Unsupported(f"the dynamic label {one['Label']} of GetMetricData", "Give a label without ${...}.")
        if "MetricStat" in one:
            _period(one["MetricStat"]["Period"])
    query.check_names(
        {one["Id"]: expression.parse(one["Expression"]).names for one in queries if "Expression" in one},
        {one["Id"] for one in queries},
    )


def _result(one: Mapping[str, Any], points: Sequence[Any], *, complete: bool) -> Shape:
    """What a page tells of a query; the last of a page that is not the last one may go on."""
    own = [(time, value) for key, time, value in points if key == one["Id"]]
    partial = not complete and bool(points) and points[-1][0] == one["Id"]
    label = one.get("Label") or one.get("MetricStat", {}).get("Metric", {}).get("MetricName") or one["Id"]
    return {
        "Id": one["Id"],
        "Label": label,
        "Timestamps": [time for time, _ in own],
        "Values": [value for _, value in own],
        "StatusCode": "PartialData" if partial else "Complete",
    }


def _listed(one: Metric) -> Sequence[Shape]:
    return [{"Name": name, "Value": value} for name, value in sorted(one.dimensions)]


def _has(one: Metric, wanted: Mapping[str, str]) -> bool:
    return any(name == wanted["Name"] and wanted.get("Value", value) == value for name, value in one.dimensions)


def _period(seconds: int) -> int:
    if seconds < 60 or seconds % 60:
        raise AwsError("InvalidParameterValue", "The parameter Period must be a multiple of 60")
    return seconds
