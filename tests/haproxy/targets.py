"""Tiny HTTP targets on addresses of their own in 127.0.0.0/8, and clients that notice every lost request."""

from __future__ import annotations

import asyncio
import itertools
import random
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

_addresses = itertools.count(1)
_net = random.randint(64, 250), random.randint(0, 240)


def fresh_address() -> str:
    """An address of 127.0.0.0/8 that this test run has not used."""
    block, number = divmod(next(_addresses), 250)
    return f"127.{_net[0]}.{_net[1] + block}.{number + 1}"


def free_port(address: str = "127.0.0.1") -> int:
    with socket.socket() as probe:
        probe.bind((address, 0))
        return int(probe.getsockname()[1])


@dataclass
class Request:
    line: str
    headers: list[tuple[str, str]]
    body: bytes = b""
    peer: str = ""

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def header(self, name: str) -> str:
        return ", ".join(self.all(name))


@dataclass
class Target:
    """Answers 200 with its name unless told otherwise; keeps connections alive and remembers requests."""

    name: str
    address: str = field(default_factory=fresh_address)
    port: int = 8080
    status: int = 200
    gate: asyncio.Event | None = None
    requests: list[Request] = field(default_factory=list)
    server: asyncio.Server | None = None
    writers: set[asyncio.StreamWriter] = field(default_factory=set)

    async def start(self) -> Target:
        self.server = await asyncio.start_server(self._serve, self.address, self.port)
        return self

    async def stop(self) -> None:
        if self.server:
            self.server.close()
            for writer in self.writers:
                writer.transport.abort()
            self.server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.add(writer)
        try:
            while True:
                request = await read_request(reader)
                if request is None:
                    return
                request.peer = writer.get_extra_info("peername")[0]
                self.requests.append(request)
                if self.gate is not None:
                    await self.gate.wait()
                body = self.name.encode()
                writer.write(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n" % (self.status, len(body)) + body)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            self.writers.discard(writer)
            writer.close()


async def read_request(reader: asyncio.StreamReader) -> Request | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    line, *fields = head.rstrip("\r\n").split("\r\n")
    request = Request(line, [(key, value.strip()) for key, _, value in (f.partition(":") for f in fields)])
    length = int(request.header("content-length") or 0)
    request.body = await reader.readexactly(length)
    return request


@dataclass
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        found = [value for key, value in self.headers if key.lower() == name.lower()]
        return ", ".join(found) if found else None


async def read_answer(reader: asyncio.StreamReader) -> Answer:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    line, *fields = head.rstrip("\r\n").split("\r\n")
    headers = [(key, value.strip()) for key, _, value in (f.partition(":") for f in fields)]
    answer = Answer(int(line.split()[1]), headers, b"")
    length = answer.header("content-length")
    answer.body = await reader.readexactly(int(length)) if length is not None else await reader.read()
    return answer


async def get(
    address: tuple[str, int] | str, host: str, path: str = "/", headers: str = "", method: str = "GET"
) -> Answer:
    """One request on a connection of its own. `headers` are whole lines with CRLF."""
    if isinstance(address, str):
        reader, writer = await asyncio.open_unix_connection(address)
    else:
        reader, writer = await asyncio.open_connection(*address)
    try:
        writer.write(f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n".encode())
        return await read_answer(reader)
    finally:
        writer.close()


class Load:
    """Clients that send requests until told to stop: some keep their connection alive, some open one for each."""

    def __init__(self, address: tuple[str, int], host: str, kept: int = 3, short: int = 3) -> None:
        self.address, self.host, self.kept, self.short = address, host, kept, short
        self.done = 0
        self.lost: list[str] = []
        self._stop = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Load:
        self._tasks = [asyncio.ensure_future(self._keep()) for _ in range(self.kept)]
        self._tasks += [asyncio.ensure_future(self._open()) for _ in range(self.short)]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stop.set()
        await asyncio.gather(*self._tasks)

    async def more(self, count: int) -> None:
        """Waits for that many more requests."""
        goal = self.done + count
        await until(lambda: self.done >= goal or bool(self.lost))

    async def _keep(self) -> None:
        while not self._stop.is_set():
            reader, writer = await asyncio.open_connection(*self.address)
            closed = False
            while not closed and not self._stop.is_set():
                try:
                    writer.write(f"GET / HTTP/1.1\r\nHost: {self.host}\r\n\r\n".encode())
                    answer = await read_answer(reader)
                except (ConnectionError, asyncio.IncompleteReadError) as error:
                    self.lost.append(f"kept: {error!r}")
                    break
                self._count(answer, "kept")
                closed = (answer.header("connection") or "").lower() == "close"
            writer.close()

    async def _open(self) -> None:
        while not self._stop.is_set():
            try:
                self._count(await get(self.address, self.host), "short")
            except (ConnectionError, asyncio.IncompleteReadError) as error:
                self.lost.append(f"short: {error!r}")

    def _count(self, answer: Answer, kind: str) -> None:
        self.done += 1
        if answer.status != 200:
            self.lost.append(f"{kind}: {answer.status} {answer.body[:80]!r}")


async def until(condition: Callable[[], bool] | Callable[[], Awaitable[bool]], seconds: float = 20.0) -> None:
    """Waits for a condition, with a deadline."""
    async with asyncio.timeout(seconds):
        while True:
            found = condition()
            if await found if isinstance(found, Awaitable) else found:
                return
            await asyncio.sleep(0.005)
