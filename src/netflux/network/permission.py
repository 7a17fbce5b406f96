"""Whether security groups let a connection in. Pure.

For the proxies of drivers that can't enforce groups between processes: a proxy knows both ends, so it can refuse what
the groups refuse. EC2 user guide, "Security group rules": rules only allow, and one that matches is enough.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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


def lets_in(permissions: Iterable[Mapping[str, Any]], peer: Peer, port: int) -> bool:
    """Whether any of the rules (`IpPermissions` of all groups of an interface) allows TCP from the peer to the port."""
    return any(_covers(rule, port) and (_from_group(rule, peer) or _from_address(rule, peer)) for rule in permissions)


def sources(permissions: Iterable[Mapping[str, Any]], port: int) -> list[str]:
    """The IPv4 blocks from which the rules allow TCP to the port."""
    found = [block["CidrIp"] for rule in permissions if _covers(rule, port) for block in rule.get("IpRanges") or ()]
    return list(dict.fromkeys(found))


def _covers(rule: Mapping[str, Any], port: int) -> bool:
    if rule.get("IpProtocol") == _ANY:
        return True
    return rule.get("IpProtocol") in _TCP and int(rule.get("FromPort", 0)) <= port <= int(rule.get("ToPort", 65535))


def _from_group(rule: Mapping[str, Any], peer: Peer) -> bool:
    return any(pair.get("GroupId") in peer.groups for pair in rule.get("UserIdGroupPairs") or ())


def _from_address(rule: Mapping[str, Any], peer: Peer) -> bool:
    blocks: Sequence[Mapping[str, str]] = rule.get("IpRanges") or ()
    return any(
        ipaddress.ip_address(address) in ipaddress.ip_network(block["CidrIp"], strict=False)
        for block in blocks
        for address in peer.addresses
    )
