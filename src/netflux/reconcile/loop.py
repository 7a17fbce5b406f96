"""The reconcile loop: one queue a controller, no key twice at once, back-off on errors, a resync for what nobody told.

It knows no service. Durations are simulated seconds of the region's clock.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from netflux.clock import Clock
from netflux.errors import Retryable, Terminal
from netflux.reconcile.controller import Controller, Result

_log = logging.getLogger(__name__)

FIRST_BACKOFF = 0.2
LAST_BACKOFF = 30.0
RESYNC = 60.0
PAUSE = 0.03
"""Real seconds between a change and the passes that it asks for. Changes that come together share them (a reload of
HAProxy takes as long as half of it), and an answer that says nothing of them leaves first.
"""


@dataclass(frozen=True)
class Failure:
    """Why a key's last pass failed.

    Attributes:
        message: names the resource.
        since: when the first of the passes failed that have failed since.
        terminal: whether only a change of desired state can help.
    """

    message: str
    since: datetime
    terminal: bool


@dataclass
class _Queue:
    controller: Controller
    due: dict[str, asyncio.TimerHandle] = field(default_factory=dict)
    running: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    again: set[str] = field(default_factory=set)
    tries: dict[str, int] = field(default_factory=dict)
    failures: dict[str, Failure] = field(default_factory=dict)


class Loop:
    """Runs controllers until it is stopped.

    Args:
        clock: for back-off, requeues and the resync.
        controllers: each with a name of its own.
    """

    def __init__(self, clock: Clock, controllers: Sequence[Controller]) -> None:
        self._clock = clock
        self._queues = {controller.name: _Queue(controller) for controller in controllers}
        self._running = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._soon: dict[tuple[str, str | None], None] = {}

    def start(self) -> None:
        """Begins with a pass over everything."""
        self._running = True
        self._spawn(self._resync())

    async def stop(self) -> None:
        """Cancels what is under way; a pass may end at any point, since the next one reads levels."""
        self._running = False
        self._soon.clear()
        for queue in self._queues.values():
            for handle in queue.due.values():
                handle.cancel()
            queue.due.clear()
        for task in [*self._tasks]:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def poke(self, name: str, key: str) -> None:
        """Asks for a pass over the key now; during a pass, for another after it. Unknown controllers are ignored."""
        queue = self._queues.get(name)
        if queue is None or not self._running:
            return
        handle = queue.due.pop(key, None)
        if handle is not None:
            handle.cancel()
        if key in queue.running:
            queue.again.add(key)
            return
        task = self._spawn(self._pass(queue, key))
        queue.running[key] = task

    def poke_all(self, name: str) -> None:
        """Asks for a pass over every key of the controller."""
        if name in self._queues and self._running:
            self._spawn(self._poke_keys(name))

    def poke_soon(self, name: str, key: str | None = None) -> None:
        """Asks for a pass over the key, or over every key, after `PAUSE`; once, however often that is asked until then.

        Passes begin in the order in which they were first asked for.
        """
        if not self._soon:
            asyncio.get_running_loop().call_later(PAUSE, self._poke_those)
        self._soon[name, key] = None

    def _poke_those(self) -> None:
        soon, self._soon = self._soon, {}
        for name, key in soon:
            if key is None:
                self.poke_all(name)
            else:
                self.poke(name, key)

    @property
    def idle(self) -> bool:
        """Whether no pass runs or was asked for, but those that wait for a time of their own."""
        return not self._soon and len(self._tasks) <= 1  # the resync is one

    def failures(self) -> dict[tuple[str, str], Failure]:
        """What fails now, by controller and key."""
        return {(name, key): failure for name, queue in self._queues.items() for key, failure in queue.failures.items()}

    async def _poke_keys(self, name: str) -> None:
        try:
            keys = await self._queues[name].controller.keys()
        except Exception:  # noqa: BLE001  (one controller's fault must not end the others' loop; it is logged)
            _log.exception("%s: its keys can't be listed; the next resync tries again", name)
            return
        for key in keys:
            self.poke(name, key)

    async def _resync(self) -> None:
        while self._running:
            for name in self._queues:
                await self._poke_keys(name)
            await asyncio.sleep(self._clock.real(RESYNC))

    async def _pass(self, queue: _Queue, key: str) -> None:
        result = Result()
        try:
            result = await queue.controller.reconcile(key)
            queue.failures.pop(key, None)
            queue.tries.pop(key, None)
        except Terminal as error:
            self._failed(queue, key, str(error), terminal=True)
        except Retryable as error:
            result = self._failed(queue, key, str(error), terminal=False)
        except Exception as error:  # noqa: BLE001  (likewise: it is logged, shown and retried)
            _log.exception("%s: a pass over %s failed", queue.controller.name, key)
            result = self._failed(queue, key, f"{type(error).__name__}: {error}", terminal=False)
        finally:
            queue.running.pop(key, None)
        self._schedule(queue, key, result)

    def _failed(self, queue: _Queue, key: str, message: str, *, terminal: bool) -> Result:
        before = queue.failures.get(key)
        queue.failures[key] = Failure(message, before.since if before else self._clock.now(), terminal)
        tries = queue.tries[key] = queue.tries.get(key, 0) + 1
        if before is None or before.message != message:
            _log.warning("%s: %s: %s", queue.controller.name, key, message)
        return Result() if terminal else Result(min(LAST_BACKOFF, FIRST_BACKOFF * 2 ** min(tries - 1, 16)))

    def _schedule(self, queue: _Queue, key: str, result: Result) -> None:
        if not self._running:
            return
        if key in queue.again:
            queue.again.discard(key)
            self.poke(queue.controller.name, key)
        elif result.requeue_after is not None:
            loop = asyncio.get_running_loop()
            delay = self._clock.real(result.requeue_after)
            queue.due[key] = loop.call_later(delay, self._due, queue, key)

    def _due(self, queue: _Queue, key: str) -> None:
        queue.due.pop(key, None)
        self.poke(queue.controller.name, key)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
