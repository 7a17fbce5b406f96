"""What is not ready yet, told from a snapshot. Pure: the snapshot is all it knows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def missing(snapshot: dict[str, Any]) -> list[str]:
    """A sentence for each thing that was asked for and does not stand yet; empty when all is ready.

    Args:
        snapshot: as `status.snapshot` makes it.
    """
    return [*_services(snapshot), *_targets(snapshot), *_databases(snapshot), *_distributions(snapshot)]


def _services(snapshot: dict[str, Any]) -> Iterable[str]:
    for service in snapshot.get("services", ()):
        running, desired = service.get("runningCount", 0), service.get("desiredCount", 0)
        rollouts = [one for one in service.get("deployments", ()) if one.get("rolloutState") == "IN_PROGRESS"]
        if running != desired or rollouts:
            last = next((event["message"] for event in service.get("events", ())), "")
            yield f"service {service['serviceName']}: {running} of {desired} tasks run" + (f" ({last})" if last else "")


def _targets(snapshot: dict[str, Any]) -> Iterable[str]:
    wanted: dict[str, int] = {}
    for service in snapshot.get("services", ()):
        for balancer in service.get("loadBalancers", ()):
            arn = balancer.get("targetGroupArn", "")
            wanted[arn] = wanted.get(arn, 0) + service.get("desiredCount", 0)
    names = {one["TargetGroupArn"]: one["TargetGroupName"] for one in snapshot.get("target_groups", ())}
    for arn, count in wanted.items():
        targets = snapshot.get("target_health", {}).get(arn, ())
        healthy = sum(target["TargetHealth"]["State"] == "healthy" for target in targets)
        if arn in names and healthy < count:
            reasons = sorted({target["TargetHealth"].get("Reason", "") for target in targets} - {""})
            yield f"target group {names[arn]}: {healthy} of {count} targets are healthy" + (
                f" ({', '.join(reasons)})" if reasons else ""
            )


def _databases(snapshot: dict[str, Any]) -> Iterable[str]:
    for database in snapshot.get("databases", ()):
        if database["DBInstanceStatus"] != "available":
            yield f"database {database['DBInstanceIdentifier']} is {database['DBInstanceStatus']}"


def _distributions(snapshot: dict[str, Any]) -> Iterable[str]:
    for distribution in snapshot.get("distributions", ()):
        if distribution["Status"] != "Deployed":
            yield f"distribution {distribution['Id']} is {distribution['Status']}"
