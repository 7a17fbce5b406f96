"""Application Auto Scaling's operations, for ECS services and target tracking; anything else is refused by name."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from netflux.aws.applicationautoscaling.store import DIMENSION, NAMESPACE, POLICY, TARGET, Json, Store, policy_key
from netflux.controlplane.call import Call
from netflux.errors import AwsError, Unsupported

METRICS = ("ECSServiceAverageCPUUtilization", "ECSServiceAverageMemoryUtilization", "ALBRequestCountPerTarget")
_ROLE = "ecs.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService"
_TIMES = ("CreationTime", "StartTime", "EndTime")
_HIDDEN = ("Tags", "Past", "Count")


class Caller(Protocol):
    """Calls the region's own APIs."""

    async def call(self, service: str, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """The operation's response; AwsError when it fails."""
        ...


class ApplicationAutoScalingApi:
    """Handlers.

    Args:
        store: the documents.
        apis: asks ECS for services.
    """

    service = "application-autoscaling"
    whole = True

    def __init__(self, store: Store, apis: Caller) -> None:
        self._store = store
        self._apis = apis

    async def register_scalable_target(self, call: Call, request: Json) -> Json:
        """Registers an ECS service, or changes what was registered."""
        _check_kind(request)
        resource = request["ResourceId"]
        before = self._store.target(resource)
        if before is None:
            for name in ("MinCapacity", "MaxCapacity"):
                if name not in request:
                    raise _invalid(f"{name} is required when a scalable target is registered")
            await self._check_service(resource)
        suspended = {
            "DynamicScalingInSuspended": False, "DynamicScalingOutSuspended": False, "ScheduledScalingSuspended": False,
            **(before or {}).get("SuspendedState", {}), **request.get("SuspendedState", {}),
        }  # fmt: skip
        prefix = f"arn:aws:application-autoscaling:{call.region}:{call.account}"
        body = {
            "RoleARN": f"arn:aws:iam::{call.account}:role/aws-service-role/{_ROLE}",
            "CreationTime": self._store.now(),
            "ScalableTargetARN": f"{prefix}:scalable-target/{uuid.uuid4().hex}",
            **(before or {}),
            **request,
            "SuspendedState": suspended,
        }
        if not 0 <= body["MinCapacity"] <= body["MaxCapacity"]:
            raise _invalid("Maximum capacity cannot be less than minimum capacity, and neither less than 0")
        self._store.put_target(body)
        return {"ScalableTargetARN": body["ScalableTargetARN"]}

    async def describe_scalable_targets(self, _call: Call, request: Json) -> Json:
        """Registered services."""
        wanted = request.get("ResourceIds")
        found = [
            body for body in self._of(request, self._store.targets()) if not wanted or body["ResourceId"] in wanted
        ]
        return _page("ScalableTargets", found, request)

    async def deregister_scalable_target(self, _call: Call, request: Json) -> Json:
        """Ends the scaling of a service, and its policies."""
        _check_kind(request)
        self._must_find(request, "found")
        for policy in self._store.policies(request["ResourceId"]):
            self._store.delete(POLICY, policy_key(policy))
        self._store.delete(TARGET, request["ResourceId"])
        return {}

    async def put_scaling_policy(self, call: Call, request: Json) -> Json:
        """Makes or replaces a target tracking policy. There are no CloudWatch alarms behind it."""
        _check_kind(request)
        kind = request.get("PolicyType", "StepScaling")
        if kind != "TargetTrackingScaling":
            raise Unsupported(f"PolicyType {kind} of application-autoscaling", "Use TargetTrackingScaling.")
        _check_tracking(request.get("TargetTrackingScalingPolicyConfiguration"))
        self._must_find(request, "registered")
        resource, name = request["ResourceId"], request["PolicyName"]
        before = next((one for one in self._store.policies(resource) if one["PolicyName"] == name), None)
        prefix = f"arn:aws:autoscaling:{call.region}:{call.account}:scalingPolicy:{uuid.uuid4()}"
        made = {"PolicyARN": f"{prefix}:resource/ecs/{resource}:policyName/{name}", "CreationTime": self._store.now()}
        kept = {key: before[key] for key in made} if before else made
        self._store.put_policy({**request, **kept})
        return {"PolicyARN": kept["PolicyARN"], "Alarms": []}

    async def describe_scaling_policies(self, _call: Call, request: Json) -> Json:
        """Policies."""
        names = request.get("PolicyNames")
        found = [
            {**body, "Alarms": []}
            for body in self._of(request, self._store.policies())
            if not names or body["PolicyName"] in names
        ]
        return _page("ScalingPolicies", found, request)

    async def delete_scaling_policy(self, _call: Call, request: Json) -> Json:
        """Removes a policy."""
        _check_kind(request)
        found = [
            one for one in self._store.policies(request["ResourceId"]) if one["PolicyName"] == request["PolicyName"]
        ]
        if not found:
            raise _absent("scaling policy", "found", request)
        self._store.delete(POLICY, policy_key(found[0]))
        return {}

    async def describe_scaling_activities(self, _call: Call, request: Json) -> Json:
        """What was changed and why, the newest first."""
        return _page("ScalingActivities", self._of(request, self._store.activities()), request)

    async def list_tags_for_resource(self, _call: Call, request: Json) -> Json:
        """Tags of a scalable target."""
        return {"Tags": self._by_arn(request["ResourceARN"]).get("Tags", {})}

    async def tag_resource(self, _call: Call, request: Json) -> Json:
        """Adds tags to a scalable target."""
        body = self._by_arn(request["ResourceARN"])
        self._store.put_target({**body, "Tags": {**body.get("Tags", {}), **request["Tags"]}})
        return {}

    async def untag_resource(self, _call: Call, request: Json) -> Json:
        """Takes tags from a scalable target."""
        body = self._by_arn(request["ResourceARN"])
        left = {key: value for key, value in body.get("Tags", {}).items() if key not in request["TagKeys"]}
        self._store.put_target({**body, "Tags": left})
        return {}

    async def _check_service(self, resource: str) -> None:
        _, cluster, service = resource.split("/")
        try:
            asked = {"cluster": cluster, "services": [service]}
            found = (await self._apis.call("ecs", "DescribeServices", asked))["services"]
        except AwsError:
            found = []
        if not [one for one in found if one["status"] == "ACTIVE"]:
            raise _invalid(f"ECS service doesn't exist: {resource}")

    def _of(self, request: Json, found: Sequence[Json]) -> list[Json]:
        if request["ServiceNamespace"] != NAMESPACE:
            return []
        return [body for body in found if request.get("ResourceId") in (None, body["ResourceId"])]

    def _must_find(self, request: Json, how: str) -> Json:
        found = self._store.target(request["ResourceId"])
        if found is None:
            raise _absent("scalable target", how, request)
        return found

    def _by_arn(self, arn: str) -> Json:
        for body in self._store.targets():
            if body["ScalableTargetARN"] == arn:
                return body
        raise AwsError("ResourceNotFoundException", f"The resource doesn't exist: {arn}")


def _check_kind(request: Json) -> None:
    if request["ServiceNamespace"] != NAMESPACE or request["ScalableDimension"] != DIMENSION:
        what = f"{request['ServiceNamespace']} and {request['ScalableDimension']} of application-autoscaling"
        raise Unsupported(what, f"ECS services are scaled: {NAMESPACE}, {DIMENSION}.")
    parts = request["ResourceId"].split("/")
    if len(parts) != 3 or parts[0] != "service" or not all(parts):
        raise _invalid("Unsupported service namespace, resource type or scalable dimension")


def _check_tracking(tracking: Json | None) -> None:
    if tracking is None:
        raise _invalid("TargetTrackingScalingPolicyConfiguration is required for TargetTrackingScaling")
    if "CustomizedMetricSpecification" in tracking:
        raise Unsupported("CustomizedMetricSpecification of a scaling policy", f"Use one of {', '.join(METRICS)}.")
    metric = tracking.get("PredefinedMetricSpecification", {})
    if metric.get("PredefinedMetricType") not in METRICS:
        raise _invalid(f"PredefinedMetricType of an ECS service must be one of {', '.join(METRICS)}")
    labelled = metric["PredefinedMetricType"] == "ALBRequestCountPerTarget"
    if labelled != bool(metric.get("ResourceLabel")):
        raise _invalid("ResourceLabel goes with ALBRequestCountPerTarget, and only with it")
    if labelled and "/targetgroup/" not in metric["ResourceLabel"]:
        raise _invalid("ResourceLabel must be app/{load balancer}/{id}/targetgroup/{target group}/{id}")
    if tracking["TargetValue"] <= 0:
        raise _invalid("TargetValue must be above 0")


def _invalid(message: str) -> AwsError:
    return AwsError("ValidationException", message)


def _absent(what: str, how: str, request: Json) -> AwsError:
    return AwsError(
        "ObjectNotFoundException",
        f"No {what} {how} for service namespace: {request['ServiceNamespace']}, resource ID: {request['ResourceId']}, "
        f"scalable dimension: {request['ScalableDimension']}",
    )


def _page(name: str, found: Sequence[Json], request: Json) -> Json:
    first, size = int(request.get("NextToken") or 0), int(request.get("MaxResults") or 50)
    answer: Json = {name: [_wire(body) for body in found[first : first + size]]}
    return answer | ({"NextToken": str(first + size)} if len(found) > first + size else {})


def _wire(body: Json) -> Json:
    shown = {key: value for key, value in body.items() if key not in _HIDDEN}
    return {key: datetime.fromisoformat(value) if key in _TIMES else value for key, value in shown.items()}
