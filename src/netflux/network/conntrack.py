"""The kernel's table of tracked connections: listed, and cut where rules let them through no more.

EC2 keeps a tracked connection whose rule was removed for as long as somebody uses it, and breaks an untracked one at
once (EC2 user guide, "Security group connection tracking"). Here each is broken at once, so that a rule that is missing
shows, and not only when a pool happens to open its next connection (docs/limits.md).
"""

from __future__ import annotations

import errno
import socket
import struct
from dataclasses import dataclass

from netflux.network.netlink import Message, attribute, attributes
from netflux.network.simulation import Packet

_SUBSYSTEM = 1
_GET, _DELETE = 1, 2
_ORIGINAL, _IP, _PROTOCOL = 1, 1, 2
"""linux/netfilter/nfnetlink_conntrack.h: IPCTNL_MSG_CT_…, CTA_TUPLE_ORIG, CTA_TUPLE_IP, CTA_TUPLE_PROTO."""


@dataclass(frozen=True)
class Flow:
    """A tracked connection.

    Attributes:
        first: its first packet; port 0 where the protocol has none.
        name: for the kernel.
    """

    first: Packet
    name: bytes


def list_flows() -> Message:
    """Asks for all."""
    return Message(_SUBSYSTEM << 8 | _GET, _head())


def flow(payload: bytes) -> Flow:
    """One answer to `list_flows`."""
    told = attributes(payload[4:])[_ORIGINAL]
    parts = attributes(told)
    ends, way = attributes(parts[_IP]), attributes(parts[_PROTOCOL])
    port = struct.unpack(">H", way[3])[0] if 3 in way else 0
    return Flow(Packet(socket.inet_ntoa(ends[1]), socket.inet_ntoa(ends[2]), way[1][0], port), told)


def cut(one: Flow) -> Message:
    """Forgets a flow: its next packet is asked for by the rules as the first of a connection."""
    body = attribute(_ORIGINAL | 0x8000, one.name)
    return Message(_SUBSYSTEM << 8 | _DELETE, _head() + body, tolerated=(errno.ENOENT,))


def _head() -> bytes:
    return struct.pack(">BBH", socket.AF_INET, 0, 0)
