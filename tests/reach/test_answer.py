"""From a question to sentences and commands."""

from dataclasses import replace
from typing import Any

import pytest

from netflux.errors import UserError
from netflux.network.attempt import Probe
from netflux.network.topology import (
    AclEntry,
    Interface,
    NetworkAcl,
    Ports,
    Route,
    RouteKind,
    RouteTable,
    SecurityGroup,
    SecurityGroupRule,
    Topology,
)
from netflux.network.verdict import Outcome
from netflux.reach.answer import Answer, answer, question, stranger, told
from netflux.reach.place import INTERNET, Kind, Place
from tests.network.test_decide import LOCAL, NAT, OTHER, OUT, topology

ALB = Place(Kind.LOAD_BALANCER, "netflux-alb", ("alb",), ("eni-web",), (80,))
SERVICE = Place(Kind.SERVICE, "movie-service", ("movie",), ("eni-app", "eni-other"), (8080,))
LABELS = {"eni-web": "netflux-alb", "eni-app": "movie-service/1", "eni-other": "movie-service/2"}
LISTENING = {"eni-web": True, "eni-app": True, "eni-other": True}
IN = SecurityGroupRule("sgr-8", "sg-app", False, "tcp", Ports(8080, 8080), peer="sg-web", description="from the ALB")


def ask(world: Topology, source: Place, destination: Place, port: int | None = None, **heard: bool) -> dict[str, Any]:
    return told(answer(question(source, destination, port), world, LABELS, {**LISTENING, **heard}))


def failing(found: dict[str, Any]) -> dict[str, Any]:
    hop: dict[str, Any] = next(hop for hop in found["paths"][0]["hops"] if not hop["passed"])
    return hop


def test_ways_that_are_decided_alike_are_told_once() -> None:
    found = ask(topology(IN), ALB, SERVICE)
    assert (found["reachable"], found["ways"], found["open"], len(found["paths"])) == (True, 2, 2, 1)
    assert found["to"]["port"] == 8080
    (inbound,) = [hop for hop in found["paths"][0]["hops"] if hop["stage"] == "inbound group"]
    assert inbound["says"] == 'sg-app (app) allows tcp 8080 from sg-web (web) (sgr-8, "from the ALB")'
    assert inbound["by"] == "sgr-8"


def test_one_closed_way_among_open_ones_is_a_no_and_told_first() -> None:
    world = topology(IN)
    moved = replace(OTHER, groups=("sg-web",))
    found = ask(replace(world, interfaces={**world.interfaces, "eni-other": moved}), ALB, SERVICE)
    assert (found["reachable"], found["open"]) == (False, 1)
    assert not found["paths"][0]["reachable"]


def test_a_missing_inbound_rule_is_named_with_what_is_there_and_the_command_that_adds_it() -> None:
    found = ask(topology(replace(IN, ports=Ports(9090, 9090)), replace(IN, peer="sg-app")), ALB, SERVICE)
    hop = failing(found)
    assert hop["says"] == (
        "no inbound rule of sg-app (app) allows tcp 8080 from 10.0.1.4 (netflux-alb); "
        'it allows tcp 8080 from itself (sgr-8, "from the ALB")'
    )
    assert found["because"] == hop["says"]
    assert hop["remedy"] == (
        "aws ec2 authorize-security-group-ingress --group-id sg-app "
        "--ip-permissions 'IpProtocol=tcp,FromPort=8080,ToPort=8080,UserIdGroupPairs=[{GroupId=sg-web}]'"
    )


def test_a_missing_outbound_rule_is_named() -> None:
    world = topology(IN)
    closed = SecurityGroup("sg-web", "web", "vpc", ())
    hop = failing(ask(replace(world, groups={**world.groups, "sg-web": closed}), ALB, SERVICE))
    assert hop["says"] == "no outbound rule of sg-web (web) allows tcp 8080 to 10.0.2.4 (movie-service/1)"
    assert "authorize-security-group-egress --group-id sg-web" in hop["remedy"]


def test_a_client_on_the_internet_is_let_in_by_a_block() -> None:
    shut = SecurityGroup("sg-web", "web", "vpc", (OUT,))
    world = topology()
    hop = failing(ask(replace(world, groups={**world.groups, "sg-web": shut}), INTERNET, ALB))
    assert "allows tcp 80 from 198.51.100.7 (the internet)" in hop["says"]
    assert "IpRanges=[{CidrIp=0.0.0.0/0}]" in hop["remedy"]


def test_the_stranger_is_nobody_that_a_rule_means_in_particular() -> None:
    office = replace(IN, peer="", cidr="198.51.100.0/24")
    assert stranger(topology()) == "198.51.100.7"
    assert stranger(topology(office)) == "203.0.113.7"


def test_a_network_acl_that_denies_is_named_by_its_number() -> None:
    deny = AclEntry(50, egress=False, allow=False, protocol="tcp", ports=Ports(8000, 9000), cidr="10.0.1.0/24")
    allow = AclEntry(100, egress=False, allow=True, protocol="-1", ports=Ports(), cidr="0.0.0.0/0")
    acl = NetworkAcl("acl-1", (deny, allow, replace(allow, egress=True)))
    hop = failing(ask(topology(IN, acl=acl), ALB, SERVICE))
    assert hop["says"] == "acl-1 rule 50 denies tcp 8080 from 10.0.1.4 (from 10.0.1.0/24)"
    assert (
        "--network-acl-id acl-1 --ingress --rule-number 49 --protocol 6 --port-range From=8080,To=8080" in hop["remedy"]
    )


def test_answers_that_are_lost_are_explained() -> None:
    allow = AclEntry(100, egress=False, allow=True, protocol="-1", ports=Ports(), cidr="0.0.0.0/0")
    hop = failing(ask(topology(IN, acl=NetworkAcl("acl-1", (allow,))), ALB, SERVICE))
    assert "rule * denies tcp 32768-60999 to 10.0.1.4" in hop["says"]
    assert "stateless" in hop["says"]
    assert "--egress --rule-number 10 --protocol 6 --port-range From=32768,To=60999" in hop["remedy"]


def test_a_lost_route_is_made_again_by_the_nat_gateway_or_the_internet_gateway() -> None:
    gone = Route("0.0.0.0/0", RouteKind.BLACKHOLE, "nat-0")
    out = ask(topology(private=gone), SERVICE, INTERNET)
    assert "to nat-0: it does not exist" in failing(out)["says"]
    assert failing(out)["remedy"] == (
        "aws ec2 replace-route --route-table-id rtb-private --destination-cidr-block 0.0.0.0/0 --nat-gateway-id nat-1"
    )
    world = topology(private=NAT)
    bare = {**world.route_tables, "rtb-public": RouteTable("rtb-public", (LOCAL,))}
    hop = failing(ask(replace(world, route_tables=bare), INTERNET, ALB))
    assert hop["says"] == "rtb-public has no route for 198.51.100.7"
    assert hop["remedy"] == (
        "aws ec2 create-route --route-table-id rtb-public --destination-cidr-block 0.0.0.0/0 --gateway-id igw-1"
    )
    assert failing(ask(replace(world, route_tables=bare), SERVICE, INTERNET))["remedy"] == hop["remedy"]


def test_a_task_with_a_public_address_in_a_private_subnet_is_told_why_it_stays_alone() -> None:
    found = ask(topology(), INTERNET, SERVICE)
    assert found["because"] == "eni-app (movie-service/1): it has no public address"


def test_nobody_listening_is_a_no_without_a_command() -> None:
    found = ask(topology(IN), ALB, SERVICE, **{"eni-app": False, "eni-other": False})
    assert found["because"] == "nothing listens on tcp 8080 at eni-app (movie-service/1)"
    assert found["paths"][0]["outcome"] == "refused"
    assert failing(found)["remedy"] == ""


def test_a_service_reaches_its_other_tasks_and_a_single_task_itself() -> None:
    assert ask(topology(), SERVICE, SERVICE)["ways"] == 2
    single = replace(SERVICE, interfaces=("eni-app",))
    assert ask(topology(), single, single)["reachable"]


def test_an_end_without_an_interface_is_a_no_with_the_reason() -> None:
    nobody = replace(SERVICE, interfaces=(), ports=(), absent="no task of service movie-service runs (desired 0)")
    found = ask(topology(), ALB, nobody)
    assert (found["reachable"], found["because"], found["paths"]) == (False, nobody.absent, [])


def test_a_port_that_nobody_can_guess_has_to_be_named() -> None:
    with pytest.raises(UserError, match="on which port"):
        ask(topology(), ALB, Place(Kind.INTERFACE, "eni-app", ("eni-app",), ("eni-app",)))
    with pytest.raises(UserError, match="Neither end"):
        ask(topology(), INTERNET, Place(Kind.ADDRESS, "8.8.8.8"), 53)


def probed(world: Topology, outcome: Outcome, port: int = 40000) -> tuple[Answer, str]:
    found = answer(question(ALB, SERVICE, None), world, LABELS, LISTENING)
    path = replace(found.paths[0], probe=Probe(outcome, port))
    return found, found.disagreement(path)


def test_a_packet_that_shows_something_else_is_a_disagreement() -> None:
    assert probed(topology(IN), Outcome.ACCEPTED)[1] == ""
    assert probed(topology(IN), Outcome.TIMED_OUT)[1] == "the analysis says accepted, the packet was timed out"
    assert probed(topology(), Outcome.ACCEPTED)[1] == "the analysis says timed out, the packet was accepted"
    assert probed(topology(), Outcome.UNREACHABLE)[1] == ""
    assert probed(topology(), Outcome.REFUSED)[1] != ""


def test_a_packet_is_compared_with_the_verdict_for_its_own_source_port() -> None:
    """A list that lets some ephemeral ports pass: the range is a no, the packet from one of those ports a yes."""
    allow = AclEntry(100, egress=False, allow=True, protocol="-1", ports=Ports(), cidr="0.0.0.0/0")
    some = AclEntry(100, egress=True, allow=True, protocol="tcp", ports=Ports(32768, 45000), cidr="0.0.0.0/0")
    world = topology(IN, acl=NetworkAcl("acl-1", (allow, some)))
    found, disagreement = probed(world, Outcome.ACCEPTED)
    assert not found.reachable
    assert disagreement == ""
    assert probed(world, Outcome.ACCEPTED, 50000)[1] != ""


def test_what_answers_on_the_internet_is_not_the_regions_to_say() -> None:
    found = answer(question(SERVICE, INTERNET, None), topology(private=NAT), LABELS, {})
    path = replace(found.paths[0], probe=Probe(Outcome.REFUSED, 40000))
    assert found.disagreement(path) == ""
    assert isinstance(found.paths[0].verdict.connection.source, Interface)
