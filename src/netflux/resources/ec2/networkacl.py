"""Network ACLs, and which subnets they are for."""

from __future__ import annotations

from dataclasses import dataclass, field

from netflux.controlplane.records.table import Schema
from netflux.errors import AwsError


@dataclass(frozen=True)
class AclEntry:
    """A rule of an ACL: the first one that fits decides.

    Attributes:
        number: 1 to 32766; 32767 of the last one, which denies what is left.
        protocol: its number as text, or -1 for all.
        allow: or deny.
        cidr_block: IPv4 or IPv6.
        from_port: -1 where the protocol has no ports.
        icmp_type: -1 for all, None where the protocol is not ICMP.
        icmp_code: likewise.
    """

    number: int
    egress: bool
    protocol: str
    allow: bool
    cidr_block: str
    from_port: int = -1
    to_port: int = -1
    icmp_type: int | None = None
    icmp_code: int | None = None


@dataclass(frozen=True)
class NetworkAcl:
    """An ordered list of rules; which subnets it is for are records of their own.

    Attributes:
        default: the VPC's own, which new subnets get; it goes with the VPC.
    """

    id: str
    vpc_id: str
    entries: tuple[AclEntry, ...]
    default: bool = False
    client_token: str = ""
    tags: dict[str, str] = field(default_factory=dict)


NETWORK_ACL = Schema(
    "ec2/network-acl",
    NetworkAcl,
    lambda acl: acl.id,
    indices={
        "vpc": lambda acl: (acl.vpc_id,),
        "default": lambda acl: (acl.vpc_id,) if acl.default else (),
        "token": lambda acl: (acl.client_token,),
    },
    references={"vpc": "ec2/vpc"},
    in_use=lambda acl, _: AwsError(
        "DependencyViolation", f"The networkAcl '{acl.id}' has dependencies and cannot be deleted."
    ),
)


@dataclass(frozen=True)
class NetworkAclAssociation:
    """That an ACL is for a subnet: each subnet has one."""

    id: str
    acl_id: str
    subnet_id: str


NETWORK_ACL_ASSOCIATION = Schema(
    "ec2/network-acl-association",
    NetworkAclAssociation,
    lambda association: association.id,
    indices={
        "acl": lambda association: (association.acl_id,),
        "subnet": lambda association: (association.subnet_id,),
    },
    references={"acl": "ec2/network-acl", "subnet": "ec2/subnet"},
)
