"""Parameters out of an XML document, as S3, CloudFront and Route 53 take it.

AWS holds these documents to a schema: an element that the model does not have, or has once, is refused.
"""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element

from netflux.controlplane.protocol.parameters import scalar
from netflux.decoding.limits import Malformed
from netflux.decoding.xml import local


def read(shape: Any, node: Element, name: str = "") -> Any:
    """The element's value as botocore shapes it.

    Args:
        shape: what it has to be.
        node: the element.
        name: what its tag has to be; "" for any.
    """
    if name and local(node.tag) != name:
        raise Malformed(f"unexpected element {local(node.tag)[:100]}: {name} is expected")
    match shape.type_name:
        case "structure":
            return _structure(shape, node)
        case "list":
            return _list(shape, node)
        case "map":
            return dict(_entry(shape, each) for each in node)
    if len(node):
        raise Malformed(f"unexpected element {local(node[0].tag)[:100]} in {local(node.tag)[:100]}")
    try:
        return scalar.from_text(shape, node.text or "")
    except Malformed as error:
        raise Malformed(f"{local(node.tag)[:100]}: {error}") from error


def _structure(shape: Any, node: Element) -> dict[str, Any]:
    children: dict[str, list[Element]] = {}
    for child in node:
        children.setdefault(local(child.tag), []).append(child)
    found: dict[str, Any] = {}
    for name, member in shape.members.items():
        if "location" in member.serialization:
            continue
        if member.serialization.get("xmlAttribute"):
            value = _attribute(node, member.serialization["name"])
            if value is not None:
                found[name] = scalar.from_text(member, value)
            continue
        nodes = children.pop(_shown(name, member), None)
        if nodes is not None:
            found[name] = _member(member, nodes)
    for left in children:
        raise Malformed(f"unexpected element {left[:100]} in {local(node.tag)[:100]}")
    return found


def _shown(name: str, member: Any) -> str:
    if member.type_name == "list" and member.serialization.get("flattened"):
        return str(member.member.serialization.get("name") or member.serialization.get("name", name))
    return str(member.serialization.get("name", name))


def _member(member: Any, nodes: list[Element]) -> Any:
    if member.serialization.get("flattened"):
        if member.type_name == "map":
            return dict(_entry(member, each) for each in nodes)
        return [read(member.member, each) for each in nodes]
    if len(nodes) > 1:
        raise Malformed(f"the element {local(nodes[0].tag)[:100]} is given twice")
    return read(member, nodes[0])


def _list(shape: Any, node: Element) -> list[Any]:
    name = shape.member.serialization.get("name", "member")
    return [read(shape.member, each, name) for each in node]


def _entry(shape: Any, node: Element) -> tuple[str, Any]:
    parts = {local(part.tag): part for part in node}
    key = parts.get(shape.key.serialization.get("name", "key"))
    value = parts.get(shape.value.serialization.get("name", "value"))
    if key is None or value is None or len(node) != len(parts) or len(parts) > 2:
        raise Malformed(f"the element {local(node.tag)[:100]} is one key and one value")
    return str(read(shape.key, key)), read(shape.value, value)


def _attribute(node: Element, name: str) -> str | None:
    wanted = name.rpartition(":")[2]
    for key, value in node.attrib.items():
        if local(key) == wanted:
            return value
    return None
