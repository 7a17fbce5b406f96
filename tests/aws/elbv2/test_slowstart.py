"""How a target's share grows."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from netflux.aws.elbv2.target.decide import Target
from netflux.aws.elbv2.target.slowstart import WHOLE, SlowStart

ONE, TWO, THREE = (Target(f"10.0.1.{number}", 80) for number in (1, 2, 3))
SETS = st.frozensets(st.sampled_from([ONE, TWO, THREE]))


def test_the_first_targets_of_a_group_skip_it_and_later_ones_grow() -> None:
    start = SlowStart().seen({ONE, TWO}, 30, 0)
    assert [start.weight(target, 30, 0) for target in (ONE, TWO)] == [WHOLE, WHOLE]
    assert start.pause(30) is None
    start = start.seen({ONE, TWO, THREE}, 30, 100)
    assert start.pause(30) == 1
    assert [start.weight(THREE, 30, now) for now in (100, 103, 115, 129.9)] == [1, 10, 50, 100]
    assert start.weight(ONE, 30, 100) == WHOLE
    grown = start.seen({ONE, TWO, THREE}, 30, 130)
    assert (grown.weight(THREE, 30, 130), grown.pause(30)) == (WHOLE, None)


def test_one_that_fails_enters_it_again_and_none_does_beside_those_that_are_in_it() -> None:
    start = SlowStart().seen({ONE}, 30, 0).seen({ONE, TWO}, 30, 1)
    assert start.seen({TWO}, 30, 2).seen({ONE, TWO}, 30, 3).since == {TWO: 1}, "nobody but TWO was there"
    again = start.seen({ONE}, 30, 10).seen({ONE, TWO}, 30, 12)
    assert again.since == {TWO: 12}


def test_those_that_are_healthy_when_it_is_switched_on_skip_it() -> None:
    start = SlowStart().seen({ONE}, 0, 0).seen({ONE, TWO}, 0, 1)
    assert start.seen({ONE, TWO}, 30, 2).since == {}


@given(st.lists(st.tuples(SETS, st.floats(0.1, 20))), st.sampled_from([0.0, 30.0]))
def test_some_healthy_target_always_has_a_whole_share_or_had_one(looks: list, duration: float) -> None:
    start, now = SlowStart(), 0.0
    for healthy, passed in looks:
        now += passed
        before = start
        start = start.seen(healthy, duration, now)
        assert start.since.keys() <= healthy
        assert all(0 < start.weight(target, duration, now) <= WHOLE for target in healthy)
        entered = start.since.keys() - before.since.keys()
        assert not entered or any(start.weight(target, duration, now) == WHOLE for target in healthy)
