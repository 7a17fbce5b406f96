"""Delivers events to targets: at once where a target takes them in this transaction, by a record where it works."""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from netflux.aws.destinations import Destinations, Event, service_of
from netflux.clock import Clock
from netflux.controlplane.records.documents import Documents
from netflux.errors import AwsError, Unsupported
from netflux.resources.events import DELIVERY, Delivery
from netflux.resources.sqs.message import Draft, Value
from netflux.resources.sqs.queues import Queues

_log = logging.getLogger(__name__)
DIRECT = ("sqs", "sns", "lambda", "events")
WORKING = ("ecs", "logs")
"""Services whose targets need calls of their APIs, which the controller makes."""
_TRIES, _AGE = 185, 86_400
"""What a target has unless it says otherwise ("Event retry policy and using dead-letter queues")."""
_AGAIN = (1.0, 300.0)
"""Simulated seconds between the first two tries, and at most."""


class Outlet:
    """Takes what is to be delivered.

    Args:
        documents: of the region.
        clock: of the region.
        destinations: of targets.
        queues: where dead letters go.
    """

    def __init__(self, documents: Documents, clock: Clock, destinations: Destinations, queues: Queues) -> None:
        self.deliveries = documents.table(DELIVERY)
        self.destinations = destinations
        self._documents = documents
        self._clock = clock
        self._queues = queues

    def check(self, arn: str, where: str) -> None:
        """Raises Unsupported for a target that nothing here can deliver to."""
        service = service_of(arn)
        known = service in WORKING or (service in DIRECT and self.destinations.takes(arn))
        if not known or arn.startswith("arn:aws:scheduler:::"):
            raise Unsupported(
                f"{where}: the target {arn}",
                "Targets are queues, topics, functions, log groups, buses, and clusters whose tasks are run.",
            )

    def deliver(self, target: Mapping[str, Any], body: str, source: str, service: str) -> None:
        """Delivers now, or keeps the delivery for the controller; what can't be delivered is a dead letter.

        Args:
            target: PutTargets' members, or a schedule's Target.
            body: what the target gets.
            source: ARN of the rule or schedule.
            service: as policies name it.
        """
        now = self._clock.calendar()
        made = Delivery(str(uuid.uuid4()), source, service, {**target}, body, now, now)
        if service_of(target["Arn"]) in WORKING:
            self.deliveries.put(made)
            return
        group = (target.get("SqsParameters") or {}).get("MessageGroupId", "")
        try:
            self.destinations.deliver(Event(target["Arn"], body, source, group=group, principal=service))
        except AwsError as error:
            self.bury(made, error)
        except KeyError:
            self.bury(made, AwsError("ResourceNotFoundException", f"Nothing here takes events for {target['Arn']}."))

    def again(self, delivery: Delivery, error: AwsError) -> Delivery | None:
        """The delivery as it is tried next; None where it is given up."""
        limits, now = delivery.target.get("RetryPolicy") or {}, self._clock.calendar()
        tries = delivery.tries + 1
        pause = timedelta(seconds=min(_AGAIN[0] * 2**delivery.tries, _AGAIN[1]))
        ends = delivery.first + timedelta(seconds=limits.get("MaximumEventAgeInSeconds", _AGE))
        if not passing(error) or tries > limits.get("MaximumRetryAttempts", _TRIES) or now + pause > ends:
            return None
        return replace(delivery, tries=tries, due=now + pause)

    def bury(self, delivery: Delivery, error: AwsError) -> None:
        """Puts an event that its target does not take into the target's dead letters, if it has such a queue."""
        arn = (delivery.target.get("DeadLetterConfig") or {}).get("Arn")
        _log.warning("%s: %s does not take an event: %s", delivery.source, delivery.target["Arn"], error)
        queue = self._queues.find(arn) if arn else None
        if queue is None:
            return
        told = {
            "RULE_ARN": delivery.source,
            "TARGET_ARN": delivery.target["Arn"],
            "ERROR_CODE": error.code,
            "ERROR_MESSAGE": error.message,
            "EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts" if delivery.tries else "",
            "RETRY_ATTEMPTS": str(delivery.tries),
        }
        attributes = {name: Value("String", text) for name, text in told.items() if text}
        try:
            self._queues.put(queue, Draft(delivery.body, attributes, group="dead" if queue.fifo else ""))
        except AwsError as problem:
            _log.warning("%s does not take a dead letter of %s: %s", arn, delivery.source, problem)


def passing(error: AwsError) -> bool:
    """Whether another try may succeed: not where something is not there, or not allowed."""
    return error.status >= 500 or "Throttl" in error.code or error.code in ("LimitExceededException",)


def envelope(kind: str, source: str, detail: Any, more: Mapping[str, Any]) -> dict[str, Any]:
    """An event as buses have it ("AWS service event metadata", EventBridge User Guide)."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": kind,
        "source": source,
        "account": more["account"],
        "time": more["time"],
        "region": more["region"],
        "resources": [*more.get("resources", ())],
        "detail": detail,
    }


def moment(time: datetime) -> str:
    """As events have it: whole seconds."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def size(entry: Mapping[str, Any]) -> int:
    """Bytes of an entry of PutEvents, as they are counted."""
    texts = [entry.get(name) or "" for name in ("Source", "DetailType", "Detail")]
    found = sum(len(text.encode()) for text in texts) + sum(len(one.encode()) for one in entry.get("Resources") or ())
    return found + (14 if entry.get("Time") else 0)


def text(value: Any) -> str:
    """JSON."""
    return json.dumps(value, ensure_ascii=False)
