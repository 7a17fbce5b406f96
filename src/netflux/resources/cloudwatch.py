"""CloudWatch's records: alarms, what clients have put of their metrics, and dashboards."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from netflux.controlplane.records.table import Schema

HOUR = 3600


@dataclass(frozen=True)
class Alarm:
    """A metric alarm, or a composite one.

    Attributes:
        configuration: PutMetricAlarm's members, or PutCompositeAlarm's, but for tags.
        arn: of the alarm.
        state: OK, ALARM or INSUFFICIENT_DATA, as it was evaluated or set last.
        reason: of the state, in words.
        updated: when the state changed, in ISO 8601, as `configured`.
        configured: when it was put last.
        reasonData: of the state, as JSON.
        history: the newest first: changes of the state with `from`, `to`, `reason`, `at`, and actions with `action`,
            `at` and an `error`, which is empty where none was.
        tags: by key.
    """

    configuration: dict[str, Any]
    arn: str
    state: str
    reason: str
    updated: str
    configured: str
    reasonData: str | None = None  # noqa: N815 (so it stands on the disk)
    history: tuple[dict[str, str], ...] = ()
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Unique in the region."""
        return str(self.configuration["AlarmName"])

    @property
    def composite(self) -> bool:
        """Whether it looks at other alarms, not at a metric."""
        return "AlarmRule" in self.configuration


@dataclass(frozen=True)
class PutMetric:
    """A metric that clients have put data of.

    Attributes:
        dimensions: pairs of name and value, in the order of their names.
    """

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]

    @property
    def key(self) -> str:
        """The same for the same metric only."""
        return json.dumps([self.namespace, self.name, self.dimensions], separators=(",", ":"))


@dataclass(frozen=True)
class Observation:
    """What clients have put of a metric within one second.

    Attributes:
        metric: its key.
        time: seconds since the epoch, of the second's beginning.
        unit: CloudWatch's; `None` where none was given.
        count: samples.
        total: their sum.
        least: the smallest.
        most: the largest.
        values: how many samples had each value; nothing where only statistics are known.
    """

    metric: str
    time: float
    unit: str
    count: float
    total: float
    least: float
    most: float
    values: tuple[tuple[float, float], ...] = ()

    @property
    def key(self) -> str:
        """Of this metric, second and unit."""
        return f"{self.time:.3f} {self.unit} {self.metric}"


@dataclass(frozen=True)
class Dashboard:
    """A dashboard, which nobody draws here.

    Attributes:
        body: JSON, as it was put.
        modified: ISO 8601.
    """

    name: str
    arn: str
    body: str
    modified: str
    tags: Mapping[str, str] = field(default_factory=dict)


def hour(metric: str, number: int) -> str:
    """The text by which observations of an hour since the epoch are found."""
    return f"{number} {metric}"


ALARM = Schema(
    "cloudwatch.alarm",
    Alarm,
    lambda alarm: alarm.name,
    indices={"arn": lambda alarm: (alarm.arn,)},
    remedy="Make it anew: aws cloudwatch put-metric-alarm --alarm-name {key}.",
)
METRIC = Schema("cloudwatch/metric", PutMetric, lambda metric: metric.key, remedy="Put its data anew.")
OBSERVATION = Schema(
    "cloudwatch/observation",
    Observation,
    lambda one: one.key,
    indices={
        "hour": lambda one: (hour(one.metric, int(one.time // HOUR)),),
        "metric": lambda one: (one.metric,),
    },
    references={"metric": METRIC.name},
    remedy="It is of one second of a metric: put it anew.",
)
DASHBOARD = Schema(
    "cloudwatch/dashboard",
    Dashboard,
    lambda dashboard: dashboard.name,
    indices={"arn": lambda dashboard: (dashboard.arn,)},
    remedy="Make it anew: aws cloudwatch put-dashboard --dashboard-name {key}.",
)
