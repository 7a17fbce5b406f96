"""Child processes: started from the region's own thread, watched by pid, ended with the region.

Three nets below each other: the region stops its children in order; the kernel signals a child when the region dies
(PR_SET_PDEATHSIG); and a region that starts ends what a killed one has left, by the records in `run/children`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_LAUNCH = str(Path(__file__).with_name("launch.py"))
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
        binds: files to bind over others in a mount namespace of its own: target to source, e.g. `/etc/hosts`.
        limits: names of the `resource` module to values, e.g. `RLIMIT_NOFILE`.
        death_signal: sent by the kernel when the region dies.
        output: a file descriptor for stdout and stderr; None makes a pipe, read at `Child.output`.
        pass_fds: descriptors that stay open in the child.
        namespace: name of the network namespace that it starts in; None for the region's.
        groups: files of control groups that it puts itself into first.
        confined: it may change neither networks nor mounts, even as root.
        umask: of the program; the region's own keeps all to itself.
    """

    name: str
    argv: Sequence[str]
    environment: Mapping[str, str]
    directory: Path
    uid: int | None = None
    binds: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[str, int] = field(default_factory=dict)
    death_signal: int = signal.SIGKILL
    output: int | None = None
    pass_fds: Sequence[int] = ()
    namespace: str | None = None
    groups: Sequence[str] = ()
    confined: bool = False
    umask: int = 0o022


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


class Child:
    """A running or ended child process, leader of its own process group."""

    def __init__(self, name: str, process: asyncio.subprocess.Process, exited: asyncio.Event, record: Path) -> None:
        self.name = name
        self.pid = process.pid
        self._process = process
        self._exited = exited
        self._record = record
        self._reaped = asyncio.ensure_future(self._reap())

    @property
    def output(self) -> asyncio.StreamReader | None:
        """Its stdout and stderr, when they go to a pipe."""
        return self._process.stdout

    @property
    def exit_code(self) -> int | None:
        """None while it runs; -N when signal N ended it."""
        return self._process.returncode

    async def wait(self) -> int:
        """Its exit code, once it has ended."""
        return await asyncio.shield(self._reaped)

    def send(self, number: int) -> None:
        """Signals the process itself; nothing happens when it has ended."""
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(number)

    def kill_group(self) -> None:
        """SIGKILL to the process and all its descendants in the group."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    async def stop(self, patience: float, number: int = signal.SIGTERM) -> int:
        """The signal, then after `patience` real seconds SIGKILL to the group; returns the exit code."""
        self.send(number)
        try:
            return await asyncio.wait_for(self.wait(), patience)
        except TimeoutError:
            self.kill_group()
            return await self.wait()

    async def _reap(self) -> int:
        await self._exited.wait()
        code = self._process.returncode
        assert code is not None
        self.kill_group()
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

    async def start(self, launch: Launch) -> Child:
        """Starts the program. An unknown program ends at once with exit code 127, as in a shell."""
        wanted = {
            "argv": list(launch.argv),
            "uid": launch.uid,
            "binds": dict(launch.binds),
            "limits": dict(launch.limits),
            "death_signal": int(launch.death_signal),
            "parent": os.getpid(),
            "namespace": launch.namespace,
            "groups": list(launch.groups),
            "confined": launch.confined,
            "umask": launch.umask,
        }
        loop = asyncio.get_running_loop()
        transport, protocol = await loop.subprocess_exec(
            lambda: _Exit(loop),
            sys.executable,
            "-I",
            "-S",
            _LAUNCH,
            json.dumps(wanted),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE if launch.output is None else launch.output,
            stderr=asyncio.subprocess.STDOUT,
            cwd=launch.directory,
            env=dict(launch.environment),
            start_new_session=True,
            pass_fds=tuple(launch.pass_fds),
        )
        process = asyncio.subprocess.Process(transport, protocol, loop)
        record = self._records / (re.sub(r"[^\w.-]", "_", launch.name) + ".json")
        record.write_text(json.dumps({"name": launch.name, "pid": process.pid, "started": started_at(process.pid)}))
        child = Child(launch.name, process, protocol.happened, record)
        self._running[launch.name] = child
        child._reaped.add_done_callback(lambda _: self._forget(child))
        return child

    def running(self) -> list[Child]:
        """All children that have not ended."""
        return list(self._running.values())

    async def stop_all(self, patience: float) -> None:
        """Ends whatever still runs, all at once, within `patience` real seconds."""
        await asyncio.gather(*(child.stop(patience) for child in self.running()))

    def _forget(self, child: Child) -> None:
        if self._running.get(child.name) is child:
            del self._running[child.name]


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
