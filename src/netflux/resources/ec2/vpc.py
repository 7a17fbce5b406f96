"""VPCs and their sets of DHCP options."""

from __future__ import annotations

from dataclasses import dataclass, field

from netflux.controlplane.records.table import Schema
from netflux.errors import AwsError


@dataclass(frozen=True)
class CidrAssociation:
    """A block of a VPC or a subnet.

    Attributes:
        id: `vpc-cidr-assoc-…` or `subnet-cidr-assoc-…`.
        block: IPv4 or IPv6.
    """

    id: str
    block: str


@dataclass(frozen=True)
class Vpc:
    """A network of its own. Its main route table, default group and default ACL are found by their tables' indices
    `main`, `name` (`{vpc}/default`) and `default`.

    Attributes:
        cidr_block: the first one, which stays.
        cidr_associations: of all IPv4 blocks, the first one among them.
        dhcp_options_id: empty where the VPC has none (`default` in EC2's answers).
        network_address_usage_metrics: kept and told.
    """

    id: str
    cidr_block: str
    cidr_associations: tuple[CidrAssociation, ...]
    ipv6_associations: tuple[CidrAssociation, ...] = ()
    tenancy: str = "default"
    default: bool = False
    dhcp_options_id: str = ""
    dns_support: bool = True
    dns_hostnames: bool = False
    network_address_usage_metrics: bool = False
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def blocks(self) -> tuple[str, ...]:
        """All blocks, IPv4 before IPv6."""
        return tuple(one.block for one in (*self.cidr_associations, *self.ipv6_associations))


VPC = Schema(
    "ec2/vpc",
    Vpc,
    lambda vpc: vpc.id,
    indices={
        "default": lambda vpc: ("default",) if vpc.default else (),
        "dhcp": lambda vpc: (vpc.dhcp_options_id,),
        "association": lambda vpc: tuple(one.id for one in (*vpc.cidr_associations, *vpc.ipv6_associations)),
    },
    references={"dhcp": "ec2/dhcp-options"},
    in_use=lambda vpc, _: AwsError(
        "DependencyViolation", f"The vpc '{vpc.id}' has dependencies and cannot be deleted."
    ),
)


@dataclass(frozen=True)
class DhcpOptions:
    """What instances of a VPC are told of names and time.

    Attributes:
        configurations: values by key, e.g. `domain-name-servers`.
        default: new VPCs get it.
    """

    id: str
    configurations: dict[str, tuple[str, ...]]
    default: bool = False
    tags: dict[str, str] = field(default_factory=dict)


DHCP_OPTIONS = Schema(
    "ec2/dhcp-options",
    DhcpOptions,
    lambda options: options.id,
    indices={"default": lambda options: ("default",) if options.default else ()},
    in_use=lambda options, _: AwsError(
        "DependencyViolation", f"The dhcpOptions '{options.id}' has dependencies and cannot be deleted."
    ),
)
