"""Topics: made, listed, changed, deleted; who may use them, and their tags."""

# ruff: noqa: ARG002 every operation takes the call, as the control plane hands it over

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

from netflux.aws.sns import attributes
from netflux.aws.sns.part import TAGS, Part, Request, invalid, paged
from netflux.controlplane.call import Call
from netflux.controlplane.identifiers import arn
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.policy import grant
from netflux.resources.sns.topic import Topic

_NAME = re.compile(r"[A-Za-z0-9_-]{1,256}")
_FIFO_NAME = re.compile(r"[A-Za-z0-9_-]{1,251}\.fifo")
_PROTECTION = "Messages are not looked through here. Leave it out, or run this part on AWS."
_SHARED = (
    "GetTopicAttributes", "SetTopicAttributes", "AddPermission", "RemovePermission", "DeleteTopic", "Subscribe",
    "ListSubscriptionsByTopic", "Publish", "Receive",
)  # fmt: skip
_ACCOUNT = re.compile("[0-9]{12}")


class Lifecycle(Part):
    """Handlers of topics."""

    @operation("Name Attributes Tags(Key Value)", refused={"DataProtectionPolicy": _PROTECTION})
    def create_topic(self, call: Call, request: Request) -> dict[str, Any]:
        """One that is there already with these attributes and tags is the answer ("CreateTopic", Amazon SNS API
        Reference)."""
        name, given = request["Name"], request.get("Attributes") or {}
        fifo = _is_fifo(name, given.get("FifoTopic"))
        place = arn("sns", name, self.account, self.region)
        wanted = Topic(place, name, self.account, fifo=fifo)
        for attribute, text in given.items():
            if attribute != "FifoTopic":
                wanted = attributes.changed(wanted, attribute, text)
        tags = TAGS.read(request.get("Tags"), own=call.access_key is None)
        known = self.kept.topics.get(place)
        if known is not None:
            self._check_same(known, replace(wanted, tags=tags), request)
            return {"TopicArn": place}
        self.kept.topics.put(replace(wanted, tags=tags))
        return {"TopicArn": place}

    def _check_same(self, known: Topic, wanted: Topic, request: Request) -> None:
        had, asked = attributes.shown(known), attributes.shown(wanted)
        if any(had.get(name) != asked.get(name) for name in request.get("Attributes") or {}):
            raise invalid("Attributes Reason: Topic already exists with different attributes")
        if request.get("Tags") and known.tags != wanted.tags:
            raise invalid("Tags Reason: Topic already exists with different tags")

    @operation("TopicArn")
    def delete_topic(self, call: Call, request: Request) -> dict[str, Any]:
        """With its subscriptions; one that is not there is no error ("DeleteTopic", Amazon SNS API Reference)."""
        place = request["TopicArn"]
        if place not in self.kept.topics:
            if not place.startswith("arn:aws:sns:"):
                self.topic(place)
            return {}
        for subscription in self.kept.subscriptions.where("topic", place):
            self.kept.remove(subscription)
        for one in self.kept.published.where("topic", place):
            self.kept.published.delete(one.key)
        self.kept.topics.delete(place)
        return {}

    @operation("NextToken")
    def list_topics(self, call: Call, request: Request) -> dict[str, Any]:
        """All of them."""
        return paged("Topics", [{"TopicArn": topic.arn} for topic in self.kept.topics], request)

    @operation("TopicArn")
    def get_topic_attributes(self, call: Call, request: Request) -> dict[str, Any]:
        """With how many subscriptions there are."""
        topic = self.topic(request["TopicArn"])
        pending = sum(one.pending for one in self.kept.subscriptions.where("topic", topic.arn))
        counts = {
            "SubscriptionsConfirmed": str(len(self.kept.subscriptions.keys("topic", topic.arn)) - pending),
            "SubscriptionsPending": str(pending),
            "SubscriptionsDeleted": str(topic.unsubscribed),
        }
        return {"Attributes": {**attributes.shown(topic), **counts}}

    @operation("TopicArn AttributeName AttributeValue")
    def set_topic_attributes(self, call: Call, request: Request) -> dict[str, Any]:
        """One at a time."""
        topic = self.topic(request["TopicArn"])
        self.kept.topics.put(attributes.changed(topic, request["AttributeName"], request.get("AttributeValue") or ""))
        return {}

    @operation("TopicArn Label AWSAccountId ActionName")
    def add_permission(self, call: Call, request: Request) -> dict[str, Any]:
        """One more statement in the topic's policy."""
        topic, label = self.topic(request["TopicArn"]), request["Label"]
        policy = _policy(topic)
        if any(one.get("Sid") == label for one in policy["Statement"]):
            raise invalid("Statement already exists")
        if not request["ActionName"] or any(one not in _SHARED for one in request["ActionName"]):
            raise invalid("Policy statement action out of service scope!")
        if not request["AWSAccountId"] or not all(_ACCOUNT.fullmatch(one) for one in request["AWSAccountId"]):
            raise invalid("AWSAccountId Reason: It must be account ids of twelve digits")
        actions = [f"SNS:{action}" for action in request["ActionName"]]
        statement = grant.statement(label, request["AWSAccountId"], actions, topic.arn)
        policy["Statement"] = [*policy["Statement"], statement]
        return self._keep(topic, policy)

    @operation("TopicArn Label")
    def remove_permission(self, call: Call, request: Request) -> dict[str, Any]:
        """A label that is not there is no error."""
        topic = self.topic(request["TopicArn"])
        policy = _policy(topic)
        policy["Statement"] = [one for one in policy["Statement"] if one.get("Sid") != request["Label"]]
        return self._keep(topic, policy)

    def _keep(self, topic: Topic, policy: dict[str, Any]) -> dict[str, Any]:
        self.kept.topics.put(replace(topic, policy=json.dumps(policy, separators=(",", ":"))))
        return {}

    @operation("ResourceArn Tags(Key Value)")
    def tag_resource(self, call: Call, request: Request) -> dict[str, Any]:
        """A tag of a key that is there is replaced."""
        topic = self._tagged(request)
        added = TAGS.read(request["Tags"], own=call.access_key is None)
        if len({**topic.tags, **added}) > TAGS.most:
            raise AwsError("TagLimitExceeded", "Could not complete request: tag quota of per resource exceeded")
        self.kept.topics.put(replace(topic, tags=TAGS.merged(topic.tags, added)))
        return {}

    @operation("ResourceArn TagKeys")
    def untag_resource(self, call: Call, request: Request) -> dict[str, Any]:
        """Keys that the topic has not are no error."""
        topic = self._tagged(request)
        left = {key: text for key, text in topic.tags.items() if key not in request["TagKeys"]}
        self.kept.topics.put(replace(topic, tags=left))
        return {}

    @operation("ResourceArn")
    def list_tags_for_resource(self, call: Call, request: Request) -> dict[str, Any]:
        """All of them."""
        return {"Tags": TAGS.shown(self._tagged(request).tags)}

    def _tagged(self, request: Request) -> Topic:
        found = self.kept.topics.get(request["ResourceArn"])
        if found is None:
            raise AwsError("ResourceNotFound", "Resource does not exist", 404)
        return found


def _policy(topic: Topic) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(attributes.policy(topic))
    if isinstance(found["Statement"], dict):
        found["Statement"] = [found["Statement"]]
    return found


def _is_fifo(name: str, written: str | None) -> bool:
    if written is not None and written.lower() not in ("true", "false"):
        raise invalid("FifoTopic Reason: It may be true or false")
    fifo = (written or "").lower() == "true"
    if fifo and not _FIFO_NAME.fullmatch(name):
        raise invalid(
            "Topic Name Reason: Fifo Topic names must end with .fifo and must be made up of only uppercase and "
            "lowercase ASCII letters, numbers, underscores, and hyphens, and must be between 1 and 256 characters long."
        )
    if not fifo and not _NAME.fullmatch(name):
        raise invalid(
            "Topic Name Reason: Topic names must be made up of only uppercase and lowercase ASCII letters, numbers, "
            "underscores, and hyphens, and must be between 1 and 256 characters long."
        )
    return fifo
