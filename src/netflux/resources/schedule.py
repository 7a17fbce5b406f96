"""When what is scheduled is due: `at(…)`, `rate(…)` and `cron(…)`. Pure.

Amazon EventBridge User Guide, "Setting a schedule pattern"; Application Auto Scaling user guide, "Use cron
expressions" and API reference, PutScheduledAction.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from netflux.errors import AwsError

_UNITS = {"minute": 60, "hour": 3600, "day": 86400}
_MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
_DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
_END = re.compile(r"L|LW|([1-9]|[12][0-9]|3[01])W")
_PLACE = re.compile(r"[1-7](#[1-5]|L)")
_RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (1, 7), (1970, 2199))
_LONGEST = 1600
"""Characters; API reference, PutScheduledAction, as its parameters are bounded."""
_RARELY = 100 * 366 * 86400
"""Seconds: a time that a calendar has is the next one."""
_FAR = 5 * 366
"""Days that are searched for the next time of a cron expression: the 29th of February is never further."""


@dataclass(frozen=True)
class At:
    """Once."""

    moment: datetime

    def after(self, moment: datetime) -> datetime | None:
        """The next time after that moment; None when there is none."""
        return self.moment if self.moment > moment else None


@dataclass(frozen=True)
class Rate:
    """Again and again."""

    interval: timedelta

    def after(self, moment: datetime) -> datetime | None:
        """The next time after that moment."""
        return moment + self.interval


@dataclass(frozen=True)
class Cron:
    """By the calendar of a time zone; `days` counts from 1, Sunday, as AWS does.

    Attributes:
        ends: of a month: `L` is its last day, `LW` its last weekday, `15W` the weekday nearest to the 15th.
        places: of a day in its month: `2#3` is the third Monday, `6L` the last Friday.
    """

    minutes: frozenset[int]
    hours: frozenset[int]
    dates: frozenset[int]
    months: frozenset[int]
    days: frozenset[int]
    years: frozenset[int]
    zone: ZoneInfo
    ends: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()

    def after(self, moment: datetime) -> datetime | None:
        """The next time after that moment; None when there is none within five years."""
        local = moment.astimezone(self.zone)
        for number in range(_FAR):
            day = local.date() + timedelta(days=number)
            if self._on(day):
                for found in self._times(day):
                    if found > moment:
                        return found
        return None

    def _on(self, day: date) -> bool:
        weekday = day.isoweekday() % 7 + 1
        on_date = day.day in self.dates or any(_ends(day, end) for end in self.ends)
        on_day = weekday in self.days or any(_placed(day, weekday, place) for place in self.places)
        return on_date and on_day and day.month in self.months and day.year in self.years

    def _times(self, day: date) -> Iterator[datetime]:
        for hour in sorted(self.hours):
            for minute in sorted(self.minutes):
                yield datetime.combine(day, time(hour, minute), self.zone).astimezone(UTC)


def _ends(day: date, end: str) -> bool:
    last = calendar.monthrange(day.year, day.month)[1]
    if end == "L":
        return day.day == last
    wanted = last if end == "LW" else min(int(end[:-1]), last)
    weekday = date(day.year, day.month, wanted).isoweekday()
    if weekday == 6:
        wanted += -1 if wanted > 1 else 2
    elif weekday == 7:
        wanted += 1 if wanted < last else -2
    return day.day == wanted


def _placed(day: date, weekday: int, place: str) -> bool:
    if weekday != int(place[0]):
        return False
    if place.endswith("L"):
        return day.day + 7 > calendar.monthrange(day.year, day.month)[1]
    return (day.day - 1) // 7 + 1 == int(place[2])


Schedule = At | Rate | Cron


def read(text: str, zone: str | None) -> Schedule:
    """The schedule that a text names; AwsError where it names none."""
    if len(text) > _LONGEST:
        raise _invalid(f"{text[:80]}…", f"it has more than {_LONGEST} characters")
    written = re.fullmatch(r"(at|rate|cron)\((.*)\)", text.strip())
    if written is None:
        raise _invalid(text, "it must be at(yyyy-mm-ddThh:mm:ss), rate(value unit) or cron(six fields)")
    kind, inside = written.groups()
    try:
        place = ZoneInfo(zone or "UTC")
    except (KeyError, ValueError) as error:
        raise AwsError("ValidationException", f"Timezone {zone} is not known") from error
    if kind == "at":
        return _at(text, inside, place)
    return _rate(text, inside) if kind == "rate" else _cron(text, inside, place)


def _at(text: str, inside: str, zone: ZoneInfo) -> At:
    try:
        return At(datetime.strptime(inside, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=zone).astimezone(UTC))
    except (ValueError, OverflowError) as error:
        raise _invalid(text, "the time must be yyyy-mm-ddThh:mm:ss") from error


def _rate(text: str, inside: str) -> Rate:
    written = re.fullmatch(r"([1-9][0-9]*) (minute|hour|day)(s?)", inside)
    if written is None or (written[1] == "1") == bool(written[3]):
        raise _invalid(text, "a rate is a number and minute, minutes, hour, hours, day or days")
    if len(written[1]) > 9 or int(written[1]) * _UNITS[written[2]] > _RARELY:
        raise _invalid(text, "a rate is at most a hundred years")
    return Rate(timedelta(seconds=int(written[1]) * _UNITS[written[2]]))


def _cron(text: str, inside: str, zone: ZoneInfo) -> Cron:
    fields = inside.upper().split()
    if len(fields) != len(_RANGES):
        raise _invalid(text, "a cron expression has minutes, hours, day of month, month, day of week and year")
    if (fields[2] == "?") == (fields[4] == "?"):
        raise _invalid(text, "either the day of month or the day of week is ?")
    fields[4] = "7" if fields[4] == "L" else _numbered(fields[4], _DAYS)
    ends = [part for part in fields[2].split(",") if _END.fullmatch(part)]
    places = [part for part in fields[4].split(",") if _PLACE.fullmatch(part)]
    fields[2], fields[4] = _without(fields[2], ends), _without(fields[4], places)
    minutes, hours, dates, months, days, years = (_field(text, one, number) for number, one in enumerate(fields))
    return Cron(minutes, hours, dates, months, days, years, zone, frozenset(ends), frozenset(places))


def _without(field: str, parts: list[str]) -> str:
    return ",".join(part for part in field.split(",") if part not in parts)


def _numbered(written: str, names: list[str]) -> str:
    for position, name in enumerate(names):
        written = written.replace(name, str(position + 1))
    return written


def _field(text: str, written: str, number: int) -> frozenset[int]:
    first, last = _RANGES[number]
    if not written:
        return frozenset()
    written = _numbered(written, _MONTHS) if number == 3 else written
    found: set[int] = set()
    for part in written.split(","):
        spread = re.fullmatch(r"(?:([*?])|(\d+)(?:-(\d+))?)(?:/([1-9]\d*))?", part)
        if spread is None:
            raise _invalid(text, f"{part} can't be read")
        begin = first if spread[1] else int(spread[2])
        end = last if spread[1] or (spread[4] and not spread[3]) else int(spread[3] or begin)
        if not first <= begin <= end <= last:
            raise _invalid(text, f"{part} is not within {first} to {last}")
        found.update(range(begin, end + 1, int(spread[4] or 1)))
    return frozenset(found)


def _invalid(text: str, why: str) -> AwsError:
    return AwsError("ValidationException", f"Parameter Schedule {text} is not valid: {why}")


def within(read: Schedule, last: datetime, start: datetime | None, end: datetime | None) -> datetime | None:
    """The next time after the last one that is neither before the start nor after the end; None when there is none.

    A rate begins with its start.
    """
    if start is not None and last < start:
        last = start - read.interval if isinstance(read, Rate) else start - timedelta(microseconds=1)
    found = read.after(last)
    return None if found is None or (end is not None and found > end) else found
