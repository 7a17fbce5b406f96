"""Deletes parameters when their policy Expiration says so."""

from __future__ import annotations

from collections.abc import Sequence

from netflux.clock import Clock
from netflux.controlplane.records.documents import Documents
from netflux.reconcile.controller import Result
from netflux.resources.ssm import EXPIRING, Parameters

_LATEST = 86_400.0  # simulated seconds until the next look, however far away the time is


class ParameterExpirationController:
    """Controller `parameter-expiration`; keys are those of parameters with a policy Expiration.

    Args:
        documents: of the region.
        clock: of the region.
    """

    name = "parameter-expiration"

    def __init__(self, documents: Documents, clock: Clock) -> None:
        self._kept = Parameters(documents)
        self._clock = clock

    async def keys(self) -> Sequence[str]:
        """Parameters that will go."""
        return self._kept.parameters.keys(EXPIRING, EXPIRING)

    async def reconcile(self, key: str) -> Result:
        """Removes the parameter, or waits for its time."""
        parameter = self._kept.parameters.get(key)
        if parameter is None or parameter.current.expires is None:
            return Result()
        remaining = (parameter.current.expires - self._clock.calendar()).total_seconds()
        if remaining > 0:
            return Result(min(remaining, _LATEST))
        with self._kept.transaction():
            self._kept.remove(parameter)
        return Result()
