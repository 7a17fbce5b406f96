"""What a container runtime promises, whatever runs the containers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol


class PullError(Exception):
    """The image can't be had; ECS shows the text after `CannotPullContainerError: `."""


class StartError(Exception):
    """The container can't be started; ECS shows the text after `CannotStartContainerError: `."""


@dataclass(frozen=True)
class Image:
    """An image that is on this machine.

    Attributes:
        reference: the name it was pulled by.
        digest: `sha256:…` of its manifest.
        entry_point: of the image; a container may override it.
        command: of the image; a container may override it.
        environment: of the image; a container's own goes over it.
        directory: working directory, and for a process image the folder it runs in.
        tree: digest of a process image's content; empty for a live one, and for others.
        runtime: the driver that has pulled it and can run it.
    """

    reference: str
    digest: str
    entry_point: Sequence[str]
    command: Sequence[str]
    environment: Mapping[str, str]
    directory: str
    runtime: str = "process"
    tree: str = ""


@dataclass(frozen=True)
class MemoryLimit:
    """What a container may use.

    Attributes:
        own: bytes of this container; None sets no limit.
        pool: the name of those that share `pool_limit`: the containers of a task.
        pool_limit: bytes of all of them together; None sets no limit.
    """

    own: int | None
    pool: str
    pool_limit: int | None


@dataclass(frozen=True)
class Mount:
    """A folder of this machine that a container finds at a place of its own.

    Attributes:
        source: the folder; empty for a file system in memory of `size` bytes.
        target: an absolute path in the container, which is made where it is missing.
        read_only: the container can't write to it.
        size: bytes of a file system in memory.
        options: of mount(8), such as `noexec`.
        owner: whose files the container's own are in the folder, as uid and gid; None where ids stay what they are.
    """

    source: Path | None
    target: str
    read_only: bool = False
    size: int = 0
    options: Sequence[str] = ()
    owner: tuple[int, int] | None = None


@dataclass(frozen=True)
class Privileges:
    """What of the kernel a container has besides or less than others.

    Attributes:
        added: capabilities(7) without `CAP_`; SYS_PTRACE is all that Fargate gives.
        dropped: those that it shall not have; `ALL` for each.
        init: an init process reaps its orphans.
        settings: sysctl(8) names to values, of its own namespaces.
    """

    added: Sequence[str] = ()
    dropped: Sequence[str] = ()
    init: bool = False
    settings: Mapping[str, str] = field(default_factory=dict)


PLAIN = Privileges()
"""Of most containers."""


@dataclass(frozen=True)
class ContainerSpec:
    """A container to run.

    Attributes:
        name: unique while it runs.
        image: pulled before.
        environment: over the image's.
        entry_point: replaces the image's, and drops the image's command as Docker does; None keeps both.
        command: replaces the image's; None keeps it.
        directory: replaces the image's working directory; None keeps it.
        hosts: a file that is the container's /etc/hosts and may be rewritten while it runs; None keeps the machine's.
        resolver: a file that is the container's /etc/resolv.conf; None keeps the machine's.
        limits: names of the `resource` module to the soft and the hard value, from ulimits.
        memory: None sets no limit.
        cpus: how many processors it may use; None sets no limit.
        user: `user` or `user:group` of its program, by name or number; None keeps the image's.
        read_only: it can't write to its root file system.
        namespace: name of the network namespace that it is in; None where the network driver has none.
        mounts: folders that it shares with others.
        privileges: what of the kernel it has.
        labels: of the container, where its engine keeps some.
    """

    name: str
    image: Image
    environment: Mapping[str, str]
    entry_point: Sequence[str] | None = None
    command: Sequence[str] | None = None
    directory: str | None = None
    hosts: Path | None = None
    resolver: Path | None = None
    limits: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    memory: MemoryLimit | None = None
    cpus: float | None = None
    user: str | None = None
    read_only: bool = False
    namespace: str | None = None
    mounts: Sequence[Mount] = ()
    privileges: Privileges = PLAIN
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def argv(self) -> list[str]:
        """The program and its arguments by Docker's rules: an own entry point drops the image's command."""
        if self.entry_point:
            return [*self.entry_point, *(self.command or ())]
        command = self.image.command if self.command is None else self.command
        return [*self.image.entry_point, *command]


@dataclass(frozen=True)
class Usage:
    """What a container uses now.

    Attributes:
        processes: how many it consists of.
        cpu_seconds: that those have used so far, with their children that have ended.
        memory_bytes: resident.
    """

    processes: int
    cpu_seconds: float
    memory_bytes: int


class Container(Protocol):
    """A started container."""

    id: str

    @property
    def exit_code(self) -> int | None:
        """None while it runs; 128 + N when signal N ended it."""
        ...

    @property
    def out_of_memory(self) -> bool:
        """Whether it was killed because it used more memory than it may."""
        ...

    async def wait(self) -> int:
        """Its exit code, once it has ended."""
        ...

    def terminate(self) -> None:
        """SIGTERM; nothing happens when it has ended."""
        ...

    def kill(self) -> None:
        """SIGKILL to everything in it."""
        ...

    async def pause(self) -> None:
        """None of its processes runs until `resume`; nothing happens when it has ended."""
        ...

    async def resume(self) -> None:
        """They go on."""
        ...

    def usage(self) -> Usage | None:
        """What it uses now; None when it has ended."""
        ...

    def lines(self) -> AsyncIterator[str]:
        """What it writes to stdout and stderr, line by line, until it ends. To be read by one reader, always."""
        ...

    async def execute(self, argv: Sequence[str], patience: float) -> int:
        """Runs a program inside it; its exit code, or TimeoutError after that many real seconds."""
        ...


class Runtime(Protocol):
    """A driver."""

    name: str

    async def pull(self, reference: str) -> Image:
        """The image by its name; PullError when there is none."""
        ...

    async def start(self, spec: ContainerSpec) -> Container:
        """The running container; StartError when its program can't be started."""
        ...


class Registry(Protocol):
    """Where a runtime that has no registry client of its own finds manifests."""

    async def manifest(self, reference: str) -> tuple[str, str]:
        """Digest and manifest of an image; PullError when the registry has none by that name."""
        ...
