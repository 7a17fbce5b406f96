"""Route 53: hosted zones and record sets."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from netflux.cloudformation.types.table import Caller, Facts, Properties, Read, Row, Step
from netflux.errors import AwsError

_GONE = ("NoSuchHostedZone",)
_RECORD = (
    "Name", "Type", "TTL", "ResourceRecords", "AliasTarget", "SetIdentifier", "Weight", "Region", "Failover",
    "MultiValueAnswer", "HealthCheckId", "GeoLocation", "GeoProximityLocation", "CidrRoutingConfig",
)  # fmt: skip
_NUMBERS = ("TTL", "Weight")


def _vpc(each: dict[str, Any]) -> dict[str, Any]:
    return {"VPCId": each["VPCId"], "VPCRegion": each["VPCRegion"]}


def _zone(facts: Facts) -> list[dict[str, Any]]:
    made: dict[str, Any] = {"Name": facts.new["Name"], "CallerReference": facts.token}
    networks = facts.new.get("VPCs", [])
    comment = facts.new.get("HostedZoneConfig", {}).get("Comment", "")
    made["HostedZoneConfig"] = {"Comment": comment, "PrivateZone": bool(networks)}
    return [made | ({"VPC": _vpc(networks[0])} if networks else {})]


def _joined(facts: Facts) -> list[dict[str, Any]]:
    """The first network comes with the zone; the others are added, and on updates whichever is new."""
    before = facts.old.get("VPCs", facts.new.get("VPCs", [])[:1])
    return [{"HostedZoneId": facts.id, "VPC": _vpc(each)} for each in facts.new.get("VPCs", []) if each not in before]


def _left(facts: Facts) -> list[dict[str, Any]]:
    after = facts.new.get("VPCs", [])
    return [{"HostedZoneId": facts.id, "VPC": _vpc(each)} for each in facts.old.get("VPCs", []) if each not in after]


def _comment(facts: Facts) -> list[dict[str, Any]]:
    return [{"Id": facts.id, "Comment": facts.new.get("HostedZoneConfig", {}).get("Comment", "")}]


def _zone_tags(facts: Facts) -> list[dict[str, Any]]:
    after = facts.new.get("HostedZoneTags", [])
    kept = {each["Key"] for each in after}
    dropped = [each["Key"] for each in facts.old.get("HostedZoneTags", []) if each["Key"] not in kept]
    changes: dict[str, Any] = {"AddTags": after} if after else {}
    changes |= {"RemoveTagKeys": dropped} if dropped else {}
    return [{"ResourceType": "hostedzone", "ResourceId": facts.id} | changes] if changes else []


async def _zone_id(_call: Caller, facts: Facts) -> str:
    """`Z…`, as Ref gives it; the API says `/hostedzone/Z…`."""
    return str(facts.response["HostedZone"]["Id"]).rpartition("/")[2]


async def _by_reference(call: Caller, facts: Facts, _known: Collection[str]) -> str | None:
    for zone in (await call("route53", "ListHostedZones", {}))["HostedZones"]:
        if zone["CallerReference"] == facts.token:
            return str(zone["Id"]).rpartition("/")[2]
    return None


_ZONE = Row(
    type="AWS::Route53::HostedZone",
    service="route53",
    create=Step("CreateHostedZone", ("Name", "HostedZoneConfig", "VPCs"), build=_zone),
    id="$response.HostedZone.Id",
    identify=_zone_id,
    read=Read("GetHostedZone", {"Id": "$id"}, "$response"),
    attributes={"Id": "$id", "NameServers": "$item.DelegationSet.NameServers"},
    also=(
        Step("AssociateVPCWithHostedZone", ("VPCs",), build=_joined, ignore=("ConflictingDomainExists",)),
        Step("ChangeTagsForResource", ("HostedZoneTags",), build=_zone_tags, defaults={"HostedZoneTags": []}),
    ),
    update=(
        Step("DisassociateVPCFromHostedZone", ("VPCs",), build=_left, ignore=("VPCAssociationNotFound",)),
        Step("UpdateHostedZoneComment", ("HostedZoneConfig",), build=_comment, defaults={"HostedZoneConfig": {}}),
    ),
    delete=(Step("DeleteHostedZone", params={"Id": "$id"}),),
    gone=_GONE,
    seek=_by_reference,
)


def _dotted(name: str) -> str:
    return name.lower() if name.endswith(".") else f"{name.lower()}."


def _record(written: dict[str, Any]) -> dict[str, Any]:
    """A template's record as Route 53's ResourceRecordSet."""
    made = {key: written[key] for key in _RECORD if key in written}
    made["Name"] = _dotted(str(made["Name"]))
    for key in _NUMBERS:
        if key in made:
            made[key] = int(made[key])
    if "ResourceRecords" in made:
        made["ResourceRecords"] = [{"Value": str(each)} for each in made["ResourceRecords"]]
    if "AliasTarget" in made:
        target = made["AliasTarget"]
        healthy = str(target.get("EvaluateTargetHealth", False)).lower() == "true"
        made["AliasTarget"] = {**target, "EvaluateTargetHealth": healthy}
    if "MultiValueAnswer" in made:
        made["MultiValueAnswer"] = str(made["MultiValueAnswer"]).lower() == "true"
    return made


def _written(properties: Properties) -> list[dict[str, Any]]:
    """The records of either type."""
    return [_record(each) for each in properties.get("RecordSets", [properties])]


def _key(record: dict[str, Any]) -> tuple[str, str, str]:
    return record["Name"], record["Type"], str(record.get("SetIdentifier", ""))


def _batch(facts: Facts, changes: list[tuple[str, dict[str, Any]]]) -> list[dict[str, Any]]:
    made = [{"Action": action, "ResourceRecordSet": record} for action, record in changes]
    return [{"HostedZoneId": facts.new["HostedZoneId"], "ChangeBatch": {"Changes": made}}] if made else []


def _create(facts: Facts) -> list[dict[str, Any]]:
    return _batch(facts, [("CREATE", record) for record in _written(facts.new)])


def _update(facts: Facts) -> list[dict[str, Any]]:
    """All in one batch, so that no name is without its records in between."""
    before, after = _written(facts.old), _written(facts.new)
    kept = {_key(record) for record in after}
    gone = [("DELETE", record) for record in before if _key(record) not in kept]
    return _batch(facts, gone + [("UPSERT", record) for record in after if record not in before])


def _delete(facts: Facts) -> list[dict[str, Any]]:
    return _batch(facts, [("DELETE", record) for record in _written(facts.new)])


async def _located(call: Caller, properties: Properties) -> Properties:
    """HostedZoneName is looked up; with two zones of that name, AWS can't choose either."""
    if "HostedZoneName" not in properties or "HostedZoneId" in properties:
        return properties
    name = _dotted(str(properties["HostedZoneName"]))
    zones = (await call("route53", "ListHostedZones", {}))["HostedZones"]
    found = [str(zone["Id"]).rpartition("/")[2] for zone in zones if zone["Name"] == name]
    if len(found) != 1:
        reason = f"Found {len(found)} hosted zones named {name}" if found else f"No hosted zone named {name} found"
        raise AwsError("ValidationError", f"{reason}; use HostedZoneId, or make the zone first.")
    return {key: each for key, each in properties.items() if key != "HostedZoneName"} | {"HostedZoneId": found[0]}


async def _there(call: Caller, zone: str, record: dict[str, Any]) -> bool:
    asked = {"HostedZoneId": zone, "StartRecordName": record["Name"], "StartRecordType": record["Type"]}
    listed = (await call("route53", "ListResourceRecordSets", asked))["ResourceRecordSets"]
    return any(_key(each) == _key(record) for each in listed)


def _records(kind: str, identifier: str, props: tuple[str, ...]) -> Row:
    async def there(call: Caller, facts: Facts, _known: Collection[str]) -> str | None:
        """A batch is made as a whole, so one of its records tells of all, and of a name that was taken before."""
        for record in _written(facts.new):
            if await _there(call, facts.new["HostedZoneId"], record):
                return str(facts.new["Name"]) if identifier == "$new.Name" else f"{facts.logical}-{facts.token}"
        return None

    return Row(
        type=f"AWS::Route53::{kind}",
        service="route53",
        create=Step("ChangeResourceRecordSets", (*props, "HostedZoneId"), build=_create),
        id=identifier,
        expand=_located,
        seek=there,
        update=(
            Step(
                "ChangeResourceRecordSets",
                tuple(each for each in props if each not in ("Name", "SetIdentifier")),
                build=_update,
            ),
        ),
        delete=(Step("ChangeResourceRecordSets", build=_delete, ignore=("InvalidInput", "InvalidChangeBatch")),),
        gone=_GONE,
        consumed=("HostedZoneName", "Comment"),
    )


ROWS = (
    _ZONE,
    _records("RecordSet", "$new.Name", _RECORD),
    _records("RecordSetGroup", "{logical}-{token}", ("RecordSets",)),
)
