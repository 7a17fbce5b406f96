"""A load balancer's nodes, each of which asks the targets for itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from netflux.aws.elbv2.balancer.failover import SECONDS, Failover
from netflux.aws.elbv2.target.decide import AWAY, CHECKING, DRAINING, Health, cut_off, shown
from netflux.clock import Clock
from netflux.errors import AwsError
from netflux.network.interface import Interface
from tests.aws.elbv2.place import MapNetwork, Place, forward
from tests.haproxy.targets import Target, get, until
from tests.parity.rows import parity

HEALTHY, UNHEALTHY = Health("healthy"), Health("unhealthy", "Target.Timeout", "Request timed out")
BODY = b"movie"
UNITS = "count", "percentage"


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    found = await Place(tmp_path, speed=30, apart=True).start()
    await found.ground()
    yield found
    await found.stop()


class Served:
    """A load balancer with two nodes in front of a target."""

    def __init__(self, place: Place) -> None:
        self.place = place
        assert isinstance(place.network, MapNetwork)
        self.network = place.network

    async def start(self, **attributes: str) -> Served:
        self.arn = (await self.place.balancer())["LoadBalancerArn"]
        self.group = await self.place.group("movies", UnhealthyThresholdCount=2)
        changes = [{"Key": key, "Value": value} for key, value in attributes.items()]
        if changes:
            await self.place.elb("ModifyTargetGroupAttributes", TargetGroupArn=self.group, Attributes=changes)
        await self.place.listener(self.arn, forward(self.group), 8080)
        self.host = str((await self.place.active(self.arn))["DNSName"])
        self.target = await self.place.target("movie", "10.0.1.10", self.group)
        await self.place.becomes(self.group, "10.0.1.10", "healthy")
        await self.place.answers(self.host, "/", 200, BODY)
        return self

    @property
    def nodes(self) -> list[Interface]:
        return self.place.nodes()

    @property
    def addresses(self) -> set[str]:
        return {node.local_address for node in self.nodes}

    async def sources(self, target: Target, path: str) -> set[str]:
        """Where requests for a path came from, once the gateway has been asked thirty times."""
        target.requests.clear()
        for _ in range(30):
            assert (await self.place.get(self.host, path)).status == 200
        return {request.peer for request in target.requests if path in request.line}


async def test_the_gateways_clients_come_by_every_node_and_each_node_checks_for_itself(place: Place) -> None:
    served = await Served(place).start()
    assert await served.sources(served.target, "/gateway") == served.addresses

    def checked() -> bool:
        checks = [request for request in served.target.requests if "/actuator/health" in request.line]
        return {request.peer for request in checks} == served.addresses

    await until(checked)


async def test_what_comes_to_a_nodes_address_leaves_from_there(place: Place) -> None:
    served = await Served(place).start()
    for node in served.nodes:
        served.target.requests.clear()
        for _ in range(6):
            assert (await get((node.local_address, 8080), served.host, "/node")).status == 200
        asked = {request.peer for request in served.target.requests if "/node" in request.line}
        assert asked == {node.local_address}


async def test_a_target_that_one_node_does_not_reach_is_unhealthy_and_clients_come_by_the_other_one(
    place: Place,
) -> None:
    served = await Served(place).start()
    lost, other = served.nodes
    served.network.cut.add(lost.owner)
    await place.becomes(served.group, "10.0.1.10", "unhealthy")
    assert await served.sources(served.target, "/early") == served.addresses, "clients still know both addresses"

    async def left() -> bool:
        return await served.sources(served.target, "/late") == {other.local_address}

    await until(left)
    served.network.cut.clear()
    await place.becomes(served.group, "10.0.1.10", "healthy")

    async def back() -> bool:
        return await served.sources(served.target, "/back") == served.addresses

    await until(back)


async def test_a_client_with_a_cookie_stays_with_its_target_by_whichever_node(place: Place) -> None:
    served = await Served(place).start(**{"stickiness.enabled": "true"})
    await place.target("second", "10.0.2.10", served.group)
    await place.becomes(served.group, "10.0.2.10", "healthy")
    first = await place.get(served.host)
    cookie = next(value for key, value in first.headers if key.lower() == "set-cookie" and "AWSALBCORS" in value)
    held = f"Cookie: {cookie.partition(';')[0]}\r\n"
    assert {(await place.get(served.host, headers=held)).body for _ in range(20)} == {first.body}


@parity(
    "elbv2", "Group attributes", "partly",
    but="refused by name: anomaly_mitigation on, and on the network `loopback` cross_zone false",
)  # fmt: skip
async def test_a_node_keeps_to_its_zone_when_load_balancing_does_not_cross_zones(place: Place) -> None:
    served = await Served(place).start()
    await place.target("second", "10.0.2.10", served.group)
    await place.becomes(served.group, "10.0.2.10", "healthy")
    change = {"TargetGroupArn": served.group}
    off = [{"Key": "load_balancing.cross_zone.enabled", "Value": "false"}]
    await place.elb("ModifyTargetGroupAttributes", **change, Attributes=off)
    first_node, second_node = served.nodes

    async def answers(node: Interface) -> set[bytes | int]:
        asked = [await get((node.local_address, 8080), served.host, "/zone") for _ in range(6)]
        return {found.body if found.status == 200 else found.status for found in asked}

    async def kept() -> bool:
        return [await answers(node) for node in (first_node, second_node)] == [{b"movie"}, {b"second"}]

    await until(kept)
    for wrong in (
        place.elb("ModifyTargetGroupAttributes", **change, Attributes=[{"Key": "stickiness.enabled", "Value": "true"}]),
        place.elb("RegisterTargets", **change, Targets=[{"Id": "10.0.1.11", "AvailabilityZone": "all"}]),
    ):
        with pytest.raises(AwsError, match="InvalidConfigurationRequest"):
            await wrong
    await place.elb("RegisterTargets", **change, Targets=[{"Id": "10.0.3.10", "AvailabilityZone": "us-east-1c"}])
    told = (await place.elb("DescribeTargetHealth", **change))["TargetHealthDescriptions"]
    assert {one["Target"]["Id"]: one["TargetHealth"].get("Description") for one in told} == {
        "10.0.1.10": None, "10.0.2.10": None, "10.0.3.10": AWAY.description,
    }  # fmt: skip
    await place.elb("DeregisterTargets", **change, Targets=[{"Id": "10.0.2.10"}])
    assert await answers(second_node) == {503}, "nobody is left in its zone"
    assert await answers(first_node) == {b"movie"}

    async def left() -> bool:
        """The gateway's clients come by the other node alone."""
        return {(await place.get(served.host)).status for _ in range(20)} == {200}

    await until(left)


def test_the_worst_that_a_node_has_found_is_told() -> None:
    assert shown([HEALTHY, UNHEALTHY]) == UNHEALTHY
    assert shown([HEALTHY, CHECKING]) == CHECKING
    assert shown([HEALTHY, HEALTHY]) == HEALTHY


def test_a_node_is_cut_off_with_fewer_targets_than_dns_failover_asks_for() -> None:
    count, percentage = (f"target_group_health.dns_failover.minimum_healthy_targets.{unit}" for unit in UNITS)
    usual = {count: "1", percentage: "off", "load_balancing.cross_zone.enabled": "use_load_balancer_configuration"}
    assert not cut_off([], usual)
    assert not cut_off([DRAINING], usual)
    assert cut_off([], {**usual, "load_balancing.cross_zone.enabled": "false"}), "nobody in its zone"
    assert not cut_off([UNHEALTHY, HEALTHY], usual)
    assert cut_off([UNHEALTHY, CHECKING, DRAINING], usual)
    assert not cut_off([UNHEALTHY], {**usual, count: "off"})
    assert cut_off([HEALTHY, UNHEALTHY], {**usual, percentage: "60"})


class Moved(Clock):
    seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds


def test_a_node_leaves_after_the_time_to_live_of_the_name_unless_all_would() -> None:
    clock = Moved()
    failover = Failover(clock)
    assert failover.look("lb", {"a": True, "b": False}) == SECONDS
    assert failover.order("lb", ["a", "b"]) == (["a", "b"], 2)
    clock.seconds = SECONDS
    assert failover.look("lb", {"a": True, "b": False}) is None
    assert failover.order("lb", ["a", "b"]) == (["b", "a"], 1)
    failover.look("lb", {"a": True, "b": True})
    assert failover.order("lb", ["a", "b"]) == (["a", "b"], 2)
    clock.seconds = 3 * SECONDS
    assert failover.look("lb", {"a": False, "b": True}) == SECONDS
    assert failover.order("lb", ["a", "b"]) == (["a", "b"], 2)
    clock.seconds = 4 * SECONDS
    assert failover.order("lb", ["a", "b"]) == (["a", "b"], 1)
    failover.forget("lb")
    assert failover.order("lb", ["a", "b"]) == (["a", "b"], 2)
