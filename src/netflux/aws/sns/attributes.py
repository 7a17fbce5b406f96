"""Attributes of topics and subscriptions, between the texts of the API and the records: pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from netflux.aws.sns.part import invalid
from netflux.decoding import json as decoding
from netflux.errors import Unsupported
from netflux.policy.document import PolicyError, parse
from netflux.resources.pattern import PatternError
from netflux.resources.sns import filterpolicy
from netflux.resources.sns.topic import Subscription, Topic, default_policy

_QUEUE = re.compile(r"arn:aws:sqs:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,80}(\.fifo)?")
_MOST_POLICY = 30 * 1024
_LONGEST_DISPLAY_NAME = 100
_RETRIES = {
    "minDelayTarget": 20,
    "maxDelayTarget": 20,
    "numRetries": 3,
    "numMaxDelayRetries": 0,
    "numNoDelayRetries": 0,
    "numMinDelayRetries": 0,
    "backoffFunction": "linear",
}
"""How HTTP endpoints are tried again unless a topic says otherwise ("Creating an HTTP/S delivery policy", Amazon SNS
Developer Guide)."""
_FEEDBACK = re.compile("(HTTP|SQS|Lambda|Firehose|Application)(Success|Failure)Feedback(RoleArn|SampleRate)")
_NO_FEEDBACK = ("", "0")
"""No role and a sample of zero percent, which Terraform says of every topic: deliveries aren't logged."""
SUBSCRIPTION = ("RawMessageDelivery", "FilterPolicy", "FilterPolicyScope", "RedrivePolicy")


def changed(topic: Topic, name: str, text: str) -> Topic:
    """The topic with this attribute.

    Raises:
        AwsError: it is unknown, is not this kind of topic's, or has a value that it can't have.
    """
    if name in ("ContentBasedDeduplication", "FifoThroughputScope") and not topic.fifo:
        raise invalid(f"AttributeName Reason: {name} is for FIFO topics only")
    if name in _READ:
        field, read = _READ[name]
        return replace(topic, **{field: read(text)})
    if _FEEDBACK.fullmatch(name):
        if text in _NO_FEEDBACK:
            return topic
        raise Unsupported(f"sns: the topic attribute {name}", "Deliveries are not logged here. Leave it out.")
    if name == "ArchivePolicy":
        if not text:
            return topic
        raise Unsupported(f"sns: the topic attribute {name}", "Messages are not archived here. Leave it out.")
    raise invalid("AttributeName")


def policy(topic: Topic) -> str:
    """The topic's resource policy; one that nobody has set lets its account do everything."""
    if topic.policy:
        return topic.policy
    return _compact(default_policy(topic.arn, topic.account))


def shown(topic: Topic) -> dict[str, str]:
    """All attributes that the topic has, without its counts."""
    effective = {"http": {"defaultHealthyRetryPolicy": _RETRIES, "disableSubscriptionOverrides": False}}
    if topic.delivery_policy:
        given = decoding.value(topic.delivery_policy)
        effective["http"] |= given.get("http", {}) if isinstance(given, dict) else {}
    found = {
        "TopicArn": topic.arn,
        "Owner": topic.account,
        "DisplayName": topic.display_name,
        "Policy": policy(topic),
        "EffectiveDeliveryPolicy": _compact(effective),
    }
    if topic.fifo:
        found["FifoTopic"], found["ContentBasedDeduplication"] = "true", str(topic.content_based).lower()
        found["FifoThroughputScope"] = topic.scope or "Topic"
    optional = {
        "DeliveryPolicy": topic.delivery_policy,
        "KmsMasterKeyId": topic.key,
        "TracingConfig": topic.tracing,
        "SignatureVersion": topic.signature if topic.signature != "1" else "",
    }
    return found | {name: text for name, text in optional.items() if text}


def subscribed(subscription: Subscription, given: Mapping[str, str]) -> Subscription:
    """The subscription with these attributes.

    Raises:
        AwsError: one is unknown, or has a value that it can't have.
    """
    for name, text in given.items():
        subscription = replace(subscription, **_subscribed(name, text))
    if subscription.filter_policy and ("FilterPolicy" in given or "FilterPolicyScope" in given):
        try:
            filterpolicy.check(subscription.filter_policy, body=subscription.filter_scope == "MessageBody")
        except PatternError as error:
            raise invalid(f"FilterPolicy: {error}") from error
    return subscription


def _subscribed(name: str, text: str) -> dict[str, Any]:
    """The record's field of a subscription's attribute, read; a filter policy is checked when its scope is known."""
    match name:
        case "RawMessageDelivery":
            return {"raw": _flag(name, text)}
        case "FilterPolicyScope":
            return {"filter_scope": _choice(name, "MessageBody", "MessageAttributes")(text)}
        case "FilterPolicy":
            return {"filter_policy": "" if text == "{}" else text}
        case "RedrivePolicy":
            return {"dead_letters": _redrive(text)}
        case "ReplayPolicy":
            raise Unsupported("sns: the subscription attribute ReplayPolicy", "Messages are not archived here.")
        case "DeliveryPolicy":
            raise invalid("Delivery protocol [sqs] does not support delivery policy.")
    raise invalid("AttributeName")


def shown_subscription(subscription: Subscription, account: str) -> dict[str, str]:
    """All attributes of a subscription."""
    found = {
        "SubscriptionArn": subscription.arn,
        "TopicArn": subscription.topic,
        "Owner": account,
        "Protocol": subscription.protocol,
        "Endpoint": subscription.endpoint,
        "RawMessageDelivery": str(subscription.raw).lower(),
        "PendingConfirmation": str(subscription.pending).lower(),
        "ConfirmationWasAuthenticated": str(not subscription.pending).lower(),
        "SubscriptionPrincipal": subscription.principal,
    }
    if subscription.filter_policy:
        found["FilterPolicy"], found["FilterPolicyScope"] = subscription.filter_policy, subscription.filter_scope
    if subscription.dead_letters:
        found["RedrivePolicy"] = _compact({"deadLetterTargetArn": subscription.dead_letters})
    return found


def _display_name(text: str) -> str:
    if len(text) > _LONGEST_DISPLAY_NAME:
        raise invalid(f"DisplayName Reason: It has at most {_LONGEST_DISPLAY_NAME} characters")
    return text


def _policy(text: str) -> str:
    if len(text.encode()) > _MOST_POLICY:
        raise invalid(f"Policy Reason: It is longer than {_MOST_POLICY} bytes")
    try:
        parse(text, needs_principal=True)
    except PolicyError as error:
        raise invalid(f"Policy Error: {error}") from error
    return text


def _delivery_policy(text: str) -> str:
    if text and not isinstance(_object("DeliveryPolicy", text).get("http", {}), dict):
        raise invalid("DeliveryPolicy: http must be an object")
    return text


def _redrive(text: str) -> str:
    if not text or text == "{}":
        return ""
    target = _object("RedrivePolicy", text).get("deadLetterTargetArn")
    if not isinstance(target, str) or not _QUEUE.fullmatch(target):
        raise invalid("RedrivePolicy: deadLetterTargetArn is an invalid arn")
    return target


def _object(name: str, text: str) -> dict[str, Any]:
    try:
        found = decoding.value(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise invalid(f"{name}: failed to parse JSON")
    return found


def _flag(name: str, text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise invalid(f"{name}: Invalid value [{text}]. Must be true or false.")
    return text.lower() == "true"


def _choice(name: str, *choices: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in choices:
            raise invalid(f"{name}: Invalid value [{text}]. It may be {' or '.join(choices)}.")
        return text

    return read


def _tracing(text: str) -> str:
    if text == "Active":
        raise Unsupported("sns: TracingConfig Active", "There is no X-Ray here. Leave it out.")
    return _choice("TracingConfig", "PassThrough")(text)


_READ: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "DisplayName": ("display_name", _display_name),
    "Policy": ("policy", _policy),
    "DeliveryPolicy": ("delivery_policy", _delivery_policy),
    "KmsMasterKeyId": ("key", str),
    "SignatureVersion": ("signature", _choice("SignatureVersion", "1", "2")),
    "TracingConfig": ("tracing", _tracing),
    "ContentBasedDeduplication": ("content_based", lambda text: _flag("ContentBasedDeduplication", text)),
    "FifoThroughputScope": ("scope", _choice("FifoThroughputScope", "Topic", "MessageGroup")),
}


def _compact(given: Mapping[str, Any]) -> str:
    return json.dumps(given, separators=(",", ":"))
