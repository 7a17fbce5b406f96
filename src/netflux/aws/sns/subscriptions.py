"""Subscriptions: queues that get a topic's messages."""

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
from netflux.resources.sns.topic import Subscription, endpoint_key

_INSTEAD = "Nothing is sent from here: subscribe an SQS queue, or run this part on AWS."
_PROTOCOLS = ("http", "https", "email", "email-json", "sms", "sqs", "application", "lambda", "firehose")
_QUEUE = re.compile(r"arn:aws:sqs:([a-z0-9-]+):([0-9]{12}):[A-Za-z0-9_-]{1,80}(\.fifo)?")


class Subscriptions(Part):
    """Handlers of subscriptions."""

    @operation(
        "TopicArn Protocol Endpoint Attributes",
        neutral={"ReturnSubscriptionArn": "A queue's subscription is confirmed at once, so its ARN is always told."},
    )
    def subscribe(self, call: Call, request: Request) -> dict[str, Any]:
        """A queue that is subscribed already with these attributes is the answer ("Subscribe", Amazon SNS API
        Reference)."""
        protocol, endpoint = request["Protocol"], request.get("Endpoint") or ""
        if protocol not in _PROTOCOLS:
            raise invalid(f"Amazon SNS does not support this protocol string: {protocol}")
        topic = self.topic(request["TopicArn"])
        if protocol != "sqs":
            raise Unsupported(f"sns:Subscribe with Protocol {protocol}", _INSTEAD)
        found = _QUEUE.fullmatch(endpoint)
        if found is None:
            raise invalid("SQS endpoint ARN")
        if found[3] and not topic.fifo:
            raise invalid(
                "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics"
            )
        if (found[1], found[2]) != (self.region, self.account):
            raise Unsupported(
                f"sns:Subscribe of {endpoint}", f"There are queues of {self.account} in {self.region} here."
            )
        given = request.get("Attributes") or {}
        fresh = Subscription(f"{topic.arn}:{uuid.uuid4()}", topic.arn, protocol, endpoint, self.principal(call))
        wanted = attributes.subscribed(fresh, given)
        known = next(iter(self.kept.subscriptions.where("endpoint", endpoint_key(topic.arn, endpoint))), None)
        if known is None:
            self.kept.subscriptions.put(wanted)
            return {"SubscriptionArn": wanted.arn}
        if given and replace(wanted, arn=known.arn, principal=known.principal) != known:
            raise invalid("Attributes Reason: Subscription already exists with different attributes")
        return {"SubscriptionArn": known.arn}

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
            "SubscriptionArn": one.arn,
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
