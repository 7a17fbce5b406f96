"""A rule set's verdict on the first packet of a connection to an interface of its VPC, without a kernel. Pure.

Network ACLs are left out: they are asked about every packet, so nothing of them is remembered.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from netflux.network.nftables import Verdict
from netflux.network.ruleset import ACLS, FORWARD, Rule, Ruleset


@dataclass(frozen=True)
class Packet:
    """What rules ask about.

    Attributes:
        protocol: number.
        port: of the destination.
    """

    source: str
    destination: str
    protocol: int
    port: int


def lets(ruleset: Ruleset, packet: Packet) -> bool:
    """Whether the security groups let it through."""
    return _through(ruleset, FORWARD, packet) is Verdict.ACCEPT


def _through(ruleset: Ruleset, chain: str, packet: Packet) -> Verdict | None:
    """What a chain decides; None when it decides nothing."""
    for rule in ruleset.chains.get(chain, ()):
        if not _matches(ruleset, rule, packet):
            continue
        if rule.by:
            address = packet.source if rule.by == "source" else packet.destination
            goal = ruleset.maps.get(rule.goal, {}).get(address)
            decided = None if goal is None else _through(ruleset, goal, packet)
        elif rule.verdict in (Verdict.JUMP, Verdict.GOTO):
            decided = _through(ruleset, rule.goal, packet)
            if rule.verdict is Verdict.GOTO:
                return decided
        else:
            return rule.verdict
        if decided is not None:
            return decided
    return None


def _matches(ruleset: Ruleset, rule: Rule, packet: Packet) -> bool:
    if rule.tracked or rule.leaving or rule.goal == ACLS:
        return False
    if rule.entering and _inside(ruleset, packet.source):
        return False
    if rule.protocol is not None and rule.protocol != packet.protocol:
        return False
    if rule.ports is not None and not rule.ports.low <= packet.port <= rule.ports.high:
        return False
    return all(
        _within(ruleset, address, block, group)
        for address, block, group in (
            (packet.source, rule.source, rule.sources),
            (packet.destination, rule.destination, rule.destinations),
        )
    )


def _inside(ruleset: Ruleset, address: str) -> bool:
    """Whether the VPC has the address: what comes from others has come by the internet gateway."""
    return any(ipaddress.IPv4Address(address) in ipaddress.IPv4Network(block) for block in ruleset.blocks)


def _within(ruleset: Ruleset, address: str, block: str, group: str) -> bool:
    if group and address not in ruleset.sets.get(group, ()):
        return False
    return not block or ipaddress.IPv4Address(address) in ipaddress.IPv4Network(block, strict=False)
