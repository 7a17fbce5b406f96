"""Aliases that lead out of their hosted zone: to load balancers and distributions of this cloud."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netflux import names
from netflux.aws.route53 import batch
from netflux.controlplane.call import Caller
from netflux.controlplane.records.table import Table
from netflux.errors import AwsError, Unsupported
from netflux.resources.elbv2 import LoadBalancer
from netflux.resources.route53 import domain, targets
from netflux.resources.route53.recordset import RecordSet

_ELB, _CLOUDFRONT, _WEBSITE = ".elb.localhost", ".cloudfront.localhost", "s3-website"
_LEADING = frozenset({"A", "AAAA", "HTTPS"})


def problem(record: RecordSet, balancers: Table[LoadBalancer], region: str) -> str:
    """What is wrong with an alias that leads out of its zone; empty when nothing is.

    Args:
        record: the alias.
        balancers: all load balancers.
        region: theirs.
    """
    alias = record.alias
    if alias is None:
        return ""
    start = f"Tried to create an alias that targets {alias.name}, type {record.type} in zone {alias.zone}, but"
    outside = f"{start} the alias target name does not lie within the target zone"
    unfound = f"{start} that target was not found"
    name = targets.target(alias.name)
    if name.startswith(_WEBSITE):
        raise Unsupported(f"An alias to the S3 website {alias.name}", "Lead it to a distribution of the bucket.")
    if not _inside(name, alias.zone):
        return f"{outside}, {unfound}"
    there = not name.endswith(_ELB) or _balanced(name, balancers, region)
    return "" if there and record.type in _LEADING else unfound


def _balanced(name: str, balancers: Table[LoadBalancer], region: str) -> bool:
    """Whether a load balancer has the DNS name: its first label is the load balancer's name and a number."""
    own = name.partition(".")[0].removeprefix("internal-").rpartition("-")[0]
    named = [names.load_balancer(one.name, one.arn, region, one.internal) for one in balancers.where("lower_name", own)]
    return name in map(str.lower, named)


def _inside(name: str, zone: str) -> bool:
    """Whether a name of a load balancer or a distribution is in AWS's zone of them."""
    if name.endswith(_CLOUDFRONT):
        return zone == targets.CLOUDFRONT
    return name.endswith(_ELB) and zone in targets.LOAD_BALANCERS.values()


async def check(apis: Caller, changes: list[Mapping[str, Any]]) -> None:
    """Raises AwsError when an alias leads to a distribution that is not there."""
    wrong: list[str] = []
    for change in changes:
        given = change["ResourceRecordSet"]
        written = (given.get("AliasTarget") or {}).get("DNSName") or ""
        name = targets.target(written)
        if change["Action"] == batch.DELETE or not name.endswith(_CLOUDFRONT):
            continue
        try:
            await apis.call("cloudfront", "GetDistribution", {"Id": name.removesuffix(_CLOUDFRONT).upper()})
        except AwsError:
            shown = f"{domain.compared(written)}."
            wrong.append(
                f"Tried to create an alias that targets {shown}, type {given['Type']} in zone {targets.CLOUDFRONT}, "
                "but that target was not found"
            )
    if wrong:
        raise batch.refused(wrong)
