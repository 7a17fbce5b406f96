"""Results as values of JSON: AWS JSON 1.0 and 1.1, REST JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from netflux.controlplane.protocol.answers import scalar


def encode(value: Any) -> bytes:
    """The bytes of what `value` made."""
    try:
        return msgspec.json.encode(value)
    except (TypeError, ValueError, OverflowError):  # half a surrogate pair, a number of more than 64 bits
        return json.dumps(value).encode()


def structure(shape: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """A structure's members that are there, by their names on the wire."""
    members: list[tuple[str, str, Make]] | None = vars(shape).get(_KEPT)
    if members is None:
        members = vars(shape)[_KEPT] = [
            (name, member.serialization.get("name", name), _make(member)) for name, member in shape.members.items()
        ]
    return {shown: make(found) for name, shown, make in members if (found := given.get(name)) is not None}


def value(shape: Any, given: Any) -> Any:
    """A value of any shape; of a document it is what was given."""
    return _make(shape)(given)


Make = Callable[[Any], Any]
_KEPT = "_documented"
"""What a structure's members ask for is worked out once, and kept beside the shape under this name."""


def _make(shape: Any) -> Make:
    """What makes a value of the shape: a value of JSON of what handlers return."""
    match shape.type_name:
        case "structure" if not shape.is_document_type:
            return lambda given: structure(shape, given)
        case "list":
            item = _later(shape.member)
            return lambda given: [item(one) for one in given]
        case "map":
            held = _later(shape.value)
            return lambda given: {scalar.text(key): held(one) for key, one in given.items()}
        case "timestamp":
            form = shape.serialization.get("timestampFormat", scalar.UNIX)
            return lambda given: scalar.timestamp(given, form)
    return _SINGLE.get(shape.type_name, lambda given: given)


def _later(shape: Any) -> Make:
    """Shapes may hold themselves, so what is in a list or a map is looked at when there is one."""
    made: list[Make] = []

    def make(given: Any) -> Any:
        if not made:
            made.append(_make(shape))
        return made[0](given)

    return make


_SINGLE: dict[str, Make] = {
    **dict.fromkeys(("string", "character"), scalar.text),
    **dict.fromkeys(("integer", "long", "short", "byte"), int),
    **dict.fromkeys(("float", "double"), float),
    "boolean": scalar.truth,
    "blob": scalar.encoded,
}
