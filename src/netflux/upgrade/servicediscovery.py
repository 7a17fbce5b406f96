"""Cloud Map of releases before 0.1, when it was moto's: namespaces and services, not the instances."""

from __future__ import annotations

import secrets
from typing import Any

from netflux.controlplane.call import Caller
from netflux.controlplane.records.documents import Documents

_NAMESPACE, _SERVICE, _TAGS = "servicediscovery.namespace", "servicediscovery.service", "servicediscovery.tags"
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
            documents.put(_NAMESPACE, one["Id"], _namespace(one))
        for one in whole:
            documents.put(_SERVICE, one["Id"], _service(one))
        for arn, own in tags.items():
            documents.put(_TAGS, arn, own)
        documents.put(_ADOPTED, "moto", {"namespaces": len(namespaces), "services": len(whole)})


def _namespace(told: Json) -> Json:
    properties = told.get("Properties", {})
    return {
        "Id": told["Id"], "Arn": told["Arn"], "Name": told["Name"], "Type": told["Type"],
        "Description": told.get("Description"), "CreateDate": told["CreateDate"].isoformat(),
        "Properties": {
            "DnsProperties": properties.get("DnsProperties") or {"SOA": {}},
            "HttpProperties": properties.get("HttpProperties") or {"HttpName": told["Name"]},
        },
        "CreatorRequestId": told.get("CreatorRequestId"), "operation": f"adopted-{secrets.token_hex(4)}", "vpc": "",
    }  # fmt: skip


def _service(told: Json) -> Json:
    config = told.get("DnsConfig")
    checked = {"FailureThreshold": 1} if told.get("HealthCheckCustomConfig") else None
    return {
        "Id": told["Id"], "Arn": told["Arn"], "Name": told["Name"], "NamespaceId": told["NamespaceId"],
        "Description": told.get("Description"), "Type": told.get("Type") or ("DNS_HTTP" if config else "HTTP"),
        "DnsConfig": {"RoutingPolicy": "MULTIVALUE", **config} if config and config.get("DnsRecords") else None,
        "HealthCheckCustomConfig": checked, "CreateDate": told["CreateDate"].isoformat(),
        "CreatorRequestId": told.get("CreatorRequestId"), "attributes": {}, "revision": 1,
    }  # fmt: skip
