"""Tasks as targets of load balancers: joining, leaving, and what the load balancer has observed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from netflux.aws.ecs.store import Json
from netflux.controlplane.call import Caller
from netflux.errors import AwsError

DEREGISTRATION_DELAY = 300.0  # API reference, TargetGroupAttribute: deregistration_delay.timeout_seconds


@dataclass(frozen=True)
class Target:
    """An address and port in a target group."""

    group: str
    address: str
    port: int

    @property
    def params(self) -> Json:
        """Parameters of Register-, DeregisterTargets and DescribeTargetHealth."""
        return {"TargetGroupArn": self.group, "Targets": [{"Id": self.address, "Port": self.port}]}


@dataclass(frozen=True)
class TargetState:
    """ALB's state of a target: `initial`, `healthy`, `unhealthy`, `draining`, `unused`; and why, as it describes it."""

    state: str
    reason: str = ""


def of_task(load_balancers: Iterable[Json], address: str) -> list[Target]:
    """The targets that a task is, from its service's load balancers."""
    return [Target(entry["targetGroupArn"], address, entry["containerPort"]) for entry in load_balancers]


async def register(apis: Caller, targets: Iterable[Target]) -> None:
    """Registers all; AwsError when a group is gone."""
    for target in targets:
        await apis.call("elbv2", "RegisterTargets", target.params)


async def deregister(apis: Caller, targets: Iterable[Target]) -> float:
    """Deregisters all; returns the longest delay in seconds. Groups that are gone need nothing."""
    longest = 0.0
    for target in targets:
        try:
            await apis.call("elbv2", "DeregisterTargets", target.params)
            longest = max(longest, await _delay(apis, target.group))
        except AwsError as error:
            if error.code not in ("TargetGroupNotFound", "InvalidTarget"):
                raise
    return longest


async def _delay(apis: Caller, group: str) -> float:
    answer = await apis.call("elbv2", "DescribeTargetGroupAttributes", {"TargetGroupArn": group})
    attributes = {item["Key"]: item["Value"] for item in answer["Attributes"]}
    return float(attributes.get("deregistration_delay.timeout_seconds", DEREGISTRATION_DELAY))


async def drains(apis: Caller, targets: Iterable[Target]) -> bool:
    """Whether any of the targets still drains."""
    states = await states_of(apis, {target.group for target in targets})
    return any(states.get(target, TargetState("unused")).state == "draining" for target in targets)


async def states_of(apis: Caller, groups: Iterable[str]) -> dict[Target, TargetState]:
    """What was observed of every target of the groups; a group that is gone has none."""
    found: dict[Target, TargetState] = {}
    for group in groups:
        try:
            answer = await apis.call("elbv2", "DescribeTargetHealth", {"TargetGroupArn": group})
        except AwsError as error:
            if error.code != "TargetGroupNotFound":
                raise
            continue
        for entry in answer["TargetHealthDescriptions"]:
            target, health = entry["Target"], entry["TargetHealth"]
            key = Target(group, target["Id"], int(target["Port"]))
            found[key] = TargetState(health["State"], health.get("Description", ""))
    return found
