"""Change sets: a change that is looked at before it is made."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from netflux.cloudformation import importing, members, render, requests, triggers
from netflux.cloudformation.foresee import Plan, foresee, rendered
from netflux.cloudformation.hands import Hands
from netflux.cloudformation.reading import EXECUTED
from netflux.cloudformation.stacks import Stacks, began, token_of
from netflux.cloudformation.store import Operation, Source, Stack
from netflux.cloudformation.template import Template
from netflux.cloudformation.transforms.calls import Untransformed
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError

_KEPT = (
    "Description", "NotificationARNs", "Capabilities", "RoleARN", "OnStackFailure", "ClientToken",
    "RollbackConfiguration", "DeploymentConfig",
)  # fmt: skip
NO_CHANGES = "The submitted information didn't contain changes. Submit different information to create a change set."


@dataclass(frozen=True)
class _Drawn:
    """What a change set holds.

    Attributes:
        imports: physical ids of what it takes in, by logical id.
        reason: why it can't be executed; empty where it can.
    """

    source: Source
    changes: list[dict[str, Any]] = field(default_factory=list)
    imports: dict[str, str] = field(default_factory=dict)
    reason: str = ""


class ChangeSets(Stacks):
    """The operations on change sets."""

    @operation(
        f"{members.STACK} {members.HOW} UsePreviousTemplate NotificationARNs ChangeSetName ClientToken "
        "Description ChangeSetType OnStackFailure "
        "ResourcesToImport(ResourceType LogicalResourceId ResourceIdentifier)",
        neutral={
            "IncludeNestedStacks": "The answer says that a nested stack's own changes are not among these.",
            "ImportExistingResources": "What has a wanted name already is told by that name when it can't be made.",
        },
        refused={
            **members.NOT_MORE,
            "DeploymentMode": "Nothing drifts from its stack unseen: leave it out.",
        },
        only=members.ONLY,
    )
    async def create_change_set(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Works out the changes. A new stack is there from now on, in REVIEW_IN_PROGRESS."""
        requests.check_length(call, request)
        triggers.check(request.get("RollbackConfiguration", {}))
        importing.check(request)
        kind = request.get("ChangeSetType", "UPDATE")
        if kind == "UPDATE" and request.get("OnStackFailure") == "DELETE":
            raise AwsError("ValidationError", "OnStackFailure DELETE is for change sets of the type CREATE.")
        stack = self._store.stack(request["StackName"])
        existing = stack if stack is not None and stack.status != "REVIEW_IN_PROGRESS" else None
        self._check_kind(kind, stack, request)
        role = request.get("RoleARN") or (existing.shown.get("RoleARN", "") if existing is not None else "")
        calling = self._calling(self._actor(call, role))
        asked: requests.Asked | None = None
        reason = ""
        try:
            asked = await requests.asked(calling.call, self._checks, request, call.region, existing)
        except Untransformed as failure:
            reason = failure.message
        stack = self._store.stack(request["StackName"])
        found = stack or self._new(call, requests.stack_name(request["StackName"]), Source("", {}, {}), request)
        name, token = request["ChangeSetName"], request.get("ClientToken")
        known = self._store.change_sets(found).get(name)
        if known is not None and token and known["request"].get("ClientToken") == token:
            return {"Id": known["id"], "StackId": found.id}
        if known is not None:
            raise AwsError("AlreadyExistsException", f"ChangeSet [{name}] already exists")
        if asked is None:
            text = await requests.body(calling.call, request, existing)
            drawn = _Drawn(Source("", {}, {}, original=text), reason=reason)
        else:
            drawn = await self._drawn_up(found, request, asked)
        if stack is None:  # what is refused leaves no stack
            self._free(found.name)
            found = self._journal.stack(found, "REVIEW_IN_PROGRESS", "User Initiated")
        identifier = f"arn:aws:cloudformation:{call.region}:{call.account}:changeSet/{name}/{uuid.uuid4()}"
        self._store.put_change_set(found, name, {
            "id": identifier,
            "name": name,
            "created": self._journal.now(),
            "status": "FAILED" if drawn.reason else "CREATE_COMPLETE",
            "reason": drawn.reason,
            "execution": "UNAVAILABLE" if drawn.reason else "AVAILABLE",
            "source": asdict(drawn.source),
            "changes": drawn.changes,
            "imports": drawn.imports,
            "kind": kind,
            "request": {key: request[key] for key in _KEPT if key in request},
        })  # fmt: skip
        return {"Id": identifier, "StackId": found.id}

    async def _drawn_up(self, stack: Stack, request: Mapping[str, Any], asked: requests.Asked) -> _Drawn:
        """What executing the change set would change. Raises AwsError when it is not possible."""
        plan = await foresee(self._planning(), replace(stack, source=asked.source), asked.template)
        imports = await self._imports(request.get("ResourcesToImport", []), asked.template, plan)
        changes = importing.rendered(plan, imports) if imports else [rendered(each) for each in plan.changes]
        same = plan.empty and asked.source.tags == stack.source.tags and bool(stack.source.template)
        return _Drawn(asked.source, changes, imports, NO_CHANGES if same else "")

    async def _imports(self, asked: list[dict[str, Any]], template: Template, plan: Plan) -> dict[str, str]:
        """The physical ids of resources to import, which are looked up now."""
        if not asked:
            return {}
        hands = Hands(self._asking, self._clock, lambda: None, self._stopping)
        found = await importing.physical(hands, self._store, asked, template)
        importing.check_plan(plan, found)
        return found

    def _check_kind(self, kind: str, stack: Stack | None, request: Mapping[str, Any]) -> None:
        name = request["StackName"]
        if kind == "CREATE":
            if stack is not None and stack.status != "REVIEW_IN_PROGRESS":
                raise AwsError(
                    "ValidationError",
                    f"Stack [{name}] already exists and cannot be created again with the changeSet "
                    f"[{request['ChangeSetName']}].",
                )
            return
        if kind == "IMPORT" and (stack is None or stack.status == "REVIEW_IN_PROGRESS"):
            return
        if stack is None:
            raise AwsError("ValidationError", f"Stack [{name}] does not exist")
        self._check_updatable(stack)

    @operation(
        "ChangeSetName StackName",
        neutral={"IncludePropertyValues": "Changes are told by the properties' names; the template has the values."},
        refused=members.ONE_PAGE,
    )
    async def describe_change_set(self, _call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """The change set with its changes."""
        stack, _, found = self._find(request)
        source = Source(**found["source"])
        whole = render.stack(replace(stack, source=source))
        made = {key: whole[key] for key in ("StackId", "StackName", "Parameters", "Tags")}
        return made | _summary(found) | {
            "Changes": found["changes"],
            "Capabilities": found["request"].get("Capabilities", []),
            "NotificationARNs": found["request"].get("NotificationARNs", []),
            "RollbackConfiguration": found["request"].get("RollbackConfiguration", {}),
            "IncludeNestedStacks": False,
        }  # fmt: skip

    @operation("StackName", refused=members.ONE_PAGE)
    async def list_change_sets(self, _call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """A stack's change sets that weren't executed."""
        stack = self._live(request["StackName"])
        return {
            "Summaries": [
                {"StackId": stack.id, "StackName": stack.name} | _summary(found)
                for found in self._store.change_sets(stack).values()
                if found["execution"] not in EXECUTED
            ]
        }

    @operation("ChangeSetName StackName")
    async def delete_change_set(self, _call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Forgets a change set; one that isn't there is forgotten already, but for its stack, which has to be."""
        try:
            stack, name, _ = self._find(request)
        except AwsError as error:
            if error.code == "ChangeSetNotFound":
                return {}
            raise
        self._store.drop_change_set(stack, name)
        return {}

    @operation(
        "ChangeSetName StackName ClientRequestToken DisableRollback RetainExceptOnCreate",
    )
    async def execute_change_set(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Starts making the changes."""
        stack, _, found = self._find(request)
        if found["execution"] != "AVAILABLE":
            status = found["status"] if found["execution"] == "UNAVAILABLE" else found["execution"]
            of = "status" if found["execution"] == "UNAVAILABLE" else "execution status"
            raise AwsError(
                "InvalidChangeSetStatus",
                f"ChangeSet [{found['id']}] cannot be executed in its current {of} of [{status}]",
            )
        source = Source(**found["source"])
        kept = {"ChangeSetId": found["id"]} | found["request"] | request
        actor = self._actor(call, kept.get("RoleARN") or stack.shown.get("RoleARN", ""))
        if found["kind"] == "CREATE":
            self._begin_create(stack, source, kept, actor)
        elif found["kind"] == "IMPORT":
            operation = Operation(
                "import", token_of(kept), "import", previous=stack.source, actor=actor, imports=found["imports"]
            )
            stack = self._journal.stack(
                replace(stack, source=source), "IMPORT_IN_PROGRESS", "User Initiated", operation=operation
            )
            self._start(stack)
        else:
            self._begin_update(stack, source, kept, actor)
        for other in self._store.change_sets(stack):
            self._store.drop_change_set(stack, other)
        self._store.put_change_set(stack, found["id"], found | {"execution": "EXECUTE_COMPLETE"})
        return {}

    def _begin_create(self, stack: Stack, source: Source, request: Mapping[str, Any], actor: tuple[str, ...]) -> None:
        kept = ("NotificationARNs", "RoleARN", "ChangeSetId", "DisableRollback", "RollbackConfiguration")
        shown = {key: request[key] for key in kept if key in request}
        operation = began("create", request, None, actor)
        stack = self._journal.stack(
            replace(stack, source=source, shown=stack.shown | shown),
            "CREATE_IN_PROGRESS", "User Initiated", operation=operation,
            capabilities=tuple(request.get("Capabilities", ())),
        )  # fmt: skip
        self._start(stack)


def _summary(found: Mapping[str, Any]) -> dict[str, Any]:
    made = {
        "ChangeSetId": found["id"],
        "ChangeSetName": found.get("name", found["id"].split("/")[1]),
        "CreationTime": render.moment(found["created"]),
        "Status": found["status"],
        "ExecutionStatus": found["execution"],
    }
    if found["reason"]:
        made["StatusReason"] = found["reason"]
    return made | {key: found["request"][key] for key in ("Description", "OnStackFailure") if key in found["request"]}
