"""Shapes of task metadata version 4 on Fargate."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network

from netflux.aws.ecs.arn import name
from netflux.aws.ecs.run import Run, RunningContainer
from netflux.aws.ecs.store import Json

_VCPU = 1024  # CPU units


def task(document: Json, containers: Sequence[Json], drift: Json | None) -> Json:
    """The answer to `/task`.

    Args:
        document: of the task.
        containers: the answers of its containers.
        drift: of the clock, where that is known.
    """
    body = document["task"]
    family, _, revision = name(body["taskDefinitionArn"]).partition(":")
    shape = {
        "Cluster": body["clusterArn"],
        "ServiceName": document["service"].rpartition("/")[2] if document.get("service") else None,
        "TaskARN": body["taskArn"],
        "Family": family,
        "Revision": revision,
        "DesiredStatus": body["desiredStatus"],
        "KnownStatus": body["lastStatus"],
        "Limits": _limits(body),
        "PullStartedAt": body.get("pullStartedAt"),
        "PullStoppedAt": body.get("pullStoppedAt"),
        "AvailabilityZone": body.get("availabilityZone"),
        "LaunchType": body["launchType"],
        "ClockDrift": drift,
        "Containers": [*containers],
    }
    return {key: value for key, value in shape.items() if value not in (None, {})}


def container(document: Json, run: Run, container_name: str, block: str, resolver: str = "") -> Json:
    """The answer to the bare metadata address of a container.

    Args:
        document: of its task.
        run: what is observed of the task.
        container_name: whose answer.
        block: addresses of the task's subnet, e.g. `10.0.3.0/24`; empty when they are not known.
        resolver: the containers' /etc/resolv.conf; empty where they have none of their own.
    """
    body, running = document["task"], run.containers[container_name]
    family, _, revision = name(body["taskDefinitionArn"]).partition(":")
    shown = next(item for item in body["containers"] if item["name"] == container_name)
    prefix = "com.amazonaws.ecs."
    shape = {
        "DockerId": shown.get("runtimeId"),
        "Name": container_name,
        "DockerName": container_name,
        "Image": running.definition.image,
        "ImageID": running.image.digest if running.image is not None else None,
        "Labels": {
            f"{prefix}cluster": body["clusterArn"],
            f"{prefix}container-name": container_name,
            f"{prefix}task-arn": body["taskArn"],
            f"{prefix}task-definition-family": family,
            f"{prefix}task-definition-version": revision,
            **running.definition.labels,
        },
        "DesiredStatus": body["desiredStatus"],
        "KnownStatus": shown["lastStatus"],
        "Limits": _container_limits(shown) or None,
        "ExitCode": running.exit_code,
        "RestartCount": running.restarts if running.definition.restart is not None else None,
        "CreatedAt": running.started_time or None,
        "StartedAt": running.started_time or None,
        "FinishedAt": running.finished_time or None,
        "Type": "NORMAL",
        "ContainerARN": shown["containerArn"],
        "Networks": _networks(run, block, resolver),
        **_log(run, running, body),
    }
    return {key: value for key, value in shape.items() if value is not None}


def _limits(body: Json) -> Json:
    limits: Json = {}
    if "cpu" in body:
        limits["CPU"] = int(body["cpu"]) / _VCPU
    if "memory" in body:
        limits["Memory"] = int(body["memory"])
    return limits


def _container_limits(shown: Json) -> Json:
    """CPU in units, memory in MiB; what the definition leaves open is left out."""
    sizes = {"CPU": int(shown.get("cpu", 0)), "Memory": int(shown.get("memory", 0))}
    return {key: size for key, size in sizes.items() if size}


def _networks(run: Run, block: str, resolver: str) -> list[Json] | None:
    """The gateway is the subnet's first address; under `loopback` nothing is there, and it is left out."""
    if run.interface is None:
        return None
    network: Json = {
        "NetworkMode": "awsvpc",
        "IPv4Addresses": [run.interface.vpc_address],
        "AttachmentIndex": 0,
        "MACAddress": run.interface.mac_address,
        "PrivateDNSName": f"ip-{run.interface.vpc_address.replace('.', '-')}.ec2.internal",
    }
    if block:
        network["IPv4SubnetCIDRBlock"] = block
    if block and run.interface.namespace is not None:
        subnet = IPv4Network(block)
        network["SubnetGatewayIpv4Address"] = f"{subnet[1]}/{subnet.prefixlen}"
    lines = [line.split() for line in resolver.splitlines()]
    for member, word in (("DomainNameServers", "nameserver"), ("DomainNameSearchList", "search")):
        named = [value for first, *values in lines if first == word for value in values]
        if named:
            network[member] = named
    return [network]


def _log(run: Run, running: RunningContainer, body: Json) -> Json:
    log = running.definition.log
    if log is None:
        return {}
    stream = f"{log.prefix}/{running.definition.name}/{run.id}"
    region = body["taskArn"].split(":")[3]
    return {
        "LogDriver": "awslogs",
        "LogOptions": {"awslogs-group": log.group, "awslogs-region": region, "awslogs-stream": stream},
    }
