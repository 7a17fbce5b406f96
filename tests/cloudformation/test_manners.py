"""How a stack is brought there: alarms that take it back, without waiting, with topics that are told."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from netflux.errors import AwsError

GROUPS = """
Parameters:
  Days: {Type: Number, Default: 7}
Resources:
  One: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: one, RetentionInDays: !Ref Days}}
"""
FOURTEEN = [{"ParameterKey": "Days", "ParameterValue": "14"}]
ALARM = "arn:aws:cloudwatch:us-east-1:000000000000:alarm:slow"


def _triggers(arn: str = ALARM, kind: str = "AWS::CloudWatch::Alarm", minutes: int = 0) -> dict[str, Any]:
    return {"RollbackTriggers": [{"Arn": arn, "Type": kind}], "MonitoringTimeInMinutes": minutes}


async def _alarm(cloud: Any, state: str) -> None:
    asked = {
        "AlarmName": "slow", "MetricName": "Latency", "Namespace": "n", "Period": 60, "EvaluationPeriods": 1,
        "Threshold": 1.0, "ComparisonOperator": "GreaterThanThreshold", "Statistic": "Average",
    }  # fmt: skip
    await cloud.apis.call("cloudwatch", "PutMetricAlarm", asked)
    state_of = {"AlarmName": "slow", "StateValue": state, "StateReason": "a test"}
    await cloud.apis.call("cloudwatch", "SetAlarmState", state_of)


async def test_an_alarm_takes_an_update_back(cloud: Any) -> None:
    await cloud.create(GROUPS)
    await _alarm(cloud, "ALARM")
    stack = await cloud.update(GROUPS, Parameters=FOURTEEN, RollbackConfiguration=_triggers())
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert stack["RollbackConfiguration"] == _triggers()
    events = (await cloud.cf("DescribeStackEvents", StackName="s"))["StackEvents"]
    assert any(f"in ALARM: [{ALARM}]" in event.get("ResourceStatusReason", "") for event in events)
    await _alarm(cloud, "OK")
    assert (await cloud.update(GROUPS, Parameters=FOURTEEN))["StackStatus"] == "UPDATE_COMPLETE"


async def test_alarms_are_watched_after_the_resources_are_there(cloud: Any) -> None:
    await _alarm(cloud, "OK")
    await cloud.cf("CreateStack", StackName="s", TemplateBody=GROUPS, RollbackConfiguration=_triggers(minutes=5))
    async with asyncio.timeout(20):
        while (await cloud.resources()).get("One", {}).get("ResourceStatus") != "CREATE_COMPLETE":
            await asyncio.wait(cloud.engine._running.values(), timeout=0.05)
    assert (await cloud.cf("DescribeStacks", StackName="s"))["Stacks"][0]["StackStatus"] == "CREATE_IN_PROGRESS"
    await _alarm(cloud, "ALARM")
    assert (await cloud.settled("s"))["StackStatus"] == "ROLLBACK_COMPLETE"


async def test_an_alarm_that_is_not_there_takes_the_stack_back(cloud: Any) -> None:
    stack = await cloud.create(GROUPS, RollbackConfiguration=_triggers())
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"


@pytest.mark.parametrize(
    ("triggers", "said"),
    [
        (_triggers(kind="Another"), "Rollback Trigger Type not supported"),
        (_triggers(arn="arn:aws:cloudwatch:us-east-1:0:slow"), "RelativeId of a Rollback Trigger's ARN is incorrect"),
    ],
)
async def test_triggers_that_can_not_be_are_refused(cloud: Any, triggers: dict[str, Any], said: str) -> None:
    with pytest.raises(AwsError, match=said):
        await cloud.create(GROUPS, RollbackConfiguration=triggers)


SERVICE = """
Resources:
  Cluster: {Type: AWS::ECS::Cluster, Properties: {ClusterName: c}}
  Task:
    Type: AWS::ECS::TaskDefinition
    Properties: {Family: f, NetworkMode: awsvpc, ContainerDefinitions: [{Name: web, Image: IMAGE}]}
  Service:
    Type: AWS::ECS::Service
    Properties: {Cluster: !Ref Cluster, TaskDefinition: !Ref Task, DesiredCount: 2}
"""
GOOD, BAD = SERVICE.replace("IMAGE", "good"), SERVICE.replace("IMAGE", "bad")


async def test_the_express_mode_does_not_wait_until_services_are_steady(cloud: Any) -> None:
    cloud.ecs.rollout = "IN_PROGRESS"
    stack = await cloud.create(GOOD, DeploymentConfig={"Mode": "EXPRESS"})
    assert stack["StackStatus"] == "CREATE_COMPLETE"


async def test_what_the_template_states_is_put_right_with_another_change(cloud: Any) -> None:
    await cloud.create(GOOD)
    (service,) = cloud.ecs.services
    cloud.ecs.services[service]["desiredCount"] = 5
    await cloud.update(BAD)
    assert cloud.ecs.services[service]["desiredCount"] == 2
    cloud.ecs.services[service]["desiredCount"] = 5
    await cloud.update(GOOD.replace(", DesiredCount: 2", ""))
    assert cloud.ecs.services[service]["desiredCount"] == 5


async def test_a_failed_deployment_that_was_superseded_fails_nothing(cloud: Any) -> None:
    await cloud.create(GOOD)
    (service,) = cloud.ecs.services.values()
    old = service["taskDefinition"]
    whole = cloud.ecs._shown

    def shown(arn: str) -> dict[str, Any]:
        found: dict[str, Any] = whole(arn)
        primary = found["deployments"][0]
        if primary["taskDefinition"] != old:
            primary |= {"rolloutState": "FAILED", "rolloutStateReason": "ECS deployment circuit breaker: no."}
        elif cloud.made("UpdateService"):
            failed = primary | {"status": "ACTIVE", "rolloutState": "FAILED", "taskDefinition": f"{old}0"}
            looks = len(cloud.made("DescribeServices"))
            found["deployments"] = [primary, failed] if looks % 3 else [primary]
        return found

    cloud.ecs._shown = shown
    stack = await cloud.update(BAD)
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    events = (await cloud.cf("DescribeStackEvents", StackName="s"))["StackEvents"]
    assert any("circuit breaker: no." in event.get("ResourceStatusReason", "") for event in events)


async def test_a_policys_list_out_of_the_parameter_store_stays_a_list(cloud: Any) -> None:
    arns = "arn:aws:s3:::a,arn:aws:s3:::b"
    await cloud.apis.call("ssm", "PutParameter", {"Name": "/arns", "Type": "StringList", "Value": arns})
    template = """
Parameters: {Arns: {Type: "AWS::SSM::Parameter::Value<List<String>>", Default: /arns}}
Resources:
  P:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Version: "2012-10-17"
        Statement: [{Effect: Allow, Action: "s3:GetObject", Resource: !Ref Arns}]
"""
    assert (await cloud.create(template))["StackStatus"] == "CREATE_COMPLETE"
    document = json.loads(cloud.made("CreatePolicy")[0]["PolicyDocument"])
    assert document["Statement"][0]["Resource"] == arns.split(",")
