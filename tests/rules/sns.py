"""What SNS refuses."""

from __future__ import annotations

import json
from typing import Any

from netflux import names
from netflux.controlplane.apis import Apis
from tests.controlplane.plane import Plane
from tests.rules.rule import Rule

SERVICE = "sns"

QUEUES = f"arn:aws:sqs:{names.REGION}:{names.ACCOUNT}:"
NONE = f"arn:aws:sns:{names.REGION}:{names.ACCOUNT}:none"
CREATE, SUBSCRIBE, PUBLISH = "API reference, CreateTopic", "API reference, Subscribe", "API reference, Publish"
FILTERS = "Amazon SNS subscription filter policies"
FIFO = "Message deduplication for FIFO topics"
ATTRIBUTES = "Amazon SNS message attributes"


def register(_plane: Plane, _apis: Apis) -> None:
    """The plane has SNS."""


async def prepare(apis: Apis) -> dict[str, str]:
    """A topic with a queue, a FIFO topic, and a FIFO queue."""
    topic = (await apis.call(SERVICE, "CreateTopic", {"Name": "news", "Tags": [{"Key": "a", "Value": "b"}]}))[
        "TopicArn"
    ]
    line = {"Name": "line.fifo", "Attributes": {"FifoTopic": "true"}}
    fifo = (await apis.call(SERVICE, "CreateTopic", line))["TopicArn"]
    await apis.call("sqs", "CreateQueue", {"QueueName": "inbox"})
    await apis.call("sqs", "CreateQueue", {"QueueName": "inbox.fifo", "Attributes": {"FifoQueue": "true"}})
    wanted = {"TopicArn": topic, "Protocol": "sqs", "Endpoint": f"{QUEUES}inbox"}
    subscription = (await apis.call(SERVICE, "Subscribe", wanted))["SubscriptionArn"]
    permission = {"Label": "known", "AWSAccountId": ["111111111111"], "ActionName": ["Publish"]}
    await apis.call(SERVICE, "AddPermission", {"TopicArn": topic, **permission})
    return {"topic": topic, "fifo": fifo, "subscription": subscription}


def _create(rule: str, says: str, name: str = "new", /, code: str = "InvalidParameter", **attributes: str) -> Rule:
    return Rule(rule, "CreateTopic", {"Name": name, "Attributes": attributes}, code, CREATE, says)


def _subscribe(rule: str, says: str, /, code: str = "InvalidParameter", **params: Any) -> Rule:
    given = {"TopicArn": "{topic}", "Protocol": "sqs", "Endpoint": f"{QUEUES}other", **params}
    return Rule(rule, "Subscribe", given, code, SUBSCRIBE, says)


def _filter(rule: str, says: str, policy: Any, **attributes: str) -> Rule:
    text = policy if isinstance(policy, str) else json.dumps(policy)
    given = {"TopicArn": "{topic}", "Protocol": "sqs", "Endpoint": f"{QUEUES}other"}
    return Rule(
        rule,
        "Subscribe",
        {**given, "Attributes": {"FilterPolicy": text, **attributes}},
        "InvalidParameter",
        FILTERS,
        says,
    )


def _publish(rule: str, says: str, page: str = PUBLISH, /, code: str = "InvalidParameter", **params: Any) -> Rule:
    return Rule(rule, "Publish", {"TopicArn": "{topic}", "Message": "m", **params}, code, page, says)


def _attribute(rule: str, name: str = "a", **value: Any) -> Rule:
    return _publish(rule, name, ATTRIBUTES, code="ParameterValueInvalid", MessageAttributes={name: value})


def _absent(call: str, **params: Any) -> Rule:
    return Rule(f"{call}: the topic is there", call, {"TopicArn": NONE, **params}, "NotFound", f"API reference, {call}")


def _batch(rule: str, code: str, *entries: dict[str, Any]) -> Rule:
    given = {"TopicArn": "{topic}", "PublishBatchRequestEntries": [*entries]}
    return Rule(rule, "PublishBatch", given, code, "API reference, PublishBatch")


def _set(rule: str, says: str, name: str, value: str) -> Rule:
    given = {"SubscriptionArn": "{subscription}", "AttributeName": name, "AttributeValue": value}
    return Rule(
        rule, "SetSubscriptionAttributes", given, "InvalidParameter", "API reference, SetSubscriptionAttributes", says
    )


RULES = [
    _create("A topic's name has letters, digits, hyphens and underscores", "Topic Name", "a b"),
    _create("A topic's name has at most 256 characters", "Topic Name", "a" * 257),
    _create("A standard topic's name does not end in .fifo", "Topic Name", "a.fifo"),
    _create("A FIFO topic's name ends in .fifo", "Fifo Topic names", "a", FifoTopic="true"),
    _create("FifoTopic is true or false", "FifoTopic", "a.fifo", FifoTopic="yes"),
    _create("Attributes of topics are known", "AttributeName", Colour="red"),
    _create("A policy is JSON", "Policy", Policy="{"),
    _create("A display name has at most 100 characters", "DisplayName", DisplayName="n" * 101),
    _create("SignatureVersion is 1 or 2", "SignatureVersion", SignatureVersion="3"),
    _create("TracingConfig is Active or PassThrough", "TracingConfig", TracingConfig="x"),
    _create("A delivery policy is JSON", "DeliveryPolicy", DeliveryPolicy="{"),
    _create("Content-based deduplication is a FIFO topic's", "FIFO", ContentBasedDeduplication="true"),
    _create("FifoThroughputScope is Topic or MessageGroup", "FifoThroughputScope", "a.fifo", FifoTopic="true",
            FifoThroughputScope="x"),
    _create("A topic of this name has the same attributes", "different attributes", "news", DisplayName="x"),
    Rule("A topic of this name has its tags", "CreateTopic", {"Name": "news", "Tags": [{"Key": "x", "Value": "y"}]},
         "InvalidParameter", CREATE, "different tags"),
    Rule("A key stands once", "CreateTopic", {"Name": "n", "Tags": [{"Key": "x", "Value": "y"}] * 2},
         "InvalidParameter", CREATE),
    _absent("GetTopicAttributes"), _absent("Publish", Message="m"), _absent("ListSubscriptionsByTopic"),
    _absent("SetTopicAttributes", AttributeName="DisplayName", AttributeValue="x"),
    _absent("Subscribe", Protocol="sqs", Endpoint=f"{QUEUES}inbox"), _absent("RemovePermission", Label="l"),
    _absent("AddPermission", Label="l", AWSAccountId=["111111111111"], ActionName=["Publish"]),
    Rule("A topic's ARN is one", "GetTopicAttributes", {"TopicArn": "news"}, "InvalidParameter",
         "API reference, GetTopicAttributes", "TopicArn"),
    Rule("Attributes that are set are known", "SetTopicAttributes",
         {"TopicArn": "{topic}", "AttributeName": "Colour", "AttributeValue": "x"}, "InvalidParameter",
         "API reference, SetTopicAttributes"),
    _subscribe("A protocol is known", "protocol string", Protocol="fax"),
    _subscribe("A queue is subscribed by its ARN", "SQS endpoint ARN", Endpoint="inbox"),
    _subscribe("A FIFO queue is a FIFO topic's", "FIFO SQS Queues", Endpoint=f"{QUEUES}inbox.fifo"),
    _subscribe("A subscription of this endpoint has the same attributes", "different attributes",
               Endpoint=f"{QUEUES}inbox", Attributes={"RawMessageDelivery": "true"}),
    _subscribe("Attributes of subscriptions are known", "AttributeName", Attributes={"Colour": "x"}),
    _subscribe("RawMessageDelivery is true or false", "Raw", Attributes={"RawMessageDelivery": "x"}),
    _subscribe("FilterPolicyScope is one of two", "FilterPolicyScope", Attributes={"FilterPolicyScope": "x"}),
    _subscribe("A redrive policy names a queue", "RedrivePolicy",
               Attributes={"RedrivePolicy": '{"deadLetterTargetArn":"x"}'}),
    _subscribe("A queue's subscription has no delivery policy", "delivery policy",
               Attributes={"DeliveryPolicy": "{}"}),
    _filter("A filter policy is JSON", "JSON", "{"),
    _filter("A filter policy's values are lists", "array", {"a": "x"}),
    _filter("A filter policy's lists have values", "empty", {"a": []}),
    _filter("A filter policy's values are texts, numbers, truths or null", "Match value", {"a": [["x"]]}),
    _filter("Operators are known", "Unrecognized match type", {"a": [{"like": "x"}]}),
    _filter("exists is true or false", "exists", {"a": [{"exists": "yes"}]}),
    _filter("A number is compared with one", "numeric", {"a": [{"numeric": ["<", "x"]}]}),
    _filter("A range's bottom is less than its top", "numeric", {"a": [{"numeric": [">", 2, "<", 1]}]}),
    _filter("A filter on attributes is flat", "nested", {"a": {"b": ["x"]}}),
    _filter("A filter has at most five keys", "5 keys", {str(n): ["x"] for n in range(6)}),
    _filter("A filter has at most 150 combinations", "too complex", {"a": [*range(13)], "b": [*range(13)]}),
    _filter("A filter on a body has at most five keys, too", "5 keys", {"a": {str(n): ["x"] for n in range(6)}},
            FilterPolicyScope="MessageBody"),
    Rule("A subscription is there", "GetSubscriptionAttributes", {"SubscriptionArn": f"{NONE}:x"}, "NotFound",
         "API reference, GetSubscriptionAttributes", "Subscription does not exist"),
    Rule("A subscription's ARN is one", "Unsubscribe", {"SubscriptionArn": "x"}, "InvalidParameter",
         "API reference, Unsubscribe"),
    _set("Attributes of a subscription are known", "AttributeName", "Colour", "x"),
    _set("RawMessageDelivery is set to true or false", "RawMessageDelivery", "RawMessageDelivery", "x"),
    _set("A filter policy that is set is one", "FilterPolicy", "FilterPolicy", '{"a": "x"}'),
    _publish("A message is not empty", "Empty message", Message=""),
    _publish("A message has at most 256 KiB", "too long", "Amazon SNS quotas", Message="x" * 262_145),
    _publish("A subject has at most 100 characters", "Subject", Subject="s" * 101),
    _publish("A subject has one line", "Subject", Subject="a\nb"),
    _publish("A subject begins with no space", "Subject", Subject=" a"),
    _publish("MessageStructure is json", "MessageStructure", MessageStructure="xml"),
    _publish("A structured message is JSON", "failed to parse", MessageStructure="json"),
    _publish("A structured message has a default", "default", MessageStructure="json", Message='{"sqs":"x"}'),
    _publish("A deduplication id is a FIFO topic's", "MessageDeduplicationId", FIFO, MessageDeduplicationId="d"),
    _publish("A FIFO topic's message has a group", "MessageGroupId", FIFO, TopicArn="{fifo}",
             MessageDeduplicationId="d"),
    _publish("A FIFO topic's message has a deduplication id", "ContentBasedDeduplication", FIFO, TopicArn="{fifo}",
             MessageGroupId="g"),
    _attribute("An attribute's type is one of four", DataType="Text", StringValue="x"),
    _attribute("An attribute has a value", DataType="String", StringValue=""),
    _attribute("A number is one", DataType="Number", StringValue="x"),
    _attribute("A binary attribute has a binary value", DataType="Binary", StringValue="x"),
    _attribute("An attribute's name is one", "a b", DataType="String", StringValue="x"),
    Rule("A message has a topic", "Publish", {"Message": "m"}, "InvalidParameter", PUBLISH, "TopicArn"),
    _batch("A batch has an entry", "EmptyBatchRequest"),
    _batch("A batch has at most ten entries", "TooManyEntriesInBatchRequest",
           *({"Id": str(n), "Message": "m"} for n in range(11))),
    _batch("A batch's ids are distinct", "BatchEntryIdsNotDistinct", *[{"Id": "a", "Message": "m"}] * 2),
    _batch("A batch's ids have letters, digits, hyphens and underscores", "InvalidBatchEntryId",
           {"Id": "a b", "Message": "m"}),
    _batch("A batch has at most 256 KiB", "BatchRequestTooLong", {"Id": "a", "Message": "x" * 262_144},
           {"Id": "b", "Message": "x"}),
    Rule("A label stands once", "AddPermission",
         {"TopicArn": "{topic}", "Label": "known", "AWSAccountId": ["111111111111"], "ActionName": ["Publish"]},
         "InvalidParameter", "API reference, AddPermission", "already exists"),
    Rule("A permission is of a topic's action", "AddPermission",
         {"TopicArn": "{topic}", "Label": "l", "AWSAccountId": ["111111111111"], "ActionName": ["Fly"]},
         "InvalidParameter", "API reference, AddPermission", "out of service scope"),
    Rule("A tagged topic is there", "TagResource", {"ResourceArn": NONE, "Tags": [{"Key": "a", "Value": "b"}]},
         "ResourceNotFound", "API reference, TagResource"),
    Rule("A topic whose tags are listed is there", "ListTagsForResource", {"ResourceArn": NONE}, "ResourceNotFound",
         "API reference, ListTagsForResource"),
    Rule("A topic has at most 50 tags", "TagResource",
         {"ResourceArn": "{topic}", "Tags": [{"Key": f"k{n}", "Value": "v"} for n in range(50)]}, "TagLimitExceeded",
         "Amazon SNS topic tagging"),
]  # fmt: skip
