"""The rolling deployment: what to start and stop now, from the tasks that are there.

By its own doing a step never leaves fewer healthy tasks than the minimum, nor more tasks than the maximum; repeated
steps end. API shape DeploymentConfiguration has the rules.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from math import ceil, floor


class Phase(Enum):
    """Where in its life a task is, as far as deployments care."""

    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"


@dataclass(frozen=True)
class Member:
    """A task of the service that has not ended.

    Attributes:
        id: of the task.
        deployment: id of the deployment that started it.
        phase: observed; STOPPING as soon as its end was asked for or has begun.
        healthy: counts as healthy (targets, container checks, or time).
        failing: fails a health check after the grace period.
        subnet: where it runs.
        zone: of the subnet.
        age: seconds since it was created.
    """

    id: str
    deployment: str
    phase: Phase
    healthy: bool = False
    failing: bool = False
    subnet: str = ""
    zone: str = ""
    age: float = 0.0

    @property
    def place(self) -> str:
        """What tasks are spread over."""
        return self.zone or self.subnet

    @property
    def live(self) -> bool:
        """Counts against the maximum."""
        return self.phase is not Phase.STOPPING


@dataclass(frozen=True)
class Goal:
    """What the service wants.

    Attributes:
        primary: id of the PRIMARY deployment.
        desired: number of tasks.
        minimum_percent: of `desired` that stay healthy.
        maximum_percent: of `desired` that may be there at once.
        may_start: False while backing off, and for a failed deployment.
        failed: the primary deployment has failed and nothing was there to go back to: the service stalls.
        moving: ids of tasks that are started in the place of others and are not healthy yet: none too many.
    """

    primary: str
    desired: int
    minimum_percent: int = 100
    maximum_percent: int = 200
    may_start: bool = True
    failed: bool = False
    moving: frozenset[str] = frozenset()

    @property
    def least(self) -> int:
        """Tasks that are kept healthy: rounded up."""
        return ceil(self.desired * self.minimum_percent / 100)

    @property
    def most(self) -> int:
        """Tasks that may be there: rounded down."""
        return floor(self.desired * self.maximum_percent / 100)


@dataclass(frozen=True)
class Step:
    """What to do now.

    Attributes:
        start: tasks of the primary deployment to start.
        stop: ids of tasks to stop because they are too many or of an older deployment.
        replace: ids of tasks to stop because they fail a health check: when their replacements are healthy, or one at a
            time when the maximum leaves no room for replacements.
        completed: the primary deployment has all its tasks, healthy, and nothing else is left.
        stuck: the configuration's percents forbid both starting and stopping, and nothing under way will change that.
    """

    start: int = 0
    stop: tuple[str, ...] = ()
    replace: tuple[str, ...] = ()
    completed: bool = False
    stuck: bool = False


@dataclass
class _Count:
    """Tasks that are left if everything decided so far is done."""

    healthy: int
    running: int
    gone: list[str] = field(default_factory=list)

    def drop(self, member: Member) -> None:
        self.gone.append(member.id)
        self.healthy -= member.healthy
        self.running -= member.phase is Phase.RUNNING and not member.failing


def step(goal: Goal, members: Sequence[Member]) -> Step:
    """The next step of a rolling deployment."""
    live = [member for member in members if member.live]
    own = [
        member for member in live
        if member.deployment == goal.primary and not member.failing and member.id not in goal.moving
    ]  # fmt: skip
    failing = [member for member in live if member.deployment == goal.primary and member.failing]
    old = [member for member in live if member.deployment != goal.primary]
    if goal.failed and goal.desired > 0:
        return Step()
    missing = max(0, goal.desired - len(own))
    room = max(0, goal.most - len(live))
    start = min(missing, room) if goal.may_start else 0
    count = _Count(
        healthy=sum(member.healthy and not member.failing for member in live),
        running=sum(member.phase is Phase.RUNNING and not member.failing for member in live),
    )
    for member in _surplus(own, goal.desired):
        count.drop(member)
    _retire(old, goal, count)
    blocked = missing > 0 and room == 0
    replace = [member.id for member in failing] if count.healthy >= goal.desired else []
    if blocked and not count.gone and not replace:
        replace = [member.id for member in (*failing, *old) if member.failing][:1]
    return Step(
        start=start,
        stop=tuple(count.gone),
        replace=tuple(replace),
        completed=_completed(goal, own, members) and not goal.moving,
        stuck=blocked and not count.gone and not replace and all(member.healthy for member in members),
    )


def _surplus(own: Sequence[Member], desired: int) -> list[Member]:
    """The ones beyond desired: the least useful first, then from the fullest zone, newest first."""
    left = list(own)
    dropped = []
    while len(left) > desired:
        crowd = Counter(member.place for member in left)
        worst = min(
            left,
            key=lambda member: (member.phase is Phase.RUNNING, member.healthy, -crowd[member.place], member.age),
        )
        left.remove(worst)
        dropped.append(worst)
    return dropped


def _retire(old: Sequence[Member], goal: Goal, count: _Count) -> None:
    """Stops tasks of older deployments as far as the minimum allows, the least useful first."""
    for member in sorted(old, key=lambda member: (member.phase is Phase.RUNNING, member.healthy, -member.age)):
        if member.phase is Phase.STARTING or _spare(member, goal, count):
            count.drop(member)


def _spare(member: Member, goal: Goal, count: _Count) -> bool:
    if member.failing:
        return count.healthy >= goal.least
    if member.healthy:
        return count.healthy - 1 >= goal.least
    return count.running - 1 >= goal.least


def _completed(goal: Goal, own: Sequence[Member], members: Sequence[Member]) -> bool:
    there = [member for member in own if member.phase is Phase.RUNNING and member.healthy]
    left = [member for member in members if member.deployment != goal.primary or (member.live and member.failing)]
    return len(there) == len(own) == goal.desired and not left and not goal.failed
