"""A new task as a document: what was asked for, before anything of it was observed."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from netflux.aws.ecs.arn import name, place
from netflux.aws.ecs.store import TASK, Json, Store

_STORAGE = {"sizeInGiB": 20}
PLATFORM_VERSION, PLATFORM_FAMILY = "1.4.0", "Linux"


@dataclass(frozen=True)
class Order:
    """A task to run.

    Attributes:
        cluster: ARN.
        definition: document of its task definition.
        subnet: id of the subnet it gets its address from.
        security_groups: ids.
        public: its interface gets a public address.
        group: `service:{name}` or `family:{family}` or the caller's own.
        started_by: deployment id, or the caller's own.
        overrides: RunTask's.
        tags: of the task.
        service: ARN; None for a task of its own.
        deployment: id; None for a task of its own.
        load_balancers: of the service.
        registries: of the deployment: the Cloud Map services to register with.
        connect: Service Connect names that the task knows, each with its key in the network.
        provider: the capacity provider that a strategy names.
        asked: RunTask's request under `request`, where it had a token.
    """

    cluster: str
    definition: Json
    subnet: str
    security_groups: Sequence[str]
    group: str
    started_by: str = ""
    overrides: Json = field(default_factory=dict)
    tags: Sequence[Json] = ()
    service: str | None = None
    deployment: str | None = None
    load_balancers: Sequence[Json] = ()
    registries: Sequence[Json] = ()
    connect: Sequence[Sequence[str]] = ()
    public: bool = False
    provider: str = ""
    asked: Json = field(default_factory=dict)


def submit(store: Store, order: Order) -> str:
    """Stores the task; returns its ARN. A pass of the task controller begins it."""
    identity = uuid.uuid4().hex
    arn = place(order.cluster).task(order.cluster, identity)
    document = {
        "task": _task(store, order, identity, arn),
        "service": order.service,
        "deployment": order.deployment,
        "loadBalancers": [*order.load_balancers],
        "subnet": order.subnet,
        "securityGroups": [*order.security_groups],
        "public": order.public,
        "connect": [[*pair] for pair in order.connect],
        "registries": [*order.registries],
        "targets": [],
        "ran": False,
        "counted": False,
        **({"asked": order.asked} if order.asked else {}),
    }
    store.put(TASK, arn, document)
    return arn


def _task(store: Store, order: Order, identity: str, arn: str) -> Json:
    definition = order.definition
    architecture = definition.get("runtimePlatform", {}).get("cpuArchitecture", "X86_64").lower()
    task: Json = {
        "taskArn": arn,
        "clusterArn": order.cluster,
        "taskDefinitionArn": definition["taskDefinitionArn"],
        "attachments": [{
            "id": str(uuid.uuid4()), "type": "ElasticNetworkInterface", "status": "PRECREATED",
            "details": [{"name": "subnetId", "value": order.subnet}],
        }],
        "attributes": [{"name": "ecs.cpu-architecture", "value": architecture}],
        "containers": [_container(order, identity, arn, body) for body in definition["containerDefinitions"]],
        "cpu": order.overrides.get("cpu") or definition.get("cpu"),
        "memory": order.overrides.get("memory") or definition.get("memory"),
        "createdAt": store.now(),
        "desiredStatus": "RUNNING",
        "lastStatus": "PROVISIONING",
        "enableExecuteCommand": False,
        "group": order.group,
        "startedBy": order.started_by,
        "healthStatus": "UNKNOWN",
        "launchType": "FARGATE",
        "capacityProviderName": order.provider,
        "platformVersion": PLATFORM_VERSION,
        "platformFamily": PLATFORM_FAMILY,
        "overrides": {"containerOverrides": [], **order.overrides},
        "ephemeralStorage": order.overrides.get("ephemeralStorage", definition.get("ephemeralStorage", _STORAGE)),
        "tags": [*order.tags],
        "version": 1,
    }  # fmt: skip
    return {key: value for key, value in task.items() if value is not None and value != ""}


def _container(order: Order, identity: str, arn: str, body: Json) -> Json:
    container = {
        "containerArn": place(order.cluster).container(name(order.cluster), identity, str(uuid.uuid4())),
        "taskArn": arn,
        "name": body["name"],
        "image": body["image"],
        "lastStatus": "PENDING",
        "networkInterfaces": [],
        "healthStatus": "UNKNOWN",
        "cpu": str(body.get("cpu", 0)),
    }
    return container | {key: str(body[key]) for key in ("memory", "memoryReservation") if key in body}
