"""The state of a metric alarm from the points of its metric. Pure.

CloudWatch user guide, "alarms-and-missing-data" and "alarm-evaluation": an alarm looks at a few more periods than it
evaluates, takes the newest points that are there, and fills in only what is missing then.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

OK, ALARM, INSUFFICIENT = "OK", "ALARM", "INSUFFICIENT_DATA"
MORE = 2
"""Periods that are looked at beyond those that are evaluated; AWS gives no number, its tables show two."""
COMPARISONS = {
    "GreaterThanOrEqualToThreshold": "greater than or equal to",
    "GreaterThanThreshold": "greater than",
    "LessThanThreshold": "less than",
    "LessThanOrEqualToThreshold": "less than or equal to",
}


@dataclass(frozen=True)
class Condition:
    """When an alarm is in ALARM.

    Attributes:
        comparison: one of COMPARISONS.
        threshold: what values are compared with.
        periods: how many points are evaluated.
        needed: how many of them must breach.
        missing: what a missing point is: `missing`, `ignore`, `breaching` or `notBreaching`.
    """

    comparison: str
    threshold: float
    periods: int
    needed: int
    missing: str = "missing"

    def breaches(self, value: float) -> bool:
        """Whether a value is on the wrong side."""
        if self.comparison == "GreaterThanThreshold":
            return value > self.threshold
        if self.comparison == "GreaterThanOrEqualToThreshold":
            return value >= self.threshold
        if self.comparison == "LessThanThreshold":
            return value < self.threshold
        return value <= self.threshold


@dataclass(frozen=True)
class Point:
    """A period's value; None where nothing was observed."""

    begun: datetime
    value: float | None


@dataclass(frozen=True)
class Verdict:
    """A state, and what it was seen by.

    Attributes:
        state: OK, ALARM or INSUFFICIENT_DATA.
        reason: in CloudWatch's words.
        points: the values that were evaluated, the newest last.
    """

    state: str
    reason: str
    points: tuple[Point, ...]

    @property
    def value(self) -> float | None:
        """The newest value."""
        return self.points[-1].value if self.points else None


def judge(condition: Condition, points: Sequence[Point], before: str) -> Verdict:
    """The state now.

    Args:
        condition: of the alarm.
        points: of `periods + MORE` periods, the newest last.
        before: the state until now, which `ignore` keeps.
    """
    known = tuple(point for point in points if point.value is not None)[-condition.periods :]
    breaching = [point for point in known if point.value is not None and condition.breaches(point.value)]
    missing = condition.periods - len(known)
    if not known:
        return Verdict(*_without_data(condition, before), ())
    if len(breaching) + (missing if condition.missing == "breaching" else 0) >= condition.needed:
        state = ALARM
    elif missing and len(breaching) == len(known) and condition.missing in ("missing", "ignore"):
        old_enough = len(points) - points.index(breaching[0]) >= condition.needed
        state = ALARM if old_enough and condition.missing == "missing" else before
    else:
        state = OK
    return Verdict(state, _crossed(condition, known, breaching, state), known)


def _without_data(condition: Condition, before: str) -> tuple[str, str]:
    count = condition.periods
    unknown = f"{count} datapoint{'s were' if count > 1 else ' was'} unknown"
    if condition.missing == "breaching":
        return ALARM, f"Threshold Crossed: no datapoints were received for {count} periods and [Breaching]"
    if condition.missing == "notBreaching":
        return OK, f"Threshold Crossed: no datapoints were received for {count} periods and [NonBreaching]"
    return before if condition.missing == "ignore" else INSUFFICIENT, f"Insufficient Data: {unknown}."


def _crossed(condition: Condition, known: Sequence[Point], breaching: Sequence[Point], state: str) -> str:
    shown = known if state == OK else breaching or known
    values = ", ".join(f"{point.value} ({point.begun:%d/%m/%y %H:%M:%S})" for point in reversed(shown))
    several = len(shown) > 1
    not_ = "" if breaching else "not "
    return (
        f"Threshold Crossed: {len(shown)} out of the last {condition.periods} datapoint"
        f"{'s' if condition.periods > 1 else ''} [{values}] {'were' if several else 'was'} {not_}"
        f"{COMPARISONS[condition.comparison]} the threshold ({condition.threshold}) (minimum {condition.needed} "
        f"datapoint{'s' if condition.needed > 1 else ''} for OK -> ALARM transition)."
    )


def reason_data(verdict: Verdict, condition: Condition, statistic: str | None, period: int, asked: datetime) -> str:
    """StateReasonData: the same for programs. An expression has no statistic."""
    told: dict[str, object] = {
        "version": "1.0", "queryDate": asked.isoformat(), "period": period,
        "recentDatapoints": [point.value for point in verdict.points], "threshold": condition.threshold,
    }  # fmt: skip
    if statistic is not None:
        told["statistic"] = statistic
    if verdict.points:
        told["startDate"] = verdict.points[0].begun.isoformat()
    return json.dumps(told)
