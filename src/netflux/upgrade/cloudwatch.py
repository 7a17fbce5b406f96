"""CloudWatch of the release before: dashboards, and what clients had put of their metrics, were moto's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from netflux import names
from netflux.controlplane import identifiers
from netflux.controlplane.call import Caller
from netflux.controlplane.records.documents import Documents
from netflux.resources.cloudwatch import DASHBOARD, METRIC, OBSERVATION, Dashboard, Observation, PutMetric

_MOST_PAGES = 200
_DAYS = 15  # CloudWatch keeps data of minutes as long
_DAY = timedelta(days=1)
_STATISTICS = ("SampleCount", "Sum", "Minimum", "Maximum")
Json = Mapping[str, Any]


async def adopt(moto: Caller, documents: Documents) -> None:
    """Puts records of all that is there; one that has a record already is left as it is.

    Data come minute by minute: within a minute moto tells statistics only, so that their percentiles are not known.
    """
    dashboards = [
        await _dashboard(moto, entry) for entry in await _all(moto, "ListDashboards", "DashboardEntries")
    ]  # fmt: skip
    metrics = [_metric(told) for told in await _all(moto, "ListMetrics", "Metrics")]
    data = [one for metric in metrics for one in await _data(moto, metric)]
    with documents.transaction():
        for dashboard in dashboards:
            if dashboard.name not in documents.table(DASHBOARD):
                documents.table(DASHBOARD).put(dashboard)
        for metric in metrics:
            documents.table(METRIC).put(metric)
        for observed in data:
            if observed.key not in documents.table(OBSERVATION):
                documents.table(OBSERVATION).put(observed)


async def _all(moto: Caller, operation: str, member: str) -> Sequence[Json]:
    found: list[Json] = []
    token: dict[str, str] = {}
    for _ in range(_MOST_PAGES):
        page = await moto.call("cloudwatch", operation, token)
        found += page.get(member) or ()
        if not page.get("NextToken"):
            break
        token = {"NextToken": page["NextToken"]}
    return found


async def _dashboard(moto: Caller, entry: Json) -> Dashboard:
    name = entry["DashboardName"]
    body = (await moto.call("cloudwatch", "GetDashboard", {"DashboardName": name}))["DashboardBody"]
    modified = entry.get("LastModified") or datetime.now(UTC)
    return Dashboard(
        name, identifiers.arn("cloudwatch", f"dashboard/{name}", names.ACCOUNT), body, modified.isoformat()
    )


def _metric(told: Json) -> PutMetric:
    dimensions = tuple(sorted((one["Name"], one["Value"]) for one in told.get("Dimensions") or ()))
    return PutMetric(told["Namespace"], told["MetricName"], dimensions)


async def _data(moto: Caller, metric: PutMetric) -> list[Observation]:
    asked = {
        "Namespace": metric.namespace, "MetricName": metric.name, "Period": 60, "Statistics": [*_STATISTICS],
        "Dimensions": [{"Name": name, "Value": value} for name, value in metric.dimensions],
    }  # fmt: skip
    end = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(hours=2)
    found = []
    for number in range(_DAYS):
        span = {"StartTime": end - (number + 1) * _DAY, "EndTime": end - number * _DAY}
        found += (await moto.call("cloudwatch", "GetMetricStatistics", {**asked, **span}))["Datapoints"]
    return [_observed(metric, point) for point in found]


def _observed(metric: PutMetric, point: Json) -> Observation:
    time = point["Timestamp"] if point["Timestamp"].tzinfo else point["Timestamp"].replace(tzinfo=UTC)
    count, total, least, most = (float(point[name]) for name in _STATISTICS)
    values = ((least, count),) if least == most else ()
    unit = point.get("Unit") or "None"
    return Observation(metric.key, time.timestamp(), unit, count, total, least, most, values)
