"""HAProxy's runtime API, asked through the master's socket so that it is always the newest worker that answers."""

from __future__ import annotations

import asyncio
import contextlib
import csv
import io
import logging
import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from netflux.haproxy.section import Server

_log = logging.getLogger(__name__)
ANSWER_SECONDS = 30.0
"""Real seconds: a reload of thousands of lines takes about one, on a busy machine some."""
_UNTOLD_SECONDS = 1.0
"""Real seconds after which a worker that was replaced, and has not stopped, has missed the signal to."""
_OLD_ANSWER_SECONDS = 3.0
_BATCH = 40
"""Commands sent in one line; each is under 200 bytes, and HAProxy takes as much as a buffer holds."""

_MAINTENANCE, _DRAIN = 0x01 | 0x02 | 0x20, 0x08 | 0x10
"""Bits of srv_admin_state (management guide of HAProxy 2.8, `show servers state`): forced, inherited or for want of an
address. 0x04 only tells that the configuration said `disabled`, and stays when the server is made ready."""


class RuntimeApiError(Exception):
    """HAProxy did not answer, or refused a command."""


@dataclass(frozen=True)
class ServerState:
    """A server as the running worker has it.

    Attributes:
        state: `ready`, `drain` or `maint`, as in `section.Server`.
    """

    backend: str
    name: str
    address: str
    port: int
    weight: int
    state: str


class RuntimeApi:
    """Commands to one HAProxy.

    Args:
        master: path of the master's unix socket (`-S`).
    """

    def __init__(self, master: Path) -> None:
        self._master = master
        self._retired: frozenset[str] = frozenset()

    async def command(self, line: str, patience: float = ANSWER_SECONDS) -> str:
        """The answer to one line, sent to the master.

        Raises:
            RuntimeApiError: nobody answered within the patience, in real seconds.
        """
        try:
            async with asyncio.timeout(patience):
                reader, writer = await asyncio.open_unix_connection(str(self._master))
                try:
                    writer.write(line.encode() + b"\n")
                    writer.write_eof()
                    answer = await reader.read()
                finally:
                    writer.close()
        except (OSError, TimeoutError) as error:
            raise RuntimeApiError(f"HAProxy did not answer '{line[:60]}' at {self._master}: {error!r}") from error
        return answer.decode(errors="replace")

    async def reload(self) -> str:
        """Starts a new worker and waits until it alone takes connections.

        Returns:
            An empty string, or what HAProxy says went wrong.
        """
        answer = await self.command("reload")
        if not answer.startswith("Success=1"):
            return answer
        info = await self.worker("show info")
        if "Pid:" not in info:
            return f"the new worker does not answer: {info}"
        await self._retire()
        return ""

    async def _retire(self) -> None:
        """Until those before the newest have closed their listening sockets, as they tell by `Stopping`.

        They are told to by a signal of the new worker's. On a busy machine one of them may take a connection before it
        gets it, and answer by the configuration that was replaced; one that was itself starting can miss it for good.
        """
        listed = await self.command("show proc")
        old = frozenset(
            line.split()[0] for line in listed.partition("# old workers")[2].splitlines() if line[:1].isdigit()
        )
        for pid in old - self._retired:
            await self._stopping(int(pid))
        self._retired = old

    async def _stopping(self, pid: int) -> None:
        clock = asyncio.get_running_loop().time
        began, told = clock(), False
        # It answers between two rounds of its own loop, in which it takes signals as well.
        while await self.takes_connections(pid):
            if clock() - began > ANSWER_SECONDS:
                raise RuntimeApiError(f"HAProxy's earlier worker {pid} does not stop taking connections")
            if clock() - began > _UNTOLD_SECONDS and not told:
                told = True
                _log.warning("HAProxy's earlier worker %s goes on taking connections; it is told again to stop", pid)
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGUSR1)

    async def takes_connections(self, pid: int) -> bool:
        """Whether a worker does, as it says itself. One that says nothing is asked again for as long as it lives: where
        it ends while it is being asked, the master leaves the question open.
        """
        try:
            return "Stopping: 0" in await self.command(f"@!{pid} show info", _OLD_ANSWER_SECONDS)
        except RuntimeApiError:
            return os.access(f"/proc/{pid}", os.F_OK)

    async def worker(self, line: str) -> str:
        """The answer of the newest worker to one command."""
        return await self.command(f"@1 {line}")

    async def worker_all(self, commands: Sequence[str]) -> str:
        """The answers of the newest worker to many commands."""
        starts = range(0, len(commands), _BATCH)
        lines = ["; ".join(f"@1 {command}" for command in commands[start : start + _BATCH]) for start in starts]
        return "".join([await self.command(line) for line in lines])

    async def servers(self, backend: str) -> dict[str, ServerState]:
        """The servers of a backend by name; empty when there is no such backend."""
        answer = await self.worker(f"show servers state {backend}")
        found: dict[str, ServerState] = {}
        columns: list[str] = []
        for line in answer.splitlines():
            fields = line.removeprefix("# ").split()
            if line.startswith("# "):
                columns = fields
            elif len(fields) >= len(columns) > 0:
                row = dict(zip(columns, fields, strict=False))
                found[row["srv_name"]] = _server_state(row)
        return found

    async def statistics(self, scope: str = "") -> list[dict[str, str]]:
        """`show stat`: one row for each frontend, backend and server, with HAProxy's column names.

        Args:
            scope: proxy, kinds (2 backends, 4 servers) and server, as the command takes them.
        """
        return _rows(await self.worker(f"show stat {scope}"))

    async def measured(self, worker: str = "@1") -> tuple[int, list[dict[str, str]]]:
        """The same with the worker's pid; its maxima are of the time since the last call, and begin anew.

        Between the two commands few milliseconds may pass; a maximum that falls there is forgotten, and no count is.

        Args:
            worker: the newest one, or `@!` and a pid.
        """
        asked = "; ".join(f"{worker} {command}" for command in ("show info", "show stat", "clear counters"))
        info, name, rows = (await self.command(asked)).partition("# pxname")
        pid = next((line for line in info.splitlines() if line.startswith("Pid:")), "")
        if not pid or not name:
            raise RuntimeApiError(f"HAProxy does not tell its counters: {info[:100]}")
        return int(pid.partition(":")[2]), _rows(name + rows)


def _rows(answer: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.removeprefix("# ").strip())))


def _server_state(row: dict[str, str]) -> ServerState:
    admin = int(row["srv_admin_state"])
    state = "ready"
    if admin & _MAINTENANCE:
        state = "maint"
    elif admin & _DRAIN:
        state = "drain"
    return ServerState(
        row["be_name"], row["srv_name"], row["srv_addr"], int(row["srv_port"]), int(row["srv_uweight"]), state
    )


def commands_for(backend: str, slot: str, old: Server | None, new: Server | None) -> list[str]:
    """What turns one slot from holding `old` into holding `new`.

    A server that leaves has its remaining sessions ended: whoever wants them to finish sets it to drain first.
    """
    where = f"{backend}/{slot}"
    if old == new:
        return []
    if new is None:
        return [f"set server {where} state maint", f"shutdown sessions server {where}"]
    commands = []
    if old is None or (old.address, old.port) != (new.address, new.port):
        commands.append(f"set server {where} state maint")
        commands.append(f"set server {where} addr {new.address} port {new.port}")
    commands.append(f"set server {where} weight {new.weight}")
    commands.append(f"set server {where} state {new.state}")
    return commands
