"""What Application Auto Scaling keeps: scalable targets, policies, scheduled actions and activities."""

from __future__ import annotations

from typing import Any

from netflux.clock import Clock
from netflux.controlplane.records.documents import Documents
from netflux.controlplane.records.kinds import kind

Json = dict[str, Any]

TARGET, POLICY, ACTIVITY = "autoscaling.target", "autoscaling.policy", "autoscaling.activity"
SCHEDULE = "autoscaling.schedule"
NAMESPACE, DIMENSION = "ecs", "ecs:service:DesiredCount"
_REGISTER = "Make it anew in Application Auto Scaling."
_KINDS = (
    kind(TARGET, _REGISTER, ResourceId=str, ScalableTargetARN=str, MinCapacity=int, MaxCapacity=int),
    kind(POLICY, _REGISTER, ResourceId=str, PolicyName=str, PolicyARN=str, Alarms=list),
    kind(SCHEDULE, _REGISTER, ResourceId=str, ScheduledActionName=str, Schedule=str),
    kind(ACTIVITY, "It is a record of the past only.", ActivityId=str, ResourceId=str, StartTime=str),
)
KEPT = 100
"""Activities of a target; AWS keeps those of six weeks."""


class Store:
    """Typed doors to the documents; targets and policies are by resource id.

    Args:
        documents: where they are.
        clock: for timestamps.
    """

    def __init__(self, documents: Documents, clock: Clock) -> None:
        documents.declare(*_KINDS)
        self.documents = documents
        self.clock = clock

    def now(self) -> str:
        """A timestamp."""
        return self.clock.now().isoformat()

    def targets(self) -> list[Json]:
        """All scalable targets."""
        return [body for _, body in self.documents.list(TARGET)]

    def target(self, resource: str) -> Json | None:
        """The scalable target of a resource."""
        return self.documents.get(TARGET, resource)

    def put_target(self, body: Json) -> None:
        """Stores a scalable target."""
        self.documents.put(TARGET, body["ResourceId"], body)

    def policies(self, resource: str | None = None) -> list[Json]:
        """Policies, of one resource or all."""
        found = [body for _, body in self.documents.list(POLICY)]
        return [body for body in found if resource in (None, body["ResourceId"])]

    def put_policy(self, body: Json) -> None:
        """Stores a policy."""
        self.documents.put(POLICY, policy_key(body), body)

    def schedules(self, resource: str | None = None) -> list[Json]:
        """Scheduled actions, of one resource or all."""
        found = [body for _, body in self.documents.list(SCHEDULE)]
        return [body for body in found if resource in (None, body["ResourceId"])]

    def put_schedule(self, body: Json) -> None:
        """Stores a scheduled action."""
        self.documents.put(SCHEDULE, schedule_key(body), body)

    def delete(self, kind: str, key: str) -> None:
        """Removes a document."""
        self.documents.delete(kind, key)

    def activities(self, resource: str | None = None) -> list[Json]:
        """Activities, the newest first."""
        found = [body for _, body in self.documents.list(ACTIVITY) if resource in (None, body["ResourceId"])]
        return sorted(found, key=lambda body: str(body["StartTime"]), reverse=True)

    def put_activity(self, body: Json) -> None:
        """Stores an activity, and forgets what is too old."""
        self.documents.put(ACTIVITY, body["ActivityId"], body)
        for old in self.activities(body["ResourceId"])[KEPT:]:
            self.documents.delete(ACTIVITY, old["ActivityId"])


def policy_key(body: Json) -> str:
    """Where a policy's document is."""
    return f"{body['ResourceId']}|{body['PolicyName']}"


def schedule_key(body: Json) -> str:
    """Where a scheduled action's document is."""
    return f"{body['ResourceId']}|{body['ScheduledActionName']}"
