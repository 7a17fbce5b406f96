"""What Enhanced Monitoring tells: the machine's figures, and those of one instance's processes, read from /proc.

"OS metrics in Enhanced Monitoring", Amazon RDS User Guide, has the names; amounts of memory are kilobytes. A DB
instance shares its machine with all else that runs there, so processor, memory and load are the machine's; processes
and network are the instance's own.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE") // 1024
_CPU = ("user", "nice", "system", "idle", "wait", "irq", "softirq", "steal", "guest")
"""Columns of /proc/stat; interrupts of both kinds are one for RDS."""
_MEMORY = {
    "MemTotal": "total", "MemFree": "free", "Buffers": "buffers", "Cached": "cached", "Active": "active",
    "Inactive": "inactive", "Dirty": "dirty", "Writeback": "writeback", "Mapped": "mapped", "Slab": "slab",
    "PageTables": "pageTables", "HugePages_Total": "hugePagesTotal", "HugePages_Free": "hugePagesFree",
    "HugePages_Rsvd": "hugePagesRsvd", "HugePages_Surp": "hugePagesSurp", "Hugepagesize": "hugePagesSize",
}  # fmt: skip
_SWAP = {"SwapTotal": "total", "SwapFree": "free", "SwapCached": "cached"}
_STATES = {"R": "running", "S": "sleeping", "I": "sleeping", "D": "blocked", "T": "stopped", "Z": "zombie"}


@dataclass(frozen=True)
class Sample:
    """Counters at one moment, of which the next sample makes rates.

    Attributes:
        at: monotonic seconds.
        cpu: ticks by column of /proc/stat.
        processes: ticks by process.
        bytes: received and sent, by interface.
        told: all that is no rate, with RDS's names.
    """

    at: float
    cpu: Mapping[str, int]
    processes: Mapping[int, int]
    bytes: Mapping[str, tuple[int, int]]
    told: Mapping[str, Any] = field(default_factory=dict)


def sample(postmaster: int, data: Path) -> Sample:
    """Reads them.

    Args:
        postmaster: its process id.
        data: the cluster's directory, of whose file system is told.

    Raises:
        OSError: the postmaster has ended.
    """
    listed = [*_processes(postmaster)]
    columns = (_PROC / "stat").read_text().splitlines()[0].split()[1:]
    load = (_PROC / "loadavg").read_text().split()
    memory = {name: int(rest.split()[0]) for name, _, rest in _lines(_PROC / "meminfo")}
    total = memory["MemTotal"]
    seconds = float((_PROC / "uptime").read_text().split()[0])
    tasks = {state: sum(_STATES.get(one["state"]) == state for one in listed) for state in {*_STATES.values()}}
    return Sample(
        at=time.monotonic(),
        cpu=dict(zip(_CPU, map(int, columns), strict=False)),
        processes={one["id"]: one["ticks"] for one in listed},
        bytes=_bytes(postmaster),
        told={
            "uptime": _uptime(int(seconds)),
            "numVCPUs": os.cpu_count() or 1,
            "loadAverageMinute": {name: float(load[at]) for at, name in enumerate(("one", "five", "fifteen"))},
            "memory": {name: memory[column] for column, name in _MEMORY.items() if column in memory},
            "swap": {name: memory[column] for column, name in _SWAP.items() if column in memory},
            "tasks": {**tasks, "total": len(listed)},
            "fileSys": [_file_system(data)],
            "processList": [
                {**{name: one[name] for name in ("id", "parentID", "tgid", "name", "vss", "rss")},
                 "memoryUsedPc": round(100 * one["rss"] / total, 2)}
                for one in listed
            ],
        },
    )  # fmt: skip


def metrics(before: Sample, now: Sample) -> dict[str, Any]:
    """The members of RDS's message that are measured. Pure."""
    elapsed = max(now.at - before.at, 0.001)
    spent = {name: now.cpu[name] - before.cpu.get(name, 0) for name in now.cpu}
    whole = max(sum(spent.values()) - spent.get("guest", 0), 1)  # a guest's time is in user's as well
    share = {name: round(100 * ticks / whole, 2) for name, ticks in spent.items()}
    share["irq"] = round(share.get("irq", 0) + share.pop("softirq", 0), 2)
    share["total"] = round(100 - share["idle"] - share["wait"], 2)
    rates = []
    for name, (received, sent) in now.bytes.items():
        old = before.bytes.get(name, (received, sent))
        rates.append({
            "interface": name, "rx": round((received - old[0]) / elapsed, 2), "tx": round((sent - old[1]) / elapsed, 2),
        })  # fmt: skip
    listed = []
    for one in now.told["processList"]:
        ticks = now.processes[one["id"]] - before.processes.get(one["id"], now.processes[one["id"]])
        listed.append({**one, "cpuUsedPc": round(100 * ticks / _TICKS / elapsed, 2)})
    return {**now.told, "cpuUtilization": share, "network": rates, "processList": listed}


def _processes(postmaster: int) -> Iterator[dict[str, Any]]:
    """The postmaster, which has to be there, and its children, which may end meanwhile."""
    yield _process(postmaster)
    for child in _children(postmaster):
        try:
            yield _process(child)
        except OSError:
            continue


def _children(pid: int) -> Sequence[int]:
    return [int(one) for one in (_PROC / str(pid) / "task" / str(pid) / "children").read_text().split()]


def _process(pid: int) -> dict[str, Any]:
    name, _, rest = (_PROC / str(pid) / "stat").read_text().partition("(")[2].rpartition(")")
    columns = rest.split()
    return {
        "id": pid, "tgid": pid, "name": name, "state": columns[0], "parentID": int(columns[1]),
        "ticks": int(columns[11]) + int(columns[12]), "vss": int(columns[20]) // 1024, "rss": int(columns[21]) * _PAGE,
    }  # fmt: skip


def _bytes(pid: int) -> dict[str, tuple[int, int]]:
    """Of the network namespace that the process is in, but for its loopback."""
    found = {}
    for name, _, rest in _lines(_PROC / str(pid) / "net" / "dev"):
        columns = rest.split()
        if len(columns) >= 9 and columns[0].isdigit() and name != "lo":
            found[name] = (int(columns[0]), int(columns[8]))
    return found


def _lines(path: Path) -> list[tuple[str, str, str]]:
    return [(name.strip(), colon, rest) for name, colon, rest in map(_halves, path.read_text().splitlines()) if colon]


def _halves(line: str) -> tuple[str, str, str]:
    return line.partition(":")


def _uptime(seconds: int) -> str:
    days, rest = divmod(seconds, 86400)
    clock = f"{rest // 3600:02}:{rest % 3600 // 60:02}:{rest % 60:02}"
    return f"{days} days, {clock}" if days else clock


def _file_system(data: Path) -> dict[str, Any]:
    found = os.statvfs(data)
    total, free = found.f_blocks * found.f_frsize // 1024, found.f_bfree * found.f_frsize // 1024
    used_files = found.f_files - found.f_ffree
    return {
        "name": "rdsfilesys", "mountPoint": "/rdsdbdata", "total": total, "used": total - free,
        "usedPercent": round(100 * (total - free) / max(total, 1), 2), "maxFiles": found.f_files,
        "usedFiles": used_files, "usedFilePercent": round(100 * used_files / max(found.f_files, 1), 2),
    }  # fmt: skip
