"""Messages are sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netflux.aws.sqs.part import Part, Request, answered, check_entries, failed
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.resources.sqs.checks import value
from netflux.resources.sqs.message import Draft, Value, digest, digest_of_body, size
from netflux.resources.sqs.queue import LARGEST, Queue
from netflux.resources.sqs.queues import Sent

_VALUE = "(DataType StringValue BinaryValue)"
_LISTS = "SQS has no attributes that are lists. Send each value as an attribute of its own."
_TRACE = "AWSTraceHeader"
_FIRST = 10**19
"""What a sequence number begins at: on AWS they have 20 digits."""


def _refused(above: str = "") -> dict[str, str]:
    lists = {
        f"{above}{member}.{name}": _LISTS
        for member in ("MessageAttributes", "MessageSystemAttributes")
        for name in ("StringListValues", "BinaryListValues")
    }
    return {**lists, f"{above}MessageSystemAttributes.BinaryValue": "A trace header is a text: send a StringValue."}


class Sending(Part):
    """Handlers of what is sent."""

    @operation(
        f"QueueUrl MessageBody DelaySeconds MessageAttributes{_VALUE} MessageSystemAttributes(DataType StringValue) "
        "MessageDeduplicationId MessageGroupId",
        refused=_refused(),
    )
    def send_message(self, call: Call, request: Request) -> dict[str, Any]:
        """On disk when the answer leaves."""
        queue = self.queue(request)
        draft = self._draft(call, request)
        return _told(queue, draft, self.kept.put(queue, draft))

    @operation(
        f"QueueUrl Entries(Id MessageBody DelaySeconds MessageAttributes{_VALUE} "
        "MessageSystemAttributes(DataType StringValue) MessageDeduplicationId MessageGroupId)",
        refused=_refused("Entries."),
    )
    def send_message_batch(self, call: Call, request: Request) -> dict[str, Any]:
        """A message that its queue does not take fails alone."""
        queue, entries = self.queue(request), request["Entries"]
        check_entries(entries, "SendMessageBatchRequestEntry")
        total = sum(size(one["MessageBody"], _attributes(one.get("MessageAttributes"))) for one in entries)
        if total > LARGEST:
            raise AwsError(
                "BatchRequestTooLong",
                f"Batch requests cannot be longer than {LARGEST} bytes. You have sent {total} bytes.",
            )
        _check_batch(queue, entries)
        sent, refused = [], []
        for one in entries:
            try:
                draft = self._draft(call, one)
                sent.append({"Id": one["Id"], **_told(queue, draft, self.kept.put(queue, draft))})
            except AwsError as error:
                refused.append(failed(one, error))
        return answered(sent, refused)

    def _draft(self, call: Call, given: Mapping[str, Any]) -> Draft:
        return Draft(
            body=given["MessageBody"],
            attributes=_attributes(given.get("MessageAttributes")),
            delay=given.get("DelaySeconds"),
            group=_named(given, "MessageGroupId"),
            deduplication=_named(given, "MessageDeduplicationId"),
            trace=_trace(_attributes(given.get("MessageSystemAttributes"))),
            sender=self.sender(call),
        )


def _attributes(given: Mapping[str, Any] | None) -> dict[str, Value]:
    return {
        name: Value(one["DataType"], one.get("StringValue"), one.get("BinaryValue"))
        for name, one in (given or {}).items()
    }


def _named(given: Mapping[str, Any], member: str) -> str:
    if given.get(member) == "":
        raise value(
            "", member, f"{member} can only include alphanumeric and punctuation characters. 1 to 128 in length."
        )
    return given.get(member) or ""


def _trace(given: Mapping[str, Value]) -> str:
    for name, one in given.items():
        if name != _TRACE:
            raise AwsError(
                "InvalidParameterValue", f"The message system attribute {name} is invalid. It may be {_TRACE}."
            )
        if one.type != "String" or not one.text:
            raise AwsError(
                "InvalidParameterValue", f"The message system attribute {_TRACE} must be a non-empty String."
            )
        return one.text
    return ""


def _check_batch(queue: Queue, entries: Any) -> None:
    """A FIFO queue refuses all of a batch for an entry without what every message of it has."""
    for one in entries if queue.fifo else ():
        if not one.get("MessageGroupId"):
            raise AwsError("InvalidParameterValue", "The request must contain the parameter MessageGroupId.")
        if not one.get("MessageDeduplicationId") and not queue.content_based:
            raise AwsError(
                "InvalidParameterValue",
                "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided "
                "explicitly",
            )


def _told(queue: Queue, draft: Draft, sent: Sent) -> dict[str, Any]:
    found = {"MessageId": sent.id, "MD5OfMessageBody": digest_of_body(draft.body)}
    if draft.attributes:
        found["MD5OfMessageAttributes"] = digest(draft.attributes)
    if draft.trace:
        found["MD5OfMessageSystemAttributes"] = digest({_TRACE: Value("String", draft.trace)})
    return found | ({"SequenceNumber": sequence(sent.sequence)} if queue.fifo else {})


def sequence(number: int) -> str:
    """A sequence number as it is shown."""
    return str(_FIRST + number)
