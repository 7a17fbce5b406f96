"""Where in a VPC a new interface goes: its subnet, its addresses and its groups, held to EC2's rules.

"Elastic network interfaces", Amazon EC2 user guide; "Subnet sizing", Amazon VPC user guide.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from netflux.errors import AwsError
from netflux.network import addresses
from netflux.resources.ec2.subnet import Subnet
from netflux.resources.ec2.tables import Tables

MOST_GROUPS = 5
"""Security groups of an interface ["Amazon VPC quotas"]."""


def subnet(tables: Tables, identity: str) -> Subnet:
    """The subnet; AwsError when there is none."""
    found = tables.subnets.get(identity)
    if found is None:
        raise AwsError("InvalidSubnetID.NotFound", f"The subnet ID '{identity}' does not exist")
    return found


def groups(tables: Tables, vpc_id: str, wanted: Iterable[str]) -> tuple[str, ...]:
    """The groups, each once; the VPC's default one where none is named.

    Raises:
        AwsError: one is not there or is another VPC's, or they are too many.
    """
    named = tuple(dict.fromkeys(wanted))
    for identity in named:
        found = tables.groups.get(identity)
        if found is None:
            raise AwsError("InvalidGroup.NotFound", f"The security group '{identity}' does not exist")
        if found.vpc_id != vpc_id:
            raise AwsError(
                "InvalidParameterCombination", "You have specified two resources that belong to different networks."
            )
    if len(named) > MOST_GROUPS:
        raise AwsError(
            "SecurityGroupsPerInterfaceLimitExceeded",
            f"An interface has at most {MOST_GROUPS} security groups; {len(named)} were given.",
        )
    return named or tuple(tables.groups.keys("name", f"{vpc_id}/default"))


def free_address(tables: Tables, place: Subnet, owner: str, beside: Iterable[str] = ()) -> str:
    """An address of the subnet that nobody has.

    Args:
        tables: EC2's.
        place: the subnet.
        owner: the same owner gets the same address again while it is free.
        beside: addresses that are given besides.

    Raises:
        AwsError: the subnet is full.
    """
    given = set(beside)

    def taken(address: str) -> bool:
        return address in given or tables.interfaces.has("private", address)

    found = addresses.vpc_address(place.cidr_block, owner, taken) if place.cidr_block else None
    if found is None:
        raise AwsError(
            "InsufficientFreeAddressesInSubnet",
            f"There are not enough free addresses in subnet '{place.id}' to satisfy the request.",
        )
    return found


def free_ipv6(tables: Tables, place: Subnet, beside: Iterable[str] = ()) -> str:
    """An IPv6 address of the subnet that nobody has; AwsError when the subnet has no IPv6 block."""
    given = set(beside)

    def taken(address: str) -> bool:
        return address in given or tables.interfaces.has("address", f"{place.id}/{address}")

    return addresses.ipv6_address(_ipv6_block(place), taken)


def check_address(tables: Tables, place: Subnet, address: str) -> str:
    """An address that a request names, of IPv4; AwsError when the interface can't have it."""
    block = ipaddress.IPv4Network(place.cidr_block or "0.0.0.0/32")
    try:
        named = ipaddress.IPv4Address(address)
    except ValueError as error:
        raise _invalid(f"invalid value for parameter address: {address}") from error
    if named not in block:
        raise _invalid(f"Address {address} does not fall within the subnet's address range")
    place_in_block = int(named) - int(block.network_address)
    if not addresses.RESERVED_FIRST <= place_in_block < block.num_addresses - addresses.RESERVED_LAST:
        raise _invalid(f"Address {address} is in subnet's reserved address range")
    if tables.interfaces.has("address", f"{place.id}/{address}"):
        raise AwsError("InvalidIPAddress.InUse", f"The specified address is already in use: {address}")
    return address


def check_ipv6(tables: Tables, place: Subnet, address: str) -> str:
    """The same for IPv6; the address in the form in which it is kept."""
    try:
        named = ipaddress.IPv6Address(address)
    except ValueError as error:
        raise _invalid(f"invalid value for parameter ipv6Address: {address}") from error
    if named not in ipaddress.IPv6Network(_ipv6_block(place)):
        raise _invalid(f"Address {address} does not fall within the subnet's address range")
    if tables.interfaces.has("address", f"{place.id}/{named}"):
        raise AwsError("InvalidIPAddress.InUse", f"The specified address is already in use: {address}")
    return str(named)


def _ipv6_block(place: Subnet) -> str:
    block = next((one.block for one in place.ipv6_associations), "")
    if not block:
        raise _invalid(f"The subnet '{place.id}' has no IPv6 CIDR block.")
    return block


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterValue", message)
