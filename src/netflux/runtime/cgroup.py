"""A container's control group: what it uses, and whether the kernel has killed in it for want of memory.

Version 1 keeps a hierarchy per controller and tells of memory by an eventfd; version 2 has one hierarchy, and counts
kills for each group and those below it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from pathlib import Path

from netflux.runtime.driver import Usage

_ROOT = Path("/sys/fs/cgroup")
FIRST_VERSION = _ROOT / "cpu"
"""There under version 1 of the control groups."""
PARENT = "netflux"
"""Name of the group below which all containers are."""
_SHARES = 16 * 1024  # a process outside has 1024


def parent(name: str) -> str | None:
    """The group that a container goes into; None where no other than the engine's own may be made.

    Version 1 weighs the engine's whole group against each single process beside it: on a busy machine all containers
    together would get as much as one process. This one's weight is that of several. Under version 2 each container has
    one, which still knows what happened when the engine has removed the container's own.
    """
    try:
        if FIRST_VERSION.is_dir():
            (FIRST_VERSION / PARENT).mkdir(exist_ok=True)
            (FIRST_VERSION / PARENT / "cpu.shares").write_text(str(_SHARES))
            return f"/{PARENT}"
        (_ROOT / PARENT / name).mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return f"/{PARENT}/{name}"


def leave(name: str) -> None:
    """The container is gone, and so goes what `parent` made for it alone; nothing happens when nothing was made."""
    if not FIRST_VERSION.is_dir():
        for place in ("conmon", ""):
            with contextlib.suppress(OSError):
                Path(_ROOT, PARENT, name, place).rmdir()


class ControlGroup:
    """The group of a process.

    Args:
        places: directory by controller; the empty name stands for version 2's one hierarchy.
    """

    def __init__(self, places: dict[str, Path]) -> None:
        self._places = places

    @classmethod
    def of(cls, pid: int, identity: str) -> ControlGroup:
        """The container's group that its first process is in now.

        One of which nothing can be read, when that has ended, or has no group of its own: an engine that may make none
        leaves it in that of whoever called.
        """
        try:
            lines = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
        except OSError:
            return cls({})
        places: dict[str, Path] = {}
        for line in lines:
            _, controllers, path = line.split(":", 2)
            if identity in path:
                places |= {controller: _ROOT / controller / path.lstrip("/") for controller in controllers.split(",")}
        return cls(places)

    def usage(self) -> Usage | None:
        """What its processes use; None when it can't be read."""
        try:
            return self._first_version() if "memory" in self._places else self._second_version()
        except (OSError, KeyError, ValueError):
            return None

    def memory_events(self) -> MemoryEvents | MemoryCount | None:
        """Listens for kills; None where it isn't allowed, or under version 2 without a group of `parent` above."""
        if "memory" in self._places:
            try:
                return MemoryEvents(self._places["memory"])
            except OSError:
                return None
        mine = [above for above in self._places.get("", Path()).parents if above.parent == _ROOT / PARENT]
        return MemoryCount(mine[0]) if mine else None

    def _first_version(self) -> Usage:
        memory = self._places["memory"]
        cached = _fields(memory / "memory.stat").get("total_inactive_file", 0)
        return Usage(
            processes=len((memory / "cgroup.procs").read_text().split()),
            cpu_seconds=_number(self._places["cpuacct"] / "cpuacct.usage") / 1e9,
            memory_bytes=max(0, _number(memory / "memory.usage_in_bytes") - cached),
        )

    def _second_version(self) -> Usage:
        place = self._places[""]
        cached = _fields(place / "memory.stat").get("inactive_file", 0)
        return Usage(
            processes=len((place / "cgroup.procs").read_text().split()),
            cpu_seconds=_fields(place / "cpu.stat")["usage_usec"] / 1e6,
            memory_bytes=max(0, _number(place / "memory.current") - cached),
        )


class MemoryEvents:
    """Counts what cgroup v1 tells by an eventfd: each kill, and once that the group is gone.

    Kernel documentation, admin-guide/cgroup-v1/memory.rst, "OOM Control".
    """

    def __init__(self, place: Path) -> None:
        self._control = place / "memory.oom_control"
        self._loop = asyncio.get_running_loop()
        self._event = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._happened = False
        try:
            control = os.open(self._control, os.O_RDONLY | os.O_CLOEXEC)
            try:
                (place / "cgroup.event_control").write_text(f"{self._event} {control}")
            finally:
                os.close(control)
        except OSError:
            os.close(self._event)
            raise
        self._loop.add_reader(self._event, self._look)

    def close(self) -> bool:
        """Ends listening; whether the kernel has killed for memory."""
        self._look()
        self._loop.remove_reader(self._event)
        os.close(self._event)
        return self._happened

    def _look(self) -> None:
        with contextlib.suppress(BlockingIOError):
            told = os.eventfd_read(self._event)
            self._happened |= told > 1 or self._control.exists()


class MemoryCount:
    """What cgroup v2 has counted. Kernel documentation, admin-guide/cgroup-v2.rst, "memory.events".

    Args:
        place: the group around the container's.
    """

    def __init__(self, place: Path) -> None:
        self._place = place

    def close(self) -> bool:
        """Whether the kernel has killed for memory."""
        try:
            return _fields(self._place / "memory.events").get("oom_kill", 0) > 0
        except OSError:
            return False


def _number(path: Path) -> int:
    return int(path.read_text())


def _fields(path: Path) -> dict[str, int]:
    pairs = (line.split() for line in path.read_text().splitlines())
    return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2}
