"""Requests as records, and records as answers. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netflux.errors import AwsError
from netflux.resources.route53 import domain
from netflux.resources.route53.change import Change
from netflux.resources.route53.delegationset import DelegationSet
from netflux.resources.route53.hostedzone import HostedZone
from netflux.resources.route53.recordset import Alias, RecordSet

CLOUD_MAP = "servicediscovery.amazonaws.com"
_ROUTING = ("Weight", "MultiValueAnswer")


def plain_id(written: str) -> str:
    """An id without the path that Route 53 writes before it."""
    return written.rpartition("/")[2]


def read(change: Mapping[str, Any], zone: str) -> RecordSet:
    """The record set of a change.

    Args:
        change: of the batch, held to the model.
        zone: id of the hosted zone.

    Raises:
        InvalidName: it is no record set of any zone.
        AwsError: the members don't go together.
    """
    given = change["ResourceRecordSet"]
    name = domain.canonical(given["Name"])
    _check(change["Action"], given)
    alias = given.get("AliasTarget")
    target = None
    if alias is not None:
        led = domain.canonical(alias["DNSName"])
        target = Alias(plain_id(alias["HostedZoneId"]), led, bool(alias["EvaluateTargetHealth"]))
    return RecordSet(
        zone, name, given["Type"], given.get("SetIdentifier") or "",
        int(given.get("TTL") or 0), tuple(one["Value"] for one in given.get("ResourceRecords") or ()), target,
        given.get("Weight"), bool(given.get("MultiValueAnswer")),
    )  # fmt: skip


def _check(action: str, given: Mapping[str, Any]) -> None:
    values = bool(given.get("ResourceRecords")) or given.get("TTL") is not None
    whole = bool(given.get("ResourceRecords")) and given.get("TTL") is not None
    found = "more than one" if given.get("AliasTarget") and values else "none"
    if found == "more than one" or (not given.get("AliasTarget") and not whole):
        wanted = "[AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId]"
        raise _invalid(action, given, f"Expected exactly one of {wanted}, but found {found} in")
    policies = [name for name in _ROUTING if given.get(name) is not None and given[name] is not False]
    if policies and not given.get("SetIdentifier"):
        raise _invalid(action, given, "Missing field 'SetIdentifier' in")
    if (given.get("SetIdentifier") and not policies) or len(policies) > 1:
        wanted = "[Weight, Region, Failover, GeoLocation, MultiValueAnswer, CidrRoutingConfig, GeoProximityLocation]"
        found = "more than one" if policies else "none"
        raise _invalid(action, given, f"Expected exactly one of {wanted}, but found {found} in")


def _invalid(action: str, given: Mapping[str, Any], what: str) -> AwsError:
    identifier = given.get("SetIdentifier") or "null"
    which = f"[Action={action}, Name={given['Name']}, Type={given['Type']}, SetIdentifier={identifier}]"
    return AwsError("InvalidInput", f"Invalid request: {what} Change with {which}")


def record_set(record: RecordSet) -> dict[str, Any]:
    """As answers have it."""
    shown: dict[str, Any] = {"Name": record.name, "Type": record.type}
    if record.identifier:
        shown["SetIdentifier"] = record.identifier
    if record.weight is not None:
        shown["Weight"] = record.weight
    if record.multivalue:
        shown["MultiValueAnswer"] = True
    if record.alias is not None:
        target = {"HostedZoneId": record.alias.zone, "DNSName": record.alias.name}
        return {**shown, "AliasTarget": {**target, "EvaluateTargetHealth": record.alias.evaluate}}
    return {**shown, "TTL": record.ttl, "ResourceRecords": [{"Value": value} for value in record.values]}


def hosted_zone(zone: HostedZone, count: int) -> dict[str, Any]:
    """As answers have it.

    Args:
        zone: the zone.
        count: of its record sets.
    """
    config: dict[str, Any] = {"PrivateZone": zone.private}
    if zone.comment is not None:
        config["Comment"] = zone.comment
    shown: dict[str, Any] = {
        "Id": f"/hostedzone/{zone.id}", "Name": zone.name, "CallerReference": zone.caller_reference,
        "Config": config, "ResourceRecordSetCount": count,
    }  # fmt: skip
    if zone.namespace:
        shown["LinkedService"] = {"ServicePrincipal": CLOUD_MAP, "Description": zone.namespace}
    return shown


def delegation_set(found: DelegationSet) -> dict[str, Any]:
    """As answers have it."""
    return {
        "Id": f"/delegationset/{found.id}", "CallerReference": found.caller_reference,
        "NameServers": [*found.name_servers],
    }  # fmt: skip


def change_info(change: Change, status: str) -> dict[str, Any]:
    """As answers have it."""
    shown: dict[str, Any] = {"Id": f"/change/{change.id}", "Status": status, "SubmittedAt": change.submitted}
    return shown if change.comment is None else {**shown, "Comment": change.comment}
