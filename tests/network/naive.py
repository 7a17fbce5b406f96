"""The same question answered a second time, packet by packet and bit by bit, from EC2's answers as they are.

Nothing of `netflux.network` is used here: this is what the model is held against.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Answers = dict[str, list[Any]]
TCP = ("tcp", "6", "-1")


def number(address: str) -> int:
    value = 0
    for part in address.split("."):
        value = value * 256 + int(part)
    return value


def inside(address: str, cidr: str | None) -> bool:
    if not cidr or ":" in cidr:
        return False
    base, length = cidr.split("/")
    shift = 32 - int(length)
    return number(address) >> shift == number(base) >> shift


def arrives(world: Answers, source: Any, target: Any, port: int, source_port: int) -> bool:
    """Whether a connection comes about; ends are entries of NetworkInterfaces, or addresses of the internet."""
    if isinstance(source, str):
        return _comes_in(world, source, target, port, source_port)
    if isinstance(target, str):
        return _goes_out(world, source, target, port, source_port)
    if source["NetworkInterfaceId"] == target["NetworkInterfaceId"]:
        return True
    if _vpc(world, source) != _vpc(world, target):
        return False
    here, there = source["PrivateIpAddress"], target["PrivateIpAddress"]
    if not _group_lets(world, source, True, there, port, _ids(target)):
        return False
    if not _group_lets(world, target, False, here, port, _ids(source)):
        return False
    a, b = source["SubnetId"], target["SubnetId"]
    if a == b:
        return True
    return (
        _acl_lets(world, a, True, there, port)
        and _acl_lets(world, b, False, here, port)
        and _acl_lets(world, b, True, here, source_port)
        and _acl_lets(world, a, False, there, source_port)
    )


def _comes_in(world: Answers, source: str, target: Any, port: int, source_port: int) -> bool:
    subnet = target["SubnetId"]
    return (
        bool(target["Association"])
        and _leads(world, subnet, source) == "internet"
        and _acl_lets(world, subnet, False, source, port)
        and _group_lets(world, target, False, source, port, [])
        and _acl_lets(world, subnet, True, source, source_port)
    )


def _goes_out(world: Answers, source: Any, target: str, port: int, source_port: int) -> bool:
    subnet, own = source["SubnetId"], source["PrivateIpAddress"]
    if not _group_lets(world, source, True, target, port, []):
        return False
    if not _acl_lets(world, subnet, True, target, port) or not _acl_lets(world, subnet, False, target, source_port):
        return False
    way = _leads(world, subnet, target)
    if way == "internet":
        return bool(source["Association"])
    if way != "nat":
        return False
    (nat,) = world["NatGateways"]
    home = nat["SubnetId"]
    if _leads(world, home, target) != "internet":
        return False
    if not _acl_lets(world, home, True, target, port):
        return False
    edges = {1024, 65535, *(edge for one in world["NetworkAcls"] for entry in one["Entries"] for edge in _edges(entry))}
    if not all(_acl_lets(world, home, False, target, one) for one in edges if 1024 <= one <= 65535):
        return False
    return home == subnet or (
        _acl_lets(world, home, False, own, port) and _acl_lets(world, home, True, own, source_port)
    )


def _edges(entry: Any) -> Sequence[int]:
    ports = entry.get("PortRange")
    return (ports["From"] - 1, ports["From"], ports["To"], ports["To"] + 1) if ports else ()


def _ids(interface: Any) -> list[str]:
    return [group["GroupId"] for group in interface["Groups"]]


def _vpc(world: Answers, interface: Any) -> str:
    (found,) = [one for one in world["Subnets"] if one["SubnetId"] == interface["SubnetId"]]
    return str(found["VpcId"])


def _group_lets(world: Answers, interface: Any, egress: bool, peer: str, port: int, peers: list[str]) -> bool:
    for rule in world["SecurityGroupRules"]:
        if rule["GroupId"] not in _ids(interface) or rule["IsEgress"] != egress or rule["IpProtocol"] not in TCP:
            continue
        if rule["IpProtocol"] != "-1" and not rule["FromPort"] <= port <= rule["ToPort"]:
            continue
        if inside(peer, rule.get("CidrIpv4")):
            return True
        if rule.get("ReferencedGroupInfo", {}).get("GroupId") in peers:
            return True
    return False


def _acl_lets(world: Answers, subnet: str, egress: bool, peer: str, port: int) -> bool:
    (acl,) = [
        one
        for one in world["NetworkAcls"]
        if subnet in [association["SubnetId"] for association in one["Associations"]]
    ]
    matching = [
        entry
        for entry in acl["Entries"]
        if entry["Egress"] == egress
        and entry["Protocol"] in TCP
        and inside(peer, entry.get("CidrBlock"))
        and (entry["Protocol"] == "-1" or entry["PortRange"]["From"] <= port <= entry["PortRange"]["To"])
    ]
    first = min(matching, key=lambda entry: entry["RuleNumber"], default=None)
    return first is not None and first["RuleAction"] == "allow"


def _leads(world: Answers, subnet: str, address: str) -> str:
    """`local`, `internet`, `nat`, or nothing when packets go nowhere."""
    (vpc,) = [one["VpcId"] for one in world["Subnets"] if one["SubnetId"] == subnet]
    tables = [
        table
        for table in world["RouteTables"]
        if subnet in [association.get("SubnetId") for association in table["Associations"]]
    ] or [
        table
        for table in world["RouteTables"]
        if table["VpcId"] == vpc and any(association.get("Main") for association in table["Associations"])
    ]
    best, way = -1, ""
    for route in tables[0]["Routes"]:
        length = int(route["DestinationCidrBlock"].split("/")[1])
        if inside(address, route["DestinationCidrBlock"]) and length > best:
            best, way = length, _target(world, route, vpc)
    return way


def _target(world: Answers, route: Any, vpc: str) -> str:
    if route["State"] == "blackhole":
        return ""
    if route.get("GatewayId") == "local":
        return "local"
    if "GatewayId" in route:
        (gateway,) = world["InternetGateways"]
        return "internet" if vpc in [one["VpcId"] for one in gateway["Attachments"]] else ""
    (nat,) = world["NatGateways"]
    return "nat" if nat["State"] == "available" else ""
