"""Carries out a stack's operation, phase by phase. A killed region starts again in the phase that the stack is in."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from netflux.clock import Clock
from netflux.cloudformation import scene
from netflux.cloudformation.bring import Bringer, Wish, swap_back
from netflux.cloudformation.clear import Clearer, Doomed
from netflux.cloudformation.graph import Needs, needs
from netflux.cloudformation.hands import Halted, Hands
from netflux.cloudformation.intrinsics import Environment
from netflux.cloudformation.journal import Journal
from netflux.cloudformation.store import Operation, Resource, Stack
from netflux.cloudformation.template import Declaration, Template, parse, remembered
from netflux.cloudformation.types.table import Caller, Properties
from netflux.cloudformation.validate import row_of
from netflux.errors import AwsError

_log = logging.getLogger(__name__)


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


class Execution:
    """One stack's operation.

    Args:
        journal: where statuses and events go.
        call: the region's APIs.
        clock: for durations.
        stack: the stack, its operation set.
        stopping: set when the region goes down; the operation then stays as it is on disk.
    """

    def __init__(self, journal: Journal, call: Caller, clock: Clock, stack: Stack, stopping: asyncio.Event) -> None:
        self._journal = journal
        self._call = call
        self._clock = clock
        self._stack = stack
        self._failed: list[str] = []
        self._given_up = False
        self._hands = Hands(call, clock, self._halted, stopping)
        self._deadline = clock.monotonic() + 60.0 * float(stack.shown.get("TimeoutInMinutes") or 1e9)

    def give_up(self, instead: Operation) -> None:
        """The creation under way ends where it is, and the stack is deleted."""
        self._given_up = True
        self._stack = self._journal.stack(self._stack, "DELETE_IN_PROGRESS", "User Initiated", operation=instead)

    def _halted(self) -> str | None:
        if self._failed or self._given_up:
            return "Resource creation cancelled"
        operation = self._stack.operation
        if (
            operation
            and (operation.kind, operation.phase) == ("create", "apply")
            and self._clock.monotonic() > self._deadline
        ):
            return "Stack creation time exceeded the specified timeout"
        return None

    async def run(self) -> None:
        """Until the operation is over, or the region stops."""
        while self._stack.operation is not None:
            operation = self._stack.operation
            self._failed.clear()
            self._given_up = False
            try:
                await _PHASES[operation.phase](self, operation)
            except Halted:
                return
            except AwsError as error:
                self._over_badly(operation, error.message)
            except Exception as error:  # noqa: BLE001, told as the stack's failure, and logged
                _log.exception("stack %s, %s", self._stack.name, operation.phase)
                self._over_badly(operation, f"Internal failure: {error!r}")

    def _over_badly(self, operation: Operation, reason: str) -> None:
        """A phase couldn't be gone through at all."""
        if self._given_up:
            return
        if operation.phase == "apply":
            self._apply_failed(operation, reason)
            return
        names = {"rollback": "ROLLBACK_FAILED", "delete": "DELETE_FAILED"}
        prefix = "UPDATE_" if operation.kind == "update" else ""
        status = prefix + names.get(operation.phase, "ROLLBACK_FAILED")
        self._stack = self._journal.stack(self._stack, status, reason, operation=None)

    async def _apply(self, operation: Operation) -> None:
        problem = await self._bring_all(rolling=False)
        if self._given_up:
            return
        if problem is None:
            try:
                self._stack = await self._concluded()
            except AwsError as error:
                problem = error.message
        if problem is not None:
            self._apply_failed(operation, problem)
        elif operation.kind == "create":
            self._stack = self._journal.stack(self._stack, "CREATE_COMPLETE", operation=None)
        else:
            self._next(operation, "cleanup", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")

    def _apply_failed(self, operation: Operation, reason: str) -> None:
        if operation.on_failure == "DO_NOTHING":
            status = "CREATE_FAILED" if operation.kind == "create" else "UPDATE_FAILED"
            self._stack = self._journal.stack(self._stack, status, reason, operation=None)
        elif operation.kind == "update":
            self._next(operation, "rollback", "UPDATE_ROLLBACK_IN_PROGRESS", reason)
        elif operation.on_failure == "DELETE":
            self._next(operation, "delete", "DELETE_IN_PROGRESS", reason)
        else:
            self._next(operation, "rollback", "ROLLBACK_IN_PROGRESS", f"{reason} Rollback requested by user.")

    def _next(self, operation: Operation, phase: str, status: str, reason: str = "") -> None:
        self._stack = self._journal.stack(self._stack, status, reason, operation=replace(operation, phase=phase))

    async def _rollback(self, operation: Operation) -> None:
        if operation.kind == "create" or operation.previous is None:
            failed = await self._clear(self._listed("Delete"))
            status = "ROLLBACK_FAILED" if failed else "ROLLBACK_COMPLETE"
            reason = _could_not("delete", failed)
            source = replace(self._stack.source, outputs=[])
            self._stack = self._journal.stack(self._stack, status, reason, operation=None, source=source)
            return
        self._stack = replace(self._stack, source=operation.previous)
        self._journal.store.put_stack(self._stack)
        for resource in self._journal.store.resources(self._stack).values():
            before = swap_back(resource)
            if before is not None:
                with self._journal.store.transaction():
                    self._journal.store.put_leftover(self._stack, replace(resource, previous=None))
                    self._journal.store.put_resource(self._stack, before)
        problem = await self._bring_all(rolling=True)
        if problem is not None:
            self._stack = self._journal.stack(self._stack, "UPDATE_ROLLBACK_FAILED", problem, operation=None)
        else:
            self._next(operation, "rollback-cleanup", "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")

    async def _cleanup(self, operation: Operation) -> None:
        """What the template no longer wants goes, and what was replaced."""
        template, env = await self._scene()
        wanted = scene.wanted(env, template)
        for resource in self._journal.store.resources(self._stack).values():
            before = swap_back(resource)
            if before is not None:
                with self._journal.store.transaction():
                    self._journal.store.put_leftover(self._stack, before)
                    self._journal.store.put_resource(self._stack, replace(resource, previous=None))
        listed = {key: each for key, each in self._listed().items() if key not in wanted}
        failed = await self._clear(listed | self._leftovers())
        status = "UPDATE_COMPLETE" if operation.phase == "cleanup" else "UPDATE_ROLLBACK_COMPLETE"
        # As on AWS: what could not be cleaned up is left behind, and the update is complete all the same.
        for key in listed:
            self._journal.store.drop_resource(self._stack, key)
        for key in self._journal.store.leftovers(self._stack):
            self._journal.store.drop_leftover(self._stack, key)
        reason = (
            f"Update successful. One or more resources could not be deleted: [{', '.join(failed)}]" if failed else ""
        )
        self._stack = self._journal.stack(self._stack, status, reason, operation=None, updated=self._journal.now())

    async def _delete(self, operation: Operation) -> None:
        listed = self._listed()
        for logical in operation.retain:
            if logical in listed:
                listed[logical] = replace(listed[logical], policy="Retain")
        failed = await self._clear(listed | self._leftovers())
        if failed and not operation.force:
            self._stack = self._journal.stack(
                self._stack, "DELETE_FAILED", _could_not("delete", failed), operation=None
            )
            return
        for logical in failed:
            self._journal.store.drop_resource(self._stack, logical)
        self._stack = self._journal.stack(
            self._stack, "DELETE_COMPLETE", operation=None, deleted=self._journal.now(), imports=()
        )

    def _listed(self, policy: str = "") -> dict[str, Doomed]:
        """All of the stack's resources, to be deleted.

        Args:
            policy: overrules RetainExceptOnCreate when a creation is rolled back.
        """
        store, stack = self._journal.store, self._stack
        doomed = {}
        for logical, resource in store.resources(stack).items():
            own = resource.deletion_policy
            chosen = policy if policy and own in ("RetainExceptOnCreate", "Snapshot") else own
            doomed[logical] = Doomed(resource, chosen, _forgetter(store.drop_resource, stack, logical))
        return doomed

    def _leftovers(self) -> dict[str, Doomed]:
        store, stack = self._journal.store, self._stack
        return {
            key: Doomed(
                resource, _left_policy(self._stack, resource), _forgetter(store.drop_leftover, stack, key), listed=False
            )
            for key, resource in store.leftovers(stack).items()
        }

    async def _clear(self, doomed: Mapping[str, Doomed]) -> list[str]:
        return await Clearer(self._journal, self._hands, self._stack).clear(doomed)

    async def _scene(self) -> tuple[Template, Environment]:
        body = self._stack.source.template
        template = remembered(body)
        if template is None:
            template = await asyncio.to_thread(parse, body)
        env = await scene.environment(self._call, self._journal.store, self._stack, template)
        return template, scene.with_resources(env, lambda logical: self._journal.store.resource(self._stack, logical))

    async def _concluded(self) -> Stack:
        """The stack with its outputs. Raises AwsError when an export's name is taken."""
        template, env = await self._scene()
        shown = scene.masked(env, lambda logical: self._journal.store.resource(self._stack, logical))
        outputs = scene.outputs(shown, template)
        taken = scene.exports(self._journal.store)
        for name in (output.get("ExportName") for output in outputs):
            if name in taken and taken[name][1].id != self._stack.id:
                raise AwsError(
                    "ValidationError", f"Export with name {name} is already exported by stack {taken[name][1].name}."
                )
        source = replace(self._stack.source, outputs=outputs)
        return self._journal.store.put_stack(replace(self._stack, source=source, imports=scene.imported(env, template)))

    async def _bring_all(self, *, rolling: bool) -> str | None:
        """Brings every wanted resource about; the reason when not all could be."""
        template, env = await self._scene()
        wanted = scene.wanted(env, template)
        needed = needs(template, wanted)
        gates = {logical: _Gate.new() for logical in wanted}
        work = [self._one(wanted[logical], needed[logical], gates, env) for logical in wanted]
        results = await asyncio.gather(*work, return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result
        if not self._failed:
            return None
        verb = "update" if self._stack.operation and self._stack.operation.kind == "update" else "create"
        return _could_not("roll back" if rolling else verb, self._failed)

    async def _one(self, declaration: Declaration, needed: Needs, gates: Mapping[str, _Gate], env: Environment) -> None:
        gate = gates[declaration.logical]
        good = False
        try:
            ready = [await asyncio.shield(gates[name].configured) for name in sorted(needed.referred)]
            ready += [await asyncio.shield(gates[name].complete) for name in sorted(needed.named)]
            if all(ready) and not self._failed:
                good = await self._brought(declaration, needed, gate, env)
        finally:
            gate.close(good=good)

    async def _brought(self, declaration: Declaration, needed: Needs, gate: _Gate, env: Environment) -> bool:
        logical = declaration.logical
        try:
            properties = scene.properties(env, self._stack.source, declaration)
            properties = self._gone_back_to(logical) or await scene.expanded(self._call, declaration, properties)
            wish = Wish(declaration, properties, tuple(sorted(needed.all)))
            await Bringer(self._journal, self._hands, self._stack).bring(wish, gate.open)
        except Halted as halt:
            if str(halt) == "the region stops":
                raise
            self._fail(declaration, str(halt))
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

    def _fail(self, declaration: Declaration, reason: str) -> None:
        found = self._journal.store.resource(self._stack, declaration.logical)
        resource = found or Resource(declaration.logical, declaration.type)
        updating = resource.complete or resource.previous is not None
        self._journal.resource(self._stack, resource, "UPDATE_FAILED" if updating else "CREATE_FAILED", reason)
        self._failed.append(declaration.logical)


def _could_not(verb: str, names: list[str]) -> str:
    return f"The following resource(s) failed to {verb}: [{', '.join(names)}]." if names else ""


def _left_policy(stack: Stack, resource: Resource) -> str:
    """What was replaced goes by UpdateReplacePolicy; what a rolled back update made goes."""
    rolled_back = stack.operation is not None and stack.operation.phase == "rollback-cleanup"
    return "Delete" if rolled_back else resource.update_replace_policy


def _forgetter(drop: Callable[[Stack, str], None], stack: Stack, key: str) -> Callable[[], None]:
    return lambda: drop(stack, key)


_PHASES = {
    "apply": Execution._apply,
    "rollback": Execution._rollback,
    "cleanup": Execution._cleanup,
    "rollback-cleanup": Execution._cleanup,
    "delete": Execution._delete,
}
