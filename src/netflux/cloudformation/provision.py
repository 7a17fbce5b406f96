"""Brings all of a template's resources about, each once those are that it needs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace

from netflux.cloudformation import scene
from netflux.cloudformation.bring import Bringer, Wish
from netflux.cloudformation.graph import Needs, needs
from netflux.cloudformation.hands import Halted, Hands
from netflux.cloudformation.intrinsics import Environment
from netflux.cloudformation.journal import Journal
from netflux.cloudformation.store import Resource, Stack
from netflux.cloudformation.template import Declaration, Template
from netflux.cloudformation.types.table import Caller, Properties
from netflux.cloudformation.validate import row_of
from netflux.errors import AwsError

_log = logging.getLogger(__name__)

STOPS = "the region stops"
"""Why work halts that goes on when the region is up again."""


@dataclass
class _Gate:
    """Where dependents wait: True when they may go on, False when they never will."""

    configured: asyncio.Future[bool]
    complete: asyncio.Future[bool]

    @classmethod
    def new(cls) -> _Gate:
        loop = asyncio.get_running_loop()
        return cls(loop.create_future(), loop.create_future())

    def open(self) -> None:
        """Dependents by reference may start."""
        if not self.configured.done():
            self.configured.set_result(True)

    def close(self, *, good: bool) -> None:
        """The resource is done with."""
        if not self.configured.done():
            self.configured.set_result(good)
        if not self.complete.done():
            self.complete.set_result(good)


class Provision:
    """One attempt to bring a stack's resources to what its template wants.

    Args:
        journal: where statuses and events go.
        call: the region's APIs.
        hands: makes the calls; what halts it halts this.
        stack: the stack, its operation set.
    """

    def __init__(self, journal: Journal, call: Caller, hands: Hands, stack: Stack) -> None:
        self._journal = journal
        self._call = call
        self._hands = hands
        self._stack = stack
        self.failed: list[str] = []

    async def all(self, template: Template, env: Environment) -> None:
        """Brings about what is wanted; `failed` has the logical ids of what could not be."""
        wanted = scene.wanted(env, template)
        needed = needs(template, wanted)
        gates = {logical: _Gate.new() for logical in wanted}
        work = [self._one(wanted[logical], needed[logical], gates, env) for logical in wanted]
        for result in await asyncio.gather(*work, return_exceptions=True):
            if isinstance(result, BaseException):
                raise result

    async def _one(self, declaration: Declaration, needed: Needs, gates: Mapping[str, _Gate], env: Environment) -> None:
        gate = gates[declaration.logical]
        good = False
        try:
            ready = [await asyncio.shield(gates[name].configured) for name in sorted(needed.referred)]
            ready += [await asyncio.shield(gates[name].complete) for name in sorted(needed.named)]
            if all(ready) and not self.failed:
                good = self._skipped(declaration.logical) or await self._brought(declaration, needed, gate, env)
        finally:
            gate.close(good=good)

    def _skipped(self, logical: str) -> bool:
        """ContinueUpdateRollback takes a resource that it is told to skip for what it should be."""
        operation, resource = self._stack.operation, self._journal.store.resource(self._stack, logical)
        if operation is None or resource is None or logical not in operation.skip:
            return False
        self._journal.resource(self._stack, replace(resource, attempt=None), "UPDATE_COMPLETE")
        return True

    async def _brought(self, declaration: Declaration, needed: Needs, gate: _Gate, env: Environment) -> bool:
        logical = declaration.logical
        try:
            properties = scene.properties(env, self._stack.source, declaration)
            properties = self._gone_back_to(logical) or await scene.expanded(self._call, declaration, properties)
            wish = Wish(declaration, properties, tuple(sorted(needed.all)))
            await Bringer(self._journal, self._hands, self._stack).bring(wish, gate.open)
        except Halted as halt:
            if str(halt) == STOPS:
                raise
            self._cancelled(declaration, str(halt))
        except AwsError as error:
            self._fail(
                declaration, error.message if error.code == "NotStabilized" else f"{error.message} ({error.code})"
            )
        except Exception as error:  # noqa: BLE001, told as the resource's failure, and logged
            _log.exception("resource %s of %s", logical, self._stack.name)
            self._fail(declaration, f"Internal failure: {error!r}")
        else:
            return True
        return False

    def _gone_back_to(self, logical: str) -> Properties | None:
        """In a rollback, the properties of a resource whose template doesn't tell all of them again."""
        operation, resource = self._stack.operation, self._journal.store.resource(self._stack, logical)
        if operation is None or operation.phase != "rollback" or resource is None or not resource.complete:
            return None
        if row_of(resource.type).expand is None:
            return None
        earlier = resource.earlier or {}
        return earlier["properties"] if earlier.get("token") == operation.token else resource.properties

    def _cancelled(self, declaration: Declaration, reason: str) -> None:
        """What has not begun has nothing to be cancelled."""
        found = self._journal.store.resource(self._stack, declaration.logical)
        if found is not None and found.status.endswith("_IN_PROGRESS"):
            self._fail(declaration, reason)

    def _fail(self, declaration: Declaration, reason: str) -> None:
        found = self._journal.store.resource(self._stack, declaration.logical)
        resource = found or Resource(declaration.logical, declaration.type)
        verb = "UPDATE" if resource.complete or resource.previous is not None else "CREATE"
        if not resource.status.endswith("_IN_PROGRESS"):
            resource = self._journal.resource(self._stack, resource, f"{verb}_IN_PROGRESS")
        self._journal.resource(self._stack, resource, f"{verb}_FAILED", reason)
        self.failed.append(declaration.logical)
