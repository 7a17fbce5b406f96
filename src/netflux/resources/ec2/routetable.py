"""Route tables, their routes, and which subnets they are for."""

from __future__ import annotations

from dataclasses import dataclass, field

from netflux.controlplane.records.table import Schema
from netflux.errors import AwsError


@dataclass(frozen=True)
class RouteTable:
    """A set of routes; the routes and associations are records of their own."""

    id: str
    vpc_id: str
    client_token: str = ""
    tags: dict[str, str] = field(default_factory=dict)


ROUTE_TABLE = Schema(
    "ec2/route-table",
    RouteTable,
    lambda table: table.id,
    indices={"vpc": lambda table: (table.vpc_id,), "token": lambda table: (table.client_token,)},
    references={"vpc": "ec2/vpc"},
    in_use=lambda table, _: AwsError(
        "DependencyViolation", f"The routeTable '{table.id}' has dependencies and cannot be deleted."
    ),
)


@dataclass(frozen=True)
class Route:
    """Where packets to a destination go. It stays when its target goes, as a black hole.

    Attributes:
        destination: a block of IPv4 or IPv6, or a prefix list's id.
        kind: EC2's member of the target: `GatewayId` (`local`, `igw-…`, `vpce-…`), `NatGatewayId`,
            `NetworkInterfaceId`, `EgressOnlyInternetGatewayId`.
        target: its id, or `local`.
        origin: `CreateRouteTable` of the VPC's own routes, `CreateRoute` of others.
    """

    table_id: str
    destination: str
    kind: str
    target: str
    origin: str = "CreateRoute"

    @property
    def member(self) -> str:
        """EC2's member of the destination."""
        if self.destination.startswith("pl-"):
            return "DestinationPrefixListId"
        return "DestinationIpv6CidrBlock" if ":" in self.destination else "DestinationCidrBlock"


ROUTE = Schema(
    "ec2/route",
    Route,
    lambda route: f"{route.table_id}|{route.destination}",
    indices={
        "table": lambda route: (route.table_id,),
        "target": lambda route: (route.target,),
        "prefix-list": lambda route: (route.destination if route.destination.startswith("pl-") else "",),
    },
    references={"table": "ec2/route-table", "prefix-list": "ec2/prefix-list"},
)


@dataclass(frozen=True)
class RouteTableAssociation:
    """That a table is for a subnet or a gateway, or for all subnets of the VPC without another one.

    Attributes:
        main: it is the VPC's main table; there is no subnet then.
    """

    id: str
    table_id: str
    vpc_id: str
    subnet_id: str = ""
    gateway_id: str = ""
    main: bool = False


ROUTE_TABLE_ASSOCIATION = Schema(
    "ec2/route-table-association",
    RouteTableAssociation,
    lambda association: association.id,
    indices={
        "table": lambda association: (association.table_id,),
        "subnet": lambda association: (association.subnet_id,),
        "gateway": lambda association: (association.gateway_id,),
        "main": lambda association: (association.vpc_id,) if association.main else (),
    },
    references={"table": "ec2/route-table", "subnet": "ec2/subnet"},
)
