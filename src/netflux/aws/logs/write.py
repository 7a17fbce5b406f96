"""Which events PutLogEvents takes: pure [PutLogEvents]."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from netflux.aws.logs.store import DAY
from netflux.aws.logs.stream import OVERHEAD
from netflux.errors import AwsError

MOST_EVENTS = 10_000
MOST_BYTES = 1_048_576
NEWEST = 2 * 3_600_000
"""Milliseconds that an event may lie in the future."""
OLDEST = 14 * DAY
"""Milliseconds that an event may lie in the past."""


def accepted(
    events: Sequence[Mapping[str, Any]], now: int, retention: int
) -> tuple[list[tuple[int, str]], dict[str, int]]:
    """(timestamp, message) of the events to keep, and the shape RejectedLogEventsInfo of the others.

    Args:
        now: milliseconds since the epoch.
        retention: days; 0 keeps events for ever.

    Raises:
        AwsError: InvalidParameterException when the batch as a whole is not allowed.
    """
    times = [event["timestamp"] for event in events]
    if any(later < earlier for earlier, later in pairwise(times)):
        raise _invalid("Log events in a single PutLogEvents request must be in chronological order.")
    if len(events) > MOST_EVENTS:
        raise _invalid(f"Upload too large: {len(events)} events exceed the limit of {MOST_EVENTS}.")
    size = sum(len(event["message"].encode()) + OVERHEAD for event in events)
    if size > MOST_BYTES:
        raise _invalid(f"Upload too large: {size} bytes exceeds limit of {MOST_BYTES}")
    if times and times[-1] - times[0] > DAY:
        raise _invalid("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.")
    rejected: dict[str, int] = {}
    expired = sum(time < now - retention * DAY for time in times) if retention else 0
    old = sum(time < now - OLDEST for time in times)
    new = sum(time <= now + NEWEST for time in times)
    if expired:
        rejected["expiredLogEventEndIndex"] = expired
    if old:
        rejected["tooOldLogEventEndIndex"] = old
    if new < len(times):
        rejected["tooNewLogEventStartIndex"] = new
    return [(event["timestamp"], event["message"]) for event in events[max(expired, old) : new]], rejected


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterException", message)
