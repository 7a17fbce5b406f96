"""Ways out of updates that fail or never end."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from netflux.errors import AwsError

GROUPS = """
Parameters:
  Days: {Type: Number, Default: 7}
Resources:
  One: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: one, RetentionInDays: !Ref Days}}
  Two: {Type: AWS::Logs::LogGroup, DependsOn: One, Properties: {LogGroupName: two, RetentionInDays: !Ref Days}}
"""
SERVICE = """
Parameters:
  Image: {Type: String, Default: good}
Resources:
  Cluster: {Type: AWS::ECS::Cluster, Properties: {ClusterName: c}}
  Task:
    Type: AWS::ECS::TaskDefinition
    Properties: {Family: f, NetworkMode: awsvpc, ContainerDefinitions: [{Name: web, Image: !Ref Image}]}
  Service:
    Type: AWS::ECS::Service
    Properties: {Cluster: !Ref Cluster, TaskDefinition: !Ref Task, DesiredCount: 2}
"""
FOURTEEN = [{"ParameterKey": "Days", "ParameterValue": "14"}]
BAD = [{"ParameterKey": "Image", "ParameterValue": "bad"}]


def _fails(cloud: Any, days: dict[str, set[int]]) -> None:
    def broken(operation: str, params: dict[str, Any]) -> AwsError | None:
        wrong = operation == "PutRetentionPolicy" and params["retentionInDays"] in days.get(params["logGroupName"], ())
        return AwsError("OperationAbortedException", "busy") if wrong else None

    cloud.broken = broken


async def _retention(cloud: Any) -> dict[str, int]:
    groups = (await cloud.apis.call("logs", "DescribeLogGroups", {}))["logGroups"]
    return {each["logGroupName"]: each["retentionInDays"] for each in groups}


async def test_a_rollback_that_failed_goes_on_when_its_cause_is_gone(cloud: Any) -> None:
    await cloud.create(GROUPS)
    _fails(cloud, {"two": {14}, "one": {7}})
    assert (await cloud.update(GROUPS, Parameters=FOURTEEN))["StackStatus"] == "UPDATE_ROLLBACK_FAILED"
    with pytest.raises(AwsError, match="can not be updated"):
        await cloud.update(GROUPS)
    _fails(cloud, {})
    await cloud.cf("ContinueUpdateRollback", StackName="s", ClientRequestToken="again")
    assert (await cloud.settled("s"))["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert await _retention(cloud) == {"one": 7, "two": 7}


async def test_a_rollback_leaves_what_it_is_told_to_skip(cloud: Any) -> None:
    await cloud.create(GROUPS)
    _fails(cloud, {"two": {14}, "one": {7}})
    await cloud.update(GROUPS, Parameters=FOURTEEN)
    with pytest.raises(AwsError, match="only resources in UPDATE_FAILED can be skipped"):
        await cloud.cf("ContinueUpdateRollback", StackName="s", ResourcesToSkip=["Three"])
    await cloud.cf("ContinueUpdateRollback", StackName="s", ResourcesToSkip=["One"])
    assert (await cloud.settled("s"))["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert (await cloud.resources())["One"]["ResourceStatus"] == "UPDATE_COMPLETE"
    assert await _retention(cloud) == {"one": 14, "two": 7}


async def test_only_a_failed_rollback_is_continued(cloud: Any) -> None:
    await cloud.create(GROUPS)
    with pytest.raises(AwsError, match="can not be continued"):
        await cloud.cf("ContinueUpdateRollback", StackName="s")
    with pytest.raises(AwsError, match="CancelUpdateStack cannot be called from current stack status"):
        await cloud.cf("CancelUpdateStack", StackName="s")
    with pytest.raises(AwsError, match="can not be rolled back"):
        await cloud.cf("RollbackStack", StackName="s")


async def _hanging(cloud: Any) -> None:
    await cloud.create(SERVICE)
    cloud.ecs.rollout = "IN_PROGRESS"
    await cloud.cf("UpdateStack", StackName="s", TemplateBody=SERVICE, Parameters=BAD)
    async with asyncio.timeout(10):
        while not cloud.made("UpdateService"):
            await asyncio.wait(cloud.engine._running.values(), timeout=0.05)


async def test_an_update_that_hangs_is_cancelled_and_goes_back(cloud: Any) -> None:
    await _hanging(cloud)
    with pytest.raises(AwsError, match="Call CancelUpdateStack first"):
        await cloud.cf("DeleteStack", StackName="s")
    await cloud.cf("CancelUpdateStack", StackName="s")
    cloud.ecs.rollout = "COMPLETED"
    assert (await cloud.settled("s"))["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    (service,) = cloud.ecs.services.values()
    assert cloud.ecs.definitions[service["taskDefinition"]]["containerDefinitions"][0]["image"] == "good"
    assert "Service UPDATE_FAILED" in await cloud.events()


async def test_a_cancelled_update_goes_back_after_a_kill_too(cloud: Any) -> None:
    await _hanging(cloud)
    await cloud.cf("CancelUpdateStack", StackName="s")
    cloud.ecs.rollout = "COMPLETED"
    await cloud.restart()
    assert (await cloud.settled("s"))["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"


async def test_a_stack_that_is_rolled_back_can_be_deleted_meanwhile(cloud: Any) -> None:
    cloud.ecs.rollout = "IN_PROGRESS"
    made = await cloud.cf("CreateStack", StackName="s", TemplateBody=SERVICE)
    async with asyncio.timeout(10):
        while not cloud.made("CreateService"):
            await asyncio.wait(cloud.engine._running.values(), timeout=0.05)
    await cloud.cf("DeleteStack", StackName="s")
    assert (await cloud.settled(made["StackId"]))["StackStatus"] == "DELETE_COMPLETE"
    assert not cloud.ecs.services


async def test_a_failed_update_that_stays_is_rolled_back_on_request(cloud: Any) -> None:
    await cloud.create(GROUPS)
    _fails(cloud, {"two": {14}})
    stack = await cloud.update(GROUPS, Parameters=FOURTEEN, DisableRollback=True)
    assert stack["StackStatus"] == "UPDATE_FAILED"
    assert await _retention(cloud) == {"one": 14, "two": 7}
    await cloud.cf("RollbackStack", StackName="s")
    assert (await cloud.settled("s"))["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert await _retention(cloud) == {"one": 7, "two": 7}


async def test_it_goes_back_to_what_was_there_before_the_first_of_several_failures(cloud: Any) -> None:
    await cloud.create(GROUPS)
    _fails(cloud, {"two": {14, 30}})
    await cloud.update(GROUPS, Parameters=FOURTEEN, DisableRollback=True)
    thirty = [{"ParameterKey": "Days", "ParameterValue": "30"}]
    assert (await cloud.update(GROUPS, Parameters=thirty))["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert await _retention(cloud) == {"one": 7, "two": 7}


async def test_a_failed_creation_that_stays_is_rolled_back_on_request(cloud: Any) -> None:
    _fails(cloud, {"two": {7}})
    stack = await cloud.create(GROUPS, DisableRollback=True)
    assert stack["StackStatus"] == "CREATE_FAILED"
    await cloud.cf("RollbackStack", StackName="s")
    assert (await cloud.settled("s"))["StackStatus"] == "ROLLBACK_COMPLETE"
    assert await _retention(cloud) == {}


async def test_retained_resources_go_with_a_rollback_that_is_told_so(cloud: Any) -> None:
    kept = GROUPS.replace("LogGroup, Properties: {LogGroupName: one", "LogGroup, DeletionPolicy: Retain, Properties: "
                          "{LogGroupName: one")  # fmt: skip
    _fails(cloud, {"two": {7}})
    assert (await cloud.create(kept, RetainExceptOnCreate=True))["StackStatus"] == "ROLLBACK_COMPLETE"
    assert await _retention(cloud) == {}
    assert (await cloud.create(kept, StackName="t"))["StackStatus"] == "ROLLBACK_COMPLETE"
    assert await _retention(cloud) == {"one": 7}


async def test_a_dynamic_reference_that_fails_is_not_resolved_again_on_the_way_back(cloud: Any) -> None:
    template = "Resources:\n  P: {Type: AWS::SSM::Parameter, Properties: {Name: p, Type: String, Value: %s}}\n"
    await cloud.create(template % "one")
    stack = await cloud.update(template % "'{{resolve:ssm:/nope}}'")
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert (await cloud.update(template % "two"))["StackStatus"] == "UPDATE_COMPLETE"


RULES = """
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  A: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.0.0/24, AvailabilityZone: us-east-1a}}
  B: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.1.0/24, AvailabilityZone: us-east-1b}}
  Balancer: {Type: AWS::ElasticLoadBalancingV2::LoadBalancer, Properties: {Subnets: [!Ref A, !Ref B], Scheme: internal}}
  Listener:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties:
      LoadBalancerArn: !Ref Balancer
      Port: 80
      Protocol: HTTP
      DefaultActions: [{Type: fixed-response, FixedResponseConfig: {StatusCode: "200"}}]
  First:
    Type: AWS::ElasticLoadBalancingV2::ListenerRule
    Properties: &rule
      ListenerArn: !Ref Listener
      Priority: ONE
      Conditions: [{Field: path-pattern, Values: [/one]}]
      Actions: [{Type: fixed-response, FixedResponseConfig: {StatusCode: "200"}}]
  Second:
    Type: AWS::ElasticLoadBalancingV2::ListenerRule
    Properties:
      ListenerArn: !Ref Listener
      Priority: TWO
      Conditions: [{Field: path-pattern, Values: [/two]}]
      Actions: [{Type: fixed-response, FixedResponseConfig: {StatusCode: "200"}}]
""".replace(" &rule", "")


async def test_rules_that_swap_priorities_go_back_and_none_is_lost(cloud: Any) -> None:
    stack = await cloud.create(RULES.replace("ONE", "10").replace("TWO", "20"))
    assert stack["StackStatus"] == "CREATE_COMPLETE", stack
    stack = await cloud.update(RULES.replace("ONE", "20").replace("TWO", "10"))
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    events = (await cloud.cf("DescribeStackEvents", StackName="s"))["StackEvents"]
    assert any("(PriorityInUse)" in event.get("ResourceStatusReason", "") for event in events)
    listener = (await cloud.resources())["Listener"]["PhysicalResourceId"]
    rules = (await cloud.apis.call("elbv2", "DescribeRules", {"ListenerArn": listener}))["Rules"]
    found = {rule["Priority"]: rule["Conditions"][0]["Values"] for rule in rules if rule["Conditions"]}
    assert found == {"10": ["/one"], "20": ["/two"]}
