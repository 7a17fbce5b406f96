"""Deletes keys when the date of their deletion has come, and gives keys another material when it is due."""

from __future__ import annotations

from collections.abc import Sequence

from netflux.aws.kms.lifecycle import Lifecycle
from netflux.clock import Clock
from netflux.reconcile.controller import Result

_LATEST = 86_400.0  # simulated seconds until the next look, however far away the date is


class KeyController:
    """Controller `kms`; keys are ids of KMS keys that something is due for.

    Args:
        api: KMS's.
        clock: of the region.
    """

    name = "kms"

    def __init__(self, api: Lifecycle, clock: Clock) -> None:
        self._api = api
        self._clock = clock

    async def keys(self) -> Sequence[str]:
        """Keys that are deleted or rotated some day."""
        return [key.id for key in self._api.kept.keys if key.deletion is not None or key.rotates is not None]

    async def reconcile(self, key: str) -> Result:
        """Does what is due, or waits for its date."""
        found = self._api.kept.keys.get(key)
        due = (found.deletion or found.rotates) if found is not None else None
        if found is None or due is None:
            return Result()
        remaining = (due - self._clock.calendar()).total_seconds()
        if remaining > 0:
            return Result(min(remaining, _LATEST))
        with self._api.kept.transaction():
            if found.deletion is not None:
                self._api.kept.remove(found)
                return Result()
            self._api.rotate(found, "AUTOMATIC")
        return Result(_LATEST)
