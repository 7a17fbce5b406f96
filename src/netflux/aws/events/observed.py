"""What services' records tell EventBridge: tasks, deployments, databases, images, stacks, as they change. Pure.

A change is told when it is on the disk, so nothing is told that did not happen. "Amazon ECS events", ECS Developer
Guide; "Working with Amazon RDS event notification"; "Amazon ECR events and EventBridge"; "Managing events with
CloudFormation and Amazon EventBridge".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from netflux.aws.happening import Happening
from netflux.controlplane.records.table import Change
from netflux.resources import ecr, rds

TASK, SERVICE, STACK = "ecs.task", "ecs.service", "cloudformation/stack"
KINDS = (TASK, SERVICE, STACK)
"""Kinds of documents that are told of."""
_ROLLOUTS = {
    "IN_PROGRESS": ("INFO", "SERVICE_DEPLOYMENT_IN_PROGRESS"),
    "COMPLETED": ("INFO", "SERVICE_DEPLOYMENT_COMPLETED"),
    "FAILED": ("ERROR", "SERVICE_DEPLOYMENT_FAILED"),
}
_ACTIONS = (
    ("has reached a steady state", "INFO", "SERVICE_STEADY_STATE"),
    ("is unable to consistently start tasks", "WARN", "SERVICE_TASK_START_IMPAIRED"),
    ("was unable to place a task", "ERROR", "SERVICE_TASK_PLACEMENT_FAILURE"),
)
_OF_TASK = ("lastStatus", "desiredStatus", "containers", "healthStatus")


def happenings(changes: Iterable[Change], account: str, region: str) -> Iterator[Happening]:
    """What these changes are to EventBridge."""
    for change in changes:
        if change.after is not None and change.table in _READ:
            yield from _READ[change.table](change)
        elif change.table == ecr.IMAGE.name:
            yield from _image(change, f"arn:aws:ecr:{region}:{account}:repository/")


def _task(change: Change) -> Iterator[Happening]:
    before, after = (change.before or {}).get("task") or {}, change.after["task"]
    if all(before.get(name) == after.get(name) for name in _OF_TASK):
        return
    detail = {name: value for name, value in after.items() if name != "tags" and value is not None}
    yield Happening("aws.ecs", "ECS Task State Change", detail, (change.key,))


def _service(change: Change) -> Iterator[Happening]:
    before, after = change.before or {}, change.after
    known = {one["id"]: one.get("rolloutState") for one in before.get("deployments") or ()}
    for one in after.get("deployments") or ():
        state = one.get("rolloutState")
        if state in _ROLLOUTS and known.get(one["id"]) != state:
            kind, name = _ROLLOUTS[state]
            detail = {
                "eventType": kind,
                "eventName": name,
                "deploymentId": one["id"],
                "updatedAt": one.get("updatedAt"),
                "reason": one.get("rolloutStateReason") or "",
            }
            yield Happening("aws.ecs", "ECS Deployment State Change", detail, (change.key,))
    told = {one["id"] for one in before.get("events") or ()}
    for one in reversed(after.get("events") or []):
        action = next((found for found in _ACTIONS if found[0] in one["message"]), None)
        if action is not None and one["id"] not in told:
            detail = {
                "eventType": action[1],
                "eventName": action[2],
                "clusterArn": after["clusterArn"],
                "createdAt": one["createdAt"],
            }
            yield Happening("aws.ecs", "ECS Service Action", detail, (change.key,))


def _stack(change: Change) -> Iterator[Happening]:
    before, after = change.before or {}, change.after
    if before.get("status") == after["status"]:
        return
    details = {"status": after["status"], "status-reason": after.get("reason") or ""}
    detail = {"stack-id": after["id"], "status-details": details, "client-request-token": ""}
    yield Happening("aws.cloudformation", "CloudFormation Stack Status Change", detail, (after["id"],))


def _database(change: Change) -> Iterator[Happening]:
    event: rds.Event = change.after
    detail = {
        "EventCategories": [event.category],
        "SourceType": "DB_INSTANCE",
        "SourceArn": event.arn,
        "Date": event.at.isoformat(),
        "Message": event.message,
        "SourceIdentifier": event.source,
    }
    yield Happening("aws.rds", "RDS DB Instance Event", detail, (event.arn,))


def _image(change: Change, place: str) -> Iterator[Happening]:
    image: ecr.Image = change.after or change.before
    before = change.before.tags if change.before is not None else ()
    added = [tag for tag in image.tags if tag not in before] if change.after is not None else []
    if change.after is not None and change.before is not None and not added:
        return
    for tag in added or [""]:
        detail: Mapping[str, Any] = {
            "result": "SUCCESS",
            "repository-name": image.repository,
            "image-digest": image.digest,
            "action-type": "PUSH" if change.after is not None else "DELETE",
            "manifest-media-type": image.media_type,
            **({"image-tag": tag} if tag else {}),
        }
        yield Happening("aws.ecr", "ECR Image Action", detail, (f"{place}{image.repository}",))


_READ: Mapping[str, Callable[[Change], Iterator[Happening]]] = {
    TASK: _task,
    SERVICE: _service,
    STACK: _stack,
    rds.EVENT.name: _database,
}
