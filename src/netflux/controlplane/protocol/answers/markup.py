"""Results as XML: the query protocol, EC2's, REST XML.

Elements are written as text at once: a description of 1,000 security groups is some megabytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from netflux.controlplane.protocol import modelcache
from netflux.controlplane.protocol.answers import scalar

_LINES = {"\r": "&#13;"}
"""A parser takes a bare carriage return for a line feed."""


def element(name: str, inner: str, namespace: str = "") -> str:
    """An element around markup."""
    opened = f"{name} xmlns={quoteattr(namespace)}" if namespace else name
    return f"<{opened}>{inner}</{name}>" if inner else f"<{opened}/>"


class Writer:
    """Writes values of one protocol.

    Args:
        timestamps: the form of timestamps of which the model says nothing.
        compatible: names are those of the query protocol that the service had before it spoke JSON (SQS).
    """

    def __init__(self, timestamps: str = scalar.ISO, compatible: bool = False) -> None:
        self._timestamps = timestamps
        self._compatible = compatible

    def members(self, shape: Any, given: Mapping[str, Any], bound: bool = False) -> str:
        """The elements of a structure's members.

        Args:
            shape: the structure.
            given: its members.
            bound: members with a place in the head of the answer are left out.
        """
        return "".join(
            self._member(member, given[name], name)
            for name, member in shape.members.items()
            if given.get(name) is not None
            and not member.serialization.get("xmlAttribute")
            and not (bound and "location" in member.serialization)
        )

    def _member(self, shape: Any, given: Any, name: str) -> str:
        if not shape.serialization.get("flattened"):
            return self.value(shape, given, self._name(shape, name))
        if shape.type_name == "list":
            item = self._name(shape.member, self._name(shape, name))
            return "".join(self.value(shape.member, one, item) for one in given if one is not None)
        return "".join(element(self._name(shape, name), pair) for pair in self._pairs(shape, given))

    def value(self, shape: Any, given: Any, name: str) -> str:
        """The element of a value."""
        match shape.type_name:
            case "structure":
                return self._structure(shape, given, name)
            case "list":
                item = self._name(shape.member, "member")
                inner = "".join(self.value(shape.member, one, item) for one in given if one is not None)
            case "map":
                inner = "".join(element("entry", pair) for pair in self._pairs(shape, given))
            case _:
                inner = escape(self._text(shape, given), _LINES)
        return element(name, inner)

    def _structure(self, shape: Any, given: Mapping[str, Any], name: str) -> str:
        """With its namespace and attributes, which S3's grantees have."""
        inner, opened = self.members(shape, given), name
        namespace = shape.serialization.get("xmlNamespace")
        if isinstance(namespace, Mapping):
            prefix = f":{namespace['prefix']}" if namespace.get("prefix") else ""
            opened += f" xmlns{prefix}={quoteattr(namespace['uri'])}"
        for key, member in shape.members.items():
            if member.serialization.get("xmlAttribute") and given.get(key) is not None:
                opened += f" {self._name(member, key)}={quoteattr(scalar.text(given[key]))}"
        return f"<{opened}>{inner}</{name}>" if inner else f"<{opened}/>"

    def _pairs(self, shape: Any, given: Mapping[Any, Any]) -> Iterator[str]:
        key_name, value_name = self._name(shape.key, "key"), self._name(shape.value, "value")
        for key, item in given.items():
            if item is not None:
                yield self.value(shape.key, key, key_name) + self.value(shape.value, item, value_name)

    def _text(self, shape: Any, given: Any) -> str:
        match shape.type_name:
            case "boolean":
                return "true" if scalar.truth(given) else "false"
            case "integer" | "long" | "short" | "byte":
                return str(int(given))
            case "float" | "double":
                return str(float(given))
            case "timestamp":
                return str(scalar.timestamp(given, shape.serialization.get("timestampFormat", self._timestamps)))
            case "blob":
                return scalar.encoded(given)
        return scalar.text(given)

    def _name(self, shape: Any, otherwise: str) -> str:
        name: str = shape.serialization.get("name", otherwise)
        if self._compatible:
            return modelcache.older_name(shape) or name
        return name
