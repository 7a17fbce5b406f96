"""Tasks as the API shows them, and tasks that run without a service."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import TypeVar

from netflux.aws.ecs.arn import name
from netflux.aws.ecs.decide import capacity, placement
from netflux.aws.ecs.decide import definition as rules
from netflux.aws.ecs.members import FARGATE_ONLY, RUN, RUN_ONLY, RUN_REFUSED
from netflux.aws.ecs.order import Order, submit
from netflux.aws.ecs.page import Part, page, place_of
from netflux.aws.ecs.store import DEFINITION, SERVICE, TASK, Json, wire
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.controlplane.records.table import Schema
from netflux.errors import AwsError, Unsupported
from netflux.resources.ec2.securitygroup import SECURITY_GROUP
from netflux.resources.ec2.subnet import SUBNET

T = TypeVar("T")

_MOST_AT_ONCE = 10  # API reference, RunTask: count, up to 10 tasks a call.


class Tasks(Part):
    """Operations on tasks."""

    @operation(RUN, refused=RUN_REFUSED, only=RUN_ONLY)
    async def run_task(self, call: Call, request: Json) -> Json:
        """Starts tasks that no service replaces."""
        asked = copy.deepcopy(request)
        cluster = self.cluster(call, request)
        definition = self.runnable(call, request["taskDefinition"])
        check_launch(cluster, request)
        count = request.get("count", 1)
        if not 1 <= count <= _MOST_AT_ONCE:
            raise AwsError("InvalidParameterException", f"Count must be between 1 and {_MOST_AT_ONCE}.")
        zones = check_network(self, request.get("networkConfiguration"))
        overrides = _checked(request.get("overrides", {}), definition)
        self.roles.check(definition, overrides, cluster["clusterArn"])
        network = request["networkConfiguration"]["awsvpcConfiguration"]
        if request.get("propagateTags") == "SERVICE":
            raise AwsError("InvalidParameterException", "propagateTags of RunTask is TASK_DEFINITION or NONE.")
        token = request.get("clientToken", "")
        if token and (known := self._asked_before(cluster["clusterArn"], token)):
            return self._started(known, request)
        arns = [
            submit(self.store, Order(
                cluster=cluster["clusterArn"], definition=definition, subnet=subnet,
                security_groups=network.get("securityGroups", []),
                group=request.get("group", f"family:{definition['family']}"), started_by=request.get("startedBy", ""),
                overrides=overrides, tags=_tags(cluster, definition, request),
                public=network.get("assignPublicIp") == "ENABLED", provider=chosen,
                asked={"request": asked} if token else {},
            ))
            for subnet, chosen in zip(
                placement.choose(network["subnets"], (), count, zones),
                capacity.choose(strategy_of(cluster, request), (), count),
                strict=True,
            )
        ]  # fmt: skip
        for arn in arns:
            self.poke("ecs-task", arn)
        return {"tasks": [wire((self.store.get(TASK, arn) or {})["task"]) for arn in arns], "failures": []}

    def _asked_before(self, cluster: str, token: str) -> list[Json]:
        """Tasks that RunTask started with this token ("Ensuring idempotency", Amazon ECS API Reference)."""
        found = [body for _, body in self.store.all(TASK) if body["task"]["clusterArn"] == cluster]
        return [body for body in found if body.get("asked", {}).get("request", {}).get("clientToken") == token]

    def _started(self, known: list[Json], request: Json) -> Json:
        if known[0]["asked"]["request"] != request:
            raise AwsError(
                "ConflictException",
                "RunTask was called with this clientToken and other parameters before. Use another token.",
            )
        return {"tasks": [wire(body["task"]) for body in known], "failures": []}

    @operation("cluster task reason")
    async def stop_task(self, call: Call, request: Json) -> Json:
        """Asks for a task's end; the reason is shown as its stoppedReason."""
        cluster = self.cluster(call, request)
        arn = place_of(call).task(cluster["clusterArn"], request["task"])
        found = self.store.get(TASK, arn)
        if found is None:
            raise AwsError("InvalidParameterException", "The referenced task was not found.")
        reason = request.get("reason") or "Task stopped by user"
        found = self.store.change(TASK, arn, lambda body: ask_to_stop(body, "UserInitiated", reason)) or found
        self.poke("ecs-task", arn)
        return {"task": wire(found["task"])}

    @operation("cluster tasks include")
    async def describe_tasks(self, call: Call, request: Json) -> Json:
        """Tasks; unknown ones are failures. Stopped tasks stay for an hour."""
        cluster = self.cluster(call, request)["clusterArn"]
        tasks, failures = [], []
        for written in request["tasks"]:
            arn = place_of(call).task(cluster, written)
            found = self.store.get(TASK, arn)
            if found is None or found["task"]["clusterArn"] != cluster:
                failures.append({"arn": arn, "reason": "MISSING"})
                continue
            task = found["task"]
            shown = task if "TAGS" in request.get("include", []) else {**task, "tags": []}
            tasks.append(wire(shown))
        return {"tasks": tasks, "failures": failures}

    @operation(
        "cluster family nextToken maxResults startedBy serviceName desiredStatus launchType",
        refused={
            "containerInstance": "There are no container instances, as on Fargate: leave it out.",
            "daemonName": "There are no daemons: leave it out.",
        },
    )
    async def list_tasks(self, call: Call, request: Json) -> Json:
        """ARNs of tasks, by default of those that shall run."""
        cluster = self.cluster(call, request)["clusterArn"]
        wanted = {
            "clusterArn": cluster,
            "desiredStatus": request.get("desiredStatus", "RUNNING"),
            "startedBy": request.get("startedBy"),
            "launchType": request.get("launchType"),
        }
        service = request.get("serviceName")
        if service is not None:
            service = place_of(call).service(cluster, service)
            if self.store.get(SERVICE, service) is None:
                raise AwsError("ServiceNotFoundException", "Service not found.")
        family = request.get("family")
        arns = [
            arn for arn, body in self.store.all(TASK)
            if all(value is None or body["task"].get(key) == value for key, value in wanted.items())
            and service in (None, body["service"])
            and family in (None, name(body["task"]["taskDefinitionArn"]).partition(":")[0])
        ]  # fmt: skip
        return page(arns, request, "taskArns")


def _tags(cluster: Json, definition: Json, request: Json) -> list[Json]:
    """Of a task that RunTask starts: ECS's own where they are asked for, the definition's, and the request's."""
    managed = [{"key": "aws:ecs:clusterName", "value": name(cluster["clusterArn"])}]
    return [
        *(managed if request.get("enableECSManagedTags") else []),
        *(definition["tags"] if request.get("propagateTags") == "TASK_DEFINITION" else []),
        *request.get("tags", []),
    ]


def ask_to_stop(body: Json, code: str, reason: str) -> None:
    """Writes the end of a task into its document; the first who asks gives the reason."""
    task = body["task"]
    if task["desiredStatus"] != "STOPPED":
        task |= {"desiredStatus": "STOPPED", "stopCode": code, "stoppedReason": reason}
        task["version"] += 1


def check_launch(cluster: Json, request: Json) -> None:
    """Raises unless the request lands on Fargate."""
    if request.get("launchType") and request.get("capacityProviderStrategy"):
        raise AwsError(
            "InvalidParameterException",
            "Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.",
        )
    strategy = strategy_of(cluster, request)
    if strategy:
        capacity.check(strategy, cluster["capacityProviders"])
    elif request.get("launchType", "EC2") != "FARGATE":
        raise Unsupported(f"launchType {request.get('launchType', 'EC2')} (ECS's default is EC2)", FARGATE_ONLY)
    if request.get("platformVersion", "LATEST") not in ("LATEST", "1.4.0"):
        raise AwsError("PlatformUnknownException", "The specified platform version doesn't exist.")


def strategy_of(cluster: Json, request: Json) -> Sequence[Json]:
    """The request's, or the cluster's where it says nothing of capacity."""
    if "launchType" in request or "capacityProviderStrategy" in request:
        return request.get("capacityProviderStrategy") or ()
    found: Sequence[Json] = cluster["defaultCapacityProviderStrategy"]
    return found


def check_network(part: Part, network: Json | None) -> dict[str, str]:
    """Availability zones by subnet. Raises unless subnets and security groups are there, and all in one VPC."""
    configuration = (network or {}).get("awsvpcConfiguration")
    if not configuration or not configuration.get("subnets"):
        raise AwsError(
            "InvalidParameterException",
            "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
        )
    subnets, groups = configuration["subnets"], configuration.get("securityGroups") or ()
    found = [_found(part, SUBNET, one, _NO_SUBNET) for one in subnets]
    members = [_found(part, SECURITY_GROUP, one, _NO_GROUP) for one in groups]
    vpcs = dict.fromkeys([one.vpc_id for one in found] + [one.vpc_id for one in members])
    if len(vpcs) > 1:
        raise AwsError(
            "InvalidParameterException",
            f"The subnets and security groups of awsvpcConfiguration have to be in one VPC; these are in "
            f"{' and '.join(vpcs)}.",
        )
    return {one.id: one.zone for one in found}


_NO_SUBNET = ("subnet", "The subnet ID '{id}' does not exist", "InvalidSubnetID.NotFound")
_NO_GROUP = ("security group", "The security group '{id}' does not exist", "InvalidGroup.NotFound")


def _found(part: Part, schema: Schema[T], identity: str, absent: tuple[str, str, str]) -> T:
    found = part.store.documents.table(schema).get(identity)
    if found is None:
        what, says, code = absent
        raise AwsError(
            "InvalidParameterException",
            f"Error retrieving {what} information for [{identity}]: {says.format(id=identity)} (ErrorCode: {code})",
        )
    return found


def _checked(overrides: Json, definition: Json) -> Json:
    names = {body["name"] for body in definition["containerDefinitions"]}
    for override in overrides.get("containerOverrides", []):
        if override.get("name") not in names:
            raise AwsError(
                "InvalidParameterException",
                f"Override for container named {override.get('name')} is not a container in the TaskDefinition.",
            )
    rules.check_storage(overrides.get("ephemeralStorage"))
    if overrides.get("cpu") or overrides.get("memory"):
        rules.check_size(overrides.get("cpu", definition.get("cpu")), overrides.get("memory", definition.get("memory")))
    return overrides


def definition_of(part: Part, task: Json) -> Json:
    """The task definition document of a task."""
    found = part.store.get(DEFINITION, task["taskDefinitionArn"])
    assert found is not None, f"{task['taskArn']} has a task definition that was never registered"
    return found
