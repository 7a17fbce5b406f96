"""What security group rules let in."""

from __future__ import annotations

from netflux.network.permission import Peer, lets_in, sources
from netflux.resources.ec2.securitygroup import SecurityGroupRule


def rule(low: int, high: int, *, group: str = "", block: str = "", protocol: str = "tcp") -> SecurityGroupRule:
    return SecurityGroupRule("sgr-1", "sg-app", False, protocol, low, high, block, referenced_group_id=group)


ALB = Peer(("10.0.1.5", "10.0.2.5"), frozenset({"sg-alb"}))


def test_nothing_is_let_in_without_a_rule() -> None:
    assert not lets_in([], ALB, 8080)


def test_a_rule_lets_a_group_or_a_block_in_at_its_ports() -> None:
    by_group = [rule(8080, 8080, group="sg-alb")]
    assert lets_in(by_group, ALB, 8080)
    assert not lets_in(by_group, ALB, 8081)
    assert not lets_in(by_group, Peer(("10.0.1.5",), frozenset({"sg-x"})), 8080)
    by_block = [rule(8000, 9000, block="10.0.2.0/24")]
    assert lets_in(by_block, ALB, 8080)
    assert not lets_in(by_block, Peer(("10.0.1.5",)), 8080)


def test_all_protocols_is_all_ports_and_another_protocol_none() -> None:
    assert lets_in([rule(-1, -1, group="sg-alb", protocol="-1")], ALB, 1)
    assert not lets_in([rule(1, 9999, block="0.0.0.0/0", protocol="udp")], ALB, 53)


def test_a_rule_for_what_goes_out_lets_nothing_in() -> None:
    out = SecurityGroupRule("sgr-1", "sg-app", True, "-1", cidr_ipv4="0.0.0.0/0")
    assert not lets_in([out], ALB, 8080)
    assert sources([out], 8080) == []


def test_sources_of_a_port() -> None:
    assert sources([rule(80, 80, block="0.0.0.0/0"), rule(443, 443, block="10.0.0.0/8")], 443) == ["10.0.0.0/8"]
