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
_RUN = f"RunTask, {_API}"
_CLIENT, _PARAMETER, _HERE = "ClientException", "InvalidParameterException", "UnsupportedOperation"


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


def _run(**changes: Any) -> dict[str, Any]:
    network = {"awsvpcConfiguration": {"subnets": ["{subnet}"]}}
    return {
        "cluster": "default", "taskDefinition": "kept", "launchType": "FARGATE", "networkConfiguration": network,
        **changes,
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
    Rule("A container with an extra host is refused on awsvpc.", "RegisterTaskDefinition",
         _task(_container(extraHosts=[{"hostname": "a", "ipAddress": "10.0.0.1"}])), _CLIENT, _CONTAINER,
         "Extra hosts"),
    Rule("Fargate has no privileged containers.", "RegisterTaskDefinition", _task(_container(privileged=True)),
         _CLIENT, _CONTAINER, "privileged"),
    Rule("A soft limit is not above the hard one.", "RegisterTaskDefinition",
         _task(_container(ulimits=[{"name": "nofile", "softLimit": 9, "hardLimit": 8}])), _CLIENT,
         f"Ulimit, {_API}", "soft limit"),
    Rule("Storage is 21 GiB at least.", "RegisterTaskDefinition", _task(ephemeralStorage={"sizeInGiB": 20}), _CLIENT,
         f"EphemeralStorage, {_API}"),
    Rule("Storage is 200 GiB at most.", "RegisterTaskDefinition", _task(ephemeralStorage={"sizeInGiB": 201}), _CLIENT,
         f"EphemeralStorage, {_API}"),
    Rule("Fargate's network mode is awsvpc.", "RegisterTaskDefinition", _task(networkMode="bridge"), _CLIENT,
         _REGISTER, "awsvpc"),
    Rule("A container depends on one of the task.", "RegisterTaskDefinition",
         _task(_container(dependsOn=[{"containerName": "nobody", "condition": "START"}])), _CLIENT,
         f"ContainerDependency, {_API}"),
    Rule("Containers do not wait for each other.", "RegisterTaskDefinition",
         _task(_container(dependsOn=[{"containerName": "side", "condition": "START"}]),
               _container(name="side", dependsOn=[{"containerName": "app", "condition": "START"}])), _CLIENT,
         f"ContainerDependency, {_API}", "circle"),
    Rule("Nobody waits for the end of an essential container.", "RegisterTaskDefinition",
         _task(_container(dependsOn=[{"containerName": "side", "condition": "COMPLETE"}]), _container(name="side")),
         _CLIENT, f"ContainerDependency, {_API}"),
    Rule("A container whose health is waited for has a check.", "RegisterTaskDefinition",
         _task(_container(dependsOn=[{"containerName": "side", "condition": "HEALTHY"}]), _container(name="side")),
         _CLIENT, f"ContainerDependency, {_API}", "healthCheck"),
    Rule("A health check begins with CMD or CMD-SHELL.", "RegisterTaskDefinition",
         _task(_container(healthCheck={"command": ["true"]})), _CLIENT, f"HealthCheck, {_API}"),
    Rule("A health check is every 5 seconds at most.", "RegisterTaskDefinition",
         _task(_container(healthCheck={"command": ["CMD", "true"], "interval": 4})), _CLIENT, f"HealthCheck, {_API}"),
    Rule("A container stops within 120 seconds.", "RegisterTaskDefinition", _task(_container(stopTimeout=121)),
         _CLIENT, _CONTAINER),
    Rule("A restart policy's period is 60 seconds at least.", "RegisterTaskDefinition",
         _task(_container(restartPolicy={"enabled": True, "restartAttemptPeriod": 59})), _CLIENT,
         f"ContainerRestartPolicy, {_API}"),
    Rule("A task has no EBS volumes here.", "RegisterTaskDefinition",
         _task(volumes=[{"name": "v", "configuredAtLaunch": True}]), _HERE, _REGISTER, "configuredAtLaunch"),
    Rule("A volume of Fargate has no place on a host.", "RegisterTaskDefinition",
         _task(volumes=[{"name": "v", "host": {"sourcePath": "/x"}}]), "ClientException", _REGISTER,
         "Fargate compatible task definitions do not support sourcePath"),
    Rule("A mount point's volume is one of the task's.", "RegisterTaskDefinition",
         _task(_container(mountPoints=[{"sourceVolume": "v", "containerPath": "/v"}])), "ClientException", _CONTAINER,
         "Unknown volume 'v'."),
    Rule("Fargate adds SYS_PTRACE alone.", "RegisterTaskDefinition",
         _task(_container(linuxParameters={"capabilities": {"add": ["SYS_ADMIN"]}})), "ClientException", _CONTAINER,
         "SYS_PTRACE"),
    Rule("Fargate has no devices of the host.", "RegisterTaskDefinition",
         _task(_container(linuxParameters={"devices": [{"hostPath": "/dev/kvm"}]})), _HERE, _CONTAINER, "devices"),
    Rule("Fargate has no other shared memory.", "RegisterTaskDefinition",
         _task(_container(linuxParameters={"sharedMemorySize": 128})), _HERE, _CONTAINER, "sharedMemorySize"),
    Rule("An environment file's name ends in .env.", "RegisterTaskDefinition",
         _task(_container(environmentFiles=[{"value": "arn:aws:s3:::b/a.txt", "type": "s3"}])), "ClientException",
         _CONTAINER, ".env"),
    Rule("A container writes to awslogs here.", "RegisterTaskDefinition",
         _task(_container(logConfiguration={"logDriver": "awsfirelens"})), _HERE, _CONTAINER, "Use awslogs"),
    Rule("A port is of TCP here.", "RegisterTaskDefinition",
         _task(_container(portMappings=[_port(53, protocol="udp")])), _HERE, _PORT, "protocol"),
    Rule("A task runs on Linux here.", "RegisterTaskDefinition",
         _task(runtimePlatform={"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}), _HERE, _REGISTER, "LINUX"),
    Rule("A task has no GPU here.", "RegisterTaskDefinition",
         _task(_container(resourceRequirements=[{"type": "GPU", "value": "1"}])), _HERE, _CONTAINER, "GPU"),
    Rule("No command runs in a task here.", "CreateService", _service(enableExecuteCommand=True), _HERE, _CREATE,
         "enableExecuteCommand"),
    Rule("A deployment is rolling here.", "CreateService",
         _service(deploymentConfiguration={"strategy": "BLUE_GREEN"}), _HERE, _CREATE, "Use ROLLING"),
    Rule("Service Connect's proxy writes no log here.", "CreateService",
         _service(serviceConnectConfiguration={"enabled": False, "logConfiguration": {"logDriver": "awslogs"}}), _HERE,
         _CREATE, "logConfiguration"),
    Rule("A service on Fargate has replicas.", "CreateService", _service(schedulingStrategy="DAEMON"), _PARAMETER,
         _CREATE, "DAEMON"),
    Rule("A deployment can stop or start tasks.", "CreateService",
         _service(deploymentConfiguration={"minimumHealthyPercent": 100, "maximumPercent": 100}), _PARAMETER, _CREATE),
    Rule("A count is not below 0.", "CreateService", _service(desiredCount=-1), _PARAMETER, _CREATE),
    Rule("A platform's version is there.", "CreateService", _service(platformVersion="9.9.9"),
         "PlatformUnknownException", _CREATE),
    Rule("A load balancer's container is the task's.", "CreateService",
         _service(loadBalancers=[{"containerName": "nobody", "containerPort": 80, "targetGroupArn": "arn"}]),
         _PARAMETER, _CREATE, "does not exist"),
    Rule("Alarms of a deployment are named.", "CreateService",
         _service(deploymentConfiguration={"alarms": {"alarmNames": [], "enable": True, "rollback": False}}),
         _PARAMETER, _CREATE),
    Rule("RunTask starts 10 tasks at most.", "RunTask", _run(count=11), _PARAMETER, _RUN),
    Rule("A task's tags are a definition's or none.", "RunTask", _run(propagateTags="SERVICE"), _PARAMETER, _RUN),
    Rule("An override is of a container of the task.", "RunTask",
         _run(overrides={"containerOverrides": [{"name": "nobody"}]}), _PARAMETER, _RUN),
    Rule("A token goes with one request of RunTask.", "RunTask", _run(clientToken="token", startedBy="me"),
         "ConflictException", _RUN, "clientToken"),
    Rule("A task that is stopped is there.", "StopTask", {"cluster": "default", "task": "0" * 32}, _PARAMETER,
         f"StopTask, {_API}"),
    Rule("There are no container instances here.", "StartTask",
         {"cluster": "default", "taskDefinition": "kept", "containerInstances": ["i"]}, _HERE, f"StartTask, {_API}"),
    Rule("A cluster's name has letters, digits, hyphens and underscores.", "CreateCluster", {"clusterName": "a b"},
         _PARAMETER, f"CreateCluster, {_API}"),
    Rule("A cluster has the capacity that there is here.", "CreateCluster",
         {"clusterName": "new", "capacityProviders": ["mine"]}, _HERE, f"CreateCluster, {_API}", "FARGATE_SPOT"),
    Rule("A cluster's strategy is of its capacity providers.", "CreateCluster",
         {"clusterName": "new", "capacityProviders": ["FARGATE"],
          "defaultCapacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT"}]},
         "InvalidParameterException", f"CreateCluster, {_API}", "not associated with the cluster"),
    Rule("One capacity provider has a base.", "CreateCluster",
         {"clusterName": "new", "capacityProviders": ["FARGATE", "FARGATE_SPOT"], "defaultCapacityProviderStrategy": [
             {"capacityProvider": name, "base": 1, "weight": 1} for name in ("FARGATE", "FARGATE_SPOT")]},
         "InvalidParameterException", f"CapacityProviderStrategyItem, {_API}", "base"),
    Rule("A page has an entry at least.", "ListClusters", {"maxResults": 0}, "InvalidParameterException",
         f"ListClusters, {_API}"),
    Rule("A page has 100 entries at most.", "ListTaskDefinitions", {"maxResults": 101}, "InvalidParameterException",
         f"ListTaskDefinitions, {_API}"),
    Rule("A cluster's commands are not configured here.", "CreateCluster",
         {"clusterName": "new", "configuration": {"executeCommandConfiguration": {"logging": "DEFAULT"}}}, _HERE,
         f"CreateCluster, {_API}", "configuration"),
    Rule("A cluster with services is not deleted.", "DeleteCluster", {"cluster": "default"},
         "ClusterContainsServicesException", f"DeleteCluster, {_API}"),
    Rule("A setting's name is one of ECS's.", "PutAccountSetting", {"name": "mine", "value": "enabled"}, _PARAMETER,
         f"PutAccountSetting, {_API}"),
    Rule("A setting that nothing would follow is not set here.", "PutAccountSetting",
         {"name": "fargateFIPSMode", "value": "enabled"}, _HERE, f"PutAccountSetting, {_API}", "fargateFIPSMode"),
    Rule("A definition that is deregistered has a revision.", "DeregisterTaskDefinition", {"taskDefinition": "kept"},
         _CLIENT, f"DeregisterTaskDefinition, {_API}", "Revision"),
    Rule("A definition that is described is there.", "DescribeTaskDefinition", {"taskDefinition": "nobody"}, _CLIENT,
         f"DescribeTaskDefinition, {_API}"),
    Rule("A tagged resource is there.", "TagResource",
         {"resourceArn": "arn:aws:ecs:us-east-1:123456789012:cluster/nobody", "tags": []}, _PARAMETER,
         f"TagResource, {_API}"),
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
    await apis.call(SERVICE, "RunTask", {**_run(clientToken="token"), "networkConfiguration": network})
    return names
