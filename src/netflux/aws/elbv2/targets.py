"""Registered targets, on disk: moto keeps one port for each address, and forgets a target that is deregistered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from netflux.aws.elbv2.decide import Target
from netflux.controlplane.records.documents import Documents
from netflux.controlplane.records.kinds import Kind

KIND = "elbv2/targets"


@dataclass(frozen=True)
class Registration:
    """A target in its group.

    Attributes:
        zone: the AvailabilityZone that was sent; empty when none was.
        deregistered: when its draining began; None while it is registered.
    """

    target: Target
    zone: str = ""
    deregistered: datetime | None = None


class Targets:
    """The targets of all groups.

    Args:
        documents: keeps them.
    """

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        remedy = "ECS registers its tasks anew; others: aws elbv2 register-targets --target-group-arn {key}."
        documents.declare(Kind(KIND, {"targets": (list,)}, read=_registrations, remedy=remedy))

    def groups(self) -> list[str]:
        """ARNs of groups that have or had targets."""
        return [key for key, _ in self._documents.list(KIND)]

    def of(self, group: str) -> list[Registration]:
        """A group's targets, draining ones too, in the order of their registration."""
        document = self._documents.get(KIND, group) or {"targets": []}
        return _registrations(document)

    def register(self, group: str, targets: Sequence[Registration]) -> None:
        """Adds targets; one that drains is registered again."""
        known = {registration.target: registration for registration in self.of(group)}
        self._put(group, {**known, **{registration.target: registration for registration in targets}}.values())

    def deregister(self, group: str, targets: Iterable[Target], now: datetime) -> None:
        """Begins their draining; one that drains already keeps its start."""
        leaving = set(targets)
        self._put(
            group,
            [
                Registration(found.target, found.zone, found.deregistered or now) if found.target in leaving else found
                for found in self.of(group)
            ],
        )

    def drop(self, group: str, targets: Iterable[Target]) -> None:
        """Forgets targets that have drained."""
        gone = set(targets)
        self._put(group, [found for found in self.of(group) if found.target not in gone])

    def forget(self, group: str) -> None:
        """Forgets the group."""
        self._documents.delete(KIND, group)

    def _put(self, group: str, registrations: Iterable[Registration]) -> None:
        self._documents.put(
            KIND,
            group,
            {
                "targets": [
                    {
                        "id": found.target.id,
                        "port": found.target.port,
                        "zone": found.zone,
                        "deregistered": found.deregistered.isoformat() if found.deregistered else None,
                    }
                    for found in registrations
                ]
            },
        )


def _registrations(document: dict[str, Any]) -> list[Registration]:
    return [
        Registration(
            Target(entry["id"], entry["port"]),
            entry["zone"],
            datetime.fromisoformat(entry["deregistered"]) if entry["deregistered"] else None,
        )
        for entry in document["targets"]
    ]
