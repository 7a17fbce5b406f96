"""The constraints of the services' models, held against each request before anything acts on it.

botocore's clients look at types and required members; lengths, ranges, patterns and enums are left to the service.
Patterns are matched by RE2, in linear time; the few that it does not know (they look ahead) are left to the handlers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import re2

from netflux.controlplane.protocol import refusals
from netflux.controlplane.protocol.refusals import Violation, invalid
from netflux.decoding import json

_XML_PROTOCOLS = frozenset({"query", "ec2", "rest-xml"})
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_XML_TEXT = r"Member must satisfy regular expression pattern: [\u0009\u000A\u000D\u0020-\uD7FF\uE000-\uFFFD]*"
_PATH = re.compile("^/(hostedzone|change|delegationset|healthcheck)/")
"""Route 53 answers ids as paths and takes them back so; SDKs cut the path off, other parts of this region don't."""
_TEXTS = frozenset({"string", "character"})
_NUMBERS = frozenset({"integer", "long", "float", "double", "short", "byte"})
_LONGEST_LIST = 10_000
"""Members of a list of which the model says nothing. AWS's longest is PutLogEvents' [10,000 events]."""
_MOST_TAGS = 50
"""User-created tags of a resource ["Tag naming limits and requirements", Tagging AWS resources]."""

_LONGEST_IN_FORM = 1000
"""The same for services that are asked by form: instances of one describe, targets of one registration."""
_MOST_ITEMS = {("ec2", "Filters"): 50, ("ec2", "Values"): 200}
"""["Filtering considerations", Amazon EC2 user guide: 50 filters and 200 values of one]."""
_DEEPEST_POLICY = 64
"""Levels of the JSON in a policy. AWS publishes none; a statement has seven."""

_MOST = {
    ("ec2", "SecondaryPrivateIpAddressCount"): 50,
    ("ec2", "Ipv6AddressCount"): 50,
    ("ec2", "Ipv4PrefixCount"): 50,
    ("ec2", "Ipv6PrefixCount"): 50,
    ("ec2", "MaxEntries"): 1000,
    ("ec2", "MaxCount"): 1000,
    ("ec2", "MinCount"): 1000,
}
"""Numbers that the model leaves open and that say how much is to be made. An interface has at most 50 addresses
["Maximum IP addresses per network interface", EC2 user guide], a prefix list 1,000 entries [Amazon VPC quotas]."""

_REMEMBERED = 128
"""Characters of a text of which it is remembered whether it fits a pattern."""
_OWN_WORDS = frozenset({"QueueAttributeName", "MessageSystemAttributeName", "MessageSystemAttributeNameForSends"})
"""Shapes whose values the service itself refuses, by errors of its own."""
_UNENFORCED = frozenset[str]()
"""Patterns of the models that the services themselves don't hold requests to."""


def check(service: str, model: Any, params: dict[str, Any], protocol: str | None = None) -> None:
    """Raises what the service answers where parameters break its model.

    Args:
        service: botocore's name.
        model: the operation.
        params: as boto3 takes them, of the types of the model.
        protocol: what the client speaks; the service's first where a part of this region calls.
    """
    if model.input_shape is None:
        return
    spoken = protocol or model.service_model.resolved_protocol
    walk = _Walk(service, model.service_model.resolved_protocol)
    found = list(walk.structure(model.input_shape, params, ""))
    if found:
        raise invalid(service, spoken, found)


class _Walk:
    def __init__(self, service: str, protocol: str) -> None:
        self._service = service
        self._xml = protocol in _XML_PROTOCOLS and service != "s3"  # whose keys and metadata come outside of XML
        self._by_form = protocol in ("query", "ec2")

    def structure(self, shape: Any, value: dict[str, Any], path: str) -> Iterator[Violation]:
        for name in shape.required_members:
            if value.get(name) is None:
                yield Violation(_join(path, name), None, "Member must not be null")
        members = shape.members
        for name, item in value.items():
            if item is not None and name in members:
                yield from self._value(members[name], item, _join(path, name), name)

    def _value(self, shape: Any, value: Any, path: str, name: str) -> Iterator[Violation]:
        kind = shape.type_name
        if kind == "structure" and isinstance(value, dict) and not getattr(shape, "is_document_type", False):
            yield from self.structure(shape, value, path)
        elif kind in ("list", "map"):
            yield from self._container(shape, value, path, name)
        elif kind in _TEXTS and isinstance(value, str):
            yield from self._text(shape, value, path)
            if _is_policy(name) and json.levels(value) > _DEEPEST_POLICY:
                yield Violation(path, value, refusals.TOO_DEEP, shown=False)
        elif kind == "blob" and isinstance(value, bytes | bytearray):
            yield from self._length(shape, value, path)
        elif kind in _NUMBERS:
            yield from self._range(shape, value, path, _MOST.get((self._service, name)))

    def _container(self, shape: Any, value: Any, path: str, name: str) -> Iterator[Violation]:
        too_long = list(self._length(shape, value, path, self._longest(shape, name)))
        yield from too_long
        if too_long:
            return
        if shape.type_name == "list":
            yield from self._items(shape, value, path, name)
        else:
            for key, item in value.items():
                yield from self._value(shape.key, key, f"{path}.key", name)
                yield from self._value(shape.value, item, f"{path}.{key}.member", str(key))

    def _longest(self, shape: Any, name: str) -> int:
        if _is_tags(shape, name):
            return _MOST_TAGS
        if (self._service, name) in _MOST_ITEMS:
            return _MOST_ITEMS[self._service, name]
        return _LONGEST_IN_FORM if self._by_form else _LONGEST_LIST

    def _items(self, shape: Any, value: list[Any], path: str, name: str) -> Iterator[Violation]:
        if shape.member.type_name not in _TEXTS | _NUMBERS:
            for number, item in enumerate(value, 1):
                yield from self._value(shape.member, item, f"{path}.{number}.member", name)
            return
        if shape.member.type_name in _NUMBERS and not shape.member.metadata:
            return
        for item in value:
            broken = [each.constraint for each in self._value(shape.member, item, path, name)]
            if broken:
                constraint = f"Member must satisfy constraint: [{', '.join(broken)}]"
                yield Violation(path, value, constraint, not shape.member.metadata.get("sensitive"))
                return

    def _text(self, shape: Any, value: str, path: str) -> Iterator[Violation]:
        if self._xml and _NO_XML.search(value):
            yield Violation(path, value, _XML_TEXT, shown=False)
        metadata = shape.metadata
        if not metadata:
            return
        if self._service == "route53":
            value = _PATH.sub("", value)
        too_long = [*self._length(shape, value, path)]
        yield from too_long
        pattern = metadata.get("pattern")
        fits = _matches if metadata.get("sensitive") else _fits
        if pattern and not any("less" in each.constraint for each in too_long) and not fits(pattern, value):
            text = f"Member must satisfy regular expression pattern: {pattern}"
            yield Violation(path, value, text, not metadata.get("sensitive"))
        enum = metadata.get("enum")
        if enum and value not in enum and shape.name not in _OWN_WORDS:
            text = f"Member must satisfy enum value set: [{', '.join(enum)}]"
            yield Violation(path, value, text, not metadata.get("sensitive"))

    def _length(self, shape: Any, value: Any, path: str, otherwise: int | None = None) -> Iterator[Violation]:
        least, most = shape.metadata.get("min"), shape.metadata.get("max", otherwise)
        shown = not shape.metadata.get("sensitive") and not isinstance(value, bytes)
        if least is not None and len(value) < least:
            yield Violation(path, value, f"Member must have length greater than or equal to {least}", shown)
        if most is not None and len(value) > most:
            yield Violation(path, value, f"Member must have length less than or equal to {most}", shown)

    def _range(self, shape: Any, value: Any, path: str, otherwise: int | None) -> Iterator[Violation]:
        least, most = shape.metadata.get("min"), shape.metadata.get("max", otherwise)
        if otherwise is not None and least is None:
            least = 0
        if least is not None and value < least:
            yield Violation(path, value, f"Member must have value greater than or equal to {least}")
        if most is not None and value > most:
            yield Violation(path, value, f"Member must have value less than or equal to {most}")


def _is_policy(name: str) -> bool:
    return "policy" in name.lower() or name == "DashboardBody"


def _is_tags(shape: Any, name: str) -> bool:
    items = shape.type_name == "map" or shape.member.type_name == "structure"
    return items and name.lower() in ("tags", "taglist", "tagset")


def _fits(pattern: str, value: str) -> bool:
    return _fitted(pattern, value) if len(value) <= _REMEMBERED else _matches(pattern, value)


@lru_cache(maxsize=4096)
def _fitted(pattern: str, value: str) -> bool:
    """Names and ids come again and again."""
    return _matches(pattern, value)


def _matches(pattern: str, value: str) -> bool:
    compiled = _compiled(pattern)
    return compiled is None or compiled.fullmatch(value) is not None


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> Any:
    """The pattern for RE2; None where it has what RE2 has not."""
    if pattern in _UNENFORCED:
        return None
    options = re2.Options()
    options.log_errors = False
    written = re.sub(r"\\u([0-9A-Fa-f]{4})", r"\\x{\1}", pattern)
    try:
        return re2.compile(f"(?:{written})", options)
    except re2.error:
        return None


def _join(path: str, name: str) -> str:
    own = name[:1].lower() + name[1:]
    return f"{path}.{own}" if path else own
