"""VPC endpoints.

A gateway endpoint adds routes to its service's prefix list. Tasks reach the APIs of this cloud without any endpoint;
an interface endpoint has its addresses and groups, and nothing else is behind it (docs/limits.md).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netflux import names
from netflux.aws.ec2.filters import Filters, Read, page
from netflux.aws.ec2.nouns import ENDPOINTS, GROUPS, ROUTE_TABLES, SUBNETS, VPCS, invalid
from netflux.aws.ec2.part import DRY_RUN, Part, shown_tags
from netflux.aws.ec2.zones import ZONES
from netflux.controlplane import identifiers
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.network import addresses, placing
from netflux.policy import document
from netflux.resources.ec2.endpoint import VpcEndpoint
from netflux.resources.ec2.interface import NetworkInterface
from netflux.resources.ec2.routetable import Route, RouteTable
from netflux.resources.ec2.securitygroup import SecurityGroup
from netflux.resources.ec2.subnet import Subnet

if TYPE_CHECKING:
    from types_boto3_ec2.type_defs import (
        CreateVpcEndpointRequestTypeDef,
        DeleteVpcEndpointsRequestTypeDef,
        DescribeVpcEndpointServicesRequestTypeDef,
        DescribeVpcEndpointsRequestTypeDef,
        ModifyVpcEndpointRequestTypeDef,
    )

_GATEWAY, _INTERFACE = "Gateway", "Interface"
_WITH_GATEWAY = ("s3", "dynamodb")
"""Services that have gateway endpoints ["Gateway endpoints", AWS PrivateLink guide]."""

_SERVICES = (
    "s3", "dynamodb", "application-autoscaling", "cloudformation", "ec2", "ecr.api", "ecr.dkr", "ecs", "ecs-agent",
    "ecs-telemetry", "elasticfilesystem", "elasticloadbalancing", "events", "kms", "lambda", "logs", "monitoring",
    "rds", "scheduler", "secretsmanager", "servicediscovery", "sns", "sqs", "ssm", "sts",
)  # fmt: skip
"""AWS's services that this cloud has, by the last part of their endpoint services' names."""

_EVERYTHING = json.dumps(
    {"Version": "2008-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}
)
_NO_DNS = "Names of services are resolved without endpoints here."
_REFUSED = {
    "SubnetConfigurations": "Addresses are chosen by the subnet.",
    "DnsOptions.PrivateDnsOnlyForInboundResolverEndpoint": _NO_DNS,
    "DnsOptions.PrivateDnsPreference": _NO_DNS,
    "DnsOptions.PrivateDnsSpecifiedDomains": _NO_DNS,
}


class Endpoints(Part):
    """The operations."""

    @operation(
        "VpcEndpointType VpcId ServiceName PolicyDocument RouteTableIds SubnetIds SecurityGroupIds IpAddressType "
        "DnsOptions(DnsRecordIpType) ClientToken PrivateDnsEnabled TagSpecifications(ResourceType Tags(Key Value)) "
        "ServiceRegion",
        neutral=DRY_RUN,
        refused={
            **_REFUSED,
            "ServiceNetworkArn": "There is no VPC Lattice here.",
            "ResourceConfigurationArn": "There is no VPC Lattice here.",
        },
        only={
            "VpcEndpointType": (_GATEWAY, _INTERFACE),
            "IpAddressType": ("ipv4",),
            "ServiceRegion": (names.REGION,),
            "DnsOptions.DnsRecordIpType": ("ipv4",),
        },
    )
    def create_vpc_endpoint(self, call: Call, request: CreateVpcEndpointRequestTypeDef) -> dict[str, Any]:
        """A gateway or an interface to one of AWS's services ("CreateVpcEndpoint", Amazon EC2 API reference)."""
        token = request.get("ClientToken") or ""
        if token:
            for known in self.tables.endpoints.where("token", token):
                return {"VpcEndpoint": self._endpoint_shape(known, call), "ClientToken": token}
        vpc = VPCS.get(self.documents, request["VpcId"])
        kind, service = request.get("VpcEndpointType") or _GATEWAY, request.get("ServiceName") or ""
        _known(service, kind)
        endpoint = VpcEndpoint(
            identifiers.hexadecimal("vpce"), vpc.id, service, kind, self.clock.now(),
            policy=_policy(request.get("PolicyDocument")), client_token=token,
            private_dns=bool(request.get("PrivateDnsEnabled")), tags=self.tags(call, request, ENDPOINTS),
        )  # fmt: skip
        if endpoint.private_dns and not (vpc.dns_support and vpc.dns_hostnames):
            raise invalid(
                "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true "
                f"for {vpc.id}"
            )
        if kind == _GATEWAY:
            _none(kind, request, "SubnetIds", "SecurityGroupIds", "PrivateDnsEnabled")
            for known in self.tables.endpoints.where("vpc", vpc.id):
                if known.service_name == service and set(known.route_tables) & {*(request.get("RouteTableIds") or ())}:
                    said = f"route table already has a route with destination-prefix-list-id of {service}"
                    raise AwsError("RouteAlreadyExists", said)
        else:
            _none(kind, request, "RouteTableIds")
        endpoint = self._changed(call, endpoint, request, "")
        return {"VpcEndpoint": self._endpoint_shape(endpoint, call), **({"ClientToken": token} if token else {})}

    @operation(
        "VpcEndpointId ResetPolicy PolicyDocument AddRouteTableIds RemoveRouteTableIds AddSubnetIds RemoveSubnetIds "
        "AddSecurityGroupIds RemoveSecurityGroupIds IpAddressType DnsOptions(DnsRecordIpType) PrivateDnsEnabled",
        neutral=DRY_RUN,
        refused=_REFUSED,
        only={"IpAddressType": ("ipv4",), "DnsOptions.DnsRecordIpType": ("ipv4",)},
    )
    def modify_vpc_endpoint(self, call: Call, request: ModifyVpcEndpointRequestTypeDef) -> dict[str, Any]:
        """Its policy, tables, subnets and groups."""
        endpoint = ENDPOINTS.get(self.documents, request["VpcEndpointId"])
        if request.get("ResetPolicy"):
            endpoint = replace(endpoint, policy="")
        if request.get("PolicyDocument"):
            endpoint = replace(endpoint, policy=_policy(request["PolicyDocument"]))
        if request.get("PrivateDnsEnabled") is not None:
            endpoint = replace(endpoint, private_dns=bool(request["PrivateDnsEnabled"]))
        self._changed(call, endpoint, request, "Add")
        return {"Return": True}

    def _changed(self, call: Call, before: VpcEndpoint, request: Mapping[str, Any], prefix: str) -> VpcEndpoint:
        """Puts the endpoint with the tables, subnets and groups that the request adds and removes."""

        def after(known: Iterable[str], member: str) -> tuple[str, ...]:
            gone = {*(request.get(f"Remove{member}") or ())}
            return tuple(
                dict.fromkeys([*(one for one in known if one not in gone), *(request.get(prefix + member) or ())])
            )

        endpoint = replace(
            before,
            route_tables=after(before.route_tables, "RouteTableIds"),
            subnets=after(before.subnets, "SubnetIds"),
            groups=after(before.groups, "SecurityGroupIds"),
        )
        if endpoint.type == _INTERFACE and not endpoint.groups:
            (default,) = self.tables.groups.where("name", f"{endpoint.vpc_id}/default")
            endpoint = replace(endpoint, groups=(default.id,))
        placed: list[RouteTable | Subnet | SecurityGroup] = [
            *ROUTE_TABLES.named(self.documents, endpoint.route_tables),
            *SUBNETS.named(self.documents, endpoint.subnets),
            *GROUPS.named(self.documents, endpoint.groups),
        ]
        for record in placed:
            if record.vpc_id != endpoint.vpc_id:
                raise invalid(f"{record.id} is in {record.vpc_id}, and the endpoint in {endpoint.vpc_id}.")
        zones = [one.zone for one in SUBNETS.named(self.documents, endpoint.subnets)]
        if len({*zones}) < len(zones):
            raise AwsError("DuplicateSubnetsInSameZone", "Found another subnet in the same availability zone.")
        if endpoint.type == _INTERFACE:
            endpoint = self._interfaces(call, before, endpoint)
        self.tables.endpoints.put(endpoint)
        self._routes(endpoint)
        return endpoint

    def _routes(self, endpoint: VpcEndpoint) -> None:
        routes = self.tables.routes
        for route in routes.where("target", endpoint.id):
            if route.table_id not in endpoint.route_tables:
                routes.delete(routes.schema.key(route))
        for prefix_list in self.tables.prefix_lists.where("name", endpoint.service_name):
            for table in endpoint.route_tables:
                routes.put(Route(table, prefix_list.id, "GatewayId", endpoint.id))

    def _interfaces(self, call: Call, before: VpcEndpoint, endpoint: VpcEndpoint) -> VpcEndpoint:
        """The endpoint with an interface in each of its subnets."""
        kept = []
        for identity in before.interfaces:
            interface = self.tables.interfaces.get(identity)
            if interface is not None and interface.subnet_id in endpoint.subnets:
                self.tables.interfaces.put(replace(interface, groups=endpoint.groups))
                kept.append(interface)
            else:
                self.tables.interfaces.delete(identity)
        there = {interface.subnet_id for interface in kept}
        made = [
            self._interface(call, endpoint, SUBNETS.get(self.documents, subnet))
            for subnet in endpoint.subnets
            if subnet not in there
        ]
        return replace(endpoint, interfaces=(*(one.id for one in kept), *made))

    def _interface(self, call: Call, endpoint: VpcEndpoint, subnet: Subnet) -> str:
        identity = identifiers.hexadecimal("eni")
        made = NetworkInterface(
            identity,
            subnet.id,
            subnet.vpc_id,
            subnet.zone,
            addresses.mac_address(),
            endpoint.groups,
            (placing.free_address(self.tables, subnet, endpoint.id),),
            description=f"VPC Endpoint Interface {endpoint.id}",
            interface_type="vpc_endpoint",
            requester=call.account,
            requester_managed=True,
        )
        self.tables.interfaces.put(made)
        return identity

    @operation("VpcEndpointIds", neutral=DRY_RUN)
    def delete_vpc_endpoints(self, _call: Call, request: DeleteVpcEndpointsRequestTypeDef) -> dict[str, Any]:
        """Their routes and interfaces go with them."""
        unsuccessful = []
        for identity in dict.fromkeys(request["VpcEndpointIds"]):
            endpoint = self.tables.endpoints.get(identity)
            if endpoint is None:
                refusal = ENDPOINTS.missing(identity)
                error = {"Code": refusal.code, "Message": refusal.message}
                unsuccessful.append({"ResourceId": identity, "Error": error})
                continue
            for route in self.tables.routes.where("target", identity):
                self.tables.routes.delete(self.tables.routes.schema.key(route))
            self.tables.endpoints.delete(identity)
            for interface in endpoint.interfaces:
                self.tables.interfaces.delete(interface)
        return {"Unsuccessful": unsuccessful}

    @operation("VpcEndpointIds Filters(Name Values) MaxResults NextToken", neutral=DRY_RUN)
    def describe_vpc_endpoints(self, call: Call, request: DescribeVpcEndpointsRequestTypeDef) -> dict[str, Any]:
        """Endpoints by ids and filters."""
        read: dict[str, Read] = {
            "ip-address-type": lambda one: one.ip_address_type,
            "service-name": lambda one: one.service_name,
            "service-region": lambda _: names.REGION,
            "vpc-endpoint-id": lambda one: one.id,
            "vpc-endpoint-state": lambda one: one.state,
            "vpc-endpoint-type": lambda one: one.type,
            "vpc-id": lambda one: one.vpc_id,
        }
        wanted = Filters[VpcEndpoint](read, lambda one: one.tags, {"vpc-id": "vpc", "service-name": "service"})
        found = wanted.found(self.documents, ENDPOINTS, request.get("VpcEndpointIds"), request.get("Filters"))
        return page(request, [self._endpoint_shape(one, call) for one in found], "VpcEndpoints")

    @operation(
        "ServiceNames Filters(Name Values) MaxResults NextToken ServiceRegions",
        neutral=DRY_RUN,
        only={"ServiceRegions": ([names.REGION],)},
    )
    def describe_vpc_endpoint_services(
        self, _call: Call, request: DescribeVpcEndpointServicesRequestTypeDef
    ) -> dict[str, Any]:
        """AWS's services that this cloud has."""
        known = {_service(name): name for name in _SERVICES}
        wanted = request.get("ServiceNames") or [*known]
        for name in wanted:
            if name not in known:
                raise AwsError("InvalidServiceName", f"The Vpc Endpoint Service '{name}' does not exist")
        read: dict[str, Read] = {
            "owner": lambda _: "amazon",
            "service-name": lambda name: name,
            "service-region": lambda _: names.REGION,
            "service-type": lambda name: _types(known[name]),
            "supported-ip-address-types": lambda _: "ipv4",
        }
        filters = Filters[str](read, lambda _: {})
        found = filters.passing((name for name in known if name in wanted), request.get("Filters"))
        answer = page(request, found, "ServiceNames")
        answer["ServiceDetails"] = [_detail(name, known[name]) for name in answer["ServiceNames"]]
        return answer

    def _endpoint_shape(self, one: VpcEndpoint, call: Call) -> dict[str, Any]:
        groups = [group for identity in one.groups if (group := self.tables.groups.get(identity)) is not None]
        return {
            "VpcEndpointId": one.id, "VpcEndpointType": one.type, "VpcId": one.vpc_id,
            "ServiceName": one.service_name, "State": one.state, "PolicyDocument": one.policy or _EVERYTHING,
            "RouteTableIds": [*one.route_tables], "SubnetIds": [*one.subnets],
            "Groups": [{"GroupId": group.id, "GroupName": group.name} for group in groups],
            "NetworkInterfaceIds": [*one.interfaces], "PrivateDnsEnabled": one.private_dns,
            "RequesterManaged": False, "IpAddressType": one.ip_address_type, "ServiceRegion": names.REGION,
            "DnsOptions": {"DnsRecordIpType": one.dns_record_ip_type}, "DnsEntries": [],
            "CreationTimestamp": one.created, "OwnerId": call.account, "Tags": shown_tags(one.tags),
        }  # fmt: skip


def _service(name: str) -> str:
    return f"com.amazonaws.{names.REGION}.{name}"


def _types(name: str) -> list[str]:
    return [_GATEWAY, _INTERFACE] if name in _WITH_GATEWAY else [_INTERFACE]


def _detail(service: str, name: str) -> dict[str, Any]:
    return {
        "ServiceName": service, "ServiceType": [{"ServiceType": kind} for kind in _types(name)],
        "ServiceRegion": names.REGION, "AvailabilityZones": [*ZONES], "AvailabilityZoneIds": [*ZONES.values()],
        "Owner": "amazon", "BaseEndpointDnsNames": [], "VpcEndpointPolicySupported": True,
        "AcceptanceRequired": False, "ManagesVpcEndpoints": False, "SupportedIpAddressTypes": ["ipv4"], "Tags": [],
    }  # fmt: skip


def _known(service: str, kind: str) -> None:
    name = service.removeprefix(f"com.amazonaws.{names.REGION}.")
    if service != _service(name) or name not in _SERVICES or kind not in _types(name):
        raise AwsError("InvalidServiceName", f"The Vpc Endpoint Service '{service}' does not exist")


def _policy(told: str | None) -> str:
    if not told:
        return ""
    try:
        document.parse(told, needs_principal=True)
    except document.PolicyError as error:
        raise AwsError("InvalidPolicyDocument", f"The policy document is not valid: {error}") from error
    return told


def _none(kind: str, request: Mapping[str, Any], *members: str) -> None:
    for member in members:
        if request.get(member):
            raise invalid(f"{member} can't be specified for an endpoint of type {kind}.")
