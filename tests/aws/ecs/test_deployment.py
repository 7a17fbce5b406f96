"""Rolling deployments as decisions, and as whole simulated lives with failures and slow starts."""

import random
from dataclasses import dataclass, field, replace
from math import ceil, floor

from hypothesis import given, settings
from hypothesis import strategies as st

from netflux.aws.ecs.decide.deployment import Goal, Member, Phase, step

NEW, OLD = "ecs-svc/2", "ecs-svc/1"


def member(name: str, deployment: str = NEW, phase: Phase = Phase.RUNNING, **more: object) -> Member:
    return Member(name, deployment, phase, **{"healthy": phase is Phase.RUNNING, **more})


def test_a_new_service_starts_as_many_as_desired() -> None:
    assert step(Goal(NEW, 2), []).start == 2


def test_nothing_happens_when_all_is_there() -> None:
    done = step(Goal(NEW, 2), [member("a"), member("b")])
    assert (done.start, done.stop, done.replace, done.completed) == (0, (), (), True)


def test_a_deployment_is_not_complete_before_its_tasks_are_healthy() -> None:
    assert not step(Goal(NEW, 1), [member("a", healthy=False)]).completed


def test_new_tasks_start_before_old_ones_stop() -> None:
    first = step(Goal(NEW, 2), [member("a", OLD), member("b", OLD)])
    assert (first.start, first.stop) == (2, ())


def test_an_old_task_stops_for_each_new_healthy_one() -> None:
    tasks = [member("a", OLD), member("b", OLD), member("c"), member("d", phase=Phase.STARTING)]
    assert len(step(Goal(NEW, 2), tasks).stop) == 1


def test_the_maximum_rounds_down_and_the_minimum_up() -> None:
    goal = Goal(NEW, 3, minimum_percent=50, maximum_percent=150)
    assert (goal.least, goal.most) == (2, 4)
    first = step(goal, [member("a", OLD), member("b", OLD), member("c", OLD)])
    assert (first.start, len(first.stop)) == (1, 1)


def test_percents_that_allow_no_step_are_told() -> None:
    goal = Goal(NEW, 1, minimum_percent=100, maximum_percent=150)
    assert step(goal, [member("a", OLD)]).stuck


def test_a_step_that_waits_for_health_is_not_stuck() -> None:
    goal = Goal(NEW, 2, minimum_percent=100, maximum_percent=150)
    assert not step(goal, [member("a", OLD), member("b", OLD), member("c", healthy=False)]).stuck


def test_old_tasks_that_still_start_are_stopped_at_once() -> None:
    tasks = [member("a", OLD, Phase.STARTING)]
    assert step(Goal(NEW, 1), tasks).stop == ("a",)


def test_scaling_in_drops_what_is_least_useful_and_keeps_subnets_even() -> None:
    tasks = [
        member("a", subnet="s1", age=30), member("b", subnet="s1", age=20), member("c", subnet="s2", age=10),
        member("d", phase=Phase.STARTING, subnet="s2"),
    ]  # fmt: skip
    assert step(Goal(NEW, 3), tasks).stop == ("d",)
    assert step(Goal(NEW, 2), tasks[:3]).stop == ("b",)


def test_a_failing_task_stops_only_after_its_replacement_is_healthy() -> None:
    failing = member("a", healthy=False, failing=True)
    first = step(Goal(NEW, 2), [failing, member("b")])
    assert (first.start, first.replace) == (1, ())
    waiting = step(Goal(NEW, 2), [failing, member("b"), member("c", healthy=False)])
    assert (waiting.start, waiting.replace) == (0, ())
    after = step(Goal(NEW, 2), [failing, member("b"), member("c")])
    assert after.replace == ("a",)


def test_failing_tasks_go_one_by_one_when_the_maximum_leaves_no_room() -> None:
    failing = [member(name, healthy=False, failing=True) for name in "ab"]
    goal = Goal(NEW, 2, minimum_percent=50, maximum_percent=100)
    assert step(goal, failing).replace == ("a",)


def test_a_failed_deployment_starts_and_stops_nothing() -> None:
    done = step(Goal(NEW, 2, may_start=False, failed=True), [member("a", OLD)])
    assert (done.start, done.stop, done.completed) == (0, (), False)


def test_desired_zero_stops_everything() -> None:
    done = step(Goal(NEW, 0), [member("a"), member("b", OLD), member("c", phase=Phase.STARTING)])
    assert set(done.stop) == {"a", "b", "c"}


def test_nothing_starts_while_backing_off() -> None:
    assert step(Goal(NEW, 2, may_start=False), []).start == 0


def test_a_deployment_with_stopping_old_tasks_is_not_complete() -> None:
    assert not step(Goal(NEW, 1), [member("a"), member("b", OLD, Phase.STOPPING)]).completed


@dataclass
class Fleet:
    """Tasks that start slowly, fail at random moments, and become healthy in their own time."""

    chance: random.Random
    failures: int
    members: dict[str, Member] = field(default_factory=dict)
    born: int = 0

    def start(self, count: int) -> None:
        for _ in range(count):
            self.born += 1
            name = f"t{self.born}"
            self.members[name] = Member(name, NEW, Phase.STARTING, subnet=f"s{self.born % 2}")

    def stop(self, names: tuple[str, ...]) -> None:
        for name in names:
            self.members[name] = replace(self.members[name], phase=Phase.STOPPING, healthy=False)

    def live(self) -> list[Member]:
        return [one for one in self.members.values() if one.live]

    def healthy(self) -> int:
        return sum(one.healthy and not one.failing for one in self.live())

    def happen(self) -> bool:
        """One thing happens to one task; True when it was a failure."""
        name = self.chance.choice(sorted(self.members))
        one = self.members[name]
        if one.phase is Phase.STOPPING:
            del self.members[name]
            return False
        if self.failures and self.chance.random() < 0.4:
            self.failures -= 1
            if one.phase is Phase.RUNNING and self.chance.random() < 0.5:
                self.members[name] = replace(one, healthy=False, failing=True)
            else:
                del self.members[name]
            return True
        if one.phase is Phase.STARTING:
            self.members[name] = replace(one, phase=Phase.RUNNING)
        elif not one.failing:
            self.members[name] = replace(one, healthy=True)
        return False


@settings(max_examples=300, deadline=None)
@given(
    seed=st.integers(0, 10**9), desired=st.integers(0, 7), before=st.integers(0, 7), least=st.integers(0, 100),
    most=st.integers(100, 200), failures=st.integers(0, 8),
)  # fmt: skip
def test_any_order_of_failures_keeps_the_bounds_and_ends(
    seed: int, desired: int, before: int, least: int, most: int, failures: int
) -> None:
    goal = Goal(NEW, desired, least, most)
    fleet = Fleet(random.Random(seed), failures)
    for number in range(before):
        name = f"old{number}"
        fleet.members[name] = Member(name, OLD, Phase.RUNNING, healthy=True, subnet=f"s{number % 2}")
    minimum, maximum = ceil(desired * least / 100), floor(desired * most / 100)
    for _ in range(600):
        healthy, there = fleet.healthy(), len(fleet.live())
        decided = step(goal, [*fleet.members.values()])
        fleet.start(decided.start)
        assert len(fleet.live()) <= max(maximum, there), "a step started tasks past the maximum"
        fleet.stop(decided.stop + decided.replace)
        assert fleet.healthy() >= min(minimum, healthy), "a step took healthy tasks below the minimum"
        if decided.completed:
            assert fleet.healthy() == desired
            return
        if decided.stuck:
            assert minimum >= min(desired, healthy)
            assert maximum <= there
            return
        if fleet.members:
            fleet.happen()
    raise AssertionError(f"the deployment did not end: {fleet.members}")
