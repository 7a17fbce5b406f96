"""What clients have put by PutMetricData: on disk, and read as what was observed is."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from netflux.aws.cloudwatch.series import Datum, Metric, Observed
from netflux.clock import Clock
from netflux.controlplane.records.documents import Documents
from netflux.resources.cloudwatch import HOUR, METRIC, OBSERVATION, Observation, PutMetric, hour

KEPT = timedelta(days=15)
"""CloudWatch keeps one-minute data for 15 days ("Metrics retention", Amazon CloudWatch User Guide)."""
_AHEAD = timedelta(hours=3)  # nothing is put for later than two hours from now
_MOST_VALUES = 500
"""Different values of one second that are told apart, for percentiles."""


class Submitted(Observed):
    """Metrics of clients.

    Args:
        documents: where they are kept.
        clock: of the region; data are kept by its seconds.
    """

    def __init__(self, documents: Documents, clock: Clock) -> None:
        self._documents = documents
        self._metrics = documents.table(METRIC)
        self._observations = documents.table(OBSERVATION)
        self._clock = clock
        self._swept = ""

    def put(self, metric: Metric, observed: Observation) -> None:
        """Adds to what is known of the metric.

        Args:
            metric: of the observation.
            observed: at any time; the metric's key and the second's beginning are filled in.
        """
        known = PutMetric(metric.namespace, metric.name, tuple(sorted(metric.dimensions)))
        if known.key not in self._metrics:
            self._metrics.put(known)
        second = self._clock.real(1.0)
        one = replace(observed, metric=known.key, time=math.floor(observed.time / second + 1e-6) * second)
        before = self._observations.get(one.key)
        self._observations.put(one if before is None else _together(before, one))

    def data(self, metric: Metric, start: datetime, end: datetime) -> Sequence[Datum]:
        """See Observed."""
        now = self._clock.now()
        begin, stop = max(start, now - KEPT).timestamp(), min(end, now + _AHEAD).timestamp()
        key = PutMetric(metric.namespace, metric.name, tuple(sorted(metric.dimensions))).key
        found = [
            one
            for number in range(int(begin // HOUR), math.ceil(stop / HOUR))
            for one in self._observations.where("hour", hour(key, number))
            if begin <= one.time < stop
        ]
        return [_datum(one) for one in sorted(found, key=lambda one: one.time)]

    def metrics(self) -> list[Metric]:
        """See Observed."""
        return [Metric(one.namespace, one.name, frozenset(one.dimensions)) for one in self._metrics]

    def forget(self) -> None:
        """Once a day: deletes what is too old, and metrics of which nothing is left."""
        now = self._clock.now()
        if self._swept == now.date().isoformat():
            return
        self._swept = now.date().isoformat()
        oldest = (now - KEPT).timestamp()
        with self._documents.transaction():
            for one in [one for one in self._observations if one.time < oldest]:
                self._observations.delete(one.key)
            for metric in [one for one in self._metrics if not self._observations.has("metric", one.key)]:
                self._metrics.delete(metric.key)


def _together(one: Observation, other: Observation) -> Observation:
    values = pairs((*one.values, *other.values))
    known = one.values and other.values and len(values) <= _MOST_VALUES
    return replace(
        one,
        count=one.count + other.count,
        total=one.total + other.total,
        least=min(one.least, other.least),
        most=max(one.most, other.most),
        values=values if known else (),
    )


def _datum(one: Observation) -> Datum:
    spread = dict(one.values) or None
    return Datum(datetime.fromtimestamp(one.time, UTC), one.total, one.count, one.unit, one.least, one.most, spread)


def pairs(values: Iterable[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """How many samples had each value, the smallest first."""
    found: dict[float, float] = {}
    for value, count in values:
        found[value] = found.get(value, 0.0) + count
    return tuple(sorted(found.items()))
