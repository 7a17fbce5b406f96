"""Which address an interface gets: pure arithmetic over a subnet and over a block of 127.0.0.0/8."""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Collection

RESERVED_FIRST = 4
RESERVED_LAST = 1
"""Addresses of a subnet that AWS keeps for itself: the first four and the last one [subnet-sizing]."""

FIRST_OFFSET = 10
LAST_OFFSET = 254 * 256 + 254
"""Offsets of interfaces in a block; the hosts below are the region's own, 127.A.255.0/24 is for service addresses."""


def vpc_address(cidr: str, owner: str, taken: Collection[str]) -> str | None:
    """A free address of the subnet, or None when it is full.

    The search starts at a place that depends on the owner, so that a new owner seldom gets the address that another
    has just left: whoever still remembers the old one must not reach the new one by accident.
    """
    network = ipaddress.ip_network(cidr)
    usable = network.num_addresses - RESERVED_FIRST - RESERVED_LAST
    if usable <= 0:
        return None
    used = set(taken)
    start = int.from_bytes(hashlib.sha256(owner.encode()).digest()[:8], "big") % usable
    for step in range(usable):
        address = str(network[RESERVED_FIRST + (start + step) % usable])
        if address not in used:
            return address
    return None


def offset(after: int, taken: Collection[int]) -> int | None:
    """The next free offset after the one given last, going around; None when all are taken."""
    used = set(taken)
    span = LAST_OFFSET - FIRST_OFFSET + 1
    for step in range(1, span + 1):
        found = FIRST_OFFSET + (after - FIRST_OFFSET + step) % span
        if found not in used and 0 < found % 256 < 255:
            return found
    return None


def public_address(place: int) -> str:
    """The address that the internet gateway translates, in 198.18.0.0/15: the internet has none of it (RFC 2544)."""
    return f"198.18.{place // 256}.{place % 256}"


def local_address(block: int, place: int) -> str:
    """The address at an offset of the block 127.{block}.0.0/16."""
    return f"127.{block}.{place // 256}.{place % 256}"
