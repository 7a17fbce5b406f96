"""Statistics of what was observed."""

from datetime import UTC, datetime, timedelta

from netflux.aws.cloudwatch.series import KEPT, Datum, Metric, Series, percentile, periods, statistics

START = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
METRIC = Metric("AWS/ApplicationELB", "RequestCount", frozenset({("LoadBalancer", "app/a/1")}))


def test_data_fall_into_the_period_of_their_time() -> None:
    series = Series()
    for seconds in (0, 30, 59, 60, 130):
        series.add(METRIC, Datum(START + timedelta(seconds=seconds), seconds, 1, "Count"))
    found = periods(series.data(METRIC, START, START + timedelta(seconds=130)), 60)
    assert {begun: [datum.total for datum in data] for begun, data in found.items()} == {
        START: [0, 30, 59], START + timedelta(seconds=60): [60],
    }  # fmt: skip


def test_the_least_and_the_most_are_told_only_where_they_were_observed() -> None:
    known = [Datum(START, 2, 1, "Count", 2, 2), Datum(START, 4, 1, "Count", 4, 4)]
    assert statistics(known) == {"Sum": 6, "SampleCount": 2, "Average": 3, "Minimum": 2, "Maximum": 4}
    assert statistics([*known, Datum(START, 6, 4, "Count")]) == {"Sum": 12, "SampleCount": 6, "Average": 2}


def test_old_data_are_forgotten() -> None:
    series = Series()
    for moment in (START, START + KEPT + timedelta(seconds=1)):
        series.add(METRIC, Datum(moment, 1, 1, "Count"))
    assert len(series.data(METRIC, START, START + 2 * KEPT)) == 1


def test_a_percentile_is_a_sample_and_known_only_where_all_samples_are() -> None:
    one = Datum(START, 1.3, 4, "Seconds", spread={0.1: 3, 1.0: 1})
    other = Datum(START, 0.2, 1, "Seconds", spread={0.2: 1})
    found = [percentile([one, other], percent) for percent in (0, 50, 60, 80, 81, 100)]
    assert found == [0.1, 0.1, 0.1, 0.2, 1.0, 1.0]
    assert percentile([one, Datum(START, 1, 1, "Seconds")], 50) is None
    assert percentile([], 50) is None
