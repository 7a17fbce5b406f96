"""Deletes resources, dependents first, and tells of each."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from netflux.cloudformation.hands import Halted, Hands
from netflux.cloudformation.journal import Journal
from netflux.cloudformation.store import Resource, Stack
from netflux.cloudformation.validate import row_of
from netflux.errors import AwsError

_log = logging.getLogger(__name__)
_ROUNDS = 3
_IN_USE = frozenset({"DependencyViolation", "ResourceInUse", "ResourceInUseException", "DeleteConflict"})
"""Codes of what can be deleted once something else is gone."""


@dataclass(frozen=True)
class Doomed:
    """A resource to delete.

    Attributes:
        policy: Delete, Retain or Snapshot.
        forget: takes it out of the documents once it is gone.
        listed: whether it is the stack's resource of that name, and not one that was replaced.
    """

    resource: Resource
    policy: str
    forget: Callable[[], None]
    listed: bool = True


class Clearer:
    """Deletes resources of one stack."""

    def __init__(self, journal: Journal, hands: Hands, stack: Stack) -> None:
        self._journal = journal
        self._hands = hands
        self._stack = stack
        self._held: set[str] = set()
        self._refused: set[str] = set()

    async def clear(self, doomed: Mapping[str, Doomed]) -> list[str]:
        """Deletes all of them; returns the logical ids of those that could not be deleted.

        What something else still used is tried again when the others are gone, as AWS does: a namespace of Cloud Map
        has services that ECS takes away, and a template need not say so.
        """
        left = list(doomed)
        for _ in range(_ROUNDS):
            self._held.clear()
            before, left = left, await self._round(doomed, left)
            if not self._held or len(left) == len(before):
                break
        return [doomed[key].resource.logical for key in left]

    async def _round(self, doomed: Mapping[str, Doomed], left: Sequence[str]) -> list[str]:
        """Tries those that are left; returns which are left then."""
        gone: dict[str, asyncio.Future[bool]] = {key: asyncio.get_running_loop().create_future() for key in left}
        tried = {key: doomed[key] for key in left}
        for key in self._refused.intersection(left):
            gone[key].set_result(False)
        work = [self._after_dependents(key, tried, gone) for key in left if key not in self._refused]
        results = await asyncio.gather(*work, return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return [key for key, done in gone.items() if not done.result()]

    async def _after_dependents(
        self, key: str, doomed: Mapping[str, Doomed], gone: Mapping[str, asyncio.Future[bool]]
    ) -> None:
        resource = doomed[key].resource
        dependents = [
            other for other, each in doomed.items() if resource.logical in each.resource.needs and other != key
        ]
        try:
            results = [await asyncio.shield(gone[other]) for other in dependents]
            gone[key].set_result(all(results) and await self._delete(key, doomed[key]))
        except BaseException as error:
            if not gone[key].done():
                gone[key].set_exception(error)
                gone[key].exception()
            raise

    async def _delete(self, key: str, doomed: Doomed) -> bool:
        resource = doomed.resource
        if not resource.physical and not resource.token:  # it never was
            doomed.forget()
            return True
        if doomed.policy in ("Retain", "RetainExceptOnCreate"):
            self._tell(doomed, "DELETE_SKIPPED")
            doomed.forget()
            return True
        self._tell(doomed, "DELETE_IN_PROGRESS")
        try:
            await self._gone(resource, doomed.policy)
        except Halted:
            raise
        except AwsError as error:
            told = error.message if error.code == "NotStabilized" else f"{error.message} ({error.code})"
            self._tell(doomed, "DELETE_FAILED", told)
            (self._held if error.code in _IN_USE else self._refused).add(key)
            return False
        except Exception as error:  # noqa: BLE001, told as the resource's failure, and logged
            _log.exception("deleting %s of %s", resource.logical, self._stack.name)
            self._tell(doomed, "DELETE_FAILED", f"Internal failure: {error!r}")
            self._refused.add(key)
            return False
        self._tell(doomed, "DELETE_COMPLETE")
        doomed.forget()
        return True

    def _tell(self, doomed: Doomed, status: str, reason: str = "") -> None:
        if doomed.listed:
            self._journal.resource(self._stack, doomed.resource, status, reason)
        else:
            self._journal.note(self._stack, doomed.resource, status, reason)

    async def _gone(self, resource: Resource, policy: str) -> None:
        row = row_of(resource.type)
        facts = await self._hands.facts(self._stack, resource, row, resource.properties)
        if not resource.physical:
            found = await self._hands.left(row, facts, self._known(resource))
            if found is None:
                return
            resource = replace(resource, physical=found)
            facts = replace(facts, id=found)
        if not resource.attributes and row.attributes and row.read is not None:
            facts = await self._hands.read(row, facts)
            if facts.item is None:
                return
            facts = replace(facts, attributes=await self._hands.attributes(row, facts))
        if policy == "Snapshot":
            facts = replace(facts, name=f"{self._stack.name}-snapshot-{resource.logical}-{resource.token[:12]}".lower())
        await self._hands.delete(row, facts)

    def _known(self, resource: Resource) -> list[str]:
        """Ids of what isn't this one."""
        others = self._journal.store.resources(self._stack).values()
        known = [each.physical for each in others if each.logical != resource.logical or each.token != resource.token]
        return known + ([resource.previous["physical"]] if resource.previous else [])
