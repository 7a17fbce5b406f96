"""EC2's nouns by their ids: the table that each is in, its resource type, and what EC2 says of an id that is not there.

Codes: "Error codes for the Amazon EC2 API", Amazon EC2 API reference.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from netflux.controlplane.records.documents import Documents
from netflux.controlplane.records.table import Schema, Table
from netflux.errors import AwsError
from netflux.resources.ec2.address import ADDRESS, Address
from netflux.resources.ec2.endpoint import VPC_ENDPOINT, VpcEndpoint
from netflux.resources.ec2.flowlog import FLOW_LOG_TAGS, FlowLogTags
from netflux.resources.ec2.gateway import (
    EGRESS_ONLY_INTERNET_GATEWAY,
    INTERNET_GATEWAY,
    NAT_GATEWAY,
    EgressOnlyInternetGateway,
    InternetGateway,
    NatGateway,
)
from netflux.resources.ec2.instance import KEY_PAIR, LAUNCH_TEMPLATE, KeyPair, LaunchTemplate
from netflux.resources.ec2.interface import NETWORK_INTERFACE, NetworkInterface
from netflux.resources.ec2.networkacl import NETWORK_ACL, NetworkAcl
from netflux.resources.ec2.prefixlist import PREFIX_LIST, PrefixList
from netflux.resources.ec2.routetable import ROUTE_TABLE, RouteTable
from netflux.resources.ec2.securitygroup import SECURITY_GROUP, SECURITY_GROUP_RULE, SecurityGroup, SecurityGroupRule
from netflux.resources.ec2.subnet import SUBNET, Subnet
from netflux.resources.ec2.vpc import DHCP_OPTIONS, VPC, DhcpOptions, Vpc

T = TypeVar("T")


@dataclass(frozen=True)
class Noun(Generic[T]):
    """One kind of thing that EC2 knows by an id.

    Attributes:
        type: the resource type of its tags.
        prefix: of its ids, without the hyphen.
        code: of the error for an id that is not there.
        says: the error's text; `{id}` is filled in.
    """

    type: str
    prefix: str
    schema: Schema[T]
    code: str
    says: str

    def table(self, documents: Documents) -> Table[T]:
        """Where its records are."""
        return documents.table(self.schema)

    def missing(self, identity: str) -> AwsError:
        """What EC2 says when there is none."""
        return AwsError(self.code, self.says.replace("{id}", identity))

    def get(self, documents: Documents, identity: str) -> T:
        """The record of the id.

        Raises:
            AwsError: there is none.
        """
        found = self.table(documents).get(identity)
        if found is None:
            raise self.missing(identity)
        return found

    def named(self, documents: Documents, identities: Iterable[str]) -> list[T]:
        """The records of the ids, each once; AwsError where one is missing."""
        return [self.get(documents, identity) for identity in dict.fromkeys(identities)]


VPCS = Noun[Vpc]("vpc", "vpc", VPC, "InvalidVpcID.NotFound", "The vpc ID '{id}' does not exist")
SUBNETS = Noun[Subnet]("subnet", "subnet", SUBNET, "InvalidSubnetID.NotFound", "The subnet ID '{id}' does not exist")
GROUPS = Noun[SecurityGroup](
    "security-group", "sg", SECURITY_GROUP, "InvalidGroup.NotFound", "The security group '{id}' does not exist"
)
RULES = Noun[SecurityGroupRule](
    "security-group-rule",
    "sgr",
    SECURITY_GROUP_RULE,
    "InvalidSecurityGroupRuleId.NotFound",
    "The security group rule ID '{id}' does not exist",
)
ROUTE_TABLES = Noun[RouteTable](
    "route-table", "rtb", ROUTE_TABLE, "InvalidRouteTableID.NotFound", "The routeTable ID '{id}' does not exist"
)
INTERNET_GATEWAYS = Noun[InternetGateway](
    "internet-gateway",
    "igw",
    INTERNET_GATEWAY,
    "InvalidInternetGatewayID.NotFound",
    "The internetGateway ID '{id}' does not exist",
)
EGRESS_ONLY_GATEWAYS = Noun[EgressOnlyInternetGateway](
    "egress-only-internet-gateway",
    "eigw",
    EGRESS_ONLY_INTERNET_GATEWAY,
    "InvalidGatewayID.NotFound",
    "The eigw ID '{id}' does not exist",
)
NAT_GATEWAYS = Noun[NatGateway](
    "natgateway", "nat", NAT_GATEWAY, "NatGatewayNotFound", "The Nat Gateway {id} was not found"
)
ADDRESSES = Noun[Address](
    "elastic-ip",
    "eipalloc",
    ADDRESS,
    "InvalidAllocationID.NotFound",
    "The allocation ID '{id}' does not exist",
)
INTERFACES = Noun[NetworkInterface](
    "network-interface",
    "eni",
    NETWORK_INTERFACE,
    "InvalidNetworkInterfaceID.NotFound",
    "The networkInterface ID '{id}' does not exist",
)
ACLS = Noun[NetworkAcl](
    "network-acl", "acl", NETWORK_ACL, "InvalidNetworkAclID.NotFound", "The networkAcl ID '{id}' does not exist"
)
OPTIONS = Noun[DhcpOptions](
    "dhcp-options", "dopt", DHCP_OPTIONS, "InvalidDhcpOptionID.NotFound", "The dhcpOption ID '{id}' does not exist"
)
PREFIX_LISTS = Noun[PrefixList](
    "prefix-list", "pl", PREFIX_LIST, "InvalidPrefixListID.NotFound", "The prefix list ID '{id}' does not exist"
)
KEY_PAIRS = Noun[KeyPair](
    "key-pair", "key", KEY_PAIR, "InvalidKeyPair.NotFound", "The key pair ID '{id}' does not exist"
)
LAUNCH_TEMPLATES = Noun[LaunchTemplate](
    "launch-template",
    "lt",
    LAUNCH_TEMPLATE,
    "InvalidLaunchTemplateId.NotFound",
    "The specified launch template, with template ID {id}, does not exist.",
)
ENDPOINTS = Noun[VpcEndpoint](
    "vpc-endpoint", "vpce", VPC_ENDPOINT, "InvalidVpcEndpointId.NotFound", "The Vpc Endpoint Id '{id}' does not exist"
)
FLOW_LOGS = Noun[FlowLogTags](
    "vpc-flow-log", "fl", FLOW_LOG_TAGS, "InvalidFlowLogId.NotFound", "The flow log ID '{id}' does not exist"
)

NOUNS: Sequence[Noun[Any]] = (
    VPCS, SUBNETS, GROUPS, RULES, ROUTE_TABLES, INTERNET_GATEWAYS, EGRESS_ONLY_GATEWAYS, NAT_GATEWAYS, ADDRESSES,
    INTERFACES, ACLS, OPTIONS, PREFIX_LISTS, KEY_PAIRS, LAUNCH_TEMPLATES, ENDPOINTS, FLOW_LOGS,
)  # fmt: skip
BY_PREFIX: Mapping[str, Noun[Any]] = {noun.prefix: noun for noun in NOUNS}
"""Nouns by the beginning of their ids."""


def invalid(message: str) -> AwsError:
    """What EC2 says of most values that it does not take."""
    return AwsError("InvalidParameterValue", message)


def missing(*members: str) -> AwsError:
    """A parameter that is needed, or one of several."""
    said = f"the parameter {members[0]}" if len(members) == 1 else f"exactly one of: {', '.join(members)}"
    return AwsError("MissingParameter", f"The request must contain {said}")
