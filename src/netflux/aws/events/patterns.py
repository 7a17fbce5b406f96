"""Event patterns: read, checked, matched. Pure."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from netflux.decoding import json
from netflux.errors import AwsError
from netflux.resources import pattern
from netflux.resources.pattern import PatternError

_DEEPEST = 20
_MOST_COMBINATIONS = 1000


def check(text: str) -> None:
    """Raises AwsError InvalidEventPatternException unless the text is a pattern."""
    try:
        _check_level(_read(text), 0)
    except PatternError as error:
        raise AwsError("InvalidEventPatternException", f"Event pattern is not valid. Reason: {error}") from error


def matches(text: str, event: Mapping[str, Any]) -> bool:
    """Whether an event matches a pattern that was checked."""
    return pattern.matches(_read(text), event)


@functools.lru_cache(maxsize=1000)
def _read(text: str) -> dict[str, Any]:
    try:
        found = json.value(text)
    except ValueError as error:
        raise PatternError(f"Invalid JSON: {error}") from error
    if not isinstance(found, dict) or not found:
        raise PatternError("Filter is not an object, or empty")
    return found


def _check_level(level: Mapping[str, Any], depth: int) -> int:
    """How many combinations of `$or` there are in the level."""
    if depth > _DEEPEST:
        raise PatternError(f"it nests more than {_DEEPEST} deep")
    combinations = 1
    for key, given in level.items():
        if not isinstance(given, dict | list) or not given:
            raise PatternError(f'"{key}" must be an object or an array, and not empty')
        if key == "$or" and isinstance(given, list):
            if len(given) < 2 or not all(isinstance(one, dict) and one for one in given):
                raise PatternError('"$or" must be an array of two objects and more')
            combinations *= sum(_check_level(one, depth + 1) for one in given)
        elif isinstance(given, dict):
            combinations *= _check_level(given, depth + 1)
        else:
            for rule in given:
                pattern.check_rule(rule)
    if combinations > _MOST_COMBINATIONS:
        raise PatternError(f"it has more than {_MOST_COMBINATIONS} combinations")
    return combinations
