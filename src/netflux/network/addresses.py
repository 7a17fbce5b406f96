"""Which address an interface gets: pure arithmetic over a subnet and over a block of 127.0.0.0/8."""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
from collections.abc import Callable

RESERVED_FIRST = 4
RESERVED_LAST = 1
"""Addresses of a subnet that AWS keeps for itself: the first four and the last one [subnet-sizing]."""

FIRST_OFFSET = 10
LAST_OFFSET = 254 * 256 + 254
"""Offsets of interfaces in a block; the hosts below are the region's own, 127.A.255.0/24 is for service addresses."""


def vpc_address(cidr: str, owner: str, taken: Callable[[str], bool]) -> str | None:
    """A free address of the subnet, or None when it is full.

    The search starts at a place that depends on the owner, so that a new owner seldom gets the address that another
    has just left: whoever still remembers the old one must not reach the new one by accident.
    """
    network = ipaddress.ip_network(cidr)
    usable = network.num_addresses - RESERVED_FIRST - RESERVED_LAST
    if usable <= 0:
        return None
    start = int.from_bytes(hashlib.sha256(owner.encode()).digest()[:8], "big") % usable
    for step in range(usable):
        address = str(network[RESERVED_FIRST + (start + step) % usable])
        if not taken(address):
            return address
    return None


def offset(after: int, taken: Callable[[int], bool]) -> int | None:
    """The next free offset after the one given last, going around; None when all are taken."""
    span = LAST_OFFSET - FIRST_OFFSET + 1
    for step in range(1, span + 1):
        found = FIRST_OFFSET + (after - FIRST_OFFSET + step) % span
        if 0 < found % 256 < 255 and not taken(found):
            return found
    return None


def ipv6_address(cidr: str, taken: Callable[[str], bool]) -> str:
    """A free address of a block of IPv6, by chance: a /64 has no end."""
    network = ipaddress.IPv6Network(cidr)
    while True:
        address = str(network[RESERVED_FIRST + secrets.randbelow(2**60)])
        if not taken(address):
            return address


def mac_address() -> str:
    """Of a new interface, locally administered."""
    return "02:" + ":".join(f"{one:02x}" for one in secrets.token_bytes(5))


def public_address(place: int) -> str:
    """The address that the internet gateway translates, in 198.18.0.0/15: the internet has none of it (RFC 2544)."""
    return f"198.18.{place // 256}.{place % 256}"


def elastic_address(taken: Callable[[str], bool]) -> str | None:
    """A free address for the account, in the half of that block which interfaces' own addresses leave free."""
    span = 254 * 254
    start = secrets.randbelow(span)
    for step in range(span):
        row, place = divmod((start + step) % span, 254)
        address = f"198.19.{row + 1}.{place + 1}"
        if not taken(address):
            return address
    return None


def local_address(block: int, place: int) -> str:
    """The address at an offset of the block 127.{block}.0.0/16."""
    return f"127.{block}.{place // 256}.{place % 256}"
