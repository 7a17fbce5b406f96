"""ECS put together: what the region constructs, starts and stops."""

from __future__ import annotations

from collections.abc import Iterator

from netflux.aws.ecs.api import EcsApi
from netflux.aws.ecs.connect import ConnectController, Proxy
from netflux.aws.ecs.insights import Insight, insights
from netflux.aws.ecs.interruption import interrupt
from netflux.aws.ecs.metadata import Metadata
from netflux.aws.ecs.meter import Look
from netflux.aws.ecs.outliers import Outliers
from netflux.aws.ecs.servicecontroller import ServiceController
from netflux.aws.ecs.taskcontroller import TaskController
from netflux.aws.ecs.taskhost import TaskHost
from netflux.aws.ecs.use import TaskUse, of_services
from netflux.reconcile.controller import Controller


class Ecs:
    """Handlers and controllers over one store.

    Args:
        host: what tasks run on.
        haproxy: carries Service Connect.
    """

    def __init__(self, host: TaskHost, haproxy: Proxy) -> None:
        self.api = EcsApi(host.store, host.apis, host.poke)
        self._store = host.store
        self._poke = host.poke
        self.api.roles = host.roles
        self._metadata = Metadata(host.store, host.apis, host.network)
        self._metadata.roles = host.roles
        outliers = Outliers(host.clock, haproxy, host.poke)
        connect = ConnectController(host.store, host.apis, host.network, haproxy, outliers)
        self._tasks = TaskController(host, self._metadata, connect)
        services = ServiceController(host.store, host.apis, host.poke, host.roles)
        self.controllers: tuple[Controller, ...] = (services, self._tasks, connect, outliers)

    def interrupt(self, wanted: str) -> list[str]:
        """Interrupts tasks on Fargate Spot; their ARNs. See `interruption.interrupt`."""
        return interrupt(self._store, self._poke, wanted)

    def uses(self) -> dict[tuple[str, str], dict[str, TaskUse]]:
        """What the RUNNING tasks of services use, by the names of cluster and service, and by ARN."""
        return of_services(self._store, self._metadata.runs)

    def insights(self, before: Look, now: Look) -> Iterator[Insight]:
        """Container Insights of the time between two looks."""
        return insights(self._store, before, now)

    async def start(self) -> None:
        """Listens for metadata, and ends on paper what ended with the last region. Call it before the loop starts."""
        await self._metadata.start()
        await self._tasks.recover()

    async def stop(self, patience: float = 10.0) -> None:
        """Ends all containers within `patience` real seconds. Call it after the loop has stopped."""
        await self._tasks.close(patience)
        await self._metadata.stop()
