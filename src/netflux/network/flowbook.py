"""The book of flows: an nftables set that the packet path fills, an element for each 5-tuple and its fate. Pure.

An element counts its packets and bytes, and knows when its first and its last packet came: it is given a time to live
when it is made, which tells its age, and nftables' `last` tells since when it was not used (Linux 5.14).
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from netflux.network import nftables
from netflux.network.netlink import CREATE, Message, attribute, attributes, nest, pairs, text
from netflux.network.nftables import Verdict, big, expression, load

MOST = 65536
"""Flows in one book; what comes when it is full is not written down."""

_NEWSET, _GETELEMENTS = 9, 13
_TIMES, _FILLED_BY_RULES = 0x10, 0x20
_KEPT = 7 * 24 * 3600 * 1000
"""Milliseconds to live: longer than any book."""
_FIRST_REGISTER = 8
_KEY = struct.Struct(">4s4sHHB3xB3xB3x")
_TCP, _UDP = 6, 17
_FLAGS = 0x17
"""FIN, SYN, RST and ACK: those that flow logs show, of ACK only the one beside SYN."""
_WITH_EXPRESSIONS = 2


class Fate(IntEnum):
    """What became of a packet at the ends of its way."""

    KEPT = 1
    TURNED = 2
    LOST = 3
    PASSED = 4

    @property
    def chain(self) -> str:
        """Where rules send such packets to be written down."""
        return f"flow-{self.name.lower()}"


@dataclass(frozen=True)
class Ends:
    """What makes packets one flow; ports are 0 where the protocol has none.

    Attributes:
        protocol: number.
        flags: of TCP.
        fate: did not get out of its source's group or network ACL (`KEPT`), not into its destination's (`TURNED`), got
            out and came to no interface (`LOST`), or arrived (`PASSED`).
    """

    source: str
    destination: str
    source_port: int
    destination_port: int
    protocol: int
    flags: int
    fate: Fate


@dataclass(frozen=True)
class Flow:
    """What was seen of packets with the same ends.

    Attributes:
        packets: as the kernel handed them on: one may be a large segment that a wire would see as several.
        bytes: IP packets' lengths.
        first: Unix seconds.
        last: Unix seconds.
    """

    ends: Ends
    packets: int
    bytes: int
    first: float
    last: float


@dataclass(frozen=True)
class Page:
    """What was seen in some time.

    Attributes:
        full: the book was full, so there may have been more.
    """

    flows: tuple[Flow, ...] = ()
    full: bool = False


def book(name: str, identity: int) -> Message:
    """An empty book."""
    body = text(1, nftables.TABLE) + text(2, name) + big(3, _TIMES | _FILLED_BY_RULES) + big(4, 0) + big(5, _KEY.size)
    body += nest(9, big(1, MOST)) + big(10, identity) + attribute(11, struct.pack(">Q", _KEPT))
    return nftables.message(_NEWSET, body, CREATE)


def written(name: str) -> Iterator[Message]:
    """The chains' rules from now on write into this book."""
    for fate in Fate:
        yield nftables.emptied(fate.chain)
        for protocol in (_TCP, _UDP, 0):
            yield nftables.rule(fate.chain, str(protocol), _entry(name, fate, protocol))


def list_entries(name: str) -> Message:
    """Asks for all that a book has."""
    return nftables.message(_GETELEMENTS, text(1, nftables.TABLE) + text(2, name))


def entries(payload: bytes, now: float) -> Iterator[Flow]:
    """One answer to `list_entries`, which came at that moment."""
    for _, element in pairs(attributes(payload[4:]).get(3, b"")):
        yield _flow(attributes(element), now)


def since(flows: Sequence[Flow], before: Mapping[Ends, Flow]) -> Iterator[Flow]:
    """What was counted after an earlier reading of the same book."""
    for flow in flows:
        known = before.get(flow.ends)
        if known is None:
            yield flow
        elif flow.packets > known.packets:
            yield Flow(flow.ends, flow.packets - known.packets, flow.bytes - known.bytes, flow.last, flow.last)


def _entry(name: str, fate: Fate, protocol: int) -> list[bytes]:
    """Finds or makes the packet's element. Where a header is too short, the rule for all protocols does."""
    registers = _FIRST_REGISTER
    counting = [expression("counter", attribute(1, bytes(8)) + attribute(2, bytes(8))), expression("last", b"")]
    return [
        *(nftables.protocol(protocol) if protocol else []),
        load(1, 12, 4, registers), load(1, 16, 4, registers + 1),
        load(2, 0, 4, registers + 2) if protocol else _number(registers + 2, b"\0\0\0\0"),
        load(1, 9, 1, registers + 3),
        *(_flags(registers + 4) if protocol == _TCP else [_number(registers + 4, b"\0\0\0\0")]),
        _number(registers + 5, bytes([fate, 0, 0, 0])),
        expression("dynset", text(1, name) + big(3, 0) + big(4, registers) + big(9, _WITH_EXPRESSIONS)
                   + nest(10, *(attribute(1 | 0x8000, one) for one in counting))),
        *nftables.decide(Verdict.RETURN),
    ]  # fmt: skip


def _flags(register: int) -> list[bytes]:
    mask = nest(4, attribute(1, bytes([_FLAGS, 0, 0, 0]))) + nest(5, attribute(1, bytes(4)))
    return [load(2, 13, 1, register), expression("bitwise", big(1, register) + big(2, register) + big(3, 4) + mask)]


def _number(register: int, value: bytes) -> bytes:
    return expression("immediate", big(1, register) + nest(2, attribute(1, value)))


def _flow(element: Mapping[int, bytes], now: float) -> Flow:
    source, destination, source_port, port, protocol, flags, fate = _KEY.unpack(attributes(element[1])[1])
    ends = Ends(socket.inet_ntoa(source), socket.inet_ntoa(destination), source_port, port, protocol, flags, Fate(fate))
    left = struct.unpack(">Q", element[5])[0]
    idle, counted = 0, nftables.Counted(0, 0)
    for _, part in pairs(element.get(11, b"")):
        counted = nftables.counter(part) or counted
        told = attributes(part)
        if told.get(1) == b"last\0":
            idle = struct.unpack(">Q", attributes(told[2])[2])[0]
    last = now - idle / 1000
    return Flow(ends, counted.packets, counted.bytes, min(now - (_KEPT - left) / 1000, last), last)
