"""Services' records tell EventBridge what happened to them, and nothing else does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from netflux.aws.events import observed
from netflux.controlplane.records.table import Change
from netflux.resources import ecr, rds
from tests.aws.events.world import World

TASK = "arn:aws:ecs:us-east-1:123456789012:task/c/1"


def told(table: str, before: Any, after: Any) -> list[tuple[str, Any]]:
    """Kind and detail of what a change tells."""
    found = observed.happenings([Change(table, TASK, before, after)], "123456789012", "us-east-1")
    return [(one.kind, one.detail) for one in found]


def task(status: str, **more: Any) -> dict[str, Any]:
    return {"task": {"taskArn": TASK, "lastStatus": status, "desiredStatus": "RUNNING", "tags": [], **more}}


def test_a_task_is_told_of_when_its_status_changes() -> None:
    ((kind, detail),) = told(observed.TASK, task("PENDING"), task("RUNNING"))
    assert (kind, detail["lastStatus"], detail["taskArn"]) == ("ECS Task State Change", "RUNNING", TASK)
    assert told(observed.TASK, task("RUNNING"), task("RUNNING", version=3)) == []
    assert len(told(observed.TASK, None, task("PROVISIONING"))) == 1


def test_a_deployment_and_a_steady_service_are_told_of_once() -> None:
    deployment = {"id": "d", "rolloutState": "IN_PROGRESS"}
    before = {"clusterArn": "c", "deployments": [deployment], "events": []}
    event = {"id": "e", "message": "(service s) has reached a steady state.", "createdAt": "t"}
    after = {**before, "deployments": [{**deployment, "rolloutState": "COMPLETED"}], "events": [event]}
    found = told(observed.SERVICE, before, after)
    assert [(kind, detail["eventName"]) for kind, detail in found] == [
        ("ECS Deployment State Change", "SERVICE_DEPLOYMENT_COMPLETED"),
        ("ECS Service Action", "SERVICE_STEADY_STATE"),
    ]
    assert told(observed.SERVICE, after, after) == []


def test_stacks_databases_and_images_are_told_of() -> None:
    before, after = {"id": "s", "status": "CREATE_IN_PROGRESS"}, {"id": "s", "status": "CREATE_COMPLETE"}
    ((kind, detail),) = told(observed.STACK, before, after)
    assert (kind, detail["status-details"]["status"]) == ("CloudFormation Stack Status Change", "CREATE_COMPLETE")
    at = datetime(2026, 11, 29, tzinfo=UTC)
    event = rds.Event(1, "db", "arn:db", "DB instance created", "creation", at)
    ((kind, detail),) = told(rds.EVENT.name, None, event)
    assert (kind, detail["EventCategories"], detail["SourceIdentifier"]) == (
        "RDS DB Instance Event",
        ["creation"],
        "db",
    )
    image = ecr.Image("web", "sha256:1", "{}", "m", ("v1",), at, 1)
    ((kind, detail),) = told(ecr.IMAGE.name, None, image)
    assert (kind, detail["action-type"], detail["image-tag"]) == ("ECR Image Action", "PUSH", "v1")
    ((_, detail),) = told(ecr.IMAGE.name, image, None)
    assert detail["action-type"] == "DELETE"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = await World(tmp_path).start()
    yield made
    made.plane.stop()


async def test_a_document_that_changes_reaches_a_rules_queue_when_it_is_on_the_disk(world: World) -> None:
    documents = world.plane.documents
    documents.notice(observed.KINDS, world.events.changed)
    pattern = {"source": ["aws.ecs"], "detail": {"lastStatus": ["STOPPED"]}}
    await world.rule("r", pattern, {"Arn": await world.queue("q")})
    for status in ("RUNNING", "STOPPED"):
        documents.put(observed.TASK, TASK, task(status))
    with documents.rehearsal():
        documents.put(observed.TASK, "other", task("STOPPED"))
    (event,) = await world.bodies("q")
    assert (event["detail-type"], event["resources"]) == ("ECS Task State Change", [TASK])
