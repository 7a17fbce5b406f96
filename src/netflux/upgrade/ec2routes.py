"""EC2 of release 0.1: route tables, gateways, addresses, interfaces and network ACLs were moto's.

VPCs, subnets, groups and prefix lists are taken over before these (`upgrade.ec2`).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from netflux import names
from netflux.controlplane.call import Caller
from netflux.controlplane.identifiers import hexadecimal
from netflux.controlplane.records.documents import Documents
from netflux.network import placing
from netflux.resources.ec2.address import Address
from netflux.resources.ec2.gateway import EgressOnlyInternetGateway, InternetGateway, NatAddress, NatGateway
from netflux.resources.ec2.interface import Attachment, NetworkInterface
from netflux.resources.ec2.networkacl import AclEntry, NetworkAcl, NetworkAclAssociation
from netflux.resources.ec2.routetable import Route, RouteTable, RouteTableAssociation
from netflux.resources.ec2.tables import Tables

Item = Mapping[str, Any]

_READS = {
    "InternetGateways": "DescribeInternetGateways",
    "EgressOnlyInternetGateways": "DescribeEgressOnlyInternetGateways",
    "NetworkInterfaces": "DescribeNetworkInterfaces",
    "Addresses": "DescribeAddresses",
    "NatGateways": "DescribeNatGateways",
    "RouteTables": "DescribeRouteTables",
    "NetworkAcls": "DescribeNetworkAcls",
}
_TARGETS = ("GatewayId", "NatGatewayId", "NetworkInterfaceId", "EgressOnlyInternetGatewayId")
_DESTINATIONS = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")


async def adopt(moto: Caller, documents: Documents) -> None:
    """Puts records of all that is there and has none yet. What stands in a VPC or a subnet that is no more is left."""
    told = {member: (await moto.call("ec2", operation, {})).get(member) or [] for member, operation in _READS.items()}
    tables = Tables(documents)
    with documents.transaction():
        _gateways(tables, told)
        _places(tables, told)
        _ways(tables, told)


def _gateways(tables: Tables, told: Mapping[str, Iterable[Item]]) -> None:
    for one in told["InternetGateways"]:
        vpcs = [tie["VpcId"] for tie in one.get("Attachments") or () if tie["VpcId"] in tables.vpcs]
        if one["InternetGatewayId"] not in tables.internet_gateways:
            tables.internet_gateways.put(InternetGateway(one["InternetGatewayId"], "".join(vpcs[:1]), _tags(one)))
    for one in told["EgressOnlyInternetGateways"]:
        vpcs = [tie["VpcId"] for tie in one.get("Attachments") or () if tie["VpcId"] in tables.vpcs]
        identity = one["EgressOnlyInternetGatewayId"]
        if vpcs and identity not in tables.egress_only_gateways:
            tables.egress_only_gateways.put(EgressOnlyInternetGateway(identity, vpcs[0], tags=_tags(one)))


def _places(tables: Tables, told: Mapping[str, Iterable[Item]]) -> None:
    """Interfaces and addresses, and the NAT gateways that have some of them."""
    nats = [one for one in told["NatGateways"] if one["State"] in ("available", "pending")]
    translating = {each["NetworkInterfaceId"]: one for one in nats for each in _addresses(one)}
    for one in told["NetworkInterfaces"]:
        if one.get("SubnetId") in tables.subnets and one["NetworkInterfaceId"] not in tables.interfaces:
            tables.interfaces.put(_interface(tables, one, translating.get(one["NetworkInterfaceId"])))
    for one in told["Addresses"]:
        if one["AllocationId"] not in tables.addresses:
            tables.addresses.put(_address(tables, one))
    for one in nats:
        if one["NatGatewayId"] not in tables.nat_gateways and one["SubnetId"] in tables.subnets:
            tables.nat_gateways.put(_nat(tables, one))


def _ways(tables: Tables, told: Mapping[str, Iterable[Item]]) -> None:
    """Route tables and network ACLs."""
    for one in told["RouteTables"]:
        if one["VpcId"] in tables.vpcs and one["RouteTableId"] not in tables.route_tables:
            _route_table(tables, one)
    for one in told["NetworkAcls"]:
        if one["VpcId"] in tables.vpcs and one["NetworkAclId"] not in tables.acls:
            _acl(tables, one)


def _interface(tables: Tables, one: Item, nat: Item | None) -> NetworkInterface:
    """The network's own ledger adds to it whose it is."""
    subnet = tables.subnets.get(one["SubnetId"])
    assert subnet is not None
    private = [one["PrivateIpAddress"], *(each["PrivateIpAddress"] for each in one.get("PrivateIpAddresses") or ())]
    if nat is not None and ipaddress.IPv4Address(private[0]) not in ipaddress.IPv4Network(subnet.cidr_block):
        private = [placing.free_address(tables, subnet, nat["NatGatewayId"])]  # moto gave it any address
    groups = tuple(each["GroupId"] for each in one.get("Groups") or () if each["GroupId"] in tables.groups)
    made = {
        "interface_type": "nat_gateway",
        "requester": "amazon-aws",
        "requester_managed": True,
        "attachment": Attachment(hexadecimal("ela-attach"), "amazon-aws", datetime.now(UTC), device_index=1),
    }
    more: dict[str, Any] = made if nat is not None else {"groups": groups}
    return NetworkInterface(
        id=one["NetworkInterfaceId"],
        subnet_id=subnet.id,
        vpc_id=subnet.vpc_id,
        zone=subnet.zone,
        mac_address=one.get("MacAddress") or "",
        private_addresses=tuple(dict.fromkeys(private)),
        ipv6_addresses=tuple(each["Ipv6Address"] for each in one.get("Ipv6Addresses") or ()),
        description=one.get("Description") or "",
        source_dest_check=nat is None and bool(one.get("SourceDestCheck", True)),
        tags=_tags(one, "TagSet"),
        **{"groups": (), **more},
    )


def _address(tables: Tables, one: Item) -> Address:
    eni = tables.interfaces.get(one.get("NetworkInterfaceId") or "")
    tied = {}
    if eni is not None:
        identity = one.get("AssociationId") or hexadecimal("eipassoc")
        tied = {"association_id": identity, "interface_id": eni.id, "private_ip": eni.private_addresses[0]}
    return Address(one["AllocationId"], one["PublicIp"], names.REGION, tags=_tags(one), **tied)


def _nat(tables: Tables, one: Item) -> NatGateway:
    subnet = tables.subnets.get(one["SubnetId"])
    assert subnet is not None
    addresses = []
    for each in _addresses(one):
        eni = tables.interfaces.get(each["NetworkInterfaceId"])
        tied = tables.addresses.where("interface", each["NetworkInterfaceId"])
        if eni is not None:
            made = NatAddress(eni.id, eni.private_addresses[0])
            addresses.append(replace(made, **_public(tied[0])) if tied else made)
    return NatGateway(
        id=one["NatGatewayId"],
        vpc_id=subnet.vpc_id,
        subnet_id=subnet.id,
        connectivity=one.get("ConnectivityType") or "public",
        state="available" if addresses else "failed",
        created=one["CreateTime"].astimezone(UTC),
        addresses=tuple(addresses),
        tags=_tags(one),
    )


def _public(address: Address) -> dict[str, Any]:
    return {
        "public_ip": address.public_ip,
        "allocation_id": address.id,
        "association_id": address.association_id,
    }


def _addresses(nat: Item) -> list[Item]:
    return [one for one in nat.get("NatGatewayAddresses") or () if one.get("NetworkInterfaceId")]


def _route_table(tables: Tables, one: Item) -> None:
    identity = one["RouteTableId"]
    tables.route_tables.put(RouteTable(identity, one["VpcId"], tags=_tags(one)))
    for route in one.get("Routes") or ():
        destination = next((route[name] for name in _DESTINATIONS if route.get(name)), "")
        kind = next((name for name in _TARGETS if route.get(name)), "")
        listed = not destination.startswith("pl-") or destination in tables.prefix_lists
        if destination and kind and listed:
            origin = "CreateRouteTable" if route[kind] == "local" else "CreateRoute"
            tables.routes.put(Route(identity, destination, kind, route[kind], origin))
    for tie in one.get("Associations") or ():
        main, subnet = bool(tie.get("Main")), tie.get("SubnetId") or ""
        if main or subnet in tables.subnets:
            made = RouteTableAssociation(
                tie["RouteTableAssociationId"], identity, one["VpcId"], "" if main else subnet, main=main
            )
            tables.route_table_associations.put(made)


def _acl(tables: Tables, one: Item) -> None:
    entries = tuple(_entry(each) for each in one.get("Entries") or ())
    last = [AclEntry(32767, out, "-1", allow=False, cidr_block="0.0.0.0/0") for out in (True, False)]
    missing = tuple(each for each in last if not any(_place(each) == _place(known) for known in entries))
    identity = one["NetworkAclId"]
    tables.acls.put(
        NetworkAcl(identity, one["VpcId"], (*entries, *missing), default=bool(one.get("IsDefault")), tags=_tags(one))
    )
    for tie in one.get("Associations") or ():
        if tie["SubnetId"] in tables.subnets:
            made = NetworkAclAssociation(tie["NetworkAclAssociationId"], identity, tie["SubnetId"])
            tables.acl_associations.put(made)


def _place(entry: AclEntry) -> tuple[int, bool]:
    return entry.number, entry.egress


def _entry(told: Item) -> AclEntry:
    ports, icmp = told.get("PortRange") or {}, told.get("IcmpTypeCode") or {}
    return AclEntry(
        number=int(told["RuleNumber"]),
        egress=bool(told["Egress"]),
        protocol=str(told["Protocol"]),
        allow=told["RuleAction"] == "allow",
        cidr_block=told.get("CidrBlock") or told.get("Ipv6CidrBlock") or "0.0.0.0/0",
        from_port=int(ports.get("From", -1)),
        to_port=int(ports.get("To", -1)),
        icmp_type=icmp.get("Type"),
        icmp_code=icmp.get("Code"),
    )


def _tags(one: Item, member: str = "Tags") -> dict[str, str]:
    return {tag["Key"]: tag.get("Value") or "" for tag in one.get(member) or ()}
