"""Interrupts tasks on Fargate Spot, as AWS does when it needs the capacity back; here it is done on request.

Developer guide, "Fargate Spot termination notices": SIGTERM comes at once with what is
left of two minutes, and the task does not wait for its targets to drain.
"""

from __future__ import annotations

from netflux.aws.ecs.arn import name
from netflux.aws.ecs.decide.capacity import SPOT
from netflux.aws.ecs.page import Poke
from netflux.aws.ecs.store import TASK, Json, Store
from netflux.aws.ecs.tasks import ask_to_stop
from netflux.errors import UserError

CODE = "SpotInterruption"
REASON = "Your Spot Task was interrupted."


def interrupt(store: Store, poke: Poke, wanted: str) -> list[str]:
    """Asks for the end of tasks; their ARNs.

    Args:
        store: ECS documents.
        poke: asks for passes.
        wanted: a task's id or ARN, or the name of a service; empty for all that are on Spot.

    Raises:
        UserError: no such task is on Fargate Spot.
    """
    running = [body for _, body in store.all(TASK) if body["task"]["desiredStatus"] == "RUNNING"]
    spot = [body for body in running if body["task"].get("capacityProviderName") == SPOT]
    found = [body["task"]["taskArn"] for body in spot if not wanted or _is(body, wanted)]
    if not found:
        which = f"{wanted!r} is no task that runs" if wanted else "No task runs"
        raise UserError(
            f"{which} on Fargate Spot.",
            "Associate FARGATE_SPOT with the cluster, and give a service a strategy with it; "
            "`aws ecs describe-tasks` shows a task's capacityProviderName.",
        )
    for arn in found:
        store.change(TASK, arn, lambda body: ask_to_stop(body, CODE, REASON))
        poke("ecs-task", arn)
    return found


def _is(body: Json, wanted: str) -> bool:
    arn = body["task"]["taskArn"]
    return wanted in (arn, name(arn)) or (bool(body["service"]) and wanted in (body["service"], name(body["service"])))
