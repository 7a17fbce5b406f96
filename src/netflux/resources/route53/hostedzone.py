"""Hosted zones, and what each one has from the start."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from netflux.controlplane.records.table import Schema
from netflux.errors import AwsError
from netflux.resources.route53 import domain
from netflux.resources.route53.recordset import RECORD_SET, RecordSet

if TYPE_CHECKING:  # what reads these values, among it what decides, is without I/O
    from netflux.controlplane.records.documents import Documents

_NS_TTL = 172_800
_SOA_TTL = 900
_SOA = "{server} awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400"
"""Developer guide, "NS and SOA records that Amazon Route 53 creates for a public hosted zone"."""
_ENDS = ("com", "net", "org", "co.uk")
_SERVERS_OF_AN_END = 512


@dataclass(frozen=True)
class HostedZone:
    """A hosted zone.

    Attributes:
        id: `Z…`, without the path that the API writes before it.
        name: canonical.
        caller_reference: of the request that made it.
        comment: None where none was given.
        vpcs: those that a private zone answers in; a zone without any is public.
        name_servers: four of them.
        tags: by key.
        namespace: ARN of the Cloud Map namespace that it belongs to; empty for a zone of clients' own.
        delegation_set: id of the reusable one that its name servers are of; empty for servers of its own.
    """

    id: str
    name: str
    caller_reference: str
    comment: str | None = None
    vpcs: tuple[str, ...] = ()
    name_servers: tuple[str, ...] = ()
    tags: dict[str, str] = field(default_factory=dict)
    namespace: str = ""
    delegation_set: str = ""

    @property
    def private(self) -> bool:
        """Whether it answers in its VPCs only."""
        return bool(self.vpcs)


def not_empty(zone: HostedZone, _referring: str = "") -> AwsError:
    """Why a zone with more than its own NS and SOA can't be deleted."""
    return AwsError(
        "HostedZoneNotEmpty",
        "The specified hosted zone contains non-required resource record sets and so cannot be deleted. Delete the "
        f"record sets of {zone.name} ({zone.id}) other than its own NS and SOA first.",
    )


HOSTED_ZONE = Schema(
    "route53/hosted-zone",
    HostedZone,
    lambda zone: zone.id,
    indices={
        "name": lambda zone: (zone.name,),
        "vpc": lambda zone: zone.vpcs,
        "caller_reference": lambda zone: (zone.caller_reference,),
        "namespace": lambda zone: (zone.namespace,) if zone.namespace else (),
        "delegation_set": lambda zone: (zone.delegation_set,) if zone.delegation_set else (),
    },
    references={"delegation_set": "route53/delegation-set"},
    in_use=not_empty,
    remedy="Put a copy of netflux.db back, or make the hosted zone anew.",
)


def name_servers(private: bool) -> tuple[str, ...]:
    """One of each end, by lot for a public zone; private zones all have the first ones."""
    numbers = [0 if private else secrets.randbelow(_SERVERS_OF_AN_END) for _ in _ENDS]
    return tuple(
        f"ns-{number + place * _SERVERS_OF_AN_END}.awsdns-{number // 8:02}.{end}"
        for place, (number, end) in enumerate(zip(numbers, _ENDS, strict=True))
    )


def own_records(zone: HostedZone, soa_ttl: int = _SOA_TTL) -> tuple[RecordSet, RecordSet]:
    """Its NS and SOA, which it has from the start and for as long as it is there."""
    servers = tuple(f"{server}." for server in zone.name_servers)
    return (
        RecordSet(zone.id, zone.name, "NS", ttl=_NS_TTL, values=servers),
        RecordSet(zone.id, zone.name, "SOA", ttl=soa_ttl, values=(_SOA.format(server=servers[0]),)),
    )


def put(documents: Documents, zone: HostedZone, soa_ttl: int = _SOA_TTL) -> None:
    """A new zone with its own records, in the transaction around it."""
    documents.table(HOSTED_ZONE).put(zone)
    for record in own_records(zone, soa_ttl):
        documents.table(RECORD_SET).put(record)


def delete(documents: Documents, zone: HostedZone) -> None:
    """Deletes the zone with its own records, in the transaction around it.

    Raises:
        AwsError: it has others.
    """
    own = [record.key for record in own_records(zone)]
    records = documents.table(RECORD_SET)
    if any(key not in own for key in records.keys("zone", zone.id)):
        raise not_empty(zone)
    for key in own:
        records.delete(key)
    documents.table(HOSTED_ZONE).delete(zone.id)


def closest(zones: Iterable[HostedZone], name: str) -> list[HostedZone]:
    """The zones that answer for a name: those with the longest name that it is within.

    Args:
        zones: candidates.
        name: canonical.
    """
    holding = [zone for zone in zones if domain.within(name, zone.name)]
    longest = max((len(zone.name) for zone in holding), default=0)
    return [zone for zone in holding if len(zone.name) == longest]
