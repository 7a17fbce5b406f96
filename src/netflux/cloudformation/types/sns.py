"""SNS: topics, their subscriptions and their policies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from netflux.cloudformation.shape import text
from netflux.cloudformation.types.table import Caller, Facts, Read, Row, Step, Tagging
from netflux.resources.sns.topic import default_policy

_GONE = ("NotFound", "NotFoundException")
_ATTRIBUTES = {
    "DisplayName": "", "KmsMasterKeyId": "", "SignatureVersion": "1", "TracingConfig": "PassThrough",
    "ContentBasedDeduplication": "false", "FifoThroughputScope": "Topic",
}  # fmt: skip
"""Properties that are attributes of a topic, each with what it is where a template has it no more."""
_OF_SUBSCRIPTION = {
    "RawMessageDelivery": "false", "FilterPolicy": "{}", "FilterPolicyScope": "MessageAttributes",
    "RedrivePolicy": "{}", "DeliveryPolicy": "{}",
}  # fmt: skip


def _topic_name(facts: Facts) -> str:
    """A name that CloudFormation makes up for a FIFO topic ends as such names must."""
    name = str(facts.new["TopicName"])
    fifo = str(facts.new.get("FifoTopic", "")).lower() == "true"
    return f"{name}.fifo" if fifo and not name.endswith(".fifo") else name


def _topic(facts: Facts) -> list[dict[str, Any]]:
    given = {name: text(facts.new[name]) for name in (*_ATTRIBUTES, "FifoTopic") if name in facts.new}
    given = {name: value for name, value in given.items() if (name, value) != ("FifoTopic", "false")}
    made: dict[str, Any] = {"Name": _topic_name(facts), "Attributes": given}
    return [made | ({"Tags": facts.new["Tags"]} if facts.new.get("Tags") else {})]


def _attribute(operation: str, key: str, name: str, default: str) -> Step:
    def build(facts: Facts) -> list[dict[str, Any]]:
        value = text(facts.new.get(name, default))
        return [{key: facts.id, "AttributeName": name, "AttributeValue": value}]

    return Step(operation, (name,), build=build, defaults={name: default})


def _pairs(given: Sequence[Any]) -> set[tuple[str, str]]:
    return {(str(one["Protocol"]), str(one["Endpoint"])) for one in given}


def _subscribed(facts: Facts) -> list[dict[str, Any]]:
    added = _pairs(facts.new.get("Subscription", [])) - _pairs(facts.old.get("Subscription", []))
    return [{"TopicArn": facts.id, "Protocol": protocol, "Endpoint": end} for protocol, end in sorted(added)]


async def _unsubscribed(call: Caller, facts: Facts) -> list[dict[str, Any]]:
    """Those that the template has no more, by what the topic lists; pending ones have no ARN and stay, as on AWS."""
    gone = _pairs(facts.old.get("Subscription", [])) - _pairs(facts.new.get("Subscription", []))
    found: list[dict[str, Any]] = []
    token: dict[str, str] = {}
    while gone:
        told = await call("sns", "ListSubscriptionsByTopic", {"TopicArn": facts.id, **token})
        found += [
            {"SubscriptionArn": one["SubscriptionArn"]}
            for one in told["Subscriptions"]
            if (one["Protocol"], one["Endpoint"]) in gone and one["SubscriptionArn"].startswith("arn:")
        ]
        if "NextToken" not in told:
            break
        token = {"NextToken": told["NextToken"]}
    return found


_TOPIC = Row(
    type="AWS::SNS::Topic",
    service="sns",
    create=Step("CreateTopic", (*_ATTRIBUTES, "FifoTopic", "TopicName", "Tags"), build=_topic),
    id="$response.TopicArn",
    read=Read("GetTopicAttributes", {"TopicArn": "$id"}, "$response.Attributes"),
    probe=Read(
        "GetTopicAttributes",
        {"TopicArn": "arn:aws:sns:{region}:{account}:{new.TopicName}"},
        "$response.Attributes.TopicArn",
    ),
    attributes={"TopicArn": "$id", "TopicName": lambda facts: facts.id.rpartition(":")[2]},
    also=(
        Step("Subscribe", ("Subscription",), build=_subscribed, defaults={"Subscription": []}),
        Step("Unsubscribe", ("Subscription",), ask=_unsubscribed, defaults={"Subscription": []}),
    ),
    update=tuple(_attribute("SetTopicAttributes", "TopicArn", *one) for one in _ATTRIBUTES.items()),
    delete=(Step("DeleteTopic", params={"TopicArn": "$id"}),),
    gone=_GONE,
    named="TopicName",
    name_length=250,
    tags=Tagging("TagResource", "UntagResource", {"ResourceArn": "$id"}),
)


def _subscription(facts: Facts) -> list[dict[str, Any]]:
    made = {name: facts.new[name] for name in ("TopicArn", "Protocol", "Endpoint") if name in facts.new}
    given = {name: text(facts.new[name]) for name in _OF_SUBSCRIPTION if name in facts.new}
    return [made | {"Attributes": given, "ReturnSubscriptionArn": True}]


_SUBSCRIPTION = Row(
    type="AWS::SNS::Subscription",
    service="sns",
    create=Step("Subscribe", ("TopicArn", "Protocol", "Endpoint", *_OF_SUBSCRIPTION), build=_subscription),
    id="$response.SubscriptionArn",
    read=Read("GetSubscriptionAttributes", {"SubscriptionArn": "$id"}, "$response.Attributes"),
    attributes={"Arn": "$id"},
    update=tuple(_attribute("SetSubscriptionAttributes", "SubscriptionArn", *one) for one in _OF_SUBSCRIPTION.items()),
    delete=(Step("Unsubscribe", params={"SubscriptionArn": "$id"}),),
    gone=_GONE,
    unique=False,
)


def _policies(
    document: Callable[[Facts, str], str], which: Callable[[Facts], list[str]]
) -> Callable[[Facts], list[dict[str, Any]]]:
    def build(facts: Facts) -> list[dict[str, Any]]:
        return [
            {"TopicArn": arn, "AttributeName": "Policy", "AttributeValue": document(facts, arn)} for arn in which(facts)
        ]

    return build


def _wanted(facts: Facts, _arn: str) -> str:
    return text(facts.new["PolicyDocument"])


def _topics(facts: Facts) -> list[str]:
    return list(facts.new["Topics"])


def _lost(facts: Facts) -> list[str]:
    return [arn for arn in facts.old.get("Topics", []) if arn not in facts.new["Topics"]]


def _default(facts: Facts, arn: str) -> str:
    return text(default_policy(arn, facts.account))


_TOPIC_POLICY = Row(
    type="AWS::SNS::TopicPolicy",
    service="sns",
    create=Step("", ()),
    id="{logical}-{token}",
    attributes={"Id": "$id"},
    also=(
        Step("SetTopicAttributes", ("Topics", "PolicyDocument"), build=_policies(_wanted, _topics)),
        Step("SetTopicAttributes", ("Topics",), build=_policies(_default, _lost), ignore=_GONE),
    ),
    delete=(Step("SetTopicAttributes", build=_policies(_default, _topics), ignore=_GONE),),
    gone=_GONE,
)


def _one(facts: Facts) -> list[str]:
    return [str(facts.new["TopicArn"])]


_INLINE_POLICY = Row(
    type="AWS::SNS::TopicInlinePolicy",
    service="sns",
    create=Step("SetTopicAttributes", ("TopicArn", "PolicyDocument"), build=_policies(_wanted, _one)),
    id="$new.TopicArn",
    unique=False,
    update=(Step("SetTopicAttributes", ("PolicyDocument",), build=_policies(_wanted, _one)),),
    delete=(Step("SetTopicAttributes", build=_policies(_default, _one), ignore=_GONE),),
    gone=_GONE,
)

ROWS = (_TOPIC, _SUBSCRIPTION, _TOPIC_POLICY, _INLINE_POLICY)
