"""States of alarms, by the tables of CloudWatch's user guide: `-` is a missing point, `0` is within, `X` breaches."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netflux.aws.cloudwatch.decide import ALARM, COMPARISONS, INSUFFICIENT, OK, Condition, Point, judge, reason_data

START = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
BEFORE = "before"


def points(text: str) -> list[Point]:
    values = {"-": None, "0": 1.0, "X": 9.0}
    return [Point(START + timedelta(minutes=number), values[one]) for number, one in enumerate(text)]


def states(text: str, needed: int) -> list[str]:
    """By what a missing point is: missing, ignore, breaching, notBreaching."""
    return [
        judge(Condition("GreaterThanThreshold", 5.0, 3, needed, missing), points(text), BEFORE).state
        for missing in ("missing", "ignore", "breaching", "notBreaching")
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0-X-X", [OK, OK, OK, OK]),
        ("0----", [OK, OK, OK, OK]),
        ("-----", [INSUFFICIENT, BEFORE, ALARM, OK]),
        ("0XX-X", [ALARM, ALARM, ALARM, ALARM]),
        ("--X--", [ALARM, BEFORE, ALARM, OK]),
    ],
)
def test_three_of_three_points(text: str, expected: list[str]) -> None:
    assert states(text, 3) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0-X-X", [ALARM, ALARM, ALARM, ALARM]),
        ("00X0X", [ALARM, ALARM, ALARM, ALARM]),
        ("0-X--", [OK, OK, ALARM, OK]),
        ("----0", [OK, OK, ALARM, OK]),
        ("---X-", [ALARM, BEFORE, ALARM, OK]),
    ],
)
def test_two_of_three_points(text: str, expected: list[str]) -> None:
    assert states(text, 2) == expected


def test_too_few_points_that_all_breach_leave_the_state_as_it_is() -> None:
    assert states("----X", 3) == [BEFORE, BEFORE, ALARM, OK]


def test_the_reason_tells_what_was_seen() -> None:
    condition = Condition("GreaterThanThreshold", 5.0, 3, 2)
    verdict = judge(condition, points("00X0X"), OK)
    assert verdict.reason == (
        "Threshold Crossed: 2 out of the last 3 datapoints [9.0 (24/11/26 08:04:00), 9.0 (24/11/26 08:02:00)] were "
        "greater than the threshold (5.0) (minimum 2 datapoints for OK -> ALARM transition)."
    )
    told = json.loads(reason_data(verdict, condition, "Average", 60, START))
    assert (told["recentDatapoints"], told["threshold"]) == ([9.0, 1.0, 9.0], 5.0)
    calm = judge(Condition("GreaterThanThreshold", 5.0, 1, 1), points("000"), ALARM)
    assert "1 out of the last 1 datapoint [1.0 (24/11/26 08:02:00)] was not greater than the threshold" in calm.reason
    assert judge(condition, points("-----"), OK).reason == "Insufficient Data: 3 datapoints were unknown."


@given(
    st.lists(st.one_of(st.none(), st.floats(0, 10)), min_size=7, max_size=7),
    st.sampled_from([*COMPARISONS]), st.integers(1, 5), st.sampled_from([OK, ALARM, INSUFFICIENT]),
)  # fmt: skip
def test_with_all_points_there_the_state_is_a_count(values, comparison, needed, before) -> None:
    condition = Condition(comparison, 5.0, 5, needed)
    seen = [Point(START + timedelta(minutes=number), value) for number, value in enumerate(values)]
    verdict = judge(condition, seen, before)
    known = [value for value in values if value is not None][-5:]
    breaching = [value for value in known if condition.breaches(value)]
    if len(known) == 5:
        assert verdict.state == (ALARM if len(breaching) >= needed else OK)
    if not known:
        assert verdict.state == INSUFFICIENT
    if verdict.state == ALARM and before != ALARM:
        assert breaching
