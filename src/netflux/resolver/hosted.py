"""Private hosted zones as Route 53 has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from netflux.controlplane.call import Caller
from netflux.errors import AwsError
from netflux.network.recordsets import record_sets
from netflux.network.zone import RecordSet, Routing, Zone, plain

_ALIAS_TTL = 60  # Route 53 guide, "Choosing between alias and non-alias records": of a load balancer's
_OTHER_ROUTING = ("Region", "GeoLocation", "GeoProximityLocation", "CidrRoutingConfig", "Failover")


async def zones(apis: Caller, vpc: str, region: str) -> tuple[Zone, ...]:
    """The zones associated with a VPC."""
    told = await apis.call("route53", "ListHostedZonesByVPC", {"VPCId": vpc, "VPCRegion": region})
    found = []
    for summary in told["HostedZoneSummaries"]:
        try:
            sets = await record_sets(apis, summary["HostedZoneId"])
        except AwsError as error:
            if error.code != "NoSuchHostedZone":  # deleted meanwhile
                raise
            continue
        found.append(zone(summary["Name"], sets))
    return tuple(found)


def zone(name: str, sets: Sequence[Mapping[str, Any]]) -> Zone:
    """A zone of Route 53's record sets."""
    records = tuple(_record(one) for one in sets)
    start = next((one for one in records if one.type == "SOA"), None)
    return Zone(plain(name), records, _negative_ttl(start))


def _negative_ttl(start: RecordSet | None) -> int:
    """RFC 2308, 5: the smaller of the SOA's TTL and its last field."""
    if start is None or not start.values:
        return 0
    last = start.values[0].split()[-1]
    return min(start.ttl, int(last) if last.isdigit() else start.ttl)


def _record(told: Mapping[str, Any]) -> RecordSet:
    alias = plain(told.get("AliasTarget", {}).get("DNSName", "")).removeprefix("dualstack.")
    return RecordSet(
        name=plain(told["Name"].replace("\\052", "*")),
        type=told["Type"],
        ttl=int(told.get("TTL", _ALIAS_TTL)),
        values=tuple(one["Value"] for one in told.get("ResourceRecords", ())),
        routing=_routing(told),
        weight=int(told.get("Weight", 1)),
        alias=alias,
    )


def _routing(told: Mapping[str, Any]) -> Routing:
    if any(key in told for key in _OTHER_ROUTING) or told.get("HealthCheckId"):
        return Routing.OTHER
    if "Weight" in told:
        return Routing.WEIGHTED
    return Routing.MULTIVALUE if told.get("MultiValueAnswer") else Routing.SIMPLE
