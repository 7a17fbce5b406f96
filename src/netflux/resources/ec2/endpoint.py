"""VPC endpoints."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from netflux.controlplane.records.table import Schema


@dataclass(frozen=True)
class VpcEndpoint:
    """A VPC's own way to a service.

    Attributes:
        type: `Gateway`, `Interface` or `GatewayLoadBalancer`.
        policy: JSON; empty for the one that allows everything.
    """

    id: str
    vpc_id: str
    service_name: str
    type: str
    created: datetime
    state: str = "available"
    policy: str = ""
    route_tables: tuple[str, ...] = ()
    subnets: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    interfaces: tuple[str, ...] = ()
    private_dns: bool = False
    ip_address_type: str = "ipv4"
    dns_record_ip_type: str = "ipv4"
    client_token: str = ""
    tags: dict[str, str] = field(default_factory=dict)


VPC_ENDPOINT = Schema(
    "ec2/vpc-endpoint",
    VpcEndpoint,
    lambda endpoint: endpoint.id,
    indices={
        "vpc": lambda endpoint: (endpoint.vpc_id,),
        "service": lambda endpoint: (endpoint.service_name,),
        "group": lambda endpoint: endpoint.groups,
        "subnet": lambda endpoint: endpoint.subnets,
        "route-table": lambda endpoint: endpoint.route_tables,
        "token": lambda endpoint: (endpoint.client_token,),
    },
    references={"vpc": "ec2/vpc", "group": "ec2/security-group", "subnet": "ec2/subnet"},
)
