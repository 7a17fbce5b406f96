"""What load balancers need to know of EC2: the one place that asks it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from netflux.controlplane.call import Caller
from netflux.errors import AwsError


@dataclass(frozen=True)
class Subnet:
    """A subnet of EC2's.

    Attributes:
        free: addresses that are left in it.
    """

    id: str
    vpc_id: str
    zone: str
    free: int


class Vpcs:
    """VPCs with what is in them.

    Args:
        apis: answers EC2's operations.
    """

    def __init__(self, apis: Caller) -> None:
        self._apis = apis

    async def subnets(self, ids: Sequence[str]) -> list[Subnet]:
        """In this order; AwsError SubnetNotFound where one is not there."""
        try:
            found = await self._described("Subnets", SubnetIds=[*ids])
        except AwsError as error:
            if error.code in ("InvalidSubnetID.NotFound", "InvalidSubnetID.Malformed", "InvalidSubnetId.Malformed"):
                raise AwsError("SubnetNotFound", error.message) from error
            raise
        by_id = {
            one["SubnetId"]: Subnet(
                one["SubnetId"], one["VpcId"], one["AvailabilityZone"], one["AvailableIpAddressCount"]
            )
            for one in found
        }
        return [by_id[one] for one in ids]

    async def group_vpcs(self, ids: Sequence[str]) -> dict[str, str]:
        """The VPCs of security groups; AwsError InvalidSecurityGroup where one is not there."""
        if not ids:
            return {}
        try:
            found = await self._described("SecurityGroups", GroupIds=[*ids])
        except AwsError as error:
            if error.code.startswith("InvalidGroup"):
                said = f"One or more security groups are invalid: {error.message}"
                raise AwsError("InvalidSecurityGroup", said) from error
            raise
        return {one["GroupId"]: one["VpcId"] for one in found}

    async def default_group(self, vpc: str) -> str:
        """The VPC's default security group."""
        filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}]
        (found,) = await self._described("SecurityGroups", Filters=filters)
        return str(found["GroupId"])

    async def has_internet(self, vpc: str) -> bool:
        """Whether an internet gateway is attached to the VPC."""
        filters = [{"Name": "attachment.vpc-id", "Values": [vpc]}]
        return bool(await self._described("InternetGateways", Filters=filters))

    async def exists(self, vpc: str) -> bool:
        """Whether there is such a VPC."""
        return bool(await self._described("Vpcs", Filters=[{"Name": "vpc-id", "Values": [vpc]}]))

    async def _described(self, nouns: str, **params: Any) -> list[dict[str, Any]]:
        told = await self._apis.call("ec2", f"Describe{nouns}", params)
        return list(told[nouns])
