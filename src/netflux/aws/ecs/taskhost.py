"""What tasks run on."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from netflux.aws.ecs.linklocal import Serve
from netflux.aws.ecs.page import Poke
from netflux.aws.ecs.roles import Authority, Roles
from netflux.aws.ecs.store import Store
from netflux.clock import Clock
from netflux.controlplane.call import Caller
from netflux.faults import Faults
from netflux.network.endpoints import Endpoints
from netflux.network.interface import Network
from netflux.runtime.driver import Runtime


class Resolving(Protocol):
    """The resolver of tasks' VPCs."""

    async def offer(self, owner: str) -> str | None:
        """The resolv.conf of the owner of an interface; None where the network has no resolver."""
        ...


@dataclass(frozen=True)
class TaskHost:
    """The parts of the region that tasks need.

    Attributes:
        store: ECS documents.
        apis: the region's APIs.
        network: attaches interfaces.
        runtime: runs containers.
        endpoints: names that answer.
        clock: of the region.
        poke: asks a controller for a pass.
        directory: for hosts files; under the state directory's `run/`.
        endpoint_url: of the gateway, as the SDKs in tasks shall use it where they share its network.
        resolver: of the names that tasks look up; None for hosts files alone.
        serve_apis: answers AWS APIs on a socket; None where tasks of other networks shall not have them.
        faults: told while tasks' output can't be written.
        authority: decides what tasks' roles may do; None where nothing is decided.
        file_systems: the folder of EFS's file systems.
    """

    store: Store
    apis: Caller
    network: Network
    runtime: Runtime
    endpoints: Endpoints
    clock: Clock
    poke: Poke
    directory: Path
    endpoint_url: str
    serve_apis: Serve | None = None
    resolver: Resolving | None = None
    faults: Faults = field(default_factory=Faults)
    authority: Authority | None = None
    file_systems: Path = Path("/nonexistent")

    @property
    def roles(self) -> Roles:
        """What tasks' roles may do."""
        return Roles(self.store, self.apis, self.authority)
