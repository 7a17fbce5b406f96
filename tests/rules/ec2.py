"""What EC2 refuses of VPCs, subnets, security groups, tags and what else stands around them."""

from __future__ import annotations

from typing import Any

from netflux.controlplane.apis import Apis
from tests.controlplane.plane import Plane
from tests.rules.rule import Rule

SERVICE = "ec2"

_API = "{} - Amazon EC2 API reference"
_CIDR = "VPC CIDR blocks - Amazon VPC user guide"
_SUBNET_CIDR = "Subnet CIDR blocks - Amazon VPC user guide"
_DELETE_VPC = "Delete your VPC - Amazon VPC user guide"
_DELETE_SUBNET = "Delete a subnet - Amazon VPC user guide"
_GROUPS = "Security groups - Amazon VPC user guide"
_DEFAULT_GROUP = "Default security groups - Amazon VPC user guide"
_RULES = "Security group rules - Amazon VPC user guide"
_QUOTAS = "Amazon VPC quotas"
_TAGS = "Tag your Amazon EC2 resources - Amazon EC2 user guide"
_FILTERS = "Filtering considerations - Amazon EC2 user guide"
_ERRORS = "Error codes for the Amazon EC2 API"
_DHCP = "DHCP option sets - Amazon VPC user guide"
_LISTS = "Customer-managed prefix lists - Amazon VPC user guide"
_AWS_LISTS = "AWS-managed prefix lists - Amazon VPC user guide"
_DEFAULT_VPC = "Default VPCs - Amazon VPC user guide"
_KEYS = "Create a key pair for your Amazon EC2 instance - Amazon EC2 user guide"
_ENDPOINTS = "Create an interface endpoint - AWS PrivateLink guide"
_GATEWAY_ENDPOINTS = "Gateway endpoints - AWS PrivateLink guide"

VPC, SUBNET = "{vpc}", "{subnet}"
_NONE = "0123456789abcdef0"


def _api(operation: str) -> str:
    return _API.format(operation)


def _tcp(low: Any, high: Any, **peer: Any) -> dict[str, Any]:
    ports = {name: value for name, value in (("FromPort", low), ("ToPort", high)) if value is not None}
    return {"IpProtocol": "tcp", **ports, **(peer or {"IpRanges": [{"CidrIp": "10.0.0.0/8"}]})}


def _in(permission: dict[str, Any]) -> dict[str, Any]:
    return {"GroupId": "{group}", "IpPermissions": [permission]}


def _tagged(kind: str, key: str) -> dict[str, Any]:
    return {"TagSpecifications": [{"ResourceType": kind, "Tags": [{"Key": key, "Value": "x"}]}]}


def _rule(**told: Any) -> dict[str, Any]:
    return {"GroupId": "{group}", "SecurityGroupRules": [{"SecurityGroupRuleId": "{rule}", "SecurityGroupRule": told}]}


_VPCS = [
    Rule("A VPC has a block", "CreateVpc", {}, "MissingParameter", _CIDR),
    Rule("A VPC's block is at most a /16", "CreateVpc", {"CidrBlock": "10.0.0.0/8"}, "InvalidVpc.Range", _CIDR),
    Rule("A VPC's block is at least a /28", "CreateVpc", {"CidrBlock": "10.0.0.0/29"}, "InvalidVpc.Range", _CIDR),
    Rule("A VPC's block is a block", "CreateVpc", {"CidrBlock": "10.0.0.0"}, "InvalidParameterValue", _CIDR),
    Rule("Its numbers are numbers", "CreateVpc", {"CidrBlock": "10.0.0.256/16"}, "InvalidParameterValue", _CIDR),
    Rule("A VPC has no block of IPv6 alone", "CreateVpc", {"CidrBlock": "fd00::/56"}, "InvalidParameterValue", _CIDR),
    Rule("A VPC's block is not the loopback's", "CreateVpc", {"CidrBlock": "127.0.0.0/16"}, "InvalidVpc.Range", _CIDR),
    Rule("A VPC's block is not multicast's", "CreateVpc", {"CidrBlock": "224.0.0.0/16"}, "InvalidVpc.Range", _CIDR),
    Rule("A VPC's block is not link-local", "CreateVpc", {"CidrBlock": "169.254.0.0/16"}, "InvalidVpc.Range", _CIDR),
    Rule("Tenancy is one of three", "CreateVpc", {"CidrBlock": "10.0.0.0/16", "InstanceTenancy": "mine"},
         "InvalidParameterValue", _api("CreateVpc")),
    Rule("A VPC's tenancy is not host", "CreateVpc", {"CidrBlock": "10.0.0.0/16", "InstanceTenancy": "host"},
         "InvalidParameterValue", _api("CreateVpc")),
    Rule("Tags of a VPC are for a VPC", "CreateVpc", {"CidrBlock": "10.0.0.0/16", **_tagged("subnet", "a")},
         "InvalidParameterValue", _api("CreateVpc")),
    Rule("Tags are for a type of resource", "CreateVpc",
         {"CidrBlock": "10.0.0.0/16", "TagSpecifications": [{"Tags": [{"Key": "a", "Value": "b"}]}]},
         "InvalidParameter", _api("TagSpecification")),
    Rule("A tag specification has tags", "CreateVpc",
         {"CidrBlock": "10.0.0.0/16", "TagSpecifications": [{"ResourceType": "vpc"}]},
         "InvalidParameter", _api("TagSpecification")),
    Rule("A VPC has at most five blocks", "AssociateVpcCidrBlock", {"VpcId": "{full}", "CidrBlock": "10.6.0.0/16"},
         "CidrLimitExceeded", _QUOTAS, "maximum number of allowed CIDRs: 5"),
    Rule("A VPC that is not there can't be deleted", "DeleteVpc", {"VpcId": f"vpc-{_NONE}"}, "InvalidVpcID.NotFound",
         _ERRORS),
    Rule("A VPC with subnets can't be deleted", "DeleteVpc", {"VpcId": VPC}, "DependencyViolation", _DELETE_VPC),
    Rule("A VPC with an internet gateway can't be deleted", "DeleteVpc", {"VpcId": "{attached}"},
         "DependencyViolation", _DELETE_VPC),
    Rule("A VPC with a group of its own can't be deleted", "DeleteVpc", {"VpcId": "{grouped}"},
         "DependencyViolation", _DELETE_VPC),
    Rule("A VPC with a route table of its own can't be deleted", "DeleteVpc", {"VpcId": "{routed}"},
         "DependencyViolation", _DELETE_VPC),
    Rule("There is one default VPC", "CreateDefaultVpc", {}, "DefaultVpcAlreadyExists", _DEFAULT_VPC),
    Rule("One attribute is modified at a time", "ModifyVpcAttribute",
         {"VpcId": VPC, "EnableDnsSupport": {"Value": True}, "EnableDnsHostnames": {"Value": True}},
         "InvalidParameterCombination", _api("ModifyVpcAttribute")),
    Rule("An attribute is named", "ModifyVpcAttribute", {"VpcId": VPC}, "MissingParameter",
         _api("ModifyVpcAttribute")),
    Rule("DNS hostnames need DNS support", "ModifyVpcAttribute",
         {"VpcId": "{grouped}", "EnableDnsHostnames": {"Value": True}}, "InvalidParameterValue",
         _api("ModifyVpcAttribute")),
    Rule("An attribute is one of the VPC's", "DescribeVpcAttribute", {"VpcId": VPC, "Attribute": "cidr"},
         "InvalidParameterValue", _api("DescribeVpcAttribute")),
    Rule("Tenancy changes to default only", "ModifyVpcTenancy", {"VpcId": VPC, "InstanceTenancy": "dedicated"},
         "InvalidParameterValue", _api("ModifyVpcTenancy")),
    Rule("Blocks of a VPC don't overlap", "AssociateVpcCidrBlock", {"VpcId": VPC, "CidrBlock": "10.0.128.0/17"},
         "InvalidVpc.Range", _CIDR),
    Rule("A further block is at most a /16", "AssociateVpcCidrBlock", {"VpcId": VPC, "CidrBlock": "10.4.0.0/15"},
         "InvalidVpc.Range", _CIDR),
    Rule("A further block is named", "AssociateVpcCidrBlock", {"VpcId": VPC}, "MissingParameter",
         _api("AssociateVpcCidrBlock")),
    Rule("The first block stays", "DisassociateVpcCidrBlock", {"AssociationId": "{first}"}, "OperationNotPermitted",
         _api("DisassociateVpcCidrBlock")),
    Rule("A block with a subnet stays", "DisassociateVpcCidrBlock", {"AssociationId": "{second}"},
         "InvalidCidrBlock.InUse", _api("DisassociateVpcCidrBlock")),
    Rule("A block that is not there can't be taken away", "DisassociateVpcCidrBlock",
         {"AssociationId": f"vpc-cidr-assoc-{_NONE}"}, "InvalidVpcCidrBlockAssociationID.NotFound", _ERRORS),
]  # fmt: skip

_SUBNETS = [
    Rule("A subnet's block is at least a /28", "CreateSubnet", {"VpcId": VPC, "CidrBlock": "10.0.9.0/29"},
         "InvalidSubnet.Range", _SUBNET_CIDR),
    Rule("A subnet's block is at most a /16", "CreateSubnet", {"VpcId": VPC, "CidrBlock": "10.0.0.0/15"},
         "InvalidSubnet.Range", _SUBNET_CIDR),
    Rule("A subnet's block is in its VPC's", "CreateSubnet", {"VpcId": VPC, "CidrBlock": "10.9.0.0/24"},
         "InvalidSubnet.Range", _SUBNET_CIDR),
    Rule("A subnet's block is no other's", "CreateSubnet", {"VpcId": VPC, "CidrBlock": "10.0.1.0/24"},
         "InvalidSubnet.Conflict", _SUBNET_CIDR),
    Rule("A subnet's block is no part of another's", "CreateSubnet", {"VpcId": VPC, "CidrBlock": "10.0.1.128/26"},
         "InvalidSubnet.Conflict", _SUBNET_CIDR),
    Rule("A subnet's block has no other's in it", "CreateSubnet", {"VpcId": VPC, "CidrBlock": "10.0.0.0/20"},
         "InvalidSubnet.Conflict", _SUBNET_CIDR),
    Rule("A subnet's block is a block", "CreateSubnet", {"VpcId": VPC, "CidrBlock": "ten"}, "InvalidParameterValue",
         _SUBNET_CIDR),
    Rule("A subnet has a block", "CreateSubnet", {"VpcId": VPC}, "MissingParameter", _api("CreateSubnet")),
    Rule("The VPC is there", "CreateSubnet", {"VpcId": f"vpc-{_NONE}", "CidrBlock": "10.0.9.0/24"},
         "InvalidVpcID.NotFound", _ERRORS),
    Rule("The zone is the region's", "CreateSubnet",
         {"VpcId": VPC, "CidrBlock": "10.0.9.0/24", "AvailabilityZone": "us-east-1z"}, "InvalidParameterValue",
         _api("CreateSubnet"), "us-east-1a"),
    Rule("The zone's id is the region's", "CreateSubnet",
         {"VpcId": VPC, "CidrBlock": "10.0.9.0/24", "AvailabilityZoneId": "euw1-az1"}, "InvalidParameterValue",
         _api("CreateSubnet")),
    Rule("A block of IPv6 is in its VPC's", "CreateSubnet",
         {"VpcId": VPC, "CidrBlock": "10.0.9.0/24", "Ipv6CidrBlock": "fd00::/64"}, "InvalidSubnet.Range",
         _SUBNET_CIDR),
    Rule("A block of IPv6 is a /64", "CreateSubnet",
         {"VpcId": VPC, "CidrBlock": "10.0.9.0/24", "Ipv6CidrBlock": "fd00::/60"}, "InvalidSubnet.Range",
         _SUBNET_CIDR),
    Rule("A subnet with an interface can't be deleted", "DeleteSubnet", {"SubnetId": SUBNET}, "DependencyViolation",
         _DELETE_SUBNET),
    Rule("A subnet that is not there can't be deleted", "DeleteSubnet", {"SubnetId": f"subnet-{_NONE}"},
         "InvalidSubnetID.NotFound", _ERRORS),
    Rule("One attribute is modified at a time", "ModifySubnetAttribute",
         {"SubnetId": SUBNET, "MapPublicIpOnLaunch": {"Value": True}, "EnableDns64": {"Value": True}},
         "InvalidParameterCombination", _api("ModifySubnetAttribute")),
    Rule("An attribute is named", "ModifySubnetAttribute", {"SubnetId": SUBNET}, "MissingParameter",
         _api("ModifySubnetAttribute")),
    Rule("Addresses of IPv6 need a block of IPv6", "ModifySubnetAttribute",
         {"SubnetId": SUBNET, "AssignIpv6AddressOnCreation": {"Value": True}}, "InvalidParameterValue",
         _api("ModifySubnetAttribute")),
    Rule("A zone has one default subnet", "CreateDefaultSubnet", {"AvailabilityZone": "us-east-1a"},
         "DefaultSubnetAlreadyExistsInAvailabilityZone", _DEFAULT_VPC),
    Rule("A default subnet's zone is named", "CreateDefaultSubnet", {}, "MissingParameter",
         _api("CreateDefaultSubnet")),
    Rule("A block of IPv6 that is not there can't be taken away", "DisassociateSubnetCidrBlock",
         {"AssociationId": f"subnet-cidr-assoc-{_NONE}"}, "InvalidSubnetCidrBlockAssociationID.NotFound", _ERRORS),
]  # fmt: skip


def _new_group(**told: Any) -> dict[str, Any]:
    return {"GroupName": "another", "Description": "d", "VpcId": VPC, **told}


_SECURITY_GROUPS = [
    Rule("A group's id in a filter is one", "DescribeSecurityGroupRules",
         {"Filters": [{"Name": "group-id", "Values": ["foobar"]}]}, "InvalidGroupId.Malformed", _ERRORS, "malformed"),
    Rule("A name does not begin with sg-", "CreateSecurityGroup", _new_group(GroupName="sg-1"),
         "InvalidParameterValue", _api("CreateSecurityGroup"), "sg-"),
    Rule("The name default is reserved", "CreateSecurityGroup", _new_group(GroupName="default"),
         "InvalidParameterValue", _DEFAULT_GROUP, "reserved"),
    Rule("A name is one group's in a VPC", "CreateSecurityGroup", _new_group(GroupName="app"),
         "InvalidGroup.Duplicate", _GROUPS),
    Rule("A name has at most 255 characters", "CreateSecurityGroup", _new_group(GroupName="a" * 256),
         "InvalidParameterValue", _api("CreateSecurityGroup")),
    Rule("A name has certain characters", "CreateSecurityGroup", _new_group(GroupName="a<b"),
         "InvalidParameterValue", _api("CreateSecurityGroup")),
    Rule("A group has a description", "CreateSecurityGroup", _new_group(Description=""), "MissingParameter",
         _api("CreateSecurityGroup")),
    Rule("A description has at most 255 characters", "CreateSecurityGroup", _new_group(Description="a" * 256),
         "InvalidParameterValue", _api("CreateSecurityGroup")),
    Rule("A description has certain characters", "CreateSecurityGroup", _new_group(Description="a>b"),
         "InvalidParameterValue", _api("CreateSecurityGroup")),
    Rule("The VPC is there", "CreateSecurityGroup", _new_group(VpcId=f"vpc-{_NONE}"), "InvalidVpcID.NotFound",
         _ERRORS),
    Rule("The default group goes with its VPC", "DeleteSecurityGroup", {"GroupId": "{default}"}, "CannotDelete",
         _DEFAULT_GROUP),
    Rule("A group that another's rule names can't be deleted", "DeleteSecurityGroup", {"GroupId": "{named}"},
         "DependencyViolation", _GROUPS),
    Rule("A group on an interface can't be deleted", "DeleteSecurityGroup", {"GroupId": "{worn}"},
         "DependencyViolation", _GROUPS),
    Rule("A group that is not there can't be deleted", "DeleteSecurityGroup", {"GroupId": f"sg-{_NONE}"},
         "InvalidGroup.NotFound", _ERRORS),
    Rule("A group is named", "DeleteSecurityGroup", {}, "MissingParameter", _api("DeleteSecurityGroup")),
    Rule("Only the default VPC's groups go by name", "DescribeSecurityGroups", {"GroupNames": ["app"]},
         "InvalidGroup.NotFound", _api("DescribeSecurityGroups")),
    Rule("A port is at most 65535", "AuthorizeSecurityGroupIngress", _in(_tcp(80, 70000)), "InvalidParameterValue",
         _api("IpPermission"), "70000"),
    Rule("A port is at least 0", "AuthorizeSecurityGroupIngress", _in(_tcp(-1, 80)), "InvalidParameterValue",
         _api("IpPermission")),
    Rule("The first port is not above the last", "AuthorizeSecurityGroupIngress", _in(_tcp(90, 80)),
         "InvalidParameterValue", _api("IpPermission"), "90:80"),
    Rule("TCP has ports", "AuthorizeSecurityGroupIngress", _in(_tcp(None, None)), "InvalidParameterValue",
         _api("IpPermission"), "ports"),
    Rule("A protocol is one that there is", "AuthorizeSecurityGroupIngress", _in({**_tcp(80, 80), "IpProtocol": "tpc"}),
         "InvalidParameterValue", _api("IpPermission"), "tpc"),
    Rule("A protocol's number is at most 255", "AuthorizeSecurityGroupIngress",
         _in({**_tcp(80, 80), "IpProtocol": "256"}), "InvalidParameterValue", _api("IpPermission")),
    Rule("A rule has a protocol", "AuthorizeSecurityGroupIngress", _in({"IpRanges": [{"CidrIp": "10.0.0.0/8"}]}),
         "InvalidParameterValue", _api("IpPermission")),
    Rule("An ICMP type is at most 255", "AuthorizeSecurityGroupIngress", _in({**_tcp(256, 0), "IpProtocol": "icmp"}),
         "InvalidParameterValue", _api("IpPermission")),
    Rule("All ICMP types have all codes", "AuthorizeSecurityGroupIngress", _in({**_tcp(-1, 3), "IpProtocol": "icmp"}),
         "InvalidParameterValue", _api("IpPermission")),
    Rule("A rule has a peer", "AuthorizeSecurityGroupIngress", _in({"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1}),
         "MissingParameter", _api("IpPermission")),
    Rule("A request has a rule", "AuthorizeSecurityGroupIngress", {"GroupId": "{group}"}, "MissingParameter",
         _api("AuthorizeSecurityGroupIngress")),
    Rule("A peer's block has a prefix", "AuthorizeSecurityGroupIngress",
         _in(_tcp(1, 1, IpRanges=[{"CidrIp": "10.0.0.1"}])), "InvalidParameterValue", _api("IpRange"), "malformed"),
    Rule("A peer's block is of its own version of IP", "AuthorizeSecurityGroupIngress",
         _in(_tcp(1, 1, IpRanges=[{"CidrIp": "::/0"}])), "InvalidParameterValue", _api("IpRange")),
    Rule("A peer's block of IPv6 is one", "AuthorizeSecurityGroupIngress",
         _in(_tcp(1, 1, Ipv6Ranges=[{"CidrIpv6": "10.0.0.0/8"}])), "InvalidParameterValue", _api("Ipv6Range")),
    Rule("A peer's prefix is at most /32", "AuthorizeSecurityGroupIngress",
         _in(_tcp(1, 1, IpRanges=[{"CidrIp": "10.0.0.0/33"}])), "InvalidParameterValue", _api("IpRange")),
    Rule("A source group is in the same VPC", "AuthorizeSecurityGroupIngress",
         _in(_tcp(1, 1, UserIdGroupPairs=[{"GroupId": "{foreign}"}])), "InvalidGroup.NotFound", _RULES),
    Rule("A source group is there", "AuthorizeSecurityGroupIngress",
         _in(_tcp(1, 1, UserIdGroupPairs=[{"GroupId": f"sg-{_NONE}"}])), "InvalidGroup.NotFound", _RULES),
    Rule("A source group of another account is not there", "AuthorizeSecurityGroupIngress",
         _in(_tcp(1, 1, UserIdGroupPairs=[{"GroupId": "{named}", "UserId": "111122223333"}])),
         "InvalidGroup.NotFound", _RULES),
    Rule("A group of a VPC is not named by its name", "AuthorizeSecurityGroupIngress",
         _in(_tcp(1, 1, UserIdGroupPairs=[{"GroupName": "named"}])), "InvalidParameterValue",
         _api("UserIdGroupPair")),
    Rule("A prefix list is there", "AuthorizeSecurityGroupIngress",
         _in(_tcp(1, 1, PrefixListIds=[{"PrefixListId": f"pl-{_NONE}"}])), "InvalidPrefixListID.NotFound", _RULES),
    Rule("A rule stands once", "AuthorizeSecurityGroupIngress", _in(_tcp(443, 443)), "InvalidPermission.Duplicate",
         _RULES, "already exists"),
    Rule("A rule stands once in a request", "AuthorizeSecurityGroupIngress",
         _in(_tcp(1, 1, IpRanges=[{"CidrIp": "10.0.0.0/8"}, {"CidrIp": "10.0.0.9/8"}])), "InvalidParameterValue",
         _api("AuthorizeSecurityGroupIngress")),
    Rule("A rule's description has certain characters", "AuthorizeSecurityGroupIngress",
         _in(_tcp(1, 1, IpRanges=[{"CidrIp": "10.0.0.0/8", "Description": "a<b"}])), "InvalidParameterValue",
         _api("IpRange")),
    Rule("A rule's description has at most 255 characters", "AuthorizeSecurityGroupIngress",
         _in(_tcp(1, 1, IpRanges=[{"CidrIp": "10.0.0.0/8", "Description": "a" * 256}])), "InvalidParameterValue",
         _api("IpRange")),
    Rule("A group has at most 1,000 rules", "AuthorizeSecurityGroupIngress",
         _in(_tcp(1, 1, IpRanges=[{"CidrIp": f"10.{n // 256}.{n % 256}.0/24"} for n in range(1000)])),
         "RulesPerSecurityGroupLimitExceeded", _QUOTAS),
    Rule("A named source goes without a protocol", "AuthorizeSecurityGroupIngress",
         {"GroupId": "{group}", "SourceSecurityGroupName": "named", "IpProtocol": "tcp", "FromPort": 1, "ToPort": 1},
         "InvalidParameterCombination", _api("AuthorizeSecurityGroupIngress")),
    Rule("Ports are told outwards as well", "AuthorizeSecurityGroupEgress", _in(_tcp(90, 80)),
         "InvalidParameterValue", _api("AuthorizeSecurityGroupEgress")),
    Rule("Everything is let out once", "AuthorizeSecurityGroupEgress",
         _in({"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}), "InvalidPermission.Duplicate", _RULES),
    Rule("A rule that is not there can't be revoked", "RevokeSecurityGroupIngress", _in(_tcp(444, 444)),
         "InvalidPermission.NotFound", _api("RevokeSecurityGroupIngress")),
    Rule("A rule's id is one of the group's", "RevokeSecurityGroupIngress",
         {"GroupId": "{named}", "SecurityGroupRuleIds": ["{rule}"]}, "InvalidSecurityGroupRuleId.NotFound",
         _api("RevokeSecurityGroupIngress")),
    Rule("A rule inwards is not one outwards", "RevokeSecurityGroupEgress",
         {"GroupId": "{group}", "SecurityGroupRuleIds": ["{rule}"]}, "InvalidSecurityGroupRuleId.NotFound",
         _api("RevokeSecurityGroupEgress")),
    Rule("A changed rule has an allowed protocol", "ModifySecurityGroupRules",
         _rule(IpProtocol="tpc", CidrIpv4="10.0.0.0/8"), "InvalidParameterValue", _api("ModifySecurityGroupRules")),
    Rule("A changed rule has one peer", "ModifySecurityGroupRules",
         _rule(IpProtocol="-1", CidrIpv4="10.0.0.0/8", CidrIpv6="2001:db8::/32"), "InvalidParameterCombination",
         _api("SecurityGroupRuleRequest")),
    Rule("A changed rule has a peer", "ModifySecurityGroupRules", _rule(IpProtocol="-1"), "MissingParameter",
         _api("ModifySecurityGroupRules")),
    Rule("A changed rule has a peer of the same VPC", "ModifySecurityGroupRules",
         _rule(IpProtocol="-1", ReferencedGroupId="{foreign}"), "InvalidGroup.NotFound",
         _api("ModifySecurityGroupRules")),
    Rule("A changed rule is no other one's", "ModifySecurityGroupRules",
         _rule(IpProtocol="tcp", FromPort=22, ToPort=22, CidrIpv4="10.0.0.0/8"), "InvalidPermission.Duplicate",
         _api("ModifySecurityGroupRules")),
    Rule("A changed rule is the group's", "ModifySecurityGroupRules",
         {"GroupId": "{named}", "SecurityGroupRules": [
             {"SecurityGroupRuleId": "{rule}", "SecurityGroupRule": {"IpProtocol": "-1", "CidrIpv4": "10.0.0.0/8"}}]},
         "InvalidSecurityGroupRuleId.NotFound", _api("ModifySecurityGroupRules")),
    Rule("What is described is there", "UpdateSecurityGroupRuleDescriptionsIngress", _in(_tcp(444, 444)),
         "InvalidPermission.NotFound", _api("UpdateSecurityGroupRuleDescriptionsIngress")),
]  # fmt: skip

_TAGGING = [
    Rule("A request has at most 50 tags", "CreateTags",
         {"Resources": [VPC], "Tags": [{"Key": f"key{n}", "Value": ""} for n in range(51)]}, "InvalidParameterValue",
         _TAGS),
    Rule("What is tagged is there", "CreateTags",
         {"Resources": [VPC, f"subnet-{_NONE}"], "Tags": [{"Key": "a", "Value": "b"}]}, "InvalidSubnetID.NotFound",
         _api("CreateTags")),
    Rule("What is tagged has an id of EC2's", "CreateTags",
         {"Resources": ["no-such"], "Tags": [{"Key": "a", "Value": "b"}]}, "InvalidID", _ERRORS),
    Rule("A tag has a key", "CreateTags", {"Resources": [VPC], "Tags": [{"Value": "b"}]}, "InvalidParameterValue",
         _TAGS),
    Rule("A key stands once", "CreateTags",
         {"Resources": [VPC], "Tags": [{"Key": "a", "Value": "b"}, {"Key": "a", "Value": "c"}]},
         "InvalidParameterValue", _TAGS),
    Rule("A resource has at most 50 tags", "CreateTags",
         {"Resources": ["{tagged}"], "Tags": [{"Key": "one more", "Value": ""}]}, "TagLimitExceeded", _TAGS),
    Rule("A filter has a name that there is", "DescribeVpcs", {"Filters": [{"Name": "colour", "Values": ["red"]}]},
         "InvalidParameterValue", _FILTERS, "colour"),
    Rule("A filter has values", "DescribeSubnets", {"Filters": [{"Name": "vpc-id"}]}, "InvalidParameterValue",
         _FILTERS),
    Rule("A page has at most 1,000", "DescribeVpcEndpoints", {"MaxResults": 1001}, "InvalidParameterValue",
         _api("DescribeVpcEndpoints")),
    Rule("A token is one that was given", "DescribeSecurityGroups", {"MaxResults": 5, "NextToken": "nonsense"},
         "InvalidNextToken", _ERRORS),
    Rule("A filter of groups is one that there is", "DescribeSecurityGroups",
         {"Filters": [{"Name": "Vpc-Id", "Values": [VPC]}]}, "InvalidParameterValue", _FILTERS),
    Rule("A group that is described is there", "DescribeSecurityGroups", {"GroupIds": [f"sg-{_NONE}"]},
         "InvalidGroup.NotFound", _ERRORS),
    Rule("A rule that is described is there", "DescribeSecurityGroupRules", {"SecurityGroupRuleIds": [f"sgr-{_NONE}"]},
         "InvalidSecurityGroupRuleId.NotFound", _ERRORS),
    Rule("A VPC that is described is there", "DescribeVpcs", {"VpcIds": [f"vpc-{_NONE}"]}, "InvalidVpcID.NotFound",
         _ERRORS),
    Rule("A subnet that is described is there", "DescribeSubnets", {"SubnetIds": [f"subnet-{_NONE}"]},
         "InvalidSubnetID.NotFound", _ERRORS),
    Rule("A zone that is described is there", "DescribeAvailabilityZones", {"ZoneNames": ["us-east-1z"]},
         "InvalidParameterValue", _api("DescribeAvailabilityZones")),
    Rule("A region that is described is there", "DescribeRegions", {"RegionNames": ["mars-1"]},
         "InvalidParameterValue", _api("DescribeRegions")),
    Rule("An instance that is described is there", "DescribeInstances", {"InstanceIds": [f"i-{_NONE}"]},
         "InvalidInstanceID.NotFound", _ERRORS),
    Rule("An image that is described is there", "DescribeImages", {"ImageIds": [f"ami-{_NONE}"]},
         "InvalidAMIID.NotFound", _ERRORS),
]  # fmt: skip


def _options(key: str, *values: str) -> dict[str, Any]:
    return {"DhcpConfigurations": [{"Key": key, "Values": [*values]}]}


def _list(**told: Any) -> dict[str, Any]:
    return {"PrefixListName": "more", "MaxEntries": 2, "AddressFamily": "IPv4", **told}


_SETS = [
    Rule("An option is one that there is", "CreateDhcpOptions", _options("colour", "red"), "InvalidParameterValue",
         _DHCP),
    Rule("There are at most four name servers", "CreateDhcpOptions",
         _options("domain-name-servers", *(f"10.0.0.{n}" for n in range(1, 6))), "InvalidParameterValue", _DHCP),
    Rule("A time server is an address", "CreateDhcpOptions", _options("ntp-servers", "time.example"),
         "InvalidParameterValue", _DHCP),
    Rule("A NetBIOS node type is 1, 2, 4 or 8", "CreateDhcpOptions", _options("netbios-node-type", "3"),
         "InvalidParameterValue", _DHCP),
    Rule("A set's id is one", "DeleteDhcpOptions", {"DhcpOptionsId": "foo-1"}, "InvalidDhcpOptionsId.Malformed",
         _ERRORS),
    Rule("A set that a VPC has can't be deleted", "DeleteDhcpOptions", {"DhcpOptionsId": "{options}"},
         "DependencyViolation", _DHCP),
    Rule("A set that is not there can't be deleted", "DeleteDhcpOptions", {"DhcpOptionsId": f"dopt-{_NONE}"},
         "InvalidDhcpOptionID.NotFound", _ERRORS),
    Rule("A set that a VPC gets is there", "AssociateDhcpOptions", {"VpcId": VPC, "DhcpOptionsId": f"dopt-{_NONE}"},
         "InvalidDhcpOptionID.NotFound", _ERRORS),
    Rule("A list's name is not AWS's", "CreateManagedPrefixList", _list(PrefixListName="com.amazonaws.mine"),
         "InvalidParameterValue", _api("CreateManagedPrefixList")),
    Rule("A list's family is IPv4 or IPv6", "CreateManagedPrefixList", _list(AddressFamily="IPX"),
         "InvalidParameterValue", _LISTS),
    Rule("A list has room for an entry", "CreateManagedPrefixList", _list(MaxEntries=0), "InvalidParameterValue",
         _LISTS),
    Rule("A list has at most 1,000 entries", "CreateManagedPrefixList", _list(MaxEntries=1001),
         "InvalidParameterValue", _QUOTAS),
    Rule("A list has as many entries as it may", "CreateManagedPrefixList",
         _list(MaxEntries=1, Entries=[{"Cidr": "10.0.0.0/8"}, {"Cidr": "11.0.0.0/8"}]),
         "PrefixListMaxEntriesExceeded", _LISTS),
    Rule("An entry is of the list's family", "CreateManagedPrefixList", _list(Entries=[{"Cidr": "::/0"}]),
         "InvalidParameterValue", _LISTS),
    Rule("A change names the newest version", "ModifyManagedPrefixList",
         {"PrefixListId": "{list}", "CurrentVersion": 7, "AddEntries": [{"Cidr": "10.0.0.0/24"}]},
         "PrefixListVersionMismatch", _LISTS),
    Rule("A change of entries names a version", "ModifyManagedPrefixList",
         {"PrefixListId": "{list}", "AddEntries": [{"Cidr": "10.0.0.0/24"}]}, "MissingParameter",
         _api("ModifyManagedPrefixList")),
    Rule("An entry that is removed is there", "ModifyManagedPrefixList",
         {"PrefixListId": "{list}", "CurrentVersion": 1, "RemoveEntries": [{"Cidr": "10.9.0.0/24"}]},
         "InvalidParameterValue", _LISTS),
    Rule("AWS's lists are AWS's", "DeleteManagedPrefixList", {"PrefixListId": "{cloudfront}"},
         "UnauthorizedOperation", _AWS_LISTS),
    Rule("A version that is restored is there", "RestoreManagedPrefixListVersion",
         {"PrefixListId": "{list}", "PreviousVersion": 9, "CurrentVersion": 1}, "InvalidPrefixListVersion.NotFound",
         _LISTS),
    Rule("A key's name is one pair's", "CreateKeyPair", {"KeyName": "mine"}, "InvalidKeyPair.Duplicate", _KEYS),
    Rule("A key's name has at most 255 characters", "CreateKeyPair", {"KeyName": "k" * 256}, "InvalidParameterValue",
         _api("CreateKeyPair")),
    Rule("A key's type is rsa or ed25519", "CreateKeyPair", {"KeyName": "k", "KeyType": "dsa"},
         "InvalidParameterValue", _api("CreateKeyPair")),
    Rule("What is imported is a public key", "ImportKeyPair", {"KeyName": "k", "PublicKeyMaterial": b"ssh-rsa none"},
         "InvalidKey.Format", _api("ImportKeyPair")),
    Rule("A key that is described is there", "DescribeKeyPairs", {"KeyNames": ["no"]}, "InvalidKeyPair.NotFound",
         _ERRORS),
    Rule("A key that is deleted is named", "DeleteKeyPair", {}, "MissingParameter", _api("DeleteKeyPair")),
    Rule("A template's name is one template's", "CreateLaunchTemplate",
         {"LaunchTemplateName": "web", "LaunchTemplateData": {"ImageId": "ami-1"}},
         "InvalidLaunchTemplateName.AlreadyExistsException", _ERRORS),
    Rule("A template's name has three characters", "CreateLaunchTemplate",
         {"LaunchTemplateName": "ab", "LaunchTemplateData": {"ImageId": "ami-1"}},
         "InvalidLaunchTemplateName.MalformedException", _ERRORS),
    Rule("A version that is described is there", "DescribeLaunchTemplateVersions",
         {"LaunchTemplateName": "web", "Versions": ["7"]}, "InvalidLaunchTemplateId.VersionNotFound", _ERRORS),
    Rule("A template goes by name or by id", "DeleteLaunchTemplate", {}, "MissingParameter",
         _api("DeleteLaunchTemplate")),
    Rule("A default version is there", "ModifyLaunchTemplate", {"LaunchTemplateName": "web", "DefaultVersion": "4"},
         "InvalidLaunchTemplateId.VersionNotFound", _ERRORS),
    Rule("Versions of all templates are the newest or the default ones", "DescribeLaunchTemplateVersions",
         {"Versions": ["1"]}, "InvalidParameterValue", _api("DescribeLaunchTemplateVersions"), "omit \u2018--launch"),
    Rule("Versions are of one template, or of all", "DescribeLaunchTemplateVersions", {}, "MissingParameter",
         _api("DescribeLaunchTemplateVersions"), "omit \u2018--launch"),
    Rule("The template whose versions are described is there", "DescribeLaunchTemplateVersions",
         {"LaunchTemplateName": "none"}, "InvalidLaunchTemplateName.NotFoundException", _ERRORS,
         "with template name none"),
    Rule("A template that is described is there", "DescribeLaunchTemplates", {"LaunchTemplateNames": ["none"]},
         "InvalidLaunchTemplateName.NotFoundException", _ERRORS),
    Rule("An endpoint's service is there", "CreateVpcEndpoint",
         {"VpcId": VPC, "ServiceName": "com.amazonaws.us-east-1.tea"}, "InvalidServiceName", _ENDPOINTS),
    Rule("Only S3 and DynamoDB have gateways", "CreateVpcEndpoint",
         {"VpcId": VPC, "ServiceName": "com.amazonaws.us-east-1.sqs"}, "InvalidServiceName", _GATEWAY_ENDPOINTS),
    Rule("A gateway is in no subnet", "CreateVpcEndpoint",
         {"VpcId": VPC, "ServiceName": "com.amazonaws.us-east-1.s3", "SubnetIds": [SUBNET]}, "InvalidParameterValue",
         _GATEWAY_ENDPOINTS),
    Rule("An interface has no route tables", "CreateVpcEndpoint",
         {"VpcId": VPC, "ServiceName": "com.amazonaws.us-east-1.sqs", "VpcEndpointType": "Interface",
          "RouteTableIds": ["{table}"]}, "InvalidParameterValue", _ENDPOINTS),
    Rule("An endpoint's tables are its VPC's", "CreateVpcEndpoint",
         {"VpcId": VPC, "ServiceName": "com.amazonaws.us-east-1.s3", "RouteTableIds": ["{table}"]},
         "InvalidParameterValue", _GATEWAY_ENDPOINTS),
    Rule("An endpoint's policy is one", "CreateVpcEndpoint",
         {"VpcId": VPC, "ServiceName": "com.amazonaws.us-east-1.s3", "PolicyDocument": "{}"},
         "InvalidPolicyDocument", _ENDPOINTS),
    Rule("Private DNS needs DNS hostnames", "CreateVpcEndpoint",
         {"VpcId": VPC, "ServiceName": "com.amazonaws.us-east-1.sqs", "VpcEndpointType": "Interface",
          "PrivateDnsEnabled": True}, "InvalidParameterValue", _ENDPOINTS),
]  # fmt: skip

RULES = [*_VPCS, *_SUBNETS, *_SECURITY_GROUPS, *_TAGGING, *_SETS]


def register(_plane: Plane, _apis: Apis) -> None:
    """EC2 is there already."""


async def prepare(apis: Apis) -> dict[str, str]:
    """VPCs, groups, lists and templates by name."""

    async def ec2(operation: str, **params: Any) -> dict[str, Any]:
        return await apis.call("ec2", operation, params)

    async def vpc(block: str) -> str:
        return str((await ec2("CreateVpc", CidrBlock=block))["Vpc"]["VpcId"])

    async def group(name: str, where: str) -> str:
        return str((await ec2("CreateSecurityGroup", GroupName=name, Description="d", VpcId=where))["GroupId"])

    made = {"vpc": await vpc("10.0.0.0/16"), "attached": await vpc("10.1.0.0/16"), "grouped": await vpc("10.2.0.0/16")}
    made |= {"routed": await vpc("10.3.0.0/16"), "tagged": await vpc("10.4.0.0/16")}
    made["full"] = await vpc("10.5.0.0/28")
    for number in range(1, 5):
        await ec2("AssociateVpcCidrBlock", VpcId=made["full"], CidrBlock=f"10.5.{number}.0/28")
    await ec2("ModifyVpcAttribute", VpcId=made["grouped"], EnableDnsSupport={"Value": False})
    await ec2("CreateTags", Resources=[made["tagged"]], Tags=[{"Key": f"key{n}", "Value": ""} for n in range(50)])
    gateway = (await ec2("CreateInternetGateway"))["InternetGateway"]["InternetGatewayId"]
    await ec2("AttachInternetGateway", InternetGatewayId=gateway, VpcId=made["attached"])
    made["table"] = (await ec2("CreateRouteTable", VpcId=made["routed"]))["RouteTable"]["RouteTableId"]
    added = await ec2("AssociateVpcCidrBlock", VpcId=made["vpc"], CidrBlock="10.8.0.0/16")
    made["second"] = added["CidrBlockAssociation"]["AssociationId"]
    (described,) = (await ec2("DescribeVpcs", VpcIds=[made["vpc"]]))["Vpcs"]
    made["first"] = described["CidrBlockAssociationSet"][0]["AssociationId"]
    made["options"] = described["DhcpOptionsId"]
    made["subnet"] = (await ec2("CreateSubnet", VpcId=made["vpc"], CidrBlock="10.0.1.0/24"))["Subnet"]["SubnetId"]
    await ec2("CreateSubnet", VpcId=made["vpc"], CidrBlock="10.8.1.0/24")
    for name, where in (("app", "vpc"), ("named", "vpc"), ("worn", "vpc"), ("foreign", "grouped")):
        made[name] = await group(name, made[where])
    made["group"] = made["app"]
    own = [{"Name": "vpc-id", "Values": [made["vpc"]]}, {"Name": "group-name", "Values": ["default"]}]
    made["default"] = (await ec2("DescribeSecurityGroups", Filters=own))["SecurityGroups"][0]["GroupId"]
    await ec2("CreateNetworkInterface", SubnetId=made["subnet"], Groups=[made["worn"]])
    listed = await ec2("CreateManagedPrefixList", PrefixListName="offices", MaxEntries=2, AddressFamily="IPv4")
    made["list"] = listed["PrefixList"]["PrefixListId"]
    rules = [
        _tcp(443, 443),
        _tcp(22, 22),
        _tcp(80, 80, UserIdGroupPairs=[{"GroupId": made["named"]}]),
        _tcp(81, 81, PrefixListIds=[{"PrefixListId": made["list"]}]),
    ]
    allowed = await ec2("AuthorizeSecurityGroupIngress", GroupId=made["group"], IpPermissions=rules)
    made["rule"] = allowed["SecurityGroupRules"][0]["SecurityGroupRuleId"]
    name = {"Name": "prefix-list-name", "Values": ["*cloudfront*"]}
    found = (await ec2("DescribeManagedPrefixLists", Filters=[name]))["PrefixLists"]
    made["cloudfront"] = found[0]["PrefixListId"]
    await ec2("CreateKeyPair", KeyName="mine", KeyType="ed25519")
    await ec2("CreateLaunchTemplate", LaunchTemplateName="web", LaunchTemplateData={"ImageId": "ami-1"})
    return made
