"""Subnets."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netflux.aws.ec2 import blocks, furnishing, users, zones
from netflux.aws.ec2.filters import Filters, page
from netflux.aws.ec2.nouns import SUBNETS, VPCS, invalid, missing
from netflux.aws.ec2.part import DRY_RUN, Part, no_pools, shown_tags
from netflux.controlplane import identifiers
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.resources.ec2.subnet import Subnet, around
from netflux.resources.ec2.tables import Tables
from netflux.resources.ec2.vpc import CidrAssociation, Vpc

if TYPE_CHECKING:
    from types_boto3_ec2.type_defs import (
        CreateDefaultSubnetRequestTypeDef,
        CreateSubnetRequestTypeDef,
        DeleteSubnetRequestTypeDef,
        DescribeSubnetsRequestTypeDef,
        ModifySubnetAttributeRequestTypeDef,
    )

_NO_OUTPOSTS = "There are no Outposts here."
_ATTRIBUTES = {
    "MapPublicIpOnLaunch": "map_public_ip",
    "AssignIpv6AddressOnCreation": "assign_ipv6",
    "EnableDns64": "dns64",
    "EnableResourceNameDnsARecordOnLaunch": "resource_name_a",
    "EnableResourceNameDnsAAAARecordOnLaunch": "resource_name_aaaa",
}


class Subnets(Part):
    """Their operations, but for blocks that are added later."""

    @operation(
        "VpcId CidrBlock Ipv6CidrBlock AvailabilityZone AvailabilityZoneId "
        "TagSpecifications(ResourceType Tags(Key Value))",
        neutral=DRY_RUN,
        refused={
            **no_pools("Ipv4IpamPoolId", "Ipv4NetmaskLength", "Ipv6IpamPoolId", "Ipv6NetmaskLength"),
            "OutpostArn": _NO_OUTPOSTS,
            "Ipv6Native": "Tasks and databases have IPv4 addresses here.",
        },
    )
    def create_subnet(self, call: Call, request: CreateSubnetRequestTypeDef) -> dict[str, Any]:
        """Refuses blocks outside the VPC's or over another subnet's ("Subnet CIDR blocks", Amazon VPC user guide)."""
        vpc = VPCS.get(self.documents, request["VpcId"])
        if not request.get("CidrBlock"):
            raise missing("cidrBlock")
        block = blocks.ipv4(request["CidrBlock"], "InvalidSubnet.Range")
        if not blocks.inside(block, (one.block for one in vpc.cidr_associations)):
            raise AwsError("InvalidSubnet.Range", f"The CIDR '{request['CidrBlock']}' is invalid.")
        self._free(vpc.id, str(block))
        ipv6 = request.get("Ipv6CidrBlock")
        subnet = Subnet(
            identifiers.hexadecimal("subnet"),
            vpc.id,
            zones.zone(request),
            str(block),
            (ipv6_association(self.tables, vpc, ipv6),) if ipv6 else (),
            tags=self.tags(call, request, SUBNETS),
        )
        furnishing.put_subnet(self.tables, subnet)
        return {"Subnet": shape(self.tables, subnet, call)}

    def _free(self, vpc_id: str, block: str) -> None:
        subnets = self.tables.subnets
        *larger, own = around(vpc_id, block)
        if subnets.has("within", own) or any(subnets.has("block", one) for one in larger):
            raise AwsError("InvalidSubnet.Conflict", f"The CIDR '{block}' conflicts with another subnet")

    @operation(
        "AvailabilityZone AvailabilityZoneId",
        neutral=DRY_RUN,
        refused={"Ipv6Native": "Tasks and databases have IPv4 addresses here."},
    )
    def create_default_subnet(self, call: Call, request: CreateDefaultSubnetRequestTypeDef) -> dict[str, Any]:
        """One in each zone ("Create a default subnet", Amazon VPC user guide)."""
        if not request.get("AvailabilityZone") and not request.get("AvailabilityZoneId"):
            raise missing("availabilityZone", "availabilityZoneId")
        zone = zones.zone(request)
        vpc = next(iter(self.tables.vpcs.where("default", "default")), None)
        if vpc is None:
            raise AwsError("DefaultVpcDoesNotExist", "No default VPC exists for this account in this region.")
        for known in self.tables.subnets.where("default", zone):
            said = f"'{known.id}' is already the default subnet in {zone}."
            raise AwsError("DefaultSubnetAlreadyExistsInAvailabilityZone", said)
        taken = [one.cidr_block for one in self.tables.subnets.where("vpc", vpc.id)]
        for block in zones.default_blocks(vpc.cidr_block):
            if not blocks.overlapping(ipaddress.ip_network(block), taken):
                subnet = furnishing.default_subnet(vpc.id, zone, block)
                furnishing.put_subnet(self.tables, subnet)
                return {"Subnet": shape(self.tables, subnet, call)}
        raise AwsError("InsufficientFreeAddressesInVpc", f"There is no free /20 block left in {vpc.id}.")

    @operation("SubnetIds Filters(Name Values) MaxResults NextToken", neutral=DRY_RUN)
    def describe_subnets(self, call: Call, request: DescribeSubnetsRequestTypeDef) -> dict[str, Any]:
        """Subnets by ids and filters."""
        wanted = filters(self.tables, call)
        found = wanted.found(self.documents, SUBNETS, request.get("SubnetIds"), request.get("Filters"))
        return page(request, [shape(self.tables, subnet, call) for subnet in found], "Subnets", least=5)

    @operation("SubnetId", neutral=DRY_RUN)
    def delete_subnet(self, _call: Call, request: DeleteSubnetRequestTypeDef) -> dict[str, Any]:
        """Its associations with a route table and an ACL go with it; whatever has an address in it must go before."""
        subnet, tables = SUBNETS.get(self.documents, request["SubnetId"]), self.tables
        users.check_subnet(self.documents, subnet.id)
        for association in tables.route_table_associations.where("subnet", subnet.id):
            tables.route_table_associations.delete(association.id)
        for tied in tables.acl_associations.where("subnet", subnet.id):
            tables.acl_associations.delete(tied.id)
        tables.subnets.delete(subnet.id)
        return {}

    @operation(
        "SubnetId MapPublicIpOnLaunch(Value) AssignIpv6AddressOnCreation(Value) EnableDns64(Value) "
        "PrivateDnsHostnameTypeOnLaunch EnableResourceNameDnsARecordOnLaunch(Value) "
        "EnableResourceNameDnsAAAARecordOnLaunch(Value)",
        refused=dict.fromkeys(
            (
                "MapCustomerOwnedIpOnLaunch",
                "CustomerOwnedIpv4Pool",
                "EnableLniAtDeviceIndex",
                "DisableLniAtDeviceIndex",
            ),
            _NO_OUTPOSTS,
        ),
    )
    def modify_subnet_attribute(self, _call: Call, request: ModifySubnetAttributeRequestTypeDef) -> dict[str, Any]:
        """One attribute a call, as the API reference says."""
        subnet, told = SUBNETS.get(self.documents, request["SubnetId"]), dict[str, Any](request)
        changes: dict[str, Any] = {
            field: bool(told[member].get("Value"))
            for member, field in _ATTRIBUTES.items()
            if told.get(member) is not None
        }
        if told.get("PrivateDnsHostnameTypeOnLaunch"):
            changes["hostname_type"] = told["PrivateDnsHostnameTypeOnLaunch"]
        if not changes:
            raise missing(*_ATTRIBUTES, "PrivateDnsHostnameTypeOnLaunch")
        if len(changes) > 1:
            raise AwsError("InvalidParameterCombination", "Fields for multiple attribute types specified")
        if changes.get("assign_ipv6") and not subnet.ipv6_associations:
            raise invalid(f"The subnet '{subnet.id}' has no IPv6 CIDR block. Associate one first.")
        self.tables.subnets.put(replace(subnet, **changes))
        return {}


def filters(tables: Tables, call: Call) -> Filters[Subnet]:
    """Of DescribeSubnets; some have older names besides."""
    read: Mapping[str, Any] = {
        "availability-zone": lambda subnet: subnet.zone,
        "availability-zone-id": lambda subnet: zones.ZONES.get(subnet.zone),
        "available-ip-address-count": lambda subnet: free(tables, subnet),
        "cidr-block": lambda subnet: subnet.cidr_block,
        "customer-owned-ipv4-pool": lambda _: None,
        "default-for-az": lambda subnet: subnet.default_for_zone,
        "enable-dns64": lambda subnet: subnet.dns64,
        "enable-lni-at-device-index": lambda _: None,
        "ipv6-cidr-block-association.ipv6-cidr-block": lambda subnet: [one.block for one in subnet.ipv6_associations],
        "ipv6-cidr-block-association.association-id": lambda subnet: [one.id for one in subnet.ipv6_associations],
        "ipv6-cidr-block-association.state": lambda subnet: ["associated" for _ in subnet.ipv6_associations],
        "ipv6-native": lambda subnet: subnet.ipv6_native,
        "map-customer-owned-ip-on-launch": lambda _: False,
        "map-public-ip-on-launch": lambda subnet: subnet.map_public_ip,
        "outpost-arn": lambda _: None,
        "owner-id": lambda _: call.account,
        "private-dns-name-options-on-launch.hostname-type": lambda subnet: subnet.hostname_type,
        "private-dns-name-options-on-launch.enable-resource-name-dns-a-record": lambda subnet: subnet.resource_name_a,
        "private-dns-name-options-on-launch.enable-resource-name-dns-aaaa-record": (
            lambda subnet: subnet.resource_name_aaaa
        ),
        "state": lambda _: "available",
        "subnet-arn": lambda subnet: arn(subnet.id, call),
        "subnet-id": lambda subnet: subnet.id,
        "vpc-id": lambda subnet: subnet.vpc_id,
    }
    older = {
        "availabilityZone": "availability-zone", "availabilityZoneId": "availability-zone-id", "cidr": "cidr-block",
        "cidrBlock": "cidr-block", "defaultForAz": "default-for-az",
    }  # fmt: skip
    return Filters(
        {**read, **{name: read[now] for name, now in older.items()}},
        lambda subnet: subnet.tags,
        {"vpc-id": "vpc", "availability-zone": "zone"},
    )


def free(tables: Tables, subnet: Subnet) -> int:
    """How many addresses nobody has: EC2 keeps five."""
    block = ipaddress.IPv4Network(subnet.cidr_block)
    taken = sum(
        len(one.private_addresses) + sum(ipaddress.IPv4Network(prefix).num_addresses for prefix in one.ipv4_prefixes)
        for one in tables.interfaces.where("subnet", subnet.id)
    )
    return block.num_addresses - blocks.RESERVED - taken


def ipv6_association(tables: Tables, vpc: Vpc, told: str) -> CidrAssociation:
    """A block of IPv6 for a subnet; AwsError where it is not the VPC's, or another subnet's."""
    block = blocks.ipv6(told, blocks.IPV6_OF_SUBNET)
    if not blocks.inside(block, (one.block for one in vpc.ipv6_associations)):
        raise AwsError("InvalidSubnet.Range", f"The CIDR '{told}' is invalid.")
    others = (one.block for subnet in tables.subnets.where("vpc", vpc.id) for one in subnet.ipv6_associations)
    if blocks.overlapping(block, others):
        raise AwsError("InvalidSubnet.Conflict", f"The CIDR '{told}' conflicts with another subnet")
    return CidrAssociation(identifiers.hexadecimal("subnet-cidr-assoc"), str(block))


def arn(identity: str, call: Call) -> str:
    """Of a subnet."""
    return identifiers.arn("ec2", f"subnet/{identity}", call.account, call.region)


def shape(tables: Tables, subnet: Subnet, call: Call) -> dict[str, Any]:
    """As DescribeSubnets tells it."""
    return {
        "SubnetId": subnet.id,
        "SubnetArn": arn(subnet.id, call),
        "VpcId": subnet.vpc_id,
        "OwnerId": call.account,
        "State": "available",
        "CidrBlock": subnet.cidr_block,
        "Ipv6CidrBlockAssociationSet": [ipv6_shape(one) for one in subnet.ipv6_associations],
        "Ipv6Native": subnet.ipv6_native,
        "AvailabilityZone": subnet.zone,
        "AvailabilityZoneId": zones.ZONES.get(subnet.zone, ""),
        "AvailableIpAddressCount": free(tables, subnet),
        "DefaultForAz": subnet.default_for_zone,
        "MapPublicIpOnLaunch": subnet.map_public_ip,
        "MapCustomerOwnedIpOnLaunch": False,
        "AssignIpv6AddressOnCreation": subnet.assign_ipv6,
        "EnableDns64": subnet.dns64,
        "PrivateDnsNameOptionsOnLaunch": {
            "HostnameType": subnet.hostname_type,
            "EnableResourceNameDnsARecord": subnet.resource_name_a,
            "EnableResourceNameDnsAAAARecord": subnet.resource_name_aaaa,
        },
        "BlockPublicAccessStates": {"InternetGatewayBlockMode": "off"},
        "Tags": shown_tags(subnet.tags),
    }


def ipv6_shape(one: CidrAssociation, state: str = "associated") -> dict[str, Any]:
    """A subnet's block of IPv6 as answers have it."""
    return {
        "AssociationId": one.id,
        "Ipv6CidrBlock": one.block,
        "Ipv6CidrBlockState": {"State": state},
        "Ipv6AddressAttribute": "public",
        "IpSource": "amazon",
    }
