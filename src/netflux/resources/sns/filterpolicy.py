"""Subscription filter policies: read, and matched with a message. Pure.

"Amazon SNS subscription filter policies", Amazon SNS Developer Guide.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from netflux.decoding import json
from netflux.resources import pattern
from netflux.resources.pattern import PatternError

_MOST_KEYS = 5
_MOST_COMBINATIONS = 150
_LONGEST = 256 * 1024


def check(text: str, *, body: bool) -> None:
    """Raises PatternError unless the text is a filter policy.

    Args:
        text: JSON.
        body: of the message's body, whose properties may be nested.
    """
    policy = _read(text)
    keys, combinations = 0, 1
    for rules in _leaves(policy, nested=body):
        keys += 1
        combinations *= max(len(rules), 1)
        for rule in rules:
            pattern.check_rule(rule)
    if keys > _MOST_KEYS:
        raise PatternError(f"Filter policy can not have more than {_MOST_KEYS} keys")
    if combinations > _MOST_COMBINATIONS:
        raise PatternError("Filter policy is too complex")


def matches_attributes(text: str, attributes: Mapping[str, Any]) -> bool:
    """Whether a message with these attributes is delivered: texts, numbers, or lists of them."""
    return pattern.matches(_read(text), attributes)


def matches_body(text: str, body: str) -> bool:
    """Whether a message is delivered by its body: one that is no JSON object is not."""
    try:
        found = json.value(body)
    except ValueError:
        return False
    return isinstance(found, dict) and pattern.matches(_read(text), found)


def _read(text: str) -> dict[str, Any]:
    if len(text.encode()) > _LONGEST:
        raise PatternError(f"Filter policy is longer than {_LONGEST} bytes")
    try:
        found = json.value(text)
    except ValueError as error:
        raise PatternError("failed to parse JSON") from error
    if not isinstance(found, dict):
        raise PatternError("Filter policy must be a JSON object")
    return found


def _leaves(policy: Mapping[str, Any], *, nested: bool) -> Iterator[list[Any]]:
    for key, given in policy.items():
        if key == "$or" and isinstance(given, list) and len(given) > 1 and all(isinstance(one, dict) for one in given):
            for one in given:
                yield from _leaves(one, nested=nested)
        elif isinstance(given, list):
            if not given:
                raise PatternError(f'"{key}" must not be an empty array')
            yield given
        elif isinstance(given, dict) and nested:
            yield from _leaves(given, nested=True)
        elif isinstance(given, dict):
            raise PatternError("Filter policy scope MessageAttributes does not support nested filter policy")
        else:
            raise PatternError(f'"{key}" must be an object or an array')
