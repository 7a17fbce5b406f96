"""What carrying out a template would change, without carrying it out: change sets, and updates that change nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from netflux.cloudformation import decide, lacks, rules, scene
from netflux.cloudformation.decide import Action, Change
from netflux.cloudformation.graph import needs, ordered
from netflux.cloudformation.lacks import Declared
from netflux.cloudformation.store import Resource, Stack, Store
from netflux.cloudformation.template import Declaration, Template
from netflux.cloudformation.types.table import Caller, Properties, Row
from netflux.cloudformation.validate import row_of, schema_of
from netflux.errors import AwsError

Beside = Callable[..., Awaitable[Any]]


@dataclass(frozen=True)
class Foreseen:
    """One resource's change."""

    logical: str
    type: str
    change: Change
    physical: str = ""


@dataclass(frozen=True)
class Plan:
    """What would change.

    Attributes:
        changes: in the order in which they could be made; resources that stay as they are aren't among them.
        outputs: whether the stack's outputs, and so its exports, would be others.
    """

    changes: list[Foreseen]
    outputs: bool

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do."""
        return not self.changes and not self.outputs


@dataclass(frozen=True)
class Planning:
    """What it takes to foresee changes.

    Attributes:
        call: the region's APIs.
        declared: what a service's operation carries here, see `lacks.check`.
        beside: does what takes long beside the event loop.
    """

    call: Caller
    store: Store
    declared: Declared
    beside: Beside = asyncio.to_thread


async def foresee(planning: Planning, stack: Stack, template: Template) -> Plan:
    """What making the stack what it would be would change.

    Args:
        stack: with the new source, which still has the outputs of now.

    Raises AwsError when a change is not possible, or calls for what Netflux doesn't have.
    """
    call = planning.call
    bare = await scene.environment(call, planning.store, stack, template)
    await planning.beside(rules.check, bare, template)
    await planning.beside(lacks.check, bare, template, planning.declared)
    resources = planning.store.resources(stack)
    wanted = scene.wanted(bare, template)
    moving: set[str] = set()
    env = scene.with_resources(bare, resources.get, lambda logical: logical in moving)
    found = []
    for logical in ordered({name: each.all for name, each in needs(template, wanted).items()}):
        declaration = wanted[logical]
        properties = scene.properties(env, stack.source, declaration)
        properties = await scene.expanded(call, declaration, properties)
        foreseen = _one(declaration, resources, properties, scene.pseudo(stack)["AWS::Region"])
        if foreseen.change.action in _moves(row_of(declaration.type)):
            moving.add(logical)
        if foreseen.change.action is not Action.NONE:
            found.append(foreseen)
    for logical, resource in resources.items():
        if logical not in wanted:
            found.append(Foreseen(logical, resource.type, Change(Action.REMOVE), resource.physical))
    return Plan(found, scene.outputs(scene.masked(env, resources.get), template) != stack.source.outputs)


def _moves(row: Row) -> tuple[Action, ...]:
    """The actions that may change what others refer to; a nested stack's outputs may change with any."""
    return (Action.ADD, Action.REPLACE, Action.MODIFY) if row.outputs else (Action.ADD, Action.REPLACE)


def _one(declaration: Declaration, resources: Mapping[str, Resource], properties: Properties, region: str) -> Foreseen:
    resource = resources.get(declaration.logical)
    if resource is None:
        return Foreseen(declaration.logical, declaration.type, Change(Action.ADD))
    if resource.type != declaration.type:
        raise AwsError("ValidationError", f"Update of resource type is not permitted. ({declaration.logical})")
    row = row_of(declaration.type)
    schema = schema_of(region, declaration.type)
    change = decide.compare(row, schema, resource.properties, properties)
    return Foreseen(declaration.logical, declaration.type, change, resource.physical)


def rendered(foreseen: Foreseen) -> dict[str, Any]:
    """A change as DescribeChangeSet gives it."""
    change = foreseen.change
    made: dict[str, Any] = {
        "Action": "Modify" if change.action is Action.REPLACE else str(change.action),
        "LogicalResourceId": foreseen.logical,
        "ResourceType": foreseen.type,
        "Scope": [],
        "Details": [],
    }
    if foreseen.physical:
        made["PhysicalResourceId"] = foreseen.physical
    if change.action in (Action.MODIFY, Action.REPLACE):
        sure = set(change.replacing) - set(change.unknown)
        made["Replacement"] = "True" if sure else "Conditional" if change.replacing else "False"
        made["Scope"] = sorted({"Tags" if name == "Tags" else "Properties" for name in change.changed})
        made["Details"] = [_detail(name, change) for name in change.changed]
    return {"Type": "Resource", "ResourceChange": made}


def _detail(name: str, change: Change) -> dict[str, Any]:
    target: dict[str, Any] = {"Attribute": "Tags" if name == "Tags" else "Properties"}
    if name != "Tags":
        recreation = "Never"
        if name in change.replacing:
            recreation = "Conditionally" if name in change.unknown else "Always"
        target |= {"Name": name, "RequiresRecreation": recreation}
    dynamic = name in change.unknown
    return {
        "Target": target,
        "Evaluation": "Dynamic" if dynamic else "Static",
        "ChangeSource": "ResourceReference" if dynamic else "DirectModification",
    }
