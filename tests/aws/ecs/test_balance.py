"""Rebalancing over availability zones, as decisions, and as whole simulated lives beside the rolling deployment."""

import random
from collections import Counter
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from netflux.aws.ecs.decide.balance import Balancing, going_on, moves, spread
from netflux.aws.ecs.decide.deployment import Goal, Member, Phase, step
from netflux.aws.ecs.rebalance import Rebalance

NEW = "ecs-svc/1"


def test_a_difference_of_one_is_even() -> None:
    assert moves({"a": 2, "b": 1}, 9) == []
    assert moves({}, 9) == []
    assert moves({"a": 3, "b": 1}, 9) == ["b"]
    assert moves({"a": 5, "b": 0, "c": 1}, 9) == ["b", "b", "c"]
    assert moves({"a": 5, "b": 0, "c": 1}, 2) == ["b", "b"]


@given(st.dictionaries(st.sampled_from("abcde"), st.integers(0, 12), min_size=1), st.integers(0, 60))
def test_moves_end_in_an_even_spread_and_take_only_from_the_full(zones: dict[str, int], room: int) -> None:
    found = Counter(moves(zones, room))
    assert found.total() <= room
    total, count = sum(zones.values()), len(zones)
    low, high = total // count, -(-total // count)
    assert all(zones[zone] + number <= high for zone, number in found.items())
    if found.total() < room:
        assert all(zones[zone] + found[zone] >= low for zone in zones)
        assert found.total() <= sum(max(0, number - low) for number in zones.values())


def test_what_was_begun_ends_when_something_else_is_wanted() -> None:
    goal = Goal(NEW, 2)
    begun = Balancing(NEW, 2, frozenset({"new", "healthy", "gone"}))
    members = [Member("new", NEW, Phase.STARTING), Member("healthy", NEW, Phase.RUNNING, healthy=True)]
    assert going_on(begun, goal, members, enabled=True) == replace(begun, tasks=frozenset({"new"}))
    assert going_on(begun, goal, members, enabled=False) is None
    assert going_on(begun, replace(goal, desired=3), members, enabled=True) is None
    assert going_on(begun, replace(goal, primary="other"), members, enabled=True) is None
    assert going_on(None, goal, members, enabled=True) is None


def test_a_new_task_elsewhere_is_not_too_many_until_it_is_healthy() -> None:
    old = [Member(name, NEW, Phase.RUNNING, healthy=True, zone="a", age=age) for name, age in (("x", 9), ("y", 5))]
    new = Member("z", NEW, Phase.STARTING, zone="b")
    goal = Goal(NEW, 2, moving=frozenset({"z"}))
    assert (step(goal, [*old, new]).stop, step(goal, [*old, new]).completed) == ((), False)
    there = replace(new, phase=Phase.RUNNING, healthy=True)
    assert step(replace(goal, moving=frozenset()), [*old, there]).stop == ("y",)


class Fleet:
    """A service whose tasks start slowly, and some of whose starts fail."""

    def __init__(self, seed: int, zones: dict[str, int], failures: int, most: int) -> None:
        self.chance, self.failures, self.born = random.Random(seed), failures, 0
        self.members: dict[str, Member] = {}
        for zone, count in zones.items():
            for _ in range(count):
                self.start(zone, Phase.RUNNING, healthy=True)
        self.goal = Goal(NEW, len(self.members), 100, most)
        self.zones = sorted(zones)
        self.service = {
            "name": "s", "status": "ACTIVE", "accepted": {"availabilityZoneRebalancing": "ENABLED"},
            "deployments": [{"zones": {f"subnet-{zone}": zone for zone in zones}}],
        }  # fmt: skip
        self.told: list[str] = []

    def start(self, zone: str, phase: Phase = Phase.STARTING, *, healthy: bool = False) -> str:
        self.born += 1
        name = f"t{self.born}"
        self.members[name] = Member(name, NEW, phase, healthy=healthy, zone=zone, age=float(-self.born))
        return name

    def pass_by(self) -> bool:
        """One pass, as the rollout makes it; True when there was nothing left to do."""
        members = [*self.members.values()]
        rebalance = Rebalance(self.service, self.goal, members)
        decided = step(rebalance.goal, members)
        assert decided.start == 0
        self.told += rebalance.stopped([self.members[name] for name in decided.stop])
        for name in decided.stop:
            self.members[name] = replace(self.members[name], phase=Phase.STOPPING, healthy=False)
        if not decided.completed or any(member.phase is not Phase.RUNNING for member in members):
            return False
        due = rebalance.due()
        self.told += [text for text in [rebalance.told(due)] if text]
        rebalance.begin([self.start(zone) for zone in due])
        return not due

    def happen(self) -> None:
        """One thing happens to one task that is on its way; what starts may fail."""
        waiting = [one for one in self.members.values() if one.phase is not Phase.RUNNING or not one.healthy]
        if not waiting:
            return
        one = self.chance.choice(waiting)
        if one.phase is Phase.STOPPING:
            del self.members[one.id]
        elif self.failures and self.chance.random() < 0.4:
            self.failures -= 1
            del self.members[one.id]
        elif one.phase is Phase.STARTING:
            self.members[one.id] = replace(one, phase=Phase.RUNNING)
        else:
            self.members[one.id] = replace(one, healthy=True)


@settings(max_examples=200, deadline=None)
@given(
    st.integers(0, 10**9), st.dictionaries(st.sampled_from("abc"), st.integers(0, 6), min_size=1), st.integers(0, 4),
    st.sampled_from([100, 110, 150, 200]),
)  # fmt: skip
def test_the_zones_get_even_with_no_task_missing_on_the_way(seed, zones, failures, most) -> None:
    fleet = Fleet(seed, zones, failures, most)
    for _ in range(800):
        over = fleet.pass_by()
        live = [member for member in fleet.members.values() if member.live]
        assert sum(member.healthy for member in live) >= fleet.goal.desired
        assert len(live) <= max(fleet.goal.most, fleet.goal.desired)
        if over:
            break
        fleet.happen()
    assert over
    counts = [*spread(fleet.zones, [*fleet.members.values()]).values()]
    moved = max(zones.values()) - min(zones.values()) > 1 and fleet.goal.most > fleet.goal.desired
    if moved:
        assert max(counts) - min(counts) <= 1
    began, ended = ([text for text in fleet.told if said in text] for said in ("is not AZ balanced", "is AZ balanced"))
    assert len(began) == len(ended) == moved
