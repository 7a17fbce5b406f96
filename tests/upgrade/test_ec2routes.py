"""What moto held of routes, gateways, addresses, interfaces and network ACLs is told by EC2's own handlers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from netflux import names
from netflux.controlplane.moto.backend import Moto
from netflux.network.ledger import OWNER_TAG, RECORD, Ledger, Record
from netflux.resources.ec2.securitygroup import SecurityGroup
from netflux.resources.ec2.subnet import Subnet
from netflux.resources.ec2.tables import Tables
from netflux.resources.ec2.vpc import CidrAssociation, Vpc
from netflux.upgrade import ec2routes
from tests.controlplane.plane import Plane, with_ec2


class Before:
    """A VPC of the release before, in moto."""

    def __init__(self, moto: Moto) -> None:
        self._moto = moto

    async def ec2(self, operation: str, **params: Any) -> dict[str, Any]:
        return await self._moto.call("ec2", operation, params)

    async def build(self) -> dict[str, str]:
        made = {"vpc": (await self.ec2("CreateVpc", CidrBlock="10.0.0.0/16"))["Vpc"]["VpcId"]}
        subnet = await self.ec2("CreateSubnet", VpcId=made["vpc"], CidrBlock="10.0.0.0/24")
        made["subnet"] = subnet["Subnet"]["SubnetId"]
        group = {"VpcId": made["vpc"], "GroupName": "app", "Description": "d"}
        made["group"] = (await self.ec2("CreateSecurityGroup", **group))["GroupId"]
        made["igw"] = (await self.ec2("CreateInternetGateway"))["InternetGateway"]["InternetGatewayId"]
        await self.ec2("AttachInternetGateway", VpcId=made["vpc"], InternetGatewayId=made["igw"])
        made["address"] = (await self.ec2("AllocateAddress", Domain="vpc"))["AllocationId"]
        nat = await self.ec2("CreateNatGateway", SubnetId=made["subnet"], AllocationId=made["address"])
        made["nat"] = nat["NatGateway"]["NatGatewayId"]
        made["table"] = (await self.ec2("CreateRouteTable", VpcId=made["vpc"]))["RouteTable"]["RouteTableId"]
        route = {"RouteTableId": made["table"], "DestinationCidrBlock": "0.0.0.0/0"}
        await self.ec2("CreateRoute", **route, NatGatewayId=made["nat"])
        await self.ec2("AssociateRouteTable", RouteTableId=made["table"], SubnetId=made["subnet"])
        tags = [{"ResourceType": "network-interface", "Tags": [{"Key": OWNER_TAG, "Value": "ecs/task/1"}]}]
        eni = await self.ec2(
            "CreateNetworkInterface", SubnetId=made["subnet"], Groups=[made["group"]], PrivateIpAddress="10.0.0.77",
            TagSpecifications=tags, Description="a task",
        )  # fmt: skip
        made["eni"] = eni["NetworkInterface"]["NetworkInterfaceId"]
        made["acl"] = (await self.ec2("CreateNetworkAcl", VpcId=made["vpc"]))["NetworkAcl"]["NetworkAclId"]
        entry = {"Protocol": "6", "RuleAction": "allow", "Egress": False, "CidrBlock": "0.0.0.0/0"}
        ports = {"From": 80, "To": 443}
        await self.ec2("CreateNetworkAclEntry", NetworkAclId=made["acl"], RuleNumber=100, PortRange=ports, **entry)
        found = await self.ec2(
            "DescribeNetworkAcls", Filters=[{"Name": "association.subnet-id", "Values": [made["subnet"]]}]
        )
        tie = next(one for one in found["NetworkAcls"][0]["Associations"] if one["SubnetId"] == made["subnet"])[
            "NetworkAclAssociationId"
        ]
        await self.ec2("ReplaceNetworkAclAssociation", AssociationId=tie, NetworkAclId=made["acl"])
        return made


def _put(tables: Tables, made: dict[str, str]) -> None:
    """What is taken over before."""
    tables.vpcs.put(Vpc(made["vpc"], "10.0.0.0/16", (CidrAssociation("vpc-cidr-assoc-1", "10.0.0.0/16"),)))
    tables.subnets.put(Subnet(made["subnet"], made["vpc"], "us-east-1a", "10.0.0.0/24"))
    tables.groups.put(SecurityGroup(made["group"], "app", "d", made["vpc"]))


async def test_a_vpc_of_the_release_before_is_the_same_one(tmp_path: Path) -> None:
    plane = Plane(tmp_path)
    apis = await plane.start()
    made = await Before(plane.moto).build()
    tables = Tables(plane.documents)
    _put(tables, made)
    for _ in range(2):
        await ec2routes.adopt(plane.moto, plane.documents)
    plane.documents.table(RECORD).put(Record("ecs/task/1", made["eni"], 10, public=True))
    ledger = Ledger(plane.documents, translates=True)
    ledger.load()
    with_ec2(apis, plane.documents)

    async def told(operation: str, member: str, **params: Any) -> Any:
        (found,) = (await apis.call("ec2", operation, params))[member]
        return found

    table = await told("DescribeRouteTables", "RouteTables", RouteTableIds=[made["table"]])
    assert [one["SubnetId"] for one in table["Associations"]] == [made["subnet"]]
    assert [(one["DestinationCidrBlock"], one["State"], one["Origin"]) for one in table["Routes"]] == [
        ("10.0.0.0/16", "active", "CreateRouteTable"),
        ("0.0.0.0/0", "active", "CreateRoute"),
    ]
    gateway = await told("DescribeInternetGateways", "InternetGateways", InternetGatewayIds=[made["igw"]])
    assert gateway["Attachments"] == [{"State": "available", "VpcId": made["vpc"]}]
    nat = await told("DescribeNatGateways", "NatGateways", NatGatewayIds=[made["nat"]])
    (nat_address,) = nat["NatGatewayAddresses"]
    assert (nat["State"], nat_address["AllocationId"]) == ("available", made["address"])
    address = await told("DescribeAddresses", "Addresses", AllocationIds=[made["address"]])
    assert address["NetworkInterfaceId"] == nat_address["NetworkInterfaceId"]
    assert address["PrivateIpAddress"] == nat_address["PrivateIp"]
    assert nat_address["PrivateIp"].startswith("10.0.0."), "moto had it outside its subnet"
    eni = await told("DescribeNetworkInterfaces", "NetworkInterfaces", NetworkInterfaceIds=[made["eni"]])
    assert (eni["PrivateIpAddress"], eni["Status"], eni["RequesterManaged"]) == ("10.0.0.77", "in-use", True)
    assert [one["GroupId"] for one in eni["Groups"]] == [made["group"]]
    assert eni["Association"]["PublicIp"] == "198.18.0.10"
    acl = await told("DescribeNetworkAcls", "NetworkAcls", NetworkAclIds=[made["acl"]])
    assert [one["SubnetId"] for one in acl["Associations"]] == [made["subnet"]]
    (entry,) = [one for one in acl["Entries"] if one["RuleNumber"] == 100]
    assert entry["PortRange"] == {"From": 80, "To": 443}
    assert sum(one["RuleNumber"] == 32767 for one in acl["Entries"]) == 2
    found = ledger.of("ecs/task/1")
    assert found is not None
    assert found.id == made["eni"]
    await apis.call("ec2", "DeleteNatGateway", {"NatGatewayId": made["nat"]})
    await apis.call("ec2", "ReleaseAddress", {"AllocationId": made["address"]})
    assert address["NetworkBorderGroup"] == names.REGION
    plane.stop()
