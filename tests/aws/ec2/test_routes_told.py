"""Every member that is sent for routes, gateways, addresses, interfaces and network ACLs is told again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name

from netflux.aws.ec2.aclentries import AclEntries
from netflux.aws.ec2.addresses import Addresses
from netflux.aws.ec2.interfaceaddresses import InterfaceAddresses
from netflux.aws.ec2.interfaces import Interfaces
from netflux.aws.ec2.internetgateways import EgressOnlyInternetGateways, InternetGateways
from netflux.aws.ec2.natgateways import NatGateways
from netflux.aws.ec2.networkacls import NetworkAcls
from netflux.aws.ec2.routes import Routes
from netflux.aws.ec2.routetables import RouteTables
from netflux.controlplane.apis import Apis
from netflux.controlplane.protocol import models
from tests.aws.ec2.sent import Sent, at, carried
from tests.controlplane.plane import Plane
from tests.rules.rule import filled

CLASSES = (
    RouteTables, Routes, InternetGateways, EgressOnlyInternetGateways, NatGateways, Addresses, Interfaces,
    InterfaceAddresses, NetworkAcls, AclEntries,
)  # fmt: skip


def _tags(kind: str) -> dict[str, Any]:
    tags = [{"Key": "Name", "Value": f"a {kind}"}, {"Key": "stage", "Value": "test"}]
    return {"TagSpecifications": [{"ResourceType": kind, "Tags": tags}]}


def _told_tags(member: str, tags: str = "Tags") -> dict[str, str]:
    return {f"TagSpecifications.Tags.{end}": f"{member}.{tags}.{end}" for end in ("Key", "Value")}


def _of(name: str, *values: str) -> dict[str, Any]:
    return {"Filters": [{"Name": name, "Values": [*values]}]}


_TABLE = {"RouteTableIds": ["{table}"]}
_ENI = {"NetworkInterfaceIds": ["{eni}"]}
_ACL = {"NetworkAclIds": ["{acl}"]}
_INTERFACES, _ACLS = "DescribeNetworkInterfaces", "DescribeNetworkAcls"
_RULE = {
    "NetworkAclId": "NetworkAcls.NetworkAclId",
    **{f"PortRange.{end}": f"NetworkAcls.Entries.PortRange.{end}" for end in ("From", "To")},
    **{f"IcmpTypeCode.{end}": f"NetworkAcls.Entries.IcmpTypeCode.{end}" for end in ("Type", "Code")},
    **{
        name: f"NetworkAcls.Entries.{name}"
        for name in ("RuleNumber", "Protocol", "RuleAction", "Egress", "CidrBlock", "Ipv6CidrBlock")
    },
}
_DESTINATIONS = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")
_TARGETS = ("GatewayId", "NatGatewayId", "NetworkInterfaceId", "EgressOnlyInternetGatewayId")
_ROUTE = {name: f"RouteTables.Routes.{name}" for name in (*_DESTINATIONS, *_TARGETS)}


def _route(call: str, **params: Any) -> Sent:
    return Sent(call, {"RouteTableId": "{table}", **params}, "DescribeRouteTables", _TABLE, _ROUTE)


def _entry(call: str, **params: Any) -> Sent:
    return Sent(call, {"NetworkAclId": "{acl}", **params}, _ACLS, _ACL, _RULE)


def _gone(call: str, params: dict[str, Any], ask: str, asked: dict[str, Any]) -> Sent:
    """What was named is not told any more, so that the answer has nothing to compare."""
    return Sent(call, params, ask, asked, silent=dict.fromkeys({*params, "PrivateIpAddresses"}, "it is gone"))


_ICMP = {"Protocol": "1", "RuleAction": "deny", "Egress": True, "CidrBlock": "10.9.0.0/16"}
_WEB = {"Protocol": "6", "RuleAction": "allow", "Egress": False, "Ipv6CidrBlock": "2001:db8::/32"}

SENT = [
    Sent(
        "CreateRouteTable", {"VpcId": "{vpc}", "ClientToken": "t1", **_tags("route-table")}, "DescribeRouteTables",
        _of("vpc-id", "{vpc}"), _told_tags("RouteTables"), makes={"table": "RouteTable.RouteTableId"},
    ),
    Sent("CreateRouteTable", {"VpcId": "{vpc}"}, "DescribeRouteTables", _of("vpc-id", "{vpc}"),
         makes={"second": "RouteTable.RouteTableId"}),
    Sent(
        "AssociateRouteTable", {"RouteTableId": "{table}", "SubnetId": "{subnet}"}, "DescribeRouteTables", _TABLE,
        {"SubnetId": "RouteTables.Associations.SubnetId"}, makes={"tie": "AssociationId"},
    ),
    Sent(
        "ReplaceRouteTableAssociation", {"AssociationId": "{tie}", "RouteTableId": "{second}"}, "DescribeRouteTables",
        _of("association.subnet-id", "{subnet}"), silent={"AssociationId": "another one takes its place"},
        makes={"newtie": "NewAssociationId"},
    ),
    _gone("DisassociateRouteTable", {"AssociationId": "{newtie}"}, "DescribeRouteTables", _TABLE),
    Sent("CreateInternetGateway", _tags("internet-gateway"), "DescribeInternetGateways", {},
         _told_tags("InternetGateways"), makes={"igw": "InternetGateway.InternetGatewayId"}),
    Sent("AttachInternetGateway", {"InternetGatewayId": "{igw}", "VpcId": "{vpc}"}, "DescribeInternetGateways", {},
         {"VpcId": "InternetGateways.Attachments.VpcId"}),
    Sent(
        "CreateEgressOnlyInternetGateway",
        {"VpcId": "{vpc}", "ClientToken": "t2", **_tags("egress-only-internet-gateway")},
        "DescribeEgressOnlyInternetGateways", {},
        {**_told_tags("EgressOnlyInternetGateways"), "VpcId": "EgressOnlyInternetGateways.Attachments.VpcId"},
        makes={"eigw": "EgressOnlyInternetGateway.EgressOnlyInternetGatewayId"},
    ),
    Sent(
        "AllocateAddress", {"Domain": "vpc", "NetworkBorderGroup": "us-east-1", **_tags("elastic-ip")},
        "DescribeAddresses", {}, _told_tags("Addresses"), makes={"address": "AllocationId", "public": "PublicIp"},
    ),
    Sent("AllocateAddress", {}, "DescribeAddresses", {}, makes={"other": "AllocationId", "otherpublic": "PublicIp"}),
    Sent(
        "CreateNatGateway",
        {"SubnetId": "{subnet}", "AllocationId": "{address}", "ConnectivityType": "public", "ClientToken": "t3",
         "AvailabilityMode": "zonal", "PrivateIpAddress": "10.0.0.40", **_tags("natgateway")},
        "DescribeNatGateways", {},
        {**_told_tags("NatGateways"), "AllocationId": "NatGateways.NatGatewayAddresses.AllocationId",
         "PrivateIpAddress": "NatGateways.NatGatewayAddresses.PrivateIp"},
        makes={"nat": "NatGateway.NatGatewayId"},
    ),
    Sent(
        "CreateNetworkInterface",
        {
            "SubnetId": "{subnet}", "Description": "an interface", "Groups": ["{group}"], "ClientToken": "t4",
            "PrivateIpAddress": "10.0.0.50",
            "PrivateIpAddresses": [{"PrivateIpAddress": "10.0.0.51", "Primary": False}],
            "Ipv6Addresses": [{"Ipv6Address": "{six}5"}], **_tags("network-interface"),
        },
        _INTERFACES, _of("description", "an interface"),
        {**_told_tags("NetworkInterfaces", "TagSet"), "Groups": "NetworkInterfaces.Groups.GroupId"},
        makes={"eni": "NetworkInterface.NetworkInterfaceId"},
    ),
    Sent(
        "CreateNetworkInterface", {"SubnetId": "{subnet}", "SecondaryPrivateIpAddressCount": 3, "Ipv6AddressCount": 2},
        _INTERFACES, {"NetworkInterfaceIds": ["{counted}"]},
        silent={"SecondaryPrivateIpAddressCount": "counted below", "Ipv6AddressCount": "counted below"},
        makes={"counted": "NetworkInterface.NetworkInterfaceId"},
    ),
    Sent("ModifyNetworkInterfaceAttribute", {"NetworkInterfaceId": "{eni}", "Description": {"Value": "another"}},
         _INTERFACES, _ENI, {"Description.Value": "NetworkInterfaces.Description"}),
    Sent("ModifyNetworkInterfaceAttribute", {"NetworkInterfaceId": "{eni}", "SourceDestCheck": {"Value": False}},
         _INTERFACES, _ENI, {"SourceDestCheck.Value": "NetworkInterfaces.SourceDestCheck"}),
    Sent("ModifyNetworkInterfaceAttribute", {"NetworkInterfaceId": "{eni}", "Groups": ["{second-group}"]},
         _INTERFACES, _ENI, {"Groups": "NetworkInterfaces.Groups.GroupId"}),
    Sent("ResetNetworkInterfaceAttribute", {"NetworkInterfaceId": "{eni}", "SourceDestCheck": "true"},
         _INTERFACES, _ENI, silent={"SourceDestCheck": "it is on again, as a flag"}),
    Sent("AssignPrivateIpAddresses", {"NetworkInterfaceId": "{eni}", "PrivateIpAddresses": ["10.0.0.60"]}, _INTERFACES,
         _ENI, {"PrivateIpAddresses": "NetworkInterfaces.PrivateIpAddresses.PrivateIpAddress"}),
    Sent(
        "AssignPrivateIpAddresses",
        {"NetworkInterfaceId": "{counted}", "PrivateIpAddresses": ["10.0.0.60"], "AllowReassignment": True},
        _INTERFACES, {"NetworkInterfaceIds": ["{counted}"]},
        {"PrivateIpAddresses": "NetworkInterfaces.PrivateIpAddresses.PrivateIpAddress"},
        {"AllowReassignment": "the other interface has lost the address"},
    ),
    Sent(
        "AssignPrivateIpAddresses", {"NetworkInterfaceId": "{eni}", "SecondaryPrivateIpAddressCount": 2},
        _INTERFACES, _ENI, silent={"SecondaryPrivateIpAddressCount": "counted below"},
    ),
    _gone("UnassignPrivateIpAddresses", {"NetworkInterfaceId": "{eni}", "PrivateIpAddresses": ["10.0.0.51"]},
          _INTERFACES, _ENI),
    Sent("AssignIpv6Addresses", {"NetworkInterfaceId": "{eni}", "Ipv6Addresses": ["{six}6"]}, _INTERFACES, _ENI,
         {"Ipv6Addresses": "NetworkInterfaces.Ipv6Addresses.Ipv6Address"}),
    Sent("AssignIpv6Addresses", {"NetworkInterfaceId": "{eni}", "Ipv6AddressCount": 1}, _INTERFACES, _ENI,
         silent={"Ipv6AddressCount": "counted below"}),
    _gone("UnassignIpv6Addresses", {"NetworkInterfaceId": "{eni}", "Ipv6Addresses": ["{six}6"]}, _INTERFACES, _ENI),
    Sent(
        "AssociateAddress",
        {"AllocationId": "{other}", "NetworkInterfaceId": "{eni}", "PrivateIpAddress": "10.0.0.50",
         "AllowReassociation": False},
        "DescribeAddresses", {"AllocationIds": ["{other}"]}, silent={"AllowReassociation": "nothing was associated"},
        makes={"association": "AssociationId"},
    ),
    _gone("DisassociateAddress", {"AssociationId": "{association}"}, "DescribeAddresses",
          {"AllocationIds": ["{other}"]}),
    Sent("AssociateAddress", {"PublicIp": "{otherpublic}", "NetworkInterfaceId": "{eni}"}, "DescribeAddresses",
         {"AllocationIds": ["{other}"]}),
    _gone("DisassociateAddress", {"PublicIp": "{otherpublic}"}, "DescribeAddresses", {"AllocationIds": ["{other}"]}),
    _route("CreateRoute", DestinationCidrBlock="0.0.0.0/0", GatewayId="{igw}"),
    _route("CreateRoute", DestinationIpv6CidrBlock="::/0", EgressOnlyInternetGatewayId="{eigw}"),
    _route("CreateRoute", DestinationPrefixListId="{list}", NatGatewayId="{nat}"),
    _route("CreateRoute", DestinationCidrBlock="192.168.0.0/16", NetworkInterfaceId="{eni}"),
    _route("ReplaceRoute", DestinationCidrBlock="0.0.0.0/0", NatGatewayId="{nat}"),
    _route("ReplaceRoute", DestinationCidrBlock="192.168.0.0/16", GatewayId="{igw}"),
    _route("ReplaceRoute", DestinationPrefixListId="{list}", NetworkInterfaceId="{eni}"),
    _route("ReplaceRoute", DestinationIpv6CidrBlock="::/0", EgressOnlyInternetGatewayId="{eigw}"),
    Sent("ReplaceRoute", {"RouteTableId": "{table}", "DestinationCidrBlock": "10.0.0.0/16", "LocalTarget": True},
         "DescribeRouteTables", _TABLE, _ROUTE, {"LocalTarget": "it is local"}),
    _gone("DeleteRoute", {"RouteTableId": "{table}", "DestinationCidrBlock": "192.168.0.0/16"}, "DescribeRouteTables",
          _TABLE),
    _gone("DeleteRoute", {"RouteTableId": "{table}", "DestinationIpv6CidrBlock": "::/0"}, "DescribeRouteTables",
          _TABLE),
    _gone("DeleteRoute", {"RouteTableId": "{table}", "DestinationPrefixListId": "{list}"}, "DescribeRouteTables",
          _TABLE),
    Sent("CreateNetworkAcl", {"VpcId": "{vpc}", "ClientToken": "t5", **_tags("network-acl")}, _ACLS,
         _of("tag:stage", "test"), _told_tags("NetworkAcls"), makes={"acl": "NetworkAcl.NetworkAclId"}),
    _entry("CreateNetworkAclEntry", RuleNumber=110, PortRange={"From": 80, "To": 443}, **_WEB),
    _entry("CreateNetworkAclEntry", RuleNumber=120, IcmpTypeCode={"Type": 8, "Code": -1}, **_ICMP),
    _entry("ReplaceNetworkAclEntry", RuleNumber=110, PortRange={"From": 81, "To": 444}, **_WEB),
    _entry("ReplaceNetworkAclEntry", RuleNumber=120, IcmpTypeCode={"Type": 3, "Code": 4}, **_ICMP),
    _gone("DeleteNetworkAclEntry", {"NetworkAclId": "{acl}", "RuleNumber": 110, "Egress": False}, _ACLS, _ACL),
    Sent("ReplaceNetworkAclAssociation", {"AssociationId": "{acltie}", "NetworkAclId": "{acl}"}, _ACLS,
         _of("association.subnet-id", "{subnet}"), silent={"AssociationId": "another one takes its place"},
         makes={"newacltie": "NewAssociationId"}),
    Sent("ReplaceNetworkAclAssociation", {"AssociationId": "{newacltie}", "NetworkAclId": "{default}"}, _ACLS,
         _of("association.subnet-id", "{subnet}"), silent={"AssociationId": "another one takes its place"}),
    _gone("DeleteNetworkAcl", {"NetworkAclId": "{acl}"}, _ACLS, {}),
    _gone("DeleteNetworkInterface", {"NetworkInterfaceId": "{counted}"}, _INTERFACES, {}),
    _gone("DeleteNatGateway", {"NatGatewayId": "{nat}"}, "DescribeNatGateways", {}),
    _gone("ReleaseAddress", {"AllocationId": "{address}", "NetworkBorderGroup": "us-east-1"}, "DescribeAddresses", {}),
    _gone("DeleteEgressOnlyInternetGateway", {"EgressOnlyInternetGatewayId": "{eigw}"},
          "DescribeEgressOnlyInternetGateways", {}),
    _gone("DetachInternetGateway", {"InternetGatewayId": "{igw}", "VpcId": "{vpc}"}, "DescribeInternetGateways", {}),
    _gone("DeleteInternetGateway", {"InternetGatewayId": "{igw}"}, "DescribeInternetGateways", {}),
    _gone("DeleteRouteTable", {"RouteTableId": "{table}"}, "DescribeRouteTables", {}),
]  # fmt: skip

_REFUSED = {"ReleaseAddress": {"PublicIp"}}
"""Members that every request with them is refused for: in a VPC an address is released by its allocation."""


def test_every_carried_member_is_sent() -> None:
    changing = [
        name
        for name in models.service_model("ec2").operation_names
        if models.changes_state(name) and any(hasattr(one, xform_name(name)) for one in CLASSES)
    ]
    for name in changing:
        handler = next(getattr(one, xform_name(name)) for one in CLASSES if hasattr(one, xform_name(name)))
        sent: set[str] = set().union(*(one.paths() for one in SENT if one.call == name))
        assert carried(handler) - sent - _REFUSED.get(name, set()) == set(), name


@pytest.fixture
async def apis(tmp_path: Path) -> AsyncIterator[Apis]:
    plane = Plane(tmp_path)
    yield await plane.start()
    plane.stop()


async def _prepared(apis: Apis) -> dict[str, str]:
    vpc = await apis.call("ec2", "CreateVpc", {"CidrBlock": "10.0.0.0/16", "AmazonProvidedIpv6CidrBlock": True})
    identity = vpc["Vpc"]["VpcId"]
    (six,) = at(vpc, "Vpc.Ipv6CidrBlockAssociationSet.Ipv6CidrBlock")
    block = six.replace("/56", "/64")
    wanted = {"VpcId": identity, "CidrBlock": "10.0.0.0/24", "Ipv6CidrBlock": block}
    subnet = (await apis.call("ec2", "CreateSubnet", wanted))["Subnet"]["SubnetId"]
    names = {"vpc": identity, "subnet": subnet, "six": block.removesuffix("/64")}
    for name in ("group", "second-group"):
        made = {"VpcId": identity, "GroupName": name, "Description": "d"}
        names[name] = (await apis.call("ec2", "CreateSecurityGroup", made))["GroupId"]
    entries = {"PrefixListName": "offices", "MaxEntries": 2, "AddressFamily": "IPv4"}
    names["list"] = (await apis.call("ec2", "CreateManagedPrefixList", entries))["PrefixList"]["PrefixListId"]
    (acl,) = (await apis.call("ec2", "DescribeNetworkAcls", _of("vpc-id", identity)))["NetworkAcls"]
    return names | {
        "default": acl["NetworkAclId"],
        "acltie": acl["Associations"][0]["NetworkAclAssociationId"],
    }


async def test_every_member_that_was_sent_is_told(apis: Apis) -> None:
    names, wrong = await _prepared(apis), []
    for one in SENT:
        answer = await apis.call("ec2", one.call, filled(one.params, names))
        for name, path in one.makes.items():
            (names[name],) = at(answer, path)
        wrong += one.lost(names, await apis.call("ec2", one.ask, filled(one.asked, names)))
    assert not wrong, "\n".join(wrong)


async def test_addresses_that_are_counted_are_given(apis: Apis) -> None:
    names = await _prepared(apis)
    made = {"SubnetId": names["subnet"], "SecondaryPrivateIpAddressCount": 3, "Ipv6AddressCount": 2}
    eni = (await apis.call("ec2", "CreateNetworkInterface", made))["NetworkInterface"]
    assert len(eni["PrivateIpAddresses"]) == 4
    assert [one["Primary"] for one in eni["PrivateIpAddresses"]] == [True, False, False, False]
    assert len(eni["Ipv6Addresses"]) == 2
    named = {"NetworkInterfaceId": eni["NetworkInterfaceId"]}
    more = await apis.call("ec2", "AssignPrivateIpAddresses", {**named, "SecondaryPrivateIpAddressCount": 2})
    assert len(more["AssignedPrivateIpAddresses"]) == 2
    six = await apis.call("ec2", "AssignIpv6Addresses", {**named, "Ipv6AddressCount": 1})
    assert len(six["AssignedIpv6Addresses"]) == 1
    (now,) = (
        await apis.call("ec2", "DescribeNetworkInterfaces", {"NetworkInterfaceIds": [eni["NetworkInterfaceId"]]})
    )["NetworkInterfaces"]
    assert len({one["PrivateIpAddress"] for one in now["PrivateIpAddresses"]}) == 6
    assert len({one["Ipv6Address"] for one in now["Ipv6Addresses"]}) == 3


async def test_a_token_that_was_used_before_makes_nothing_again(apis: Apis) -> None:
    names = await _prepared(apis)
    for call, params, path in (
        ("CreateRouteTable", {"VpcId": "{vpc}"}, "RouteTable.RouteTableId"),
        ("CreateNetworkAcl", {"VpcId": "{vpc}"}, "NetworkAcl.NetworkAclId"),
        ("CreateNetworkInterface", {"SubnetId": "{subnet}"}, "NetworkInterface.NetworkInterfaceId"),
        ("CreateNatGateway", {"SubnetId": "{subnet}", "ConnectivityType": "private"}, "NatGateway.NatGatewayId"),
        (
            "CreateEgressOnlyInternetGateway",
            {"VpcId": "{vpc}"},
            "EgressOnlyInternetGateway.EgressOnlyInternetGatewayId",
        ),
    ):
        answers = [await apis.call("ec2", call, filled({**params, "ClientToken": "again"}, names)) for _ in range(2)]
        first, second = ([*at(answer, path)] for answer in answers)
        assert first == second, call
        assert [answer["ClientToken"] for answer in answers] == ["again"] * 2
