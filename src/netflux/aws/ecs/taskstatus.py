"""Writes what was observed of a task into its document, in the shape of API shape Task."""

from __future__ import annotations

from typing import Any

from netflux.aws.ecs.decide import health
from netflux.aws.ecs.environment import host_name
from netflux.aws.ecs.run import Run
from netflux.aws.ecs.store import TASK, Json, Store
from netflux.network.interface import Interface

TEXT_LENGTH = 1024  # stoppedReason and a container's reason are cut here


def set_status(store: Store, arn: str, status: str, **fields: Any) -> None:
    """A status was reached; `fields` are further keys of the task."""

    def apply(body: Json) -> None:
        body["task"] |= {"lastStatus": status, **fields}
        body["task"]["version"] += 1
        if status == "RUNNING":
            body["ran"] = True

    store.change(TASK, arn, apply)


def attached(store: Store, arn: str, interface: Interface) -> None:
    """The interface is there: PENDING begins."""

    def apply(body: Json) -> None:
        task = body["task"]
        attachment = task["attachments"][0]
        attachment |= {
            "status": "ATTACHED",
            "details": [
                {"name": "subnetId", "value": interface.subnet_id},
                {"name": "networkInterfaceId", "value": interface.id},
                {"name": "macAddress", "value": interface.mac_address},
                {"name": "privateDnsName", "value": host_name(interface)},
                {"name": "privateIPv4Address", "value": interface.vpc_address},
            ],
        }
        address = {"attachmentId": attachment["id"], "privateIpv4Address": interface.vpc_address}
        for container in task["containers"]:
            container["networkInterfaces"] = [address]
        now = store.now()
        task |= {
            "lastStatus": "PENDING",
            "availabilityZone": interface.availability_zone,
            "connectivity": "CONNECTED",
            "connectivityAt": now,
            "version": task["version"] + 1,
        }

    store.change(TASK, arn, apply)


def detached(store: Store, arn: str) -> None:
    """The interface is gone."""

    def apply(body: Json) -> None:
        for attachment in body["task"]["attachments"]:
            attachment["status"] = "DELETED"

    store.change(TASK, arn, apply)


def observe(store: Store, arn: str, run: Run) -> None:
    """Containers as they are now: digests, runtime ids, exit codes, health."""

    def apply(body: Json) -> None:
        task = body["task"]
        for shown in task["containers"]:
            container = run.containers[shown["name"]]
            if container.image is not None:
                shown["imageDigest"] = container.image.digest
            if container.container is not None:
                shown["runtimeId"] = container.container.id
                shown["lastStatus"] = "RUNNING" if container.exit_code is None else "STOPPED"
            if container.exit_code is not None:
                shown["exitCode"] = container.exit_code
            if container.reason:
                shown["reason"] = container.reason[:TEXT_LENGTH]
            shown["healthStatus"] = container.health_status or health.UNKNOWN
        essential = [c.health_status for c in run.containers.values() if c.definition.essential]
        task["healthStatus"] = health.of_task(essential)

    store.change(TASK, arn, apply)


def finished(store: Store, arn: str) -> None:
    """Nothing of the task is left."""

    def apply(body: Json) -> None:
        task, now = body["task"], store.now()
        for container in task["containers"]:
            container["lastStatus"] = "STOPPED"
        body["targets"] = []
        task |= {"lastStatus": "STOPPED", "desiredStatus": "STOPPED", "stoppedAt": now, "version": task["version"] + 1}
        task.setdefault("stoppingAt", now)
        task.setdefault("executionStoppedAt", now)

    store.change(TASK, arn, apply)
