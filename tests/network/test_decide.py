"""The verdict: by the rules one by one, and against a second implementation over random VPCs."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from netflux.errors import Unsupported
from netflux.network.decide import filtered, verdict
from netflux.network.topology import (
    AclEntry,
    Elsewhere,
    Interface,
    NatGateway,
    NetworkAcl,
    Ports,
    Route,
    RouteKind,
    RouteTable,
    SecurityGroup,
    SecurityGroupRule,
    Subnet,
    Topology,
)
from netflux.network.verdict import Connection, Outcome, Stage, Verdict
from tests.network import kept, naive, worlds

EVERYWHERE = "0.0.0.0/0"
OPEN = NetworkAcl(
    "acl-open",
    tuple(AclEntry(100, egress, allow=True, protocol="-1", ports=Ports(), cidr=EVERYWHERE) for egress in (True, False)),
)
INTERNET = Elsewhere("198.51.100.7")


def rule(port: int, *, egress: bool = False, **peer: str) -> SecurityGroupRule:
    ports = Ports(port, port) if port else Ports()
    return SecurityGroupRule("sgr-1", "sg", egress, "tcp" if port else "-1", ports, **peer)


OUT = rule(0, egress=True, cidr=EVERYWHERE)
LOCAL = Route("10.0.0.0/16", RouteKind.LOCAL, "local")
IGW = Route(EVERYWHERE, RouteKind.INTERNET, "igw-1")
NAT = Route(EVERYWHERE, RouteKind.NAT, "nat-1")

WEB = Interface("eni-web", "public", ("10.0.1.4",), ("sg-web",), public=True)
APP = Interface("eni-app", "private", ("10.0.2.4", "10.0.2.5"), ("sg-app",))
OTHER = Interface("eni-other", "private", ("10.0.2.6",), ("sg-app",))


def topology(*app: SecurityGroupRule, acl: NetworkAcl = OPEN, private: Route = NAT) -> Topology:
    """A public subnet with a web server and a NAT gateway, a private one with two applications."""
    groups = (
        SecurityGroup("sg-web", "web", "vpc", (OUT, rule(80, cidr=EVERYWHERE))),
        SecurityGroup("sg-app", "app", "vpc", (OUT, *app)),
    )
    return Topology(
        vpcs={"vpc": ("10.0.0.0/16",)},
        subnets={
            "public": Subnet("public", "vpc", "10.0.1.0/24", "acl-open", "rtb-public"),
            "private": Subnet("private", "vpc", "10.0.2.0/24", acl.id, "rtb-private"),
        },
        groups={group.id: group for group in groups},
        acls={"acl-open": OPEN, acl.id: acl},
        route_tables={
            "rtb-public": RouteTable("rtb-public", (LOCAL, IGW)),
            "rtb-private": RouteTable("rtb-private", (LOCAL, private)),
        },
        internet_gateways={"igw-1": "vpc"},
        nat_gateways={"nat-1": NatGateway("nat-1", "public", "10.0.1.9")},
        interfaces={one.id: one for one in (WEB, APP, OTHER)},
    )


def stopped_by(found: Verdict) -> Stage | None:
    return found.decisive.stage if found.decisive is not None else None


def test_a_rule_for_the_group_lets_its_members_in_and_nobody_else() -> None:
    world = topology(rule(8080, peer="sg-web"))
    assert verdict(world, Connection(WEB, APP, 8080)).passed
    assert stopped_by(verdict(world, Connection(OTHER, APP, 8080))) is Stage.INBOUND_GROUP
    assert stopped_by(verdict(world, Connection(WEB, APP, 8081))) is Stage.INBOUND_GROUP


def test_a_self_rule_is_about_the_members_of_its_own_group() -> None:
    world = topology(rule(8080, peer="sg-app"))
    assert verdict(world, Connection(OTHER, APP, 8080)).passed
    assert not verdict(world, Connection(WEB, APP, 8080)).passed


def test_a_rule_for_a_group_never_matches_what_comes_from_the_internet() -> None:
    world = topology(rule(8080, peer="sg-web"), private=IGW)
    found = verdict(world, Connection(INTERNET, replace(APP, public=True), 8080))
    assert stopped_by(found) is Stage.INBOUND_GROUP


def test_without_an_outbound_rule_nothing_goes_out() -> None:
    world = topology(rule(80, egress=True, cidr="10.0.1.0/24"))
    closed = replace(world, groups={**world.groups, "sg-app": SecurityGroup("sg-app", "app", "vpc", ())})
    assert stopped_by(verdict(closed, Connection(APP, WEB, 80))) is Stage.OUTBOUND_GROUP
    narrow = SecurityGroup("sg-app", "app", "vpc", (rule(80, egress=True, cidr="10.0.1.0/24"),))
    assert verdict(replace(world, groups={**world.groups, "sg-app": narrow}), Connection(APP, WEB, 80)).passed


def test_rules_for_udp_and_ipv6_let_no_tcp_over_ipv4_in() -> None:
    udp = replace(rule(8080, cidr=EVERYWHERE), protocol="udp")
    assert not verdict(topology(udp, rule(8080, cidr="::/0")), Connection(WEB, APP, 8080)).passed


def test_an_interface_always_reaches_itself() -> None:
    assert verdict(topology(), Connection(APP, APP, 8080)).passed
    assert verdict(topology(), Connection(APP, APP, 8080), listening=False).outcome is Outcome.REFUSED


def entry(number: int, ports: Ports, *, egress: bool = False, allow: bool = True, cidr: str = EVERYWHERE) -> AclEntry:
    return AclEntry(number, egress, allow, "tcp", ports, cidr)


def test_the_lowest_number_that_matches_decides_in_a_network_acl() -> None:
    entries = (entry(100, Ports(), cidr="10.0.1.0/24"), entry(90, Ports(8080, 8080), allow=False))
    world = topology(rule(0, cidr=EVERYWHERE), acl=NetworkAcl("acl-1", (*entries, entry(100, Ports(), egress=True))))
    denied = verdict(world, Connection(WEB, APP, 8080)).decisive
    assert denied is not None
    assert (denied.stage, denied.by) == (Stage.ACL_IN, entries[1])
    assert verdict(world, Connection(WEB, APP, 8081)).passed


def test_a_network_acl_is_not_asked_inside_its_subnet() -> None:
    world = topology(rule(8080, peer="sg-app"), acl=NetworkAcl("acl-shut"))
    assert verdict(world, Connection(OTHER, APP, 8080)).passed
    assert stopped_by(verdict(world, Connection(WEB, APP, 8080))) is Stage.ACL_IN


def test_a_network_acl_that_forgets_ephemeral_ports_loses_the_answers() -> None:
    shut = NetworkAcl("acl-1", (entry(100, Ports(8080, 8080)), entry(100, Ports(8080, 8080), egress=True)))
    found = verdict(topology(rule(8080, cidr=EVERYWHERE), acl=shut), Connection(WEB, APP, 8080))
    assert found.decisive is not None
    assert (found.decisive.stage, found.decisive.answer) == (Stage.ACL_OUT, True)
    assert found.outcome is Outcome.TIMED_OUT


def test_ephemeral_ports_that_are_denied_in_part_are_named() -> None:
    half = NetworkAcl("acl-1", (entry(100, Ports()), entry(100, Ports(32768, 49999), egress=True)))
    world = topology(rule(8080, cidr=EVERYWHERE), acl=half)
    found = verdict(world, Connection(WEB, APP, 8080))
    assert found.decisive is not None
    assert found.decisive.denied == Ports(50000, 60999)
    assert verdict(world, Connection(WEB, APP, 8080, source_ports=Ports(40000, 40000))).passed


def test_the_internet_reaches_only_public_addresses_in_subnets_with_an_internet_gateway() -> None:
    assert verdict(topology(), Connection(INTERNET, WEB, 80)).passed
    hidden = verdict(topology(), Connection(INTERNET, replace(WEB, public=False), 80))
    assert stopped_by(hidden) is Stage.PUBLIC_ADDRESS
    misplaced = verdict(topology(rule(80, cidr=EVERYWHERE)), Connection(INTERNET, replace(APP, public=True), 80))
    assert stopped_by(misplaced) is Stage.ROUTE


def test_a_nat_gateway_needs_a_way_to_the_internet_of_its_own() -> None:
    world = topology()
    assert verdict(world, Connection(APP, INTERNET, 443)).passed
    lost = replace(world, nat_gateways={"nat-1": NatGateway("nat-1", "private", "10.0.2.9")})
    assert stopped_by(verdict(lost, Connection(APP, INTERNET, 443))) is Stage.ROUTE
    gone = verdict(replace(world, nat_gateways={}), Connection(APP, INTERNET, 443))
    assert gone.decisive is not None
    assert "does not exist" in gone.decisive.note


def test_an_interface_without_a_public_address_gets_nothing_from_an_internet_gateway() -> None:
    found = verdict(topology(private=IGW), Connection(APP, INTERNET, 443))
    assert stopped_by(found) is Stage.PUBLIC_ADDRESS


def test_nobody_answers_at_an_address_that_no_interface_has() -> None:
    found = verdict(topology(), Connection(WEB, Elsewhere("10.0.2.99"), 80))
    assert stopped_by(found) is Stage.HOLDER
    assert found.outcome is Outcome.TIMED_OUT


def test_a_closed_port_that_the_network_lets_through_is_refused() -> None:
    found = verdict(topology(rule(8080, peer="sg-web")), Connection(WEB, APP, 8080), listening=False)
    assert (found.network, found.outcome, stopped_by(found)) == (True, Outcome.REFUSED, Stage.LISTENER)


def test_an_interface_that_nothing_has_answers_nothing() -> None:
    idle = replace(APP, attached=False)
    found = verdict(topology(rule(8080, peer="sg-web")), Connection(WEB, idle, 8080), listening=False)
    assert (found.outcome, stopped_by(found)) == (Outcome.TIMED_OUT, Stage.HOLDER)


def test_what_cannot_be_decided_here_is_refused_by_name_only_where_it_matters() -> None:
    listed = replace(rule(8080), prefix_list="pl-1")
    with pytest.raises(Unsupported, match="pl-1"):
        verdict(topology(listed), Connection(WEB, APP, 8080))
    assert verdict(topology(listed, rule(8080, peer="sg-web")), Connection(WEB, APP, 8080)).passed
    peering = Route("172.16.0.0/12", RouteKind.OTHER, "pcx-1")
    assert verdict(topology(rule(80, cidr=EVERYWHERE), private=peering), Connection(WEB, APP, 80)).passed
    with pytest.raises(Unsupported, match="pcx-1"):
        verdict(topology(private=peering), Connection(APP, Elsewhere("172.16.0.1"), 80))


def test_two_ends_outside_are_no_connection_of_this_region() -> None:
    with pytest.raises(ValueError, match="neither"):
        verdict(topology(), Connection(INTERNET, Elsewhere("8.8.8.8"), 53))


SETTINGS = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@SETTINGS
@given(worlds.worlds())
def test_the_verdict_agrees_with_a_second_implementation_for_all_pairs(world: dict[str, list[Any]]) -> None:
    found = kept.topology(world)
    told = world["NetworkInterfaces"]
    for source in [*told, *worlds.STRANGERS]:
        for target in [*told, *worlds.STRANGERS]:
            if isinstance(source, str) and isinstance(target, str):
                continue
            for number, port in enumerate(worlds.PORTS):
                own = worlds.SOURCE_PORTS[number]
                connection = Connection(_end(found, source), _end(found, target), port, source_ports=Ports(own, own))
                expected = naive.arrives(world, source, target, port, own)
                assert verdict(found, connection).passed == expected, (source, target, port, own)


def test_random_vpcs_open_and_close_often_enough_to_tell_them_apart() -> None:
    seen: Counter[tuple[str, bool]] = Counter()

    @settings(SETTINGS, max_examples=200, database=None, derandomize=True)
    @given(worlds.worlds())
    def count(world: dict[str, list[Any]]) -> None:
        told = world["NetworkInterfaces"]
        for source in [*told, worlds.STRANGERS[0]]:
            for target in [*told, worlds.STRANGERS[0]]:
                if source != target and not (isinstance(source, str) and isinstance(target, str)):
                    way = "in" if isinstance(source, str) else "out" if isinstance(target, str) else "inside"
                    seen[way, naive.arrives(world, source, target, 8080, 45000)] += 1

    count()
    assert min(seen[way, passed] for way in ("in", "out", "inside") for passed in (True, False)) > 10, seen


@SETTINGS
@given(worlds.worlds())
def test_a_range_of_source_ports_passes_when_each_of_them_does(world: dict[str, list[Any]]) -> None:
    found = kept.topology(world)
    wide = Ports(worlds.SOURCE_PORTS[1], worlds.SOURCE_PORTS[3])
    for acl in found.acls.values():
        edges = {port for one in acl.entries for port in (one.ports.low, one.ports.high, one.ports.high + 1)}
        single = sorted({wide.low, wide.high, *(port for port in edges if port in wide)})
        for egress in (True, False):
            flow = replace(Connection(INTERNET, WEB, 80).back, destination="10.0.1.10", source="10.0.2.11", ports=wide)
            _, denied = filtered(acl, flow, egress=egress)
            each = [filtered(acl, replace(flow, ports=Ports(port, port)), egress=egress)[1] for port in single]
            assert (denied is None) == all(one is None for one in each)
            assert denied is None or any(one is not None and one.low in denied for one in each)


def _end(found: Topology, told: Any) -> Interface | Elsewhere:
    return Elsewhere(told) if isinstance(told, str) else found.interfaces[told["NetworkInterfaceId"]]
