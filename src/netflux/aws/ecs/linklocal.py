"""What a task finds at link-local addresses: metadata and credentials at 169.254.170.2, as on Fargate, and AWS APIs.

The sockets are made inside the task's network namespace and answered by the region, so no security group is asked, as
on AWS. Under a driver without namespaces there are no such addresses, and both are on 127.0.0.1.
"""

from __future__ import annotations

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

    async def open(self, owner: str) -> None:
        """Offers the services to the owner of an interface."""
        for address, port, serve in self._services:
            made = self._network.listener(owner, address, port)
            if made is not None:
                self._sites.setdefault(owner, []).append(await serve(made))

    async def close(self, owner: str) -> None:
        """Before the interface goes."""
        for site in self._sites.pop(owner, ()):
            await site.stop()

    def there(self, owner: str) -> bool:
        """Whether the owner has the services at these addresses."""
        return owner in self._sites

    @property
    def endpoint_url(self) -> str:
        """AWS_ENDPOINT_URL of those that have them."""
        return f"http://{APIS}:{self._port}"
