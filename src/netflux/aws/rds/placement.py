"""Where in the VPC an instance goes: subnet groups are moto's, what is checked of them is here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from netflux.controlplane.apis import Apis
from netflux.errors import AwsError

DEFAULT_GROUP = "default"


@dataclass(frozen=True)
class Place:
    """A subnet of a subnet group.

    Attributes:
        group: name of the subnet group.
        subnet: its id.
        zone: its availability zone.
        security_groups: ids.
    """

    group: str
    subnet: str
    zone: str
    security_groups: list[str]


async def choose(apis: Apis, request: Mapping[str, Any]) -> Place:
    """The subnet and groups for a new instance; AwsError for a group, zone or security group that is not."""
    name = request.get("DBSubnetGroupName") or await _default_group(apis)
    group = await subnet_group(apis, name)
    zone = request.get("AvailabilityZone", "")
    subnets = [subnet for subnet in group["Subnets"] if zone in ("", subnet["SubnetAvailabilityZone"]["Name"])]
    if not subnets:
        raise AwsError("InvalidVPCNetworkStateFault", f"Subnet group {name} has no subnet in availability zone {zone}.")
    groups = request.get("VpcSecurityGroupIds") or [await _default_security_group(apis, group["VpcId"])]
    await check_groups(apis, groups)
    subnet = subnets[0]
    return Place(
        group["DBSubnetGroupName"], subnet["SubnetIdentifier"], subnet["SubnetAvailabilityZone"]["Name"], [*groups]
    )


async def subnet_group(apis: Apis, name: str) -> dict[str, Any]:
    """The DBSubnetGroup shape; DBSubnetGroupNotFoundFault when there is none of the name."""
    answer = await apis.moto.call("rds", "DescribeDBSubnetGroups", {"DBSubnetGroupName": name.lower()})
    found: dict[str, Any] = answer["DBSubnetGroups"][0]
    return found


async def check_zones(apis: Apis, subnets: Sequence[str]) -> None:
    """A subnet group spans at least two zones [CreateDBSubnetGroup]."""
    answer = await apis.call("ec2", "DescribeSubnets", {"SubnetIds": [*subnets]})
    zones = sorted({subnet["AvailabilityZone"] for subnet in answer["Subnets"]})
    if len(zones) < 2:
        raise AwsError(
            "DBSubnetGroupDoesNotCoverEnoughAZs",
            "The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement. Current AZ coverage: "
            f"{', '.join(zones)}. Add subnets to cover at least 2 AZs.",
        )


async def check_groups(apis: Apis, groups: Sequence[str]) -> None:
    """AwsError in RDS's words when a security group is not there."""
    try:
        await apis.call("ec2", "DescribeSecurityGroups", {"GroupIds": [*groups]})
    except AwsError as error:
        raise AwsError(
            "InvalidParameterValue", f"Invalid security group, groups={[*groups]}: {error.message}"
        ) from error


def since(request: Mapping[str, Any], now: datetime) -> datetime:
    """From when on DescribeEvents tells: StartTime, or Duration minutes ago, by default 60 [DescribeEvents]."""
    start = request.get("StartTime")
    if isinstance(start, datetime):
        return start
    return now - timedelta(minutes=request.get("Duration", 60))


async def _default_group(apis: Apis) -> str:
    """RDS makes the subnet group `default` of the default VPC's subnets when an instance first needs it."""
    try:
        await subnet_group(apis, DEFAULT_GROUP)
    except AwsError as error:
        if error.code != "DBSubnetGroupNotFoundFault":
            raise
    else:
        return DEFAULT_GROUP
    condition = {"Name": "default-for-az", "Values": ["true"]}
    subnets = (await apis.call("ec2", "DescribeSubnets", {"Filters": [condition]}))["Subnets"]
    if not subnets:
        raise AwsError("InvalidVPCNetworkStateFault", "There is no default VPC; name a DBSubnetGroupName.")
    await apis.moto.call(
        "rds",
        "CreateDBSubnetGroup",
        {
            "DBSubnetGroupName": DEFAULT_GROUP,
            "DBSubnetGroupDescription": "default",
            "SubnetIds": [subnet["SubnetId"] for subnet in subnets],
        },
    )
    return DEFAULT_GROUP


async def _default_security_group(apis: Apis, vpc: str) -> str:
    conditions = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}]
    answer = await apis.call("ec2", "DescribeSecurityGroups", {"Filters": conditions})
    return str(answer["SecurityGroups"][0]["GroupId"])
