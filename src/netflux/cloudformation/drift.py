"""The operations on drift: each resource of a stack is described again, and compared with what it was."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from netflux.clock import Clock
from netflux.cloudformation import members, render
from netflux.cloudformation.differences import described, differences, rendered
from netflux.cloudformation.hands import Hands
from netflux.cloudformation.reading import Reading
from netflux.cloudformation.store import Resource, Stack
from netflux.cloudformation.types import row as row_named
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.controlplane.records.documents import Documents
from netflux.controlplane.records.table import Schema
from netflux.errors import AwsError

_CHECKABLE = frozenset({
    "CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_FAILED", "IMPORT_COMPLETE",
    "IMPORT_ROLLBACK_COMPLETE",
})  # fmt: skip
"""Statuses of stacks whose drift can be detected ("Detect unmanaged configuration changes", User Guide)."""


@dataclass(frozen=True)
class Detection:
    """A detection that is over. `time` is ISO 8601."""

    id: str
    stack: str
    status: str
    drifted: int
    time: str


DETECTION = Schema("cloudformation/detection", Detection, lambda one: one.id)


class Drift(Reading):
    """Detections and what they found."""

    _clock: Clock
    _documents: Documents

    @operation("StackName LogicalResourceIds")
    async def detect_stack_drift(self, _call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Looks at the stack's resources now; the answer's id tells what was found."""
        stack = self._checkable(request["StackName"])
        wanted = request.get("LogicalResourceIds")
        for logical in wanted or ():
            self._resource(stack, {"StackName": stack.name, "LogicalResourceId": logical})
        drifted = 0
        for logical, resource in self._store.resources(stack).items():
            if wanted is None or logical in wanted:
                found = await self._looked_at(stack, resource)
                drifted += found["StackResourceDriftStatus"] in ("MODIFIED", "DELETED")
        status, moment = "DRIFTED" if drifted else "IN_SYNC", self._clock.now().isoformat()
        made = Detection(str(uuid.uuid4()), stack.id, status, drifted, moment)
        stack = self._live(stack.id)
        with self._documents.transaction():
            self._documents.table(DETECTION).put(made)
            told = {"StackDriftStatus": status, "LastCheckTimestamp": moment}
            self._store.put_stack(replace(stack, shown=stack.shown | {"Drift": told}))
        return {"StackDriftDetectionId": made.id}

    @operation("StackDriftDetectionId")
    async def describe_stack_drift_detection_status(self, _call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """What a detection found of the stack."""
        found = self._documents.table(DETECTION).get(request["StackDriftDetectionId"])
        if found is None:
            raise AwsError("ValidationError", f"DriftDetectionId {request['StackDriftDetectionId']} does not exist.")
        return {
            "StackId": found.stack,
            "StackDriftDetectionId": found.id,
            "StackDriftStatus": found.status,
            "DetectionStatus": "DETECTION_COMPLETE",
            "DriftedStackResourceCount": found.drifted,
            "Timestamp": render.moment(found.time),
        }

    @operation("StackName LogicalResourceId")
    async def detect_stack_resource_drift(self, _call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """One resource, looked at now."""
        stack = self._checkable(request["StackName"])
        return {"StackResourceDrift": _told(await self._looked_at(stack, self._resource(stack, request)))}

    @operation("StackName StackResourceDriftStatusFilters", refused=members.ONE_PAGE, neutral={
        "MaxResults": "One answer has all: a stack has 500 resources at most."
    })  # fmt: skip
    async def describe_stack_resource_drifts(self, _call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """What the last detections found of the stack's resources."""
        stack = self._live(request["StackName"])
        wanted: Sequence[str] = request.get("StackResourceDriftStatusFilters", ())
        found = [each.drift for each in self._store.resources(stack).values() if each.drift is not None]
        return {
            "StackResourceDrifts": [
                _told(each) for each in found if not wanted or each["StackResourceDriftStatus"] in wanted
            ]
        }

    def _checkable(self, name: str) -> Stack:
        stack = self._live(name)
        if stack.status not in _CHECKABLE:
            raise AwsError(
                "ValidationError", f"Stack [{stack.name}] is in {stack.status} state and its drift can not be detected."
            )
        return stack

    async def _looked_at(self, stack: Stack, resource: Resource) -> dict[str, Any]:
        """What is found of the resource is kept with it, unless it has changed meanwhile."""
        status, found = await self._compared(stack, resource)
        told = {
            "StackId": stack.id,
            "LogicalResourceId": resource.logical,
            "PhysicalResourceId": resource.physical,
            "ResourceType": resource.type,
            "StackResourceDriftStatus": status,
            "Timestamp": self._clock.now().isoformat(),
            **found,
        }
        if self._store.resource(stack, resource.logical) == resource:
            self._store.put_resource(stack, replace(resource, drift=told))
        return told

    async def _compared(self, stack: Stack, resource: Resource) -> tuple[str, dict[str, Any]]:
        row = row_named(resource.type)
        if row is None or row.read is None or row.open or row.outputs is not None or not resource.complete:
            return "NOT_CHECKED", {}
        hands = Hands(self._asking, self._clock, lambda: None, asyncio.Event())
        now = await hands.read(row, await hands.facts(stack, resource, row, resource.properties))
        if now.item is None or (row.over is not None and row.over(now.item)):
            return "DELETED", {"PropertyDifferences": []}
        if not resource.described:
            return "NOT_CHECKED", {}
        actual = described(row, resource.properties, now.item)
        found = differences(resource.described, actual)
        return "MODIFIED" if found else "IN_SYNC", {
            "ExpectedProperties": json.dumps(resource.described),
            "ActualProperties": json.dumps(actual),
            "PropertyDifferences": [rendered(each) for each in found],
        }


def _told(found: Mapping[str, Any]) -> dict[str, Any]:
    return dict(found) | {"Timestamp": render.moment(found["Timestamp"])}
