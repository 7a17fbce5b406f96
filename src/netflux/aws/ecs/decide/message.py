"""Service events and reasons in the words that ECS uses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def started(service: str, tasks: Sequence[str]) -> str:
    """Tasks were started; ECS keeps the plural for one."""
    return f"(service {service}) has started {len(tasks)} tasks: {_list(tasks)}."


def stopped(service: str, tasks: Sequence[str]) -> str:
    """Running tasks were told to stop."""
    return f"(service {service}) has stopped {len(tasks)} running tasks: {_list(tasks)}."


def registered(service: str, count: int, group: str) -> str:
    """Targets were registered."""
    return f"(service {service}) registered {count} targets in (target-group {group})"


def deregistered(service: str, count: int, group: str) -> str:
    """Targets were deregistered."""
    return f"(service {service}) deregistered {count} targets in (target-group {group})"


def draining(service: str, deployment: str, count: int) -> str:
    """Targets of stopping tasks drain."""
    return f"(service {service}, taskSet {deployment}) has begun draining connections on {count} tasks."


def completed(service: str, deployment: str) -> str:
    """The deployment has what it wants."""
    return f"(service {service}) (deployment {deployment}) deployment completed."


def failed(service: str, deployment: str, what: str) -> str:
    """The circuit breaker has tripped, or an alarm has gone off."""
    return f"(service {service}) (deployment {deployment}) deployment failed: {what}."


def rolling_back(service: str, deployment: str, target: str) -> str:
    """The last completed deployment comes back."""
    return f"(service {service}) rolling back to deployment {target} from {deployment}."


def steady(service: str) -> str:
    """As many tasks run as are desired, and none is on its way."""
    return f"(service {service}) has reached a steady state."


def unbalanced(service: str, zones: Mapping[str, int]) -> str:
    """Tasks are spread unevenly, and some are going to move. Developer guide, "service-rebalancing-event-messages"."""
    return f"(service {service}) is not AZ balanced with {_by_zone(zones)}. AZ Rebalancing in progress."


def balanced(service: str, zones: Mapping[str, int]) -> str:
    """The moves are done."""
    return f"(service {service}) is AZ balanced with {_by_zone(zones)}."


def started_to_balance(service: str, tasks: Sequence[str], zone: str) -> str:
    """Tasks were started that others make room for."""
    return f"(service {service}) has started {len(tasks)} tasks in {zone} to AZ Rebalance: {_list(tasks)}."


def stopped_to_balance(service: str, tasks: Sequence[str], zone: str) -> str:
    """Running tasks were told to stop, since others run elsewhere."""
    return (
        f"(service {service}) has stopped {len(tasks)} running tasks in {zone} due to AZ rebalancing: {_list(tasks)}."
    )


def inconsistent(service: str) -> str:
    """Several tasks in a row ended before they ran."""
    return f"(service {service}) is unable to consistently start tasks successfully."


def not_placed(service: str, reason: str) -> str:
    """A task could not be created."""
    return f"(service {service}) was unable to place a task. Reason: {reason}."


def not_launched(service: str, error: str) -> str:
    """ECS may not give a task its roles."""
    return f"(service {service}) failed to launch a task with (error {error})."


def stuck(service: str) -> str:
    """The percents forbid every step."""
    return (
        f"(service {service}) was unable to stop or start tasks during a deployment because of the service deployment "
        "configuration. Update the minimumHealthyPercent or maximumPercent value and try again."
    )


def target_unhealthy(service: str, task: str, port: int, group: str, reason: str) -> str:
    """A task's target fails its health check."""
    about = f"(service {service}) (task {task}) (port {port})"
    return f"{about} is unhealthy in (target-group {group}) due to (reason {reason})"


def container_unhealthy(service: str, task: str) -> str:
    """A task's container fails its health check."""
    return f"(service {service}) (task {task}) failed container health checks."


def scaling_reason(deployment: str) -> str:
    """stoppedReason of a task that was too many, or of an older deployment."""
    return f"Scaling activity initiated by (deployment {deployment})"


def elb_reason(group: str) -> str:
    """stoppedReason of a task whose target fails."""
    return f"Task failed ELB health checks in (target-group {group})"


CONTAINER_REASON = "Task failed container health checks"


def _by_zone(zones: Mapping[str, int]) -> str:
    *first, last = [f"{count} tasks in {zone}" for zone, count in zones.items()]
    return f"{', '.join(first)}{',' if len(first) > 1 else ''} and {last}" if first else last


def _list(tasks: Sequence[str]) -> str:
    return " ".join(f"(task {task})" for task in tasks)
