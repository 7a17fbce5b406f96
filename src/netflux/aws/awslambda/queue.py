"""The queue of calls that nobody waits for. Each stays on disk until its function has answered, or it is given up.

"Invoking a Lambda function asynchronously", Lambda Developer Guide.
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import json
import logging
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from netflux.aws.awslambda import decide
from netflux.aws.awslambda.calls import Calls
from netflux.aws.awslambda.decide import GivenUp, Outcome, Retry
from netflux.aws.awslambda.host import Host
from netflux.controlplane.records.table import Change
from netflux.errors import AwsError
from netflux.resources.awslambda.invocation import INVOCATION, Invocation

_log = logging.getLogger(__name__)
_AT_ONCE = 50
"""Calls of the queue that run at the same time; a function's own limit may be lower."""
_LONGEST = 3600.0
"""Real seconds between two looks at the queue."""

Told = Callable[[Invocation, Outcome, str], None]
"""Hears what came of a call of the queue, in the transaction that takes it out, with its condition."""


class Queue:
    """Works the queue off, and begins with what an earlier region has left.

    Args:
        host: what functions run on.
        calls: makes the calls.
        rule: a function's own rule for retries.
        told: hears of each call that is over.
    """

    def __init__(self, host: Host, calls: Calls, rule: Callable[[Invocation], Retry], told: Told) -> None:
        self._host = host
        self._calls = calls
        self._rule = rule
        self._told = told
        self._due: list[tuple[datetime, str]] = []
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._counts: dict[str, int] = defaultdict(int)
        self._held: dict[str, deque[str]] = defaultdict(deque)
        self._more = asyncio.Event()
        self._working: asyncio.Task[None] | None = None

    def start(self) -> None:
        """From now on calls are made."""
        for one in self._calls.queue:
            heapq.heappush(self._due, (one.due, one.id))
        self._host.kept.documents.watch(self._recorded)
        self._working = asyncio.ensure_future(self._work())

    async def stop(self) -> None:
        """Leaves what is not done in the queue."""
        for work in [self._working, *self._under_way.values()]:
            if work is not None:
                work.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await work

    def _recorded(self, changes: Sequence[Change]) -> None:
        for change in changes:
            if change.table == INVOCATION.name and change.after is not None:
                heapq.heappush(self._due, (change.after.due, change.key))
                self._more.set()

    async def _work(self) -> None:
        while True:
            self._more.clear()
            now = self._host.clock.calendar()
            while self._due and self._due[0][0] <= now and len(self._under_way) < _AT_ONCE:
                _, identity = heapq.heappop(self._due)
                self._begin(identity)
            full = len(self._under_way) >= _AT_ONCE
            wait = (self._due[0][0] - now).total_seconds() if self._due and not full else _LONGEST
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(_LONGEST, self._host.clock.real(max(0.0, wait)))):
                    await self._more.wait()

    def _begin(self, identity: str) -> None:
        found = self._calls.queue.get(identity)
        if found is None or identity in self._under_way or found.due > self._host.clock.calendar():
            return
        if self._full(found.function):
            self._held[found.function].append(identity)
            return
        work = asyncio.ensure_future(self._make(found))
        self._under_way[identity] = work
        self._counts[found.function] += 1
        work.add_done_callback(lambda _: self._over(identity, found.function))

    def _full(self, function: str) -> bool:
        """Whether the queue alone makes as many calls of a function as are kept for it; the next one to end makes room.

        One of which no call is let through is tried all the same, as its calls are given up at their age.
        """
        known = self._host.kept.functions.get(function)
        return known is not None and bool(known.reserved) and self._counts[function] >= (known.reserved or 0)

    def _over(self, identity: str, function: str) -> None:
        self._under_way.pop(identity, None)
        self._counts[function] -= 1
        self._again(identity)
        if self._held[function]:
            self._again(self._held[function].popleft())
        self._more.set()

    def _again(self, identity: str) -> None:
        found = self._calls.queue.get(identity)
        if found is not None:
            heapq.heappush(self._due, (found.due, identity))

    async def _make(self, one: Invocation) -> None:
        try:
            target = self._calls.target(one.function, one.qualifier)
            outcome = await self._calls.run(target, one.id, one.payload, one.context)
        except AwsError as error:
            self._not_made(one, error)
        except Exception:  # noqa: BLE001  (a call stays in the queue, whatever happened)
            _log.exception("the queued call %s of %s failed", one.id, one.function)
            self._not_made(one, AwsError("ServiceException", "see netflux.log", 500))
        else:
            self._made(replace(one, attempts=one.attempts + 1), outcome)

    def _made(self, one: Invocation, outcome: Outcome) -> None:
        if not outcome.error:
            self._finish(one, outcome, decide.SUCCESS)
            return
        following = decide.after_failure(one.attempts, one.accepted, self._host.clock.calendar(), self._rule(one))
        if isinstance(following, GivenUp):
            self._finish(one, outcome, following.condition)
        else:
            self._calls.queue.put(replace(one, due=following.due))

    def _not_made(self, one: Invocation, error: AwsError) -> None:
        """It was not the function that failed: there was no room, or it is not ready, or gone."""
        outcome = Outcome(
            one.id, json.dumps({"errorType": error.code, "errorMessage": error.message}).encode(), "Unhandled"
        )
        if error.code == "ResourceNotFoundException":
            self._finish(one, outcome, "FunctionNotFound")
            return
        following = decide.after_throttle(one.accepted, self._host.clock.calendar(), self._rule(one))
        if isinstance(following, GivenUp):
            self._finish(one, outcome, following.condition)
        else:
            self._calls.queue.put(replace(one, due=following.due))

    def _finish(self, one: Invocation, outcome: Outcome, condition: str) -> None:
        with self._host.kept.documents.transaction():
            self._calls.queue.delete(one.id)
            try:
                self._told(one, outcome, condition)
            except (AwsError, KeyError) as error:
                _log.warning("the outcome of %s can't be delivered: %s", one.id, error)
