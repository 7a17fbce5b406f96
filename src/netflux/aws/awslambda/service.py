"""Lambda as a whole: its parts put together, started and stopped."""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path

from netflux.aws.awslambda.api import LambdaApi
from netflux.aws.awslambda.calls import Calls
from netflux.aws.awslambda.controller import LambdaController
from netflux.aws.awslambda.decide import Outcome, Retry
from netflux.aws.awslambda.fleet import Fleet
from netflux.aws.awslambda.host import Host
from netflux.aws.awslambda.queue import Queue
from netflux.aws.destinations import Destinations
from netflux.controlplane.records.table import Change
from netflux.resources.awslambda.function import VERSION
from netflux.resources.awslambda.invocation import Invocation


class Lambda:
    """The service.

    Args:
        host: what functions run on.
        destinations: take events of functions, and events for functions.
        poke: asks a controller for a pass over a key.
    """

    def __init__(self, host: Host, destinations: Destinations, poke: Callable[[str, str], None]) -> None:
        self._host = host
        self._destinations = destinations
        self._poke = poke
        self.fleet = Fleet(host)
        self.calls = Calls(host, self.fleet)
        self.queue = Queue(host, self.calls, self._rule, self._told)
        self.api = LambdaApi(host, self.fleet, self.calls)
        self.controller = LambdaController(host, self.fleet)
        destinations.register("lambda", lambda event: self.calls.enqueue(event.arn, event.body.encode(), event.source))

    async def start(self) -> None:
        """Functions can be called from now on."""
        await self._host.runtime_api.start()
        await asyncio.to_thread(self._host.packages.sweep, {*self._host.kept.digests()})
        self._host.kept.documents.watch(self._recorded)
        self.queue.start()

    async def stop(self) -> None:
        """Ends all environments; what is in the queue stays there."""
        await self.queue.stop()
        await self.fleet.stop()
        await self._host.runtime_api.stop()

    def _recorded(self, changes: Sequence[Change]) -> None:
        for function in {change.key.rpartition(":")[0] for change in changes if change.table == VERSION.name}:
            self._poke(self.controller.name, function)

    def _rule(self, _invocation: Invocation) -> Retry:
        return Retry()

    def _told(self, invocation: Invocation, outcome: Outcome, condition: str) -> None:
        """Nobody is told yet."""


def library() -> Path:
    """Where the AWS SDK for Python is installed, found without importing it."""
    found = importlib.util.find_spec("boto3")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parents[1]
