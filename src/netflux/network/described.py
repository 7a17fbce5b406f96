"""The topology that EC2's Describe calls tell.

Where moto's answers differ from EC2's, this is the place that knows:

- a rule's id is only in DescribeSecurityGroupRules, a group peer's description only in DescribeSecurityGroups;
- the route to a deleted NAT gateway stays `active`, where EC2 says `blackhole`;
- the interface of a NAT gateway is told to be in the default group, where EC2 has none;
- a network ACL that was created lacks the entry 32767, `*`, which denies: what matches nothing is denied as well.

What can't be read costs itself: it is left out and told, and what needs it lets nothing through.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from netflux.controlplane.records.kinds import read_each
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

T = TypeVar("T")

Call = Callable[[str, str, dict[str, Any]], Awaitable[dict[str, Any]]]
"""`Apis.call`."""

Item = Mapping[str, Any]
Answers = Mapping[str, Sequence[Item]]
"""The lists of the Describe answers, by their member's name, e.g. `SecurityGroups`."""

READS = {
    "Vpcs": "DescribeVpcs",
    "Subnets": "DescribeSubnets",
    "SecurityGroups": "DescribeSecurityGroups",
    "SecurityGroupRules": "DescribeSecurityGroupRules",
    "NetworkAcls": "DescribeNetworkAcls",
    "RouteTables": "DescribeRouteTables",
    "InternetGateways": "DescribeInternetGateways",
    "NatGateways": "DescribeNatGateways",
    "NetworkInterfaces": "DescribeNetworkInterfaces",
}
"""The calls that a topology is made of: without parameters they tell of all VPCs."""

_INTERFACES = "NetworkInterfaces"

_TOUCHED = (
    ("SecurityGroup", ("SecurityGroups", "SecurityGroupRules")),
    ("NetworkInterface", ("NetworkInterfaces",)),
    ("NetworkAcl", ("NetworkAcls",)),
    ("Subnet", ("Subnets", "NetworkAcls", "RouteTables")),
    ("Route", ("RouteTables",)),
    ("InternetGateway", ("InternetGateways",)),
    ("NatGateway", ("NatGateways", "NetworkInterfaces")),
    ("Address", ("NatGateways", "NetworkInterfaces")),
    ("FlowLogs", ()),
    ("Tags", ()),
)
"""What an operation may have changed of the answers, by the first word that its name has."""

_PROTOCOLS = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6"}
"""Numbers that EC2 takes for names (EC2 API reference, "IpPermission")."""

_WITH_PORTS = ("tcp", "udp")
_MOST_PROTOCOLS = 255


async def read(call: Call) -> Topology:
    """All VPCs as they are configured now; AwsError when EC2 can't tell."""
    return topology(await answers(call))


async def answers(call: Call, members: Collection[str] = READS) -> dict[str, list[Item]]:
    """What EC2 tells, of some members or of all."""
    told = await asyncio.gather(*(call("ec2", READS[member], {}) for member in members))
    return {member: list(answer.get(member) or ()) for member, answer in zip(members, told, strict=True)}


def touched(operation: str) -> Collection[str]:
    """The members that an operation of EC2 may have changed; all, when its name tells nothing."""
    return next((members for word, members in _TOUCHED if word in operation), tuple(READS))


class Reading:
    """The topology, read again only where a call may have changed it: one answer takes 20 ms, and half a millisecond
    for each interface in it, so of interfaces only those are read that a call names.

    Args:
        call: `Apis.call`.
        faults: told of what can't be read.
    """

    def __init__(self, call: Call, faults: Faults | None = None) -> None:
        self._call = call
        self._faults = faults or Faults()
        self._told: dict[str, list[Item]] = {}
        self._stale = set(READS)
        self._named: set[str] = set()

    def changed(self, operation: str, told: Sequence[Item] = ()) -> None:
        """EC2 has accepted an operation.

        Args:
            told: its parameters and its answer, where they are known.
        """
        members, named = touched(operation), {*_interfaces_in(told)}
        if named and members == (_INTERFACES,):
            self._named |= named
        else:
            self._stale.update(members)

    async def now(self) -> Topology:
        """What is configured; AwsError when EC2 can't tell."""
        asked, named = sorted(self._stale), sorted(self._named)
        self._stale.clear()
        self._named.clear()
        try:
            told = await answers(self._call, asked)
            if named and _INTERFACES not in told:
                told[_INTERFACES] = await self._again(named)
        except BaseException:
            self._stale.update(asked)
            self._named.update(named)
            raise
        self._told |= told
        return topology(self._told, self._faults)

    async def _again(self, named: Sequence[str]) -> list[Item]:
        """All interfaces, of which these are read again; those that are gone are left out."""
        condition = {"Filters": [{"Name": "network-interface-id", "Values": named}]}
        read: list[Item] = (await self._call("ec2", READS[_INTERFACES], condition))[_INTERFACES]
        return [eni for eni in self._told[_INTERFACES] if eni["NetworkInterfaceId"] not in named] + read


def _interfaces_in(told: Sequence[Item]) -> Iterable[str]:
    for part in told:
        for place in (part, part.get("NetworkInterface") or {}):
            if "NetworkInterfaceId" in place:
                yield place["NetworkInterfaceId"]


def topology(told: Answers, faults: Faults | None = None) -> Topology:
    """The answers as values. An earlier netflux let a subnet go that still had interfaces: such one is nowhere.

    Args:
        faults: told of what can't be read.
    """

    known_faults = faults or Faults()

    def each(noun: str, member: str, identity: str, read: Callable[[Item], T], command: str) -> dict[str, T]:
        items = [(str(one.get(identity)), one) for one in told[member]]
        return read_each(known_faults, noun, items, read, f"Delete it or set it right: aws ec2 {command} {{key}}")

    vpcs = each("VPC", "Vpcs", "VpcId", _blocks, "delete-vpc --vpc-id")
    acls = each("network ACL", "NetworkAcls", "NetworkAclId", _acl, "delete-network-acl --network-acl-id")
    tables = each("route table", "RouteTables", "RouteTableId", _route_table, "delete-route-table --route-table-id")
    ties = _ties(told)
    subnets = each("subnet", "Subnets", "SubnetId", partial(_subnet, ties=ties), "delete-subnet --subnet-id")
    subnets = {key: one for key, one in subnets.items() if one.vpc in vpcs}
    acls = {_NONE: NetworkAcl(_NONE), **{one.acl: NetworkAcl(one.acl) for one in subnets.values()}, **acls}
    none = {one.route_table: RouteTable(one.route_table) for one in subnets.values()}
    groups = _groups(told, known_faults)
    nats = [one for one in told["NatGateways"] if one.get("State") == "available"]
    translating = {
        address.get("NetworkInterfaceId")
        for nat in told["NatGateways"]
        for address in nat.get("NatGatewayAddresses") or ()
    }
    interfaces = [one for one in told["NetworkInterfaces"] if one.get("SubnetId") in subnets]
    told = {**told, "NatGateways": nats, "NetworkInterfaces": interfaces}
    gateways = each("NAT gateway", "NatGateways", "NatGatewayId", _nat, "delete-nat-gateway --nat-gateway-id")
    known = partial(_interface, known=groups, translating=translating)
    remove = "delete-network-interface --network-interface-id"
    return Topology(
        vpcs=vpcs,
        subnets=subnets,
        groups=groups,
        acls=acls,
        route_tables={**none, **tables},
        internet_gateways={
            gateway["InternetGatewayId"]: attachment["VpcId"]
            for gateway in told["InternetGateways"]
            for attachment in gateway.get("Attachments") or ()
            if attachment.get("State") in ("available", "attached") and attachment.get("VpcId") in vpcs
        },
        nat_gateways={key: one for key, one in gateways.items() if one.subnet in subnets},
        interfaces=each("network interface", "NetworkInterfaces", "NetworkInterfaceId", known, remove),
    )


_NONE = ""
"""Id of the network ACL and route table of a subnet that has none: the one denies all, the other leads nowhere."""


def _blocks(vpc: Item) -> tuple[str, ...]:
    associated = [
        one["CidrBlock"]
        for one in vpc.get("CidrBlockAssociationSet") or ()
        if one.get("CidrBlock") and one.get("CidrBlockState", {}).get("State", "associated") == "associated"
    ]
    return tuple(_cidr(one) for one in dict.fromkeys([vpc["CidrBlock"], *associated]))


def _ties(told: Answers) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """Network ACLs by subnet, main route tables by VPC, and other route tables by subnet."""
    acls = {
        one.get("SubnetId", ""): acl["NetworkAclId"]
        for acl in told["NetworkAcls"]
        for one in acl.get("Associations") or ()
    }
    main, explicit = {}, {}
    for table in told["RouteTables"]:
        for one in table.get("Associations") or ():
            if one.get("Main"):
                main[table["VpcId"]] = table["RouteTableId"]
            elif "SubnetId" in one:
                explicit[one["SubnetId"]] = table["RouteTableId"]
    return acls, main, explicit


def _subnet(told: Item, *, ties: tuple[dict[str, str], dict[str, str], dict[str, str]]) -> Subnet:
    acls, main, explicit = ties
    identity, vpc = told["SubnetId"], told["VpcId"]
    table = explicit.get(identity) or main.get(vpc, _NONE)
    return Subnet(identity, vpc, _cidr(told["CidrBlock"]), acls.get(identity, _NONE), table)


def _groups(told: Answers, faults: Faults) -> dict[str, SecurityGroup]:
    notes = {key: note for group in told["SecurityGroups"] for key, note in _notes(group)}
    rules: dict[str, list[SecurityGroupRule]] = {}
    read = read_each(
        faults,
        "rule",
        [(f"{one.get('SecurityGroupRuleId')} of {one.get('GroupId')}", one) for one in told["SecurityGroupRules"]],
        partial(_rule, notes=notes),
        "It allows nothing. Revoke it: aws ec2 revoke-security-group-ingress or -egress, --security-group-rule-ids, "
        "{key}",
    )
    for rule in read.values():
        rules.setdefault(rule.group, []).append(rule)
    return read_each(
        faults,
        "security group",
        [(str(group.get("GroupId")), group) for group in told["SecurityGroups"]],
        lambda one: SecurityGroup(
            one["GroupId"], one["GroupName"], one.get("VpcId", ""), tuple(rules.get(one["GroupId"], ()))
        ),
        "Delete it or set it right: aws ec2 delete-security-group --group-id {key}",
    )


_Key = tuple[str, bool, str, Ports, str]


def _notes(group: Item) -> Iterable[tuple[_Key, str]]:
    """Descriptions of the rules whose peer is a group."""
    for egress, member in ((False, "IpPermissions"), (True, "IpPermissionsEgress")):
        for one in group.get(member) or ():
            noted = [pair for pair in one.get("UserIdGroupPairs") or () if pair.get("Description")]
            if not noted or "IpProtocol" not in one:
                continue
            protocol = _protocol(one["IpProtocol"])
            ports = _ports(protocol, one.get("FromPort"), one.get("ToPort"))
            for pair in noted:
                yield (group.get("GroupId", ""), egress, protocol, ports, pair.get("GroupId", "")), pair["Description"]


def _rule(told: Item, *, notes: Mapping[_Key, str]) -> SecurityGroupRule:
    protocol = _known(told["IpProtocol"])
    ports = _ports(protocol, told.get("FromPort"), told.get("ToPort"))
    group, egress = told["GroupId"], bool(told["IsEgress"])
    peer = (told.get("ReferencedGroupInfo") or {}).get("GroupId", "")
    cidr, prefix_list = told.get("CidrIpv4") or told.get("CidrIpv6") or "", told.get("PrefixListId") or ""
    if not peer and not prefix_list:
        _cidr(cidr)
    return SecurityGroupRule(
        id=told["SecurityGroupRuleId"],
        group=group,
        egress=egress,
        protocol=protocol,
        ports=ports,
        cidr=cidr,
        peer=peer,
        prefix_list=prefix_list,
        description=told.get("Description") or notes.get((group, egress, protocol, ports, peer), ""),
    )


def _acl(acl: Item) -> NetworkAcl:
    return NetworkAcl(acl["NetworkAclId"], tuple(_entry(entry) for entry in acl.get("Entries") or ()))


def _entry(entry: Item) -> AclEntry:
    protocol = _known(entry["Protocol"])
    ports = entry.get("PortRange") or {}
    return AclEntry(
        number=int(entry["RuleNumber"]),
        egress=bool(entry["Egress"]),
        allow=entry["RuleAction"] == "allow",
        protocol=protocol,
        ports=_ports(protocol, ports.get("From"), ports.get("To")),
        cidr=_cidr(entry.get("CidrBlock") or entry.get("Ipv6CidrBlock")),
    )


def _route_table(table: Item) -> RouteTable:
    return RouteTable(table["RouteTableId"], tuple(_route(route) for route in table.get("Routes") or ()))


def _route(route: Item) -> Route:
    destination = (
        route.get("DestinationCidrBlock")
        or route.get("DestinationIpv6CidrBlock")
        or route.get("DestinationPrefixListId", "")
    )
    gateway, nat = route.get("GatewayId", ""), route.get("NatGatewayId", "")
    if not destination.startswith("pl-"):
        _cidr(destination)
    others = [key for key in route if key.endswith("Id") and key not in ("GatewayId", "DestinationPrefixListId")]
    target = gateway or nat or next((str(route[key]) for key in others), "")
    return Route(destination, _kind(route, gateway, nat), target)


def _kind(route: Item, gateway: str, nat: str) -> RouteKind:
    if route.get("State") == "blackhole":
        return RouteKind.BLACKHOLE
    if gateway == "local":
        return RouteKind.LOCAL
    if gateway.startswith("igw-"):
        return RouteKind.INTERNET
    return RouteKind.NAT if nat else RouteKind.OTHER


def _nat(nat: Item) -> NatGateway:
    addresses = [one["PrivateIp"] for one in nat.get("NatGatewayAddresses") or () if one.get("PrivateIp")]
    return NatGateway(nat["NatGatewayId"], nat["SubnetId"], addresses[0])


def _interface(eni: Item, *, known: Collection[str], translating: Collection[str]) -> Interface:
    private = [one["PrivateIpAddress"] for one in eni.get("PrivateIpAddresses") or ()]
    six = [one["Ipv6Address"] for one in eni.get("Ipv6Addresses") or ()]
    filtered = eni["NetworkInterfaceId"] not in translating
    groups = [group["GroupId"] for group in eni.get("Groups") or ()]
    return Interface(
        id=eni["NetworkInterfaceId"],
        subnet=eni["SubnetId"],
        addresses=tuple(dict.fromkeys([eni["PrivateIpAddress"], *private, *six])),
        groups=tuple(group for group in groups if filtered and group in known),
        public=bool((eni.get("Association") or {}).get("PublicIp")),
    )


def _cidr(told: Any) -> str:
    """The CIDR block as it was told; ValueError when it is none."""
    block(str(told or "(none)"))
    return str(told)


def _known(told: Any) -> str:
    """A protocol that rules can be made of."""
    protocol = _protocol(told)
    if protocol not in (ANY, *_PROTOCOLS.values()) and not (protocol.isdigit() and int(protocol) <= _MOST_PROTOCOLS):
        raise ValueError(f"the protocol {told} is unknown")
    return protocol


def _protocol(told: Any) -> str:
    return _PROTOCOLS.get(str(told), str(told).lower())


def _ports(protocol: str, low: int | None, high: int | None) -> Ports:
    if protocol == ANY or protocol not in _WITH_PORTS:
        return Ports()
    ports = Ports(0 if low is None else int(low), MAX_PORT if high is None else int(high))
    if not 0 <= ports.low <= ports.high <= MAX_PORT:
        raise ValueError(f"the ports {ports.low}-{ports.high} are none")
    return ports
