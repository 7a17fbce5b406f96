"""Parameters that REST protocols put into the path, the query string and headers, around a body."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from netflux.controlplane.protocol.parameters import scalar
from netflux.decoding.limits import Malformed


@dataclass(frozen=True)
class Parts:
    """A REST request, taken apart.

    Attributes:
        labels: what stands in the path, decoded.
        query: the query string's values by name.
        headers: lower-case names.
        body: as it came.
    """

    labels: Mapping[str, str]
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes


def read(shape: Any, parts: Parts, document: Callable[[Any, str, bytes], Any]) -> dict[str, Any]:
    """The parameters as botocore shapes them.

    Args:
        shape: the operation's input.
        parts: the request.
        document: reads a body by a shape and the name of its root element.
    """
    found: dict[str, Any] = {}
    for name, member in shape.members.items():
        value = _located(name, member, parts)
        if value is not None:
            found[name] = value
    payload = shape.serialization.get("payload")
    if payload is None:
        if parts.body and any("location" not in member.serialization for member in shape.members.values()):
            found |= document(shape, str(shape.serialization.get("name", "")), parts.body)
    elif parts.body:
        member = shape.members[payload]
        if member.type_name == "blob":
            found[payload] = parts.body
        elif member.type_name == "string":
            found[payload] = _text(parts.body)
        else:
            found[payload] = document(member, str(member.serialization.get("name", payload)), parts.body)
    return found


def _located(name: str, member: Any, parts: Parts) -> Any:
    shown = member.serialization.get("name", name)
    match member.serialization.get("location"):
        case "uri":
            return _single(member, parts.labels.get(shown))
        case "header":
            return _header(member, parts.headers.get(shown.lower()))
        case "headers":
            start = shown.lower()
            return {key[len(start) :]: text for key, text in parts.headers.items() if key.startswith(start)} or None
        case "querystring":
            return _queried(member, shown, parts.query)
    if member.serialization.get("hostLabel") and name in parts.labels:
        return parts.labels[name]
    return None


def _queried(member: Any, shown: str, query: Mapping[str, list[str]]) -> Any:
    if member.type_name == "map":
        return {key: values if member.value.type_name == "list" else values[0] for key, values in query.items()}
    values = query.get(shown)
    if values is None:
        return None
    if member.type_name == "list":
        return [scalar.from_text(member.member, value) for value in values]
    if len(set(values)) > 1:
        raise Malformed(f"the parameter {shown} is given twice")
    return _single(member, values[0])


def _header(member: Any, text: str | None) -> Any:
    if text is not None and member.type_name == "list":
        return [scalar.from_text(member.member, part.strip()) for part in text.split(",")]
    return _single(member, text)


def _single(member: Any, text: str | None) -> Any:
    return None if text is None else scalar.from_text(member, text)


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise Malformed("the body is not UTF-8") from error
