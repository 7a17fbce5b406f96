"""DNS zones as values: what private hosted zones and Cloud Map give the resolver to answer with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property


class Routing(StrEnum):
    """Which of the record sets of one name and type are given; Route 53 guide, "Choosing a routing policy"."""

    SIMPLE = "simple"
    MULTIVALUE = "multivalue"
    WEIGHTED = "weighted"
    OTHER = "other"


@dataclass(frozen=True)
class RecordSet:
    """Values of one name and type.

    Attributes:
        name: complete, in lower case, without the dot at the end; its first label may be `*`.
        type: `A`, `SRV` and the like; an alias has the type that it is asked for by.
        ttl: seconds.
        values: as a zone file writes them.
        routing: how it is chosen among its equals.
        weight: for WEIGHTED.
        alias: the name whose addresses are given instead of values.
        identifier: of this one among its equals, for people.
    """

    name: str
    type: str
    ttl: int
    values: tuple[str, ...]
    routing: Routing = Routing.SIMPLE
    weight: int = 1
    alias: str = ""
    identifier: str = field(default="", compare=False)


@dataclass(frozen=True)
class Zone:
    """A private zone: for names at and below its own, nobody else is asked.

    Attributes:
        name: in lower case, without the dot at the end.
        records: its record sets.
        negative_ttl: seconds for which "there is no such name" may be remembered.
    """

    name: str
    records: tuple[RecordSet, ...]
    negative_ttl: int

    def holds(self, name: str) -> bool:
        """Whether the zone is for the name."""
        return within(name, self.name)

    def at(self, name: str) -> list[RecordSet]:
        """The record sets of a name: its own, or those of the closest wildcard when nothing is there."""
        if name in self._by_name or name in self._above:
            return self._by_name.get(name, [])
        parent = name
        while parent != self.name and "." in parent:
            parent = parent.partition(".")[2]
            if f"*.{parent}" in self._by_name:
                return self._by_name[f"*.{parent}"]
            if parent in self._by_name or parent in self._above:
                break
        return []

    def exists(self, name: str) -> bool:
        """Whether anything is at the name or below it."""
        return bool(self.at(name)) or name in self._above or name == self.name

    @cached_property
    def _by_name(self) -> Mapping[str, list[RecordSet]]:
        found: dict[str, list[RecordSet]] = {}
        for record in self.records:
            found.setdefault(record.name, []).append(record)
        return found

    @cached_property
    def _above(self) -> frozenset[str]:
        """Names that exist because something is below them."""
        return frozenset(name for record in self.records for name in _parents(record.name))


def _parents(name: str) -> Iterable[str]:
    while "." in name:
        name = name.partition(".")[2]
        yield name


def within(name: str, zone: str) -> bool:
    """Whether a name is a zone's, or below it."""
    return name == zone or name.endswith(f".{zone}")


def plain(name: str) -> str:
    """A name as it is compared: lower case, no dot at the end."""
    return name.lower().removesuffix(".")
