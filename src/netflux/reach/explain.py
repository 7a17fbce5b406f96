"""A hop in a sentence, with the rule that decides or the one that is missing. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from netflux.network.topology import (
    ANY,
    AclEntry,
    Elsewhere,
    Interface,
    Ports,
    Route,
    RouteKind,
    SecurityGroupRule,
    Topology,
    within,
)
from netflux.network.verdict import Connection, Flow, Hop, Stage

_NEAR = 3
"""At most so many rules that nearly match are named."""


@dataclass(frozen=True)
class Explainer:
    """Words for hops.

    Args:
        topology: that the hops were walked in.
        labels: what people call interfaces, subnets, route tables and network ACLs, by id.
    """

    topology: Topology
    labels: Mapping[str, str]

    def sentence(self, hop: Hop, connection: Connection) -> str:
        """What decides at the hop."""
        if hop.stage in (Stage.OUTBOUND_GROUP, Stage.INBOUND_GROUP):
            return self._group(hop, connection)
        if hop.stage in (Stage.ACL_IN, Stage.ACL_OUT):
            return self._acl(hop)
        if hop.stage is Stage.ROUTE:
            return self._route(hop)
        return self._end(hop)

    def named(self, identifier: str) -> str:
        """An id with what people call it."""
        group = self.topology.groups.get(identifier)
        label = group.name if group is not None else self.labels.get(identifier, "")
        return f"{identifier} ({label})" if label else identifier

    def end(self, end: Interface | Elsewhere) -> str:
        """An end of a connection: its address and what it is."""
        if isinstance(end, Interface):
            return f"{end.address} ({self.labels.get(end.id, end.id)})"
        label = self.labels.get(end.address, "")
        return f"{end.address} ({label})" if label else end.address

    def rule(self, rule: SecurityGroupRule) -> str:
        """A rule as a table would have it: what, from or to whom, id, description."""
        way = "to" if rule.egress else "from"
        peer = "itself" if rule.peer == rule.group else self.named(rule.peer or rule.cidr or rule.prefix_list)
        note = f', "{rule.description}"' if rule.description else ""
        return f"{_traffic(rule.protocol, rule.ports)} {way} {peer} ({rule.id}{note})"

    def _group(self, hop: Hop, connection: Connection) -> str:
        if isinstance(hop.by, SecurityGroupRule):
            return f"{self.named(hop.by.group)} allows {self.rule(hop.by)}"
        egress = hop.stage is Stage.OUTBOUND_GROUP
        interface, peer = connection.source, connection.destination
        if not egress:
            interface, peer = peer, interface
        assert isinstance(interface, Interface)
        groups = ", ".join(self.named(group) for group in interface.groups) or f"{interface.id}, which has no group,"
        direction, way = ("outbound", "to") if egress else ("inbound", "from")
        said = f"no {direction} rule of {groups} allows {_flow(hop.flow)} {way} {self.end(peer)}"
        near = self._near(interface, hop.flow, egress=egress)
        return f"{said}; {near}" if near else said

    def _near(self, interface: Interface, flow: Flow, *, egress: bool) -> str:
        """Rules that miss only the peer or only the port."""
        address = flow.destination if egress else flow.source
        found = [
            rule
            for rule in self.topology.rules_of(interface, egress=egress)
            if rule.covers(flow.protocol, flow.ports.low) or (rule.cidr and within(address, rule.cidr))
        ]
        if not found:
            return ""
        more = f" and {len(found) - _NEAR} more" if len(found) > _NEAR else ""
        return "it allows " + ", ".join(self.rule(rule) for rule in found[:_NEAR]) + more

    def _acl(self, hop: Hop) -> str:
        if hop.note:
            return f"{self.named(hop.place)}: {hop.note}"
        egress = hop.stage is Stage.ACL_OUT
        way = "to" if egress else "from"
        address = hop.flow.destination if egress else hop.flow.source
        number = str(hop.by.number) if isinstance(hop.by, AclEntry) else "*"
        if hop.denied is None:
            assert isinstance(hop.by, AclEntry)
            allowed = f"{_traffic(hop.by.protocol, hop.by.ports)} {way} {hop.by.cidr}"
            return f"{self.named(hop.place)} rule {number} allows {allowed}"
        what = f"{hop.flow.protocol} {hop.denied} {way} {address}"
        block = f" ({way} {hop.by.cidr})" if isinstance(hop.by, AclEntry) else ""
        said = f"{self.named(hop.place)} rule {number} denies {what}{block}"
        return said + self._answers(hop)

    def _answers(self, hop: Hop) -> str:
        if not hop.answer:
            return ""
        if hop.denied == hop.flow.ports:
            return ": network ACLs are stateless, so the answers to the client's ephemeral ports are lost"
        return f": of the client's ephemeral ports {hop.flow.ports} these get no answer, so some connections fail"

    def _route(self, hop: Hop) -> str:
        where = self.named(hop.place)
        if not isinstance(hop.by, Route):
            return f"{where} has no route for {hop.flow.destination}"
        target = hop.by.target if hop.by.kind is RouteKind.LOCAL else self.named(hop.by.target)
        said = f"{where} leads {hop.by.destination} to {target}"
        return f"{said}: {hop.note}" if hop.note else said

    def _end(self, hop: Hop) -> str:
        place = self.named(hop.place)
        if hop.stage is Stage.PUBLIC_ADDRESS:
            return f"{place} has a public address" if hop.passed else f"{place}: {hop.note}"
        if hop.stage is Stage.LISTENER:
            told = "something listens" if hop.passed else "nothing listens"
            return f"{told} on {_flow(hop.flow)} at {place}"
        return f"{hop.flow.destination}: {hop.note}"


def _flow(flow: Flow) -> str:
    return f"{flow.protocol} {flow.ports}"


def _traffic(protocol: str, ports: Ports) -> str:
    if protocol == ANY:
        return "all traffic"
    return f"all {protocol}" if ports == Ports() else f"{protocol} {ports}"
