"""What a template takes from other stacks and from Parameter Store: it has to be there before. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_PSEUDO = {"AWS::Region": "us-east-1", "AWS::AccountId": "123456789012", "AWS::Partition": "aws", "AWS::StackName": ""}


def imported(content: Mapping[str, Any], known: Mapping[str, str], stack: str) -> set[str]:
    """The names of exports.

    Args:
        known: values of the parameters.
        stack: the stack's own name.
    """
    values = {**_PSEUDO, "AWS::StackName": stack, **known}
    return {name for one in _wanted(content) if (name := text(one, values))}


def _wanted(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for key, one in value.items():
            if key == "Fn::ImportValue":
                yield one
            yield from _wanted(one)
    elif isinstance(value, list):
        for one in value:
            yield from _wanted(one)


def text(value: Any, values: Mapping[str, str]) -> str:
    """An expression of parameters, as far as it is one; empty otherwise."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and len(value) == 1:
        [(function, argument)] = value.items()
        if function == "Ref":
            return values.get(argument, "")
        if function == "Fn::Sub":
            return _substituted(argument, values)
        if function == "Fn::Join" and isinstance(argument, list) and isinstance(argument[1], list):
            parts = [text(one, values) for one in argument[1]]
            return str(argument[0]).join(parts) if all(parts) else ""
    return ""


def _substituted(argument: Any, values: Mapping[str, str]) -> str:
    written, own = argument if isinstance(argument, list) else (argument, {})
    known = {**values, **{name: text(one, values) for name, one in own.items()}}
    parts = re.findall(r"\$\{([^}!]+)\}", written)
    if any(not known.get(part.strip()) for part in parts):
        return ""
    return re.sub(r"\$\{([^}!]+)\}", lambda match: known[match[1].strip()], written)
