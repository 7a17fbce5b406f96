"""What EC2 refuses, and that it answers a dry run without doing anything."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from netflux.controlplane.protocol import models
from netflux.errors import AwsError
from tests.aws.ec2.flowing import Flowing, flowing
from tests.controlplane.plane import Plane


class World:
    """Two VPCs, and a noun of each kind in the first."""

    def __init__(self, flow: Flowing, plane: Plane) -> None:
        self.flow = flow
        self.plane = plane
        self.ids: dict[str, str] = {}

    async def made(self, operation: str, noun: str, member: str, **params: Any) -> str:
        answer = await self.flow.ec2(operation, **params)
        return str((answer[noun] if noun else answer)[member])

    async def build(self) -> None:
        vpc = await self.made("CreateVpc", "Vpc", "VpcId", CidrBlock="10.0.0.0/16")
        other = await self.made("CreateVpc", "Vpc", "VpcId", CidrBlock="10.1.0.0/16")
        subnet = await self.made("CreateSubnet", "Subnet", "SubnetId", VpcId=vpc, CidrBlock="10.0.0.0/24")
        stranger = await self.made("CreateSubnet", "Subnet", "SubnetId", VpcId=other, CidrBlock="10.1.0.0/24")
        told = {"Description": "d"}
        group = await self.made("CreateSecurityGroup", "", "GroupId", VpcId=vpc, GroupName="app", **told)
        abroad = await self.made("CreateSecurityGroup", "", "GroupId", VpcId=other, GroupName="far", **told)
        gateway = await self.made("CreateInternetGateway", "InternetGateway", "InternetGatewayId")
        far = await self.made("CreateInternetGateway", "InternetGateway", "InternetGatewayId")
        await self.flow.ec2("AttachInternetGateway", VpcId=vpc, InternetGatewayId=gateway)
        await self.flow.ec2("AttachInternetGateway", VpcId=other, InternetGatewayId=far)
        table = await self.made("CreateRouteTable", "RouteTable", "RouteTableId", VpcId=vpc)
        eni = await self.made(
            "CreateNetworkInterface", "NetworkInterface", "NetworkInterfaceId", SubnetId=subnet, Groups=[group]
        )
        acl = await self.made("CreateNetworkAcl", "NetworkAcl", "NetworkAclId", VpcId=vpc)
        address = await self.made("AllocateAddress", "", "AllocationId", Domain="vpc")
        self.ids = {
            "vpc": vpc, "other": other, "subnet": subnet, "stranger": stranger, "group": group, "abroad": abroad,
            "gateway": gateway, "far": far, "table": table, "eni": eni, "acl": acl, "address": address,
        }  # fmt: skip
        for name, vpc_id in (("main", vpc), ("othermain", other)):
            found = await self.flow.ec2("DescribeRouteTables", Filters=[{"Name": "vpc-id", "Values": [vpc_id]}])
            main = next(one for one in found["RouteTables"] if any(tied["Main"] for tied in one["Associations"]))
            self.ids[name] = main["RouteTableId"]
            self.ids[f"{name}-tie"] = main["Associations"][0]["RouteTableAssociationId"]
        condition = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}]
        groups = await self.flow.ec2("DescribeSecurityGroups", Filters=condition)
        self.ids["default"] = groups["SecurityGroups"][0]["GroupId"]

    def filled(self, params: Any) -> Any:
        """Ids in the place of their names."""
        if isinstance(params, dict):
            return {key: self.filled(value) for key, value in params.items()}
        if isinstance(params, list):
            return [self.filled(value) for value in params]
        return self.ids.get(params[1:], params) if isinstance(params, str) and params.startswith("$") else params

    def disk(self) -> dict[str, bytes]:
        return dict(self.plane.documents.blobs(""))


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    plane = Plane(tmp_path)
    made = World(await flowing(plane, tmp_path), plane)
    await made.build()
    yield made
    plane.stop()


_TCP = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80}
_ALL = [{"CidrIp": "0.0.0.0/0"}]


def _ingress(**rule: Any) -> dict[str, Any]:
    return {"GroupId": "$group", "IpPermissions": [{"IpRanges": _ALL, **rule}]}


def _entry(**members: Any) -> dict[str, Any]:
    whole = {"RuleNumber": 100, "Protocol": "-1", "RuleAction": "allow", "Egress": False, "CidrBlock": "0.0.0.0/0"}
    return {"NetworkAclId": "$acl", **whole, **members}


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("CreateSubnet", {"VpcId": "$vpc", "CidrBlock": "10.0.9.0/29"}, "InvalidSubnet.Range"),
    ("CreateSubnet", {"VpcId": "$vpc", "CidrBlock": "10.9.9.0/24"}, "InvalidSubnet.Range"),
    ("CreateSubnet", {"VpcId": "$vpc", "CidrBlock": "10.0.0.128/25"}, "InvalidSubnet.Conflict"),
    (
        "CreateSubnet",
        {"VpcId": "$vpc", "CidrBlock": "10.0.9.0/24", "AvailabilityZone": "mars-1a"},
        "InvalidParameterValue",
    ),
    ("CreateVpc", {"CidrBlock": "10.0.0.0/8"}, "InvalidVpc.Range"),
    ("CreateVpc", {}, "MissingParameter"),
    ("CreateVpc", {"CidrBlock": "ten"}, "InvalidParameterValue"),
    ("AssociateVpcCidrBlock", {"VpcId": "$vpc", "Ipv4IpamPoolId": "ipam-pool-1"}, "UnsupportedOperation"),
    ("AssociateVpcCidrBlock", {"VpcId": "$vpc", "Ipv6Pool": "mine"}, "UnsupportedOperation"),
    ("AssociateVpcCidrBlock", {"VpcId": "$vpc", "CidrBlock": "10.0.128.0/17"}, "InvalidVpc.Range"),
    ("AssociateVpcCidrBlock", {"VpcId": "$vpc"}, "MissingParameter"),
    ("AuthorizeSecurityGroupIngress", _ingress(), "InvalidParameterValue"),
    ("AuthorizeSecurityGroupIngress", _ingress(IpProtocol="tcp"), "InvalidParameterValue"),
    ("AuthorizeSecurityGroupIngress", _ingress(IpProtocol="tpc", FromPort=1, ToPort=1), "InvalidParameterValue"),
    (
        "AuthorizeSecurityGroupIngress",
        _ingress(IpProtocol="tcp", FromPort=70000, ToPort=70000),
        "InvalidParameterValue",
    ),
    ("AuthorizeSecurityGroupIngress", _ingress(IpProtocol="tcp", FromPort=9, ToPort=8), "InvalidParameterValue"),
    ("AuthorizeSecurityGroupIngress", _ingress(**_TCP, IpRanges=[{"CidrIp": "10.0.0.0/40"}]), "InvalidParameterValue"),
    ("AuthorizeSecurityGroupIngress", {"GroupId": "$group", "IpPermissions": [_TCP]}, "MissingParameter"),
    (
        "AuthorizeSecurityGroupIngress",
        {"GroupId": "$group", "IpPermissions": [{**_TCP, "UserIdGroupPairs": [{"GroupId": "$abroad"}]}]},
        "InvalidGroup.NotFound",
    ),
    (
        "AuthorizeSecurityGroupEgress",
        {"GroupId": "$group", "IpPermissions": [{**_TCP, "UserIdGroupPairs": [{"GroupId": "sg-0"}]}]},
        "InvalidGroup.NotFound",
    ),
    ("AuthorizeSecurityGroupIngress", {"GroupId": "$group", "CidrIp": "0.0.0.0/0"}, "InvalidParameterValue"),
    ("CreateSecurityGroup", {"VpcId": "$vpc", "GroupName": "sg-x", "Description": "d"}, "InvalidParameterValue"),
    ("DeleteSecurityGroup", {"GroupId": "$default"}, "CannotDelete"),
    ("DeleteSecurityGroup", {"GroupId": "$group"}, "DependencyViolation"),
    ("DeleteSubnet", {"SubnetId": "$subnet"}, "DependencyViolation"),
    ("DeleteVpc", {"VpcId": "$vpc"}, "DependencyViolation"),
    ("DeleteRouteTable", {"RouteTableId": "$main"}, "DependencyViolation"),
    ("DisassociateRouteTable", {"AssociationId": "$main-tie"}, "InvalidParameterValue"),
    (
        "ReplaceRouteTableAssociation",
        {"AssociationId": "$othermain-tie", "RouteTableId": "$table"},
        "InvalidParameterValue",
    ),
    ("AssociateRouteTable", {"SubnetId": "$stranger", "RouteTableId": "$table"}, "InvalidParameterValue"),
    ("CreateRoute", {"RouteTableId": "$table", "DestinationCidrBlock": "0.0.0.0/0"}, "MissingParameter"),
    ("CreateRoute", {"RouteTableId": "$table", "GatewayId": "$gateway"}, "MissingParameter"),
    (
        "CreateRoute",
        {"RouteTableId": "$table", "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "$far"},
        "InvalidParameterValue",
    ),
    (
        "CreateRoute",
        {"RouteTableId": "$table", "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-0"},
        "InvalidGatewayID.NotFound",
    ),
    (
        "CreateRoute",
        {"RouteTableId": "$table", "DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-0"},
        "InvalidNatGatewayID.NotFound",
    ),
    ("DeleteRoute", {"RouteTableId": "$table", "DestinationCidrBlock": "10.0.0.0/16"}, "InvalidParameterValue"),
    ("CreateNatGateway", {"SubnetId": "$subnet"}, "MissingParameter"),
    ("CreateNetworkAclEntry", _entry(RuleNumber=40000), "InvalidParameterValue"),
    ("CreateNetworkAclEntry", _entry(Protocol="6"), "InvalidParameterValue"),
    ("CreateNetworkAclEntry", _entry(Protocol="tpc"), "InvalidParameterValue"),
    ("CreateNetworkAclEntry", _entry(CidrBlock="10/8"), "InvalidParameterValue"),
    ("CreateNetworkAclEntry", _entry(RuleAction="perhaps"), "InvalidParameterValue"),
    ("CreateNetworkInterface", {"SubnetId": "$subnet", "PrivateIpAddress": "10.1.0.9"}, "InvalidParameterValue"),
    (
        "CreateNetworkInterface",
        {"SubnetId": "$subnet", "SecondaryPrivateIpAddressCount": 2_000_000_000},
        "InvalidParameterValue",
    ),
    ("CreateNetworkInterface", {"SubnetId": "$subnet", "Groups": ["$abroad"]}, "InvalidParameterCombination"),
    (
        "AssignPrivateIpAddresses",
        {"NetworkInterfaceId": "$eni", "SecondaryPrivateIpAddressCount": 2_000_000_000},
        "InvalidParameterValue",
    ),
]


@pytest.mark.parametrize(("operation", "params", "code"), REFUSED, ids=lambda value: str(value)[:60])
async def test_what_ec2_refuses_changes_nothing(
    world: World, operation: str, params: dict[str, Any], code: str
) -> None:
    before = world.disk()
    with pytest.raises(AwsError) as refusal:
        await world.flow.ec2(operation, **world.filled(params))
    assert refusal.value.code == code, refusal.value
    assert world.disk() == before


async def test_a_group_that_another_groups_rule_names_stays(world: World) -> None:
    free = await world.made(
        "CreateSecurityGroup", "", "GroupId", VpcId=world.ids["vpc"], GroupName="free", Description="d"
    )
    rule = {**_TCP, "UserIdGroupPairs": [{"GroupId": free}]}
    await world.flow.ec2("AuthorizeSecurityGroupIngress", GroupId=world.ids["group"], IpPermissions=[rule])
    with pytest.raises(AwsError, match="DependencyViolation"):
        await world.flow.ec2("DeleteSecurityGroup", GroupId=free)
    await world.flow.ec2("RevokeSecurityGroupIngress", GroupId=world.ids["group"], IpPermissions=[rule])
    await world.flow.ec2("DeleteSecurityGroup", GroupId=free)


async def test_a_subnet_goes_with_its_association_once_nothing_is_in_it(world: World) -> None:
    await world.flow.ec2("AssociateRouteTable", SubnetId=world.ids["subnet"], RouteTableId=world.ids["table"])
    await world.flow.ec2("DeleteNetworkInterface", NetworkInterfaceId=world.ids["eni"])
    await world.flow.ec2("DeleteSubnet", SubnetId=world.ids["subnet"])
    await world.flow.ec2("DeleteRouteTable", RouteTableId=world.ids["table"])


_MEMBERS = {
    "VpcId": "$vpc", "SubnetId": "$subnet", "GroupId": "$group", "RouteTableId": "$table", "NetworkAclId": "$acl",
    "InternetGatewayId": "$gateway", "NetworkInterfaceId": "$eni", "AllocationId": "$address", "GroupName": "named",
    "Description": "d", "KeyName": "k", "LaunchTemplateName": "launch", "RuleNumber": 7, "RuleAction": "allow",
    "Protocol": "-1", "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "$gateway", "CidrBlock": "10.0.77.0/24",
    "Resources": ["$vpc"], "Tags": [{"Key": "a", "Value": "b"}], "ServiceName": "com.amazonaws.us-east-1.s3",
}  # fmt: skip
"""What a dry run is asked with, so that many of them would succeed."""

_BETTER: dict[str, dict[str, Any]] = {
    "CreateVpc": {"CidrBlock": "10.7.0.0/16"},
    "DeleteSubnet": {"SubnetId": "$stranger"},
    "DeleteSecurityGroup": {"GroupId": "$abroad"},
    "CreateNatGateway": {"SubnetId": "$subnet", "AllocationId": "$address"},
    "AuthorizeSecurityGroupIngress": {"GroupId": "$group", "IpPermissions": [{**_TCP, "IpRanges": _ALL}]},
    "AuthorizeSecurityGroupEgress": {"GroupId": "$group", "IpPermissions": [{**_TCP, "IpRanges": _ALL}]},
    "CreateLaunchTemplate": {"LaunchTemplateName": "l", "LaunchTemplateData": {"InstanceType": "t3.micro"}},
    "DetachInternetGateway": {"VpcId": "$vpc", "InternetGatewayId": "$gateway"},
    "AllocateAddress": {},
    "CreateRoute": {"RouteTableId": "$table", "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "$gateway"},
    "CreateNetworkAclEntry": _entry(),
    "CreateDhcpOptions": {"DhcpConfigurations": [{"Key": "domain-name", "Values": ["a.example"]}]},
    "DisassociateRouteTable": {"AssociationId": "rtbassoc-0"},
    "CreateFlowLogs": {
        "ResourceIds": ["$vpc"], "ResourceType": "VPC", "TrafficType": "ALL", "LogDestinationType": "cloud-watch-logs",
        "LogGroupName": "flows", "DeliverLogsPermissionArn": "arn:aws:iam::000000000000:role/flows",
    },
}  # fmt: skip

_SUCCEED = {
    "CreateVpc", "CreateSubnet", "DeleteSubnet", "CreateSecurityGroup", "DeleteSecurityGroup", "CreateRouteTable",
    "DeleteRouteTable", "CreateRoute", "CreateInternetGateway", "DetachInternetGateway", "CreateNatGateway",
    "CreateNetworkAcl", "DeleteNetworkAcl", "CreateNetworkInterface", "DeleteNetworkInterface", "AllocateAddress",
    "ReleaseAddress", "AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress",
    "CreateTags", "DeleteTags", "CreateKeyPair", "CreateLaunchTemplate", "AssociateRouteTable", "DescribeVpcs",
    "DescribeSubnets", "DescribeNetworkInterfaces", "CreateDhcpOptions", "CreateNetworkAclEntry", "CreateFlowLogs",
}  # fmt: skip


async def test_a_dry_run_of_every_operation_changes_nothing(world: World) -> None:
    model = models.service_model("ec2")
    asked = [
        name
        for name in model.operation_names
        if (shape := model.operation_model(name).input_shape) is not None and "DryRun" in shape.members
    ]
    assert len(asked) > 600
    before, would = world.disk(), set()
    for name in asked:
        shape = model.operation_model(name).input_shape
        params = _BETTER.get(name) or {member: _MEMBERS[member] for member in shape.members if member in _MEMBERS}
        with pytest.raises(AwsError) as answer:
            await world.flow.ec2(name, **world.filled(params), DryRun=True)
        if answer.value.code == "DryRunOperation":
            assert answer.value.status == 412
            would.add(name)
    assert world.disk() == before
    assert _SUCCEED - would == set()
    await world.flow.ec2("DescribeSubnets", SubnetIds=[world.ids["stranger"]])


async def test_a_dry_run_of_what_would_fail_tells_why(world: World) -> None:
    for params in ({"SubnetId": "subnet-0"}, {"SubnetId": world.ids["subnet"]}):
        with pytest.raises(AwsError) as refusal:
            await world.flow.ec2("DeleteSubnet", **params, DryRun=True)
        assert refusal.value.code in ("InvalidSubnetID.NotFound", "DependencyViolation")


async def test_a_nat_gateway_keeps_its_interface_and_address_until_it_is_deleted(world: World) -> None:
    made = {"SubnetId": world.ids["subnet"], "AllocationId": world.ids["address"]}
    gateway = await world.made("CreateNatGateway", "NatGateway", "NatGatewayId", **made)
    told = (await world.flow.ec2("DescribeNatGateways", NatGatewayIds=[gateway]))["NatGateways"][0]
    interface = told["NatGatewayAddresses"][0]["NetworkInterfaceId"]
    with pytest.raises(AwsError, match="currently in use"):
        await world.flow.ec2("DeleteNetworkInterface", NetworkInterfaceId=interface)
    with pytest.raises(AwsError, match=r"InvalidIPAddress\.InUse"):
        await world.flow.ec2("ReleaseAddress", AllocationId=world.ids["address"])
    await world.flow.ec2("DeleteNatGateway", NatGatewayId=gateway)
    await world.flow.ec2("ReleaseAddress", AllocationId=world.ids["address"])
