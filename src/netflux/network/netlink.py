"""Netlink: messages as bytes, and the sockets that carry them to the kernel.

Spoken directly, without a library: pyroute2 takes 0.4 s to import and keeps an event loop of its own, and what the
network needs of links, routes and nftables is a few dozen messages (docs/design/network.md).
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

ROUTE, NETFILTER = 0, 12
"""Protocols: linux/netlink.h, NETLINK_ROUTE and NETLINK_NETFILTER."""

REQUEST, ACK, DUMP = 0x01, 0x04, 0x300
REPLACE, EXCLUSIVE, CREATE, APPEND = 0x100, 0x200, 0x400, 0x800
"""Flags of messages: linux/netlink.h, NLM_F_…."""

_ERROR, _DONE = 2, 3
_HEADER = struct.Struct("=IHHII")
_ATTRIBUTE = struct.Struct("=HH")
_NESTED = 0x8000
_KIND = 0x3FFF
_RECEIVE = 1 << 18
_SOL_NETLINK, _SHORT_ANSWERS = 270, 10
"""linux/netlink.h: SOL_NETLINK and NETLINK_CAP_ACK, so that a refusal does not repeat the message."""
_PATIENCE = 30.0
"""Real seconds for an answer; the kernel answers while it sends, unless it waits for its lock of all links."""


@dataclass(frozen=True)
class Message:
    """A message.

    Attributes:
        kind: its type, such as RTM_NEWLINK.
        payload: family header and attributes.
        flags: besides REQUEST.
        tolerated: errno values that count as success: what is wanted is so already.
    """

    kind: int
    payload: bytes
    flags: int = ACK
    tolerated: tuple[int, ...] = ()


def attribute(kind: int, value: bytes) -> bytes:
    """One attribute, padded to four bytes."""
    return _ATTRIBUTE.pack(4 + len(value), kind) + value + b"\0" * (-len(value) % 4)


def nest(kind: int, *attributes: bytes) -> bytes:
    """An attribute that holds attributes."""
    return attribute(kind | _NESTED, b"".join(attributes))


def text(kind: int, value: str) -> bytes:
    """A string attribute; the kernel wants the zero byte."""
    return attribute(kind, value.encode() + b"\0")


def number(kind: int, value: int) -> bytes:
    """A 32-bit attribute in the machine's byte order, as routing takes them."""
    return attribute(kind, struct.pack("=I", value))


def attributes(data: bytes) -> dict[int, bytes]:
    """Attributes by kind; of those that repeat, the last one."""
    return dict(pairs(data))


def pairs(data: bytes) -> Iterator[tuple[int, bytes]]:
    """All attributes in their order."""
    place = 0
    while place + 4 <= len(data):
        length, kind = _ATTRIBUTE.unpack_from(data, place)
        if length < 4:
            return
        yield kind & _KIND, data[place + 4 : place + length]
        place += length + (-length % 4)


class Socket:
    """A netlink socket of the network namespace in which it is made, wherever it is used later. It blocks.

    Args:
        protocol: ROUTE or NETFILTER.
    """

    def __init__(self, protocol: int) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, protocol)
        self._socket.setsockopt(_SOL_NETLINK, _SHORT_ANSWERS, 1)
        self._socket.settimeout(_PATIENCE)
        self._socket.bind((0, 0))
        self._sequence = 0

    def close(self) -> None:
        """Ends it."""
        self._socket.close()

    def send(self, messages: Sequence[Message]) -> None:
        """Sends messages at once and waits until the kernel has answered for each that asks for it; the others are only
        told of when they are refused. The last one should ask.

        Raises:
            OSError: the first refusal, after all were answered; its text names the message's type.
        """
        sent: dict[int, Message] = {}
        parts: list[bytes] = []
        for message in messages:
            parts.append(self._packed(message))
            sent[self._sequence] = message
        waiting = {sequence for sequence, message in sent.items() if message.flags & ACK}
        self._socket.sendall(b"".join(parts))
        refusal: OSError | None = None
        while waiting:
            for kind, sequence, payload in self._receive():
                if kind == _ERROR and sequence in sent:
                    refusal = refusal or _refusal(sent[sequence], payload)
                    waiting.discard(sequence)
        if refusal is not None:
            raise refusal

    def dump(self, message: Message) -> list[bytes]:
        """The payloads of all answers to a request that lists."""
        self._socket.sendall(self._packed(Message(message.kind, message.payload, DUMP)))
        found: list[bytes] = []
        while True:
            for kind, sequence, payload in self._receive():
                if sequence != self._sequence:
                    continue
                if kind == _DONE:
                    return found
                if kind == _ERROR:
                    refusal = _refusal(message, payload)
                    if refusal is not None:
                        raise refusal
                    return found
                found.append(payload)

    def _packed(self, message: Message) -> bytes:
        self._sequence += 1
        length = _HEADER.size + len(message.payload)
        header = _HEADER.pack(length, message.kind, message.flags | REQUEST, self._sequence, 0)
        return header + message.payload + b"\0" * (-length % 4)

    def _receive(self) -> Iterator[tuple[int, int, bytes]]:
        data = self._socket.recv(_RECEIVE)
        place = 0
        while place + _HEADER.size <= len(data):
            length, kind, _, sequence, _ = _HEADER.unpack_from(data, place)
            yield kind, sequence, data[place + _HEADER.size : place + length]
            place += length + (-length % 4)


def _refusal(message: Message, payload: bytes) -> OSError | None:
    code = -struct.unpack_from("=i", payload)[0]
    if code == 0 or code in message.tolerated:
        return None
    return OSError(code, f"netlink message {message.kind:#x}: {os.strerror(code)}")
