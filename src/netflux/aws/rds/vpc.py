"""What RDS asks of EC2: which subnets and security groups there are, and in which VPC."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from netflux.controlplane.call import Caller
from netflux.errors import AwsError


@dataclass(frozen=True)
class Subnet:
    """A subnet with its VPC and availability zone."""

    id: str
    vpc: str
    zone: str


async def subnets(apis: Caller, ids: Sequence[str]) -> Sequence[Subnet]:
    """Those of the ids that are there."""
    conditions = [{"Name": "subnet-id", "Values": [*ids]}]
    found = (await apis.call("ec2", "DescribeSubnets", {"Filters": conditions}))["Subnets"]
    return [Subnet(one["SubnetId"], one["VpcId"], one["AvailabilityZone"]) for one in found]


async def default_subnets(apis: Caller) -> Sequence[Subnet]:
    """The default VPC's; none when there is no default VPC."""
    conditions = [{"Name": "default-for-az", "Values": ["true"]}]
    found = (await apis.call("ec2", "DescribeSubnets", {"Filters": conditions}))["Subnets"]
    return [Subnet(one["SubnetId"], one["VpcId"], one["AvailabilityZone"]) for one in found]


async def security_groups(apis: Caller, ids: Sequence[str]) -> Mapping[str, str]:
    """The VPC of each; AwsError in EC2's words when one is not there."""
    found = (await apis.call("ec2", "DescribeSecurityGroups", {"GroupIds": [*ids]}))["SecurityGroups"]
    return {one["GroupId"]: one["VpcId"] for one in found}


async def default_security_group(apis: Caller, vpc: str) -> str:
    """The VPC's own."""
    conditions = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}]
    found = (await apis.call("ec2", "DescribeSecurityGroups", {"Filters": conditions}))["SecurityGroups"]
    if not found:
        raise AwsError("InvalidVPCNetworkStateFault", f"The VPC {vpc} has no default security group; name one.")
    return str(found[0]["GroupId"])
