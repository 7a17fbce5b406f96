"""The topology that EC2's records make: read from tables, and again only where a transaction has changed something.

What can't be read costs itself: it is left out and told, and what needs it lets nothing through.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from netflux.controlplane.records import kinds
from netflux.controlplane.records.table import Change
from netflux.faults import Faults
from netflux.network.topology import (
    ANY,
    MAX_PORT,
    AclEntry,
    Interface,
    NatGateway,
    NetworkAcl,
    Ports,
    Route,
    RouteKind,
    RouteTable,
    SecurityGroup,
    SecurityGroupRule,
    Subnet,
    Topology,
    block,
)
from netflux.resources.ec2 import networkacl, routetable, securitygroup
from netflux.resources.ec2.tables import Tables

_NOWHERE = ""
"""Id of the network ACL and route table of a subnet that has none: the one denies all, the other leads nowhere."""

_PROTOCOLS = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6"}
"""Numbers that EC2 takes for names (EC2 API reference, "IpPermission")."""

_LAST = 32767
_WITH_PORTS = ("tcp", "udp")
_MOST_PROTOCOLS = 255


class Documents(Protocol):
    """What tells of changes."""

    faults: Faults

    def follow(self, told: Callable[[Sequence[Change]], None]) -> None:
        """From now on it is told of each transaction's changes, as soon as the tables have them."""
        ...


class Reading:
    """The topology. Each part of it is read again when a record of it has changed: what one more interface costs does
    not depend on how many there are.

    Args:
        tables: EC2's.
        documents: tells of changes and is told of what can't be read.
    """

    def __init__(self, tables: Tables, documents: Documents) -> None:
        self._tables = tables
        self._faults = documents.faults
        self._parts: dict[str, dict[str, Any]] = {name: {} for name in _NOUNS}
        self._stale: dict[str, dict[str, None]] = {
            name: dict.fromkeys(noun.keys(tables)) for name, noun in _NOUNS.items()
        }
        self._last: Topology | None = None
        documents.follow(self._changed)

    def now(self) -> Topology:
        """What is configured."""
        if self._last is None or any(self._stale.values()):
            for name, keys in self._stale.items():
                if keys:
                    self._parts[name] = self._again(name, keys)
                    self._stale[name] = {}
            self._last = _whole(self._parts)
        return self._last

    def _again(self, name: str, keys: Iterable[str]) -> dict[str, Any]:
        noun, read = _NOUNS[name], dict(self._parts[name])
        for key in keys:
            value = noun.value(self._tables, key, self._faults)
            if value is None:
                read.pop(key, None)
            else:
                read[key] = value
        return read

    def _changed(self, changes: Sequence[Change]) -> None:
        for change in changes:
            touched = _TOUCHED.get(change.table)
            if touched is None:
                continue
            if change.after is None and isinstance(change.before, securitygroup.SecurityGroupRule):
                self._faults.clear(kinds.FAULT, _subject(change.before))
            for record in (change.before, change.after):
                if record is not None:
                    for name, key in touched(self._tables, record):
                        self._stale[name][key] = None


def acts(tables: Tables, change: Change) -> bool:
    """Whether a change of a record can make anything that runs another: tags don't, and neither does a group that no
    interface has. The topology of `Reading` follows those as well, when it is next asked.
    """
    before, after = change.before, change.after
    if (
        before is not None
        and after is not None
        and hasattr(after, "tags")
        and replace(before, tags=after.tags) == after
    ):
        return False
    if isinstance(after or before, securitygroup.SecurityGroup):
        return tables.interfaces.has("group", change.key)
    if isinstance(after or before, securitygroup.SecurityGroupRule):
        return any(tables.interfaces.has("group", rule.group_id) for rule in (before, after) if rule is not None)
    return True


def topology(tables: Tables, faults: Faults | None = None) -> Topology:
    """The whole of it, read once.

    Args:
        faults: told of what can't be read.
    """
    told = faults or Faults()
    parts = {
        name: {key: value for key in noun.keys(tables) if (value := noun.value(tables, key, told)) is not None}
        for name, noun in _NOUNS.items()
    }
    return _whole(parts)


def _whole(parts: Mapping[str, Mapping[str, Any]]) -> Topology:
    """The parts as one. What is in a VPC or a subnet that can't be read is nowhere."""
    vpcs = parts["vpcs"]
    subnets = {key: one for key, one in parts["subnets"].items() if one.vpc in vpcs}
    acls, tables = dict(parts["acls"]), dict(parts["route_tables"])
    for one in subnets.values():
        if one.acl not in acls:
            acls[one.acl] = NetworkAcl(one.acl)
        if one.route_table not in tables:
            tables[one.route_table] = RouteTable(one.route_table)
    return Topology(
        vpcs=vpcs,
        subnets=subnets,
        groups=parts["groups"],
        acls={_NOWHERE: NetworkAcl(_NOWHERE), **acls},
        route_tables=tables,
        internet_gateways={key: vpc for key, vpc in parts["internet_gateways"].items() if vpc in vpcs},
        nat_gateways={key: one for key, one in parts["nat_gateways"].items() if one.subnet in subnets},
        interfaces={key: one for key, one in parts["interfaces"].items() if one.subnet in subnets},
    )


@dataclass(frozen=True)
class _Noun:
    """One member of a topology.

    Attributes:
        name: in words.
        table: of `Tables`, whose records' keys are its keys.
        read: from a record; None where there is nothing of it in a topology.
        remedy: what a person does about one that can't be read.
    """

    name: str
    table: str
    read: Callable[[Tables, Any, Faults], Any]
    remedy: str

    def keys(self, tables: Tables) -> Iterator[str]:
        """All there are."""
        table = getattr(tables, self.table)
        return (table.schema.key(record) for record in table)

    def value(self, tables: Tables, key: str, faults: Faults) -> Any:
        """That of a key; None where there is none, or none that can be read, which is told."""
        record = getattr(tables, self.table).get(key)
        subject = f"{self.name} {key}"
        if record is None:
            faults.clear(kinds.FAULT, subject)
            return None
        remedy = f"Delete it or set it right: aws ec2 {self.remedy} {key}"
        return _told(faults, subject, remedy, lambda: self.read(tables, record, faults))


def _told(faults: Faults, subject: str, remedy: str, read: Callable[[], Any]) -> Any:
    """What is read; None where it can't be, and the faults are told."""
    try:
        value = read()
    except ValueError as error:
        kinds.tell(faults, subject, error, remedy)
        return None
    faults.clear(kinds.FAULT, subject)
    return value


def _vpc(_tables: Tables, vpc: Any, _faults: Faults) -> tuple[str, ...]:
    return tuple(_cidr(one) for one in dict.fromkeys([vpc.cidr_block, *(one.block for one in vpc.cidr_associations)]))


def _subnet(tables: Tables, subnet: Any, _faults: Faults) -> Subnet:
    acls = tables.acl_associations.where("subnet", subnet.id)
    associations = tables.route_table_associations
    ties = associations.where("subnet", subnet.id) or associations.where("main", subnet.vpc_id)
    return Subnet(
        id=subnet.id,
        vpc=subnet.vpc_id,
        cidr=_cidr(subnet.cidr_block),
        acl=acls[0].acl_id if acls else _NOWHERE,
        route_table=ties[0].table_id if ties else _NOWHERE,
    )


def _group(tables: Tables, group: Any, faults: Faults) -> SecurityGroup:
    rules = [
        _told(faults, _subject(rule), _REVOKE.format(rule.id), lambda rule=rule: _rule(rule))  # type: ignore[misc]
        for rule in tables.rules.where("group", group.id)
    ]
    return SecurityGroup(group.id, group.name, group.vpc_id, tuple(rule for rule in rules if rule is not None))


_REVOKE = (
    "It allows nothing. Revoke it: aws ec2 revoke-security-group-ingress or -egress, --security-group-rule-ids, {}"
)


def _subject(rule: securitygroup.SecurityGroupRule) -> str:
    return f"rule {rule.id} of {rule.group_id}"


def _rule(rule: securitygroup.SecurityGroupRule) -> SecurityGroupRule:
    protocol = _known(rule.protocol)
    cidr = rule.cidr_ipv4 or rule.cidr_ipv6
    if not rule.referenced_group_id and not rule.prefix_list_id:
        _cidr(cidr)
    return SecurityGroupRule(
        id=rule.id,
        group=rule.group_id,
        egress=rule.egress,
        protocol=protocol,
        ports=_ports(protocol, rule.from_port, rule.to_port),
        cidr=cidr,
        peer=rule.referenced_group_id,
        prefix_list=rule.prefix_list_id,
        description=rule.description,
    )


def _acl(_tables: Tables, acl: networkacl.NetworkAcl, _faults: Faults) -> NetworkAcl:
    """Without the last entries, `*` in the console: what no other one matches is denied."""
    return NetworkAcl(acl.id, tuple(_entry(entry) for entry in acl.entries if entry.number < _LAST))


def _entry(entry: networkacl.AclEntry) -> AclEntry:
    protocol = _known(entry.protocol)
    return AclEntry(
        number=entry.number,
        egress=entry.egress,
        allow=entry.allow,
        protocol=protocol,
        ports=_ports(protocol, entry.from_port, entry.to_port),
        cidr=_cidr(entry.cidr_block),
    )


def _route_table(tables: Tables, table: routetable.RouteTable, _faults: Faults) -> RouteTable:
    return RouteTable(table.id, tuple(_route(tables, route) for route in tables.routes.where("table", table.id)))


def _route(tables: Tables, route: routetable.Route) -> Route:
    if not route.destination.startswith("pl-"):
        _cidr(route.destination)
    return Route(route.destination, _kind(tables, route), route.target)


def _kind(tables: Tables, route: routetable.Route) -> RouteKind:
    """Whether an internet or NAT gateway is still there is decided by who walks the route, who can name it."""
    if route.target == "local":
        return RouteKind.LOCAL
    if route.target.startswith("igw-"):
        return RouteKind.INTERNET
    if route.kind == "NatGatewayId":
        return RouteKind.NAT
    gone = route.kind == "NetworkInterfaceId" and route.target not in tables.interfaces
    return RouteKind.BLACKHOLE if gone else RouteKind.OTHER


def _internet_gateway(_tables: Tables, gateway: Any, _faults: Faults) -> str | None:
    return gateway.vpc_id or None


def _nat(_tables: Tables, nat: Any, _faults: Faults) -> NatGateway | None:
    if nat.state != "available":
        return None
    if not nat.addresses:
        raise ValueError("it has no address")
    return NatGateway(nat.id, nat.subnet_id, nat.addresses[0].private_ip)


def _interface(tables: Tables, eni: Any, _faults: Faults) -> Interface:
    found = (*eni.private_addresses, *eni.ipv6_addresses)
    if not found:
        raise ValueError("it has no address")
    return Interface(
        id=eni.id,
        subnet=eni.subnet_id,
        addresses=found,
        groups=tuple(group for group in eni.groups if group in tables.groups),
        public=bool(eni.public_ip) or tables.addresses.has("interface", eni.id),
    )


def _cidr(text: str) -> str:
    """The CIDR block as it is kept; ValueError when it is none."""
    block(text or "(none)")
    return text


def _known(protocol: str) -> str:
    """A protocol that rules can be made of."""
    name = _PROTOCOLS.get(protocol, protocol.lower())
    if name not in (ANY, *_PROTOCOLS.values()) and not (name.isdigit() and int(name) <= _MOST_PROTOCOLS):
        raise ValueError(f"the protocol {protocol} is unknown")
    return name


def _ports(protocol: str, low: int, high: int) -> Ports:
    """-1 stands for all."""
    if protocol == ANY or protocol not in _WITH_PORTS:
        return Ports()
    ports = Ports(0 if low == -1 else low, MAX_PORT if high == -1 else high)
    if not 0 <= ports.low <= ports.high <= MAX_PORT:
        raise ValueError(f"the ports {ports.low}-{ports.high} are none")
    return ports


_NOUNS = {
    "vpcs": _Noun("VPC", "vpcs", _vpc, "delete-vpc --vpc-id"),
    "subnets": _Noun("subnet", "subnets", _subnet, "delete-subnet --subnet-id"),
    "groups": _Noun("security group", "groups", _group, "delete-security-group --group-id"),
    "acls": _Noun("network ACL", "acls", _acl, "delete-network-acl --network-acl-id"),
    "route_tables": _Noun("route table", "route_tables", _route_table, "delete-route-table --route-table-id"),
    "internet_gateways": _Noun(
        "internet gateway",
        "internet_gateways",
        _internet_gateway,
        "delete-internet-gateway --internet-gateway-id",
    ),
    "nat_gateways": _Noun("NAT gateway", "nat_gateways", _nat, "delete-nat-gateway --nat-gateway-id"),
    "interfaces": _Noun(
        "network interface",
        "interfaces",
        _interface,
        "delete-network-interface --network-interface-id",
    ),
}
"""By the member of a topology."""

_Touched = Callable[[Tables, Any], Iterable[tuple[str, str]]]

_TOUCHED: Mapping[str, _Touched] = {
    "ec2/vpc": lambda _, vpc: [("vpcs", vpc.id)],
    "ec2/subnet": lambda _, subnet: [("subnets", subnet.id)],
    "ec2/security-group": lambda _, group: [("groups", group.id)],
    "ec2/security-group-rule": lambda _, rule: [("groups", rule.group_id)],
    "ec2/network-acl": lambda _, acl: [("acls", acl.id)],
    "ec2/network-acl-association": lambda _, tie: [("subnets", tie.subnet_id)],
    "ec2/route-table": lambda _, table: [("route_tables", table.id)],
    "ec2/route": lambda _, route: [("route_tables", route.table_id)],
    "ec2/route-table-association": lambda tables, tie: [
        ("subnets", one) for one in (tables.subnets.keys("vpc", tie.vpc_id) if tie.main else [tie.subnet_id])
    ],
    "ec2/internet-gateway": lambda _, gateway: [("internet_gateways", gateway.id)],
    "ec2/nat-gateway": lambda _, gateway: [("nat_gateways", gateway.id)],
    "ec2/network-interface": lambda tables, eni: [
        ("interfaces", eni.id),
        *(("route_tables", route.table_id) for route in tables.routes.where("target", eni.id)),
    ],
    "ec2/address": lambda _, address: [("interfaces", address.interface_id)],
}
"""By table, what of a topology a record is in."""
