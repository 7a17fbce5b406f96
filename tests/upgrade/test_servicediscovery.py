"""Cloud Map's documents of release 0.1 are read as records."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from netflux import names
from netflux.aws.servicediscovery.api import ServiceDiscoveryApi
from netflux.clock import Clock
from tests.controlplane.plane import Plane

_PREFIX = f"arn:aws:servicediscovery:{names.REGION}:{names.ACCOUNT}"
_AT = "2026-11-01T08:00:00+00:00"
_OLD: dict[tuple[str, str], dict[str, Any]] = {
    ("namespace", "ns-1"): {
        "Id": "ns-1", "Arn": f"{_PREFIX}:namespace/ns-1", "Name": "prod", "Type": "HTTP", "Description": "d",
        "CreateDate": _AT, "CreatorRequestId": "t", "operation": "op-1", "vpc": "",
        "Properties": {"DnsProperties": {"SOA": {}}, "HttpProperties": {"HttpName": "prod"}},
    },
    ("service", "srv-1"): {
        "Id": "srv-1", "Arn": f"{_PREFIX}:service/srv-1", "Name": "movies", "NamespaceId": "ns-1", "Description": None,
        "Type": "DNS_HTTP", "HealthCheckCustomConfig": {"FailureThreshold": 1}, "CreateDate": _AT,
        "DnsConfig": {"RoutingPolicy": "WEIGHTED", "DnsRecords": [{"Type": "A", "TTL": 9}], "NamespaceId": "ns-1"},
        "CreatorRequestId": None, "attributes": {"k": "v"}, "revision": 4,
    },
    ("instance", "srv-1/i"): {
        "Id": "i", "ServiceId": "srv-1", "Attributes": {"AWS_INSTANCE_IPV4": "10.0.0.1"}, "CreatorRequestId": None,
        "health": "UNHEALTHY", "told_ill": None,
    },
    ("operation", "op-1"): {
        "Id": "op-1", "Type": "CREATE_NAMESPACE", "Status": "FAIL", "CreateDate": _AT, "UpdateDate": _AT,
        "Targets": {"NAMESPACE": "ns-1"}, "ErrorCode": "CODE", "ErrorMessage": "words",
    },
    ("tags", f"{_PREFIX}:namespace/ns-1"): {"a": "1"},
    ("tags", f"{_PREFIX}:service/srv-1"): {"b": "2"},
}  # fmt: skip


async def test_documents_of_release_0_1_are_told_as_they_were(tmp_path: Path) -> None:
    plane = Plane(tmp_path)
    apis = await plane.start()
    for (noun, key), body in _OLD.items():
        plane.documents.put(f"servicediscovery.{noun}", key, body)
    for _ in range(2):
        apis = await plane.restart()
        apis.register(ServiceDiscoveryApi(plane.documents, Clock(), (names.REGION, names.ACCOUNT)))

        async def call(operation: str, apis: Any = apis, **params: Any) -> Any:
            return await apis.call("servicediscovery", operation, params)

        namespace = (await call("GetNamespace", Id="ns-1"))["Namespace"]
        assert (namespace["Name"], namespace["Description"], namespace["ServiceCount"]) == ("prod", "d", 1)
        assert namespace["Properties"] == _OLD["namespace", "ns-1"]["Properties"]
        assert namespace["CreateDate"].isoformat() == _AT
        service = (await call("GetService", Id="srv-1"))["Service"]
        assert service["DnsConfig"] == _OLD["service", "srv-1"]["DnsConfig"]
        assert (service["HealthCheckCustomConfig"], service["InstanceCount"]) == ({"FailureThreshold": 1}, 1)
        assert (await call("GetServiceAttributes", ServiceId="srv-1"))["ServiceAttributes"]["Attributes"] == {"k": "v"}
        found = await call("DiscoverInstances", NamespaceName="prod", ServiceName="movies", HealthStatus="UNHEALTHY")
        assert [one["InstanceId"] for one in found["Instances"]] == ["i"]
        assert found["InstancesRevision"] == 4
        operation = (await call("GetOperation", OperationId="op-1"))["Operation"]
        assert (operation["Status"], operation["ErrorMessage"]) == ("FAIL", "words")
        for noun, key, value in (("namespace/ns-1", "a", "1"), ("service/srv-1", "b", "2")):
            tags = (await call("ListTagsForResource", ResourceARN=f"{_PREFIX}:{noun}"))["Tags"]
            assert tags == [{"Key": key, "Value": value}]
    assert not plane.documents.list("servicediscovery.tags")
    assert not plane.documents.faults.list()
    plane.stop()
