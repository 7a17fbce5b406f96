"""What load balancers need to know of EC2, read from its tables."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from netflux.controlplane.records.documents import Documents
from netflux.errors import AwsError
from netflux.resources.ec2.subnet import Subnet
from netflux.resources.ec2.tables import Tables

_RESERVED = 5
"""Addresses of a subnet that nobody gets ["Subnet CIDR blocks", Amazon VPC user guide]."""


class Vpcs:
    """VPCs with what is in them.

    Args:
        documents: keep EC2's tables.
    """

    def __init__(self, documents: Documents) -> None:
        self._tables = Tables(documents)

    def subnets(self, ids: Sequence[str]) -> list[Subnet]:
        """In this order; AwsError SubnetNotFound where one is not there."""
        found = [self._tables.subnets.get(one) for one in ids]
        missing = [one for one, subnet in zip(ids, found, strict=True) if subnet is None]
        if missing:
            raise AwsError("SubnetNotFound", f"The subnet ID '{missing[0]}' does not exist")
        return [subnet for subnet in found if subnet is not None]

    def free(self, subnet: Subnet) -> int:
        """How many of a subnet's IPv4 addresses nobody has."""
        if not subnet.cidr_block:
            return 0
        taken = sum(len(one.private_addresses) for one in self._tables.interfaces.where("subnet", subnet.id))
        return ipaddress.IPv4Network(subnet.cidr_block).num_addresses - _RESERVED - taken

    def group_vpcs(self, ids: Sequence[str]) -> dict[str, str]:
        """The VPCs of security groups; AwsError InvalidSecurityGroup where one is not there."""
        found = {one: self._tables.groups.get(one) for one in ids}
        missing = [one for one, group in found.items() if group is None]
        if missing:
            raise AwsError("InvalidSecurityGroup", f"The security group '{missing[0]}' does not exist")
        return {one: group.vpc_id for one, group in found.items() if group is not None}

    def default_group(self, vpc: str) -> str:
        """The VPC's default security group."""
        (found,) = self._tables.groups.where("name", f"{vpc}/default")
        return found.id

    def has_internet(self, vpc: str) -> bool:
        """Whether an internet gateway is attached to the VPC."""
        return self._tables.internet_gateways.has("vpc", vpc)

    def exists(self, vpc: str) -> bool:
        """Whether there is such a VPC."""
        return vpc in self._tables.vpcs

    def contains(self, vpc: str, address: str) -> bool:
        """Whether an IPv4 address is of one of the VPC's blocks."""
        found = self._tables.vpcs.get(vpc)
        blocks = [ipaddress.ip_network(block) for block in (found.blocks if found is not None else ())]
        return any(ipaddress.ip_address(address) in block for block in blocks)
