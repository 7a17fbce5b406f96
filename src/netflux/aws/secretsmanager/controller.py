"""Deletes secrets when the date of their deletion has come."""

from __future__ import annotations

from collections.abc import Sequence

from netflux.clock import Clock
from netflux.controlplane.records.documents import Documents
from netflux.reconcile.controller import Result
from netflux.resources.secretsmanager import Secrets

_LATEST = 86_400.0  # simulated seconds until the next look, however far away the date is


class SecretDeletionController:
    """Controller `secret-deletion`; keys are ARNs of secrets that are scheduled for deletion.

    Args:
        documents: of the region.
        clock: of the region.
    """

    name = "secret-deletion"

    def __init__(self, documents: Documents, clock: Clock) -> None:
        self._kept = Secrets(documents)
        self._clock = clock

    async def keys(self) -> Sequence[str]:
        """Secrets that are scheduled for deletion."""
        return [secret.arn for secret in self._kept.secrets if secret.deletion is not None]

    async def reconcile(self, key: str) -> Result:
        """Removes the secret, or waits for its date."""
        secret = self._kept.secrets.get(key)
        if secret is None or secret.deletion is None:
            return Result()
        remaining = (secret.deletion - self._clock.calendar()).total_seconds()
        if remaining > 0:
            return Result(min(remaining, _LATEST))
        with self._kept.transaction():
            self._kept.remove(secret)
        return Result()
