"""Patterns of events and of messages: values that match, by EventBridge's and SNS's operators. Pure.

"Comparison operators for use in event patterns", Amazon EventBridge User Guide; "Amazon SNS subscription filter
policies", Amazon SNS Developer Guide.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import Any

_DIGITS = 5
"""Of a number, after its decimal point, that are compared."""
_COMPARED: dict[str, Callable[[float, float], bool]] = {
    "=": lambda given, bound: given == bound,
    ">": lambda given, bound: given > bound,
    ">=": lambda given, bound: given >= bound,
    "<": lambda given, bound: given < bound,
    "<=": lambda given, bound: given <= bound,
}
_BOUND = 10**9
_ABSENT = object()


class PatternError(Exception):
    """It is no pattern; the message says why."""


def check_rule(rule: Any) -> None:
    """Raises PatternError unless it is a value or an operator with an operand that it takes."""
    if rule is None or isinstance(rule, str | bool | int | float):
        return
    if not isinstance(rule, dict) or len(rule) != 1:
        raise PatternError("Match value must be String, number, true, false, or null")
    ((name, operand),) = rule.items()
    if name not in _OPERATORS:
        raise PatternError(f"Unrecognized match type {name}")
    check_operand, _ = _OPERATORS[name]
    if not check_operand(operand):
        raise PatternError(f"{name} match pattern is not valid: {operand!r}")


def matches(policy: Mapping[str, Any], message: Mapping[str, Any]) -> bool:
    """Whether a message matches in every key that the pattern has."""
    return all(_matches_key(key, given, message) for key, given in policy.items())


def _matches_key(key: str, given: Any, message: Mapping[str, Any]) -> bool:
    if key == "$or" and isinstance(given, list) and all(isinstance(one, dict) for one in given):
        return any(matches(one, message) for one in given)
    value = message.get(key, _ABSENT)
    if isinstance(given, dict):
        inner = value if isinstance(value, list) else [{} if value is _ABSENT else value]
        return any(isinstance(one, dict) and matches(given, one) for one in inner)
    values = value if isinstance(value, list) else [value]
    return any(_matches_rule(rule, values) for rule in given)


def _matches_rule(rule: Any, values: list[Any]) -> bool:
    if isinstance(rule, dict):
        ((name, operand),) = rule.items()
        if name == "exists":
            return operand is (values != [_ABSENT])
        match = _OPERATORS[name][1]
        return any(one is not _ABSENT and match(one, operand) for one in values)
    return any(_equal(one, rule) for one in values)


def _equal(value: Any, rule: Any) -> bool:
    if isinstance(value, bool) or isinstance(rule, bool):
        return value is rule
    if _is_number(value) and _is_number(rule):
        return _rounded(value) == _rounded(rule)
    return type(value) is type(rule) and value == rule


def _rounded(number: Any) -> float:
    return round(float(number), _DIGITS)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_text(operand: Any) -> bool:
    return isinstance(operand, str)


def _is_end(operand: Any) -> bool:
    return isinstance(operand, str) or (
        isinstance(operand, dict) and [*operand] == ["equals-ignore-case"] and _is_text(operand["equals-ignore-case"])
    )


def _ends(test: Callable[[str, str], bool], value: Any, operand: Any) -> bool:
    if not isinstance(value, str):
        return False
    if isinstance(operand, dict):
        return test(value.casefold(), operand["equals-ignore-case"].casefold())
    return test(value, operand)


def _is_texts(operand: Any) -> bool:
    return isinstance(operand, str) or (isinstance(operand, list) and bool(operand) and all(map(_is_text, operand)))


def _is_numeric(operand: Any) -> bool:
    if not isinstance(operand, list) or len(operand) not in (2, 4):
        return False
    pairs = [*zip(operand[::2], operand[1::2], strict=True)]
    if not all(sign in _COMPARED and _is_number(bound) and abs(bound) <= _BOUND for sign, bound in pairs):
        return False
    return len(pairs) == 1 or (pairs[0][0] in (">", ">=") and pairs[1][0] in ("<", "<=") and pairs[0][1] < pairs[1][1])


def _numeric(value: Any, operand: Any) -> bool:
    pairs = zip(operand[::2], operand[1::2], strict=True)
    return _is_number(value) and all(_COMPARED[sign](_rounded(value), _rounded(bound)) for sign, bound in pairs)


def _is_anything_but(operand: Any) -> bool:
    if isinstance(operand, dict) and len(operand) == 1:
        ((name, inner),) = operand.items()
        return name in ("prefix", "suffix", "wildcard", "equals-ignore-case") and _is_texts(inner)
    items = operand if isinstance(operand, list) else [operand]
    return bool(items) and all(isinstance(one, str) or _is_number(one) for one in items)


def _anything_but(value: Any, operand: Any) -> bool:
    if isinstance(operand, dict):
        ((name, inner),) = operand.items()
        texts = inner if isinstance(inner, list) else [inner]
        return not any(_OPERATORS[name][1](value, text) for text in texts)
    return not any(_equal(value, one) for one in (operand if isinstance(operand, list) else [operand]))


def _is_network(operand: Any) -> bool:
    try:
        ipaddress.ip_network(operand, strict=False)
    except ValueError:
        return False
    return isinstance(operand, str)


def _in_network(value: Any, operand: Any) -> bool:
    try:
        return ipaddress.ip_address(value) in ipaddress.ip_network(operand, strict=False)
    except ValueError:
        return False


def _wildcard(value: Any, operand: Any) -> bool:
    pattern = ".*".join(re.escape(part) for part in operand.split("*"))
    return isinstance(value, str) and re.fullmatch(pattern, value, re.DOTALL) is not None


_OPERATORS: dict[str, tuple[Callable[[Any], bool], Callable[[Any, Any], bool]]] = {
    "prefix": (_is_end, lambda value, operand: _ends(str.startswith, value, operand)),
    "suffix": (_is_end, lambda value, operand: _ends(str.endswith, value, operand)),
    "equals-ignore-case": (
        _is_text,
        lambda value, operand: isinstance(value, str) and value.casefold() == operand.casefold(),
    ),
    "wildcard": (
        lambda operand: isinstance(operand, str) and operand.count("*") <= 3 and "**" not in operand,
        _wildcard,
    ),
    "numeric": (_is_numeric, _numeric),
    "anything-but": (_is_anything_but, _anything_but),
    "exists": (lambda operand: isinstance(operand, bool), lambda value, operand: operand),  # noqa: ARG005
    "cidr": (_is_network, _in_network),
}
"""By name, whether an operand is one, and whether a value matches it. `exists` is looked at before, since it is about
values that are absent."""
