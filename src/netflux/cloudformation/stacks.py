"""The operations that make, change and delete stacks."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from netflux.clock import Clock
from netflux.cloudformation import (
    exports,
    lacks,
    members,
    nested,
    policies,
    render,
    requests,
    rules,
    scene,
    triggers,
    validate,
)
from netflux.cloudformation.custom import provider, waits
from netflux.cloudformation.custom.provider import Providers
from netflux.cloudformation.custom.waits import Waits
from netflux.cloudformation.examiner import Examiner
from netflux.cloudformation.execute import Execution
from netflux.cloudformation.foresee import Planning, foresee
from netflux.cloudformation.hands import Halted
from netflux.cloudformation.journal import Journal
from netflux.cloudformation.lint import Linter, cache_folder
from netflux.cloudformation.notices import Notices
from netflux.cloudformation.reading import Reading
from netflux.cloudformation.store import Operation, Source, Stack, Store
from netflux.cloudformation.transforms import macro
from netflux.cloudformation.transforms.expansion import Transforms
from netflux.cloudformation.transforms.macro import Macros
from netflux.controlplane.apis import Apis
from netflux.controlplane.authorization.actors import Actors
from netflux.controlplane.call import Call, Caller
from netflux.controlplane.operation import Declaration, operation
from netflux.controlplane.records.documents import Documents
from netflux.errors import AwsError

_DELETABLE = frozenset({"CREATE_IN_PROGRESS", "ROLLBACK_IN_PROGRESS"})
"""Statuses of stacks under way whose deletion ends what is under way."""
_UPDATABLE = frozenset({
    "CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE", "UPDATE_FAILED",
    "IMPORT_ROLLBACK_COMPLETE",
})  # fmt: skip


_SERVICE = "cloudformation.amazonaws.com"
_CALLS = 6
"""Calls at a time of all operations together; each is followed by writes to disk, of some milliseconds."""


class Stacks(Reading):
    """The operations that make, change and delete stacks, and those under way.

    Args:
        apis: what resources are made with.
        documents: where stacks are kept.
        clock: for durations and timestamps.
        cache: folder for the linter's verdicts where this user's cache can't be written.
        lint: whether templates go through cfn-lint; tests of the engine itself leave it out.
        base: where this region's S3 is found, by who answers for custom resources.
    """

    def __init__(
        self,
        apis: Apis,
        documents: Documents,
        clock: Clock,
        cache: Path | None = None,
        *,
        lint: bool = True,
        base: str = "http://localhost",
    ) -> None:
        self._apis = apis
        self.actors: Actors | None = None
        self._documents = documents
        self._store = Store(documents)
        self._notices = Notices(apis, apis.account)
        self._journal = Journal(self._store, clock, self._notices.tell)
        self._clock = clock
        folders = (cache_folder(), cache) if cache else (cache_folder(),)
        self._linter = Linter(*folders) if lint else Linter.none()
        self._examiner = Examiner(apis.account)
        self._macros = Macros(documents, (apis.account, apis.region))
        self._checks = requests.Checks(self._examiner, self._linter, Transforms(self._macros, self._examiner.beside))
        self._stopping = asyncio.Event()
        self._places = asyncio.Semaphore(_CALLS)
        self.providers = Providers(documents, self._store, clock, base)
        self.waits = Waits(documents, clock, base)
        self._inner = {
            provider.SERVICE: self.providers.call, waits.SERVICE: self.waits.call, macro.SERVICE: self._macros.call,
        }  # fmt: skip
        self._asking = partial(self._call, apis)
        self._running: dict[str, asyncio.Task[None]] = {}
        self._executions: dict[str, Execution] = {}

    async def resume(self) -> None:
        """Goes on with the operations that a stopped or killed region left; returns when they are under way."""
        for stack in self._store.stacks():
            if stack.operation is not None:
                self._start(stack)

    async def stop(self) -> None:
        """Lets the operations under way end at the next call; they go on in `resume`."""
        self._stopping.set()
        self._examiner.stop()
        await self._linter.stop()
        await self._checks.transforms.stop()
        if self._running:
            await asyncio.gather(*self._running.values(), return_exceptions=True)
        await self._notices.stop()

    async def settled(self, stack_id: str) -> None:
        """Returns when nothing is being done to the stack."""
        task = self._running.get(stack_id)
        if task is not None:
            await asyncio.shield(task)

    def _start(self, stack: Stack) -> None:
        call = partial(self._call, self._calling(stack.operation.actor if stack.operation is not None else ()))
        execution = Execution(self._journal, call, self._clock, stack, self._stopping)
        task = asyncio.create_task(execution.run(), name=f"cloudformation {stack.name}")
        self._running[stack.id], self._executions[stack.id] = task, execution
        task.add_done_callback(lambda _task: self._forget(stack.id))

    def _actor(self, call: Call, role: str, parent: Stack | None = None) -> tuple[str, ...]:
        """For whom an operation's calls are made: those of a nested stack as those of its parent."""
        if parent is not None and parent.operation is not None:
            return parent.operation.actor
        return self.actors.of(call.access_key, role, _SERVICE) if self.actors is not None else ()

    def _parent(self, call: Call, stack: Stack) -> Stack | None:
        """The stack that asks for a nested one's change; None for a client's own."""
        return self._store.stack(str(stack.shown.get("ParentId", ""))) if call.access_key is None else None

    def _calling(self, actor: Sequence[str]) -> Caller:
        return self.actors.calling(actor) if self.actors is not None else self._apis

    async def _call(self, caller: Caller, service: str, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """A call of an operation's: a hundred stacks at once leave room for other clients' calls between theirs."""
        if service == self.service:  # a nested stack is asked for, and makes calls itself
            return await self._apis.call(service, operation, params)
        if service in self._inner:
            return await self._inner[service](partial(self._call, caller), operation, params)
        async with self._places:
            if self._stopping.is_set():
                raise Halted("the region stops")
            return await caller.call(service, operation, params)

    def _forget(self, stack_id: str) -> None:
        self._running.pop(stack_id, None)
        self._executions.pop(stack_id, None)

    @operation(
        f"{members.STACK} {members.HOW} DisableRollback TimeoutInMinutes NotificationARNs OnFailure "
        "ClientRequestToken EnableTerminationProtection RetainExceptOnCreate StackPolicyBody StackPolicyURL",
        refused=members.NOT_MORE,
        only=members.ONLY,
    )
    async def create_stack(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Accepts a new stack and starts making it."""
        requests.check_length(call, request)
        name = requests.stack_name(request["StackName"])
        if "OnFailure" in request and "DisableRollback" in request:
            raise AwsError("ValidationError", "You can specify either DisableRollback or OnFailure, but not both.")
        triggers.check(request.get("RollbackConfiguration", {}))
        self._free(name)
        parent = nested.parent_of(self._store, call, request)
        actor = self._actor(call, request.get("RoleARN", ""), parent)
        asked = await requests.asked(self._calling(actor).call, self._checks, request, call.region, None)
        self._free(name)
        stack = self._new(call, name, asked.source, request | await policies.given(self._apis.call, request))
        if parent is not None:
            family = nested.shown(self._store, parent, len(asked.template.resources))
            stack = replace(stack, shown=stack.shown | family)
        operation = began("create", request, None, actor)
        if parent is not None:
            operation = replace(operation, token=str(uuid.uuid4()))
        env = await scene.environment(self._apis.call, self._store, stack, asked.template)
        await self._examiner.beside(rules.check, env, asked.template)
        await self._examiner.beside(lacks.check, env, asked.template, self._declaration)
        self._free(name)
        stack = self._journal.stack(stack, "CREATE_IN_PROGRESS", "User Initiated", operation=operation)
        self._start(stack)
        return {"StackId": stack.id}

    def _new(self, call: Call, name: str, source: Source, request: Mapping[str, Any]) -> Stack:
        kept = (
            "DisableRollback", "TimeoutInMinutes", "NotificationARNs", "RoleARN", "EnableTerminationProtection",
            "RollbackConfiguration", policies.SHOWN,
        )  # fmt: skip
        return Stack(
            id=f"arn:aws:cloudformation:{call.region}:{call.account}:stack/{name}/{uuid.uuid4()}",
            name=name,
            status="",
            created=self._journal.now(),
            source=source,
            capabilities=tuple(request.get("Capabilities", ())),
            shown={key: request[key] for key in kept if key in request}
            | ({"DisableRollback": True} if _stays(request) else {}),
        )

    def _free(self, name: str) -> None:
        taken = self._store.stack(name)
        if taken is not None:
            raise AwsError("AlreadyExistsException", f"Stack [{name}] already exists")

    @operation(
        f"{members.STACK} {members.HOW} UsePreviousTemplate DisableRollback NotificationARNs "
        "ClientRequestToken RetainExceptOnCreate "
        "StackPolicyBody StackPolicyURL StackPolicyDuringUpdateBody StackPolicyDuringUpdateURL",
        refused=members.NOT_MORE,
        only=members.ONLY,
    )
    async def update_stack(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Accepts a change and starts making it."""
        requests.check_length(call, request)
        triggers.check(request.get("RollbackConfiguration", {}))
        stack = self._live(request["StackName"])
        self._check_updatable(stack)
        role = request.get("RoleARN") or stack.shown.get("RoleARN", "")
        actor = self._actor(call, role, self._parent(call, stack))
        asked = await requests.asked(self._calling(actor).call, self._checks, request, call.region, stack)
        target = replace(stack, source=asked.source)
        plan = await foresee(self._planning(), target, asked.template)
        if plan.empty and stack.status != "UPDATE_FAILED" and asked.source.tags == stack.source.tags:
            raise AwsError("ValidationError", "No updates are to be performed.")
        request |= await policies.given(self._apis.call, request)
        self._begin_update(self._live(stack.id), asked.source, request, actor)
        return {"StackId": stack.id}

    def _planning(self) -> Planning:
        return Planning(self._apis.call, self._store, self._declaration, self._examiner.beside)

    def _declaration(self, service: str, operation: str) -> Declaration | None:
        """What an operation carries; those of our own inner services say nothing."""
        return None if service in self._inner else self._apis.declaration(service, operation)

    def _check_updatable(self, stack: Stack) -> None:
        if stack.status not in _UPDATABLE:
            raise AwsError("ValidationError", f"Stack:{stack.id} is in {stack.status} state and can not be updated.")

    def _begin_update(self, stack: Stack, source: Source, request: Mapping[str, Any], actor: tuple[str, ...]) -> None:
        self._check_updatable(stack)
        operation = began("update", request, stack.stable or stack.source, actor)
        operation = replace(operation, policy=request.get(policies.DURING) or stack.shown.get(policies.SHOWN, ""))
        kept = ("NotificationARNs", "RoleARN", "ChangeSetId", "RollbackConfiguration", policies.SHOWN)
        shown = stack.shown | {key: request[key] for key in kept if key in request}
        stack = self._journal.stack(
            stack, "UPDATE_IN_PROGRESS", "User Initiated", operation=operation, source=source, shown=shown,
            updated=self._journal.now(), capabilities=tuple(request.get("Capabilities", stack.capabilities)),
        )  # fmt: skip
        self._start(stack)

    @operation(
        "StackName RetainResources RoleARN ClientRequestToken DeletionMode DeploymentConfig(Mode DisableRollback)",
        refused=members.ONLY_SLOWLY,
        only=members.ONLY_STANDARD,
    )
    async def delete_stack(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Starts deleting a stack; one that isn't there is deleted already."""
        stack = self._store.stack(request["StackName"])
        if stack is None or not stack.live or stack.status == "DELETE_IN_PROGRESS":
            return {}
        if stack.shown.get("EnableTerminationProtection"):
            raise AwsError(
                "ValidationError", f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled"
            )
        exports.check_deletion(self._store, stack)
        if stack.operation is not None and stack.status not in _DELETABLE:
            raise AwsError(
                "ValidationError",
                f"Stack [{stack.name}] cannot be deleted while in status {stack.status}. "
                + ("Call CancelUpdateStack first." if stack.status == "UPDATE_IN_PROGRESS" else "Wait for its end."),
            )
        retain = tuple(request.get("RetainResources", ()))
        if retain and stack.status != "DELETE_FAILED":
            raise AwsError(
                "ValidationError",
                f"Invalid operation on stack [{stack.id}]. RetainResources needs a stack in DELETE_FAILED.",
            )
        role = request.get("RoleARN") or stack.shown.get("RoleARN", "")
        operation = Operation(
            "delete",
            token_of(request),
            "delete",
            retain=retain,
            force=request.get("DeletionMode") == "FORCE_DELETE_STACK",
            actor=self._actor(call, role, self._parent(call, stack)),
        )
        if stack.operation is not None and stack.id in self._running:
            self._executions[stack.id].give_up(operation, "DELETE_IN_PROGRESS")
            return {}
        stack = self._journal.stack(stack, "DELETE_IN_PROGRESS", "User Initiated", operation=operation)
        self._start(stack)
        return {}

    @operation("StackName EnableTerminationProtection")
    async def update_termination_protection(self, _call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Whether the stack may be deleted."""
        stack = self._live(request["StackName"])
        shown = stack.shown | {"EnableTerminationProtection": request["EnableTerminationProtection"]}
        self._store.put_stack(replace(stack, shown=shown))
        return {"StackId": stack.id}

    @operation(members.TEMPLATE)
    async def validate_template(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """The template's parameters, when there is nothing wrong with it."""
        requests.check_length(call, request)
        text = await requests.body(self._apis.call, request, None)
        outlined = await self._checks.transforms.outlined(text)
        template = outlined[1] if outlined is not None else await self._examiner.read(text)
        if outlined is None:
            await self._examiner.beside(validate.check, template, call.region)
            await self._linter.check(text, call.region)
        found = render.template_summary(template)
        kept = ("ParameterKey", "DefaultValue", "NoEcho", "Description")
        parameters = [{key: each[key] for key in kept if key in each} for each in found["Parameters"]]
        told = ("Description", "Capabilities", "CapabilitiesReason", "DeclaredTransforms")
        made = {key: found[key] for key in told if key in found}
        return made | {"Parameters": parameters}


def token_of(request: Mapping[str, Any]) -> str:
    """The client's token for what it asks for, or one made up."""
    return str(request.get("ClientRequestToken") or uuid.uuid4())


def began(kind: str, request: Mapping[str, Any], previous: Source | None, actor: tuple[str, ...]) -> Operation:
    """The beginning of a creation or an update, as the request wants it done."""
    wanted = request.get("OnFailure") or request.get("OnStackFailure") or "ROLLBACK"
    return Operation(
        kind,
        token_of(request),
        "apply",
        previous=previous,
        on_failure="DO_NOTHING" if _stays(request) else wanted,
        express=request.get("DeploymentConfig", {}).get("Mode") == "EXPRESS",
        delete_new=bool(request.get("RetainExceptOnCreate")),
        actor=actor,
    )


def _stays(request: Mapping[str, Any]) -> bool:
    """Whether what fails is left as it is."""
    return bool(request.get("DisableRollback") or request.get("DeploymentConfig", {}).get("DisableRollback"))
