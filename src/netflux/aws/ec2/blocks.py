"""CIDR blocks of VPCs and subnets: pure.

"VPC CIDR blocks" and "Subnet CIDR blocks", Amazon VPC user guide.
"""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Iterable

from netflux.aws.ec2.nouns import invalid
from netflux.errors import AwsError

LARGEST, SMALLEST = 16, 28
"""Lengths of the prefixes that a VPC's and a subnet's block may have."""

IPV6_OF_VPC, IPV6_OF_SUBNET = 56, 64
RESERVED = 5
"""Addresses of each subnet that EC2 keeps: the first four and the last."""

_NEVER = tuple(ipaddress.IPv4Network(block) for block in ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4"))
"""What can't be a VPC's ["VPC CIDR blocks"]."""

_PROVIDED = ipaddress.IPv6Network("2600:1f18::/33")
"""Where the blocks that Amazon provides are from."""


def ipv4(told: str, code: str) -> ipaddress.IPv4Network:
    """The block, without the bits that the prefix leaves to hosts, as EC2 takes it.

    Args:
        told: of the request.
        code: of the error for a size that is not allowed.

    Raises:
        AwsError: it is no block, or too large or too small.
    """
    block = _parsed(told)
    if not isinstance(block, ipaddress.IPv4Network):
        raise invalid(f"Value ({told}) for parameter cidrBlock is invalid. This is not a valid CIDR block.")
    if not LARGEST <= block.prefixlen <= SMALLEST:
        raise AwsError(code, f"The CIDR '{told}' is invalid.")
    return block


def of_vpc(told: str) -> ipaddress.IPv4Network:
    """A block that a VPC may have; AwsError otherwise."""
    block = ipv4(told, "InvalidVpc.Range")
    if any(block.overlaps(other) for other in _NEVER):
        raise AwsError("InvalidVpc.Range", f"The CIDR '{told}' is invalid.")
    return block


def ipv6(told: str, length: int) -> ipaddress.IPv6Network:
    """A block of IPv6 with a prefix of that length; AwsError otherwise."""
    block = _parsed(told)
    if not isinstance(block, ipaddress.IPv6Network):
        raise invalid(f"Value ({told}) for parameter ipv6CidrBlock is invalid. This is not a valid IPv6 CIDR block.")
    if block.prefixlen != length:
        raise AwsError("InvalidSubnet.Range", f"The CIDR '{told}' is invalid. Its prefix has to be /{length}.")
    return block


def provided() -> str:
    """A block of IPv6 as Amazon provides it."""
    room = IPV6_OF_VPC - _PROVIDED.prefixlen
    number = secrets.randbelow(2**room) << (128 - IPV6_OF_VPC)
    return str(ipaddress.IPv6Network((int(_PROVIDED.network_address) + number, IPV6_OF_VPC)))


def inside(block: ipaddress.IPv4Network | ipaddress.IPv6Network, others: Iterable[str]) -> bool:
    """Whether one of the others has the whole block."""
    return any(_contains(ipaddress.ip_network(other), block) for other in others)


def overlapping(block: ipaddress.IPv4Network | ipaddress.IPv6Network, others: Iterable[str]) -> str:
    """The first one of the others that has an address of the block; empty where none has."""
    found = ((other, ipaddress.ip_network(other)) for other in others)
    return next((told for told, other in found if other.version == block.version and other.overlaps(block)), "")


def destination(told: str, member: str) -> str:
    """A route's block, without bits of hosts; AwsError where it is none.

    Args:
        told: of the request.
        member: that has it, `DestinationCidrBlock` or `DestinationIpv6CidrBlock`.
    """
    ipv6 = "6" in member
    block = _parsed(told)
    if not isinstance(block, ipaddress.IPv6Network if ipv6 else ipaddress.IPv4Network):
        kind = "IPv6 CIDR" if ipv6 else "CIDR"
        name = member[0].lower() + member[1:]
        raise invalid(f"Value ({told}) for parameter {name} is invalid. This is not a valid {kind} block.")
    return str(block)


def rule(told: str, version: int) -> str:
    """A block of a rule or an ACL's entry. Bits of hosts are cleared, as EC2 does.

    Raises:
        AwsError: it is no block of that version of IP.
    """
    block = _parsed(told)
    if block is None or block.version != version or "/" not in told:
        raise invalid(f"CIDR block {told} is malformed")
    return str(block)


def _parsed(told: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(told, strict=False) if "/" in told else None
    except ValueError:
        return None


def _contains(
    other: ipaddress.IPv4Network | ipaddress.IPv6Network, block: ipaddress.IPv4Network | ipaddress.IPv6Network
) -> bool:
    if isinstance(other, ipaddress.IPv4Network):
        return isinstance(block, ipaddress.IPv4Network) and block.subnet_of(other)
    return isinstance(block, ipaddress.IPv6Network) and block.subnet_of(other)
