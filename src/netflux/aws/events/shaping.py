"""What a target gets of an event: all of it, a part, a text of its own, or a text with parts filled in. Pure.

"Amazon EventBridge input transformation", EventBridge User Guide.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from netflux.decoding import json as decoding
from netflux.errors import AwsError

_STEP = re.compile(r"\.([A-Za-z0-9_-]+)|\[([0-9]{1,9})\]|\['([^']+)'\]|\[\*\]|\.\*")
_HOLE = re.compile(r"<([A-Za-z0-9_.-]+)>")
_RESERVED = "aws.events."
Event = Mapping[str, Any]


def check(target: Mapping[str, Any]) -> None:
    """Raises AwsError where a target's input can't be made."""
    kinds = [name for name in ("Input", "InputPath", "InputTransformer") if target.get(name)]
    if len(kinds) > 1:
        raise _wrong(f"Only one of Input, InputPath, or InputTransformer must be provided for target {target['Id']}.")
    if target.get("Input"):
        try:
            decoding.value(target["Input"])
        except ValueError:
            raise _wrong(f"Parameter Input is not valid JSON for target {target['Id']}.") from None
    if target.get("InputPath"):
        _steps(target["InputPath"])
    if target.get("InputTransformer"):
        _check_transformer(target["InputTransformer"], target["Id"])


def shaped(target: Mapping[str, Any], event: Event, rule: str) -> str:
    """What the target gets, as text.

    Args:
        target: PutTargets' members.
        event: as the bus has it.
        rule: ARN.
    """
    if target.get("Input"):
        return str(target["Input"])
    if target.get("InputPath"):
        return json.dumps(found(event, target["InputPath"]), ensure_ascii=False)
    if target.get("InputTransformer"):
        return _transformed(target["InputTransformer"], event, rule)
    return json.dumps(event, ensure_ascii=False)


def found(event: Event, path: str) -> Any:
    """What is at a JSON path; None where nothing is."""
    value: Any = event
    for step in _steps(path):
        if isinstance(step, int):
            value = value[step] if isinstance(value, list) and step < len(value) else None
        elif step == "*":
            value = [*value.values()] if isinstance(value, dict) else value
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value


def _steps(path: str) -> list[str | int]:
    if not path.startswith("$"):
        raise _wrong(f"Parameter InputPath {path} is not a JSON path: it begins with $.")
    found_steps: list[str | int] = []
    at = 1
    while at < len(path):
        match = _STEP.match(path, at)
        if match is None:
            raise _wrong(f"The JSON path {path} can't be read from character {at} on.")
        name, number, quoted = match.groups()
        found_steps.append(int(number) if number else name or quoted or "*")
        at = match.end()
    return found_steps


def _check_transformer(given: Mapping[str, Any], identifier: str) -> None:
    paths = given.get("InputPathsMap") or {}
    for name, path in paths.items():
        if name.lower().startswith("aws"):
            raise _wrong(f"InputPathsMap of target {identifier}: names that begin with AWS are reserved.")
        _steps(path)
    for name in _HOLE.findall(given["InputTemplate"]):
        if name not in paths and not name.startswith(_RESERVED):
            raise _wrong(f"InputTemplate for target {identifier} contains invalid placeholder {name}.")


def _transformed(given: Mapping[str, Any], event: Event, rule: str) -> str:
    paths = given.get("InputPathsMap") or {}
    values: dict[str, Any] = {name: found(event, path) for name, path in paths.items()}
    values |= {
        "aws.events.rule-arn": rule,
        "aws.events.rule-name": rule.rpartition("/")[2],
        "aws.events.event.ingestion-time": event["time"],
        "aws.events.event": {key: value for key, value in event.items() if key != "detail"},
        "aws.events.event.json": event,
    }
    template = str(given["InputTemplate"])
    return _HOLE.sub(lambda match: _filled(template, match, values), template)


def _filled(template: str, match: re.Match[str], values: Mapping[str, Any]) -> str:
    """A text stands without quotes inside a string, and everything else as JSON."""
    name = match.group(1)
    value = values.get(name)
    inside = template[: match.start()].replace('\\"', "").count('"') % 2 == 1
    if isinstance(value, str):
        written = json.dumps(value, ensure_ascii=False)
        return written[1:-1] if inside else (written if template.lstrip()[:1] in ("{", "[") else value)
    written = "" if value is None and inside else json.dumps(value, ensure_ascii=False)
    return written.replace('"', '\\"') if inside else written


def _wrong(message: str) -> AwsError:
    return AwsError("ValidationException", message)
