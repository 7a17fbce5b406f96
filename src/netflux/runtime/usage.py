"""What a process group uses, by the proc file system."""

from __future__ import annotations

import os
from pathlib import Path

from netflux.runtime.driver import Usage

_PROC = Path("/proc")


def of_group(group: int) -> Usage | None:
    """What the processes of a process group use together; None when there are none, or no proc file system."""
    found = [fields for fields in map(_fields, _processes()) if fields is not None and int(fields[2]) == group]
    if not found:
        return None
    tick, page = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
    # proc(5), /proc/pid/stat, counted from the state: 2 pgrp, 11 utime, 12 stime, 21 rss
    return Usage(
        processes=len(found),
        cpu_seconds=sum(int(fields[11]) + int(fields[12]) for fields in found) / tick,
        memory_bytes=sum(int(fields[21]) for fields in found) * page,
    )


def _processes() -> list[Path]:
    return [entry for entry in _PROC.iterdir() if entry.name.isdigit()] if _PROC.is_dir() else []


def _fields(process: Path) -> list[str] | None:
    """The fields after the program's name, which may hold spaces; None when the process has ended meanwhile."""
    try:
        fields = (process / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else fields
