"""nftables: sets, maps, chains and rules as netlink messages. Pure.

Numbers are those of linux/netfilter/nf_tables.h and nfnetlink.h; nftables has its own in network byte order.
"""

from __future__ import annotations

import errno
import socket
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from netflux.network.netlink import (
    ACK,
    APPEND,
    CREATE,
    Message,
    attribute,
    attributes,
    nest,
    pairs,
    text,
)

TABLE = "netflux"
_BATCH_BEGIN, _BATCH_END = 0x10, 0x11
_SUBSYSTEM = 10
_BATCH_BYTES = 64 * 1024
"""A batch must fit into a socket's send buffer, 208 KB where the system has not been changed."""

(_NEWTABLE, _DELTABLE, _NEWCHAIN, _DELCHAIN, _NEWRULE, _GETRULE, _DELRULE) = (0, 2, 3, 5, 6, 7, 8)
(_NEWSET, _DELSET, _NEWELEMENT, _DELELEMENT) = (9, 11, 12, 14)
_PREROUTING, _FORWARD, _OUTPUT, _POSTROUTING = 0, 2, 3, 4
_BEFORE_ROUTING, _AFTER_ROUTING = -100, 100
"""linux/netfilter_ipv4.h: NF_IP_PRI_NAT_DST, NF_IP_PRI_NAT_SRC."""
_REGISTER = 1
_VERDICTS = 0xFFFFFF00
_ADDRESS_TYPE = 7  # nft's own number for ipv4_addr, shown by `nft list ruleset`


class Verdict(IntEnum):
    """What a rule does with a packet."""

    DROP = 0
    ACCEPT = 1
    JUMP = -3
    GOTO = -4
    RETURN = -5


@dataclass(frozen=True)
class Counted:
    """What a rule has counted."""

    packets: int
    bytes: int


# Messages


def table() -> Message:
    """The table, made if it is absent."""
    return message(_NEWTABLE, text(1, TABLE), CREATE)


def no_table() -> Message:
    """Removes the table with all that is in it."""
    return message(_DELTABLE, text(1, TABLE))


def base_chain(name: str, priority: int, verdict: Verdict) -> Message:
    """A chain that every forwarded packet passes; with what befalls those that no rule decides."""
    hook = nest(4, big(1, _FORWARD), big(2, priority))
    return message(_NEWCHAIN, text(1, TABLE) + text(3, name) + hook + big(5, verdict) + text(7, "filter"), CREATE)


def diverting_chain(name: str) -> Message:
    """A chain that may give a connection another destination: it sees the first packet of those made here."""
    hook = nest(4, big(1, _OUTPUT), big(2, _BEFORE_ROUTING))
    return message(_NEWCHAIN, text(1, TABLE) + text(3, name) + hook + text(7, "nat"), CREATE)


def arriving_chain(name: str) -> Message:
    """The same for those that come from elsewhere."""
    hook = nest(4, big(1, _PREROUTING), big(2, _BEFORE_ROUTING))
    return message(_NEWCHAIN, text(1, TABLE) + text(3, name) + hook + text(7, "nat"), CREATE)


def chain(name: str) -> Message:
    """A chain that rules and maps lead to."""
    return message(_NEWCHAIN, text(1, TABLE) + text(3, name), CREATE)


def no_chain(name: str) -> Message:
    """Removes an empty chain that nothing leads to."""
    return message(_DELCHAIN, text(1, TABLE) + text(3, name))


def rule(chain_name: str, name: str, expressions: Sequence[bytes], before: int = 0) -> Message:
    """A rule at the end of a chain, or before the one with this handle; `name` is found again by `rules`."""
    body = text(1, TABLE) + text(2, chain_name) + nest(4, *(attribute(1 | 0x8000, one) for one in expressions))
    place = attribute(6, struct.pack(">Q", before)) if before else b""
    return message(_NEWRULE, body + place + attribute(7, name.encode()), CREATE | (0 if before else APPEND))


def no_rule(chain_name: str, handle: int) -> Message:
    """Removes a rule."""
    return message(_DELRULE, text(1, TABLE) + text(2, chain_name) + attribute(3, struct.pack(">Q", handle)))


def emptied(chain_name: str) -> Message:
    """Removes all rules of a chain."""
    return message(_DELRULE, text(1, TABLE) + text(2, chain_name))


def address_set(name: str, identity: int) -> Message:
    """A set of IPv4 addresses."""
    body = text(1, TABLE) + text(2, name) + big(3, 0) + big(4, _ADDRESS_TYPE) + big(5, 4) + big(10, identity)
    return message(_NEWSET, body, CREATE)


def verdict_map(name: str, identity: int) -> Message:
    """A map from IPv4 addresses to chains."""
    body = text(1, TABLE) + text(2, name) + big(3, 8) + big(4, _ADDRESS_TYPE) + big(5, 4)
    return message(_NEWSET, body + big(6, _VERDICTS) + big(7, 16) + big(10, identity), CREATE)


def address_map(name: str, identity: int) -> Message:
    """A map from IPv4 addresses to others."""
    body = text(1, TABLE) + text(2, name) + big(3, 8) + big(4, _ADDRESS_TYPE) + big(5, 4)
    return message(_NEWSET, body + big(6, _ADDRESS_TYPE) + big(7, 4) + big(10, identity), CREATE)


def no_set(name: str) -> Message:
    """Removes a set that no rule uses."""
    return message(_DELSET, text(1, TABLE) + text(2, name))


def elements(name: str, addresses: Iterable[str]) -> Iterator[Message]:
    """Puts addresses into a set."""
    for some in _chunks([nest(1, _key(one)) for one in addresses]):
        yield message(_NEWELEMENT, text(1, TABLE) + text(2, name) + nest(3, *some), CREATE)


def mapped(name: str, chains: Mapping[str, str]) -> Iterator[Message]:
    """Puts addresses and the chains that they lead to into a map."""
    found = [nest(1, _key(one), nest(2, _decision(Verdict.JUMP, goal))) for one, goal in chains.items()]
    for some in _chunks(found):
        yield message(_NEWELEMENT, text(1, TABLE) + text(2, name) + nest(3, *some), CREATE)


def translations(name: str, addresses: Mapping[str, str]) -> Iterator[Message]:
    """Puts addresses and those that they stand for into a map."""
    found = [nest(1, _key(one), nest(2, attribute(1, socket.inet_aton(other)))) for one, other in addresses.items()]
    for some in _chunks(found):
        yield message(_NEWELEMENT, text(1, TABLE) + text(2, name) + nest(3, *some), CREATE)


def no_elements(name: str, addresses: Iterable[str]) -> Iterator[Message]:
    """Takes addresses out of a set or map."""
    for some in _chunks([nest(1, _key(one)) for one in addresses]):
        yield message(_DELELEMENT, text(1, TABLE) + text(2, name) + nest(3, *some))


def batches(messages: Iterable[Message]) -> Iterator[list[Message]]:
    """Messages in transactions, each of which the kernel makes whole or not at all; one, unless they are very many."""
    batch: list[Message] = []
    size = 0
    for message in messages:
        if size > _BATCH_BYTES:
            yield _closed(batch)
            batch, size = [], 0
        batch.append(message)
        size += len(message.payload) + 16
    if batch:
        yield _closed(batch)


def _closed(batch: Sequence[Message]) -> list[Message]:
    last = batch[-1]
    around = struct.pack(">BBH", 0, 0, _SUBSYSTEM)
    asking = Message(last.kind, last.payload, last.flags | ACK, last.tolerated)
    return [Message(_BATCH_BEGIN, around, 0), *batch[:-1], asking, Message(_BATCH_END, around, 0)]


def list_rules(chain_name: str = "") -> Message:
    """Asks for the rules of a chain, or of the whole table."""
    body = text(1, TABLE) + (text(2, chain_name) if chain_name else b"")
    head = struct.pack(">BBH", socket.AF_INET, 0, 0)
    return Message(_SUBSYSTEM << 8 | _GETRULE, head + body, tolerated=(errno.ENOENT,))


@dataclass(frozen=True)
class Found:
    """A rule as the kernel has it."""

    chain: str
    name: str
    handle: int
    counted: Counted | None


def found(payload: bytes) -> Found:
    """One answer to `list_rules`."""
    told = attributes(payload[4:])
    counted = None
    for _, part in pairs(told.get(4, b"")):
        counted = counter(part) or counted
    return Found(told[2][:-1].decode(), told.get(7, b"").decode(), struct.unpack(">Q", told[3])[0], counted)


def counter(part: bytes) -> Counted | None:
    """What an expression has counted; None when it is no counter."""
    parts = attributes(part)
    if parts.get(1, b"") != b"counter\0":
        return None
    values = attributes(parts[2])
    return Counted(struct.unpack(">Q", values[2])[0], struct.unpack(">Q", values[1])[0])


# Expressions, the parts of a rule


def from_block(network: int, prefix: int, *, source: bool, inside: bool = True) -> list[bytes]:
    """The packet's source, else destination, is in the block, or is not."""
    if prefix == 0:
        return []
    mask = struct.pack(">I", (0xFFFFFFFF << (32 - prefix)) & 0xFFFFFFFF)
    loaded = [_address(source=source)]
    if prefix < 32:
        parts = big(1, _REGISTER) + big(2, _REGISTER) + big(3, 4)
        loaded.append(expression("bitwise", parts + nest(4, attribute(1, mask)) + nest(5, attribute(1, bytes(4)))))
    return [*loaded, _compare(struct.pack(">I", network), equal=inside)]


def in_set(name: str, *, source: bool) -> list[bytes]:
    """The packet's source, else destination, is in the set."""
    return [_address(source=source), expression("lookup", text(1, name) + big(2, _REGISTER))]


def by_map(name: str, *, source: bool) -> list[bytes]:
    """Goes to the chain that the map has for the packet's source, else destination; on, where it has none."""
    return [_address(source=source), expression("lookup", text(1, name) + big(2, _REGISTER) + big(3, 0))]


def protocol(value: int) -> list[bytes]:
    """The packet is of this IP protocol."""
    return [load(1, 9, 1), _compare(bytes([value]))]


def ports(low: int, high: int) -> list[bytes]:
    """The destination port is in the range; for TCP and UDP."""
    if low == high:
        return [load(2, 2, 2), _compare(struct.pack(">H", low))]
    bounds = nest(3, attribute(1, struct.pack(">H", low))) + nest(4, attribute(1, struct.pack(">H", high)))
    return [load(2, 2, 2), expression("range", big(1, _REGISTER) + big(2, 0) + bounds)]


def octet(offset: int, value: int) -> list[bytes]:
    """A byte of the transport header: an ICMP type (0) or code (1)."""
    return [load(2, offset, 1), _compare(bytes([value]))]


def tracked() -> list[bytes]:
    """The packet belongs to a connection that was let through, or is an error about one."""
    established_or_related = struct.pack("=I", 2 | 4)
    return [
        expression("ct", big(1, _REGISTER) + big(2, 0)),
        expression(
            "bitwise",
            big(1, _REGISTER) + big(2, _REGISTER) + big(3, 4)
            + nest(4, attribute(1, established_or_related)) + nest(5, attribute(1, bytes(4))),
        ),
        _compare(bytes(4), equal=False),
    ]  # fmt: skip


def entering_by(index: int) -> list[bytes]:
    """The packet came by this interface."""
    return [expression("meta", big(1, _REGISTER) + big(2, 4)), _compare(struct.pack("=I", index))]


def leaving_by(index: int) -> list[bytes]:
    """The packet leaves by this interface."""
    return [expression("meta", big(1, _REGISTER) + big(2, 5)), _compare(struct.pack("=I", index))]


def count() -> list[bytes]:
    """Counts what comes so far."""
    return [expression("counter", attribute(1, bytes(8)) + attribute(2, bytes(8)))]


def decide(verdict: Verdict, goal: str = "") -> list[bytes]:
    """What becomes of the packet; `goal` is the chain of a jump."""
    return [expression("immediate", big(1, 0) + nest(2, _decision(verdict, goal)))]


def leaving_chain(name: str) -> Message:
    """A chain that may give a connection another source: it sees the first packet of those that leave here."""
    hook = nest(4, big(1, _POSTROUTING), big(2, _AFTER_ROUTING))
    return message(_NEWCHAIN, text(1, TABLE) + text(3, name) + hook + text(7, "nat"), CREATE)


def as_own() -> list[bytes]:
    """The connection gets the address of the interface that it leaves by."""
    return [expression("masq", b"")]


def to_port(port: int) -> list[bytes]:
    """The connection goes to this port of the address that it was meant for."""
    loaded = expression("immediate", big(1, _REGISTER) + nest(2, attribute(1, struct.pack(">H", port))))
    return [loaded, expression("nat", big(1, 1) + big(2, socket.AF_INET) + big(5, _REGISTER))]


def translated(name: str) -> list[bytes]:
    """The connection goes to the address that the map has for the one it was meant for; on, where it has none."""
    found = expression("lookup", text(1, name) + big(2, _REGISTER) + big(3, _REGISTER))
    goal = big(1, 1) + big(2, socket.AF_INET) + big(3, _REGISTER)
    return [_address(source=False), found, expression("nat", goal)]


def prohibit() -> list[bytes]:
    """Refuses with ICMP "communication administratively prohibited"."""
    return [expression("reject", big(1, 0) + attribute(2, bytes([13])))]


def _decision(verdict: Verdict, goal: str) -> bytes:
    return nest(2, big(1, verdict), *([text(2, goal)] if goal else []))


def _address(*, source: bool) -> bytes:
    return load(1, 12 if source else 16, 4)


def load(base: int, offset: int, length: int, register: int = _REGISTER) -> bytes:
    """Bytes of the packet, in a register: of the network header (base 1) or the transport header (2)."""
    return expression("payload", big(1, register) + big(2, base) + big(3, offset) + big(4, length))


def _compare(value: bytes, *, equal: bool = True) -> bytes:
    return expression("cmp", big(1, _REGISTER) + big(2, 0 if equal else 1) + nest(3, attribute(1, value)))


def expression(name: str, data: bytes) -> bytes:
    """A part of a rule, or of a set's elements."""
    return text(1, name) + nest(2, data)


def _key(address: str) -> bytes:
    return nest(1, attribute(1, socket.inet_aton(address)))


def _chunks(parts: Sequence[bytes], size: int = 400) -> Iterator[Sequence[bytes]]:
    for start in range(0, len(parts), size):
        yield parts[start : start + size]


def big(kind: int, value: int) -> bytes:
    """A 32-bit attribute as nftables takes them."""
    return attribute(kind, struct.pack(">I", value & 0xFFFFFFFF))


def message(kind: int, body: bytes, flags: int = 0) -> Message:
    """A message about the table."""
    return Message(_SUBSYSTEM << 8 | kind, struct.pack(">BBH", socket.AF_INET, 0, 0) + body, flags)
