"""What security group rules let in."""

from __future__ import annotations

from typing import Any

from netflux.network.permission import Peer, lets_in, sources


def rule(low: int, high: int, **source: Any) -> dict[str, Any]:
    return {"IpProtocol": "tcp", "FromPort": low, "ToPort": high, **source}


ALB = Peer(("10.0.1.5", "10.0.2.5"), frozenset({"sg-alb"}))


def test_nothing_is_let_in_without_a_rule() -> None:
    assert not lets_in([], ALB, 8080)


def test_a_rule_lets_a_group_or_a_block_in_at_its_ports() -> None:
    by_group = [rule(8080, 8080, UserIdGroupPairs=[{"GroupId": "sg-alb"}])]
    assert lets_in(by_group, ALB, 8080)
    assert not lets_in(by_group, ALB, 8081)
    assert not lets_in(by_group, Peer(("10.0.1.5",), frozenset({"sg-x"})), 8080)
    by_block = [rule(8000, 9000, IpRanges=[{"CidrIp": "10.0.2.0/24"}])]
    assert lets_in(by_block, ALB, 8080)
    assert not lets_in(by_block, Peer(("10.0.1.5",)), 8080)


def test_all_protocols_is_all_ports_and_another_protocol_none() -> None:
    assert lets_in([{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": "sg-alb"}]}], ALB, 1)
    assert not lets_in([{**rule(1, 9999, IpRanges=[{"CidrIp": "0.0.0.0/0"}]), "IpProtocol": "udp"}], ALB, 53)


def test_sources_of_a_port() -> None:
    rules = [rule(80, 80, IpRanges=[{"CidrIp": "0.0.0.0/0"}]), rule(443, 443, IpRanges=[{"CidrIp": "10.0.0.0/8"}])]
    assert sources(rules, 443) == ["10.0.0.0/8"]
