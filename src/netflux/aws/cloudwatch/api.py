"""CloudWatch: metrics of the services that run here are ours, and all alarms; moto keeps the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from netflux.aws.cloudwatch import submission
from netflux.aws.cloudwatch.alarm import metric
from netflux.aws.cloudwatch.alarms import Alarms, Ground
from netflux.aws.cloudwatch.series import Metric, measured
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError, Unsupported

Shape = dict[str, Any]


class CloudWatchApi(Alarms):
    """Handlers of metrics, beside those of alarms."""

    service = "cloudwatch"
    whole = False

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self._series = ground.series
        self._others = ground.others
        self._namespaces = ground.namespaces

    @operation(
        "Namespace MetricData(MetricName Dimensions(Name Value) Timestamp Value StatisticValues(SampleCount Sum "
        "Minimum Maximum) Values Counts Unit)",
        neutral={
            "MetricData.StorageResolution": "Alarms and statistics have periods of a minute and more.",
            "StrictEntityValidation": "There are no entities that could be invalid.",
        },
        refused={"EntityMetricData": "Leave it out: metrics of entities are not kept. Use MetricData."},
    )
    async def put_metric_data(self, _call: Call, request: Shape) -> Shape:
        """To moto, with many observations as one record."""
        kept = submission.kept(request, self._ground.clock.now())
        return await self._others.call("cloudwatch", "PutMetricData", kept)

    async def get_metric_statistics(self, _call: Call, request: Shape) -> Shape:
        """Datapoints in the order of their time."""
        submission.check_statistics(request)
        if request["Namespace"] not in self._namespaces:
            return await self._others.call("cloudwatch", "GetMetricStatistics", request)
        wanted, extended = request.get("Statistics") or [], request.get("ExtendedStatistics") or []
        if bool(wanted) == bool(extended):
            raise AwsError(
                "InvalidParameterCombination", "Statistics or ExtendedStatistics must be specified, and not both"
            )
        points = []
        span = _aware(request["StartTime"]), _aware(request["EndTime"])
        for begun, data in self._series.periods(metric(request), *span, _period(request["Period"])).items():
            known = {name: value for name in (*wanted, *extended) if (value := measured(data, name)) is not None}
            if known:
                told = {"ExtendedStatistics": known} if extended else known
                points.append({"Timestamp": begun, "Unit": data[0].unit, **told})
        return {"Label": request["MetricName"], "Datapoints": points}

    async def get_metric_data(self, _call: Call, request: Shape) -> Shape:
        """Queries of our metrics are answered here; expressions over them are not carried."""
        submission.check_data(request)
        ours = [query for query in request["MetricDataQueries"] if _namespace(query) in self._namespaces]
        others = [query for query in request["MetricDataQueries"] if query not in ours]
        if ours and any(query.get("Expression") for query in others):
            raise Unsupported("GetMetricData's Expression over metrics of AWS's services")
        answer: Shape = {"MetricDataResults": [], "Messages": []}
        if others:
            answer = await self._others.call("cloudwatch", "GetMetricData", {**request, "MetricDataQueries": others})
        newest_first = request.get("ScanBy", "TimestampDescending") == "TimestampDescending"
        shown = [query for query in ours if query.get("ReturnData", True)]
        results = [self._result(query, request, newest_first=newest_first) for query in shown]
        return {**answer, "MetricDataResults": [*results, *answer["MetricDataResults"]]}

    async def list_metrics(self, _call: Call, request: Shape) -> Shape:
        """Ours on the first page, then moto's."""
        answer: Shape = {"Metrics": []}
        if request.get("Namespace") not in self._namespaces:
            answer = await self._others.call("cloudwatch", "ListMetrics", request)
        if request.get("NextToken"):
            return answer
        wanted = request.get("Dimensions") or []
        found = [
            {"Namespace": one.namespace, "MetricName": one.name, "Dimensions": _listed(one)}
            for one in self._series.metrics()
            if request.get("Namespace", one.namespace) == one.namespace
            and request.get("MetricName", one.name) == one.name
            and all(_has(one, dimension) for dimension in wanted)
        ]
        return {**answer, "Metrics": [*found, *answer["Metrics"]]}

    def _result(self, query: Mapping[str, Any], request: Mapping[str, Any], *, newest_first: bool) -> Shape:
        stat = query["MetricStat"]
        span = _aware(request["StartTime"]), _aware(request["EndTime"])
        periods = self._series.periods(metric(stat["Metric"]), *span, _period(stat["Period"]))
        points = {begun: measured(data, stat["Stat"]) for begun, data in periods.items()}
        known = sorted(((begun, value) for begun, value in points.items() if value is not None), reverse=newest_first)
        label = query.get("Label") or stat["Metric"]["MetricName"]
        times, values = [begun for begun, _ in known], [value for _, value in known]
        return {"Id": query["Id"], "Label": label, "Timestamps": times, "Values": values, "StatusCode": "Complete"}


def _namespace(query: Mapping[str, Any]) -> str:
    return str(((query.get("MetricStat") or {}).get("Metric") or {}).get("Namespace", ""))


def _listed(one: Metric) -> Sequence[Shape]:
    return [{"Name": name, "Value": value} for name, value in sorted(one.dimensions)]


def _has(one: Metric, wanted: Mapping[str, str]) -> bool:
    return any(name == wanted["Name"] and wanted.get("Value", value) == value for name, value in one.dimensions)


def _aware(time: datetime) -> datetime:
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _period(seconds: int) -> int:
    if seconds < 60 or seconds % 60:
        raise AwsError("InvalidParameterValue", "The parameter Period must be a multiple of 60")
    return seconds
