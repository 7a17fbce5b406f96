"""EventBridge with queues and topics, on a clock that moves when it is told to."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from netflux import names
from netflux.aws.destinations import Destinations, Event
from netflux.aws.events.api import EventsApi
from netflux.aws.events.controller import EventController
from netflux.aws.events.outlet import Outlet
from netflux.aws.events.schedulerapi import SchedulerApi
from netflux.aws.events.working import Works
from netflux.aws.messages import Messages
from netflux.clock import Clock
from netflux.errors import AwsError
from tests.controlplane.plane import Plane

PLACE = (names.REGION, names.ACCOUNT)
QUEUE = f"arn:aws:sqs:{names.REGION}:{names.ACCOUNT}:"


class Hand(Clock):
    """Moves when it is told to."""

    time = datetime(2026, 11, 29, 8, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def calendar(self) -> datetime:
        return self.time


class Cluster:
    """An ECS that keeps what it is asked to run, and a Logs that keeps events."""

    whole = True

    def __init__(self, service: str) -> None:
        self.service = service
        self.asked: list[dict[str, Any]] = []
        self.refusal: AwsError | None = None
        self.policies: list[str] = []

    async def run_task(self, _call: Any, request: dict[str, Any]) -> dict[str, Any]:
        if self.refusal is not None:
            raise self.refusal
        self.asked.append(request)
        return {"tasks": [], "failures": []}

    async def create_log_stream(self, _call: Any, _request: dict[str, Any]) -> dict[str, Any]:
        return {}

    async def describe_resource_policies(self, _call: Any, _request: dict[str, Any]) -> dict[str, Any]:
        return {"resourcePolicies": [{"policyDocument": one} for one in self.policies]}

    async def put_log_events(self, _call: Any, request: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(request)
        return {}


class Authority:
    """Lets every role do everything, but for one that services may not assume."""

    enforced = True

    def __init__(self, world: World) -> None:
        self._world = world

    def acting(self, _role: str, _session: str) -> Any:
        return self._world.apis

    def trusted(self, role: str, _service: str, _context: Any) -> Any:
        class Verdict:
            allowed = not role.endswith("/stranger")

        return Verdict()


class World:
    """A region's EventBridge."""

    def __init__(self, path: Path) -> None:
        self.plane, self.clock = Plane(path), Hand()

    async def start(self) -> World:
        self.apis = await self.plane.start()
        documents, self.destinations = self.plane.documents, Destinations()
        messages = Messages(self.plane.queues, self.plane.topics)
        self.invoked: list[Event] = []
        self.destinations.register("sqs", messages.send)
        self.destinations.register("sns", messages.publish)
        self.destinations.register("lambda", self.invoked.append)
        outlet = Outlet(documents, self.clock, self.destinations, self.plane.queues)
        self.events = EventsApi(documents, self.clock, PLACE, outlet)
        self.scheduler = SchedulerApi(documents, self.clock, PLACE, outlet)
        self.destinations.register("events", self.events.arrived)
        self.ecs, self.logs = Cluster("ecs"), Cluster("logs")
        for api in (self.events, self.scheduler, self.ecs, self.logs):
            self.apis.register(api)
        works = Works(self.apis, Authority(self), self.clock)
        self.controller = EventController(self.events, self.scheduler, works, self.clock)
        return self

    async def call(self, operation: str, **params: Any) -> dict[str, Any]:
        return await self.apis.call("events", operation, params)

    async def queue(self, name: str, *, open_to: str = "events.amazonaws.com", fifo: bool = False) -> str:
        """The ARN of a queue whose policy lets a service send."""
        statement = {"Effect": "Allow", "Principal": {"Service": open_to}, "Action": "sqs:SendMessage", "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        attributes = {"Policy": policy} if open_to else {}
        attributes |= {"FifoQueue": "true", "ContentBasedDeduplication": "true"} if fifo else {}
        await self.apis.call("sqs", "CreateQueue", {"QueueName": name, "Attributes": attributes})
        return f"{QUEUE}{name}"

    async def bodies(self, name: str) -> list[Any]:
        """What is in a queue, read and taken out."""
        asked = {"QueueUrl": name, "MaxNumberOfMessages": 10, "MessageAttributeNames": ["All"]}
        found = (await self.apis.call("sqs", "ReceiveMessage", asked)).get("Messages") or []
        for one in found:
            gone = {"QueueUrl": name, "ReceiptHandle": one["ReceiptHandle"]}
            await self.apis.call("sqs", "DeleteMessage", gone)
        return [_read(one["Body"]) for one in found]

    async def rule(self, name: str, pattern: Any, target: dict[str, Any], **more: Any) -> None:
        """A rule with one target."""
        await self.call("PutRule", Name=name, EventPattern=json.dumps(pattern), **more)
        bus = {"EventBusName": more["EventBusName"]} if "EventBusName" in more else {}
        await self.call("PutTargets", Rule=name, Targets=[{"Id": "t", **target}], **bus)

    async def put(self, detail: Any, source: str = "shop", kind: str = "order", **more: Any) -> dict[str, Any]:
        """Puts one event."""
        entry = {"Source": source, "DetailType": kind, "Detail": json.dumps(detail), **more}
        return await self.call("PutEvents", Entries=[entry])

    async def passes(self, seconds: float = 0) -> None:
        """Time goes by, and everything that is due is done."""
        self.clock.time += timedelta(seconds=seconds)
        for key in await self.controller.keys():
            await self.controller.reconcile(key)


def _read(body: str) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body
