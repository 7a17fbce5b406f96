"""Control groups in which tasks' processes are held to their memory and CPU, where this user may make such groups.

Kernel documentation, admin-guide/cgroup-v2.rst ("Memory", "CPU", "Delegation") and admin-guide/cgroup-v1. A task is a
group with its sizes, a container a group in it. Whether it works is found out by trying, once.

Under version 2 a process may be moved where this user may write to the group, and to the nearest one above both; and a
group with processes of its own gives no memory on. Both hold for the slice that a desktop's terminal has its scope in,
which the user's own systemd has made; neither holds for a login session's scope, which is root's.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from netflux.runtime.cgroup import ControlGroup
from netflux.runtime.driver import MemoryLimit, Usage

ROOT = Path("/sys/fs/cgroup")
NAME = "netflux-tasks"
"""The group of all tasks."""
_PERIOD = 100_000
"""Microseconds in which a CPU quota holds: the kernel's default."""
_WEIGHT = 1024
"""Of a process under version 1, which weighs the group of all tasks against each single process beside it."""
_TRY = 10.0  # real seconds
_YOUNG = 60.0  # real seconds
_RACES = 5  # times that a group is made again
_JOIN = "import sys; [open(path, 'w').write('0') for path in sys.argv[1:]]"
_V1 = ("memory", "cpu", "cpuacct")
_MEMORY, _CPU = "memory", "cpu"
"""Controllers of version 2."""


@dataclass(frozen=True)
class Places:
    """Where groups of tasks are made.

    Attributes:
        version: of control groups, 1 or 2.
        bases: directory by controller; version 2 has one hierarchy, under the empty name.
        cpu: whether CPU can be held too.
    """

    version: int
    bases: Mapping[str, Path]
    cpu: bool

    def __str__(self) -> str:
        held = "memory and CPU" if self.cpu else "memory"
        place = self.bases.get("memory") or self.bases[""]
        return f"{held} held by control groups, version {self.version}, at {place}"


@dataclass(frozen=True)
class Sizes:
    """What of tasks' sizes is held, and how or why not."""

    memory: bool
    cpu: bool
    how: str


class Held:
    """A container's group within its task's."""

    def __init__(self, places: Places, task: str, name: str) -> None:
        self._places = places
        self._task = {controller: base / _safe(task) for controller, base in places.bases.items()}
        self._own = {controller: place / _safe(name) for controller, place in self._task.items()}

    def make(self, memory: MemoryLimit | None, cpus: float | None) -> None:
        """Makes the groups, with their sizes; OSError when the kernel refuses.

        Whoever ends removes what is empty above it, perhaps just when it is needed: then it is made again.
        """
        for left in range(_RACES, -1, -1):
            try:
                self._make(memory, cpus)
            except FileNotFoundError:
                if not left:
                    raise
            else:
                return

    def _make(self, memory: MemoryLimit | None, cpus: float | None) -> None:
        _prepare(self._places)
        for place in {*self._task.values()}:
            place.mkdir(exist_ok=True)
            if self._places.version == 2:
                _give_on(place, cpu=self._places.cpu)
        for place in {*self._own.values()}:
            place.mkdir(exist_ok=True)
        if memory is not None:
            self._hold_memory(self._task, memory.pool_limit)
            self._hold_memory(self._own, memory.own)
        _weigh(self._places)
        if cpus is not None and self._places.cpu:
            self._hold_cpu(min(cpus, os.cpu_count() or 1))

    @property
    def joins(self) -> list[str]:
        """The files by which a process puts itself into the group."""
        return [str(place / "cgroup.procs") for place in dict.fromkeys(self._own.values())]

    def usage(self) -> Usage | None:
        """What the processes of the container use."""
        return ControlGroup(self._own).usage()

    def killed_for_memory(self) -> bool:
        """Whether the kernel has killed a process of the container for want of memory."""
        second = self._places.version == 2
        file = self._own[""] / "memory.events" if second else self._own["memory"] / "memory.oom_control"
        with contextlib.suppress(OSError, ValueError):
            for line in file.read_text().splitlines():
                word, _, count = line.partition(" ")
                if word == "oom_kill":
                    return int(count) > 0
        return False

    def end(self) -> bool:
        """Kills what is left in the group and removes it, with what is empty above it; whether it is gone."""
        _kill(self._own.values())
        for level in (self._own, self._task, self._places.bases):
            for place in dict.fromkeys(level.values()):
                with contextlib.suppress(OSError):
                    place.rmdir()
        return not any(place.exists() for place in self._own.values())

    def end_soon(self, seconds: float) -> None:
        """Ends it where nothing can wait for it any more: tries for so many real seconds."""
        deadline = time.monotonic() + seconds
        while not self.end() and time.monotonic() < deadline:
            time.sleep(0.002)

    def _hold_memory(self, places: Mapping[str, Path], limit: int | None) -> None:
        if limit is None:
            return
        if self._places.version == 2:
            _write(places[""] / "memory.max", str(limit))
            for file, value in (("memory.swap.max", "0"), ("memory.oom.group", str(int(places is self._own)))):
                if (places[""] / file).exists():
                    _write(places[""] / file, value)
            return
        _write(places["memory"] / "memory.limit_in_bytes", str(limit))
        if (places["memory"] / "memory.memsw.limit_in_bytes").exists():
            _write(places["memory"] / "memory.memsw.limit_in_bytes", str(limit))

    def _hold_cpu(self, cpus: float) -> None:
        quota = max(1000, round(cpus * _PERIOD))
        if self._places.version == 2:
            _write(self._task[""] / "cpu.max", f"{quota} {_PERIOD}")
        else:
            _write(self._task["cpu"] / "cpu.cfs_quota_us", str(quota))


def find(root: Path = ROOT) -> Places | str:
    """Where groups can be made, or why they can't: the last refusal. Starts short processes to try."""
    refusal = _without(root)
    for places in (*_second(root), *_first(root)):
        try:
            _probe(places)
        except (OSError, subprocess.SubprocessError) as error:
            refusal = str(error)
            continue
        return places
    return refusal


def sweep(places: Places) -> None:
    """Removes groups that a killed region has left, once nothing runs in them. Another region may use young ones."""
    for base in dict.fromkeys(places.bases.values()):
        for task in base.iterdir() if base.is_dir() else ():
            with contextlib.suppress(OSError):
                if task.is_dir() and time.time() - task.stat().st_mtime > _YOUNG:
                    _remove(task)


def _second(root: Path) -> Iterable[Places]:
    """Version 2: this user's groups that have memory to give, CPU too if any has; the nearest to this process first."""
    if not (root / "cgroup.controllers").is_file():
        return
    own = root / _own().get("", "/").lstrip("/")
    above = [place for place in (own, *own.parents) if place.is_relative_to(root) and os.access(place, os.W_OK)]
    for wanted in ({_MEMORY, _CPU}, {_MEMORY}):
        for place in above:
            if wanted.issubset(_words(place / "cgroup.controllers")):
                yield Places(2, {"": place / NAME}, cpu=_CPU in wanted)


def _without(root: Path) -> str:
    """Why no place is even worth a try."""
    if (root / "cgroup.controllers").is_file():
        return f"none of the groups from {_own().get('', '/')} up is this user's and has memory to give"
    return "no control groups are mounted"


def _first(root: Path) -> Iterable[Places]:
    """Version 1: below what is mounted, else below this process's own groups.

    The kernel tells a group's want of memory to those who listen at the groups above it too: whoever runs this process
    in a group of its own would take a task's for this process's, and may end it.
    """
    own = _own()
    tops = {controller: root / controller for controller in _V1}
    if not all(top.is_dir() for top in tops.values()):
        return
    nested = {controller: top / own.get(controller, "/").lstrip("/") for controller, top in tops.items()}
    for found in (tops, nested):
        if all(place.is_dir() for place in found.values()):
            yield Places(1, {controller: place.resolve() / NAME for controller, place in found.items()}, cpu=True)


def _prepare(places: Places) -> None:
    """systemd may take back what a group gives on and nobody uses."""
    for base in {*places.bases.values()}:
        if places.version == 2:
            _give_on(base.parent, cpu=places.cpu)
        base.mkdir(exist_ok=True)
        if places.version == 2:
            _give_on(base, cpu=places.cpu)


def _give_on(group: Path, *, cpu: bool) -> None:
    """Groups below it get memory, and CPU; OSError when it has none, or processes of its own."""
    given = _words(group / "cgroup.subtree_control")
    lacking = [name for name in ((_MEMORY, _CPU) if cpu else (_MEMORY,)) if name not in given]
    if lacking:
        _write(group / "cgroup.subtree_control", " ".join(f"+{name}" for name in lacking))


def _weigh(places: Places) -> None:
    """All tasks together weigh as much as so many processes."""
    if places.version == 1:
        base = places.bases["cpu"]
        tasks = sum(place.is_dir() for place in base.iterdir())
        _write(base / "cpu.shares", str(_WEIGHT * max(1, tasks)))


def _probe(places: Places) -> None:
    """OSError or SubprocessError unless a process can be put into a group with sizes."""
    held = Held(places, f"probe-{uuid.uuid4().hex}", "probe")  # a pid is another region's too, in its own namespace
    try:
        held.make(MemoryLimit(1 << 30, "probe", 1 << 30), 1.0)
        command = [sys.executable, "-I", "-S", "-c", _JOIN, *held.joins]
        told = subprocess.run(command, capture_output=True, text=True, timeout=_TRY, check=False)
        if told.returncode != 0:
            raise OSError(told.stderr.strip().splitlines()[-1] if told.stderr else "a process can't join a group")
    finally:
        held.end()


def _remove(task: Path) -> None:
    for place in (*(inner for inner in task.iterdir() if inner.is_dir()), task):
        with contextlib.suppress(OSError):
            place.rmdir()


def _kill(places: Iterable[Path]) -> None:
    for place in places:
        with contextlib.suppress(OSError, ValueError):
            for pid in map(int, (place / "cgroup.procs").read_text().split()):
                if pid > 0:  # 0 is a process of another pid namespace, and to kill(2) this whole process group
                    os.kill(pid, signal.SIGKILL)


def _own() -> dict[str, str]:
    """This process's own groups by controller."""
    found: dict[str, str] = {}
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            found |= dict.fromkeys(controllers.split(","), path)
    return found


def _words(path: Path) -> list[str]:
    try:
        return path.read_text().split()
    except OSError:
        return []


def _write(path: Path, text: str) -> None:
    """Without creating: a missing file is a controller that is not there."""
    descriptor = os.open(path, os.O_WRONLY)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)


def _safe(name: str) -> str:
    return re.sub(r"[^\w.-]", "_", name.rpartition(":")[2])
