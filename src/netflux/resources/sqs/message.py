"""Messages, what of them is in flight, and which were sent before: as records."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field

from netflux.controlplane.records.table import Schema
from netflux.resources.sqs.queue import QUEUE


@dataclass(frozen=True)
class Value:
    """A message attribute: a text or bytes, of a type such as `String` or `Number.float`."""

    type: str
    text: str | None = None
    binary: bytes | None = None


@dataclass(frozen=True)
class Draft:
    """A message that is to be sent.

    Attributes:
        delay: simulated seconds; None for the queue's.
        group: of a FIFO queue's message, or of a fair standard queue's.
        deduplication: of a FIFO queue's message; empty where its body stands for it.
        trace: the header of AWS X-Ray; empty for none.
        sender: what receivers are told of who sent it.
    """

    body: str
    attributes: Mapping[str, Value] = field(default_factory=dict)
    delay: int | None = None
    group: str = ""
    deduplication: str = ""
    trace: str = ""
    sender: str = ""


@dataclass(frozen=True)
class Message:
    """A message in a queue; it never changes but for the queue. Moments are seconds since 1970.

    Attributes:
        available: when it may be received first.
        sequence: greater than those of all messages that were sent before.
        source: ARN of the queue that it was taken out of as a dead letter; empty for none.
    """

    id: str
    queue: str
    body: str
    sent: float
    available: float
    sequence: int
    sender: str
    attributes: dict[str, Value] = field(default_factory=dict)
    group: str = ""
    deduplication: str = ""
    trace: str = ""
    source: str = ""


@dataclass(frozen=True)
class Delivery:
    """A message was received. Moments are seconds since 1970.

    Attributes:
        message: its id.
        count: times that it was received.
        first: when it was received first.
        last: when it was received last.
        until: when others see it again.
        token: in the receipt handle that was given last.
        attempt: the ReceiveRequestAttemptId with which it was received last; empty for none.
    """

    message: str
    queue: str
    count: int
    first: float
    last: float
    until: float
    token: str
    attempt: str = ""


@dataclass(frozen=True)
class Deduplication:
    """A message with this id was sent to a FIFO queue: until then, another one with it is the same one.

    Attributes:
        key: queue, group (where ids are its own) and deduplication id.
        message: the id of the one that was sent.
        sequence: its.
    """

    key: str
    queue: str
    message: str
    sequence: int
    until: float


MESSAGE = Schema(
    "sqs/message",
    Message,
    lambda message: message.id,
    indices={"queue": lambda message: (message.queue,)},
    references={"queue": QUEUE.name},
    remedy="Send it again: aws sqs send-message.",
)
DELIVERY = Schema(
    "sqs/delivery",
    Delivery,
    lambda delivery: delivery.message,
    indices={
        "message": lambda delivery: (delivery.message,),
        "attempt": lambda delivery: (attempt_key(delivery.queue, delivery.attempt),) if delivery.attempt else (),
    },
    references={"message": MESSAGE.name},
)
DEDUPLICATION = Schema(
    "sqs/deduplication",
    Deduplication,
    lambda one: one.key,
    indices={"queue": lambda one: (one.queue,)},
)


def attempt_key(queue: str, attempt: str) -> str:
    """Under which deliveries of one receive request are found."""
    return f"{queue} {attempt}"


def size(body: str, attributes: Mapping[str, Value]) -> int:
    """Bytes that a message has by its limit: of the body and of each attribute's name, type and value."""
    total = len(body.encode("utf-8", "surrogatepass"))
    for name, value in attributes.items():
        total += len(name.encode()) + len(value.type.encode())
        total += len(value.binary if value.binary is not None else (value.text or "").encode())
    return total


def digest_of_body(body: str) -> str:
    """MD5 of a body, in hexadecimal digits."""
    return hashlib.md5(body.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()


def digest(attributes: Mapping[str, Value]) -> str:
    """MD5 of message attributes ("Calculating the MD5 message digest for message attributes", Amazon SQS Developer
    Guide): each by name, length and bytes of name and type, a 1 for a text or a 2 for bytes, and the value."""
    found = hashlib.md5(usedforsecurity=False)
    for name, value in sorted(attributes.items()):
        found.update(_counted(name.encode()) + _counted(value.type.encode()))
        found.update(b"\1" if value.binary is None else b"\2")
        found.update(_counted(value.binary if value.binary is not None else (value.text or "").encode()))
    return found.hexdigest()


def _counted(part: bytes) -> bytes:
    return struct.pack("!I", len(part)) + part
