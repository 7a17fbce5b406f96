"""Links, addresses, routes and routing rules as netlink messages. Pure.

Numbers are those of linux/rtnetlink.h, linux/if_link.h and linux/fib_rules.h.
"""

from __future__ import annotations

import errno
import ipaddress
import socket
import struct
from dataclasses import dataclass
from enum import IntEnum

from netflux.network.netlink import ACK, CREATE, EXCLUSIVE, REPLACE, Message, attribute, nest, number, text

_NEWLINK, _DELLINK, _NEWADDR, _NEWROUTE, _DELROUTE, _NEWRULE, _DELRULE = 16, 17, 20, 24, 25, 32, 33
_IFF_UP = 1
_NO_PREFIX_ROUTE = 0x200
_ON_LINK = 4
_STATIC = 4
_SCOPE_UNIVERSE, _SCOPE_LINK = 0, 253

LOOPBACK = 1
"""Index of `lo` in every network namespace."""

MAIN_TABLE = 254


class RouteType(IntEnum):
    """What becomes of packets that take a route."""

    UNICAST = 1
    BLACKHOLE = 6


@dataclass(frozen=True)
class End:
    """The far end of a cable.

    Attributes:
        namespace: descriptor of the namespace that it is in.
    """

    namespace: int
    index: int
    mac: str
    name: str = "eth0"


def veth(name: str, index: int, end: End) -> Message:
    """A cable with one end here and the other in a namespace."""
    peer = _link(0, end.index, 0) + text(3, end.name) + attribute(1, bytes.fromhex(end.mac.replace(":", "")))
    peer += number(28, end.namespace)
    kind = nest(18, text(1, "veth"), nest(2, attribute(1, peer)))
    return Message(_NEWLINK, _link(0, index, 0) + text(3, name) + kind, ACK | CREATE | EXCLUSIVE)


def pair(name: str, index: int, other: str, other_index: int) -> Message:
    """A cable with both ends here."""
    peer = _link(0, other_index, 0) + text(3, other)
    kind = nest(18, text(1, "veth"), nest(2, attribute(1, peer)))
    return Message(_NEWLINK, _link(0, index, 0) + text(3, name) + kind, ACK | CREATE | EXCLUSIVE)


def up(index: int) -> Message:
    """Switches an interface on."""
    return Message(_NEWLINK, _link(0, index, _IFF_UP))


def remove(index: int) -> Message:
    """Removes an interface and, for a cable, its other end."""
    return Message(_DELLINK, _link(0, index, 0), tolerated=(errno.ENODEV,))


def address(index: int, ip: str, prefix: int = 32) -> Message:
    """Gives an interface an address, without the route that a prefix would bring."""
    packed = socket.inet_aton(ip)
    head = struct.pack("=BBBBI", socket.AF_INET, prefix, 0, _SCOPE_UNIVERSE, index)
    body = attribute(2, packed) + attribute(1, packed) + number(8, _NO_PREFIX_ROUTE)
    return Message(_NEWADDR, head + body, ACK | CREATE | REPLACE)


def default_route(index: int, gateway: str, table: int = MAIN_TABLE) -> Message:
    """Everything goes to the gateway, which is at the other end of the interface."""
    head = _route(0, 0, _SCOPE_UNIVERSE, RouteType.UNICAST, _ON_LINK)
    body = attribute(5, socket.inet_aton(gateway)) + number(4, index) + number(15, table)
    return Message(_NEWROUTE, head + body, ACK | CREATE | REPLACE)


def route(block: str, index: int, table: int = MAIN_TABLE) -> Message:
    """What goes to the block leaves by the interface."""
    network = ipaddress.IPv4Network(block)
    head = _route(network.prefixlen, 0, _SCOPE_LINK, RouteType.UNICAST)
    body = attribute(1, network.network_address.packed) + number(4, index) + number(15, table)
    return Message(_NEWROUTE, head + body, ACK | CREATE | REPLACE)


def blackhole(block: str, table: int = MAIN_TABLE) -> Message:
    """What goes to the block is dropped without a word."""
    network = ipaddress.IPv4Network(block)
    head = _route(network.prefixlen, 0, _SCOPE_UNIVERSE, RouteType.BLACKHOLE)
    body = attribute(1, network.network_address.packed) + number(15, table)
    return Message(_NEWROUTE, head + body, ACK | CREATE | REPLACE)


def no_route(block: str, table: int = MAIN_TABLE) -> Message:
    """The block has no route any more, of whatever type."""
    network = ipaddress.IPv4Network(block)
    head = _route(network.prefixlen, 0, 255, 0)
    body = attribute(1, network.network_address.packed) + number(15, table)
    return Message(_DELROUTE, head + body, tolerated=(errno.ESRCH,))


def rule(priority: int, table: int, *, source: str = "", destination: str = "") -> Message:
    """Packets from the source or to the destination look into the table."""
    return Message(
        _NEWRULE, _rule(priority, table, source, destination), ACK | CREATE | EXCLUSIVE, tolerated=(errno.EEXIST,)
    )


def no_rule(priority: int, table: int, *, source: str = "", destination: str = "") -> Message:
    """The opposite of `rule`."""
    return Message(_DELRULE, _rule(priority, table, source, destination), tolerated=(errno.ENOENT,))


def _link(family: int, index: int, flags: int) -> bytes:
    return struct.pack("=BBHiII", family, 0, 0, index, flags, flags)


def _route(prefix: int, table: int, scope: int, kind: int, flags: int = 0) -> bytes:
    return struct.pack("=BBBBBBBBI", socket.AF_INET, prefix, 0, 0, table, _STATIC, scope, kind, flags)


def _rule(priority: int, table: int, source: str, destination: str) -> bytes:
    from_, to = (ipaddress.IPv4Network(block) if block else None for block in (source, destination))
    head = struct.pack(
        "=BBBBBBBBI", socket.AF_INET, to.prefixlen if to else 0, from_.prefixlen if from_ else 0, 0, 0, 0, 0, 1, 0
    )
    body = number(6, priority) + number(15, table)
    if to is not None:
        body += attribute(1, to.network_address.packed)
    if from_ is not None:
        body += attribute(2, from_.network_address.packed)
    return head + body
