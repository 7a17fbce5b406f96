"""What a VPC's router filters and where it sends what is left: topology in, chains, sets, maps and routes out. Pure.

All interfaces of a VPC have a cable to one router, so one rule set at the router's ends of the cables serves them all,
and what a task does to its own namespace changes nothing of it. An interface costs its elements in sets and maps; a
group costs its rules once, however many members it has, and nothing while it has none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from netflux.network.flowbook import Fate
from netflux.network.nftables import Verdict
from netflux.network.topology import (
    ANY,
    AclEntry,
    Interface,
    NetworkAcl,
    Ports,
    RouteKind,
    SecurityGroupRule,
    Subnet,
    Topology,
    block,
)

FORWARD, TRACKED, ACLS, INWARD, OUTSIDE = "forward", "tracked", "acls", "inward", "outside"
"""Chains: connections by security groups, those that were let through, single packets by network ACLs, what groups let
out, what comes by the internet gateway."""

FROM, TO = "from", "to"
"""Maps: an interface's address to the chain of what may leave it, and of what may enter it."""

PUBLIC = "public"
"""Set: addresses that the internet gateway translates."""

INTERNET_GATEWAY, NAT_GATEWAY = 2, 3
"""Indexes of the router's interfaces to the outside world, which this machine does not lead to. Packets come by the
internet gateway's from probes alone (outside.py)."""

DENIED, REST = "denied", "*"
"""Rules that drop what no other rule of a group, or of a network ACL, decides."""

_LEAVING, _ENTERING, _OUT = "leave-", "enter-", "-out"
_NUMBERS = {"tcp": 6, "udp": 17, "icmp": 1}
_WITH_PORTS = (6, 17)
_EVERYWHERE = "0.0.0.0/0"


@dataclass(frozen=True)
class Rule:
    """A rule of a chain.

    Attributes:
        name: unique in its chain; the id of the security group rule that it stands for, where it does.
        verdict: what becomes of packets that match all of the following.
        goal: the chain of a jump; the map of `by`.
        by: look the source (`source`) or destination (`destination`) up in the map `goal`, and jump where it says.
        tracked: the packet belongs to a connection that was let through.
        protocol: number; None for all.
        ports: of the destination.
        source: block, with `!` in front for the addresses outside of it; empty for all.
        destination: likewise.
        sources: set; empty for all.
        destinations: likewise.
        leaving: index of the interface by which the packet leaves; 0 for any.
        entering: likewise, by which it came.
        refuse: with an ICMP error instead of silence.
        counted: how often it was met is counted.
    """

    name: str
    verdict: Verdict
    goal: str = ""
    by: str = ""
    tracked: bool = False
    protocol: int | None = None
    ports: Ports | None = None
    source: str = ""
    destination: str = ""
    sources: str = ""
    destinations: str = ""
    leaving: int = 0
    entering: int = 0
    refuse: bool = False
    counted: bool = False


@dataclass(frozen=True)
class Way:
    """A route of a route table.

    Attributes:
        block: destination.
        leaving: index of the router's interface; 0 drops.
    """

    block: str
    leaving: int


@dataclass(frozen=True)
class Ruleset:
    """All of one VPC.

    Attributes:
        chains: rules by chain, without the base chains' own beginning.
        sets: addresses by set.
        maps: chains by address, by map.
        gateways: the router's own address in each subnet, by the subnet's block.
        blocks: of the VPC.
        ways: what leads out of the VPC, by the block of the subnet whose packets it is for.
    """

    chains: Mapping[str, tuple[Rule, ...]] = field(default_factory=dict)
    sets: Mapping[str, frozenset[str]] = field(default_factory=dict)
    maps: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    gateways: Mapping[str, str] = field(default_factory=dict)
    blocks: tuple[str, ...] = ()
    ways: Mapping[str, tuple[Way, ...]] = field(default_factory=dict)


def of(topology: Topology, vpc: str, *, watched: bool = False) -> Ruleset:
    """The rule set of a VPC; when it is watched, with what writes flows down."""
    interfaces = [one for one in topology.interfaces.values() if topology.subnets[one.subnet].vpc == vpc]
    subnets = [subnet for subnet in topology.subnets.values() if subnet.vpc == vpc]
    members = sorted({group for one in interfaces for group in one.groups if group in topology.groups})
    peers = {rule.peer for group in members for rule in topology.groups[group].rules}
    groups = {*members, *(peer for peer in peers if peer in topology.groups and topology.groups[peer].vpc == vpc)}
    borders = tuple(_borders(topology, subnets))
    chains = {FORWARD: _forward(), TRACKED: _tracked(bordered=bool(borders)), ACLS: borders}
    chains[INWARD] = tuple(_inward(bordered=bool(borders)))
    chains[OUTSIDE] = tuple(_outside(bordered=bool(borders)))
    for group in members:
        rules = topology.groups[group].rules
        chains[out_of(group)] = tuple(_allowing(rules, groups, egress=True))
        chains[into(group)] = tuple(_allowing(rules, groups, egress=False))
    for combination in {tuple(sorted(one.groups)) for one in interfaces}:
        chains |= _combined(combination)
    for acl in sorted({subnet.acl for subnet in subnets}):
        for egress in (False, True):
            if not open_to_all(topology.acls[acl], egress=egress):
                chains[acl_chain(acl, egress=egress)] = tuple(_entries(topology.acls[acl], egress=egress))
    if watched:
        chains = {name: tuple(_writing(name, rules)) for name, rules in chains.items()}
        chains |= {fate.chain: () for fate in Fate}
    return Ruleset(
        chains=chains,
        sets={
            PUBLIC: frozenset(address for one in interfaces if one.public for address in _four(one)),
            **{group: frozenset(address for one in interfaces if group in one.groups for address in _four(one))
               for group in sorted(groups)},
        },
        maps={
            FROM: {address: _combination(one, egress=True) for one in interfaces for address in _four(one)},
            TO: {address: _combination(one, egress=False) for one in interfaces for address in _four(one)},
        },
        gateways={subnet.cidr: gateway(subnet.cidr) for subnet in subnets},
        blocks=topology.vpcs[vpc],
        ways={subnet.cidr: tuple(_ways(topology, subnet)) for subnet in subnets},
    )  # fmt: skip


def gateway(cidr: str) -> str:
    """The router's address in a subnet: the first behind the network's own (VPC user guide, "Subnet sizing")."""
    return str(block(cidr)[1])


def into(group: str) -> str:
    """Chain with a group's inbound rules."""
    return f"in-{group}"


def out_of(group: str) -> str:
    """Chain with a group's outbound rules."""
    return f"out-{group}"


def open_to_all(acl: NetworkAcl, *, egress: bool) -> bool:
    """Whether the first entry that is asked lets everything pass, as in a VPC's default network ACL."""
    found = sorted((entry for entry in acl.entries if entry.egress == egress), key=lambda entry: entry.number)
    four = [entry for entry in found if ":" not in entry.cidr]
    return bool(four) and four[0].allow and four[0].protocol == ANY and four[0].cidr == _EVERYWHERE


def _four(interface: Interface) -> list[str]:
    return [address for address in interface.addresses if ":" not in address]


def _forward() -> tuple[Rule, ...]:
    """Of a connection's packets only the first one is asked for its source's groups, then for its destination's."""
    return (
        Rule("tracked", Verdict.GOTO, goal=TRACKED, tracked=True),
        Rule("from", Verdict.JUMP, goal=FROM, by="source"),
        Rule("outside", Verdict.GOTO, goal=OUTSIDE, entering=INTERNET_GATEWAY),
    )


def _outside(*, bordered: bool) -> Iterator[Rule]:
    """A client on the internet has no groups, and gets to public addresses alone; here they are translated already."""
    if bordered:
        yield Rule(ACLS, Verdict.JUMP, goal=ACLS)
    yield Rule("to", Verdict.JUMP, goal=TO, by="destination", destinations=PUBLIC)
    yield Rule("nobody", Verdict.DROP, counted=True)


def _tracked(*, bordered: bool) -> tuple[Rule, ...]:
    through = Rule("through", Verdict.ACCEPT)
    return (Rule(ACLS, Verdict.JUMP, goal=ACLS), through) if bordered else (through,)


def _inward(*, bordered: bool) -> Iterator[Rule]:
    """Nothing of this machine leads outside: what a gateway would take is refused, so that clients need not wait. An
    internet gateway drops what comes from an interface without a public address.
    """
    if bordered:
        yield Rule(ACLS, Verdict.JUMP, goal=ACLS)
    yield Rule("nat", Verdict.DROP, leaving=NAT_GATEWAY, refuse=True, counted=True)
    yield Rule("internet", Verdict.DROP, leaving=INTERNET_GATEWAY, sources=PUBLIC, refuse=True, counted=True)
    yield Rule("private", Verdict.DROP, leaving=INTERNET_GATEWAY, counted=True)
    yield Rule("to", Verdict.JUMP, goal=TO, by="destination")
    yield Rule("nobody", Verdict.DROP, counted=True)


def _writing(chain: str, rules: Iterable[Rule]) -> Iterator[Rule]:
    """The chain's rules, with one before each that drops, for the same packets, which writes down what becomes of them.

    What arrives is written down by a chain of its own behind all of these.
    """
    outward = chain.startswith(_LEAVING) or chain.endswith(_OUT)
    fate = Fate.LOST if chain in (INWARD, OUTSIDE) else Fate.KEPT if outward else Fate.TURNED
    for rule in rules:
        if rule.verdict is Verdict.DROP:
            yield replace(rule, name=f"flow-{rule.name}", verdict=Verdict.JUMP, goal=fate.chain, refuse=False,
                          counted=False)  # fmt: skip
        yield rule


def _combined(groups: tuple[str, ...]) -> dict[str, tuple[Rule, ...]]:
    last = Rule(DENIED, Verdict.DROP, counted=True)
    return {
        _combination_name(groups, egress=egress): (
            *(Rule(group, Verdict.JUMP, goal=chain(group)) for group in groups), last,
        )
        for egress, chain in ((True, out_of), (False, into))
    }  # fmt: skip


def denying(groups: Iterable[str], *, egress: bool) -> tuple[str, str]:
    """Chain and rule that drop what none of an interface's groups allows."""
    return _combination_name(tuple(sorted(groups)), egress=egress), DENIED


def _combination(interface: Interface, *, egress: bool) -> str:
    return _combination_name(tuple(sorted(interface.groups)), egress=egress)


@cache
def _combination_name(groups: tuple[str, ...], *, egress: bool) -> str:
    return (_LEAVING if egress else _ENTERING) + hashlib.sha256(" ".join(groups).encode()).hexdigest()[:16]


def _allowing(rules: Iterable[SecurityGroupRule], groups: Collection[str], *, egress: bool) -> Iterator[Rule]:
    for rule in rules:
        known = _protocol(rule.protocol)
        if rule.egress != egress or rule.prefix_list or known is None or ":" in rule.cidr:
            continue
        if rule.peer and rule.peer not in groups:
            continue
        protocol, ports = known[0], rule.ports if known[0] in _WITH_PORTS else None
        verdict, goal = (Verdict.GOTO, INWARD) if egress else (Verdict.ACCEPT, "")
        cidr = "" if rule.cidr == _EVERYWHERE else rule.cidr
        yield Rule(
            rule.id, verdict, goal, protocol=protocol, ports=None if ports == Ports() else ports, counted=True,
            source="" if egress else cidr, destination=cidr if egress else "",
            sources="" if egress else rule.peer, destinations=rule.peer if egress else "",
        )  # fmt: skip


def _protocol(name: str) -> tuple[int | None] | None:
    """The number in a tuple, None there for all protocols; None for what IPv4 does not have."""
    if name == ANY:
        return (None,)
    if name in _NUMBERS:
        return (_NUMBERS[name],)
    return (int(name),) if name.isdigit() else None


def acl_chain(acl: str, *, egress: bool) -> str:
    """Chain with a network ACL's entries of one direction."""
    return f"{acl}{_OUT if egress else '-in'}"


def _borders(topology: Topology, subnets: Sequence[Subnet]) -> Iterator[Rule]:
    """A packet leaves its subnet before it enters another."""
    ordered = sorted(subnets, key=lambda subnet: subnet.id)
    for subnet in ordered:
        if not open_to_all(topology.acls[subnet.acl], egress=True):
            yield Rule(
                f"{subnet.id}-out", Verdict.JUMP, acl_chain(subnet.acl, egress=True),
                source=subnet.cidr, destination=f"!{subnet.cidr}",
            )  # fmt: skip
    for subnet in ordered:
        if not open_to_all(topology.acls[subnet.acl], egress=False):
            yield Rule(
                f"{subnet.id}-in", Verdict.JUMP, acl_chain(subnet.acl, egress=False),
                source=f"!{subnet.cidr}", destination=subnet.cidr,
            )  # fmt: skip


def _entries(acl: NetworkAcl, *, egress: bool) -> Iterator[Rule]:
    for entry in sorted(acl.entries, key=lambda entry: entry.number):
        if entry.egress == egress and ":" not in entry.cidr:
            yield from _entry(entry)
    yield Rule(REST, Verdict.DROP, counted=True)


def _entry(entry: AclEntry) -> Iterator[Rule]:
    known = _protocol(entry.protocol)
    if known is None:
        return
    ports = entry.ports if known[0] in _WITH_PORTS and entry.ports != Ports() else None
    cidr = "" if entry.cidr == _EVERYWHERE else entry.cidr
    yield Rule(
        str(entry.number), Verdict.RETURN if entry.allow else Verdict.DROP, protocol=known[0], ports=ports,
        source="" if entry.egress else cidr, destination=cidr if entry.egress else "", counted=True,
    )  # fmt: skip


def _ways(topology: Topology, subnet: Subnet) -> Iterator[Way]:
    """Routes out of the VPC, and one that drops what none is for."""
    found = {}
    for route in topology.routes_of(subnet.id).routes:
        if route.kind is RouteKind.LOCAL or ":" in route.destination or "/" not in route.destination:
            continue
        leaving = 0
        if route.kind is RouteKind.NAT and route.target in topology.nat_gateways:
            leaving = NAT_GATEWAY
        elif route.kind is RouteKind.INTERNET and topology.internet_gateways.get(route.target) == subnet.vpc:
            leaving = INTERNET_GATEWAY
        found[str(block(route.destination))] = leaving
    for destination, leaving in {_EVERYWHERE: 0, **found}.items():
        yield Way(destination, leaving)
