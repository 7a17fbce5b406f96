"""How many tasks scaling policies want."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netflux.aws.applicationautoscaling.decide import (
    AS_WANTED,
    AT_LEAST,
    AT_MOST,
    Alarm,
    Bounds,
    Breach,
    Change,
    NotScaled,
    Past,
    Policy,
    Reading,
    StepAdjustment,
    StepPolicy,
    decide,
)

CPU = Policy("cpu", 50.0)
BOUNDS = Bounds(2, 10)
COLD = Past()


def high(value: float, policy: Policy = CPU) -> Reading:
    return Reading(policy, high=Alarm("high", value))


def low(value: float, policy: Policy = CPU) -> Reading:
    return Reading(policy, low=Alarm("low", value))


def steps(*steps: tuple[float | None, float | None, int], kind: str = "ChangeInCapacity", **more: float) -> StepPolicy:
    return StepPolicy("steps", kind, tuple(StepAdjustment(*one) for one in steps), **more)


def breach(policy: StepPolicy, value: float, threshold: float = 50.0) -> Breach:
    return Breach(policy, Alarm("mine", value), threshold)


def choose(*wishes, current: int = 4, past: Past = COLD, bounds: Bounds = BOUNDS, deploying: bool = False):
    return decide(bounds, wishes, current, past, deploying=deploying)


def test_above_the_target_tasks_are_added_in_proportion() -> None:
    assert choose(high(80)) == Change(7, "cpu", "high")
    assert choose(Reading(CPU)) is None
    assert choose(high(400)) == Change(10, "cpu", "high")


def test_below_nine_tenths_of_it_tasks_are_taken_away() -> None:
    assert choose(low(20)) == Change(2, "cpu", "low")
    assert choose(low(30)) == Change(3, "cpu", "low")
    assert choose(low(20, replace(CPU, scales_in=False))) is None
    assert choose(low(20), deploying=True) is None


def test_at_a_bound_or_with_as_many_tasks_as_are_wanted_the_reason_for_no_change_is_told() -> None:
    assert choose(high(80), current=10) == NotScaled("cpu", "high", AT_MOST, 10)
    assert choose(low(5), current=BOUNDS.least) == NotScaled("cpu", "low", AT_LEAST, BOUNDS.least)
    assert choose(low(45), current=3) == NotScaled("cpu", "low", AS_WANTED, 3)
    assert choose(high(80), current=10, bounds=replace(BOUNDS, out_suspended=True)) is None


def test_in_the_cooldown_only_what_is_missing_still_is_added() -> None:
    cooling = Past(since_out=60, base=2)
    assert choose(high(70), past=cooling) is None
    assert choose(high(90), past=cooling) == NotScaled("cpu", "high", "AlreadyAtDesiredCapacity", 4)
    assert choose(high(150), past=cooling) == Change(6, "cpu", "high")
    assert choose(high(90), past=replace(cooling, since_out=300)) == Change(8, "cpu", "high")
    assert choose(low(5), past=Past(since_in=299)) is None
    assert choose(low(5), past=Past(since_out=299, base=2)) is None
    assert choose(low(5), past=Past(since_in=300)) == Change(2, "cpu", "low")


def test_the_policy_that_wants_most_tasks_decides() -> None:
    memory = Policy("memory", 60.0)
    assert choose(high(80), high(90, memory)) == Change(7, "cpu", "high")
    assert choose(low(5), Reading(memory)) is None
    assert choose(low(5), low(40, memory)) == Change(3, "memory", "low")
    assert choose(high(60), breach(steps((0, None, 5)), 80)) == Change(9, "steps", "mine")


def test_what_is_suspended_does_not_happen() -> None:
    assert choose(high(80), bounds=replace(BOUNDS, out_suspended=True)) is None
    assert choose(low(5), bounds=replace(BOUNDS, in_suspended=True)) is None


def test_the_step_is_chosen_by_the_distance_from_the_threshold() -> None:
    out = steps((0, 10, 1), (10, 30, 2), (30, None, 5))
    assert [choose(breach(out, value)).count for value in (50, 59.9, 60, 80, 99)] == [5, 5, 6, 9, 9]
    assert choose(breach(out, 49)) is None
    into = steps((None, -30, -2), (-30, 0, -1))
    assert [choose(breach(into, value)).count for value in (50, 20.1, 20)] == [3, 3, 2]


@pytest.mark.parametrize(
    ("amount", "least", "current", "count"),
    [(10, 1, 4, 5), (60, 1, 4, 6), (25, 3, 4, 7), (-10, 1, 4, 3), (-70, 1, 4, 2), (-25, 2, 4, 2), (100, 1, 4, 8)],
)
def test_a_percent_is_rounded_to_fewer_tasks_but_is_one_at_least(amount, least, current, count) -> None:
    policy = steps((None, None, amount), kind="PercentChangeInCapacity", least=least)
    assert choose(breach(policy, 60), current=current).count == count


def test_an_exact_capacity_is_set_in_either_direction() -> None:
    assert choose(breach(steps((0, None, 9), kind="ExactCapacity"), 60)).count == 9
    assert choose(breach(steps((None, 0, 3), kind="ExactCapacity"), 40)).count == 3
    assert choose(breach(steps((0, None, 4), kind="ExactCapacity"), 60)) is None


def test_steps_in_their_cooldown_add_only_what_is_missing_and_take_nothing() -> None:
    out = breach(steps((0, 20, 2), (20, None, 5), cooldown=300), 60)
    assert choose(out, past=Past(since_out=100, base=2)) is None
    assert choose(replace(out, alarm=Alarm("mine", 75)), past=Past(since_out=100, base=2)).count == 7
    assert choose(out, past=Past(since_out=300, base=2)).count == 6
    into = breach(steps((None, 0, -1), cooldown=300), 40)
    assert choose(into, past=Past(since_in=299)) is None
    assert choose(into, past=Past(since_in=300)).count == 3


ALARMS = st.one_of(st.none(), st.builds(Alarm, st.just("a"), st.floats(0, 1000)))
READINGS = st.builds(
    Reading, st.sampled_from([CPU, Policy("memory", 70.0), Policy("up", 30.0, scales_in=False)]), ALARMS, ALARMS
)
BREACHES = st.builds(
    Breach,
    st.builds(
        StepPolicy, st.just("s"),
        st.sampled_from(["ChangeInCapacity", "PercentChangeInCapacity", "ExactCapacity"]),
        st.tuples(st.builds(StepAdjustment, st.none(), st.just(0.0), st.integers(-200, 200)),
                  st.builds(StepAdjustment, st.just(0.0), st.none(), st.integers(-200, 200))),
        st.floats(0, 600), st.integers(1, 3),
    ),
    st.builds(Alarm, st.just("m"), st.floats(0, 100)), st.floats(0, 100),
)  # fmt: skip


@given(
    st.lists(st.one_of(READINGS, BREACHES), max_size=4),
    st.integers(0, 30), st.integers(0, 10), st.integers(0, 20), st.booleans(),
    st.tuples(st.one_of(st.none(), st.floats(0, 900)), st.integers(0, 10), st.one_of(st.none(), st.floats(0, 900))),
)  # fmt: skip
def test_no_change_leaves_the_bounds_or_breaks_a_cooldown(wishes, current, least, more, deploying, past) -> None:
    bounds = Bounds(least, least + more)
    change = decide(bounds, wishes, current, Past(*past), deploying=deploying)
    if change is None:
        return
    if isinstance(change, NotScaled):
        held = {AT_MOST: current >= bounds.most, AT_LEAST: current <= bounds.least, AS_WANTED: True}
        assert held[change.code]
        return
    assert change.count != current
    tracking = [wish for wish in wishes if isinstance(wish, Reading)]
    cooldowns = [wish.policy.cooldown for wish in wishes if isinstance(wish, Breach)]
    if change.count > current:
        assert change.count <= bounds.most
        assert cooldowns or any(one.high for one in tracking)
    else:
        assert change.count >= bounds.least
        assert not deploying
        assert past[2] is None or past[2] >= min([300.0 if tracking else 900.0, *cooldowns])
