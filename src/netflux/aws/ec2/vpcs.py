"""VPCs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netflux import names
from netflux.aws.ec2 import blocks, furnishing
from netflux.aws.ec2.filters import Filters, page
from netflux.aws.ec2.nouns import VPCS, invalid, missing
from netflux.aws.ec2.part import DRY_RUN, Part, no_pools, shown_tags
from netflux.controlplane import identifiers
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.resources.ec2.vpc import CidrAssociation, Vpc

if TYPE_CHECKING:
    from types_boto3_ec2.type_defs import (
        CreateDefaultVpcRequestTypeDef,
        CreateVpcRequestTypeDef,
        DeleteVpcRequestTypeDef,
        DescribeVpcAttributeRequestTypeDef,
        DescribeVpcsRequestTypeDef,
        ModifyVpcAttributeRequestTypeDef,
        ModifyVpcTenancyRequestTypeDef,
    )

_GONE = frozenset({"deleted", "failed"})
_ATTRIBUTES = {
    "enableDnsSupport": ("EnableDnsSupport", "dns_support"),
    "enableDnsHostnames": ("EnableDnsHostnames", "dns_hostnames"),
    "enableNetworkAddressUsageMetrics": ("EnableNetworkAddressUsageMetrics", "network_address_usage_metrics"),
}


def filters(account: str) -> Filters[Vpc]:
    """Of DescribeVpcs; some have older names besides."""
    read = {
        "cidr": lambda vpc: vpc.cidr_block,
        "cidr-block-association.cidr-block": lambda vpc: [one.block for one in vpc.cidr_associations],
        "cidr-block-association.association-id": lambda vpc: [one.id for one in vpc.cidr_associations],
        "cidr-block-association.state": lambda _: "associated",
        "dhcp-options-id": lambda vpc: vpc.dhcp_options_id or "default",
        "ipv6-cidr-block-association.ipv6-cidr-block": lambda vpc: [one.block for one in vpc.ipv6_associations],
        "ipv6-cidr-block-association.ipv6-pool": lambda vpc: ["Amazon" for _ in vpc.ipv6_associations],
        "ipv6-cidr-block-association.association-id": lambda vpc: [one.id for one in vpc.ipv6_associations],
        "ipv6-cidr-block-association.state": lambda vpc: ["associated" for _ in vpc.ipv6_associations],
        "is-default": lambda vpc: vpc.default,
        "owner-id": lambda _: account,
        "state": lambda _: "available",
        "vpc-id": lambda vpc: vpc.id,
    }
    older = {"cidr-block": "cidr", "cidrBlock": "cidr", "isDefault": "is-default", "dhcpOptionsId": "dhcp-options-id"}
    return Filters(
        {**read, **{name: read[now] for name, now in older.items()}},
        lambda vpc: vpc.tags,
        {"dhcp-options-id": "dhcp"},
    )


class Vpcs(Part):
    """Their operations, but for blocks that are added later."""

    @operation(
        "CidrBlock InstanceTenancy AmazonProvidedIpv6CidrBlock Ipv6CidrBlockNetworkBorderGroup "
        "TagSpecifications(ResourceType Tags(Key Value))",
        neutral=DRY_RUN,
        refused={
            **no_pools("Ipv4IpamPoolId", "Ipv4NetmaskLength", "Ipv6IpamPoolId", "Ipv6NetmaskLength"),
            **no_pools("Ipv6Pool", "Ipv6CidrBlock"),
            "VpcEncryptionControl": "Traffic inside a VPC is not encrypted here.",
        },
        only={"Ipv6CidrBlockNetworkBorderGroup": (names.REGION,)},
    )
    def create_vpc(self, call: Call, request: CreateVpcRequestTypeDef) -> dict[str, Any]:
        """With a main route table, a default group and a default ACL ("Create a VPC", Amazon VPC user guide)."""
        if not request.get("CidrBlock"):
            raise missing("cidrBlock")
        if request.get("InstanceTenancy") == "host":
            raise invalid("Value (host) for parameter instanceTenancy is invalid. Use default or dedicated.")
        block = str(blocks.of_vpc(request["CidrBlock"]))
        associations = (CidrAssociation(identifiers.hexadecimal("vpc-cidr-assoc"), block),)
        vpc = Vpc(
            identifiers.hexadecimal("vpc"),
            block,
            associations,
            (ipv6_association(),) if request.get("AmazonProvidedIpv6CidrBlock") else (),
            tenancy=request.get("InstanceTenancy") or "default",
            dhcp_options_id=furnishing.default_options(self.tables),
            tags=self.tags(call, request, VPCS),
        )
        furnishing.furnish(self.tables, vpc)
        return {"Vpc": shape(vpc, call.account)}

    @operation(neutral=DRY_RUN)
    def create_default_vpc(self, call: Call, _request: CreateDefaultVpcRequestTypeDef) -> dict[str, Any]:
        """One at most ("Create a default VPC", Amazon VPC user guide)."""
        if self.tables.vpcs.has("default", "default"):
            raise AwsError("DefaultVpcAlreadyExists", "A Default VPC already exists for this account in this region.")
        return {"Vpc": shape(furnishing.new_default_vpc(self.tables), call.account)}

    @operation("VpcIds Filters(Name Values) MaxResults NextToken", neutral=DRY_RUN)
    def describe_vpcs(self, call: Call, request: DescribeVpcsRequestTypeDef) -> dict[str, Any]:
        """VPCs by ids and filters."""
        found = filters(call.account).found(self.documents, VPCS, request.get("VpcIds"), request.get("Filters"))
        return page(request, [shape(vpc, call.account) for vpc in found], "Vpcs", least=5)

    @operation("VpcId", neutral=DRY_RUN)
    def delete_vpc(self, _call: Call, request: DeleteVpcRequestTypeDef) -> dict[str, Any]:
        """Empty but for what it had from the first moment on ("Delete your VPC", Amazon VPC user guide)."""
        vpc = VPCS.get(self.documents, request["VpcId"])
        if self._furnished(vpc.id):
            raise AwsError("DependencyViolation", f"The vpc '{vpc.id}' has dependencies and cannot be deleted.")
        furnishing.strip(self.tables, vpc.id)
        return {}

    def _furnished(self, vpc_id: str) -> bool:
        """Whether anything is in the VPC that a new one has not."""
        tables = self.tables
        mains = {one.table_id for one in tables.route_table_associations.where("main", vpc_id)}
        return (
            tables.subnets.has("vpc", vpc_id)
            or tables.interfaces.has("vpc", vpc_id)
            or tables.internet_gateways.has("vpc", vpc_id)
            or tables.egress_only_gateways.has("vpc", vpc_id)
            or tables.endpoints.has("vpc", vpc_id)
            or any(one.state not in _GONE for one in tables.nat_gateways.where("vpc", vpc_id))
            or any(table.id not in mains for table in tables.route_tables.where("vpc", vpc_id))
            or any(group.name != "default" for group in tables.groups.where("vpc", vpc_id))
            or any(not acl.default for acl in tables.acls.where("vpc", vpc_id))
        )

    @operation("VpcId EnableDnsSupport(Value) EnableDnsHostnames(Value) EnableNetworkAddressUsageMetrics(Value)")
    def modify_vpc_attribute(self, _call: Call, request: ModifyVpcAttributeRequestTypeDef) -> dict[str, Any]:
        """One attribute a call, as the API reference says."""
        vpc = VPCS.get(self.documents, request["VpcId"])
        told: Mapping[str, Any] = request
        given = {field: told[member] for member, field in _ATTRIBUTES.values() if told.get(member) is not None}
        if not given:
            raise missing(*(member for member, _ in _ATTRIBUTES.values()))
        if len(given) > 1:
            raise AwsError("InvalidParameterCombination", "Fields for multiple attribute types specified")
        changes: dict[str, Any] = {field: bool(one.get("Value")) for field, one in given.items()}
        if changes.get("dns_hostnames") and not vpc.dns_support:
            raise invalid(f"The vpc {vpc.id} has DNS support disabled. Enable it before you enable DNS hostnames.")
        self.tables.vpcs.put(replace(vpc, **changes))
        return {}

    @operation("VpcId Attribute", neutral=DRY_RUN)
    def describe_vpc_attribute(self, _call: Call, request: DescribeVpcAttributeRequestTypeDef) -> dict[str, Any]:
        """One attribute."""
        vpc = VPCS.get(self.documents, request["VpcId"])
        member, field = _ATTRIBUTES[request["Attribute"]]
        return {"VpcId": vpc.id, member: {"Value": getattr(vpc, field)}}

    @operation("VpcId InstanceTenancy", neutral=DRY_RUN)
    def modify_vpc_tenancy(self, _call: Call, request: ModifyVpcTenancyRequestTypeDef) -> dict[str, Any]:
        """Back to `default`: nothing else is possible ("ModifyVpcTenancy", Amazon EC2 API reference)."""
        vpc = VPCS.get(self.documents, request["VpcId"])
        self.tables.vpcs.put(replace(vpc, tenancy=request["InstanceTenancy"]))
        return {"ReturnValue": True}


def ipv6_association() -> CidrAssociation:
    """A block that Amazon provides."""
    return CidrAssociation(identifiers.hexadecimal("vpc-cidr-assoc"), blocks.provided())


def shape(vpc: Vpc, account: str) -> dict[str, Any]:
    """As DescribeVpcs tells it."""
    return {
        "VpcId": vpc.id,
        "OwnerId": account,
        "State": "available",
        "CidrBlock": vpc.cidr_block,
        "CidrBlockAssociationSet": [ipv4_shape(one) for one in vpc.cidr_associations],
        "Ipv6CidrBlockAssociationSet": [ipv6_shape(one) for one in vpc.ipv6_associations],
        "DhcpOptionsId": vpc.dhcp_options_id or "default",
        "InstanceTenancy": vpc.tenancy,
        "IsDefault": vpc.default,
        "BlockPublicAccessStates": {"InternetGatewayBlockMode": "off"},
        "Tags": shown_tags(vpc.tags),
    }


def ipv4_shape(one: CidrAssociation, state: str = "associated") -> dict[str, Any]:
    """A block of IPv4 as answers have it."""
    return {"AssociationId": one.id, "CidrBlock": one.block, "CidrBlockState": {"State": state}}


def ipv6_shape(one: CidrAssociation, state: str = "associated") -> dict[str, Any]:
    """A block of IPv6 as answers have it."""
    return {
        "AssociationId": one.id,
        "Ipv6CidrBlock": one.block,
        "Ipv6CidrBlockState": {"State": state},
        "NetworkBorderGroup": names.REGION,
        "Ipv6Pool": "Amazon",
        "Ipv6AddressAttribute": "public",
        "IpSource": "amazon",
    }
