"""EventBridge's records: buses, rules with their targets, schedules, and deliveries that are still to be made."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from netflux.controlplane.records.table import Change, Schema

DEFAULT = "default"
ENABLED, DISABLED = "ENABLED", "DISABLED"


@dataclass(frozen=True)
class Bus:
    """An event bus beside `default`, or what was put to that one.

    Attributes:
        policy: statements of PutPermission, by their id.
    """

    name: str
    arn: str
    created: datetime
    modified: datetime
    description: str = ""
    policy: dict[str, dict[str, Any]] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Rule:
    """What events of a bus go where.

    Attributes:
        pattern: JSON; empty where there is only a schedule.
        schedule: `rate(…)` or `cron(…)`; empty where there is only a pattern.
        targets: PutTargets' members, in the order in which they were put.
        due: in simulated time, when the schedule comes next; None without one, and while it is disabled.
    """

    name: str
    bus: str
    arn: str
    state: str = ENABLED
    pattern: str = ""
    schedule: str = ""
    description: str = ""
    role: str = ""
    targets: tuple[dict[str, Any], ...] = ()
    due: datetime | None = None
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Unique."""
        return f"{self.bus} {self.name}"


@dataclass(frozen=True)
class Delivery:
    """An event that a target has not got yet.

    Attributes:
        source: ARN of the rule or schedule.
        service: that is to be trusted by the target's role and policy, e.g. `events.amazonaws.com`.
        target: PutTargets' members, or a schedule's Target.
        body: what the target gets.
        first: in simulated time, since when it has been tried.
        due: in simulated time, when it is tried next.
        tries: how often it was tried.
    """

    id: str
    source: str
    service: str
    target: dict[str, Any]
    body: str
    first: datetime
    due: datetime
    tries: int = 0


@dataclass(frozen=True)
class ScheduleGroup:
    """A group of schedules beside `default`."""

    name: str
    arn: str
    created: datetime
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Schedule:
    """A schedule of EventBridge Scheduler.

    Attributes:
        target: CreateSchedule's members.
        start: not before; None for at once.
        end: not after.
        window: minutes within which it comes; 0 for exactly.
        after: `NONE`, or `DELETE` once it comes no more.
        last: in simulated time, the moment that it came for last, or was made.
        due: in simulated time, when it comes next; None where it does not.
    """

    name: str
    group: str
    arn: str
    expression: str
    zone: str
    target: dict[str, Any]
    created: datetime
    modified: datetime
    last: datetime
    state: str = ENABLED
    description: str = ""
    start: datetime | None = None
    end: datetime | None = None
    window: int = 0
    after: str = "NONE"
    due: datetime | None = None

    @property
    def key(self) -> str:
        """Unique."""
        return f"{self.group}/{self.name}"


BUS = Schema("events/bus", Bus, lambda bus: bus.name, remedy="Make it anew: aws events create-event-bus.")
RULE = Schema(
    "events/rule",
    Rule,
    lambda rule: rule.key,
    indices={
        "bus": lambda rule: (rule.bus,),
        "arn": lambda rule: (rule.arn,),
        "target": lambda rule: dict.fromkeys(str(one["Arn"]) for one in rule.targets),
    },
    remedy="Put it anew: aws events put-rule.",
)
DELIVERY = Schema("events/delivery", Delivery, lambda one: one.id, remedy="The event is lost to one target.")
SCHEDULE_GROUP = Schema("scheduler/group", ScheduleGroup, lambda group: group.name, remedy="Make it anew.")
SCHEDULE = Schema(
    "scheduler/schedule",
    Schedule,
    lambda schedule: schedule.key,
    indices={"group": lambda schedule: (schedule.group,)},
    remedy="Make it anew: aws scheduler create-schedule.",
)


def acts(change: Change) -> bool:
    """Whether something is due at another time after a change."""
    if change.table == DELIVERY.name:
        return change.after is not None
    if change.table not in (RULE.name, SCHEDULE.name):
        return False
    before, after = (one.due if one is not None else None for one in (change.before, change.after))
    return before != after
