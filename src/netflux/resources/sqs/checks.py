"""What a message must be to be put into a queue: pure, in SQS's words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from netflux.errors import AwsError
from netflux.resources.sqs.message import Draft, Value, size
from netflux.resources.sqs.queue import Queue

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,256}")
_TYPE = re.compile(r"(String|Number|Binary)(\..+)?")
_IDENTIFIER = re.compile(r"[A-Za-z0-9!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~]{1,128}")
_MOST_ATTRIBUTES = 10
LONGEST_DELAY = 900
_LONGEST_TYPE = 256
_MAGNITUDE, _DIGITS = Decimal(10) ** 126, 38
_WRONG_TYPE = "The request include parameter that is not valid for this queue type."


def check(queue: Queue, draft: Draft) -> None:
    """Refuses what the queue does not take ("SendMessage", Amazon SQS API Reference)."""
    if not draft.body:
        raise AwsError("MissingParameter", "The request must contain the parameter MessageBody.")
    if size(draft.body, draft.attributes) > queue.largest:
        raise AwsError(
            "InvalidParameterValue",
            f"One or more parameters are invalid. Reason: Message must be shorter than {queue.largest} bytes.",
        )
    if _NOT_XML.search(draft.body):
        raise _characters()
    check_attributes(draft.attributes)
    if draft.delay is not None and not 0 <= draft.delay <= LONGEST_DELAY:
        raise value(draft.delay, "DelaySeconds", f"DelaySeconds must be >= 0 and <= {LONGEST_DELAY}.")
    if queue.fifo:
        _check_fifo(queue, draft)
    elif draft.deduplication:
        raise value(draft.deduplication, "MessageDeduplicationId", _WRONG_TYPE)
    for name, given in (("MessageGroupId", draft.group), ("MessageDeduplicationId", draft.deduplication)):
        if given and not _IDENTIFIER.fullmatch(given):
            raise value(
                given,
                name,
                f"{name} can only include alphanumeric and punctuation characters. 1 to 128 in length.",
            )


def check_attributes(attributes: Mapping[str, Value]) -> None:
    """Refuses what is no message attribute ("Amazon SQS message metadata", Amazon SQS Developer Guide)."""
    if len(attributes) > _MOST_ATTRIBUTES:
        raise AwsError(
            "InvalidParameterValue",
            f"Number of message attributes [{len(attributes)}] exceeds the allowed maximum [{_MOST_ATTRIBUTES}].",
        )
    for name, given in attributes.items():
        _check_name(name)
        _check_value(name, given)


def _check_fifo(queue: Queue, draft: Draft) -> None:
    if draft.delay:
        raise value(draft.delay, "DelaySeconds", _WRONG_TYPE)
    if not draft.group:
        raise AwsError("MissingParameter", "The request must contain the parameter MessageGroupId.")
    if not draft.deduplication and not queue.content_based:
        raise AwsError(
            "InvalidParameterValue",
            "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided "
            "explicitly",
        )


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise AwsError(
            "InvalidParameterValue",
            f"The message attribute name '{name}' is invalid. Attribute name can contain A-Z, a-z, 0-9, underscore "
            "(_), hyphen (-), and period (.) characters.",
        )
    if name.startswith(".") or name.endswith(".") or ".." in name or name.lower().startswith(("aws.", "amazon.")):
        raise AwsError(
            "InvalidParameterValue",
            f"The message attribute name '{name}' is invalid. It may not begin or end with a period, have two "
            "periods in succession, or begin with AWS. or Amazon.",
        )


def _check_value(name: str, given: Value) -> None:
    if not given.type:
        raise AwsError("InvalidParameterValue", f"The message attribute '{name}' must contain a non-empty type.")
    if len(given.type) > _LONGEST_TYPE or not _TYPE.fullmatch(given.type):
        raise AwsError(
            "InvalidParameterValue",
            f"The message attribute '{name}' has an invalid message attribute type, the set of supported type prefixes "
            "is Binary, Number, and String.",
        )
    kind = given.type.partition(".")[0]
    if (given.binary is None) == (kind == "Binary") or not (given.binary or given.text):
        raise AwsError(
            "InvalidParameterValue",
            f"The message attribute '{name}' must contain a non-empty message attribute value for message attribute "
            f"type '{kind}'.",
        )
    if given.text is not None and _NOT_XML.search(given.text):
        raise _characters()
    if kind == "Number" and not _is_number(given.text or ""):
        raise AwsError(
            "InvalidParameterValue",
            f"Can't cast the value of message (user) attribute '{name}' to a number.",
        )


def _is_number(text: str) -> bool:
    try:
        found = Decimal(text)
    except InvalidOperation:
        return False
    if not found.is_finite() or abs(found) >= _MAGNITUDE:
        return False
    return len("".join(map(str, found.as_tuple().digits)).strip("0")) <= _DIGITS


def value(given: object, parameter: str, reason: str) -> AwsError:
    """InvalidParameterValue."""
    return AwsError("InvalidParameterValue", f"Value {given} for parameter {parameter} is invalid. Reason: {reason}")


def _characters() -> AwsError:
    return AwsError(
        "InvalidMessageContents",
        "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | "
        "#x10000 to #x10FFFF",
    )
