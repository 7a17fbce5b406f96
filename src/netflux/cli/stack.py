"""A stack brought to its template through the region's own CloudFormation API, with its events shown."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from netflux.cli.progress import Progress, Resource
from netflux.errors import AwsError, UserError
from netflux.seed.config import Config

Call = Callable[[str, str, dict[str, Any]], Awaitable[dict[str, Any]]]

_GOOD = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE")
_ONLY_DELETE = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED")
"""Of these a stack can't be updated: docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html."""

_CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
_POLL = 0.1
"""Real seconds between two looks at the events."""


def read(config: Config) -> dict[str, Any]:
    """The template's resources by logical id, read before anything is started.

    Raises:
        UserError: it can't be read, or is neither JSON nor YAML; names the line.
    """
    from netflux.cloudformation import syntax

    try:
        template = syntax.read(config.template.read_text())
    except AwsError as error:
        raise _refused(config, error.message) from error
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{config.template} can't be read: {error}.", exit_code=2) from error
    resources = template.get("Resources")
    if not isinstance(resources, dict) or not resources:
        raise _refused(config, "Template format error: At least one Resources member must be defined.")
    return resources


def _refused(config: Config, why: str) -> UserError:
    return UserError(
        f"{config.template} was refused: {why}", "Mend the template or its parameters, then run `netflux up` again.", 2
    )


@dataclass
class Deployment:
    """One deployment of one stack.

    Attributes:
        call: `Apis.call`.
        config: the template, the stack's name and its parameters.
        progress: shows the events.
        stopping: set when the person has had enough.
    """

    call: Call
    config: Config
    progress: Progress
    stopping: asyncio.Event
    _seen: set[str] = field(default_factory=set)
    _failures: list[str] = field(default_factory=list)

    async def run(self) -> None:
        """Creates or updates the stack and waits for its end, or until `stopping`; the next run takes it from there.

        Raises:
            UserError: exit code 2 when the template or its parameters are wrong, 1 when a resource could not be made.
        """
        body = self.config.template.read_text()
        if not (await self._status() or "").endswith("_IN_PROGRESS"):
            await self._remember()
        before = await self._settled()
        if before in _ONLY_DELETE:
            await self._delete(before)
            before = None
        if self.stopping.is_set():
            return
        self.progress.step(f"{'updating' if before else 'creating'} stack {self.config.stack}")
        self.progress.total(len(read(self.config)))
        self._failures.clear()
        await self._remember()
        changed = await self._send("UpdateStack" if before else "CreateStack", body)
        after = await self._settled()
        if changed and after not in _GOOD and not self.stopping.is_set():
            raise self._failed(f"Stack {self.config.stack} is {after}.")

    async def _delete(self, status: str) -> None:
        """Of a stack that never came up nothing is worth keeping, and CloudFormation updates none like that."""
        self.progress.step(f"deleting stack {self.config.stack}, which is {status}")
        await self.call("cloudformation", "DeleteStack", {"StackName": self.config.stack})
        after = await self._settled()
        if after is not None and not self.stopping.is_set():
            raise self._failed(f"Stack {self.config.stack} can't be deleted; it is {after}.")

    async def _send(self, operation: str, body: str) -> bool:
        """False when the stack is already as the template wants it."""
        parameters = [{"ParameterKey": key, "ParameterValue": value} for key, value in self.config.parameters.items()]
        request: dict[str, Any] = {
            "StackName": self.config.stack,
            "TemplateBody": body,
            "Parameters": parameters,
            "Capabilities": _CAPABILITIES,
        }
        try:
            await self.call("cloudformation", operation, request)
        except AwsError as error:
            if "No updates are to be performed" in error.message:
                return False
            raise _refused(self.config, error.message) from error
        return True

    async def _settled(self) -> str | None:
        """The stack's status once nothing is in progress; None when there is no stack."""
        while True:
            status = await self._status()
            await self._show_events()
            if status is None or not status.endswith("_IN_PROGRESS"):
                return status
            if await _happens_within(self.stopping, _POLL):
                return status

    async def _status(self) -> str | None:
        try:
            answer = await self.call("cloudformation", "DescribeStacks", {"StackName": self.config.stack})
        except AwsError as error:
            if "does not exist" in error.message:
                return None
            raise
        status: str = answer["Stacks"][0]["StackStatus"]
        return None if status == "DELETE_COMPLETE" else status

    async def _events(self) -> list[dict[str, Any]]:
        """Oldest first; none when there is no stack."""
        try:
            answer = await self.call("cloudformation", "DescribeStackEvents", {"StackName": self.config.stack})
        except AwsError as error:
            if "does not exist" in error.message:
                return []
            raise
        return list(reversed(answer["StackEvents"]))

    async def _remember(self) -> None:
        self._seen |= {event["EventId"] for event in await self._events()}

    async def _show_events(self) -> None:
        for event in await self._events():
            if event["EventId"] in self._seen:
                continue
            self._seen.add(event["EventId"])
            one = Resource(
                event["LogicalResourceId"],
                event.get("ResourceType", ""),
                event["ResourceStatus"],
                event.get("ResourceStatusReason", ""),
            )
            if one.type == "AWS::CloudFormation::Stack":
                continue
            if one.status.endswith("_FAILED") and not re.search(r"\bcancel", one.reason):
                self._failures.append(f"{one.name} ({one.type}): {one.reason}")
            self.progress.resource(one)

    def _failed(self, what: str) -> UserError:
        reasons = "\n".join(self._failures[:6]) or "Its events tell no reason."
        return UserError(f"{what}\n{reasons}", "The region's log (netflux.log) and `netflux logs SERVICE` say more.")


async def _happens_within(event: asyncio.Event, seconds: float) -> bool:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return False
    return True
