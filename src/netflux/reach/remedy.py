"""The AWS CLI command that would open a hop, where one command does. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from netflux.network.topology import AclEntry, Elsewhere, Interface, Route, RouteKind, Topology
from netflux.network.verdict import Connection, Hop, Stage

_LAST_ENTRY = 32766
"""The highest number that an entry may have (EC2 API reference, CreateNetworkAclEntry)."""

_STEP = 10

_NUMBERS = {"tcp": 6, "udp": 17}


@dataclass(frozen=True)
class Remedy:
    """Makes commands.

    Args:
        topology: that the hops were walked in.
        blocks: the block that is meant by an address, where it is not the address alone.
    """

    topology: Topology
    blocks: Mapping[str, str]

    def command(self, hop: Hop, connection: Connection) -> str:
        """The command; empty when the hop passes or no single command helps."""
        if hop.passed:
            return ""
        if hop.stage in (Stage.OUTBOUND_GROUP, Stage.INBOUND_GROUP):
            return self._authorize(hop, connection)
        if hop.stage in (Stage.ACL_IN, Stage.ACL_OUT):
            return self._entry(hop)
        return self._route(hop, connection) if hop.stage is Stage.ROUTE else ""

    def _block(self, address: str) -> str:
        return self.blocks.get(address, f"{address}/32")

    def _authorize(self, hop: Hop, connection: Connection) -> str:
        egress = hop.stage is Stage.OUTBOUND_GROUP
        own, peer = connection.source, connection.destination
        if not egress:
            own, peer = peer, own
        if not isinstance(own, Interface) or not own.groups:
            return ""
        direction = "egress" if egress else "ingress"
        return (
            f"aws ec2 authorize-security-group-{direction} --group-id {own.groups[0]} "
            f"--ip-permissions {self._permission(hop, own, peer)}"
        )

    def _permission(self, hop: Hop, own: Interface, peer: Interface | Elsewhere) -> str:
        """In the CLI's shorthand, which both directions take; the peer by its group where it has one here."""
        port, who = hop.flow.ports.low, f"IpRanges=[{{CidrIp={self._block(peer.address)}}}]"
        if isinstance(peer, Interface) and peer.groups and self.topology.vpc_of(peer) == self.topology.vpc_of(own):
            who = f"UserIdGroupPairs=[{{GroupId={peer.groups[0]}}}]"
        return f"'IpProtocol={hop.flow.protocol},FromPort={port},ToPort={port},{who}'"

    def _entry(self, hop: Hop) -> str:
        egress = hop.stage is Stage.ACL_OUT
        number = self._free_number(hop, egress=egress)
        if number is None:
            return ""
        block = self._block(hop.flow.destination if egress else hop.flow.source)
        ports = hop.flow.ports
        return (
            f"aws ec2 create-network-acl-entry --network-acl-id {hop.place} {'--egress' if egress else '--ingress'} "
            f"--rule-number {number} --protocol {_NUMBERS[hop.flow.protocol]} "
            f"--port-range From={ports.low},To={ports.high} --cidr-block {block} --rule-action allow"
        )

    def _free_number(self, hop: Hop, *, egress: bool) -> int | None:
        """A number that is asked before the entry that denies; any where none does."""
        taken = {entry.number for entry in self.topology.acls[hop.place].entries if entry.egress == egress}
        if not isinstance(hop.by, AclEntry):
            return next((number for number in range(_STEP, _LAST_ENTRY, _STEP) if number not in taken), None)
        start = min(hop.by.number - 1, _LAST_ENTRY)
        return next((number for number in range(start, 0, -1) if number not in taken), None)

    def _route(self, hop: Hop, connection: Connection) -> str:
        """A way to the internet, where the table has none or one that leads to what is no more.

        In a subnet with public addresses that is the internet gateway, else a NAT gateway.
        """
        found = hop.by if isinstance(hop.by, Route) else None
        if found is not None and not self._dead(found):
            return ""
        own = connection.destination if hop.answer else connection.source
        if not isinstance(own, Interface):
            return ""
        vpc, topology = self.topology.vpc_of(own), self.topology
        private = not own.public and topology.routes_of(own.subnet).id == hop.place
        gateways = [f"--gateway-id {one}" for one, attached in topology.internet_gateways.items() if attached == vpc]
        nats = [one for one in topology.nat_gateways.values() if topology.subnets[one.subnet].vpc == vpc]
        by = [f"--nat-gateway-id {one.id}" for one in nats] if private else gateways
        if not by:
            return ""
        verb, block = ("replace-route", found.destination) if found is not None else ("create-route", "0.0.0.0/0")
        return f"aws ec2 {verb} --route-table-id {hop.place} --destination-cidr-block {block} {by[0]}"

    def _dead(self, route: Route) -> bool:
        """Whether its target is no more."""
        lost = route.kind is RouteKind.NAT and route.target not in self.topology.nat_gateways
        return lost or route.kind is RouteKind.BLACKHOLE
