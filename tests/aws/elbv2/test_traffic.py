"""What happens over time: drains that end, restarts, changes under load, checks of targets that start late."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.aws.elbv2.place import Place, fixed, forward, path_is
from tests.haproxy.targets import Load, Target, fresh_address, read_answer, until


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    found = await Place(tmp_path).start()
    await found.ground()
    yield found
    await found.stop()


async def ready(place: Place, group: str) -> str:
    """The host of a load balancer that forwards to the group."""
    arn = (await place.balancer())["LoadBalancerArn"]
    await place.listener(arn, forward(group))
    return str((await place.active(arn))["DNSName"])


async def test_a_request_that_outlives_the_deregistration_delay_ends_with_502(place: Place) -> None:
    group = await place.group("movies")
    await place.elb("ModifyTargetGroupAttributes", TargetGroupArn=group, Attributes=[
        {"Key": "deregistration_delay.timeout_seconds", "Value": "5"},
    ])  # fmt: skip
    host = await ready(place, group)
    target = await place.target("movie", "10.0.1.10", group)
    await place.becomes(group, "10.0.1.10", "healthy")
    await place.answers(host, "/", 200)
    target.gate = asyncio.Event()
    in_flight = asyncio.ensure_future(place.get(host, "/slow"))
    await until(lambda: any("/slow" in request.line for request in target.requests))
    await place.elb("DeregisterTargets", TargetGroupArn=group, Targets=[{"Id": "10.0.1.10"}])
    answer = await asyncio.wait_for(in_flight, 10)
    assert answer.status == 502
    assert await place.health(group) == {}


async def test_a_draining_target_that_is_registered_again_serves_again(place: Place) -> None:
    group = await place.group("movies")
    host = await ready(place, group)
    await place.target("movie", "10.0.1.10", group)
    await place.becomes(group, "10.0.1.10", "healthy")
    await place.elb("DeregisterTargets", TargetGroupArn=group, Targets=[{"Id": "10.0.1.10"}])
    assert (await place.get(host)).status == 503
    await place.elb("RegisterTargets", TargetGroupArn=group, Targets=[{"Id": "10.0.1.10"}])
    await place.becomes(group, "10.0.1.10", "healthy")
    await place.answers(host, "/", 200, b"movie")


async def test_a_target_is_in_service_as_soon_as_it_answers(place: Place) -> None:
    group = await place.group("late", HealthCheckIntervalSeconds=300, UnhealthyThresholdCount=2)
    await ready(place, group)
    target = Target("late", fresh_address())
    place.known["10.0.1.20"] = target.address
    await place.elb("RegisterTargets", TargetGroupArn=group, Targets=[{"Id": "10.0.1.20"}])

    async def checking() -> bool:
        return (await place.health(group))["10.0.1.20"].get("Reason") == "Elb.InitialHealthChecking"

    await until(checking)
    place.targets.append(await target.start())
    await place.becomes(group, "10.0.1.20", "healthy", seconds=5)
    assert target.requests[0].line == "GET /actuator/health HTTP/1.1"


async def test_a_silent_target_times_out_and_a_babbling_one_fails(place: Place) -> None:
    async def babble(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello\r\n\r\n")
        writer.close()

    group = await place.group("odd")
    await ready(place, group)
    silent = await place.target("silent", "10.0.1.30", group)
    silent.gate = asyncio.Event()
    place.known["10.0.1.31"] = address = fresh_address()
    server = await asyncio.start_server(babble, address, 8080)
    await place.elb("RegisterTargets", TargetGroupArn=group, Targets=[{"Id": "10.0.1.31"}])
    await place.becomes(group, "10.0.1.30", "unhealthy")
    await place.becomes(group, "10.0.1.31", "unhealthy")
    health = await place.health(group)
    assert health["10.0.1.30"] == {
        "State": "unhealthy", "Reason": "Target.Timeout", "Description": "Request timed out",
    }  # fmt: skip
    assert health["10.0.1.31"] == {
        "State": "unhealthy", "Reason": "Target.FailedHealthChecks", "Description": "Health checks failed",
    }  # fmt: skip
    server.close()


async def test_no_request_is_lost_while_rules_targets_and_load_balancers_change(place: Place) -> None:
    group = await place.group("movies")
    host = await ready(place, group)
    await place.target("one", "10.0.1.10", group)
    await place.target("two", "10.0.1.11", group)
    for address in ("10.0.1.10", "10.0.1.11"):
        await place.becomes(group, address, "healthy")
    await place.answers(host, "/", 200)
    other = (await place.balancer("other"))["LoadBalancerArn"]
    listener = await place.listener(other, fixed())
    async with Load(("127.0.0.1", place.port), host) as load:
        for number in range(4):
            await place.rule(listener, number + 1, [path_is(f"/{number}")], fixed())
            await place.elb("DeregisterTargets", TargetGroupArn=group, Targets=[{"Id": "10.0.1.10"}])
            await load.more(60)
            await place.elb("RegisterTargets", TargetGroupArn=group, Targets=[{"Id": "10.0.1.10"}])
            await place.becomes(group, "10.0.1.10", "healthy")
            await load.more(60)
    assert load.lost == []


async def test_after_a_restart_the_same_cloud_comes_back_and_health_is_observed_anew(
    place: Place, tmp_path: Path
) -> None:
    group = await place.group("movies")
    host = await ready(place, group)
    target = await place.target("movie", "10.0.1.10", group)
    await place.becomes(group, "10.0.1.10", "healthy")
    await place.loop.stop()
    await place.controller.stop()
    await place.haproxy.stop()
    place.moto.stop()
    place.documents.close()

    again = Place(tmp_path)
    again.known["10.0.1.10"] = target.address
    try:
        assert (await again.health(group))["10.0.1.10"]["State"] == "initial"
        found = (await again.elb("DescribeLoadBalancers"))["LoadBalancers"][0]
        assert (found["DNSName"], found["State"]["Code"]) == (host, "provisioning")
        await again.start()
        await again.becomes(group, "10.0.1.10", "healthy")
        await again.answers(host, "/", 200, b"movie")
    finally:
        await again.stop()


async def test_an_https_listener_answers_at_the_gateway_and_a_target_gets_its_protocol(place: Place) -> None:
    certificate = await place.certificate()
    group = await place.group("movies")
    arn = (await place.balancer())["LoadBalancerArn"]
    await place.elb(
        "CreateListener",
        LoadBalancerArn=arn,
        Protocol="HTTPS",
        Port=443,
        DefaultActions=[forward(group)],
        Certificates=[{"CertificateArn": certificate}],
    )
    host = (await place.active(arn))["DNSName"]
    target = await place.target("movie", "10.0.1.10", group)
    await place.becomes(group, "10.0.1.10", "healthy")
    context = ssl.create_default_context(cafile=str(place.gateway.authority.certificate))

    async def ask() -> bool:
        reader, writer = await asyncio.open_connection("127.0.0.1", place.port, ssl=context, server_hostname=host)
        writer.write(f"GET /tls HTTP/1.1\r\nHost: {host}:{place.port}\r\n\r\n".encode())
        answer = await read_answer(reader)
        writer.close()
        return answer.body == b"movie"

    await until(ask)
    request = next(one for one in target.requests if "/tls" in one.line)
    assert request.header("x-forwarded-proto") == "https"
    assert request.header("x-forwarded-port") == "443"
    assert request.header("x-forwarded-for") == "127.0.0.1"
    assert request.header("host") == host
    assert (await place.get(host)).status == 503


async def test_a_websocket_lives_on_over_reloads(place: Place) -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if b"upgrade: websocket" not in head.lower():
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        else:
            writer.write(
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
            )
            while frame := await reader.read(100):
                writer.write(b"echo " + frame)
        writer.close()

    group = await place.group("sockets")
    host = await ready(place, group)
    place.known["10.0.1.40"] = address = fresh_address()
    server = await asyncio.start_server(echo, address, 8080)
    await place.elb("RegisterTargets", TargetGroupArn=group, Targets=[{"Id": "10.0.1.40"}])
    await place.becomes(group, "10.0.1.40", "healthy")
    await place.answers(host, "/", 200)
    reader, writer = await asyncio.open_connection("127.0.0.1", place.port)
    writer.write(
        f"GET /ws HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
    reloads = place.haproxy.reloads
    other = (await place.balancer("other"))["LoadBalancerArn"]
    await place.listener(other, fixed())
    await until(lambda: place.haproxy.reloads > reloads)
    writer.write(b"hi")
    assert await reader.readexactly(7) == b"echo hi"
    writer.close()
    server.close()
