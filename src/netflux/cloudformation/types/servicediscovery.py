"""Cloud Map: namespaces."""

from __future__ import annotations

from typing import Any

from netflux.cloudformation.types.table import Caller, Facts, Find, Read, Row, Step, Tagging, Waiting
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


def _description(facts: Facts) -> list[dict[str, Any]]:
    return [{"Id": facts.id, "Namespace": {"Description": str(facts.new["Description"])}}]


def _row(kind: str, model_type: str, attributes: dict[str, str]) -> Row:
    return Row(
        type=f"AWS::ServiceDiscovery::{kind}Namespace",
        service="servicediscovery",
        create=Step(f"Create{kind}Namespace", params={"CreatorRequestId": "$token"}),
        id="$response.Id",
        identify=_namespace,
        read=Read("GetNamespace", {"Id": "$id"}, "$response.Namespace"),
        attributes={"Id": "$id", "Arn": "$item.Arn"} | attributes,
        update=(Step(f"Update{kind}Namespace", ("Description",), build=_description, defaults={"Description": ""}),),
        delete=(Step("DeleteNamespace", params={"Id": "$id"}),),
        gone=("NamespaceNotFound",),
        over=lambda _item: False,
        find=Find("ListNamespaces", "$response.Namespaces", "$item.Id", {}, {"Name": "$new.Name", "Type": model_type}),
        tags=Tagging("TagResource", "UntagResource", {"ResourceARN": "$attributes.Arn"}),
    )


ROWS = (
    _row("Http", "HTTP", {}),
    _row("PrivateDns", "DNS_PRIVATE", {"HostedZoneId": "$item.Properties.DnsProperties.HostedZoneId"}),
)
