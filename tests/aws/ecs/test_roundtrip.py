"""Every member that ECS carries comes back from describe."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from netflux import names
from netflux.aws.ecs.api import EcsApi
from netflux.aws.ecs.store import Store
from netflux.aws.servicediscovery.api import ServiceDiscoveryApi
from netflux.clock import Clock
from netflux.controlplane.apis import Apis
from tests.aws.ecs.balancer import GROUP, Balancer
from tests.controlplane.plane import Plane
from tests.controlplane.roundtrip import Names, Trip, left_out, lost

_TAGS = [{"key": "a", "value": "b"}, {"key": "c", "value": "d"}]
_OTHER_TAGS = [{"key": "team", "value": "web"}]
_INSIGHTS = [{"name": "containerInsights", "value": "enabled"}]
_PROVIDERS: dict[str, Any] = {
    "capacityProviders": ["FARGATE"],
    "defaultCapacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 2, "base": 1}],
}
_EMPTY: dict[str, Any] = {"placementConstraints": [], "placementStrategy": [], "volumeConfigurations": []}
_NETWORK = {
    "awsvpcConfiguration": {"subnets": ["{subnet}"], "securityGroups": ["{group}"], "assignPublicIp": "ENABLED"}
}
_ROLE = f"arn:aws:iam::{names.ACCOUNT}:role/app"
_CLUSTER = {"clusters": ["{cluster}"], "include": ["SETTINGS", "TAGS"]}

_FIRST: dict[str, Any] = {
    "name": "first", "image": "app:1", "essential": False, "cpu": 128, "memory": 256, "memoryReservation": 128,
    "links": [],
    "mountPoints": [{"sourceVolume": "own", "containerPath": "/own", "readOnly": True}], "volumesFrom": [],
    "environmentFiles": [{"value": "arn:aws:s3:::files/a.env", "type": "s3"}],
    "systemControls": [{"namespace": "net.core.somaxconn", "value": "77"}],
    "linuxParameters": {
        "capabilities": {"add": ["SYS_PTRACE"], "drop": ["CHOWN"]}, "initProcessEnabled": True, "devices": [],
        "tmpfs": [{"containerPath": "/memory", "size": 7, "mountOptions": ["noexec"]}],
    },
    "resourceRequirements": [], "dnsServers": [], "dnsSearchDomains": [], "dockerSecurityOptions": [],
    "credentialSpecs": [], "hostname": "", "disableNetworking": False, "interactive": False, "pseudoTerminal": False,
    "privileged": False, "extraHosts": [], "entryPoint": ["sh", "-c"], "command": ["true"], "user": "1000",
    "environment": [{"name": "A", "value": "b"}], "secrets": [{"name": "S", "valueFrom": "{role}"}],
    "workingDirectory": "/srv", "readonlyRootFilesystem": True, "versionConsistency": "disabled",
    "dockerLabels": {"team": "web"}, "ulimits": [{"name": "nofile", "softLimit": 1024, "hardLimit": 2048}],
    "portMappings": [
        {"containerPort": 8080, "hostPort": 8080, "protocol": "tcp", "name": "web", "appProtocol": "http"}
    ],
    "logConfiguration": {
        "logDriver": "awslogs", "secretOptions": [],
        "options": {"awslogs-group": "g", "awslogs-region": names.REGION, "awslogs-stream-prefix": "p"},
    },
    "healthCheck": {"command": ["CMD-SHELL", "true"], "interval": 11, "timeout": 3, "retries": 2, "startPeriod": 7},
    "restartPolicy": {"enabled": True, "ignoredExitCodes": [3], "restartAttemptPeriod": 61},
}  # fmt: skip
_SECOND = {
    "name": "second", "image": "app:2", "startTimeout": 9, "stopTimeout": 13,
    "dependsOn": [{"containerName": "first", "condition": "HEALTHY"}],
    "volumesFrom": [{"sourceContainer": "first", "readOnly": True}],
}  # fmt: skip
DEFINITION: dict[str, Any] = {
    "family": "new", "taskRoleArn": _ROLE, "executionRoleArn": _ROLE, "networkMode": "awsvpc", "cpu": "512",
    "memory": "1024", "requiresCompatibilities": ["FARGATE"], "tags": _TAGS, "containerDefinitions": [_FIRST, _SECOND],
    "volumes": [
        {"name": "own", "host": {}, "configuredAtLaunch": False},
        {"name": "shared", "efsVolumeConfiguration": {
            "fileSystemId": "fs-1", "rootDirectory": "/", "transitEncryption": "ENABLED", "transitEncryptionPort": 2999,
            "authorizationConfig": {"accessPointId": "fsap-1", "iam": "ENABLED"},
        }},
    ],
    "placementConstraints": [], "inferenceAccelerators": [], "enableFaultInjection": False,
    "ephemeralStorage": {"sizeInGiB": 30},
    "runtimePlatform": {"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"},
}  # fmt: skip


def _service(**changes: Any) -> dict[str, Any]:
    """Members of both CreateService and UpdateService."""
    endpoint = {
        "portName": "web", "discoveryName": "movies", "clientAliases": [{"port": 80, "dnsName": "movies.test"}],
        "ingressPortOverride": 9090, "timeout": {"idleTimeoutSeconds": 77, "perRequestTimeoutSeconds": 33},
    }  # fmt: skip
    return {
        "cluster": "{cluster}", "taskDefinition": "{definition}", "availabilityZoneRebalancing": "DISABLED",
        "loadBalancers": [{"targetGroupArn": GROUP, "containerName": "first", "containerPort": 8080}],
        "serviceRegistries": [{"registryArn": "{registry}", "containerName": "first", "containerPort": 8080}],
        "desiredCount": 3, "platformVersion": "1.4.0", "healthCheckGracePeriodSeconds": 91,
        "networkConfiguration": _NETWORK, "deploymentController": {"type": "ECS"}, "enableECSManagedTags": True,
        "propagateTags": "SERVICE", "enableExecuteCommand": False, "vpcLatticeConfigurations": [],
        "gatewayConnectors": [], **_EMPTY,
        "deploymentConfiguration": {
            "deploymentCircuitBreaker": {
                "enable": True, "rollback": True, "resetOnHealthyTask": False,
                "thresholdConfiguration": {"type": "COUNT", "value": 4},
            },
            "maximumPercent": 150, "minimumHealthyPercent": 50, "strategy": "ROLLING", "bakeTimeInMinutes": 0,
            "lifecycleHooks": [], "alarms": {"alarmNames": ["errors"], "rollback": True, "enable": True},
        },
        "serviceConnectConfiguration": {"enabled": True, "namespace": "{namespace}", "services": [endpoint]},
        **changes,
    }  # fmt: skip


_STRATEGY = {"capacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 2, "base": 1}]}
_SHOWN = {"cluster": "clusterArn", "service": "serviceName"}
_DESCRIBED = "DescribeServices", {"cluster": "{cluster}", "services": ["{made}"], "include": ["TAGS"]}
_SETTING = {"name": "defaultLogDriverMode", "value": "blocking"}
_RUN = {
    "capacityProviderStrategy.weight": "the tasks are distributed by it",
    "capacityProviderStrategy.base": "the tasks are distributed by it",
    "count": "the answer has so many tasks",
    "clientToken": "what it does is tried by test_tasks",
    "propagateTags": "the tags are the task's, tried by test_tasks",
    "enableECSManagedTags": "the tags are the task's, tried by test_tasks",
    "networkConfiguration.awsvpcConfiguration.securityGroups": "the interface has them, once the task has one",
    "networkConfiguration.awsvpcConfiguration.assignPublicIp": "the interface has the address, once the task has one",
}


def _named(answer: Any) -> str:
    return str(answer["service"]["serviceArn"])


def _task(answer: Any) -> str:
    return str(answer["tasks"][0]["taskArn"])


_TASK = [("DescribeTasks", {"cluster": "{cluster}", "tasks": ["{made}"], "include": ["TAGS"]})]
_SENT_TASK: dict[str, Any] = {
    "cluster": "{cluster}", "taskDefinition": "{definition}", "networkConfiguration": _NETWORK, **_EMPTY,
    "enableExecuteCommand": False,
}  # fmt: skip
_OVERRIDES = {
    "cpu": "1024", "memory": "2048", "executionRoleArn": _ROLE + "2", "taskRoleArn": _ROLE + "3",
    "ephemeralStorage": {"sizeInGiB": 44}, "inferenceAcceleratorOverrides": [],
    "containerOverrides": [{
        "name": "first", "command": ["b"], "environment": [{"name": "E", "value": "f"}],
        "environmentFiles": [{"value": "arn:aws:s3:::files/b.env", "type": "s3"}], "cpu": 99, "memory": 300,
        "memoryReservation": 200, "resourceRequirements": [],
    }],
}  # fmt: skip

TRIPS = [
    Trip(
        "CreateCluster",
        {
            "clusterName": "new", "tags": _TAGS, "settings": _INSIGHTS, **_PROVIDERS,
            "serviceConnectDefaults": {"namespace": "{namespace}"},
        },
        [("DescribeClusters", {"clusters": ["new"], "include": ["SETTINGS", "TAGS"]})],
    ),
    Trip(
        "UpdateCluster",
        {"cluster": "{cluster}", "settings": _INSIGHTS, "serviceConnectDefaults": {"namespace": "{namespace}"}},
        [("DescribeClusters", _CLUSTER)],
        told=_SHOWN,
    ),
    Trip(
        "UpdateClusterSettings",
        {"cluster": "{cluster}", "settings": _INSIGHTS},
        [("DescribeClusters", _CLUSTER)],
        told=_SHOWN,
    ),
    Trip(
        "PutClusterCapacityProviders",
        {"cluster": "{cluster}", **_PROVIDERS},
        [("DescribeClusters", _CLUSTER)],
        told=_SHOWN,
    ),
    Trip("PutAccountSetting", _SETTING, [("ListAccountSettings", {"name": _SETTING["name"]})]),
    Trip("PutAccountSettingDefault", _SETTING, [("ListAccountSettings", {"value": _SETTING["value"]})]),
    Trip(
        "RegisterTaskDefinition",
        DEFINITION,
        [("DescribeTaskDefinition", {"taskDefinition": "new", "include": ["TAGS"]})],
    ),
    Trip(
        "CreateService",
        {
            "serviceName": "new", "clientToken": "t", "launchType": "FARGATE", "schedulingStrategy": "REPLICA",
            "tags": _TAGS, **_service(),
        },
        [_DESCRIBED],
        _named,
        _SHOWN,
        {"clientToken": "what it does is tried by test_api"},
    ),
    Trip(
        "CreateService",
        {
            "serviceName": "another",
            **_service(
                serviceRegistries=[{"registryArn": "{registry}", "port": 81}],
                serviceConnectConfiguration={"enabled": False}, **_STRATEGY,
            ),
        },
        [_DESCRIBED],
        _named,
        _SHOWN,
    ),
    Trip(
        "UpdateService",
        {"service": "kept", "forceNewDeployment": True, **_service(**_STRATEGY)},
        [_DESCRIBED],
        _named,
        _SHOWN,
        {"forceNewDeployment": "there is another deployment"},
    ),
    Trip(
        "UpdateService",
        {"service": "kept", **_service(serviceRegistries=[{"registryArn": "{registry}", "port": 81}])},
        [_DESCRIBED],
        _named,
        _SHOWN,
    ),
    Trip(
        "RunTask",
        {
            **_SENT_TASK, "launchType": "FARGATE", "count": 2, "group": "mine", "startedBy": "me", "tags": _OTHER_TAGS,
            "overrides": _OVERRIDES, "platformVersion": "1.4.0", "propagateTags": "TASK_DEFINITION",
            "enableECSManagedTags": True, "clientToken": "t",
        },
        _TASK,
        _task,
        {"cluster": "clusterArn", "taskDefinition": "taskDefinitionArn",
         "networkConfiguration.awsvpcConfiguration.subnets": "value"},
        _RUN,
    ),
    Trip(
        "RunTask",
        {**_SENT_TASK, **_STRATEGY},
        _TASK,
        _task,
        {"cluster": "clusterArn", "taskDefinition": "taskDefinitionArn", "capacityProvider": "capacityProviderName",
         "networkConfiguration.awsvpcConfiguration.subnets": "value"},
        _RUN,
    ),
    *(
        Trip(
            "TagResource", {"resourceArn": noun, "tags": _OTHER_TAGS}, [("ListTagsForResource", {"resourceArn": noun})]
        )
        for noun in ("{cluster}", "{definition}", "{service}", "{task}")
    ),
]  # fmt: skip


@pytest.fixture
async def prepared(tmp_path: Path) -> AsyncIterator[tuple[Apis, Names]]:
    plane = Plane(tmp_path)
    apis = await plane.start()
    apis.register(EcsApi(Store(plane.documents, Clock()), apis, lambda _controller, _key: None))
    apis.register(ServiceDiscoveryApi(plane.documents, Clock(), (names.REGION, names.ACCOUNT)))
    apis.register(Balancer())
    yield apis, await _names(apis)
    plane.stop()


async def _names(apis: Apis) -> Names:
    found = {"role": _ROLE}
    vpc = (await apis.call("ec2", "CreateVpc", {"CidrBlock": "10.0.0.0/16"}))["Vpc"]["VpcId"]
    subnet = await apis.call("ec2", "CreateSubnet", {"VpcId": vpc, "CidrBlock": "10.0.1.0/24"})
    found["subnet"] = subnet["Subnet"]["SubnetId"]
    wanted = {"GroupName": "g", "Description": "d", "VpcId": vpc}
    found["group"] = (await apis.call("ec2", "CreateSecurityGroup", wanted))["GroupId"]
    await apis.call("servicediscovery", "CreateHttpNamespace", {"Name": "prod"})
    [namespace] = (await apis.call("servicediscovery", "ListNamespaces", {}))["Namespaces"]
    made = await apis.call("servicediscovery", "CreateService", {"Name": "registry", "NamespaceId": namespace["Id"]})
    found |= {"namespace": namespace["Arn"], "registry": made["Service"]["Arn"]}
    cluster = await apis.call("ecs", "CreateCluster", {"clusterName": "kept", "capacityProviders": ["FARGATE"]})
    found["cluster"] = cluster["cluster"]["clusterArn"]
    container = {"name": "first", "image": "app", "portMappings": [{"containerPort": 8080, "name": "web"}]}
    definition = await apis.call("ecs", "RegisterTaskDefinition", {
        "family": "kept", "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"], "cpu": "256",
        "memory": "512", "containerDefinitions": [container],
    })  # fmt: skip
    found["definition"] = definition["taskDefinition"]["taskDefinitionArn"]
    network = {"awsvpcConfiguration": {"subnets": [found["subnet"]]}}
    asked = {"cluster": "kept", "taskDefinition": "kept", "launchType": "FARGATE", "networkConfiguration": network}
    service = await apis.call("ecs", "CreateService", {**asked, "serviceName": "kept", "desiredCount": 0})
    found["service"] = service["service"]["serviceArn"]
    return {**found, "task": _task(await apis.call("ecs", "RunTask", asked))}


@pytest.mark.parametrize("trip", TRIPS, ids=str)
async def test_what_was_sent_is_told_again(prepared: tuple[Apis, Names], trip: Trip) -> None:
    assert await lost(prepared[0], "ecs", trip, prepared[1]) == []


_FARGATE_HAS_NONE = [
    *(f"RegisterTaskDefinition: containerDefinitions.extraHosts.{name}" for name in ("hostname", "ipAddress")),
    *(
        f"RegisterTaskDefinition: volumes.dockerVolumeConfiguration.{name}"
        for name in ("autoprovision", "driver", "driverOpts", "labels", "scope")
    ),
    "RegisterTaskDefinition: volumes.host.sourcePath",
]
"""ECS's own refusal names the network mode: tests/rules/ecs.py."""


def test_no_member_of_a_changing_operation_is_left_out() -> None:
    assert left_out("ecs", EcsApi, TRIPS) == _FARGATE_HAS_NONE
