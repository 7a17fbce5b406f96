"""What Application Auto Scaling refuses."""

from __future__ import annotations

from typing import Any

from netflux.aws.applicationautoscaling.api import ApplicationAutoScalingApi
from netflux.aws.applicationautoscaling.store import Store
from netflux.aws.cloudwatch.api import CloudWatchApi
from netflux.aws.cloudwatch.ground import Ground
from netflux.aws.cloudwatch.series import Series
from netflux.clock import Clock
from netflux.controlplane.apis import Apis
from tests.controlplane.plane import Plane
from tests.rules import ecs
from tests.rules.rule import Rule

SERVICE = "application-autoscaling"

_API = "Application Auto Scaling API Reference"
_TARGET, _POLICY = f"RegisterScalableTarget, {_API}", f"PutScalingPolicy, {_API}"
_ACTION = f"PutScheduledAction, {_API}"
_NONSENSE = {"ServiceNamespace": "ecs", "NextToken": "nonsense"}
_INVALID, _ABSENT, _HERE = "ValidationException", "ObjectNotFoundException", "UnsupportedOperation"
_DIMENSION = "ecs:service:DesiredCount"
_KEPT = {"ServiceNamespace": "ecs", "ResourceId": "service/default/kept", "ScalableDimension": _DIMENSION}
_OTHER = {**_KEPT, "ResourceId": "service/default/busy"}
_UP = [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 2}]
_CPU = {"PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}}


def _target(**changes: Any) -> dict[str, Any]:
    return {**_OTHER, "MinCapacity": 1, "MaxCapacity": 2, **changes}


def _steps(**changes: Any) -> dict[str, Any]:
    steps = {"AdjustmentType": "ChangeInCapacity", "StepAdjustments": _UP, **changes}
    known = {name: value for name, value in steps.items() if value is not None}
    return {**_KEPT, "PolicyName": "p", "PolicyType": "StepScaling", "StepScalingPolicyConfiguration": known}


def _tracking(**changes: Any) -> dict[str, Any]:
    return {
        **_KEPT, "PolicyName": "p", "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 50.0, **changes},
    }  # fmt: skip


def _action(**changes: Any) -> dict[str, Any]:
    action = {
        **_KEPT, "ScheduledActionName": "a", "Schedule": "rate(1 day)", "ScalableTargetAction": {"MinCapacity": 1},
        **changes,
    }  # fmt: skip
    return {name: value for name, value in action.items() if value is not None}


RULES = [
    *(
        Rule(f"A page's token is one that an answer gave ({call}).", call, _NONSENSE, "InvalidNextTokenException",
             f"{call}, {_API}")
        for call in ("DescribeScalableTargets", "DescribeScalingPolicies", "DescribeScalingActivities",
                     "DescribeScheduledActions")
    ),
    Rule("A new target has a minimum.", "RegisterScalableTarget", {**_OTHER, "MaxCapacity": 2}, _INVALID, _TARGET,
         "MinCapacity"),
    Rule("A new target has a maximum.", "RegisterScalableTarget", {**_OTHER, "MinCapacity": 2}, _INVALID, _TARGET,
         "MaxCapacity"),
    Rule("A target's maximum is not below its minimum.", "RegisterScalableTarget", _target(MinCapacity=3), _INVALID,
         _TARGET),
    Rule("A target's minimum is not below 0.", "RegisterScalableTarget", _target(MinCapacity=-1), _INVALID, _TARGET),
    Rule("A registered target's maximum is not below its minimum either.", "RegisterScalableTarget",
         {**_KEPT, "MaxCapacity": 0}, _INVALID, _TARGET),
    Rule("A target's service is there.", "RegisterScalableTarget", _target(ResourceId="service/default/nobody"),
         _INVALID, _TARGET, "doesn't exist"),
    Rule("A target's id has the form of a service's.", "RegisterScalableTarget", _target(ResourceId="kept"), _INVALID,
         _TARGET),
    Rule("A namespace is one of AWS's.", "RegisterScalableTarget", _target(ServiceNamespace="mine"), _INVALID,
         _TARGET),
    Rule("Only ECS services are scaled here.", "RegisterScalableTarget",
         _target(ServiceNamespace="dynamodb", ScalableDimension="dynamodb:table:ReadCapacityUnits",
                 ResourceId="table/a"), _HERE, _TARGET, "dynamodb"),
    Rule("A target that is deregistered is there.", "DeregisterScalableTarget", _OTHER, _ABSENT,
         f"DeregisterScalableTarget, {_API}"),
    Rule("A policy's target is registered.", "PutScalingPolicy", {**_steps(), **_OTHER}, _ABSENT, _POLICY,
         "registered"),
    Rule("Predictive scaling is not done here.", "PutScalingPolicy", {**_steps(), "PolicyType": "PredictiveScaling"},
         _HERE, _POLICY, "PredictiveScaling"),
    Rule("Steps have an adjustment.", "PutScalingPolicy", _steps(StepAdjustments=[]), _INVALID, _POLICY),
    Rule("Steps have a kind of adjustment.", "PutScalingPolicy", _steps(AdjustmentType=None), _INVALID, _POLICY),
    Rule("A kind of adjustment is one of three.", "PutScalingPolicy", _steps(AdjustmentType="Guess"), _INVALID,
         _POLICY),
    Rule("Steps do not overlap.", "PutScalingPolicy",
         _steps(StepAdjustments=[{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1},
                                 {"MetricIntervalLowerBound": 5, "ScalingAdjustment": 2}]), _INVALID, _POLICY,
         "overlap"),
    Rule("There is no gap between steps.", "PutScalingPolicy",
         _steps(StepAdjustments=[
             {"MetricIntervalLowerBound": 0, "MetricIntervalUpperBound": 1, "ScalingAdjustment": 1},
             {"MetricIntervalLowerBound": 5, "ScalingAdjustment": 2}]), _INVALID, _POLICY, "gap"),
    Rule("A step's lower bound is below its upper one.", "PutScalingPolicy",
         _steps(StepAdjustments=[
             {"MetricIntervalLowerBound": 5, "MetricIntervalUpperBound": 5, "ScalingAdjustment": 1}]), _INVALID,
         _POLICY),
    Rule("A least adjustment goes with percents.", "PutScalingPolicy", _steps(MinAdjustmentMagnitude=2), _INVALID,
         _POLICY, "PercentChangeInCapacity"),
    Rule("Step scaling has steps.", "PutScalingPolicy",
         {**_KEPT, "PolicyName": "p", "PolicyType": "StepScaling"}, _INVALID, _POLICY, "StepScalingPolicyConfig"),
    Rule("Target tracking has a metric.", "PutScalingPolicy", _tracking(), _INVALID, _POLICY),
    Rule("Target tracking has one metric.", "PutScalingPolicy",
         _tracking(**_CPU, CustomizedMetricSpecification={"MetricName": "m", "Namespace": "n", "Statistic": "Sum"}),
         _INVALID, _POLICY),
    Rule("A target's value is above 0.", "PutScalingPolicy", _tracking(**_CPU, TargetValue=0.0), _INVALID, _POLICY),
    Rule("A predefined metric is one of ECS's.", "PutScalingPolicy",
         _tracking(PredefinedMetricSpecification={"PredefinedMetricType": "RDSReaderAverageCPUUtilization"}), _INVALID,
         _POLICY),
    Rule("Requests per target have a label.", "PutScalingPolicy",
         _tracking(PredefinedMetricSpecification={"PredefinedMetricType": "ALBRequestCountPerTarget"}), _INVALID,
         _POLICY, "ResourceLabel"),
    Rule("CPU has no label.", "PutScalingPolicy",
         _tracking(PredefinedMetricSpecification={"PredefinedMetricType": "ECSServiceAverageCPUUtilization",
                                                  "ResourceLabel": "app/a/1/targetgroup/b/2"}), _INVALID, _POLICY),
    Rule("A metric of one's own has a statistic.", "PutScalingPolicy",
         _tracking(CustomizedMetricSpecification={"MetricName": "m", "Namespace": "n"}), _INVALID, _POLICY,
         "Statistic"),
    Rule("A metric and Metrics are two ways to say it.", "PutScalingPolicy",
         _tracking(CustomizedMetricSpecification={"MetricName": "m", "Metrics": [{"Id": "a", "Expression": "1"}]}),
         _INVALID, _POLICY, "both"),
    Rule("A policy that is deleted is there.", "DeleteScalingPolicy", {**_KEPT, "PolicyName": "nobody"}, _ABSENT,
         f"DeleteScalingPolicy, {_API}"),
    Rule("A scheduled action's target is registered.", "PutScheduledAction", _action(**_OTHER), _ABSENT, _ACTION),
    Rule("A scheduled action has a schedule.", "PutScheduledAction", _action(Schedule=None), _INVALID, _ACTION),
    Rule("A scheduled action does something.", "PutScheduledAction", _action(ScalableTargetAction=None), _INVALID,
         _ACTION),
    Rule("A schedule is at, rate or cron.", "PutScheduledAction", _action(Schedule="daily"), _INVALID, _ACTION),
    Rule("A rate has a unit.", "PutScheduledAction", _action(Schedule="rate(5)"), _INVALID, _ACTION),
    Rule("A rate of one has a unit in the singular.", "PutScheduledAction", _action(Schedule="rate(1 days)"), _INVALID,
         _ACTION),
    Rule("A cron expression has six fields.", "PutScheduledAction", _action(Schedule="cron(0 8 * * *)"), _INVALID,
         _ACTION),
    Rule("A cron expression has a day of the month or of the week.", "PutScheduledAction",
         _action(Schedule="cron(0 8 * * * *)"), _INVALID, _ACTION),
    Rule("A time is in the future.", "PutScheduledAction", _action(Schedule="at(2020-01-01T00:00:00)"), _INVALID,
         _ACTION, "past"),
    Rule("A time zone is known.", "PutScheduledAction", _action(Timezone="Mars/North"), _INVALID, _ACTION),
    Rule("A scheduled maximum is not below the minimum.", "PutScheduledAction",
         _action(ScalableTargetAction={"MinCapacity": 3, "MaxCapacity": 2}), _INVALID, _ACTION),
    Rule("A scheduled action that is deleted is there.", "DeleteScheduledAction",
         {**_KEPT, "ScheduledActionName": "nobody"}, _ABSENT, f"DeleteScheduledAction, {_API}"),
    Rule("A tagged target is there.", "TagResource",
         {"ResourceARN": "arn:aws:application-autoscaling:us-east-1:123456789012:scalable-target/0", "Tags": {}},
         "ResourceNotFoundException", f"TagResource, {_API}"),
    Rule("A target whose tags are read is there.", "ListTagsForResource",
         {"ResourceARN": "arn:aws:application-autoscaling:us-east-1:123456789012:scalable-target/0"},
         "ResourceNotFoundException", f"ListTagsForResource, {_API}"),
]  # fmt: skip


def register(plane: Plane, apis: Apis) -> None:
    ecs.register(plane, apis)
    apis.register(CloudWatchApi(Ground(Series(), frozenset(), plane.documents, Clock())))
    apis.register(ApplicationAutoScalingApi(Store(plane.documents, Clock()), apis))


async def prepare(apis: Apis) -> dict[str, str]:
    names = await ecs.prepare(apis)
    await apis.call(SERVICE, "RegisterScalableTarget", {**_KEPT, "MinCapacity": 1, "MaxCapacity": 2})
    return names
