"""The beat of the metrics, and the calendar of a clock that runs fast."""

import time
from datetime import timedelta

from netflux.aws.cloudwatch.minutes import Minutes
from netflux.clock import Clock
from tests.aws.ecs.world import until


async def test_each_minute_all_looks_are_made_in_order_and_a_fault_ends_nothing() -> None:
    seen: list[tuple[str, float]] = []

    async def first() -> None:
        seen.append(("first", time.time()))
        if len(seen) < 3:
            raise RuntimeError("a test")

    async def second() -> None:
        seen.append(("second", time.time()))

    minutes = Minutes(Clock(600), [first, second])  # a minute is 0.1 s
    await minutes.start()
    await until(lambda: len(seen) >= 8)
    await minutes.stop()
    assert [name for name, _ in seen[:8]] == ["first", "second"] * 4
    begun = [int(moment / 0.1) for name, moment in seen if name == "first"]
    assert begun == sorted(set(begun))


def test_the_next_multiple_is_at_most_one_away() -> None:
    clock = Clock(60)
    assert 0 < clock.until_next(60) <= 1
    assert abs((time.time() + clock.until_next(60)) % 1 - 0.5) > 0.4


def test_the_calendar_runs_as_fast_as_the_clock() -> None:
    usual, fast = Clock(), Clock(3600)
    assert abs(usual.calendar() - usual.now()) < timedelta(seconds=1)
    before, began = fast.calendar(), time.monotonic()
    while time.monotonic() - began < 0.01:
        pass
    passed = fast.calendar() - before
    assert timedelta(seconds=36) <= passed < timedelta(hours=1)
