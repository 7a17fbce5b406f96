"""Hosted zones of release 0.1."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from netflux import names
from netflux.aws.route53.api import Route53Api
from netflux.aws.servicediscovery.api import ServiceDiscoveryApi
from netflux.clock import Clock
from netflux.upgrade import route53, servicediscovery
from tests.controlplane.plane import Plane


@pytest.fixture
async def plane(tmp_path: Path) -> AsyncIterator[Plane]:
    made = Plane(tmp_path)
    await made.start()
    yield made
    made.stop()


async def test_zones_their_records_vpcs_and_tags_are_taken_over_once(plane: Plane) -> None:
    async def moto(operation: str, **params: Any) -> dict[str, Any]:
        return await plane.moto.call("route53", operation, params)

    vpc = (await plane.moto.call("ec2", "CreateVpc", {"CidrBlock": "10.0.0.0/16"}))["Vpc"]["VpcId"]
    where = {"VPCRegion": names.REGION, "VPCId": vpc}
    config = {"HostedZoneConfig": {"Comment": "c", "PrivateZone": False}}
    public = (await moto("CreateHostedZone", Name="a.test", CallerReference="1", **config))["HostedZone"]["Id"]
    config = {"HostedZoneConfig": {"Comment": "", "PrivateZone": True}}
    private = (await moto("CreateHostedZone", Name="corp", CallerReference="2", VPC=where, **config))["HostedZone"][
        "Id"
    ]
    values = {"TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}, {"Value": "192.0.2.2"}]}
    alias = {"HostedZoneId": "Z35SXDOTRQ7X7K", "DNSName": "x.us-east-1.elb.localhost", "EvaluateTargetHealth": True}
    sets: list[dict[str, Any]] = [
        {"Name": "www.a.test.", "Type": "A", **values}, {"Name": "*.a.test.", "Type": "A", "AliasTarget": alias},
        {"Name": "w.a.test.", "Type": "A", "SetIdentifier": "x", "Weight": 5, **values},
        {"Name": "f.a.test.", "Type": "A", "SetIdentifier": "x", "Failover": "PRIMARY", **values},
    ]  # fmt: skip
    changes = [{"Action": "CREATE", "ResourceRecordSet": one} for one in sets]
    await moto("ChangeResourceRecordSets", HostedZoneId=public, ChangeBatch={"Changes": changes})
    about = {"ResourceType": "hostedzone", "ResourceId": public.rpartition("/")[2]}
    await moto("ChangeTagsForResource", **about, AddTags=[{"Key": "k", "Value": "v"}])
    before = (await moto("GetHostedZone", Id=public))["DelegationSet"]["NameServers"]
    namespace = {
        "Id": "ns-1", "Arn": "arn:ns-1", "Name": "corp", "Type": "DNS_PRIVATE", "CreateDate": "2026-01-01T00:00:00",
        "operation": "o",
        "Properties": {"DnsProperties": {"HostedZoneId": private.rpartition("/")[2]}},
    }  # fmt: skip
    plane.documents.put("servicediscovery.namespace", "ns-1", namespace)
    for _ in range(2):
        await route53.adopt(plane.moto, plane.documents)
    apis = await plane.restart()
    apis.register(Route53Api(plane.documents, Clock(), apis, (names.REGION, names.ACCOUNT)))

    async def call(operation: str, **params: Any) -> dict[str, Any]:
        return await apis.call("route53", operation, params)

    told = await call("GetHostedZone", Id=public)
    assert told["HostedZone"]["Config"] == {"Comment": "c", "PrivateZone": False}
    assert told["DelegationSet"]["NameServers"] == before
    listed = (await call("ListResourceRecordSets", HostedZoneId=public))["ResourceRecordSets"]
    assert [(one["Name"], one["Type"]) for one in listed] == [
        ("a.test.", "NS"), ("a.test.", "SOA"), ("\\052.a.test.", "A"), ("w.a.test.", "A"), ("www.a.test.", "A"),
    ]  # fmt: skip
    assert listed[2]["AliasTarget"]["EvaluateTargetHealth"]
    assert (listed[3]["Weight"], len(listed[4]["ResourceRecords"])) == (5, 2)
    assert (await call("ListTagsForResource", **about))["ResourceTagSet"]["Tags"] == [{"Key": "k", "Value": "v"}]
    owned = await call("GetHostedZone", Id=private)
    assert owned["VPCs"] == [where]
    assert owned["HostedZone"]["LinkedService"]["Description"] == "arn:ns-1"


async def test_what_nothing_decides_by_is_left_out_and_told(plane: Plane) -> None:
    made = await plane.moto.call("route53", "CreateHostedZone", {"Name": "a.test", "CallerReference": "1"})
    failing = {
        "Name": "f.a.test.", "Type": "A", "SetIdentifier": "x", "Failover": "PRIMARY", "TTL": 1,
        "ResourceRecords": [{"Value": "192.0.2.1"}],
    }  # fmt: skip
    batch = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": failing}]}
    zone = {"HostedZoneId": made["HostedZone"]["Id"], "ChangeBatch": batch}
    await plane.moto.call("route53", "ChangeResourceRecordSets", zone)
    await route53.adopt(plane.moto, plane.documents)
    (fault,) = plane.documents.faults.list()
    assert "f.a.test. A" in fault.subject
    assert "Failover" in fault.message


async def test_namespaces_that_moto_kept_are_taken_over_once(plane: Plane) -> None:
    tags = [{"Key": "a", "Value": "1"}]
    created = await plane.moto.call("servicediscovery", "CreateHttpNamespace", {"Name": "prod", "Tags": tags})
    operation = (await plane.moto.call("servicediscovery", "GetOperation", created))["Operation"]
    identity = operation["Targets"]["NAMESPACE"]
    made = await plane.moto.call("servicediscovery", "CreateService", {"Name": "api", "NamespaceId": identity})
    await servicediscovery.adopt(plane.moto, plane.documents)
    apis = await plane.restart()
    apis.register(ServiceDiscoveryApi(plane.documents, Clock(), (names.REGION, names.ACCOUNT)))

    async def call(operation: str, **params: Any) -> dict[str, Any]:
        return await apis.call("servicediscovery", operation, params)

    found = (await call("ListNamespaces"))["Namespaces"]
    assert [(one["Id"], one["Name"], one["Type"], one["ServiceCount"]) for one in found] == [
        (identity, "prod", "HTTP", 1)
    ]
    assert (await call("ListTagsForResource", ResourceARN=found[0]["Arn"]))["Tags"] == tags
    await call("DeleteService", Id=made["Service"]["Id"])
    await call("DeleteNamespace", Id=identity)
    await servicediscovery.adopt(plane.moto, plane.documents)
    assert (await call("ListNamespaces"))["Namespaces"] == []
