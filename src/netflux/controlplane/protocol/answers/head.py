"""What a REST answer has in its headers ("HTTP protocol bindings", Smithy's specification)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from netflux.controlplane.protocol.answers import scalar


def headers(shape: Any, given: Mapping[str, Any]) -> dict[str, str]:
    """The headers of a result's members that are bound to them."""
    found: dict[str, str] = {}
    for name, member in shape.members.items():
        place, value = member.serialization.get("location"), given.get(name)
        if value is None or place not in ("header", "headers"):
            continue
        key = member.serialization.get("name", name if place == "header" else "")
        found.update(_prefixed(key, value) if place == "headers" else {key: _text(member, value)})
    return found


def _prefixed(prefix: str, value: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, item in value.items():
        yield prefix + key, scalar.text(item)


def _text(shape: Any, value: Any) -> str:
    match shape.type_name:
        case "boolean":
            return "true" if scalar.truth(value) else "false"
        case "timestamp":
            return str(scalar.timestamp(value, shape.serialization.get("timestampFormat", scalar.RFC822)))
        case "list":
            return ",".join(_text(shape.member, item) for item in value)
    if shape.serialization.get("jsonvalue"):
        return scalar.encoded(json.dumps(value, separators=(",", ":")))
    return scalar.text(value)
