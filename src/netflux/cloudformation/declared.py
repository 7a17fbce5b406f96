"""Parameters as a template declares them: which attributes there are, and what kinds of value they take."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from netflux.cloudformation.syntax import malformed
from netflux.expressions import LONGEST

_ATTRIBUTES = frozenset({
    "AllowedPattern", "AllowedValues", "ConstraintDescription", "Default", "Description", "MaxLength", "MaxValue",
    "MinLength", "MinValue", "NoEcho", "Type",
})  # fmt: skip
_TYPE = re.compile(r"String|Number|List<Number>|CommaDelimitedList|List<String>|(?:List<)?AWS::[\w:<>]+")
_TEXTS = ("AllowedPattern", "ConstraintDescription", "Default", "NoEcho")


def check(parameters: Mapping[str, Mapping[str, Any]]) -> None:
    """Raises AwsError ValidationError for the first parameter that can't be declared so."""
    for name, declared in parameters.items():
        if not (name.isalnum() and name.isascii()):
            raise malformed(f"Parameter name {name} is non alphanumeric.")
        for attribute in declared:
            if attribute not in _ATTRIBUTES:
                raise malformed(f"Invalid template parameter property '{attribute}' ({name})")
        kind = declared.get("Type")
        if not isinstance(kind, str) or not kind:
            raise malformed(f"Every Parameters object must contain a Type member. ({name})")
        if not _TYPE.fullmatch(kind):
            raise malformed(f"Unrecognized parameter type: {kind} ({name})")
        _check_values(name, declared)


def _check_values(name: str, declared: Mapping[str, Any]) -> None:
    for attribute in _TEXTS:
        if not isinstance(declared.get(attribute, ""), str | int | float):
            raise malformed(f"Every {attribute} member must be a string. ({name})")
    allowed = declared.get("AllowedValues", [])
    if not isinstance(allowed, list) or not all(isinstance(each, str | int | float) for each in allowed):
        raise malformed(f"Every AllowedValues member must be a list of strings. ({name})")
    for attribute in ("MinLength", "MaxLength", "MinValue", "MaxValue"):
        if attribute in declared and not _number(declared[attribute]):
            raise malformed(f"Every {attribute} member must be a number. ({name})")
    if len(str(declared.get("AllowedPattern", ""))) > LONGEST:
        raise malformed(f"An AllowedPattern can have at most {LONGEST} characters. ({name})")


def _number(value: Any) -> bool:
    try:
        return math.isfinite(float(value))
    except (TypeError, ValueError):
        return False
