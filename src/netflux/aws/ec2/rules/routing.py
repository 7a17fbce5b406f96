"""Routes, and which subnet is tied to which table or network ACL. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netflux.aws.ec2.rules.described import Check, Described, Item, found, invalid, missing
from netflux.aws.ec2.rules.permission import cidr
from netflux.errors import AwsError

_DESTINATIONS = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")
_TARGETS = (
    "GatewayId", "NatGatewayId", "NetworkInterfaceId", "InstanceId", "VpcPeeringConnectionId", "TransitGatewayId",
    "EgressOnlyInternetGatewayId", "VpcEndpointId", "LocalGatewayId", "CarrierGatewayId", "CoreNetworkArn",
    "OdbNetworkArn",
)  # fmt: skip


def route(request: Item, told: Described) -> None:
    """CreateRoute and ReplaceRoute."""
    _destination(request)
    if sum(bool(request.get(member)) for member in (*_TARGETS, "LocalTarget")) != 1:
        raise missing(*(member[0].lower() + member[1:] for member in _TARGETS))
    table = found(told["RouteTables"], "RouteTableId", request.get("RouteTableId"))
    if table is None:
        return
    gateway = str(request.get("GatewayId") or "")
    if gateway.startswith("igw-"):
        _internet(gateway, table, told)
    elif gateway and gateway != "local" and not gateway.startswith(("vgw-", "vpce-")):
        raise AwsError("InvalidGatewayID.NotFound", f"The gateway ID '{gateway}' does not exist")
    nat = request.get("NatGatewayId")
    if nat:
        one = found(told["NatGateways"], "NatGatewayId", nat)
        if one is None:
            raise AwsError("InvalidNatGatewayID.NotFound", f"The natGateway ID '{nat}' does not exist")
        if one["VpcId"] != table["VpcId"]:
            raise invalid(f"route table {table['RouteTableId']} and network gateway {nat} belong to different networks")


def route_deleted(request: Item, told: Described) -> None:
    """DeleteRoute: the VPC's own routes stay."""
    _destination(request)
    table = found(told["RouteTables"], "RouteTableId", request.get("RouteTableId"))
    for one in (table or {}).get("Routes") or ():
        same = [member for member in _DESTINATIONS if request.get(member) and one.get(member) == request[member]]
        if same and one.get("GatewayId") == "local":
            said = f"cannot remove local route {one[same[0]]} in route table {request['RouteTableId']}"
            raise invalid(said)


def table_associated(request: Item, told: Described) -> None:
    """AssociateRouteTable."""
    table = found(told["RouteTables"], "RouteTableId", request.get("RouteTableId"))
    subnet = found(told["Subnets"], "SubnetId", request.get("SubnetId"))
    if not request.get("SubnetId") and not request.get("GatewayId"):
        raise missing("subnetId", "gatewayId")
    if table is not None and subnet is not None:
        _together(table, subnet)


def table_disassociated(request: Item, told: Described) -> None:
    """DisassociateRouteTable: a VPC always has a main table."""
    for table in told["RouteTables"]:
        for one in table.get("Associations") or ():
            if one.get("RouteTableAssociationId") == request.get("AssociationId") and one.get("Main"):
                said = f"cannot disassociate the main route table association {request['AssociationId']}"
                raise invalid(said)


def table_replaced(request: Item, told: Described) -> None:
    """ReplaceRouteTableAssociation."""
    wanted = found(told["RouteTables"], "RouteTableId", request.get("RouteTableId"))
    for table in told["RouteTables"]:
        for one in table.get("Associations") or ():
            mine = one.get("RouteTableAssociationId") == request.get("AssociationId")
            if mine and wanted is not None and wanted["VpcId"] != table["VpcId"]:
                raise invalid(f"Route table {wanted['RouteTableId']} and {table['VpcId']} belong to different networks")


def acl_replaced(request: Item, told: Described) -> None:
    """ReplaceNetworkAclAssociation."""
    wanted = found(told["NetworkAcls"], "NetworkAclId", request.get("NetworkAclId"))
    for acl in told["NetworkAcls"]:
        for one in acl.get("Associations") or ():
            mine = one.get("NetworkAclAssociationId") == request.get("AssociationId")
            if mine and wanted is not None and wanted["VpcId"] != acl["VpcId"]:
                said = f"Network ACL {wanted['NetworkAclId']} and subnet {one['SubnetId']} belong to different networks"
                raise invalid(said)


def gateway_attached(request: Item, told: Described) -> None:
    """AttachInternetGateway: one gateway for one VPC."""
    vpc, gateway = request.get("VpcId"), request.get("InternetGatewayId")
    for one in told["InternetGateways"]:
        for tied in one.get("Attachments") or ():
            if one["InternetGatewayId"] == gateway:
                raise AwsError("Resource.AlreadyAssociated", f"resource {gateway} is already attached to network {vpc}")
            if tied.get("VpcId") == vpc:
                said = f"Network {vpc} already has an internet gateway attached"
                raise invalid(said)


def _destination(request: Item) -> None:
    given = [member for member in _DESTINATIONS if request.get(member)]
    if len(given) != 1:
        raise missing(*(member[0].lower() + member[1:] for member in _DESTINATIONS))
    if given[0] != "DestinationPrefixListId":
        cidr(request[given[0]], 6 if "6" in given[0] else 4)


def _internet(gateway: str, table: Item, told: Described) -> None:
    one = found(told["InternetGateways"], "InternetGatewayId", gateway)
    if one is None:
        raise AwsError("InvalidGatewayID.NotFound", f"The gateway ID '{gateway}' does not exist")
    if table["VpcId"] not in [tied.get("VpcId") for tied in one.get("Attachments") or ()]:
        raise invalid(f"route table {table['RouteTableId']} and network gateway {gateway} belong to different networks")


def _together(table: Item, subnet: Any) -> None:
    if table["VpcId"] != subnet["VpcId"]:
        raise invalid(
            f"Route table {table['RouteTableId']} and subnet {subnet['SubnetId']} belong to different networks"
        )


CHECKS: Mapping[str, Check] = {
    "CreateRoute": Check(("RouteTables", "InternetGateways", "NatGateways"), route),
    "ReplaceRoute": Check(("RouteTables", "InternetGateways", "NatGateways"), route),
    "DeleteRoute": Check(("RouteTables",), route_deleted),
    "AssociateRouteTable": Check(("RouteTables", "Subnets"), table_associated),
    "DisassociateRouteTable": Check(("RouteTables",), table_disassociated),
    "ReplaceRouteTableAssociation": Check(("RouteTables",), table_replaced),
    "ReplaceNetworkAclAssociation": Check(("NetworkAcls",), acl_replaced),
    "AttachInternetGateway": Check(("InternetGateways",), gateway_attached),
}
