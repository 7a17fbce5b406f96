"""How much of their size a service's tasks use."""

from datetime import UTC, datetime, timedelta

from netflux.aws.ecs.meter import Look, Meter, utilization
from netflux.aws.ecs.use import TaskUse
from netflux.clock import Clock

TIME = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
MOVIES = ("prod", "movies")


def use(cpu_seconds: float, memory: int) -> TaskUse:
    return TaskUse(cpu_seconds, memory, 0.5, 1000)


def test_metrics_are_of_what_was_used_between_two_looks() -> None:
    before = Look(100.0, TIME, {MOVIES: {"a": use(10, 100), "b": use(1, 100), "gone": use(5, 5)}})
    now = Look(110.0, TIME + timedelta(seconds=10), {MOVIES: {"a": use(12, 100), "b": use(2, 200), "new": use(3, 300)}})
    cpu, memory = utilization(before, now)
    assert (cpu.name, cpu.percents, cpu.since) == ("CPUUtilization", (40.0, 20.0), TIME)
    assert (memory.name, memory.percents) == ("MemoryUtilization", (10.0, 20.0, 30.0))
    assert cpu.dimensions == {("ClusterName", "prod"), ("ServiceName", "movies")}


def test_what_does_not_run_has_no_metrics() -> None:
    before = Look(100.0, TIME, {MOVIES: {"a": use(10, 100)}})
    assert utilization(before, Look(110.0, TIME, {})) == []
    (memory,) = utilization(Look(100.0, TIME, {}), Look(110.0, TIME, before.uses))
    assert memory.name == "MemoryUtilization"


async def test_a_minute_is_told_from_the_second_look_on() -> None:
    told: list[tuple[Look, Look]] = []
    meter = Meter(Clock(), dict, lambda before, now: told.append((before, now)))
    await meter.minute()
    assert told == []
    for count in (1, 2):
        await meter.minute()
        assert len(told) == count
    assert told[0][1] is told[1][0]
