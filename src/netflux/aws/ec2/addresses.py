"""Elastic IP addresses.

"Elastic IP addresses", Amazon EC2 user guide. Nothing of this machine is on the internet: the addresses are of a block
that is nobody's there, and clients that probe a VPC from outside find what they are associated with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netflux import names
from netflux.aws.ec2.filters import Filters, page
from netflux.aws.ec2.nouns import ADDRESSES, INTERFACES, invalid, missing
from netflux.aws.ec2.part import DRY_RUN, Part, shown_tags
from netflux.controlplane.call import Call
from netflux.controlplane.identifiers import hexadecimal
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.network import addresses
from netflux.resources.ec2.address import Address
from netflux.resources.ec2.interface import NetworkInterface
from netflux.resources.ec2.tables import Tables

if TYPE_CHECKING:
    from types_boto3_ec2 import type_defs as types

_MOST = 5
"""Addresses of an account in a region ["Amazon VPC quotas"]."""

_OWN_POOL = "There are no address pools here. Leave it out for an address of Amazon's."
_INSTANCE = "There are no instances here. Name a network interface."
_FORBIDDEN = "You do not have permission to access the specified resource."


class Addresses(Part):
    """The operations on addresses."""

    @operation(
        "Domain NetworkBorderGroup TagSpecifications(ResourceType Tags(Key Value))",
        neutral=DRY_RUN,
        refused={
            "Address": _OWN_POOL,
            "PublicIpv4Pool": _OWN_POOL,
            "CustomerOwnedIpv4Pool": _OWN_POOL,
            "IpamPoolId": _OWN_POOL,
        },
        only={"Domain": ("vpc",), "NetworkBorderGroup": (names.REGION,)},
    )
    def allocate_address(self, call: Call, request: types.AllocateAddressRequestTypeDef) -> dict[str, Any]:
        """An address that stays the account's until it is released."""
        public = addresses.elastic_address(lambda one: self.tables.addresses.has("public", one))
        if public is None or len(self.tables.addresses) >= _MOST:
            raise AwsError("AddressLimitExceeded", "The maximum number of addresses has been reached.")
        tags = self.tags(call, request, ADDRESSES)
        made = Address(hexadecimal("eipalloc"), public, names.REGION, tags=tags)
        self.tables.addresses.put(made)
        return {
            "AllocationId": made.id,
            "PublicIp": made.public_ip,
            "PublicIpv4Pool": made.pool,
            "NetworkBorderGroup": made.network_border_group,
            "Domain": "vpc",
        }

    @operation(
        "AllocationId PublicIp NetworkInterfaceId PrivateIpAddress AllowReassociation",
        neutral=DRY_RUN,
        refused={"InstanceId": _INSTANCE},
    )
    def associate_address(self, _call: Call, request: types.AssociateAddressRequestTypeDef) -> dict[str, Any]:
        """With a private address of an interface, whose VPC has an internet gateway."""
        address = _named(self.tables, request)
        if not request.get("NetworkInterfaceId"):
            raise missing("networkInterfaceId", "instanceId")
        eni = INTERFACES.get(self.documents, request["NetworkInterfaceId"])
        if eni.requester_managed:
            raise AwsError("AuthFailure", _FORBIDDEN)
        private = request.get("PrivateIpAddress") or (eni.private_addresses or ("",))[0]
        if private not in eni.private_addresses:
            raise invalid(f"The private address {private or '(none)'} is none of interface {eni.id}'s.")
        if not self.tables.internet_gateways.has("vpc", eni.vpc_id):
            raise AwsError("Gateway.NotAttached", f"Network {eni.vpc_id} is not attached to any internet gateway")
        if address.association_id and (address.interface_id, address.private_ip) == (eni.id, private):
            return {"AssociationId": address.association_id}
        _check_free(self.tables, address, eni, private, bool(request.get("AllowReassociation")))
        made = replace(address, association_id=hexadecimal("eipassoc"), interface_id=eni.id, private_ip=private)
        self.tables.addresses.put(made)
        return {"AssociationId": made.association_id}

    @operation("AssociationId PublicIp", neutral=DRY_RUN)
    def disassociate_address(self, _call: Call, request: types.DisassociateAddressRequestTypeDef) -> dict[str, Any]:
        """Not from a NAT gateway, which keeps its address until it is deleted."""
        if request.get("AssociationId"):
            found = self.tables.addresses.where("association", request["AssociationId"])
            if not found:
                raise AwsError(
                    "InvalidAssociationID.NotFound",
                    f"The association ID '{request['AssociationId']}' does not exist",
                )
            address = found[0]
        else:
            address = _named(self.tables, request)
        if _managed(self.tables, address):
            raise AwsError("AuthFailure", _FORBIDDEN)
        self.tables.addresses.put(freed(address))
        return {}

    @operation(
        "AllocationId PublicIp NetworkBorderGroup", neutral=DRY_RUN, only={"NetworkBorderGroup": (names.REGION,)}
    )
    def release_address(self, _call: Call, request: types.ReleaseAddressRequestTypeDef) -> dict[str, Any]:
        """After it was disassociated."""
        if request.get("PublicIp") and not request.get("AllocationId"):
            _named(self.tables, request)
            raise AwsError(
                "InvalidParameterCombination",
                "You must specify an allocation id when releasing a VPC elastic IP address",
            )
        address = _named(self.tables, request)
        if address.association_id:
            raise AwsError("InvalidIPAddress.InUse", f"Address {address.public_ip} is in use.")
        self.tables.addresses.delete(address.id)
        return {}

    @operation("AllocationIds PublicIps Filters(Name Values)", neutral=DRY_RUN)
    def describe_addresses(self, call: Call, request: types.DescribeAddressesRequestTypeDef) -> dict[str, Any]:
        """With what each is associated with."""
        public = [_public(self.tables, one).id for one in request.get("PublicIps") or ()]
        wanted = [*(request.get("AllocationIds") or ()), *public]
        found = _filters(call).found(self.documents, ADDRESSES, wanted, request.get("Filters"))
        return {"Addresses": [_shown(call, one) for one in found]}

    @operation("AllocationIds MaxResults NextToken", neutral={**DRY_RUN, "Attribute": "There is one, domain-name."})
    def describe_addresses_attribute(
        self, _call: Call, request: types.DescribeAddressesAttributeRequestTypeDef
    ) -> dict[str, Any]:
        """None has a name in the DNS of the internet, since ModifyAddressAttribute is refused."""
        found = ADDRESSES.named(self.documents, request.get("AllocationIds") or ()) or [*self.tables.addresses]
        return page(request, [{"PublicIp": one.public_ip, "AllocationId": one.id} for one in found], "Addresses")


def freed(address: Address) -> Address:
    """The address, associated with nothing."""
    return replace(address, association_id="", interface_id="", private_ip="")


def _named(tables: Tables, request: Mapping[str, Any]) -> Address:
    """By allocation or by address."""
    if request.get("AllocationId"):
        return ADDRESSES.get(tables.documents, request["AllocationId"])
    if request.get("PublicIp"):
        return _public(tables, request["PublicIp"])
    raise missing("allocationId", "publicIp")


def _public(tables: Tables, address: str) -> Address:
    found = tables.addresses.where("public", address)
    if not found:
        raise AwsError("InvalidAddress.NotFound", f"Address '{address}' not found.")
    return found[0]


def _check_free(tables: Tables, address: Address, eni: NetworkInterface, private: str, again: bool) -> None:
    """One public address for one private one, unless the request takes it from where it is."""
    if address.association_id and (not again or _managed(tables, address)):
        raise AwsError(
            "Resource.AlreadyAssociated",
            f"resource {address.id} is already associated with associate-id {address.association_id}",
        )
    for other in tables.addresses.where("interface", eni.id):
        if other.private_ip == private and other.id != address.id:
            if not again:
                raise AwsError(
                    "Resource.AlreadyAssociated",
                    f"resource {eni.id} is already associated with associate-id {other.association_id}",
                )
            tables.addresses.put(freed(other))


def _managed(tables: Tables, address: Address) -> bool:
    eni = tables.interfaces.get(address.interface_id)
    return eni is not None and eni.requester_managed


def _shown(call: Call, address: Address) -> dict[str, Any]:
    told: dict[str, Any] = {
        "AllocationId": address.id,
        "PublicIp": address.public_ip,
        "PublicIpv4Pool": address.pool,
        "NetworkBorderGroup": address.network_border_group,
        "Domain": "vpc",
        "Tags": shown_tags(address.tags),
    }
    if address.association_id:
        told |= {
            "AssociationId": address.association_id,
            "NetworkInterfaceId": address.interface_id,
            "NetworkInterfaceOwnerId": call.account,
            "PrivateIpAddress": address.private_ip,
        }
    return told


def _filters(call: Call) -> Filters[Address]:
    return Filters(
        {
            "allocation-id": lambda address: address.id,
            "association-id": lambda address: address.association_id or None,
            "domain": lambda _: "vpc",
            "instance-id": lambda _: None,
            "network-border-group": lambda address: address.network_border_group,
            "network-interface-id": lambda address: address.interface_id or None,
            "network-interface-owner-id": lambda address: call.account if address.interface_id else None,
            "private-ip-address": lambda address: address.private_ip or None,
            "public-ip": lambda address: address.public_ip,
        },
        lambda address: address.tags,
        {"public-ip": "public", "association-id": "association", "network-interface-id": "interface"},
    )
