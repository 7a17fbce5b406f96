"""Route tables, and which subnets they are for.

"Configure route tables", Amazon VPC user guide.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netflux.aws.ec2 import furnishing
from netflux.aws.ec2.filters import Filters, page
from netflux.aws.ec2.nouns import ROUTE_TABLES, SUBNETS, VPCS, invalid, missing
from netflux.aws.ec2.part import DRY_RUN, Part, shown_tags
from netflux.aws.ec2.routes import route_shape
from netflux.controlplane.call import Call
from netflux.controlplane.identifiers import hexadecimal
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.resources.ec2.routetable import RouteTable, RouteTableAssociation
from netflux.resources.ec2.tables import Tables

if TYPE_CHECKING:
    from types_boto3_ec2 import type_defs as types

_MOST = 200
"""Route tables of a VPC, the main one among them ["Amazon VPC quotas"]."""

_ASSOCIATED = {"State": "associated"}
_ABSENT = "InvalidAssociationID.NotFound"


class RouteTables(Part):
    """The operations on tables; those on routes are `Routes`."""

    @operation("VpcId ClientToken TagSpecifications(ResourceType Tags(Key Value))", neutral=DRY_RUN)
    def create_route_table(self, call: Call, request: types.CreateRouteTableRequestTypeDef) -> dict[str, Any]:
        """With the VPC's own routes. A token that was used before answers what was made then."""
        token = request.get("ClientToken") or ""
        known = self.tables.route_tables.where("token", token) if token else []
        if known:
            return {"RouteTable": _shown_table(self.tables, call, known[0]), "ClientToken": token}
        vpc = VPCS.get(self.documents, request["VpcId"])
        if len(self.tables.route_tables.keys("vpc", vpc.id)) >= _MOST:
            raise AwsError("RouteTableLimitExceeded", "The maximum number of route tables has been reached.")
        table = RouteTable(hexadecimal("rtb"), vpc.id, token, self.tags(call, request, ROUTE_TABLES))
        self.tables.route_tables.put(table)
        for block in vpc.blocks:
            self.tables.routes.put(furnishing.local_route(table.id, block))
        told = {"ClientToken": token} if token else {}
        return {"RouteTable": _shown_table(self.tables, call, table), **told}

    @operation("RouteTableId", neutral=DRY_RUN)
    def delete_route_table(self, _call: Call, request: types.DeleteRouteTableRequestTypeDef) -> dict[str, Any]:
        """Without associations. The main table goes with its VPC. Gateway endpoints lose their routes in it."""
        table = ROUTE_TABLES.get(self.documents, request["RouteTableId"])
        if self.tables.route_table_associations.has("table", table.id):
            raise ROUTE_TABLES.schema.refusal(table, "its associations")
        for route in self.tables.routes.where("table", table.id):
            self.tables.routes.delete(self.tables.routes.schema.key(route))
        for endpoint in self.tables.endpoints.where("route-table", table.id):
            left = tuple(one for one in endpoint.route_tables if one != table.id)
            self.tables.endpoints.put(replace(endpoint, route_tables=left))
        self.tables.route_tables.delete(table.id)
        return {}

    @operation("RouteTableIds Filters(Name Values) MaxResults NextToken", neutral=DRY_RUN)
    def describe_route_tables(self, call: Call, request: types.DescribeRouteTablesRequestTypeDef) -> dict[str, Any]:
        """Tables with their routes, the states of these and the associations."""
        found = _filters(self.tables, call).found(
            self.documents, ROUTE_TABLES, request.get("RouteTableIds"), request.get("Filters")
        )
        answer = page(request, found, "RouteTables")
        return {**answer, "RouteTables": [_shown_table(self.tables, call, one) for one in answer["RouteTables"]]}

    @operation(
        "RouteTableId SubnetId",
        neutral=DRY_RUN,
        refused={
            "GatewayId": "No traffic is routed as it enters a VPC. Associate subnets.",
            "PublicIpv4Pool": "No traffic is routed as it enters a VPC. Associate subnets.",
        },
    )
    def associate_route_table(self, _call: Call, request: types.AssociateRouteTableRequestTypeDef) -> dict[str, Any]:
        """A subnet has one table at most besides the main one."""
        table = ROUTE_TABLES.get(self.documents, request["RouteTableId"])
        if not request.get("SubnetId"):
            raise missing("subnetId", "gatewayId")
        subnet = SUBNETS.get(self.documents, request["SubnetId"])
        if subnet.vpc_id != table.vpc_id:
            raise invalid(f"route table {table.id} and subnet {subnet.id} belong to different networks")
        for known in self.tables.route_table_associations.where("subnet", subnet.id):
            if known.table_id == table.id:
                return {"AssociationId": known.id, "AssociationState": _ASSOCIATED}
            raise AwsError(
                "Resource.AlreadyAssociated",
                f"the specified association for route table {table.id} conflicts with an existing association",
            )
        made = RouteTableAssociation(hexadecimal("rtbassoc"), table.id, table.vpc_id, subnet.id)
        self.tables.route_table_associations.put(made)
        return {"AssociationId": made.id, "AssociationState": _ASSOCIATED}

    @operation("AssociationId", neutral=DRY_RUN)
    def disassociate_route_table(
        self, _call: Call, request: types.DisassociateRouteTableRequestTypeDef
    ) -> dict[str, Any]:
        """The subnet has the main table from now on. The main table's own association stays."""
        tie = _tie(self.tables, request["AssociationId"])
        if tie.main:
            raise invalid(f"cannot disassociate the main route table association {tie.id}")
        self.tables.route_table_associations.delete(tie.id)
        return {}

    @operation("AssociationId RouteTableId", neutral=DRY_RUN)
    def replace_route_table_association(
        self, _call: Call, request: types.ReplaceRouteTableAssociationRequestTypeDef
    ) -> dict[str, Any]:
        """Another table for the subnet; of the main table's association, another main table."""
        tie = _tie(self.tables, request["AssociationId"])
        table = ROUTE_TABLES.get(self.documents, request["RouteTableId"])
        if table.vpc_id != tie.vpc_id:
            raise invalid(f"route table {table.id} and network {tie.vpc_id} belong to different networks")
        made = replace(tie, id=hexadecimal("rtbassoc"), table_id=table.id)
        self.tables.route_table_associations.delete(tie.id)
        self.tables.route_table_associations.put(made)
        return {"NewAssociationId": made.id, "AssociationState": _ASSOCIATED}


def _tie(tables: Tables, identity: str) -> RouteTableAssociation:
    found = tables.route_table_associations.get(identity)
    if found is None:
        raise AwsError(_ABSENT, f"The association ID '{identity}' does not exist")
    return found


def _shown_table(tables: Tables, call: Call, table: RouteTable) -> dict[str, Any]:
    return {
        "RouteTableId": table.id,
        "VpcId": table.vpc_id,
        "OwnerId": call.account,
        "Associations": [
            {
                "Main": tie.main,
                "RouteTableAssociationId": tie.id,
                "RouteTableId": table.id,
                **({"SubnetId": tie.subnet_id} if tie.subnet_id else {}),
                "AssociationState": _ASSOCIATED,
            }
            for tie in tables.route_table_associations.where("table", table.id)
        ],
        "Routes": [route_shape(tables, table, route) for route in tables.routes.where("table", table.id)],
        "PropagatingVgws": [],
        "Tags": shown_tags(table.tags),
    }


def _filters(tables: Tables, call: Call) -> Filters[RouteTable]:
    ties = tables.route_table_associations

    def of_routes(member: str) -> Any:
        return lambda table: [
            route_shape(tables, table, route).get(member) for route in tables.routes.where("table", table.id)
        ]

    return Filters(
        {
            "association.gateway-id": lambda table: [one.gateway_id or None for one in ties.where("table", table.id)],
            "association.main": lambda table: [one.main for one in ties.where("table", table.id)],
            "association.route-table-association-id": lambda table: ties.keys("table", table.id),
            "association.route-table-id": lambda table: table.id if ties.has("table", table.id) else None,
            "association.subnet-id": lambda table: [one.subnet_id or None for one in ties.where("table", table.id)],
            "owner-id": lambda _: call.account,
            "route-table-id": lambda table: table.id,
            "vpc-id": lambda table: table.vpc_id,
            **{name: of_routes(member) for name, member in _ROUTE_FILTERS.items()},
        },
        lambda table: table.tags,
        {"vpc-id": "vpc"},
    )


_ROUTE_FILTERS = {
    "route.destination-cidr-block": "DestinationCidrBlock",
    "route.destination-ipv6-cidr-block": "DestinationIpv6CidrBlock",
    "route.destination-prefix-list-id": "DestinationPrefixListId",
    "route.egress-only-internet-gateway-id": "EgressOnlyInternetGatewayId",
    "route.gateway-id": "GatewayId",
    "route.instance-id": "InstanceId",
    "route.nat-gateway-id": "NatGatewayId",
    "route.transit-gateway-id": "TransitGatewayId",
    "route.origin": "Origin",
    "route.state": "State",
    "route.vpc-peering-connection-id": "VpcPeeringConnectionId",
}
"""Filters of DescribeRouteTables by what the shape of a route has."""
