"""REST-XML as S3 speaks it, by the shapes of botocore's model: requests to dicts, dicts to responses. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from xml.sax.saxutils import escape

from netflux.aws.s3 import encodedwords
from netflux.controlplane.protocol.parameters import element, scalar
from netflux.decoding import xml
from netflux.decoding.limits import Limits, Malformed
from netflux.errors import AwsError

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"


@dataclass(frozen=True)
class Document:
    """The body of a request that is no object, and what it may hold."""

    body: bytes
    limits: Limits = field(default_factory=Limits)


def read(shape: Any, query: Mapping[str, str], headers: Mapping[str, str], document: Document) -> dict[str, Any]:
    """The request's members that query, headers and an XML or text body hold; labels and streams are the caller's.

    Raises:
        AwsError: MalformedXML, InvalidArgument.
    """
    found: dict[str, Any] = {}
    if shape is None:
        return found
    payload = shape.serialization.get("payload")
    for name, member in shape.members.items():
        location = member.serialization.get("location")
        wire_name = member.serialization.get("name", name)
        if location == "querystring" and wire_name in query:
            found[name] = _scalar(member, query[wire_name])
        elif location == "header" and wire_name.lower() in headers:
            found[name] = _header(member, headers[wire_name.lower()])
        elif location == "headers":
            prefix = wire_name.lower()
            mapped = {key[len(prefix) :]: value for key, value in headers.items() if key.startswith(prefix)}
            if mapped:
                found[name] = mapped
        elif name == payload and document.body:
            found[name] = _payload(name, member, document)
    return found


def write(shape: Any, response: Mapping[str, Any], root: str = "") -> tuple[dict[str, str], bytes]:
    """Headers and body of a response. A streamed payload is left to the caller."""
    if shape is None:
        return {}, b""
    headers = _response_headers(shape, response)
    payload = shape.serialization.get("payload")
    if payload:
        member, value = shape.members[payload], response.get(payload)
        if value is None or member.type_name == "blob":
            return headers, b""
        if member.type_name == "structure":
            return headers, _document(member.serialization.get("name", payload), _members(member, value))
        return headers, str(value).encode()
    inside = {name: member for name, member in shape.members.items() if "location" not in member.serialization}
    if not inside:
        return headers, b""
    inner = "".join(
        _element(member.serialization.get("name", name), member, response[name])
        for name, member in inside.items()
        if response.get(name) is not None
    )
    return headers, _document(root or shape.name.removesuffix("Output") + "Result", inner)


def _response_headers(shape: Any, response: Mapping[str, Any]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, member in shape.members.items():
        location, value = member.serialization.get("location"), response.get(name)
        if value is None:
            continue
        if location == "header":
            headers[member.serialization["name"]] = _text(member, value, in_header=True)
        elif location == "headers":
            prefix = member.serialization["name"]
            headers.update({f"{prefix}{key}": encodedwords.written(str(text)) for key, text in value.items()})
    return headers


def _payload(name: str, shape: Any, document: Document) -> Any:
    try:
        if shape.type_name != "structure":
            return document.body.decode()
        root = xml.decode(document.body, document.limits)
        value = element.read(shape, root, shape.serialization.get("name", name))
        _whole(shape, value, name)
        return _with_zones(value)
    except (Malformed, UnicodeDecodeError) as failure:
        raise AwsError(
            "MalformedXML",
            f"The XML you provided was not well-formed or did not validate against our published schema: {failure}",
        ) from failure


def _whole(shape: Any, value: Any, path: str) -> None:
    """Raises Malformed where a member is missing that the document's schema asks for."""
    if shape.type_name == "list":
        for item in value:
            _whole(shape.member, item, path)
    elif shape.type_name == "structure":
        for name in shape.required_members:
            if value.get(name) is None:
                raise Malformed(f"{path} has no {name}")
        for name, item in value.items():
            if item is not None:
                _whole(shape.members[name], item, name)


def _with_zones(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _with_zones(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_with_zones(item) for item in value]
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value


def _header(shape: Any, text: str) -> Any:
    if shape.type_name == "list":
        return [part.strip() for part in text.split(",")]
    return _scalar(shape, text)


def _scalar(shape: Any, text: str) -> Any:
    try:
        return _with_zones(scalar.from_text(shape, text.strip() if shape.type_name != "string" else text))
    except Malformed as failure:
        raise AwsError("InvalidArgument", f"{shape.name} can't be {text[:100]!r}") from failure


def _text(shape: Any, value: Any, *, in_header: bool = False) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        iso = shape.serialization.get("timestampFormat") == "iso8601" or not in_header
        moment = value.astimezone(UTC)
        if iso:
            return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")
        return format_datetime(moment, usegmt=True)
    if isinstance(value, list):
        return ",".join(str(item) for item in value)
    return str(value)


def _members(shape: Any, value: Mapping[str, Any]) -> str:
    return "".join(
        _element(member.serialization.get("name", name), member, value[name])
        for name, member in shape.members.items()
        if value.get(name) is not None and not member.serialization.get("xmlAttribute")
    )


def _element(name: str, shape: Any, value: Any) -> str:
    if shape.type_name == "list":
        flat = shape.serialization.get("flattened")
        item_name = name if flat else shape.member.serialization.get("name", "member")
        inner = "".join(_element(item_name, shape.member, item) for item in value)
        return inner if flat else f"<{name}>{inner}</{name}>"
    if shape.type_name == "structure":
        return f"<{name}{_attributes(shape, value)}>{_members(shape, value)}</{name}>"
    return f"<{name}>{escape(_text(shape, value))}</{name}>"


def _attributes(shape: Any, value: Mapping[str, Any]) -> str:
    namespace = shape.serialization.get("xmlNamespace")
    declared = f' xmlns:{namespace["prefix"]}="{namespace["uri"]}"' if namespace and "prefix" in namespace else ""
    return declared + "".join(
        f' {member.serialization["name"]}="{escape(str(value[name]))}"'
        for name, member in shape.members.items()
        if member.serialization.get("xmlAttribute") and name in value
    )


def _document(root: str, inner: str) -> bytes:
    written = f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="{NAMESPACE}">{inner}</{root}>'
    return xml.readable(written.encode())
