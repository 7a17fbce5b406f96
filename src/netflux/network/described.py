"""The topology that EC2's Describe calls tell.

Where moto's answers differ from EC2's, this is the place that knows:

- a rule's id is only in DescribeSecurityGroupRules, a group peer's description only in DescribeSecurityGroups;
- the route to a deleted NAT gateway stays `active`, where EC2 says `blackhole`;
- the interface of a NAT gateway is told to be in the default group, where EC2 has none;
- a network ACL that was created lacks the entry 32767, `*`, which denies: what matches nothing is denied as well.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

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
)

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
    """

    def __init__(self, call: Call) -> None:
        self._call = call
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
        return topology(self._told)

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


def topology(told: Answers) -> Topology:
    """The answers as values. moto lets a subnet go that still has interfaces: such an interface is nowhere."""
    subnets = _subnets(told)
    translating = {
        address.get("NetworkInterfaceId") for nat in told["NatGateways"] for address in nat["NatGatewayAddresses"]
    }
    return Topology(
        vpcs={vpc["VpcId"]: _blocks(vpc) for vpc in told["Vpcs"]},
        subnets=subnets,
        groups=_groups(told),
        acls={acl["NetworkAclId"]: _acl(acl) for acl in told["NetworkAcls"]},
        route_tables={table["RouteTableId"]: _route_table(table) for table in told["RouteTables"]},
        internet_gateways={
            gateway["InternetGatewayId"]: attachment["VpcId"]
            for gateway in told["InternetGateways"]
            for attachment in gateway.get("Attachments") or ()
            if attachment.get("State") in ("available", "attached")
        },
        nat_gateways={nat["NatGatewayId"]: _nat(nat) for nat in told["NatGateways"] if nat["State"] == "available"},
        interfaces={
            eni["NetworkInterfaceId"]: _interface(eni, filtered=eni["NetworkInterfaceId"] not in translating)
            for eni in told["NetworkInterfaces"]
            if eni["SubnetId"] in subnets
        },
    )


def _blocks(vpc: Item) -> tuple[str, ...]:
    associated = [
        one["CidrBlock"]
        for one in vpc.get("CidrBlockAssociationSet") or ()
        if one.get("CidrBlockState", {}).get("State", "associated") == "associated"
    ]
    return tuple(dict.fromkeys([vpc["CidrBlock"], *associated]))


def _subnets(told: Answers) -> dict[str, Subnet]:
    acls = {one["SubnetId"]: one["NetworkAclId"] for acl in told["NetworkAcls"] for one in acl["Associations"]}
    main, explicit = {}, {}
    for table in told["RouteTables"]:
        for one in table.get("Associations") or ():
            if one.get("Main"):
                main[table["VpcId"]] = table["RouteTableId"]
            elif "SubnetId" in one:
                explicit[one["SubnetId"]] = table["RouteTableId"]
    return {
        subnet["SubnetId"]: Subnet(
            subnet["SubnetId"],
            subnet["VpcId"],
            subnet["CidrBlock"],
            acls[subnet["SubnetId"]],
            explicit.get(subnet["SubnetId"]) or main[subnet["VpcId"]],
        )
        for subnet in told["Subnets"]
    }


def _groups(told: Answers) -> dict[str, SecurityGroup]:
    notes = {key: note for group in told["SecurityGroups"] for key, note in _notes(group)}
    rules: dict[str, list[SecurityGroupRule]] = {}
    for told_rule in told["SecurityGroupRules"]:
        rule = _rule(told_rule, notes)
        rules.setdefault(rule.group, []).append(rule)
    return {
        group["GroupId"]: SecurityGroup(
            group["GroupId"], group["GroupName"], group.get("VpcId", ""), tuple(rules.get(group["GroupId"], ()))
        )
        for group in told["SecurityGroups"]
    }


_Key = tuple[str, bool, str, Ports, str]


def _notes(group: Item) -> Iterable[tuple[_Key, str]]:
    """Descriptions of the rules whose peer is a group."""
    for egress, member in ((False, "IpPermissions"), (True, "IpPermissionsEgress")):
        for one in group.get(member) or ():
            protocol = _protocol(one["IpProtocol"])
            ports = _ports(protocol, one.get("FromPort"), one.get("ToPort"))
            for pair in one.get("UserIdGroupPairs") or ():
                if pair.get("Description"):
                    yield (group["GroupId"], egress, protocol, ports, pair["GroupId"]), pair["Description"]


def _rule(told: Item, notes: Mapping[_Key, str]) -> SecurityGroupRule:
    protocol = _protocol(told["IpProtocol"])
    ports = _ports(protocol, told.get("FromPort"), told.get("ToPort"))
    group, egress = told["GroupId"], bool(told["IsEgress"])
    peer = (told.get("ReferencedGroupInfo") or {}).get("GroupId", "")
    return SecurityGroupRule(
        id=told["SecurityGroupRuleId"],
        group=group,
        egress=egress,
        protocol=protocol,
        ports=ports,
        cidr=told.get("CidrIpv4") or told.get("CidrIpv6") or "",
        peer=peer,
        prefix_list=told.get("PrefixListId") or "",
        description=told.get("Description") or notes.get((group, egress, protocol, ports, peer), ""),
    )


def _acl(acl: Item) -> NetworkAcl:
    return NetworkAcl(acl["NetworkAclId"], tuple(_entry(entry) for entry in acl.get("Entries") or ()))


def _entry(entry: Item) -> AclEntry:
    protocol = _protocol(entry["Protocol"])
    ports = entry.get("PortRange") or {}
    return AclEntry(
        number=int(entry["RuleNumber"]),
        egress=bool(entry["Egress"]),
        allow=entry["RuleAction"] == "allow",
        protocol=protocol,
        ports=_ports(protocol, ports.get("From"), ports.get("To")),
        cidr=entry.get("CidrBlock") or entry.get("Ipv6CidrBlock") or "",
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


def _interface(eni: Item, *, filtered: bool) -> Interface:
    private = [one["PrivateIpAddress"] for one in eni.get("PrivateIpAddresses") or ()]
    six = [one["Ipv6Address"] for one in eni.get("Ipv6Addresses") or ()]
    return Interface(
        id=eni["NetworkInterfaceId"],
        subnet=eni["SubnetId"],
        addresses=tuple(dict.fromkeys([eni["PrivateIpAddress"], *private, *six])),
        groups=tuple(group["GroupId"] for group in eni.get("Groups") or () if filtered),
        public=bool((eni.get("Association") or {}).get("PublicIp")),
    )


def _protocol(told: Any) -> str:
    return _PROTOCOLS.get(str(told), str(told).lower())


def _ports(protocol: str, low: int | None, high: int | None) -> Ports:
    if protocol == ANY or protocol not in _WITH_PORTS:
        return Ports()
    return Ports(0 if low is None else int(low), MAX_PORT if high is None else int(high))
