"""Rows of the Application Load Balancer about its targets' health, and about its own state."""

from __future__ import annotations

import asyncio

import pytest

from tests.aws.elbv2.place import fixed, forward
from tests.haproxy.targets import until
from tests.parity.elbv2.world import Alb, World, answer, vpc
from tests.parity.rows import parity

pytestmark = pytest.mark.asyncio(loop_scope="module")


@parity(
    "elbv2", "Health settings", "partly",
    but="no HTTP/2, gRPC and Lambda groups, so no checks of theirs; a check's HTTPS is HTTP/1.1",
)  # fmt: skip
async def test_health_settings(world: World, alb: Alb) -> None:
    base = {"Name": "defaults", "Protocol": "HTTP", "Port": 8080, "VpcId": world.place.vpc, "TargetType": "ip"}
    made = (await world.elb("CreateTargetGroup", **base))["TargetGroups"][0]
    await world.elb("DeleteTargetGroup", TargetGroupArn=made["TargetGroupArn"])
    assert {
        "HealthCheckEnabled": True, "HealthCheckPath": "/", "HealthCheckProtocol": "HTTP",
        "HealthCheckPort": "traffic-port", "HealthCheckIntervalSeconds": 30, "HealthCheckTimeoutSeconds": 5,
        "HealthyThresholdCount": 5, "UnhealthyThresholdCount": 2, "Matcher": {"HttpCode": "200"},
    }.items() <= made.items()  # fmt: skip
    for wrong in (
        {"HealthCheckIntervalSeconds": 4}, {"HealthCheckIntervalSeconds": 301}, {"HealthCheckTimeoutSeconds": 1},
        {"HealthCheckTimeoutSeconds": 121}, {"HealthyThresholdCount": 1}, {"UnhealthyThresholdCount": 11},
        {"Matcher": {"HttpCode": "500"}}, {"Matcher": {"HttpCode": "200-"}}, {"HealthCheckPort": "0"},
    ):  # fmt: skip
        assert await world.refused("CreateTargetGroup", **{**base, **wrong})
    for version in ("HTTP2", "GRPC"):
        assert version in await world.refused("CreateTargetGroup", **{**base, "ProtocolVersion": version})
    group = await world.group(HealthCheckPath="/up?full", Matcher={"HttpCode": "202,300-310"})
    await alb.listen(forward(group))
    target = await world.backend(group)
    target.healthy = 305
    await world.healthy(group, target)
    check = target.checks[-1]
    assert check.line == "GET /up?full HTTP/1.1"
    assert check.header("host") == f"{vpc(target)}:8080"
    assert check.header("user-agent") == "ELB-HealthChecker/2.0"
    assert check.header("connection") == "close"
    first = target.connections
    await until(lambda: len(target.checks) >= 3)
    assert target.connections >= first + 2


@parity("elbv2", "Health course", "supported")
async def test_health_course(world: World, alb: Alb) -> None:
    settings = {
        "HealthCheckIntervalSeconds": 5,
        "HealthCheckTimeoutSeconds": 4,
        "HealthyThresholdCount": 3,
        "UnhealthyThresholdCount": 2,
    }
    group = await world.group(**settings)
    target, other = await world.backend(group), await world.backend(group)
    await world.settled()
    assert {entry["Reason"] for entry in (await world.place.health(group)).values()} == {"Target.NotInUse"}
    assert not target.checks
    target.healthy = other.healthy = 500
    listener = await alb.listen(forward(group))
    await until(lambda: bool(target.checks))
    assert (await world.place.health(group))[vpc(target)]["State"] in ("initial", "unhealthy")
    assert {await listener.body() for _ in range(8)} == {target.name, other.name}, "fail-open"
    target.healthy = 200
    seen = len(target.checks)
    await world.healthy(group, target)
    assert {await listener.body() for _ in range(8)} == {target.name}
    assert len(target.checks) > seen
    await world.healthy(group, other, state="unhealthy")
    other.healthy, seen = 200, len(other.checks)
    await world.healthy(group, other)
    assert len(other.checks) - seen >= 3, "three in a row, since it has been unhealthy"
    target.healthy, seen = 500, len(target.checks)
    await world.healthy(group, target, state="unhealthy")
    assert len(target.checks) - seen >= 2
    assert {await listener.body() for _ in range(8)} == {other.name}
    await world.set(group, {"target_group_health.unhealthy_state_routing.minimum_healthy_targets.count": "2"})
    assert {await listener.body() for _ in range(8)} == {target.name, other.name}


@parity(
    "elbv2", "Reasons", "partly",
    but="there are no instances, so no Target.InvalidState; health checks of ip targets can't be disabled",
)  # fmt: skip
async def test_reasons(world: World, alb: Alb) -> None:
    group = await world.group(HealthCheckIntervalSeconds=5, HealthCheckTimeoutSeconds=2)
    await world.elb("RegisterTargets", TargetGroupArn=group, Targets=[{"Id": "10.0.1.250"}])
    babbler, silent, wrong = [await world.backend(group) for _ in range(3)]
    await babbler.stop()

    async def babble(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello\r\n\r\n")
        writer.close()

    async def wait(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    await silent.stop()
    servers = [
        await asyncio.start_server(serve, backend.address, 8080)
        for serve, backend in ((babble, babbler), (wait, silent))
    ]
    wrong.healthy = 404
    unused = await world.place.health(group)
    assert unused[vpc(wrong)] == {
        "State": "unused", "Reason": "Target.NotInUse",
        "Description": "Target group is not configured to receive traffic from the load balancer",
    }  # fmt: skip
    await alb.listen(forward(group))
    await world.healthy(group, babbler, silent, wrong, state="unhealthy")
    await world.elb("DeregisterTargets", TargetGroupArn=group, Targets=[{"Id": vpc(wrong)}])
    told = await world.elb(
        "DescribeTargetHealth",
        TargetGroupArn=group,
        Targets=[{"Id": vpc(babbler)}, {"Id": vpc(silent)}, {"Id": vpc(wrong)}, {"Id": "10.0.9.9"}],
    )
    assert [entry["TargetHealth"] for entry in told["TargetHealthDescriptions"]] == [
        {"State": "unhealthy", "Reason": "Target.FailedHealthChecks", "Description": "Health checks failed"},
        {"State": "unhealthy", "Reason": "Target.Timeout", "Description": "Request timed out"},
        {"State": "draining", "Reason": "Target.DeregistrationInProgress",
         "Description": "Target deregistration is in progress"},
        {"State": "unused", "Reason": "Target.NotRegistered",
         "Description": "Target is not registered to the target group"},
    ]  # fmt: skip
    await world.register(group, wrong)
    await world.healthy(group, wrong, state="unhealthy")
    assert (await world.place.health(group))[vpc(wrong)] == {
        "State": "unhealthy", "Reason": "Target.ResponseCodeMismatch",
        "Description": "Health checks failed with these codes: [404]",
    }  # fmt: skip
    late = await world.backend()
    await late.stop()
    await world.register(group, late)

    async def initial() -> bool:
        return (await world.place.health(group))[vpc(late)] == {
            "State": "initial", "Reason": "Elb.InitialHealthChecking",
            "Description": "Initial health checks in progress",
        }  # fmt: skip

    await until(initial)
    for server in servers:
        server.close()


@parity("elbv2", "LB states", "partly", but="active_impaired and failed do not occur")
async def test_a_load_balancer_is_active_when_it_answers(world: World) -> None:
    made = (await world.place.balancer("states"))["LoadBalancerArn"]
    told = (await world.elb("DescribeLoadBalancers", LoadBalancerArns=[made]))["LoadBalancers"][0]
    assert told["State"]["Code"] in ("provisioning", "active")
    listener = await world.elb(
        "CreateListener", LoadBalancerArn=made, Protocol="HTTP", Port=80, DefaultActions=[fixed()]
    )
    told = await world.place.active(made)
    await world.place.answers(told["DNSName"], "/", 404)
    await world.elb("DeleteListener", ListenerArn=listener["Listeners"][0]["ListenerArn"])
    await world.elb("DeleteLoadBalancer", LoadBalancerArn=made)
    assert "LoadBalancerNotFound" in await world.refused("DescribeLoadBalancers", LoadBalancerArns=[made])


@parity("elbv2", "Deregistration", "supported")
async def test_deregistration(world: World, alb: Alb) -> None:
    listener, group, [first, second] = await world.forwarding(alb, 2)
    await world.set(group, {
        "deregistration_delay.timeout_seconds": "15", "stickiness.enabled": "true",
        "stickiness.lb_cookie.duration_seconds": "600",
    })  # fmt: skip
    first.gate = second.gate = asyncio.Event()
    slow = [asyncio.ensure_future(listener.get("/slow")) for _ in range(2)]
    await until(lambda: len(first.requests) + len(second.requests) == 2)
    first.gate = second.gate = None
    sticky = next(found for found in [await listener.get() for _ in range(4)] if found.body == first.name.encode())
    cookie = next(value.split(";")[0] for key, value in sticky.headers if value.startswith("AWSALB="))
    assert await listener.body("/", f"Cookie: {cookie}\r\n") == first.name
    await world.elb("DeregisterTargets", TargetGroupArn=group, Targets=[{"Id": vpc(first)}])
    assert await listener.body("/", f"Cookie: {cookie}\r\n") == second.name
    assert {await listener.body() for _ in range(6)} == {second.name}
    assert (await world.place.health(group))[vpc(first)]["State"] == "draining"
    statuses = sorted([(await one).status for one in [await _first_done(slow)]])
    assert statuses == [502], "its delay is over with the request in flight"
    assert vpc(first) not in await world.place.health(group)
    for one in slow:
        one.cancel()
    second.say = lambda _: answer(b"end")


async def _first_done(tasks: list[asyncio.Future]) -> asyncio.Future:
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED, timeout=15)
    return done.pop()
