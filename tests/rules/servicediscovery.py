"""What Cloud Map refuses."""

from __future__ import annotations

from typing import Any

from netflux import names
from netflux.aws.servicediscovery.api import ServiceDiscoveryApi
from netflux.clock import Clock
from netflux.controlplane.apis import Apis
from tests.controlplane.plane import Plane
from tests.rules.rule import Rule

SERVICE = "servicediscovery"

NO_NAMESPACE, NO_SERVICE = "ns-0000000000000000", "srv-0000000000000000"
REGISTER = "API reference, RegisterInstance"
CREATE = "API reference, CreateService"
RECORD = "API reference, DnsRecord"
A = {"Type": "A", "TTL": 60}


def register(plane: Plane, apis: Apis) -> None:
    """Cloud Map, over EC2's VPCs."""
    apis.register(ServiceDiscoveryApi(plane.documents, Clock(), (names.REGION, names.ACCOUNT)))


async def prepare(apis: Apis) -> dict[str, str]:
    """An HTTP namespace and a private one with a service each, and an instance."""

    async def call(operation: str, **params: Any) -> dict[str, Any]:
        return await apis.call("servicediscovery", operation, params)

    async def namespace(operation: str, **params: Any) -> str:
        told = await call(operation, **params)
        return str((await call("GetOperation", **told))["Operation"]["Targets"]["NAMESPACE"])

    vpc = (await apis.call("ec2", "CreateVpc", {"CidrBlock": "10.0.0.0/16"}))["Vpc"]["VpcId"]
    http = await namespace("CreateHttpNamespace", Name="prod")
    private = await namespace("CreatePrivateDnsNamespace", Name="corp", Vpc=vpc)
    config = {"DnsRecords": [A]}
    plain = (await call("CreateService", Name="api", NamespaceId=http))["Service"]
    named = (await call("CreateService", Name="web", NamespaceId=private, DnsConfig=config))["Service"]
    port = {"DnsRecords": [{"Type": "SRV", "TTL": 60}]}
    service = (await call("CreateService", Name="srv", NamespaceId=private, DnsConfig=port))["Service"]
    await call("RegisterInstance", ServiceId=plain["Id"], InstanceId="i", Attributes={"k": "v"})
    await call("UpdateServiceAttributes", ServiceId=plain["Id"], Attributes={"own": "v"})
    return {
        "vpc": vpc, "http": http, "private": private, "plain": plain["Id"], "named": named["Id"], "srv": service["Id"],
        "arn": plain["Arn"],
    }  # fmt: skip


def _create(rule: str, says: str, page: str = CREATE, **params: Any) -> Rule:
    given = {"Name": "new", "NamespaceId": "{private}", **params}
    return Rule(rule, "CreateService", given, "InvalidInput", page, says)


def _register(rule: str, says: str, service: str, **attributes: str) -> Rule:
    given = {"ServiceId": service, "InstanceId": "new", "Attributes": attributes}
    return Rule(rule, "RegisterInstance", given, "InvalidInput", REGISTER, says)


def _absent(call: str, code: str, **params: Any) -> Rule:
    return Rule(f"{call}: what it is about is there", call, params, code, f"API reference, {call}")


def _records(*records: dict[str, Any], **config: str) -> dict[str, Any]:
    return {"DnsConfig": {"DnsRecords": [*records], **config}}


RULES = [
    Rule(
        "A namespace's name is used once",
        "CreateHttpNamespace",
        {"Name": "prod"},
        "NamespaceAlreadyExists",
        "API reference, CreateHttpNamespace",
    ),
    Rule(
        "A VPC has one namespace of a name",
        "CreatePrivateDnsNamespace",
        {"Name": "corp", "Vpc": "{vpc}"},
        "NamespaceAlreadyExists",
        "API reference, CreatePrivateDnsNamespace",
    ),
    Rule(
        "A namespace's VPC is there",
        "CreatePrivateDnsNamespace",
        {"Name": "new", "Vpc": "vpc-0aaaaaaaaaaaaaaaa"},
        "InvalidInput",
        "API reference, CreatePrivateDnsNamespace",
    ),
    Rule(
        "A namespace with DNS has a domain name",
        "CreatePrivateDnsNamespace",
        {"Name": "a..b", "Vpc": "{vpc}"},
        "InvalidInput",
        "API reference, CreatePrivateDnsNamespace",
    ),
    Rule(
        "A namespace with services stays",
        "DeleteNamespace",
        {"Id": "{http}"},
        "ResourceInUse",
        "API reference, DeleteNamespace",
    ),
    Rule(
        "A service with instances stays",
        "DeleteService",
        {"Id": "{plain}"},
        "ResourceInUse",
        "API reference, DeleteService",
    ),
    Rule(
        "A service's name is used once in a namespace",
        "CreateService",
        {"Name": "API", "NamespaceId": "{http}"},
        "ServiceAlreadyExists",
        CREATE,
    ),
    Rule("A service has a namespace", "CreateService", {"Name": "new"}, "InvalidInput", CREATE, "NamespaceId"),
    _create("A service of an HTTP namespace has no records", "not allowed", NamespaceId="{http}", **_records(A)),
    _create("A service that is found by HTTP has no records", "not allowed", Type="HTTP", **_records(A)),
    _create("A type of record stands once", "once", RECORD, **_records(A, A)),
    _create("A CNAME is the only record", "CNAME", RECORD, **_records(A, {"Type": "CNAME", "TTL": 1})),
    _create("A CNAME needs weights", "WEIGHTED", RECORD, **_records({"Type": "CNAME", "TTL": 1})),
    _create("A record is of a type that Cloud Map has", "enum", RECORD, **_records({"Type": "MX", "TTL": 1})),
    _create("A routing policy is one of two", "enum", **_records(A, RoutingPolicy="LATENCY")),
    _register("An A record needs an address", "AWS_INSTANCE_IPV4", "{named}", k="v"),
    _register("An SRV record needs a port", "AWS_INSTANCE_PORT", "{srv}", AWS_INSTANCE_IPV4="10.0.0.1"),
    _register("An SRV record needs an address", "AWS_INSTANCE_IPV4", "{srv}", AWS_INSTANCE_PORT="80"),
    _register("An alias needs weights", "WEIGHTED", "{named}", AWS_ALIAS_DNS_NAME="x.elb.amazonaws.com"),
    _register("Health begins healthy or unhealthy", "AWS_INIT_HEALTH_STATUS", "{plain}", AWS_INIT_HEALTH_STATUS="ILL"),
    _register("An instance has at most 30 attributes", "at most 30", "{plain}", **{f"k{n}": "v" for n in range(31)}),
    Rule(
        "Health is told of services that have a custom check",
        "UpdateInstanceCustomHealthStatus",
        {"ServiceId": "{plain}", "InstanceId": "i", "Status": "HEALTHY"},
        "CustomHealthNotFound",
        "API reference, UpdateInstanceCustomHealthStatus",
    ),
    Rule(
        "Records are not added later",
        "UpdateService",
        {"Id": "{plain}", "Service": {"DnsConfig": {"DnsRecords": [A]}}},
        "InvalidInput",
        "API reference, UpdateService",
    ),
    Rule(
        "A service has at most 30 attributes",
        "UpdateServiceAttributes",
        {"ServiceId": "{plain}", "Attributes": {f"k{n}": "v" for n in range(30)}},
        "ServiceAttributesLimitExceededException",
        "API reference, UpdateServiceAttributes",
    ),
    Rule(
        "A filter is one of the list's",
        "ListServices",
        {"Filters": [{"Name": "NAMESPACE_ID", "Values": ["{http}"], "Condition": "BETWEEN"}]},
        "InvalidInput",
        "API reference, ServiceFilter",
    ),
    Rule(
        "A token is an answer's",
        "ListNamespaces",
        {"NextToken": "nonsense"},
        "InvalidInput",
        "API reference, ListNamespaces",
    ),
    Rule(
        "A page has at most 100", "ListNamespaces", {"MaxResults": 101}, "InvalidInput", "API reference, ListNamespaces"
    ),
    Rule(
        "A tag stands once",
        "TagResource",
        {"ResourceARN": "{arn}", "Tags": [{"Key": "k", "Value": "1"}, {"Key": "k", "Value": "2"}]},
        "InvalidInput",
        "API reference, TagResource",
    ),
    _absent("GetNamespace", "NamespaceNotFound", Id=NO_NAMESPACE),
    _absent("DeleteNamespace", "NamespaceNotFound", Id=NO_NAMESPACE),
    _absent("UpdateHttpNamespace", "NamespaceNotFound", Id=NO_NAMESPACE, Namespace={"Description": "d"}),
    _absent("CreateService", "NamespaceNotFound", Name="new", NamespaceId=NO_NAMESPACE),
    _absent("GetService", "ServiceNotFound", Id=NO_SERVICE),
    _absent("DeleteService", "ServiceNotFound", Id=NO_SERVICE),
    _absent("UpdateService", "ServiceNotFound", Id=NO_SERVICE, Service={"Description": "d"}),
    _absent("RegisterInstance", "ServiceNotFound", ServiceId=NO_SERVICE, InstanceId="i", Attributes={"k": "v"}),
    _absent("DeregisterInstance", "InstanceNotFound", ServiceId="{plain}", InstanceId="absent"),
    _absent("GetInstance", "InstanceNotFound", ServiceId="{plain}", InstanceId="absent"),
    _absent("GetInstancesHealthStatus", "InstanceNotFound", ServiceId="{plain}", Instances=["absent"]),
    _absent("DiscoverInstances", "NamespaceNotFound", NamespaceName="absent", ServiceName="api"),
    _absent("DiscoverInstances", "ServiceNotFound", NamespaceName="prod", ServiceName="absent"),
    _absent("DiscoverInstancesRevision", "ServiceNotFound", NamespaceName="prod", ServiceName="absent"),
    _absent("GetOperation", "OperationNotFound", OperationId="absent"),
    _absent("GetServiceAttributes", "ServiceNotFound", ServiceId=NO_SERVICE),
    _absent("ListInstances", "ServiceNotFound", ServiceId=NO_SERVICE),
    _absent(
        "ListTagsForResource",
        "ResourceNotFoundException",
        ResourceARN=f"arn:aws:servicediscovery:{names.REGION}:{names.ACCOUNT}:service/{NO_SERVICE}",
    ),
]
