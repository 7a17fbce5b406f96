"""Route 53 of release 0.1: hosted zones were moto's, those of Cloud Map's namespaces too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netflux.controlplane.call import Caller
from netflux.controlplane.records.documents import Documents
from netflux.resources.route53 import domain
from netflux.resources.route53.hostedzone import HOSTED_ZONE, HostedZone, name_servers
from netflux.resources.route53.recordset import RECORD_SET, Alias, RecordSet
from netflux.resources.servicediscovery import NAMESPACE

_MOST_PAGES = 200
_NEXT = ("Name", "Type", "Identifier")
_UNSUPPORTED = (
    "Region", "Failover", "GeoLocation", "GeoProximityLocation", "CidrRoutingConfig", "HealthCheckId",
    "TrafficPolicyInstanceId",
)  # fmt: skip
Json = Mapping[str, Any]


async def adopt(moto: Caller, documents: Documents) -> None:
    """Puts records of all that is there; a zone that has a record already is left as it is.

    Record sets that release 0.1 took and nobody answered from (failover, latency, geolocation, health checks) are told
    as faults and left out, and so is a private zone without a VPC.
    """
    owners = _owners(documents)
    zones: list[tuple[HostedZone, list[RecordSet]]] = []
    marker: dict[str, str] = {}
    for _ in range(_MOST_PAGES):
        page = await moto.call("route53", "ListHostedZones", marker)
        for one in page["HostedZones"]:
            identity = _plain_id(one["Id"])
            found = await _zone(moto, documents, one, owners.get(identity, ""))
            if found is not None:
                zones.append((found, await _records(moto, documents, identity)))
        if not page.get("IsTruncated"):
            break
        marker = {"Marker": page["NextMarker"]}
    with documents.transaction():
        for zone, records in zones:
            if zone.id in documents.table(HOSTED_ZONE):
                continue
            documents.table(HOSTED_ZONE).put(zone)
            for record in records:
                documents.table(RECORD_SET).put(record)


def _owners(documents: Documents) -> dict[str, str]:
    """ARNs of namespaces by the ids of their hosted zones."""
    return {one.zone: one.arn for one in documents.table(NAMESPACE) if one.zone}


async def _zone(moto: Caller, documents: Documents, listed: Json, owner: str) -> HostedZone | None:
    identity = _plain_id(listed["Id"])
    told = await moto.call("route53", "GetHostedZone", {"Id": identity})
    vpcs = tuple(dict.fromkeys(one["VPCId"] for one in told.get("VPCs") or () if one.get("VPCId")))
    if listed["Config"]["PrivateZone"] and not vpcs:
        _left_out(documents, f"hosted zone {identity}", f"{listed['Name']} is private and has no VPC")
        return None
    about = {"ResourceType": "hostedzone", "ResourceId": identity}
    tags = (await moto.call("route53", "ListTagsForResource", about))["ResourceTagSet"].get("Tags") or ()
    servers = tuple(told.get("DelegationSet", {}).get("NameServers") or ()) or name_servers(bool(vpcs))
    return HostedZone(
        identity, domain.canonical(listed["Name"]), listed["CallerReference"], listed["Config"].get("Comment"),
        vpcs if listed["Config"]["PrivateZone"] else (), servers, {tag["Key"]: tag.get("Value", "") for tag in tags},
        owner,
    )  # fmt: skip


async def _records(moto: Caller, documents: Documents, zone: str) -> list[RecordSet]:
    found: dict[str, RecordSet] = {}
    following: dict[str, str] = {}
    for _ in range(_MOST_PAGES):
        told = await moto.call("route53", "ListResourceRecordSets", {"HostedZoneId": zone, **following})
        for one in told["ResourceRecordSets"]:
            record = _record(documents, zone, one)
            if record is not None:
                found.setdefault(record.key, record)
        if not told.get("IsTruncated"):
            break
        following = {f"StartRecord{part}": told[f"NextRecord{part}"] for part in _NEXT if told.get(f"NextRecord{part}")}
    return [*found.values()]


def _record(documents: Documents, zone: str, told: Json) -> RecordSet | None:
    subject = f"record set {told['Name']} {told['Type']} of hosted zone {zone}"
    refused = [name for name in _UNSUPPORTED if told.get(name)]
    if refused:
        _left_out(documents, subject, f"it has {', '.join(refused)}, which nothing here decides by")
        return None
    try:
        alias = told.get("AliasTarget")
        target = None
        if alias is not None:
            name = domain.canonical(alias["DNSName"])
            target = Alias(_plain_id(alias["HostedZoneId"]), name, bool(alias.get("EvaluateTargetHealth")))
        weighted = told.get("SetIdentifier") and told.get("Weight") is not None
        return RecordSet(
            zone, domain.canonical(told["Name"]), told["Type"], told.get("SetIdentifier") or "",
            int(told.get("TTL") or 0), tuple(one["Value"] for one in told.get("ResourceRecords") or ()), target,
            int(told["Weight"]) if weighted else None, bool(told.get("MultiValueAnswer")),
        )  # fmt: skip
    except domain.InvalidName as error:
        _left_out(documents, subject, str(error))
        return None


def _left_out(documents: Documents, subject: str, why: str) -> None:
    message = f"The {subject} of release 0.1 is left out: {why}. Nothing else is concerned."
    documents.faults.tell("set-aside", subject, message, "Make it anew with what this release has.")


def _plain_id(written: str) -> str:
    return written.rpartition("/")[2]
