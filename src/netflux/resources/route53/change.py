"""Changes of hosted zones, as GetChange tells them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from netflux.controlplane.records.table import Schema


@dataclass(frozen=True)
class Change:
    """A change that was accepted.

    Attributes:
        id: `C…`, without the path that the API writes before it.
        submitted: when.
        comment: of the request; None where there was none.
    """

    id: str
    submitted: datetime
    comment: str | None = None


CHANGE = Schema("route53/change", Change, lambda change: change.id, remedy="It is a record of the past only.")
