"""How a service's tasks stand: members of deployments, from their documents and what load balancers have observed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from netflux.aws.ecs.arn import name
from netflux.aws.ecs.decide import message
from netflux.aws.ecs.decide.deployment import Member, Phase
from netflux.aws.ecs.decide.health import HEALTHY, UNHEALTHY
from netflux.aws.ecs.store import DEFINITION, Json, Store
from netflux.aws.ecs.target import Target, TargetState, of_task

# API shape DeploymentConfiguration: a task without any check counts as healthy 40 seconds after it is RUNNING.
SETTLE = 40.0
_STOPPING = ("DEACTIVATING", "STOPPING", "DEPROVISIONING")


@dataclass(frozen=True)
class Standing:
    """A task that has not stopped, and why it would be replaced.

    Attributes:
        member: as deployments see it.
        arn: of the task.
        reason: stoppedReason if it is replaced; empty while nothing fails.
        event: the service event then.
        settles_in: simulated seconds until time alone may change its standing; None when it won't.
        passed: it was found healthy before.
    """

    member: Member
    arn: str
    reason: str = ""
    event: str = ""
    settles_in: float | None = None
    passed: bool = False


@dataclass(frozen=True)
class Observer:
    """Judges tasks of one service.

    Attributes:
        store: for task definitions.
        service: document.
        states: observed target states.
        now: for ages.
        speed: simulated seconds in a real one.
    """

    store: Store
    service: Json
    states: Mapping[Target, TargetState]
    now: datetime
    speed: float

    def standings(self, tasks: Sequence[Json]) -> list[Standing]:
        """All tasks that have not stopped."""
        return [self._standing(body) for body in tasks if body["task"]["lastStatus"] != "STOPPED"]

    def judged(self, body: Json) -> bool:
        """Whether anything checks the task's health: a target group, or a check of an essential container."""
        return bool(body["loadBalancers"]) or self._has_check(body["task"])

    def age(self, timestamp: str) -> float:
        """Simulated seconds since a timestamp."""
        return (self.now - datetime.fromisoformat(timestamp)).total_seconds() * self.speed

    def _standing(self, body: Json) -> Standing:
        task = body["task"]
        phase = _phase(task)
        basis = Member(
            id=name(task["taskArn"]), deployment=body["deployment"], phase=phase, subnet=body["subnet"],
            zone=self._zones().get(body["subnet"], ""), age=self.age(task["createdAt"]),
        )  # fmt: skip
        if phase is not Phase.RUNNING:
            return Standing(basis, task["taskArn"])
        healthy, reason, event, wait = self._judge(body)
        member = replace(basis, healthy=healthy, failing=bool(reason))
        return Standing(member, task["taskArn"], reason, event, wait, body.get("passed", False))

    def _zones(self) -> dict[str, str]:
        """Zones by the subnets of the service's deployments."""
        return {
            subnet: zone for body in self.service["deployments"] for subnet, zone in body.get("zones", {}).items()
        }  # fmt: skip

    def _judge(self, body: Json) -> tuple[bool, str, str, float | None]:
        task = body["task"]
        age = self.age(task["startedAt"])
        grace = float(self.service["accepted"]["healthCheckGracePeriodSeconds"]) - age
        checked = self._has_check(task)
        targets = of_task(body["loadBalancers"], _address(task))
        reason, event = self._failure(task, targets, checked=checked)
        if reason:
            return (False, "", "", grace) if grace > 0 else (False, reason, event, None)
        if not targets and not checked:
            return age >= SETTLE, "", "", SETTLE - age if age < SETTLE else None
        there = all(self.states.get(item, TargetState("unused")).state == "healthy" for item in targets)
        return there and (not checked or task["healthStatus"] == HEALTHY), "", "", None

    def _failure(self, task: Json, targets: Sequence[Target], *, checked: bool) -> tuple[str, str]:
        service, identity = self.service["name"], name(task["taskArn"])
        for item in targets:
            state = self.states.get(item, TargetState("unused"))
            if state.state == "unhealthy":
                event = message.target_unhealthy(service, identity, item.port, item.group, state.reason)
                return message.elb_reason(item.group), event
        if checked and task["healthStatus"] == UNHEALTHY:
            return message.CONTAINER_REASON, message.container_unhealthy(service, identity)
        return "", ""

    def _has_check(self, task: Json) -> bool:
        definition = self.store.get(DEFINITION, task["taskDefinitionArn"]) or {"containerDefinitions": []}
        return any(
            body.get("healthCheck") and body.get("essential", True) for body in definition["containerDefinitions"]
        )


def _phase(task: Json) -> Phase:
    if task["desiredStatus"] == "STOPPED" or task["lastStatus"] in _STOPPING:
        return Phase.STOPPING
    return Phase.RUNNING if task["lastStatus"] == "RUNNING" else Phase.STARTING


def _address(task: Json) -> str:
    details = {item["name"]: item["value"] for item in task["attachments"][0]["details"]}
    address: str = details.get("privateIPv4Address", "")
    return address
