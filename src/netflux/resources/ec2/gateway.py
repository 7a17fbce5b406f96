"""Gateways: to the internet, outwards only for IPv6, and with translated addresses."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from netflux.controlplane.records.table import Schema
from netflux.errors import AwsError


@dataclass(frozen=True)
class InternetGateway:
    """A VPC's way to the internet and back.

    Attributes:
        vpc_id: that it is attached to; empty while it is detached.
    """

    id: str
    vpc_id: str = ""
    tags: dict[str, str] = field(default_factory=dict)


INTERNET_GATEWAY = Schema(
    "ec2/internet-gateway",
    InternetGateway,
    lambda gateway: gateway.id,
    indices={"vpc": lambda gateway: (gateway.vpc_id,)},
    references={"vpc": "ec2/vpc"},
)


@dataclass(frozen=True)
class EgressOnlyInternetGateway:
    """A VPC's way out for IPv6."""

    id: str
    vpc_id: str
    client_token: str = ""
    tags: dict[str, str] = field(default_factory=dict)


EGRESS_ONLY_INTERNET_GATEWAY = Schema(
    "ec2/egress-only-internet-gateway",
    EgressOnlyInternetGateway,
    lambda gateway: gateway.id,
    indices={"vpc": lambda gateway: (gateway.vpc_id,), "token": lambda gateway: (gateway.client_token,)},
    references={"vpc": "ec2/vpc"},
)


@dataclass(frozen=True)
class NatAddress:
    """An address of a NAT gateway. Those of private gateways have no public one."""

    interface_id: str
    private_ip: str
    primary: bool = True
    public_ip: str = ""
    allocation_id: str = ""
    association_id: str = ""


@dataclass(frozen=True)
class NatGateway:
    """Translates addresses of a VPC's subnets.

    Attributes:
        connectivity: `public` or `private`.
        state: `pending`, `available`, `failed`, `deleting` or `deleted`; deleted ones are told for an hour.
        deleted: when; nothing before.
    """

    id: str
    vpc_id: str
    subnet_id: str
    connectivity: str
    state: str
    created: datetime
    addresses: tuple[NatAddress, ...] = ()
    deleted: datetime | None = None
    failure_code: str = ""
    failure_message: str = ""
    client_token: str = ""
    tags: dict[str, str] = field(default_factory=dict)


NAT_GATEWAY = Schema(
    "ec2/nat-gateway",
    NatGateway,
    lambda gateway: gateway.id,
    indices={
        "vpc": lambda gateway: (gateway.vpc_id,),
        "subnet": lambda gateway: (gateway.subnet_id,),
        "state": lambda gateway: (gateway.state,),
        "stands": lambda gateway: ("" if gateway.state in ("deleted", "failed") else gateway.subnet_id,),
        "token": lambda gateway: (gateway.client_token,),
    },
    references={"stands": "ec2/subnet"},
    in_use=lambda gateway, _: AwsError(
        "DependencyViolation", f"The natGateway '{gateway.id}' has dependencies and cannot be deleted."
    ),
)
