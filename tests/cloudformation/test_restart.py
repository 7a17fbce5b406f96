"""A region that is killed in the middle of an operation goes on from its documents."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from netflux.errors import AwsError

TEMPLATE = (Path(__file__).parents[2] / "architecture" / "netflux.yaml").read_text()


class Killed(BaseException):
    """Nothing in the engine may catch it, as nothing outlives SIGKILL."""


def kill_at(cloud: Any, number: int, *, answered: bool) -> None:
    """From the numbered changing call on no call is answered; the numbered one is carried out first if `answered`."""
    count = 0

    def changes(operation: str) -> bool:
        return not operation.startswith(("Describe", "Get", "List", "Head"))

    def before(operation: str, _params: dict[str, Any]) -> BaseException | None:
        nonlocal count
        if not changes(operation):
            return Killed() if count >= number else None
        count += 1
        return Killed() if count > number or (count == number and not answered) else None

    def after(operation: str, _params: dict[str, Any]) -> BaseException | None:
        return Killed() if changes(operation) and count >= number else None

    cloud.broken, cloud.after = before, after


def heal(cloud: Any) -> None:
    """Calls are answered again."""
    cloud.broken = cloud.after = lambda _operation, _params: None


async def everything(cloud: Any) -> dict[str, int]:
    """How many of each kind there are; a resource made twice or lost shows here."""
    own = {"Filters": [{"Name": "isDefault", "Values": ["false"]}]}
    of_stacks = {"Filters": [{"Name": "tag-key", "Values": ["aws:cloudformation:stack-id"]}]}
    counts = {}
    for service, operation, params, listed in (
        ("ec2", "DescribeVpcs", own, "Vpcs"),
        ("ec2", "DescribeSubnets", {"Filters": [{"Name": "default-for-az", "Values": ["false"]}]}, "Subnets"),
        ("ec2", "DescribeInternetGateways", of_stacks, "InternetGateways"),
        ("ec2", "DescribeAddresses", {}, "Addresses"),
        ("elbv2", "DescribeLoadBalancers", {}, "LoadBalancers"),
        ("elbv2", "DescribeTargetGroups", {}, "TargetGroups"),
        ("secretsmanager", "ListSecrets", {}, "SecretList"),
        ("ecr", "DescribeRepositories", {}, "repositories"),
        ("iam", "ListRoles", {}, "Roles"),
        ("logs", "DescribeLogGroups", {}, "logGroups"),
        ("servicediscovery", "ListNamespaces", {}, "Namespaces"),
        ("s3", "ListBuckets", {}, "Buckets"),
    ):
        counts[listed] = len((await cloud.apis.call(service, operation, params))[listed])
    nats = (await cloud.apis.call("ec2", "DescribeNatGateways", {}))["NatGateways"]
    counts["NatGateways"] = len([each for each in nats if each["State"] not in ("deleted", "deleting")])
    counts["Distributions"] = len(cloud.cloudfront.distributions)
    counts["Controls"] = len(cloud.cloudfront.controls)
    counts["Clusters"] = len(cloud.ecs.clusters)
    active = [each for each in cloud.ecs.definitions.values() if each["status"] == "ACTIVE"]
    counts["Definitions"] = len(active)
    counts["Services"] = len(cloud.ecs.services)
    counts["Instances"] = len(cloud.rds.instances)
    return counts


WHOLE = {
    "Vpcs": 1, "Subnets": 6, "InternetGateways": 1, "Addresses": 1, "LoadBalancers": 1, "TargetGroups": 2,
    "SecretList": 2, "repositories": 2, "Roles": 2, "logGroups": 2, "Namespaces": 1, "Buckets": 1, "NatGateways": 1,
    "Distributions": 1, "Controls": 1, "Clusters": 1, "Services": 2, "Instances": 1, "Definitions": 2,
}  # fmt: skip


async def killed(cloud: Any) -> None:
    """Waits until the operation under way has been killed."""
    tasks = list(cloud.engine._running.values())
    if tasks:
        await asyncio.wait(tasks, timeout=60)
        for task in tasks:
            assert task.done()
            if not task.cancelled():
                task.exception()


@pytest.mark.parametrize("answered", [True, False], ids=["answer lost", "call lost"])
@pytest.mark.parametrize("number", [1, 7, 20, 33, 48, 66])
async def test_a_killed_creation_is_finished_with_nothing_made_twice(cloud: Any, number: int, answered: bool) -> None:
    kill_at(cloud, number, answered=answered)
    given = {"StackName": "s", "TemplateBody": TEMPLATE, "Capabilities": ["CAPABILITY_NAMED_IAM"]}
    await cloud.cf("CreateStack", **given)
    await killed(cloud)
    heal(cloud)
    await cloud.restart()
    stack = await cloud.settled("s")
    events = (await cloud.cf("DescribeStackEvents", StackName="s"))["StackEvents"]
    failed = [each for each in events if each["ResourceStatus"].endswith("FAILED")]
    assert "\n".join(f"{each['LogicalResourceId']}: {each.get('ResourceStatusReason')}" for each in failed) == ""
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert await everything(cloud) == WHOLE


@pytest.mark.parametrize("number", [5, 30, 55, 61, 64, 67])
async def test_a_creation_that_is_killed_and_then_fails_leaves_nothing(cloud: Any, number: int) -> None:
    kill_at(cloud, number, answered=True)
    given = {"StackName": "s", "TemplateBody": TEMPLATE, "Capabilities": ["CAPABILITY_NAMED_IAM"]}
    created = await cloud.cf("CreateStack", **given)
    await killed(cloud)
    cloud.after = lambda _operation, _params: None
    cloud.broken = lambda operation, _params: AwsError("X", "No.") if operation.startswith("Create") else None
    await cloud.restart()
    stack = await cloud.settled(created["StackId"])
    assert stack["StackStatus"] in ("ROLLBACK_COMPLETE", "CREATE_COMPLETE")
    if stack["StackStatus"] == "ROLLBACK_COMPLETE":
        assert set((await everything(cloud)).values()) == {0}


@pytest.mark.parametrize("number", [1, 9, 30])
async def test_a_killed_deletion_is_finished(cloud: Any, number: int) -> None:
    stack = await cloud.create(TEMPLATE)
    kill_at(cloud, number, answered=True)
    await cloud.cf("DeleteStack", StackName="s")
    await killed(cloud)
    heal(cloud)
    await cloud.restart()
    assert (await cloud.settled(stack["StackId"]))["StackStatus"] == "DELETE_COMPLETE"
    assert set((await everything(cloud)).values()) == {0}


@pytest.mark.parametrize("answered", [True, False], ids=["answer lost", "call lost"])
@pytest.mark.parametrize("number", [1, 2, 3, 4])
async def test_a_killed_update_is_finished(cloud: Any, number: int, answered: bool) -> None:
    template = (
        "Parameters: {Block: {Type: String, Default: 10.0.0.0/16}}\nResources:\n"
        "  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: !Ref Block}}\n"
        "  Subnet: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: !Ref Block}}\n"
    )
    await cloud.create(template)
    kill_at(cloud, number, answered=answered)
    block = [{"ParameterKey": "Block", "ParameterValue": "10.1.0.0/16"}]
    await cloud.cf("UpdateStack", StackName="s", TemplateBody=template, Parameters=block)
    await killed(cloud)
    heal(cloud)
    await cloud.restart()
    assert (await cloud.settled("s"))["StackStatus"] == "UPDATE_COMPLETE"
    own = {"Filters": [{"Name": "isDefault", "Values": ["false"]}]}
    vpcs = (await cloud.apis.call("ec2", "DescribeVpcs", own))["Vpcs"]
    assert [each["CidrBlock"] for each in vpcs] == ["10.1.0.0/16"]


async def test_a_stopped_region_leaves_the_operation_for_the_next_one(cloud: Any) -> None:
    cloud.ecs.rollout = "IN_PROGRESS"
    given = {"StackName": "s", "TemplateBody": TEMPLATE, "Capabilities": ["CAPABILITY_NAMED_IAM"]}
    await cloud.cf("CreateStack", **given)
    async with asyncio.timeout(60):
        while not cloud.ecs.services:
            await asyncio.wait(cloud.engine._running.values(), timeout=0.05)
    await asyncio.wait_for(cloud.engine.stop(), 10)
    assert (await cloud.cf("DescribeStacks", StackName="s"))["Stacks"][0]["StackStatus"] == "CREATE_IN_PROGRESS"
    cloud.ecs.rollout = "COMPLETED"
    await cloud.restart()
    assert (await cloud.settled("s"))["StackStatus"] == "CREATE_COMPLETE"
    assert await everything(cloud) == WHOLE
