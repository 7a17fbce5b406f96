"""How many tasks a service shall have by its target tracking policies. Pure.

Developer guide of ECS, "Target tracking scaling policies"; API reference, TargetTrackingScalingPolicyConfiguration. The
alarms that AWS makes look at three minutes to scale out and at fifteen, below nine tenths of the target, to scale in.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

OUT_POINTS, IN_POINTS = 3, 15
IN_SHARE = 0.9
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
class Reading:
    """A policy and its metric's values, a minute apart, the newest last; None for a minute that was not measured."""

    policy: Policy
    values: tuple[float | None, ...]


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


def decide(bounds: Bounds, readings: Sequence[Reading], current: int, past: Past, *, deploying: bool) -> Change | None:
    """The change to make now; None for none. What adds most wins, and nothing goes unless all policies allow it.

    Args:
        bounds: of the scalable target.
        readings: of its policies.
        current: desired count of the service.
        past: when it was changed.
        deploying: a deployment of the service is in progress, while which AWS takes no tasks away.
    """
    out = _out(readings, current, past)
    if out is not None:
        count = min(bounds.most, max(out.count, bounds.least))
        blocked = bounds.out_suspended or count <= current
        return None if blocked else Change(count, out.policy, out.alarm)
    into = _into(readings, current, past)
    if into is None or bounds.in_suspended or deploying:
        return None
    count = max(into.count, bounds.least)
    return Change(count, into.policy, into.alarm) if count < current else None


def _out(readings: Sequence[Reading], current: int, past: Past) -> Change | None:
    """In the cooldown the tasks that the last change has added count as a part of what is added now."""
    wanted = []
    for reading in readings:
        policy, recent = reading.policy, reading.values[-OUT_POINTS:]
        known = [value for value in recent if value is not None and value > policy.target]
        if len(known) == OUT_POINTS:
            cooling = past.since_out is not None and past.since_out < policy.out_cooldown
            wanted.append(
                Change(_count(past.base if cooling else current, known[-1], policy), policy.name, "AlarmHigh")
            )
    return max(wanted, key=lambda change: change.count, default=None)


def _into(readings: Sequence[Reading], current: int, past: Past) -> Change | None:
    wanted = []
    for reading in readings:
        policy, recent = reading.policy, reading.values[-IN_POINTS:]
        if not policy.scales_in:
            continue
        known = [value for value in recent if value is not None and value < IN_SHARE * policy.target]
        cooling = any(
            since is not None and since < cooldown
            for since, cooldown in ((past.since_in, policy.in_cooldown), (past.since_out, policy.out_cooldown))
        )
        if len(known) < IN_POINTS or cooling:
            return None
        wanted.append(Change(_count(current, known[-1], policy), policy.name, "AlarmLow"))
    return max(wanted, key=lambda change: change.count, default=None)


def _count(tasks: int, value: float, policy: Policy) -> int:
    """In proportion to the metric, rounded up: rather a task too many than one too few."""
    return math.ceil(tasks * value / policy.target)
