"""SQS: queues and their policies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from netflux.cloudformation.shape import text
from netflux.cloudformation.types.table import Facts, Read, Row, Step, Tagging

_GONE = ("QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue")
_ATTRIBUTES = {
    "ContentBasedDeduplication": "false", "DeduplicationScope": "queue", "DelaySeconds": "0",
    "FifoThroughputLimit": "perQueue", "KmsDataKeyReusePeriodSeconds": "300", "KmsMasterKeyId": "",
    "MaximumMessageSize": "1048576", "MessageRetentionPeriod": "345600", "ReceiveMessageWaitTimeSeconds": "0",
    "RedriveAllowPolicy": "", "RedrivePolicy": "", "SqsManagedSseEnabled": "true", "VisibilityTimeout": "30",
}  # fmt: skip
"""Properties that are attributes of a queue, each with what it is where a template has it no more ("CreateQueue",
Amazon SQS API Reference)."""


def _attributes(facts: Facts) -> dict[str, str]:
    return {name: text(facts.new[name]) for name in _ATTRIBUTES if name in facts.new}


def _queue(facts: Facts) -> list[dict[str, Any]]:
    """A name that CloudFormation makes up for a FIFO queue ends as such names must."""
    name, fifo = str(facts.new["QueueName"]), str(facts.new.get("FifoQueue", "")).lower() == "true"
    made: dict[str, Any] = {"QueueName": f"{name}.fifo" if fifo and not name.endswith(".fifo") else name}
    made["Attributes"] = _attributes(facts) | ({"FifoQueue": "true"} if fifo else {})
    tags = {str(one["Key"]): text(one["Value"]) for one in facts.new.get("Tags") or []}
    return [made | ({"tags": tags} if tags else {})]


def _changed(facts: Facts) -> list[dict[str, Any]]:
    return [{"QueueUrl": facts.id, "Attributes": _attributes(facts)}]


_QUEUE = Row(
    type="AWS::SQS::Queue",
    service="sqs",
    create=Step("CreateQueue", (*_ATTRIBUTES, "FifoQueue", "QueueName", "Tags"), build=_queue),
    id="$response.QueueUrl",
    read=Read("GetQueueAttributes", {"QueueUrl": "$id", "AttributeNames": ["All"]}, "$response.Attributes"),
    probe=Read("GetQueueUrl", {"QueueName": "$new.QueueName"}, "$response.QueueUrl"),
    attributes={
        "Arn": "$item.QueueArn",
        "QueueName": lambda facts: facts.id.rpartition("/")[2],
        "QueueUrl": "$id",
    },
    update=(Step("SetQueueAttributes", tuple(_ATTRIBUTES), build=_changed, defaults=_ATTRIBUTES),),
    delete=(Step("DeleteQueue", params={"QueueUrl": "$id"}),),
    gone=_GONE,
    named="QueueName",
    name_length=74,
    tags=Tagging("TagQueue", "UntagQueue", {"QueueUrl": "$id"}),
)


def _policies(document: Callable[[Facts], str], which: Callable[[Facts], list[str]]) -> Callable[[Facts], Any]:
    def build(facts: Facts) -> list[dict[str, Any]]:
        return [{"QueueUrl": url, "Attributes": {"Policy": document(facts)}} for url in which(facts)]

    return build


def _wanted(facts: Facts) -> str:
    return text(facts.new["PolicyDocument"])


def _queues(facts: Facts) -> list[str]:
    return list(facts.new["Queues"])


def _lost(facts: Facts) -> list[str]:
    return [url for url in facts.old.get("Queues", []) if url not in facts.new["Queues"]]


def _one(facts: Facts) -> list[str]:
    return [str(facts.new["Queue"])]


def _nothing(_facts: Facts) -> str:
    return ""


_QUEUE_POLICY = Row(
    type="AWS::SQS::QueuePolicy",
    service="sqs",
    create=Step("", ()),
    id="{logical}-{token}",
    attributes={"Id": "$id"},
    also=(
        Step("SetQueueAttributes", ("Queues", "PolicyDocument"), build=_policies(_wanted, _queues)),
        Step("SetQueueAttributes", ("Queues",), build=_policies(_nothing, _lost), ignore=_GONE),
    ),
    delete=(Step("SetQueueAttributes", build=_policies(_nothing, _queues), ignore=_GONE),),
    gone=_GONE,
)
_INLINE_POLICY = Row(
    type="AWS::SQS::QueueInlinePolicy",
    service="sqs",
    create=Step("SetQueueAttributes", ("Queue", "PolicyDocument"), build=_policies(_wanted, _one)),
    id="$new.Queue",
    unique=False,
    update=(Step("SetQueueAttributes", ("PolicyDocument",), build=_policies(_wanted, _one)),),
    delete=(Step("SetQueueAttributes", build=_policies(_nothing, _one), ignore=_GONE),),
    gone=_GONE,
)

ROWS = (_QUEUE, _QUEUE_POLICY, _INLINE_POLICY)
