"""What a call was sent comes back from the operations that tell: every member that is carried, none left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore import xform_name

from netflux.controlplane import operation as operations
from netflux.controlplane.apis import Apis
from netflux.controlplane.operation import Declaration, Members
from netflux.controlplane.protocol import models
from tests.rules.rule import filled

_CHANGES = ("Create", "Register", "Put", "Update", "Run", "Set", "Tag")
_NOTHING: tuple[object, ...] = ([], {}, False, "")

Names = dict[str, str]


@dataclass(frozen=True)
class Trip:
    """A changing operation, and those that tell what it did.

    Attributes:
        call: its name.
        params: what it is sent; "{vpc}" stands for a name of what was prepared.
        reads: operations that tell, with their parameters; these may name "{made}".
        made: from the answer, what "{made}" is.
        told: by member, the member of the answers that has its value.
        unsaid: by path, why no answer tells it.
    """

    call: str
    params: Mapping[str, Any]
    reads: Sequence[tuple[str, Mapping[str, Any]]]
    made: Callable[[Any], str] = lambda _: ""
    told: Mapping[str, str] = field(default_factory=dict)
    unsaid: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.call


async def lost(apis: Apis, service: str, trip: Trip, names: Names) -> list[str]:
    """Members that were sent and are not told again."""
    declared = _declared(apis.handler(service, trip.call))
    params = filled(trip.params, names)
    answer = await apis.call(service, trip.call, params)
    known = {**names, "made": trip.made(answer)}
    found: list[tuple[str, Any]] = []
    for call, asked in trip.reads:
        read = filled(asked, known)
        found += [*_values(read), *_values(await apis.call(service, call, read))]
    wanted = [
        (path, trip.told.get(path, trip.told.get(_last(path), _last(path))), value)
        for path, value in leaves(params)
        if path not in trip.unsaid and not (value in _NOTHING and path in declared.refused)
    ]
    return [
        f"{trip.call}: {path} = {value!r} is not told again"
        for path, member, value in wanted
        if (member, value) not in found
    ]


def left_out(service: str, handlers: type, trips: Sequence[Trip]) -> list[str]:
    """Members that a changing operation carries, and no trip sends."""
    missing: list[str] = []
    for name in models.service_model(service).operation_names:
        handler = getattr(handlers, xform_name(name), None)
        if handler is None or not name.startswith(_CHANGES):
            continue
        carried = {*_carried(_declared(handler).carries)}
        sent = {path for trip in trips if trip.call == name for path, _ in leaves(trip.params)}
        missing += [f"{name}: {path}" for path in sorted(carried) if not any(_at(path, one) for one in sent)]
    return missing


def leaves(value: Any, path: str = "") -> list[tuple[str, Any]]:
    """Every member at the end of a path, with its value; elements of a list stand under the list's path."""
    if isinstance(value, Mapping) and value:
        return [leaf for name, item in value.items() for leaf in leaves(item, f"{path}.{name}" if path else name)]
    if isinstance(value, list) and value:
        return [leaf for item in value for leaf in leaves(item, path)]
    return [(path, value)]


def _values(answer: Any) -> list[tuple[str, Any]]:
    return [(_last(path), value) for path, value in leaves(answer)]


def _last(path: str) -> str:
    return path.rpartition(".")[2]


def _at(carried: str, sent: str) -> bool:
    """Whether what was sent is the member, or inside of it where the model says nothing of its inside."""
    return sent == carried or sent.startswith(f"{carried}.")


def _carried(members: Members, above: str = "") -> Iterator[str]:
    for name, below in members.items():
        path = f"{above}.{name}" if above else name
        if below:
            yield from _carried(below, path)
        else:
            yield path


def _declared(handler: Any) -> Declaration:
    declared = operations.declaration(handler)
    assert declared is not None
    return declared
