"""YAML 1.1 without what makes it dangerous: no aliases, no merges, no objects, one document.

libyaml reads the text, event by event, and the value is built here without recursion, so a text that is deeper or has
more nodes than its limits costs only what was read until then. Numbers stay text where they are longer than any that
is meant as one: as sexagesimals, a kilobyte of digits is worked on for minutes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import yaml

from netflux.decoding.limits import Exceeded, Limits, Malformed, check_size

Tagged = Callable[[str, Any], Any]

_STANDARD = "tag:yaml.org,2002:"
_LONGEST_NUMBER = 40
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL = {
    word: value
    for text, value in (("yes", True), ("no", False), ("true", True), ("false", False), ("on", True), ("off", False))
    for word in (text, text.capitalize(), text.upper())
}
_INT = re.compile(r"[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0[0-7_]*|[1-9][0-9_]*(?::[0-5]?[0-9])*)")
_FLOAT = re.compile(r"[-+]?(?:[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?)")


class Unreadable(Malformed):
    """The text is not YAML at all; `place` is where that shows, `(line 3, column 5)`."""

    @property
    def place(self) -> str:
        """Where it shows; the problem is the parser's own affair."""
        return str(self).partition(": ")[0]


class Alias(Malformed):
    """The text refers to a node that stands elsewhere in it."""


@dataclass
class _Open:
    """A container that is being filled."""

    tag: str | None
    value: dict[str, Any] | list[Any]
    key: str | None = None


def decode(text: str, limits: Limits, tagged: Tagged) -> Any:
    """The document's value: None, bool, int, float, str, list, dict with text for keys.

    Args:
        tagged: the value of a node with a tag of the document's own, `!Name`: from the name and the value without it;
            raises Malformed for a name that it doesn't know.

    Raises:
        Alias: the text has an alias.
        Malformed: not YAML, or of the kinds above; the message begins with the place, `(line 3, column 5): `.
        Exceeded: more than the limits.
    """
    try:
        check_size(text.encode(), limits)
    except UnicodeEncodeError as error:
        raise Malformed("it has half of a surrogate pair") from error
    builder = _Builder(limits, tagged)
    try:
        for event in yaml.parse(text, yaml.CSafeLoader):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _at(mark, str(error.problem or error.context), Unreadable) from error
    except yaml.YAMLError as error:
        raise Malformed(str(error)) from error
    return builder.value


def _at(mark: Any, problem: str, kind: type[Malformed] = Malformed) -> Malformed:
    return kind(f"(line {mark.line + 1}, column {mark.column + 1}): {problem}" if mark else problem)


class _Builder:
    def __init__(self, limits: Limits, tagged: Tagged) -> None:
        self.value: Any = None
        self._limits = limits
        self._tagged = tagged
        self._open: list[_Open] = []
        self._nodes = 0
        self._documents = 0

    def take(self, event: Any) -> None:
        if isinstance(event, yaml.NodeEvent):
            self._node(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            closed = self._open.pop()
            self._place(self._finished(closed.tag, closed.value, event), event)
        elif isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                raise _at(event.start_mark, "another document begins; a text has one")

    def _node(self, event: Any) -> None:
        self._nodes += 1
        if self._nodes > self._limits.nodes:
            raise Exceeded("nodes", self._limits.nodes)
        if isinstance(event, yaml.AliasEvent):
            raise _at(event.start_mark, f"the alias *{event.anchor}", Alias)
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
            return
        parent = self._open[-1] if self._open else None
        if parent is not None and isinstance(parent.value, dict) and parent.key is None:
            raise _at(event.start_mark, "a key must be text")
        if len(self._open) >= self._limits.depth:
            raise Exceeded("levels", self._limits.depth)
        self._open.append(_Open(event.tag, {} if isinstance(event, yaml.MappingStartEvent) else []))

    def _scalar(self, event: Any) -> None:
        parent = self._open[-1] if self._open else None
        if parent is not None and isinstance(parent.value, dict) and parent.key is None:
            self._key(parent, event)
        elif event.tag is None or event.tag == "!":
            self._place(_plain(event.value) if event.implicit[0] and event.tag is None else event.value, event)
        else:
            self._place(self._finished(event.tag, event.value, event), event)

    def _key(self, parent: _Open, event: Any) -> None:
        name = event.value
        if event.tag not in (None, "!", f"{_STANDARD}str"):
            raise _at(event.start_mark, "a key must be text without a tag")
        if name == "<<" and event.implicit[0]:
            raise _at(event.start_mark, "the merge key << is not supported")
        if name in parent.value:
            raise _at(event.start_mark, f"the key {name} is given twice")
        parent.key = name

    def _finished(self, tag: str | None, value: Any, event: Any) -> Any:
        if tag is None or tag == "!":
            return value
        if tag.startswith(_STANDARD):
            return _standard(tag.removeprefix(_STANDARD), value, event)
        if not tag.startswith("!"):
            raise _at(event.start_mark, f"the tag {tag} is not supported")
        try:
            return self._tagged(tag[1:], value)
        except Malformed as error:
            raise _at(event.start_mark, str(error)) from error

    def _place(self, value: Any, event: Any) -> None:
        if not self._open:
            self.value = value
            return
        parent = self._open[-1]
        if isinstance(parent.value, list):
            parent.value.append(value)
        elif parent.key is None:
            raise _at(event.start_mark, "a key must be text")
        else:
            parent.value[parent.key] = value
            parent.key = None


def _standard(name: str, value: Any, event: Any) -> Any:
    """A value whose type the text names."""
    kinds: dict[str, tuple[type, ...]] = {
        "str": (str,), "map": (dict,), "seq": (list,), "int": (int,), "float": (int, float), "bool": (bool,),
        "null": (type(None),),
    }  # fmt: skip
    if name not in kinds:
        raise _at(event.start_mark, f"the tag !!{name} is not supported")
    found = _plain(value) if isinstance(value, str) and name != "str" else value
    if not isinstance(found, kinds[name]):
        raise _at(event.start_mark, f"this is no {name}")
    return found


def _plain(text: str) -> Any:
    """What a scalar without quotes stands for."""
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if len(text) > _LONGEST_NUMBER:
        return text
    if _INT.fullmatch(text):
        return _integer(text)
    return float(text.replace("_", "")) if _FLOAT.fullmatch(text) else text


def _integer(text: str) -> int | str:
    digits = text.replace("_", "").lstrip("+-")
    sign = -1 if text.startswith("-") else 1
    if not digits:
        return text
    if ":" in digits:
        value = 0
        for part in digits.split(":"):
            value = value * 60 + int(part)
        return sign * value
    for prefix, base in (("0b", 2), ("0x", 16), ("0", 8)):
        if digits.startswith(prefix) and len(digits) > 1:
            rest = digits[len(prefix) :]
            return sign * int(rest, base) if rest else text
    return sign * int(digits)
