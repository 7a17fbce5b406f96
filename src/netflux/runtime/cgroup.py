"""A container's control group: what it uses, and whether the kernel has killed in it for want of memory.

Version 1 keeps a hierarchy per controller and tells of memory by an eventfd; version 2 has one hierarchy, and engines
report such kills themselves.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from pathlib import Path

from netflux.runtime.driver import Usage

_ROOT = Path("/sys/fs/cgroup")
PARENT = "netflux"
"""Name of the group below which all containers are, under version 1."""
_SHARES = 16 * 1024  # a process outside has 1024


def parent() -> str | None:
    """The group that containers go into; None where the engine's own will do, or no other may be made.

    Version 1 weighs the engine's whole group against each single process beside it: on a busy machine all containers
    together would get as much as one process. This one's weight is that of several.
    """
    cpu = _ROOT / "cpu"
    if not cpu.is_dir():
        return None
    place = cpu / PARENT
    try:
        place.mkdir(exist_ok=True)
        (place / "cpu.shares").write_text(str(_SHARES))
    except OSError:
        return None
    return f"/{PARENT}"


class ControlGroup:
    """The group of a process.

    Args:
        places: directory by controller; the empty name stands for version 2's one hierarchy.
    """

    def __init__(self, places: dict[str, Path]) -> None:
        self._places = places

    @classmethod
    def of(cls, pid: int) -> ControlGroup:
        """The group that a process is in now; of one that has ended, a group of which nothing can be read."""
        try:
            lines = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
        except OSError:
            return cls({})
        places: dict[str, Path] = {}
        for line in lines:
            _, controllers, path = line.split(":", 2)
            for controller in controllers.split(","):
                places[controller] = _ROOT / controller / path.lstrip("/")
        return cls(places)

    def usage(self) -> Usage | None:
        """What its processes use; None when it can't be read."""
        try:
            return self._first_version() if "memory" in self._places else self._second_version()
        except (OSError, KeyError, ValueError):
            return None

    def memory_events(self) -> MemoryEvents | None:
        """Listens for kills; None under version 2, or where it isn't allowed."""
        place = self._places.get("memory")
        if place is None:
            return None
        try:
            return MemoryEvents(place)
        except OSError:
            return None

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
            processes=_number(place / "pids.current"),
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


def _number(path: Path) -> int:
    return int(path.read_text())


def _fields(path: Path) -> dict[str, int]:
    pairs = (line.split() for line in path.read_text().splitlines())
    return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2}
