"""Blocks that VPCs and subnets get, and lose, after they were made."""

from __future__ import annotations

import ipaddress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netflux import names
from netflux.aws.ec2 import blocks, furnishing, subnets, vpcs
from netflux.aws.ec2.nouns import SUBNETS, VPCS, missing
from netflux.aws.ec2.part import Part, no_pools
from netflux.controlplane import identifiers
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.resources.ec2.vpc import CidrAssociation, Vpc

if TYPE_CHECKING:
    from types_boto3_ec2.type_defs import (
        AssociateSubnetCidrBlockRequestTypeDef,
        AssociateVpcCidrBlockRequestTypeDef,
        DisassociateSubnetCidrBlockRequestTypeDef,
        DisassociateVpcCidrBlockRequestTypeDef,
    )

MOST = 5
"""Blocks of each version of IP that a VPC can have ["Amazon VPC quotas"]."""


class VpcBlocks(Part):
    """The operations."""

    @operation(
        "VpcId CidrBlock AmazonProvidedIpv6CidrBlock Ipv6CidrBlockNetworkBorderGroup",
        refused={
            **no_pools("Ipv4IpamPoolId", "Ipv4NetmaskLength", "Ipv6IpamPoolId", "Ipv6NetmaskLength", "Ipv6Pool"),
            "Ipv6CidrBlock": "Use AmazonProvidedIpv6CidrBlock.",
        },
        only={"Ipv6CidrBlockNetworkBorderGroup": (names.REGION,)},
    )
    def associate_vpc_cidr_block(self, _call: Call, request: AssociateVpcCidrBlockRequestTypeDef) -> dict[str, Any]:
        """Each route table of the VPC gets a route to the block ("VPC CIDR blocks", Amazon VPC user guide)."""
        vpc = VPCS.get(self.documents, request["VpcId"])
        told, provided = request.get("CidrBlock"), request.get("AmazonProvidedIpv6CidrBlock")
        if bool(told) == bool(provided):
            raise missing("cidrBlock", "amazonProvidedIpv6CidrBlock")
        if told:
            made = self._another(vpc, told)
            changed = replace(vpc, cidr_associations=(*vpc.cidr_associations, made))
        else:
            made = vpcs.ipv6_association()
            changed = replace(vpc, ipv6_associations=(*vpc.ipv6_associations, made))
        if max(len(changed.cidr_associations), len(changed.ipv6_associations)) > MOST:
            raise AwsError(
                "CidrLimitExceeded", f"This network {vpc.id} has met its maximum number of allowed CIDRs: {MOST}"
            )
        self.tables.vpcs.put(changed)
        for table in self.tables.route_tables.where("vpc", vpc.id):
            self.tables.routes.put(furnishing.local_route(table.id, made.block))
        return {"VpcId": vpc.id, **_shape(made, "associating")}

    def _another(self, vpc: Vpc, told: str) -> CidrAssociation:
        block = blocks.of_vpc(told)
        known = blocks.overlapping(block, vpc.blocks)
        if known:
            raise AwsError("InvalidVpc.Range", f"The CIDR '{block}' conflicts with the VPC's CIDR block '{known}'.")
        return CidrAssociation(identifiers.hexadecimal("vpc-cidr-assoc"), str(block))

    @operation("AssociationId")
    def disassociate_vpc_cidr_block(
        self, _call: Call, request: DisassociateVpcCidrBlockRequestTypeDef
    ) -> dict[str, Any]:
        """Not the first one, and none in which subnets are."""
        identity = request["AssociationId"]
        vpc = next(iter(self.tables.vpcs.where("association", identity)), None)
        if vpc is None:
            raise AwsError(
                "InvalidVpcCidrBlockAssociationID.NotFound",
                f"The vpc CIDR block with association ID {identity} does not exist",
            )
        (gone,) = (one for one in (*vpc.cidr_associations, *vpc.ipv6_associations) if one.id == identity)
        if gone.block == vpc.cidr_block:
            raise AwsError(
                "OperationNotPermitted",
                f"The vpc CIDR block with association ID {identity} may not be disassociated. "
                "It is the primary IPv4 CIDR block of the VPC",
            )
        self._empty(vpc, gone.block)
        self.tables.vpcs.put(
            replace(
                vpc,
                cidr_associations=tuple(one for one in vpc.cidr_associations if one.id != identity),
                ipv6_associations=tuple(one for one in vpc.ipv6_associations if one.id != identity),
            )
        )
        for table in self.tables.route_tables.where("vpc", vpc.id):
            self.tables.routes.delete(f"{table.id}|{gone.block}")
        return {"VpcId": vpc.id, **_shape(gone, "disassociating")}

    def _empty(self, vpc: Vpc, told: str) -> None:
        block = ipaddress.ip_network(told)
        for subnet in self.tables.subnets.where("vpc", vpc.id):
            if blocks.overlapping(block, (subnet.cidr_block, *(one.block for one in subnet.ipv6_associations))):
                said = f"The vpc {vpc.id} currently has a subnet within CIDR block {block}"
                raise AwsError("InvalidCidrBlock.InUse", said)

    @operation("SubnetId Ipv6CidrBlock", refused=no_pools("Ipv6IpamPoolId", "Ipv6NetmaskLength"))
    def associate_subnet_cidr_block(
        self, _call: Call, request: AssociateSubnetCidrBlockRequestTypeDef
    ) -> dict[str, Any]:
        """A subnet has one block of IPv6 ("Subnet CIDR blocks", Amazon VPC user guide)."""
        subnet = SUBNETS.get(self.documents, request["SubnetId"])
        told = request.get("Ipv6CidrBlock")
        if not told:
            raise missing("ipv6CidrBlock")
        if subnet.ipv6_associations:
            raise AwsError(
                "CidrLimitExceeded", f"This subnet {subnet.id} has met its maximum number of allowed CIDRs: 1"
            )
        made = subnets.ipv6_association(self.tables, VPCS.get(self.documents, subnet.vpc_id), told)
        self.tables.subnets.put(replace(subnet, ipv6_associations=(made,)))
        return {"SubnetId": subnet.id, "Ipv6CidrBlockAssociation": subnets.ipv6_shape(made, "associating")}

    @operation("AssociationId")
    def disassociate_subnet_cidr_block(
        self, _call: Call, request: DisassociateSubnetCidrBlockRequestTypeDef
    ) -> dict[str, Any]:
        """Not while an interface has an address of it."""
        identity = request["AssociationId"]
        subnet = next(iter(self.tables.subnets.where("association", identity)), None)
        if subnet is None:
            raise AwsError(
                "InvalidSubnetCidrBlockAssociationID.NotFound",
                f"The subnet CIDR block with association ID {identity} does not exist",
            )
        if any(one.ipv6_addresses for one in self.tables.interfaces.where("subnet", subnet.id)):
            said = f"The subnet {subnet.id} has interfaces with addresses of the CIDR block. Unassign them first."
            raise AwsError("InvalidCidrBlock.InUse", said)
        (gone,) = (one for one in subnet.ipv6_associations if one.id == identity)
        left = tuple(one for one in subnet.ipv6_associations if one.id != identity)
        self.tables.subnets.put(replace(subnet, ipv6_associations=left))
        return {"SubnetId": subnet.id, "Ipv6CidrBlockAssociation": subnets.ipv6_shape(gone, "disassociating")}


def _shape(one: CidrAssociation, state: str) -> dict[str, Any]:
    if ":" in one.block:
        return {"Ipv6CidrBlockAssociation": vpcs.ipv6_shape(one, state)}
    return {"CidrBlockAssociation": vpcs.ipv4_shape(one, state)}
