"""Cloud Map of releases before 0.1, when it was moto's: namespaces and services, not the instances."""

from __future__ import annotations

import secrets
from typing import Any

from netflux.controlplane.call import Caller
from netflux.controlplane.records.documents import Documents
from netflux.resources.servicediscovery import NAMESPACE, SERVICE, Dns, DnsRecord, Namespace, Service

_ADOPTED = "servicediscovery.adopted"
Json = dict[str, Any]


async def adopt(moto: Caller, documents: Documents) -> None:
    """Once. Private namespaces had no VPC there, so their names resolve nowhere still."""
    if documents.get(_ADOPTED, "moto") is not None:
        return
    namespaces = (await moto.call("servicediscovery", "ListNamespaces", {}))["Namespaces"]
    services = (await moto.call("servicediscovery", "ListServices", {}))["Services"]
    tags = {}
    for one in (*namespaces, *services):
        told = await moto.call("servicediscovery", "ListTagsForResource", {"ResourceARN": one["Arn"]})
        tags[one["Arn"]] = {tag["Key"]: tag["Value"] for tag in told["Tags"]}
    whole = [(await moto.call("servicediscovery", "GetService", {"Id": one["Id"]}))["Service"] for one in services]
    with documents.transaction():
        for one in namespaces:
            documents.table(NAMESPACE).put(_namespace(one, tags[one["Arn"]]))
        for one in whole:
            documents.table(SERVICE).put(_service(one, tags[one["Arn"]]))
        documents.put(_ADOPTED, "moto", {"namespaces": len(namespaces), "services": len(whole)})


def _namespace(told: Json, tags: dict[str, str]) -> Namespace:
    dns = told.get("Properties", {}).get("DnsProperties") or {}
    return Namespace(
        told["Id"], told["Arn"], told["Name"], told["Type"], told["CreateDate"].isoformat(),
        f"adopted-{secrets.token_hex(4)}", told.get("Description"), dns.get("HostedZoneId") or "",
        (dns.get("SOA") or {}).get("TTL") or 0, token=told.get("CreatorRequestId"), tags=tags,
    )  # fmt: skip


def _service(told: Json, tags: dict[str, str]) -> Service:
    config = told.get("DnsConfig") or {}
    records = tuple(DnsRecord(one["Type"], one["TTL"]) for one in config.get("DnsRecords") or ())
    return Service(
        told["Id"], told["Arn"], told["Name"], told["NamespaceId"],
        told.get("Type") or ("DNS_HTTP" if config else "HTTP"), told["CreateDate"].isoformat(),
        told.get("Description"), Dns(config.get("RoutingPolicy") or "MULTIVALUE", records) if records else None,
        bool(told.get("HealthCheckCustomConfig")), told.get("CreatorRequestId"), tags=tags,
    )  # fmt: skip
