"""Tells the SNS topics of a stack each of its events ("CreateStack", CloudFormation API Reference)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from netflux.cloudformation.store import Stack
from netflux.controlplane.call import Caller
from netflux.errors import AwsError

_log = logging.getLogger(__name__)

_SUBJECT = "AWS CloudFormation Notification"
_LINES = (
    "StackId", "Timestamp", "EventId", "LogicalResourceId", "Namespace", "PhysicalResourceId", "ResourceProperties",
    "ResourceStatus", "ResourceStatusReason", "ResourceType", "StackName", "ClientRequestToken",
)  # fmt: skip


class Notices:
    """Events on their way to topics, in order. What the region's end leaves untold stays so: the events are kept.

    Args:
        caller: the region's APIs.
        account: twelve digits.
    """

    def __init__(self, caller: Caller, account: str) -> None:
        self._caller = caller
        self._account = account
        self._waiting: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    def tell(self, stack: Stack, event: Mapping[str, Any]) -> None:
        """The event of a stack goes to the stack's topics."""
        for topic in stack.shown.get("NotificationARNs", ()):
            self._waiting.put_nowait((topic, _text(event, self._account)))
            if self._task is None or self._task.done():
                self._task = asyncio.create_task(self._publish(), name="cloudformation's notices")

    async def _publish(self) -> None:
        while not self._waiting.empty():
            topic, text = self._waiting.get_nowait()
            try:
                await self._caller.call("sns", "Publish", {"TopicArn": topic, "Subject": _SUBJECT, "Message": text})
            except AwsError as error:
                _log.warning("an event of a stack did not reach %s: %s", topic, error)

    async def settled(self) -> None:
        """Returns when all that happened until now was told."""
        if self._task is not None:
            await asyncio.shield(self._task)

    async def stop(self) -> None:
        """Tells no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)


def _text(event: Mapping[str, Any], account: str) -> str:
    """A line for each member, whose value stands between apostrophes."""
    moment = datetime.fromisoformat(event["Timestamp"]).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
    whole = {**event, "Namespace": account, "Timestamp": f"{moment}Z"}
    return "".join(f"{name}='{whole.get(name, '') or 'null'}'\n" for name in _LINES)
