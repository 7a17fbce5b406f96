"""Rules of security groups and entries of network ACLs. Pure.

API reference, "IpPermission" and "CreateNetworkAclEntry".
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any

from netflux.aws.ec2.rules.described import DIFFERENT_NETWORKS, Check, Described, Item, found, invalid, missing
from netflux.errors import AwsError

_NAMES = {"tcp": 6, "udp": 17, "icmp": 1, "icmpv6": 58, "-1": -1}
_ANY, _WITH_PORTS, _ICMP = -1, (6, 17), (1, 58)
_HIGHEST_PROTOCOL = 255
_HIGHEST_PORT = 65535
_HIGHEST_TYPE = 255
_ENTRIES = range(1, 32767)
"""Numbers of a network ACL's entries; 32767 is the last one's, `*`."""

_PEERS = {"IpRanges": "CidrIp", "Ipv6Ranges": "CidrIpv6", "UserIdGroupPairs": "", "PrefixListIds": ""}
_FLAT = ("IpProtocol", "FromPort", "ToPort")


def authorize(request: Item, told: Described) -> None:
    """AuthorizeSecurityGroupIngress and -Egress."""
    group = found(told["SecurityGroups"], "GroupId", request.get("GroupId"))
    group = group or found(told["SecurityGroups"], "GroupName", request.get("GroupName"))
    for one in _permissions(request):
        _permission(one)
        if not any(one.get(member) for member in _PEERS):
            raise missing(*_PEERS)
        for member, block in _PEERS.items():
            for peer in one.get(member) or () if block else ():
                cidr(peer.get(block), 6 if "6" in block else 4)
        for pair in one.get("UserIdGroupPairs") or ():
            _peer(pair.get("GroupId"), group, told)


def modify(request: Item, told: Described) -> None:
    """ModifySecurityGroupRules."""
    group = found(told["SecurityGroups"], "GroupId", request.get("GroupId"))
    for update in request.get("SecurityGroupRules") or ():
        rule = update.get("SecurityGroupRule") or {}
        _permission(rule)
        for member, version in (("CidrIpv4", 4), ("CidrIpv6", 6)):
            if rule.get(member):
                cidr(rule[member], version)
        _peer(rule.get("ReferencedGroupId"), group, told)


def entry(request: Item, _told: Described) -> None:
    """CreateNetworkAclEntry and ReplaceNetworkAclEntry."""
    number = request.get("RuleNumber")
    if number not in _ENTRIES:
        raise invalid(f"Value ({number}) for parameter ruleNumber is invalid. It must be between 1 and 32766.")
    if request.get("RuleAction") not in ("allow", "deny"):
        raise invalid(f"Value ({request.get('RuleAction')}) for parameter ruleAction is invalid. Use allow or deny.")
    ports = request.get("PortRange") or {}
    _permission({"IpProtocol": request.get("Protocol"), "FromPort": ports.get("From"), "ToPort": ports.get("To")})
    blocks = [(request.get("CidrBlock"), 4), (request.get("Ipv6CidrBlock"), 6)]
    given = [one for one in blocks if one[0]]
    if len(given) != 1:
        raise missing("cidrBlock", "ipv6CidrBlock")
    cidr(*given[0])


def group(request: Item, _told: Described) -> None:
    """CreateSecurityGroup."""
    name = str(request.get("GroupName", ""))
    if name.startswith("sg-"):
        raise invalid(f"Invalid value '{name}' for groupName. A group's name may not begin with 'sg-'.")


def cidr(told: Any, version: int) -> None:
    """A CIDR block of that version of IP; host bits are taken, as EC2 does in rules."""
    try:
        block = ipaddress.ip_network(str(told), strict=False)
    except ValueError as error:
        raise invalid(f"CIDR block {told} is malformed") from error
    if block.version != version or "/" not in str(told):
        raise invalid(f"CIDR block {told} is malformed")


def _permissions(request: Item) -> Iterator[dict[str, Any]]:
    """As a list: a single rule may be told by the request's own members."""
    yield from request.get("IpPermissions") or ()
    flat = {member: request[member] for member in _FLAT if member in request}
    if request.get("CidrIp"):
        yield {**flat, "IpRanges": [{"CidrIp": request["CidrIp"]}]}
    elif request.get("SourceSecurityGroupName"):
        yield {"IpProtocol": "-1", **flat, "UserIdGroupPairs": [{"GroupName": request["SourceSecurityGroupName"]}]}
    elif flat:
        yield flat


def _permission(one: Item) -> None:
    protocol = _protocol(one.get("IpProtocol"))
    low, high = one.get("FromPort"), one.get("ToPort")
    if protocol in _WITH_PORTS:
        if low is None or high is None:
            raise invalid("Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.")
        for port in (low, high):
            if not 0 <= int(port) <= _HIGHEST_PORT:
                raise invalid(f"TCP/UDP port ({port}) out of range")
        if int(low) > int(high):
            raise invalid(f"Invalid TCP/UDP port range ({low}:{high})")
    if protocol in _ICMP:
        for number in (low, high):
            if number is not None and not -1 <= int(number) <= _HIGHEST_TYPE:
                raise invalid(f"ICMP type or code ({number}) out of range")


def _protocol(told: Any) -> int:
    if told in (None, ""):
        raise invalid("Invalid value 'null' for protocol. VPC security group rules must specify protocols explicitly.")
    name = str(told).lower()
    if name in _NAMES:
        return _NAMES[name]
    if name.isascii() and name.isdigit() and int(name) <= _HIGHEST_PROTOCOL:
        return int(name)
    raise invalid(f"Invalid value '{told}' for IP protocol. Unknown protocol.")


def _peer(identity: Any, group: Item | None, told: Described) -> None:
    if not identity:
        return
    peer = found(told["SecurityGroups"], "GroupId", identity)
    if peer is None:
        raise AwsError("InvalidGroup.NotFound", f"The security group '{identity}' does not exist")
    if group is not None and peer.get("VpcId") != group.get("VpcId"):
        raise AwsError("InvalidGroup.NotFound", DIFFERENT_NETWORKS)


CHECKS: Mapping[str, Check] = {
    "AuthorizeSecurityGroupIngress": Check(("SecurityGroups",), authorize),
    "AuthorizeSecurityGroupEgress": Check(("SecurityGroups",), authorize),
    "ModifySecurityGroupRules": Check(("SecurityGroups",), modify),
    "CreateNetworkAclEntry": Check((), entry),
    "ReplaceNetworkAclEntry": Check((), entry),
    "CreateSecurityGroup": Check((), group),
}
