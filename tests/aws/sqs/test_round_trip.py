"""What a call sends of a queue or a message is told again, every member of it."""

import json

from netflux import names
from tests.aws.sqs.world import World

ARN = f"arn:aws:sqs:{names.REGION}:{names.ACCOUNT}:"
POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": f"{ARN}films"}],
    }
)
STANDARD = {
    "DelaySeconds": "3", "MaximumMessageSize": "2048", "MessageRetentionPeriod": "120", "Policy": POLICY,
    "ReceiveMessageWaitTimeSeconds": "4", "VisibilityTimeout": "5", "KmsMasterKeyId": "alias/aws/sqs",
    "KmsDataKeyReusePeriodSeconds": "60",
    "RedrivePolicy": json.dumps({"deadLetterTargetArn": f"{ARN}dead", "maxReceiveCount": 2}, separators=(",", ":")),
    "RedriveAllowPolicy": json.dumps(
        {"redrivePermission": "byQueue", "sourceQueueArns": [f"{ARN}other"]}, separators=(",", ":")
    ),
}  # fmt: skip
LINE = {
    "FifoQueue": "true", "ContentBasedDeduplication": "true", "DeduplicationScope": "messageGroup",
    "FifoThroughputLimit": "perMessageGroupId", "SqsManagedSseEnabled": "false",
}  # fmt: skip
BYTES = {"DataType": "Binary.png", "BinaryValue": b"\x00\x01"}
TEXT = {"DataType": "String", "StringValue": "v"}
TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793"


async def test_every_attribute_of_a_queue_is_told(world: World) -> None:
    await world.queue("dead")
    made = await world.sqs("CreateQueue", QueueName="films", Attributes=STANDARD, tags={"a": "b"})
    told = await world.attributes(made["QueueUrl"])
    assert {name: told[name] for name in STANDARD} == STANDARD
    assert told["SqsManagedSseEnabled"] == "false"
    assert (await world.sqs("ListQueueTags", QueueUrl=made["QueueUrl"]))["Tags"] == {"a": "b"}
    url = await world.queue("line.fifo", **LINE)
    told = await world.attributes(url)
    assert {name: told[name] for name in LINE} == LINE
    await world.restart()
    told = await world.attributes(url)
    assert {name: told[name] for name in LINE} == LINE
    world.whole("sqs", "CreateQueue")


async def test_every_attribute_can_be_changed_and_taken_back(world: World) -> None:
    await world.queue("dead")
    url = await world.queue()
    await world.sqs("SetQueueAttributes", QueueUrl=url, Attributes=STANDARD)
    told = await world.attributes(url)
    assert {name: told[name] for name in STANDARD} == STANDARD
    removed = dict.fromkeys(("Policy", "RedrivePolicy", "RedriveAllowPolicy", "KmsMasterKeyId"), "")
    await world.sqs("SetQueueAttributes", QueueUrl=url, Attributes=removed)
    assert not {*removed} & {*await world.attributes(url)}
    world.whole("sqs", "SetQueueAttributes")


async def test_every_member_of_a_message_is_received(world: World) -> None:
    url = await world.queue("line.fifo", FifoQueue="true")
    trace = {"AWSTraceHeader": {"DataType": "String", "StringValue": TRACE}}
    await world.sqs(
        "SendMessage", QueueUrl=url, MessageBody="Heat", DelaySeconds=0, MessageGroupId="g", MessageDeduplicationId="d",
        MessageAttributes={"t": TEXT, "b": BYTES},
        MessageSystemAttributes=trace,
    )  # fmt: skip
    entry = {
        "Id": "1", "MessageBody": "Ronin", "DelaySeconds": 0, "MessageGroupId": "h", "MessageDeduplicationId": "e",
        "MessageAttributes": {"t": TEXT, "b": BYTES}, "MessageSystemAttributes": trace,
    }  # fmt: skip
    (sent,) = (await world.sqs("SendMessageBatch", QueueUrl=url, Entries=[entry]))["Successful"]
    for body, group, deduplication in (("Heat", "g", "d"), ("Ronin", "h", "e")):
        (message,) = await world.received(
            url, AttributeNames=["All"], MessageSystemAttributeNames=["All"], MessageAttributeNames=["All"],
            MaxNumberOfMessages=1, VisibilityTimeout=9, WaitTimeSeconds=0, ReceiveRequestAttemptId=body,
        )  # fmt: skip
        assert message["Body"] == body
        assert message["MessageAttributes"] == {"t": TEXT, "b": BYTES}
        assert message["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]
        told = message["Attributes"]
        assert (told["MessageGroupId"], told["MessageDeduplicationId"]) == (group, deduplication)
        assert told["AWSTraceHeader"] == TRACE
        assert (told["SenderId"], told["ApproximateReceiveCount"]) == (names.ACCOUNT, "1")
        held = {"ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 100}
        await world.sqs("ChangeMessageVisibility", QueueUrl=url, **held)
        await world.sqs("ChangeMessageVisibilityBatch", QueueUrl=url, Entries=[{"Id": "1", **held}])
    assert told["SequenceNumber"] == sent["SequenceNumber"]
    assert message["MessageId"] == sent["MessageId"]
    world.whole(
        "sqs", "SendMessage", "SendMessageBatch", "ReceiveMessage", "ChangeMessageVisibility",
        "ChangeMessageVisibilityBatch",
    )  # fmt: skip


async def test_the_digest_of_attributes_is_awss(world: World) -> None:
    url = await world.queue()
    kenobi = {"Hello": "There", "General": "Kenobi", "Help.Me": "Me"}
    attributes = {name: {"DataType": "String", "StringValue": text} for name, text in kenobi.items()}
    sent = await world.sqs("SendMessage", QueueUrl=url, MessageBody="msg", MessageAttributes=attributes)
    assert sent["MD5OfMessageAttributes"] == "4c360f3fdafd970e05fae2f149d997f5"
    assert sent["MD5OfMessageBody"] == "6e2baaf3b97dbeef01c0043275f9a0e7"
    asked = {"VisibilityTimeout": 0}
    (some,) = await world.received(url, MessageAttributeNames=["Hel*"], **asked)
    assert some["MD5OfMessageAttributes"] == "83fee93c1bcd8b9a5a923ffacdc636c7"
    assert {*some["MessageAttributes"]} == {"Hello", "Help.Me"}
    (none,) = await world.received(url, MessageAttributeNames=["Else"], **asked)
    assert "MD5OfMessageAttributes" not in none


async def test_permissions_and_tags_are_told(world: World) -> None:
    url = await world.queue()
    accounts = ["111111111111", "222222222222"]
    actions = ["SendMessage", "ReceiveMessage"]
    await world.sqs("AddPermission", QueueUrl=url, Label="l", AWSAccountIds=accounts, Actions=actions)
    (statement,) = json.loads((await world.attributes(url, "Policy"))["Policy"])["Statement"]
    assert statement["Sid"] == "l"
    assert statement["Principal"] == {"AWS": [f"arn:aws:iam::{account}:root" for account in accounts]}
    assert statement["Action"] == ["SQS:SendMessage", "SQS:ReceiveMessage"]
    await world.sqs("RemovePermission", QueueUrl=url, Label="l")
    assert "Policy" not in await world.attributes(url)
    await world.sqs("TagQueue", QueueUrl=url, Tags={"a": "b", "c": "d"})
    await world.sqs("UntagQueue", QueueUrl=url, TagKeys=["a"])
    assert (await world.sqs("ListQueueTags", QueueUrl=url))["Tags"] == {"c": "d"}
    world.whole("sqs", "AddPermission", "RemovePermission", "TagQueue", "UntagQueue")
