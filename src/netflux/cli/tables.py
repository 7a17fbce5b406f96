"""`netflux status` as tables: services, targets, databases, and what is missing."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from netflux.runtime import manifest

_COLORS = {
    "healthy": "green", "available": "green", "RUNNING": "green", "ACTIVE": "green", "active": "green",
    "Deployed": "green", "unhealthy": "red", "failed": "red", "FAILED": "red", "STOPPED": "red",
}  # fmt: skip


def show(console: Console, status: dict[str, Any]) -> None:
    """Prints every table that has a row."""
    parts = (_stacks, _services, _tasks, _targets, _databases, _live, _dropped)
    for table in (part(status) for part in parts):
        if table.row_count:
            console.print(table)
    for sentence in status.get("missing", ()):
        console.print(Text(f"• {sentence}", "yellow"))
    for fault in status["region"].get("faults", ()):
        console.print(Text(f"✗ {fault['message']}", "red"))
        console.print(Text(f"  → {fault['hint']}", "cyan"))
    for failure in status["region"]["failures"]:
        console.print(Text(f"✗ {failure['message']}", "red"))


def colored(word: str) -> Text:
    """A status in its colour: green stands, red has failed, yellow is on its way."""
    good = word.endswith("_COMPLETE") and "ROLLBACK" not in word
    bad = word.endswith("_FAILED") or "ROLLBACK" in word
    return Text(word, _COLORS.get(word, "green" if good else "red" if bad else "yellow"))


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column, header_style="dim", overflow="fold")
    return table


def _stacks(status: dict[str, Any]) -> Table:
    table = _table("Stacks", "name", "status", "reason")
    for stack in status.get("stacks", ()):
        table.add_row(stack["StackName"], colored(stack["StackStatus"]), stack.get("StackStatusReason", ""))
    return table


def _services(status: dict[str, Any]) -> Table:
    table = _table("Services", "name", "status", "tasks", "last event")
    for service in status.get("services", ()):
        events = service.get("events") or [{"message": ""}]
        tasks = f"{service['runningCount']} of {service['desiredCount']} run"
        table.add_row(service["serviceName"], colored(service["status"]), tasks, events[0]["message"])
    return table


def _tasks(status: dict[str, Any]) -> Table:
    table = _table("Tasks", "group", "id", "status", "address", "reason")
    for task in status.get("tasks", ()):
        details = [detail for one in task.get("attachments", ()) for detail in one.get("details", ())]
        address = next((detail["value"] for detail in details if detail["name"] == "privateIPv4Address"), "")
        table.add_row(
            task.get("group", "").removeprefix("service:"),
            task["taskArn"].rpartition("/")[2][:12],
            colored(task["lastStatus"]),
            address,
            task.get("stoppedReason", ""),
        )
    return table


def _targets(status: dict[str, Any]) -> Table:
    table = _table("Targets", "target group", "target", "health", "reason")
    names = {group["TargetGroupArn"]: group["TargetGroupName"] for group in status.get("target_groups", ())}
    for arn, targets in status.get("target_health", {}).items():
        for one in targets:
            health = one["TargetHealth"]
            reason = " ".join(filter(None, (health.get("Reason"), health.get("Description"))))
            target = f"{one['Target']['Id']}:{one['Target'].get('Port', '')}"
            table.add_row(names.get(arn, arn), target, colored(health["State"]), reason)
    return table


def _databases(status: dict[str, Any]) -> Table:
    table = _table("Databases", "name", "status", "engine", "endpoint")
    for one in status.get("databases", ()):
        endpoint = one.get("Endpoint") or {}
        where = f"{endpoint['Address']}:{endpoint['Port']}" if endpoint.get("Address") else ""
        engine = f"{one['Engine']} {one.get('EngineVersion', '')}"
        table.add_row(one["DBInstanceIdentifier"], colored(one["DBInstanceStatus"]), engine, where)
    return table


def _live(status: dict[str, Any]) -> Table:
    """Images that have no content of their own: what is said here is where AWS does otherwise."""
    table = _table("Live images", "image", "its tasks run")
    for repository, images in status.get("images", {}).items():
        for one in images:
            if one.get("imageManifestMediaType") == manifest.LIVE_TYPE:
                names = [f"{repository}:{tag}" for tag in one.get("imageTags", ())]
                name = " ".join(names) or f"{repository}@{one['imageDigest'][:19]}"
                table.add_row(name, "in their folder as it is, not in what was pushed")
    return table


def _dropped(status: dict[str, Any]) -> Table:
    """Counts are of all interfaces with the same groups, since the region's start or the groups' last change."""
    table = _table("Dropped by security groups", "groups", "direction", "packets", "bytes", "interfaces")
    for one in status.get("dropped", ()):
        groups = ", ".join(group["name"] or group["id"] for group in one["groups"])
        addresses = " ".join(interface["address"] for interface in one["interfaces"])
        table.add_row(groups, one["direction"], str(one["packets"]), str(one["bytes"]), addresses)
    return table
