"""Zones and regions, the account's limits, and what AWS itself has in each region.

"AWS Availability Zones" and "AWS Regions", AWS global infrastructure user guide.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from netflux import names
from netflux.aws.ec2.filters import Filters
from netflux.aws.ec2.nouns import invalid
from netflux.aws.ec2.part import DRY_RUN, Part
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation

if TYPE_CHECKING:
    from types_boto3_ec2.type_defs import (
        DescribeAccountAttributesRequestTypeDef,
        DescribeAvailabilityZonesRequestTypeDef,
        DescribeRegionsRequestTypeDef,
    )

ZONES: Mapping[str, str] = {
    "us-east-1a": "use1-az6",
    "us-east-1b": "use1-az1",
    "us-east-1c": "use1-az2",
    "us-east-1d": "use1-az4",
    "us-east-1e": "use1-az3",
    "us-east-1f": "use1-az5",
}
"""The region's zones and their ids. On AWS each account has its own pairs."""

PREFIX_LISTS: Mapping[str, str] = {
    f"com.amazonaws.{names.REGION}.s3": "IPv4",
    f"com.amazonaws.{names.REGION}.dynamodb": "IPv4",
    "com.amazonaws.global.cloudfront.origin-facing": "IPv4",
    "com.amazonaws.global.groundstation": "IPv4",
    f"com.amazonaws.{names.REGION}.vpc-lattice": "IPv4",
    f"com.amazonaws.{names.REGION}.ipv6.vpc-lattice": "IPv6",
}
"""AWS's own prefix lists and their families ["AWS-managed prefix lists", Amazon VPC user guide]."""

_WITHOUT_OPT_IN = (
    "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2",
    "ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1", "us-east-1",
    "us-east-2", "us-west-1", "us-west-2",
)  # fmt: skip
_WITH_OPT_IN = (
    "af-south-1", "ap-east-1", "ap-south-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "ap-southeast-7",
    "ca-west-1", "eu-central-2", "eu-south-1", "eu-south-2", "il-central-1", "me-central-1", "me-south-1",
    "mx-central-1",
)  # fmt: skip

_PREFIX_OF_DEFAULT = 20
"""Of a default subnet's block ["Default VPC components", Amazon VPC user guide]."""


def default_blocks(block: str) -> list[str]:
    """The blocks of a default VPC's subnets, in the order of the zones."""
    return [str(one) for one in ipaddress.IPv4Network(block).subnets(new_prefix=_PREFIX_OF_DEFAULT)]


def zone(request: Mapping[str, Any]) -> str:
    """The zone that a request names by AvailabilityZone or AvailabilityZoneId; the first one where it names none.

    Raises:
        AwsError: there is no such zone, or the two are not the same one.
    """
    name, identity = request.get("AvailabilityZone"), request.get("AvailabilityZoneId")
    if name and name not in ZONES:
        raise _unknown("availabilityZone", name, ZONES)
    if identity and identity not in ZONES.values():
        raise _unknown("availabilityZoneId", identity, ZONES.values())
    if name and identity and ZONES[name] != identity:
        raise invalid(f"The zone {name} has the id {ZONES[name]}, not {identity}. Name one of the two.")
    if identity:
        return next(one for one in ZONES if ZONES[one] == identity)
    return name or next(iter(ZONES))


def _unknown(parameter: str, value: str, known: Any) -> Exception:
    return invalid(
        f"Value ({value}) for parameter {parameter} is invalid. Subnets can currently only be created in the following "
        f"availability zones: {', '.join(known)}."
    )


def _opt_in(region: str) -> str:
    return "not-opted-in" if region in _WITH_OPT_IN else "opt-in-not-required"


_ZONE_FILTERS = Filters[str](
    {
        "group-name": lambda _: f"{names.REGION}-zg-1",
        "message": lambda _: (),
        "opt-in-status": lambda _: "opt-in-not-required",
        "parent-zone-id": lambda _: (),
        "parent-zone-name": lambda _: (),
        "region-name": lambda _: names.REGION,
        "state": lambda _: "available",
        "zone-id": lambda zone: ZONES[zone],
        "zone-name": lambda zone: zone,
        "zone-type": lambda _: "availability-zone",
    }
)

_REGION_FILTERS = Filters[str](
    {
        "endpoint": lambda region: f"ec2.{region}.amazonaws.com",
        "opt-in-status": _opt_in,
        "region-name": lambda region: region,
    }
)

_ATTRIBUTES = {
    "supported-platforms": "VPC",
    "max-instances": "0",
    "vpc-max-security-groups-per-interface": "5",
    "max-elastic-ips": "5",
    "vpc-max-elastic-ips": "5",
}
"""Limits of the account. No instance runs here, so none is allowed."""


class Zones(Part):
    """DescribeAvailabilityZones, DescribeRegions, DescribeAccountAttributes."""

    @operation(
        "ZoneNames ZoneIds Filters(Name Values)",
        neutral={**DRY_RUN, "AllAvailabilityZones": "The region has no zones that an account opts into."},
    )
    def describe_availability_zones(
        self, _call: Call, request: DescribeAvailabilityZonesRequestTypeDef
    ) -> dict[str, Any]:
        """The zones that subnets are made in."""
        for name in request.get("ZoneNames") or ():
            if name not in ZONES:
                raise invalid(f"Invalid availability zone: [{name}]")
        for identity in request.get("ZoneIds") or ():
            if identity not in ZONES.values():
                raise invalid(f"Invalid availability zone-id: [{identity}]")
        wanted, ids = request.get("ZoneNames") or [*ZONES], request.get("ZoneIds") or [*ZONES.values()]
        found = [zone for zone in ZONES if zone in wanted and ZONES[zone] in ids]
        return {"AvailabilityZones": [_zone(one) for one in _ZONE_FILTERS.passing(found, request.get("Filters"))]}

    @operation("RegionNames AllRegions Filters(Name Values)", neutral=DRY_RUN)
    def describe_regions(self, _call: Call, request: DescribeRegionsRequestTypeDef) -> dict[str, Any]:
        """AWS's regions; this cloud is one of them."""
        wanted = request.get("RegionNames") or ()
        known = [*_WITHOUT_OPT_IN, *_WITH_OPT_IN]
        for name in wanted:
            if name not in known:
                raise invalid(f"Invalid region names: [{name}]")
        shown = known if request.get("AllRegions") or wanted else _WITHOUT_OPT_IN
        found = sorted(name for name in shown if not wanted or name in wanted)
        return {
            "Regions": [
                {"RegionName": name, "Endpoint": f"ec2.{name}.amazonaws.com", "OptInStatus": _opt_in(name)}
                for name in _REGION_FILTERS.passing(found, request.get("Filters"))
            ]
        }

    @operation("AttributeNames", neutral=DRY_RUN)
    def describe_account_attributes(
        self, _call: Call, request: DescribeAccountAttributesRequestTypeDef
    ) -> dict[str, Any]:
        """What the account may have."""
        default = next((vpc.id for vpc in self.tables.vpcs.where("default", "default")), "none")
        known = {**_ATTRIBUTES, "default-vpc": default}
        wanted: Any = request.get("AttributeNames") or [*known]
        return {
            "AccountAttributes": [
                {"AttributeName": name, "AttributeValues": [{"AttributeValue": known[name]}]}
                for name in wanted
                if name in known
            ]
        }


def _zone(name: str) -> dict[str, Any]:
    return {
        "ZoneName": name, "ZoneId": ZONES[name], "RegionName": names.REGION, "ZoneType": "availability-zone",
        "State": "available", "OptInStatus": "opt-in-not-required", "Messages": [],
        "GroupName": f"{names.REGION}-zg-1", "GroupLongName": "US East (N. Virginia) 1",
        "NetworkBorderGroup": names.REGION,
    }  # fmt: skip
