"""Parameters out of a decoded document: JSON's and CBOR's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from netflux.controlplane.protocol.parameters import scalar
from netflux.decoding.limits import Malformed


@dataclass(frozen=True)
class Notation:
    """How a protocol writes what a shape says.

    Attributes:
        single: a value that is no container, by its shape.
        renamed: whether members go by the model's `locationName`; Smithy's own protocols use the members' names.
    """

    single: Callable[[Any, Any], Any]
    renamed: bool


JSON = Notation(scalar.from_json, renamed=True)
CBOR = Notation(scalar.from_typed, renamed=False)


def read(shape: Any, value: Any, notation: Notation = JSON) -> Any:
    """The value as botocore shapes it. Members that the model does not have are left out, as AWS leaves them out."""
    kind = shape.type_name
    if kind == "structure":
        if getattr(shape, "is_document_type", False):
            return value
        if not isinstance(value, dict):
            raise Malformed(scalar.mistaken(kind, value))
        return _members(shape, value, notation)
    if kind == "list":
        if not isinstance(value, list):
            raise Malformed(scalar.mistaken(kind, value))
        return [read(shape.member, item, notation) for item in value]
    if kind == "map":
        if not isinstance(value, dict):
            raise Malformed(scalar.mistaken(kind, value))
        return {_key(key): read(shape.value, item, notation) for key, item in value.items()}
    return notation.single(shape, value)


def _members(shape: Any, value: dict[Any, Any], notation: Notation) -> dict[str, Any]:
    kept = f"_members {notation.renamed}"
    members: list[tuple[str, str, Any]] | None = vars(shape).get(kept)
    if members is None:
        members = vars(shape)[kept] = [
            (name, member.serialization.get("name", name) if notation.renamed else name, member)
            for name, member in shape.members.items()
        ]
    return {
        name: read(member, given, notation)
        for name, shown, member in members
        if (given := value.get(shown)) is not None
    }


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise Malformed("a map's key is no text")
    return key
