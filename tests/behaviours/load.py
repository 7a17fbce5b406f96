"""Constant load on a name of a cloud: requests at a fixed rate, whatever the answers take."""

from __future__ import annotations

import asyncio
import itertools
import ssl
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import aiohttp

from tests.behaviours.cloud import Cloud

MOST_AT_ONCE = 400
"""Requests in flight; a tick that finds so many sends none, and the rate that was reached tells."""


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
        connector = aiohttp.TCPConnector(limit=0, ssl=context)
        timeout = aiohttp.ClientTimeout(total=30)
        flying: set[asyncio.Task[None]] = set()
        async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
            began = time.monotonic()
            for tick in itertools.count():
                await asyncio.sleep(max(0.0, began + tick / self._rate - time.monotonic()))
                if self._done.is_set():
                    break
                if len(flying) < MOST_AT_ONCE:
                    task = asyncio.ensure_future(self._ask(session, next(self._paths)))
                    flying.add(task)
                    task.add_done_callback(flying.discard)
            await asyncio.gather(*flying)

    async def _ask(self, session: aiohttp.ClientSession, path: str) -> None:
        began, status, said = time.monotonic(), 0, ""
        try:
            async with session.get(
                f"https://127.0.0.1:{self._cloud.port}{path}",
                headers={"Host": f"{self._host}:{self._cloud.port}"}, server_hostname=self._host,
            ) as answer:  # fmt: skip
                said = (await answer.text())[:200]
                status = answer.status
        except (aiohttp.ClientError, TimeoutError) as error:
            said = repr(error)
        self.report.statuses[status] += 1
        self.report.slowest = max(self.report.slowest, time.monotonic() - began)
        if status != 200 and len(self.report.failures) < 100:
            self.report.failures.append((round(self.elapsed(), 2), path, f"{status}: {said}"))
