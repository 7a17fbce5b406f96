"""Every member that a creating or changing call carries is told again: what is sent here has all of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name

from netflux.aws.ec2.api import Ec2Api
from netflux.controlplane import operation as operations
from netflux.controlplane.apis import Apis
from netflux.controlplane.operation import Members
from netflux.controlplane.protocol import models
from tests.controlplane.plane import Plane

TAGS = [{"Key": "a", "Value": "b"}]


@dataclass
class World:
    """A region, and the members that each operation was sent."""

    apis: Apis
    sent: dict[str, set[str]] = field(default_factory=dict)

    async def __call__(self, operation: str, **params: Any) -> dict[str, Any]:
        self.sent.setdefault(operation, set()).update(_paths(params, ""))
        return await self.apis.call("ec2", operation, params)

    async def one(self, operation: str, member: str, **params: Any) -> dict[str, Any]:
        """The one that a Describe call finds."""
        (found,) = (await self.apis.call("ec2", operation, params))[member]
        return dict(found)

    def whole(self, *names: str) -> None:
        """Asserts that every carried member of these operations was sent."""
        for name in names:
            declared = operations.declaration(getattr(Ec2Api, xform_name(name)))
            assert declared is not None
            assert {*_carried(declared.carries, "")} - self.sent.get(name, set()) == set(), name


def _paths(value: Any, above: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            path = f"{above}.{name}" if above else name
            yield path
            yield from _paths(inner, path)
    elif isinstance(value, list):
        for item in value:
            yield from _paths(item, above)


def _carried(carries: Members, above: str) -> Iterator[str]:
    for name, below in carries.items():
        path = f"{above}.{name}" if above else name
        yield path
        yield from _carried(below, path)


@pytest.fixture
async def ec2(tmp_path: Path) -> AsyncIterator[World]:
    plane = Plane(tmp_path)
    yield World(await plane.start())
    plane.stop()


def _tagged(kind: str) -> list[dict[str, Any]]:
    return [{"ResourceType": kind, "Tags": TAGS}]


async def _vpc(ec2: World) -> str:
    return str((await ec2("CreateVpc", CidrBlock="10.0.0.0/16"))["Vpc"]["VpcId"])


async def test_a_vpc(ec2: World) -> None:
    made = await ec2(
        "CreateVpc", CidrBlock="10.0.0.0/16", InstanceTenancy="dedicated", AmazonProvidedIpv6CidrBlock=True,
        Ipv6CidrBlockNetworkBorderGroup="us-east-1", TagSpecifications=_tagged("vpc"),
    )  # fmt: skip
    vpc = made["Vpc"]["VpcId"]
    shown = await ec2.one("DescribeVpcs", "Vpcs", VpcIds=[vpc])
    assert shown == made["Vpc"]
    (ipv6,) = shown["Ipv6CidrBlockAssociationSet"]
    assert (shown["CidrBlock"], shown["InstanceTenancy"], shown["Tags"]) == ("10.0.0.0/16", "dedicated", TAGS)
    assert ipv6["NetworkBorderGroup"] == "us-east-1"
    for attribute, value in (("DnsHostnames", True), ("DnsSupport", False), ("NetworkAddressUsageMetrics", True)):
        await ec2("ModifyVpcAttribute", VpcId=vpc, **{f"Enable{attribute}": {"Value": value}})
        told = await ec2.apis.call("ec2", "DescribeVpcAttribute", {"VpcId": vpc, "Attribute": f"enable{attribute}"})
        assert told[f"Enable{attribute}"]["Value"] is value
    await ec2("ModifyVpcTenancy", VpcId=vpc, InstanceTenancy="default")
    await ec2("AssociateVpcCidrBlock", VpcId=vpc, CidrBlock="10.1.0.0/16")
    await ec2(
        "AssociateVpcCidrBlock",
        VpcId=vpc, AmazonProvidedIpv6CidrBlock=True, Ipv6CidrBlockNetworkBorderGroup="us-east-1",
    )  # fmt: skip
    shown = await ec2.one("DescribeVpcs", "Vpcs", VpcIds=[vpc])
    assert shown["InstanceTenancy"] == "default"
    assert [one["CidrBlock"] for one in shown["CidrBlockAssociationSet"]] == ["10.0.0.0/16", "10.1.0.0/16"]
    assert len(shown["Ipv6CidrBlockAssociationSet"]) == 2
    ec2.whole("CreateVpc", "ModifyVpcAttribute", "ModifyVpcTenancy", "AssociateVpcCidrBlock")


async def test_a_subnet(ec2: World) -> None:
    vpc = (await ec2("CreateVpc", CidrBlock="10.0.0.0/16", AmazonProvidedIpv6CidrBlock=True))["Vpc"]
    block = vpc["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"].replace("/56", "/64")
    made = await ec2(
        "CreateSubnet", VpcId=vpc["VpcId"], CidrBlock="10.0.1.0/24", Ipv6CidrBlock=block,
        AvailabilityZone="us-east-1c", AvailabilityZoneId="use1-az2", TagSpecifications=_tagged("subnet"),
    )  # fmt: skip
    subnet = made["Subnet"]["SubnetId"]
    changes: dict[str, tuple[Any, Callable[[dict[str, Any]], Any]]] = {
        "MapPublicIpOnLaunch": ({"Value": True}, lambda one: one["MapPublicIpOnLaunch"]),
        "AssignIpv6AddressOnCreation": ({"Value": True}, lambda one: one["AssignIpv6AddressOnCreation"]),
        "EnableDns64": ({"Value": True}, lambda one: one["EnableDns64"]),
        "EnableResourceNameDnsARecordOnLaunch": (
            {"Value": True}, lambda one: one["PrivateDnsNameOptionsOnLaunch"]["EnableResourceNameDnsARecord"]
        ),
        "EnableResourceNameDnsAAAARecordOnLaunch": (
            {"Value": True}, lambda one: one["PrivateDnsNameOptionsOnLaunch"]["EnableResourceNameDnsAAAARecord"]
        ),
        "PrivateDnsHostnameTypeOnLaunch": (
            "resource-name", lambda one: one["PrivateDnsNameOptionsOnLaunch"]["HostnameType"] == "resource-name"
        ),
    }  # fmt: skip
    shown = await ec2.one("DescribeSubnets", "Subnets", SubnetIds=[subnet])
    assert shown == made["Subnet"]
    assert (shown["AvailabilityZone"], shown["CidrBlock"], shown["Tags"]) == ("us-east-1c", "10.0.1.0/24", TAGS)
    assert [one["Ipv6CidrBlock"] for one in shown["Ipv6CidrBlockAssociationSet"]] == [block]
    for member, (value, read) in changes.items():
        assert not read(await ec2.one("DescribeSubnets", "Subnets", SubnetIds=[subnet]))
        await ec2("ModifySubnetAttribute", SubnetId=subnet, **{member: value})
        assert read(await ec2.one("DescribeSubnets", "Subnets", SubnetIds=[subnet]))
    ec2.whole("CreateSubnet", "ModifySubnetAttribute")


async def _groups(ec2: World) -> tuple[str, str, str]:
    vpc = await _vpc(ec2)
    made = await ec2(
        "CreateSecurityGroup", GroupName="app", Description="d", VpcId=vpc, TagSpecifications=_tagged("security-group")
    )
    other = (await ec2("CreateSecurityGroup", GroupName="lb", Description="d", VpcId=vpc))["GroupId"]
    listed = await ec2("CreateManagedPrefixList", PrefixListName="l", MaxEntries=1, AddressFamily="IPv4")
    return made["GroupId"], other, listed["PrefixList"]["PrefixListId"]


@pytest.mark.parametrize("way", ["Ingress", "Egress"])
async def test_the_rules_of_a_group(ec2: World, way: str) -> None:
    group, other, prefix_list = await _groups(ec2)
    shown = await ec2.one("DescribeSecurityGroups", "SecurityGroups", GroupIds=[group])
    assert (shown["GroupName"], shown["Description"], shown["Tags"]) == ("app", "d", TAGS)
    pair = {"GroupId": other, "UserId": ec2.apis.account, "Description": "peers"}
    permission = {
        "IpProtocol": "tcp", "FromPort": 80, "ToPort": 90,
        "IpRanges": [{"CidrIp": "10.0.0.0/8", "Description": "four"}],
        "Ipv6Ranges": [{"CidrIpv6": "fd00::/8", "Description": "six"}],
        "UserIdGroupPairs": [pair], "PrefixListIds": [{"PrefixListId": prefix_list, "Description": "list"}],
    }  # fmt: skip
    made = await ec2(
        f"AuthorizeSecurityGroup{way}", GroupId=group, IpPermissions=[permission],
        TagSpecifications=_tagged("security-group-rule"),
    )  # fmt: skip
    member = "IpPermissions" if way == "Ingress" else "IpPermissionsEgress"
    shown = await ec2.one("DescribeSecurityGroups", "SecurityGroups", GroupIds=[group])
    assert permission in shown[member]
    rules = made["SecurityGroupRules"]
    described = await ec2.apis.call(
        "ec2", "DescribeSecurityGroupRules", {"SecurityGroupRuleIds": [one["SecurityGroupRuleId"] for one in rules]}
    )
    assert described["SecurityGroupRules"] == rules
    assert [one["Tags"] for one in rules] == [TAGS] * 4
    assert [one["Description"] for one in rules] == ["four", "six", "list", "peers"]
    assert {one["IsEgress"] for one in rules} == {way == "Egress"}
    noted = {**permission, "IpRanges": [{"CidrIp": "10.0.0.0/8", "Description": "new"}]}
    await ec2(f"UpdateSecurityGroupRuleDescriptions{way}", GroupId=group, IpPermissions=[noted])
    one = {"SecurityGroupRuleId": rules[1]["SecurityGroupRuleId"], "Description": "newer"}
    await ec2(f"UpdateSecurityGroupRuleDescriptions{way}", GroupId=group, SecurityGroupRuleDescriptions=[one])
    shown = await ec2.one("DescribeSecurityGroups", "SecurityGroups", GroupIds=[group])
    (found,) = [one for one in shown[member] if one["IpProtocol"] == "tcp"]
    assert found["IpRanges"][0]["Description"] == "new"
    assert found["Ipv6Ranges"][0]["Description"] == "newer"
    peers = {
        "CidrIpv4": "10.1.0.0/16",
        "CidrIpv6": "fd01::/16",
        "PrefixListId": prefix_list,
        "ReferencedGroupId": other,
    }
    for rule, (peer, value) in zip(rules, peers.items(), strict=True):
        told = {"IpProtocol": "udp", "FromPort": 1, "ToPort": 2, "Description": "changed", peer: value}
        update = {"SecurityGroupRuleId": rule["SecurityGroupRuleId"], "SecurityGroupRule": told}
        await ec2("ModifySecurityGroupRules", GroupId=group, SecurityGroupRules=[update])
        now = await ec2.one(
            "DescribeSecurityGroupRules", "SecurityGroupRules", SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]]
        )
        now["ReferencedGroupId"] = now.pop("ReferencedGroupInfo", {}).get("GroupId")
        assert {name: now[name] for name in told} == told
        assert now["Tags"] == TAGS
    ec2.whole("CreateSecurityGroup", "ModifySecurityGroupRules")


async def test_a_rule_that_is_told_without_permissions(ec2: World) -> None:
    flat = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 23, "CidrIp": "10.0.0.0/8"}
    await ec2("AuthorizeSecurityGroupIngress", GroupName="default", **flat)
    await ec2(
        "AuthorizeSecurityGroupIngress", GroupName="default", SourceSecurityGroupName="default",
        SourceSecurityGroupOwnerId=ec2.apis.account,
    )  # fmt: skip
    shown = await ec2.one("DescribeSecurityGroups", "SecurityGroups", GroupNames=["default"])
    found = {one["IpProtocol"]: one for one in shown["IpPermissions"] if one.get("FromPort") != 22}
    assert [found[name].get("FromPort") for name in ("tcp", "udp", "icmp")] == [0, 0, -1]
    (ssh,) = [one for one in shown["IpPermissions"] if one.get("FromPort") == 22]
    assert ssh["IpRanges"] == [{"CidrIp": "10.0.0.0/8"}]


async def test_options_and_prefix_lists(ec2: World) -> None:
    values = {
        "domain-name": ["a.test"], "domain-name-servers": ["10.0.0.2", "AmazonProvidedDNS"],
        "ntp-servers": ["10.0.0.3"], "netbios-name-servers": ["10.0.0.4"], "netbios-node-type": ["2"],
    }  # fmt: skip
    configurations = [{"Key": key, "Values": found} for key, found in values.items()]
    made = await ec2("CreateDhcpOptions", DhcpConfigurations=configurations, TagSpecifications=_tagged("dhcp-options"))
    identity = made["DhcpOptions"]["DhcpOptionsId"]
    shown = await ec2.one("DescribeDhcpOptions", "DhcpOptions", DhcpOptionsIds=[identity])
    told = {one["Key"]: [value["Value"] for value in one["Values"]] for one in shown["DhcpConfigurations"]}
    assert (told, shown["Tags"]) == (values, TAGS)
    vpc = await _vpc(ec2)
    await ec2("AssociateDhcpOptions", VpcId=vpc, DhcpOptionsId=identity)
    assert (await ec2.one("DescribeVpcs", "Vpcs", VpcIds=[vpc]))["DhcpOptionsId"] == identity
    entries = [{"Cidr": "10.0.0.0/24", "Description": "office"}]
    created = await ec2(
        "CreateManagedPrefixList", PrefixListName="l", Entries=entries, MaxEntries=3, AddressFamily="IPv4",
        ClientToken="t", TagSpecifications=_tagged("prefix-list"),
    )  # fmt: skip
    again = await ec2(
        "CreateManagedPrefixList", PrefixListName="l", MaxEntries=3, AddressFamily="IPv4", ClientToken="t"
    )
    listed = created["PrefixList"]["PrefixListId"]
    assert again["PrefixList"]["PrefixListId"] == listed
    shown = await ec2.one("DescribeManagedPrefixLists", "PrefixLists", PrefixListIds=[listed])
    assert [shown[name] for name in ("PrefixListName", "MaxEntries", "AddressFamily", "Tags")] == ["l", 3, "IPv4", TAGS]
    assert (await ec2.apis.call("ec2", "GetManagedPrefixListEntries", {"PrefixListId": listed}))["Entries"] == entries
    more = [{"Cidr": "10.1.0.0/24", "Description": "more"}]
    await ec2(
        "ModifyManagedPrefixList", PrefixListId=listed, CurrentVersion=1, AddEntries=more,
        RemoveEntries=[{"Cidr": "10.0.0.0/24"}], PrefixListName="m",
    )  # fmt: skip
    await ec2("ModifyManagedPrefixList", PrefixListId=listed, MaxEntries=9)
    shown = await ec2.one("DescribeManagedPrefixLists", "PrefixLists", PrefixListIds=[listed])
    assert [shown[name] for name in ("PrefixListName", "MaxEntries", "Version")] == ["m", 9, 2]
    assert (await ec2.apis.call("ec2", "GetManagedPrefixListEntries", {"PrefixListId": listed}))["Entries"] == more
    await ec2("RestoreManagedPrefixListVersion", PrefixListId=listed, PreviousVersion=1, CurrentVersion=2)
    assert (await ec2.apis.call("ec2", "GetManagedPrefixListEntries", {"PrefixListId": listed}))["Entries"] == entries
    ec2.whole("CreateDhcpOptions", "AssociateDhcpOptions", "CreateManagedPrefixList", "ModifyManagedPrefixList")
    ec2.whole("RestoreManagedPrefixListVersion")


async def test_key_pairs(ec2: World) -> None:
    made = await ec2(
        "CreateKeyPair", KeyName="one", KeyType="ed25519", KeyFormat="pem", TagSpecifications=_tagged("key-pair")
    )
    assert "PRIVATE KEY" in made["KeyMaterial"]
    shown = await ec2.one("DescribeKeyPairs", "KeyPairs", KeyNames=["one"], IncludePublicKey=True)
    assert (shown["KeyType"], shown["Tags"], shown["KeyFingerprint"]) == ("ed25519", TAGS, made["KeyFingerprint"])
    public = shown["PublicKey"]
    await ec2("ImportKeyPair", KeyName="two", PublicKeyMaterial=public.encode(), TagSpecifications=_tagged("key-pair"))
    again = await ec2.one("DescribeKeyPairs", "KeyPairs", KeyNames=["two"], IncludePublicKey=True)
    assert again["PublicKey"].split()[:2] == public.split()[:2]
    assert (again["KeyFingerprint"], again["Tags"]) == (shown["KeyFingerprint"], TAGS)
    ec2.whole("CreateKeyPair", "ImportKeyPair")


def _value(shape: Any, carries: Members) -> Any:
    """A value that has every carried member of the shape."""
    match shape.type_name:
        case "structure":
            return {name: _value(shape.members[name], below) for name, below in carries.items()}
        case "list":
            return [_value(shape.member, carries)]
        case "boolean":
            return True
        case "integer" | "long" | "double" | "float":
            return shape.metadata.get("min", 1)
        case "timestamp":
            return datetime(2026, 1, 2, tzinfo=UTC)
    return (shape.enum or ["x"])[0]


async def test_a_launch_template_has_all_its_data(ec2: World) -> None:
    declared = operations.declaration(Ec2Api.create_launch_template)
    assert declared is not None
    shape = models.operation_model("ec2", "CreateLaunchTemplate").input_shape.members["LaunchTemplateData"]
    data = _value(shape, declared.carries["LaunchTemplateData"])
    made = await ec2(
        "CreateLaunchTemplate", LaunchTemplateName="web", VersionDescription="first", ClientToken="t",
        LaunchTemplateData=data, TagSpecifications=_tagged("launch-template"),
    )  # fmt: skip
    identity = made["LaunchTemplate"]["LaunchTemplateId"]
    shown = await ec2.one("DescribeLaunchTemplates", "LaunchTemplates", LaunchTemplateIds=[identity])
    assert (shown["LaunchTemplateName"], shown["Tags"]) == ("web", TAGS)
    version = await ec2.one("DescribeLaunchTemplateVersions", "LaunchTemplateVersions", LaunchTemplateId=identity)
    assert (version["LaunchTemplateData"], version["VersionDescription"]) == (data, "first")
    output = models.operation_model("ec2", "DescribeLaunchTemplateVersions").output_shape
    told = output.members["LaunchTemplateVersions"].member.members["LaunchTemplateData"]
    assert {*_paths(data, "")} - {*_members(told, "")} == set()
    smaller = {"ImageId": "ami-2"}
    for named in ({"LaunchTemplateId": identity}, {"LaunchTemplateName": "web"}):
        await ec2(
            "CreateLaunchTemplateVersion", **named, SourceVersion="1", VersionDescription="next", ClientToken="u",
            LaunchTemplateData=smaller,
        )  # fmt: skip
        await ec2("ModifyLaunchTemplate", **named, DefaultVersion="2", ClientToken="v")
    await ec2("CreateLaunchTemplateVersion", LaunchTemplateId=identity, LaunchTemplateData=data)
    latest = await ec2.one(
        "DescribeLaunchTemplateVersions", "LaunchTemplateVersions", LaunchTemplateId=identity, Versions=["$Default"]
    )
    assert (latest["VersionNumber"], latest["VersionDescription"]) == (2, "next")
    assert latest["LaunchTemplateData"] == {**data, **smaller}
    ec2.whole("CreateLaunchTemplate", "CreateLaunchTemplateVersion", "ModifyLaunchTemplate")


def _members(shape: Any, above: str) -> Iterator[str]:
    while shape.type_name == "list":
        shape = shape.member
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            path = f"{above}.{name}" if above else name
            yield path
            yield from _members(member, path)


async def test_endpoints(ec2: World) -> None:
    vpc = await _vpc(ec2)
    await ec2("ModifyVpcAttribute", VpcId=vpc, EnableDnsHostnames={"Value": True})
    subnets = [
        (await ec2("CreateSubnet", VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"us-east-1{zone}"))[
            "Subnet"
        ]["SubnetId"]
        for n, zone in enumerate("ab")
    ]
    groups = [
        (await ec2("CreateSecurityGroup", GroupName=name, Description="d", VpcId=vpc))["GroupId"] for name in "ab"
    ]
    tables = [(await ec2("CreateRouteTable", VpcId=vpc))["RouteTable"]["RouteTableId"] for _ in range(2)]
    policy = '{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}'
    common = {"VpcId": vpc, "PolicyDocument": policy, "TagSpecifications": _tagged("vpc-endpoint")}
    gateway = await ec2(
        "CreateVpcEndpoint", VpcEndpointType="Gateway", ServiceName="com.amazonaws.us-east-1.s3",
        RouteTableIds=tables[:1], ServiceRegion="us-east-1", ClientToken="g", **common,
    )  # fmt: skip
    interface = await ec2(
        "CreateVpcEndpoint", VpcEndpointType="Interface", ServiceName="com.amazonaws.us-east-1.sqs",
        SubnetIds=subnets[:1], SecurityGroupIds=groups[:1], IpAddressType="ipv4", PrivateDnsEnabled=True,
        DnsOptions={"DnsRecordIpType": "ipv4"}, **common,
    )  # fmt: skip

    async def shown(made: dict[str, Any]) -> dict[str, Any]:
        identity = made["VpcEndpoint"]["VpcEndpointId"]
        return await ec2.one("DescribeVpcEndpoints", "VpcEndpoints", VpcEndpointIds=[identity])

    one, other = await shown(gateway), await shown(interface)
    assert (one["RouteTableIds"], one["PolicyDocument"], one["Tags"]) == (tables[:1], policy, TAGS)
    assert (other["SubnetIds"], [group["GroupId"] for group in other["Groups"]]) == (subnets[:1], groups[:1])
    assert other["PrivateDnsEnabled"]
    assert len(other["NetworkInterfaceIds"]) == 1
    routes = (await ec2.one("DescribeRouteTables", "RouteTables", RouteTableIds=tables[:1]))["Routes"]
    assert [route["GatewayId"] for route in routes] == ["local", one["VpcEndpointId"]]
    identity = {"VpcEndpointId": one["VpcEndpointId"]}
    await ec2("ModifyVpcEndpoint", **identity, AddRouteTableIds=tables[1:], RemoveRouteTableIds=tables[:1])
    await ec2("ModifyVpcEndpoint", **identity, ResetPolicy=True)
    assert (await shown(gateway))["RouteTableIds"] == tables[1:]
    assert (await shown(gateway))["PolicyDocument"] != policy
    await ec2("ModifyVpcEndpoint", **identity, PolicyDocument=policy)
    assert (await shown(gateway))["PolicyDocument"] == policy
    await ec2(
        "ModifyVpcEndpoint", VpcEndpointId=other["VpcEndpointId"], AddSubnetIds=subnets[1:],
        RemoveSubnetIds=subnets[:1], AddSecurityGroupIds=groups[1:], RemoveSecurityGroupIds=groups[:1],
        PrivateDnsEnabled=False,
        IpAddressType="ipv4", DnsOptions={"DnsRecordIpType": "ipv4"},
    )  # fmt: skip
    changed = await shown(interface)
    assert (changed["SubnetIds"], [group["GroupId"] for group in changed["Groups"]]) == (subnets[1:], groups[1:])
    assert changed["NetworkInterfaceIds"] != other["NetworkInterfaceIds"]
    assert not changed["PrivateDnsEnabled"]
    ec2.whole("CreateVpcEndpoint", "ModifyVpcEndpoint")
    both = [one["VpcEndpointId"], other["VpcEndpointId"]]
    assert (await ec2("DeleteVpcEndpoints", VpcEndpointIds=both))["Unsuccessful"] == []
    for subnet in subnets:
        await ec2("DeleteSubnet", SubnetId=subnet)
