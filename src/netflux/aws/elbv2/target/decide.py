"""Decisions about targets: their health after a check, and which of them get requests. Pure.

States, reasons and their texts: Elastic Load Balancing user guide, "Health checks for your target groups"
(target-group-health-checks).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from netflux.resources.elbv2 import Target


@dataclass(frozen=True)
class Health:
    """What is known of a target.

    Attributes:
        passes, failures: checks in a row.
    """

    state: str
    reason: str = ""
    description: str = ""
    passes: int = 0
    failures: int = 0


@dataclass(frozen=True)
class Outcome:
    """How one check ended.

    Attributes:
        kind: `answer`, `timeout`, or `failed` (connection error or malformed answer).
        code: the status of an answer.
    """

    kind: str
    code: int = 0


@dataclass(frozen=True)
class Thresholds:
    """Checks in a row that change a target's state, and the codes that pass."""

    healthy: int
    unhealthy: int
    matcher: str


REGISTERED = Health("initial", "Elb.RegistrationInProgress", "Target registration is in progress")
CHECKING = Health("initial", "Elb.InitialHealthChecking", "Initial health checks in progress")
DRAINING = Health("draining", "Target.DeregistrationInProgress", "Target deregistration is in progress")
NOT_IN_USE = Health(
    "unused", "Target.NotInUse", "Target group is not configured to receive traffic from the load balancer"
)
UNCHECKED = Health("unavailable", "Target.HealthCheckDisabled", "Health checks are not enabled for this target")
AWAY = Health(
    "unused", "Target.NotInUse", "Target is in an Availability Zone that is not enabled for the load balancer"
)
NOT_REGISTERED = Health("unused", "Target.NotRegistered", "Target is not registered to the target group")


_OPEN = ("initial", "unhealthy")


def matches(matcher: str, code: int) -> bool:
    """Whether a status is among a matcher's, e.g. `200`, `200,202` or `200-299`."""
    for part in matcher.split(","):
        low, _, high = part.strip().partition("-")
        if int(low) <= code <= int(high or low):
            return True
    return False


def observed(health: Health, outcome: Outcome, thresholds: Thresholds) -> Health:
    """The target's health after one more check.

    A new target is in service after one pass, whatever the threshold; later changes need the consecutive ones.
    """
    if outcome.kind == "answer" and matches(thresholds.matcher, outcome.code):
        passes = health.passes + 1
        if health.state in {"initial", "healthy"} or passes >= thresholds.healthy:
            return Health("healthy", passes=passes)
        return replace(health, passes=passes, failures=0)
    failures = health.failures + 1
    if health.state == "unhealthy" or failures >= thresholds.unhealthy:
        reason, description = _failure(outcome)
        return Health("unhealthy", reason, description, failures=failures)
    if health.state == "initial":
        return replace(CHECKING, failures=failures)
    return replace(health, passes=0, failures=failures)


def _failure(outcome: Outcome) -> tuple[str, str]:
    if outcome.kind == "answer":
        return "Target.ResponseCodeMismatch", f"Health checks failed with these codes: [{outcome.code}]"
    if outcome.kind == "timeout":
        return "Target.Timeout", "Request timed out"
    return "Target.FailedHealthChecks", "Health checks failed"


def minimum(attributes: Mapping[str, str], registered: int, action: str = "unhealthy_state_routing") -> int:
    """How many targets must be healthy, by a group's attributes: fewer than either of the two is too few."""
    count, percentage = (
        attributes[f"target_group_health.{action}.minimum_healthy_targets.{unit}"] for unit in ("count", "percentage")
    )
    share = 0 if percentage == "off" else math.ceil(registered * int(percentage) / 100)
    return max(0 if count == "off" else int(count), share)


_WORST = ("unhealthy", "initial", "healthy")


def shown(seen: Sequence[Health]) -> Health:
    """What the API tells of a target that several nodes check: the worst that one of them has found.

    AWS's pages don't say what it tells; so a target that one node can't reach is seen to be in trouble.
    """
    return min(seen, key=lambda health: _WORST.index(health.state), default=REGISTERED)


def zonal(attributes: Mapping[str, str]) -> bool:
    """Whether each node sends requests to the targets of its own Availability Zone alone."""
    return attributes["load_balancing.cross_zone.enabled"] == "false"


def cut_off(seen: Sequence[Health], attributes: Mapping[str, str]) -> bool:
    """Whether a node has found too few of a group's targets healthy for DNS (`dns_failover`).

    A group without targets cuts nobody off, but a zone without any of a zonal group's does.
    """
    registered = [health for health in seen if health != DRAINING]
    healthy = sum(health.state == "healthy" for health in registered)
    counts = bool(registered) or zonal(attributes)
    return counts and healthy < minimum(attributes, len(registered), "dns_failover")


def routing(targets: Sequence[tuple[Target, Health]], minimum: int) -> list[tuple[Target, str]]:
    """The state of each target's server: `ready`, or `maint`, which lets requests in flight end.

    HAProxy's `drain` would still give a draining target the clients whose cookie names it.

    With fewer healthy targets than the group's minimum (`unhealthy_state_routing`), all registered ones get requests.
    """
    healthy = sum(health.state == "healthy" for _, health in targets)
    fail_open = healthy < minimum
    return [
        (target, "ready" if health.state == "healthy" or (fail_open and health.state in _OPEN) else "maint")
        for target, health in targets
    ]
