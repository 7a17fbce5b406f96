"""The operations that only read."""

from __future__ import annotations

from typing import Any

from netflux.cloudformation import render, requests, scene
from netflux.cloudformation.examiner import Examiner
from netflux.cloudformation.store import Resource, Stack, Store
from netflux.controlplane.apis import Apis
from netflux.controlplane.call import Call
from netflux.errors import AwsError


class Reading:
    """Describes stacks, resources, events, templates and exports."""

    service: str
    _store: Store
    _apis: Apis
    _examiner: Examiner

    def _live(self, name_or_id: str) -> Stack:
        """The stack; one that was deleted is found by its id only."""
        stack = self._store.stack(name_or_id)
        if stack is None:
            raise AwsError("ValidationError", f"Stack with id {name_or_id} does not exist")
        return stack

    async def describe_stacks(self, _call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """One stack, or all that aren't deleted, newest first."""
        if request.get("StackName"):
            return {"Stacks": [render.stack(self._live(request["StackName"]))]}
        return {"Stacks": [render.stack(stack) for stack in reversed(self._store.stacks()) if stack.live]}

    async def list_stacks(self, _call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """All stacks, deleted ones among them, newest first."""
        wanted = request.get("StackStatusFilter")
        found = [stack for stack in reversed(self._store.stacks()) if not wanted or stack.status in wanted]
        return {"StackSummaries": [render.summary(stack) for stack in found]}

    async def describe_stack_events(self, _call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """The stack's events, newest first."""
        stack = self._live(request.get("StackName", ""))
        return {"StackEvents": [render.event(event) for event in self._store.events(stack)]}

    async def describe_stack_resource(self, _call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """One resource."""
        stack = self._live(request["StackName"])
        return {"StackResourceDetail": render.detail(stack, self._resource(stack, request["LogicalResourceId"]))}

    def _resource(self, stack: Stack, logical: str) -> Resource:
        found = self._store.resource(stack, logical)
        if found is None:
            raise AwsError("ValidationError", f"Resource {logical} does not exist for stack {stack.name}")
        return found

    async def describe_stack_resources(self, _call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """A stack's resources, or the stack that a physical id belongs to."""
        if "StackName" not in request:
            stack = self._owner(request.get("PhysicalResourceId", ""))
        else:
            stack = self._live(request["StackName"])
        if "LogicalResourceId" in request:
            found = [self._resource(stack, request["LogicalResourceId"])]
        else:
            found = list(self._store.resources(stack).values())
        return {"StackResources": [render.described(stack, each) for each in found]}

    def _owner(self, physical: str) -> Stack:
        for stack in self._store.stacks():
            if stack.live and any(each.physical == physical for each in self._store.resources(stack).values()):
                return stack
        raise AwsError("ValidationError", f"Stack for {physical} does not exist")

    async def list_stack_resources(self, _call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """A stack's resources, shorter."""
        stack = self._live(request["StackName"])
        return {
            "StackResourceSummaries": [render.listed(stack, each) for each in self._store.resources(stack).values()]
        }

    async def get_template(self, _call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """The template's text as it was given."""
        stack = self._live(request.get("StackName") or request.get("ChangeSetName", ""))
        return {"TemplateBody": stack.source.template, "StagesAvailable": ["Original", "Processed"]}

    async def get_template_summary(self, _call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """What a template takes and makes."""
        if request.get("StackName"):
            text = self._live(request["StackName"]).source.template
        else:
            text = await requests.body(self._apis.call, request, None)
        return render.template_summary(await self._examiner.read(text))

    async def list_exports(self, _call: Call, _request: dict[str, Any]) -> dict[str, Any]:
        """What Fn::ImportValue finds."""
        found = scene.exports(self._store)
        return {
            "Exports": [
                {"ExportingStackId": stack.id, "Name": name, "Value": value}
                for name, (value, stack) in sorted(found.items())
            ]
        }

    async def list_imports(self, _call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """The stacks that use an export."""
        name = request["ExportName"]
        users = [stack.name for stack in self._store.stacks() if stack.live and name in stack.imports]
        if not users:
            raise AwsError("ValidationError", f"Export '{name}' is not imported by any stack.")
        return {"Imports": users}
