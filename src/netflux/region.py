"""The region: everything that runs, put together, started in order and stopped in reverse.

The only module besides `cli` that sees every part.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from netflux import names
from netflux.clock import Clock
from netflux.controlplane.apis import Apis
from netflux.controlplane.call import Call
from netflux.controlplane.documents import Documents
from netflux.controlplane.moto import Moto
from netflux.controlplane.server import Server
from netflux.network.endpoints import Endpoints
from netflux.reconcile.loop import Loop
from netflux.runtime.children import Children
from netflux.state import StateDirectory

_log = logging.getLogger(__name__)

STOP_PATIENCE = 10.0
"""Real seconds that children have to end when the region stops."""


@dataclass(frozen=True)
class Options:
    """What a person chose.

    Attributes:
        port: of the gateway, on 127.0.0.1.
        speed: simulated seconds in a real one.
        region: the one region there is.
        account: twelve digits.
    """

    port: int = 4566
    speed: float = 1.0
    region: str = names.REGION
    account: str = names.ACCOUNT


class Region:
    """A running region on an open state directory.

    Args:
        state: opened, so locked, by the caller, who also closes it.
        options: what a person chose.
    """

    def __init__(self, state: StateDirectory, options: Options) -> None:
        self.state = state
        self.options = options
        self.clock = Clock(options.speed)
        self.endpoints = Endpoints()
        self.children = Children(state.run / "children")
        self._exit = contextlib.AsyncExitStack()

    async def start(self) -> None:
        """Returns when the gateway answers. What was started is stopped again when a part can't be."""
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Ends every part, the last started first; no child is left."""
        await self._exit.aclose()
        await self.children.stop_all(STOP_PATIENCE)

    async def _start(self) -> None:
        raise NotImplementedError
