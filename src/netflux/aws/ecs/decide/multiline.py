"""Which lines of a container's output are one log event: awslogs-multiline-pattern and awslogs-datetime-format. Pure.

A line that matches begins an event, the others belong to the one before.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping

from netflux import expressions
from netflux.expressions import Expression

PATTERN, FORMAT = "awslogs-multiline-pattern", "awslogs-datetime-format"
WAIT = 5.0
"""Real seconds that an event waits for more lines; Docker documentation of the awslogs driver's batches."""
LARGEST = 256 * 1024 - 26
"""Bytes of an event; API reference, PutLogEvents: 256 KB with 26 bytes of its own for each."""

_HOURS = r"(?:[01]\d|2[0-3])"
_DIRECTIVES: Mapping[str, str] = {
    "A": "|".join(calendar.day_name),
    "a": "|".join(calendar.day_abbr),
    "B": "|".join(list(calendar.month_name)[1:]),
    "b": "|".join(list(calendar.month_abbr)[1:]),
    "d": r"(?:0[1-9]|[12]\d|3[01])",
    "f": r"\d{6}",
    "H": _HOURS,
    "I": r"(?:0[1-9]|1[0-2])",
    "j": r"\d{3}",
    "L": r"\d{3}",
    "M": r"[0-5]\d",
    "m": r"(?:0[1-9]|1[0-2])",
    "p": "AM|PM",
    "S": r"(?:[0-5]\d|60)",
    "U": r"\d{2}",
    "w": r"[0-6]",
    "Y": r"\d{4}",
    "y": r"\d{2}",
    "Z": r"[A-Z]{1,4}T|UTC",
    "z": r"[+-]\d{4}",
    "%": "%",
}


def first_line(options: Mapping[str, str]) -> Expression | None:
    """What an event's first line matches; None where each line is an event.

    Raises:
        ValueError: says what is wrong with the options.
    """
    if PATTERN in options and FORMAT in options:
        raise ValueError(f"{PATTERN} and {FORMAT} can't be used together")
    written = options.get(PATTERN)
    if written is None and FORMAT in options:
        written = _of_format(options[FORMAT])
    if written is None:
        return None
    try:
        return expressions.compiled(written)
    except expressions.Invalid as error:
        raise ValueError(f"{PATTERN} is no regular expression of Go's: {error}") from error


def _of_format(text: str) -> str:
    found, rest = "", text
    while rest:
        before, sign, rest = rest.partition("%")
        found += re.escape(before)
        if sign:
            if rest[:1] not in _DIRECTIVES:
                raise ValueError(f"{FORMAT} has the unknown directive %{rest[:1]}")
            found += f"(?:{_DIRECTIVES[rest[0]]})"
            rest = rest[1:]
    return found


class Lines:
    """Gathers lines to events.

    Args:
        first: what an event's first line matches.
    """

    def __init__(self, first: Expression) -> None:
        self._first = first
        self._text = ""
        self._since = 0.0

    def add(self, line: str, now: float) -> str | None:
        """The event that ends before this line; None while one goes on.

        Args:
            line: without its end.
            now: real seconds of a monotonic clock.
        """
        ended = None
        size = len(self._text.encode()) + len(line.encode()) + 1
        if self._text and (self._first.search(line) or size > LARGEST):
            ended, self._text = self._text, ""
        if not self._text:
            self._since = now
        self._text += line + "\n"
        return ended

    @property
    def waiting(self) -> bool:
        """Whether an event goes on."""
        return bool(self._text)

    def rest(self, now: float | None = None) -> str | None:
        """The event that has waited long enough; without a time, the last one."""
        if not self._text or (now is not None and now - self._since < WAIT):
            return None
        ended, self._text = self._text, ""
        return ended
