"""Application Auto Scaling: targets and policies."""

from __future__ import annotations

from netflux.cloudformation.types.table import Facts, Properties, Row, Step

_KEYS = {
    "ServiceNamespace": "$new.ServiceNamespace",
    "ResourceId": "$new.ResourceId",
    "ScalableDimension": "$new.ScalableDimension",
}


def _keys(facts: Facts) -> Properties:
    return {key: facts.new[key] for key in _KEYS}


def _scheduled(facts: Facts) -> list[Properties]:
    return [{**_keys(facts), **action} for action in facts.new.get("ScheduledActions", [])]


def _unscheduled(facts: Facts) -> list[Properties]:
    """Those that the template no longer has."""
    kept = {action["ScheduledActionName"] for action in facts.new.get("ScheduledActions", [])}
    dropped = [action["ScheduledActionName"] for action in facts.old.get("ScheduledActions", [])]
    return [{**_keys(facts), "ScheduledActionName": name} for name in dropped if name not in kept]


_TARGET = Row(
    type="AWS::ApplicationAutoScaling::ScalableTarget",
    service="application-autoscaling",
    create=Step("RegisterScalableTarget"),
    id="{new.ResourceId}|{new.ScalableDimension}|{new.ServiceNamespace}",
    attributes={"Id": "$id"},
    also=(
        Step("PutScheduledAction", ("ScheduledActions",), build=_scheduled),
        Step("DeleteScheduledAction", ("ScheduledActions",), build=_unscheduled),
    ),
    update=(Step("RegisterScalableTarget", ("MinCapacity", "MaxCapacity", "RoleARN", "SuspendedState"), params=_KEYS),),
    delete=(Step("DeregisterScalableTarget", params=_KEYS),),
    gone=("ObjectNotFoundException",),
)


def _policy(properties: Properties) -> Properties:
    """ScalingTargetId is the target's physical id, which says what the API wants in three members."""
    made = {key: each for key, each in properties.items() if key != "ScalingTargetId"}
    target = properties.get("ScalingTargetId")
    if isinstance(target, str):
        resource, dimension, namespace = target.split("|")
        made |= {"ResourceId": resource, "ScalableDimension": dimension, "ServiceNamespace": namespace}
    return made


def _policy_key(facts: Facts) -> list[Properties]:
    made = _policy(facts.new)
    return [{key: made[key] for key in (*_KEYS, "PolicyName")}]


_POLICY = Row(
    type="AWS::ApplicationAutoScaling::ScalingPolicy",
    service="application-autoscaling",
    create=Step("PutScalingPolicy"),
    id="$response.PolicyARN",
    attributes={"Arn": "$id"},
    prepare=_policy,
    consumed=("ScalingTargetId",),
    update=(
        Step(
            "PutScalingPolicy",
            ("PolicyType", "TargetTrackingScalingPolicyConfiguration", "StepScalingPolicyConfiguration"),
            always=("PolicyName", "PolicyType", "ResourceId", "ScalableDimension", "ServiceNamespace"),
        ),
    ),
    delete=(Step("DeleteScalingPolicy", build=_policy_key),),
    gone=("ObjectNotFoundException",),
)

ROWS = (_TARGET, _POLICY)
