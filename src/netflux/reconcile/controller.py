"""What the loop asks of a controller."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Result:
    """How a pass ended.

    Attributes:
        requeue_after: simulated seconds until the next pass over the same key; None waits for a change or the resync.
    """

    requeue_after: float | None = None


class Controller(Protocol):
    """Brings one kind of thing from its actual to its desired state.

    A pass may run at any moment, twice, and after a crash: it reads levels, never events. It raises
    `errors.Retryable` or `errors.Terminal` naming the resource. Passes over one key never overlap.
    """

    name: str

    async def keys(self) -> Sequence[str]:
        """Everything that is desired or still actual."""
        ...

    async def reconcile(self, key: str) -> Result:
        """One pass over one key."""
        ...
