"""Record sets: what a hosted zone says of a name."""

from __future__ import annotations

from dataclasses import dataclass

from netflux.controlplane.records.table import Schema
from netflux.resources.route53 import domain


@dataclass(frozen=True)
class Alias:
    """A name whose records are given in place of values.

    Attributes:
        zone: id of the hosted zone that the name is in.
        name: canonical.
        evaluate: EvaluateTargetHealth.
    """

    zone: str
    name: str
    evaluate: bool = False


@dataclass(frozen=True)
class RecordSet:
    """Values of one name and type, or an alias.

    Attributes:
        zone: id of its hosted zone.
        name: canonical.
        type: `A`, `SRV` and the like.
        identifier: SetIdentifier, of one among its equals; empty where there is one alone.
        ttl: seconds; 0 for an alias, which has none.
        values: as a zone file writes them.
        alias: instead of values.
        weight: of weighted routing; None without.
        multivalue: of multivalue answer routing.
        service: id of the Cloud Map service whose instance it stands for; empty for those that clients made.
    """

    zone: str
    name: str
    type: str
    identifier: str = ""
    ttl: int = 0
    values: tuple[str, ...] = ()
    alias: Alias | None = None
    weight: int | None = None
    multivalue: bool = False
    service: str = ""

    @property
    def key(self) -> str:
        """Its place in the table: no other one has the same zone, name, type and identifier."""
        return f"{self.zone}/{self.name}/{self.type}/{self.identifier}"

    @property
    def leads(self) -> bool:
        """Whether it leads to another name, so that it may be one of a load balancer's or a distribution's."""
        return self.alias is not None or self.type == "CNAME"


LEADS = "leads"
"""In the index of this name: record sets that lead to another name."""

RECORD_SET = Schema(
    "route53/record-set",
    RecordSet,
    lambda record: record.key,
    indices={
        "zone": lambda record: (record.zone,),
        "name": lambda record: (f"{record.zone}/{record.name}",),
        "service": lambda record: (record.service,) if record.service else (),
        "leads": lambda record: (LEADS,) if record.leads else (),
    },
    references={"zone": "route53/hosted-zone"},
    remedy="Put a copy of netflux.db back, or make the record set anew in its hosted zone.",
)


def place(record: RecordSet) -> tuple[tuple[str, ...], str, str]:
    """Where it stands in Route 53's order: names by their labels from the last one on, types, set identifiers."""
    return domain.order(record.name), record.type, record.identifier
