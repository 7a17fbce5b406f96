"""Cloud Map through its API, with Route 53's zones behind it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from netflux import names
from netflux.aws.route53.api import Route53Api
from netflux.aws.servicediscovery.api import ServiceDiscoveryApi
from netflux.clock import Clock
from netflux.controlplane.apis import Apis
from netflux.controlplane.moto.backend import Moto
from netflux.controlplane.records.documents import Documents
from netflux.errors import AwsError
from tests.controlplane.plane import with_ec2

SPEED = 60.0


class Place:
    """Cloud Map with Route 53, over moto's EC2."""

    def __init__(self, apis: Apis, own: ServiceDiscoveryApi) -> None:
        self.apis, self.map = apis, own

    async def call(self, operation: str, **params: Any) -> dict[str, Any]:
        return await self.apis.call("servicediscovery", operation, params)

    async def namespace(self, operation: str = "CreateHttpNamespace", **params: Any) -> str:
        told = await self.call(operation, **{"Name": "corp.internal", **params})
        found = (await self.call("GetOperation", OperationId=told["OperationId"]))["Operation"]
        assert found["Status"] == "SUCCESS"
        return str(found["Targets"]["NAMESPACE"])

    async def vpc(self) -> str:
        return str((await self.apis.call("ec2", "CreateVpc", {"CidrBlock": "10.0.0.0/16"}))["Vpc"]["VpcId"])

    async def private(self, **params: Any) -> str:
        return await self.namespace("CreatePrivateDnsNamespace", Vpc=await self.vpc(), **params)

    async def service(self, namespace: str, **params: Any) -> str:
        made = await self.call("CreateService", **{"Name": "api", "NamespaceId": namespace, **params})
        return str(made["Service"]["Id"])

    async def register(self, service: str, instance: str, **attributes: str) -> None:
        own = {"AWS_INSTANCE_IPV4": f"10.0.0.{instance}", **attributes}
        await self.call("RegisterInstance", ServiceId=service, InstanceId=instance, Attributes=own)

    async def addresses(self, zone: str) -> list[str]:
        told = await self.apis.call("route53", "ListResourceRecordSets", {"HostedZoneId": zone})
        found = [one["ResourceRecords"] for one in told["ResourceRecordSets"] if one["Type"] == "A"]
        return [value["Value"] for values in found for value in values]

    async def discover(self, **params: Any) -> dict[str, Any]:
        return await self.call("DiscoverInstances", NamespaceName="corp.internal", ServiceName="api", **params)


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    from moto.core.base_backend import BackendDict

    BackendDict.reset()
    documents = Documents(tmp_path / "n.db")
    moto = Moto(documents, names.ACCOUNT, names.REGION)
    apis = Apis(names.ACCOUNT, names.REGION, moto, lambda _: None)
    with_ec2(apis, documents)
    made = ServiceDiscoveryApi(documents, Clock(SPEED), (names.REGION, names.ACCOUNT))
    apis.register(made)
    apis.register(Route53Api(documents, Clock(SPEED), apis, (names.REGION, names.ACCOUNT)))
    yield Place(apis, made)
    moto.stop()
    documents.close()


async def test_instances_are_found_by_names_and_a_revision_counts_them(place: Place) -> None:
    service = await place.service(await place.namespace())
    first = (await place.discover())["InstancesRevision"]
    await place.register(service, "1", version="a")
    await place.register(service, "2", version="b")
    found = await place.discover(QueryParameters={"version": "b"})
    assert found["Instances"] == [{
        "InstanceId": "2", "NamespaceName": "corp.internal", "ServiceName": "api", "HealthStatus": "UNKNOWN",
        "Attributes": {"AWS_INSTANCE_IPV4": "10.0.0.2", "version": "b"},
    }]  # fmt: skip
    assert found["InstancesRevision"] == first + 2
    assert len((await place.discover(MaxResults=1))["Instances"]) == 1
    await place.call("DeregisterInstance", ServiceId=service, InstanceId="1")
    revision = await place.call("DiscoverInstancesRevision", NamespaceName="corp.internal", ServiceName="api")
    assert revision["InstancesRevision"] == first + 3
    assert [one["InstanceId"] for one in (await place.discover())["Instances"]] == ["2"]


async def test_registering_again_replaces_attributes_and_keeps_health(place: Place) -> None:
    service = await place.service(await place.namespace(), HealthCheckCustomConfig={"FailureThreshold": 1})
    await place.register(service, "1", AWS_INIT_HEALTH_STATUS="UNHEALTHY")
    before = (await place.discover())["InstancesRevision"]
    assert (await place.discover(HealthStatus="HEALTHY"))["Instances"] == []
    how = {"ServiceId": service, "InstanceId": "1", "Status": "HEALTHY"}
    await place.call("UpdateInstanceCustomHealthStatus", **how)
    await place.register(service, "1", zone="b")
    found = await place.discover(HealthStatus="HEALTHY")
    assert found["Instances"][0]["Attributes"] == {"AWS_INSTANCE_IPV4": "10.0.0.1", "zone": "b"}
    assert found["InstancesRevision"] == before + 1
    assert (await place.call("GetInstancesHealthStatus", ServiceId=service))["Status"] == {"1": "HEALTHY"}


async def test_an_instance_is_unhealthy_half_a_minute_after_that_was_said_unless_it_is_taken_back(place: Place) -> None:
    service = await place.service(await place.namespace(), HealthCheckCustomConfig={"FailureThreshold": 1})
    for instance in ("1", "2"):
        await place.register(service, instance)
        how = {"ServiceId": service, "InstanceId": instance}
        await place.call("UpdateInstanceCustomHealthStatus", **how, Status="UNHEALTHY")
    assert len((await place.discover(HealthStatus="HEALTHY"))["Instances"]) == 2
    await place.call("UpdateInstanceCustomHealthStatus", ServiceId=service, InstanceId="2", Status="HEALTHY")
    for _ in range(500):
        ill = [one["InstanceId"] for one in (await place.discover(HealthStatus="UNHEALTHY"))["Instances"]]
        if ill:
            break
        await asyncio.sleep(0.02)
    assert ill == ["1"]
    assert [one["InstanceId"] for one in (await place.discover(HealthStatus="HEALTHY"))["Instances"]] == ["2"]
    await place.call("UpdateInstanceCustomHealthStatus", ServiceId=service, InstanceId="1", Status="HEALTHY")
    assert len((await place.discover(HealthStatus="HEALTHY"))["Instances"]) == 2


async def test_a_private_namespace_is_a_hosted_zone_of_its_vpc(place: Place) -> None:
    vpc = await place.vpc()
    namespace = await place.namespace(
        "CreatePrivateDnsNamespace", Vpc=vpc, Properties={"DnsProperties": {"SOA": {"TTL": 60}}}
    )
    found = (await place.call("GetNamespace", Id=namespace))["Namespace"]
    zone = found["Properties"]["DnsProperties"]["HostedZoneId"]
    told = await place.apis.call("route53", "GetHostedZone", {"Id": zone})
    assert told["HostedZone"]["Name"] == "corp.internal."
    assert told["HostedZone"]["Config"]["PrivateZone"]
    assert [one["VPCId"] for one in told["VPCs"]] == [vpc]
    sets = (await place.apis.call("route53", "ListResourceRecordSets", {"HostedZoneId": zone}))["ResourceRecordSets"]
    assert [one["TTL"] for one in sets if one["Type"] == "SOA"] == [60]
    with pytest.raises(AwsError, match="NamespaceAlreadyExists"):
        await place.namespace("CreatePrivateDnsNamespace", Vpc=vpc)
    other = await place.private()
    service = await place.service(other, DnsConfig={"DnsRecords": [{"Type": "A", "TTL": 10}]})
    await place.register(service, "7")
    second = (await place.call("GetNamespace", Id=other))["Namespace"]["Properties"]["DnsProperties"]["HostedZoneId"]
    assert await place.addresses(zone) == []
    assert await place.addresses(second) == ["10.0.0.7"]


async def test_the_records_of_instances_are_among_their_zone_s_a_page_at_a_time(place: Place) -> None:
    namespace = await place.private()
    zone = (await place.call("GetNamespace", Id=namespace))["Namespace"]["Properties"]["DnsProperties"]["HostedZoneId"]
    for name, config in (
        ("api", {"DnsRecords": [{"Type": "A", "TTL": 10}]}),
        ("films", {"DnsRecords": [{"Type": "SRV", "TTL": 20}], "RoutingPolicy": "WEIGHTED"}),
    ):
        service = await place.service(namespace, Name=name, DnsConfig=config)
        for instance in ("7", "8"):
            await place.register(service, instance, AWS_INSTANCE_PORT="8080")

    async def listed(**params: Any) -> dict[str, Any]:
        return await place.apis.call("route53", "ListResourceRecordSets", {"HostedZoneId": zone, **params})

    everything = (await listed())["ResourceRecordSets"]
    assert [(one["Name"], one["Type"], one.get("SetIdentifier")) for one in everything] == [
        ("corp.internal.", "NS", None), ("corp.internal.", "SOA", None),
        ("api.corp.internal.", "A", "7"), ("api.corp.internal.", "A", "8"),
        ("films.corp.internal.", "SRV", "7"), ("films.corp.internal.", "SRV", "8"),
        ("7.films.corp.internal.", "A", None), ("8.films.corp.internal.", "A", None),
    ]  # fmt: skip
    assert everything[2]["ResourceRecords"] == [{"Value": "10.0.0.7"}]
    assert (everything[2]["MultiValueAnswer"], everything[2]["TTL"], everything[4]["Weight"]) == (True, 10, 1)
    seen, params = [], {}
    while True:
        told = await listed(MaxItems="3", **params)
        seen += told["ResourceRecordSets"]
        if not told["IsTruncated"]:
            break
        params = {key.replace("Next", "Start"): told[key] for key in told if key.startswith("Next")}
    assert seen == everything
    assert (await listed(StartRecordName="films.corp.internal"))["ResourceRecordSets"] == everything[4:]
    counted = (await place.apis.call("route53", "GetHostedZone", {"Id": zone}))["HostedZone"]
    assert counted["ResourceRecordSetCount"] == len(everything)
    (again,) = (await place.apis.call("route53", "ListHostedZones", {}))["HostedZones"]
    assert again["ResourceRecordSetCount"] == len(everything)


async def test_nothing_that_is_used_can_be_deleted_and_the_zone_goes_with_the_namespace(place: Place) -> None:
    namespace = await place.private()
    service = await place.service(namespace, DnsConfig={"DnsRecords": [{"Type": "A", "TTL": 10}]})
    await place.register(service, "1")
    with pytest.raises(AwsError, match="ResourceInUse"):
        await place.call("DeleteNamespace", Id=namespace)
    with pytest.raises(AwsError, match="ResourceInUse"):
        await place.call("DeleteService", Id=service)
    await place.call("DeregisterInstance", ServiceId=service, InstanceId="1")
    await place.call("DeleteService", Id=service)
    await place.call("DeleteNamespace", Id=namespace)
    assert (await place.apis.call("route53", "ListHostedZones", {}))["HostedZones"] == []
    for operation, code in (("GetNamespace", "NamespaceNotFound"), ("GetService", "ServiceNotFound")):
        with pytest.raises(AwsError, match=code):
            await place.call(operation, Id="ns-absent")


async def test_a_namespace_s_zone_is_changed_through_cloud_map_alone(place: Place) -> None:
    namespace = await place.private()
    told = (await place.call("GetNamespace", Id=namespace))["Namespace"]
    zone = told["Properties"]["DnsProperties"]["HostedZoneId"]
    record = {"Name": "x.corp.internal", "Type": "A", "TTL": 1, "ResourceRecords": [{"Value": "10.0.0.1"}]}
    batch = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]}
    refused = f"AccessDenied: The resource hostedzone/{zone} can only be managed through AWS Cloud Map"
    for operation, params in (
        ("ChangeResourceRecordSets", {"HostedZoneId": zone, "ChangeBatch": batch}), ("DeleteHostedZone", {"Id": zone}),
    ):  # fmt: skip
        with pytest.raises(AwsError, match=refused):
            await place.apis.call("route53", operation, params)
    shown = (await place.apis.call("route53", "GetHostedZone", {"Id": zone}))["HostedZone"]
    assert shown["LinkedService"]["Description"] == told["Arn"]


async def test_a_vpc_with_a_zone_of_the_name_gets_no_namespace(place: Place) -> None:
    vpc = await place.vpc()
    await place.apis.call("route53", "CreateHostedZone", {
        "Name": "Corp.internal", "CallerReference": "1", "VPC": {"VPCRegion": names.REGION, "VPCId": vpc},
    })  # fmt: skip
    told = await place.call("CreatePrivateDnsNamespace", Name="corp.internal", Vpc=vpc)
    operation = (await place.call("GetOperation", OperationId=told["OperationId"]))["Operation"]
    assert (operation["Status"], operation["ErrorCode"]) == ("FAIL", "CANNOT_CREATE_HOSTED_ZONE")
    assert (await place.call("ListNamespaces"))["Namespaces"] == []


async def test_an_ill_instance_leaves_the_zone_when_its_time_comes_also_after_a_restart(place: Place) -> None:
    namespace = await place.private()
    zone = (await place.call("GetNamespace", Id=namespace))["Namespace"]["Properties"]["DnsProperties"]["HostedZoneId"]
    config = {"DnsRecords": [{"Type": "A", "TTL": 10}]}
    service = await place.service(namespace, DnsConfig=config, HealthCheckCustomConfig={"FailureThreshold": 1})
    for instance in ("1", "2"):
        await place.register(service, instance)
    how = {"ServiceId": service, "InstanceId": "1", "Status": "UNHEALTHY"}
    await place.call("UpdateInstanceCustomHealthStatus", **how)
    assert await place.addresses(zone) == ["10.0.0.1", "10.0.0.2"]
    again = ServiceDiscoveryApi(place.map.documents, Clock(SPEED), (names.REGION, names.ACCOUNT))
    turned = asyncio.Event()
    place.map.documents.watch(lambda _changes: turned.set())
    again.resume()
    await asyncio.wait_for(turned.wait(), 10)
    assert await place.addresses(zone) == ["10.0.0.2"]


async def test_counts_filters_and_tags(place: Place) -> None:
    one = await place.namespace(Tags=[{"Key": "a", "Value": "1"}])
    two = await place.private()
    service = await place.service(one, Description="d", Tags=[{"Key": "b", "Value": "2"}])
    await place.service(two)
    await place.register(service, "1")
    by_type = [{"Name": "TYPE", "Values": ["DNS_PRIVATE"]}]
    assert [found["Id"] for found in (await place.call("ListNamespaces", Filters=by_type))["Namespaces"]] == [two]
    by_name = [{"Name": "NAME", "Values": ["corp."], "Condition": "BEGINS_WITH"}]
    assert len((await place.call("ListNamespaces", Filters=by_name))["Namespaces"]) == 2
    by_namespace = [{"Name": "NAMESPACE_ID", "Values": [one]}]
    found = (await place.call("ListServices", Filters=by_namespace))["Services"]
    assert [(each["Id"], each["InstanceCount"], each["Type"]) for each in found] == [(service, 1, "HTTP")]
    told = (await place.call("GetNamespace", Id=one))["Namespace"]
    assert told["ServiceCount"] == 1
    await place.call("TagResource", ResourceARN=told["Arn"], Tags=[{"Key": "c", "Value": "3"}])
    await place.call("UntagResource", ResourceARN=told["Arn"], TagKeys=["a"])
    assert (await place.call("ListTagsForResource", ResourceARN=told["Arn"]))["Tags"] == [{"Key": "c", "Value": "3"}]
    with pytest.raises(AwsError, match="ResourceNotFoundException"):
        await place.call("ListTagsForResource", ResourceARN="arn:aws:servicediscovery:us-east-1:1:service/srv-x")
    page = await place.call("ListServices", MaxResults=1)
    assert len(page["Services"]) == 1
    assert len((await place.call("ListServices", NextToken=page["NextToken"]))["Services"]) == 1


async def test_the_same_request_again_gives_the_same_namespace_and_service(place: Place) -> None:
    one = await place.namespace(CreatorRequestId="t")
    assert await place.namespace(CreatorRequestId="t") == one
    service = await place.service(one, CreatorRequestId="t")
    assert await place.service(one, CreatorRequestId="t") == service
    with pytest.raises(AwsError, match="ServiceAlreadyExists"):
        await place.service(one)


async def test_an_update_changes_description_and_records(place: Place) -> None:
    namespace = await place.private()
    config = {"DnsRecords": [{"Type": "A", "TTL": 10}], "RoutingPolicy": "WEIGHTED"}
    service = await place.service(namespace, DnsConfig=config)
    change = {"Description": "new", "DnsConfig": {"DnsRecords": [{"Type": "A", "TTL": 30}]}}
    await place.call("UpdateService", Id=service, Service=change)
    found = (await place.call("GetService", Id=service))["Service"]
    assert found["DnsConfig"] == {
        "DnsRecords": [{"Type": "A", "TTL": 30}], "RoutingPolicy": "WEIGHTED", "NamespaceId": namespace,
    }  # fmt: skip
    assert found["Description"] == "new"
    properties = {"DnsProperties": {"SOA": {"TTL": 99}}}
    change = {"Description": "newer", "Properties": properties}
    await place.call("UpdatePrivateDnsNamespace", Id=namespace, Namespace=change)
    told = (await place.call("GetNamespace", Id=namespace))["Namespace"]
    assert (told["Description"], told["Properties"]["DnsProperties"]["SOA"]["TTL"]) == ("newer", 99)
    await place.call("UpdateServiceAttributes", ServiceId=service, Attributes={"k": "v"})
    noted = await place.call("GetServiceAttributes", ServiceId=service)
    assert noted["ServiceAttributes"]["Attributes"] == {"k": "v"}


async def test_what_cannot_be_honoured_is_refused_by_name(place: Place) -> None:
    namespace = await place.namespace()
    with pytest.raises(AwsError, match="the parameter HealthCheckConfig"):
        await place.service(namespace, HealthCheckConfig={"Type": "HTTP"})
    with pytest.raises(AwsError, match="DnsConfig is not allowed"):
        await place.service(namespace, DnsConfig={"DnsRecords": [{"Type": "A", "TTL": 10}]})
    service = await place.service(namespace)
    with pytest.raises(AwsError, match="AWS_EC2_INSTANCE_ID"):
        await place.register(service, "1", AWS_EC2_INSTANCE_ID="i-1")
    await place.register(service, "1")
    how = {"ServiceId": service, "InstanceId": "1", "Status": "HEALTHY"}
    with pytest.raises(AwsError, match="CustomHealthNotFound"):
        await place.call("UpdateInstanceCustomHealthStatus", **how)
