"""Whom a service can tell of an event: a queue, a topic, a function, a bus, each by its ARN."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from netflux.errors import AwsError
from netflux.policy.document import parse
from netflux.policy.evaluate import Decision, Principal, Request, decide

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
        principal: the service that delivers, as policies name it; the destination's policy is asked where it is given.
        context: condition keys besides those of the source.
    """

    arn: str
    body: str
    source: str = ""
    subject: str = ""
    group: str = ""
    principal: str = ""
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def service(self) -> str:
        """Whose the ARN is."""
        return service_of(self.arn)


def service_of(arn: str) -> str:
    """The service's name in an ARN; empty where the text is none."""
    parts = arn.split(":", 3)
    return parts[2] if len(parts) == 4 and parts[0] == "arn" else ""


def admit(event: Event, action: str, policy: str) -> None:
    """Asks a queue's or topic's policy whether the service may deliver the event.

    Args:
        event: whose principal asks; without one nothing is asked.
        action: e.g. `sqs:SendMessage`.
        policy: the destination's, as JSON; empty where it has none, which lets no service in.

    Raises:
        AwsError: AccessDenied.
    """
    if not event.principal:
        return
    source = event.source.split(":")
    account = source[4] if len(source) > 4 else ""
    context = {
        "aws:sourcearn": (event.source,),
        "aws:sourceaccount": (account,),
        "aws:principalisawsservice": ("true",),
    }
    request = Request(Principal("Service", event.principal), action, event.arn, {**context, **event.context})
    policies = [parse(policy, needs_principal=True)] if policy else []
    if decide(policies, request) is not Decision.ALLOW:
        raise AwsError(
            "AccessDenied",
            f"{event.principal} is not authorized to perform: {action} on resource: {event.arn} because no "
            "resource-based policy allows the action",
            403,
        )


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
