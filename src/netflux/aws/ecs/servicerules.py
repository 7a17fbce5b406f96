"""Whether a service can be accepted, and in ECS's words why not."""

from __future__ import annotations

from collections.abc import Sequence

from netflux.aws.ecs.desired import Endpoint, endpoints
from netflux.aws.ecs.offer import offers
from netflux.aws.ecs.page import Part
from netflux.aws.ecs.store import DEFINITION, Json
from netflux.errors import AwsError
from netflux.network import interception

_MOST_TARGET_GROUPS = 5  # API shape Service: loadBalancers, up to five target groups.


def check(accepted: Json) -> None:
    """Raises for properties that ECS refuses."""
    if accepted["schedulingStrategy"] != "REPLICA":
        raise _invalid("The DAEMON scheduling strategy is not supported for the FARGATE launch type.")
    if not 0 <= accepted["desiredCount"] <= 5000:
        raise _invalid("Desired count must be between 0 and 5000.")
    if accepted["healthCheckGracePeriodSeconds"] and not accepted["loadBalancers"]:
        raise _invalid("Health check grace period is only valid for services configured to use load balancers")
    _check_rollout(accepted["deploymentConfiguration"])


def _check_rollout(configuration: Json) -> None:
    alarms = configuration.get("alarms") or {}
    if alarms.get("enable") and not alarms["alarmNames"]:
        raise _invalid("Alarm names can not be empty when deployment alarms are enabled.")
    least, most = configuration["minimumHealthyPercent"], configuration["maximumPercent"]
    if not (0 <= least <= 100 and 100 <= most <= 200 and least < most):
        raise _invalid(
            f"minimumHealthyPercent {least} and maximumPercent {most} would not let tasks be stopped or started: "
            "the minimum is 0 to 100, the maximum 100 to 200, and the minimum must be below the maximum."
        )


async def check_load_balancers(part: Part, accepted: Json, definition: Json) -> None:
    """Raises unless each target group is there, is for IP addresses, and names a container's port."""
    groups = accepted["loadBalancers"]
    if len(groups) > _MOST_TARGET_GROUPS:
        raise _invalid("load balancers can have at most 5 items.")
    for entry in groups:
        if not entry.get("targetGroupArn"):
            raise _invalid("targetGroupArn of a load balancer can not be blank.")
        _check_port(entry, definition)
        await _check_group(part, entry["targetGroupArn"])


def _check_port(entry: Json, definition: Json) -> None:
    container, port = entry.get("containerName"), entry.get("containerPort")
    bodies = {body["name"]: body for body in definition["containerDefinitions"]}
    if container not in bodies:
        raise _invalid(f"The container {container} does not exist in the task definition.")
    if port not in [mapping.get("containerPort") for mapping in bodies[container].get("portMappings", [])]:
        raise _invalid(f"The container {container} did not have a container port {port} defined.")


async def _check_group(part: Part, arn: str) -> None:
    try:
        answer = await part.apis.call("elbv2", "DescribeTargetGroups", {"TargetGroupArns": [arn]})
    except AwsError as error:
        raise _invalid(
            f"Unable to assume the service linked role or find the target group {arn}: {error.message}"
        ) from error
    if not answer["TargetGroups"][0].get("LoadBalancerArns"):
        raise _invalid(f"The target group with targetGroupArn {arn} does not have an associated load balancer.")
    kind = answer["TargetGroups"][0].get("TargetType")
    if kind != "ip":
        raise _invalid(
            f"The provided target group {arn} has target type {kind}, which is incompatible with the awsvpc network "
            "mode specified in the task definition."
        )


def check_connect(part: Part, arn: str, accepted: Json, namespace: str | None) -> None:
    """Raises unless Service Connect's endpoints name ports, and their names are free in the namespace."""
    connect = accepted.get("serviceConnectConfiguration", {})
    definition = part.store.get(DEFINITION, accepted["taskDefinition"])
    if not connect.get("enabled") or namespace is None or definition is None:
        return
    named = [m.get("name") for body in definition["containerDefinitions"] for m in body.get("portMappings", [])]
    for body in connect.get("services", []):
        _check_connect_service(body, named)
    _check_ingress(connect.get("services", []), definition)
    taken = {name: offer.service for offer in offers(part.store, namespace) for name in _names(offer.endpoint)}
    for endpoint in endpoints(connect, namespace, definition):
        for name in _names(endpoint):
            if taken.get(name, arn) != arn:
                raise _invalid(
                    f"The Service Connect name '{name}' is already in use in namespace '{namespace}' by {taken[name]}."
                )


def _check_connect_service(body: Json, named: Sequence[str | None]) -> None:
    if body["portName"] not in named:
        raise _invalid(f"portName({body['portName']}) does not refer to any named PortMapping in the task definition.")
    if len(body.get("clientAliases", [])) > 1:
        raise _invalid("A Service Connect service can have at most 1 client alias.")


def _check_ingress(services: Sequence[Json], definition: Json) -> None:
    """A proxy's port is nobody else's."""
    taken = {m["containerPort"] for body in definition["containerDefinitions"] for m in body.get("portMappings", [])}
    for body in services:
        port = body.get("ingressPortOverride")
        if port is None:
            continue
        if not 0 < port < 2**16:
            raise _invalid(f"ingressPortOverride({port}) must be between 1 and 65535.")
        if port in {*taken, interception.PORT}:
            raise _invalid(f"ingressPortOverride({port}) is in use by another port of the task.")
        taken.add(port)


def _names(endpoint: Endpoint) -> tuple[str, str]:
    return endpoint.name, f"{endpoint.dns_name}:{endpoint.port}"


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterException", message)
