"""Topics and subscriptions, as records."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from netflux.controlplane.records.table import Schema


@dataclass(frozen=True)
class Topic:
    """A topic.

    Attributes:
        policy: its resource policy; empty for the one that every topic begins with.
        delivery_policy: how HTTP endpoints are tried again; empty for the default.
        key: of KMS; empty for none.
        content_based: a message without a deduplication id gets its body's hash for one.
        scope: of a FIFO topic's deduplication ids, `Topic` or `MessageGroup`.
        tracing: `PassThrough`; empty for the default, which is the same.
        signature: version of what its messages are signed with.
        unsubscribed: subscriptions that were deleted.
    """

    arn: str
    name: str
    account: str
    fifo: bool = False
    display_name: str = ""
    policy: str = ""
    delivery_policy: str = ""
    key: str = ""
    content_based: bool = False
    scope: str = ""
    tracing: str = ""
    signature: str = "1"
    tags: dict[str, str] = field(default_factory=dict)
    unsubscribed: int = 0


@dataclass(frozen=True)
class Subscription:
    """An endpoint that gets a topic's messages.

    Attributes:
        topic: ARN.
        raw: messages are delivered as they are, not in an envelope.
        filter_policy: JSON; empty where every message is delivered.
        filter_scope: `MessageAttributes` or `MessageBody`.
        dead_letters: ARN of the queue for what can't be delivered; empty for none.
        principal: ARN of who subscribed it.
        pending: whoever has the endpoint has not confirmed it, so nothing is delivered.
    """

    arn: str
    topic: str
    protocol: str
    endpoint: str
    principal: str
    raw: bool = False
    filter_policy: str = ""
    filter_scope: str = "MessageAttributes"
    dead_letters: str = ""
    pending: bool = False


@dataclass(frozen=True)
class Published:
    """A message with this id was published to a FIFO topic: until then, another one with it is the same one.

    Attributes:
        key: topic, group (where ids are its own) and deduplication id.
        message: the id of the one that was published.
    """

    key: str
    topic: str
    message: str
    sequence: int
    until: float


TOPIC = Schema(
    "sns/topic",
    Topic,
    lambda topic: topic.arn,
    remedy="Make it anew: aws sns create-topic.",
)
SUBSCRIPTION = Schema(
    "sns/subscription",
    Subscription,
    lambda one: one.arn,
    indices={"topic": lambda one: (one.topic,), "endpoint": lambda one: (endpoint_key(one.topic, one.endpoint),)},
    references={"topic": TOPIC.name},
    remedy="Subscribe it again: aws sns subscribe.",
)
PUBLISHED = Schema("sns/published", Published, lambda one: one.key, indices={"topic": lambda one: (one.topic,)})


def endpoint_key(topic: str, endpoint: str) -> str:
    """Under which a topic's subscription of an endpoint is found."""
    return f"{topic} {endpoint}"


def default_policy(arn: str, account: str) -> dict[str, Any]:
    """The resource policy that a topic begins with: its account may do everything."""
    actions = (
        "GetTopicAttributes", "SetTopicAttributes", "AddPermission", "RemovePermission", "DeleteTopic", "Subscribe",
        "ListSubscriptionsByTopic", "Publish",
    )  # fmt: skip
    statement = {
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": [f"SNS:{action}" for action in actions],
        "Resource": arn,
        "Condition": {"StringEquals": {"AWS:SourceOwner": account}},
    }
    return {"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [statement]}
