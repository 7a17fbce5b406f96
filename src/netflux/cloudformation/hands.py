"""One resource's calls: made, looked for, changed, deleted, and watched until it is what it should be.

Every call bears repetition. What is about to be made is on disk before the call (its name and token), and what was made
right after it; when the region is killed in between, the resource is looked for before it is made again.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

from netflux.clock import Clock
from netflux.cloudformation import carry, secretreference
from netflux.cloudformation.shape import Uncarried
from netflux.cloudformation.store import Resource, Stack
from netflux.cloudformation.types.table import (
    Asked,
    Caller,
    Facts,
    Failed,
    Find,
    Properties,
    Row,
    Step,
    Waiting,
    fill,
    follow,
    needs_response,
    place,
)
from netflux.errors import AwsError

_QUICK = 0.05
_SLOW = 0.5

_NEEDED = 60.0
"""Simulated seconds for which a deletion is tried again while something still needs the resource."""
_ANSWERED = (*range(400, 500), 501)  # other HTTP statuses don't tell whether anything was made


class Halted(Exception):
    """The work stops here: another resource failed, or the region goes down."""


class NotMade(AwsError):
    """The create call was refused, so whatever is found by the resource's name is somebody else's."""


class Hands:
    """Acts on the resources of one stack.

    Args:
        call: the region's APIs.
        clock: the durations of what is waited for.
        halted: says why the work must stop, or None; asked between calls.
        stopping: set when the region goes down.
    """

    def __init__(self, call: Caller, clock: Clock, halted: Callable[[], str | None], stopping: asyncio.Event) -> None:
        self.call = call
        self._clock = clock
        self._halted = halted
        self._stopping = stopping

    async def facts(
        self, stack: Stack, resource: Resource, row: Row, new: Properties, old: Properties | None = None
    ) -> Facts:
        """The places of the row's texts, with dynamic references resolved and the made-up name and tags in."""
        resolved: Properties = await secretreference.resolve(self.call, new)
        if row.named and row.named not in resolved and resource.name:
            resolved = resolved | {row.named: resource.name}
        before: Properties = await secretreference.resolve(self.call, old, missing=True) if old else {}
        _, _, _, region, account, _ = stack.id.split(":", 5)
        return Facts(
            new=resolved, old=before, id=resource.physical, attributes=resource.attributes, token=resource.token,
            logical=resource.logical, stack=stack.id, region=region, account=account, capabilities=stack.capabilities,
        )  # fmt: skip

    async def step(self, row: Row, step: Step, facts: Facts, changed: Collection[str] | None = None) -> bool:
        """Makes the step's calls; False when the resource was as wished before."""
        if not step.operation:
            return True
        try:
            asked = await step.ask(self.call, facts) if step.ask is not None else None
            calls = carry.parameters(row, step, facts, changed) if asked is None else asked
        except (Uncarried, ValueError) as problem:
            raise AwsError("ValidationError", f"Property validation failure: {problem}") from problem
        for params in calls:
            try:
                whole = await step.complete(self.call, facts, params) if step.complete else params
                await self.call(step.service or row.service, step.operation, whole)
            except AwsError as error:
                if step.same and error.message == step.same:
                    return False
                if error.code not in step.ignore:
                    raise
        return True

    async def idle(self, row: Row, facts: Facts) -> Facts:
        """The facts as they are read once the resource takes calls."""
        if row.busy is None:
            return await self.read(row, facts)
        busy = row.busy

        async def free() -> Facts | Waiting:
            found = await self.read(row, facts)
            return Waiting("it is busy") if found.item is not None and busy(found.item) else found

        found: Facts = await self._until(free, row.seconds, f"{row.type} {facts.id}")
        return found

    async def read(self, row: Row, facts: Facts) -> Facts:
        """The facts with `response` and `item` as they are now; `item` is None when the resource isn't there."""
        if row.read is None:
            return facts
        try:
            response = await self.call(row.service, row.read.operation, fill(row.read.params, facts))
        except AwsError as error:
            if error.code in row.gone:
                return replace(facts, item=None)
            raise
        facts = replace(facts, response=response)
        return replace(facts, item=fill(row.read.item, facts))

    async def probe(self, row: Row, facts: Facts) -> str | None:
        """The physical id of what already has the name that a new resource would get."""
        if row.probe is not None:
            try:
                response = await self.call(row.service, row.probe.operation, fill(row.probe.params, facts))
            except AwsError as error:
                if error.code in row.gone:
                    return None
                raise
            found = fill(row.probe.item, replace(facts, response=response))
            return str(found) if found else None
        if row.read is None or needs_response(row.id):
            listed = row.find or row.seek
            return await self.find(row, facts, ()) if listed and not needs_response(row.id) else None
        facts = replace(facts, id=str(fill(row.id, facts)))
        found = await self.read(row, facts)
        absent = found.item is None or (row.over is not None and row.over(found.item))
        return None if absent else facts.id

    async def find(self, row: Row, facts: Facts, known: Collection[str]) -> str | None:
        """The physical id of what a create call made whose answer was lost.

        Args:
            known: physical ids that belong to something else.
        """
        if row.seek is not None:
            return await row.seek(self.call, facts, known)
        if row.find is None:
            return await self.probe(row, facts)
        try:
            response = await self.call(row.service, row.find.operation, fill(row.find.params, facts))
        except AwsError as error:
            if error.code in row.gone:
                return None
            raise
        for item in place(row.find.items.removeprefix("$"), replace(facts, response=response)) or ():
            identifier = fill(row.find.id, replace(facts, item=item))
            if identifier not in known and _matches(row.find, item, facts):
                return str(identifier)
        return None

    async def left(self, row: Row, facts: Facts, known: Collection[str]) -> str | None:
        """The physical id of what a create call left that never came to its end."""
        return await row.left(self.call, facts) if row.left is not None else await self.find(row, facts, known)

    async def make(self, row: Row, facts: Facts) -> tuple[str, dict[str, Any]]:
        """The create call; returns the physical id and what only its answer tells. Raises NotMade when refused."""
        response: dict[str, Any] = {}
        create = row.making(facts.new)[0]
        if create.operation:
            try:
                calls = carry.parameters(row, create, facts)
            except (Uncarried, ValueError) as problem:
                raise NotMade("ValidationError", f"Property validation failure: {problem}") from problem
            for number, params in enumerate(calls):
                try:
                    whole = await row.complete(self.call, facts, params) if row.complete else params
                    response = await self.call(row.service, create.operation, whole)
                except AwsError as error:
                    if error.code in create.ignore:
                        continue
                    if number == 0 and error.status in _ANSWERED:
                        raise NotMade(error.code, error.message, error.status) from error
                    raise
        facts = replace(facts, response=response)
        told: dict[str, Any] = fill(row.told, facts)
        if row.identify is None:
            return str(fill(row.id, facts)), told
        identify = row.identify

        async def known() -> str | Waiting | Failed | None:
            return await identify(self.call, facts)

        found = await self._until(known, row.seconds, f"{row.type} {facts.logical}")
        return str(found), told

    async def attributes(self, row: Row, facts: Facts) -> dict[str, Any]:
        """What GetAtt gives, of what `facts` has read or else is there now. Raises AwsError when nothing is there."""
        if facts.item is None:
            facts = await self.read(row, facts)
        if row.read is not None and facts.item is None:
            raise AwsError("NotFound", f"{row.type} {facts.id} is not there.")
        found = {name: facts.attributes[name] for name in row.told if name in facts.attributes}
        for name, template in row.attributes.items():
            if isinstance(template, Asked):
                value = await template.ask(self.call, facts)
            else:
                value = template(facts) if callable(template) else fill(template, facts)
            if value is not None:
                found[name] = value
        return found | (row.outputs(facts) if row.outputs else {})

    async def settle(self, row: Row, facts: Facts) -> Facts:
        """Waits until the resource is stable, and returns the facts as they were read then.

        Raises AwsError with the resource's own reason when it never will be.
        """
        if row.stable is None:
            return facts
        judge = row.stable

        async def stable() -> Facts | Waiting | Failed:
            found = await self.read(row, facts)
            if found.item is None:
                return Failed("it is not there any more")
            return judge(found.item, facts.new) or found

        settled: Facts = await self._until(stable, row.seconds, f"{row.type} {facts.id}")
        return settled

    async def delete(self, row: Row, facts: Facts) -> None:
        """Deletes what is there, and waits until it is gone."""
        for step in row.delete:
            facts = await self.idle(row, facts)
            if row.read is not None and facts.item is None:
                return
            if step.settled:
                facts = await self.settle(row, facts)
            await self._deleted(row, step, facts)
        if row.over is None:
            return
        over = row.over

        async def gone() -> str | Waiting | Failed | None:
            item = (await self.read(row, facts)).item
            return None if item is None or over(item) else Waiting("it is still there")

        await self._until(gone, row.seconds, f"{row.type} {facts.id}")

    async def _deleted(self, row: Row, step: Step, facts: Facts) -> None:
        """Tries again for a while, as AWS does: what needs the resource may be about to go."""
        deadline = self._clock.monotonic() + _NEEDED

        async def attempt() -> Waiting | None:
            try:
                await self.step(row, step, facts, ())
            except AwsError as error:
                if error.code == "DependencyViolation" and self._clock.monotonic() < deadline:
                    return Waiting(error.message)
                if error.code not in row.gone:
                    raise
            return None

        await self._until(attempt, row.seconds, f"{row.type} {facts.id}")

    async def _until(self, look: Callable[[], Any], seconds: float, what: str) -> Any:
        """Looks until the answer is neither Waiting nor Failed, and returns it."""
        deadline = self._clock.monotonic() + seconds
        pause = _QUICK
        while True:
            self.check()
            found = await look()
            if isinstance(found, Failed):
                raise AwsError("NotStabilized", found.reason)
            if not isinstance(found, Waiting):
                return found
            if self._clock.monotonic() > deadline:
                raise AwsError(
                    "NotStabilized", f"Exceeded attempts to wait: {what} after {seconds:.0f} s: {found.reason}"
                )
            await self.pause(pause)
            pause = min(pause * 1.5, _SLOW)

    async def pause(self, seconds: float) -> None:
        """Waits real seconds. Raises Halted when the region stops."""
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return
        raise Halted("the region stops")

    def check(self) -> None:
        """Raises Halted when the work must stop."""
        reason = "the region stops" if self._stopping.is_set() else self._halted()
        if reason is not None:
            raise Halted(reason)


def _matches(find: Find, item: Mapping[str, Any], facts: Facts) -> bool:
    wanted = {path: fill(template, facts) for path, template in find.match.items()}
    return all(value is None or str(follow(item, path.split("."))) == str(value) for path, value in wanted.items())


def made_up_name(row: Row, stack: Stack, logical: str, token: str) -> str:
    """A name for what the template gives none: `stack-Logical-ABCDEF123456`, the same for the same token."""
    if not row.named:
        return ""
    suffix = hashlib.sha256(token.encode()).hexdigest()[:12].upper()
    room = row.name_length - len(suffix) - 1
    first = row.named_after or stack.name
    base = f"{first}-{logical}"
    if len(base) > room:
        half = room // 2
        base = f"{first[: room - half - 1]}-{logical[:half]}"
    name = re.sub(r"-+", "-", f"{base[:room]}-{suffix}")
    return name.lower() if row.lower else name
