"""Subscriptions: queues and functions that get a topic's messages, and addresses that nobody has confirmed."""

# ruff: noqa: ARG002 every operation takes the call, as the control plane hands it over

from __future__ import annotations

import re
import uuid
from dataclasses import replace
from typing import Any

from netflux.aws.sns import attributes
from netflux.aws.sns.part import Part, Request, invalid, paged
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import Unsupported
from netflux.resources.sns.topic import Subscription, Topic, endpoint_key

_INSTEAD = "Nothing is sent from here: subscribe a queue or a function, or run this part on AWS."
_PROTOCOLS = ("http", "https", "email", "email-json", "sms", "sqs", "application", "lambda", "firehose")
_PENDING = "pending confirmation"
_FUNCTION = re.compile(r"arn:aws:lambda:([a-z0-9-]+):([0-9]{12}):function:[A-Za-z0-9_-]{1,64}(:[A-Za-z0-9_$-]{1,128})?")
_MAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,255}")
_QUEUE = re.compile(r"arn:aws:sqs:([a-z0-9-]+):([0-9]{12}):[A-Za-z0-9_-]{1,80}(\.fifo)?")


class Subscriptions(Part):
    """Handlers of subscriptions."""

    @operation("TopicArn Protocol Endpoint Attributes ReturnSubscriptionArn")
    def subscribe(self, call: Call, request: Request) -> dict[str, Any]:
        """An endpoint that is subscribed already with these attributes is the answer ("Subscribe", Amazon SNS API
        Reference). A mail address waits for its owner's confirmation, which no mail can ask for here."""
        protocol, endpoint = request["Protocol"], request.get("Endpoint") or ""
        if protocol not in _PROTOCOLS:
            raise invalid(f"Amazon SNS does not support this protocol string: {protocol}")
        topic = self.topic(request["TopicArn"])
        pending = protocol in ("email", "email-json")
        if pending:
            _check_address(topic, endpoint)
        elif protocol in ("sqs", "lambda") and (protocol == "sqs" or self.kept.functions is not None):
            self._check_arn(topic, protocol, endpoint)
        else:
            raise Unsupported(f"sns:Subscribe with Protocol {protocol}", _INSTEAD)
        given = request.get("Attributes") or {}
        fresh = Subscription(
            f"{topic.arn}:{uuid.uuid4()}", topic.arn, protocol, endpoint, self.principal(call), pending=pending
        )
        wanted = attributes.subscribed(fresh, given)
        known = next(iter(self.kept.subscriptions.where("endpoint", endpoint_key(topic.arn, endpoint))), None)
        if known is None:
            self.kept.subscriptions.put(wanted)
        elif given and replace(wanted, arn=known.arn, principal=known.principal) != known:
            raise invalid("Attributes Reason: Subscription already exists with different attributes")
        told = not pending or request.get("ReturnSubscriptionArn")
        return {"SubscriptionArn": (known or wanted).arn if told else _PENDING}

    def _check_arn(self, topic: Topic, protocol: str, endpoint: str) -> None:
        found = (_QUEUE if protocol == "sqs" else _FUNCTION).fullmatch(endpoint)
        if found is None:
            raise invalid("SQS endpoint ARN" if protocol == "sqs" else "Lambda endpoint ARN")
        if topic.fifo and protocol == "lambda":
            raise invalid("Endpoint Reason: Lambda functions can not be subscribed to FIFO SNS topics")
        if protocol == "sqs" and found[3] and not topic.fifo:
            raise invalid(
                "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics"
            )
        if (found[1], found[2]) != (self.region, self.account):
            noun = "queues" if protocol == "sqs" else "functions"
            raise Unsupported(
                f"sns:Subscribe of {endpoint}", f"There are {noun} of {self.account} in {self.region} here."
            )

    @operation("SubscriptionArn")
    def unsubscribe(self, call: Call, request: Request) -> dict[str, Any]:
        """One that is not there is no error."""
        arn = request["SubscriptionArn"]
        known = self.kept.subscriptions.get(arn)
        if known is None and not (arn.startswith("arn:aws:sns:") and arn.count(":") == 6):
            raise invalid("SubscriptionArn Reason: It must be the ARN of a subscription")
        if known is not None:
            self.kept.remove(known)
            topic = self.topic(known.topic)
            self.kept.topics.put(replace(topic, unsubscribed=topic.unsubscribed + 1))
        return {}

    @operation("NextToken")
    def list_subscriptions(self, call: Call, request: Request) -> dict[str, Any]:
        """Of all topics."""
        return paged("Subscriptions", [self._listed(one) for one in self.kept.subscriptions], request)

    @operation("TopicArn NextToken")
    def list_subscriptions_by_topic(self, call: Call, request: Request) -> dict[str, Any]:
        """Of one topic."""
        topic = self.topic(request["TopicArn"])
        found = [self._listed(one) for one in self.kept.subscriptions.where("topic", topic.arn)]
        return paged("Subscriptions", found, request)

    def _listed(self, one: Subscription) -> dict[str, Any]:
        return {
            "SubscriptionArn": "PendingConfirmation" if one.pending else one.arn,
            "Owner": self.account,
            "Protocol": one.protocol,
            "Endpoint": one.endpoint,
            "TopicArn": one.topic,
        }

    @operation("SubscriptionArn")
    def get_subscription_attributes(self, call: Call, request: Request) -> dict[str, Any]:
        """All of them."""
        return {"Attributes": attributes.shown_subscription(self.subscription(request), self.account)}

    @operation("SubscriptionArn AttributeName AttributeValue")
    def set_subscription_attributes(self, call: Call, request: Request) -> dict[str, Any]:
        """One at a time."""
        known, name = self.subscription(request), request["AttributeName"]
        if name not in (*attributes.SUBSCRIPTION, "DeliveryPolicy", "ReplayPolicy"):
            raise invalid("AttributeName")
        self.kept.subscriptions.put(attributes.subscribed(known, {name: request.get("AttributeValue") or ""}))
        return {}


def _check_address(topic: Topic, endpoint: str) -> None:
    if _MAIL.fullmatch(endpoint) is None:
        raise invalid(f"Email endpoint Reason: {endpoint} is not an address")
    if topic.fifo:
        raise invalid("Endpoint Reason: Please use SQS endpoints with FIFO topics")
