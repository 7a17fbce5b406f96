"""Cloud Map's records. Times are ISO 8601 texts.

Their names are those under which release 0.1 kept its documents, whose bodies the migrations read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from netflux.controlplane.records.table import Schema

Body = dict[str, Any]

TAGS = "servicediscovery.tags"
"""Kind of the documents in which release 0.1 kept tags by ARN; they are taken over into what they are of."""


@dataclass(frozen=True)
class Namespace:
    """A namespace.

    Attributes:
        type: HTTP, DNS_PRIVATE or DNS_PUBLIC.
        operation: id of the one that made it.
        zone: id of its hosted zone; empty where it has none.
        ttl: of the zone's SOA, in seconds.
        vpc: of a private one.
        token: CreatorRequestId, as the others have it.
    """

    id: str
    arn: str
    name: str
    type: str
    created: str
    operation: str
    description: str | None = None
    zone: str = ""
    ttl: int = 0
    vpc: str = ""
    token: str | None = None
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class DnsRecord:
    """A record that each instance of a service has; `ttl` in seconds."""

    type: str
    ttl: int


@dataclass(frozen=True)
class Dns:
    """The records of a service's instances."""

    routing: str
    records: tuple[DnsRecord, ...]


@dataclass(frozen=True)
class Service:
    """A service of a namespace.

    Attributes:
        namespace: its id.
        dns: nothing where only DiscoverInstances finds instances.
        checked: it has a custom health check.
        attributes: that were noted of it.
        revision: grows with every instance that comes or goes.
    """

    id: str
    arn: str
    name: str
    namespace: str
    type: str
    created: str
    description: str | None = None
    dns: Dns | None = None
    checked: bool = False
    token: str | None = None
    attributes: dict[str, str] = field(default_factory=dict)
    revision: int = 1
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Instance:
    """An instance of a service.

    Attributes:
        service: its id.
        health: HEALTHY or UNHEALTHY.
        told_ill: when its health checker has called it unhealthy, which holds a while later.
    """

    id: str
    service: str
    attributes: dict[str, str]
    health: str
    told_ill: str | None = None
    token: str | None = None

    @property
    def key(self) -> str:
        """Unique among the instances of all services."""
        return f"{self.service}/{self.id}"


@dataclass(frozen=True)
class Operation:
    """What was done, with success or with an error; `targets` are ids by their kind."""

    id: str
    type: str
    status: str
    at: str
    targets: dict[str, str]
    error_code: str = ""
    error_message: str = ""


def _namespace(old: Body) -> Body:
    dns = old["Properties"].get("DnsProperties") or {}
    return {
        "id": old["Id"], "arn": old["Arn"], "name": old["Name"], "type": old["Type"], "created": old["CreateDate"],
        "operation": old["operation"], "description": old.get("Description"), "zone": dns.get("HostedZoneId", ""),
        "ttl": dns.get("SOA", {}).get("TTL", 0), "vpc": old.get("vpc", ""), "token": old.get("CreatorRequestId"),
    }  # fmt: skip


def _service(old: Body) -> Body:
    config = old.get("DnsConfig")
    records = [{"type": one["Type"], "ttl": one["TTL"]} for one in (config or {}).get("DnsRecords", ())]
    return {
        "id": old["Id"], "arn": old["Arn"], "name": old["Name"], "namespace": old["NamespaceId"],
        "type": old.get("Type") or "HTTP", "created": old["CreateDate"], "description": old.get("Description"),
        "dns": {"routing": config["RoutingPolicy"], "records": records} if config else None,
        "checked": old.get("HealthCheckCustomConfig") is not None, "token": old.get("CreatorRequestId"),
        "attributes": old["attributes"], "revision": old["revision"],
    }  # fmt: skip


def _instance(old: Body) -> Body:
    return {
        "id": old["Id"], "service": old["ServiceId"], "attributes": old["Attributes"], "health": old["health"],
        "told_ill": old["told_ill"], "token": old.get("CreatorRequestId"),
    }  # fmt: skip


def _operation(old: Body) -> Body:
    return {
        "id": old["Id"], "type": old["Type"], "status": old["Status"], "at": old["CreateDate"],
        "targets": old.get("Targets", {}), "error_code": old.get("ErrorCode", ""),
        "error_message": old.get("ErrorMessage", ""),
    }  # fmt: skip


_COPY = "Put a copy of netflux.db back, or make it anew in Cloud Map."
NAMESPACE = Schema(
    "servicediscovery.namespace",
    Namespace,
    lambda one: one.id,
    indices={"name": lambda one: (one.name,), "arn": lambda one: (one.arn,)},
    migrations=(_namespace,),
    remedy=_COPY,
)
SERVICE = Schema(
    "servicediscovery.service",
    Service,
    lambda one: one.id,
    indices={"namespace": lambda one: (one.namespace,), "arn": lambda one: (one.arn,)},
    references={"namespace": NAMESPACE.name},
    migrations=(_service,),
    remedy=_COPY,
)
INSTANCE = Schema(
    "servicediscovery.instance",
    Instance,
    lambda one: one.key,
    indices={"service": lambda one: (one.service,)},
    references={"service": SERVICE.name},
    migrations=(_instance,),
    remedy="Register it anew; ECS does it by itself.",
)
OPERATION = Schema(
    "servicediscovery.operation",
    Operation,
    lambda one: one.id,
    migrations=(_operation,),
    remedy="It is a record of the past only.",
)
