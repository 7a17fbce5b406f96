"""VPCs as values: what decides whether a packet arrives. Pure.

One model for everybody who asks: `decide.verdict` explains a connection with it, and a driver turns the same values
into routes and packet filters. `described` builds it from EC2's own answers.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache, cached_property

ANY = "-1"
"""The protocol of a rule for all protocols, and so all ports (EC2 API reference, "IpPermission")."""

MAX_PORT = 65535


@dataclass(frozen=True)
class Ports:
    """A range of ports, both ends in it."""

    low: int = 0
    high: int = MAX_PORT

    def __contains__(self, port: int) -> bool:
        return self.low <= port <= self.high

    def __str__(self) -> str:
        return str(self.low) if self.low == self.high else f"{self.low}-{self.high}"

    def overlap(self, other: Ports) -> Ports | None:
        """What both have."""
        low, high = max(self.low, other.low), min(self.high, other.high)
        return Ports(low, high) if low <= high else None

    def without(self, other: Ports) -> Iterator[Ports]:
        """What is left of this range, in one or two pieces."""
        if self.low < other.low:
            yield Ports(self.low, min(self.high, other.low - 1))
        if self.high > other.high:
            yield Ports(max(self.low, other.high + 1), self.high)


LINUX_EPHEMERAL = Ports(32768, 60999)
"""Source ports of Linux clients, Fargate's tasks among them: the kernel's default `ip_local_port_range`."""

ANY_EPHEMERAL = Ports(1024, MAX_PORT)
"""Source ports of load balancers, NAT gateways and clients of any kind (VPC user guide, "Ephemeral ports")."""


@cache
def block(cidr: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """The CIDR block; host bits are ignored, as EC2 does in rules."""
    return ipaddress.ip_network(cidr, strict=False)


@cache
def _address(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    return ipaddress.ip_address(address)


def within(address: str, cidr: str) -> bool:
    """Whether the address is in the block; never when one is IPv4 and the other IPv6."""
    return _address(address) in block(cidr)


@dataclass(frozen=True)
class SecurityGroupRule:
    """One rule with one peer: exactly one of cidr, peer and prefix_list is set.

    Attributes:
        id: `sgr-…`.
        group: the id of the group that it belongs to.
        egress: outbound; else inbound.
        protocol: `tcp`, `udp`, `icmp`, `icmpv6`, ANY, or a number.
        ports: destination ports; of no meaning but for TCP and UDP.
        cidr: IPv4 or IPv6 block of the peer.
        peer: id of the group whose members' private addresses are the peer; the rule's own group for a self rule.
        prefix_list: id of a list of blocks; not decided here, and refused when it would matter.
        description: as it was given.
    """

    id: str
    group: str
    egress: bool
    protocol: str
    ports: Ports
    cidr: str = ""
    peer: str = ""
    prefix_list: str = ""
    description: str = ""

    def covers(self, protocol: str, port: int) -> bool:
        """Whether it is about this protocol and port."""
        return self.protocol == ANY or (self.protocol == protocol and port in self.ports)


@dataclass(frozen=True)
class SecurityGroup:
    """A group: its rules only allow, and one that matches is enough (VPC user guide, "Security group rules")."""

    id: str
    name: str
    vpc: str
    rules: tuple[SecurityGroupRule, ...] = ()


@dataclass(frozen=True)
class AclEntry:
    """A numbered rule of a network ACL.

    Attributes:
        number: the lowest that matches decides.
        egress: for packets that leave the subnet; else for those that enter it.
        allow: or deny.
        protocol: as in security group rules.
        ports: destination ports.
        cidr: of the packet's source when it enters, of its destination when it leaves.
    """

    number: int
    egress: bool
    allow: bool
    protocol: str
    ports: Ports
    cidr: str


@dataclass(frozen=True)
class NetworkAcl:
    """Stateless, for packets that cross the border of a subnet; what no entry matches is denied."""

    id: str
    entries: tuple[AclEntry, ...] = ()


class RouteKind(StrEnum):
    """Where a route leads."""

    LOCAL = "local"
    INTERNET = "internet gateway"
    NAT = "NAT gateway"
    BLACKHOLE = "blackhole"
    OTHER = "other"


@dataclass(frozen=True)
class Route:
    """A route: the longest prefix that has the destination decides.

    Attributes:
        destination: CIDR block, or the id of a prefix list.
        kind: OTHER for targets that this cloud does not have, such as peering connections.
        target: `local`, or the target's id.
    """

    destination: str
    kind: RouteKind
    target: str

    @property
    def is_block(self) -> bool:
        """Whether its destination is a CIDR block."""
        return not self.destination.startswith("pl-")


@dataclass(frozen=True)
class RouteTable:
    """The routes of the subnets that are associated with it."""

    id: str
    routes: tuple[Route, ...] = ()

    def lookup(self, address: str) -> Route | None:
        """The route that a packet to the address takes."""
        found = [route for route in self.routes if route.is_block and within(address, route.destination)]
        return max(found, key=lambda route: block(route.destination).prefixlen, default=None)


@dataclass(frozen=True)
class Subnet:
    """A subnet, with the ids of what decides at its border."""

    id: str
    vpc: str
    cidr: str
    acl: str
    route_table: str


@dataclass(frozen=True)
class NatGateway:
    """A NAT gateway that is there: its private address in its subnet. It has no security groups."""

    id: str
    subnet: str
    address: str


@dataclass(frozen=True)
class Interface:
    """A network interface.

    Attributes:
        id: `eni-…`.
        subnet: id of the subnet.
        addresses: private addresses, the primary one first.
        groups: ids of security groups. With none, nothing is let in or out, as no rule allows it.
        public: reached from the internet, by a public address that the internet gateway translates.
        ephemeral: source ports of what connects from here.
        attached: a task, a load balancer's node or a database has it; packets to another one get no answer.
    """

    id: str
    subnet: str
    addresses: tuple[str, ...]
    groups: tuple[str, ...]
    public: bool = False
    ephemeral: Ports = LINUX_EPHEMERAL
    attached: bool = True

    @property
    def address(self) -> str:
        """The primary private address."""
        return self.addresses[0]


@dataclass(frozen=True)
class Elsewhere:
    """An address that no interface has: on the internet, or in a VPC where nobody is."""

    address: str
    ephemeral: Ports = ANY_EPHEMERAL


@dataclass(frozen=True)
class Topology:
    """All VPCs of a region, each part by its id.

    Attributes:
        vpcs: CIDR blocks by VPC.
        internet_gateways: the VPC that each is attached to.
    """

    vpcs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    subnets: Mapping[str, Subnet] = field(default_factory=dict)
    groups: Mapping[str, SecurityGroup] = field(default_factory=dict)
    acls: Mapping[str, NetworkAcl] = field(default_factory=dict)
    route_tables: Mapping[str, RouteTable] = field(default_factory=dict)
    internet_gateways: Mapping[str, str] = field(default_factory=dict)
    nat_gateways: Mapping[str, NatGateway] = field(default_factory=dict)
    interfaces: Mapping[str, Interface] = field(default_factory=dict)

    def vpc_of(self, interface: Interface) -> str:
        """The VPC that the interface is in."""
        return self.subnets[interface.subnet].vpc

    def acl_of(self, subnet: str) -> NetworkAcl:
        """The network ACL at the subnet's border."""
        return self.acls[self.subnets[subnet].acl]

    def routes_of(self, subnet: str) -> RouteTable:
        """The subnet's route table."""
        return self.route_tables[self.subnets[subnet].route_table]

    def rules_of(self, interface: Interface, *, egress: bool) -> list[SecurityGroupRule]:
        """The rules of all groups of the interface, in one direction."""
        groups = [self.groups[group] for group in interface.groups if group in self.groups]
        return [rule for group in groups for rule in group.rules if rule.egress == egress]

    def holder(self, vpc: str, address: str) -> Interface | None:
        """The interface of the VPC that has the private address."""
        return self._holders.get((vpc, address))

    @cached_property
    def _holders(self) -> dict[tuple[str, str], Interface]:
        return {
            (self.vpc_of(interface), address): interface
            for interface in self.interfaces.values()
            for address in interface.addresses
        }
