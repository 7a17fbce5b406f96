"""AWS::LanguageExtensions: loops written out, and what parameters alone decide put in its place. Pure.

"AWS::LanguageExtensions transform" and "Fn::ForEach", CloudFormation Template Reference.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from netflux.cloudformation.intrinsics import REMOVED, Environment, has_unknown
from netflux.cloudformation.syntax import LIMITS, malformed
from netflux.errors import AwsError

_LOOP = "Fn::ForEach::"
_LOOPED = ("Conditions", "Resources", "Outputs")
_POLICIES = ("DeletionPolicy", "UpdateReplacePolicy")
_NAME = re.compile(r"[A-Za-z0-9]+")
_UNSAFE = re.compile(r"[^A-Za-z0-9]")


class _Room:
    """What loops may make: a kilobyte of loops in loops stands for more than any machine has."""

    def __init__(self) -> None:
        self._nodes = LIMITS.nodes
        self._characters = LIMITS.size

    def take(self, characters: int = 0) -> None:
        """Takes a value that will be made. Raises AwsError."""
        self._nodes -= 1
        self._characters -= characters
        if self._nodes < 0 or self._characters < 0:
            raise AwsError(
                "ValidationError",
                f"Transform AWS::LanguageExtensions failed with: what it makes has more than {LIMITS.nodes} values or "
                f"{LIMITS.size} characters.",
            )


def extended(sections: dict[str, Any], env: Environment) -> dict[str, Any]:
    """The template with its loops written out, and lengths and policies as values.

    Args:
        env: of the parameters; resources are unknown to it.

    Raises:
        AwsError: something can't be resolved, or becomes too large.
    """
    room = _Room()
    made = dict(sections)
    names = _names(sections, made)
    for section in _LOOPED:
        if isinstance(made.get(section), dict):
            made[section] = _written(made[section], {}, _Loops(env, room, names))
    env = _with(env, made)
    for section in _LOOPED:
        made[section] = _resolved(made[section], env) if section in made else None
    made = {name: each for name, each in made.items() if each is not None or name not in _LOOPED}
    for logical, resource in (made.get("Resources") or {}).items():
        if isinstance(resource, dict):
            made["Resources"][logical] = _policed(logical, resource, env)
    return made


def _names(sections: Mapping[str, Any], made: Mapping[str, Any]) -> set[str]:
    return {*(sections.get("Parameters") or {}), *(made.get("Resources") or {})}


def _with(env: Environment, made: Mapping[str, Any]) -> Environment:
    conditions = made.get("Conditions")
    return replace(env, conditions=conditions if isinstance(conditions, dict) else {})


class _Loops:
    def __init__(self, env: Environment, room: _Room, taken: set[str]) -> None:
        self.env = env
        self.room = room
        self.taken = taken
        self.seen: set[str] = set()


def _written(value: Any, own: Mapping[str, str], loops: _Loops) -> Any:
    """The value with loops written out and identifiers replaced."""
    loops.room.take(len(value) if isinstance(value, str) else 0)
    if isinstance(value, str):
        return _filled(value, own)
    if isinstance(value, list):
        return [_written(each, own, loops) for each in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1 and isinstance(value.get("Ref"), str) and value["Ref"] in own:
        return own[value["Ref"]]
    made: dict[str, Any] = {}
    for name, each in value.items():
        parts = _turns(name, each, own, loops) if name.startswith(_LOOP) else [(_filled(name, own), each, own)]
        for key, inner, known in parts:
            if key in made:
                raise malformed(f"{name}: the key {key} is made twice; have the identifier in it.")
            made[key] = _written(inner, known, loops)
    return made


def _filled(text: str, own: Mapping[str, str]) -> str:
    if "{" not in text:
        return text
    for name, each in own.items():
        text = text.replace("${" + name + "}", each).replace("&{" + name + "}", _UNSAFE.sub("", each))
    return text


def _turns(
    name: str, given: Any, own: Mapping[str, str], loops: _Loops
) -> Iterator[tuple[str, Any, Mapping[str, str]]]:
    """Each key and value that a loop makes, with what its identifiers stand for."""
    loop = name.removeprefix(_LOOP)
    if not _NAME.fullmatch(loop) or not isinstance(given, list) or len(given) != 3:
        raise _wrong(name, "it takes a name, a collection and a map")
    identifier, collection, output = given
    if not isinstance(identifier, str) or not _NAME.fullmatch(identifier) or not isinstance(output, dict):
        raise _wrong(name, "it takes an alphanumeric identifier, a collection and a map")
    if identifier in own or identifier in loops.taken or loop in loops.taken:
        raise _wrong(name, f"the name {identifier} is a parameter's, a resource's or another loop's")
    items = _collection(name, collection, own, loops)
    for item in items:
        loops.room.take()
        known = {**own, identifier: item}
        for key, each in output.items():
            if key.startswith(_LOOP):
                yield from _turns(_filled(key, known), each, known, loops)
            else:
                yield _filled(key, known), each, known


def _collection(name: str, given: Any, own: Mapping[str, str], loops: _Loops) -> list[str]:
    found = loops.env.value(_written(given, own, loops))
    if not isinstance(found, list) or has_unknown(found):
        raise _wrong(name, "its collection must be a list that parameters and mappings alone decide")
    items: list[str] = []
    for each in found:
        parts = each if isinstance(each, list) else [each]
        if not all(isinstance(part, str | int | float) for part in parts):
            raise _wrong(name, "its collection must be a list of texts")
        items.extend(str(part).lower() if isinstance(part, bool) else str(part) for part in parts)
    return items


def _wrong(name: str, said: str) -> AwsError:
    return malformed(f"Transform AWS::LanguageExtensions failed with: {name}: {said}.")


def _resolved(value: Any, env: Environment) -> Any:
    if isinstance(value, list):
        return [_resolved(each, env) for each in value]
    if not isinstance(value, dict):
        return value
    made = {name: _resolved(each, env) for name, each in value.items()}
    if len(made) != 1:
        return made
    (name, given), *_ = made.items()
    return _EXTENDED[name](made, given, env) if name in _EXTENDED else made


def _length(_made: dict[str, Any], given: Any, env: Environment) -> int:
    found = env.value(given)
    if not isinstance(found, list):
        raise malformed("Transform AWS::LanguageExtensions failed with: Fn::Length takes a list that is known by now.")
    return len(found)


def _json(made: dict[str, Any], given: Any, env: Environment) -> Any:
    """The text, where no resource is in it; else the function stays until they are there."""
    if not isinstance(given, dict | list):
        raise malformed("Transform AWS::LanguageExtensions failed with: Fn::ToJsonString takes a map or a list.")
    found = env.value(made)
    return made if has_unknown(found) else found


def _ref(made: dict[str, Any], given: Any, env: Environment) -> Any:
    return {"Ref": _text(given, env, "Ref")} if isinstance(given, dict) else made


def _get_att(made: dict[str, Any], given: Any, env: Environment) -> Any:
    if isinstance(given, list) and len(given) == 2 and isinstance(given[0], dict):
        return {"Fn::GetAtt": [_text(given[0], env, "Fn::GetAtt"), given[1]]}
    return made


def _text(given: Any, env: Environment, function: str) -> str:
    found = env.value(given)
    if not isinstance(found, str):
        raise malformed(f"Transform AWS::LanguageExtensions failed with: {function} takes a name that is known by now.")
    return found


def _policed(logical: str, resource: dict[str, Any], env: Environment) -> dict[str, Any]:
    made = dict(resource)
    for attribute in _POLICIES:
        if isinstance(made.get(attribute), dict):
            found = env.value(made[attribute])
            if found is REMOVED:
                del made[attribute]
            elif isinstance(found, str):
                made[attribute] = found
            else:
                raise malformed(f"{attribute} of {logical} must be text that parameters alone decide.")
    return made


_EXTENDED = {"Fn::Length": _length, "Fn::ToJsonString": _json, "Ref": _ref, "Fn::GetAtt": _get_att}
