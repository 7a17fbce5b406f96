"""A stack with ECS services is complete when they are steady, and failed with ECS's own reason when they won't be."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.cloudformation.cloud import Cloud

TEMPLATE = (Path(__file__).parents[2] / "architecture" / "netflux.yaml").read_text()
GIVEN = {"StackName": "s", "TemplateBody": TEMPLATE, "Capabilities": ["CAPABILITY_NAMED_IAM"]}


async def test_a_stack_is_not_complete_while_a_service_is_not_steady(cloud: Cloud) -> None:
    cloud.ecs.rollout = "IN_PROGRESS"
    await cloud.cf("CreateStack", **GIVEN)
    async with asyncio.timeout(60):
        while len(cloud.ecs.services) < 2:
            await asyncio.wait(cloud.engine._running.values(), timeout=0.05)
    looked = len(cloud.made("DescribeServices"))
    async with asyncio.timeout(60):
        while len(cloud.made("DescribeServices")) < looked + 6:
            await asyncio.wait(cloud.engine._running.values(), timeout=0.05)
    assert (await cloud.cf("DescribeStacks", StackName="s"))["Stacks"][0]["StackStatus"] == "CREATE_IN_PROGRESS"
    assert (await cloud.resources())["MovieService"]["ResourceStatus"] == "CREATE_IN_PROGRESS"
    cloud.ecs.rollout = "COMPLETED"
    assert (await cloud.settled("s"))["StackStatus"] == "CREATE_COMPLETE"


async def test_a_failed_deployment_fails_the_stack_with_its_reason_at_once(cloud: Cloud) -> None:
    cloud.ecs.rollout = "FAILED"
    cloud.ecs.reason = "ECS deployment circuit breaker: tasks failed to start."
    stack = await cloud.create(TEMPLATE)
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    events = (await cloud.cf("DescribeStackEvents", StackName="s"))["StackEvents"]
    failed = {
        e["LogicalResourceId"]: e["ResourceStatusReason"] for e in events if e["ResourceStatus"] == "CREATE_FAILED"
    }
    assert failed["MovieService"] == "ECS deployment circuit breaker: tasks failed to start."
    assert cloud.ecs.services == {}
    assert cloud.rds.instances == {}


async def test_a_failed_database_stops_what_waits_for_it(cloud: Cloud) -> None:
    cloud.rds.status = "incompatible-network"
    stack = await cloud.create(TEMPLATE)
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    events = (await cloud.cf("DescribeStackEvents", StackName="s"))["StackEvents"]
    failed = {
        e["LogicalResourceId"]: e["ResourceStatusReason"] for e in events if e["ResourceStatus"] == "CREATE_FAILED"
    }
    assert failed["Database"] == "DBInstanceStatus is incompatible-network"
    assert cloud.made("CreateService") == []


async def test_a_deployment_that_went_back_to_the_old_tasks_fails_the_update(cloud: Cloud) -> None:
    await cloud.create(TEMPLATE)
    cloud.ecs.stubborn = True
    stack = await cloud.update(TEMPLATE.replace('Memory: "1024"', 'Memory: "2048"'))
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    events = (await cloud.cf("DescribeStackEvents", StackName="s"))["StackEvents"]
    failed = {
        e["LogicalResourceId"]: e["ResourceStatusReason"] for e in events if e["ResourceStatus"] == "UPDATE_FAILED"
    }
    assert failed["MovieService"].startswith("the deployment was rolled back to ")
    active = [each["memory"] for each in cloud.ecs.definitions.values() if each["status"] == "ACTIVE"]
    assert active == ["1024", "1024"]


async def test_an_update_of_the_tasks_replaces_the_definition_and_updates_the_service(cloud: Cloud) -> None:
    await cloud.create(TEMPLATE)
    before = await cloud.resources()
    stack = await cloud.update(TEMPLATE, Parameters=[{"ParameterKey": "ImageTag", "ParameterValue": "v2"}])
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    after = await cloud.resources()
    assert after["MovieService"]["PhysicalResourceId"] == before["MovieService"]["PhysicalResourceId"]
    definition = after["MovieTaskDefinition"]["PhysicalResourceId"]
    assert definition.endswith("/movie-service:2")
    service = {"cluster": "prod", "service": after["MovieService"]["PhysicalResourceId"]}
    assert service | {"taskDefinition": definition, "desiredCount": 2} in cloud.made("UpdateService")
    statuses = [each["status"] for each in cloud.ecs.definitions.values()]
    assert sorted(statuses) == ["ACTIVE", "ACTIVE", "INACTIVE", "INACTIVE"]


async def test_a_stack_may_be_deleted_while_it_is_made_and_leaves_nothing(cloud: Cloud) -> None:
    cloud.ecs.rollout = "IN_PROGRESS"
    created = await cloud.cf("CreateStack", **GIVEN)
    async with asyncio.timeout(60):
        while len(cloud.ecs.services) < 2:
            await asyncio.wait(cloud.engine._running.values(), timeout=0.05)
    await cloud.cf("DeleteStack", StackName="s")
    shown = (await cloud.cf("DescribeStacks", StackName="s"))["Stacks"][0]
    assert shown["StackStatus"] == "DELETE_IN_PROGRESS"
    assert (await cloud.settled(created["StackId"]))["StackStatus"] == "DELETE_COMPLETE"
    assert (cloud.ecs.services, cloud.rds.instances, cloud.cloudfront.distributions) == ({}, {}, {})
    events = await cloud.events(created["StackId"])
    assert "s ROLLBACK_IN_PROGRESS" not in events
    assert events.index("MovieService CREATE_FAILED") > events.index("s DELETE_IN_PROGRESS")
