"""Routes, gateways, addresses, network interfaces and network ACLs: what EC2 refuses."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from netflux.controlplane.apis import Apis
from netflux.network.interface import InterfaceRequest
from netflux.network.ledger import Ledger
from netflux.resources.elbv2 import LOAD_BALANCER, LoadBalancer, Zone
from tests.controlplane.plane import Plane
from tests.rules.rule import Rule

SERVICE = "ec2"

_TABLES, _CONCEPTS = "Configure route tables", "Route table concepts"
_GATEWAYS, _NAT = "Enable internet access for a VPC using an internet gateway", "NAT gateways"
_EIPS, _ENIS = "Elastic IP addresses", "Elastic network interfaces"
_ACLS, _ACL_RULES = "Control subnet traffic with network access control lists", "Network ACL rules"
_CODES, _QUOTAS = "Error codes for the Amazon EC2 API", "Amazon VPC quotas"
_BAD, _DEPENDENT = "InvalidParameterValue", "DependencyViolation"


def _rule(rule: str, call: str, code: str, page: str, says: str = "", **params: Any) -> Rule:
    return Rule(rule, call, params, code, page, says)


def _route(rule: str, code: str, says: str = "", call: str = "CreateRoute", **params: Any) -> Rule:
    return _rule(rule, call, code, _CONCEPTS, says, **{"RouteTableId": "{table}", **params})


def _entry(rule: str, code: str = _BAD, says: str = "", call: str = "CreateNetworkAclEntry", **params: Any) -> Rule:
    whole = {"RuleNumber": 300, "Protocol": "-1", "RuleAction": "allow", "Egress": False, "CidrBlock": "0.0.0.0/0"}
    wanted = {key: value for key, value in {**whole, **params}.items() if value is not None}
    return _rule(rule, call, code, _ACL_RULES, says, **{"NetworkAclId": "{acl}", **wanted})


def _eni(rule: str, code: str, says: str = "", **params: Any) -> Rule:
    return _rule(rule, "CreateNetworkInterface", code, _ENIS, says, **{"SubnetId": "{subnet}", **params})


def _attribute(rule: str, code: str, says: str = "", **params: Any) -> Rule:
    whole = {"NetworkInterfaceId": "{eni}", **params}
    return _rule(rule, "ModifyNetworkInterfaceAttribute", code, _ENIS, says, **whole)


_WORLD = {"DestinationCidrBlock": "0.0.0.0/0"}
_OWNER = {"NetworkInterfaceId": "{node}"}

RULES = [
    # Route tables
    _rule("A route table is of a VPC that is there", "CreateRouteTable", "InvalidVpcID.NotFound", _TABLES,
          VpcId="vpc-0"),
    _rule("Tags are for a route table", "CreateRouteTable", _BAD, _TABLES, "not a valid taggable", VpcId="{vpc}",
          TagSpecifications=[{"ResourceType": "vpc", "Tags": [{"Key": "a", "Value": "b"}]}]),
    _rule("The main route table can't be deleted", "DeleteRouteTable", _DEPENDENT, _TABLES, RouteTableId="{main}"),
    _rule("A route table with subnets can't be deleted", "DeleteRouteTable", _DEPENDENT, _TABLES,
          RouteTableId="{tied}"),
    _rule("A deleted route table is there", "DeleteRouteTable", "InvalidRouteTableID.NotFound", _CODES,
          RouteTableId="rtb-0"),
    _rule("A subnet's route table is of its VPC", "AssociateRouteTable", _BAD, _TABLES, "different networks",
          SubnetId="{stranger}", RouteTableId="{table}"),
    _rule("A subnet has one route table", "AssociateRouteTable", "Resource.AlreadyAssociated", _TABLES, "conflicts",
          SubnetId="{subnet}", RouteTableId="{table}"),
    _rule("A route table is associated with a subnet or a gateway", "AssociateRouteTable", "MissingParameter", _TABLES,
          RouteTableId="{table}"),
    _rule("An associated subnet is there", "AssociateRouteTable", "InvalidSubnetID.NotFound", _CODES,
          RouteTableId="{table}", SubnetId="subnet-0"),
    _rule("Gateways have no route tables here", "AssociateRouteTable", "UnsupportedOperation", _TABLES, "GatewayId",
          RouteTableId="{table}", GatewayId="{igw}"),
    _rule("The main association can't be removed", "DisassociateRouteTable", _BAD, _TABLES, "main",
          AssociationId="{maintie}"),
    _rule("A removed association is there", "DisassociateRouteTable", "InvalidAssociationID.NotFound", _CODES,
          AssociationId="rtbassoc-0"),
    _rule("The other table of an association is of the VPC", "ReplaceRouteTableAssociation", _BAD, _TABLES,
          "different networks", AssociationId="{tie}", RouteTableId="{othertable}"),
    _rule("The other table of an association is there", "ReplaceRouteTableAssociation", "InvalidRouteTableID.NotFound",
          _CODES, AssociationId="{tie}", RouteTableId="rtb-0"),
    _rule("Described route tables are there", "DescribeRouteTables", "InvalidRouteTableID.NotFound", _CODES,
          RouteTableIds=["rtb-0"]),
    _rule("Filters have known names", "DescribeRouteTables", _BAD, "DescribeRouteTables", "filter",
          Filters=[{"Name": "colour", "Values": ["red"]}]),
    # Routes
    _route("A route has a target", "MissingParameter", **_WORLD),
    _route("A route has one target", "MissingParameter", **_WORLD, GatewayId="{igw}", NatGatewayId="{nat}"),
    _route("A route has a destination", "MissingParameter", GatewayId="{igw}"),
    _route("A route has one destination", "MissingParameter", **_WORLD, DestinationIpv6CidrBlock="::/0",
           GatewayId="{igw}"),
    _route("A destination is a block", _BAD, "not a valid CIDR", DestinationCidrBlock="10.0.0.0/33", GatewayId="{igw}"),
    _route("An IPv6 destination is of IPv6", _BAD, "not a valid IPv6 CIDR block", DestinationIpv6CidrBlock="0.0.0.0/0",
           GatewayId="{igw}"),
    _route("A destination has one route", "RouteAlreadyExists", DestinationCidrBlock="192.168.0.0/16",
           GatewayId="{igw}"),
    _route("A route's internet gateway is there", "InvalidGatewayID.NotFound", "The gateway ID 'igw-0' does not exist",
           **_WORLD, GatewayId="igw-0"),
    _route("A route's internet gateway is attached to the VPC", _BAD, "different networks", **_WORLD,
           GatewayId="{otherigw}"),
    _route("A detached internet gateway is no target", _BAD, "different networks", **_WORLD, GatewayId="{free}"),
    _route("A route's NAT gateway is there", "InvalidNatGatewayID.NotFound", **_WORLD, NatGatewayId="nat-0"),
    _route("A deleted NAT gateway is no target", "InvalidNatGatewayID.NotFound", **_WORLD, NatGatewayId="{gone}"),
    _route("A route's NAT gateway is of the VPC", _BAD, "different networks", RouteTableId="{othertable}", **_WORLD,
           NatGatewayId="{nat}"),
    _route("A route's interface is there", "InvalidNetworkInterfaceID.NotFound", **_WORLD, NetworkInterfaceId="eni-0"),
    _route("A route's interface is of the VPC", _BAD, "different networks", RouteTableId="{othertable}", **_WORLD,
           NetworkInterfaceId="{eni}"),
    _route("A route's egress-only gateway is there", "InvalidGatewayID.NotFound", DestinationIpv6CidrBlock="::/0",
           EgressOnlyInternetGatewayId="eigw-0"),
    _route("An egress-only gateway is for IPv6", _BAD, "IPv6", **_WORLD, EgressOnlyInternetGatewayId="{eigw}"),
    _route("Only interfaces are targets inside the VPC's blocks", _BAD, "more specific",
           DestinationCidrBlock="10.0.7.0/24", GatewayId="{igw}"),
    _route("A route's prefix list is there", "InvalidPrefixListID.NotFound", DestinationPrefixListId="pl-0",
           GatewayId="{igw}"),
    _route("A route's table is there", "InvalidRouteTableID.NotFound", RouteTableId="rtb-0", **_WORLD,
           GatewayId="{igw}"),
    _route("There are no peerings", "UnsupportedOperation", "VpcPeeringConnectionId", **_WORLD,
           VpcPeeringConnectionId="pcx-0"),
    _route("A replaced route is there", _BAD, "no route defined", "ReplaceRoute", **_WORLD, GatewayId="{igw}"),
    _route("The local route stays local", "UnsupportedOperation", "local route", "ReplaceRoute",
           DestinationCidrBlock="10.0.0.0/16", NatGatewayId="{nat}"),
    _route("The local route can't be deleted", _BAD, "cannot remove local route", "DeleteRoute",
           DestinationCidrBlock="10.0.0.0/16"),
    _route("A deleted route is there", "InvalidRoute.NotFound", "no route", "DeleteRoute", **_WORLD),
    _route("A deleted route is named", "MissingParameter", "", "DeleteRoute"),
    # Internet gateways
    _rule("An internet gateway has one VPC", "AttachInternetGateway", "Resource.AlreadyAssociated", _GATEWAYS,
          "already attached", InternetGatewayId="{igw}", VpcId="{other}"),
    _rule("A VPC has one internet gateway", "AttachInternetGateway", _BAD, _QUOTAS, "already has an internet gateway",
          InternetGatewayId="{free}", VpcId="{vpc}"),
    _rule("An attached internet gateway is there", "AttachInternetGateway", "InvalidInternetGatewayID.NotFound", _CODES,
          InternetGatewayId="igw-0", VpcId="{vpc}"),
    _rule("A gateway is attached to a VPC that is there", "AttachInternetGateway", "InvalidVpcID.NotFound", _CODES,
          InternetGatewayId="{free}", VpcId="vpc-0"),
    _rule("Only an attached gateway can be detached", "DetachInternetGateway", "Gateway.NotAttached", _GATEWAYS,
          InternetGatewayId="{free}", VpcId="{vpc}"),
    _rule("A gateway under public addresses stays", "DetachInternetGateway", _DEPENDENT, _GATEWAYS, "mapped public",
          InternetGatewayId="{igw}", VpcId="{vpc}"),
    _rule("A gateway under an internet-facing load balancer stays", "DetachInternetGateway", _DEPENDENT, _GATEWAYS,
          "mapped public", InternetGatewayId="{otherigw}", VpcId="{other}"),
    _rule("An attached gateway can't be deleted", "DeleteInternetGateway", _DEPENDENT, _GATEWAYS,
          InternetGatewayId="{igw}"),
    _rule("A deleted gateway is there", "DeleteInternetGateway", "InvalidInternetGatewayID.NotFound", _CODES,
          InternetGatewayId="igw-0"),
    _rule("A VPC has one egress-only gateway", "CreateEgressOnlyInternetGateway", _BAD, _QUOTAS, "already has",
          VpcId="{vpc}"),
    _rule("A deleted egress-only gateway is there", "DeleteEgressOnlyInternetGateway", "InvalidGatewayID.NotFound",
          _CODES, EgressOnlyInternetGatewayId="eigw-0"),
    # NAT gateways
    _rule("A public NAT gateway has an Elastic IP address", "CreateNatGateway", "MissingParameter", _NAT,
          "AllocationId", SubnetId="{subnet}"),
    _rule("A private NAT gateway has none", "CreateNatGateway", "InvalidParameterCombination", _NAT,
          SubnetId="{subnet}", ConnectivityType="private", AllocationId="{spare}"),
    _rule("A NAT gateway stands in a subnet that is there", "CreateNatGateway", "InvalidSubnetID.NotFound", _CODES,
          SubnetId="subnet-0", AllocationId="{spare}"),
    _rule("A NAT gateway's Elastic IP address is there", "CreateNatGateway", "InvalidAllocationID.NotFound", _CODES,
          SubnetId="{subnet}", AllocationId="eipalloc-0"),
    _rule("A NAT gateway's private address is of its subnet", "CreateNatGateway", _BAD, _NAT, "does not fall within",
          SubnetId="{subnet}", AllocationId="{spare}", PrivateIpAddress="10.9.9.9"),
    _rule("A deleted NAT gateway is there", "DeleteNatGateway", "NatGatewayNotFound", _CODES, NatGatewayId="nat-0"),
    _rule("Described NAT gateways are there", "DescribeNatGateways", "NatGatewayNotFound", _CODES,
          NatGatewayIds=["nat-0"]),
    _rule("The interface of a NAT gateway goes with it", "DeleteNetworkInterface", _BAD, _NAT, "currently in use",
          NetworkInterfaceId="{natnic}"),
    _rule("A subnet with a NAT gateway stays", "DeleteSubnet", _DEPENDENT, _NAT, SubnetId="{subnet}"),
    # Elastic IP addresses
    _rule("An account has five Elastic IP addresses", "AllocateAddress", "AddressLimitExceeded", _QUOTAS),
    _rule("Addresses of pools of one's own are not there", "AllocateAddress", "UnsupportedOperation", _EIPS, "Address",
          Address="198.51.100.1"),
    _rule("An associated Elastic IP address is there", "AssociateAddress", "InvalidAllocationID.NotFound", _CODES,
          AllocationId="eipalloc-0", NetworkInterfaceId="{eni}"),
    _rule("An Elastic IP address is associated with something", "AssociateAddress", "MissingParameter", _EIPS,
          AllocationId="{spare}"),
    _rule("There are no instances to associate with", "AssociateAddress", "UnsupportedOperation", _EIPS, "InstanceId",
          AllocationId="{spare}", InstanceId="i-0"),
    _rule("An Elastic IP address is associated once", "AssociateAddress", "Resource.AlreadyAssociated", _EIPS,
          AllocationId="{used}", NetworkInterfaceId="{second}"),
    _rule("An interface's address has one Elastic IP address", "AssociateAddress", "Resource.AlreadyAssociated", _EIPS,
          AllocationId="{spare}", NetworkInterfaceId="{eni}"),
    _rule("An associated private address is the interface's", "AssociateAddress", _BAD, _EIPS, "none of interface",
          AllocationId="{spare}", NetworkInterfaceId="{eni}", PrivateIpAddress="10.0.1.250"),
    _rule("An associated interface's VPC has an internet gateway", "AssociateAddress", "Gateway.NotAttached", _EIPS,
          AllocationId="{spare}", NetworkInterfaceId="{lonely}"),
    _rule("A service's interface gets no Elastic IP address", "AssociateAddress", "AuthFailure", _ENIS,
          AllocationId="{spare}", **_OWNER),
    _rule("A removed association is there", "DisassociateAddress", "InvalidAssociationID.NotFound", _CODES,
          AssociationId="eipassoc-0"),
    _rule("A NAT gateway keeps its Elastic IP address", "DisassociateAddress", "AuthFailure", _NAT,
          AssociationId="{natassoc}"),
    _rule("An associated Elastic IP address can't be released", "ReleaseAddress", "InvalidIPAddress.InUse", _EIPS,
          AllocationId="{used}"),
    _rule("A NAT gateway's Elastic IP address can't be released", "ReleaseAddress", "InvalidIPAddress.InUse", _NAT,
          AllocationId="{nataddress}"),
    _rule("A released Elastic IP address is there", "ReleaseAddress", "InvalidAllocationID.NotFound", _CODES,
          AllocationId="eipalloc-0"),
    _rule("Described addresses are there", "DescribeAddresses", "InvalidAddress.NotFound", _CODES,
          PublicIps=["198.51.100.1"]),
    # Network interfaces
    _eni("An interface is in a subnet that is there", "InvalidSubnetID.NotFound", SubnetId="subnet-0"),
    _eni("An interface's address is of its subnet", _BAD, "does not fall within", PrivateIpAddress="10.1.0.9"),
    _eni("The first four addresses of a subnet are reserved", _BAD, "reserved", PrivateIpAddress="10.0.1.3"),
    _eni("The last address of a subnet is reserved", _BAD, "reserved", PrivateIpAddress="10.0.1.255"),
    _eni("An interface's address is an address", _BAD, PrivateIpAddress="ten"),
    _eni("An address has one interface", "InvalidIPAddress.InUse", PrivateIpAddress="10.0.1.100"),
    _eni("An interface's groups are there", "InvalidGroup.NotFound", Groups=["sg-0"]),
    _eni("An interface's groups are of its VPC", "InvalidParameterCombination", "different networks",
         Groups=["{abroad}"]),
    _eni("An interface has five groups at most", "SecurityGroupsPerInterfaceLimitExceeded",
         Groups=[f"{{group{number}}}" for number in range(6)]),
    _eni("An interface has one primary address", _BAD, "primary", PrivateIpAddress="10.0.1.60",
         PrivateIpAddresses=[{"PrivateIpAddress": "10.0.1.61", "Primary": True}]),
    _eni("Secondary addresses are named or counted", "InvalidParameterCombination",
         PrivateIpAddresses=[{"PrivateIpAddress": "10.0.1.60", "Primary": True}, {"PrivateIpAddress": "10.0.1.61"}],
         SecondaryPrivateIpAddressCount=1),
    _eni("An interface has so many addresses as a type may have", _BAD, SecondaryPrivateIpAddressCount=2_000_000_000),
    _eni("IPv6 addresses are of a block that the subnet has", _BAD, "no IPv6 CIDR block", Ipv6AddressCount=1),
    _eni("Prefixes are not carried", "UnsupportedOperation", "Ipv4PrefixCount", Ipv4PrefixCount=1),
    _rule("An Elastic Fabric Adapter is not there", "CreateNetworkInterface", "UnsupportedOperation", _ENIS,
          "InterfaceType", SubnetId="{subnet}", InterfaceType="efa"),
    _rule("A deleted interface is there", "DeleteNetworkInterface", "InvalidNetworkInterfaceID.NotFound", _CODES,
          NetworkInterfaceId="eni-0"),
    _rule("A load balancer's node can't be deleted", "DeleteNetworkInterface", _BAD, _ENIS, "currently in use",
          **_OWNER),
    _rule("A load balancer's node is its own to change", "ModifyNetworkInterfaceAttribute", "AuthFailure", _ENIS,
          Groups=["{group0}"], **_OWNER),
    _rule("A load balancer's node gets no further addresses", "AssignPrivateIpAddresses", "AuthFailure", _ENIS,
          SecondaryPrivateIpAddressCount=1, **_OWNER),
    _attribute("One attribute is modified at once", "InvalidParameterCombination", Description={"Value": "d"},
               Groups=["{group0}"]),
    _attribute("An attribute is named", "MissingParameter"),
    _attribute("An interface's other groups are of its VPC", "InvalidParameterCombination", "different networks",
               Groups=["{abroad}"]),
    _attribute("There are no instances to be attached to", "UnsupportedOperation", "Attachment",
               Attachment={"AttachmentId": "eni-attach-0", "DeleteOnTermination": True}),
    _rule("A described attribute is named", "DescribeNetworkInterfaceAttribute", "MissingParameter", _ENIS,
          NetworkInterfaceId="{eni}"),
    _rule("Interfaces are not attached to instances here", "AttachNetworkInterface", "UnsupportedOperation", _ENIS,
          NetworkInterfaceId="{eni}", InstanceId="i-0", DeviceIndex=1),
    _rule("Assigned addresses are named or counted", "AssignPrivateIpAddresses", "MissingParameter", _ENIS,
          NetworkInterfaceId="{eni}"),
    _rule("An assigned address is nobody's", "AssignPrivateIpAddresses", "InvalidIPAddress.InUse", _ENIS,
          NetworkInterfaceId="{second}", PrivateIpAddresses=["10.0.1.100"]),
    _rule("A primary address is not reassigned", "AssignPrivateIpAddresses", "InvalidIPAddress.InUse", _ENIS,
          NetworkInterfaceId="{second}", PrivateIpAddresses=["10.0.1.100"], AllowReassignment=True),
    _rule("The primary address can't be unassigned", "UnassignPrivateIpAddresses", _BAD, _ENIS, "primary",
          NetworkInterfaceId="{eni}", PrivateIpAddresses=["10.0.1.100"]),
    _rule("An unassigned address is the interface's", "UnassignPrivateIpAddresses", _BAD, _ENIS, "not assigned",
          NetworkInterfaceId="{eni}", PrivateIpAddresses=["10.0.1.99"]),
    _rule("An unassigned IPv6 address is the interface's", "UnassignIpv6Addresses", _BAD, _ENIS, "not assigned",
          NetworkInterfaceId="{eni}", Ipv6Addresses=["2600::1"]),
    _rule("A subnet with a load balancer's node stays", "DeleteSubnet", _DEPENDENT, "Delete a subnet",
          SubnetId="{nodes}"),
    _rule("A subnet of a load balancer without a node yet stays", "DeleteSubnet", _DEPENDENT, "Delete a subnet",
          SubnetId="{stranger}"),
    _rule("A load balancer's group stays", "DeleteSecurityGroup", _DEPENDENT, "Delete a security group",
          GroupId="{balancing}"),
    _rule("A group of an interface stays", "DeleteSecurityGroup", _DEPENDENT, "Delete a security group",
          GroupId="{group0}"),
    # Network ACLs
    _rule("A network ACL is of a VPC that is there", "CreateNetworkAcl", "InvalidVpcID.NotFound", _ACLS,
          VpcId="vpc-0"),
    _rule("The default network ACL can't be deleted", "DeleteNetworkAcl", _BAD, _ACLS, "default",
          NetworkAclId="{default}"),
    _rule("A network ACL with subnets can't be deleted", "DeleteNetworkAcl", _DEPENDENT, _ACLS,
          NetworkAclId="{busyacl}"),
    _rule("A deleted network ACL is there", "DeleteNetworkAcl", "InvalidNetworkAclID.NotFound", _CODES,
          NetworkAclId="acl-0"),
    _rule("A subnet's network ACL is of its VPC", "ReplaceNetworkAclAssociation", _BAD, _ACLS, "different networks",
          AssociationId="{acltie}", NetworkAclId="{otheracl}"),
    _rule("A replaced association is there", "ReplaceNetworkAclAssociation", "InvalidAssociationID.NotFound", _CODES,
          AssociationId="aclassoc-0", NetworkAclId="{acl}"),
    _entry("An entry's number is 1 to 32766", RuleNumber=40000),
    _entry("An entry's number is not the last one's", RuleNumber=32767),
    _entry("A number has one entry", "NetworkAclEntryAlreadyExists", RuleNumber=100),
    _entry("An entry allows or denies", RuleAction="perhaps"),
    _entry("An entry's protocol is known", Protocol="tpc"),
    _entry("An entry for TCP has ports", Protocol="6", says="ports"),
    _entry("An entry for UDP has both ports", Protocol="17", PortRange={"From": 53}),
    _entry("Ports are 0 to 65535", Protocol="6", PortRange={"From": 1, "To": 70000}, says="out of range"),
    _entry("The lower port comes first", Protocol="6", PortRange={"From": 9, "To": 8}, says="range"),
    _entry("An entry for ICMP has a type and a code", "MissingParameter", Protocol="1"),
    _entry("ICMP types are -1 to 255", Protocol="1", IcmpTypeCode={"Type": 300, "Code": 0}, says="out of range"),
    _entry("An entry has a block", "MissingParameter", CidrBlock=None),
    _entry("An entry has one block", "MissingParameter", Ipv6CidrBlock="::/0"),
    _entry("An entry's block is a block", CidrBlock="10/8", says="malformed"),
    _entry("An entry's network ACL is there", "InvalidNetworkAclID.NotFound", NetworkAclId="acl-0"),
    _entry("An ACL has twenty entries in one direction", "NetworkAclEntryLimitExceeded", NetworkAclId="{full}"),
    _entry("A replaced entry is there", "InvalidNetworkAclEntry.NotFound", call="ReplaceNetworkAclEntry", RuleNumber=7),
    _rule("A deleted entry is there", "DeleteNetworkAclEntry", "InvalidNetworkAclEntry.NotFound", _ACL_RULES,
          NetworkAclId="{acl}", RuleNumber=7, Egress=True),
    _rule("The last entry stays", "DeleteNetworkAclEntry", _BAD, _ACL_RULES, NetworkAclId="{acl}", RuleNumber=32767,
          Egress=True),
]  # fmt: skip

_PLANES: dict[int, Plane] = {}


def register(plane: Plane, apis: Apis) -> None:
    """The plane has EC2; what other services make is made of its records."""
    _PLANES[id(apis)] = plane


async def prepare(apis: Apis) -> dict[str, str]:
    """Two VPCs, and a noun of each kind in the first."""
    made = _Made(apis, _PLANES.pop(id(apis)))
    await made.places()
    await made.ways()
    await made.interfaces()
    await made.acls()
    return made.names


class _Made:
    """What the rules are about, by name."""

    def __init__(self, apis: Apis, plane: Plane) -> None:
        self._apis, self._plane = apis, plane
        self.names: dict[str, str] = {}

    async def ec2(self, operation: str, **params: Any) -> dict[str, Any]:
        return await self._apis.call("ec2", operation, params)

    async def make(self, name: str, operation: str, path: str, **params: Any) -> str:
        found: Any = await self.ec2(operation, **params)
        for step in path.split("."):
            found = found[step]
        self.names[name] = str(found)
        return self.names[name]

    async def places(self) -> None:
        names = self.names
        for name, block, subnets in (
            ("vpc", "10.0", (("subnet", 1), ("nodes", 2), ("spareplace", 3))),
            ("other", "10.1", (("stranger", 0),)),
            ("island", "10.2", (("beach", 0),)),
        ):
            await self.make(name, "CreateVpc", "Vpc.VpcId", CidrBlock=f"{block}.0.0/16")
            for subnet, number in subnets:
                where = {"VpcId": names[name], "CidrBlock": f"{block}.{number}.0/24"}
                await self.make(subnet, "CreateSubnet", "Subnet.SubnetId", **where)
        for number in range(6):
            told = {"VpcId": names["vpc"], "GroupName": f"g{number}", "Description": "d"}
            await self.make(f"group{number}", "CreateSecurityGroup", "GroupId", **told)
        for name, vpc in (("abroad", "other"), ("balancing", "other")):
            await self.make(name, "CreateSecurityGroup", "GroupId", VpcId=names[vpc], GroupName=name, Description="d")

    async def ways(self) -> None:
        names = self.names
        for name, vpc in (("igw", "vpc"), ("otherigw", "other"), ("free", "")):
            gateway = await self.make(name, "CreateInternetGateway", "InternetGateway.InternetGatewayId")
            if vpc:
                await self.ec2("AttachInternetGateway", VpcId=names[vpc], InternetGatewayId=gateway)
        egress = "EgressOnlyInternetGateway.EgressOnlyInternetGatewayId"
        await self.make("eigw", "CreateEgressOnlyInternetGateway", egress, VpcId=names["vpc"])
        for name in ("nataddress", "used", "spare", "fourth", "fifth"):
            await self.make(name, "AllocateAddress", "AllocationId")
        wanted = {"SubnetId": names["subnet"], "AllocationId": names["nataddress"]}
        await self.make("nat", "CreateNatGateway", "NatGateway.NatGatewayId", **wanted)
        (address,) = (await self.ec2("DescribeNatGateways", NatGatewayIds=[names["nat"]]))["NatGateways"][0][
            "NatGatewayAddresses"
        ]
        names["natnic"], names["natassoc"] = address["NetworkInterfaceId"], address["AssociationId"]
        private = {"SubnetId": names["spareplace"], "ConnectivityType": "private"}
        gone = await self.make("gone", "CreateNatGateway", "NatGateway.NatGatewayId", **private)
        await self.ec2("DeleteNatGateway", NatGatewayId=gone)
        for name, vpc in (("table", "vpc"), ("tied", "vpc"), ("othertable", "other")):
            await self.make(name, "CreateRouteTable", "RouteTable.RouteTableId", VpcId=names[vpc])
        route = {"DestinationCidrBlock": "192.168.0.0/16", "NatGatewayId": names["nat"]}
        await self.ec2("CreateRoute", RouteTableId=names["table"], **route)
        where = {"RouteTableId": names["tied"], "SubnetId": names["subnet"]}
        await self.make("tie", "AssociateRouteTable", "AssociationId", **where)
        of_vpc = [{"Name": "vpc-id", "Values": [names["vpc"]]}, {"Name": "association.main", "Values": ["true"]}]
        (main,) = (await self.ec2("DescribeRouteTables", Filters=of_vpc))["RouteTables"]
        names["main"] = main["RouteTableId"]
        names["maintie"] = main["Associations"][0]["RouteTableAssociationId"]

    async def interfaces(self) -> None:
        names, path = self.names, "NetworkInterface.NetworkInterfaceId"
        first = {"PrivateIpAddress": "10.0.1.100", "Groups": [names["group0"]]}
        await self.make("eni", "CreateNetworkInterface", path, SubnetId=names["subnet"], **first)
        await self.make("second", "CreateNetworkInterface", path, SubnetId=names["subnet"])
        await self.make("lonely", "CreateNetworkInterface", path, SubnetId=names["beach"])
        await self.ec2("AssociateAddress", AllocationId=names["used"], NetworkInterfaceId=names["eni"])
        wanted = InterfaceRequest("elbv2/arn/subnet", names["nodes"], [names["group1"]], "ELB", public=True)
        names["node"] = Ledger(self._plane.documents).attach(wanted).id
        balancer = LoadBalancer(
            "arn", "web", internal=False, vpc_id=names["other"], zones=(Zone(names["stranger"], "us-east-1a"),),
            security_groups=(names["balancing"],), created=datetime(2026, 1, 1, tzinfo=UTC),
        )  # fmt: skip
        self._plane.documents.table(LOAD_BALANCER).put(balancer)

    async def acls(self) -> None:
        names = self.names
        for name, vpc in (("acl", "vpc"), ("busyacl", "vpc"), ("full", "vpc"), ("otheracl", "other")):
            await self.make(name, "CreateNetworkAcl", "NetworkAcl.NetworkAclId", VpcId=names[vpc])
        entry = {"Protocol": "-1", "RuleAction": "allow", "Egress": False, "CidrBlock": "0.0.0.0/0"}
        await self.ec2("CreateNetworkAclEntry", NetworkAclId=names["acl"], RuleNumber=100, **entry)
        for number in range(1, 21):
            await self.ec2("CreateNetworkAclEntry", NetworkAclId=names["full"], RuleNumber=number, **entry)
        of_subnet = [{"Name": "association.subnet-id", "Values": [names["nodes"]]}]
        (default,) = (await self.ec2("DescribeNetworkAcls", Filters=of_subnet))["NetworkAcls"]
        names["default"] = default["NetworkAclId"]
        tie = next(one for one in default["Associations"] if one["SubnetId"] == names["nodes"])
        moved = {"AssociationId": tie["NetworkAclAssociationId"], "NetworkAclId": names["busyacl"]}
        await self.make("acltie", "ReplaceNetworkAclAssociation", "NewAssociationId", **moved)
