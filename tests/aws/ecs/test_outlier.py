"""Which hosts Service Connect avoids, as a decision: the clock is a number."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from netflux.aws.ecs.decide.outlier import FAILURES, LONGEST, SHORTEST, WINDOW, Host, avoided, look, most

HOSTS = tuple("abcde")
LOOKS = st.lists(
    st.tuples(
        st.floats(0.1, 60, allow_nan=False), st.dictionaries(st.sampled_from(HOSTS), st.integers(0, 7), max_size=5)
    ),
    max_size=60,
)
SIZES = st.integers(1, len(HOSTS))


@given(SIZES, LOOKS)
def test_at_most_half_are_avoided_each_after_five_failures_in_30_seconds_for_30_to_300_seconds(
    size: int, looks: list[tuple[float, dict[str, int]]]
) -> None:
    hosts = {name: Host() for name in HOSTS[:size]}
    history: dict[str, list[tuple[float, int]]] = {name: [] for name in hosts}
    now = 0.0
    for passed, failed in looks:
        now += passed
        before, hosts = hosts, look(hosts, failed, now)
        for name, host in hosts.items():
            history[name].append((now, failed.get(name, 0)))
            if host.until != before[name].until:
                recent = sum(count for when, count in history[name] if when > now - WINDOW)
                assert recent >= FAILURES
                assert before[name].until <= now, "what is avoided already gets no connections that could fail"
                assert now + SHORTEST <= host.until <= now + LONGEST
        out = avoided(hosts, hosts, now)
        assert out == {name for name, host in hosts.items() if host.until > now}
        assert len(out) <= most(size)


@given(SIZES, LOOKS, st.sets(st.sampled_from(HOSTS)))
def test_when_hosts_go_at_most_half_of_the_others_are_avoided(
    size: int, looks: list[tuple[float, dict[str, int]]], staying: set[str]
) -> None:
    hosts, now = {name: Host() for name in HOSTS[:size]}, 0.0
    for passed, failed in looks:
        now += passed
        hosts = look(hosts, failed, now)
    present = staying & hosts.keys()
    assert len(avoided(hosts, present, now)) <= len(present) // 2


@given(st.lists(st.floats(7.6, 20, allow_nan=False), max_size=40))
def test_a_host_that_fails_now_and_then_is_not_avoided(gaps: list[float]) -> None:
    hosts, now = {"a": Host(), "b": Host()}, 0.0
    for gap in gaps:
        now += gap
        hosts = look(hosts, {"a": 1}, now)
        assert not avoided(hosts, hosts, now)


def test_each_time_in_a_row_takes_longer_and_a_good_while_makes_it_short_again() -> None:
    hosts, now, spans = {"a": Host(), "b": Host()}, 0.0, []
    for _ in range(12):
        hosts = look(hosts, {"a": FAILURES}, now)
        spans.append(hosts["a"].until - now)
        now = hosts["a"].until
        assert not avoided(hosts, hosts, now)
    assert spans == [30, 60, 90, 120, 150, 180, 210, 240, 270, 300, 300, 300]
    hosts = look(hosts, {}, now + LONGEST + 1)
    hosts = look(hosts, {"a": FAILURES}, now + LONGEST + 2)
    assert hosts["a"].until - (now + LONGEST + 2) == SHORTEST


def test_the_only_host_is_never_avoided_and_of_two_the_worse_one_is() -> None:
    assert not avoided(look({"a": Host()}, {"a": 100}, 1), {"a"}, 1)
    both = look({"a": Host(), "b": Host()}, {"a": 5, "b": 6}, 1)
    assert avoided(both, both, 1) == {"b"}
