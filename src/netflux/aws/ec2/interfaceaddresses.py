"""Further addresses of network interfaces.

"Secondary IP addresses for your EC2 instances", Amazon EC2 user guide.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netflux.aws.ec2.addresses import freed
from netflux.aws.ec2.interfaces import further, further_ipv6, own
from netflux.aws.ec2.nouns import SUBNETS, invalid, missing
from netflux.aws.ec2.part import Part
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.network import placing
from netflux.resources.ec2.interface import NetworkInterface
from netflux.resources.ec2.subnet import Subnet
from netflux.resources.ec2.tables import Tables

if TYPE_CHECKING:
    from types_boto3_ec2 import type_defs as types

_PREFIXES = "Prefixes are for containers on instances, and there are none here. Assign addresses."
_NO_PREFIXES = {"Ipv4Prefixes": _PREFIXES, "Ipv4PrefixCount": _PREFIXES}
_NO_IPV6_PREFIXES = {"Ipv6Prefixes": _PREFIXES, "Ipv6PrefixCount": _PREFIXES}


class InterfaceAddresses(Part):
    """The operations on them. Services' own interfaces keep the addresses that they have."""

    @operation(
        "NetworkInterfaceId PrivateIpAddresses SecondaryPrivateIpAddressCount AllowReassignment",
        refused=_NO_PREFIXES,
    )
    def assign_private_ip_addresses(
        self, _call: Call, request: types.AssignPrivateIpAddressesRequestTypeDef
    ) -> dict[str, Any]:
        """By name, or so many that nobody has."""
        eni = own(self.tables, request["NetworkInterfaceId"])
        subnet = SUBNETS.get(self.documents, eni.subnet_id)
        named, count = request.get("PrivateIpAddresses") or (), request.get("SecondaryPrivateIpAddressCount")
        if bool(named) == (count is not None):
            raise missing("privateIpAddresses", "secondaryPrivateIpAddressCount")
        new: list[str] = []
        for one in dict.fromkeys(named):
            if one not in eni.private_addresses:
                if request.get("AllowReassignment"):
                    _take(self.tables, subnet, one)
                new.append(placing.check_address(self.tables, subnet, one))
        found = further(self.tables, subnet, eni.id, (*eni.private_addresses, *new), count or 0)
        self.tables.interfaces.put(replace(eni, private_addresses=found))
        return {
            "NetworkInterfaceId": eni.id,
            "AssignedPrivateIpAddresses": [
                {"PrivateIpAddress": one} for one in found if one not in eni.private_addresses
            ],
            "AssignedIpv4Prefixes": [],
        }

    @operation("NetworkInterfaceId PrivateIpAddresses", refused={"Ipv4Prefixes": _PREFIXES})
    def unassign_private_ip_addresses(
        self, _call: Call, request: types.UnassignPrivateIpAddressesRequestTypeDef
    ) -> dict[str, Any]:
        """The primary address stays. Elastic IP addresses of the others are free afterwards."""
        eni = own(self.tables, request["NetworkInterfaceId"])
        named = set(request.get("PrivateIpAddresses") or ())
        if not named:
            raise missing("privateIpAddresses")
        strangers = sorted(named - {*eni.private_addresses})
        if strangers:
            raise invalid(f"Some of the specified addresses are not assigned to interface {eni.id}: {strangers[0]}")
        if eni.private_addresses[0] in named:
            raise invalid(f"The primary private IP address {eni.private_addresses[0]} can't be unassigned.")
        _drop(self.tables, eni, named)
        return {}

    @operation("NetworkInterfaceId Ipv6Addresses Ipv6AddressCount", refused=_NO_IPV6_PREFIXES)
    def assign_ipv6_addresses(self, _call: Call, request: types.AssignIpv6AddressesRequestTypeDef) -> dict[str, Any]:
        """By name, or so many that nobody has."""
        eni = own(self.tables, request["NetworkInterfaceId"])
        subnet = SUBNETS.get(self.documents, eni.subnet_id)
        named, count = request.get("Ipv6Addresses") or (), request.get("Ipv6AddressCount")
        if bool(named) == (count is not None):
            raise missing("ipv6Addresses", "ipv6AddressCount")
        new = tuple(dict.fromkeys(placing.check_ipv6(self.tables, subnet, one) for one in named))
        found = further_ipv6(self.tables, subnet, (*eni.ipv6_addresses, *new), count or 0)
        self.tables.interfaces.put(replace(eni, ipv6_addresses=found))
        assigned = [one for one in found if one not in eni.ipv6_addresses]
        return {"NetworkInterfaceId": eni.id, "AssignedIpv6Addresses": assigned, "AssignedIpv6Prefixes": []}

    @operation("NetworkInterfaceId Ipv6Addresses", refused={"Ipv6Prefixes": _PREFIXES})
    def unassign_ipv6_addresses(
        self, _call: Call, request: types.UnassignIpv6AddressesRequestTypeDef
    ) -> dict[str, Any]:
        """Those that the interface has."""
        eni = own(self.tables, request["NetworkInterfaceId"])
        named = request.get("Ipv6Addresses") or ()
        if not named:
            raise missing("ipv6Addresses")
        strangers = [one for one in named if one not in eni.ipv6_addresses]
        if strangers:
            raise invalid(f"Some of the specified addresses are not assigned to interface {eni.id}: {strangers[0]}")
        left = tuple(one for one in eni.ipv6_addresses if one not in named)
        self.tables.interfaces.put(replace(eni, ipv6_addresses=left))
        return {"NetworkInterfaceId": eni.id, "UnassignedIpv6Addresses": [*named], "UnassignedIpv6Prefixes": []}


def _take(tables: Tables, subnet: Subnet, address: str) -> None:
    """From the interface that has it as a secondary one."""
    for holder in tables.interfaces.where("address", f"{subnet.id}/{address}"):
        if holder.requester_managed or holder.private_addresses[0] == address:
            raise AwsError("InvalidIPAddress.InUse", f"The specified address is already in use: {address}")
        _drop(tables, holder, {address})


def _drop(tables: Tables, eni: NetworkInterface, addresses: set[str]) -> None:
    for tied in tables.addresses.where("interface", eni.id):
        if tied.private_ip in addresses:
            tables.addresses.put(freed(tied))
    left = tuple(one for one in eni.private_addresses if one not in addresses)
    tables.interfaces.put(replace(eni, private_addresses=left))
