"""Elastic Load Balancing for a suite of the control plane: real passes, but nothing takes traffic."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from netflux.aws.elbv2.api import ElbApi
from netflux.aws.elbv2.balancer.desired import Desired
from netflux.aws.elbv2.controller import Dependencies, ElbController
from netflux.aws.elbv2.listener.certificates import Acm
from netflux.aws.elbv2.operations import Parts
from netflux.aws.elbv2.vpc import Vpcs
from netflux.clock import Clock
from netflux.controlplane.apis import Apis
from netflux.haproxy.section import Section, Server
from netflux.network.endpoints import Endpoints
from tests.aws.elbv2.place import MapNetwork
from tests.controlplane.plane import Plane


class Accepting:
    """In HAProxy's place: takes every section."""

    journal = cast("Any", SimpleNamespace(address="/dev/null"))

    async def put(self, section: Section) -> None:
        """It would run it."""

    async def remove(self, owner: str) -> None:
        """It would end it."""

    async def set_servers(self, backend: str, servers: Sequence[Server]) -> None:
        """It would fill the backend's slots."""


class Balancing:
    """Load balancers of one control plane: each change is followed by a pass, as in a region."""

    def __init__(self, plane: Plane, apis: Apis) -> None:
        desired, clock, acm = Desired(plane.documents, apis.region), Clock(), Acm(plane.documents)
        dependencies = Dependencies(Accepting(), cast("Any", MapNetwork({})), Endpoints(), Path(plane.path), acm=acm)
        self._controller = ElbController(desired, dependencies, plane.documents, clock, lambda _: None)
        self._passes: set[asyncio.Task[Any]] = set()
        parts = Parts(desired, plane.documents, Vpcs(plane.documents), acm, self._controller, clock, apis.account)
        apis.register(ElbApi(parts))

    async def start(self) -> None:
        """Follows changes from now on."""
        await self._controller.start(self._poke)

    async def stop(self) -> None:
        """Ends passes and health checks."""
        for one in self._passes:
            one.cancel()
        await asyncio.gather(*self._passes, return_exceptions=True)
        await self._controller.stop()

    def _poke(self, key: str) -> None:
        found = asyncio.get_running_loop().create_task(self._controller.settle(key))
        self._passes.add(found)
        found.add_done_callback(self._passes.discard)
