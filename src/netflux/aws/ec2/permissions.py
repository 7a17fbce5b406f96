"""IpPermissions and the rules of security groups that they stand for: pure.

"IpPermission", Amazon EC2 API reference; "Security group rules", Amazon VPC user guide.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from netflux.aws.ec2 import blocks
from netflux.aws.ec2.nouns import invalid, missing
from netflux.errors import AwsError
from netflux.resources.ec2.securitygroup import SecurityGroupRule

MEMBERS = (
    "IpPermissions(IpProtocol FromPort ToPort UserIdGroupPairs(Description UserId GroupName GroupId) "
    "IpRanges(Description CidrIp) Ipv6Ranges(Description CidrIpv6) PrefixListIds(Description PrefixListId))"
)
"""What of IpPermissions is carried."""

NEUTRAL = {"IpPermissions.UserIdGroupPairs.VpcId": "The group's id says whose it is."}
REFUSED = dict.fromkeys(
    ("IpPermissions.UserIdGroupPairs.VpcPeeringConnectionId", "IpPermissions.UserIdGroupPairs.PeeringStatus"),
    "VPCs are not peered here.",
)

_NAMES = {"tcp": 6, "udp": 17, "icmp": 1, "icmpv6": 58, "-1": -1, "all": -1}
_TOLD = {6: "tcp", 17: "udp", 1: "icmp", 58: "icmpv6", -1: "-1"}
_WITH_PORTS, _ICMP = (6, 17), (1, 58)
_HIGHEST_PROTOCOL = 255
_HIGHEST_PORT = 65535
_HIGHEST_TYPE = 255
_LONGEST_DESCRIPTION = 255
_PEERS = ("IpRanges", "Ipv6Ranges", "UserIdGroupPairs", "PrefixListIds")
_ALLOWED = frozenset(" ._-:/()#,@[]+=&;{}!$*")
"""In descriptions, besides letters and digits ["IpRange", Amazon EC2 API reference]."""


def rules(permissions: Iterable[Mapping[str, Any]], group_id: str, *, egress: bool) -> Iterator[SecurityGroupRule]:
    """A rule without an id for each peer of each permission; a group that is named is left to the caller.

    Raises:
        AwsError: EC2 does not take the protocol, the ports, a block or a description.
    """
    for one in permissions:
        protocol, low, high = ports(one.get("IpProtocol"), one.get("FromPort"), one.get("ToPort"))
        rule = SecurityGroupRule("", group_id, egress, protocol, low, high)
        if not any(one.get(member) for member in _PEERS):
            raise missing(*_PEERS)
        for block in one.get("IpRanges") or ():
            yield _with(rule, block, cidr_ipv4=blocks.rule(block.get("CidrIp") or "", 4))
        for block in one.get("Ipv6Ranges") or ():
            yield _with(rule, block, cidr_ipv6=blocks.rule(block.get("CidrIpv6") or "", 6))
        for listed in one.get("PrefixListIds") or ():
            yield _with(rule, listed, prefix_list_id=_given(listed, "PrefixListId"))
        for pair in one.get("UserIdGroupPairs") or ():
            yield _with(rule, pair, referenced_group_id=pair.get("GroupId") or _given(pair, "GroupName"))


def ports(protocol: str | None, low: int | None, high: int | None) -> tuple[str, int, int]:
    """The protocol as EC2 tells it, and the ports or the ICMP type and code; -1 where there are none.

    Raises:
        AwsError: EC2 does not take them.
    """
    number = protocol_number(protocol)
    told = _TOLD.get(number, str(number))
    if number in _WITH_PORTS:
        if low is None or high is None:
            raise invalid("Invalid value for portRange. Must specify both from and to ports with TCP/UDP.")
        for port in (low, high):
            if not 0 <= port <= _HIGHEST_PORT:
                raise invalid(f"TCP/UDP port ({port}) out of range")
        if low > high:
            raise invalid(f"Invalid TCP/UDP port range ({low}:{high})")
        return told, low, high
    if number not in _ICMP:
        return told, -1, -1
    low, high = -1 if low is None else low, -1 if high is None else high
    for one in (low, high):
        if not -1 <= one <= _HIGHEST_TYPE:
            raise invalid(f"ICMP type or code ({one}) out of range")
    if low == -1 and high != -1:
        raise invalid(f"Invalid ICMP code ({high}): all types (-1) have all codes (-1).")
    return told, low, high


def protocol_number(told: str | None) -> int:
    """Of a name or a number; -1 for all. AwsError where there is no such protocol."""
    if not told:
        raise invalid("Invalid value 'null' for protocol. VPC security group rules must specify protocols explicitly.")
    name = told.lower()
    if name in _NAMES:
        return _NAMES[name]
    if name.isascii() and name.isdigit() and int(name) <= _HIGHEST_PROTOCOL:
        return int(name)
    raise invalid(f"Invalid value '{told}' for IP protocol. Unknown protocol.")


def description(told: str | None) -> str:
    """Of a rule; AwsError where it is too long or has characters that EC2 does not take."""
    text = told or ""
    if len(text) > _LONGEST_DESCRIPTION or not allowed(text):
        raise invalid(
            "Invalid rule description. Valid descriptions are strings less than 256 characters from the following set: "
            "a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*"
        )
    return text


def allowed(text: str) -> bool:
    """Whether names and descriptions of groups and rules may have these characters."""
    return all((char.isascii() and char.isalnum()) or char in _ALLOWED for char in text)


def shape(rules_of_way: Iterable[SecurityGroupRule], account: str) -> list[dict[str, Any]]:
    """Rules of one direction as IpPermissions, those of the same protocol and ports together."""
    told: dict[tuple[str, int, int], dict[str, Any]] = {}
    for rule in rules_of_way:
        key = rule.protocol, rule.from_port, rule.to_port
        if key not in told:
            told[key] = {"IpProtocol": rule.protocol, **_ports(rule), **{peer: [] for peer in _PEERS}}
        member, peer = _peer(rule, account)
        told[key][member].append({**peer, **({"Description": rule.description} if rule.description else {})})
    return [*told.values()]


def phrase(rule: SecurityGroupRule) -> str:
    """The rule as EC2's errors say it."""
    protocol = "ALL" if rule.protocol == "-1" else rule.protocol.upper()
    reach = "" if rule.protocol == "-1" else f" from port: {rule.from_port}, to port: {rule.to_port},"
    return f'"peer: {rule.peer}, {protocol},{reach} ALLOW"'


def _ports(rule: SecurityGroupRule) -> dict[str, int]:
    return (
        {"FromPort": rule.from_port, "ToPort": rule.to_port}
        if rule.protocol in ("tcp", "udp", "icmp", "icmpv6")
        else {}
    )


def _peer(rule: SecurityGroupRule, account: str) -> tuple[str, dict[str, Any]]:
    if rule.cidr_ipv4:
        return "IpRanges", {"CidrIp": rule.cidr_ipv4}
    if rule.cidr_ipv6:
        return "Ipv6Ranges", {"CidrIpv6": rule.cidr_ipv6}
    if rule.prefix_list_id:
        return "PrefixListIds", {"PrefixListId": rule.prefix_list_id}
    return "UserIdGroupPairs", {"UserId": account, "GroupId": rule.referenced_group_id}


def _with(rule: SecurityGroupRule, told: Mapping[str, Any], **peer: str) -> SecurityGroupRule:
    return replace(rule, description=description(told.get("Description")), **peer)  # type: ignore[arg-type]


def _given(told: Mapping[str, Any], member: str) -> str:
    value = told.get(member)
    if not value:
        raise AwsError("MissingParameter", f"The request must contain the parameter {member}")
    return str(value)
