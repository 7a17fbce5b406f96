"""Scales ECS services by what is measured of them."""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Sequence
from datetime import datetime

from netflux.aws.applicationautoscaling import decide, meter
from netflux.aws.applicationautoscaling.api import Caller
from netflux.aws.applicationautoscaling.decide import Bounds, Change, Past, Policy, Reading
from netflux.aws.applicationautoscaling.meter import Requests, Sample, Uses
from netflux.aws.applicationautoscaling.store import DIMENSION, NAMESPACE, Json, Store
from netflux.errors import AwsError, Retryable
from netflux.reconcile.controller import Result

PERIOD = 60.0
"""Simulated seconds between two looks; ECS gives CloudWatch a value a minute."""


class ScalingController:
    """Controller `autoscaling`; keys are resource ids of scalable targets that have policies.

    Args:
        store: targets, policies and activities.
        apis: reads and updates ECS services.
        uses: what tasks use.
        requests: what target groups were given.
    """

    name = "autoscaling"

    def __init__(self, store: Store, apis: Caller, uses: Uses, requests: Requests) -> None:
        self._store = store
        self._apis = apis
        self._uses = uses
        self._requests = requests
        self._last: dict[str, Sample] = {}
        self._values: dict[str, deque[float | None]] = {}

    async def keys(self) -> Sequence[str]:
        """Scalable targets with policies."""
        return list(dict.fromkeys(policy["ResourceId"] for policy in self._store.policies()))

    async def reconcile(self, key: str) -> Result:
        """Measures once a minute, and scales when the policies say so."""
        target, policies = self._store.target(key), self._store.policies(key)
        service = await self._service(key) if target is not None and policies else None
        if target is None or service is None:
            self._last.pop(key, None)
            return Result()
        self._fulfil(key, service)
        waited = self._since_last(key)
        if waited is not None and waited < PERIOD:
            return Result(PERIOD - waited)
        before, now = self._last.get(key), await self._sample(key, policies)
        self._last[key] = now
        if before is not None:
            readings = [self._reading(policy, before, now) for policy in policies]
            change = decide.decide(
                _bounds(target), readings, service["desiredCount"], self._past(target), deploying=_deploying(service)
            )
            if change is not None:
                await self._make(target, service, change)
        return Result(PERIOD)

    def _since_last(self, key: str) -> float | None:
        last = self._last.get(key)
        return None if last is None else self._store.clock.monotonic() - last.at * self._store.clock.speed

    async def _service(self, key: str) -> Json | None:
        _, cluster, name = key.split("/")
        try:
            answer = await self._apis.call("ecs", "DescribeServices", {"cluster": cluster, "services": [name]})
        except AwsError as error:
            if error.code == "ClusterNotFoundException":
                return None
            raise Retryable(f"{key}: {error}") from error
        return next((one for one in answer["services"] if one["status"] == "ACTIVE"), None)

    async def _sample(self, key: str, policies: Sequence[Json]) -> Sample:
        _, cluster, name = key.split("/")
        labels = {str(_metric(policy).get("ResourceLabel", "")) for policy in policies}
        counts: dict[str, int] = {}
        for label in labels - {""}:
            count = await self._requests(f"targetgroup/{label.partition('/targetgroup/')[2]}")
            if count is not None:
                counts[label] = count
        clock = self._store.clock
        return Sample(clock.monotonic() / clock.speed, self._uses(cluster, name), counts)

    def _reading(self, policy: Json, before: Sample, now: Sample) -> Reading:
        known = self._values.setdefault(policy["PolicyARN"], deque(maxlen=decide.IN_POINTS))
        known.append(meter.value(_metric(policy), before, now))
        return Reading(_policy(policy), tuple(known))

    def _past(self, target: Json) -> Past:
        past = target.get("Past", {})
        clock = self._store.clock

        def since(name: str) -> float | None:
            if name not in past:
                return None
            return (clock.now() - datetime.fromisoformat(past[name])).total_seconds() * clock.speed

        return Past(since("out"), past.get("base", 0), since("in"))

    async def _make(self, target: Json, service: Json, change: Change) -> None:
        resource, current, now = target["ResourceId"], service["desiredCount"], self._store.now()
        activity = {
            "ActivityId": str(uuid.uuid4()), "ServiceNamespace": NAMESPACE, "ResourceId": resource,
            "ScalableDimension": DIMENSION, "Description": f"Setting desired count to {change.count}.",
            "Cause": f"monitor alarm TargetTracking-{resource}-{change.alarm} in state ALARM triggered policy "
                     f"{change.policy}",
            "StartTime": now, "StatusCode": "InProgress", "Count": change.count,
            "StatusMessage": f"Successfully set desired count to {change.count}. Waiting for change to be fulfilled by "
                             f"{NAMESPACE}.",
        }  # fmt: skip
        update = {
            "cluster": service["clusterArn"], "service": service["serviceName"], "desiredCount": change.count,
        }  # fmt: skip
        try:
            await self._apis.call("ecs", "UpdateService", update)
        except AwsError as error:
            failed = {"StatusCode": "Failed", "EndTime": now, "StatusMessage": f"Failed to set desired count: {error}"}
            self._store.put_activity(activity | failed)
            return
        made = {"out": now, "base": current} if change.count > current else {"in": now}
        self._store.put_target({**target, "Past": {**target.get("Past", {}), **made}})
        self._store.put_activity(activity)

    def _fulfil(self, key: str, service: Json) -> None:
        """An activity is successful when so many tasks were seen running."""
        for activity in self._store.activities(key):
            if activity["StatusCode"] != "InProgress":
                continue
            count = activity["Count"]
            if service["desiredCount"] != count:
                said = f"The desired count was set to {service['desiredCount']} meanwhile."
                ended = {"StatusCode": "Overridden", "StatusMessage": said}
            elif service["runningCount"] == count:
                said = f"Successfully set desired count to {count}. Change successfully fulfilled by {NAMESPACE}."
                ended = {"StatusCode": "Successful", "StatusMessage": said}
            else:
                continue
            self._store.put_activity({**activity, **ended, "EndTime": self._store.now()})


def _metric(policy: Json) -> Json:
    metric: Json = policy["TargetTrackingScalingPolicyConfiguration"]["PredefinedMetricSpecification"]
    return metric


def _policy(body: Json) -> Policy:
    tracking = body["TargetTrackingScalingPolicyConfiguration"]
    return Policy(
        body["PolicyName"],
        float(tracking["TargetValue"]),
        float(tracking.get("ScaleOutCooldown", decide.COOLDOWN)),
        float(tracking.get("ScaleInCooldown", decide.COOLDOWN)),
        not tracking.get("DisableScaleIn", False),
    )


def _bounds(target: Json) -> Bounds:
    suspended = target["SuspendedState"]
    return Bounds(
        target["MinCapacity"],
        target["MaxCapacity"],
        suspended["DynamicScalingOutSuspended"],
        suspended["DynamicScalingInSuspended"],
    )


def _deploying(service: Json) -> bool:
    return any(one["rolloutState"] == "IN_PROGRESS" for one in service["deployments"])
