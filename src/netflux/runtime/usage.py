"""What the processes of a container use, by the proc file system: those of its first one's process group, and all that
descend from it. Orphans of a pid namespace of its own descend from its first process, whatever group they made.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from netflux.runtime.driver import Usage

_PROC = Path("/proc")


def of(first: int) -> Usage | None:
    """What the processes of a container use together; None when there are none, or no proc file system."""
    return of_each([first]).get(first)


def of_each(firsts: Iterable[int]) -> Mapping[int, Usage]:
    """What each container uses, by its first process and one look at all; those that have ended are not among them."""
    table = _table()
    below = _children(table)
    found = {first: [table[pid] for pid in _members(first, table, below)] for first in firsts}
    return {first: _total(members) for first, members in found.items() if members}


def proportional(first: int) -> int:
    """Bytes of memory of a container, pages that others share counted in part; resident ones where unreadable."""
    table = _table()
    return sum(_proportional(_PROC / str(pid)) for pid in _members(first, table, _children(table)))


def _members(first: int, table: Mapping[int, list[str]], below: Mapping[int, list[int]]) -> set[int]:
    waiting = [pid for pid, fields in table.items() if pid == first or fields[2] == str(first)]
    found: set[int] = set()
    while waiting:
        pid = waiting.pop()
        if pid not in found:
            found.add(pid)
            waiting += below.get(pid, ())
    return found


def _children(table: Mapping[int, list[str]]) -> Mapping[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for pid, fields in table.items():
        found[int(fields[1])].append(pid)
    return found


def _total(found: Sequence[list[str]]) -> Usage:
    tick, page = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
    # proc(5), /proc/pid/stat, counted from the state: 2 pgrp, 11 utime, 12 stime, 13 and 14 the same of children that
    # have ended, 21 rss
    return Usage(
        processes=len(found),
        cpu_seconds=sum(sum(map(int, fields[11:15])) for fields in found) / tick,
        memory_bytes=sum(int(fields[21]) for fields in found) * page,
    )


def _proportional(process: Path) -> int:
    try:
        lines = (process / "smaps_rollup").read_text().splitlines()
    except OSError:
        lines = []
    for line in lines:
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    fields = _fields(process)
    return int(fields[21]) * os.sysconf("SC_PAGE_SIZE") if fields is not None else 0


def _table() -> dict[int, list[str]]:
    """The fields of each process's /proc/pid/stat after its name."""
    entries = [entry for entry in _PROC.iterdir() if entry.name.isdigit()] if _PROC.is_dir() else []
    return {int(entry.name): fields for entry in entries if (fields := _fields(entry)) is not None}


def _fields(process: Path) -> list[str] | None:
    """The fields after the program's name, which may hold spaces; None when the process has ended meanwhile."""
    try:
        fields = (process / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else fields
