"""Rules' and schedules' times, and deliveries that need calls or another try."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from netflux.aws.events.api import EventsApi
from netflux.aws.events.schedulerapi import SchedulerApi
from netflux.aws.events.working import Works
from netflux.clock import Clock
from netflux.errors import AwsError
from netflux.reconcile.controller import Result
from netflux.resources.events import Delivery, Rule

_LATEST = 3600.0  # simulated seconds until the next look, however far away the time is
_RULE, _DELIVERY, _SCHEDULE = "rule ", "delivery ", "schedule "


class EventController:
    """Controller `events`; keys are rules with a schedule, schedules, and deliveries.

    Args:
        events: EventBridge's operations.
        scheduler: EventBridge Scheduler's.
        works: makes calls for targets.
        clock: of the region.
    """

    name = "events"

    def __init__(self, events: EventsApi, scheduler: SchedulerApi, works: Works, clock: Clock) -> None:
        self._events = events
        self._scheduler = scheduler
        self._works = works
        self._clock = clock

    async def keys(self) -> Sequence[str]:
        """What is due some time."""
        return [
            *(f"{_RULE}{rule.key}" for rule in self._events.rules if rule.due is not None),
            *(f"{_SCHEDULE}{one.key}" for one in self._scheduler.schedules if one.due is not None),
            *(f"{_DELIVERY}{one.id}" for one in self._events.outlet.deliveries),
        ]

    async def reconcile(self, key: str) -> Result:
        """Does what is due, or waits for its time."""
        if key.startswith(_RULE):
            return self._rule(self._events.rules.get(key.removeprefix(_RULE)))
        if key.startswith(_SCHEDULE):
            return self._schedule(key.removeprefix(_SCHEDULE))
        return await self._deliver(self._events.outlet.deliveries.get(key.removeprefix(_DELIVERY)))

    def _rule(self, rule: Rule | None) -> Result:
        if rule is None or rule.due is None:
            return Result()
        if (wait := self._wait(rule.due)) is not None:
            return wait
        with self._events.documents.transaction():
            self._events.rules.put(replace(rule, due=self._events.due(rule.schedule, rule.state)))
            self._events.scheduled(rule, rule.due)
        after = self._events.rules.get(rule.key)
        return (self._wait(after.due) if after is not None and after.due is not None else None) or Result()

    def _schedule(self, key: str) -> Result:
        found = self._scheduler.schedules.get(key)
        if found is None or found.due is None:
            return Result()
        if (wait := self._wait(found.due)) is not None:
            return wait
        with self._events.documents.transaction():
            self._scheduler.came(found)
        after = self._scheduler.schedules.get(key)
        return (self._wait(after.due) if after is not None and after.due is not None else None) or Result()

    async def _deliver(self, delivery: Delivery | None) -> Result:
        if delivery is None:
            return Result()
        if (wait := self._wait(delivery.due)) is not None:
            return wait
        outlet = self._events.outlet
        try:
            await self._works.done(delivery)
        except AwsError as error:
            with self._events.documents.transaction():
                later = outlet.again(delivery, error)
                if later is not None:
                    outlet.deliveries.put(later)
                    return self._wait(later.due) or Result(0.0)
                outlet.bury(delivery, error)
                outlet.deliveries.delete(delivery.id)
            return Result()
        outlet.deliveries.delete(delivery.id)
        return Result()

    def _wait(self, due: datetime) -> Result | None:
        remaining = (due - self._clock.calendar()) / timedelta(seconds=1)
        return Result(min(remaining, _LATEST)) if remaining > 0 else None
