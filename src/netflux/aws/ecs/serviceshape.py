"""The shape of a service: AWS's defaults going in, what is observed coming out."""

from __future__ import annotations

from collections.abc import Sequence

from netflux.aws.ecs.store import Json

PENDING = ("PROVISIONING", "PENDING", "ACTIVATING")
_SHOWN = ("loadBalancers", "serviceRegistries", "desiredCount", "launchType", "capacityProviderStrategy",
          "taskDefinition", "deploymentConfiguration", "placementConstraints", "placementStrategy",
          "networkConfiguration", "healthCheckGracePeriodSeconds", "schedulingStrategy", "deploymentController",
          "enableECSManagedTags", "propagateTags", "enableExecuteCommand", "availabilityZoneRebalancing")  # fmt: skip
_INTERNAL = ("loadBalancers", "namespace", "images", "connect", "registries", "zones", "alarms", "revision")


def filled(request: Json) -> Json:
    """A CreateService request with ECS's defaults."""
    configuration = {
        "maximumPercent": 200, "minimumHealthyPercent": 100, "strategy": "ROLLING", "bakeTimeInMinutes": 0,
        "deploymentCircuitBreaker": {"enable": False, "rollback": False}, **request.get("deploymentConfiguration", {}),
    }  # fmt: skip
    defaults: Json = {
        "loadBalancers": [], "serviceRegistries": [], "desiredCount": 1, "placementConstraints": [],
        "placementStrategy": [], "schedulingStrategy": "REPLICA", "deploymentController": {"type": "ECS"},
        "enableECSManagedTags": False, "propagateTags": "NONE", "enableExecuteCommand": False,
        "availabilityZoneRebalancing": "ENABLED", "healthCheckGracePeriodSeconds": 0,
    }  # fmt: skip
    if "capacityProviderStrategy" not in request:
        defaults["launchType"] = "FARGATE"
    network = request.get("networkConfiguration", {}).get("awsvpcConfiguration")
    accepted = {**defaults, **request, "deploymentConfiguration": configuration}
    if network is not None:
        vpc = {"securityGroups": [], "assignPublicIp": "DISABLED", **network}
        accepted["networkConfiguration"] = {"awsvpcConfiguration": vpc}
    return accepted


def described(document: Json, tasks: Sequence[Json]) -> Json:
    """A service as DescribeServices shows it.

    Args:
        document: of the service.
        tasks: documents of its tasks, which the counts are taken from.
    """
    accepted, primary = document["accepted"], document["deployments"][0]
    return {
        "serviceArn": document["arn"],
        "serviceName": document["name"],
        "clusterArn": document["clusterArn"],
        "status": document["status"],
        **{key: accepted[key] for key in _SHOWN if key in accepted},
        "roleArn": _role(document["arn"]),
        "platformVersion": accepted.get("platformVersion", "LATEST"),
        "platformFamily": primary["platformFamily"],
        **_counts([body["task"] for body in tasks]),
        "deployments": [
            _deployment(deployment, tasks) for deployment in document["deployments"] if document["status"] != "INACTIVE"
        ],
        "events": document["events"],
        "createdAt": document["createdAt"],
        "createdBy": document["createdBy"],
        "tags": document["tags"],
    }


def _deployment(deployment: Json, tasks: Sequence[Json]) -> Json:
    own = [body["task"] for body in tasks if body["deployment"] == deployment["id"]]
    shown = {key: value for key, value in deployment.items() if key not in _INTERNAL}
    if deployment["status"] != "PRIMARY":
        shown["desiredCount"] = sum(task["desiredStatus"] == "RUNNING" for task in own)
    resources = [
        {"discoveryName": one["name"], "discoveryArn": one["arn"]}
        for one in deployment.get("registries", ()) if "name" in one
    ]  # fmt: skip
    return shown | _counts(own) | ({"serviceConnectResources": resources} if resources else {})


def _counts(tasks: Sequence[Json]) -> Json:
    states = [task["lastStatus"] for task in tasks]
    return {"runningCount": states.count("RUNNING"), "pendingCount": sum(states.count(state) for state in PENDING)}


def _role(service: str) -> str:
    account = service.split(":")[4]
    return f"arn:aws:iam::{account}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"
