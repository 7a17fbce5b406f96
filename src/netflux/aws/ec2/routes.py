"""Routes: where packets of a subnet go.

"Route table concepts", "Route priority" and "Example routing options", Amazon VPC user guide.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from netflux.aws.ec2 import blocks
from netflux.aws.ec2.nouns import EGRESS_ONLY_GATEWAYS, INTERFACES, PREFIX_LISTS, ROUTE_TABLES, VPCS, invalid, missing
from netflux.aws.ec2.part import DRY_RUN, Part
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError, Unsupported
from netflux.resources.ec2.gateway import NatGateway
from netflux.resources.ec2.routetable import Route, RouteTable
from netflux.resources.ec2.tables import Tables

if TYPE_CHECKING:
    from types_boto3_ec2 import type_defs as types

LOCAL = "local"
_MOST = 500
"""Routes of a table that are not propagated ["Amazon VPC quotas"]."""

_DESTINATIONS = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")
_TARGETS = ("GatewayId", "NatGatewayId", "NetworkInterfaceId", "EgressOnlyInternetGatewayId")
GONE = frozenset({"deleted", "deleting", "failed"})
"""States of a NAT gateway that is no way to anywhere."""

_CARRIED = f"RouteTableId {' '.join(_DESTINATIONS)} {' '.join(_TARGETS)}"
_REFUSED = {
    "InstanceId": "There are no instances here. Route to a network interface or a gateway.",
    "VpcPeeringConnectionId": "VPCs are not connected to each other here.",
    "TransitGatewayId": "VPCs are not connected to each other here.",
    "VpcEndpointId": "There are no Gateway Load Balancers here.",
    "LocalGatewayId": "There are no Outposts here.",
    "CarrierGatewayId": "There are no Wavelength Zones here.",
    "CoreNetworkArn": "There is no Cloud WAN here.",
    "OdbNetworkArn": "There is no Oracle Database@AWS here.",
}


class Routes(Part):
    """The operations on routes."""

    @operation(_CARRIED, neutral=DRY_RUN, refused=_REFUSED)
    def create_route(self, _call: Call, request: types.CreateRouteRequestTypeDef) -> dict[str, Any]:
        """A destination has one route in a table."""
        table = ROUTE_TABLES.get(self.documents, request["RouteTableId"])
        route = _wanted(table, request)
        if self.tables.routes.schema.key(route) in self.tables.routes:
            raise AwsError("RouteAlreadyExists", f"The route identified by {route.destination} already exists.")
        _check(self.tables, table, route)
        made = [one for one in self.tables.routes.where("table", table.id) if one.origin == "CreateRoute"]
        if len(made) >= _MOST:
            raise AwsError("RouteLimitExceeded", "The maximum number of routes has been reached.")
        self.tables.routes.put(route)
        return {"Return": True}

    @operation(f"{_CARRIED} LocalTarget", neutral=DRY_RUN, refused=_REFUSED)
    def replace_route(self, _call: Call, request: types.ReplaceRouteRequestTypeDef) -> dict[str, Any]:
        """Another target for a route that is there. The VPC's own routes stay local."""
        table = ROUTE_TABLES.get(self.documents, request["RouteTableId"])
        route = _wanted(table, request)
        before = self.tables.routes.get(self.tables.routes.schema.key(route))
        if before is None:
            raise invalid(
                f"There is no route defined for '{route.destination}' in the route table. Use CreateRoute instead."
            )
        if before.origin == "CreateRouteTable":
            if route.target != LOCAL:
                raise Unsupported(
                    f"Another target for the local route {route.destination} of {table.id}",
                    "Traffic inside a VPC goes straight to its destination here.",
                )
            return {}
        _check_endpoint(before)
        _check(self.tables, table, route)
        self.tables.routes.put(route)
        return {}

    @operation(f"RouteTableId {' '.join(_DESTINATIONS)}", neutral=DRY_RUN)
    def delete_route(self, _call: Call, request: types.DeleteRouteRequestTypeDef) -> dict[str, Any]:
        """The VPC's own routes and those of gateway endpoints stay."""
        table = ROUTE_TABLES.get(self.documents, request["RouteTableId"])
        member = _destination(request)
        wanted: str = request[member]  # type: ignore[literal-required]
        key = self.tables.routes.schema.key(Route(table.id, wanted, "", ""))
        route = self.tables.routes.get(key)
        if route is None:
            named = {"DestinationCidrBlock": "destination-cidr-block"}.get(member, "destination")
            raise AwsError("InvalidRoute.NotFound", f"no route with {named} {wanted} in route table {table.id}")
        if route.target == LOCAL:
            raise invalid(f"cannot remove local route {wanted} in route table {table.id}")
        _check_endpoint(route)
        self.tables.routes.delete(key)
        return {}


def _wanted(table: RouteTable, request: Mapping[str, Any]) -> Route:
    """The route that a request is about, with its target."""
    member = _destination(request)
    destination = str(request[member])
    if member != "DestinationPrefixListId":
        destination = blocks.destination(destination, member)
    given = [name for name in _TARGETS if request.get(name)] + ["LocalTarget"] * bool(request.get("LocalTarget"))
    if len(given) != 1:
        raise missing(*(name[0].lower() + name[1:] for name in _TARGETS))
    if given == ["LocalTarget"]:
        return Route(table.id, destination, "GatewayId", LOCAL)
    return Route(table.id, destination, given[0], request[given[0]])


def _check(tables: Tables, table: RouteTable, route: Route) -> None:
    """Raises where the destination or the target can't be the table's."""
    if route.member == "DestinationPrefixListId":
        PREFIX_LISTS.get(tables.documents, route.destination)
    elif route.kind != "NetworkInterfaceId":
        _check_block(tables, table, route)
    _CHECKS[route.kind](tables, table, route)


def _check_block(tables: Tables, table: RouteTable, route: Route) -> None:
    if blocks.inside(ipaddress.ip_network(route.destination), VPCS.get(tables.documents, table.vpc_id).blocks):
        raise invalid(
            f"The destination CIDR block {route.destination} is equal to or more specific than one of this "
            "VPC's CIDR blocks. This route can target only an interface or an instance."
        )


def _check_gateway(tables: Tables, table: RouteTable, route: Route) -> None:
    if route.target == LOCAL:
        raise invalid(f"The destination {route.destination} is none of the VPC's own blocks, so it is not local.")
    gateway = tables.internet_gateways.get(route.target)
    if gateway is None:
        raise AwsError("InvalidGatewayID.NotFound", f"The gateway ID '{route.target}' does not exist")
    if gateway.vpc_id != table.vpc_id:
        raise _apart(table, route.target)


def _check_nat(tables: Tables, table: RouteTable, route: Route) -> None:
    nat = tables.nat_gateways.get(route.target)
    if nat is None or nat.state in GONE:
        raise AwsError("InvalidNatGatewayID.NotFound", f"The natGateway ID '{route.target}' does not exist")
    if nat.vpc_id != table.vpc_id:
        raise _apart(table, nat.id)


def _check_interface(tables: Tables, table: RouteTable, route: Route) -> None:
    eni = INTERFACES.get(tables.documents, route.target)
    if eni.vpc_id != table.vpc_id:
        raise invalid(f"route table {table.id} and interface {eni.id} belong to different networks")


def _check_egress_only(tables: Tables, table: RouteTable, route: Route) -> None:
    gateway = EGRESS_ONLY_GATEWAYS.get(tables.documents, route.target)
    if ":" not in route.destination and not route.destination.startswith("pl-"):
        raise invalid(f"The destination {route.destination} is no IPv6 block: {gateway.id} is a way for IPv6 only.")
    if gateway.vpc_id != table.vpc_id:
        raise _apart(table, gateway.id)


_CHECKS = {
    "GatewayId": _check_gateway,
    "NatGatewayId": _check_nat,
    "NetworkInterfaceId": _check_interface,
    "EgressOnlyInternetGatewayId": _check_egress_only,
}


def route_shape(tables: Tables, table: RouteTable, route: Route) -> dict[str, Any]:
    """As EC2 tells it, with its state now."""
    return {
        route.member: route.destination,
        route.kind: route.target,
        "Origin": route.origin,
        "State": "active" if _active(tables, table, route) else "blackhole",
    }


def _active(tables: Tables, table: RouteTable, route: Route) -> bool:
    """Whether the target is there: a route stays when its target goes ["Route table concepts"]."""
    if route.kind == "NatGatewayId":
        nat = tables.nat_gateways.get(route.target)
        return isinstance(nat, NatGateway) and nat.state not in GONE
    if route.kind == "NetworkInterfaceId":
        eni = tables.interfaces.get(route.target)
        return eni is not None and eni.attachment is not None
    if route.kind == "EgressOnlyInternetGatewayId":
        return route.target in tables.egress_only_gateways
    if route.target.startswith("igw-"):
        gateway = tables.internet_gateways.get(route.target)
        return gateway is not None and gateway.vpc_id == table.vpc_id
    return True


def _destination(request: Mapping[str, Any]) -> str:
    given = [member for member in _DESTINATIONS if request.get(member)]
    if len(given) != 1:
        raise missing(*(member[0].lower() + member[1:] for member in _DESTINATIONS))
    return given[0]


def _check_endpoint(route: Route) -> None:
    if route.target.startswith("vpce-"):
        raise invalid(
            f"cannot change the route {route.destination} in route table {route.table_id}: it is the VPC endpoint "
            f"{route.target}'s. Change the endpoint's route tables: aws ec2 modify-vpc-endpoint."
        )


def _apart(table: RouteTable, gateway: str) -> AwsError:
    return invalid(f"route table {table.id} and network gateway {gateway} belong to different networks")
