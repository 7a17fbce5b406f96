"""Scaling policies: what is accepted, the alarms that target tracking makes, and policies as they are decided by."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any
from uuid import uuid4

from netflux.aws.applicationautoscaling import decide
from netflux.aws.applicationautoscaling.decide import StepAdjustment, StepPolicy
from netflux.errors import AwsError

Json = dict[str, Any]

METRICS = {
    "ECSServiceAverageCPUUtilization": "CPUUtilization",
    "ECSServiceAverageMemoryUtilization": "MemoryUtilization",
    "ALBRequestCountPerTarget": "RequestCountPerTarget",
}
TRACKING, STEPS = "TargetTrackingScalingPolicyConfiguration", "StepScalingPolicyConfiguration"
_QUERY = (
    "Metrics(Expression Id Label MetricStat(Metric(Dimensions(Name Value) MetricName Namespace) Stat Unit) ReturnData)"
)
MEMBERS = (
    f"{STEPS}(AdjustmentType StepAdjustments(MetricIntervalLowerBound MetricIntervalUpperBound ScalingAdjustment) "
    f"MinAdjustmentMagnitude Cooldown) {TRACKING}(TargetValue PredefinedMetricSpecification(PredefinedMetricType "
    "ResourceLabel) CustomizedMetricSpecification(MetricName Namespace Dimensions(Name Value) Statistic Unit "
    f"{_QUERY}) ScaleOutCooldown ScaleInCooldown DisableScaleIn)"
)
"""Of PutScalingPolicy, what this module reads."""
NEUTRAL = {f"{STEPS}.MetricAggregationType": "An alarm hands over one datapoint, so there is nothing to aggregate."}
REFUSED = {
    "PredictiveScalingPolicyConfiguration": "Use TargetTrackingScaling or StepScaling.",
    "PolicyType": "Use TargetTrackingScaling or StepScaling.",
}
ONLY: Mapping[str, tuple[object, ...]] = {"PolicyType": ("TargetTrackingScaling", "StepScaling")}
_IN_SHARE = 0.9  # the low alarm of AWS's is at nine tenths of the target
_KINDS = ("ChangeInCapacity", "PercentChangeInCapacity", "ExactCapacity")
_PERIOD = 60  # seconds, of the alarms of target tracking
_CUSTOM = ("MetricName", "Namespace", "Statistic")


def is_tracking(body: Json) -> bool:
    """Whether it is a target tracking policy."""
    return TRACKING in body


def check(request: Json) -> None:
    """Raises for what Application Auto Scaling refuses."""
    kind = request.get("PolicyType", "StepScaling")
    if kind == "TargetTrackingScaling":
        _check_tracking(request.get(TRACKING))
    else:
        _check_steps(request.get(STEPS))


def _check_tracking(tracking: Json | None) -> None:
    if tracking is None:
        raise _invalid(f"{TRACKING} is required for TargetTrackingScaling")
    if tracking["TargetValue"] <= 0:
        raise _invalid("TargetValue must be above 0")
    custom, predefined = tracking.get("CustomizedMetricSpecification"), tracking.get("PredefinedMetricSpecification")
    if (custom is None) == (predefined is None):
        raise _invalid("Either PredefinedMetricSpecification or CustomizedMetricSpecification is needed")
    if custom is not None:
        _check_custom(custom)
    elif predefined is not None:
        _check_predefined(predefined)


def _check_custom(custom: Json) -> None:
    if custom.get("Metrics"):
        mixed = [name for name in (*_CUSTOM, "Dimensions", "Unit") if custom.get(name)]
        if mixed:
            raise _invalid(f"CustomizedMetricSpecification can't have both Metrics and {', '.join(mixed)}")
        return
    absent = [name for name in _CUSTOM if not custom.get(name)]
    if absent:
        raise _invalid(f"CustomizedMetricSpecification needs {', '.join(absent)}")


def _check_predefined(metric: Json) -> None:
    if metric["PredefinedMetricType"] not in METRICS:
        raise _invalid(f"PredefinedMetricType of an ECS service must be one of {', '.join(METRICS)}")
    labelled = metric["PredefinedMetricType"] == "ALBRequestCountPerTarget"
    if labelled != bool(metric.get("ResourceLabel")):
        raise _invalid("ResourceLabel goes with ALBRequestCountPerTarget, and only with it")
    if labelled and "/targetgroup/" not in metric["ResourceLabel"]:
        raise _invalid("ResourceLabel must be app/{load balancer}/{id}/targetgroup/{target group}/{id}")


def _check_steps(steps: Json | None) -> None:
    if steps is None:
        raise _invalid(f"{STEPS} is required for StepScaling")
    if steps.get("AdjustmentType") not in _KINDS:
        raise _invalid(f"AdjustmentType must be one of {', '.join(_KINDS)}")
    adjustments = steps.get("StepAdjustments")
    if not adjustments:
        raise _invalid("At least one StepAdjustment is needed")
    if "MinAdjustmentMagnitude" in steps and steps["AdjustmentType"] != "PercentChangeInCapacity":
        raise _invalid("MinAdjustmentMagnitude goes with PercentChangeInCapacity")
    spans = sorted(_span(one) for one in adjustments)
    for (_, upper), (lower, _) in pairwise(spans):
        if upper > lower:
            raise _invalid("StepAdjustment intervals can't overlap")
        if upper < lower:
            raise _invalid("There can't be a gap between StepAdjustment intervals")


def _span(one: Json) -> tuple[float, float]:
    lower = one.get("MetricIntervalLowerBound", float("-inf"))
    upper = one.get("MetricIntervalUpperBound", float("inf"))
    if lower >= upper:
        raise _invalid("MetricIntervalLowerBound must be below MetricIntervalUpperBound")
    return lower, upper


def alarms(body: Json) -> list[Json]:
    """What PutMetricAlarm is asked for by a target tracking policy; the names are new ones."""
    tracking = body[TRACKING]
    target = float(tracking["TargetValue"])
    common = {
        **_metric(tracking, body["ResourceId"]), "AlarmActions": [body["PolicyARN"]],
        "AlarmDescription": f"DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {body['PolicyARN']}.",
    }  # fmt: skip
    prefix = f"TargetTracking-{body['ResourceId']}"
    high = {
        "AlarmName": f"{prefix}-AlarmHigh-{uuid4()}", "EvaluationPeriods": 3, "Threshold": target,
        "ComparisonOperator": "GreaterThanThreshold", **common,
    }  # fmt: skip
    low = {
        "AlarmName": f"{prefix}-AlarmLow-{uuid4()}", "EvaluationPeriods": 15, "Threshold": target * _IN_SHARE,
        "ComparisonOperator": "LessThanThreshold", **common,
    }  # fmt: skip
    return [high] if tracking.get("DisableScaleIn") else [high, low]


def _metric(tracking: Json, resource: str) -> Json:
    custom = tracking.get("CustomizedMetricSpecification")
    if custom is not None and custom.get("Metrics"):
        return {"Metrics": [_query(one) for one in custom["Metrics"]]}
    if custom is not None:
        return {key: custom[key] for key in (*_CUSTOM, "Dimensions", "Unit") if key in custom} | {"Period": _PERIOD}
    predefined = tracking["PredefinedMetricSpecification"]
    name = METRICS[predefined["PredefinedMetricType"]]
    label = predefined.get("ResourceLabel")
    if label:
        balancer, _, group = label.partition("/targetgroup/")
        dimensions = {"LoadBalancer": balancer, "TargetGroup": f"targetgroup/{group}"}
        return {"Namespace": "AWS/ApplicationELB", "Statistic": "Sum", **_named(name, dimensions)}
    _, cluster, service = resource.split("/")
    dimensions = {"ClusterName": cluster, "ServiceName": service}
    return {"Namespace": "AWS/ECS", "Statistic": "Average", **_named(name, dimensions)}


def _named(name: str, dimensions: dict[str, str]) -> Json:
    told = [{"Name": key, "Value": value} for key, value in dimensions.items()]
    return {"MetricName": name, "Dimensions": told, "Period": _PERIOD}


def _query(one: Json) -> Json:
    """A query of an alarm's; shape TargetTrackingMetricDataQuery."""
    return {**one, "MetricStat": {"Period": _PERIOD, **one["MetricStat"]}} if "MetricStat" in one else one


def tracking(body: Json) -> decide.Policy:
    """A target tracking policy, to decide by."""
    found = body[TRACKING]
    return decide.Policy(
        body["PolicyName"],
        float(found["TargetValue"]),
        float(found.get("ScaleOutCooldown", decide.COOLDOWN)),
        float(found.get("ScaleInCooldown", decide.COOLDOWN)),
        not found.get("DisableScaleIn", False),
    )


def steps(body: Json) -> StepPolicy:
    """A step scaling policy, to decide by."""
    found = body[STEPS]
    return StepPolicy(
        body["PolicyName"],
        found["AdjustmentType"],
        tuple(
            StepAdjustment(
                one.get("MetricIntervalLowerBound"), one.get("MetricIntervalUpperBound"), one["ScalingAdjustment"]
            )
            for one in found["StepAdjustments"]
        ),
        float(found.get("Cooldown", decide.COOLDOWN)),
        found.get("MinAdjustmentMagnitude", 1),
    )


def _invalid(message: str) -> AwsError:
    return AwsError("ValidationException", message)
