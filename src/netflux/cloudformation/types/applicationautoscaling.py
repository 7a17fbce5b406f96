"""Application Auto Scaling: targets and policies."""

from __future__ import annotations

from netflux.cloudformation.types.table import Properties, Row, Step

_KEYS = {
    "ServiceNamespace": "$new.ServiceNamespace",
    "ResourceId": "$new.ResourceId",
    "ScalableDimension": "$new.ScalableDimension",
}
_TARGET = Row(
    type="AWS::ApplicationAutoScaling::ScalableTarget",
    service="application-autoscaling",
    create=Step("RegisterScalableTarget"),
    id="{new.ResourceId}|{new.ScalableDimension}|{new.ServiceNamespace}",
    attributes={"Id": "$id"},
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
    delete=(Step("DeleteScalingPolicy", params=_KEYS | {"PolicyName": "$new.PolicyName"}),),
    gone=("ObjectNotFoundException",),
)

ROWS = (_TARGET, _POLICY)
