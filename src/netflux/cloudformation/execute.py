"""Carries out a stack's operation, phase by phase. A killed region starts again in the phase that the stack is in."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

from netflux.clock import Clock
from netflux.cloudformation import exports, scene, stackpolicy, triggers
from netflux.cloudformation.bring import swap_back
from netflux.cloudformation.clear import Clearer, Doomed
from netflux.cloudformation.hands import Halted, Hands
from netflux.cloudformation.importing import Importer
from netflux.cloudformation.intrinsics import Environment
from netflux.cloudformation.journal import Journal
from netflux.cloudformation.provision import Provision
from netflux.cloudformation.stackpolicy import Subject
from netflux.cloudformation.store import Operation, Resource, Stack
from netflux.cloudformation.template import Template, parse, remembered
from netflux.cloudformation.types.table import Caller
from netflux.errors import AwsError

_log = logging.getLogger(__name__)

_LOOK = 1.0
"""Real seconds between looks at rollback triggers."""


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
        self._breach: str | None = None
        self._hands = Hands(call, clock, self._halted, stopping)
        self._deadline = clock.monotonic() + 60.0 * float(stack.shown.get("TimeoutInMinutes") or 1e9)

    def give_up(self, instead: Operation, status: str) -> None:
        """What is under way ends where it is, and the stack goes on with another operation, in this status."""
        self._given_up = True
        self._stack = self._journal.stack(self._stack, status, "User Initiated", operation=instead)

    def _halted(self) -> str | None:
        operation = self._stack.operation
        if self._failed or self._given_up:
            updating = operation is not None and operation.kind == "update"
            return "Resource update cancelled" if updating else "Resource creation cancelled"
        if operation is None or operation.phase != "apply":
            return None
        if operation.kind == "create" and self._clock.monotonic() > self._deadline:
            return "Stack creation time exceeded the specified timeout"
        return self._breach

    async def run(self) -> None:
        """Until the operation is over, or the region stops."""
        while self._stack.operation is not None:
            operation = self._stack.operation
            self._failed = []
            self._given_up = False
            try:
                await _PHASES[operation.phase](self, operation)
            except Halted:
                if not self._given_up:
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
        template, env = await self._scene()
        self._use(exports.imported(env, template, scene.wanted(env, template)), env)
        watch = asyncio.create_task(self._watch(), name=f"cloudformation {self._stack.name}'s alarms")
        try:
            problem = self._kept_by_policy(operation, scene.wanted(env, template))
            problem = problem or await self._provision(template, env, operation.kind) or await self._monitored()
        finally:
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)
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
            self._stack = self._journal.stack(self._stack, "CREATE_COMPLETE", operation=None, stable=None)
        else:
            self._next(operation, "cleanup", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")

    def _kept_by_policy(self, operation: Operation, wanted: Collection[str]) -> str | None:
        """Of resources that the template has no longer, the stack policy may keep some; nothing is changed then."""
        listed = self._journal.store.resources(self._stack)
        going = [Subject(each.logical, each.type) for each in listed.values() if each.logical not in wanted]
        said = stackpolicy.deletions(operation.policy, going) if operation.policy else {}
        for logical, reason in said.items():
            self._journal.resource(self._stack, listed[logical], "UPDATE_FAILED", reason)
        return _could_not("update", list(said)) or None

    def _use(self, names: Collection[str], env: Environment) -> None:
        """Exports that are about to be used may not go from now on; those in use may not until this is over."""
        missing = next((name for name in names if name not in env.exports), None)
        if missing is not None:
            raise AwsError("ValidationError", f"No export named {missing} found.")
        both = tuple(sorted({*self._stack.imports, *names}))
        if both != self._stack.imports:
            self._stack = self._journal.store.put_stack(replace(self._stack, imports=both))

    async def _watch(self) -> None:
        """Looks at the rollback triggers until one says that the stack must go back."""
        configuration = self._stack.shown.get("RollbackConfiguration", {})
        while self._breach is None and configuration.get("RollbackTriggers"):
            try:
                self._breach = await triggers.breached(self._call, configuration)
            except AwsError as error:
                self._breach = f"The rollback triggers could not be looked at: {error.message}"
            await asyncio.sleep(_LOOK)

    async def _monitored(self) -> str | None:
        """Waits for the time that the alarms are watched after the resources; the reason when one rings."""
        configuration = self._stack.shown.get("RollbackConfiguration", {})
        until = self._clock.monotonic() + triggers.seconds(configuration)
        while self._halted() is None and self._clock.monotonic() < until:
            await self._hands.pause(min(_LOOK, self._clock.real(until - self._clock.monotonic())))
        if self._halted() is None and configuration.get("RollbackTriggers"):
            self._breach = await triggers.breached(self._call, configuration)
        return self._halted()

    async def _import(self, operation: Operation) -> None:
        template, env = await self._scene()
        try:
            await Importer(self._journal, self._hands, self._stack).run(template, env, operation.imports)
        except AwsError as error:
            self._next(operation, "import-rollback", "IMPORT_ROLLBACK_IN_PROGRESS", error.message)
            return
        self._stack = self._journal.stack(self._stack, "IMPORT_COMPLETE", operation=None, updated=self._journal.now())

    async def _import_rollback(self, operation: Operation) -> None:
        Importer(self._journal, self._hands, self._stack).undo(operation.imports)
        source = operation.previous or self._stack.source
        self._stack = self._journal.stack(self._stack, "IMPORT_ROLLBACK_COMPLETE", operation=None, source=source)

    def _apply_failed(self, operation: Operation, reason: str) -> None:
        if operation.on_failure == "DO_NOTHING":
            status = "CREATE_FAILED" if operation.kind == "create" else "UPDATE_FAILED"
            self._stack = self._journal.stack(self._stack, status, reason, operation=None, stable=operation.previous)
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
            failed = await self._clear(self._listed("Delete", retained=operation.delete_new))
            if self._given_up:
                return
            status = "ROLLBACK_FAILED" if failed else "ROLLBACK_COMPLETE"
            reason = _could_not("delete", failed)
            source = replace(self._stack.source, outputs=[])
            self._stack = self._journal.stack(
                self._stack, status, reason, operation=None, source=source, imports=(), stable=None
            )
            return
        self._stack = replace(self._stack, source=operation.previous)
        self._journal.store.put_stack(self._stack)
        for resource in self._journal.store.resources(self._stack).values():
            before = swap_back(resource)
            if before is not None:
                with self._journal.store.transaction():
                    self._journal.store.put_leftover(self._stack, replace(resource, previous=None))
                    self._journal.store.put_resource(self._stack, before)
        template, env = await self._scene()
        problem = await self._provision(template, env, "update")
        if self._given_up:
            return
        if problem is not None:
            self._stack = self._journal.stack(
                self._stack, "UPDATE_ROLLBACK_FAILED", problem, operation=None, stable=operation.previous
            )
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
        going_back = operation.phase == "rollback-cleanup"
        listed = self._listed("Delete" if going_back else "", retained=going_back and operation.delete_new)
        listed = {key: each for key, each in listed.items() if key not in wanted}
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
        self._stack = self._journal.stack(
            self._stack, status, reason, operation=None, updated=self._journal.now(), stable=None,
            imports=exports.imported(env, template, wanted),
        )  # fmt: skip

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

    def _listed(self, policy: str = "", *, retained: bool = False) -> dict[str, Doomed]:
        """All of the stack's resources, to be deleted.

        Args:
            policy: overrules RetainExceptOnCreate and Snapshot where what was just made is taken back.
            retained: it overrules Retain, too.
        """
        store, stack = self._journal.store, self._stack
        doomed = {}
        for logical, resource in store.resources(stack).items():
            own = resource.deletion_policy
            overruled = own in ("RetainExceptOnCreate", "Snapshot") or (own == "Retain" and retained)
            chosen = policy if policy and overruled else own
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
        """The stack with its outputs. Raises AwsError when an export's name is taken, or one goes that others use."""
        template, env = await self._scene()
        shown = scene.masked(env, lambda logical: self._journal.store.resource(self._stack, logical))
        outputs = scene.outputs(shown, template)
        exports.check_update(self._journal.store, self._stack, outputs)
        return self._journal.store.put_stack(replace(self._stack, source=replace(self._stack.source, outputs=outputs)))

    async def _provision(self, template: Template, env: Environment, verb: str) -> str | None:
        """Brings every wanted resource about; the reason when not all could be.

        Args:
            verb: what the resources that could not be brought about failed to do.
        """
        provision = Provision(self._journal, self._call, self._hands, self._stack)
        self._failed = provision.failed
        await provision.all(template, env)
        return _could_not(verb, provision.failed) or self._halted()


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
    "import": Execution._import,
    "import-rollback": Execution._import_rollback,
    "rollback": Execution._rollback,
    "cleanup": Execution._cleanup,
    "rollback-cleanup": Execution._cleanup,
    "delete": Execution._delete,
}
