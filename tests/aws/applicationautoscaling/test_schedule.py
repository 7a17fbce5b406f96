"""When scheduled actions are due."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netflux.errors import AwsError
from netflux.resources.schedule import read, within

TUESDAY = datetime(2026, 11, 24, 10, 58, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("at(2026-12-01T08:00:00)", None, "2026-12-01T08:00:00+00:00"),
        ("at(2026-12-01T08:00:00)", "America/New_York", "2026-12-01T13:00:00+00:00"),
        ("rate(5 minutes)", None, "2026-11-24T11:03:30+00:00"),
        ("rate(1 day)", None, "2026-11-25T10:58:30+00:00"),
        ("cron(0 12 * * ? *)", None, "2026-11-24T12:00:00+00:00"),
        ("cron(0 8 ? * MON-FRI *)", None, "2026-11-25T08:00:00+00:00"),
        ("cron(0 8 ? * SUN *)", "Europe/Berlin", "2026-11-29T07:00:00+00:00"),
        ("cron(0/15 10,11 * * ? *)", None, "2026-11-24T11:00:00+00:00"),
        ("cron(30 6 1 JAN-MAR/2 ? *)", None, "2027-01-01T06:30:00+00:00"),
        ("cron(0 0 29 2 ? *)", None, "2028-02-29T00:00:00+00:00"),
        ("cron(0 0 1 1 ? 2020)", None, None),
    ],
)
def test_the_next_time(text: str, zone: str | None, expected: str | None) -> None:
    found = read(text, zone).after(TUESDAY)
    assert (found and found.isoformat()) == expected


@pytest.mark.parametrize(
    "text",
    [
        "every day", "at(tomorrow)", "rate(0 minutes)", "rate(1 minutes)", "rate(2 minute)", "rate(1 week)",
        "cron(0 8 * * *)", "cron(0 8 * * * *)", "cron(0 8 ? * ? *)", "cron(60 8 * * ? *)", "cron(5-1 8 * * ? *)",
    ],
)  # fmt: skip
def test_what_is_no_schedule_is_refused(text: str) -> None:
    with pytest.raises(AwsError, match="is not valid") as caught:
        read(text, None)
    assert caught.value.code == "ValidationException"


@pytest.mark.parametrize(
    ("fields", "first"),
    [
        ("0 8 L * ? *", "2026-11-30"),
        ("0 8 LW * ? *", "2026-11-30"),
        ("0 8 1W * ? *", "2026-12-01"),
        ("0 8 15W 8 ? *", "2027-08-16"),
        ("0 8 ? * 2#1 *", "2026-12-07"),
        ("0 8 ? * MON#1 *", "2026-12-07"),
        ("0 8 ? * 6L *", "2026-12-25"),
        ("0 8 ? * L *", "2026-12-05"),
        ("0 8 1,L 12 ? *", "2026-12-01"),
    ],
)
def test_days_are_told_by_their_place_in_the_month(fields: str, first: str) -> None:
    found = read(f"cron({fields})", None).after(datetime(2026, 11, 29, tzinfo=UTC))
    assert found is not None
    assert found.date().isoformat() == first


def test_what_is_not_carried_is_named() -> None:
    with pytest.raises(AwsError, match="Timezone Mars is not known"):
        read("rate(1 day)", "Mars")


def test_a_schedule_keeps_to_its_start_and_its_end() -> None:
    rate = read("rate(1 hour)", None)
    start = TUESDAY + timedelta(days=1)
    assert within(rate, TUESDAY, start, None) == start
    assert within(rate, start, start, None) == start + timedelta(hours=1)
    assert within(rate, TUESDAY, None, TUESDAY + timedelta(minutes=59)) is None
    noon = read("cron(0 12 * * ? *)", None)
    assert within(noon, TUESDAY, start.replace(hour=12, minute=0, second=0), None) == datetime(
        2026, 11, 25, 12, tzinfo=UTC
    )


@given(st.integers(0, 59), st.integers(0, 23), st.datetimes(timezones=st.just(UTC)))
def test_a_daily_time_is_within_a_day_and_is_that_time(minute: int, hour: int, moment: datetime) -> None:
    moment = moment.replace(year=2000 + moment.year % 100 // 4 * 4)
    found = read(f"cron({minute} {hour} * * ? *)", None).after(moment)
    assert found is not None
    assert timedelta() < found - moment <= timedelta(days=1)
    assert (found.hour, found.minute, found.second) == (hour, minute, 0)


@pytest.mark.parametrize(
    "text",
    ["rate(99999999999999999999 days)", f"rate({'9' * 5000} days)", "rate(3000000 days)", "at(0001-01-01T00:00:00)",
     f"cron({'1,' * 50_000}1 * * * ? *)"],
)  # fmt: skip
def test_what_no_calendar_has_is_refused(text: str) -> None:
    with pytest.raises(AwsError) as refused:
        read(text, "Asia/Tokyo")
    assert refused.value.code == "ValidationException"
    assert len(refused.value.message) < 500


def test_a_date_that_never_comes_is_looked_for_within_bounds() -> None:
    assert read("cron(0 0 31 2 ? *)", None).after(TUESDAY) is None
