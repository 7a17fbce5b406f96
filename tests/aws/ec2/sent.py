"""A request that changes something, and where its members are told again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from netflux.controlplane import operation as operations
from netflux.controlplane.operation import Members
from tests.rules.rule import filled

NOT_TOLD = {
    "ClientToken": "told in the answer alone",
    "TagSpecifications.ResourceType": "the noun's own",
}
"""Members that no Describe operation tells, and why."""


@dataclass(frozen=True)
class Sent:
    """A request and the question that tells what became of it.

    Attributes:
        call: the operation.
        params: of it; "{vpc}" stands for an id by name.
        ask: the Describe operation.
        asked: its params.
        told: by path of a member, the path in the answer where its value is to be found among others; by default the
            same path below the answer's list.
        silent: by path, why no answer tells it.
        makes: by name, the path in the answer of an id that later requests need.
    """

    call: str
    params: Mapping[str, Any]
    ask: str
    asked: Mapping[str, Any]
    told: Mapping[str, str] = field(default_factory=dict)
    silent: Mapping[str, str] = field(default_factory=dict)
    makes: Mapping[str, str] = field(default_factory=dict)

    def paths(self) -> set[str]:
        """Of the members that it sends."""
        return {path for path, _ in leaves(self.params)}

    def lost(self, names: Mapping[str, str], answer: Any) -> list[str]:
        """Members that were sent and are not in the answer."""
        wrong = []
        for path, value in leaves(filled(self.params, names)):
            if path in {**NOT_TOLD, **self.silent}:
                continue
            place = self.told.get(path, f"{self.ask.removeprefix('Describe')}.{path}")
            found = [*at(answer, place)]
            if value not in found and str(value) not in [str(one) for one in found]:
                wrong.append(f"{self.call}: {path} was {value!r}, {self.ask} tells {found!r} at {place}")
        return wrong


def leaves(params: Any, above: str = "") -> Iterator[tuple[str, Any]]:
    """Paths and values, without the levels of lists."""
    if isinstance(params, Mapping):
        for name, value in params.items():
            yield from leaves(value, f"{above}.{name}" if above else name)
    elif isinstance(params, list | tuple):
        for one in params:
            yield from leaves(one, above)
    else:
        yield above, params


def at(answer: Any, path: str) -> Iterator[Any]:
    """The values at a path, in all items of the lists on the way."""
    if isinstance(answer, list | tuple):
        for one in answer:
            yield from at(one, path)
    elif not path:
        yield answer
    elif isinstance(answer, Mapping):
        name, _, below = path.partition(".")
        if name in answer:
            yield from at(answer[name], below)


def carried(handler: Any) -> set[str]:
    """Paths of the members that an operation carries, those at the ends of its structures."""
    declared = operations.declaration(handler)
    assert declared is not None, handler
    return {*_ends(declared.carries, "")}


def _ends(members: Members, above: str) -> Iterator[str]:
    for name, below in members.items():
        path = f"{above}.{name}" if above else name
        if below:
            yield from _ends(below, path)
        else:
            yield path
