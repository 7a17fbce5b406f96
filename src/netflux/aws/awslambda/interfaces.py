"""Network interfaces of functions in a VPC: one for each subnet and set of groups, shared by all that name them.

"Giving Lambda functions access to resources in an Amazon VPC", Lambda Developer Guide.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import socket
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from netflux.network.endpoints import Endpoints
from netflux.network.interface import Interface, InterfaceRequest, Network
from netflux.resources.awslambda.function import Functions, Settings


class Site(Protocol):
    """An HTTP service on one socket."""

    async def stop(self) -> None:
        """Closes the socket."""
        ...


class Resolving(Protocol):
    """The resolver of VPCs."""

    async def offer(self, owner: str) -> str | None:
        """The resolv.conf of the owner of an interface; None where the network has no resolver."""
        ...


@dataclass(frozen=True)
class Attached:
    """What a function's process needs of its interface.

    Attributes:
        hosts: its /etc/hosts.
        resolver: its /etc/resolv.conf; None for the machine's.
    """

    interface: Interface
    hosts: Path
    resolver: Path | None


class Interfaces:
    """The interfaces of all functions.

    Args:
        network: attaches them.
        kept: tells which are wanted.
        endpoints: names that answer.
        resolver: of VPCs.
        directory: for hosts files; under the state directory's `run/`.
        serve: answers AWS APIs on a socket.
        port: of the gateway.
    """

    def __init__(
        self,
        network: Network,
        kept: Functions,
        names: tuple[Endpoints, Resolving],
        directory: Path,
        serve: tuple[Callable[[socket.socket], Awaitable[Site]], int],
    ) -> None:
        self._network = network
        self._kept = kept
        self._endpoints, self._resolver = names
        self._directory = directory
        self._serve, self._port = serve
        self._sites: dict[str, Site] = {}
        self._changing = asyncio.Lock()
        self._turn = itertools.count()

    async def attach(self, function: str, settings: Settings) -> None:
        """All interfaces of a function are there on return; AwsError when a subnet or a group is not."""
        async with self._changing:
            for subnet in settings.subnets:
                await self._attach(function, settings, subnet)

    async def _attach(self, function: str, settings: Settings, subnet: str) -> Interface:
        owner = _owner(subnet, settings.groups)
        request = InterfaceRequest(owner, subnet, settings.groups, f"AWS Lambda VPC ENI-{function}-{owner[-32:]}")
        interface = await self._network.attach(request)
        if interface.namespace is not None and owner not in self._sites:
            self._sites[owner] = await self._serve(self.listener(interface, self._port))
        return interface

    def listener(self, interface: Interface, port: int = 0) -> socket.socket:
        """A socket that listens on the loopback interface of the function's own network; on any port for 0."""
        with self._network.inside(interface.owner):
            return socket.create_server(("127.0.0.1", port))

    async def of(self, function: str, settings: Settings) -> Attached:
        """The interface of a new environment: the subnets take turns."""
        async with self._changing:
            subnet = settings.subnets[next(self._turn) % len(settings.subnets)]
            interface = await self._attach(function, settings, subnet)
            text = await self._resolver.offer(interface.owner)
        self._directory.mkdir(parents=True, exist_ok=True)
        name = interface.owner.rpartition("/")[2]
        hosts = self._directory / f"{name}.hosts"
        names = {} if text is not None else self._endpoints.hosts()
        lines = ["127.0.0.1 localhost", "::1 localhost", *(f"{ip} {name}" for name, ip in sorted(names.items()))]
        resolver = None
        if text is not None:
            resolver = self._directory / f"{name}.resolv"
            _write(resolver, text)
        _write(hosts, "\n".join(lines) + "\n")
        return Attached(interface, hosts, resolver)

    async def release(self) -> None:
        """Detaches those that no function names any more."""
        async with self._changing:
            wanted = {*self._wanted()}
            for interface in self._network.attached():
                owner = interface.owner
                if owner.startswith("lambda/") and owner not in wanted:
                    site = self._sites.pop(owner, None)
                    if site is not None:
                        await site.stop()
                    await self._network.detach(owner)

    async def stop(self) -> None:
        """Closes the sockets; interfaces stay recorded."""
        for site in self._sites.values():
            await site.stop()
        self._sites.clear()

    def _wanted(self) -> Iterator[str]:
        for version in self._kept.versions:
            for subnet in version.settings.subnets:
                yield _owner(subnet, version.settings.groups)


def _owner(subnet: str, groups: tuple[str, ...]) -> str:
    return "lambda/" + hashlib.sha256(" ".join([subnet, *sorted(groups)]).encode()).hexdigest()[:32]


def _write(path: Path, text: str) -> None:
    """In place: it may be bound over a file of a process that runs."""
    with path.open("a+") as file:
        file.truncate(0)
        file.write(text)
    path.chmod(0o644)
