"""What is told of a stack: its status and its resources', each with an event, in one write."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from netflux.clock import Clock
from netflux.cloudformation.store import Resource, Stack, Store

STACK_TYPE = "AWS::CloudFormation::Stack"


class Journal:
    """Writes statuses and events.

    Args:
        store: where they go.
        clock: says when.
        tell: is told each event, and the stack that it is of.
    """

    def __init__(
        self, store: Store, clock: Clock, tell: Callable[[Stack, Mapping[str, Any]], None] = lambda _stack, _event: None
    ) -> None:
        self.store = store
        self._clock = clock
        self._tell = tell

    def now(self) -> str:
        """The moment, as it is stored."""
        return self._clock.now().isoformat()

    def stack(self, stack: Stack, status: str, reason: str = "", **changes: Any) -> Stack:
        """The stack has this status from now on."""
        before, stack = stack.operation, replace(stack, status=status, reason=reason, **changes)
        ended = {"ClientRequestToken": before.token} if before is not None and stack.operation is None else {}
        with self.store.transaction():
            self.store.put_stack(stack)
            self._event(stack, (stack.name, stack.id, STACK_TYPE), status, reason, ended)
        return stack

    def resource(
        self, stack: Stack, resource: Resource, status: str, reason: str = "", *, detail: str = ""
    ) -> Resource:
        """The resource has this status from now on.

        Args:
            detail: AWS's DetailedStatus, e.g. CONFIGURATION_COMPLETE.
        """
        resource = replace(resource, status=status, reason=reason, updated=self.now())
        with self.store.transaction():
            self.store.put_resource(stack, resource)
            self.note(stack, resource, status, reason, detail=detail)
        return resource

    def note(self, stack: Stack, resource: Resource, status: str, reason: str = "", *, detail: str = "") -> None:
        """An event of a resource that the stack's list has no longer, or whose record doesn't change."""
        extra = {"ResourceProperties": json.dumps(resource.properties)} if resource.properties else {}
        if detail:
            extra["DetailedStatus"] = detail
        self._event(stack, (resource.logical, resource.physical, resource.type), status, reason, extra)

    def _event(
        self, stack: Stack, subject: tuple[str, str, str], status: str, reason: str, extra: dict[str, Any] | None = None
    ) -> None:
        logical, physical, kind = subject
        event: dict[str, Any] = {
            "StackId": stack.id,
            "EventId": f"{logical}-{status}-{uuid.uuid4()}",
            "StackName": stack.name,
            "LogicalResourceId": logical,
            "PhysicalResourceId": physical,
            "ResourceType": kind,
            "Timestamp": self.now(),
            "ResourceStatus": status,
        }
        if reason:
            event["ResourceStatusReason"] = reason
        if stack.operation is not None:
            event["ClientRequestToken"] = stack.operation.token
        self.store.add_event(stack, event | (extra or {}))
        self._tell(stack, event | (extra or {}))
