"""Results as values of JSON: AWS JSON 1.0 and 1.1, REST JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from netflux.controlplane.protocol.answers import scalar


def encode(value: Any) -> bytes:
    """The bytes of what `value` made."""
    return json.dumps(value).encode()


def structure(shape: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """A structure's members that are there, by their names on the wire."""
    return {
        member.serialization.get("name", name): value(member, given[name])
        for name, member in shape.members.items()
        if given.get(name) is not None
    }


def value(shape: Any, given: Any) -> Any:
    """A value of any shape; of a document it is what was given."""
    made = _MADE.get(shape.type_name)
    return given if made is None else made(shape, given)


def _structure(shape: Any, given: Any) -> Any:
    return given if shape.is_document_type else structure(shape, given)


def _list(shape: Any, given: Any) -> list[Any]:
    member = shape.member
    return [value(member, item) for item in given]


def _map(shape: Any, given: Any) -> dict[str, Any]:
    member = shape.value
    return {scalar.text(key): value(member, item) for key, item in given.items()}


_MADE: dict[str, Callable[[Any, Any], Any]] = {
    "string": lambda _shape, given: scalar.text(given),
    "character": lambda _shape, given: scalar.text(given),
    "structure": _structure,
    "list": _list,
    "map": _map,
    **dict.fromkeys(("integer", "long", "short", "byte"), lambda _shape, given: int(given)),
    **dict.fromkeys(("float", "double"), lambda _shape, given: float(given)),
    "boolean": lambda _shape, given: scalar.truth(given),
    "timestamp": lambda shape, given: scalar.timestamp(given, shape.serialization.get("timestampFormat", scalar.UNIX)),
    "blob": lambda _shape, given: scalar.encoded(given),
}
