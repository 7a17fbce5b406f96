"""Stack policies: which resources an update may change ("Prevent updates to stack resources", User Guide). Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from netflux.errors import AwsError

MODIFY, REPLACE, DELETE = "Update:Modify", "Update:Replace", "Update:Delete"
_ACTIONS = (MODIFY, REPLACE, DELETE, "Update:*")
_RESOURCE = "LogicalResourceId/"
_TESTS = {"StringEquals": lambda text, wanted: text == wanted, "StringLike": fnmatchcase}
_MEMBERS = {"Sid", "Effect", "Action", "NotAction", "Principal", "Resource", "NotResource", "Condition"}
LONGEST = 16_384
"""Bytes of a policy (SetStackPolicy, API Reference)."""


@dataclass(frozen=True)
class _Statement:
    allows: bool
    actions: tuple[str, ...]
    but_actions: bool
    resources: tuple[str, ...]
    but_resources: bool
    types: Mapping[str, tuple[str, ...]]

    def fits(self, action: str, logical: str, kind: str) -> bool:
        named = any(fnmatchcase(action, each) for each in self.actions)
        there = any(each == "*" or fnmatchcase(f"{_RESOURCE}{logical}", each) for each in self.resources)
        typed = all(any(_TESTS[test](kind, each) for each in wanted) for test, wanted in self.types.items())
        return named is not self.but_actions and there is not self.but_resources and typed


@dataclass(frozen=True)
class Subject:
    """A resource that would be changed."""

    logical: str
    type: str


def check(text: str) -> str:
    """The text, where it is a policy. Raises AwsError ValidationError where it is none."""
    _read(text)
    return text


def denied(text: str, action: str, subject: Subject) -> str:
    """Why the policy keeps an update from the action; empty where it does not.

    Args:
        text: of a policy that was checked; empty for none.
    """
    statements = _read(text) if text else []
    if not statements:
        return ""
    fitting = [
        (number, each) for number, each in enumerate(statements, 1) if each.fits(action, subject.logical, subject.type)
    ]
    bad = next((number for number, each in fitting if not each.allows), None)
    if bad is not None:
        return (
            f"Action denied by stack policy: Statement [#{bad}] does not allow [{action}] for resource "
            f"[{subject.logical}]"
        )
    if not fitting:
        return f"Action denied by stack policy: no statement allows [{action}] for resource [{subject.logical}]"
    return ""


def _invalid() -> AwsError:
    return AwsError("ValidationError", "Error validating stack policy: Invalid stack policy")


def _read(text: str) -> list[_Statement]:
    if len(text.encode()) > LONGEST:
        raise _invalid()
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _invalid() from error
    if not isinstance(found, dict) or set(found) - {"Statement", "Version"}:
        raise _invalid()
    statements = found.get("Statement", [])
    return [_statement(each) for each in (statements if isinstance(statements, list) else [statements])]


def _statement(given: Any) -> _Statement:
    if not isinstance(given, dict) or set(given) - _MEMBERS or given.get("Effect") not in ("Allow", "Deny"):
        raise _invalid()
    if given.get("Principal") not in ("*", {"AWS": "*"}):
        raise _invalid()
    actions, but_actions = _either(given, "Action")
    resources, but_resources = _either(given, "Resource")
    if any(each not in _ACTIONS for each in actions):
        raise _invalid()
    if any(each != "*" and not each.startswith(_RESOURCE) for each in resources):
        raise _invalid()
    types = _types(given.get("Condition", {}))
    return _Statement(given["Effect"] == "Allow", actions, but_actions, resources, but_resources, types)


def _either(given: Mapping[str, Any], name: str) -> tuple[tuple[str, ...], bool]:
    """The texts of a member or of its Not…, of which there is one."""
    there = [each for each in (name, f"Not{name}") if each in given]
    if len(there) != 1:
        raise _invalid()
    return _texts(given[there[0]]), there[0] != name


def _texts(given: Any) -> tuple[str, ...]:
    found: Sequence[Any] = given if isinstance(given, list) else [given]
    if not found or not all(isinstance(each, str) for each in found):
        raise _invalid()
    return tuple(found)


def _types(given: Any) -> dict[str, tuple[str, ...]]:
    if not isinstance(given, dict) or set(given) - set(_TESTS):
        raise _invalid()
    if any(not isinstance(each, dict) or set(each) != {"ResourceType"} for each in given.values()):
        raise _invalid()
    return {test: _texts(each["ResourceType"]) for test, each in given.items()}


def deletions(text: str, going: Iterable[Subject]) -> dict[str, str]:
    """Why resources may not be deleted that a template has no longer, by logical id."""
    found = {each.logical: denied(text, DELETE, each) for each in going}
    return {logical: said for logical, said in found.items() if said}
