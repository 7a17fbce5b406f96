"""Metric math: arithmetic over the values of one period. Pure.

CloudWatch user guide, "Using math expressions with CloudWatch metrics". A value that is missing, or divided by 0, makes
the result missing, unless FILL gives another. Of the functions that is the one that is here.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from netflux.errors import AwsError, Unsupported

Values = Mapping[str, float | None]
_Value = Callable[[Values], float | None]

_TOKEN = re.compile(r"\s*(?:(\d+(?:\.\d*)?|\.\d+)|([a-z]\w*)|([A-Z][A-Z0-9_]*)|([-+*/^(),]))")
_SUMS, _PRODUCTS = {"+": operator.add, "-": operator.sub}, {"*": operator.mul, "/": operator.truediv}
_MOST = 1024  # characters; API reference, MetricDataQuery
_DEEPEST = 64  # parentheses, signs and powers inside one another


@dataclass(frozen=True)
class Expression:
    """What is computed.

    Attributes:
        names: ids of the queries whose values are used.
        value: of a period; None where there is none.
    """

    names: frozenset[str]
    value: _Value


def parse(text: str) -> Expression:
    """ValidationError for what is none, Unsupported for a function that is not here."""
    if len(text) > _MOST:
        raise invalid(text)
    reader = _Reader(text)
    value = reader.sum()
    reader.end()
    return Expression(frozenset(reader.names), value)


def invalid(text: str) -> AwsError:
    """The error for an expression that can't be read."""
    return AwsError("ValidationError", f"Error in expression '{text}'")


class _Reader:
    """Reads by recursive descent: sums of products of powers."""

    def __init__(self, text: str) -> None:
        self.names: set[str] = set()
        self._text = text
        self._at = 0
        self._level = 0

    def sum(self) -> _Value:
        return self._row(_SUMS, lambda: self._row(_PRODUCTS, self._signed))

    def end(self) -> None:
        if self._text[self._at :].strip():
            raise invalid(self._text)

    def _row(self, operators: Mapping[str, Callable[[float, float], float]], part: Callable[[], _Value]) -> _Value:
        left = part()
        while (sign := self._take(*operators)) is not None:
            left = _applied(operators[sign], left, part())
        return left

    def _signed(self) -> _Value:
        self._level += 1
        if self._level > _DEEPEST:
            raise invalid(self._text)
        value = self._power()
        self._level -= 1
        return value

    def _power(self) -> _Value:
        if self._take("-") is not None:
            return _applied(operator.sub, lambda _: 0.0, self._signed())
        base = self._single()
        return base if self._take("^") is None else _applied(operator.pow, base, self._signed())

    def _single(self) -> _Value:
        number, name, function, sign = self._next()
        if number:
            constant = self._number(number)
            return lambda _: constant
        if name:
            self.names.add(name)
            return lambda values: values.get(name)
        if function:
            return self._called(function)
        if sign != "(":
            raise invalid(self._text)
        inner = self.sum()
        self._expect(")")
        return inner

    def _called(self, function: str) -> _Value:
        if function != "FILL":
            raise Unsupported(f"{function} of a metric math expression", "Arithmetic and FILL are there.")
        self._expect("(")
        value = self.sum()
        self._expect(",")
        sign = -1 if self._take("-") is not None else 1
        number, *_ = self._next()
        if not number:
            raise Unsupported("FILL of a metric math expression with anything but a number")
        self._expect(")")
        filling = sign * self._number(number)
        return lambda values: filling if (found := value(values)) is None else found

    def _number(self, text: str) -> float:
        value = float(text)
        if not math.isfinite(value):
            raise invalid(self._text)
        return value

    def _next(self) -> tuple[str, str, str, str]:
        found = _TOKEN.match(self._text, self._at)
        if found is None:
            raise invalid(self._text)
        self._at = found.end()
        number, name, function, sign = (part or "" for part in found.groups())
        return number, name, function, sign

    def _take(self, *wanted: str) -> str | None:
        """The next token, where it is one of these."""
        found = _TOKEN.match(self._text, self._at)
        if found is None or found[4] not in wanted:
            return None
        self._at = found.end()
        return str(found[4])

    def _expect(self, sign: str) -> None:
        if self._take(sign) is None:
            raise invalid(self._text)


def _applied(work: Callable[[float, float], float], left: _Value, right: _Value) -> _Value:
    def value(values: Values) -> float | None:
        one, other = left(values), right(values)
        if one is None or other is None:
            return None
        try:
            found = work(one, other)
        except (ZeroDivisionError, OverflowError):
            return None
        return found if isinstance(found, float) and math.isfinite(found) else None

    return value
