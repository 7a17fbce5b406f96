"""Which events an answer holds, and the tokens that go on from there: pure."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from netflux.aws.logs.stream import OVERHEAD, Event
from netflux.errors import AwsError

MOST_EVENTS = 10_000
MOST_BYTES = 1_048_576
"""The most that one answer holds [GetLogEvents]."""

_Place = tuple[int, int]


def window(events: Sequence[Event], request: Mapping[str, Any]) -> tuple[list[Event], str, str]:
    """GetLogEvents: the events, and the tokens forward and backward.

    A token names a place between events, so it stays right while events arrive; at either end the same
    token comes back.
    """
    start, end = request.get("startTime", 0), request.get("endTime", 2**63)
    inside = [event for event in events if start <= event.timestamp < end]
    limit = request.get("limit", MOST_EVENTS)
    token = request.get("nextToken", "")
    direction, place = _read(token) if token else ("f" if request.get("startFromHead") else "b", None)
    if direction == "f":
        rest = [event for event in inside if place is None or _place(event) > place]
        shown = _fitting(rest, limit)
    else:
        rest = [event for event in inside if place is None or _place(event) < place]
        shown = _fitting(rest[::-1], limit)[::-1]
    if shown:
        return shown, _token("f", _place(shown[-1])), _token("b", _place(shown[0]))
    if place is None:
        place = (0, -1)
    return [], _token("f", place), _token("b", place)


def page(found: Sequence[tuple[Event, str]], token: str, limit: int) -> tuple[list[tuple[Event, str]], str]:
    """FilterLogEvents: the page after the token of events with their stream's name, in order, and the next token."""
    after = _read_page(token)
    rest = [one for one in found if after is None or _order(one) > after]
    sizes = 0
    shown: list[tuple[Event, str]] = []
    for one in rest[:limit]:
        sizes += len(one[0].message.encode()) + OVERHEAD
        if shown and sizes > MOST_BYTES:
            break
        shown.append(one)
    if len(shown) == len(rest):
        return shown, ""
    timestamp, stream, number = _order(shown[-1])
    return shown, base64.urlsafe_b64encode(f"{timestamp}/{number}/{stream}".encode()).decode()


def _order(one: tuple[Event, str]) -> tuple[int, str, int]:
    event, stream = one
    return event.timestamp, stream, event.number


def _fitting(events: Sequence[Event], limit: int) -> list[Event]:
    size = 0
    shown: list[Event] = []
    for event in events[:limit]:
        size += len(event.message.encode()) + OVERHEAD
        if shown and size > MOST_BYTES:
            break
        shown.append(event)
    return shown


def _place(event: Event) -> _Place:
    return event.timestamp, event.number


def _token(direction: str, place: _Place) -> str:
    return f"{direction}/{place[0]:020d}.{place[1] + 1:012d}/s"


def _read(token: str) -> tuple[str, _Place]:
    direction, _, rest = token.partition("/")
    timestamp, _, number = rest.removesuffix("/s").partition(".")
    if direction not in ("f", "b") or not timestamp.isdigit() or not number.isdigit():
        raise AwsError("InvalidParameterException", "The specified nextToken is invalid.")
    return direction, (int(timestamp), int(number) - 1)


def _read_page(token: str) -> tuple[int, str, int] | None:
    if not token:
        return None
    try:
        timestamp, number, stream = base64.urlsafe_b64decode(token).decode().split("/", 2)
        return int(timestamp), stream, int(number)
    except ValueError as error:
        raise AwsError("InvalidParameterException", "The specified nextToken is invalid.") from error
