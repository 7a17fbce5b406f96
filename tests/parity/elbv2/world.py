"""One load balancer for a module's tests, each with a listener, groups and targets of its own."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from netflux.errors import AwsError
from tests.aws.elbv2.place import Place, fixed, forward
from tests.haproxy.targets import Answer, Request, fresh_address, get, read_answer, read_request, until

Shape = dict[str, Any]
Say = Callable[[Request], bytes | None]


def answer(body: bytes = b"", headers: str = "", status: int = 200) -> bytes:
    """A whole response; `headers` are lines with CRLF."""
    return f"HTTP/1.1 {status} X\r\n{headers}Content-Length: {len(body)}\r\n\r\n".encode() + body


class Backend:
    """A real target whose answers the test gives; its health checks pass unless told otherwise.

    `say` returns the bytes to be sent, or None to close the connection without a word.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.address = fresh_address()
        self.healthy = 200
        self.checks: list[Request] = []
        self.requests: list[Request] = []
        self.gate: asyncio.Event | None = None
        self.say: Say = lambda _: answer(self.name.encode())
        self.upgraded: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any] | None = None
        self.connections = 0
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, **options: Any) -> Backend:
        self._server = await asyncio.start_server(self._serve, self.address, 8080, limit=1 << 20, **options)
        return self

    async def stop(self) -> None:
        if self._server:
            self._server.close()
            for writer in self._writers:
                writer.transport.abort()
            for task in self._tasks:
                task.cancel()
            self._server = None
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def last(self, path: str) -> Request:
        """The newest request whose target holds this text."""
        return next(one for one in reversed(self.requests) if path in one.line)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        self.connections += 1
        try:
            while (request := await read_request(reader)) is not None:
                if request.header("user-agent").startswith("ELB-HealthChecker"):
                    self.checks.append(request)
                    writer.write(answer(status=self.healthy))
                    continue
                self.requests.append(request)
                if self.gate is not None:
                    await self.gate.wait()
                said = self.say(request)
                if said is None:
                    return
                writer.write(said)
                await writer.drain()
                if b" 101 " in said[:20] and self.upgraded:
                    await self.upgraded(reader, writer)
                    return
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            return
        finally:
            self._writers.discard(writer)
            self._tasks.discard(task)
            writer.close()


class Alb:
    """A load balancer, reached at one of its nodes."""

    def __init__(self, world: World, arn: str, host: str, node: str) -> None:
        self.world, self.arn, self.host, self.node = world, arn, host, node

    async def listen(self, action: Shape, port: int = 0, **params: Any) -> Listener:
        """A listener on a port of its own."""
        port = port or next(self.world.ports)
        wanted = {"Protocol": "HTTP", "DefaultActions": [action], **params}
        made = await self.world.elb("CreateListener", LoadBalancerArn=self.arn, Port=port, **wanted)
        await self.world.settled()
        return Listener(self, made["Listeners"][0]["ListenerArn"], port)

    async def set(self, values: Mapping[str, str]) -> dict[str, str]:
        told = await self.world.elb("ModifyLoadBalancerAttributes", LoadBalancerArn=self.arn, Attributes=pairs(values))
        await self.world.settled()
        return {one["Key"]: one["Value"] for one in told["Attributes"]}


class Listener:
    """A listener at a node's address."""

    def __init__(self, alb: Alb, arn: str, port: int) -> None:
        self.alb, self.arn, self.port = alb, arn, port
        self.world = alb.world

    async def rule(self, priority: int, *conditions: Shape, action: Shape | None = None, **params: Any) -> str:
        """Its default action answers with the priority. It serves when this returns."""
        actions = [action or fixed("200", str(priority))]
        made = await self.world.elb(
            "CreateRule", ListenerArn=self.arn, Priority=priority, Conditions=[*conditions], Actions=actions, **params
        )
        await self.world.settled()
        return str(made["Rules"][0]["RuleArn"])

    async def get(self, path: str = "/", headers: str = "", method: str = "GET", host: str = "") -> Answer:
        return await get((self.alb.node, self.port), host or f"{self.alb.host}:{self.port}", path, headers, method)

    async def body(self, path: str = "/", headers: str = "", method: str = "GET", host: str = "") -> str:
        return (await self.get(path, headers, method, host)).body.decode()

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(self.alb.node, self.port, limit=1 << 20)

    async def raw(self, sent: bytes) -> Answer:
        """What these very bytes are answered with."""
        reader, writer = await self.connect()
        try:
            writer.write(sent)
            return await read_answer(reader)
        finally:
            writer.close()


class World:
    """A place with its VPC, and what the tests of a module make in it."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.elb = place.elb
        self.ports = itertools.count(8101)
        self._numbers = itertools.count(1)
        self.backends: list[Backend] = []
        self._made: list[tuple[str, str]] = []

    async def settled(self) -> None:
        """Until all that was asked for is done."""
        await until(lambda: self.place.loop.idle)

    async def alb(self, **params: Any) -> Alb:
        number = next(self._numbers)
        before = len(self.place.nodes())
        made = await self.place.balancer(f"lb-{number}", **params)
        arn = made["LoadBalancerArn"]
        self._made.append(("LoadBalancer", arn))
        await self.place.active(arn)
        return Alb(self, arn, made["DNSName"], self.place.nodes()[before].local_address)

    async def group(self, **params: Any) -> str:
        wanted = {"HealthCheckPath": "/", "HealthCheckIntervalSeconds": 15, "HealthCheckTimeoutSeconds": 10, **params}
        arn = await self.place.group(f"group-{next(self._numbers)}", **wanted)
        self._made.append(("TargetGroup", arn))
        return arn

    async def clear(self) -> None:
        """Ends what a test has made, load balancers before groups."""
        for kind, arn in sorted(self._made):
            if kind == "LoadBalancer":
                open_again = pairs({"deletion_protection.enabled": "false"})
                await self.elb("ModifyLoadBalancerAttributes", LoadBalancerArn=arn, Attributes=open_again)
            await self.elb(f"Delete{kind}", **{f"{kind}Arn": arn})
        self._made.clear()
        for backend in self.backends:
            await backend.stop()
        self.backends.clear()
        await self.settled()

    async def backend(self, group: str | None = None, **options: Any) -> Backend:
        """A target, registered in the group."""
        number = next(self._numbers)
        made = await Backend(f"target-{number}").start(**options)
        self.backends.append(made)
        made.vpc = f"10.0.1.{number}"  # type: ignore[attr-defined]
        self.place.known[f"10.0.1.{number}"] = made.address
        if group:
            await self.register(group, made)
        return made

    async def register(self, group: str, *backends: Backend) -> None:
        targets = [{"Id": vpc(backend)} for backend in backends]
        await self.elb("RegisterTargets", TargetGroupArn=group, Targets=targets)

    async def healthy(self, group: str, *backends: Backend, state: str = "healthy") -> None:
        for backend in backends:
            await self.place.becomes(group, vpc(backend), state)
        await self.settled()

    async def set(self, group: str, values: Mapping[str, str]) -> dict[str, str]:
        told = await self.elb("ModifyTargetGroupAttributes", TargetGroupArn=group, Attributes=pairs(values))
        await self.settled()
        return {one["Key"]: one["Value"] for one in told["Attributes"]}

    async def forwarding(self, alb: Alb, count: int = 1, **params: Any) -> tuple[Listener, str, list[Backend]]:
        """A listener that forwards to a group with so many healthy targets."""
        group = await self.group(**params)
        listener = await alb.listen(forward(group))
        backends = [await self.backend(group) for _ in range(count)]
        await self.healthy(group, *backends)
        return listener, group, backends

    async def refused(self, operation: str, **params: Any) -> str:
        with pytest.raises(AwsError) as caught:
            await self.elb(operation, **params)
        return f"{caught.value.code}: {caught.value.message}"


def vpc(backend: Backend) -> str:
    """The target's VPC address."""
    return str(backend.vpc)  # type: ignore[attr-defined]


def pairs(values: Mapping[str, str]) -> list[Shape]:
    return [{"Key": key, "Value": value} for key, value in values.items()]


async def open_world(directory: Path) -> World:
    place = await Place(directory).start()
    await place.ground()
    return World(place)


async def close_world(world: World) -> None:
    await world.place.stop()
