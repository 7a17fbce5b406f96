"""Messages are received, held and deleted."""

# ruff: noqa: ARG002 every operation takes the call, as the control plane hands it over

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from netflux.aws.sqs.part import Part, Request, answered, check_entries, failed, handle
from netflux.aws.sqs.sending import sequence
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.resources.sqs.checks import value
from netflux.resources.sqs.message import Delivery, Message, Value, digest, digest_of_body
from netflux.resources.sqs.queue import Queue
from netflux.resources.sqs.queues import Received, Wanted

LONGEST_WAIT, LONGEST_VISIBILITY = 20, 43_200
_MOST = 10
_MOST_IN_FLIGHT = 120_000
"""Of a queue ("Amazon SQS standard queue quotas", Amazon SQS Developer Guide)."""
_SYSTEM = frozenset(
    {
        "All", "SenderId", "SentTimestamp", "ApproximateReceiveCount", "ApproximateFirstReceiveTimestamp",
        "SequenceNumber", "MessageDeduplicationId", "MessageGroupId", "AWSTraceHeader", "DeadLetterQueueSourceArn",
    }
)  # fmt: skip


class Receiving(Part):
    """Handlers of what is received."""

    @operation(
        "QueueUrl AttributeNames MessageSystemAttributeNames MessageAttributeNames MaxNumberOfMessages "
        "VisibilityTimeout WaitTimeSeconds ReceiveRequestAttemptId"
    )
    async def receive_message(self, _call: Call, request: Request) -> dict[str, Any]:
        """Messages as soon as there are any, or none after the wait that the request or its queue asks for.

        A wait is the client's own, so it takes real seconds at any speed.
        """
        queue = self.queue(request)
        wanted = _wanted(queue, request)
        system = {*request.get("AttributeNames", ()), *request.get("MessageSystemAttributeNames", ())}
        for name in system - _SYSTEM:
            raise AwsError("InvalidAttributeName", f"Unknown Attribute {name}.")
        wait = request.get("WaitTimeSeconds")
        wait = queue.wait if wait is None else wait
        if not 0 <= wait <= LONGEST_WAIT:
            raise value(wait, "WaitTimeSeconds", f"Must be >= 0 and <= {LONGEST_WAIT}, if provided.")
        deadline = time.monotonic() + wait
        while True:
            found = self._take(request, wanted)
            left = deadline - time.monotonic()
            if found or left <= 0:
                names = request.get("MessageAttributeNames", ())
                return {"Messages": [_shown(one, system, names) for one in found]} if found else {}
            await self.kept.arrival(queue.name, left)

    def _take(self, request: Mapping[str, Any], wanted: Wanted) -> list[Received]:
        queue = self.queue(request)
        if self.kept.in_flight(queue) >= _MOST_IN_FLIGHT:
            raise AwsError("OverLimit", f"Too many messages are in flight: {_MOST_IN_FLIGHT}. Delete some.", 403)
        if not wanted.attempt and not self.kept.may_receive(queue):
            return []
        with self.documents.transaction():
            return self.kept.receive(queue, wanted)

    @operation("QueueUrl ReceiptHandle")
    def delete_message(self, call: Call, request: Request) -> dict[str, Any]:
        """A message that is deleted already is no error."""
        self._delete(self.queue(request), request["ReceiptHandle"])
        return {}

    @operation("QueueUrl Entries(Id ReceiptHandle)")
    def delete_message_batch(self, call: Call, request: Request) -> dict[str, Any]:
        """A handle that is none fails alone."""
        queue = self.queue(request)
        check_entries(request["Entries"], "DeleteMessageBatchRequestEntry")
        done, refused = [], []
        for one in request["Entries"]:
            try:
                self._delete(queue, one["ReceiptHandle"])
                done.append({"Id": one["Id"]})
            except AwsError as error:
                refused.append(failed(one, error))
        return answered(done, refused)

    def _delete(self, queue: Queue, text: str) -> None:
        receipt = self.received(queue, text)
        message, delivery = self._held(queue, receipt.message)
        if message is None:
            return
        if queue.fifo and (delivery is None or delivery.token != receipt.token or delivery.until <= self.kept.now()):
            raise value(text, "ReceiptHandle", "The receipt handle has expired.")
        self.kept.remove(message)

    def _held(self, queue: Queue, identity: str) -> tuple[Message | None, Delivery | None]:
        message = self.kept.messages.get(identity)
        if message is None or message.queue != queue.name:
            return None, None
        return message, self.kept.deliveries.get(identity)

    @operation("QueueUrl ReceiptHandle VisibilityTimeout")
    def change_message_visibility(self, call: Call, request: Request) -> dict[str, Any]:
        """Of a message in flight, for at most 12 hours since it was received."""
        self._hold(self.queue(request), request["ReceiptHandle"], request["VisibilityTimeout"])
        return {}

    @operation("QueueUrl Entries(Id ReceiptHandle VisibilityTimeout)")
    def change_message_visibility_batch(self, call: Call, request: Request) -> dict[str, Any]:
        """A message that is not in flight fails alone."""
        queue = self.queue(request)
        check_entries(request["Entries"], "ChangeMessageVisibilityBatchRequestEntry")
        done, refused = [], []
        for one in request["Entries"]:
            try:
                self._hold(queue, one["ReceiptHandle"], one.get("VisibilityTimeout", queue.visibility))
                done.append({"Id": one["Id"]})
            except AwsError as error:
                refused.append(failed(one, error))
        return answered(done, refused)

    def _hold(self, queue: Queue, text: str, seconds: int) -> None:
        if not 0 <= seconds <= LONGEST_VISIBILITY:
            raise value(seconds, "VisibilityTimeout", f"VisibilityTimeout must be >= 0 and <= {LONGEST_VISIBILITY}.")
        receipt, now = self.received(queue, text), self.kept.now()
        message, delivery = self._held(queue, receipt.message)
        if message is None or delivery is None or delivery.token != receipt.token:
            raise value(
                text,
                "ReceiptHandle",
                "Message does not exist or is not available for visibility timeout change.",
            )
        if delivery.until <= now:
            raise AwsError("MessageNotInflight", "The message referred to is not in flight.")
        until = now + self.kept.clock.real(seconds)
        if until > delivery.last + self.kept.clock.real(LONGEST_VISIBILITY):
            raise value(
                seconds,
                "VisibilityTimeout",
                f"Total VisibilityTimeout for the message is beyond the limit [{LONGEST_VISIBILITY} seconds]",
            )
        self.kept.hold(delivery, until)


def _wanted(queue: Queue, request: Mapping[str, Any]) -> Wanted:
    most, visibility = request.get("MaxNumberOfMessages"), request.get("VisibilityTimeout")
    if most is not None and not 1 <= most <= _MOST:
        raise value(most, "MaxNumberOfMessages", f"Must be between 1 and {_MOST}, if provided.")
    if visibility is not None and not 0 <= visibility <= LONGEST_VISIBILITY:
        raise value(visibility, "VisibilityTimeout", f"Must be between 0 and {LONGEST_VISIBILITY}, if provided.")
    attempt = request.get("ReceiveRequestAttemptId") or ""
    if attempt and not queue.fifo:
        raise value(
            attempt,
            "ReceiveRequestAttemptId",
            "The request include parameter that is not valid for this queue type.",
        )
    return Wanted(most or 1, visibility, attempt)


def _shown(received: Received, system: Iterable[str], names: Sequence[str]) -> dict[str, Any]:
    message, delivery = received
    found: dict[str, Any] = {
        "MessageId": message.id,
        "ReceiptHandle": handle(message, delivery),
        "MD5OfBody": digest_of_body(message.body),
        "Body": message.body,
    }
    told = {name: text for name, text in _system(message, delivery).items() if text and _asked(name, system)}
    if told:
        found["Attributes"] = told
    own = {name: one for name, one in message.attributes.items() if _named(name, names)}
    if own:
        found["MD5OfMessageAttributes"] = digest(own)
        found["MessageAttributes"] = {name: _value(one) for name, one in own.items()}
    return found


def _system(message: Message, delivery: Delivery) -> dict[str, str]:
    fifo = message.queue.endswith(".fifo")
    return {
        "SenderId": message.sender,
        "SentTimestamp": str(int(message.sent * 1000)),
        "ApproximateReceiveCount": str(delivery.count),
        "ApproximateFirstReceiveTimestamp": str(int(delivery.first * 1000)),
        "SequenceNumber": sequence(message.sequence) if fifo else "",
        "MessageDeduplicationId": message.deduplication,
        "MessageGroupId": message.group,
        "AWSTraceHeader": message.trace,
        "DeadLetterQueueSourceArn": message.source,
    }


def _asked(name: str, names: Iterable[str]) -> bool:
    return name in names or "All" in names


def _named(name: str, patterns: Sequence[str]) -> bool:
    """`All`, `.*`, a name, or a prefix that ends in `.*` ("ReceiveMessage", Amazon SQS API Reference)."""
    return any(
        one in ("All", name) or (one.endswith("*") and name.startswith(one[:-1].removesuffix("."))) for one in patterns
    )


def _value(one: Value) -> dict[str, Any]:
    shown: dict[str, Any] = {"DataType": one.type}
    if one.binary is not None:
        return shown | {"BinaryValue": one.binary}
    return shown | {"StringValue": one.text}
