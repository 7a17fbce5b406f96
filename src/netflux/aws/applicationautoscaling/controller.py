"""Scales ECS services: by alarms, by schedule, and into the bounds of their scalable target."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from netflux.aws.applicationautoscaling import decide, policy
from netflux.aws.applicationautoscaling.decide import Alarm, Bounds, Breach, Change, NotScaled, Past, Reading
from netflux.aws.applicationautoscaling.store import DIMENSION, NAMESPACE, Json, Store
from netflux.controlplane.call import Caller
from netflux.errors import AwsError, Retryable
from netflux.reconcile.controller import Result
from netflux.resources import schedule

_CAPACITIES = {
    decide.AT_MOST: "MaxCapacity", decide.AT_LEAST: "MinCapacity", decide.AS_WANTED: "CurrentCapacity",
}  # fmt: skip
PERIOD = 60.0
"""Simulated seconds between two looks at what is in progress."""


@dataclass(frozen=True)
class Call:
    """An alarm that is in ALARM calls for a policy.

    Attributes:
        policy: ARN.
        alarm: its name.
        value: the newest of its metric.
        threshold: its own.
    """

    policy: str
    alarm: str
    value: float
    threshold: float


class ScalingController:
    """Controller `autoscaling`; keys are resource ids of scalable targets.

    Args:
        store: targets, policies, scheduled actions and activities.
        apis: reads and updates ECS services.
    """

    name = "autoscaling"

    def __init__(self, store: Store, apis: Caller) -> None:
        self._store = store
        self._apis = apis
        self._called: dict[str, list[Call]] = {}

    def called(self, calls: Sequence[Call]) -> list[str]:
        """Takes what alarms call for in this minute; the resources that want a pass for it.

        A call that is lost, by a restart or a service that is gone, comes again with the next minute.
        """
        resources = {body["PolicyARN"]: body["ResourceId"] for body in self._store.policies()}
        self._called = {}
        for call in calls:
            if call.policy in resources:
                self._called.setdefault(resources[call.policy], []).append(call)
        return [*self._called]

    async def keys(self) -> Sequence[str]:
        """Scalable targets."""
        return [body["ResourceId"] for body in self._store.targets()]

    async def reconcile(self, key: str) -> Result:
        """What is due now."""
        target = self._store.target(key)
        service = await self._service(key) if target is not None else None
        if target is None or service is None:
            return Result()
        self._fulfil(key, service)
        wait = self._run_due(key)
        count = await self._hold(key, service)
        calls = self._called.pop(key, [])
        if calls:
            await self._scale(key, service, count, calls)
        busy = any(one["StatusCode"] == "InProgress" for one in self._store.activities(key))
        waits = [one for one in (wait, PERIOD if busy else None) if one is not None]
        return Result(min(waits, default=None))

    async def _service(self, key: str) -> Json | None:
        _, cluster, name = key.split("/")
        try:
            answer = await self._apis.call("ecs", "DescribeServices", {"cluster": cluster, "services": [name]})
        except AwsError as error:
            if error.code == "ClusterNotFoundException":
                return None
            raise Retryable(f"{key}: {error}") from error
        return next((one for one in answer["services"] if one["status"] == "ACTIVE"), None)

    async def _scale(self, key: str, service: Json, count: int, calls: Sequence[Call]) -> None:
        target, policies = self._store.target(key), self._store.policies(key)
        if target is None:
            return
        wishes = [wish for body in policies for wish in _wishes(body, calls)]
        change = decide.decide(_bounds(target), wishes, count, self._past(target), deploying=_deploying(service))
        if change is None:
            return
        cause = f"monitor alarm {change.alarm} in state ALARM triggered policy {change.policy}"
        if isinstance(change, Change):
            await self._set(key, service, change, cause)
        else:
            self._left_alone(key, change, cause)

    def _left_alone(self, key: str, why: NotScaled, cause: str) -> None:
        """Once as long as it stays so: an alarm calls every minute."""
        reason = {"Code": why.code, _CAPACITIES[why.code]: why.capacity}
        said: Json = {"Cause": cause, "NotScaledReasons": [reason]}
        last = next(iter(self._store.activities(key)), {})
        if any(last.get(name) != value for name, value in said.items()):
            activity = _activity(key, "Attempting to scale due to alarm triggered", self._store.now())
            self._store.put_activity({**activity, **said, "StatusCode": "Failed"})

    async def _hold(self, key: str, service: Json) -> int:
        """Once after the bounds were changed: brings the count within them. The count then."""
        target, count = self._store.target(key), int(service["desiredCount"])
        if target is None or not target.get("Hold"):
            return count
        self._store.put_target({**target, "Hold": False})
        wanted: int = min(max(count, target["MinCapacity"]), target["MaxCapacity"])
        if wanted != count:
            bound = "minimum" if wanted > count else "maximum"
            await self._set(key, service, Change(wanted, "", ""), f"{bound} capacity was set to {wanted}")
        return wanted

    def _run_due(self, key: str) -> float | None:
        """Carries out scheduled actions that are due; simulated seconds until the next one."""
        waits = [self._run(body) for body in self._store.schedules(key)]
        return min((wait for wait in waits if wait is not None), default=None)

    def _run(self, body: Json) -> float | None:
        clock = self._store.clock
        read = schedule.read(body["Schedule"], body.get("Timezone"))
        at = isinstance(read, schedule.At)
        now = clock.now() if at else clock.calendar()
        last = min(datetime.fromisoformat(body["Last"]), now)
        due = schedule.within(read, last, _moment(body, "StartTime"), _moment(body, "EndTime"))
        if due is not None and due <= now:
            self._store.put_schedule({**body, "Last": now.isoformat()})
            self._carry_out(body)
            due = schedule.within(read, now, _moment(body, "StartTime"), _moment(body, "EndTime"))
        if due is None:
            return None
        return max(0.0, (due - now).total_seconds() * (clock.speed if at else 1.0))

    def _carry_out(self, body: Json) -> None:
        target = self._store.target(body["ResourceId"])
        if target is None or target["SuspendedState"]["ScheduledScalingSuspended"]:
            return
        action = body["ScalableTargetAction"]
        bounds = {name: action[name] for name in ("MinCapacity", "MaxCapacity") if name in action}
        words = [f"{name} capacity to {action[key]}" for name, key in (("min", "MinCapacity"), ("max", "MaxCapacity"))
                 if key in action]  # fmt: skip
        said, now = " and ".join(words), self._store.now()
        activity = {
            **_activity(body["ResourceId"], f"Setting {said}", now), "EndTime": now, "Count": -1,
            "Cause": f"scheduled action name {body['ScheduledActionName']} was triggered",
        }  # fmt: skip
        after = {**target, **bounds}
        if after["MinCapacity"] > after["MaxCapacity"]:
            failed = f"Failed to set {said}: the maximum capacity would be below the minimum capacity"
            self._store.put_activity({**activity, "StatusCode": "Failed", "StatusMessage": failed})
            return
        self._store.put_target({**after, "Hold": True})
        self._store.put_activity({**activity, "StatusCode": "Successful", "StatusMessage": f"Successfully set {said}"})

    def _past(self, target: Json) -> Past:
        past = target.get("Past", {})
        clock = self._store.clock

        def since(name: str) -> float | None:
            if name not in past:
                return None
            return (clock.now() - datetime.fromisoformat(past[name])).total_seconds() * clock.speed

        return Past(since("out"), past.get("base", 0), since("in"))

    async def _set(self, key: str, service: Json, change: Change, cause: str) -> None:
        current, now = service["desiredCount"], self._store.now()
        activity = {
            **_activity(key, f"Setting desired count to {change.count}.", now), "Cause": cause, "Count": change.count,
            "StatusCode": "InProgress",
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
        target = self._store.target(key)
        if target is not None and change.policy:
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


def _activity(resource: str, description: str, now: str) -> Json:
    return {
        "ActivityId": str(uuid.uuid4()), "ServiceNamespace": NAMESPACE, "ResourceId": resource,
        "ScalableDimension": DIMENSION, "Description": description, "StartTime": now,
    }  # fmt: skip


def _wishes(body: Json, calls: Sequence[Call]) -> list[Reading | Breach]:
    """What a policy wants by the alarms that call for it."""
    own = [call for call in calls if call.policy == body["PolicyARN"]]
    if not policy.is_tracking(body):
        return [Breach(policy.steps(body), Alarm(call.alarm, call.value), call.threshold) for call in own]
    by_end = {call.alarm.rpartition("-Alarm")[2].partition("-")[0]: Alarm(call.alarm, call.value) for call in own}
    return [Reading(policy.tracking(body), by_end.get("High"), by_end.get("Low"))]


def _moment(body: Json, name: str) -> datetime | None:
    return datetime.fromisoformat(body[name]) if name in body else None


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
