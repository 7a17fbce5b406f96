"""A control plane with SQS and SNS whose clock is moved by hand, and which members its operations were sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from botocore import xform_name

from netflux.aws.sns.api import SnsApi
from netflux.aws.sqs.api import SqsApi
from netflux.clock import Clock
from netflux.controlplane import operation as operations
from netflux.controlplane.apis import Apis
from netflux.controlplane.operation import Members
from netflux.resources.sns.topics import Topics
from netflux.resources.sqs.queues import Queues
from tests.controlplane.plane import Plane, with_queues

_HANDLERS: dict[str, type] = {"sqs": SqsApi, "sns": SnsApi}


class Hand(Clock):
    """Stands still until it is moved."""

    def __init__(self, speed: float = 1.0) -> None:
        super().__init__(speed)
        self.at = datetime(2026, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def move(self, seconds: float) -> None:
        """So many real seconds pass."""
        self.at += timedelta(seconds=seconds)


@dataclass
class World:
    """The plane, and what was sent."""

    plane: Plane
    clock: Hand
    apis: Apis
    queues: Queues
    topics: Topics
    sent: dict[str, set[str]] = field(default_factory=dict)

    async def sqs(self, operation: str, **params: Any) -> dict[str, Any]:
        """A call."""
        return await self._call("sqs", operation, params)

    async def sns(self, operation: str, **params: Any) -> dict[str, Any]:
        """A call."""
        return await self._call("sns", operation, params)

    async def queue(self, name: str = "films", **attributes: str) -> str:
        """The URL of a new queue."""
        return str((await self.sqs("CreateQueue", QueueName=name, Attributes=attributes))["QueueUrl"])

    async def received(self, url: str, **params: Any) -> list[dict[str, Any]]:
        """Messages."""
        found: list[dict[str, Any]] = (await self.sqs("ReceiveMessage", QueueUrl=url, **params)).get("Messages", [])
        return found

    async def bodies(self, url: str, most: int = 10) -> list[str]:
        """Of the messages that a receive finds."""
        return [one["Body"] for one in await self.received(url, MaxNumberOfMessages=most)]

    async def attributes(self, url: str, *names: str) -> dict[str, str]:
        """Of a queue."""
        asked = [*names] or ["All"]
        found: dict[str, str] = (await self.sqs("GetQueueAttributes", QueueUrl=url, AttributeNames=asked))["Attributes"]
        return found

    async def restart(self) -> None:
        """On the same disk."""
        made = await started(self.plane, self.clock, again=True)
        self.apis, self.queues, self.topics = made.apis, made.queues, made.topics

    def whole(self, service: str, *names: str) -> None:
        """Asserts that every carried member of these operations was sent."""
        for name in names:
            declared = operations.declaration(getattr(_HANDLERS[service], xform_name(name)))
            assert declared is not None
            assert {*_carried(declared.carries, "")} - self.sent.get(name, set()) == set(), name

    async def _call(self, service: str, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        self.sent.setdefault(operation, set()).update(_paths(params, ""))
        return await self.apis.call(service, operation, params)


async def started(plane: Plane, clock: Hand, *, again: bool = False) -> World:
    """The plane runs with the clock."""
    apis = await (plane.restart() if again else plane.start())
    queues, topics = with_queues(apis, plane.documents, plane.keys, clock)
    return World(plane, clock, apis, queues, topics)


async def fresh(path: Path, speed: float = 1.0) -> World:
    """A new one."""
    return await started(Plane(path), Hand(speed))


def _paths(value: Any, above: str) -> Iterator[str]:
    for name, inner in value.items() if isinstance(value, Mapping) else ():
        path = f"{above}.{name}" if above else name
        yield path
        yield from _paths(inner, path)
        if isinstance(inner, Mapping):  # a map's values have the path of the map
            for item in inner.values():
                yield from _paths(item, path)
    for item in value if isinstance(value, list) else ():
        yield from _paths(item, above)


def _carried(carries: Members, above: str) -> Iterator[str]:
    for name, below in carries.items():
        path = f"{above}.{name}" if above else name
        yield path
        yield from _carried(below, path)
