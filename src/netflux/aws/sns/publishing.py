"""Messages are published."""

# ruff: noqa: ARG002 every operation takes the call, as the control plane hands it over

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from netflux.aws.sns.part import Part, Request, invalid
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.decoding import json
from netflux.errors import AwsError, Unsupported
from netflux.resources.sns.topic import Topic
from netflux.resources.sns.topics import Notice, sequence
from netflux.resources.sqs.message import Value, size

_INSTEAD = "Nothing is sent from here: publish to a topic, or run this part on AWS."
_MESSAGE = (
    "Message Subject MessageStructure MessageAttributes(DataType StringValue BinaryValue) MessageDeduplicationId "
)
LARGEST = 256 * 1024
"""Bytes of a message or of a batch ("Amazon SNS quotas", AWS General Reference)."""
_MOST_ENTRIES = 10
_LONGEST_SUBJECT = 100
_ENTRY = re.compile("[A-Za-z0-9_-]{1,80}")
_SUBJECT = re.compile(r"[!-~][ -~]*")
_TYPE = re.compile(r"(String|String\.Array|Number|Binary)(\..+)?")
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,256}")
_IDENTIFIER = re.compile(r"[!-~]{1,128}")


class Publishing(Part):
    """Handlers of what is published."""

    @operation(
        f"TopicArn TargetArn {_MESSAGE} MessageGroupId",
        refused={"PhoneNumber": _INSTEAD},
    )
    def publish(self, call: Call, request: Request) -> dict[str, Any]:
        """In each subscribed queue when the answer leaves."""
        target = request.get("TopicArn") or request.get("TargetArn")
        if not target:
            raise invalid("TopicArn or TargetArn Reason: no value for required parameter")
        if ":endpoint/" in target:
            raise Unsupported("sns:Publish to an application's endpoint", _INSTEAD)
        topic = self.topic(target)
        sent = self.kept.put(topic, _notice(topic, request))
        return {"MessageId": sent.id} | ({"SequenceNumber": sequence(sent.sequence)} if topic.fifo else {})

    @operation(f"TopicArn PublishBatchRequestEntries(Id {_MESSAGE} MessageGroupId)")
    def publish_batch(self, call: Call, request: Request) -> dict[str, Any]:
        """A message that is refused fails alone."""
        topic, entries = self.topic(request["TopicArn"]), request["PublishBatchRequestEntries"]
        _check_entries(entries)
        for one in entries if topic.fifo else ():
            if not one.get("MessageGroupId"):
                raise invalid("The MessageGroupId parameter is required for FIFO topics")
        done, refused = [], []
        for one in entries:
            try:
                sent = self.kept.put(topic, _notice(topic, one))
            except AwsError as error:
                told = {"Id": one["Id"], "Code": error.code, "Message": error.message, "SenderFault": True}
                refused.append(told)
            else:
                number = {"SequenceNumber": sequence(sent.sequence)} if topic.fifo else {}
                done.append({"Id": one["Id"], "MessageId": sent.id, **number})
        return {"Successful": done, "Failed": refused}


def _check_entries(entries: Sequence[Mapping[str, Any]]) -> None:
    """Refuses a batch as such ("PublishBatch", Amazon SNS API Reference)."""
    if not entries:
        raise AwsError("EmptyBatchRequest", "The batch request doesn't contain any entries.")
    if len(entries) > _MOST_ENTRIES:
        raise AwsError("TooManyEntriesInBatchRequest", "The batch request contains more entries than permissible.")
    if not all(_ENTRY.fullmatch(one["Id"]) for one in entries):
        raise AwsError(
            "InvalidBatchEntryId", "The Id of a batch entry in a batch request doesn't abide by the specification."
        )
    if len({one["Id"] for one in entries}) != len(entries):
        raise AwsError("BatchEntryIdsNotDistinct", "Two or more batch entries in the request have the same Id.")
    if sum(size(one["Message"], _attributes(one)) for one in entries) > LARGEST:
        raise AwsError(
            "BatchRequestTooLong", "The length of all the batch messages put together is more than the limit."
        )


def _notice(topic: Topic, given: Mapping[str, Any]) -> Notice:
    """A message, checked ("Publish", Amazon SNS API Reference)."""
    message, attributes, subject = given["Message"], _attributes(given), given.get("Subject")
    if not message:
        raise invalid("Empty message")
    if size(message, attributes) > LARGEST:
        raise invalid("Message too long")
    if subject is not None and not (len(subject) <= _LONGEST_SUBJECT and _SUBJECT.fullmatch(subject)):
        raise invalid("Subject")
    for name, one in attributes.items():
        _check_attribute(name, one)
    group, identity = given.get("MessageGroupId") or "", given.get("MessageDeduplicationId") or ""
    _check_identifiers(topic, group, identity)
    return Notice(_texts(message, given.get("MessageStructure")), subject or "", attributes, group, identity)


def _check_identifiers(topic: Topic, group: str, identity: str) -> None:
    if topic.fifo and not group:
        raise invalid("The MessageGroupId parameter is required for FIFO topics")
    if topic.fifo and not identity and not topic.content_based:
        raise invalid(
            "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided "
            "explicitly"
        )
    if identity and not topic.fifo:
        raise invalid(
            "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not "
            "valid for this topic type"
        )
    for name, text in (("MessageGroupId", group), ("MessageDeduplicationId", identity)):
        if text and not _IDENTIFIER.fullmatch(text):
            raise invalid(f"{name} Reason: It has 1 to 128 alphanumeric characters and punctuation")


def _texts(message: str, structure: str | None) -> dict[str, str]:
    if structure is None:
        return {"default": message}
    if structure != "json":
        raise invalid("MessageStructure")
    try:
        found = json.value(message)
    except ValueError as error:
        raise invalid("Message Structure - JSON message body failed to parse") from error
    if not isinstance(found, dict) or not isinstance(found.get("default"), str):
        raise invalid("Message Structure - No default entry in JSON message body")
    return {protocol: text for protocol, text in found.items() if isinstance(text, str)}


def _attributes(given: Mapping[str, Any]) -> dict[str, Value]:
    return {
        name: Value(one["DataType"], one.get("StringValue"), one.get("BinaryValue"))
        for name, one in (given.get("MessageAttributes") or {}).items()
    }


def _check_attribute(name: str, one: Value) -> None:
    if not _NAME.fullmatch(name) or name.startswith(".") or name.endswith(".") or ".." in name:
        raise _value(f"The message attribute name '{name}' is invalid.")
    if not _TYPE.fullmatch(one.type):
        raise _value(
            f"The message attribute '{name}' has an invalid message attribute type, the set of supported type prefixes "
            "is Binary, Number, and String."
        )
    if (one.binary is None) == one.type.startswith("Binary") or not (one.binary or one.text):
        raise _value(
            f"The message attribute '{name}' must contain non-empty message attribute value for message attribute type "
            f"'{one.type}'."
        )
    if one.type.startswith("Number"):
        try:
            float(one.text or "")
        except ValueError:
            raise _value(f"The message attribute '{name}' has a value that is no number.") from None


def _value(message: str) -> AwsError:
    return AwsError("ParameterValueInvalid", message)
