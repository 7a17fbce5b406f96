"""Ends flow logs' intervals in time."""

from __future__ import annotations

from collections.abc import Sequence

from netflux.aws.ec2.flowlogs import FlowLogs
from netflux.reconcile.controller import Result


class FlowLogController:
    """Controller `flow-logs`; keys are ids of flow logs. Without any it does nothing.

    Args:
        logs: what there is.
    """

    name = "flow-logs"

    def __init__(self, logs: FlowLogs) -> None:
        self._logs = logs

    async def keys(self) -> Sequence[str]:
        """All flow logs."""
        return [log.id for log in self._logs.all()]

    async def reconcile(self, key: str) -> Result:
        """One pass; Retryable when the machine refuses."""
        return Result(await self._logs.turn(key))
