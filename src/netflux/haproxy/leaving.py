"""Workers that were replaced, kept until what they still did has been read.

A worker ends with its last connection, and its counters with it. So one of ours is opened in it before it is replaced:
a kept-alive one, which `idle-close-on-response` leaves open. When it is the only one left, all has been counted.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

from netflux.haproxy.configuration import quote
from netflux.haproxy.runtime import RuntimeApi, RuntimeApiError

_log = logging.getLogger(__name__)
_PATIENCE = 5.0
"""Real seconds for a worker's answer."""
_FIRST_LOOK, _LAST_LOOK = 0.2, 2.0
"""Real seconds between looks: twice as long each time, for a WebSocket may stay for hours."""
_REQUEST = b"GET / HTTP/1.1\r\nHost: leaving\r\n\r\n"

Look = Callable[[], Awaitable[None]]


def listener(run_dir: Path) -> str:
    """A frontend that tells which worker one is connected to."""
    return (
        f"frontend leaving\n    bind unix@{quote(str(run_dir / 'leaving.sock'))} mode 600\n"
        "    timeout client 1h\n    timeout http-keep-alive 1h\n    timeout http-request 1h\n"
        "    http-request return status 200 content-type text/plain lf-string %pid\n"
    )


class Leaving:
    """The workers that leave.

    Args:
        run_dir: for the socket.
        runtime: asks them.
    """

    def __init__(self, run_dir: Path, runtime: RuntimeApi) -> None:
        self._path = str(run_dir / "leaving.sock")
        self._runtime = runtime
        self._tasks: dict[int, asyncio.Task[None]] = {}

    @property
    def pids(self) -> list[int]:
        """Of the workers that are kept."""
        return [*self._tasks]

    async def hold(self) -> tuple[int, asyncio.StreamWriter] | None:
        """The pid of the worker that serves now, and what keeps it; None when it does not answer."""
        writer = None
        try:
            async with asyncio.timeout(_PATIENCE):
                reader, writer = await asyncio.open_unix_connection(self._path)
                writer.write(_REQUEST)
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length:")[2].split()[0])
                return int(await reader.readexactly(length)), writer
        except (OSError, TimeoutError, EOFError, ValueError, IndexError) as error:
            _log.warning("what HAProxy's worker still does when it leaves will not be counted: %r", error)
            if writer is not None:
                writer.close()
            return None

    def watch(self, held: tuple[int, asyncio.StreamWriter], look: Look) -> None:
        """The worker has been replaced: it is looked at once more when it has nothing else to do."""
        pid, writer = held
        self._tasks[pid] = asyncio.ensure_future(self._until_alone(pid, writer, look))

    async def stop(self) -> None:
        """Keeps none any more."""
        tasks = [*self._tasks.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _until_alone(self, pid: int, writer: asyncio.StreamWriter, look: Look) -> None:
        pause = _FIRST_LOOK
        try:
            while await self._busy(pid):
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LAST_LOOK)
            await look()
        finally:
            self._tasks.pop(pid, None)
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _busy(self, pid: int) -> bool:
        """Whether it has connections beside ours. Of one that is dead the master knows nothing.

        The master itself does not answer while it starts the next worker.
        """
        try:
            told = await self._runtime.command(f"@!{pid} show info", _PATIENCE)
        except RuntimeApiError:
            return True
        return any(line.startswith("CurrConns: ") and int(line[11:]) > 1 for line in told.splitlines())
