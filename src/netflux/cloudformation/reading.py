"""The operations that only read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netflux.cloudformation import exports, importing, members, render, requests, validate
from netflux.cloudformation.examiner import Examiner
from netflux.cloudformation.store import Resource, Source, Stack, Store
from netflux.cloudformation.template import Template
from netflux.cloudformation.types import row
from netflux.cloudformation.types.table import Caller
from netflux.controlplane.apis import Apis
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError

EXECUTED = ("EXECUTE_IN_PROGRESS", "EXECUTE_COMPLETE", "EXECUTE_FAILED")
"""Execution statuses of change sets that are not listed any more."""


class Reading:
    """Describes stacks, resources, events, templates and exports."""

    service: str
    _store: Store
    _apis: Apis
    _examiner: Examiner
    _checks: requests.Checks
    _asking: Caller

    def _live(self, name_or_id: str) -> Stack:
        """The stack; one that was deleted is found by its id only."""
        stack = self._store.stack(name_or_id)
        if stack is None:
            raise AwsError("ValidationError", f"Stack with id {name_or_id} does not exist")
        return stack

    @operation("StackName", refused=members.ONE_PAGE)
    async def describe_stacks(self, _call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """One stack, or all that aren't deleted, newest first."""
        if request.get("StackName"):
            return {"Stacks": [render.stack(self._live(request["StackName"]))]}
        return {"Stacks": [render.stack(stack) for stack in reversed(self._store.stacks()) if stack.live]}

    @operation("StackStatusFilter", refused=members.ONE_PAGE)
    async def list_stacks(self, _call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """All stacks, deleted ones among them, newest first."""
        wanted = request.get("StackStatusFilter")
        found = [stack for stack in reversed(self._store.stacks()) if not wanted or stack.status in wanted]
        return {"StackSummaries": [render.summary(stack) for stack in found]}

    @operation("StackName", refused=members.ONE_PAGE)
    async def describe_stack_events(self, _call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """The stack's events, newest first."""
        name = request.get("StackName", "")
        stack = self._store.stack(name)
        if stack is None:
            raise AwsError("ValidationError", f"Stack [{name}] does not exist")
        return {"StackEvents": [render.event(event) for event in self._store.events(stack)]}

    @operation("StackName LogicalResourceId")
    async def describe_stack_resource(self, _call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """One resource."""
        stack = self._store.stack(request["StackName"])
        if stack is None:
            raise AwsError("ValidationError", f"Stack '{request['StackName']}' does not exist")
        return {"StackResourceDetail": render.detail(stack, self._resource(stack, request))}

    def _find(self, request: Mapping[str, Any]) -> tuple[Stack, str, dict[str, Any]]:
        """The stack, the change set's key and the change set, by name and stack or by id alone.

        One that was executed has its id as its key: its name is free again, and still finds the last of that name.
        """
        wanted, stack_name = request["ChangeSetName"], request.get("StackName")
        if not stack_name and not wanted.startswith("arn:"):
            raise AwsError(
                "ValidationError", "StackName must be specified if ChangeSetName is not specified as an ARN."
            )
        stack = self._store.stack(stack_name) if stack_name else None
        if stack_name and stack is None:
            raise AwsError("ValidationError", f"Stack [{stack_name}] does not exist")
        for each in [stack] if stack is not None else self._store.stacks():
            known = self._store.change_sets(each)
            for key, found in sorted(
                known.items(), key=lambda one: (one[1]["execution"] in EXECUTED, one[0] != wanted)
            ):
                if wanted in (found.get("name", key), found["id"]):
                    return each, key, found
        raise AwsError("ChangeSetNotFound", f"ChangeSet [{wanted}] does not exist", 404)

    def _resource(self, stack: Stack, request: Mapping[str, Any]) -> Resource:
        logical = request["LogicalResourceId"]
        found = self._store.resource(stack, logical)
        if found is None:
            given = request.get("StackName", stack.name)
            raise AwsError("ValidationError", f"Resource {logical} does not exist for stack {given}")
        return found

    @operation("StackName LogicalResourceId PhysicalResourceId")
    async def describe_stack_resources(self, _call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """A stack's resources, or the stack that a physical id belongs to."""
        if "StackName" in request and "PhysicalResourceId" in request:
            raise AwsError("ValidationError", "Specify only one of StackName and PhysicalResourceId.")
        if "StackName" not in request:
            stack = self._owner(request.get("PhysicalResourceId", ""))
        else:
            stack = self._live(request["StackName"])
        if "LogicalResourceId" in request:
            found = [self._resource(stack, request)]
        else:
            found = list(self._store.resources(stack).values())
        return {"StackResources": [render.described(stack, each) for each in found]}

    def _owner(self, physical: str) -> Stack:
        for stack in self._store.stacks():
            if stack.live and any(each.physical == physical for each in self._store.resources(stack).values()):
                return stack
        raise AwsError("ValidationError", f"Stack for {physical} does not exist")

    @operation("StackName", refused=members.ONE_PAGE)
    async def list_stack_resources(self, _call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """A stack's resources, shorter."""
        stack = self._live(request["StackName"])
        return {
            "StackResourceSummaries": [render.listed(stack, each) for each in self._store.resources(stack).values()]
        }

    @operation("StackName ChangeSetName TemplateStage")
    async def get_template(self, _call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """The template's text as it was given, or as its transforms made it."""
        if not request.get("StackName"):
            alone = "StackName is required if ChangeSetName is not specified."
            if not request.get("ChangeSetName", "").startswith("arn:"):
                said = "StackName is a required parameter." if request.get("ChangeSetName") else alone
                raise AwsError("ValidationError", said)
        if request.get("ChangeSetName"):
            source = Source(**self._find(request)[2]["source"])
        else:
            source = self._live(request.get("StackName", "")).source
        text = source.template if request.get("TemplateStage") == "Processed" else source.given
        return {"TemplateBody": text, "StagesAvailable": ["Original", "Processed"]}

    @operation(
        f"{members.TEMPLATE} StackName TemplateSummaryConfig(TreatUnrecognizedResourceTypesAsWarnings)",
        refused=dict.fromkeys(("StackSetName", "CallAs"), "There are no stack sets here: leave it out."),
    )
    async def get_template_summary(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """What a template takes and makes."""
        given = [name for name in ("StackName", "TemplateBody", "TemplateURL") if request.get(name)]
        if len(given) > 1:
            raise AwsError("ValidationError", f"Specify only one of {' and '.join(given)}.")
        if request.get("StackName"):
            stack = self._live(request["StackName"])
            if stack.status == "REVIEW_IN_PROGRESS":
                raise AwsError("ValidationError", "GetTemplateSummary cannot be called on REVIEW_IN_PROGRESS stacks.")
            text = stack.source.given
        else:
            text = await requests.body(self._apis.call, request, None)
        outlined = await self._checks.transforms.outlined(text)
        if outlined is not None:
            return render.template_summary(outlined[1])
        template = await self._examiner.read(text)
        unknown = validate.unknown_types(template, call.region)
        told = bool(request.get("TemplateSummaryConfig", {}).get("TreatUnrecognizedResourceTypesAsWarnings"))
        if told and unknown:
            return render.template_summary(template) | {"Warnings": {"UnrecognizedResourceTypes": unknown}}
        await self._examiner.beside(validate.check_alone, template, call.region)
        return render.template_summary(template) | {"ResourceIdentifierSummaries": _identified(template, call.region)}

    @operation(refused=members.ONE_PAGE)
    async def list_exports(self, _call: Call, _request: dict[str, Any]) -> dict[str, Any]:
        """What Fn::ImportValue finds."""
        found = exports.found(self._store)
        return {
            "Exports": [
                {"ExportingStackId": stack.id, "Name": name, "Value": value}
                for name, (value, stack) in sorted(found.items())
            ]
        }

    @operation("ExportName", refused=members.ONE_PAGE)
    async def list_imports(self, _call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """The stacks that use an export."""
        name = request["ExportName"]
        users = [stack.name for stack in exports.users(self._store, name)]
        if not users:
            raise AwsError("ValidationError", f"Export '{name}' is not imported by any stack.")
        return {"Imports": users}


def _identified(template: Template, region: str) -> list[dict[str, Any]]:
    """By which properties an import names the template's resources."""
    by_type: dict[str, list[str]] = {}
    for declaration in template.resources.values():
        by_type.setdefault(declaration.type, []).append(declaration.logical)
    return [
        {
            "ResourceType": kind,
            "LogicalResourceIds": logical,
            "ResourceIdentifiers": importing.identifiers(region, kind),
        }
        for kind, logical in by_type.items()
        if (known := row(kind)) is not None and known.read is not None and not known.open
    ]
