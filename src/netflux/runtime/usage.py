"""What process groups use, or processes with all that descend from them, by the proc file system."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from netflux.runtime.driver import Usage

_PROC = Path("/proc")
_MOMENT = 0.1  # real seconds
_FULL = 20
"""Looks of which one reads of every process."""


def of_group(group: int) -> Usage | None:
    """What the processes of a process group use together; None when there are none, or no proc file system."""
    return of_groups().get(group)


def of_groups() -> Mapping[int, Usage]:
    """What each process group of this machine uses, by one look at all processes."""
    groups: dict[int, list[list[str]]] = defaultdict(list)
    for process in _processes():
        fields = _fields(process)
        if fields is not None:
            groups[int(fields[2])].append(fields)
    return {group: _total(members) for group, members in groups.items()}


class Groups:
    """Looks at some process groups again and again, without reading of every other process each time.

    A process keeps its group but for job control, so one that was seen in another group is passed over until the
    next full look, which comes at once when another group is asked for; a leader never is, since it gets its group
    only after its start.
    """

    def __init__(self) -> None:
        self._others: set[str] = set()
        self._asked: set[int] = set()
        self._looks = 0

    def look(self, groups: Collection[int]) -> Mapping[int, Usage]:
        """What each of the groups uses now."""
        there = [process.name for process in _processes()]
        self._looks += 1
        full = self._looks % _FULL == 0 or not self._asked.issuperset(groups)
        self._others = set() if full else ({*there} & self._others) - {str(group) for group in groups}
        self._asked = {*groups}
        found: dict[int, list[list[str]]] = defaultdict(list)
        for pid in there:
            fields = _fields(_PROC / pid) if pid not in self._others else None
            if fields is None:
                continue
            group = int(fields[2])
            if group in groups:
                found[group].append(fields)
            else:
                self._others.add(pid)
        return {group: _total(members) for group, members in found.items()}


class Snapshot:
    """What every process group used a moment ago: one look serves all who ask at about the same time."""

    def __init__(self) -> None:
        self._at = 0.0
        self._found: Mapping[int, Usage] = {}

    def of(self, group: int) -> Usage | None:
        """What the group's processes use together; None when there are none."""
        if time.monotonic() - self._at > _MOMENT:
            self._at, self._found = time.monotonic(), of_groups()
        return self._found.get(group)


def proportional(group: int) -> int:
    """Bytes of memory of a process group, pages that others share counted in part; resident ones where unreadable."""
    members = [process for process in _processes() if (_fields(process) or ["", "", "-1"])[2] == str(group)]
    return sum(_proportional(process) for process in members)


def of_trees(firsts: Collection[int]) -> Mapping[int, Usage]:
    """What processes use with all that descend from them, by one look at all processes; those that have ended are not
    among them. To the first process of a pid namespace belongs who has entered that from outside as well.
    """
    table = _table()
    entered = _entered(firsts, table)
    found = {first: _tree(first, table) | entered.get(first, set()) for first in firsts if first in table}
    return {first: _total(table[pid] for pid in members) for first, members in found.items()}


def proportional_tree(first: int) -> int:
    """The same as `proportional` of a process with all that belong to it."""
    table = _table()
    members = _tree(first, table) | _entered([first], table).get(first, set())
    return sum(_proportional(_PROC / str(pid)) for pid in members)


def _entered(firsts: Collection[int], table: Mapping[int, list[str]]) -> Mapping[int, set[int]]:
    """Who is in the pid namespaces of these processes, where those are not this process's own: a program that an engine
    executes in a container is a child of the engine's.
    """
    own = _namespace("self")
    wanted = {space: first for first in firsts if (space := _namespace(str(first))) not in ("", own)}
    found: dict[int, set[int]] = defaultdict(set)
    for pid in table if wanted else ():
        first = wanted.get(_namespace(str(pid)))
        if first is not None:
            found[first].add(pid)
    return found


def _namespace(process: str) -> str:
    """The name of its pid namespace; empty when it may not be read, or the process has ended."""
    try:
        return str((_PROC / process / "ns" / "pid").readlink())
    except OSError:
        return ""


def _table() -> Mapping[int, list[str]]:
    entries = ((process, _fields(process)) for process in _processes())
    return {int(process.name): fields for process, fields in entries if fields is not None}


def _tree(first: int, table: Mapping[int, list[str]]) -> set[int]:
    below: dict[int, list[int]] = defaultdict(list)
    for pid, fields in table.items():
        below[int(fields[1])].append(pid)
    found: set[int] = set()
    waiting = [first]
    while waiting:
        pid = waiting.pop()
        if pid in table and pid not in found:
            found.add(pid)
            waiting += below[pid]
    return found


def _total(members: Iterable[list[str]]) -> Usage:
    found = [*members]
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


def _processes() -> list[Path]:
    return [entry for entry in _PROC.iterdir() if entry.name.isdigit()] if _PROC.is_dir() else []


def _fields(process: Path) -> list[str] | None:
    """The fields after the program's name, which may hold spaces; None when the process has ended meanwhile."""
    try:
        fields = (process / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else fields
