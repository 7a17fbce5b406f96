"""The windows for backups and maintenance: their form, their length, and that they don't overlap. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from netflux.aws.rds.part import combination, invalid

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY, _WEEK = 24 * 60, 7 * 24 * 60
_LEAST, _MOST = 30, 24 * 60
"""Minutes."""
_TIME = r"([01][0-9]|2[0-3]):([0-5][0-9])"
_BACKUP = re.compile(f"{_TIME}-{_TIME}")
_MAINTENANCE = re.compile(f"([a-z]{{3}}):{_TIME}-([a-z]{{3}}):{_TIME}")


def check(backup: str, maintenance: str) -> None:
    """AwsError for a window that is none ("CreateDBInstance", Amazon RDS API Reference)."""
    daily, weekly = _daily(backup), _weekly(maintenance)
    busy = {*_minutes(*weekly)}
    for day in range(7):
        if busy & {*_minutes(daily[0] + day * _DAY, daily[1])}:
            raise combination("The backup window and maintenance window must not overlap.")


def began(backup: str, now: datetime) -> datetime | None:
    """When the daily window began in which it is now; None outside of it."""
    begin, length = _daily(backup)
    minutes = now.hour * 60 + now.minute
    since = (minutes - begin) % _DAY
    if since >= length:
        return None
    return now.replace(second=0, microsecond=0) - timedelta(minutes=since)


def _daily(window: str) -> tuple[int, int]:
    """The minute of the day at which it begins, and how many it lasts."""
    found = _BACKUP.fullmatch(window)
    if found is None:
        raise invalid(
            f"Invalid backup window format: {window}. Should be specified as a range hh24:mi-hh24:mi (24H Clock UTC). "
            "Example: 04:00-04:30"
        )
    hours = [int(part) for part in found.groups()]
    begin, end = hours[0] * 60 + hours[1], hours[2] * 60 + hours[3]
    return begin, _length("backup", window, (end - begin) % _DAY)


def _weekly(window: str) -> tuple[int, int]:
    """The minute of the week at which it begins, and how many it lasts."""
    found = _MAINTENANCE.fullmatch(window.lower())
    if found is None or not {found[1], found[4]} <= {*_DAYS}:
        raise invalid(
            f"Invalid maintenance window format: {window}. Should be specified as a range ddd:hh24:mi-ddd:hh24:mi (24H "
            "Clock UTC). Example: Sun:23:45-Mon:00:15"
        )
    begin = _DAYS.index(found[1]) * _DAY + int(found[2]) * 60 + int(found[3])
    end = _DAYS.index(found[4]) * _DAY + int(found[5]) * 60 + int(found[6])
    return begin, _length("maintenance", window, (end - begin) % _WEEK)


def _length(kind: str, window: str, minutes: int) -> int:
    if not _LEAST <= minutes < _MOST:
        raise invalid(f"The {kind} window must be at least 30 minutes and less than a day: {window}.")
    return minutes


def _minutes(begin: int, length: int) -> Iterator[int]:
    yield from ((begin + minute) % _WEEK for minute in range(length))
