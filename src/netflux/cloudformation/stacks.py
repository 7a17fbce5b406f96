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
from netflux.cloudformation import lacks, members, nested, render, requests, rules, scene, validate
from netflux.cloudformation.custom import provider, waits
from netflux.cloudformation.custom.provider import Providers
from netflux.cloudformation.custom.waits import Waits
from netflux.cloudformation.examiner import Examiner
from netflux.cloudformation.execute import Execution
from netflux.cloudformation.foresee import foresee
from netflux.cloudformation.hands import Halted
from netflux.cloudformation.journal import Journal
from netflux.cloudformation.lint import Linter, cache_folder
from netflux.cloudformation.notices import Notices
from netflux.cloudformation.reading import Reading
from netflux.cloudformation.store import Operation, Source, Stack, Store
from netflux.controlplane.apis import Apis
from netflux.controlplane.authorization.actors import Actors
from netflux.controlplane.call import Call, Caller
from netflux.controlplane.operation import operation
from netflux.controlplane.records.documents import Documents
from netflux.errors import AwsError

_UPDATABLE = frozenset({
    "CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE", "UPDATE_FAILED",
})  # fmt: skip


_DEPLOYMENT = ("DeploymentConfig.Mode", "DeploymentConfig.DisableRollback")
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
        bases: where this region's S3 is found, for answers of custom resources: first by functions, then by others.
    """

    def __init__(
        self,
        apis: Apis,
        documents: Documents,
        clock: Clock,
        cache: Path | None = None,
        *,
        lint: bool = True,
        bases: tuple[str, str] = ("http://localhost", "http://localhost"),
    ) -> None:
        self._apis = apis
        self.actors: Actors | None = None
        self._store = Store(documents)
        self._notices = Notices(apis, apis.account)
        self._journal = Journal(self._store, clock, self._notices.tell)
        self._clock = clock
        folders = (cache_folder(), cache) if cache else (cache_folder(),)
        self._linter = Linter(*folders) if lint else Linter.none()
        self._examiner = Examiner(apis.account)
        self._checks = requests.Checks(self._examiner, self._linter)
        self._stopping = asyncio.Event()
        self._places = asyncio.Semaphore(_CALLS)
        self.providers = Providers(documents, self._store, clock, bases)
        self.waits = Waits(documents, clock, bases[1])
        self._inner = {provider.SERVICE: self.providers.call, waits.SERVICE: self.waits.call}
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
        f"{members.STACK} {members.NOTHING_MORE} DisableRollback TimeoutInMinutes NotificationARNs OnFailure "
        "ClientRequestToken EnableTerminationProtection RetainExceptOnCreate",
        refused={**members.NO_POLICY, **members.NOT_MORE, **members.KEPT_ON_CREATE},
        only={**members.ONLY, **members.ONLY_KEPT},
    )
    async def create_stack(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Accepts a new stack and starts making it."""
        requests.check_length(call, request)
        name = requests.stack_name(request["StackName"])
        if "OnFailure" in request and "DisableRollback" in request:
            raise AwsError("ValidationError", "You can specify either DisableRollback or OnFailure, but not both.")
        self._free(name)
        parent = nested.parent_of(self._store, call, request)
        actor = self._actor(call, request.get("RoleARN", ""), parent)
        asked = await requests.asked(self._calling(actor).call, self._checks, request, call.region, None)
        self._free(name)
        on_failure = "DO_NOTHING" if request.get("DisableRollback") else request.get("OnFailure", "ROLLBACK")
        stack = self._new(call, name, asked.source, request)
        if parent is not None:
            family = nested.shown(self._store, parent, len(asked.template.resources))
            stack = replace(stack, shown=stack.shown | family)
        token = str(uuid.uuid4()) if parent is not None else _token(request)
        operation = Operation("create", token, "apply", on_failure=on_failure, actor=actor)
        env = await scene.environment(self._apis.call, self._store, stack, asked.template)
        await self._examiner.beside(rules.check, env, asked.template)
        await self._examiner.beside(lacks.check, env, asked.template)
        self._free(name)
        stack = self._journal.stack(stack, "CREATE_IN_PROGRESS", "User Initiated", operation=operation)
        self._start(stack)
        return {"StackId": stack.id}

    def _new(self, call: Call, name: str, source: Source, request: Mapping[str, Any]) -> Stack:
        kept = ("DisableRollback", "TimeoutInMinutes", "NotificationARNs", "RoleARN", "EnableTerminationProtection")
        return Stack(
            id=f"arn:aws:cloudformation:{call.region}:{call.account}:stack/{name}/{uuid.uuid4()}",
            name=name,
            status="",
            created=self._journal.now(),
            source=source,
            capabilities=tuple(request.get("Capabilities", ())),
            shown={key: request[key] for key in kept if key in request},
        )

    def _free(self, name: str) -> None:
        taken = self._store.stack(name)
        if taken is not None:
            raise AwsError("AlreadyExistsException", f"Stack [{name}] already exists")

    @operation(
        f"{members.STACK} {members.NOTHING_MORE} UsePreviousTemplate DisableRollback NotificationARNs "
        "ClientRequestToken RetainExceptOnCreate",
        refused={**members.NO_POLICY, **members.NO_POLICY_DURING, **members.NOT_MORE, **members.KEPT_ON_CREATE},
        only={**members.ONLY, **members.ONLY_KEPT},
    )
    async def update_stack(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Accepts a change and starts making it."""
        requests.check_length(call, request)
        stack = self._live(request["StackName"])
        self._check_updatable(stack)
        role = request.get("RoleARN") or stack.shown.get("RoleARN", "")
        actor = self._actor(call, role, self._parent(call, stack))
        asked = await requests.asked(self._calling(actor).call, self._checks, request, call.region, stack)
        target = replace(stack, source=asked.source)
        changes = await foresee(self._apis.call, self._store, target, asked.template, self._examiner.beside)
        if not changes and stack.status != "UPDATE_FAILED" and asked.source.tags == stack.source.tags:
            raise AwsError("ValidationError", "No updates are to be performed.")
        self._begin_update(self._live(stack.id), asked.source, request, actor)
        return {"StackId": stack.id}

    def _check_updatable(self, stack: Stack) -> None:
        if stack.status not in _UPDATABLE:
            raise AwsError("ValidationError", f"Stack:{stack.id} is in {stack.status} state and can not be updated.")

    def _begin_update(self, stack: Stack, source: Source, request: Mapping[str, Any], actor: tuple[str, ...]) -> None:
        self._check_updatable(stack)
        stays = request.get("DisableRollback") or request.get("OnStackFailure") == "DO_NOTHING"
        on_failure = "DO_NOTHING" if stays else "ROLLBACK"
        operation = Operation(
            "update", _token(request), "apply", previous=stack.source, on_failure=on_failure, actor=actor
        )
        shown = stack.shown | {
            key: request[key] for key in ("NotificationARNs", "RoleARN", "ChangeSetId") if key in request
        }
        stack = self._journal.stack(
            stack, "UPDATE_IN_PROGRESS", "User Initiated", operation=operation, source=source, shown=shown,
            updated=self._journal.now(), capabilities=tuple(request.get("Capabilities", stack.capabilities)),
        )  # fmt: skip
        self._start(stack)

    @operation(
        "StackName RetainResources RoleARN ClientRequestToken DeletionMode DeploymentConfig(Mode DisableRollback)",
        refused={name: members.NOT_MORE[name] for name in _DEPLOYMENT},
        only={name: members.ONLY[name] for name in _DEPLOYMENT},
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
        self._check_unused(stack)
        if stack.operation is not None and stack.status != "CREATE_IN_PROGRESS":
            raise AwsError(
                "ValidationError", f"Stack [{stack.name}] is in {stack.status} state and can not be deleted."
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
            _token(request),
            "delete",
            retain=retain,
            force=request.get("DeletionMode") == "FORCE_DELETE_STACK",
            actor=self._actor(call, role, self._parent(call, stack)),
        )
        if stack.operation is not None and stack.id in self._running:
            self._executions[stack.id].give_up(operation)
            return {}
        stack = self._journal.stack(stack, "DELETE_IN_PROGRESS", "User Initiated", operation=operation)
        self._start(stack)
        return {}

    def _check_unused(self, stack: Stack) -> None:
        own = {output["ExportName"] for output in stack.source.outputs if "ExportName" in output}
        for other in self._store.stacks():
            if other.live and other.id != stack.id:
                for name in own.intersection(other.imports):
                    raise AwsError(
                        "ValidationError", f"Export {name} cannot be deleted as it is in use by {other.name}"
                    )

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
        template = await self._examiner.read(text)
        await self._examiner.beside(validate.check, template, call.region)
        await self._linter.check(text, call.region)
        found = render.template_summary(template)
        kept = ("ParameterKey", "DefaultValue", "NoEcho", "Description")
        parameters = [{key: each[key] for key in kept if key in each} for each in found["Parameters"]]
        made = {key: found[key] for key in ("Description", "Capabilities", "CapabilitiesReason") if key in found}
        return made | {"Parameters": parameters}


def _token(request: Mapping[str, Any]) -> str:
    return str(request.get("ClientRequestToken") or uuid.uuid4())
