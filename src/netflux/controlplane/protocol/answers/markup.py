"""Results as XML: the query protocol, EC2's, REST XML.

Elements are written as text at once: a description of 1,000 security groups is some megabytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
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


def escaped(text: str) -> str:
    """Text between tags."""
    if "&" in text or "<" in text or ">" in text or "\r" in text:
        return escape(text, _LINES)
    return text


Write = Callable[[Any], str]
"""The markup of a value, its element around it."""


class Writer:
    """Writes values of one protocol. What a shape asks for is worked out once, and kept beside the shape.

    Args:
        timestamps: the form of timestamps of which the model says nothing.
        compatible: names are those of the query protocol that the service had before it spoke JSON (SQS).
    """

    def __init__(self, timestamps: str = scalar.ISO, compatible: bool = False) -> None:
        self._timestamps = timestamps
        self._compatible = compatible
        self._kept = f"_markup {timestamps} {compatible}"
        self._bound = f"{self._kept} bound"

    def members(self, shape: Any, given: Mapping[str, Any], bound: bool = False) -> str:
        """The elements of a structure's members.

        Args:
            shape: the structure.
            given: its members.
            bound: members with a place in the head of the answer are left out.
        """
        kept = self._bound if bound else self._kept
        found: list[tuple[str, Write]] | None = vars(shape).get(kept)
        if found is None:
            found = vars(shape)[kept] = [
                (name, self._member(member, name))
                for name, member in shape.members.items()
                if not member.serialization.get("xmlAttribute") and not (bound and "location" in member.serialization)
            ]
        return "".join([write(value) for name, write in found if (value := given.get(name)) is not None])

    def _member(self, shape: Any, name: str) -> Write:
        if not shape.serialization.get("flattened"):
            return self._element(shape, self._name(shape, name))
        if shape.type_name == "list":
            return self._items(shape, self._name(shape.member, self._name(shape, name)))
        pairs, shown = self._pairs(shape), self._name(shape, name)
        return lambda given: "".join([element(shown, pair) for pair in pairs(given)])

    def _element(self, shape: Any, name: str) -> Write:
        """Of a value of any shape."""
        match shape.type_name:
            case "structure":
                return self._structure(shape, name)
            case "list":
                inner = self._items(shape, self._name(shape.member, "member"))
            case "map":
                pairs = self._pairs(shape)

                def inner(given: Any) -> str:
                    return "".join([element("entry", pair) for pair in pairs(given)])

            case _:
                inner = self._text(shape)
        opened, closed, empty = f"<{name}>", f"</{name}>", f"<{name}/>"

        def write(given: Any) -> str:
            text = inner(given)
            return f"{opened}{text}{closed}" if text else empty

        return write

    def _items(self, shape: Any, name: str) -> Write:
        write = self._later(shape.member, name)
        return lambda given: "".join([write(one) for one in given if one is not None])

    def _later(self, shape: Any, name: str) -> Write:
        """Structures may hold themselves, so what is in a list or a map is looked at when there is one."""
        made: list[Write] = []

        def write(given: Any) -> str:
            if not made:
                made.append(self._element(shape, name))
            return made[0](given)

        return write

    def _structure(self, shape: Any, name: str) -> Write:
        """With its namespace and attributes, which S3's grantees have."""
        start = name
        namespace = shape.serialization.get("xmlNamespace")
        if isinstance(namespace, Mapping):
            prefix = f":{namespace['prefix']}" if namespace.get("prefix") else ""
            start += f" xmlns{prefix}={quoteattr(namespace['uri'])}"
        attributes = [
            (key, self._name(member, key))
            for key, member in shape.members.items()
            if member.serialization.get("xmlAttribute")
        ]

        def write(given: Any) -> str:
            inner, opened = self.members(shape, given), start
            for key, shown in attributes:
                if given.get(key) is not None:
                    opened += f" {shown}={quoteattr(scalar.text(given[key]))}"
            return f"<{opened}>{inner}</{name}>" if inner else f"<{opened}/>"

        return write

    def _pairs(self, shape: Any) -> Callable[[Mapping[Any, Any]], list[str]]:
        key = self._later(shape.key, self._name(shape.key, "key"))
        value = self._later(shape.value, self._name(shape.value, "value"))
        return lambda given: [key(name) + value(item) for name, item in given.items() if item is not None]

    def _text(self, shape: Any) -> Write:
        match shape.type_name:
            case "boolean":
                return lambda given: "true" if scalar.truth(given) else "false"
            case "integer" | "long" | "short" | "byte":
                return lambda given: str(int(given))
            case "float" | "double":
                return lambda given: str(float(given))
            case "timestamp":
                form = shape.serialization.get("timestampFormat", self._timestamps)
                return lambda given: escaped(str(scalar.timestamp(given, form)))
            case "blob":
                return scalar.encoded
        return lambda given: escaped(scalar.text(given))

    def _name(self, shape: Any, otherwise: str) -> str:
        name: str = shape.serialization.get("name", otherwise)
        if self._compatible:
            return modelcache.older_name(shape) or name
        return name
