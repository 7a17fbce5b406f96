"""Ways out of an update that hangs, and of one whose failure was left as it is."""

from __future__ import annotations

from typing import Any

from netflux.cloudformation import members
from netflux.cloudformation.stacks import Stacks, token_of
from netflux.cloudformation.store import Operation, Stack
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError


class Recovery(Stacks):
    """The operations that take a stack back."""

    @operation("StackName ClientRequestToken")
    async def cancel_update_stack(self, _call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """The update ends where it is and is rolled back; only while it brings resources about."""
        stack = self._live(request["StackName"])
        under_way = stack.operation
        if under_way is None or stack.status != "UPDATE_IN_PROGRESS" or under_way.previous is None:
            raise AwsError("ValidationError", "CancelUpdateStack cannot be called from current stack status")
        token = str(request.get("ClientRequestToken") or under_way.token)
        instead = Operation(
            "update", token, "rollback", previous=under_way.previous, actor=under_way.actor,
            delete_new=under_way.delete_new,
        )  # fmt: skip
        self._instead(stack, instead, "UPDATE_ROLLBACK_IN_PROGRESS")
        return {}

    @operation(
        "StackName RoleARN ResourcesToSkip ClientRequestToken",
        refused={"ForceRollback": "Name the resources that the rollback leaves as they are in ResourcesToSkip."},
    )
    async def continue_update_rollback(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Tries a rollback again that failed; resources to skip are taken for what they should be."""
        stack = self._live(request["StackName"])
        if stack.status != "UPDATE_ROLLBACK_FAILED":
            raise AwsError(
                "ValidationError",
                f"Stack [{stack.name}] is in {stack.status} state and its update rollback can not be continued.",
            )
        skip = tuple(request.get("ResourcesToSkip", ()))
        for logical in skip:
            found = self._store.resource(stack, logical)
            if found is None or found.status != "UPDATE_FAILED":
                state = found.status if found is not None else "not there"
                raise AwsError(
                    "ValidationError",
                    f"ResourcesToSkip: {logical} is {state}; only resources in UPDATE_FAILED can be skipped. Of a "
                    "nested stack, continue the nested stack's own rollback first.",
                )
        self._go_back(call, stack, request, skip)
        return {}

    @operation(
        "StackName RoleARN ClientRequestToken RetainExceptOnCreate DeploymentConfig(Mode DisableRollback)",
        refused=members.ONLY_SLOWLY,
        only=members.ONLY_STANDARD,
    )
    async def rollback_stack(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Takes a stack back whose creation or update failed and was left as it is."""
        stack = self._live(request["StackName"])
        if stack.status not in ("CREATE_FAILED", "UPDATE_FAILED"):
            raise AwsError(
                "ValidationError",
                f"Stack:{stack.id} is in {stack.status} state and can not be rolled back: only one in CREATE_FAILED or "
                "UPDATE_FAILED can.",
            )
        self._go_back(call, stack, request, ())
        return {"StackId": stack.id}

    def _go_back(self, call: Call, stack: Stack, request: dict[str, Any], skip: tuple[str, ...]) -> None:
        created = stack.status == "CREATE_FAILED"
        role = request.get("RoleARN") or stack.shown.get("RoleARN", "")
        back = Operation(
            "create" if created else "update",
            token_of(request),
            "rollback",
            previous=None if created else stack.stable or stack.source,
            skip=skip,
            delete_new=bool(request.get("RetainExceptOnCreate")),
            actor=self._actor(call, role, self._parent(call, stack)),
        )
        status = "ROLLBACK_IN_PROGRESS" if created else "UPDATE_ROLLBACK_IN_PROGRESS"
        self._start(self._journal.stack(stack, status, "User Initiated", operation=back))

    def _instead(self, stack: Stack, operation: Operation, status: str) -> None:
        """What is under way gives place to another operation."""
        if stack.id in self._running:
            self._executions[stack.id].give_up(operation, status)
        else:
            self._start(self._journal.stack(stack, status, "User Initiated", operation=operation))
