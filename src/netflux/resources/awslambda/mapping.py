"""Event source mappings: a queue is read, and its messages are given to a function in batches."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from netflux.controlplane.records.table import Schema

CREATING, ENABLED, DISABLED, UPDATING, DELETING = "Creating", "Enabled", "Disabled", "Updating", "Deleting"


@dataclass(frozen=True)
class Mapping:
    """One mapping.

    Attributes:
        id: UUID.
        source: ARN of the queue.
        function: name.
        qualifier: version or alias; empty for `$LATEST`.
        enabled: whether it is to be read.
        batch: most messages of one call.
        window: seconds in which a batch is gathered.
        reports: whether the function says which messages of a batch it has not managed.
        concurrency: most calls at the same time; None for the function's own limit.
        state: what it is seen to do.
    """

    id: str
    source: str
    function: str
    qualifier: str
    modified: datetime
    enabled: bool = True
    batch: int = 10
    window: int = 0
    reports: bool = False
    concurrency: int | None = None
    tags: dict[str, str] = field(default_factory=dict)
    state: str = CREATING


MAPPING = Schema(
    "lambda/mapping",
    Mapping,
    lambda one: one.id,
    indices={"function": lambda one: (one.function,), "source": lambda one: (one.source,)},
    remedy="Make it anew: aws lambda create-event-source-mapping.",
)
