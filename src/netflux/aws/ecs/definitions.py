"""Task definitions: revisions that never change once registered."""

from __future__ import annotations

from typing import Any

from netflux.aws.ecs.decide import definition as rules
from netflux.aws.ecs.members import DEFINITION as DEFINITION_MEMBERS
from netflux.aws.ecs.members import DEFINITION_ONLY, DEFINITION_REFUSED
from netflux.aws.ecs.page import Part, page, place_of
from netflux.aws.ecs.store import DEFINITION, FAMILY, Json, wire
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError


class Definitions(Part):
    """Operations on task definitions."""

    @operation(DEFINITION_MEMBERS, refused=DEFINITION_REFUSED, only=DEFINITION_ONLY)
    async def register_task_definition(self, call: Call, request: Json) -> Json:
        """Checks and stores the next revision of a family; everything that was sent comes back."""
        rules.check(request)
        tags = request.pop("tags", [])
        family = request["family"]
        place = place_of(call)
        with self.store.documents.transaction():
            counter = self.store.get(FAMILY, place.definition(family, 0)) or {"latest": 0}
            revision = counter["latest"] + 1
            self.store.put(FAMILY, place.definition(family, 0), {"family": family, "latest": revision})
            arn = place.definition(family, revision)
            document = {**_filled(request), "taskDefinitionArn": arn, "revision": revision, "status": "ACTIVE",
                        "registeredAt": self.store.now(), "registeredBy": f"arn:aws:iam::{call.account}:root",
                        "tags": tags}  # fmt: skip
            self.store.put(DEFINITION, arn, document)
        return _described(document)

    @operation("taskDefinition include")
    async def describe_task_definition(self, call: Call, request: Json) -> Json:
        """One revision."""
        found = self.definition(call, request["taskDefinition"])
        described = _described(found)
        return described if "TAGS" in request.get("include", []) else {"taskDefinition": described["taskDefinition"]}

    @operation("familyPrefix status sort nextToken maxResults")
    async def list_task_definitions(self, _call: Call, request: Json) -> Json:
        """ARNs of revisions, by family and revision."""
        status, prefix = request.get("status", "ACTIVE"), request.get("familyPrefix")
        found = [
            body for _, body in self.store.all(DEFINITION)
            if body["status"] == status and prefix in (None, body["family"])
        ]  # fmt: skip
        found.sort(key=lambda body: (body["family"], body["revision"]), reverse=request.get("sort") == "DESC")
        return page([body["taskDefinitionArn"] for body in found], request, "taskDefinitionArns")

    @operation("familyPrefix status nextToken maxResults")
    async def list_task_definition_families(self, _call: Call, request: Json) -> Json:
        """Names of families, by default with inactive ones."""
        status, prefix = request.get("status", "ALL"), request.get("familyPrefix", "")
        active = {body["family"] for _, body in self.store.all(DEFINITION) if body["status"] == "ACTIVE"}
        families = sorted(body["family"] for _, body in self.store.all(FAMILY))
        chosen = [name for name in families if status == "ALL" or (name in active) == (status == "ACTIVE")]
        return page([name for name in chosen if name.startswith(prefix)], request, "families")

    @operation("taskDefinition")
    async def deregister_task_definition(self, call: Call, request: Json) -> Json:
        """Turns a revision INACTIVE: tasks that run go on, new ones can't use it."""
        if ":" not in request["taskDefinition"].rpartition("/")[2]:
            raise AwsError("ClientException", "Revision is missing.")
        found = self.definition(call, request["taskDefinition"])
        if found["status"] == "ACTIVE":
            found |= {"status": "INACTIVE", "deregisteredAt": self.store.now()}
            self.store.put(DEFINITION, found["taskDefinitionArn"], found)
        return {"taskDefinition": _described(found)["taskDefinition"]}

    @operation("taskDefinitions")
    async def delete_task_definitions(self, call: Call, request: Json) -> Json:
        """Marks inactive revisions for deletion; tasks and services that use them keep them."""
        deleted: list[Any] = []
        failures: list[Any] = []
        for written in request["taskDefinitions"]:
            try:
                found = self.definition(call, written)
            except AwsError:
                failures.append({"arn": written, "reason": "TASK_DEFINITION_NOT_FOUND"})
                continue
            if found["status"] == "ACTIVE":
                reason = "The specified task definition is still in ACTIVE status. Deregister it and try again."
                failures.append({"arn": found["taskDefinitionArn"], "reason": "INVALID_PARAMETER", "detail": reason})
                continue
            found |= {"status": "DELETE_IN_PROGRESS", "deleteRequestedAt": self.store.now()}
            self.store.put(DEFINITION, found["taskDefinitionArn"], found)
            deleted.append(_described(found)["taskDefinition"])
        return {"taskDefinitions": deleted, "failures": failures}


def _filled(request: Json) -> Json:
    filled = {"volumes": [], "placementConstraints": [], **request}
    for name, normal in (("cpu", rules.normal_cpu), ("memory", rules.normal_memory)):
        if name in filled:
            filled[name] = normal(filled[name])
    filled["containerDefinitions"] = [_container(body) for body in request["containerDefinitions"]]
    filled["compatibilities"] = ["EC2", "FARGATE"] if "cpu" in filled and "memory" in filled else ["EC2"]
    return filled


def _container(body: Json) -> Json:
    ports = [
        {"hostPort": mapping["containerPort"], "protocol": "tcp", **mapping} if "containerPort" in mapping else mapping
        for mapping in body.get("portMappings", [])
    ]
    defaults = {
        "cpu": 0,
        "essential": True,
        "environment": [],
        "mountPoints": [],
        "volumesFrom": [],
        "systemControls": [],
    }
    return {**defaults, **body, "portMappings": ports}


def _described(document: Json) -> Json:
    body = {key: value for key, value in document.items() if key != "tags"}
    return {"taskDefinition": wire(body), "tags": document["tags"]}
