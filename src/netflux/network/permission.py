"""Whether security groups let a connection in. Pure.

For the proxies of drivers that can't enforce groups between processes: a proxy knows both ends, so it can refuse what
the groups refuse. EC2 user guide, "Security group rules": rules only allow, and one that matches is enough.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

from netflux.resources.ec2.securitygroup import SecurityGroupRule

_TCP = ("tcp", "6")
_ANY = "-1"


@dataclass(frozen=True)
class Peer:
    """Who connects.

    Attributes:
        addresses: its VPC addresses; one that matches is enough.
        groups: ids of the security groups of its interface.
    """

    addresses: tuple[str, ...] = ()
    groups: frozenset[str] = frozenset()


def lets_in(rules: Iterable[SecurityGroupRule], peer: Peer, port: int) -> bool:
    """Whether any of the rules of an interface's groups allows TCP from the peer to the port."""
    return any(
        _covers(rule, port) and (rule.referenced_group_id in peer.groups or _from_address(rule, peer)) for rule in rules
    )


def sources(rules: Iterable[SecurityGroupRule], port: int) -> list[str]:
    """The IPv4 blocks from which the rules allow TCP to the port."""
    return list(dict.fromkeys(rule.cidr_ipv4 for rule in rules if rule.cidr_ipv4 and _covers(rule, port)))


def _covers(rule: SecurityGroupRule, port: int) -> bool:
    if rule.egress:
        return False
    return rule.protocol == _ANY or (rule.protocol in _TCP and rule.from_port <= port <= rule.to_port)


def _from_address(rule: SecurityGroupRule, peer: Peer) -> bool:
    if not rule.cidr_ipv4:
        return False
    block = ipaddress.ip_network(rule.cidr_ipv4, strict=False)
    return any(ipaddress.ip_address(address) in block for address in peer.addresses)
