"""The rows of AWS's behaviour that are compared, and the mark that ties a test to one.

`scripts/parity-table` writes docs/parity.md from the marks, so the table says no more than a test shows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeVar

Status = Literal["supported", "partly", "refused"]
Test = TypeVar("Test", bound=Callable[..., object])

ROWS: dict[str, tuple[str, ...]] = {
    "elbv2": (
        "Rule order", "Rule limits", "Path", "Host, header, query", "Method, source IP", "Actions", "forward",
        "fixed-response", "redirect", "Transforms", "X-Forwarded-For", "X-Amzn-Trace-Id", "Host to the target",
        "Connections", "Size limits", "LB attributes", "routing.http attributes", "Listener attributes", "Desync",
        "Group attributes", "Algorithms", "Health settings", "Health course", "Reasons", "LB states",
        "Deregistration", "Errors from the LB", "lb_cookie", "app_cookie", "Weighted stickiness", "Access log",
        "Metrics",
    ),
    "ecs": (
        "Task states", "Network", "stopCode", "stoppedReason (task)", "Error prefixes", "Memory", "Stop", "dependsOn",
        "Container health", "Sizes", "Images", "Secrets", "Credentials", "Metadata v4", "awslogs", "Rolling update",
        "Deployments", "Circuit breaker", "Back-off", "Events", "Waiters", "Auto scaling", "Service Connect",
        "Cloud Map", "ECR",
    ),
}  # fmt: skip


def parity(service: str, row: str, status: Status, but: str = "") -> Callable[[Test], Test]:
    """Marks a test as what shows a row.

    Args:
        service: whose rows, e.g. `elbv2`.
        row: its name, one of ROWS.
        status: `supported`, `partly`, or `refused` (asking for it fails and names it).
        but: for `partly`, what differs from AWS; for the table. A row with several tests is as good as its worst.
    """
    if row not in ROWS[service]:
        raise ValueError(f"{service} has no row {row!r}")
    if status == "partly" and not but:
        raise ValueError(f"{service}'s row {row!r} is partly supported: say what differs")

    def mark(test: Test) -> Test:
        return test

    return mark
