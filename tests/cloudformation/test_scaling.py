"""Stacks that scale services: targets with scheduled actions, policies, and the alarms that call for them."""

from __future__ import annotations

from typing import Any

from netflux.aws.applicationautoscaling.api import ApplicationAutoScalingApi
from netflux.aws.applicationautoscaling.store import Store
from netflux.aws.cloudwatch.api import CloudWatchApi
from netflux.aws.cloudwatch.ground import Ground
from netflux.aws.cloudwatch.series import Series
from netflux.clock import Clock
from tests.cloudformation.cloud import Cloud

TEMPLATE = """
Resources:
  Target:
    Type: AWS::ApplicationAutoScaling::ScalableTarget
    Properties:
      ServiceNamespace: ecs
      ScalableDimension: ecs:service:DesiredCount
      ResourceId: service/prod/movies
      MinCapacity: 1
      MaxCapacity: 4
      ScheduledActions:
        - ScheduledActionName: night
          Schedule: cron(0 22 * * ? *)
          Timezone: Europe/Berlin
          ScalableTargetAction: {MinCapacity: 0, MaxCapacity: 0}
        - ScheduledActionName: morning
          Schedule: cron(0 6 * * ? *)
          ScalableTargetAction: {MinCapacity: 2}
  Up:
    Type: AWS::ApplicationAutoScaling::ScalingPolicy
    Properties:
      PolicyName: up
      PolicyType: StepScaling
      ScalingTargetId: !Ref Target
      StepScalingPolicyConfiguration:
        AdjustmentType: ChangeInCapacity
        Cooldown: 60
        StepAdjustments: [{MetricIntervalLowerBound: 0, ScalingAdjustment: 1}]
  Busy:
    Type: AWS::CloudWatch::Alarm
    Properties:
      AlarmDescription: much to do
      Namespace: AWS/ECS
      MetricName: CPUUtilization
      Dimensions: [{Name: ClusterName, Value: prod}, {Name: ServiceName, Value: movies}]
      Statistic: Average
      Period: 60
      EvaluationPeriods: 3
      Threshold: 70
      ComparisonOperator: GreaterThanThreshold
      AlarmActions: [!Ref Up]
      Tags: [{Key: team, Value: web}]
Outputs:
  Alarm: {Value: !GetAtt Busy.Arn}
"""


class OneService:
    """One service that is there."""

    service = "ecs"
    whole = True

    async def describe_services(self, _call: Any, request: dict[str, Any]) -> dict[str, Any]:
        return {"services": [{"status": "ACTIVE"}] if request["services"] == ["movies"] else []}


async def test_a_service_is_scaled_by_a_stack_until_the_stack_goes(cloud: Cloud) -> None:
    cloud.apis.register(OneService())
    cloud.apis.register(ApplicationAutoScalingApi(Store(cloud.documents, Clock()), cloud.apis))
    ground = Ground(Series(), frozenset(["AWS/ECS"]), cloud.documents, Clock())
    cloud.apis.register(CloudWatchApi(ground))

    async def scaling(operation: str, member: str) -> list[dict[str, Any]]:
        return list((await cloud.apis.call("application-autoscaling", operation, {"ServiceNamespace": "ecs"}))[member])

    async def alarms() -> list[dict[str, Any]]:
        return list((await cloud.apis.call("cloudwatch", "DescribeAlarms", {}))["MetricAlarms"])

    stack = await cloud.create(TEMPLATE)
    assert stack["StackStatus"] == "CREATE_COMPLETE", await cloud.cf("DescribeStackEvents", StackName="s")
    (policy,) = await scaling("DescribeScalingPolicies", "ScalingPolicies")
    (alarm,) = await alarms()
    assert alarm["AlarmActions"] == [policy["PolicyARN"]]
    assert alarm["AlarmName"].startswith("s-Busy-")
    assert stack["Outputs"][0]["OutputValue"] == alarm["AlarmArn"]
    assert [one["AlarmName"] for one in policy["Alarms"]] == [alarm["AlarmName"]]
    actions = await scaling("DescribeScheduledActions", "ScheduledActions")
    scheduled = {one["ScheduledActionName"]: one for one in actions}
    assert scheduled["night"]["Timezone"] == "Europe/Berlin"
    assert scheduled["morning"]["ScalableTargetAction"] == {"MinCapacity": 2}
    changed = TEMPLATE.replace("Threshold: 70", "Threshold: 80").replace("MaxCapacity: 4", "MaxCapacity: 6")
    morning = changed[changed.index("        - ScheduledActionName: morning") : changed.index("  Up:")]
    assert (await cloud.update(changed.replace(morning, "")))["StackStatus"] == "UPDATE_COMPLETE"
    (alarm,) = await alarms()
    assert (alarm["Threshold"], alarm["AlarmDescription"], alarm["Period"]) == (80.0, "much to do", 60)
    (target,) = await scaling("DescribeScalableTargets", "ScalableTargets")
    assert target["MaxCapacity"] == 6
    (night,) = await scaling("DescribeScheduledActions", "ScheduledActions")
    assert night["ScheduledActionName"] == "night"
    await cloud.cf("DeleteStack", StackName="s")
    assert (await cloud.settled(stack["StackId"]))["StackStatus"] == "DELETE_COMPLETE"
    assert await alarms() == await scaling("DescribeScalableTargets", "ScalableTargets") == []
