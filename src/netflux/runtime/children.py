"""Child processes: started from the region's own thread, watched by pid, ended with the region.

A task's program is not what the region has started but a sibling that this has made (launch.py), and told of.

Three nets below each other: the region stops its children in order; the kernel signals a child when the region dies
(PR_SET_PDEATHSIG); and a region that starts ends what a killed one has left, by the records in `run/children`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import marshal
import os
import re
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from netflux.runtime.walls import PROCESSES, Walls

_LAUNCH = str(Path(__file__).with_name("launch.py"))
_LAST = 5.0  # real seconds for the end of a pid namespace; a process that waits for a disk can't be ended
_READ_LIMIT = 64 * 1024  # bytes of a child's output that are held until they are read; more makes it wait


@dataclass(frozen=True)
class Launch:
    """A program to start.

    Attributes:
        name: unique while it runs; also the name of its pid record.
        argv: the program is looked up on the PATH of `environment`.
        environment: the whole environment; nothing is inherited.
        directory: working directory.
        uid: uid that the program shall see; None keeps the region's. By a user namespace, so files keep their owner.
        walls: around a task; None for programs of the region's own.
        inside: the first process of a container whose namespaces it shall be in; 0 for none.
        limits: names of the `resource` module, e.g. `RLIMIT_NOFILE`, to the soft and the hard value.
        death_signal: sent by the kernel when the region dies.
        output: a file descriptor for stdout and stderr; None makes a pipe, read at `Child.output`.
        pass_fds: descriptors that stay open in the child.
        namespace: name of the network namespace that it starts in; None for the region's.
        groups: files of control groups that it puts itself into first.
        umask: of the program; the region's own keeps all to itself.
    """

    name: str
    argv: Sequence[str]
    environment: Mapping[str, str]
    directory: Path
    uid: int | None = None
    limits: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    death_signal: int = signal.SIGKILL
    output: int | None = None
    pass_fds: Sequence[int] = ()
    namespace: str | None = None
    groups: Sequence[str] = ()
    umask: int = 0o022
    walls: Walls | None = None
    inside: int = 0

    @property
    def beside(self) -> bool:
        """Whether the program is a sibling of the process that is started."""
        return bool(self.inside) or (self.walls is not None and PROCESSES in self.walls.up)


class _Exit(asyncio.subprocess.SubprocessStreamProtocol):
    """Tells of the exit itself: asyncio's own `wait` also waits until nobody holds the output open, which a
    grandchild may do for ever.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(limit=_READ_LIMIT, loop=loop)
        self.happened = asyncio.Event()

    def process_exited(self) -> None:
        super().process_exited()
        self.happened.set()


class Started(Protocol):
    """A process of which the end is waited for."""

    pid: int

    @property
    def code(self) -> int | None:
        """None while it runs; -N when signal N ended it."""
        ...

    async def wait(self) -> int:
        """The code, as soon as it has ended."""
        ...


class _Own:
    """A process that asyncio has started and waits for."""

    def __init__(self, process: asyncio.subprocess.Process, exited: asyncio.Event) -> None:
        self.pid = process.pid
        self.output = process.stdout
        self._process = process
        self._exited = exited

    @property
    def code(self) -> int | None:
        return self._process.returncode

    async def wait(self) -> int:
        await self._exited.wait()
        code = self._process.returncode
        assert code is not None
        return code


class _Told:
    """A child of this process that another has made in its name."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.code: int | None = None
        self._loop = asyncio.get_running_loop()
        self._ended = asyncio.Event()
        self._descriptor = os.pidfd_open(pid)
        self._loop.add_reader(self._descriptor, self._reap)

    def _reap(self) -> None:
        self._loop.remove_reader(self._descriptor)
        os.close(self._descriptor)
        _, status = os.waitpid(self.pid, 0)
        self.code = os.waitstatus_to_exitcode(status)
        self._ended.set()

    async def wait(self) -> int:
        await self._ended.wait()
        assert self.code is not None
        return self.code


class Child:
    """A running or ended child process, leader of its own process group.

    Args:
        name: of its launch.
        program: the process itself.
        first: of its pid namespace, with which the kernel ends all others there; None for one that has none of its own.
        launcher: what asyncio has started, whose output is the program's.
        record: of its pid.
    """

    def __init__(self, name: str, program: Started, first: Started | None, launcher: _Own, record: Path) -> None:
        self.name = name
        self.pid = program.pid
        self.first = first.pid if first is not None else 0
        self._program = program
        self._first = first
        self._launcher = launcher
        self._record = record
        self._reaped = asyncio.ensure_future(self._reap())

    @property
    def output(self) -> asyncio.StreamReader | None:
        """Its stdout and stderr, when they go to a pipe."""
        return self._launcher.output

    @property
    def exit_code(self) -> int | None:
        """None while it runs; -N when signal N ended it."""
        return self._program.code

    async def wait(self) -> int:
        """Its exit code, once it has ended."""
        return await asyncio.shield(self._reaped)

    def send(self, number: int) -> None:
        """Signals the process itself; nothing happens when it has ended."""
        if self._program.code is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def send_group(self, number: int) -> None:
        """Signals the process group, or the process alone while it has none yet; nothing happens when it has ended."""
        if self._program.code is None:
            try:
                os.killpg(self.pid, number)
            except ProcessLookupError:
                self.send(number)

    def kill_group(self) -> None:
        """SIGKILL to the process and all its descendants in the group; in a pid namespace of its own to all of them."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.send(signal.SIGKILL)  # it may have been told of before it has its group
        if self._first is not None and self._first.code is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._first.pid, signal.SIGKILL)

    async def stop(self, patience: float, number: int = signal.SIGTERM) -> int:
        """The signal, then after `patience` real seconds SIGKILL to the group; returns the exit code."""
        self.send(number)
        try:
            return await asyncio.wait_for(self.wait(), patience)
        except TimeoutError:
            self.kill_group()
            return await self.wait()

    async def _reap(self) -> int:
        code = await self._program.wait()
        self.kill_group()
        if self._first is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._first.wait(), _LAST)
        await self._launcher.wait()
        self._record.unlink(missing_ok=True)
        return code


class Children:
    """Starts children and remembers them.

    Args:
        records: directory for pid records, under the state directory.
    """

    def __init__(self, records: Path) -> None:
        self._records = records
        records.mkdir(parents=True, exist_ok=True)
        self._running: dict[str, Child] = {}
        self._starting: set[asyncio.Future[Child]] = set()

    async def start(self, launch: Launch) -> Child:
        """Starts the program. An unknown program ends at once with exit code 127, as in a shell.

        Whoever is cancelled meanwhile leaves nothing: what was started is known, and ended. A child that nobody waits
        for would hold up the end of its pid namespace for ever.
        """
        starting = asyncio.ensure_future(self._start(launch))
        self._starting.add(starting)
        starting.add_done_callback(self._starting.discard)
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            starting.add_done_callback(_end)
            raise

    async def _start(self, launch: Launch) -> Child:
        hearing, telling = os.pipe() if launch.beside else (-1, -1)
        try:
            transport, protocol = await self._spawn(launch, telling)
        except BaseException:
            _close(hearing)
            raise
        finally:
            _close(telling)
        process = asyncio.subprocess.Process(transport, protocol, asyncio.get_running_loop())
        launcher = _Own(process, protocol.happened)
        program: Started = launcher
        first: Started | None = None
        if launch.beside:
            pids = await _told(hearing)
            if pids[0]:  # else the launcher ends with the reason
                program = _Told(pids[0])
            if pids[1]:
                first = _Told(pids[1])
        leader = (first or program).pid
        record = self._records / (re.sub(r"[^\w.-]", "_", launch.name) + ".json")
        record.write_text(json.dumps({"name": launch.name, "pid": leader, "started": started_at(leader)}))
        child = Child(launch.name, program, first, launcher, record)
        self._running[launch.name] = child
        child._reaped.add_done_callback(lambda _: self._forget(child))
        return child

    async def _spawn(self, launch: Launch, telling: int) -> tuple[asyncio.SubprocessTransport, _Exit]:
        loop = asyncio.get_running_loop()
        wanted = _wanted(launch, telling)
        try:
            return await loop.subprocess_exec(
                lambda: _Exit(loop),
                sys.executable,
                "-I",
                "-S",
                _LAUNCH,
                str(wanted),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE if launch.output is None else launch.output,
                stderr=asyncio.subprocess.STDOUT,
                cwd="/",
                env={},
                start_new_session=True,
                pass_fds=(*launch.pass_fds, wanted, *([telling] if launch.beside else [])),
            )
        finally:
            os.close(wanted)

    def running(self) -> list[Child]:
        """All children that have not ended."""
        return list(self._running.values())

    async def stop_all(self, patience: float) -> None:
        """Ends whatever still runs, all at once, within `patience` real seconds."""
        await asyncio.gather(*self._starting, return_exceptions=True)
        await asyncio.gather(*(child.stop(patience) for child in self.running()))

    def _forget(self, child: Child) -> None:
        if self._running.get(child.name) is child:
            del self._running[child.name]


def _wanted(launch: Launch, telling: int) -> int:
    """A file in memory with what launch.py reads."""
    wanted = {
        "argv": list(launch.argv),
        "environment": dict(launch.environment),
        "directory": str(launch.directory),
        "uid": launch.uid,
        "limits": dict(launch.limits),
        "death_signal": int(launch.death_signal),
        "parent": os.getpid(),
        "umask": launch.umask,
        "namespace": launch.namespace,
        "groups": list(launch.groups),
        "walls": launch.walls.as_json() if launch.walls is not None else None,
        "inside": launch.inside,
        "report": telling,
    }
    file = os.memfd_create("netflux-launch")
    with os.fdopen(os.dup(file), "wb") as writing:
        marshal.dump(wanted, writing)
    return file


def _end(started: asyncio.Future[Child]) -> None:
    if not started.cancelled() and started.exception() is None:
        started.result().kill_group()


def _close(descriptor: int) -> None:
    if descriptor >= 0:
        os.close(descriptor)


async def _told(hearing: int) -> list[int]:
    """The ids of the program's process and the first one, as a launcher tells them, 0 for one that it has not made.
    Closes the descriptor.
    """
    loop, said = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(hearing, said.set)
    try:
        await said.wait()
        return [int(word) for word in os.read(hearing, 64).split()] or [0, 0]
    finally:
        loop.remove_reader(hearing)
        os.close(hearing)


def started_at(pid: int) -> str:
    """The kernel's start time of a process: tells it from a later one with the same pid; empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def end_leftovers(records: Path, deadline: float = 5.0) -> list[str]:
    """Kills the children of a region that was killed, and waits until they are gone.

    Args:
        records: the directory that region wrote its pid records to.
        deadline: real seconds to wait.

    Returns:
        The names of those that were still running.
    """
    left: dict[str, tuple[int, str]] = {}
    for path in records.glob("*.json"):
        try:
            record = json.loads(path.read_text())
        except ValueError:  # written halfway when the machine stopped
            record = {"pid": 0, "started": ""}
        path.unlink()
        if record["started"] and started_at(record["pid"]) == record["started"]:
            left[record["name"]] = (record["pid"], record["started"])
    for pid, _ in left.values():
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
    end = time.monotonic() + deadline
    while any(_alive(pid, started) for pid, started in left.values()) and time.monotonic() < end:
        time.sleep(0.01)
    return sorted(left)


def _alive(pid: int, started: str) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return started_at(pid) == started and state not in "ZX"
