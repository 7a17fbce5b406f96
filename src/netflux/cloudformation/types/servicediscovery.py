"""Cloud Map: namespaces and services."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from netflux.cloudformation.types.table import Caller, Facts, Find, Read, Row, Step, Tagging, Waiting, follow
from netflux.errors import AwsError


async def _namespace(call: Caller, facts: Facts) -> str | Waiting:
    """Creating only starts an operation; the operation knows the namespace."""
    operation = (await call("servicediscovery", "GetOperation", {"OperationId": facts.response["OperationId"]}))[
        "Operation"
    ]
    if operation["Status"] == "FAIL":
        raise AwsError(
            operation.get("ErrorCode", "OperationFailed"), operation.get("ErrorMessage", "the operation failed")
        )
    if operation["Status"] != "SUCCESS":
        return Waiting(f"the operation is {operation['Status']}")
    return str(operation["Targets"]["NAMESPACE"])


def _namespace_change(facts: Facts) -> list[dict[str, Any]]:
    change: dict[str, Any] = {"Description": str(facts.new.get("Description", ""))}
    ttl = follow(facts.new, ("Properties", "DnsProperties", "SOA", "TTL"))
    if ttl is not None:
        change["Properties"] = {"DnsProperties": {"SOA": {"TTL": int(ttl)}}}
    return [{"Id": facts.id, "Namespace": change}]


def _service_change(facts: Facts) -> list[dict[str, Any]]:
    """All records travel, since UpdateService removes those that it does not name."""
    records = (facts.new.get("DnsConfig") or {}).get("DnsRecords", [])
    change: dict[str, Any] = {"Description": str(facts.new.get("Description", ""))}
    if records:
        change["DnsConfig"] = {"DnsRecords": [{"Type": one["Type"], "TTL": int(one["TTL"])} for one in records]}
    return [{"Id": facts.id, "Service": change}]


async def _service(call: Caller, facts: Facts, known: Collection[str]) -> str | None:
    """A service whose create call's answer was lost, by its name in its namespace."""
    namespace = facts.new.get("NamespaceId") or follow(facts.new, ("DnsConfig", "NamespaceId"))
    wanted = {"Filters": [{"Name": "NAMESPACE_ID", "Values": [namespace]}]}
    found = (await call("servicediscovery", "ListServices", wanted))["Services"] if namespace else []
    return next((one["Id"] for one in found if one["Name"] == facts.new.get("Name") and one["Id"] not in known), None)


_SERVICE = Row(
    type="AWS::ServiceDiscovery::Service",
    service="servicediscovery",
    create=Step("CreateService", params={"CreatorRequestId": "$token"}),
    id="$response.Service.Id",
    read=Read("GetService", {"Id": "$id"}, "$response.Service"),
    attributes={"Id": "$id", "Arn": "$item.Arn", "Name": "$item.Name"},
    update=(Step("UpdateService", ("Description", "DnsConfig"), build=_service_change, defaults={"Description": ""}),),
    delete=(Step("DeleteService", params={"Id": "$id"}),),
    gone=("ServiceNotFound",),
    named="Name",
    seek=_service,
    tags=Tagging("TagResource", "UntagResource", {"ResourceARN": "$attributes.Arn"}),
)


def _row(kind: str, model_type: str, changing: tuple[str, ...], attributes: dict[str, str]) -> Row:
    return Row(
        type=f"AWS::ServiceDiscovery::{kind}Namespace",
        service="servicediscovery",
        create=Step(f"Create{kind}Namespace", params={"CreatorRequestId": "$token"}),
        id="$response.Id",
        identify=_namespace,
        read=Read("GetNamespace", {"Id": "$id"}, "$response.Namespace"),
        attributes={"Id": "$id", "Arn": "$item.Arn"} | attributes,
        update=(Step(f"Update{kind}Namespace", changing, build=_namespace_change, defaults={"Description": ""}),),
        delete=(Step("DeleteNamespace", params={"Id": "$id"}),),
        gone=("NamespaceNotFound",),
        over=lambda _item: False,
        find=Find("ListNamespaces", "$response.Namespaces", "$item.Id", {}, {"Name": "$new.Name", "Type": model_type}),
        tags=Tagging("TagResource", "UntagResource", {"ResourceARN": "$attributes.Arn"}),
    )


ROWS = (
    _row("Http", "HTTP", ("Description",), {}),
    _row(
        "PrivateDns",
        "DNS_PRIVATE",
        ("Description", "Properties"),
        {"HostedZoneId": "$item.Properties.DnsProperties.HostedZoneId"},
    ),
    _SERVICE,
)
