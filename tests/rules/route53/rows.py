"""Rows, and what many of them have."""

from __future__ import annotations

from typing import Any

from netflux import names
from tests.rules.rule import Rule

CHANGE = "API reference, ChangeResourceRecordSets"
TYPES = "Developer guide, Supported DNS record types"
ALIAS = "Developer guide, Values specific for simple alias records"
ROUTING = "Developer guide, Choosing a routing policy"
AUTHORITY = "Developer guide, NS and SOA records that Amazon Route 53 creates for a public hosted zone"
NAMES = "Developer guide, DNS domain name format"
QUOTAS = "Developer guide, Quotas"
CREATE = "API reference, CreateHostedZone"
LIST = "API reference, ListResourceRecordSets"
NO_ZONE = "Z0000000000000000000"
HERE = {"VPCRegion": names.REGION, "VPCId": "{vpc}"}
ELSEWHERE = {"VPCRegion": "eu-west-1", "VPCId": "{vpc}"}
ABSENT = {"VPCRegion": names.REGION, "VPCId": "vpc-0aaaaaaaaaaaaaaaa"}
ONE = {"ResourceRecords": [{"Value": "192.0.2.1"}]}
EXACTLY = "Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or "
ELB = "gone-1.us-east-1.elb.amazonaws.com"
LONG = "a" * 64


def record_set(name: str, kind: str, *values: str, **more: Any) -> dict[str, Any]:
    return {"Name": name, "Type": kind, "TTL": 60, "ResourceRecords": [{"Value": one} for one in values], **more}


def alias(name: str, target: str, zone: str = "{zone}", kind: str = "A", **more: Any) -> dict[str, Any]:
    alias = {"HostedZoneId": zone, "DNSName": target, "EvaluateTargetHealth": False}
    return {"Name": name, "Type": kind, "AliasTarget": alias, **more}


def batch(*changes: tuple[str, dict[str, Any]], zone: str = "{zone}") -> dict[str, Any]:
    made = [{"Action": action, "ResourceRecordSet": one} for action, one in changes]
    return {"HostedZoneId": zone, "ChangeBatch": {"Changes": made}}


def refused(rule: str, says: str, *changes: tuple[str, dict[str, Any]], page: str = CHANGE) -> Rule:
    return Rule(rule, "ChangeResourceRecordSets", batch(*changes), "InvalidChangeBatch", page, says)


def value(rule: str, says: str, kind: str, *values: str) -> Rule:
    return refused(rule, says, ("CREATE", record_set("new.example.com", kind, *values)), page=TYPES)


def malformed(rule: str, says: str, given: dict[str, Any]) -> Rule:
    params = batch(("CREATE", {"Name": "new.example.com", "Type": "A", **given}))
    return Rule(rule, "ChangeResourceRecordSets", params, "InvalidInput", CHANGE, says)
