"""What a document of each kind must have for its readers: held against it before it is kept, and when it is loaded.

A reader can rely on it. A document that lacks something costs its own resource: it is left out, named in `status`, and
stays on disk, where the next version of netflux may be able to read it.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from netflux.faults import Faults

T = TypeVar("T")
Key = TypeVar("Key")
Types = tuple[type, ...]


@dataclass(frozen=True)
class Kind:
    """A kind of document.

    Attributes:
        name: of the kind, e.g. `s3/bucket`; when it ends in `/`, of all kinds with these two parts, e.g. `s3/object/`.
        members: those that are always there, with the types that they may have.
        more: those that may be absent.
        read: a reader, tried on the document; what it raises is why the document can't be read.
        remedy: what a person does about a document that can't be read; `{key}` is filled in.
    """

    name: str
    members: Mapping[str, Types]
    more: Mapping[str, Types] = field(default_factory=dict)
    read: Callable[[dict[str, Any]], object] | None = None
    remedy: str = ""

    def check(self, document: Any) -> None:
        """ValueError, or whatever the reader raises, when the document can't be read."""
        if not isinstance(document, dict):
            raise ValueError("it is no object")  # noqa: TRY004  (why, not a bug here)
        for name, expected in self.members.items():
            if name not in document:
                raise ValueError(f"it has no `{name}`")
            _typed(name, document[name], expected)
        for name, expected in self.more.items():
            if name in document:
                _typed(name, document[name], expected)
        if self.read is not None:
            self.read(document)


def kind(name: str, remedy: str = "", /, **members: type | types.UnionType | None) -> Kind:
    """A kind by the types of the members that it must have."""
    return Kind(name, {key: _types(hint) for key, hint in members.items()}, remedy=remedy)


def kind_of(name: str, made: type, remedy: str = "", read: Callable[[dict[str, Any]], object] | None = None) -> Kind:
    """A kind whose documents are a dataclass's fields."""
    hints = typing.get_type_hints(made)
    needed: dict[str, Types] = {}
    more: dict[str, Types] = {}
    for one in dataclasses.fields(made):
        absent = one.default is dataclasses.MISSING and one.default_factory is dataclasses.MISSING
        (needed if absent else more)[one.name] = _types(hints[one.name])
    return Kind(name, needed, more, read or (lambda document: made(**document)), remedy)


def read_each(
    faults: Faults, noun: str, items: Iterable[tuple[Key, Any]], read: Callable[[Any], T], remedy: str
) -> dict[Key, T]:
    """What can be read, by key; faults are told of the others, and cleared of those that are gone or readable again.

    Args:
        faults: what `status` shows.
        noun: of one item, e.g. `security group`; nobody else reads items of that noun.
        items: keys with what is to be read, of all there are.
        read: raises when it can't.
        remedy: what a person does about one that can't be read; `{key}` is filled in.
    """
    found, failed = {}, set()
    for key, item in items:
        try:
            found[key] = read(item)
        except Exception as error:  # noqa: BLE001  (whatever it is, it costs this one item; it is told)
            failed.add(f"{noun} {key}")
            tell(faults, f"{noun} {key}", error, remedy.replace("{key}", str(key)))
    for fault in faults.list():
        if fault.kind == FAULT and fault.subject.startswith(f"{noun} ") and fault.subject not in failed:
            faults.clear(FAULT, fault.subject)
    return found


FAULT = "record"
"""The kind of fault."""


def tell(faults: Faults, subject: str, error: BaseException, remedy: str) -> None:
    """Names what can't be read."""
    why = str(error) if type(error) is ValueError else f"{type(error).__name__}: {error}"
    message = f"The {subject} can't be read ({why}), so it is left out. It stays on disk; nothing else is concerned."
    faults.tell(FAULT, subject, message, remedy or "Put a copy of the state directory back.")


def _types(hint: Any) -> Types:
    """Types of JSON for an annotation; what has none there is any."""
    if hint is Any:
        return (object,)
    parts = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    found: list[type] = []
    for part in parts:
        plain = typing.get_origin(part) or part
        if plain in (list, tuple, set, frozenset) or getattr(plain, "__name__", "") == "Sequence":
            found += [list, tuple]
        elif plain is float:
            found += [int, float]
        elif plain in (str, int, bool, type(None), None):
            found.append(type(None) if plain is None else plain)
        else:
            found += [dict] if plain is dict or getattr(plain, "__name__", "") == "Mapping" else [object]
    return tuple(found)


def _typed(name: str, value: Any, expected: Types) -> None:
    if not isinstance(value, expected):
        names = " or ".join("null" if one is type(None) else one.__name__ for one in expected)
        raise ValueError(f"its `{name}` is {type(value).__name__}, not {names}")  # noqa: TRY004  (why, not a bug here)
