"""Resources that are there, taken into stacks ("Import AWS resources into a CloudFormation stack", User Guide)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from netflux.cloudformation import scene
from netflux.cloudformation.decide import Action
from netflux.cloudformation.differences import as_written
from netflux.cloudformation.foresee import Plan
from netflux.cloudformation.graph import needs, ordered
from netflux.cloudformation.hands import Hands
from netflux.cloudformation.intrinsics import Environment
from netflux.cloudformation.journal import Journal
from netflux.cloudformation.registry import schema
from netflux.cloudformation.store import Resource, Stack, Store
from netflux.cloudformation.template import Declaration, Template
from netflux.cloudformation.types import row
from netflux.cloudformation.types.table import Facts
from netflux.cloudformation.validate import row_of
from netflux.errors import AwsError


def check(request: Mapping[str, Any]) -> None:
    """Raises AwsError for a request that names resources to import and is for none, or the other way round."""
    importing, named = request.get("ChangeSetType") == "IMPORT", bool(request.get("ResourcesToImport"))
    if importing and not named:
        raise _invalid("ResourcesToImport is required for a change set of the type IMPORT.")
    if named and not importing:
        raise _invalid("ResourcesToImport is for change sets of the type IMPORT.")


def identifiers(region: str, kind: str) -> list[str]:
    """The properties that name a resource of a type, in their order."""
    found = schema(region, kind)
    paths = found.body.get("primaryIdentifier", ()) if found is not None else ()
    return [path.rpartition("/")[2] for path in paths]


async def physical(
    hands: Hands, store: Store, asked: Sequence[Mapping[str, Any]], template: Template
) -> dict[str, str]:
    """The physical id of each resource to import, by logical id.

    Raises AwsError when one is not in the template, has no DeletionPolicy, is not there, or is another stack's.
    """
    bare = [each["LogicalResourceId"] for each in asked if _policy(template, each) is None]
    if bare:
        raise _invalid(
            f"The following resources to import [{', '.join(bare)}] must have DeletionPolicy attribute specified in "
            "the template."
        )
    return {each["LogicalResourceId"]: await _found(hands, store, each) for each in asked}


def _policy(template: Template, asked: Mapping[str, Any]) -> Any:
    logical, kind = asked["LogicalResourceId"], asked["ResourceType"]
    declaration = template.resources.get(logical)
    if declaration is None or declaration.type != kind:
        raise _invalid(f"Resource [{logical}] of the type {kind} to import is not in the template.")
    return declaration.deletion_policy


async def _found(hands: Hands, store: Store, asked: Mapping[str, Any]) -> str:
    kind, given = asked["ResourceType"], asked["ResourceIdentifier"]
    known = row(kind)
    if known is None or known.read is None or known.open:
        raise _invalid(f"ResourceTypes [{kind}] are not supported for Import.")
    texts = [str(each) for each in given.values()]
    for candidate in dict.fromkeys(("|".join(texts), *texts)):
        facts = await hands.read(known, Facts(new=dict(given), id=candidate, name=candidate))
        if facts.item is not None and not (known.over is not None and known.over(facts.item)):
            _check_free(store, candidate, kind)
            return candidate
    named = ", ".join(f"{name}={value}" for name, value in given.items())
    raise _invalid(f"Resource [{asked['LogicalResourceId']}] with the identifier {{{named}}} does not exist.")


def _check_free(store: Store, candidate: str, kind: str) -> None:
    for stack in store.stacks():
        mine = store.resources(stack).values() if stack.live else ()
        if any((each.physical, each.type) == (candidate, kind) for each in mine):
            raise _invalid(f"The resource {candidate} already belongs to stack {stack.id}.")


def check_plan(plan: Plan, imports: Mapping[str, str]) -> None:
    """Raises AwsError when the template would do more than import."""
    if plan.outputs:
        raise _invalid("As part of the import operation, you cannot modify or add [Outputs]")
    others = [each.logical for each in plan.changes if each.change.action is not Action.ADD]
    others += [
        each.logical for each in plan.changes if each.change.action is Action.ADD and each.logical not in imports
    ]
    if others:
        raise _invalid(
            f"You have modified resources [{', '.join(others)}] in your template that are not being imported. Update, "
            "create or delete operations cannot be executed during import operations."
        )


def rendered(plan: Plan, imports: Mapping[str, str]) -> list[dict[str, Any]]:
    """The changes as DescribeChangeSet gives them."""
    return [
        {
            "Type": "Resource",
            "ResourceChange": {
                "Action": "Import",
                "LogicalResourceId": each.logical,
                "PhysicalResourceId": imports[each.logical],
                "ResourceType": each.type,
                "Scope": [],
                "Details": [],
            },
        }
        for each in plan.changes
    ]


def _invalid(said: str) -> AwsError:
    return AwsError("ValidationError", said)


@dataclass(frozen=True)
class Importer:
    """Takes resources into one stack."""

    journal: Journal
    hands: Hands
    stack: Stack

    async def run(self, template: Template, env: Environment, imports: Mapping[str, str]) -> None:
        """Writes down each resource as it is described now; one that was taken in before a restart stays.

        Raises AwsError when one is not there any more.
        """
        wanted = scene.wanted(env, template)
        needed = needs(template, wanted)
        for logical in ordered({name: each.all for name, each in needed.items()}):
            known = self.journal.store.resource(self.stack, logical)
            if logical in imports and (known is None or not known.complete):
                await self._one(wanted[logical], env, imports[logical], tuple(sorted(needed[logical].all)))

    async def _one(self, declaration: Declaration, env: Environment, physical_id: str, needed: tuple[str, ...]) -> None:
        row = row_of(declaration.type)
        properties = scene.properties(env, self.stack.source, declaration)
        resource = Resource(
            declaration.logical, declaration.type, physical=physical_id, token=str(uuid.uuid4()), properties=properties,
            needs=needed, deletion_policy=declaration.deletion_policy, metadata=declaration.metadata,
            update_replace_policy=declaration.update_replace_policy,
        )  # fmt: skip
        resource = self.journal.resource(self.stack, resource, "IMPORT_IN_PROGRESS", "Resource import started.")
        facts = await self.hands.read(row, await self.hands.facts(self.stack, resource, row, properties))
        if row.read is None or facts.item is None:
            self.journal.resource(self.stack, resource, "IMPORT_FAILED", f"{physical_id} is not there.")
            raise AwsError("ValidationError", f"The following resource(s) failed to import: [{declaration.logical}].")
        resource = replace(
            resource, attributes=await self.hands.attributes(row, facts), configured=True, complete=True,
            described=as_written(row, properties, facts.item),
        )  # fmt: skip
        self.journal.resource(self.stack, resource, "IMPORT_COMPLETE", "Resource import completed.")

    def undo(self, imports: Mapping[str, str]) -> None:
        """Forgets what was taken in; the resources stay."""
        for logical in imports:
            known = self.journal.store.resource(self.stack, logical)
            if known is not None:
                self.journal.note(self.stack, known, "IMPORT_ROLLBACK_COMPLETE")
                self.journal.store.drop_resource(self.stack, logical)
