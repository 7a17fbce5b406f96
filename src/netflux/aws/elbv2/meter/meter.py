"""Looks at HAProxy's counters every minute, and before they are lost, and publishes what they say."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from netflux.aws.elbv2.accesslog import lines as accesslog
from netflux.aws.elbv2.meter import counters
from netflux.aws.elbv2.meter.counters import Owned, Value
from netflux.haproxy.journal import FAILED, Journal

_log = logging.getLogger(__name__)
_MOST_WORKERS = 50
"""Whose last counters are remembered, should one that leaves not answer once."""

Publish = Callable[[Value], None]


class Statistics(Protocol):
    """The part of HAProxy that is needed here."""

    def before_reload(self, look: Callable[[], Awaitable[None]]) -> None:
        """From now on this is called before counters begin anew."""
        ...

    @property
    def journal(self) -> Journal:
        """What it tells of requests that fail."""
        ...

    async def statistics(self) -> Mapping[int, Sequence[Mapping[str, str]]]:
        """Counters of all workers by pid, the newest first, whose maxima begin anew then; RuntimeApiError."""
        ...


class Meter:
    """Measures load balancers.

    Args:
        statistics: HAProxy's.
        publish: takes the values.
    """

    def __init__(self, statistics: Statistics, publish: Publish) -> None:
        self._statistics = statistics
        self._publish = publish
        self._before: dict[int, counters.Reading] = {}
        self._owned: dict[str, Owned] = {}
        self._left: dict[int, dict[str, Owned]] = {}
        self._told = counters.Told()
        self._looking = asyncio.Lock()
        self.hosts: Callable[[], Sequence[Value]] = lambda: ()

    def start(self) -> None:
        """Looks from now on before counters are lost, and hears what the journal tells."""
        self._statistics.before_reload(self.look)
        self._statistics.journal.listen(FAILED, self._failed)
        self._statistics.journal.listen(accesslog.KIND, self._ended)

    async def minute(self) -> None:
        """Once a simulated minute (user guide, "CloudWatch metrics"): a look, and how many hosts there are."""
        await self.look()
        for value in self.hosts():
            self._publish(value)

    def own(self, arn: str, owned: Owned | None) -> None:
        """A load balancer has these backends, or has gone. What its running rules mean is left as it was."""
        before = self._owned.pop(arn, None)
        if owned is not None:
            last = before or owned
            self._owned[arn] = replace(owned, evaluations=last.evaluations, logged=last.logged)

    def serves(self, arn: str, owned: Owned) -> None:
        """The worker with these backends and rules answers."""
        self._owned[arn] = owned

    async def look(self) -> None:
        """Publishes what was counted since the last look."""
        async with self._looking:
            try:
                workers = await self._statistics.statistics()
            except Exception as error:  # noqa: BLE001 - a look that fails loses nothing that the next one would not see
                _log.warning("load balancers' counters can't be read: %s", error)
                return
            now = {worker: counters.reading(rows) for worker, rows in workers.items()}
            before = self._before
            self._before = dict([*(before | now).items()][-_MOST_WORKERS:])
            # A worker that leaves counts by the rules that it has: those of the last look at it as the newest.
            newest = next(iter(now))
            self._left = {worker: owned for worker, owned in self._left.items() if worker in now}
            self._left[newest] = dict(self._owned)
        self._statistics.journal.read()
        told, self._told = self._told, counters.Told()
        found = []
        for worker, counts in now.items():
            counted = counters.since(before.get(worker, {}), counts)
            owned = self._left.get(worker, self._owned).values()
            found += counters.values(counted, owned, told if worker == newest else None)
        for value in (*found, *counters.per_target(found, self.hosts())):
            self._publish(value)

    def _failed(self, line: str) -> None:
        backend, state, status = line.split(" ")
        if counters.fails(state, status):
            self._told.failed[backend, status] += 1

    def _ended(self, line: str) -> None:
        with contextlib.suppress(ValueError):  # whoever keeps the access log says so
            ended = accesslog.outcome(line)
            if ended.seconds is not None:
                self._told.seconds.append((ended.backend, ended.seconds))
            if counters.fails(ended.state, ended.status):
                self._told.failed[ended.backend, ended.status] += 1
