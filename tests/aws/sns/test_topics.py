"""Topics lead to queues: what passes a filter is in each of them, once, in an envelope that can be verified."""

import base64
import json
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from netflux import names
from netflux.errors import AwsError, Unsupported
from netflux.resources.pattern import PatternError
from netflux.resources.sns import filterpolicy
from tests.aws.sqs.world import World

QUEUES = f"arn:aws:sqs:{names.REGION}:{names.ACCOUNT}:"
TAGS = [{"Key": "a", "Value": "b"}]
TEXT = {"DataType": "String", "StringValue": "v"}
BYTES = {"DataType": "Binary", "BinaryValue": b"\x00"}


async def topic(world: World, name: str = "news", **attributes: str) -> str:
    return str((await world.sns("CreateTopic", Name=name, Attributes=attributes))["TopicArn"])


async def subscribed(world: World, arn: str, name: str = "inbox", **attributes: str) -> tuple[str, str]:
    """The subscription's ARN and the queue's URL."""
    url = await world.queue(name, **({"FifoQueue": "true"} if name.endswith(".fifo") else {}))
    told = await world.sns("Subscribe", TopicArn=arn, Protocol="sqs", Endpoint=QUEUES + name, Attributes=attributes)
    return told["SubscriptionArn"], url


async def test_a_message_is_in_every_queue_after_a_restart(world: World) -> None:
    arn = await topic(world)
    urls = [(await subscribed(world, arn, name))[1] for name in ("one", "two")]
    sent = await world.sns("Publish", TopicArn=arn, Message="Heat", Subject="Film", MessageAttributes={"k": TEXT})
    await world.restart()
    for url in urls:
        (message,) = await world.received(url, MessageAttributeNames=["All"])
        body = json.loads(message["Body"])
        assert (body["Type"], body["Message"], body["Subject"]) == ("Notification", "Heat", "Film")
        assert (body["MessageId"], body["TopicArn"]) == (sent["MessageId"], arn)
        assert body["MessageAttributes"] == {"k": {"Type": "String", "Value": "v"}}
        assert "MessageAttributes" not in message


@pytest.mark.parametrize("version", ["1", "2"])
async def test_a_notifications_signature_is_the_regions(world: World, version: str) -> None:
    arn = await topic(world, SignatureVersion=version)
    _, url = await subscribed(world, arn)
    await world.sns("Publish", TopicArn=arn, Message="Heat", Subject="Film")
    body = json.loads((await world.bodies(url))[0])
    path = "/" + body["SigningCertURL"].rpartition("/")[2]
    pem = world.topics.signatures.certificate(path)
    assert pem is not None
    key = x509.load_pem_x509_certificate(pem.encode()).public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    signed = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
    text = "".join(f"{name}\n{body[name]}\n" for name in signed).encode()
    digest = hashes.SHA256() if version == "2" else hashes.SHA1()
    key.verify(base64.b64decode(body["Signature"]), text, padding.PKCS1v15(), digest)
    assert world.topics.signatures.certificate(f"{path}x") is None


async def test_raw_messages_keep_their_attributes(world: World) -> None:
    arn = await topic(world)
    _, url = await subscribed(world, arn, RawMessageDelivery="true")
    await world.sns("Publish", TopicArn=arn, Message="Heat", MessageAttributes={"t": TEXT, "b": BYTES})
    (message,) = await world.received(url, MessageAttributeNames=["All"])
    assert (message["Body"], message["MessageAttributes"]) == ("Heat", {"t": TEXT, "b": BYTES})


async def test_a_protocol_has_a_text_of_its_own(world: World) -> None:
    arn = await topic(world)
    _, url = await subscribed(world, arn, RawMessageDelivery="true")
    for texts in ({"default": "d", "sqs": "q"}, {"default": "d", "email": "e"}):
        await world.sns("Publish", TopicArn=arn, Message=json.dumps(texts), MessageStructure="json")
    assert await world.bodies(url) == ["q", "d"]


async def test_a_fifo_topic_keeps_the_order_and_delivers_once(world: World) -> None:
    arn = await topic(world, "line.fifo", FifoTopic="true", ContentBasedDeduplication="true")
    _, url = await subscribed(world, arn, "in.fifo", RawMessageDelivery="true")
    _, other = await subscribed(world, arn, "plain", RawMessageDelivery="true")
    sent = [await world.sns("Publish", TopicArn=arn, Message=text, MessageGroupId="g") for text in ("1", "2", "1")]
    assert sent[0]["MessageId"] == sent[2]["MessageId"]
    assert sent[0]["SequenceNumber"] < sent[1]["SequenceNumber"]
    assert await world.bodies(url) == ["1", "2"]
    assert await world.bodies(other) == ["1", "2"]
    await world.restart()
    world.clock.move(300)
    await world.sns("Publish", TopicArn=arn, Message="1", MessageGroupId="g")
    assert await world.bodies(other) == ["1", "2", "1"]
    assert len(world.topics.published) == 1


async def test_what_a_queue_does_not_take_is_a_dead_letter(world: World) -> None:
    arn = await topic(world)
    await world.queue("dead")
    policy = json.dumps({"deadLetterTargetArn": f"{QUEUES}dead"})
    _, url = await subscribed(world, arn, RawMessageDelivery="true", RedrivePolicy=policy)
    await world.sns("Publish", TopicArn=arn, Message="one")
    await world.sqs("DeleteQueue", QueueUrl=url)
    await world.sns("Publish", TopicArn=arn, Message="two")
    assert await world.bodies("dead") == ["two"]


async def test_a_deleted_topics_subscriptions_are_gone(world: World) -> None:
    arn = await topic(world)
    subscription, _ = await subscribed(world, arn)
    await world.sns("Unsubscribe", SubscriptionArn=subscription)
    assert (await world.sns("GetTopicAttributes", TopicArn=arn))["Attributes"]["SubscriptionsDeleted"] == "1"
    await world.sns("Subscribe", TopicArn=arn, Protocol="sqs", Endpoint=f"{QUEUES}inbox")
    await world.sns("DeleteTopic", TopicArn=arn)
    await world.sns("DeleteTopic", TopicArn=arn)
    assert not (await world.sns("ListSubscriptions"))["Subscriptions"]
    assert not (await world.sns("ListTopics"))["Topics"]


async def test_services_publish_to_topics(world: World) -> None:
    arn = await topic(world)
    _, url = await subscribed(world, arn, RawMessageDelivery="true")
    with world.plane.documents.transaction():
        world.topics.publish(arn, "Heat")
    assert await world.bodies(url) == ["Heat"]
    with pytest.raises(AwsError, match="does not exist"), world.plane.documents.transaction():
        world.topics.publish(f"{arn}x", "Heat")


async def test_a_topic_takes_messages_only_while_its_key_can_be_used(world: World) -> None:
    arn = await topic(world, KmsMasterKeyId="none")
    with pytest.raises(AwsError, match="is not there"):
        await world.sns("Publish", TopicArn=arn, Message="m")


@pytest.mark.parametrize("protocol", ["sms", "https", "lambda", "firehose", "application"])
async def test_other_protocols_are_refused_by_name(world: World, protocol: str) -> None:
    arn = await topic(world)
    with pytest.raises(Unsupported, match=f"Protocol {protocol}"):
        await world.sns("Subscribe", TopicArn=arn, Protocol=protocol, Endpoint="a@b.test")


async def test_a_mail_address_waits_for_its_owner_and_gets_nothing(world: World) -> None:
    arn = await topic(world)
    asked = {"TopicArn": arn, "Protocol": "email", "Endpoint": "ops@example.test"}
    assert (await world.sns("Subscribe", **asked))["SubscriptionArn"] == "pending confirmation"
    place = (await world.sns("Subscribe", **asked, ReturnSubscriptionArn=True))["SubscriptionArn"]
    (listed,) = (await world.sns("ListSubscriptions"))["Subscriptions"]
    assert listed["SubscriptionArn"] == "PendingConfirmation"
    told = (await world.sns("GetSubscriptionAttributes", SubscriptionArn=place))["Attributes"]
    assert told["PendingConfirmation"] == "true"
    counts = (await world.sns("GetTopicAttributes", TopicArn=arn))["Attributes"]
    assert (counts["SubscriptionsConfirmed"], counts["SubscriptionsPending"]) == ("0", "1")
    await world.sns("Publish", TopicArn=arn, Message="Heat")
    with pytest.raises(AwsError, match="is not an address"):
        await world.sns("Subscribe", **asked | {"Endpoint": "ops"})


async def test_a_function_is_invoked_with_a_record_of_the_message(world: World) -> None:
    told: list[tuple[str, str, str]] = []
    world.topics.functions = lambda *one: told.append(one)
    arn = await topic(world)
    function = "arn:aws:lambda:us-east-1:123456789012:function:page"
    made = await world.sns("Subscribe", TopicArn=arn, Protocol="lambda", Endpoint=function)
    sent = await world.sns("Publish", TopicArn=arn, Message="Heat", Subject="Now")
    ((where, body, source),) = told
    (record,) = json.loads(body)["Records"]
    assert (where, source, record["EventSubscriptionArn"]) == (function, arn, made["SubscriptionArn"])
    assert record["EventSource"] == "aws:sns"
    told_of = record["Sns"]
    assert (told_of["Message"], told_of["Subject"], told_of["MessageId"]) == ("Heat", "Now", sent["MessageId"])
    assert {"SigningCertUrl", "UnsubscribeUrl", "MessageAttributes"} <= told_of.keys()


async def test_text_messages_are_refused_by_name(world: World) -> None:
    with pytest.raises(Unsupported, match="PhoneNumber"):
        await world.sns("Publish", PhoneNumber="+15550100", Message="Heat")


TOPIC = {
    "DisplayName": "News", "KmsMasterKeyId": "alias/aws/sns", "SignatureVersion": "2", "TracingConfig": "PassThrough",
    "DeliveryPolicy": '{"http":{"defaultHealthyRetryPolicy":{"numRetries":1}}}',
    "Policy": json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "sns:Publish", "Resource": "*"}]}),
    "FifoTopic": "true", "ContentBasedDeduplication": "true", "FifoThroughputScope": "MessageGroup",
}  # fmt: skip
SUBSCRIPTION = {
    "RawMessageDelivery": "true", "FilterPolicy": '{"a":["b"]}', "FilterPolicyScope": "MessageBody",
    "RedrivePolicy": f'{{"deadLetterTargetArn":"{QUEUES}dead"}}',
}  # fmt: skip


async def test_every_member_of_a_topic_is_told(world: World) -> None:
    made = await world.sns("CreateTopic", Name="line.fifo", Attributes=TOPIC, Tags=TAGS)
    arn = made["TopicArn"]
    told = (await world.sns("GetTopicAttributes", TopicArn=arn))["Attributes"]
    assert {name: told[name] for name in TOPIC} == TOPIC
    assert json.loads(told["EffectiveDeliveryPolicy"])["http"]["defaultHealthyRetryPolicy"]["numRetries"] == 1
    assert (await world.sns("ListTagsForResource", ResourceArn=arn))["Tags"] == TAGS
    for name, value in {"DisplayName": "Other", "ContentBasedDeduplication": "false"}.items():
        await world.sns("SetTopicAttributes", TopicArn=arn, AttributeName=name, AttributeValue=value)
        assert (await world.sns("GetTopicAttributes", TopicArn=arn))["Attributes"][name] == value
    await world.sns("TagResource", ResourceArn=arn, Tags=[{"Key": "c", "Value": "d"}])
    await world.sns("UntagResource", ResourceArn=arn, TagKeys=["a"])
    assert (await world.sns("ListTagsForResource", ResourceArn=arn))["Tags"] == [{"Key": "c", "Value": "d"}]
    world.whole("sns", "CreateTopic", "SetTopicAttributes", "TagResource", "UntagResource")


async def test_every_member_of_a_subscription_is_told(world: World) -> None:
    arn = await topic(world)
    subscription, _ = await subscribed(world, arn, **SUBSCRIPTION)
    told = (await world.sns("GetSubscriptionAttributes", SubscriptionArn=subscription))["Attributes"]
    assert {name: told[name] for name in SUBSCRIPTION} == SUBSCRIPTION
    other, _ = await subscribed(world, arn, "other")
    for name in ("FilterPolicyScope", "FilterPolicy", "RawMessageDelivery", "RedrivePolicy"):
        value = SUBSCRIPTION[name]
        await world.sns("SetSubscriptionAttributes", SubscriptionArn=other, AttributeName=name, AttributeValue=value)
    told = (await world.sns("GetSubscriptionAttributes", SubscriptionArn=other))["Attributes"]
    assert {name: told[name] for name in SUBSCRIPTION} == SUBSCRIPTION
    listed = (await world.sns("ListSubscriptionsByTopic", TopicArn=arn))["Subscriptions"]
    assert [one["SubscriptionArn"] for one in listed] == [subscription, other]
    mail = {"Protocol": "email", "Endpoint": "ops@example.test", "ReturnSubscriptionArn": True}
    waiting = (await world.sns("Subscribe", TopicArn=arn, **mail))["SubscriptionArn"]
    assert waiting.startswith(f"{arn}:")
    world.whole("sns", "Subscribe", "SetSubscriptionAttributes")


async def test_every_member_of_a_message_is_delivered(world: World) -> None:
    arn = await topic(world, "line.fifo", FifoTopic="true")
    _, url = await subscribed(world, arn, "in.fifo")
    entry = {
        "Id": "1", "Message": '{"default":"Ronin"}', "Subject": "S", "MessageStructure": "json", "MessageGroupId": "h",
        "MessageAttributes": {"t": TEXT, "b": BYTES}, "MessageDeduplicationId": "e",
    }  # fmt: skip
    for number in (1, 2):
        if number == 1:
            single = {name: value for name, value in entry.items() if name != "Id"}
            sent = await world.sns("Publish", TopicArn=arn, **single)
            await world.sns("Publish", TargetArn=arn, **single)
        else:
            batch = [{**entry, "MessageDeduplicationId": "f", "MessageGroupId": "i"}]
            (sent,) = (await world.sns("PublishBatch", TopicArn=arn, PublishBatchRequestEntries=batch))["Successful"]
        (message,) = await world.received(url, AttributeNames=["All"])
        body: dict[str, Any] = json.loads(message["Body"])
        assert (body["Message"], body["Subject"], body["MessageId"]) == ("Ronin", "S", sent["MessageId"])
        assert body["SequenceNumber"] == sent["SequenceNumber"]
        assert body["MessageAttributes"]["b"] == {"Type": "Binary", "Value": "AA=="}
        wanted = ("h", "e") if number == 1 else ("i", "f")
        told = message["Attributes"]
        assert (told["MessageGroupId"], told["MessageDeduplicationId"]) == wanted
    world.whole("sns", "Publish", "PublishBatch")


async def test_permissions_are_told(world: World) -> None:
    arn = await topic(world)
    given = {"AWSAccountId": ["111111111111"], "ActionName": ["Publish", "Subscribe"]}
    await world.sns("AddPermission", TopicArn=arn, Label="l", **given)
    policy = json.loads((await world.sns("GetTopicAttributes", TopicArn=arn))["Attributes"]["Policy"])
    default, added = policy["Statement"]
    assert (default["Sid"], added["Sid"]) == ("__default_statement_ID", "l")
    assert added["Principal"] == {"AWS": "arn:aws:iam::111111111111:root"}
    assert added["Action"] == ["SNS:Publish", "SNS:Subscribe"]
    await world.sns("RemovePermission", TopicArn=arn, Label="l")
    policy = json.loads((await world.sns("GetTopicAttributes", TopicArn=arn))["Attributes"]["Policy"])
    assert policy["Statement"] == [default]
    world.whole("sns", "AddPermission", "RemovePermission")


MATCHES: list[tuple[dict[str, Any], dict[str, Any], bool]] = [
    ({"a": ["x", "y"]}, {"a": "y"}, True),
    ({"a": ["x"]}, {"a": "y"}, False),
    ({"a": ["x"]}, {}, False),
    ({"a": ["x"], "b": [1]}, {"a": "x", "b": 1.0}, True),
    ({"a": ["x"], "b": [1]}, {"a": "x"}, False),
    ({"a": ["x"]}, {"a": ["z", "x"]}, True),
    ({"a": [True]}, {"a": True}, True),
    ({"a": [1]}, {"a": True}, False),
    ({"a": [None]}, {"a": None}, True),
    ({"a": [{"prefix": "x"}]}, {"a": "xy"}, True),
    ({"a": [{"suffix": "x"}]}, {"a": "xy"}, False),
    ({"a": [{"equals-ignore-case": "X"}]}, {"a": "x"}, True),
    ({"a": [{"wildcard": "x*z"}]}, {"a": "x.y.z"}, True),
    ({"a": [{"wildcard": "x*z"}]}, {"a": "xzy"}, False),
    ({"a": [{"anything-but": ["x", 1]}]}, {"a": "y"}, True),
    ({"a": [{"anything-but": ["x", 1]}]}, {"a": 1}, False),
    ({"a": [{"anything-but": {"prefix": "x"}}]}, {"a": "xy"}, False),
    ({"a": [{"anything-but": "x"}]}, {}, False),
    ({"a": [{"exists": True}]}, {"a": "x"}, True),
    ({"a": [{"exists": False}]}, {"a": "x"}, False),
    ({"a": [{"exists": False}]}, {}, True),
    ({"a": [{"numeric": [">", 1, "<=", 2]}]}, {"a": 2}, True),
    ({"a": [{"numeric": [">", 1, "<=", 2]}]}, {"a": 1}, False),
    ({"a": [{"numeric": ["=", 3]}]}, {"a": "3"}, False),
    ({"a": [100.123456789]}, {"a": 100.1234567}, True),
    ({"a": [100.12345]}, {"a": 100.12344}, False),
    ({"a": [{"cidr": "10.0.0.0/24"}]}, {"a": "10.0.0.9"}, True),
    ({"a": [{"cidr": "10.0.0.0/24"}]}, {"a": "10.0.1.9"}, False),
    ({"$or": [{"a": ["x"]}, {"b": ["x"]}]}, {"b": "x"}, True),
    ({"$or": [{"a": ["x"]}, {"b": ["x"]}]}, {"b": "y"}, False),
    ({"a": {"b": ["x"]}}, {"a": {"b": "x"}}, True),
    ({"a": {"b": ["x"]}}, {"a": [{"b": "y"}, {"b": "x"}]}, True),
    ({"a": {"b": ["x"]}}, {"a": "x"}, False),
]


@pytest.mark.parametrize(("policy", "message", "passes"), MATCHES)
def test_filters_match_as_awss_do(policy: dict[str, Any], message: dict[str, Any], passes: bool) -> None:
    text = json.dumps(policy)
    filterpolicy.check(text, body=True)
    assert filterpolicy.matches_body(text, json.dumps(message)) is passes


def test_a_body_that_is_no_object_passes_no_filter() -> None:
    assert not filterpolicy.matches_body('{"a":[{"exists":false}]}', "text")
    with pytest.raises(PatternError, match="nested"):
        filterpolicy.check('{"a":{"b":["x"]}}', body=False)


async def test_attributes_are_filtered_by_their_types(world: World) -> None:
    arn = await topic(world)
    policy = json.dumps({"n": [{"numeric": [">", 1]}], "l": ["x"]})
    _, url = await subscribed(world, arn, RawMessageDelivery="true", FilterPolicy=policy)
    for number, listed in (("2", '["x","y"]'), ("1", '["x"]'), ("2", '["y"]')):
        attributes = {
            "n": {"DataType": "Number", "StringValue": number},
            "l": {"DataType": "String.Array", "StringValue": listed},
        }
        await world.sns("Publish", TopicArn=arn, Message=f"{number} {listed}", MessageAttributes=attributes)
    assert await world.bodies(url) == ['2 ["x","y"]']


@pytest.mark.parametrize("name", ["LambdaSuccessFeedbackSampleRate", "SQSFailureFeedbackRoleArn", "ArchivePolicy"])
async def test_what_a_topic_does_not_have_can_be_set_to_nothing(world: World, name: str) -> None:
    """Terraform sets every attribute of a topic, those that its configuration does not have to nothing."""
    arn = await topic(world, "films")
    nothing = ("", "0") if name.endswith("Rate") else ("",)
    for value in nothing:
        await world.sns("SetTopicAttributes", TopicArn=arn, AttributeName=name, AttributeValue=value)
    assert name not in (await world.sns("GetTopicAttributes", TopicArn=arn))["Attributes"]
    with pytest.raises(Unsupported):
        await world.sns("SetTopicAttributes", TopicArn=arn, AttributeName=name, AttributeValue="100")
