"""Network interfaces.

"Elastic network interfaces", Amazon EC2 user guide. There are no instances here: what has an interface is a task, a
load balancer's node, a database or a NAT gateway.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netflux.aws.ec2.addresses import freed
from netflux.aws.ec2.filters import page
from netflux.aws.ec2.interfaceshape import attachment_shape, filters, group_shapes, shape
from netflux.aws.ec2.nouns import INTERFACES, SUBNETS, invalid, missing
from netflux.aws.ec2.part import DRY_RUN, Part
from netflux.controlplane.call import Call
from netflux.controlplane.identifiers import hexadecimal
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.network import addresses, placing
from netflux.resources.ec2.interface import NetworkInterface
from netflux.resources.ec2.subnet import Subnet
from netflux.resources.ec2.tables import Tables

if TYPE_CHECKING:
    from types_boto3_ec2 import type_defs as types

MOST_ADDRESSES = 50
"""Of one version of IP, on an interface ["Maximum IP addresses per network interface"]."""

_PREFIXES = "Prefixes are for containers on instances, and there are none here. Assign addresses."
_NO_INSTANCES = "There are no instances here, so no interface is attached to one."
_UNTRACKED = "Connections are tracked with the kernel's own timeouts here."


class Interfaces(Part):
    """The operations on interfaces; those on further addresses are `InterfaceAddresses`."""

    @operation(
        "SubnetId Description Groups PrivateIpAddress PrivateIpAddresses(PrivateIpAddress Primary) "
        "SecondaryPrivateIpAddressCount Ipv6Addresses(Ipv6Address) Ipv6AddressCount ClientToken "
        "TagSpecifications(ResourceType Tags(Key Value))",
        neutral=DRY_RUN,
        refused={
            "Ipv4Prefixes": _PREFIXES,
            "Ipv4PrefixCount": _PREFIXES,
            "Ipv6Prefixes": _PREFIXES,
            "Ipv6PrefixCount": _PREFIXES,
            "EnablePrimaryIpv6": _NO_INSTANCES,
            "Ipv6Addresses.IsPrimaryIpv6": _NO_INSTANCES,
            "ConnectionTrackingSpecification": _UNTRACKED,
            "InterfaceType": "There are no instances here. Leave it out for an interface of the usual type.",
            "Operator": "Services of AWS's own make interfaces for others.",
        },
    )
    def create_network_interface(
        self, call: Call, request: types.CreateNetworkInterfaceRequestTypeDef
    ) -> dict[str, Any]:
        """Attached to nothing. A token that was used before answers what was made then."""
        interfaces, token = self.tables.interfaces, request.get("ClientToken") or ""
        known = interfaces.where("token", token) if token else []
        if not known:
            subnet = SUBNETS.get(self.documents, request["SubnetId"])
            identity = hexadecimal("eni")
            made = NetworkInterface(
                id=identity,
                subnet_id=subnet.id,
                vpc_id=subnet.vpc_id,
                zone=subnet.zone,
                mac_address=addresses.mac_address(),
                groups=placing.groups(self.tables, subnet.vpc_id, request.get("Groups") or ()),
                private_addresses=_private(self.tables, subnet, identity, request),
                ipv6_addresses=_ipv6(self.tables, subnet, request),
                description=request.get("Description") or "",
                client_token=token,
                tags=self.tags(call, request, INTERFACES),
            )
            interfaces.put(made)
            known = [made]
        told = {"ClientToken": token} if token else {}
        return {"NetworkInterface": shape(self.tables, call, known[0]), **told}

    @operation("NetworkInterfaceId", neutral=DRY_RUN)
    def delete_network_interface(
        self, _call: Call, request: types.DeleteNetworkInterfaceRequestTypeDef
    ) -> dict[str, Any]:
        """Attached to nothing. An Elastic IP address that it has is free afterwards."""
        eni = INTERFACES.get(self.documents, request["NetworkInterfaceId"])
        if eni.attachment is not None or eni.requester_managed:
            raise invalid(f"Network interface '{eni.id}' is currently in use.")
        for address in self.tables.addresses.where("interface", eni.id):
            self.tables.addresses.put(freed(address))
        self.tables.interfaces.delete(eni.id)
        return {}

    @operation(
        "NetworkInterfaceIds Filters(Name Values) MaxResults NextToken",
        neutral={**DRY_RUN, "IncludeManagedResources": "All interfaces are told."},
    )
    def describe_network_interfaces(
        self, call: Call, request: types.DescribeNetworkInterfacesRequestTypeDef
    ) -> dict[str, Any]:
        """Of tasks, load balancers and databases as well, with their public addresses."""
        found = filters(self.tables, call).found(
            self.documents, INTERFACES, request.get("NetworkInterfaceIds"), request.get("Filters")
        )
        answer = page(request, found, "NetworkInterfaces")
        shown = [shape(self.tables, call, one) for one in answer["NetworkInterfaces"]]
        return {**answer, "NetworkInterfaces": shown}

    @operation(
        "NetworkInterfaceId Description(Value) SourceDestCheck(Value) Groups",
        neutral=DRY_RUN,
        refused={
            "Attachment": _NO_INSTANCES,
            "EnaSrdSpecification": _NO_INSTANCES,
            "EnablePrimaryIpv6": _NO_INSTANCES,
            "AssociatePublicIpAddress": _NO_INSTANCES,
            "ConnectionTrackingSpecification": _UNTRACKED,
            "AssociatedSubnetIds": "An interface is in one subnet here.",
        },
    )
    def modify_network_interface_attribute(
        self, _call: Call, request: types.ModifyNetworkInterfaceAttributeRequestTypeDef
    ) -> dict[str, Any]:
        """One attribute a call. What a service has made is the service's to change."""
        eni = own(self.tables, request["NetworkInterfaceId"])
        given = [name for name in ("Description", "SourceDestCheck", "Groups") if request.get(name) is not None]
        if not given:
            raise missing("description", "sourceDestCheck", "groupSet")
        if len(given) > 1:
            raise AwsError("InvalidParameterCombination", "Fields for multiple attribute types specified")
        if given == ["Groups"]:
            changed = replace(eni, groups=placing.groups(self.tables, eni.vpc_id, request["Groups"]))
        elif given == ["Description"]:
            changed = replace(eni, description=request["Description"].get("Value") or "")
        else:
            changed = replace(eni, source_dest_check=_flag(request["SourceDestCheck"]))
        self.tables.interfaces.put(changed)
        return {}

    @operation("NetworkInterfaceId SourceDestCheck", neutral=DRY_RUN)
    def reset_network_interface_attribute(
        self, _call: Call, request: types.ResetNetworkInterfaceAttributeRequestTypeDef
    ) -> dict[str, Any]:
        """The source and destination check is on again."""
        eni = own(self.tables, request["NetworkInterfaceId"])
        self.tables.interfaces.put(replace(eni, source_dest_check=True))
        return {}

    @operation("NetworkInterfaceId Attribute", neutral=DRY_RUN)
    def describe_network_interface_attribute(
        self, _call: Call, request: types.DescribeNetworkInterfaceAttributeRequestTypeDef
    ) -> dict[str, Any]:
        """One attribute."""
        eni = INTERFACES.get(self.documents, request["NetworkInterfaceId"])
        attribute = request.get("Attribute")
        if not attribute:
            raise missing("attribute")
        told: Mapping[str, dict[str, Any]] = {
            "description": {"Description": {"Value": eni.description}},
            "groupSet": {"Groups": group_shapes(self.tables, eni)},
            "sourceDestCheck": {"SourceDestCheck": {"Value": eni.source_dest_check}},
            "attachment": {"Attachment": attachment_shape(eni.attachment)} if eni.attachment else {},
            "associatePublicIpAddress": {"AssociatePublicIpAddress": bool(eni.public_ip)},
        }
        return {"NetworkInterfaceId": eni.id, **told[attribute]}


def own(tables: Tables, identity: str) -> NetworkInterface:
    """The interface, if it is the account's to change."""
    eni = INTERFACES.get(tables.documents, identity)
    if eni.requester_managed:
        raise AwsError("AuthFailure", "You do not have permission to access the specified resource.")
    return eni


def _flag(told: Mapping[str, Any]) -> bool:
    if told.get("Value") is None:
        raise missing("sourceDestCheck.value")
    return bool(told["Value"])


def _private(tables: Tables, subnet: Subnet, owner: str, request: Mapping[str, Any]) -> tuple[str, ...]:
    """The primary address, and then the others."""
    given: Sequence[Mapping[str, Any]] = request.get("PrivateIpAddresses") or ()
    primary = [one["PrivateIpAddress"] for one in given if one.get("Primary") and one.get("PrivateIpAddress")]
    named = [*([request["PrivateIpAddress"]] if request.get("PrivateIpAddress") else []), *primary]
    if len(named) > 1:
        raise invalid("Only one primary private IP address can be specified.")
    others = [one["PrivateIpAddress"] for one in given if not one.get("Primary") and one.get("PrivateIpAddress")]
    if not named and others:
        named, others = others[:1], others[1:]
    count = request.get("SecondaryPrivateIpAddressCount")
    if count is not None and others:
        raise AwsError(
            "InvalidParameterCombination",
            "Name secondary addresses or their number, not both: PrivateIpAddresses, SecondaryPrivateIpAddressCount.",
        )
    found = [placing.check_address(tables, subnet, one) for one in [*named, *others]]
    if len({*found}) != len(found):
        raise invalid("A private IP address is specified twice.")
    if not named:
        found.insert(0, placing.free_address(tables, subnet, owner))
    return further(tables, subnet, owner, tuple(found), count or 0)


def further(tables: Tables, subnet: Subnet, owner: str, known: tuple[str, ...], count: int) -> tuple[str, ...]:
    """The addresses that an interface has, and so many more that nobody has."""
    if count < 0:
        raise invalid(f"Value ({count}) for parameter secondaryPrivateIpAddressCount is invalid.")
    if len(known) + count > MOST_ADDRESSES:
        raise too_many()
    found = [*known]
    for _ in range(count):
        found.append(placing.free_address(tables, subnet, owner, found))
    return tuple(found)


def too_many() -> AwsError:
    """More addresses than an interface can have."""
    return AwsError(
        "PrivateIpAddressLimitExceeded", f"An interface has at most {MOST_ADDRESSES} addresses of each version of IP."
    )


def _ipv6(tables: Tables, subnet: Subnet, request: Mapping[str, Any]) -> tuple[str, ...]:
    named = [one["Ipv6Address"] for one in request.get("Ipv6Addresses") or () if one.get("Ipv6Address")]
    count = request.get("Ipv6AddressCount")
    if named and count is not None:
        raise AwsError(
            "InvalidParameterCombination", "Name IPv6 addresses or their number: Ipv6Addresses, Ipv6AddressCount."
        )
    if not named and count is None and subnet.assign_ipv6:
        count = 1
    found = tuple(dict.fromkeys(placing.check_ipv6(tables, subnet, one) for one in named))
    return further_ipv6(tables, subnet, found, count or 0)


def further_ipv6(tables: Tables, subnet: Subnet, known: tuple[str, ...], count: int) -> tuple[str, ...]:
    """The IPv6 addresses that an interface has, and so many more."""
    if count < 0:
        raise invalid(f"Value ({count}) for parameter ipv6AddressCount is invalid.")
    if len(known) + count > MOST_ADDRESSES:
        raise too_many()
    found = [*known]
    for _ in range(count):
        found.append(placing.free_ipv6(tables, subnet, found))
    return tuple(found)
