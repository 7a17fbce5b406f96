"""Rows of the Application Load Balancer about what it tells of its traffic."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from netflux.errors import AwsError
from tests.aws.elbv2.place import fixed, forward, path_is
from tests.haproxy.targets import Load, read_answer, until
from tests.parity.elbv2.world import Alb, World, answer, pairs, vpc
from tests.parity.rows import parity

pytestmark = pytest.mark.asyncio(loop_scope="module")


@parity(
    "elbv2", "Metrics", "partly",
    but="connections of clients at the gateway's port are in no load balancer's count; no RuleEvaluations where "
    "several rules forward to one group without an access log; without one TargetResponseTime has no Minimum and "
    "percentiles; data live as long as the region, three hours at most",
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
    balancer, grouped = dimensions(alb), dimensions(alb, group)

    async def statistic(name: str, whose: list[dict[str, str]], kind: str = "Sum") -> float:
        return await measured(world, name, whose, kind)

    async def counted() -> bool:
        return await statistic("RequestCount", balancer) == 11 and await statistic("HealthyHostCount", grouped) > 0

    await until(counted)
    expected = {
        "HTTPCode_Target_2XX_Count": 6, "HTTPCode_Target_4XX_Count": 3, "HTTPCode_Target_5XX_Count": 2,
        "HTTPCode_ELB_3XX_Count": 1, "HTTPCode_ELB_4XX_Count": 1, "HTTP_Redirect_Count": 1,
        "HTTP_Fixed_Response_Count": 2, "HTTPCode_ELB_5XX_Count": 0, "RuleEvaluations": 10 * 2 + 1 + 2 * 2 + 3,
    }  # fmt: skip
    assert {name: await statistic(name, balancer) for name in expected} == expected
    assert await statistic("RequestCount", grouped) == 11
    average = await statistic("TargetResponseTime", grouped, "Average")
    assert 0 <= average <= await statistic("TargetResponseTime", grouped, "Maximum") < 5
    assert await statistic("TargetResponseTime", grouped, "Minimum") == 0, "not known, so not told"
    assert await statistic("NewConnectionCount", balancer) >= 15, "one for each request, and those to the target"
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


@parity("elbv2", "Metrics", "supported")
async def test_errors_of_the_load_balancers_own_are_counted_by_their_code(world: World, alb: Alb) -> None:
    listener, group, [target] = await world.forwarding(alb)
    meter = world.place.controller._dependencies.meter
    assert meter
    await alb.set({"idle_timeout.timeout_seconds": "1"})
    await listener.rule(1, path_is("/fixed"), action=fixed("503"))
    _, writer = await listener.connect()
    target.gate = asyncio.Event()
    assert (await listener.get("/slow")).status == 504
    slow = asyncio.ensure_future(listener.get("/slow"))
    await until(lambda: sum("/slow" in one.line for one in target.requests) == 2)
    await listener.rule(2, path_is("/new"))
    assert (await slow).status == 504, "by the worker that leaves"
    target.gate.set()
    for status in (500, 503):
        target.say = lambda _, status=status: answer(status=status)
        assert (await listener.get()).status == status, "the target's, which is none of the load balancer's"
    target.say = lambda _: None
    for _ in range(30):
        assert (await listener.get()).status == 502
    await meter.look()
    assert await measured(world, "ActiveConnectionCount", dimensions(alb), "Maximum") >= 1
    writer.close()
    await world.elb("DeregisterTargets", TargetGroupArn=group, Targets=[{"Id": vpc(target)}])
    for path in ("/", "/fixed"):
        assert (await listener.get(path)).status == 503
    expected = {"500": 0, "502": 30, "503": 2, "504": 2}

    async def counted() -> bool:
        await meter.look()
        found = {code: await measured(world, f"HTTPCode_ELB_{code}_Count", dimensions(alb)) for code in expected}
        return found == expected

    await until(counted)
    assert await measured(world, "HTTPCode_Target_5XX_Count", dimensions(alb)) == 2


def dimensions(alb: Alb, group: str = "") -> list[dict[str, str]]:
    """Of the load balancer, or of a group of its."""
    found = [{"Name": "LoadBalancer", "Value": alb.arn.partition("loadbalancer/")[2]}]
    return [*found, {"Name": "TargetGroup", "Value": group.rpartition(":")[2]}] if group else found


async def measured(world: World, name: str, whose: list[dict[str, str]], kind: str = "Sum") -> float:
    """A metric's statistic of the last hour; 0 where there is none."""
    now = datetime.now(UTC)
    told: dict[str, Any] = await world.place.apis.call("cloudwatch", "GetMetricStatistics", {
        "Namespace": "AWS/ApplicationELB", "MetricName": name, "Dimensions": whose, "Period": 3600,
        "StartTime": now - timedelta(hours=1), "EndTime": now + timedelta(hours=1), "Statistics": [kind],
    })  # fmt: skip
    return sum(point[kind] for point in told["Datapoints"])


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


async def bucket(world: World, *, open_to: str) -> str:
    """A bucket whose policy lets somebody put objects."""
    name = f"logs-{open_to.partition('.')[0]}-{next(world.ports)}"
    await world.place.apis.call("s3", "CreateBucket", {"Bucket": name})
    policy = {"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": open_to}, "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{name}/*",
    }]}  # fmt: skip
    await world.place.apis.call("s3", "PutBucketPolicy", {"Bucket": name, "Policy": json.dumps(policy)})
    return name


def enabled(name: str) -> dict[str, str]:
    return {"access_logs.s3.enabled": "true", "access_logs.s3.bucket": name, "access_logs.s3.prefix": "web"}


@parity(
    "elbv2", "Access log", "partly",
    but="no classification and connection fields, and no status of a transform that failed: they are `-`; one node "
    "writes, and what was not yet delivered when the region is killed is lost; malformed requests are not in it",
)  # fmt: skip
async def test_access_log(world: World, alb: Alb) -> None:
    refused = await world.refused(
        "ModifyLoadBalancerAttributes",
        LoadBalancerArn=alb.arn,
        Attributes=pairs(enabled(await bucket(world, open_to="other.amazonaws.com"))),
    )
    assert "Access Denied for bucket" in refused
    name = await bucket(world, open_to="logdelivery.elasticloadbalancing.amazonaws.com")
    await alb.set(enabled(name))
    listener, group, [target] = await world.forwarding(alb)
    usual = await alb.listen(fixed("403", "no"), 80)
    move = {"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_301", "Host": "new.test"}}
    await listener.rule(7, path_is("/moved"), action=move)
    url, host = ({"Rewrites": [{"Regex": old, "Replace": new}]} for old, new in (("^/new", "/old"), (".*", "in.test")))
    await listener.rule(8, path_is("/new"), action=forward(group), Transforms=[
        {"Type": "url-rewrite", "UrlRewriteConfig": url},
        {"Type": "host-header-rewrite", "HostHeaderRewriteConfig": host},
    ])  # fmt: skip
    await listener.get("/new?q=1")
    await listener.get("/a?b=c", 'User-Agent: curl "8"\r\n')
    await listener.get("/moved")
    target.say = lambda _: None
    await listener.get("/broken")
    assert (await world.place.get(alb.host, "/gateway")).status == 403
    assert usual

    async def objects() -> list[str]:
        told = await world.place.apis.call("s3", "ListObjectsV2", {"Bucket": name})
        return [one["Key"] for one in told.get("Contents", ())]

    assert await objects() == ["web/AWSLogs/000000000000/ELBAccessLogTestFile"]
    logs = world.place.controller._dependencies.logs
    assert logs
    found: list[list[str]] = []
    dotted = re.escape(alb.arn.partition("loadbalancer/")[2].replace("/", "."))

    async def delivered() -> bool:
        await logs.deliver()  # as it does every five minutes
        found.clear()
        for key in await objects():
            if key.endswith(".log.gz"):
                assert re.fullmatch(
                    r"web/AWSLogs/000000000000/elasticloadbalancing/us-east-1/\d{4}/\d\d/\d\d/000000000000_"
                    rf"elasticloadbalancing_us-east-1_{dotted}"
                    r"_\d{8}T\d{4}Z_[\d.]+_\w+\.log\.gz",
                    key,
                )
                told = await world.place.apis.call("s3", "GetObject", {"Bucket": name, "Key": key})
                text = gzip.decompress(await body_of(told["Body"])).decode()
                found.extend(re.findall(r'"[^"]*"|\S+', line) for line in text.splitlines())
        return len(found) >= 5

    await until(delivered)
    lines = {line[12].split(" ")[1].rpartition("/")[2]: line for line in found}
    assert (lines["new?q=1"][20], lines["new?q=1"][30:33]) == ("8", ['"in.test"', '"/old?q=1"', '"TransformSuccess"'])
    assert lines["a?b=c"][30:33] == ['"-"'] * 3
    assert {len(line) for line in found} == {34}
    sent, moved, broken, gateway = (lines[path] for path in ("a?b=c", "moved", "broken", "gateway"))
    assert sent[0] == "http"
    assert sent[2] == alb.arn.partition("loadbalancer/")[2]
    assert sent[3].startswith("127.0.0.1:")
    assert sent[4] == f"{vpc(target)}:8080"
    assert all(re.fullmatch(r"\d+\.\d{3}", time) for time in sent[5:8])
    assert sent[8:10] == ["200", "200"]
    assert sent[12] == f'"GET http://{alb.host}:{listener.port}/a?b=c HTTP/1.1"'
    assert sent[13] == '"curl \\x228\\x22"'
    assert sent[16] == group
    assert sent[17].startswith('"Root=1-')
    assert (sent[20], sent[22], sent[25], sent[26]) == ("0", '"forward"', f'"{vpc(target)}:8080"', '"200"')
    assert (moved[4], moved[5], moved[8], moved[9], moved[20], moved[22]) == ("-", "-1", "301", "-", "7", '"redirect"')
    assert moved[23] == f'"http://new.test:{listener.port}/moved"'
    assert (broken[4], broken[8], broken[9]) == (f"{vpc(target)}:8080", "502", "-")
    assert (gateway[8], gateway[22], gateway[12]) == (
        "403", '"fixed-response"', f'"GET http://{alb.host}:80/gateway HTTP/1.1"'
    )  # fmt: skip


@parity("elbv2", "Metrics", "supported")
async def test_what_ends_after_a_rule_change_is_counted_as_well(world: World, alb: Alb) -> None:
    listener, group, [target] = await world.forwarding(alb)
    rule = await listener.rule(1, path_is("/one"))
    meter = world.place.controller._dependencies.meter
    assert meter
    reader, writer = await listener.connect()
    target.gate = asyncio.Event()
    slow = []
    for number in range(2):
        slow.append(asyncio.ensure_future(listener.get(f"/slow{number}")))
        await until(lambda number=number: any(f"/slow{number}" in one.line for one in target.requests))
        await world.elb("ModifyRule", RuleArn=rule, Conditions=[path_is(f"/{number}")])
        await world.settled()
    target.gate.set()
    assert [(await one).status for one in slow] == [200, 200]
    writer.write(f"GET /kept HTTP/1.1\r\nHost: {alb.host}\r\n\r\n".encode())
    assert (await read_answer(reader)).status == 200, "by the first worker, on a connection that was idle meanwhile"
    writer.close()

    async def counted() -> bool:
        await meter.look()
        return await measured(world, "HTTPCode_Target_2XX_Count", dimensions(alb, group)) >= 3

    await until(counted)
    await meter.look()
    assert await measured(world, "HTTPCode_Target_2XX_Count", dimensions(alb, group)) == 3, "each of them once"
    assert await measured(world, "RuleEvaluations", dimensions(alb)) == 3


@parity("elbv2", "Metrics", "supported")
async def test_with_an_access_log_the_response_times_have_percentiles(world: World, alb: Alb) -> None:
    meter = world.place.controller._dependencies.meter
    assert meter
    name = await bucket(world, open_to="logdelivery.elasticloadbalancing.amazonaws.com")
    await alb.set(enabled(name))
    listener, group, [target] = await world.forwarding(alb)
    for _ in range(9):
        await listener.get()
    target.gate = asyncio.Event()
    slow = asyncio.ensure_future(listener.get("/slow"))
    await until(lambda: any("/slow" in one.line for one in target.requests))
    began = asyncio.get_running_loop().time()
    await until(lambda: asyncio.get_running_loop().time() - began > 0.2)
    target.gate.set()
    assert (await slow).status == 200
    target.say = lambda _: None
    assert (await listener.get()).status == 502
    whose = dimensions(alb, group)

    async def counted() -> bool:
        await meter.look()
        return await measured(world, "TargetResponseTime", whose, "SampleCount") == 10

    await until(counted)
    assert await measured(world, "HTTPCode_ELB_502_Count", dimensions(alb)) == 1
    assert await measured(world, "TargetResponseTime", whose, "Minimum") < 0.2
    assert await measured(world, "TargetResponseTime", whose, "Maximum") >= 0.2
    now = datetime.now(UTC)
    asked = {
        "Namespace": "AWS/ApplicationELB", "MetricName": "TargetResponseTime", "Dimensions": whose, "Period": 7200,
        "StartTime": now - timedelta(hours=1), "EndTime": now + timedelta(hours=1),
    }  # fmt: skip
    told = await world.place.apis.call(
        "cloudwatch", "GetMetricStatistics", {**asked, "ExtendedStatistics": ["p50", "p95.5"]}
    )
    half, most = (sum(point["ExtendedStatistics"][one] for point in told["Datapoints"]) for one in ("p50", "p95.5"))
    assert half < 0.2 <= most
    refused = {**asked, "ExtendedStatistics": ["tm90"]}
    with pytest.raises(AwsError, match="tm90"):
        await world.place.apis.call("cloudwatch", "GetMetricStatistics", refused)


async def body_of(body: Any) -> bytes:
    """Whatever our S3 answers with."""
    if isinstance(body, bytes):
        return body
    found = body.read()
    return await found if hasattr(found, "__await__") else found
