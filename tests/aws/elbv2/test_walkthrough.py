"""Rows 5 to 7 of the walkthrough, by hand: groups, load balancer, listener, rules, targets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.aws.elbv2.place import Place, fixed, forward, path_is
from tests.haproxy.targets import get, until


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    found = await Place(tmp_path).start()
    await found.ground()
    yield found
    await found.stop()


async def test_the_load_balancer_of_the_walkthrough(place: Place) -> None:
    movies = await place.group("movie-service-containers")
    customers = await place.group("customer-service-containers")
    balancer = await place.balancer("netflux-alb")
    assert balancer["State"]["Code"] == "provisioning"
    arn = balancer["LoadBalancerArn"]
    listener = await place.listener(arn, forward(movies))
    found = await place.active(arn)
    host = found["DNSName"]
    assert host.startswith("netflux-alb-")
    assert host.endswith(".us-east-1.elb.localhost")

    empty = await place.answers(host, "/", 503)
    assert empty.header("server") == "awselb/2.0"
    assert b"503 Service Temporarily Unavailable" in empty.body

    await place.elb("ModifyListener", ListenerArn=listener, DefaultActions=[fixed()])
    answer = await place.answers(host, "/api/test", 404, b":(")
    assert answer.header("content-type") == "text/plain"
    assert answer.header("server") == "awselb/2.0"
    for priority, group, pattern in ((500, movies, "/api/movies*"), (501, customers, "/api/customers/*")):
        await place.rule(listener, priority, [path_is(pattern)], forward(group))
    await place.answers(host, "/api/movies", 503)

    movie = await place.target("movie", "10.0.1.10", movies)
    await place.target("customer", "10.0.1.11", customers)
    await place.becomes(movies, "10.0.1.10", "healthy")
    await place.becomes(customers, "10.0.1.11", "healthy")
    check = movie.requests[0]
    assert check.line == "GET /actuator/health HTTP/1.1"
    assert check.header("user-agent") == "ELB-HealthChecker/2.0"
    assert check.header("host") == "10.0.1.10:8080"
    await place.answers(host, "/api/movies", 200, b"movie")
    assert (await place.get(host, "/api/movies/1?x=1")).body == b"movie"
    await place.answers(host + f":{place.port}", "/api/customers/1", 200, b"customer")
    assert (await place.get(host, "/api/customers")).status == 404
    aws = host.replace(".elb.localhost", ".elb.amazonaws.com")
    assert (await place.get(aws, "/api/customers/1")).body == b"customer"
    assert movies in place.flips

    await place.elb("DeleteLoadBalancer", LoadBalancerArn=arn)
    assert not place.nodes()
    await until(lambda: place.endpoints.find(host, 80) is None and not place.nodes())
    assert (await place.get(host, "/api/movies")).status == 503
    assert (await place.health(movies))["10.0.1.10"]["State"] == "unused"


async def test_a_target_that_is_not_there_is_never_healthy(place: Place) -> None:
    group = await place.group("gone")
    arn = (await place.balancer())["LoadBalancerArn"]
    await place.elb("RegisterTargets", TargetGroupArn=group, Targets=[{"Id": "10.0.1.99"}])
    unused = (await place.health(group))["10.0.1.99"]
    assert (unused["State"], unused["Reason"]) == ("unused", "Target.NotInUse")
    await place.listener(arn, forward(group))
    await place.active(arn)
    seen = set()

    async def unhealthy() -> bool:
        health = (await place.health(group))["10.0.1.99"]
        seen.add((health["State"], health.get("Reason")))
        return health["State"] == "unhealthy"

    await until(unhealthy)
    assert seen <= {
        ("initial", "Elb.RegistrationInProgress"), ("initial", "Elb.InitialHealthChecking"),
        ("unhealthy", "Target.Timeout"),
    }  # fmt: skip


async def test_health_follows_the_answers_by_the_thresholds(place: Place) -> None:
    group = await place.group("movies")
    arn = (await place.balancer())["LoadBalancerArn"]
    await place.listener(arn, forward(group))
    host = (await place.active(arn))["DNSName"]
    target = await place.target("movie", "10.0.1.10", group)
    other = await place.target("other", "10.0.1.11", group)
    await place.becomes(group, "10.0.1.10", "healthy")
    await place.becomes(group, "10.0.1.11", "healthy")
    target.status = 500
    checks = len(target.requests)
    await place.becomes(group, "10.0.1.10", "unhealthy")
    health = (await place.health(group))["10.0.1.10"]
    assert health["Reason"] == "Target.ResponseCodeMismatch"
    assert health["Description"] == "Health checks failed with these codes: [500]"
    assert len(target.requests) - checks >= 3
    await place.answers(host, "/", 200, b"other")
    assert {(await place.get(host)).body for _ in range(4)} == {b"other"}
    await other.stop()
    await place.becomes(group, "10.0.1.11", "unhealthy")
    assert (await place.health(group))["10.0.1.11"]["Reason"] == "Target.FailedHealthChecks"
    target.status = 201
    await place.answers(host, "/", 201, b"movie")
    target.status = 200
    await place.becomes(group, "10.0.1.10", "healthy")


async def test_a_draining_target_finishes_requests_in_flight_and_is_forgotten_after_the_delay(place: Place) -> None:
    group = await place.group("movies")
    await place.elb(
        "ModifyTargetGroupAttributes",
        TargetGroupArn=group,
        Attributes=[
            {"Key": "deregistration_delay.timeout_seconds", "Value": "20"},
        ],
    )
    arn = (await place.balancer())["LoadBalancerArn"]
    await place.listener(arn, forward(group))
    host = (await place.active(arn))["DNSName"]
    target = await place.target("movie", "10.0.1.10", group)
    await place.becomes(group, "10.0.1.10", "healthy")
    await place.answers(host, "/", 200, b"movie")
    target.gate = asyncio.Event()
    in_flight = asyncio.ensure_future(place.get(host, "/slow"))
    await until(lambda: any(request.line.startswith("GET /slow") for request in target.requests))
    await place.elb("DeregisterTargets", TargetGroupArn=group, Targets=[{"Id": "10.0.1.10"}])
    assert (await place.get(host, "/new")).status == 503
    assert not any(request.line.startswith("GET /new") for request in target.requests)
    health = (await place.health(group))["10.0.1.10"]
    assert (health["State"], health["Reason"]) == ("draining", "Target.DeregistrationInProgress")
    target.gate.set()
    assert (await in_flight).body == b"movie"
    assert "10.0.1.10" in await place.health(group)

    async def forgotten() -> bool:
        return await place.health(group) == {}

    await until(forgotten)
    told = await place.elb("DescribeTargetHealth", TargetGroupArn=group, Targets=[{"Id": "10.0.1.10"}])
    assert told["TargetHealthDescriptions"][0]["TargetHealth"]["Reason"] == "Target.NotRegistered"


async def test_the_nodes_and_the_edges_socket_answer_as_the_gateway_does(place: Place) -> None:
    group = await place.group("movies")
    arn = (await place.balancer())["LoadBalancerArn"]
    await place.listener(arn, forward(group), port=8081)
    host = (await place.active(arn))["DNSName"]
    target = await place.target("movie", "10.0.1.10", group)
    await place.becomes(group, "10.0.1.10", "healthy")
    await place.answers(host, "/", 200)
    edge = place.endpoints.find(host, 8081)
    assert edge is not None
    assert edge.port == 0
    assert (await get(edge.host, "X.test", "/edge", "X-Forwarded-For: 203.0.113.9\r\n")).body == b"movie"
    request = next(one for one in target.requests if "/edge" in one.line)
    assert request.header("x-forwarded-for") == "203.0.113.9, 127.0.0.1"
    assert request.header("x-forwarded-port") == "8081"
    assert request.header("host") == "x.test:8081"
    for node in place.nodes():
        assert (await get((node.local_address, 8081), host, "/node")).body == b"movie"
    assert place.endpoints.hosts()[host] in {node.local_address for node in place.nodes()}
