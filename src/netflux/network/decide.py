"""Whether a connection comes about between two ends of a topology, and what decides it at each hop. Pure.

Security groups are stateful: only the first packet of a connection is asked about. Network ACLs are not: the answer's
packets must pass as well, to the port that the client has chosen. Packets inside one subnet pass no network ACL.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from netflux.errors import Unsupported
from netflux.network.topology import (
    ANY,
    ANY_EPHEMERAL,
    AclEntry,
    Elsewhere,
    Interface,
    NatGateway,
    NetworkAcl,
    Ports,
    Route,
    RouteKind,
    SecurityGroupRule,
    Topology,
    within,
)
from netflux.network.verdict import Connection, Flow, Hop, Stage, Verdict

_NOT_ROUTED = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "127.0.0.0/8")
"""Blocks that the internet does not route (RFC 1918, RFC 6598, RFC 3927, RFC 1122)."""

_NOBODY = "no interface has this address"

_ENDPOINT = "vpce-"
"""Gateway endpoints: their prefix lists have the addresses of S3 and DynamoDB alone, which are no ends here."""


def verdict(topology: Topology, connection: Connection, listening: bool | None = None) -> Verdict:
    """The verdict.

    Args:
        topology: the VPCs.
        connection: at least one of its ends is an interface.
        listening: whether something listens at the destination; None when that is not to be looked at.

    Raises:
        Unsupported: it depends on a prefix list or on a route target that this cloud does not have.
    """
    walk = _Walk(topology, connection, listening)
    source, destination = connection.source, connection.destination
    if isinstance(source, Elsewhere):
        if isinstance(destination, Elsewhere):
            raise ValueError(  # noqa: TRY004, the types are right, their pairing is not
                f"neither {source.address} nor {destination.address} is an interface"
            )
        return Verdict(connection, tuple(walk.inward(destination)))
    if isinstance(destination, Elsewhere):
        return Verdict(connection, tuple(walk.outward(source)))
    if source.id == destination.id:
        return Verdict(connection, tuple(walk.arrival()))
    if topology.vpc_of(source) != topology.vpc_of(destination):
        return Verdict(connection, tuple(walk.across(source, destination)))
    return Verdict(connection, tuple(walk.inside(source, destination)))


def allowing(
    topology: Topology, interface: Interface, flow: Flow, peer: Interface | Elsewhere, *, egress: bool
) -> SecurityGroupRule | None:
    """The rule of the interface's groups that lets the flow's first port pass; None when none does.

    A rule that names a group is about the private addresses of the group's members in the same VPC.
    """
    undecided: SecurityGroupRule | None = None
    for rule in topology.rules_of(interface, egress=egress):
        if not rule.covers(flow.protocol, flow.ports.low):
            continue
        if rule.prefix_list:
            undecided = rule
        elif _is_peer(topology, interface, rule, flow.destination if egress else flow.source, peer):
            return rule
    if undecided is not None:
        raise Unsupported(f"the prefix list {undecided.prefix_list} in rule {undecided.id} of {undecided.group}")
    return None


def _is_peer(
    topology: Topology, interface: Interface, rule: SecurityGroupRule, address: str, peer: Interface | Elsewhere
) -> bool:
    if rule.cidr:
        return within(address, rule.cidr)
    return (
        isinstance(peer, Interface)
        and rule.peer in peer.groups
        and address in peer.addresses
        and topology.vpc_of(peer) == topology.vpc_of(interface)
    )


def filtered(acl: NetworkAcl, flow: Flow, *, egress: bool) -> tuple[AclEntry | None, Ports | None]:
    """What the network ACL says: the entry that decides, and which of the flow's ports are denied, if any.

    Entries are asked by number, and the first that matches a port decides it. With no entry the rule `*` denies.
    """
    address = flow.destination if egress else flow.source
    left, last = [flow.ports], None
    for entry in sorted(acl.entries, key=lambda entry: entry.number):
        if entry.egress != egress or entry.protocol not in (ANY, flow.protocol) or not within(address, entry.cidr):
            continue
        ports = Ports() if entry.protocol == ANY else entry.ports
        shared = next((both for part in left if (both := part.overlap(ports))), None)
        if shared is None:
            continue
        if not entry.allow:
            return entry, shared
        left = [rest for part in left for rest in part.without(ports)]
        last = entry
        if not left:
            return last, None
    return None, left[0]


@dataclass(frozen=True)
class _Walk:
    """The way of one connection."""

    topology: Topology
    connection: Connection
    listening: bool | None

    def inside(self, source: Interface, destination: Interface) -> Iterator[Hop]:
        """Between two interfaces of one VPC."""
        there, back = self.connection.there, self.connection.back
        crosses = source.subnet != destination.subnet
        yield self._group(source, there, egress=True)
        if crosses:
            yield self._acl(source.subnet, there, egress=True)
        route = self._route(source.subnet, there)
        yield route
        if not route.passed:
            return
        if crosses:
            yield self._acl(destination.subnet, there, egress=False)
        yield self._group(destination, there, egress=False)
        yield from self.arrival()
        if crosses:
            yield self._acl(destination.subnet, back, egress=True, answer=True)
            yield self._acl(source.subnet, back, egress=False, answer=True)

    def across(self, source: Interface, destination: Interface) -> Iterator[Hop]:
        """To an interface of another VPC, which nothing connects to this one."""
        there = self.connection.there
        yield self._group(source, there, egress=True)
        yield self._acl(source.subnet, there, egress=True)
        route = self._route(source.subnet, there)
        note = f"{destination.id} is in another VPC, {self.topology.vpc_of(destination)}, and nothing leads there"
        yield replace(route, passed=False, note=note)

    def outward(self, source: Interface) -> Iterator[Hop]:
        """To an address that no interface has."""
        there, back = self.connection.there, self.connection.back
        yield self._group(source, there, egress=True)
        route = self._route(source.subnet, there)
        if isinstance(route.by, Route) and route.by.kind is RouteKind.LOCAL:
            yield self._acl_unless_in(source.subnet, there)
            yield route
            yield Hop(
                Stage.HOLDER, passed=False, place=there.destination, flow=there, note="no interface has this address"
            )
            return
        yield self._acl(source.subnet, there, egress=True)
        yield route
        if not route.passed:
            return
        nat = self._nat(route)
        if nat is None:
            yield self._public(source, there)
        else:
            yield from self._through(nat, source.subnet)
        yield self._acl(source.subnet, back, egress=False, answer=True)

    def inward(self, destination: Interface) -> Iterator[Hop]:
        """From an address that no interface has."""
        there, back = self.connection.there, self.connection.back
        yield self._public(destination, there)
        route = self._route(destination.subnet, back)
        if route.passed and isinstance(route.by, Route) and route.by.kind is not RouteKind.INTERNET:
            local = route.by.kind is RouteKind.LOCAL
            route = replace(route, passed=False, note=_NOBODY if local else "not an internet gateway")
        yield replace(route, answer=True)
        yield self._acl(destination.subnet, there, egress=False)
        yield self._group(destination, there, egress=False)
        yield from self.arrival()
        yield self._acl(destination.subnet, back, egress=True, answer=True)

    def arrival(self) -> Iterator[Hop]:
        """At the destination."""
        goal, there = self.connection.destination, self.connection.there
        if not isinstance(goal, Interface) or self.listening is None:
            return
        if goal.attached:
            yield Hop(Stage.LISTENER, self.listening, goal.id, there)
        else:
            yield Hop(
                Stage.HOLDER, passed=False, place=goal.id, flow=there, note="the interface is attached to nothing"
            )

    def _through(self, nat: NatGateway, client: str) -> Iterator[Hop]:
        """A NAT gateway: it takes the connection over with its own address and a port of its own."""
        there, back = self.connection.there, self.connection.back
        crosses = nat.subnet != client
        out = replace(there, source=nat.address)
        if crosses:
            yield self._acl(nat.subnet, there, egress=False)
        route = self._route(nat.subnet, out)
        if route.passed and isinstance(route.by, Route) and route.by.kind is not RouteKind.INTERNET:
            route = replace(route, passed=False, note=f"{nat.id} is in a subnet without a way to the internet")
        yield route
        if not route.passed:
            return
        yield self._acl(nat.subnet, out, egress=True)
        answers = replace(back, destination=nat.address, ports=ANY_EPHEMERAL)
        yield self._acl(nat.subnet, answers, egress=False, answer=True)
        if crosses:
            yield self._acl(nat.subnet, back, egress=True, answer=True)

    def _group(self, interface: Interface, flow: Flow, *, egress: bool) -> Hop:
        peer = self.connection.destination if egress else self.connection.source
        rule = allowing(self.topology, interface, flow, peer, egress=egress)
        stage = Stage.OUTBOUND_GROUP if egress else Stage.INBOUND_GROUP
        return Hop(stage, rule is not None, interface.id, flow, rule)

    def _acl(self, subnet: str, flow: Flow, *, egress: bool, answer: bool = False) -> Hop:
        acl = self.topology.acl_of(subnet)
        entry, denied = filtered(acl, flow, egress=egress)
        stage = Stage.ACL_OUT if egress else Stage.ACL_IN
        return Hop(stage, denied is None, acl.id, flow, entry, answer=answer, denied=denied)

    def _acl_unless_in(self, subnet: str, flow: Flow) -> Hop:
        """For an address of the VPC that nobody has: inside the subnet no network ACL is asked."""
        hop = self._acl(subnet, flow, egress=True)
        if within(flow.destination, self.topology.subnets[subnet].cidr):
            return replace(hop, passed=True, by=None, denied=None, note="not asked inside a subnet")
        return hop

    def _route(self, subnet: str, flow: Flow) -> Hop:
        table = self.topology.routes_of(subnet)
        route = table.lookup(flow.destination)
        unknown = [one for one in table.routes if not one.is_block and not one.target.startswith(_ENDPOINT)]
        if route is not None and route.kind is RouteKind.OTHER:
            unknown = [route]
        elif route is not None and route.kind is RouteKind.LOCAL:
            unknown = []
        if unknown:
            raise Unsupported(f"the route of {table.id} to {unknown[0].destination} by {unknown[0].target}")
        note = self._obstacle(subnet, route, flow.destination)
        return Hop(Stage.ROUTE, not note, table.id, flow, route, note)

    def _obstacle(self, subnet: str, route: Route | None, address: str) -> str:
        """Why packets don't get on by the route; nothing when they do."""
        if route is None:
            return "no route has this destination"
        if route.kind is RouteKind.LOCAL:
            return ""
        if route.kind is RouteKind.BLACKHOLE or (
            route.kind is RouteKind.NAT and route.target not in self.topology.nat_gateways
        ):
            return "it does not exist, so the route is a blackhole"
        vpc = self.topology.subnets[subnet].vpc
        if route.kind is RouteKind.INTERNET and self.topology.internet_gateways.get(route.target) != vpc:
            return f"it is not attached to {vpc}"
        if any(within(address, private) for private in _NOT_ROUTED):
            return "a private address, which the internet does not route"
        return ""

    def _nat(self, route: Hop) -> NatGateway | None:
        if isinstance(route.by, Route) and route.by.kind is RouteKind.NAT:
            return self.topology.nat_gateways[route.by.target]
        return None

    def _public(self, interface: Interface, flow: Flow) -> Hop:
        note = "" if interface.public else "it has no public address"
        return Hop(Stage.PUBLIC_ADDRESS, interface.public, interface.id, flow, note=note)
