"""What a service has deployed so far: service deployments and service revisions, in its document. Pure.

API reference, ServiceDeployment and ServiceRevision. The functions change the document that they are given.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

Json = dict[str, Any]
KEPT = 20
"""Deployments of a service that are told; AWS tells those of 90 days."""
_REVISED = (
    "taskDefinition", "capacityProviderStrategy", "launchType", "platformVersion", "platformFamily", "loadBalancers",
    "networkConfiguration", "serviceConnectConfiguration",
)  # fmt: skip
_OPEN = ("IN_PROGRESS", "ROLLBACK_IN_PROGRESS")


def begin(service: Json, deployment: Json, identity: str, now: str) -> None:
    """A new deployment of a new revision; one that was under way ends with it.

    Args:
        service: document.
        deployment: the new one, which is not yet in the document.
        identity: digits, of deployment and revision.
        now: timestamp.
    """
    entries = service.setdefault("history", [])
    for entry in entries:
        if entry["status"] in _OPEN:
            _end(entry, "STOPPED", "Another deployment began.", now)
    source = service["deployments"][0].get("revision") if service.get("deployments") else None
    deployment["revision"] = identity
    revision = {key: deployment[key] for key in _REVISED if key in deployment}
    registries = service["accepted"].get("serviceRegistries", [])
    entries.insert(0, deepcopy({
        "id": identity, "deployment": deployment["id"], "createdAt": now, "startedAt": now, "updatedAt": now,
        "status": "IN_PROGRESS", "source": source, "configuration": service["accepted"]["deploymentConfiguration"],
        "revision": {**revision, "serviceRegistries": registries, "createdAt": now}, "images": {},
    }))  # fmt: skip
    del entries[KEPT:]


def follow(service: Json, now: str) -> None:
    """Writes down what has become of the deployment that is under way, after a pass over the service."""
    entries = service.get("history")
    if not entries:
        return
    entry, primary = entries[0], service["deployments"][0]
    if entry["deployment"] == primary["id"]:
        entry["images"] = dict(primary["images"])
    if entry["status"] == "IN_PROGRESS":
        _advance(entry, primary, now)
    elif entry["status"] == "ROLLBACK_IN_PROGRESS" and primary["rolloutState"] != "IN_PROGRESS":
        done = primary["rolloutState"] == "COMPLETED"
        _end(entry, "ROLLBACK_SUCCESSFUL" if done else "ROLLBACK_FAILED", entry["statusReason"], now)


def _advance(entry: Json, primary: Json, now: str) -> None:
    if primary["id"] != entry["deployment"]:
        reason = primary["rolloutStateReason"]
        entry |= {"status": "ROLLBACK_IN_PROGRESS", "statusReason": reason, "updatedAt": now}
        entry["rollback"] = {"reason": reason, "startedAt": now, "revision": primary.get("revision")}
    elif primary["rolloutState"] == "COMPLETED":
        _end(entry, "SUCCESSFUL", "", now)
    elif primary["rolloutState"] == "FAILED":
        _end(entry, "STOPPED", primary["rolloutStateReason"], now)


def _end(entry: Json, status: str, reason: str, now: str) -> None:
    entry |= {"status": status, "finishedAt": now, "updatedAt": now}
    if reason:
        entry["statusReason"] = reason
    if status == "STOPPED":
        entry["stoppedAt"] = now
