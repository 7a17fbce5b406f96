"""Change sets: a change that is looked at before it is made."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from netflux.cloudformation import members, render, requests
from netflux.cloudformation.foresee import foresee, rendered
from netflux.cloudformation.stacks import Stacks
from netflux.cloudformation.store import Operation, Source, Stack
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError

NO_CHANGES = "The submitted information didn't contain changes. Submit different information to create a change set."


class ChangeSets(Stacks):
    """The operations on change sets."""

    @operation(
        f"{members.STACK} {members.NOTHING_MORE} UsePreviousTemplate NotificationARNs ChangeSetName ClientToken "
        "Description ChangeSetType OnStackFailure ResourcesToImport",
        neutral={
            "IncludeNestedStacks": "The answer says that a nested stack's own changes are not among these.",
            "ImportExistingResources": "What has a wanted name already is told by that name when it can't be made.",
        },
        refused={
            **members.NOT_MORE,
            "ChangeSetType": "Resources that are there are not taken into stacks: use CREATE or UPDATE.",
            "ResourcesToImport": "Resources that are there are not taken into stacks: leave it out.",
            "DeploymentMode": "Nothing drifts from its stack unseen: leave it out.",
        },
        only={**members.ONLY, "ChangeSetType": ("CREATE", "UPDATE"), "ResourcesToImport": ([],)},
    )
    async def create_change_set(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Works out the changes. A new stack is there from now on, in REVIEW_IN_PROGRESS."""
        requests.check_length(call, request)
        kind = request.get("ChangeSetType", "UPDATE")
        if kind == "UPDATE" and request.get("OnStackFailure") == "DELETE":
            raise AwsError("ValidationError", "OnStackFailure DELETE is for change sets of the type CREATE.")
        stack = self._store.stack(request["StackName"])
        existing = stack if stack is not None and stack.status != "REVIEW_IN_PROGRESS" else None
        self._check_kind(kind, stack, request["StackName"])
        role = request.get("RoleARN") or (existing.shown.get("RoleARN", "") if existing is not None else "")
        calling = self._calling(self._actor(call, role))
        asked = await requests.asked(calling.call, self._checks, request, call.region, existing)
        stack = self._store.stack(request["StackName"])
        if stack is None:
            name = requests.stack_name(request["StackName"])
            stack = self._new(call, name, Source("", {}, {}), request)
            stack = self._journal.stack(stack, "REVIEW_IN_PROGRESS", "User Initiated")
        name, token = request["ChangeSetName"], request.get("ClientToken")
        known = self._store.change_sets(stack).get(name)
        if known is not None and token and known["request"].get("ClientToken") == token:
            return {"Id": known["id"], "StackId": stack.id}
        if known is not None:
            raise AwsError("AlreadyExistsException", f"ChangeSet [{name}] already exists")
        target = replace(stack, source=asked.source)
        changes = await foresee(self._apis.call, self._store, target, asked.template, self._examiner.beside)
        failed = not changes and asked.source.tags == stack.source.tags and bool(stack.source.template)
        identifier = f"arn:aws:cloudformation:{call.region}:{call.account}:changeSet/{name}/{uuid.uuid4()}"
        keep = ("Description", "NotificationARNs", "Capabilities", "RoleARN", "OnStackFailure", "ClientToken")
        self._store.put_change_set(stack, name, {
            "id": identifier,
            "created": self._journal.now(),
            "status": "FAILED" if failed else "CREATE_COMPLETE",
            "reason": NO_CHANGES if failed else "",
            "execution": "UNAVAILABLE" if failed else "AVAILABLE",
            "source": asdict(asked.source),
            "changes": [rendered(each) for each in changes],
            "kind": kind,
            "request": {key: request[key] for key in keep if key in request},
        })  # fmt: skip
        return {"Id": identifier, "StackId": stack.id}

    def _check_kind(self, kind: str, stack: Stack | None, name: str) -> None:
        if kind == "CREATE":
            if stack is not None and stack.status != "REVIEW_IN_PROGRESS":
                raise AwsError(
                    "ValidationError",
                    f"Stack [{name}] already exists and cannot be created again with the changeSet type CREATE.",
                )
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
        stack, name, found = self._find(request)
        source = Source(**found["source"])
        whole = render.stack(replace(stack, source=source))
        made = {key: whole[key] for key in ("StackId", "StackName", "Parameters", "Tags")}
        return made | _summary(name, found) | {
            "Changes": found["changes"],
            "Capabilities": found["request"].get("Capabilities", []),
            "NotificationARNs": found["request"].get("NotificationARNs", []),
            "RollbackConfiguration": {},
            "IncludeNestedStacks": False,
        }  # fmt: skip

    @operation("StackName", refused=members.ONE_PAGE)
    async def list_change_sets(self, _call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """A stack's change sets that weren't executed."""
        stack = self._live(request["StackName"])
        return {
            "Summaries": [
                {"StackId": stack.id, "StackName": stack.name} | _summary(name, found)
                for name, found in self._store.change_sets(stack).items()
            ]
        }

    @operation("ChangeSetName StackName")
    async def delete_change_set(self, _call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Forgets a change set; one that isn't there is forgotten already."""
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
        refused=members.KEPT_ON_CREATE,
        only=members.ONLY_KEPT,
    )
    async def execute_change_set(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Starts making the changes."""
        stack, name, found = self._find(request)
        if found["execution"] != "AVAILABLE":
            raise AwsError(
                "InvalidChangeSetStatus",
                f"ChangeSet [{found['id']}] cannot be executed in its current execution status of "
                f"[{found['execution']}]",
            )
        source = Source(**found["source"])
        kept = {"ChangeSetId": found["id"]} | found["request"] | request
        actor = self._actor(call, kept.get("RoleARN") or stack.shown.get("RoleARN", ""))
        if found["kind"] == "CREATE":
            self._begin_create(stack, source, kept, actor)
        else:
            self._begin_update(stack, source, kept, actor)
        for other in self._store.change_sets(stack):
            if other != name:
                self._store.drop_change_set(stack, other)
        self._store.put_change_set(stack, name, found | {"execution": "EXECUTE_COMPLETE"})
        return {}

    def _begin_create(self, stack: Stack, source: Source, request: Mapping[str, Any], actor: tuple[str, ...]) -> None:
        on_failure = "DO_NOTHING" if request.get("DisableRollback") else request.get("OnStackFailure", "ROLLBACK")
        token = str(request.get("ClientRequestToken") or uuid.uuid4())
        kept = ("NotificationARNs", "RoleARN", "ChangeSetId", "DisableRollback")
        shown = {key: request[key] for key in kept if key in request}
        operation = Operation("create", token, "apply", on_failure=on_failure, actor=actor)
        stack = self._journal.stack(
            replace(stack, source=source, shown=stack.shown | shown),
            "CREATE_IN_PROGRESS", "User Initiated", operation=operation,
            capabilities=tuple(request.get("Capabilities", ())),
        )  # fmt: skip
        self._start(stack)


def _summary(name: str, found: Mapping[str, Any]) -> dict[str, Any]:
    made = {
        "ChangeSetId": found["id"],
        "ChangeSetName": name,
        "CreationTime": render.moment(found["created"]),
        "Status": found["status"],
        "ExecutionStatus": found["execution"],
    }
    if found["reason"]:
        made["StatusReason"] = found["reason"]
    return made | {key: found["request"][key] for key in ("Description", "OnStackFailure") if key in found["request"]}
