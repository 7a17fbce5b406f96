"""Dashboards and metrics of the release before."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from netflux.aws.cloudwatch.api import CloudWatchApi
from netflux.aws.cloudwatch.ground import Ground
from netflux.aws.cloudwatch.series import Series
from netflux.clock import Clock
from netflux.upgrade import cloudwatch
from tests.controlplane.plane import Plane


async def test_dashboards_and_data_of_moto_are_told_by_our_own_handlers(tmp_path: Path) -> None:
    plane = Plane(tmp_path)
    apis = await plane.start()
    body = json.dumps({"widgets": []})
    await plane.moto.call("cloudwatch", "PutDashboard", {"DashboardName": "d", "DashboardBody": body})
    now = datetime.now(UTC).replace(microsecond=0)
    dimensions = [{"Name": "Queue", "Value": "q"}]
    for hours, values in ((1, (1.0, 5.0)), (50, (3.0,))):
        data = [
            {"MetricName": "m", "Dimensions": dimensions, "Value": value, "Unit": "Count",
             "Timestamp": now - timedelta(hours=hours)}
            for value in values
        ]  # fmt: skip
        await plane.moto.call("cloudwatch", "PutMetricData", {"Namespace": "Shop", "MetricData": data})
    for _ in range(2):
        await cloudwatch.adopt(plane.moto, plane.documents)
    apis = await plane.restart()
    apis.register(CloudWatchApi(Ground(Series(), frozenset(), plane.documents, Clock())))
    assert (await apis.call("cloudwatch", "GetDashboard", {"DashboardName": "d"}))["DashboardBody"] == body
    listed = (await apis.call("cloudwatch", "ListMetrics", {"Namespace": "Shop"}))["Metrics"]
    assert listed == [{"Namespace": "Shop", "MetricName": "m", "Dimensions": dimensions}]
    span = {"StartTime": now - timedelta(days=3), "EndTime": now, "Period": 86400}
    asked = {"Namespace": "Shop", "MetricName": "m", "Dimensions": dimensions, "Unit": "Count", **span}
    told = await apis.call("cloudwatch", "GetMetricStatistics", {**asked, "Statistics": ["SampleCount", "Sum"]})
    assert sum(point["SampleCount"] for point in told["Datapoints"]) == 3
    assert sum(point["Sum"] for point in told["Datapoints"]) == 9
    plane.stop()
