"""What the ECS API accepts, returns whole and refuses."""

import pytest

from netflux import names
from netflux.aws.ecs.decide.definition import check_size
from netflux.errors import AwsError
from tests.aws.ecs.balancer import GROUP
from tests.aws.ecs.world import World, until

ROLE = f"arn:aws:iam::{names.ACCOUNT}:role/ecsTaskExecutionRole"


def contains(outer: object, inner: object) -> bool:
    """Everything of `inner` is in `outer`."""
    if isinstance(inner, dict):
        return isinstance(outer, dict) and all(key in outer and contains(outer[key], inner[key]) for key in inner)
    if isinstance(inner, list):
        return isinstance(outer, list) and len(outer) == len(inner) and all(map(contains, outer, inner))
    return outer == inner


DEFINITION = {
    "family": "whole", "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"], "cpu": "512",
    "memory": "1024", "executionRoleArn": ROLE, "taskRoleArn": ROLE,
    "runtimePlatform": {"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"},
    "ephemeralStorage": {"sizeInGiB": 30},
    "containerDefinitions": [
        {"name": "init", "image": "a/b", "essential": False, "command": ["x"]},
        {
            "name": "web", "image": "a/b:1", "cpu": 256, "memory": 512, "memoryReservation": 256, "essential": True,
            "portMappings": [{"name": "web-8080", "containerPort": 8080, "protocol": "tcp", "appProtocol": "http"}],
            "entryPoint": ["sh"], "environment": [{"name": "A", "value": "1"}],
            "secrets": [{"name": "S", "valueFrom": "/p"}],
            "dependsOn": [{"containerName": "init", "condition": "SUCCESS"}],
            "startTimeout": 30, "stopTimeout": 60, "dockerLabels": {"x": "y"},
            "ulimits": [{"name": "nofile", "softLimit": 1024, "hardLimit": 2048}],
            "healthCheck": {"command": ["CMD", "true"], "interval": 10, "timeout": 3, "retries": 2, "startPeriod": 5},
            "logConfiguration": {"logDriver": "awslogs", "options": {
                "awslogs-group": "/x", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "ecs"}},
        },
    ],
}  # fmt: skip


async def refused(world: World, operation: str, request: dict) -> AwsError:
    with pytest.raises(AwsError) as caught:
        await world.apis.call("ecs", operation, request)
    return caught.value


async def test_a_task_definition_comes_back_with_every_field_that_was_sent(world: World) -> None:
    tags = [{"key": "team", "value": "one"}]
    first = await world.apis.call("ecs", "RegisterTaskDefinition", {**DEFINITION, "tags": tags})
    ask = {"taskDefinition": "whole:1", "include": ["TAGS"]}
    found = await world.apis.call("ecs", "DescribeTaskDefinition", ask)
    assert contains(found["taskDefinition"], DEFINITION)
    assert found["tags"] == tags
    assert first["taskDefinition"]["revision"] == 1
    second = await world.apis.call("ecs", "RegisterTaskDefinition", DEFINITION)
    assert second["taskDefinition"]["taskDefinitionArn"].endswith("task-definition/whole:2")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cpu": "500"}, "Invalid 'cpu' setting for task."),
        ({"memory": "9999"}, "No Fargate configuration exists for given values"),
        ({"memory": None}, "'memory' be defined"),
        ({"networkMode": "bridge"}, "Fargate only supports network mode 'awsvpc'"),
        ({"executionRoleArn": None}, "execution role ARN"),
        ({"containerDefinitions": []}, "Container list cannot be empty"),
        ({"volumes": [{"name": "v", "configuredAtLaunch": True}]}, "parameter volumes.configuredAtLaunch"),
    ],
)
async def test_a_wrong_task_definition_is_refused(world: World, change: dict, message: str) -> None:
    request = {key: value for key, value in {**DEFINITION, **change}.items() if value is not None}
    assert message in (await refused(world, "RegisterTaskDefinition", request)).message


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ([{"essential": True}, {}], "with SUCCESS; an essential container allows none"),
        ([{}, {"dependsOn": [{"containerName": "init", "condition": "HEALTHY"}]}], "'init' has no healthCheck"),
        ([{}, {"dependsOn": [{"containerName": "gone", "condition": "START"}]}], "is no other container"),
        ([{"dependsOn": [{"containerName": "web", "condition": "START"}]}, {}], "form a circle"),
        ([{"name": "web"}, {"dependsOn": []}], "more than once"),
        ([{}, {"essential": False}], "at least one essential container"),
        ([{}, {"logConfiguration": {"logDriver": "awslogs", "options": {}}}], "awslogs-group"),
        ([{}, {"logConfiguration": {"logDriver": "splunk"}}], "logDriver ('splunk')"),
        ([{}, {"stopTimeout": 121}], "at most 120"),
        ([{}, {"healthCheck": {"command": ["curl"]}}], "must begin with CMD"),
        ([{}, {"mountPoints": [{"sourceVolume": "v", "containerPath": "/v"}]}], "Unknown volume 'v'."),
        ([{}, {"interactive": True}], "containerDefinitions.interactive (True)"),
        ([{}, {"extraHosts": [{"hostname": "a", "ipAddress": "10.0.0.1"}]}], "Extra hosts are not supported"),
        (
            [{}, {"portMappings": [{"containerPortRange": "80-90"}]}],
            "containerDefinitions.portMappings.containerPortRange",
        ),
    ],
)
async def test_wrong_containers_are_refused(world: World, changes: list[dict], message: str) -> None:
    bodies = [{**body, **change} for body, change in zip(DEFINITION["containerDefinitions"], changes, strict=True)]
    error = await refused(world, "RegisterTaskDefinition", {**DEFINITION, "containerDefinitions": bodies})
    assert message in error.message


@pytest.mark.parametrize(
    ("cpu", "memory"), [("256", "512"), (".25 vCPU", "2 GB"), ("1 vCPU", "8192"), ("16384", "122880")]
)
def test_sizes_of_fargate_are_accepted(cpu: str, memory: str) -> None:
    check_size(cpu, memory)


async def test_task_definitions_are_listed_deregistered_and_deleted(world: World) -> None:
    for _ in range(3):
        await world.apis.call("ecs", "RegisterTaskDefinition", DEFINITION)
    page = await world.apis.call("ecs", "ListTaskDefinitions", {"familyPrefix": "whole", "maxResults": 2})
    assert [arn.rpartition(":")[2] for arn in page["taskDefinitionArns"]] == ["1", "2"]
    rest = await world.apis.call(
        "ecs", "ListTaskDefinitions", {"familyPrefix": "whole", "maxResults": 2, "nextToken": page["nextToken"]}
    )
    assert len(rest["taskDefinitionArns"]) == 1
    gone = await world.apis.call("ecs", "DeregisterTaskDefinition", {"taskDefinition": "whole:3"})
    assert gone["taskDefinition"]["status"] == "INACTIVE"
    latest = await world.apis.call("ecs", "DescribeTaskDefinition", {"taskDefinition": "whole"})
    assert latest["taskDefinition"]["revision"] == 2
    deleted = await world.apis.call("ecs", "DeleteTaskDefinitions", {"taskDefinitions": ["whole:3", "whole:1"]})
    assert [body["status"] for body in deleted["taskDefinitions"]] == ["DELETE_IN_PROGRESS"]
    assert len(deleted["failures"]) == 1
    again = await world.apis.call("ecs", "RegisterTaskDefinition", DEFINITION)
    assert again["taskDefinition"]["revision"] == 4


async def test_a_service_comes_back_with_every_field_that_was_sent(world: World) -> None:
    await world.apis.call("servicediscovery", "CreateHttpNamespace", {"Name": "prod"})
    await world.define()
    sent = {
        "desiredCount": 0, "healthCheckGracePeriodSeconds": 90, "enableExecuteCommand": False,
        "enableECSManagedTags": True, "propagateTags": "SERVICE",
        "deploymentConfiguration": {
            "minimumHealthyPercent": 50, "maximumPercent": 150,
            "deploymentCircuitBreaker": {"enable": True, "rollback": True},
        },
        "loadBalancers": [{"targetGroupArn": GROUP, "containerName": "web", "containerPort": 8080}],
    }  # fmt: skip
    endpoint = {"portName": "web-8080", "discoveryName": "web", "clientAliases": [{"port": 8080, "dnsName": "movies"}]}
    connect = {"enabled": True, "namespace": "prod", "services": [endpoint]}
    await world.serve(**sent, serviceConnectConfiguration=connect, tags=[{"key": "a", "value": "b"}])
    service = await world.service()
    assert contains(service, sent)
    assert contains(service["networkConfiguration"], world.vpc_configuration)
    assert contains(service["deployments"][0]["serviceConnectConfiguration"], connect)
    assert service["launchType"] == "FARGATE"
    tags = await world.apis.call("ecs", "ListTagsForResource", {"resourceArn": service["serviceArn"]})
    assert tags["tags"] == [{"key": "a", "value": "b"}]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"launchType": "EC2"}, "launchType EC2"),
        ({"taskDefinition": "absent"}, "TaskDefinition not found"),
        (
            {"networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-0"]}}},
            "Error retrieving subnet information",
        ),
        (
            {"loadBalancers": [{"targetGroupArn": GROUP, "containerName": "web", "containerPort": 80}]},
            "container port 80",
        ),
        (
            {"loadBalancers": [{"targetGroupArn": GROUP + "0", "containerName": "web", "containerPort": 8080}]},
            "target group",
        ),
        ({"schedulingStrategy": "DAEMON"}, "DAEMON"),
        ({"deploymentController": {"type": "CODE_DEPLOY"}}, "deploymentController.type ('CODE_DEPLOY')"),
        ({"deploymentConfiguration": {"minimumHealthyPercent": 100, "maximumPercent": 100}}, "minimum must be below"),
        ({"serviceRegistries": [{"registryArn": "x"}]}, "Unable to find the service registry x"),
        ({"serviceConnectConfiguration": {"enabled": True, "namespace": "absent"}}, "namespace was not found"),
    ],
)
async def test_a_wrong_service_is_refused(world: World, change: dict, message: str) -> None:
    await world.define()
    with pytest.raises(AwsError) as caught:
        await world.serve(**change)
    assert message in caught.value.message
    answer = await world.apis.call("ecs", "DescribeServices", {"cluster": "prod", "services": ["movies"]})
    assert answer["failures"][0]["reason"] == "MISSING"


async def test_creating_a_service_twice_is_refused_unless_the_token_is_the_same(world: World) -> None:
    await world.define()
    first = await world.serve(desiredCount=0, clientToken="t")
    with pytest.raises(AwsError, match="not idempotent"):
        await world.serve(desiredCount=0)
    assert (await world.serve(desiredCount=0, clientToken="t"))["serviceArn"] == first["serviceArn"]


async def test_a_service_with_tasks_is_deleted_only_by_force(world: World) -> None:
    await world.define()
    await world.serve(desiredCount=1)
    request = {"cluster": "prod", "service": "movies"}
    assert "scaled above 0" in (await refused(world, "DeleteService", request)).message
    assert (await refused(world, "DeleteCluster", {"cluster": "prod"})).code == "ClusterContainsServicesException"


async def test_a_cluster_counts_what_is_in_it_and_goes_when_empty(world: World) -> None:
    await world.define()
    await world.serve(desiredCount=1)
    await world.running(1)

    async def cluster() -> dict:
        return dict((await world.apis.call("ecs", "DescribeClusters", {"clusters": ["prod"]}))["clusters"][0])

    counted = await cluster()
    assert (counted["runningTasksCount"], counted["activeServicesCount"]) == (1, 1)
    await world.apis.call("ecs", "DeleteService", {"cluster": "prod", "service": "movies", "force": True})

    async def gone() -> bool:
        return (await world.service())["status"] == "INACTIVE"

    await until(gone)
    await world.apis.call("ecs", "DeleteCluster", {"cluster": "prod"})
    assert (await cluster())["status"] == "INACTIVE"
    assert "prod" not in str(await world.apis.call("ecs", "ListClusters", {}))


async def test_settings_and_tags(world: World) -> None:
    await world.apis.call("ecs", "PutAccountSetting", {"name": "defaultLogDriverMode", "value": "blocking"})
    found = await world.apis.call(
        "ecs", "ListAccountSettings", {"name": "defaultLogDriverMode", "effectiveSettings": True}
    )
    assert found["settings"][0]["value"] == "blocking"
    arn = f"arn:aws:ecs:{names.REGION}:{names.ACCOUNT}:cluster/prod"
    await world.apis.call("ecs", "TagResource", {"resourceArn": arn, "tags": [{"key": "a", "value": "1"}]})
    await world.apis.call("ecs", "UntagResource", {"resourceArn": arn, "tagKeys": ["b"]})
    assert (await world.apis.call("ecs", "ListTagsForResource", {"resourceArn": arn}))["tags"] == [
        {"key": "a", "value": "1"}
    ]


async def test_what_is_not_there_fails_as_on_aws(world: World) -> None:
    assert (await refused(world, "ListTasks", {"cluster": "absent"})).code == "ClusterNotFoundException"
    error = await refused(world, "UpdateService", {"cluster": "prod", "service": "absent"})
    assert error.code == "ServiceNotFoundException"
    tasks = await world.apis.call("ecs", "DescribeTasks", {"cluster": "prod", "tasks": ["0" * 32]})
    assert tasks["failures"][0]["reason"] == "MISSING"
    assert "ecs:CreateTaskSet" in (await refused(world, "CreateTaskSet", {})).message
