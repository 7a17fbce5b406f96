"""Lambda as a whole: its parts put together, started and stopped."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from netflux.aws.awslambda.api import LambdaApi
from netflux.aws.awslambda.calls import Calls
from netflux.aws.awslambda.controller import LambdaController
from netflux.aws.awslambda.decide import SUCCESS, Outcome, Retry, record
from netflux.aws.awslambda.fleet import Fleet
from netflux.aws.awslambda.host import Host
from netflux.aws.awslambda.pollers import PollerController
from netflux.aws.awslambda.queue import Queue
from netflux.aws.awslambda.web import FunctionWeb, Identify
from netflux.aws.destinations import Destinations, Event
from netflux.controlplane.records.table import Change
from netflux.haproxy.section import Section
from netflux.resources.awslambda.function import LATEST, VERSION
from netflux.resources.awslambda.invocation import Invocation
from netflux.resources.awslambda.mapping import MAPPING
from netflux.resources.awslambda.url import URL


@dataclass(frozen=True)
class Front:
    """What function URLs and load balancers' requests come by.

    Attributes:
        socket: where they come in.
        put: has HAProxy run a section.
        identify: says who has signed a request.
    """

    socket: Path
    put: Callable[[Section], Awaitable[None]]
    identify: Identify


class Lambda:
    """The service.

    Args:
        host: what functions run on.
        destinations: take events of functions, and events for functions.
        poke: asks a controller for a pass over a key.
        parts: of the region's front.
    """

    def __init__(self, host: Host, destinations: Destinations, poke: Callable[[str, str], None], parts: Front) -> None:
        self._host = host
        self._front = parts
        self._routing: asyncio.Task[None] | None = None
        self._destinations = destinations
        self._poke = poke
        self.fleet = Fleet(host)
        self.calls = Calls(host, self.fleet)
        self.queue = Queue(host, self.calls, self._rule, self._told)
        self.api = LambdaApi(host, self.fleet, self.calls, destinations)
        self.controller = LambdaController(host, self.fleet)
        self.web = FunctionWeb(host, self.calls, parts.identify)
        self.pollers = PollerController(host, self.calls)
        self.controllers = (self.controller, self.pollers)
        destinations.register("lambda", lambda event: self.calls.enqueue(event.arn, event.body.encode(), event.source))

    async def start(self) -> None:
        """Functions can be called from now on."""
        await self._host.runtime_api.start()
        await asyncio.to_thread(self._host.packages.sweep, {*self._host.kept.digests()})
        await self.web.start(self._front.socket)
        await self._route()
        self._host.kept.documents.watch(self._recorded)
        self.queue.start()

    async def stop(self) -> None:
        """Ends all environments; what is in the queue stays there."""
        if self._routing is not None:
            self._routing.cancel()
        await self.web.stop()
        await self.pollers.stop()
        await self.queue.stop()
        await self.fleet.stop()
        await self._host.interfaces.stop()
        await self._host.runtime_api.stop()

    def _recorded(self, changes: Sequence[Change]) -> None:
        for function in {change.key.rpartition(":")[0] for change in changes if change.table == VERSION.name}:
            self._poke(self.controller.name, function)
        if any(change.table == URL.name for change in changes):
            self._routing = asyncio.ensure_future(self._route())
        for change in changes:
            if change.table == MAPPING.name:
                self._poke(self.pollers.name, change.key)

    async def _route(self) -> None:
        await self._front.put(self.web.section(self._front.socket))

    def _rule(self, invocation: Invocation) -> Retry:
        found = self.api.qualified.rule(invocation.function, invocation.qualifier)
        usual = Retry()
        if found is None:
            return usual
        return Retry(
            usual.attempts if found.attempts is None else found.attempts,
            usual.age if found.age is None else float(found.age),
        )

    def _told(self, invocation: Invocation, outcome: Outcome, condition: str) -> None:
        """The destination for this outcome, and the dead-letter queue for a call that was given up."""
        kept, arn = self._host.kept, self._host.kept.arn(invocation.function, invocation.qualifier)
        rule = self.api.qualified.rule(invocation.function, invocation.qualifier)
        chosen = "" if rule is None else rule.success if condition == SUCCESS else rule.failure
        call = {
            "request": invocation.id, "arn": arn, "attempts": invocation.attempts, "payload": invocation.payload
        }  # fmt: skip
        if chosen:
            told = record(call, outcome, condition, self._host.clock.calendar())
            self._destinations.deliver(Event(chosen, json.dumps(told), kept.arn(invocation.function)))
        version = kept.version(invocation.function, outcome.version or LATEST)
        if condition != SUCCESS and version is not None and version.settings.dead:
            body = invocation.payload.decode(errors="replace")
            self._destinations.deliver(Event(version.settings.dead, body, kept.arn(invocation.function)))


def modules() -> Path | None:
    """Where scripts/install-node-sdk has put the AWS SDK for JavaScript; None where it has not."""
    found = Path(sys.prefix, "share", "netflux", "nodejs", "node_modules")
    return found if found.is_dir() else None


def library() -> Path:
    """Where the AWS SDK for Python is installed, found without importing it."""
    found = importlib.util.find_spec("boto3")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parents[1]
