"""Lambda on a control plane of its own, with real processes and without HAProxy."""

from __future__ import annotations

import asyncio
import io
import json
import shutil
import tempfile
import zipfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from netflux import names
from netflux.aws.awslambda.code import Packages
from netflux.aws.awslambda.host import Host
from netflux.aws.awslambda.interfaces import Interfaces
from netflux.aws.awslambda.runtimeapi import RuntimeApi
from netflux.aws.awslambda.service import Front, Lambda, library
from netflux.aws.destinations import Destinations
from netflux.aws.logs.api import LogsApi
from netflux.aws.logs.store import Store as LogStore
from netflux.clock import Clock
from netflux.faults import Faults
from netflux.haproxy.section import Section
from netflux.network.endpoints import Endpoints
from netflux.network.loopback import LoopbackNetwork
from netflux.reconcile.loop import Loop
from netflux.resources.awslambda.function import Functions
from netflux.runtime.children import Children
from netflux.runtime.driver import PullError
from netflux.runtime.process import ProcessRuntime
from tests.controlplane.plane import Plane

ROLE = f"arn:aws:iam::{names.ACCOUNT}:role/functions"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
DEADLINE = 30.0
"""Real seconds in which what a test waits for has to come about."""


class _NoImages:
    async def manifest(self, reference: str) -> tuple[str, str]:
        raise PullError(f"{reference}: not found")


class _NoResolver:
    async def offer(self, _owner: str) -> str | None:
        return None


class World:
    """A region with nothing but Lambda and what it needs."""

    def __init__(self, path: Path, clock: Clock | None = None) -> None:
        self.path = path
        self.plane = Plane(path)
        self.clock = clock or Clock()
        self.sections: list[Section] = []
        self.sockets = Path(tempfile.mkdtemp(prefix="nl-", dir="/tmp"))

    async def start(self) -> None:
        self.apis = await self.plane.start()
        documents = self.plane.documents
        self.apis.register(LogsApi(LogStore(self.path / "logs", documents, Faults()), self.clock, self.apis))
        self.children = Children(self.path / "children")
        kept = Functions(documents, (names.REGION, names.ACCOUNT))
        network = LoopbackNetwork(documents)
        addresses = (Endpoints(), _NoResolver())

        async def serve(_socket: Any) -> Any:
            raise AssertionError("under loopback nothing is served in a network of its own")

        self.host = Host(
            kept=kept,
            packages=Packages(self.path / "functions", self.path / "run" / "functions"),
            runtime=ProcessRuntime(self.children, _NoImages(), directory=self.path / "tmp"),
            runtime_api=RuntimeApi(),
            apis=self.apis,
            clock=self.clock,
            endpoint="http://127.0.0.1:9",
            library=library(),
            modules=None,
            interfaces=Interfaces(network, kept, addresses, self.path / "run" / "hosts", (serve, 9)),
        )
        self.destinations = Destinations()
        queues = self.plane.queues
        self.destinations.register("sqs", lambda event: queues.send(event.arn, event.body, group=event.group))

        async def put(section: Section) -> None:
            self.sections.append(section)

        front = Front(self.sockets / "functions.sock", put, lambda _request: None)
        self.service = Lambda(self.host, self.destinations, self._poke, front)
        self.apis.register(self.service.api)
        self.loop = Loop(self.clock, [*self.service.controllers])
        if not (await self.apis.call("iam", "ListRoles", {}))["Roles"]:
            asked = {"RoleName": "functions", "AssumeRolePolicyDocument": json.dumps(TRUST)}
            await self.apis.call("iam", "CreateRole", asked)
        await self.service.start()
        self.loop.start()

    def _poke(self, controller: str, key: str) -> None:
        self.loop.poke(controller, key)

    async def stop(self) -> None:
        await self.loop.stop()
        await self.service.stop()
        await self.children.stop_all(0)
        self.plane.stop()

    async def end(self) -> None:
        await self.stop()
        shutil.rmtree(self.sockets, ignore_errors=True)

    async def call(self, operation: str, **params: Any) -> dict[str, Any]:
        return await self.apis.call("lambda", operation, params)

    async def make(self, name: str, code: str, **more: Any) -> dict[str, Any]:
        """A Python function that can be called."""
        files = more.pop("files", {"index.py": code})
        wanted = {
            "Runtime": "python3.11", "Handler": "index.handler", "Role": ROLE, "Code": {"ZipFile": zipped(**files)},
            **more,
        }  # fmt: skip
        await self.call("CreateFunction", FunctionName=name, **wanted)
        return await self.active(name)

    async def active(self, name: str) -> dict[str, Any]:
        async def there() -> dict[str, Any] | None:
            found = await self.call("GetFunctionConfiguration", FunctionName=name)
            return found if (found["State"], found.get("LastUpdateStatus")) == ("Active", "Successful") else None

        found: dict[str, Any] = await until(there)
        return found

    async def invoke(self, name: str, event: Any = None, **more: Any) -> Any:
        """What a function answers, out of JSON."""
        answer = await self.call("Invoke", FunctionName=name, Payload=json.dumps(event).encode(), **more)
        return json.loads(answer["Payload"])

    async def lines(self, name: str, count: int) -> list[str]:
        """The messages of a function's log, once there are so many."""

        async def there() -> list[str] | None:
            group = f"/aws/lambda/{name}"
            found = await self.apis.call("logs", "DescribeLogGroups", {"logGroupNamePrefix": group})
            if not found["logGroups"]:
                return None
            events = await self.apis.call("logs", "FilterLogEvents", {"logGroupName": group})
            messages = [event["message"].rstrip("\n") for event in events["events"]]
            return messages if len(messages) >= count else None

        found: list[str] = await until(there)
        return found


def zipped(**files: str) -> bytes:
    """A zip file; every file may be executed."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = 0o755 << 16
            archive.writestr(entry, text)
    return made.getvalue()


async def until(there: Callable[[], Awaitable[Any]]) -> Any:
    """What it returns, as soon as that is something."""
    async with asyncio.timeout(DEADLINE):
        while not (found := await there()):  # noqa: ASYNC110  (the other side is another process)
            await asyncio.sleep(0.01)
        return found
