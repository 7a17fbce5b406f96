"""What ECS refuses."""

from __future__ import annotations

from typing import Any

from netflux.aws.ecs.api import EcsApi
from netflux.aws.ecs.store import Store
from netflux.clock import Clock
from netflux.controlplane.apis import Apis
from tests.controlplane.plane import Plane
from tests.rules.rule import Rule

SERVICE = "ecs"

_API = "Amazon ECS API Reference"
_REGISTER, _CONTAINER = f"RegisterTaskDefinition, {_API}", f"ContainerDefinition, {_API}"
_PORT, _CREATE, _UPDATE = f"PortMapping, {_API}", f"CreateService, {_API}", f"UpdateService, {_API}"
_SIZES = "Troubleshoot Amazon ECS task definition invalid CPU or memory errors, Amazon ECS Developer Guide"
_CLIENT, _PARAMETER = "ClientException", "InvalidParameterException"


def _container(**changes: Any) -> dict[str, Any]:
    return {"name": "app", "image": "app", **changes}


def _port(port: int, **changes: Any) -> dict[str, Any]:
    return {"containerPort": port, **changes}


def _task(*containers: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "family": "new", "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"], "cpu": "256",
        "memory": "512", "containerDefinitions": [*containers] or [_container()], **changes,
    }  # fmt: skip


def _service(**changes: Any) -> dict[str, Any]:
    network = {"awsvpcConfiguration": {"subnets": ["{subnet}"], "securityGroups": ["{group}"]}}
    return {
        "cluster": "default", "serviceName": "new", "taskDefinition": "kept", "desiredCount": 0,
        "launchType": "FARGATE", "networkConfiguration": network, **changes,
    }  # fmt: skip


RULES = [
    Rule("A container's memory is in the task's.", "RegisterTaskDefinition", _task(_container(memory=1024)), _CLIENT,
         _CONTAINER, "memory"),
    Rule("A container's reserved memory is in the task's.", "RegisterTaskDefinition",
         _task(_container(memoryReservation=1024)), _CLIENT, _CONTAINER),
    Rule("The memory of all containers is in the task's.", "RegisterTaskDefinition",
         _task(_container(memory=300), _container(name="side", memory=300)), _CLIENT, _CONTAINER, "600 MiB"),
    Rule("The CPU units of all containers are in the task's.", "RegisterTaskDefinition",
         _task(_container(cpu=200), _container(name="side", cpu=100)), _CLIENT, _CONTAINER, "300 CPU units"),
    Rule("A container's memory is at least what it reserves.", "RegisterTaskDefinition",
         _task(_container(memory=128, memoryReservation=256)), _CLIENT, _CONTAINER),
    Rule("A port is from 1 to 65535.", "RegisterTaskDefinition", _task(_container(portMappings=[_port(70000)])),
         _CLIENT, _PORT, "70000"),
    Rule("There is no port 0.", "RegisterTaskDefinition", _task(_container(portMappings=[_port(0)])), _CLIENT, _PORT),
    Rule("A port is mapped once.", "RegisterTaskDefinition",
         _task(_container(portMappings=[_port(80), _port(80)])), _CLIENT, _PORT, "more than once"),
    Rule("A port is one container's.", "RegisterTaskDefinition",
         _task(_container(portMappings=[_port(80)]), _container(name="side", portMappings=[_port(80)])), _CLIENT,
         _PORT, "more than once"),
    Rule("A port's name is one port's.", "RegisterTaskDefinition",
         _task(_container(portMappings=[_port(80, name="web"), _port(81, name="web")])), _CLIENT, _PORT),
    Rule("The host's port is the container's.", "RegisterTaskDefinition",
         _task(_container(portMappings=[_port(80, hostPort=8080)])), _CLIENT, _PORT),
    Rule("A Fargate task has a size that there is.", "RegisterTaskDefinition", _task(memory="4096"), _CLIENT, _SIZES,
         "No Fargate configuration"),
    Rule("A Fargate task has CPU units.", "RegisterTaskDefinition", _task(cpu="300"), _CLIENT, _SIZES),
    Rule("A task has containers.", "RegisterTaskDefinition", {**_task(), "containerDefinitions": []}, _CLIENT,
         _REGISTER),
    Rule("A container's name is one container's.", "RegisterTaskDefinition", _task(_container(), _container()),
         _CLIENT, _CONTAINER),
    Rule("A container has an image.", "RegisterTaskDefinition", _task({"name": "app"}), _CLIENT, _CONTAINER),
    Rule("One container is essential.", "RegisterTaskDefinition", _task(_container(essential=False)), _CLIENT,
         _CONTAINER),
    Rule("A family's name has letters, digits, hyphens and underscores.", "RegisterTaskDefinition",
         _task(family="a b"), _CLIENT, _REGISTER),
    Rule("Logs need an execution role.", "RegisterTaskDefinition",
         _task(_container(logConfiguration={
             "logDriver": "awslogs", "options": {"awslogs-group": "g", "awslogs-region": "us-east-1",
                                                 "awslogs-stream-prefix": "p"}})), _CLIENT, _REGISTER,
         "execution role"),
    Rule("A grace period goes with a load balancer.", "CreateService",
         _service(healthCheckGracePeriodSeconds=60), _PARAMETER, _CREATE, "grace period"),
    Rule("A token goes with one request.", "CreateService",
         _service(serviceName="kept", clientToken="token", desiredCount=1), _PARAMETER, _CREATE, "idempotent"),
    Rule("A service's name is one service's.", "CreateService", _service(serviceName="kept"), _PARAMETER, _CREATE,
         "idempotent"),
    Rule("A service's name has letters, digits, hyphens and underscores.", "CreateService",
         _service(serviceName="a b"), _PARAMETER, _CREATE),
    Rule("A service's task definition is there.", "CreateService", _service(taskDefinition="nobody"), _CLIENT,
         _CREATE),
    Rule("A service's cluster is there.", "CreateService", _service(cluster="nobody"), "ClusterNotFoundException",
         _CREATE),
    Rule("A service's subnets are there.", "CreateService",
         _service(networkConfiguration={"awsvpcConfiguration": {"subnets": ["subnet-00000000000000000"]}}),
         _PARAMETER, _CREATE, "subnet"),
    Rule("A service's security groups are in the VPC of its subnets.", "CreateService",
         _service(networkConfiguration={"awsvpcConfiguration": {"subnets": ["{subnet}"],
                                                                "securityGroups": ["{strange}"]}}), _PARAMETER,
         _CREATE, "one VPC"),
    Rule("A service's subnets are in one VPC.", "CreateService",
         _service(networkConfiguration={"awsvpcConfiguration": {"subnets": ["{subnet}", "{other}"]}}), _PARAMETER,
         _CREATE, "one VPC"),
    Rule("A service's tasks have a network.", "CreateService", _service(networkConfiguration={}), _PARAMETER,
         _CREATE),
    Rule("A service's target group is there.", "CreateService",
         _service(loadBalancers=[{"containerName": "app", "containerPort": 80, "targetGroupArn":
                                  "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/x/0123456789abcdef"
                                  }]), _PARAMETER, _CREATE),
    Rule("A grace period goes with a load balancer, later too.", "UpdateService",
         {"cluster": "default", "service": "kept", "healthCheckGracePeriodSeconds": 60}, _PARAMETER, _UPDATE),
    Rule("A service that is updated is there.", "UpdateService", {"cluster": "default", "service": "nobody"},
         "ServiceNotFoundException", _UPDATE),
    Rule("A service that has tasks is scaled to 0 first.", "DeleteService",
         {"cluster": "default", "service": "busy"}, _PARAMETER, f"DeleteService, {_API}"),
]  # fmt: skip


def register(plane: Plane, apis: Apis) -> None:
    apis.register(EcsApi(Store(plane.documents, Clock()), apis, lambda _controller, _key: None))


async def prepare(apis: Apis) -> dict[str, str]:
    names: dict[str, str] = {}
    for number, (subnet, group) in enumerate((("subnet", "group"), ("other", "strange"))):
        vpc = (await apis.call("ec2", "CreateVpc", {"CidrBlock": f"10.{number}.0.0/16"}))["Vpc"]["VpcId"]
        made = await apis.call("ec2", "CreateSubnet", {"VpcId": vpc, "CidrBlock": f"10.{number}.0.0/24"})
        names[subnet] = made["Subnet"]["SubnetId"]
        wanted = {"GroupName": "g", "Description": "d", "VpcId": vpc}
        names[group] = (await apis.call("ec2", "CreateSecurityGroup", wanted))["GroupId"]
    await apis.call(SERVICE, "CreateCluster", {"clusterName": "default"})
    await apis.call(SERVICE, "RegisterTaskDefinition", _task(_container(portMappings=[_port(80)]), family="kept"))
    network = {"awsvpcConfiguration": {"subnets": [names["subnet"]], "securityGroups": [names["group"]]}}
    for name, count in (("kept", 0), ("busy", 1)):
        wanted = _service(serviceName=name, desiredCount=count, networkConfiguration=network, clientToken="token")
        await apis.call(SERVICE, "CreateService", wanted)
    again = _service(serviceName="kept", networkConfiguration=network, clientToken="token")
    assert (await apis.call(SERVICE, "CreateService", again))["service"]["serviceName"] == "kept"
    return names
