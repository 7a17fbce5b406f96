"""Blocks and addresses of VPCs, subnets and interfaces. Pure.

VPC guide, "VPC CIDR blocks" and "Subnet CIDR blocks": /16 to /28; the blocks of a VPC do not overlap.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

from netflux.aws.ec2.rules.described import DIFFERENT_NETWORKS, Check, Described, Item, found, invalid, missing
from netflux.errors import AwsError, Unsupported

_LARGEST, _SMALLEST = 16, 28
_RESERVED = 5
"""Addresses of each subnet that EC2 keeps: the first four and the last."""

_POOLS = ("Ipv4IpamPoolId", "Ipv6IpamPoolId", "Ipv6Pool", "Ipv4NetmaskLength", "Ipv6NetmaskLength")
_COUNTS = ("SecondaryPrivateIpAddressCount", "Ipv6AddressCount", "Ipv4PrefixCount", "Ipv6PrefixCount")


def vpc(request: Item, _told: Described) -> None:
    """CreateVpc."""
    _no_pools("CreateVpc", request)
    if not request.get("CidrBlock"):
        raise missing("cidrBlock")
    _block(request["CidrBlock"], "InvalidVpc.Range")


def another_block(request: Item, told: Described) -> None:
    """AssociateVpcCidrBlock."""
    _no_pools("AssociateVpcCidrBlock", request)
    if request.get("Ipv6CidrBlock"):
        raise Unsupported("AssociateVpcCidrBlock's Ipv6CidrBlock", "Use AmazonProvidedIpv6CidrBlock.")
    if not request.get("CidrBlock"):
        if not request.get("AmazonProvidedIpv6CidrBlock"):
            raise missing("cidrBlock", "amazonProvidedIpv6CidrBlock")
        return
    block = _block(request["CidrBlock"], "InvalidVpc.Range")
    owner = found(told["Vpcs"], "VpcId", request.get("VpcId"))
    for known in _blocks(owner or {}):
        if ipaddress.ip_network(known).overlaps(block):
            raise AwsError("InvalidVpc.Range", f"The CIDR '{block}' conflicts with the VPC's CIDR block '{known}'.")


def subnet(request: Item, told: Described) -> None:
    """CreateSubnet."""
    _no_pools("CreateSubnet", request)
    if request.get("Ipv6Native"):
        raise Unsupported("CreateSubnet's Ipv6Native")
    if not request.get("CidrBlock"):
        raise missing("cidrBlock")
    block = _block(request["CidrBlock"], "InvalidSubnet.Range")
    owner = found(told["Vpcs"], "VpcId", request.get("VpcId"))
    if owner is not None and not any(block.subnet_of(ipaddress.IPv4Network(one)) for one in _blocks(owner)):
        raise AwsError("InvalidSubnet.Range", f"The CIDR '{request['CidrBlock']}' is invalid.")
    for other in told["Subnets"]:
        if other["VpcId"] == request.get("VpcId") and ipaddress.IPv4Network(other["CidrBlock"]).overlaps(block):
            raise AwsError("InvalidSubnet.Conflict", f"The CIDR '{block}' conflicts with another subnet")
    zone, identity = request.get("AvailabilityZone"), request.get("AvailabilityZoneId")
    for told_zone, member, parameter in ((zone, "ZoneName", "availabilityZone"), (identity, "ZoneId", "zoneId")):
        known = [one[member] for one in told["AvailabilityZones"]]
        if told_zone and told_zone not in known:
            raise invalid(
                f"Value ({told_zone}) for parameter {parameter} is invalid. Subnets can currently only be created in "
                f"the following availability zones: {', '.join(known)}."
            )


def interface(request: Item, told: Described) -> None:
    """CreateNetworkInterface."""
    owner = found(told["Subnets"], "SubnetId", request.get("SubnetId"))
    if owner is None:
        return
    _room(request, owner)
    block = ipaddress.ip_network(owner["CidrBlock"])
    private = [one.get("PrivateIpAddress") for one in request.get("PrivateIpAddresses") or ()]
    taken = {
        one["PrivateIpAddress"]
        for eni in told["NetworkInterfaces"]
        if eni.get("SubnetId") == owner["SubnetId"]
        for one in eni.get("PrivateIpAddresses") or ()
    }
    for address in [one for one in (request.get("PrivateIpAddress"), *private) if one]:
        if not _within(address, block):
            raise invalid(f"Address {address} does not fall within the subnet's address range")
        if address in taken:
            raise AwsError("InvalidIPAddress.InUse", f"The specified address is already in use: {address}")
    _groups(request.get("Groups") or (), owner["VpcId"], told)


def addresses(request: Item, told: Described) -> None:
    """AssignPrivateIpAddresses and AssignIpv6Addresses."""
    eni = found(told["NetworkInterfaces"], "NetworkInterfaceId", request.get("NetworkInterfaceId"))
    owner = found(told["Subnets"], "SubnetId", eni.get("SubnetId")) if eni is not None else None
    if owner is None:
        return
    _room(request, owner)
    block = ipaddress.ip_network(owner["CidrBlock"])
    for address in request.get("PrivateIpAddresses") or ():
        if not _within(address, block):
            raise invalid(f"Address {address} does not fall within the subnet's address range")


def interface_changed(request: Item, told: Described) -> None:
    """ModifyNetworkInterfaceAttribute."""
    eni = found(told["NetworkInterfaces"], "NetworkInterfaceId", request.get("NetworkInterfaceId"))
    if eni is not None:
        _groups(request.get("Groups") or (), eni.get("VpcId"), told)


def translation(request: Item, _told: Described) -> None:
    """CreateNatGateway."""
    if request.get("ConnectivityType", "public") == "public" and not request.get("AllocationId"):
        raise missing("AllocationId")


def _groups(wanted: object, vpc_id: Any, told: Described) -> None:
    assert isinstance(wanted, list | tuple)
    for identity in wanted:
        known = found(told["SecurityGroups"], "GroupId", identity)
        if known is None:
            raise AwsError("InvalidGroup.NotFound", f"The security group '{identity}' does not exist")
        if known.get("VpcId") != vpc_id:
            raise AwsError("InvalidParameterCombination", DIFFERENT_NETWORKS)


def _room(request: Item, owner: Item) -> None:
    """Counts are held against the subnet's size before anybody begins to count."""
    most = ipaddress.ip_network(owner["CidrBlock"]).num_addresses - _RESERVED
    for member in _COUNTS:
        count = request.get(member) or 0
        if count < 0:
            raise invalid(f"Value ({count}) for parameter {member} is invalid.")
        if count > most:
            raise AwsError(
                "InsufficientFreeAddressesInSubnet",
                f"The specified subnet '{owner['SubnetId']}' does not have enough free addresses to satisfy the "
                "request.",
            )


def _within(address: Any, block: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    try:
        return ipaddress.ip_address(str(address)) in block
    except ValueError as error:
        raise invalid(f"invalid value for parameter address: {address}") from error


def _block(told: Any, code: str) -> ipaddress.IPv4Network:
    """EC2 clears host bits: 10.0.0.18/16 is 10.0.0.0/16 [CreateVpc]."""
    try:
        block = ipaddress.IPv4Network(str(told), strict=False)
    except ValueError as error:
        raise invalid(f"Value ({told}) for parameter cidrBlock is invalid. This is not a valid CIDR block.") from error
    if not _LARGEST <= block.prefixlen <= _SMALLEST:
        raise AwsError(code, f"The CIDR '{told}' is invalid.")
    return block


def _blocks(owner: Item) -> list[str]:
    others = [one.get("CidrBlock") for one in owner.get("CidrBlockAssociationSet") or ()]
    return [one for one in dict.fromkeys([owner.get("CidrBlock"), *others]) if one]


def _no_pools(operation: str, request: Item) -> None:
    for member in _POOLS:
        if request.get(member):
            raise Unsupported(f"{operation}'s {member}", "There are no address pools here; name a CidrBlock.")


CHECKS: Mapping[str, Check] = {
    "CreateVpc": Check((), vpc),
    "AssociateVpcCidrBlock": Check(("Vpcs",), another_block),
    "CreateSubnet": Check(("Vpcs", "Subnets", "AvailabilityZones"), subnet),
    "CreateNetworkInterface": Check(("Subnets", "SecurityGroups", "NetworkInterfaces"), interface),
    "AssignPrivateIpAddresses": Check(("Subnets", "NetworkInterfaces"), addresses),
    "AssignIpv6Addresses": Check(("Subnets", "NetworkInterfaces"), addresses),
    "ModifyNetworkInterfaceAttribute": Check(("SecurityGroups", "NetworkInterfaces"), interface_changed),
    "CreateNatGateway": Check((), translation),
}
