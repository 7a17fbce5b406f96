"""What all of SQS's operations share: the queue that a request names, receipt handles, refusals."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from netflux.controlplane.authentication.keys import Keys
from netflux.controlplane.call import Call
from netflux.controlplane.tagging import Tagger
from netflux.errors import AwsError
from netflux.resources.sqs.message import Delivery, Message
from netflux.resources.sqs.queue import Queue, absent
from netflux.resources.sqs.queues import Queues

TAGS = Tagger("InvalidParameterValue", "InvalidParameterValue")
MOST_ENTRIES = 10
_ENTRY = re.compile("[A-Za-z0-9_-]{1,80}")
_ACCOUNT = re.compile("[0-9]{12}")
Entry = Mapping[str, Any]
Request = dict[str, Any]
"""As botocore shapes it."""


@dataclass(frozen=True)
class Receipt:
    """What a receipt handle says.

    Attributes:
        queue: the queue's name.
        message: the message's id.
        token: the delivery's.
    """

    queue: str
    message: str
    token: str


class Part:
    """Handlers of one noun.

    Args:
        queues: the tables.
        keys: tell receivers who sent a message.
        place: region and account.
    """

    def __init__(self, queues: Queues, keys: Keys, place: tuple[str, str]) -> None:
        self.documents = queues.documents
        self.kept = queues
        self.keys = keys
        self.region, self.account = place

    def queue(self, request: Mapping[str, Any]) -> Queue:
        """The queue that the request names by its URL: at whichever host, and by its bare name, too."""
        parts = str(request["QueueUrl"]).rstrip("/").split("/")
        found = self.kept.queues.get(parts[-1])
        elsewhere = len(parts) > 1 and _ACCOUNT.fullmatch(parts[-2]) and parts[-2] != self.account
        if found is None or elsewhere:
            raise absent()
        return found

    def by_arn(self, arn: str) -> Queue:
        """The queue that the request names by its ARN."""
        found = self.kept.find(arn)
        if found is None:
            raise AwsError(
                "ResourceNotFoundException",
                "The resource that you specified for the SourceArn parameter doesn't exist.",
                404,
            )
        return found

    def sender(self, call: Call) -> str:
        """The id of who calls: a user's, a role's with its session, or the account's."""
        key = self.keys.known(call.access_key) if call.access_key else None
        return key.identity if key is not None and key.identity else self.account

    def received(self, queue: Queue, handle: str) -> Receipt:
        """What the handle of a message of this queue says."""
        found = parsed(handle)
        if found is None or found.queue != queue.name:
            raise AwsError(
                "ReceiptHandleIsInvalid", f'The input receipt handle "{handle}" is not a valid receipt handle.'
            )
        return found


def handle(message: Message, delivery: Delivery) -> str:
    """The receipt handle of a delivery."""
    return base64.b64encode(f"{message.queue} {message.id} {delivery.token}".encode()).decode()


def parsed(text: str) -> Receipt | None:
    """What a receipt handle says; None where it is none."""
    try:
        parts = base64.b64decode(text.encode(), validate=True).decode().split(" ")
    except (binascii.Error, ValueError):
        return None
    return Receipt(*parts) if len(parts) == 3 else None


def check_entries(entries: Sequence[Entry], noun: str) -> None:
    """Refuses a batch as such ("Amazon SQS batch actions", Amazon SQS Developer Guide)."""
    if not entries:
        raise AwsError("EmptyBatchRequest", f"There should be at least one {noun} in the request.")
    if len(entries) > MOST_ENTRIES:
        raise AwsError(
            "TooManyEntriesInBatchRequest",
            f"Maximum number of entries per request are {MOST_ENTRIES}. You have sent {len(entries)}.",
        )
    seen: set[str] = set()
    for one in entries:
        if not _ENTRY.fullmatch(one["Id"]):
            raise AwsError(
                "InvalidBatchEntryId",
                "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most "
                "80 letters long.",
            )
    for one in entries:
        if one["Id"] in seen:
            raise AwsError("BatchEntryIdsNotDistinct", f"Id {one['Id']} repeated.")
        seen.add(one["Id"])


def failed(entry: Entry, error: AwsError) -> dict[str, Any]:
    """An entry of a batch that was refused."""
    return {"Id": entry["Id"], "SenderFault": True, "Code": error.code, "Message": error.message}


def answered(successful: Iterable[Mapping[str, Any]], refused: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A batch's answer."""
    found: dict[str, Any] = {"Successful": [*successful]}
    return found | ({"Failed": [*refused]} if refused else {})
