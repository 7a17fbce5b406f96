"""Public addresses of network interfaces, as DescribeNetworkInterfaces shows them: pure.

API reference, "NetworkInterfaceAssociation". PublicDnsName is left out, since nobody resolves one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_PUBLIC_IP = ("association.public-ip", "addresses.association.public-ip")
_OWNER = "association.ip-owner-id"
_OWNERS = {"elbv2": "amazon-elb", "rds": "amazon-rds"}


@dataclass(frozen=True)
class PublicAddress:
    """That the internet gateway translates.

    Attributes:
        owner: of the interface, e.g. `ecs/task/{id}`.
    """

    address: str
    owner: str


Addresses = Callable[[], Mapping[str, PublicAddress]]
"""Public addresses by their interfaces."""


def split(filters: Sequence[Mapping[str, Any]]) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    """Filters of other members, and filters of associations."""
    mine = [one for one in filters if one["Name"] in (*_PUBLIC_IP, _OWNER)]
    return [one for one in filters if one not in mine], mine


def associated(interface: Mapping[str, Any], found: PublicAddress | None) -> dict[str, Any]:
    """The interface with its public address, where it has one."""
    if found is None:
        return dict(interface)
    association = {"IpOwnerId": _OWNERS.get(found.owner.partition("/")[0], "amazon"), "PublicIp": found.address}
    private = [
        {**one, "Association": association} if one.get("PrivateIpAddress") == interface["PrivateIpAddress"] else one
        for one in interface.get("PrivateIpAddresses") or ()
    ]
    return {**interface, "Association": association, "PrivateIpAddresses": private}


def passes(interface: Mapping[str, Any], conditions: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the interface's association is what every filter asks for."""
    association = interface.get("Association") or {}
    values = {**dict.fromkeys(_PUBLIC_IP, association.get("PublicIp")), _OWNER: association.get("IpOwnerId")}
    return all(values[one["Name"]] in one["Values"] for one in conditions)
