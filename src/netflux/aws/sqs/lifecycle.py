"""Queues: made, listed, changed, emptied, deleted."""

# ruff: noqa: ARG002 every operation takes the call, as the control plane hands it over

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from netflux.aws.sqs import attributes
from netflux.aws.sqs.part import TAGS, Part, Request
from netflux.aws.sqs.redrive import check_redrive
from netflux.controlplane.call import Call
from netflux.controlplane.identifiers import arn
from netflux.controlplane.operation import operation
from netflux.controlplane.records.paging import page
from netflux.errors import AwsError
from netflux.resources.sqs.checks import value
from netflux.resources.sqs.queue import Deleted, Queue, absent

_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}")
_FIFO_NAME = re.compile(r"[A-Za-z0-9_-]{1,75}\.fifo")
_MINUTE = 60
"""Simulated seconds between a queue's deletion and its next one, and between two purges ("DeleteQueue", "PurgeQueue",
Amazon SQS API Reference)."""
_MOST_LISTED = 1000


class Lifecycle(Part):
    """Handlers of queues."""

    @operation("QueueName Attributes tags")
    def create_queue(self, call: Call, request: Request) -> dict[str, Any]:
        """One that is there already with these attributes is the answer ("CreateQueue", Amazon SQS API Reference)."""
        name, given = request["QueueName"], request.get("Attributes") or {}
        now = self.kept.now()
        fifo = _is_fifo(name, given.get("FifoQueue"))
        place = arn("sqs", name, self.account, self.region)
        url = f"https://sqs.{self.region}.amazonaws.com/{self.account}/{name}"
        wanted = attributes.changed(Queue(name, place, url, now, now, fifo=fifo), given)
        known = self.kept.queues.get(name)
        if known is not None:
            self._check_same(known, wanted, given)
            return {"QueueUrl": known.url}
        gone = self.kept.deleted.get(name)
        if gone is not None and gone.at + self.kept.clock.real(_MINUTE) > now:
            raise AwsError(
                "QueueDeletedRecently",
                "You must wait 60 seconds after deleting a queue before you can create another with the same name.",
            )
        if given.get("RedrivePolicy"):
            check_redrive(self.kept, wanted, given["RedrivePolicy"])
        tags = TAGS.read(
            ({"Key": key, "Value": text} for key, text in (request.get("tags") or {}).items()),
            own=call.access_key is None,
        )
        self.kept.queues.put(replace(wanted, tags=tags))
        self.kept.deleted.delete(name)
        return {"QueueUrl": wanted.url}

    def _check_same(self, known: Queue, wanted: Queue, given: Any) -> None:
        had, asked = attributes.shown(known), attributes.shown(wanted)
        for name in given:
            if had.get(name) != asked.get(name):
                raise AwsError(
                    "QueueNameExists",
                    f"A queue already exists with the same name and a different value for attribute {name}",
                )

    @operation("QueueName QueueOwnerAWSAccountId")
    def get_queue_url(self, call: Call, request: Request) -> dict[str, Any]:
        """Of this account's queues: there is no other."""
        found = self.kept.queues.get(request["QueueName"])
        if found is None or request.get("QueueOwnerAWSAccountId") not in (None, self.account):
            raise absent()
        return {"QueueUrl": found.url}

    @operation("QueueNamePrefix NextToken MaxResults")
    def list_queues(self, call: Call, request: Request) -> dict[str, Any]:
        """Without MaxResults there is one page of at most 1,000 ("ListQueues", Amazon SQS API Reference)."""
        start, most = request.get("QueueNamePrefix") or "", request.get("MaxResults")
        return _listed("QueueUrls", [one.url for one in self.kept.queues if one.name.startswith(start)], most, request)

    @operation("QueueUrl")
    def delete_queue(self, call: Call, request: Request) -> dict[str, Any]:
        """With all its messages."""
        queue, now = self.queue(request), self.kept.now()
        self.kept.purge(queue)
        for one in self.kept.deduplications.where("queue", queue.name):
            self.kept.deduplications.delete(one.key)
        for task in self.kept.tasks.where("source", queue.arn):
            self.kept.tasks.delete(task.handle)
        self.kept.queues.delete(queue.name)
        for gone in [one for one in self.kept.deleted if one.at + self.kept.clock.real(_MINUTE) <= now]:
            self.kept.deleted.delete(gone.name)
        self.kept.deleted.put(Deleted(queue.name, now))
        return {}

    @operation("QueueUrl")
    def purge_queue(self, call: Call, request: Request) -> dict[str, Any]:
        """Once in 60 seconds."""
        queue, now = self.queue(request), self.kept.now()
        if queue.purged + self.kept.clock.real(_MINUTE) > now:
            raise AwsError(
                "PurgeQueueInProgress",
                f"Only one PurgeQueue operation on {queue.name} is allowed every 60 seconds.",
                403,
            )
        self.kept.purge(queue)
        self.kept.queues.put(replace(queue, purged=now))
        return {}

    @operation("QueueUrl AttributeNames")
    def get_queue_attributes(self, call: Call, request: Request) -> dict[str, Any]:
        """Those that are asked for, of those that the queue has."""
        queue, names = self.queue(request), request.get("AttributeNames") or ()
        for name in names:
            if name not in attributes.TOLD:
                raise attributes.unknown(name)
        found = {
            **attributes.shown(queue),
            **dict(zip(attributes.COUNTS, map(str, self.kept.counts(queue)), strict=True)),
        }
        told = {name: text for name, text in found.items() if "All" in names or name in names}
        return {"Attributes": told} if told else {}

    @operation("QueueUrl Attributes")
    def set_queue_attributes(self, call: Call, request: Request) -> dict[str, Any]:
        """Whether a queue is FIFO never changes."""
        queue, given = self.queue(request), request["Attributes"]
        if "FifoQueue" in given:
            if not queue.fifo:
                raise attributes.unknown("FifoQueue")
            if given["FifoQueue"].lower() != "true":
                raise attributes.wrong("FifoQueue", "Modifying queue type is not supported.")
        wanted = attributes.changed(queue, given)
        if given.get("RedrivePolicy"):
            check_redrive(self.kept, wanted, given["RedrivePolicy"])
        self.kept.queues.put(replace(wanted, modified=self.kept.now()))
        return {}

    @operation("QueueUrl NextToken MaxResults")
    def list_dead_letter_source_queues(self, call: Call, request: Any) -> dict[str, Any]:
        """Queues whose dead letters come here."""
        queue = self.queue(request)
        urls = [one.url for one in self.kept.queues.where("dead letters", queue.arn)]
        return _listed("queueUrls", urls, request.get("MaxResults"), request)


def _listed(member: str, urls: list[str], most: int | None, request: Any) -> dict[str, Any]:
    if most is not None and not 1 <= most <= _MOST_LISTED:
        raise value(most, "MaxResults", f"MaxResults must be between 1 and {_MOST_LISTED}.")
    if request.get("NextToken") and most is None:
        raise AwsError("InvalidParameterValue", "MaxResults is required where NextToken is given.")
    refusal = AwsError("InvalidParameterValue", "Invalid or expired NextToken. Use one that an answer has given.")
    shown, following = page(urls, request.get("NextToken"), most or _MOST_LISTED, refusal)
    found: dict[str, Any] = {member: shown} if shown or member == "queueUrls" else {}
    return found | ({"NextToken": following} if following and most is not None else {})


def _is_fifo(name: str, written: str | None) -> bool:
    if written is None:
        if not _NAME.fullmatch(name):
            raise AwsError(
                "InvalidParameterValue",
                "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length",
            )
        return False
    if written.lower() not in ("true", "false"):
        raise attributes.wrong("FifoQueue")
    if written.lower() == "false":
        raise attributes.unknown("FifoQueue")
    if not _FIFO_NAME.fullmatch(name):
        raise AwsError(
            "InvalidParameterValue",
            "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with "
            ".fifo suffix and be 1 to 80 in length",
        )
    return True
