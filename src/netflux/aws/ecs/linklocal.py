"""What a task finds at link-local addresses: metadata and credentials at 169.254.170.2, as on Fargate, and AWS APIs.

The sockets are on the router of the task's VPC, as Amazon's DNS is, so no security group is asked, and the task itself
may listen on the same ports at all of its addresses, as a web server does on 80. Under a driver without routers there
are no such addresses, and both are on 127.0.0.1.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Protocol

from netflux.network.interface import Network

METADATA = "169.254.170.2"
"""Developer guide, "task-metadata-endpoint-v4-fargate" and "task-iam-roles"."""

APIS = "169.254.170.3"
"""Made up: on AWS the APIs are on the internet, or behind a VPC endpoint."""


class Site(Protocol):
    """An HTTP service on one socket."""

    async def stop(self) -> None:
        """Closes the socket."""
        ...


Serve = Callable[[socket.socket], Awaitable[Site]]
"""Answers on a listening socket from now on."""


class LinkLocal:
    """The link-local services of all tasks.

    Args:
        network: makes the sockets.
        metadata: answers at METADATA.
        apis: answers at APIs; None where they are not offered.
        port: of the APIs.
    """

    def __init__(self, network: Network, metadata: Serve, apis: Serve | None, port: int) -> None:
        self._network = network
        self._services = [(METADATA, 80, metadata), *([(APIS, port, apis)] if apis else [])]
        self._port = port
        self._sites: dict[str, list[Site]] = {}
        self._homes: dict[str, str] = {}
        self._changing = asyncio.Lock()

    async def open(self, owner: str) -> None:
        """Offers the services to the owner of an interface."""
        vpc = self._network.vpc_of(owner)
        if not vpc:
            return
        async with self._changing:
            if vpc not in self._sites:
                self._sites[vpc] = [site for service in self._services for site in await self._offered(vpc, *service)]
            self._homes[owner] = vpc

    async def _offered(self, vpc: str, address: str, port: int, serve: Serve) -> list[Site]:
        sockets = await self._network.serve(vpc, (address,), port)
        for unused in sockets.datagrams:
            unused.close()
        return [await serve(listening) for listening in sockets.streams]

    async def close(self, owner: str) -> None:
        """Before the interface goes. With a VPC's last owner the services go too: its router may be the next."""
        async with self._changing:
            vpc = self._homes.pop(owner, None)
            if vpc is not None and vpc not in self._homes.values():
                for site in self._sites.pop(vpc):
                    await site.stop()

    def there(self, owner: str) -> bool:
        """Whether the owner has the services at these addresses."""
        return owner in self._homes

    @property
    def endpoint_url(self) -> str:
        """AWS_ENDPOINT_URL of those that have them."""
        return f"http://{APIS}:{self._port}"
