"""Log lines of ECS services, read through the Logs API: service, task definition, log groups, events."""

from __future__ import annotations

from typing import Any

from netflux.console.status import Call
from netflux.errors import AwsError, UserError

_LIMIT = 10_000
"""FilterLogEvents gives at most ten thousand events a call,
docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html."""


async def read(call: Call, service: str, since: int) -> list[dict[str, Any]]:
    """Events in the order of their time; of many, the first ones: whoever asks goes on from the last one's time.

    Args:
        call: `Apis.call`.
        service: name of an ECS service; empty for all.
        since: milliseconds since 1970; events of that very millisecond are given too, each has an `id` to know it by.

    Raises:
        UserError: there is no such service.
    """
    services = await _services(call)
    if service and service not in services:
        known = ", ".join(sorted(services)) or "none"
        raise UserError(f"There is no ECS service {service!r} (there is: {known}).", "`netflux status` lists them.")
    wanted = {service: services[service]} if service else services
    found: list[dict[str, Any]] = []
    whole_until: int | None = None
    for name, groups in wanted.items():
        for group in groups:
            lines, more = await _lines(call, name, group, since)
            found += lines
            if more and lines:
                last = lines[-1]["timestamp"]
                whole_until = last if whole_until is None else min(whole_until, last)
    told = [line for line in found if whole_until is None or line["timestamp"] <= whole_until]
    return sorted(told, key=lambda line: line["timestamp"])


async def _services(call: Call) -> dict[str, list[str]]:
    """Log groups by the name of the service that writes to them."""
    found: dict[str, list[str]] = {}
    for cluster in (await call("ecs", "ListClusters", {}))["clusterArns"]:
        for arn in (await call("ecs", "ListServices", {"cluster": cluster, "maxResults": 100}))["serviceArns"]:
            described = await call("ecs", "DescribeServices", {"cluster": cluster, "services": [arn]})
            for service in described["services"]:
                found[service["serviceName"]] = await _groups(call, service["taskDefinition"])
    return found


async def _groups(call: Call, definition: str) -> list[str]:
    described = await call("ecs", "DescribeTaskDefinition", {"taskDefinition": definition})
    containers = described["taskDefinition"]["containerDefinitions"]
    options = [container.get("logConfiguration", {}).get("options", {}) for container in containers]
    return list(dict.fromkeys(option["awslogs-group"] for option in options if "awslogs-group" in option))


async def _lines(call: Call, service: str, group: str, since: int) -> tuple[list[dict[str, Any]], bool]:
    """One page of a group's events, and whether there are more."""
    try:
        page = await call("logs", "FilterLogEvents", {"logGroupName": group, "startTime": since, "limit": _LIMIT})
    except AwsError as error:
        if error.code == "ResourceNotFoundException":
            return [], False
        raise
    lines = [
        {
            "service": service,
            "stream": event["logStreamName"],
            "timestamp": event["timestamp"],
            "message": event["message"],
            "id": event.get("eventId") or f"{event['logStreamName']}/{event['timestamp']}/{event['message']}",
        }
        for event in sorted(page["events"], key=lambda event: event["timestamp"])
    ]
    return lines, "nextToken" in page
