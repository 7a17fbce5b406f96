"""Rows of the Application Load Balancer about what it tells of its traffic."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.aws.elbv2.place import fixed, path_is
from tests.haproxy.targets import Load, until
from tests.parity.elbv2.world import Alb, World, answer
from tests.parity.rows import parity

pytestmark = pytest.mark.asyncio(loop_scope="module")


@parity(
    "elbv2", "Metrics", "partly",
    but="none of HTTPCode_ELB_500/502/503/504, ActiveConnectionCount, NewConnectionCount, RuleEvaluations; "
    "TargetResponseTime has no Minimum, Maximum and percentiles; what a leaving HAProxy worker still answers after a "
    "change is not counted; data live as long as the region, three hours at most",
)  # fmt: skip
async def test_metrics(world: World, alb: Alb) -> None:
    listener, group, [target] = await world.forwarding(alb)
    move = {"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_301", "Path": "/x"}}
    await listener.rule(1, path_is("/moved"), action=move)
    await listener.rule(2, path_is("/fixed"), action=fixed("200"))
    for code, times in ((200, 5), (404, 3), (500, 2)):
        target.say = lambda _, code=code: answer(b"x", status=code)
        for _ in range(times):
            assert (await listener.get()).status == code
    for path in ("/moved", "/fixed", "/fixed"):
        await listener.get(path)
    await listener.get(method="TRACE")
    await listener.rule(3, path_is("/later"))  # HAProxy's counters begin anew, and nothing is lost
    target.say = lambda _: answer(b"x")
    await listener.get()
    balancer = [{"Name": "LoadBalancer", "Value": alb.arn.partition("loadbalancer/")[2]}]
    grouped = [*balancer, {"Name": "TargetGroup", "Value": group.rpartition(":")[2]}]

    async def statistic(name: str, dimensions: list[dict[str, str]], kind: str = "Sum") -> float:
        now = datetime.now(UTC)
        told: dict[str, Any] = await world.place.apis.call("cloudwatch", "GetMetricStatistics", {
            "Namespace": "AWS/ApplicationELB", "MetricName": name, "Dimensions": dimensions, "Period": 3600,
            "StartTime": now - timedelta(hours=1), "EndTime": now + timedelta(hours=1), "Statistics": [kind],
        })  # fmt: skip
        return sum(point[kind] for point in told["Datapoints"])

    async def counted() -> bool:
        return await statistic("RequestCount", balancer) == 11 and await statistic("HealthyHostCount", grouped) > 0

    await until(counted)
    expected = {
        "HTTPCode_Target_2XX_Count": 6, "HTTPCode_Target_4XX_Count": 3, "HTTPCode_Target_5XX_Count": 2,
        "HTTPCode_ELB_3XX_Count": 1, "HTTPCode_ELB_4XX_Count": 1, "HTTP_Redirect_Count": 1,
        "HTTP_Fixed_Response_Count": 2, "HTTPCode_ELB_5XX_Count": 0,
    }  # fmt: skip
    assert {name: await statistic(name, balancer) for name in expected} == expected
    assert await statistic("RequestCount", grouped) == 11
    assert 0 <= await statistic("TargetResponseTime", grouped, "Average") < 5
    assert await statistic("HealthyHostCount", grouped, "Maximum") == 1
    now = datetime.now(UTC)
    told = await world.place.apis.call("cloudwatch", "GetMetricData", {
        "StartTime": now - timedelta(hours=1), "EndTime": now + timedelta(hours=1),
        "MetricDataQueries": [{"Id": "r", "MetricStat": {"Period": 3600, "Stat": "Sum", "Metric": {
            "Namespace": "AWS/ApplicationELB", "MetricName": "RequestCount", "Dimensions": balancer,
        }}}],
    })  # fmt: skip
    assert sum(told["MetricDataResults"][0]["Values"]) == 11
    listed = await world.place.apis.call("cloudwatch", "ListMetrics", {
        "Namespace": "AWS/ApplicationELB", "MetricName": "RequestCount", "Dimensions": balancer,
    })  # fmt: skip
    assert len(listed["Metrics"]) == 2


@parity("elbv2", "Rule order", "supported")
async def test_no_request_is_lost_while_rules_are_edited(world: World, alb: Alb) -> None:
    listener, _, _ = await world.forwarding(alb)
    rule = await listener.rule(1, path_is("/one"))
    async with Load((alb.node, listener.port), alb.host) as load:
        for number in range(3):
            await world.elb("ModifyRule", RuleArn=rule, Conditions=[path_is(f"/{number}")])
            await listener.rule(number + 2, path_is(f"/new{number}"))
            await load.more(40)
    assert load.done >= 120
    assert load.lost == []
