"""Which targets are registered in which groups: what the API has accepted, and what has drained since."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from netflux.controlplane.records.documents import Documents
from netflux.resources.elbv2 import REGISTRATION, Registration, Target


class Targets:
    """The targets of all groups.

    Args:
        documents: keeps them.
    """

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._table = documents.table(REGISTRATION)

    def of(self, group: str) -> list[Registration]:
        """A group's targets, draining ones too, in the order of their registration."""
        return self._table.where("group", group)

    def register(self, targets: Sequence[Registration]) -> None:
        """Adds targets; one that drains is registered again."""
        with self._documents.transaction():
            for one in targets:
                self._table.put(one)

    def deregister(self, group: str, targets: Iterable[Target], now: datetime) -> None:
        """Begins their draining; one that drains already keeps its start."""
        leaving = set(targets)
        with self._documents.transaction():
            for found in self.of(group):
                if found.target in leaving and found.deregistered is None:
                    self._table.put(replace(found, deregistered=now))

    def drop(self, group: str, targets: Iterable[Target]) -> None:
        """Forgets targets that have drained."""
        gone = set(targets)
        with self._documents.transaction(frees=True):
            for found in self.of(group):
                if found.target in gone:
                    self._table.delete(REGISTRATION.key(found))
