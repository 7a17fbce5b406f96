"""Constant load on a name of a cloud: requests at a fixed rate, whatever the answers take."""

from __future__ import annotations

import asyncio
import itertools
import ssl
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from tests.behaviours.cloud import Cloud

MOST_AT_ONCE = 400
"""Requests in flight; a tick that finds so many sends none, and the rate that was reached tells."""


PATIENCE = 30.0
"""Seconds that a request may take."""


@dataclass
class Report:
    """What came of the load.

    Attributes:
        statuses: answers by status; 0 for requests that got none.
        failures: when (seconds after the start), path, and what went wrong, of the first hundred.
        seconds: how long it ran.
        slowest: seconds of the slowest request.
    """

    statuses: Counter[int] = field(default_factory=Counter)
    failures: list[tuple[float, str, str]] = field(default_factory=list)
    seconds: float = 0.0
    slowest: float = 0.0

    @property
    def rate(self) -> float:
        return sum(self.statuses.values()) / self.seconds

    @property
    def failed(self) -> int:
        return sum(count for status, count in self.statuses.items() if status != 200)


class Load:
    """Runs in a thread of its own inside the `with` block.

    Args:
        cloud: asked through its gateway by HTTPS.
        host: name of a distribution.
        paths: asked in turn.
        rate: requests a second.
    """

    def __init__(self, cloud: Cloud, host: str, paths: Sequence[str], rate: float) -> None:
        self.report = Report()
        self._cloud = cloud
        self._host = host
        self._paths = itertools.cycle(paths)
        self._rate = rate
        self._done = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))
        self._began = 0.0

    def __enter__(self) -> Load:
        self._began = time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()
        self.report.seconds = time.monotonic() - self._began

    def elapsed(self) -> float:
        return time.monotonic() - self._began

    async def _run(self) -> None:
        context = ssl.create_default_context(cafile=str(self._cloud.state / "ca" / "ca.pem"))
        idle: list[_Connection] = []
        flying: set[asyncio.Task[None]] = set()

        async def connect() -> _Connection:
            _, made = await asyncio.get_running_loop().create_connection(
                _Connection, "127.0.0.1", self._cloud.port, ssl=context, server_hostname=self._host
            )
            return made

        async def ask(path: str) -> None:
            began = time.monotonic()
            status, said = await self._asked(path, idle, connect)
            self.report.statuses[status] += 1
            self.report.slowest = max(self.report.slowest, time.monotonic() - began)
            if status != 200 and len(self.report.failures) < 100:
                self.report.failures.append((round(self.elapsed(), 2), path, f"{status}: {said}"))

        began = time.monotonic()
        for tick in itertools.count():
            await asyncio.sleep(max(0.0, began + tick / self._rate - time.monotonic()))
            if self._done.is_set():
                break
            if len(flying) < MOST_AT_ONCE:
                task = asyncio.ensure_future(ask(next(self._paths)))
                flying.add(task)
                task.add_done_callback(flying.discard)
        await asyncio.gather(*flying)
        for one in idle:
            one.transport.abort()

    async def _asked(
        self, path: str, idle: list[_Connection], connect: Callable[[], Awaitable[_Connection]]
    ) -> tuple[int, str]:
        """Status, 0 without an answer, and the body's beginning.

        As browsers do (RFC 9112, 9.3.1), a request is sent once more when a kept connection was closed under it.
        """
        text = f"GET {path} HTTP/1.1\r\nHost: {self._host}:{self._cloud.port}\r\n\r\n".encode()
        try:
            async with asyncio.timeout(PATIENCE):
                while idle:
                    kept = idle.pop()
                    answer = await kept.ask(text) if kept.open else None
                    if answer is not None:
                        return self._kept(kept, answer, idle)
                fresh = await connect()
                answer = await fresh.ask(text)
                return (0, "closed without an answer") if answer is None else self._kept(fresh, answer, idle)
        except (OSError, TimeoutError) as error:
            return 0, repr(error)

    @staticmethod
    def _kept(connection: _Connection, answer: tuple[int, str], idle: list[_Connection]) -> tuple[int, str]:
        if connection.open:
            idle.append(connection)
        return answer


class _Connection(asyncio.Protocol):
    """One request at a time, as cheaply as Python can: the client shares the machine with what it measures."""

    transport: asyncio.Transport

    def __init__(self) -> None:
        self.open = True
        self._received = b""
        self._answer: asyncio.Future[tuple[int, str] | None] | None = None

    async def ask(self, text: bytes) -> tuple[int, str] | None:
        """Status and beginning of the body; None when the connection was closed before the first byte."""
        self._received, self._answer = b"", asyncio.get_running_loop().create_future()
        self.transport.write(text)
        return await self._answer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        if not found or self._answer is None or self._answer.done():
            return
        lower = head.lower()
        length = lower.partition(b"content-length:")[2].partition(b"\r\n")[0]
        complete = len(body) >= int(length) if length else body.endswith(b"0\r\n\r\n")
        if complete:
            if b"connection: close" in lower:
                self.open = False
                self.transport.close()
            self._answer.set_result((int(head[9:12]), body[:200].decode(errors="replace")))

    def connection_lost(self, error: Exception | None) -> None:
        self.open = False
        if self._answer is not None and not self._answer.done():
            self._answer.set_result((0, f"broken off: {error}") if self._received else None)
