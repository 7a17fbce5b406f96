"""Metrics that were observed, in memory, and their statistics. Pure but for what it keeps."""

from __future__ import annotations

import math
import re
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from netflux.errors import Unsupported

STATISTICS = ("Sum", "SampleCount", "Average", "Minimum", "Maximum")
PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d+)?|100)")
KEPT = timedelta(hours=3)
"""CloudWatch keeps one-minute data for 15 days; here it lives as long as the region, and this long at most."""

Dimensions = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Metric:
    """What is measured, and of whom."""

    namespace: str
    name: str
    dimensions: Dimensions


@dataclass(frozen=True)
class Datum:
    """What was observed in one span of time.

    Attributes:
        time: in the span, as CloudWatch would date it: its beginning, or else its end.
        total: the sum of the samples.
        count: how many samples.
        unit: CloudWatch's, e.g. `Count`.
        least, most: None where only the sum is known.
        spread: how many samples had each value; None where it is not known.
    """

    time: datetime
    total: float
    count: float
    unit: str
    least: float | None = None
    most: float | None = None
    spread: Mapping[float, float] | None = None


class Observed(Protocol):
    """Metrics and their data, wherever they are kept."""

    def data(self, metric: Metric, start: datetime, end: datetime) -> Sequence[Datum]:
        """From `start` to before `end`, the oldest first."""
        ...

    def metrics(self) -> list[Metric]:
        """Those that have data."""
        ...


class Series(Observed):
    """All metrics that the region itself observes."""

    def __init__(self) -> None:
        self._data: dict[Metric, deque[Datum]] = {}

    def add(self, metric: Metric, datum: Datum) -> None:
        """One more datum, newer than the last."""
        data = self._data.setdefault(metric, deque())
        data.append(datum)
        while data[0].time < datum.time - KEPT:
            data.popleft()

    def data(self, metric: Metric, start: datetime, end: datetime) -> Sequence[Datum]:
        """See Observed."""
        return [datum for datum in self._data.get(metric, ()) if start <= datum.time < end]

    def metrics(self) -> list[Metric]:
        """See Observed."""
        return [*self._data]


def of_unit(data: Iterable[Datum], unit: str) -> list[Datum]:
    """Those of the unit; all where none is named."""
    return [datum for datum in data if unit in ("", datum.unit)]


def periods(data: Iterable[Datum], seconds: int) -> dict[datetime, list[Datum]]:
    """The data by the beginning of their period."""
    found: dict[datetime, list[Datum]] = {}
    for datum in data:
        begun = datum.time.timestamp() // seconds * seconds
        found.setdefault(datetime.fromtimestamp(begun, UTC), []).append(datum)
    return found


def statistics(data: Iterable[Datum]) -> Mapping[str, float]:
    """Of a period's data; Minimum and Maximum only where they were observed."""
    known = [*data]
    total, count = sum(datum.total for datum in known), sum(datum.count for datum in known)
    found = {"Sum": total, "SampleCount": count, "Average": total / count if count else 0.0}
    least = [datum.least for datum in known if datum.least is not None]
    most = [datum.most for datum in known if datum.most is not None]
    if least and len(least) == len(known):
        found["Minimum"] = min(least)
    if most and len(most) == len(known):
        found["Maximum"] = max(most)
    return found


def measured(data: Iterable[Datum], name: str) -> float | None:
    """A period's value by the name of a statistic or a percentile (`p99.9`); None where it was not observed."""
    found = PERCENTILE.fullmatch(name)
    if found:
        return percentile(data, float(found[1]))
    if name not in STATISTICS:
        raise Unsupported(f"The statistic {name} of metrics of AWS's services")
    return statistics(data).get(name)


def percentile(data: Iterable[Datum], percent: float) -> float | None:
    """The value that so many percent of a period's samples do not exceed; None where not all of them are known."""
    found: dict[float, float] = {}
    for datum in data:
        if datum.spread is None:
            return None
        for value, number in datum.spread.items():
            found[value] = found.get(value, 0) + number
    rank: float = max(math.ceil(sum(found.values()) * percent / 100), 1)
    for value, number in sorted(found.items()):
        rank -= number
        if rank <= 0:
            return value
    return None
