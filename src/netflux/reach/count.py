"""What the kernel has counted at a hop: which rule of a VPC's router stands for what decides there. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netflux.network import ruleset
from netflux.network.nftables import Counted
from netflux.network.topology import AclEntry, Interface, SecurityGroupRule, Topology
from netflux.network.verdict import Connection, Hop, Stage

Counts = Mapping[str, Mapping[tuple[str, str], Counted]]
"""`Network.counters()`: by VPC, then by chain and rule."""

_GROUPS = (Stage.OUTBOUND_GROUP, Stage.INBOUND_GROUP)
_ACLS = (Stage.ACL_OUT, Stage.ACL_IN)


def counted(hop: Hop, connection: Connection, topology: Topology, counts: Counts) -> dict[str, Any] | None:
    """Packets and bytes in JSON's types, and what they are in words; None where nothing is counted."""
    interface = next(end for end in (connection.source, connection.destination) if isinstance(end, Interface))
    place = _rule(hop, topology)
    found = counts.get(topology.vpc_of(interface), {}).get(place) if place is not None else None
    if found is None:
        return None
    return {"packets": found.packets, "bytes": found.bytes, "says": _says(hop, found.packets)}


def _rule(hop: Hop, topology: Topology) -> tuple[str, str] | None:
    """Chain and rule."""
    if hop.stage in _GROUPS:
        egress = hop.stage is Stage.OUTBOUND_GROUP
        if isinstance(hop.by, SecurityGroupRule):
            return (ruleset.out_of if egress else ruleset.into)(hop.by.group), hop.by.id
        return ruleset.denying(topology.interfaces[hop.place].groups, egress=egress)
    if hop.stage in _ACLS and not hop.note:
        egress = hop.stage is Stage.ACL_OUT
        number = str(hop.by.number) if isinstance(hop.by, AclEntry) else ruleset.REST
        return ruleset.acl_chain(hop.place, egress=egress), number
    return None


def _says(hop: Hop, packets: int) -> str:
    """Of a tracked connection groups are only asked about the first packet."""
    noun = "packet" if packets == 1 else "packets"
    if hop.stage in _ACLS:
        entry_denies = not isinstance(hop.by, AclEntry) or not hop.by.allow
        return f"{packets} {noun} {'dropped' if entry_denies else 'let through'} by this rule"
    if isinstance(hop.by, SecurityGroupRule):
        return f"{packets} first {noun} of connections let through by this rule"
    return f"{packets} {noun} dropped of interfaces with these groups"
