"""Signals to resources that wait for them by a CreationPolicy."""

from __future__ import annotations

from typing import Any

from netflux.cloudformation.custom.signals import Signal
from netflux.cloudformation.custom.waits import Waits
from netflux.cloudformation.reading import Reading
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError


class Signalling(Reading):
    """SignalResource; what a handle's address takes comes by HTTP."""

    waits: Waits

    @operation("StackName LogicalResourceId UniqueId Status")
    async def signal_resource(self, _call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Counts for a resource that is being made and has a CreationPolicy."""
        stack = self._live(request["StackName"])
        if not stack.status.endswith("_IN_PROGRESS"):
            raise AwsError("ValidationError", f"Stack:{stack.id} is in {stack.status} state and can not be signaled.")
        resource = self._resource(stack, request)
        good = request["Status"] == "SUCCESS"
        said = Signal(request["UniqueId"], good, "" if good else "Failure signal received")
        self.waits.told(f"{stack.id}/{resource.logical}", said)
        return {}
