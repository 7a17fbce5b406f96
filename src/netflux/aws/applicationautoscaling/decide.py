"""How many tasks a service shall have by its scaling policies. Pure.

Developer guide of ECS, "Target tracking scaling policies"; Application Auto Scaling user guide, "step scaling
policies"; API reference, TargetTrackingScalingPolicyConfiguration and StepScalingPolicyConfiguration.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

COOLDOWN = 300
"""Seconds, for ECS services, unless the policy says otherwise."""


@dataclass(frozen=True)
class Policy:
    """A target tracking policy.

    Attributes:
        name: unique for its target.
        target: value of the metric to stay at.
        out_cooldown: simulated seconds.
        in_cooldown: simulated seconds.
        scales_in: false where that is turned off.
    """

    name: str
    target: float
    out_cooldown: float = COOLDOWN
    in_cooldown: float = COOLDOWN
    scales_in: bool = True


@dataclass(frozen=True)
class Alarm:
    """An alarm in ALARM: its name, and the newest value of its metric."""

    name: str
    value: float


@dataclass(frozen=True)
class Reading:
    """A target tracking policy, and those of its two alarms that are in ALARM."""

    policy: Policy
    high: Alarm | None = None
    low: Alarm | None = None


@dataclass(frozen=True)
class StepAdjustment:
    """What is done when the metric is so far beyond the alarm's threshold: from `lower` to `upper`; None has no end.

    Of the two the one that is nearer to the threshold is included.
    """

    lower: float | None
    upper: float | None
    amount: int

    def holds(self, excess: float) -> bool:
        """Whether the value is in this step, by its distance from the threshold."""
        lower = -math.inf if self.lower is None else self.lower
        upper = math.inf if self.upper is None else self.upper
        return lower <= excess < upper if lower >= 0 else lower < excess <= upper


@dataclass(frozen=True)
class StepPolicy:
    """A step scaling policy.

    Attributes:
        name: unique for its target.
        kind: `ChangeInCapacity`, `PercentChangeInCapacity` or `ExactCapacity`.
        steps: what is done, by distance.
        cooldown: simulated seconds.
        least: tasks that a percent changes at least; MinAdjustmentMagnitude.
    """

    name: str
    kind: str
    steps: tuple[StepAdjustment, ...]
    cooldown: float = 0.0
    least: int = 1


@dataclass(frozen=True)
class Breach:
    """A step scaling policy that an alarm calls for.

    Attributes:
        alarm: in ALARM.
        threshold: of the alarm.
    """

    policy: StepPolicy
    alarm: Alarm
    threshold: float


@dataclass(frozen=True)
class Bounds:
    """What the scalable target allows."""

    least: int
    most: int
    out_suspended: bool = False
    in_suspended: bool = False


@dataclass(frozen=True)
class Past:
    """Simulated seconds since the last changes; None when there was none.

    Attributes:
        since_out: since tasks were added.
        base: how many there were before that.
        since_in: since tasks were removed.
    """

    since_out: float | None = None
    base: int = 0
    since_in: float | None = None


@dataclass(frozen=True)
class Change:
    """What to do: the new count, and the policy and alarm that want it."""

    count: int
    policy: str
    alarm: str


@dataclass(frozen=True)
class NotScaled:
    """Why what a policy wants changes nothing. User guide, "Scaling activities", "not scaled reason codes".

    Attributes:
        code: the reason.
        capacity: what it is about: the bound, or the current count.
    """

    policy: str
    alarm: str
    code: str
    capacity: int


AT_MOST, AT_LEAST, AS_WANTED = "AlreadyAtMaxCapacity", "AlreadyAtMinCapacity", "AlreadyAtDesiredCapacity"


def decide(
    bounds: Bounds, wishes: Sequence[Reading | Breach], current: int, past: Past, *, deploying: bool
) -> Change | NotScaled | None:
    """The change to make now, or why there is none; None where nothing is wanted or allowed at all. What adds most
    wins, and target tracking takes tasks away only when all of its policies allow it.

    Args:
        bounds: of the scalable target.
        wishes: of its policies.
        current: desired count of the service.
        past: when it was changed.
        deploying: a deployment of the service is in progress, while which AWS takes no tasks away.
    """
    tracking = [wish for wish in wishes if isinstance(wish, Reading)]
    breaches = [wish for wish in wishes if isinstance(wish, Breach)]
    out = _most([*_out(tracking, current, past), *_steps_out(breaches, current, past)])
    if out is not None:
        return None if bounds.out_suspended else _added(out, bounds, current)
    into = _most([*_into(tracking, current, past), *_steps_in(breaches, current, past)])
    if into is None or bounds.in_suspended or deploying:
        return None
    return _taken(into, bounds, current)


def _added(wish: Change, bounds: Bounds, current: int) -> Change | NotScaled | None:
    count = min(bounds.most, max(wish.count, bounds.least))
    if count > current:
        return Change(count, wish.policy, wish.alarm)
    blocked = wish.count > current
    return NotScaled(wish.policy, wish.alarm, AT_MOST, bounds.most) if blocked else _as_wanted(wish, current)


def _taken(wish: Change, bounds: Bounds, current: int) -> Change | NotScaled | None:
    count = max(wish.count, bounds.least)
    if count < current:
        return Change(count, wish.policy, wish.alarm)
    blocked = wish.count < current
    return NotScaled(wish.policy, wish.alarm, AT_LEAST, bounds.least) if blocked else _as_wanted(wish, current)


def _as_wanted(wish: Change, current: int) -> NotScaled | None:
    """None in a cooldown, where less than there is may be wanted."""
    return NotScaled(wish.policy, wish.alarm, AS_WANTED, current) if wish.count == current else None


def _most(changes: Sequence[Change]) -> Change | None:
    return max(changes, key=lambda change: change.count, default=None)


def _base(current: int, past: Past, cooldown: float) -> int:
    """In the cooldown the tasks that the last change has added count as a part of what is added now."""
    return past.base if past.since_out is not None and past.since_out < cooldown else current


def _out(readings: Sequence[Reading], current: int, past: Past) -> list[Change]:
    return [
        Change(_count(_base(current, past, one.policy.out_cooldown), one.high.value, one.policy), one.policy.name,
               one.high.name)
        for one in readings if one.high is not None
    ]  # fmt: skip


def _into(readings: Sequence[Reading], current: int, past: Past) -> list[Change]:
    wanted = []
    for one in readings:
        policy = one.policy
        if not policy.scales_in:
            continue
        if (
            one.low is None
            or _within(past.since_in, policy.in_cooldown)
            or _within(past.since_out, policy.out_cooldown)
        ):
            return []
        wanted.append(Change(_count(current, one.low.value, policy), policy.name, one.low.name))
    return wanted


def _steps_out(breaches: Sequence[Breach], current: int, past: Past) -> list[Change]:
    changes = [_step(one, _base(current, past, one.policy.cooldown)) for one in breaches]
    return [change for change in changes if change is not None and change.count > current]


def _steps_in(breaches: Sequence[Breach], current: int, past: Past) -> list[Change]:
    changes = [_step(one, current) for one in breaches if not _within(past.since_in, one.policy.cooldown)]
    return [change for change in changes if change is not None and change.count < current]


def _step(breach: Breach, base: int) -> Change | None:
    excess = breach.alarm.value - breach.threshold
    step = next((one for one in breach.policy.steps if one.holds(excess)), None)
    if step is None:
        return None
    return Change(_adjusted(breach.policy, step.amount, base), breach.policy.name, breach.alarm.name)


def _adjusted(policy: StepPolicy, amount: int, base: int) -> int:
    if policy.kind == "ExactCapacity":
        return amount
    if policy.kind == "ChangeInCapacity":
        return max(0, base + amount)
    share = base * amount / 100
    # user guide, "Scaling adjustment types": above 1 rounded down, between 0 and 1 to 1; likewise below
    change = math.floor(share) if share > 0 else math.ceil(share)
    if amount and abs(change) < policy.least:
        change = policy.least if amount > 0 else -policy.least
    return max(0, base + change)


def _within(since: float | None, cooldown: float) -> bool:
    return since is not None and since < cooldown


def _count(tasks: int, value: float, policy: Policy) -> int:
    """In proportion to the metric, rounded up: rather a task too many than one too few."""
    return math.ceil(tasks * value / policy.target)
