"""Brings one resource to what the template wants: made, changed, replaced, or left as it is."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from netflux.cloudformation import decide, stackpolicy
from netflux.cloudformation.decide import Action
from netflux.cloudformation.differences import described
from netflux.cloudformation.hands import Hands, NotMade, made_up_name
from netflux.cloudformation.journal import Journal
from netflux.cloudformation.retag import retag
from netflux.cloudformation.stackpolicy import Subject
from netflux.cloudformation.store import Resource, Stack, resource_from
from netflux.cloudformation.template import Declaration
from netflux.cloudformation.types.table import TAGS, Facts, Properties, Row, as_list
from netflux.cloudformation.validate import row_of, schema_of
from netflux.errors import AwsError


@dataclass(frozen=True)
class Wish:
    """What a resource is to be.

    Attributes:
        properties: evaluated.
        needs: logical ids that it depends on.
    """

    declaration: Declaration
    properties: Properties
    needs: tuple[str, ...]


class Bringer:
    """Brings the resources of one stack to what is wished, one at a time."""

    def __init__(self, journal: Journal, hands: Hands, stack: Stack) -> None:
        self._journal = journal
        self._hands = hands
        self._stack = stack
        self._region = stack.id.split(":")[3]

    async def bring(self, wish: Wish, configured: Callable[[], None]) -> None:
        """Returns when the resource is as wished, and stable.

        Args:
            configured: called once dependents by reference may go on.

        Raises AwsError with the reason when it can't be brought about, Halted when the work must stop.
        """
        resource = self._journal.store.resource(self._stack, wish.declaration.logical)
        row = row_of(wish.declaration.type)
        if resource is None or not resource.complete:
            await self._create(row, wish, resource, configured)
            return
        if resource.type != wish.declaration.type:
            raise AwsError("ValidationError", f"Update of resource type is not permitted. ({resource.logical})")
        base = resource.properties if resource.attempt in (None, wish.properties) else resource.attempt
        change = decide.compare(row, schema_of(self._region, row.type), base or {}, wish.properties)
        if change.action is Action.NONE and resource.attempt is None:
            self._keep(resource, wish)
            return
        self._check_policy(resource, change.action)
        if change.action is Action.REPLACE:
            await self._replace(row, wish, (resource, change), configured)
        else:
            await self._update(row, wish, (resource, change), configured)

    def _check_policy(self, resource: Resource, action: Action) -> None:
        """A rollback is held to no policy: it brings back what the policy guards."""
        operation = self._stack.operation
        if operation is None or (operation.kind, operation.phase) != ("update", "apply"):
            return
        wanted = stackpolicy.REPLACE if action is Action.REPLACE else stackpolicy.MODIFY
        said = stackpolicy.denied(operation.policy, wanted, Subject(resource.logical, resource.type))
        if said:
            raise AwsError("NotStabilized", said)

    def _keep(self, resource: Resource, wish: Wish) -> None:
        """Attributes of the template that need no call are written down."""
        kept = self._described(resource, wish)
        if kept != resource:
            self._journal.store.put_resource(self._stack, kept)

    def _described(self, resource: Resource, wish: Wish) -> Resource:
        declaration = wish.declaration
        return replace(
            resource,
            needs=wish.needs,
            deletion_policy=declaration.deletion_policy,
            update_replace_policy=declaration.update_replace_policy,
            metadata=declaration.metadata,
        )

    async def _create(self, row: Row, wish: Wish, resource: Resource | None, configured: Callable[[], None]) -> None:
        verb = "UPDATE" if resource is not None and resource.previous else "CREATE"
        tried = resource is not None and bool(resource.token)
        if resource is None or not tried:
            resource = await self._intend(row, wish, resource, verb)
        if not resource.physical:
            self._hands.check()
            try:
                physical, told = await self._made(row, wish, resource, again=tried)
            except NotMade:
                self._journal.store.put_resource(self._stack, replace(resource, token=""))
                raise
            resource = replace(resource, physical=physical, attributes=told)
            resource = self._journal.resource(
                self._stack, resource, f"{verb}_IN_PROGRESS", "Resource creation Initiated"
            )
        facts = await self._facts(resource, row, wish)
        for step in row.making(facts.new)[1:]:
            present = [name for name in step.only or () if name in facts.new]
            if present:
                facts = await self._hands.settle(row, facts) if step.settled else facts
                await self._hands.step(row, step, facts, present)
        await self._touch(row, facts)
        await self._finish(row, resource, facts, (verb, configured))

    async def _intend(self, row: Row, wish: Wish, resource: Resource | None, verb: str) -> Resource:
        """What is about to be made is written down, with its name, before the call."""
        logical, token = wish.declaration.logical, str(uuid.uuid4())
        made = replace(
            resource or Resource(logical=logical, type=row.type),
            properties=wish.properties,
            name=made_up_name(row, self._stack, logical, token),
        )
        made = self._described(made, wish)
        reason = (
            ""
            if verb == "CREATE"
            else ("Requested update requires the creation of a new physical resource; hence creating one.")
        )
        made = self._journal.resource(self._stack, made, f"{verb}_IN_PROGRESS", reason)
        there = await self._hands.probe(row, await self._facts(made, row, wish))
        if there is not None and row.unique:
            raise AwsError("AlreadyExists", f"Resource of type '{row.type}' with identifier '{there}' already exists.")
        made = replace(made, token=token)
        return self._journal.store.put_resource(self._stack, made)

    async def _made(self, row: Row, wish: Wish, resource: Resource, *, again: bool) -> tuple[str, dict[str, Any]]:
        facts = await self._facts(resource, row, wish)
        if again:
            known = [each.physical for each in self._journal.store.resources(self._stack).values()]
            known += [resource.previous["physical"]] if resource.previous else []
            found = await self._hands.find(row, facts, known)
            if found is not None:
                return found, {}
        return await self._hands.make(row, facts)

    async def _facts(self, resource: Resource, row: Row, wish: Wish, old: Properties | None = None) -> Facts:
        facts = await self._hands.facts(self._stack, resource, row, wish.properties, old)
        if row.tags is None or not schema_of(self._region, row.type).system_tags:
            return facts
        own = as_list(facts.new.get(TAGS, []))
        return replace(facts, new=facts.new | {TAGS: own + self._system_tags(resource.logical)})

    def _system_tags(self, logical: str) -> list[dict[str, Any]]:
        return [
            {"Key": "aws:cloudformation:stack-name", "Value": self._stack.name},
            {"Key": "aws:cloudformation:stack-id", "Value": self._stack.id},
            {"Key": "aws:cloudformation:logical-id", "Value": logical},
        ]

    async def _finish(self, row: Row, resource: Resource, facts: Facts, then: tuple[str, Callable[[], None]]) -> None:
        """Attributes, the wait until stable, and the attributes again as they are then."""
        verb, configured = then
        facts = replace(facts, id=resource.physical, item=None)
        if row.stable is not None and row.early:
            resource = replace(resource, attributes=await self._hands.attributes(row, facts), configured=True)
            resource = self._journal.resource(
                self._stack, resource, f"{verb}_IN_PROGRESS", "Eventual consistency check initiated",
                detail="CONFIGURATION_COMPLETE",
            )  # fmt: skip
            configured()
        ready = not (row.early and self._stack.operation is not None and self._stack.operation.express)
        facts = await self._hands.settle(row, facts) if ready else facts
        if facts.item is None:
            facts = await self._hands.read(row, facts)
        attributes = await self._hands.attributes(row, facts)
        hidden = row.hidden is not None and row.hidden(facts.item)
        before, resource = resource, self._renamed(row, resource, facts)
        resource = replace(
            resource, attributes=attributes, hidden=hidden, configured=True, complete=True, attempt=None, drift=None,
            described=described(row, resource.properties, facts.item),
        )  # fmt: skip
        await self._touch(row, facts)
        with self._journal.store.transaction():
            if resource.physical != before.physical:
                self._set_aside(before, resource, facts.old)
            self._journal.resource(self._stack, resource, f"{verb}_COMPLETE")

    def _renamed(self, row: Row, resource: Resource, facts: Facts) -> Resource:
        """The resource with the physical id that an update gave it, and a token of its own then."""
        physical = row.renamed(facts.item) if row.renamed is not None else resource.physical
        return (
            resource if physical == resource.physical else replace(resource, physical=physical, token=str(uuid.uuid4()))
        )

    def _set_aside(self, before: Resource, now: Resource, old: Properties) -> None:
        """What had the id before goes in the clean-up; what has it again, after a rollback, stays."""
        store = self._journal.store
        for key, each in store.leftovers(self._stack).items():
            if (each.logical, each.physical) == (now.logical, now.physical):
                store.drop_leftover(self._stack, key)
        store.put_leftover(self._stack, replace(before, properties=old, previous=None))

    async def _replace(
        self, row: Row, wish: Wish, what: tuple[Resource, decide.Change], configured: Callable[[], None]
    ) -> None:
        """The new one is made beside the old one, which goes in the clean-up."""
        old, _ = what
        blank = Resource(logical=old.logical, type=old.type, previous=dataclasses.asdict(replace(old, previous=None)))
        await self._create(row, wish, blank, configured)

    async def _update(
        self, row: Row, wish: Wish, what: tuple[Resource, decide.Change], configured: Callable[[], None]
    ) -> None:
        resource, change = what
        base = resource.properties if resource.attempt in (None, wish.properties) else resource.attempt or {}
        resource = replace(
            self._described(resource, wish), attempt=wish.properties, earlier=self._earlier(row, resource)
        )
        resource = self._journal.resource(self._stack, resource, "UPDATE_IN_PROGRESS")
        defaults = decide.removed_defaults(row, schema_of(self._region, row.type), base, wish.properties)
        facts = await self._hands.facts(self._stack, resource, row, wish.properties | defaults, base)
        wait = True
        for step in row.updates:
            mine = [name for name in change.changed if name in (step.only or ())]
            asked = mine if step.whole else [name for name in mine if name in facts.new]
            changed = list(change.changed) if row.open else asked
            if changed and not (row.tags is not None and changed == [TAGS]):
                facts = await self._hands.idle(row, facts)
                wait = await self._hands.step(row, step, facts, changed)
        if TAGS in change.changed and row.tags is not None:
            await self._tag(row, facts, base)
        resource = replace(resource, properties=wish.properties)
        await self._finish(row if wait else replace(row, stable=None), resource, facts, ("UPDATE", configured))

    async def _touch(self, row: Row, facts: Facts) -> None:
        """Reads the attributes of the stack's resources again that this one changes."""
        touched = {facts.new[name] for name in row.touches if name in facts.new}
        for other in self._journal.store.resources(self._stack).values() if touched else ():
            if other.physical in touched and other.complete:
                its = row_of(other.type)
                read = await self._hands.facts(self._stack, other, its, other.properties)
                attributes = await self._hands.attributes(its, read)
                self._journal.store.put_resource(self._stack, replace(other, attributes=attributes))

    def _earlier(self, row: Row, resource: Resource) -> dict[str, Any] | None:
        operation = self._stack.operation
        if row.expand is None or operation is None or (resource.earlier or {}).get("token") == operation.token:
            return resource.earlier
        return {"token": operation.token, "properties": resource.properties}

    async def _tag(self, row: Row, facts: Facts, base: Properties) -> None:
        """Adds the tags that are new or different, and removes those that are gone."""
        await retag(self._hands.call, row, await self._hands.read(row, facts), as_list(base.get(TAGS, [])))


def swap_back(resource: Resource) -> Resource | None:
    """The resource that this one replaced; None when it replaced none."""
    return resource_from(resource.previous) if resource.previous else None
