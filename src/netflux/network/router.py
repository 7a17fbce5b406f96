"""A VPC's router: a network namespace that every interface of the VPC has a cable to. Blocks; for one thread.

Nothing is listed to find out what to change: the router is made by this object and by nobody else, so what was applied
last is what the kernel has.
"""

from __future__ import annotations

import difflib
import ipaddress
import itertools
import os
import socket
import time
from collections.abc import Iterator, Mapping, Sequence

from netflux.network import conntrack, flowbook, link, namespace, netlink, nftables, simulation
from netflux.network.flowbook import Ends, Fate, Flow, Page
from netflux.network.hosting import Host
from netflux.network.interface import Sockets
from netflux.network.netlink import Message
from netflux.network.nftables import Found, Verdict
from netflux.network.outside import Outside
from netflux.network.ruleset import (
    FORWARD,
    FROM,
    INTERNET_GATEWAY,
    NAT_GATEWAY,
    TO,
    Rule,
    Ruleset,
    Way,
)

_SETTINGS = {
    "ipv6/conf/all/disable_ipv6": "1",
    "ipv6/conf/default/disable_ipv6": "1",
    "ipv4/ip_forward": "1",
    "ipv4/conf/all/send_redirects": "0",
    "ipv4/conf/default/send_redirects": "0",
    "ipv4/conf/all/rp_filter": "1",
    "ipv4/conf/default/rp_filter": "1",
}
"""A packet whose source is not at the cable that it comes by is dropped: EC2's source check."""

_NOWHERE = 4
_FIRST_INDEX = 10
_LOCAL_PRIORITY, _SUBNET_PRIORITY = 100, 200
_FIRST_TABLE = 1000
_PEER_INDEX = 2
_LARGEST_NAME = 15
_BEHIND = 10
"""Priority of the chain that sees what all others let pass."""
_AT_ONCE = 100
"""Messages that are each answered: the answers wait in a receive buffer of 208 KB."""


class Router:
    """One VPC's router.

    Args:
        vpc: its id, and the name of its namespace.
    """

    def __init__(self, vpc: str) -> None:
        self.vpc = vpc
        self.applied = Ruleset()
        self.sent = 0
        self._routed = Ruleset()
        self._cables: dict[str, int] = {}
        self._tables: dict[str, int] = {}
        self._index = itertools.count(_FIRST_INDEX)
        self._identity = itertools.count(1)
        self._book = ""
        self._closing: tuple[str, dict[Ends, Flow]] | None = None
        namespace.create(vpc, _SETTINGS)
        self.outside = Outside(vpc)
        with namespace.inside(vpc):
            self._route = netlink.Socket(netlink.ROUTE)
            self._filter = netlink.Socket(netlink.NETFILTER)
        # The NAT gateways' cable ends here: something for routes to point at, where the filter lets nothing leave.
        self._route.send([
            link.up(link.LOOPBACK), link.pair("nat", NAT_GATEWAY, "nowhere", _NOWHERE),
            link.up(NAT_GATEWAY), link.up(_NOWHERE),
        ])  # fmt: skip
        self.outside.join(INTERNET_GATEWAY, self._route)
        self._transact([*self._fresh()])

    def close(self) -> None:
        """Ends the router; its cables end with it."""
        self.outside.close()
        self._route.close()
        self._filter.close()
        namespace.remove(self.vpc)

    def connect(self, interface: str, address: str, subnet: str, mac: str) -> None:
        """Makes the interface's namespace, named by its id, with the address at `eth0`, and its cable.

        Args:
            subnet: CIDR block.
        """
        namespace.remove(interface)
        namespace.create(interface, namespace.SETTINGS)
        index = next(self._index)
        block = ipaddress.IPv4Network(subnet)
        try:
            with namespace.inside(interface):
                inner = netlink.Socket(netlink.ROUTE)
            try:
                with (namespace.DIRECTORY / interface).open("rb") as goal:
                    end = link.End(goal.fileno(), _PEER_INDEX, mac)
                    self._route.send([link.veth(_named("v", interface), index, end)])
                inner.send([
                    link.up(link.LOOPBACK), link.up(_PEER_INDEX), link.address(_PEER_INDEX, address, block.prefixlen),
                    link.default_route(_PEER_INDEX, str(block[1])),
                ])  # fmt: skip
            finally:
                inner.close()
            self._route.send([link.up(index), link.route(f"{address}/32", index)])
        except OSError:
            self._route.send([link.remove(index)])
            namespace.remove(interface)
            raise
        self._cables[interface] = index

    def host(self, interface: str, subnet: str, mac: str, host: Host) -> None:
        """The interface's cable into the region's own namespace, where it has a seat.

        Args:
            subnet: CIDR block.
        """
        index, seat = next(self._index), host.seats[interface]
        goal = host.namespace()
        try:
            end = link.End(goal, seat.index, mac, _named("n", interface))
            self._route.send([link.veth(_named("v", interface), index, end)])
        finally:
            os.close(goal)
        self._cables[interface] = index
        host.settle(interface, str(ipaddress.IPv4Network(subnet)[1]))
        self._route.send([link.up(index), link.route(f"{seat.address}/32", index)])

    def disconnect(self, interface: str) -> None:
        """Cuts the cable and takes the namespace's name away; nothing happens when there is none."""
        index = self._cables.pop(interface, None)
        if index is not None:
            self._route.send([link.remove(index)])
        namespace.remove(interface)

    def serve(self, addresses: Sequence[str], port: int) -> Sockets:
        """Sockets at addresses that are the router's own from now on. What goes there is not forwarded, so no filter
        meets it.
        """
        self._route.send([link.address(link.LOOPBACK, address) for address in addresses])
        made: list[socket.socket] = []
        try:
            for address in addresses:
                made.append(namespace.receiver(self.vpc, address, port))
                made.append(namespace.listener(self.vpc, address, port))
        except OSError:
            for one in made:
                one.close()
            raise
        return Sockets(tuple(made[::2]), tuple(made[1::2]))

    def apply(self, wanted: Ruleset) -> int:
        """Makes the rule set true; sends what differs from the last one, and returns how many messages that took.

        Raises:
            OSError: the kernel refused. Nothing passes until the next call, which makes all of it anew.
        """
        routes = [*self._routing(self._routed, wanted)]
        if routes:
            self._route.send(routes)
            self._routed = wanted
        changes = [*self._changes(self.applied, wanted)]
        try:
            self._transact(changes)
        except OSError:
            self.applied = Ruleset()
            self._book, self._closing = "", None
            self._transact([nftables.no_table(), *self._fresh()])
            raise
        before, self.applied = self.applied, wanted
        if closes(before, wanted):
            self._cut()
        return len(routes) + len(changes)

    def _cut(self) -> None:
        """Breaks tracked connections that the rules let through no more."""
        flows = [conntrack.flow(payload) for payload in self._filter.dump(conntrack.list_flows())]
        closed = {first for first in {one.first for one in flows} if not simulation.lets(self.applied, first)}
        cuts = [conntrack.cut(one) for one in flows if one.first in closed]
        for start in range(0, len(cuts), _AT_ONCE):
            self._filter.send(cuts[start : start + _AT_ONCE])

    def _fresh(self) -> Iterator[Message]:
        """The table when no rule set has been applied: everything is dropped."""
        yield nftables.table()
        yield nftables.base_chain(FORWARD, 0, Verdict.DROP)
        for name in (FROM, TO):
            yield nftables.verdict_map(name, next(self._identity))

    def counters(self) -> list[Found]:
        """The rules as the kernel has them, with what they have counted."""
        return [nftables.found(payload) for payload in self._filter.dump(nftables.list_rules())]

    def flows(self) -> Page:
        """What packets did since the last call; nothing unless the applied rule set is watched.

        A new book is opened before the old one is read. A packet that was under way meanwhile may still be written into
        the old one: the next call finds it there.
        """
        if not self._book:
            return Page()
        old, late = self._book, self._closing
        self._transact([*self._opened()])
        found = self._read(old)
        self._closing, full = (old, {flow.ends: flow for flow in found}), len(found) >= flowbook.MOST
        if late is not None:
            name, before = late
            found = [*flowbook.since(self._read(name), before), *found]
            self._transact([nftables.no_set(name)])
        return Page(tuple(found), full)

    def _opened(self) -> Iterator[Message]:
        identity = next(self._identity)
        self._book = f"flows-{identity}"
        yield flowbook.book(self._book, identity)
        yield from flowbook.written(self._book)

    def _read(self, book: str) -> list[Flow]:
        payloads = self._filter.dump(flowbook.list_entries(book))
        now = time.time()
        return [flow for payload in payloads for flow in flowbook.entries(payload, now)]

    def _transact(self, messages: Sequence[Message]) -> None:
        for batch in nftables.batches(messages):
            self._filter.send(batch)
        self.sent += len(messages)

    def _changes(self, before: Ruleset, wanted: Ruleset) -> Iterator[Message]:
        """What is led to comes first, what leads there next; what is led to no more goes last."""
        yield from self._begun(before, wanted)
        for name, addresses in wanted.sets.items():
            known = before.sets.get(name, frozenset())
            yield from nftables.no_elements(name, known - addresses)
            yield from nftables.elements(name, addresses - known)
        for name, rules in wanted.chains.items():
            if before.chains.get(name) != rules:
                yield from self._rewritten(name, before.chains.get(name, ()), rules)
        for name, goals in wanted.maps.items():
            known_goals = before.maps.get(name, {})
            gone = [address for address, goal in known_goals.items() if goals.get(address) != goal]
            new = {address: goal for address, goal in goals.items() if known_goals.get(address) != goal}
            yield from nftables.no_elements(name, gone)
            yield from nftables.mapped(name, new)
        yield from self._ended(before, wanted)

    def _begun(self, before: Ruleset, wanted: Ruleset) -> Iterator[Message]:
        for name in wanted.sets.keys() - before.sets.keys():
            yield nftables.address_set(name, next(self._identity))
        for name in wanted.chains.keys() - before.chains.keys() - {FORWARD}:
            behind = name == Fate.PASSED.chain
            yield nftables.base_chain(name, _BEHIND, Verdict.ACCEPT) if behind else nftables.chain(name)
        if Fate.PASSED.chain in wanted.chains and not self._book:
            yield from self._opened()

    def _ended(self, before: Ruleset, wanted: Ruleset) -> Iterator[Message]:
        leaving = before.chains.keys() - wanted.chains.keys()
        for name in leaving:
            yield nftables.emptied(name)
        for name in leaving:
            yield nftables.no_chain(name)
        gone = [*(before.sets.keys() - wanted.sets.keys())]
        if self._book and Fate.PASSED.chain not in wanted.chains:
            gone += [self._book, *((self._closing[0],) if self._closing else ())]
            self._book, self._closing = "", None
        for name in gone:
            yield nftables.no_set(name)

    def _rewritten(self, chain: str, before: Sequence[Rule], wanted: Sequence[Rule]) -> Iterator[Message]:
        """Rules that stay keep what they have counted."""
        if all(rule.verdict in (Verdict.ACCEPT, Verdict.GOTO) for rule in (*before, *wanted)):
            wanted = [*(rule for rule in before if rule in wanted), *(rule for rule in wanted if rule not in before)]
        steps = difflib.SequenceMatcher(None, before, wanted, autojunk=False).get_opcodes()
        steps = [step for step in steps if step[0] != "equal"]
        handles = self._handles(chain) if any(step[1] < len(before) for step in steps) else {}
        for _, start, end, first, last in steps:
            for rule in before[start:end]:
                yield nftables.no_rule(chain, handles[rule.name])
            behind = handles[before[end].name] if end < len(before) else 0
            for rule in wanted[first:last]:
                yield nftables.rule(chain, rule.name, expressions(rule), behind)

    def _handles(self, chain: str) -> dict[str, int]:
        """Of the chain's rules, by name."""
        rules = [nftables.found(payload) for payload in self._filter.dump(nftables.list_rules(chain))]
        return {rule.name: rule.handle for rule in rules if rule.chain == chain}

    def _routing(self, before: Ruleset, wanted: Ruleset) -> Iterator[Message]:
        """Inside the VPC each interface has a route of its own, and the rest of the VPC's blocks is nobody's."""
        for cidr in wanted.blocks:
            if cidr not in before.blocks:
                yield link.rule(_LOCAL_PRIORITY, link.MAIN_TABLE, destination=cidr)
                yield link.blackhole(cidr)
        for cidr, own in wanted.gateways.items():
            if cidr not in before.gateways:
                yield link.address(link.LOOPBACK, own)
        for cidr, ways in wanted.ways.items():
            yield from self._leading_out(cidr, before.ways.get(cidr), ways)

    def _leading_out(self, cidr: str, before: Sequence[Way] | None, wanted: Sequence[Way]) -> Iterator[Message]:
        if before == wanted:
            return
        table = self._tables.setdefault(cidr, _FIRST_TABLE + len(self._tables))
        if before is None:
            yield link.rule(_SUBNET_PRIORITY, table, source=cidr)
        for way in before or ():
            if way not in wanted:
                yield link.no_route(way.block, table)
        for way in wanted:
            if way not in (before or ()):
                yield link.route(way.block, way.leaving, table) if way.leaving else link.blackhole(way.block, table)


def _named(letter: str, interface: str) -> str:
    """The kernel takes 15 characters."""
    return letter + interface.removeprefix("eni-")[1 - _LARGEST_NAME :]


def closes(before: Ruleset, wanted: Ruleset) -> bool:
    """Whether anything that was let through may be let through no more."""
    writing = {fate.chain for fate in Fate}
    return (
        any(
            rule.goal not in writing
            for name, rules in before.chains.items()
            for rule in {*rules} - {*wanted.chains.get(name, ())}
        )
        or any(addresses - wanted.sets.get(name, frozenset()) for name, addresses in before.sets.items())
        or any(goals.items() - wanted.maps.get(name, {}).items() for name, goals in before.maps.items())
    )


def expressions(rule: Rule) -> list[bytes]:
    """A rule as nftables takes it."""
    parts = nftables.tracked() if rule.tracked else []
    if rule.leaving:
        parts += nftables.leaving_by(rule.leaving)
    if rule.entering:
        parts += nftables.entering_by(rule.entering)
    parts += [*_ends(rule)]
    if rule.protocol is not None:
        parts += nftables.protocol(rule.protocol)
    if rule.ports is not None:
        parts += nftables.ports(rule.ports.low, rule.ports.high)
    if rule.counted:
        parts += nftables.count()
    if rule.by:
        return parts + nftables.by_map(rule.goal, source=rule.by == "source")
    return parts + (nftables.prohibit() if rule.refuse else nftables.decide(rule.verdict, rule.goal))


def _ends(rule: Rule) -> Iterator[bytes]:
    for text, source in ((rule.source, True), (rule.destination, False)):
        if text:
            block = ipaddress.IPv4Network(text.removeprefix("!"), strict=False)
            inside = not text.startswith("!")
            yield from nftables.from_block(int(block.network_address), block.prefixlen, source=source, inside=inside)
    for name, source in ((rule.sources, True), (rule.destinations, False)):
        if name:
            yield from nftables.in_set(name, source=source)


def counted(found: Sequence[Found]) -> Mapping[tuple[str, str], nftables.Counted]:
    """Counts by chain and rule."""
    return {(one.chain, one.name): one.counted for one in found if one.counted is not None}
