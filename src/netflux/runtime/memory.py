"""Memory of containers that no cgroup holds: it is looked at, and a container found over its size is killed.

A program may be over its size between two looks; how long is `LOOK`, or `SOON` while one grows fast. Of a container
that is a process group, descendants that leave the group are not counted.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from netflux.runtime.driver import MemoryLimit, Usage
from netflux.runtime.usage import Groups, proportional

_log = logging.getLogger(__name__)

LOOK = 0.5
"""Real seconds between two looks."""
SOON = 0.1
"""The same while a container is on its way to its size."""
WATCHED = "memory is looked at twice a second and a container over its size is killed; CPU is not held"


class Watched(Protocol):
    """A container with a limit."""

    id: str
    memory: MemoryLimit

    @property
    def pid(self) -> int:
        """Of its first process, which leads its process group."""
        ...

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        ...

    def kill_for_memory(self) -> None:
        """SIGKILL, and remember why."""
        ...


@dataclass(frozen=True)
class Use:
    """What a container uses, in bytes, and what it may."""

    id: str
    used: int
    limit: MemoryLimit


def over(uses: Iterable[Use]) -> list[str]:
    """Ids of the containers to kill: those over their own limit, and the largest of a pool that is over its limit."""
    pools: dict[str, list[Use]] = defaultdict(list)
    killed = []
    for use in uses:
        if use.limit.own is not None and use.used > use.limit.own:
            killed.append(use.id)
        else:
            pools[use.limit.pool].append(use)
    for members in pools.values():
        limit = members[0].limit.pool_limit
        if limit is not None and sum(use.used for use in members) > limit:
            killed.append(max(members, key=lambda use: use.used).id)
    return killed


def hurried(uses: Iterable[Use], before: Mapping[str, int]) -> bool:
    """Whether something would be over its limit at the second next look, if it went on to grow as since the last.

    Args:
        uses: now.
        before: bytes at the last look; 0 of a container that is new.
    """
    ahead = [replace(use, used=use.used + 2 * max(0, use.used - before.get(use.id, 0))) for use in uses]
    return bool(over(ahead))


Look = Callable[[Collection[int]], Mapping[int, Usage]]
"""What containers use now, by their first processes."""


class MemoryWatch:
    """Looks at containers as long as there are any.

    Args:
        look: pages that processes share may be counted once for each; None takes process groups.
        exact: bytes of one container, where that makes a difference.
    """

    def __init__(self, look: Look | None = None, exact: Callable[[int], int] = proportional) -> None:
        self._watched: dict[str, Watched] = {}
        self._looking: asyncio.Task[None] | None = None
        self._measure = look or Groups().look
        self._exact = exact
        self._before: dict[str, int] = {}
        self._wait = LOOK

    def add(self, container: Watched) -> None:
        """From now on it is looked at, until it has ended."""
        self._watched[container.id] = container
        if self._looking is None or self._looking.done():
            self._looking = asyncio.ensure_future(self._look())

    async def _look(self) -> None:
        while self._watched:
            self._watched = {one.id: one for one in self._watched.values() if one.exit_code is None}
            looked_at = [*self._watched.values()]
            for identity in await asyncio.to_thread(self._judge, looked_at):
                container = self._watched.get(identity)
                if container is not None and container.exit_code is None:
                    _log.warning("container %s: killed, it is over its memory (%s)", identity, container.memory)
                    container.kill_for_memory()
            await asyncio.sleep(self._wait)

    def _judge(self, containers: list[Watched]) -> list[str]:
        """Resident memory counts pages that processes share once for each: who seems to be over is looked at closer."""
        rough = {pid: usage.memory_bytes for pid, usage in self._measure({one.pid for one in containers}).items()}
        uses = _uses(containers, rough)
        seems = bool(over(uses))
        self._wait = SOON if not seems and hurried(uses, self._before) else LOOK
        self._before = {use.id: use.used for use in uses}
        if not seems:
            return []
        return over(_uses(containers, {one.pid: self._exact(one.pid) for one in containers}))


def _uses(containers: Iterable[Watched], used: Mapping[int, int]) -> list[Use]:
    return [Use(one.id, used.get(one.pid, 0), one.memory) for one in containers]
