"""Condition operators: "IAM JSON policy elements: Condition operators" in the IAM User Guide.

A missing key fails a condition, passes a negated one, and passes one that ends in IfExists. Several values of the
policy are joined by OR, by NOR under a negated operator.
"""

from __future__ import annotations

import base64
import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from netflux import expressions

Context = Mapping[str, Sequence[str]]
Match = Callable[[str, str], bool]

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_WILDCARDS = {"[*]": r"\*", "[?]": r"\?", "*": ".*", "?": "."}
"""The bracketed ones are themselves: what the policy variables `${*}` and `${?}` stand for."""


@dataclass(frozen=True)
class Condition:
    """One operator on one key.

    Attributes:
        operator: as written, with its prefix and suffix.
        key: lower-case, since condition keys ignore case.
        values: the policy's values.
    """

    operator: str
    key: str
    values: tuple[str, ...]


def known_operator(operator: str) -> bool:
    """Whether the operator, with any `ForAllValues:`, `ForAnyValue:` and `IfExists`, can be evaluated."""
    _, name, if_exists = _parts(operator)
    return name in _POSITIVE or name in _NEGATED or (name == "Null" and not if_exists)


def holds(condition: Condition, context: Context) -> bool:
    """Whether the condition is met by a request with this context (keys lower-case)."""
    quantifier, name, if_exists = _parts(condition.operator)
    given = context.get(condition.key)
    if name == "Null":
        return any((value.lower() == "true") == (given is None) for value in condition.values)
    if given is None:
        return if_exists or quantifier == "ForAllValues" or (name in _NEGATED and quantifier != "ForAnyValue")
    matcher = _POSITIVE.get(name) or _NEGATED[name]
    wanted = [text for value in condition.values if (text := substitute(value, context)) is not None]

    def one(value: str) -> bool:
        found = any(matcher(value, pattern) for pattern in wanted)
        return not found if name in _NEGATED else found

    if quantifier == "ForAnyValue":
        return any(one(value) for value in given)
    if quantifier == "ForAllValues" or name in _NEGATED:
        return all(one(value) for value in given)
    return any(one(value) for value in given)


def substitute(text: str, context: Context) -> str | None:
    """Fills policy variables in; None when one has no value, so that the text can match nothing."""
    if "${" not in text:
        return text
    missing = False

    def value(found: re.Match[str]) -> str:
        nonlocal missing
        key, _, default = found.group(1).partition(",")
        if key in {"*", "?", "$"}:
            return f"[{key}]" if key != "$" else "$"
        values = context.get(key.strip().lower())
        if values and len(values) == 1:
            return values[0]
        if default.strip():
            return default.strip().strip("'\"")
        missing = True
        return ""

    filled = _VARIABLE.sub(value, text)
    return None if missing else filled


def like(value: str, wildcard: str) -> bool:
    """`*` matches any characters, `?` one.

    AWS's managed policies list thousands of actions, nearly all with one `*` at most, which needs no expression.
    """
    if "?" in wildcard or "[" in wildcard or wildcard.count("*") > 1:
        return expressions.like(value, wildcard, _WILDCARDS)
    start, star, end = wildcard.partition("*")
    if not star:
        return value == wildcard
    return len(value) >= len(start) + len(end) and value.startswith(start) and value.endswith(end)


def _parts(operator: str) -> tuple[str, str, bool]:
    quantifier, colon, name = operator.partition(":")
    if not colon:
        quantifier, name = "", operator
    elif quantifier not in {"ForAllValues", "ForAnyValue"}:
        return "", operator, False
    return quantifier, name.removesuffix("IfExists"), name.endswith("IfExists")


def _arn(value: str, pattern: str) -> bool:
    left, right = value.split(":", 5), pattern.split(":", 5)
    return len(left) == len(right) == 6 and all(like(one, other) for one, other in zip(left, right, strict=True))


def _address(value: str, network: str) -> bool:
    try:
        return ipaddress.ip_address(value) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False


def _bytes(value: str, other: str) -> bool:
    try:
        return base64.b64decode(value, validate=True) == base64.b64decode(other, validate=True)
    except ValueError:
        return False


def _moment(text: str) -> float:
    """Seconds since the epoch, from ISO 8601 or from such seconds."""
    try:
        return float(text)
    except ValueError:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _ordered(read: Callable[[str], float], compare: Callable[[float, float], bool]) -> Match:
    def match(value: str, other: str) -> bool:
        try:
            return compare(read(value), read(other))
        except ValueError:
            return False

    return match


_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "Equals": lambda a, b: a == b,
    "LessThan": lambda a, b: a < b,
    "LessThanEquals": lambda a, b: a <= b,
    "GreaterThan": lambda a, b: a > b,
    "GreaterThanEquals": lambda a, b: a >= b,
}

_POSITIVE: dict[str, Match] = {
    "StringEquals": lambda value, other: value == other,
    "StringEqualsIgnoreCase": lambda value, other: value.lower() == other.lower(),
    "StringLike": like,
    "Bool": lambda value, other: value.lower() == other.lower(),
    "BinaryEquals": _bytes,
    "IpAddress": _address,
    "ArnEquals": _arn,
    "ArnLike": _arn,
    **{f"Numeric{name}": _ordered(float, compare) for name, compare in _COMPARISONS.items()},
    **{f"Date{name}": _ordered(_moment, compare) for name, compare in _COMPARISONS.items()},
}

_NEGATED: dict[str, Match] = {
    "StringNotEquals": _POSITIVE["StringEquals"],
    "StringNotEqualsIgnoreCase": _POSITIVE["StringEqualsIgnoreCase"],
    "StringNotLike": like,
    "NotIpAddress": _address,
    "ArnNotEquals": _arn,
    "ArnNotLike": _arn,
    "NumericNotEquals": _POSITIVE["NumericEquals"],
    "DateNotEquals": _POSITIVE["DateEquals"],
}
