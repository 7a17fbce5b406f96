"""SQS of the release before: queues and their messages were moto's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from netflux.aws.sqs import attributes
from netflux.controlplane.call import Caller
from netflux.controlplane.records.documents import Documents
from netflux.errors import AwsError
from netflux.resources.sqs.message import DELIVERY, MESSAGE, Delivery, Message, Value
from netflux.resources.sqs.queue import QUEUE, Queue

_TRACE = "AWSTraceHeader"


class Moto(Caller, Protocol):
    """Where they are."""

    async def queued(self, queue: str) -> list[dict[str, Any]]:
        """The messages of a queue."""
        ...


async def adopt(moto: Moto, documents: Documents) -> None:
    """Puts records of all that is there; a queue that has a record already is left as it is, with its messages."""
    queues, messages, deliveries = documents.table(QUEUE), documents.table(MESSAGE), documents.table(DELIVERY)
    for url in (await moto.call("sqs", "ListQueues", {})).get("QueueUrls") or ():
        queue = await _queue(moto, url)
        if queue.name in queues:
            continue
        found = await moto.queued(queue.name)
        with documents.transaction():
            queues.put(queue)
            for number, told in enumerate(found):
                message = _message(queue, told, number)
                messages.put(message)
                delivery = _delivery(message, told)
                if delivery is not None:
                    deliveries.put(delivery)


async def _queue(moto: Moto, url: str) -> Queue:
    asked = {"QueueUrl": url, "AttributeNames": ["All"]}
    told: dict[str, str] = (await moto.call("sqs", "GetQueueAttributes", asked))["Attributes"]
    tags = (await moto.call("sqs", "ListQueueTags", {"QueueUrl": url})).get("Tags") or {}
    arn, name = told["QueueArn"], told["QueueArn"].rpartition(":")[2]
    region, account = arn.split(":")[3:5]
    place = f"https://sqs.{region}.amazonaws.com/{account}/{name}"
    created, modified = float(told["CreatedTimestamp"]), float(told["LastModifiedTimestamp"])
    queue = Queue(name, arn, place, created, modified, fifo=name.endswith(".fifo"), tags=dict(tags))
    given = {each: text for each, text in told.items() if each in attributes.SETTABLE and text}
    if given.get("KmsMasterKeyId"):
        given.pop("SqsManagedSseEnabled", None)
    for each in sorted(given, key=lambda one: one == "FifoThroughputLimit"):  # after what it depends on
        queue = _with(queue, each, given[each])
    return queue


def _with(queue: Queue, name: str, text: str) -> Queue:
    """The queue with an attribute; moto took values that AWS refuses, which are left out."""
    try:
        return attributes.changed(queue, {name: text})
    except AwsError:
        return queue


def _message(queue: Queue, told: Mapping[str, Any], number: int) -> Message:
    sent = float(told["sent_timestamp"] or 0) / 1000
    trace = (told["system_attributes"] or {}).get(_TRACE) or {}
    return Message(
        id=told["id"],
        queue=queue.name,
        body=told["body"],
        sent=sent,
        available=max(sent, float(told["delayed_until"] or 0) / 1000),
        sequence=int(sent * 1_000_000) + number,
        sender=told["sender_id"],
        attributes={name: _value(one) for name, one in (told["message_attributes"] or {}).items()},
        group=told["group_id"] or "",
        deduplication=told["deduplication_id"] or "",
        trace=trace.get("StringValue") or "",
    )


def _value(told: Mapping[str, Any]) -> Value:
    binary = told.get("BinaryValue")
    return Value(told.get("DataType") or "String", None if binary else told.get("StringValue"), binary or None)


def _delivery(message: Message, told: Mapping[str, Any]) -> Delivery | None:
    """Handles that moto gave are no good any more: the message comes again when it is visible."""
    count = int(told["approximate_receive_count"] or 0)
    if not count:
        return None
    first = float(told["approximate_first_receive_timestamp"] or 0) / 1000
    until = float(told["visible_at"] or 0) / 1000
    return Delivery(message.id, message.queue, count, first, first, until, token="")
