"""SNS of the release before: topics and subscriptions were moto's."""

from __future__ import annotations

import json
from typing import Any

from netflux.aws.sns import attributes
from netflux.controlplane.call import Caller
from netflux.controlplane.records.documents import Documents
from netflux.errors import AwsError
from netflux.resources.sns.topic import SUBSCRIPTION, TOPIC, Subscription, Topic

_TOPIC = (
    "DisplayName", "DeliveryPolicy", "KmsMasterKeyId", "SignatureVersion", "TracingConfig", "ContentBasedDeduplication",
    "FifoThroughputScope", "Policy",
)  # fmt: skip
_DEFAULT = "__default_policy_ID"


async def adopt(moto: Caller, documents: Documents) -> None:
    """Puts records of all that is there; a topic that has a record already is left as it is, with its subscriptions."""
    topics, subscriptions = documents.table(TOPIC), documents.table(SUBSCRIPTION)
    for one in await _listed(moto, "ListTopics", "Topics", {}):
        topic = await _topic(moto, one["TopicArn"])
        if topic.arn in topics:
            continue
        asked = {"TopicArn": topic.arn}
        told = await _listed(moto, "ListSubscriptionsByTopic", "Subscriptions", asked)
        found = [await _subscription(moto, each) for each in told if each["Protocol"] == "sqs"]
        with documents.transaction():
            topics.put(topic)
            for subscription in found:
                subscriptions.put(subscription)


async def _listed(moto: Caller, operation: str, member: str, asked: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    token: dict[str, str] = {}
    while True:
        page = await moto.call("sns", operation, {**asked, **token})
        found += page[member]
        if not page.get("NextToken"):
            return found
        token = {"NextToken": page["NextToken"]}


async def _topic(moto: Caller, arn: str) -> Topic:
    told: dict[str, str] = (await moto.call("sns", "GetTopicAttributes", {"TopicArn": arn}))["Attributes"]
    tags = (await moto.call("sns", "ListTagsForResource", {"ResourceArn": arn})).get("Tags") or ()
    topic = Topic(
        arn,
        arn.rpartition(":")[2],
        arn.split(":")[4],
        fifo=arn.endswith(".fifo"),
        tags={one["Key"]: one.get("Value") or "" for one in tags},
    )
    for name in _TOPIC:
        text = told.get(name)
        if not text or (name == "Policy" and json.loads(text).get("Id") == _DEFAULT):
            continue
        try:
            topic = attributes.changed(topic, name, text)
        except AwsError:  # moto took values that AWS refuses
            continue
    return topic


async def _subscription(moto: Caller, listed: dict[str, Any]) -> Subscription:
    asked = {"SubscriptionArn": listed["SubscriptionArn"]}
    told: dict[str, str] = (await moto.call("sns", "GetSubscriptionAttributes", asked))["Attributes"]
    made = Subscription(
        listed["SubscriptionArn"],
        listed["TopicArn"],
        listed["Protocol"],
        listed["Endpoint"],
        f"arn:aws:iam::{listed['TopicArn'].split(':')[4]}:root",
    )
    for name in ("FilterPolicyScope", "FilterPolicy", "RawMessageDelivery", "RedrivePolicy"):
        if told.get(name):
            try:
                made = attributes.subscribed(made, {name: told[name]})
            except AwsError:  # moto took values that AWS refuses
                continue
    return made
