"""Whom a service can tell of an event: a queue, a topic, a function, a bus, each by its ARN."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Deliver = Callable[["Event"], object]


@dataclass(frozen=True)
class Event:
    """What a destination is told.

    Attributes:
        arn: of the destination.
        body: text, mostly JSON.
        source: ARN of what tells it: the bucket, the rule, the alarm.
        subject: of a topic's message.
        group: of a FIFO queue's message.
    """

    arn: str
    body: str
    source: str = ""
    subject: str = ""
    group: str = ""

    @property
    def service(self) -> str:
        """Whose the ARN is."""
        return service_of(self.arn)


def service_of(arn: str) -> str:
    """The service's name in an ARN; empty where the text is none."""
    parts = arn.split(":", 3)
    return parts[2] if len(parts) == 4 and parts[0] == "arn" else ""


class Destinations:
    """Services that take events. A delivery is part of the caller's transaction."""

    def __init__(self) -> None:
        self._services: dict[str, Deliver] = {}

    def register(self, service: str, deliver: Deliver) -> None:
        """Events for ARNs of the service go there from now on."""
        self._services[service] = deliver

    def takes(self, arn: str) -> bool:
        """Whether there is a service for the ARN; not whether the resource is there."""
        return service_of(arn) in self._services

    def deliver(self, event: Event) -> None:
        """Hands an event over.

        Raises:
            AwsError: the destination is not there or does not take it.
            KeyError: no service takes such ARNs; `takes` tells before.
        """
        self._services[event.service](event)
