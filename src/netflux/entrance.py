"""The region's entrance: HAProxy and the port that people have, opened while the code behind them is still read.

It takes connections before anybody answers: they wait on the control plane's socket, which listens from the beginning.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from dataclasses import dataclass

from netflux import names
from netflux.clock import Clock
from netflux.faults import Faults
from netflux.gateway import gateway
from netflux.haproxy import backlog, binary
from netflux.haproxy.process import HAProxy
from netflux.runtime.children import Children
from netflux.seed.config import Config
from netflux.state import StateDirectory

STOP_PATIENCE = 10.0
"""Real seconds that children have to end when the region stops."""


@dataclass(frozen=True)
class Options:
    """What a person chose.

    Attributes:
        port: of the gateway, on 127.0.0.1.
        speed: simulated seconds in a real one.
        network: `auto`, `loopback` or `namespaces`.
        runtime: `auto`, `process` or `podman`.
        seed: the project's `netflux.toml`, for what repositories and buckets are filled with.
        region: the one region there is.
        account: twelve digits.
        listening: descriptor of a socket that listens on the port already; None binds the port.
        pid: of the process that a person sees and signals; 0 for this one.
        any_credentials: access keys that nobody issued are taken from programs, unverified.
        peers: descriptor by which the kernel tells whose a connection to the gateway is; None where it does not.
        owner: user id of who runs the region, as the machine counts users: it may live in a user namespace.
        iam: whether policies decide what tasks, sessions and users may do.
    """

    port: int = 4566
    speed: float = 1.0
    network: str = "auto"
    runtime: str = "auto"
    seed: Config | None = None
    region: str = names.REGION
    account: str = names.ACCOUNT
    listening: int | None = None
    pid: int = 0
    any_credentials: bool = False
    peers: int | None = None
    owner: int = 0
    iam: bool = True


class Entrance:
    """What a connection meets first, and what the rest of the region is built on.

    Args:
        state: opened, so locked, by the caller, who also closes it.
        options: what a person chose.
    """

    def __init__(self, state: StateDirectory, options: Options) -> None:
        self.state = state
        self.options = options
        self.clock = Clock(options.speed)
        self.faults = Faults()
        self.children = Children(state.run / "children")
        place = gateway.Region(options.account, options.region)
        authority = state.path / "ca"
        self.gateway = gateway.Gateway(options.port, state.run, authority, place, options.listening, self.faults)
        self.haproxy = HAProxy(
            self.children, binary.find(), state.run, state.path / "haproxy.log", self.gateway.frontends
        )
        self.haproxy.faults = self.faults
        if options.listening is not None:
            self.haproxy.inherit(options.listening)
        self.listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._opening: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Begins to; `opened` says whether it came to that.

        Raises:
            UserError: somebody else has the port, or the path is too long for sockets.
        """
        self.haproxy.check()
        self.gateway.check()
        backlog.listen(self.listening, self.state.run / "controlplane.sock")
        self._opening = asyncio.ensure_future(self.haproxy.start())

    async def opened(self) -> None:
        """Returns when HAProxy takes connections; UserError when it does not start."""
        if self._opening is not None:
            await self._opening

    async def abandon(self) -> None:
        """Ends all that there is, where no more is to come."""
        await self.close()
        self.listening.close()
        await self.children.stop_all(STOP_PATIENCE)

    async def close(self) -> None:
        """Ends HAProxy, or its beginning. The socket behind it is its server's to close, which still watches it."""
        if self._opening is not None:
            self._opening.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):  # who asked whether it opened was told
                await self._opening
            await self.haproxy.stop()
