"""Hosted zones with the record sets that Cloud Map's instances have in them; all else of Route 53 is moto's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from netflux.aws.servicediscovery.store import Json
from netflux.controlplane.call import Call, Caller
from netflux.controlplane.records import paging
from netflux.errors import AwsError
from netflux.network.recordsets import record_sets
from netflux.network.zone import RecordSet, Routing

_PAGE = 300
"""Record sets that Route 53 gives at once, at most; API reference, ListResourceRecordSets."""
_ALIASES = "Z35SXDOTRQ7X7K"
"""Hosted zone of load balancers in us-east-1; General Reference, "Elastic Load Balancing endpoints"."""


class HostedZones:
    """The overlay.

    Args:
        moto: has the zones.
        records: Cloud Map's, by the id of their zone.
    """

    service = "route53"
    whole = False

    def __init__(self, moto: Caller, records: Callable[[str], Sequence[RecordSet]]) -> None:
        self._moto = moto
        self._records = records

    async def list_resource_record_sets(self, _call: Call, request: Json) -> Json:
        """All of a zone's, in Route 53's order, from the one asked for on."""
        zone, size = request["HostedZoneId"], paging.number(str(request.get("MaxItems", _PAGE)))
        if not size:
            raise AwsError("InvalidInput", "MaxItems must be a number from 1 on.")
        size = min(size, _PAGE)
        mine = [_told(one) for one in self._records(zone.rpartition("/")[2])]
        if not mine:
            return await self._moto.call("route53", "ListResourceRecordSets", request)
        sets = sorted([*await record_sets(self._moto, zone), *mine], key=_place)
        left = [one for one in sets if _place(one) >= _start(request)]
        answer: Json = {"ResourceRecordSets": left[:size], "IsTruncated": len(left) > size, "MaxItems": str(size)}
        if len(left) > size:
            following = left[size]
            answer |= {"NextRecordName": following["Name"], "NextRecordType": following["Type"]}
            if "SetIdentifier" in following:
                answer["NextRecordIdentifier"] = following["SetIdentifier"]
        return answer

    async def get_hosted_zone(self, _call: Call, request: Json) -> Json:
        """With the count of all of its record sets."""
        answer = await self._moto.call("route53", "GetHostedZone", request)
        return {**answer, "HostedZone": self._counted(answer["HostedZone"])}

    async def list_hosted_zones(self, _call: Call, request: Json) -> Json:
        """The same of all zones."""
        answer = await self._moto.call("route53", "ListHostedZones", request)
        return {**answer, "HostedZones": [self._counted(one) for one in answer["HostedZones"]]}

    def _counted(self, zone: Json) -> Json:
        more = len(self._records(zone["Id"].rpartition("/")[2]))
        return {**zone, "ResourceRecordSetCount": zone["ResourceRecordSetCount"] + more} if more else zone


_Place = tuple[list[str], str, str]


def _place(record: Mapping[str, Any]) -> _Place:
    """Route 53's order: names by their labels from the last one on, then types."""
    return _labels(record["Name"]), record["Type"], record.get("SetIdentifier", "")


def _start(request: Json) -> _Place:
    name = request.get("StartRecordName")
    labels = _labels(name) if name is not None else []
    return labels, request.get("StartRecordType", ""), request.get("StartRecordIdentifier", "")


def _labels(name: str) -> list[str]:
    return name.lower().rstrip(".").split(".")[::-1]


def _told(record: RecordSet) -> Json:
    """As Route 53 shows a record set."""
    shape: Json = {"Name": f"{record.name}.", "Type": record.type}
    if record.routing is Routing.MULTIVALUE:
        shape |= {"SetIdentifier": record.identifier, "MultiValueAnswer": True}
    if record.routing is Routing.WEIGHTED:
        shape |= {"SetIdentifier": record.identifier, "Weight": record.weight}
    if record.alias:
        name = f"{record.alias}."
        return {**shape, "AliasTarget": {"HostedZoneId": _ALIASES, "DNSName": name, "EvaluateTargetHealth": True}}
    return {**shape, "TTL": record.ttl, "ResourceRecords": [{"Value": value} for value in record.values]}
