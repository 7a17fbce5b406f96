"""EC2's tables in memory, filled with what Describe calls would tell."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from netflux.controlplane.records.table import Change, Schema, Table
from netflux.faults import Faults
from netflux.network import configured
from netflux.network.topology import Topology
from netflux.resources.ec2.gateway import InternetGateway, NatAddress, NatGateway
from netflux.resources.ec2.interface import NetworkInterface
from netflux.resources.ec2.networkacl import AclEntry, NetworkAcl, NetworkAclAssociation
from netflux.resources.ec2.routetable import Route, RouteTable, RouteTableAssociation
from netflux.resources.ec2.securitygroup import SecurityGroup, SecurityGroupRule
from netflux.resources.ec2.subnet import Subnet
from netflux.resources.ec2.tables import Tables
from netflux.resources.ec2.vpc import CidrAssociation, Vpc

_MADE = datetime(2026, 1, 1, tzinfo=UTC)


class Memory:
    """What tables are kept in, where nothing is on disk."""

    def __init__(self) -> None:
        self.faults = Faults()
        self._tables: dict[str, Table[Any]] = {}
        self._told: list[Callable[[Sequence[Change]], None]] = []

    def table(self, schema: Schema[Any]) -> Table[Any]:
        return self._tables.setdefault(schema.name, Table(schema, self))

    def table_named(self, name: str) -> Table[Any]:
        return self._tables[name]

    def referring(self, _name: str) -> Iterable[tuple[Table[Any], str]]:
        return ()

    def write(self, table: Table[Any], key: str, record: Any, _body: str) -> None:
        self._tell(Change(table.schema.name, key, table.keep(key, record), record))

    def remove(self, table: Table[Any], key: str) -> None:
        self._tell(Change(table.schema.name, key, table.keep(key, None), None))

    def follow(self, told: Callable[[Sequence[Change]], None]) -> None:
        self._told.append(told)

    def _tell(self, change: Change) -> None:
        for told in self._told:
            told([change])


def tables(world: Mapping[str, Sequence[Any]], memory: Memory | None = None) -> Tables:
    """The records that lists of Describe answers, by their members, are made of."""
    found = Tables(memory or Memory())  # type: ignore[arg-type]
    for one in world["Vpcs"]:
        block = one["CidrBlock"]
        found.vpcs.put(Vpc(one["VpcId"], block, (CidrAssociation(f"assoc-{one['VpcId']}", block),)))
    for one in world["Subnets"]:
        found.subnets.put(Subnet(one["SubnetId"], one["VpcId"], "us-east-1a", one["CidrBlock"]))
    for one in world["SecurityGroups"]:
        found.groups.put(SecurityGroup(one["GroupId"], one["GroupName"], "d", one["VpcId"]))
    for one in world["SecurityGroupRules"]:
        found.rules.put(_rule(one))
    for one in world["NetworkAcls"]:
        _acl(found, one)
    for one in world["RouteTables"]:
        _route_table(found, one)
    for one in world["InternetGateways"]:
        attached = [tie["VpcId"] for tie in one["Attachments"]]
        found.internet_gateways.put(InternetGateway(one["InternetGatewayId"], *attached))
    for one in world["NatGateways"]:
        found.nat_gateways.put(_nat(found, one))
    for one in world["NetworkInterfaces"]:
        found.interfaces.put(_interface(found, one))
    return found


def topology(world: Mapping[str, Sequence[Any]]) -> Topology:
    """What is made of them."""
    return configured.topology(tables(world))


def _rule(one: Mapping[str, Any]) -> SecurityGroupRule:
    return SecurityGroupRule(
        one["SecurityGroupRuleId"],
        one["GroupId"],
        one["IsEgress"],
        one["IpProtocol"],
        one["FromPort"],
        one["ToPort"],
        cidr_ipv4=one.get("CidrIpv4", ""),
        cidr_ipv6=one.get("CidrIpv6", ""),
        referenced_group_id=one.get("ReferencedGroupInfo", {}).get("GroupId", ""),
    )


def _acl(found: Tables, one: Mapping[str, Any]) -> None:
    subnets = [tie["SubnetId"] for tie in one["Associations"]]
    vpcs = [subnet.vpc_id for key in subnets if (subnet := found.subnets.get(key))] or [next(iter(found.vpcs)).id]
    entries = tuple(
        AclEntry(
            entry["RuleNumber"],
            entry["Egress"],
            entry["Protocol"],
            entry["RuleAction"] == "allow",
            entry.get("CidrBlock") or entry["Ipv6CidrBlock"],
            entry.get("PortRange", {}).get("From", -1),
            entry.get("PortRange", {}).get("To", -1),
        )
        for entry in one["Entries"]
    )
    found.acls.put(NetworkAcl(one["NetworkAclId"], vpcs[0], entries))
    for subnet in subnets:
        tie = NetworkAclAssociation(f"aclassoc-{subnet}", one["NetworkAclId"], subnet)
        found.acl_associations.put(tie)


def _route_table(found: Tables, one: Mapping[str, Any]) -> None:
    identity = one["RouteTableId"]
    found.route_tables.put(RouteTable(identity, one["VpcId"]))
    for tie in one["Associations"]:
        key = f"rtbassoc-{identity}-{tie.get('SubnetId', 'main')}"
        main = bool(tie.get("Main"))
        made = RouteTableAssociation(key, identity, one["VpcId"], tie.get("SubnetId", ""), main=main)
        found.route_table_associations.put(made)
    for route in one["Routes"]:
        target = route.get("GatewayId") or route.get("NatGatewayId") or "eni-gone"
        kinds = [kind for kind in ("GatewayId", "NatGatewayId") if kind in route] or ["NetworkInterfaceId"]
        found.routes.put(Route(identity, route["DestinationCidrBlock"], kinds[0], target))


def _nat(found: Tables, one: Mapping[str, Any]) -> NatGateway:
    subnet = found.subnets.get(one["SubnetId"])
    assert subnet is not None
    addresses = tuple(NatAddress("", address["PrivateIp"]) for address in one["NatGatewayAddresses"])
    return NatGateway(one["NatGatewayId"], subnet.vpc_id, subnet.id, "public", one["State"], _MADE, addresses)


def _interface(found: Tables, one: Mapping[str, Any]) -> NetworkInterface:
    subnet = found.subnets.get(one["SubnetId"])
    assert subnet is not None
    return NetworkInterface(
        one["NetworkInterfaceId"],
        subnet.id,
        subnet.vpc_id,
        subnet.zone,
        "02:00:00:00:00:01",
        tuple(group["GroupId"] for group in one["Groups"]),
        (one["PrivateIpAddress"],),
        public_ip=one.get("Association", {}).get("PublicIp", ""),
    )
