"""Subnets."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass, field

from netflux.controlplane.records.table import Schema
from netflux.errors import AwsError
from netflux.resources.ec2.vpc import CidrAssociation


@dataclass(frozen=True)
class Subnet:
    """A part of a VPC in one zone. How many of its addresses are free is counted from its interfaces.

    Attributes:
        zone: e.g. `us-east-1a`.
        cidr_block: empty in a subnet of IPv6 only.
        default_for_zone: of the default VPC, where interfaces go that name no subnet.
        map_public_ip: new interfaces get a public address.
        assign_ipv6: new interfaces get an IPv6 address.
        hostname_type: `ip-name` or `resource-name`.
        resource_name_a: whether names of resources answer A queries.
        resource_name_aaaa: the same for AAAA.
    """

    id: str
    vpc_id: str
    zone: str
    cidr_block: str
    ipv6_associations: tuple[CidrAssociation, ...] = ()
    ipv6_native: bool = False
    default_for_zone: bool = False
    map_public_ip: bool = False
    assign_ipv6: bool = False
    dns64: bool = False
    hostname_type: str = "ip-name"
    resource_name_a: bool = False
    resource_name_aaaa: bool = False
    tags: dict[str, str] = field(default_factory=dict)


_LARGEST = 16
"""The shortest prefix of a subnet ["Subnet CIDR blocks", Amazon VPC user guide]."""


def around(vpc_id: str, block: str) -> Iterator[str]:
    """Texts for a block of IPv4 and all that contain it, the largest first: subnets are found by these."""
    network = ipaddress.IPv4Network(block)
    for length in range(_LARGEST, network.prefixlen + 1):
        yield f"{vpc_id}/{network.supernet(new_prefix=length)}"


SUBNET = Schema(
    "ec2/subnet",
    Subnet,
    lambda subnet: subnet.id,
    indices={
        "vpc": lambda subnet: (subnet.vpc_id,),
        "zone": lambda subnet: (subnet.zone,),
        "default": lambda subnet: (subnet.zone,) if subnet.default_for_zone else (),
        "block": lambda subnet: (f"{subnet.vpc_id}/{subnet.cidr_block}",) if subnet.cidr_block else (),
        "within": lambda subnet: tuple(around(subnet.vpc_id, subnet.cidr_block)) if subnet.cidr_block else (),
        "association": lambda subnet: tuple(one.id for one in subnet.ipv6_associations),
    },
    references={"vpc": "ec2/vpc"},
    in_use=lambda subnet, _: AwsError(
        "DependencyViolation", f"The subnet '{subnet.id}' has dependencies and cannot be deleted."
    ),
)
