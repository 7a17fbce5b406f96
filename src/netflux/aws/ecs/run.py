"""What is observed of a task while this region runs it: interface, images, containers. Lost with its process."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

from netflux.aws.ecs.decide.health import Health
from netflux.aws.ecs.decide.task import ContainerView, TaskView
from netflux.aws.ecs.desired import ContainerDefinition
from netflux.aws.ecs.hosts import HostsFile
from netflux.aws.ecs.target import Target
from netflux.network.interface import Interface
from netflux.resources.efs.mount import Mounted
from netflux.runtime.driver import Container, Image


@dataclass
class RunningContainer:
    """A container and what was observed of it. Times are simulated seconds of the clock's `monotonic`."""

    definition: ContainerDefinition
    image: Image | None = None
    secrets: dict[str, str] = field(default_factory=dict)
    file_environment: dict[str, str] = field(default_factory=dict)
    container: Container | None = None
    started_at: float | None = None
    finished_at: float | None = None
    restarts: int = 0
    started_time: str = ""
    finished_time: str = ""
    terminated_at: float | None = None
    killed: bool = False
    health: Health = field(default_factory=Health)
    reason: str = ""

    @property
    def exit_code(self) -> int | None:
        """None until it has ended."""
        return self.container.exit_code if self.container is not None else None

    @property
    def health_status(self) -> str | None:
        """None for a container without a check."""
        return self.health.status if self.definition.health is not None else None

    @property
    def view(self) -> ContainerView:
        """As decisions see it."""
        definition = self.definition
        return ContainerView(
            name=definition.name,
            essential=definition.essential,
            depends_on=definition.depends_on,
            stop_timeout=definition.stop_timeout,
            start_timeout=definition.start_timeout,
            started_at=self.started_at,
            exit_code=self.exit_code,
            health=self.health_status,
            terminated_at=self.terminated_at,
            killed=self.killed,
            finished_at=self.finished_at,
            restart=definition.restart,
        )


@dataclass
class Run:
    """A task that this region has begun to run."""

    id: str
    containers: dict[str, RunningContainer]
    targeted: bool
    activated: bool = False
    interface: Interface | None = None
    hosts: HostsFile | None = None
    resolver: Path | None = None
    volumes: dict[str, Mounted] = field(default_factory=dict)
    prepared: bool = False
    targets: list[Target] = field(default_factory=list)
    draining: list[Target] = field(default_factory=list)
    draining_until: float | None = None
    running: bool = False
    watchers: set[asyncio.Task[None]] = field(default_factory=set)

    def view(self, now: float, *, wanted: bool) -> TaskView:
        """As decisions see it."""
        return TaskView(
            wanted=wanted,
            containers=[container.view for container in self.containers.values()],
            attached=self.interface is not None,
            prepared=self.prepared,
            targeted=self.targeted,
            registered=self.activated,
            running=self.running,
            draining_until=self.draining_until,
            now=now,
        )
