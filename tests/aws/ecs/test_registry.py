"""Tasks as instances of Cloud Map services."""

from typing import Any

import pytest

from netflux.errors import AwsError
from tests.aws.ecs.world import World, until

CHECKED = {"FailureThreshold": 1}
A = {"DnsRecords": [{"Type": "A", "TTL": 10}]}
SRV = {"DnsRecords": [{"Type": "SRV", "TTL": 10}]}


async def call(world: World, operation: str, **params: Any) -> dict[str, Any]:
    return await world.apis.call("servicediscovery", operation, params)


async def registry(world: World, **params: Any) -> str:
    """ARN of a Cloud Map service in the private namespace `corp`."""
    if not (await call(world, "ListNamespaces"))["Namespaces"]:
        vpc = (await world.apis.call("ec2", "DescribeSubnets", {"SubnetIds": world.subnets}))["Subnets"][0]["VpcId"]
        await call(world, "CreatePrivateDnsNamespace", Name="corp", Vpc=vpc)
    (namespace,) = (await call(world, "ListNamespaces"))["Namespaces"]
    made = await call(world, "CreateService", **{"Name": "movies", "NamespaceId": namespace["Id"], **params})
    return str(made["Service"]["Arn"])


async def found(world: World, namespace: str = "corp", name: str = "movies", **how: Any) -> list[dict[str, Any]]:
    return list((await call(world, "DiscoverInstances", NamespaceName=namespace, ServiceName=name, **how))["Instances"])


async def test_running_tasks_are_healthy_instances_with_ecs_own_attributes(world: World) -> None:
    arn = await registry(world, DnsConfig=A, HealthCheckCustomConfig=CHECKED)
    await world.define()
    service = await world.serve(serviceRegistries=[{"registryArn": arn}])
    assert service["serviceRegistries"] == [{"registryArn": arn}]
    tasks = await world.running(2)
    instances = await found(world, HealthStatus="HEALTHY")
    assert {one["InstanceId"] for one in instances} == {task["taskArn"].rpartition("/")[2] for task in tasks}
    for task in tasks:
        one = next(each for each in instances if task["taskArn"].endswith(each["InstanceId"]))
        assert one["Attributes"] == {
            "AWS_INSTANCE_IPV4": task["containers"][0]["networkInterfaces"][0]["privateIpv4Address"],
            "AVAILABILITY_ZONE": task["availabilityZone"], "REGION": "us-east-1", "ECS_CLUSTER_NAME": "prod",
            "ECS_SERVICE_NAME": "movies", "ECS_TASK_DEFINITION_FAMILY": "movies", "AWS_INIT_HEALTH_STATUS": "UNHEALTHY",
        }  # fmt: skip
    with pytest.raises(AwsError, match="ResourceInUse"):
        await call(world, "DeleteService", Id=arn)
    await world.update(desiredCount=1)
    await until(lambda: _count(world, 1))
    await world.apis.call("ecs", "DeleteService", {"cluster": "prod", "service": "movies", "force": True})
    await until(lambda: _count(world, 0))
    await call(world, "DeleteService", Id=arn)


async def _count(world: World, wanted: int) -> bool:
    return len(await found(world)) == wanted


async def test_an_instance_is_unhealthy_until_its_containers_check_passes_and_when_it_fails(world: World) -> None:
    arn = await registry(world, DnsConfig=A, HealthCheckCustomConfig=CHECKED)
    flag = world.path / "healthy"
    check = {"command": ["CMD-SHELL", f"test -e {flag}"], "interval": 5, "retries": 1, "timeout": 2, "startPeriod": 300}
    await world.define(container={"healthCheck": check})
    await world.serve(desiredCount=1, serviceRegistries=[{"registryArn": arn}])
    await world.running(1)
    assert await found(world, HealthStatus="HEALTHY") == []
    (one,) = await found(world, HealthStatus="UNHEALTHY")
    flag.touch()
    assert await until(lambda: found(world, HealthStatus="HEALTHY"))
    flag.unlink()

    async def ill() -> bool:
        return one["InstanceId"] in [each["InstanceId"] for each in await found(world, HealthStatus="UNHEALTHY")]

    await until(ill)


async def test_a_service_record_gets_the_port_that_the_registry_names(world: World) -> None:
    arn = await registry(world, DnsConfig=SRV)
    await world.define()
    for entry, text in (
        ({}, "specify a port"),
        ({"port": 1, "containerName": "web", "containerPort": 8080}, "not both"),
        ({"containerName": "absent", "containerPort": 8080}, "container absent does not exist"),
        ({"containerName": "web", "containerPort": 1}, "did not have a container port 1"),
    ):
        with pytest.raises(AwsError, match=text):
            await world.serve(serviceRegistries=[{"registryArn": arn, **entry}])
    with pytest.raises(AwsError, match="at most 1"):
        await world.serve(serviceRegistries=[{"registryArn": arn, "port": 1}] * 2)
    with pytest.raises(AwsError, match="ServiceNotFound"):
        await world.serve(serviceRegistries=[{"registryArn": arn + "x"}])
    entry = {"registryArn": arn, "containerName": "web", "containerPort": 8080}
    await world.serve(desiredCount=1, serviceRegistries=[entry])
    await world.running(1)
    (one,) = await found(world)
    assert one["Attributes"]["AWS_INSTANCE_PORT"] == "8080"
    assert one["HealthStatus"] == "UNKNOWN"


async def test_a_changed_registry_is_a_new_deployment(world: World) -> None:
    first = await registry(world, DnsConfig=A)
    second = await registry(world, Name="films", DnsConfig=A)
    await world.define()
    stop_first = {"minimumHealthyPercent": 0, "maximumPercent": 100}
    entries = [{"registryArn": first}]
    await world.serve(desiredCount=1, serviceRegistries=entries, deploymentConfiguration=stop_first)
    await world.running(1)
    await world.update(serviceRegistries=[{"registryArn": second}])
    await until(lambda: found(world, name="films"))
    assert await found(world) == []
    await world.update(serviceRegistries=[])

    async def gone() -> bool:
        return await found(world, name="films") == []

    await until(gone)


async def test_tasks_that_end_with_the_region_are_instances_no_more(world: World) -> None:
    arn = await registry(world, DnsConfig=A)
    await world.define()
    await world.serve(desiredCount=1, serviceRegistries=[{"registryArn": arn}])
    await world.running(1)
    (before,) = await found(world)
    await world.stop()
    await world.start()

    async def another() -> bool:
        return [one["InstanceId"] for one in await found(world)] not in ([], [before["InstanceId"]])

    await until(another)
    assert len(await found(world)) == 1


async def test_service_connect_keeps_a_cloud_map_service_for_each_endpoint(world: World) -> None:
    await call(world, "CreateHttpNamespace", Name="prod")
    await world.define()
    connect = {"enabled": True, "namespace": "prod", "services": [{"portName": "web-8080", "discoveryName": "web"}]}
    service = await world.serve(desiredCount=1, serviceConnectConfiguration=connect)
    (resource,) = service["deployments"][0]["serviceConnectResources"]
    told = (await call(world, "GetService", Id=resource["discoveryArn"]))["Service"]
    assert (told["Name"], told["Type"], resource["discoveryName"]) == ("web", "HTTP", "web")
    tags = (await call(world, "ListTagsForResource", ResourceARN=told["Arn"]))["Tags"]
    assert tags == [{"Key": "AmazonECSManaged", "Value": "true"}]
    (task,) = await world.running(1)
    (one,) = await found(world, "prod", "web", HealthStatus="HEALTHY")
    assert task["taskArn"].endswith(one["InstanceId"])
    assert one["Attributes"]["AWS_INSTANCE_PORT"] == "8080"
    await world.apis.call("ecs", "DeleteService", {"cluster": "prod", "service": "movies", "force": True})

    async def gone() -> bool:
        return (await call(world, "ListServices"))["Services"] == []

    await until(gone)


async def test_a_discovery_name_that_is_somebody_elses_is_refused(world: World) -> None:
    told = await call(world, "CreateHttpNamespace", Name="prod")
    operation = (await call(world, "GetOperation", OperationId=told["OperationId"]))["Operation"]
    await call(world, "CreateService", Name="web", NamespaceId=operation["Targets"]["NAMESPACE"])
    await world.define()
    connect = {"enabled": True, "namespace": "prod", "services": [{"portName": "web-8080", "discoveryName": "web"}]}
    with pytest.raises(AwsError, match="ECS does not manage"):
        await world.serve(desiredCount=1, serviceConnectConfiguration=connect)
