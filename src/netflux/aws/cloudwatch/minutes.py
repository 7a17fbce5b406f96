"""The beat of the metrics: once a minute of simulated time, on the minute, what is to be looked at is looked at."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence

from netflux.clock import Clock

_log = logging.getLogger(__name__)
MINUTE = 60.0
"""Simulated seconds."""
_AFTER = 0.002
"""Real seconds after the minute: a sleep that ends a moment too early would find the old minute twice."""

Look = Callable[[], Awaitable[None]]


class Minutes:
    """Calls the looks one after the other, each minute.

    Args:
        clock: whose minutes.
        looks: those that publish before those that evaluate.
    """

    def __init__(self, clock: Clock, looks: Sequence[Look]) -> None:
        self._clock = clock
        self._looks = looks
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begins."""
        self._task = asyncio.ensure_future(self._run())

    async def stop(self) -> None:
        """Ends."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._clock.until_next(MINUTE) + _AFTER)
            for look in self._looks:
                try:
                    await look()
                except Exception:  # noqa: BLE001 - one minute's fault must not end the minutes; it is logged
                    _log.exception("a minute's metrics or alarms could not be taken; the next minute tries again")
