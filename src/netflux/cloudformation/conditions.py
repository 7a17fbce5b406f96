"""The order of a template's conditions: each after those that it refers to, whatever the length of the chain."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from netflux.cloudformation.syntax import malformed
from netflux.errors import AwsError


def check(conditions: Mapping[str, Any]) -> None:
    """Raises AwsError ValidationError when conditions refer to each other in a circle, or to none."""
    known: set[str] = set()
    for name in conditions:
        known.update(order(conditions, name, known))


def order(conditions: Mapping[str, Any], wanted: str, known: Collection[str] = ()) -> list[str]:
    """The names to evaluate, the wanted one last.

    Args:
        known: those that have been evaluated.

    Raises AwsError ValidationError for a name that isn't there, and for conditions that refer to each other in a
    circle.
    """
    if wanted in known:
        return []
    found: list[str] = []
    done = set(known)
    path: dict[str, Iterator[str]] = {wanted: _referred(conditions, wanted)}
    while path:
        name = next(reversed(path))
        inner = next((each for each in path[name] if each not in done), None)
        if inner is None:
            del path[name]
            done.add(name)
            found.append(name)
        elif inner in path:
            names = list(path)
            circle = ", ".join(sorted(names[names.index(inner) :]))
            raise AwsError("ValidationError", f"Template error: Circular dependency between conditions: [{circle}]")
        else:
            path[inner] = _referred(conditions, inner)
    return found


def _referred(conditions: Mapping[str, Any], name: str) -> Iterator[str]:
    if name not in conditions:
        raise malformed(f"Unresolved condition dependency {name} in the template")
    return iter(sorted(set(_names(conditions[name]))))


def _names(expression: Any) -> Iterator[str]:
    if isinstance(expression, list):
        for each in expression:
            yield from _names(each)
    elif isinstance(expression, dict):
        for key, given in expression.items():
            if key == "Condition" and isinstance(given, str):
                yield given
            elif key == "Fn::If" and isinstance(given, list) and given and isinstance(given[0], str):
                yield given[0]
            yield from _names(given)
