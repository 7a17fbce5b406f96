"""The tables of topics and subscriptions, and publishing: for SNS and for who publishes to topics."""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from netflux.clock import Clock
from netflux.controlplane.records.documents import Documents
from netflux.controlplane.records.table import Change
from netflux.errors import AwsError
from netflux.resources.deadlines import Deadlines
from netflux.resources.sns import filterpolicy
from netflux.resources.sns.signing import Signatures
from netflux.resources.sns.topic import PUBLISHED, SUBSCRIPTION, TOPIC, Published, Subscription, Topic
from netflux.resources.sqs.message import Draft, Value
from netflux.resources.sqs.queues import INTERVAL, Queues, Sent

Invoke = Callable[[str, str, str], object]
"""With the function's ARN, the event as JSON and the ARN of the topic."""

_log = logging.getLogger(__name__)

_SENDER = "AIDAIT2UOQQY3AUEKVGXU"
"""The id that queues tell of messages by SNS."""


@dataclass(frozen=True)
class Notice:
    """A message that is to be published.

    Attributes:
        text: for each protocol that has one of its own, and as `default`.
        group: of a FIFO topic's message.
        deduplication: of a FIFO topic's message; empty where its text stands for it.
    """

    text: Mapping[str, str]
    subject: str = ""
    attributes: Mapping[str, Value] = field(default_factory=dict)
    group: str = ""
    deduplication: str = ""

    @property
    def default(self) -> str:
        return self.text["default"]

    def told(self, protocol: str) -> str:
        """The text for subscriptions of a protocol."""
        return self.text.get(protocol, self.default)


class Topics:
    """Topics and subscriptions. Whoever changes something does it in a transaction.

    Args:
        documents: of the region.
        clock: of the region.
        queues: where messages are delivered to.
        region: its name.

    Attributes:
        functions: invokes a function with an event, in the caller's transaction; None where there are no functions.
    """

    def __init__(self, documents: Documents, clock: Clock, queues: Queues, region: str) -> None:
        self.documents = documents
        self.topics = documents.table(TOPIC)
        self.subscriptions = documents.table(SUBSCRIPTION)
        self.published = documents.table(PUBLISHED)
        self.queues = queues
        self.clock = clock
        self.signatures = Signatures(documents, clock, region)
        self.functions: Invoke | None = None
        self._region = region
        self._last = 0
        self._ends = Deadlines()
        for one in self.published:
            self._ends.add(one.until, one.key)
            self._last = max(self._last, one.sequence)
        documents.follow(self._told)

    def publish(self, arn: str, text: str, subject: str = "", attributes: Mapping[str, Value] | None = None) -> Sent:
        """Publishes a message of a service's own.

        Raises:
            AwsError: there is no such topic.
        """
        topic = self.topics.get(arn)
        if topic is None:
            raise AwsError("NotFound", "Topic does not exist", 404)
        return self.put(topic, Notice({"default": text}, subject, attributes or {}))

    def put(self, topic: Topic, notice: Notice) -> Sent:
        """Delivers a message to each subscription whose filter lets it through; one that a FIFO topic has had within
        five minutes is the same one, and is not delivered again.
        """
        moment = self.clock.now()
        now = moment.timestamp()
        for key in self._ends.ended(now):
            self.published.delete(key)
        sent = Sent(str(uuid.uuid4()), 0)
        if topic.fifo:
            identity = notice.deduplication or hashlib.sha256(notice.default.encode()).hexdigest()
            key = f"{topic.arn} {notice.group if topic.scope == 'MessageGroup' else ''} {identity}"
            known = self.published.get(key)
            if known is not None and known.until > now:
                return Sent(known.message, known.sequence)
            self._last = max(self._last + 1, int(now * 1_000_000))
            sent = Sent(sent.id, self._last)
            until = now + self.clock.real(INTERVAL)
            self.published.put(Published(key, topic.arn, sent.id, sent.sequence, until))
        delivery = _Delivery(topic, notice, sent, moment)
        for subscription in self.subscriptions.where("topic", topic.arn):
            if not subscription.pending and _passes(subscription, notice):
                self._deliver(subscription, delivery)
        return sent

    def _deliver(self, subscription: Subscription, delivery: _Delivery) -> None:
        if subscription.protocol == "lambda" and self._invoked(subscription, delivery):
            return
        draft = self._draft(subscription, delivery)
        for place in (subscription.endpoint, subscription.dead_letters):
            queue = self.queues.find(place) if place else None
            if queue is None:
                continue
            try:
                self.queues.put(queue, draft)
            except AwsError as error:
                _log.warning("%s: %s does not take message %s: %s", subscription.arn, place, delivery.sent.id, error)
            else:
                return
        _log.warning(
            "%s: message %s was not delivered to %s", subscription.arn, delivery.sent.id, subscription.endpoint
        )

    def _invoked(self, subscription: Subscription, delivery: _Delivery) -> bool:
        if self.functions is None:
            return False
        try:
            self.functions(subscription.endpoint, self._record(subscription, delivery), subscription.topic)
        except AwsError as error:
            _log.warning("%s: %s is not invoked: %s", subscription.arn, subscription.endpoint, error)
            return False
        return True

    def _record(self, subscription: Subscription, delivery: _Delivery) -> str:
        """A message as functions get it ("Invoking Lambda functions with Amazon SNS notifications", AWS Lambda
        Developer Guide)."""
        told = json.loads(self._envelope(subscription, delivery))
        told = {"Subject": None, "MessageAttributes": {}, **told}
        told["SigningCertUrl"], told["UnsubscribeUrl"] = told.pop("SigningCertURL"), told.pop("UnsubscribeURL")
        record = {"EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": subscription.arn}
        return json.dumps({"Records": [record | {"Sns": told}]}, ensure_ascii=False)

    def _draft(self, subscription: Subscription, delivery: _Delivery) -> Draft:
        topic, notice = delivery.topic, delivery.notice
        fifo = subscription.endpoint.endswith(".fifo")
        identity = notice.deduplication
        if topic.fifo and fifo and not identity:
            identity = hashlib.sha256(notice.default.encode()).hexdigest()
        body = notice.told("sqs") if subscription.raw else self._envelope(subscription, delivery)
        return Draft(
            body=body,
            attributes=notice.attributes if subscription.raw else {},
            group=notice.group,
            deduplication=identity if fifo else "",
            sender=_SENDER,
        )

    def _envelope(self, subscription: Subscription, delivery: _Delivery) -> str:
        """A message as subscriptions that are not raw get it ("HTTP/HTTPS notification JSON format", Amazon SNS
        Developer Guide)."""
        notice, moment = delivery.notice, delivery.moment
        found: dict[str, Any] = {
            "Type": "Notification",
            "MessageId": delivery.sent.id,
            **({"SequenceNumber": sequence(delivery.sent.sequence)} if delivery.topic.fifo else {}),
            "TopicArn": delivery.topic.arn,
            **({"Subject": notice.subject} if notice.subject else {}),
            "Message": notice.told(subscription.protocol),
            "Timestamp": moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z",
        }
        signed = delivery.signatures.get(found["Message"])
        if signed is None:
            signed = self.signatures.signed(found, delivery.topic.signature)
            delivery.signatures[found["Message"]] = signed
        found |= signed
        endpoint = f"https://sns.{self._region}.amazonaws.com"
        found["UnsubscribeURL"] = f"{endpoint}/?Action=Unsubscribe&SubscriptionArn={subscription.arn}"
        if notice.attributes:
            found["MessageAttributes"] = {
                name: {"Type": one.type, "Value": _shown(one)} for name, one in notice.attributes.items()
            }
        return json.dumps(found, ensure_ascii=False)

    def remove(self, subscription: Subscription) -> None:
        """Deletes a subscription."""
        self.subscriptions.delete(subscription.arn)

    def _told(self, changes: Sequence[Change]) -> None:
        for change in changes:
            if change.table == PUBLISHED.name:
                if change.before is not None:
                    self._ends.discard(change.before.until, change.key)
                if change.after is not None:
                    self._ends.add(change.after.until, change.key)


@dataclass(frozen=True)
class _Delivery:
    """One message on its way; what proves who sent it is the same for all subscriptions that get the same text."""

    topic: Topic
    notice: Notice
    sent: Sent
    moment: datetime
    signatures: dict[str, dict[str, str]] = field(default_factory=dict)


def sequence(number: int) -> str:
    """A FIFO topic's sequence number as it is shown: 20 digits."""
    return str(10**19 + number)


def _passes(subscription: Subscription, notice: Notice) -> bool:
    if not subscription.filter_policy:
        return True
    if subscription.filter_scope == "MessageBody":
        return filterpolicy.matches_body(subscription.filter_policy, notice.told(subscription.protocol))
    return filterpolicy.matches_attributes(subscription.filter_policy, dict(_compared(notice.attributes)))


def _compared(attributes: Mapping[str, Value]) -> Iterable[tuple[str, Any]]:
    """Message attributes as filters see them; binary ones are not seen."""
    for name, one in attributes.items():
        if one.text is None:
            continue
        if one.type.startswith("Number"):
            yield name, float(one.text)
        elif one.type == "String.Array":
            try:
                yield name, json.loads(one.text)
            except ValueError:
                continue
        else:
            yield name, one.text


def _shown(one: Value) -> str:
    return base64.b64encode(one.binary).decode() if one.binary is not None else one.text or ""
