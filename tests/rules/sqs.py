"""What SQS refuses."""

from __future__ import annotations

import json
from typing import Any

from netflux import names
from netflux.controlplane.apis import Apis
from tests.controlplane.plane import Plane
from tests.rules.rule import Rule

SERVICE = "sqs"

ARN = f"arn:aws:sqs:{names.REGION}:{names.ACCOUNT}:"
CREATE, SET = "API reference, CreateQueue", "API reference, SetQueueAttributes"
SEND, RECEIVE = "API reference, SendMessage", "API reference, ReceiveMessage"
QUOTAS = "Amazon SQS message quotas"
QUEUE_QUOTAS = "Amazon SQS standard queue quotas"
BATCH = "Amazon SQS batch actions"
METADATA = "Amazon SQS message metadata"
DEAD = "Using dead-letter queues in Amazon SQS"
FIFO = "Amazon SQS FIFO queues"
URL, LONG = "{queue}", "x" * (1024 * 1024 + 1)


def register(_plane: Plane, _apis: Apis) -> None:
    """The plane has SQS."""


async def prepare(apis: Apis) -> dict[str, str]:
    """A standard queue with a message in flight and one that was deleted, a FIFO queue, and queues for dead letters."""

    async def made(name: str, **attributes: str) -> str:
        return str((await apis.call(SERVICE, "CreateQueue", {"QueueName": name, "Attributes": attributes}))["QueueUrl"])

    async def received(url: str, **more: Any) -> str:
        await apis.call(SERVICE, "SendMessage", {"QueueUrl": url, "MessageBody": "m", **more})
        (message,) = (await apis.call(SERVICE, "ReceiveMessage", {"QueueUrl": url}))["Messages"]
        return str(message["ReceiptHandle"])

    found = {"queue": await made("queue"), "fifo": await made("line.fifo", FifoQueue="true")}
    await made("dead")
    await made("dead.fifo", FifoQueue="true")
    await made("closed", RedriveAllowPolicy=json.dumps({"redrivePermission": "denyAll"}))
    only = {"redrivePermission": "byQueue", "sourceQueueArns": [f"{ARN}other"]}
    await made("picky", RedriveAllowPolicy=json.dumps(only))
    found["handle"] = await received(found["queue"])
    found["gone"] = await received(found["queue"])
    await apis.call(SERVICE, "DeleteMessage", {"QueueUrl": found["queue"], "ReceiptHandle": found["gone"]})
    found["seen"] = await received(found["queue"])
    held = {"QueueUrl": found["queue"], "ReceiptHandle": found["seen"], "VisibilityTimeout": 0}
    await apis.call(SERVICE, "ChangeMessageVisibility", held)
    found["late"] = await received(found["fifo"], MessageGroupId="g", MessageDeduplicationId="d")
    held = {"QueueUrl": found["fifo"], "ReceiptHandle": found["late"], "VisibilityTimeout": 0}
    await apis.call(SERVICE, "ChangeMessageVisibility", held)
    found["deleted"] = await made("deleted")
    await apis.call(SERVICE, "DeleteQueue", {"QueueUrl": found["deleted"]})
    found["purged"] = await made("purged")
    await apis.call(SERVICE, "PurgeQueue", {"QueueUrl": found["purged"]})
    permission = {"Label": "known", "AWSAccountIds": ["111111111111"], "Actions": ["SendMessage"]}
    await apis.call(SERVICE, "AddPermission", {"QueueUrl": found["queue"], **permission})
    return found


def _create(rule: str, code: str, says: str = "", page: str = CREATE, /, **attributes: str) -> Rule:
    return Rule(rule, "CreateQueue", {"QueueName": "new", "Attributes": attributes}, code, page, says)


def _fifo(rule: str, code: str, says: str = "", /, **attributes: str) -> Rule:
    given = {"QueueName": "new.fifo", "Attributes": {"FifoQueue": "true", **attributes}}
    return Rule(rule, "CreateQueue", given, code, FIFO, says)


def _name(rule: str, name: str, says: str, **attributes: str) -> Rule:
    return Rule(
        rule, "CreateQueue", {"QueueName": name, "Attributes": attributes}, "InvalidParameterValue", CREATE, says
    )


def _range(attribute: str, *values: str) -> list[Rule]:
    return [
        _create(
            f"{attribute} is a number of its range, not {value}",
            "InvalidAttributeValue",
            attribute,
            **{attribute: value},
        )
        for value in values
    ]


def _set(rule: str, code: str, says: str = "", page: str = SET, /, url: str = URL, **attributes: str) -> Rule:
    return Rule(rule, "SetQueueAttributes", {"QueueUrl": url, "Attributes": attributes}, code, page, says)


def _redrive(rule: str, says: str, policy: Any) -> Rule:
    text = policy if isinstance(policy, str) else json.dumps(policy)
    return _set(rule, "InvalidParameterValue", says, DEAD, RedrivePolicy=text)


def _send(rule: str, says: str, page: str = SEND, /, code: str = "InvalidParameterValue", **params: Any) -> Rule:
    return Rule(rule, "SendMessage", {"QueueUrl": URL, "MessageBody": "m", **params}, code, page, says)


def _attribute(rule: str, says: str, name: str = "a", **value: Any) -> Rule:
    return _send(rule, says, METADATA, MessageAttributes={name: {"DataType": "String", **value}})


def _in_line(rule: str, code: str, says: str, **params: Any) -> Rule:
    return Rule(rule, "SendMessage", {"QueueUrl": "{fifo}", "MessageBody": "m", **params}, code, FIFO, says)


def _receive(rule: str, says: str, /, **params: Any) -> Rule:
    return Rule(rule, "ReceiveMessage", {"QueueUrl": URL, **params}, "InvalidParameterValue", RECEIVE, says)


def _absent(call: str, **params: Any) -> Rule:
    given = {"QueueUrl": "http://localhost/123456789012/none", **params}
    return Rule(
        f"{call}: the queue is there", call, given, "QueueDoesNotExist", f"API reference, {call}", "does not exist"
    )


def _batch(call: str, **entry: Any) -> list[Rule]:
    def of(rule: str, code: str, says: str, *entries: dict[str, Any]) -> Rule:
        return Rule(f"{call}: {rule}", call, {"QueueUrl": URL, "Entries": [*entries]}, code, BATCH, says)

    return [
        of("a batch has an entry", "EmptyBatchRequest", f"at least one {call}RequestEntry"),
        of("a batch has at most ten entries", "TooManyEntriesInBatchRequest", "You have sent 11",
           *({"Id": str(number), **entry} for number in range(11))),
        of("each id stands once", "BatchEntryIdsNotDistinct", "Id a repeated", *[{"Id": "a", **entry}] * 2),
        of("ids have letters, digits, hyphens and underscores", "InvalidBatchEntryId", "80", {"Id": "a b", **entry}),
        of("ids have at most 80 characters", "InvalidBatchEntryId", "80 letters", {"Id": "a" * 81, **entry}),
    ]  # fmt: skip


def _permission(rule: str, code: str, says: str, **params: Any) -> Rule:
    given = {"QueueUrl": URL, "Label": "l", "AWSAccountIds": ["111111111111"], "Actions": ["SendMessage"], **params}
    return Rule(rule, "AddPermission", given, code, "API reference, AddPermission", says)


def _hold(rule: str, code: str, says: str, handle: str, seconds: int = 1) -> Rule:
    given = {"QueueUrl": URL, "ReceiptHandle": handle, "VisibilityTimeout": seconds}
    return Rule(rule, "ChangeMessageVisibility", given, code, "API reference, ChangeMessageVisibility", says)


RULES = [
    _name("A queue's name has letters, digits, hyphens and underscores", "a b", "alphanumeric"),
    _name("A queue's name has at most 80 characters", "a" * 81, "1 to 80"),
    _name("A standard queue's name does not end in .fifo", "a.fifo", "alphanumeric"),
    _name("A FIFO queue's name ends in .fifo", "a", "must end with .fifo", FifoQueue="true"),
    _name("A FIFO queue's name has at most 80 characters", "a" * 76 + ".fifo", ".fifo", FifoQueue="true"),
    _create("A standard queue does not say FifoQueue", "InvalidAttributeName", "FifoQueue", FifoQueue="false"),
    _create("FifoQueue is true", "InvalidAttributeValue", "FifoQueue", FifoQueue="yes"),
    _create("Attributes are known", "InvalidAttributeName", "Unknown Attribute Colour.", Colour="red"),
    *_range("DelaySeconds", "-1", "901", "x"),
    *_range("MaximumMessageSize", "1023", "1048577"),
    *_range("MessageRetentionPeriod", "59", "1209601"),
    *_range("ReceiveMessageWaitTimeSeconds", "21", "1.5"),
    *_range("VisibilityTimeout", "43201", "-1"),
    *_range("KmsDataKeyReusePeriodSeconds", "59", "86401"),
    _create("SqsManagedSseEnabled is true or false", "InvalidAttributeValue", "Sqs", SqsManagedSseEnabled="maybe"),
    _create("A queue has one kind of encryption", "InvalidAttributeName", "one type of server-side encryption",
            "Encryption at rest in Amazon SQS", SqsManagedSseEnabled="true", KmsMasterKeyId="alias/aws/sqs"),
    _create("Content-based deduplication is a FIFO queue's", "InvalidAttributeName", "ContentBased", FIFO,
            ContentBasedDeduplication="true"),
    _create("DeduplicationScope is a FIFO queue's", "InvalidAttributeName", "Dedup", FIFO, DeduplicationScope="queue"),
    _create("A limit by group is a FIFO queue's", "InvalidAttributeName", "Fifo", FIFO, FifoThroughputLimit="perQueue"),
    _create("A policy is JSON", "InvalidAttributeValue", "Policy", Policy="{"),
    _create("A policy names principals", "InvalidAttributeValue", "Policy", Policy=json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}]})),
    _fifo("DeduplicationScope is messageGroup or queue", "InvalidAttributeValue", "Dedup", DeduplicationScope="all"),
    _fifo("FifoThroughputLimit is perQueue or perMessageGroupId", "InvalidAttributeValue", FifoThroughputLimit="all"),
    _fifo("A limit by group needs deduplication by group", "InvalidAttributeValue", "messageGroup",
          FifoThroughputLimit="perMessageGroupId"),
    Rule("A queue of this name has the same attributes", "CreateQueue",
         {"QueueName": "queue", "Attributes": {"DelaySeconds": "7"}}, "QueueNameExists", CREATE, "DelaySeconds"),
    Rule("A deleted queue's name is free after 60 seconds", "CreateQueue", {"QueueName": "deleted"},
         "QueueDeletedRecently", "API reference, DeleteQueue", "60 seconds"),
    Rule("A queue has at most 50 tags", "CreateQueue",
         {"QueueName": "new", "tags": {f"k{number}": "v" for number in range(51)}}, "InvalidParameterValue",
         "Amazon SQS queue tagging", ""),
    _set("Attributes of a queue are known", "InvalidAttributeName", "Colour", Colour="red"),
    _set("A standard queue does not become FIFO", "InvalidAttributeName", "FifoQueue", FIFO, FifoQueue="true"),
    _set("A FIFO queue stays one", "InvalidAttributeValue", "not supported", FIFO, url="{fifo}", FifoQueue="false"),
    _set("What is told can't be set", "InvalidAttributeName", "QueueArn", QueueArn="x"),
    _redrive("A redrive policy is JSON", "not a valid JSON map", "{"),
    _redrive("A redrive policy has a target", "deadLetterTargetArn", {"maxReceiveCount": 1}),
    _redrive("A redrive policy has a count", "maxReceiveCount", {"deadLetterTargetArn": f"{ARN}dead"}),
    _redrive("A redrive policy's count is 1 or more", "1 to 1000",
             {"deadLetterTargetArn": f"{ARN}dead", "maxReceiveCount": 0}),
    _redrive("A redrive policy's count is 1,000 or less", "1 to 1000",
             {"deadLetterTargetArn": f"{ARN}dead", "maxReceiveCount": 1001}),
    _redrive("A redrive policy's target is an ARN", "deadLetterTargetArn",
             {"deadLetterTargetArn": "dead", "maxReceiveCount": 1}),
    _redrive("A redrive policy's target is there", "does not exist",
             {"deadLetterTargetArn": f"{ARN}none", "maxReceiveCount": 1}),
    _redrive("A dead-letter queue is of the source's kind", "same type",
             {"deadLetterTargetArn": f"{ARN}dead.fifo", "maxReceiveCount": 1}),
    _redrive("A dead-letter queue is of the source's account", "owner",
             {"deadLetterTargetArn": f"arn:aws:sqs:{names.REGION}:999999999999:dead", "maxReceiveCount": 1}),
    _redrive("A dead-letter queue lets the source use it", "RedriveAllowPolicy",
             {"deadLetterTargetArn": f"{ARN}closed", "maxReceiveCount": 1}),
    _redrive("A dead-letter queue that names its sources names this one", "RedriveAllowPolicy",
             {"deadLetterTargetArn": f"{ARN}picky", "maxReceiveCount": 1}),
    _set("A redrive allow policy has a permission", "InvalidParameterValue", "redrivePermission", DEAD,
         RedriveAllowPolicy="{}"),
    _set("A redrive allow policy by queue names queues", "InvalidParameterValue", "sourceQueueArns", DEAD,
         RedriveAllowPolicy='{"redrivePermission":"byQueue"}'),
    _set("A redrive allow policy names at most ten queues", "InvalidParameterValue", "1 to 10", DEAD,
         RedriveAllowPolicy=json.dumps({"redrivePermission": "byQueue", "sourceQueueArns": [f"{ARN}q"] * 11})),
    _absent("DeleteQueue"), _absent("PurgeQueue"), _absent("GetQueueAttributes"), _absent("ListQueueTags"),
    _absent("SetQueueAttributes", Attributes={"DelaySeconds": "1"}), _absent("SendMessage", MessageBody="m"),
    _absent("ReceiveMessage"), _absent("DeleteMessage", ReceiptHandle="x"), _absent("TagQueue", Tags={"a": "b"}),
    _absent("ChangeMessageVisibility", ReceiptHandle="x", VisibilityTimeout=1), _absent("UntagQueue", TagKeys=["a"]),
    _absent("ListDeadLetterSourceQueues"), _absent("RemovePermission", Label="l"),
    Rule("GetQueueUrl: the queue is there", "GetQueueUrl", {"QueueName": "none"}, "QueueDoesNotExist",
         "API reference, GetQueueUrl"),
    Rule("GetQueueUrl: the queue is this account's", "GetQueueUrl",
         {"QueueName": "queue", "QueueOwnerAWSAccountId": "999999999999"}, "QueueDoesNotExist",
         "API reference, GetQueueUrl"),
    Rule("A queue's URL has its account", "PurgeQueue", {"QueueUrl": "http://localhost/999999999999/queue"},
         "QueueDoesNotExist", "Amazon SQS queue and message identifiers"),
    Rule("Attributes that are asked for are known", "GetQueueAttributes",
         {"QueueUrl": URL, "AttributeNames": ["Colour"]}, "InvalidAttributeName", "API reference, GetQueueAttributes"),
    Rule("A queue is emptied once in 60 seconds", "PurgeQueue", {"QueueUrl": "{purged}"}, "PurgeQueueInProgress",
         "API reference, PurgeQueue", "60 seconds"),
    Rule("A page of queues has at most 1,000", "ListQueues", {"MaxResults": 1001}, "InvalidParameterValue",
         "API reference, ListQueues", "MaxResults"),
    Rule("A token is one that was given", "ListQueues", {"MaxResults": 5, "NextToken": "x"}, "InvalidParameterValue",
         "API reference, ListQueues", "NextToken"),
    _send("A message has a body", "MessageBody", SEND, code="MissingParameter", MessageBody=""),
    _send("A message is as large as its queue takes", "shorter than 1048576 bytes", QUOTAS, MessageBody=LONG),
    _send("A message has characters of XML only", "Invalid characters", QUOTAS, code="InvalidMessageContents",
          MessageBody="a\u0001"),
    _send("A delay is at most 900 seconds", "DelaySeconds", QUOTAS, DelaySeconds=901),
    _send("A delay is not negative", "DelaySeconds", QUOTAS, DelaySeconds=-1),
    _send("A deduplication id is a FIFO queue's", "queue type", MessageDeduplicationId="d"),
    _send("A group's id has 1 to 128 characters", "MessageGroupId", MessageGroupId="g" * 129),
    _send("A group's id has no spaces", "MessageGroupId", MessageGroupId="a b"),
    _send("A message has at most ten attributes", "[10]", QUOTAS,
          MessageAttributes={f"a{n}": {"DataType": "String", "StringValue": "v"} for n in range(11)}),
    _attribute("An attribute's type is String, Number or Binary", "invalid message attribute type",
               DataType="Text", StringValue="v"),
    _attribute("An attribute has a type", "non-empty type", DataType="", StringValue="v"),
    _attribute("An attribute has a value", "non-empty message attribute value", StringValue=""),
    _attribute("A binary attribute has a binary value", "non-empty message attribute value",
               DataType="Binary", StringValue="v"),
    _attribute("A number is one", "to a number", DataType="Number", StringValue="12a"),
    _attribute("A number has at most 38 digits", "to a number", DataType="Number", StringValue="1" * 39),
    _attribute("An attribute's name has letters, digits, underscores, hyphens and periods", "is invalid", "a b",
               StringValue="v"),
    _attribute("An attribute's name does not begin with AWS.", "begin with AWS.", "AWS.x", StringValue="v"),
    _attribute("An attribute's name does not begin with a period", "begin or end", ".x", StringValue="v"),
    _attribute("An attribute's name has no two periods in succession", "succession", "a..b", StringValue="v"),
    _attribute("An attribute's name has at most 256 characters", "is invalid", "a" * 257, StringValue="v"),
    _send("A trace header is a String", "non-empty String", METADATA,
          MessageSystemAttributes={"AWSTraceHeader": {"DataType": "Number", "StringValue": "1"}}),
    _in_line("A FIFO queue's message has a group", "MissingParameter", "MessageGroupId", MessageDeduplicationId="d"),
    _in_line("A FIFO queue's message has a deduplication id", "InvalidParameterValue", "ContentBasedDeduplication",
             MessageGroupId="g"),
    _in_line("A FIFO queue's message has no delay of its own", "InvalidParameterValue", "queue type",
             MessageGroupId="g", MessageDeduplicationId="d", DelaySeconds=5),
    _receive("Ten messages are received at most", "between 1 and 10", MaxNumberOfMessages=11),
    _receive("One message is received at least", "between 1 and 10", MaxNumberOfMessages=0),
    _receive("Messages are invisible for 12 hours at most", "43200", VisibilityTimeout=43201),
    _receive("A wait has at most 20 seconds", "20", WaitTimeSeconds=21),
    _receive("An attempt's id is for FIFO queues", "queue type", ReceiveRequestAttemptId="a"),
    Rule("System attributes that are asked for are known", "ReceiveMessage",
         {"QueueUrl": URL, "AttributeNames": ["Colour"]}, "InvalidAttributeName", RECEIVE),
    Rule("A receipt handle is one", "DeleteMessage", {"QueueUrl": URL, "ReceiptHandle": "x"},
         "ReceiptHandleIsInvalid", "API reference, DeleteMessage"),
    Rule("A receipt handle is of the queue", "DeleteMessage", {"QueueUrl": "{fifo}", "ReceiptHandle": "{handle}"},
         "ReceiptHandleIsInvalid", "API reference, DeleteMessage"),
    Rule("A FIFO queue's receipt handle is good while the message is invisible", "DeleteMessage",
         {"QueueUrl": "{fifo}", "ReceiptHandle": "{late}"}, "InvalidParameterValue", FIFO, "has expired"),
    _hold("A receipt handle is one for a change, too", "ReceiptHandleIsInvalid", "", "x"),
    _hold("Visibility is changed to 12 hours at most", "InvalidParameterValue", "43200", "{handle}", 43201),
    _hold("A message is invisible for 12 hours in all", "InvalidParameterValue", "Total", "{handle}", 43200),
    _hold("A message that is deleted has no visibility", "InvalidParameterValue", "does not exist", "{gone}"),
    _hold("A message's visibility is changed while it is in flight", "MessageNotInflight", "", "{seen}"),
    *_batch("SendMessageBatch", MessageBody="m"),
    *_batch("DeleteMessageBatch", ReceiptHandle="x"),
    *_batch("ChangeMessageVisibilityBatch", ReceiptHandle="x", VisibilityTimeout=1),
    Rule("A batch's messages are 1 MiB together", "SendMessageBatch", {"QueueUrl": URL, "Entries": [
        {"Id": "a", "MessageBody": "x" * 1048576}, {"Id": "b", "MessageBody": "x"}]}, "BatchRequestTooLong", QUOTAS,
        "You have sent 1048577 bytes"),
    Rule("Each of a FIFO queue's batch has a group", "SendMessageBatch",
         {"QueueUrl": "{fifo}", "Entries": [{"Id": "a", "MessageBody": "m"}]}, "InvalidParameterValue", FIFO,
         "MessageGroupId"),
    _permission("A label stands once", "InvalidParameterValue", "Already exists", Label="known"),
    _permission("A label has letters, digits, hyphens and underscores", "InvalidParameterValue", "Label", Label="a b"),
    _permission("Only the owner changes permissions", "InvalidParameterValue", "owner", Actions=["AddPermission"]),
    _permission("A permission has an action", "MissingParameter", "Actions", Actions=[]),
    _permission("A permission has an account", "InvalidParameterValue", "Unable to verify", AWSAccountIds=[]),
    _permission("A permission has at most seven actions", "OverLimit", "maximum allowed is 7",
                Actions=["SendMessage"] * 8),
    Rule("A label that is removed is there", "RemovePermission", {"QueueUrl": URL, "Label": "none"},
         "InvalidParameterValue", "API reference, RemovePermission", "can't find label"),
    Rule("Tags are given", "TagQueue", {"QueueUrl": URL, "Tags": {}}, "MissingParameter", "API reference, TagQueue"),
    Rule("Tags to remove are given", "UntagQueue", {"QueueUrl": URL, "TagKeys": []}, "InvalidParameterValue",
         "API reference, UntagQueue"),
    Rule("Messages are moved out of dead-letter queues", "StartMessageMoveTask", {"SourceArn": f"{ARN}queue"},
         "InvalidParameterValue", "API reference, StartMessageMoveTask", "Dead Letter Queue"),
    Rule("A move task's source is there", "StartMessageMoveTask", {"SourceArn": f"{ARN}none"},
         "ResourceNotFoundException", "API reference, StartMessageMoveTask"),
    Rule("A listed task's source is there", "ListMessageMoveTasks", {"SourceArn": f"{ARN}none"},
         "ResourceNotFoundException", "API reference, ListMessageMoveTasks"),
    Rule("Ten tasks are listed at most", "ListMessageMoveTasks", {"SourceArn": f"{ARN}dead", "MaxResults": 11},
         "InvalidParameterValue", "API reference, ListMessageMoveTasks"),
    Rule("A cancelled task is there", "CancelMessageMoveTask", {"TaskHandle": "x"}, "ResourceNotFoundException",
         "API reference, CancelMessageMoveTask"),
]  # fmt: skip
