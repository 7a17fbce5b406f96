"""Which transforms a template asks for, and in what order: the innermost first, the section Transform last. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from netflux.errors import AwsError

LANGUAGE = "AWS::LanguageExtensions"
SERVERLESS = "AWS::Serverless-2016-10-31"
INCLUDE = "AWS::Include"
FUNCTION = "Fn::Transform"
MOST = 100
"""Transforms of one template: each may be a function's call."""
Place = tuple[str | int, ...]


class Untransformed(AwsError):
    """A transform makes nothing of a template: a change set says so, and stays as FAILED."""

    def __init__(self, said: str) -> None:
        super().__init__("ValidationError", said)


def failed(name: str, said: str) -> Untransformed:
    """The failure of a transform that AWS hosts."""
    return Untransformed(f"Transform {name} failed with: {said}")


@dataclass(frozen=True)
class Asked:
    """One transform.

    Attributes:
        place: of the map that it is in and whose other members it is given; nothing for the whole template.
    """

    name: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    place: Place = ()


def whole(sections: Mapping[str, Any]) -> list[Asked]:
    """Those of the section Transform, in its order."""
    return [_asked(each, ()) for each in _listed(sections.get("Transform"))]


def inner(sections: Mapping[str, Any]) -> list[Asked]:
    """Those of Fn::Transform, each after those inside its map.

    Raises:
        AwsError: one is no transform, or there are too many.
    """
    found = list(_found({name: each for name, each in sections.items() if name != "Transform"}, ()))
    if len(found) + len(_listed(sections.get("Transform"))) > MOST:
        raise AwsError("ValidationError", f"A template can call for at most {MOST} transforms.")
    return found


def _found(value: Any, place: Place) -> Iterator[Asked]:
    if isinstance(value, list):
        for index, each in enumerate(value):
            yield from _found(each, (*place, index))
    elif isinstance(value, dict):
        for name, each in value.items():
            if name != FUNCTION:
                yield from _found(each, (*place, name))
        for each in _listed(value.get(FUNCTION)):
            yield _asked(each, place)


def _listed(given: Any) -> list[Any]:
    if given is None:
        return []
    return given if isinstance(given, list) else [given]


def _asked(given: Any, place: Place) -> Asked:
    if isinstance(given, str):
        return Asked(given, {}, place)
    name = given.get("Name") if isinstance(given, Mapping) else None
    if not isinstance(name, str):
        raise AwsError("ValidationError", "Key Name of transform definition must be a string.")
    parameters = given.get("Parameters") or {}
    if not isinstance(parameters, Mapping):
        raise AwsError("ValidationError", "Key Parameters of transform definition must be a map.")
    return Asked(name, parameters, place)


def at(sections: Any, place: Place) -> Any:
    """What stands at a place; a transform may have taken it away."""
    for part in place:
        try:
            sections = sections[part]
        except (KeyError, IndexError, TypeError):
            return None
    return sections


def put(sections: Any, place: Place, value: Any) -> Any:
    """The value with another one at a place."""
    if not place:
        return value
    at(sections, place[:-1])[place[-1]] = value
    return sections
