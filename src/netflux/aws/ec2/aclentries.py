"""Entries of network ACLs: numbered rules, of which the first that fits decides.

"Network ACL rules", Amazon VPC user guide.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netflux.aws.ec2 import blocks
from netflux.aws.ec2.nouns import ACLS, invalid, missing
from netflux.aws.ec2.part import DRY_RUN, Part
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.resources.ec2.networkacl import AclEntry, NetworkAcl

if TYPE_CHECKING:
    from types_boto3_ec2 import type_defs as types

_NUMBERS = range(1, 32767)
"""Of a user's entries; the last one has 32767, and 32768 for IPv6."""
_MOST = 20
"""Entries in one direction, the last one not counted ["Amazon VPC quotas"]."""

_NAMES = {"tcp": "6", "udp": "17", "icmp": "1", "icmpv6": "58", "all": "-1"}
_ANY, _WITH_PORTS, _ICMP = "-1", ("6", "17"), ("1", "58")
_HIGHEST_PROTOCOL, _HIGHEST_PORT, _HIGHEST_TYPE = 255, 65535, 255

_CARRIED = (
    "NetworkAclId RuleNumber Egress Protocol RuleAction CidrBlock Ipv6CidrBlock IcmpTypeCode(Type Code) "
    "PortRange(From To)"
)


class AclEntries(Part):
    """The operations on entries."""

    @operation(_CARRIED, neutral=DRY_RUN)
    def create_network_acl_entry(
        self, _call: Call, request: types.CreateNetworkAclEntryRequestTypeDef
    ) -> dict[str, Any]:
        """A number has one entry in each direction."""
        acl = ACLS.get(self.documents, request["NetworkAclId"])
        entry = wanted(request)
        mine = [one for one in acl.entries if one.egress == entry.egress]
        if any(one.number == entry.number for one in mine):
            raise AwsError(
                "NetworkAclEntryAlreadyExists", f"The network acl entry identified by {entry.number} already exists."
            )
        if sum(one.number in _NUMBERS for one in mine) >= _MOST:
            raise AwsError(
                "NetworkAclEntryLimitExceeded", "The maximum number of network acl entries has been reached."
            )
        self.tables.acls.put(replace(acl, entries=(*acl.entries, entry)))
        return {}

    @operation(_CARRIED, neutral=DRY_RUN)
    def replace_network_acl_entry(
        self, _call: Call, request: types.ReplaceNetworkAclEntryRequestTypeDef
    ) -> dict[str, Any]:
        """Another entry for a number that is there."""
        acl = ACLS.get(self.documents, request["NetworkAclId"])
        entry = wanted(request)
        left = _without(acl, entry.number, egress=entry.egress)
        self.tables.acls.put(replace(acl, entries=(*left, entry)))
        return {}

    @operation("NetworkAclId RuleNumber Egress", neutral=DRY_RUN)
    def delete_network_acl_entry(
        self, _call: Call, request: types.DeleteNetworkAclEntryRequestTypeDef
    ) -> dict[str, Any]:
        """The last one, which denies the rest, stays."""
        acl = ACLS.get(self.documents, request["NetworkAclId"])
        number = _number(request["RuleNumber"])
        self.tables.acls.put(replace(acl, entries=_without(acl, number, egress=request["Egress"])))
        return {}


def wanted(request: Mapping[str, Any]) -> AclEntry:
    """The entry of a request. Raises AwsError where it is none."""
    number, action = _number(request["RuleNumber"]), request["RuleAction"]
    if action not in ("allow", "deny"):
        raise invalid(f"Value ({action}) for parameter ruleAction is invalid. Use allow or deny.")
    protocol = _protocol(request["Protocol"])
    low, high = _ports(protocol, request.get("PortRange") or {})
    kind, code = _icmp(protocol, request.get("IcmpTypeCode") or {})
    return AclEntry(
        number=number,
        egress=request["Egress"],
        protocol=protocol,
        allow=action == "allow",
        cidr_block=_block(request),
        from_port=low,
        to_port=high,
        icmp_type=kind,
        icmp_code=code,
    )


def entry_shape(entry: AclEntry) -> dict[str, Any]:
    """As EC2 tells it."""
    told: dict[str, Any] = {
        "Ipv6CidrBlock" if ":" in entry.cidr_block else "CidrBlock": entry.cidr_block,
        "Egress": entry.egress,
        "Protocol": entry.protocol,
        "RuleAction": "allow" if entry.allow else "deny",
        "RuleNumber": entry.number,
    }
    if entry.from_port >= 0:
        told["PortRange"] = {"From": entry.from_port, "To": entry.to_port}
    if entry.icmp_type is not None:
        told["IcmpTypeCode"] = {"Type": entry.icmp_type, "Code": entry.icmp_code}
    return told


def _without(acl: NetworkAcl, number: int, *, egress: bool) -> tuple[AclEntry, ...]:
    left = tuple(one for one in acl.entries if (one.number, one.egress) != (number, egress))
    if len(left) == len(acl.entries):
        way = "egress" if egress else "ingress"
        raise AwsError(
            "InvalidNetworkAclEntry.NotFound",
            f"The network acl entry identified by rule number {number} and {way} in network ACL {acl.id} does not "
            "exist",
        )
    return left


def _number(number: int) -> int:
    if number not in _NUMBERS:
        raise invalid(f"Value ({number}) for parameter ruleNumber is invalid. It must be between 1 and 32766.")
    return number


def _protocol(told: str) -> str:
    name = told.lower()
    if name in _NAMES:
        return _NAMES[name]
    if name == _ANY or (name.isascii() and name.isdigit() and int(name) <= _HIGHEST_PROTOCOL):
        return name
    raise invalid(f"Invalid value '{told}' for IP protocol. Unknown protocol.")


def _ports(protocol: str, told: Mapping[str, Any]) -> tuple[int, int]:
    if protocol not in _WITH_PORTS:
        return -1, -1
    low, high = told.get("From"), told.get("To")
    if low is None or high is None:
        raise invalid("Invalid value for portRange. Must specify both from and to ports with TCP/UDP.")
    for port in (low, high):
        if not 0 <= port <= _HIGHEST_PORT:
            raise invalid(f"TCP/UDP port ({port}) out of range")
    if low > high:
        raise invalid(f"Invalid TCP/UDP port range ({low}:{high})")
    return low, high


def _icmp(protocol: str, told: Mapping[str, Any]) -> tuple[int | None, int | None]:
    if protocol not in _ICMP:
        return None, None
    kind, code = told.get("Type"), told.get("Code")
    if kind is None or code is None:
        raise missing("icmpTypeCode")
    for number in (kind, code):
        if not -1 <= number <= _HIGHEST_TYPE:
            raise invalid(f"ICMP type or code ({number}) out of range")
    return kind, code


def _block(request: Mapping[str, Any]) -> str:
    given = [(request[name], version) for name, version in _BLOCKS if request.get(name)]
    if len(given) != 1:
        raise missing("cidrBlock", "ipv6CidrBlock")
    return blocks.rule(*given[0])


_BLOCKS = (("CidrBlock", 4), ("Ipv6CidrBlock", 6))
