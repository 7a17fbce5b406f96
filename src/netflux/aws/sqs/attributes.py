"""Queue attributes, between the texts of the API and a queue's record: pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from netflux.decoding import json as decoding
from netflux.errors import AwsError
from netflux.policy.document import PolicyError, parse
from netflux.resources.sqs.checks import value
from netflux.resources.sqs.queue import LARGEST, PER_QUEUE, Queue, Redrive, RedriveAllow

NUMBERS = {
    "DelaySeconds": ("delay", 0, 900),
    "MaximumMessageSize": ("largest", 1024, LARGEST),
    "MessageRetentionPeriod": ("retention", 60, 1_209_600),
    "ReceiveMessageWaitTimeSeconds": ("wait", 0, 20),
    "VisibilityTimeout": ("visibility", 0, 43_200),
    "KmsDataKeyReusePeriodSeconds": ("key_reuse", 60, 86_400),
}
"""By attribute, the record's field and the range ("SetQueueAttributes", Amazon SQS API Reference)."""
FLAGS = {"ContentBasedDeduplication": "content_based", "SqsManagedSseEnabled": "managed"}
CHOICES = {
    "DeduplicationScope": ("scope", ("messageGroup", "queue")),
    "FifoThroughputLimit": ("throughput", (PER_QUEUE, "perMessageGroupId")),
}
ONLY_FIFO = ("ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit")
_ARN = re.compile(r"arn:aws:sqs:([a-z0-9-]+):([0-9]{12}):([A-Za-z0-9_-]{1,80}(?:\.fifo)?)")
_MOST_RECEIVES = 1000
_MOST_SOURCES = 10
_MOST_POLICY = 8192
_NUMBER = re.compile("[0-9]{1,9}")


def changed(queue: Queue, given: Mapping[str, str]) -> Queue:
    """The queue with these attributes; what depends on other queues is `redrive.check`'s.

    Raises:
        AwsError: an attribute is unknown, is not this kind of queue's, or has a value that it can't have.
    """
    fields: dict[str, Any] = {}
    for name, text in given.items():
        if name not in SETTABLE or (name in ONLY_FIFO and not queue.fifo):
            raise unknown(name)
        fields |= _field(name, text)
    if fields.get("managed") and fields.get("key"):
        raise AwsError(
            "InvalidAttributeName",
            "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS "
            "SSE.",
        )
    if fields.get("managed"):
        fields["key"] = ""
    if fields.get("key"):
        fields["managed"] = False
    found = replace(queue, **fields)
    if found.throughput != PER_QUEUE and found.scope != "messageGroup":
        raise AwsError(
            "InvalidAttributeValue",
            "The perMessageGroupId value is allowed only when the value for DeduplicationScope is messageGroup.",
        )
    return found


def _field(name: str, text: str) -> dict[str, Any]:
    """The record's field of an attribute, read."""
    if name in NUMBERS:
        return {NUMBERS[name][0]: _number(name, text)}
    if name in FLAGS:
        return {FLAGS[name]: _flag(name, text)}
    if name in CHOICES:
        return {CHOICES[name][0]: _choice(name, text)}
    if name in _READ:
        field, read = _READ[name]
        return {field: read(text)}
    return {}


def shown(queue: Queue) -> dict[str, str]:
    """All attributes that the queue has, without its counts."""
    found = {
        "QueueArn": queue.arn,
        "CreatedTimestamp": str(int(queue.created)),
        "LastModifiedTimestamp": str(int(queue.modified)),
    }
    found |= {name: str(getattr(queue, field)) for name, (field, _, _) in NUMBERS.items()}
    found["SqsManagedSseEnabled"] = _truth(queue.managed)
    if queue.key:
        found["KmsMasterKeyId"] = queue.key
    else:
        del found["KmsDataKeyReusePeriodSeconds"]
    if queue.policy:
        found["Policy"] = queue.policy
    if queue.redrive is not None:
        found["RedrivePolicy"] = _compact(
            {"deadLetterTargetArn": queue.redrive.target, "maxReceiveCount": queue.redrive.most}
        )
    if queue.redrive_allow is not None:
        allow = queue.redrive_allow
        told: dict[str, Any] = {"redrivePermission": allow.permission}
        found["RedriveAllowPolicy"] = _compact(told | ({"sourceQueueArns": [*allow.sources]} if allow.sources else {}))
    if queue.fifo:
        found["FifoQueue"] = "true"
        found["ContentBasedDeduplication"] = _truth(queue.content_based)
        found["DeduplicationScope"], found["FifoThroughputLimit"] = queue.scope, queue.throughput
    return found


def unknown(name: str) -> AwsError:
    """InvalidAttributeName."""
    return AwsError("InvalidAttributeName", f"Unknown Attribute {name}.")


def wrong(name: str, reason: str = "") -> AwsError:
    """InvalidAttributeValue."""
    said = f" Reason: {reason}" if reason else ""
    return AwsError("InvalidAttributeValue", f"Invalid value for the parameter {name}.{said}")


def region_and_account(arn: str) -> tuple[str, str] | None:
    """Of a queue's ARN; None where it is none."""
    found = _ARN.fullmatch(arn)
    return (found[1], found[2]) if found else None


def _number(name: str, text: str) -> int:
    _, least, most = NUMBERS[name]
    if not _NUMBER.fullmatch(text) or not least <= int(text) <= most:
        raise wrong(name)
    return int(text)


def _flag(name: str, text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise wrong(name)
    return text.lower() == "true"


def _choice(name: str, text: str) -> str:
    if text not in CHOICES[name][1]:
        raise wrong(name)
    return text


def _policy(text: str) -> str:
    if not text:
        return ""
    if len(text.encode()) > _MOST_POLICY:
        raise wrong("Policy", f"It is longer than {_MOST_POLICY} bytes.")
    try:
        parse(text, needs_principal=True)
    except PolicyError as error:
        raise wrong("Policy", f"{error}.") from error
    return text


def _redrive(text: str) -> Redrive | None:
    if not text:
        return None
    given = _object("RedrivePolicy", text)
    for name in ("deadLetterTargetArn", "maxReceiveCount"):
        if name not in given:
            raise value(text, "RedrivePolicy", f"Redrive policy does not contain mandatory attribute: {name}.")
    for name in given:
        if name not in ("deadLetterTargetArn", "maxReceiveCount"):
            raise value(text, "RedrivePolicy", f"Redrive policy has an unknown attribute: {name}.")
    target, most = given["deadLetterTargetArn"], str(given["maxReceiveCount"])
    if not isinstance(target, str) or not _ARN.fullmatch(target):
        raise value(text, "RedrivePolicy", "Invalid value for deadLetterTargetArn.")
    if (
        isinstance(given["maxReceiveCount"], bool)
        or not _NUMBER.fullmatch(most)
        or not 1 <= int(most) <= _MOST_RECEIVES
    ):
        raise value(
            text,
            "RedrivePolicy",
            f"Invalid value for maxReceiveCount: {most}, valid values are from 1 to {_MOST_RECEIVES} both inclusive.",
        )
    return Redrive(target, int(most))


def _redrive_allow(text: str) -> RedriveAllow | None:
    if not text:
        return None
    given = _object("RedriveAllowPolicy", text)
    permission, sources = given.get("redrivePermission"), given.get("sourceQueueArns", [])
    if permission not in ("allowAll", "denyAll", "byQueue"):
        raise value(text, "RedriveAllowPolicy", "Invalid value for redrivePermission.")
    if not isinstance(sources, list) or not all(isinstance(one, str) and _ARN.fullmatch(one) for one in sources):
        raise value(text, "RedriveAllowPolicy", "Invalid value for sourceQueueArns.")
    if bool(sources) != (permission == "byQueue") or len(sources) > _MOST_SOURCES:
        raise value(
            text,
            "RedriveAllowPolicy",
            f"sourceQueueArns has 1 to {_MOST_SOURCES} queues where redrivePermission is byQueue, and is absent "
            "otherwise.",
        )
    if any(name not in ("redrivePermission", "sourceQueueArns") for name in given):
        raise value(text, "RedriveAllowPolicy", "It has an unknown attribute.")
    return RedriveAllow(permission, tuple(sources))


def _object(name: str, text: str) -> dict[str, Any]:
    try:
        found = decoding.value(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise value(text, name, f"{name} is not a valid JSON map.")
    return found


_READ: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "Policy": ("policy", _policy),
    "RedrivePolicy": ("redrive", _redrive),
    "RedriveAllowPolicy": ("redrive_allow", _redrive_allow),
    "KmsMasterKeyId": ("key", str),
}
SETTABLE = frozenset({*NUMBERS, *FLAGS, *CHOICES, *_READ, "FifoQueue"})
COUNTS = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)
TOLD = frozenset({*SETTABLE, *COUNTS, "QueueArn", "CreatedTimestamp", "LastModifiedTimestamp", "All"})


def _compact(given: Mapping[str, Any]) -> str:
    return json.dumps(given, separators=(",", ":"))


def _truth(flag: bool) -> str:
    return "true" if flag else "false"
