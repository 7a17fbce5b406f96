"""Parameters: what the caller gave, what was there before, the template's defaults: checked values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from netflux.cloudformation.patterns import Tried, fits
from netflux.cloudformation.quotas import PARAMETER
from netflux.cloudformation.template import Template
from netflux.errors import AwsError

MASK = "****"
_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?")
_SSM = re.compile(r"AWS::SSM::Parameter::Value<(.+)>")


def invalid(message: str) -> AwsError:
    """The error of a request that can't be carried out as it stands."""
    return AwsError("ValidationError", message)


def texts(
    template: Template, given: list[dict[str, Any]], previous: Mapping[str, str], tried: Tried | None = None
) -> dict[str, str]:
    """Each parameter's text, as DescribeStacks shows it (unmasked).

    Args:
        given: the request's Parameters; UsePreviousValue takes the value out of `previous`.
        previous: the stack's parameters before this call; empty for a new stack.
        tried: what is known of AllowedPatterns that RE2 can't run.

    Raises AwsError ValidationError naming the parameters that have no value, are unknown, or break a constraint;
    Untried when there is such a pattern that isn't known.
    """
    asked = {each["ParameterKey"]: each for each in given}
    unknown = [name for name in asked if name not in template.parameters]
    if unknown:
        raise invalid(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    found: dict[str, str] = {}
    missing = []
    for name, declared in template.parameters.items():
        text = _text(name, asked.get(name), previous, declared)
        if text is None:
            missing.append(name)
        else:
            _check(name, text, declared, tried or {})
            found[name] = text
    if missing:
        raise invalid(f"Parameters: [{', '.join(missing)}] must have values")
    return found


def _text(name: str, asked: dict[str, Any] | None, previous: Mapping[str, str], declared: dict[str, Any]) -> str | None:
    if asked and asked.get("UsePreviousValue"):
        if name not in previous:
            raise invalid(f"Invalid input for parameter key {name}. Cannot specify usePreviousValue as true for a "
                          "parameter key not in the previous template")  # fmt: skip
        return previous[name]
    if asked and "ParameterValue" in asked:
        return str(asked["ParameterValue"])
    if "Default" in declared:
        default = declared["Default"]
        return str(default).lower() if isinstance(default, bool) else str(default)
    return None


def _check(name: str, text: str, declared: dict[str, Any], tried: Tried) -> None:
    if len(text.encode(errors="replace")) > PARAMETER:
        raise invalid(f"Parameter '{name}' must contain at most {PARAMETER} bytes")
    kind = str(declared["Type"])
    items = parts(text) if _is_list(kind) and not _SSM.fullmatch(kind) else [text]
    problem = _pattern_problem(name, items, declared, tried)
    for found in (problem, *(_problem(name, item, kind, declared) for item in items)):
        if found:
            described = declared.get("ConstraintDescription")
            raise invalid(f"Parameter {name} failed to satisfy constraint: {described}" if described else found)


def _pattern_problem(name: str, parts: list[str], declared: dict[str, Any], tried: Tried) -> str | None:
    pattern = declared.get("AllowedPattern")
    if pattern is None or fits(str(pattern), parts, tried):
        return None
    return f"Parameter '{name}' must match pattern {pattern}"


def _problem(name: str, text: str, kind: str, declared: dict[str, Any]) -> str | None:
    allowed = declared.get("AllowedValues")
    if allowed is not None and text not in [_plain(each) for each in allowed]:
        return f"Parameter '{name}' must be one of AllowedValues"
    if kind in {"Number", "List<Number>"}:
        return _number_problem(name, text, declared)
    return _length_problem(name, text, declared)


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _number_problem(name: str, text: str, declared: dict[str, Any]) -> str | None:
    if not _NUMBER.fullmatch(text):
        return f"Parameter '{name}' must be a number."
    number = float(text)
    if "MinValue" in declared and number < float(declared["MinValue"]):
        return f"Parameter '{name}' must be a number not less than {declared['MinValue']}"
    if "MaxValue" in declared and number > float(declared["MaxValue"]):
        return f"Parameter '{name}' must be a number not greater than {declared['MaxValue']}"
    return None


def _length_problem(name: str, text: str, declared: dict[str, Any]) -> str | None:
    if "MinLength" in declared and len(text) < float(declared["MinLength"]):
        return f"Parameter '{name}' must contain at least {declared['MinLength']} characters"
    if "MaxLength" in declared and len(text) > float(declared["MaxLength"]):
        return f"Parameter '{name}' must contain at most {declared['MaxLength']} characters"
    return None


def _is_list(kind: str) -> bool:
    inner = _SSM.fullmatch(kind)
    kind = inner.group(1) if inner else kind
    return kind == "CommaDelimitedList" or kind.startswith("List<")


def parts(text: str) -> list[str]:
    """The items of a list that a parameter's text is."""
    return [part.strip() for part in text.split(",")] if text else []


def stored_parameters(template: Template, values: Mapping[str, str]) -> dict[str, str]:
    """Parameters whose text names an SSM parameter: its name by the template's name."""
    return {name: values[name] for name, declared in template.parameters.items()
            if _SSM.fullmatch(str(declared.get("Type", "")))}  # fmt: skip


def references(
    template: Template, values: Mapping[str, str], resolved: Mapping[str, Any]
) -> dict[str, str | list[str]]:
    """What Ref gives for each parameter: text, or a list for the list types.

    Args:
        resolved: what the parameters that name Systems Manager's stand for.
    """
    found: dict[str, Any] = {}
    for name, text in values.items():
        value = resolved.get(name, text)
        listed = isinstance(value, str) and _is_list(str(template.parameters[name].get("Type", "")))
        found[name] = parts(value) if listed else value
    return found


def is_secret(declared: Mapping[str, Any]) -> bool:
    """Whether the parameter's value must not be shown (NoEcho)."""
    return str(declared.get("NoEcho", False)).lower() == "true"
