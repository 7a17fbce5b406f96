"""How many tasks target tracking wants."""

from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netflux.aws.applicationautoscaling.decide import Bounds, Change, Past, Policy, Reading, decide
from netflux.aws.applicationautoscaling.meter import Sample, value

CPU = Policy("cpu", 50.0)
BOUNDS = Bounds(2, 10)
COLD = Past()


def reading(*values: float | None, policy: Policy = CPU) -> Reading:
    return Reading(policy, values)


def choose(*readings: Reading, current: int = 4, past: Past = COLD, bounds: Bounds = BOUNDS, deploying: bool = False):
    return decide(bounds, readings, current, past, deploying=deploying)


def test_three_minutes_above_the_target_add_tasks_in_proportion() -> None:
    assert choose(reading(80, 80, 80)) == Change(7, "cpu", "AlarmHigh")
    assert choose(reading(20, 80, 80)) is None
    assert choose(reading(80, None, 80)) is None
    assert choose(reading(80, 80)) is None
    assert choose(reading(400, 400, 400)) == Change(10, "cpu", "AlarmHigh")


def test_fifteen_minutes_below_nine_tenths_of_it_take_tasks_away() -> None:
    assert choose(reading(*[20.0] * 15)) == Change(2, "cpu", "AlarmLow")
    assert choose(reading(*[30.0] * 15)) == Change(3, "cpu", "AlarmLow")
    assert choose(reading(*[46.0] * 15)) is None
    assert choose(reading(*[20.0] * 14)) is None
    assert choose(reading(None, *[20.0] * 14)) is None
    assert choose(reading(*[20.0] * 15, policy=replace(CPU, scales_in=False))) is None
    assert choose(reading(*[20.0] * 15), deploying=True) is None


def test_in_the_cooldown_only_what_is_missing_still_is_added() -> None:
    cooling = Past(since_out=60, base=2)
    assert choose(reading(90, 90, 90), past=cooling) is None
    assert choose(reading(150, 150, 150), past=cooling) == Change(6, "cpu", "AlarmHigh")
    assert choose(reading(90, 90, 90), past=replace(cooling, since_out=300)) == Change(8, "cpu", "AlarmHigh")
    low = reading(*[5.0] * 15)
    assert choose(low, past=Past(since_in=299)) is None
    assert choose(low, past=Past(since_out=299, base=2)) is None
    assert choose(low, past=Past(since_in=300)) == Change(2, "cpu", "AlarmLow")


def test_the_policy_that_wants_most_tasks_decides() -> None:
    memory = Policy("memory", 60.0)
    assert choose(reading(80, 80, 80), reading(90, 90, 90, policy=memory)) == Change(7, "cpu", "AlarmHigh")
    assert choose(reading(*[5.0] * 15), reading(*[59.0] * 15, policy=memory)) is None
    assert choose(reading(*[5.0] * 15), reading(*[40.0] * 15, policy=memory)) == Change(3, "memory", "AlarmLow")


def test_what_is_suspended_does_not_happen() -> None:
    assert choose(reading(80, 80, 80), bounds=replace(BOUNDS, out_suspended=True)) is None
    assert choose(reading(*[5.0] * 15), bounds=replace(BOUNDS, in_suspended=True)) is None


VALUES = st.lists(st.one_of(st.none(), st.floats(0, 1000)), max_size=20)


@given(
    st.lists(st.tuples(st.sampled_from([CPU, Policy("memory", 70.0), Policy("up", 30.0, scales_in=False)]), VALUES),
             max_size=3),
    st.integers(0, 30), st.integers(0, 10), st.integers(0, 20), st.booleans(),
    st.tuples(st.one_of(st.none(), st.floats(0, 900)), st.integers(0, 10), st.one_of(st.none(), st.floats(0, 900))),
)  # fmt: skip
def test_no_change_leaves_the_bounds_or_breaks_a_cooldown(made, current, least, more, deploying, past) -> None:
    bounds = Bounds(least, least + more)
    readings = [Reading(policy, tuple(values)) for policy, values in made]
    change = decide(bounds, readings, current, Past(*past), deploying=deploying)
    if change is None:
        return
    assert change.count != current
    if change.count > current:
        assert change.count <= bounds.most
        assert any(
            len([v for v in one.values[-3:] if v is not None and v > one.policy.target]) == 3 for one in readings
        )
    else:
        assert change.count >= bounds.least
        assert not deploying
        assert past[0] is None or past[0] >= 300
        assert past[2] is None or past[2] >= 300


@dataclass
class Use:
    cpu_seconds: float
    memory_bytes: int
    vcpus: float = 0.5
    memory_limit: int = 1000


def test_metrics_are_of_what_was_used_between_two_looks() -> None:
    before = Sample(100.0, {"a": Use(10, 100), "gone": Use(5, 5)}, {"app/x/1/targetgroup/g/2": 1000})
    now = Sample(110.0, {"a": Use(12, 100), "new": Use(3, 300)}, {"app/x/1/targetgroup/g/2": 1200})
    cpu = {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}
    assert value(cpu, before, now) == pytest.approx(40)
    assert value({"PredefinedMetricType": "ECSServiceAverageMemoryUtilization"}, before, now) == pytest.approx(20)
    requests = {"PredefinedMetricType": "ALBRequestCountPerTarget", "ResourceLabel": "app/x/1/targetgroup/g/2"}
    assert value(requests, before, now) == pytest.approx(600)
    reloaded = replace(now, requests={"app/x/1/targetgroup/g/2": 50})
    assert value(requests, before, reloaded) == pytest.approx(150)
    assert value(requests, before, replace(now, requests={})) is None
    assert value(cpu, before, replace(now, tasks={})) is None
