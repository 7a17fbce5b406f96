"""ECS: clusters, task definitions, services."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from netflux.cloudformation.types.table import (
    Caller,
    Facts,
    Failed,
    Find,
    Properties,
    Read,
    Row,
    Step,
    Tagging,
    Verdict,
    Waiting,
    status,
)


def _tagging(arn: str) -> Tagging:
    return Tagging("TagResource", "UntagResource", {"resourceArn": arn}, "tags", "tagKeys")


_CLUSTER = Row(
    type="AWS::ECS::Cluster",
    service="ecs",
    create=Step("CreateCluster", renames={"ClusterSettings": "settings"}),
    id="$new.ClusterName",
    read=Read("DescribeClusters", {"clusters": ["$id"]}, "$response.clusters.0"),
    attributes={"Arn": "$item.clusterArn"},
    update=(
        Step(
            "UpdateCluster",
            ("ClusterSettings", "Configuration", "ServiceConnectDefaults"),
            renames={"ClusterSettings": "settings"},
            params={"cluster": "$id"},
        ),
        Step(
            "PutClusterCapacityProviders",
            ("CapacityProviders", "DefaultCapacityProviderStrategy"),
            always=("CapacityProviders", "DefaultCapacityProviderStrategy"),
            params={"cluster": "$id"},
            defaults={"CapacityProviders": [], "DefaultCapacityProviderStrategy": []},
        ),
    ),
    delete=(Step("DeleteCluster", params={"cluster": "$id"}),),
    gone=("ClusterNotFoundException",),
    stable=status("status", ("ACTIVE",), ("FAILED", "INACTIVE")),
    over=lambda item: item["status"] == "INACTIVE",
    named="ClusterName",
    name_length=255,
    tags=_tagging("$attributes.Arn"),
)


def _definition(properties: Properties) -> Properties:
    """The registry nests the proxy's pairs one name deeper than the API."""
    proxy = properties.get("ProxyConfiguration")
    if isinstance(proxy, dict) and "ProxyConfigurationProperties" in proxy:
        renamed = {
            ("Properties" if key == "ProxyConfigurationProperties" else key): each for key, each in proxy.items()
        }
        return properties | {"ProxyConfiguration": renamed}
    return properties


async def _by_tags(call: Caller, facts: Facts, known: Collection[str]) -> str | None:
    """A revision is told by the tags that CloudFormation puts on it."""
    family = {"familyPrefix": facts.new["Family"], "status": "ACTIVE", "sort": "DESC"}
    for arn in (await call("ecs", "ListTaskDefinitions", family))["taskDefinitionArns"]:
        if arn in known:
            continue
        found = await call("ecs", "DescribeTaskDefinition", {"taskDefinition": arn, "include": ["TAGS"]})
        tags = {tag["key"]: tag["value"] for tag in found.get("tags", [])}
        own = (tags.get("aws:cloudformation:stack-id"), tags.get("aws:cloudformation:logical-id"))
        if own == (facts.stack, facts.logical):
            return str(arn)
    return None


_ON_FARGATE = (
    "Tasks run as on Fargate here, and there are no EC2 instances for them: use LaunchType FARGATE, or a strategy of "
    "FARGATE and FARGATE_SPOT, and NetworkMode awsvpc."
)


def _of_instances(properties: Properties) -> Iterator[str]:
    """Task definitions that only container instances can run."""
    compatible, mode = properties.get("RequiresCompatibilities", []), properties.get("NetworkMode", "bridge")
    if isinstance(compatible, list) and "FARGATE" not in compatible and mode in ("bridge", "host", "none", "default"):
        yield f"NetworkMode {mode} is of EC2 container instances. {_ON_FARGATE}"


def _on_instances(properties: Properties) -> Iterator[str]:
    """Services that only container instances can run, or another service deploys."""
    if properties.get("LaunchType") in ("EC2", "EXTERNAL"):
        yield f"LaunchType {properties['LaunchType']}: {_ON_FARGATE}"
    if properties.get("SchedulingStrategy") == "DAEMON":
        yield f"SchedulingStrategy DAEMON is of EC2 container instances. {_ON_FARGATE}"


_ASSOCIATIONS = Row(
    type="AWS::ECS::ClusterCapacityProviderAssociations",
    service="ecs",
    create=Step("PutClusterCapacityProviders"),
    id="$new.Cluster",
    update=(
        Step(
            "PutClusterCapacityProviders",
            ("CapacityProviders", "DefaultCapacityProviderStrategy"),
            always=("CapacityProviders", "DefaultCapacityProviderStrategy"),
            params={"cluster": "$id"},
        ),
    ),
    delete=(
        Step(
            "PutClusterCapacityProviders",
            params={"cluster": "$id", "capacityProviders": [], "defaultCapacityProviderStrategy": []},
        ),
    ),
    gone=("ClusterNotFoundException",),
)

_TASK_DEFINITION = Row(
    type="AWS::ECS::TaskDefinition",
    service="ecs",
    create=Step("RegisterTaskDefinition"),
    id="$response.taskDefinition.taskDefinitionArn",
    read=Read("DescribeTaskDefinition", {"taskDefinition": "$id"}, "$response.taskDefinition"),
    attributes={"TaskDefinitionArn": "$id"},
    delete=(Step("DeregisterTaskDefinition", params={"taskDefinition": "$id"}),),
    gone=("ClientException",),
    named="Family",
    unique=False,
    seek=_by_tags,
    name_length=255,
    prepare=_definition,
    refuses=_of_instances,
    tags=_tagging("$id"),
)


def _steady(service: Any, wanted: Properties) -> Verdict:
    """ECS's own idea of it: one deployment, complete, with as many running tasks as desired ("services-stable")."""
    deployments = service.get("deployments", [])
    primary: dict[str, Any] = next((each for each in deployments if each.get("status") == "PRIMARY"), {})
    hopeless = _hopeless(service, primary, wanted)
    if hopeless is not None:
        return Failed(hopeless)
    running, desired = service.get("runningCount", 0), service.get("desiredCount", 0)
    if len(deployments) != 1:
        return Waiting(f"{len(deployments)} deployments")
    if running != desired or service.get("pendingCount", 0):
        return Waiting(f"{running} of {desired} tasks running")
    if primary.get("rolloutState", "COMPLETED") != "COMPLETED":
        return Waiting(primary.get("rolloutStateReason") or "the deployment is in progress")
    return None


def _hopeless(service: Any, primary: Any, wanted: Properties) -> str | None:
    """Why the service will never run what is wanted.

    A deployment that failed and was superseded says nothing of the one that took its place, unless that went back.
    """
    if service.get("status") != "ACTIVE":
        return f"the service is {service.get('status')}"
    task = wanted.get("TaskDefinition")
    elsewhere = primary.get("taskDefinition") not in (None, task)
    for deployment in service.get("deployments", []) if elsewhere else [primary]:
        own = deployment is primary or deployment.get("taskDefinition") == task
        if own and deployment.get("rolloutState") == "FAILED":
            return _with_the_cause(deployment.get("rolloutStateReason") or "the deployment failed", service)
    return f"the deployment was rolled back to {primary['taskDefinition']}" if elsewhere else None


_CAUSES = (" was unable to place a task. ", " failed to launch a task with ")


def _with_the_cause(reason: str, service: Any) -> str:
    """The reason, and the service's last event that says why no task came up."""
    told = (event["message"] for event in service.get("events", ()))
    cause = next((text for text in told if any(words in text for words in _CAUSES)), "")
    return f"{reason} {cause}".rstrip()


_SERVICE = Row(
    type="AWS::ECS::Service",
    service="ecs",
    create=Step(
        "CreateService", renames={"PlacementStrategies": "placementStrategy"}, params={"clientToken": "$token"}
    ),
    id="$response.service.serviceArn",
    read=Read(
        "DescribeServices",
        {"cluster": "$new.Cluster", "services": ["$id"]},
        "$response.services.0",
    ),
    attributes={"Name": "$item.serviceName", "ServiceArn": "$id"},
    update=(
        Step(
            "UpdateService",
            (
                "TaskDefinition",
                "DesiredCount",
                "DeploymentConfiguration",
                "NetworkConfiguration",
                "PlatformVersion",
                "HealthCheckGracePeriodSeconds",
                "EnableExecuteCommand",
                "EnableECSManagedTags",
                "LoadBalancers",
                "PropagateTags",
                "ServiceRegistries",
                "ServiceConnectConfiguration",
                "VolumeConfigurations",
                "CapacityProviderStrategy",
                "PlacementConstraints",
                "PlacementStrategies",
                "AvailabilityZoneRebalancing",
            ),
            always=("DesiredCount",),
            renames={"PlacementStrategies": "placementStrategy"},
            params={"cluster": "$new.Cluster", "service": "$id"},
            defaults={
                "LoadBalancers": [],
                "ServiceRegistries": [],
                "PlacementConstraints": [],
                "PlacementStrategies": [],
                "HealthCheckGracePeriodSeconds": 0,
                "EnableExecuteCommand": False,
                "ServiceConnectConfiguration": {"Enabled": False},
            },
        ),
    ),
    delete=(Step("DeleteService", params={"cluster": "$new.Cluster", "service": "$id", "force": True}),),
    gone=("ServiceNotFoundException", "ServiceNotActiveException", "ClusterNotFoundException"),
    stable=_steady,
    over=lambda item: item["status"] == "INACTIVE",
    named="ServiceName",
    name_length=255,
    staying=("DesiredCount",),
    find=Find(
        "DescribeServices",
        "$response.services",
        "$item.serviceArn",
        {"cluster": "$new.Cluster", "services": ["$new.ServiceName"]},
        {"status": "ACTIVE"},
    ),
    early=True,
    refuses=_on_instances,
    tags=_tagging("$id"),
    seconds=3600.0,
)

ROWS = (_CLUSTER, _ASSOCIATIONS, _TASK_DEFINITION, _SERVICE)
