"""Docker's stats of containers, as task metadata version 4 gives them: what is measured, and nothing else.

Developer guide, "task-metadata-endpoint-v4-fargate-response"; Docker's API, "ContainerStats".
"""

from __future__ import annotations

import os
import time
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from netflux.aws.ecs.run import Run, RunningContainer
from netflux.aws.ecs.store import Json
from netflux.network.interface import Interface

_COLUMNS = ("bytes", "packets", "errors", "dropped")
_MEBIBYTE = 1024 * 1024
_OWN = "eth"
"""What the task's own interface is called; Service Connect's end of a cable is beside it."""


class Inside(Protocol):
    """The part of the network that is needed here."""

    def inside(self, owner: str) -> AbstractContextManager[None]:
        """The calling thread is in the owner's namespace meanwhile."""
        ...


class Stats:
    """Measures containers when somebody asks.

    Args:
        network: whose interfaces are counted.
    """

    def __init__(self, network: Inside) -> None:
        self._network = network
        self._before: dict[str, tuple[float, Json]] = {}

    def of(self, run: Run, running: RunningContainer, task_memory: int | None) -> Json | None:
        """A container's stats; null when it has ended.

        Args:
            run: its task.
            running: the container.
            task_memory: MiB that its task may use.
        """
        container = running.container
        usage = container.usage() if container is not None else None
        if usage is None or container is None:
            return None
        limit = running.definition.memory or task_memory
        stats: Json = {
            "read": datetime.now(UTC).isoformat(),
            "name": running.definition.name,
            "id": container.id,
            "pids_stats": {"current": usage.processes},
            "cpu_stats": {
                "cpu_usage": {"total_usage": round(usage.cpu_seconds * 1e9)},
                "system_cpu_usage": _machine(),
                "online_cpus": os.cpu_count(),
            },
            "memory_stats": {"usage": usage.memory_bytes, **({"limit": limit * _MEBIBYTE} if limit else {})},
        }
        networks = self._networks(run.interface)
        if networks is not None:
            stats["networks"] = networks
        now = time.monotonic()
        at, before = self._before.get(container.id, (now, None))
        self._before[container.id] = now, stats
        return stats if before is None else {**stats, **_since(before, stats, now - at)}

    def forget(self, run: Run) -> None:
        """The task has stopped."""
        for running in run.containers.values():
            if running.container is not None:
                self._before.pop(running.container.id, None)

    def _networks(self, interface: Interface | None) -> Json | None:
        """Counters of the task's own interface; None where it has none of its own, as under `loopback`."""
        if interface is None or interface.namespace is None:
            return None
        try:
            with self._network.inside(interface.owner):
                found = counters(Path("/proc/thread-self/net/dev").read_text())
        except OSError:
            return None
        return {name: counted for name, counted in found.items() if name.startswith(_OWN)}


def counters(text: str) -> Json:
    """Interfaces but for `lo` by name, from proc(5)'s /proc/net/dev."""
    found: Json = {}
    for line in text.splitlines()[2:]:
        name, _, numbers = line.partition(":")
        values = [int(number) for number in numbers.split()]
        if name.strip() != "lo":
            received = {f"rx_{column}": value for column, value in zip(_COLUMNS, values[:4], strict=True)}
            sent = {f"tx_{column}": value for column, value in zip(_COLUMNS, values[8:12], strict=True)}
            found[name.strip()] = received | sent
    return found


def _since(before: Json, now: Json, seconds: float) -> Json:
    """What the last answer makes known: CPU then, and the rate of bytes since."""
    found = {"preread": before["read"], "precpu_stats": before["cpu_stats"]}
    if "networks" in before and "networks" in now and seconds > 0:
        found["network_rate_stats"] = {
            f"{way}_bytes_per_sec": max(0.0, (_sum(now, way) - _sum(before, way)) / seconds) for way in ("rx", "tx")
        }
    return found


def _sum(stats: Json, way: str) -> float:
    return float(sum(counted[f"{way}_bytes"] for counted in stats["networks"].values()))


def _machine() -> int:
    """Nanoseconds that all processors have spent, idle ones too."""
    fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
    return sum(map(int, fields)) * 10**9 // os.sysconf("SC_CLK_TCK")
