"""What a handler says of its operation: each member of the request is carried, without effect here, or refused.

There is no fourth. A member that a new botocore brings is in none of these, so it is refused by name, and a test that
walks the models asks for it to be declared.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from netflux.errors import Unsupported

F = TypeVar("F", bound=Callable[..., Any])
V = TypeVar("V")

Members = Mapping[str, "Members"]
"""Names of members, each with those of its structure, of the structures in its list, or of its map's values."""

_WORD = re.compile(r"[A-Za-z0-9]+|[()]")


@dataclass(frozen=True)
class Declaration:
    """An operation's members. Paths join names by dots and leave out the levels of lists and maps.

    Attributes:
        carries: those that the operation acts on, or keeps and tells again.
        neutral: by path, why it makes no difference here. What is below the path belongs to it.
        refused: by path, what helps whoever needs it. What is below the path belongs to it.
        only: by path of a carried member, the values that are carried; others are refused.
    """

    carries: Members
    neutral: Mapping[str, str] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    only: Mapping[str, tuple[object, ...]] = field(default_factory=dict)

    def check(self, operation: str, shape: Any, params: Mapping[str, Any]) -> None:
        """Raises Unsupported, naming the first member that is not carried.

        Args:
            operation: service and operation, e.g. `ec2:CreateVpc`.
            shape: the operation's input, of botocore's model.
            params: the request, as botocore shapes it.
        """
        for path in self._strangers(self.carries, shape, params, ""):
            raise Unsupported(f"{operation}: the parameter {path}", self.refused.get(path.partition(" ")[0], _INSTEAD))

    def joined(self, other: Declaration) -> Declaration:
        """The members of both, which have none in common."""
        return Declaration(
            {**self.carries, **other.carries},
            {**self.neutral, **other.neutral},
            {**self.refused, **other.refused},
            {**self.only, **other.only},
        )

    def holding(self, path: str, part: Declaration) -> Declaration:
        """This one with a structure's own declaration at the path; ValueError where the path is declared already."""
        carries = copy.deepcopy(dict(self.carries))
        level: dict[str, Any] = carries
        *above, last = path.split(".")
        for name in above:
            level = level.setdefault(name, {})
        if last in level:
            raise ValueError(f"{path} stands twice")
        level[last] = copy.deepcopy(part.carries)
        return Declaration(
            carries,
            {**self.neutral, **_below_path(path, part.neutral)},
            {**self.refused, **_below_path(path, part.refused)},
            {**self.only, **_below_path(path, part.only)},
        )

    def _strangers(self, carried: Members, shape: Any, value: Mapping[str, Any], above: str) -> Iterator[str]:
        for name, given in value.items():
            path = f"{above}.{name}" if above else name
            if given is None or path in self.neutral:
                continue
            if name not in carried:
                yield path
            elif path in self.only and given not in self.only[path]:
                yield f"{path} ({given!r})"
            else:
                for inner, item in _structures(shape.members[name], given):
                    yield from self._strangers(carried[name], inner, item, path)


def _below_path(path: str, table: Mapping[str, V]) -> dict[str, V]:
    return {f"{path}.{name}": value for name, value in table.items()}


_INSTEAD = "Leave it out, or run this part on AWS."


def declared(
    carries: str = "",
    *,
    neutral: Mapping[str, str] | None = None,
    refused: Mapping[str, str] | None = None,
    only: Mapping[str, tuple[object, ...]] | None = None,
    parts: Mapping[str, Declaration] | None = None,
) -> Declaration:
    """What is carried of an operation's input, or of a structure that several inputs hold.

    Args:
        carries: names, those of a structure in parentheses after its member: `VpcId Tags(Key Value)`.
        neutral: see Declaration.
        refused: see Declaration.
        only: see Declaration.
        parts: by path, the declaration of the structure that is there.

    Raises:
        ValueError: the names can't be read, or a part stands where a name stands already.
    """
    made = Declaration(members(carries), neutral or {}, refused or {}, only or {})
    for path, part in (parts or {}).items():
        made = made.holding(path, part)
    return made


def operation(
    carries: str = "",
    *,
    neutral: Mapping[str, str] | None = None,
    refused: Mapping[str, str] | None = None,
    only: Mapping[str, tuple[object, ...]] | None = None,
    parts: Mapping[str, Declaration] | None = None,
) -> Callable[[F], F]:
    """Declares the operation of a handler, with the arguments of `declared`."""
    made = declared(carries, neutral=neutral, refused=refused, only=only, parts=parts)

    def declare(handler: F) -> F:
        handler.declared = made  # type: ignore[attr-defined]
        return handler

    return declare


def declaration(handler: Callable[..., Any]) -> Declaration | None:
    """What the handler declares; None where it declares nothing yet."""
    found: Declaration | None = getattr(handler, "declared", None)
    return found


def members(text: str) -> Members:
    """Names with those of their structures in parentheses.

    Raises:
        ValueError: the parentheses don't match, or a name stands twice.
    """
    top: dict[str, Any] = {}
    stack, last = [top], top
    for word in _WORD.findall(text):
        if word == "(":
            stack.append(last)
        elif word == ")":
            stack.pop()
        elif word in stack[-1]:
            raise ValueError(f"{word} stands twice in: {text}")
        else:
            last = stack[-1][word] = {}
        if not stack:
            raise ValueError(f"A parenthesis is closed that was never opened: {text}")
    if len(stack) != 1:
        raise ValueError(f"A parenthesis is not closed: {text}")
    return top


def _structures(shape: Any, value: Any) -> Iterator[tuple[Any, Mapping[str, Any]]]:
    """The structures in a value and in its lists and maps, each with its shape."""
    if shape.type_name == "structure" and isinstance(value, Mapping):
        yield shape, value
    elif shape.type_name == "list":
        for item in value:
            yield from _structures(shape.member, item)
    elif shape.type_name == "map":
        for item in value.values():
            yield from _structures(shape.value, item)


def undeclared(shape: Any, declared: Declaration) -> Iterator[str]:
    """Paths of the model's members that a declaration leaves out, and those that it names and the model has not.

    Args:
        shape: the operation's input of botocore's model; None where it takes nothing.
    """
    known = {*_known(shape, declared, "", ())}
    named = {*declared.neutral, *declared.refused, *declared.only, *_named(declared.carries, "")}
    yield from sorted(f"{path} is not declared" for path in known - named)
    yield from sorted(f"{path} is not a member" for path in named - known - {*_below(known, named)})


def _known(shape: Any, declared: Declaration, above: str, inside: tuple[str, ...]) -> Iterator[str]:
    while shape is not None and shape.type_name in ("list", "map"):
        shape = shape.member if shape.type_name == "list" else shape.value
    if shape is None or shape.type_name != "structure" or shape.name in inside:
        return
    for name, member in shape.members.items():
        path = f"{above}.{name}" if above else name
        yield path
        if path not in declared.neutral and path not in declared.refused:
            yield from _known(member, declared, path, (*inside, shape.name))


def _named(carried: Members, above: str) -> Iterator[str]:
    for name, below in carried.items():
        path = f"{above}.{name}" if above else name
        yield path
        yield from _named(below, path)


def _below(known: set[str], named: set[str]) -> Iterator[str]:
    """Names whose structure was not walked because it is inside itself."""
    for path in named:
        parts = path.split(".")
        if path not in known and len(parts) != len(set(parts)):
            yield path
