"""A control plane for another project's tests: it starts anew, empty, whenever they ask for it.

    python -m tests.suites.region PORT

`POST /moto-api/reset` is what moto's tests send before each of them.
"""

from __future__ import annotations

import asyncio
import importlib
import pkgutil
import sys
import tempfile
from pathlib import Path

from aiohttp import web

import tests.rules
from netflux import names
from netflux.clock import Clock
from netflux.cloudformation.api import CloudFormationApi
from netflux.controlplane.apis import Apis
from netflux.controlplane.authentication.admission import MAIN, Admission, Door
from netflux.controlplane.authentication.keys import Keys, well_known
from netflux.controlplane.server import Server
from tests.controlplane.plane import Plane
from tests.suites import layers
from tests.suites.balancing import Balancing

_STACK_SECONDS = 15.0


class Region:
    """The control plane of now.

    Args:
        directory: where each one has its database.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._number = 0
        self._plane: Plane | None = None
        self._server: Server | None = None
        self._balancing: Balancing | None = None
        self._stacks: CloudFormationApi | None = None

    async def reset(self) -> None:
        """An empty one instead of the last."""
        if self._plane is not None and self._balancing is not None:
            await self._settled(0)
            await self._balancing.stop()
            self._plane.stop()
        self._number += 1
        place = self._directory / str(self._number)
        place.mkdir()
        self._plane = Plane(place)
        apis = await self._plane.start()
        self._register(self._plane, apis)
        self._stacks = CloudFormationApi(apis, self._plane.documents, Clock(), lint=False)
        apis.register(self._stacks)
        self._balancing = Balancing(self._plane, apis)
        await self._balancing.start()
        keys = Keys()
        keys.add(well_known(names.ACCOUNT))
        self._server = _Server(apis, Admission(keys, names.ACCOUNT, any_credentials=True), _no_buckets, [])

    def _register(self, plane: Plane, apis: Apis) -> None:
        for module in pkgutil.iter_modules(tests.rules.__path__):
            if module.name not in ("rule", "test_rules"):
                importlib.import_module(f"tests.rules.{module.name}").register(plane, apis)
        layers.register(plane, apis)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """A call, or what moto's own tests ask of moto."""
        if request.path.startswith("/moto-api/"):
            if request.path == "/moto-api/reset":
                await self.reset()
            return web.json_response({"status": "ok"})
        assert self._server is not None
        answer = await self._server._answer(request)
        await self._settled(_STACK_SECONDS)
        return answer

    async def _settled(self, seconds: float) -> None:
        """Stacks are whole when CreateStack answers, as moto's tests have it; what isn't after these seconds ends."""
        running = [*self._stacks._running.values()] if self._stacks is not None else []
        if running:
            _, late = await asyncio.wait(running, timeout=seconds)
            for one in late:
                one.cancel()


class _Server(Server):
    """All come in by the front door: a suite has access keys of its own invention."""

    def _door(self, request: web.Request) -> Door:
        return MAIN


async def _no_buckets(request: web.Request, door: object) -> web.StreamResponse:
    return web.Response(status=501, text="no buckets here")


async def main(port: int) -> None:
    """Answers until it is ended."""
    with tempfile.TemporaryDirectory() as directory:
        region = Region(Path(directory))
        await region.reset()
        app = web.Application(client_max_size=16 * 1024 * 1024)
        app.router.add_route("*", "/{path:.*}", region.handle)
        runner = web.AppRunner(app, access_log=None, auto_decompress=False)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
