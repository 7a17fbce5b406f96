"""Private hosted zones as the resolver answers from them."""

from __future__ import annotations

from collections.abc import Sequence

from netflux.controlplane.records.documents import Documents
from netflux.network.zone import RecordSet, Routing, Zone
from netflux.resources.route53 import domain
from netflux.resources.route53.hostedzone import HOSTED_ZONE
from netflux.resources.route53.recordset import RECORD_SET
from netflux.resources.route53.recordset import RecordSet as Kept

_ALIAS_TTL = 60  # Route 53 guide, "Choosing between alias and non-alias records": of a load balancer's


def zones(documents: Documents, vpc: str) -> tuple[Zone, ...]:
    """The zones associated with a VPC."""
    records = documents.table(RECORD_SET)
    found = documents.table(HOSTED_ZONE).where("vpc", vpc)
    return tuple(zone(one.name, records.where("zone", one.id)) for one in found)


def zone(name: str, sets: Sequence[Kept]) -> Zone:
    """A zone of Route 53's record sets."""
    records = tuple(_record(one) for one in sets)
    start = next((one for one in records if one.type == "SOA"), None)
    return Zone(domain.compared(name), records, _negative_ttl(start))


def _negative_ttl(start: RecordSet | None) -> int:
    """RFC 2308, 5: the smaller of the SOA's TTL and its last field."""
    if start is None or not start.values:
        return 0
    last = start.values[0].split()[-1]
    return min(start.ttl, int(last) if last.isdigit() else start.ttl)


def _record(kept: Kept) -> RecordSet:
    alias = domain.compared(kept.alias.name).removeprefix("dualstack.") if kept.alias else ""
    return RecordSet(
        name=domain.compared(kept.name),
        type=kept.type,
        ttl=_ALIAS_TTL if kept.alias else kept.ttl,
        values=kept.values,
        routing=_routing(kept),
        weight=1 if kept.weight is None else kept.weight,
        alias=alias,
    )


def _routing(kept: Kept) -> Routing:
    if kept.weight is not None:
        return Routing.WEIGHTED
    return Routing.MULTIVALUE if kept.multivalue else Routing.SIMPLE
