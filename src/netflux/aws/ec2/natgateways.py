"""NAT gateways. Each has an interface in its subnet, which goes with it.

"NAT gateways", Amazon VPC user guide. A gateway that can't work is made all the same, and fails: "Troubleshoot NAT
gateways" has the codes.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from netflux.aws.ec2.addresses import freed
from netflux.aws.ec2.filters import Filters, page
from netflux.aws.ec2.nouns import ADDRESSES, NAT_GATEWAYS, SUBNETS, missing
from netflux.aws.ec2.part import DRY_RUN, Part, shown_tags
from netflux.controlplane.call import Call
from netflux.controlplane.identifiers import hexadecimal
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.network import addresses, placing
from netflux.resources.ec2.address import Address
from netflux.resources.ec2.gateway import NatAddress, NatGateway
from netflux.resources.ec2.interface import Attachment, NetworkInterface
from netflux.resources.ec2.subnet import Subnet
from netflux.resources.ec2.tables import Tables

if TYPE_CHECKING:
    from types_boto3_ec2 import type_defs as types

_MOST = 5
"""Gateways of a zone that are not deleted ["Amazon VPC quotas"]."""

_TOLD = timedelta(hours=1)
"""A gateway that was deleted or has failed is told for about an hour ["Delete a NAT gateway"]."""

_OVER = ("deleted", "failed")
_ONE_ADDRESS = "A NAT gateway has one address here."
_ZONAL = "NAT gateways stand in a subnet here. Name a SubnetId."


class NatGateways(Part):
    """The operations on NAT gateways."""

    @operation(
        "SubnetId AllocationId ConnectivityType AvailabilityMode PrivateIpAddress ClientToken "
        "TagSpecifications(ResourceType Tags(Key Value))",
        neutral=DRY_RUN,
        refused={
            "VpcId": _ZONAL,
            "AvailabilityZoneAddresses": _ZONAL,
            "SecondaryAllocationIds": _ONE_ADDRESS,
            "SecondaryPrivateIpAddresses": _ONE_ADDRESS,
            "SecondaryPrivateIpAddressCount": _ONE_ADDRESS,
        },
        only={"AvailabilityMode": ("zonal",)},
    )
    def create_nat_gateway(self, call: Call, request: types.CreateNatGatewayRequestTypeDef) -> dict[str, Any]:
        """A token that was used before answers what was made then."""
        gateways, token = self.tables.nat_gateways, request.get("ClientToken") or ""
        known = gateways.where("token", token) if token else []
        if not known:
            _forget(self.tables, self.clock.now())
            known = [
                _made(
                    self.tables, _asked(self.tables, request, self.clock.now(), self.tags(call, request, NAT_GATEWAYS))
                )
            ]
            gateways.put(known[0])
        return {"NatGateway": _shown(known[0]), **({"ClientToken": token} if token else {})}

    @operation("NatGatewayId", neutral=DRY_RUN)
    def delete_nat_gateway(self, _call: Call, request: types.DeleteNatGatewayRequestTypeDef) -> dict[str, Any]:
        """Its interface goes with it, and its address is free. Routes to it stay as black holes."""
        gateway = _told(self.tables, request["NatGatewayId"], self.clock.now())
        if gateway.state != "deleted":
            now = self.clock.now()
            self.tables.nat_gateways.put(replace(gateway, state="deleted", deleted=now))
            for one in gateway.addresses:
                _give_back(self.tables, one)
        return {"NatGatewayId": gateway.id}

    @operation("NatGatewayIds Filter(Name Values) MaxResults NextToken", neutral=DRY_RUN)
    def describe_nat_gateways(self, _call: Call, request: types.DescribeNatGatewaysRequestTypeDef) -> dict[str, Any]:
        """Those that were deleted an hour ago are not told any more."""
        now = self.clock.now()
        wanted = request.get("NatGatewayIds")
        for identity in wanted or ():
            _told(self.tables, identity, now)
        conditions: Any = request.get("Filter")
        found = _FILTERS.found(self.documents, NAT_GATEWAYS, wanted, conditions)
        return page(request, [_shown(one) for one in found if not _past(one, now)], "NatGateways")


def _asked(
    tables: Tables, request: types.CreateNatGatewayRequestTypeDef, now: datetime, tags: dict[str, str]
) -> tuple[NatGateway, Subnet, str]:
    """The gateway without an address, its subnet, and the private address that it is to have."""
    connectivity, allocation = request.get("ConnectivityType") or "public", request.get("AllocationId") or ""
    if not request.get("SubnetId"):
        raise missing("subnetId")
    subnet = SUBNETS.get(tables.documents, request["SubnetId"])
    if connectivity == "public" and not allocation:
        raise missing("AllocationId")
    if connectivity == "private" and allocation:
        raise AwsError("InvalidParameterCombination", "A private NAT gateway has no Elastic IP address.")
    if allocation:
        ADDRESSES.get(tables.documents, allocation)
    standing = [SUBNETS.get(tables.documents, one.subnet_id) for one in _there(tables)]
    if sum(one.zone == subnet.zone for one in standing) >= _MOST:
        raise AwsError("NatGatewayLimitExceeded", "The maximum number of NAT Gateways has been reached.")
    wanted = request.get("PrivateIpAddress") or ""
    if wanted:
        placing.check_address(tables, subnet, wanted)
    gateway = NatGateway(
        id=hexadecimal("nat"),
        vpc_id=subnet.vpc_id,
        subnet_id=subnet.id,
        connectivity=connectivity,
        state="available",
        created=now,
        addresses=(NatAddress("", wanted, allocation_id=allocation),),
        client_token=request.get("ClientToken") or "",
        tags=tags,
    )
    return gateway, subnet, wanted


def _made(tables: Tables, asked: tuple[NatGateway, Subnet, str]) -> NatGateway:
    """The gateway with its interface and address, or failed where it could not work."""
    gateway, subnet, wanted = asked
    (given,) = gateway.addresses
    address = tables.addresses.get(given.allocation_id)
    if address is not None and not tables.internet_gateways.has("vpc", gateway.vpc_id):
        said = f"Network {gateway.vpc_id} has no Internet gateway attached"
        return replace(gateway, state="failed", failure_code="Gateway.NotAttached", failure_message=said)
    if address is not None and address.association_id:
        said = f"Elastic IP address [{address.id}] is already associated"
        return replace(gateway, state="failed", failure_code="Resource.AlreadyAssociated", failure_message=said)
    try:
        private = wanted or placing.free_address(tables, subnet, gateway.id)
    except AwsError as error:
        said = "Subnet has insufficient free addresses to create this NAT gateway"
        return replace(gateway, state="failed", failure_code=error.code, failure_message=said)
    interface = _interface(gateway, subnet, private)
    tables.interfaces.put(interface)
    if address is None:
        return replace(gateway, addresses=(NatAddress(interface.id, private),))
    tied = replace(address, association_id=hexadecimal("eipassoc"), interface_id=interface.id, private_ip=private)
    tables.addresses.put(tied)
    return replace(gateway, addresses=(_nat_address(interface, tied),))


def _interface(gateway: NatGateway, subnet: Subnet, private: str) -> NetworkInterface:
    return NetworkInterface(
        id=hexadecimal("eni"),
        subnet_id=subnet.id,
        vpc_id=subnet.vpc_id,
        zone=subnet.zone,
        mac_address=addresses.mac_address(),
        groups=(),
        private_addresses=(private,),
        description=f"Interface for NAT Gateway {gateway.id}",
        source_dest_check=False,
        interface_type="nat_gateway",
        requester="amazon-aws",
        requester_managed=True,
        attachment=Attachment(hexadecimal("ela-attach"), "amazon-aws", gateway.created, device_index=1),
    )


def _nat_address(interface: NetworkInterface, address: Address) -> NatAddress:
    return NatAddress(
        interface_id=interface.id,
        private_ip=address.private_ip,
        public_ip=address.public_ip,
        allocation_id=address.id,
        association_id=address.association_id,
    )


def _give_back(tables: Tables, given: NatAddress) -> None:
    address = tables.addresses.get(given.allocation_id)
    if address is not None and given.association_id and address.association_id == given.association_id:
        tables.addresses.put(freed(address))
    tables.interfaces.delete(given.interface_id)


def _there(tables: Tables) -> list[NatGateway]:
    return tables.nat_gateways.where("state", "available")


def _told(tables: Tables, identity: str, now: datetime) -> NatGateway:
    """The gateway of the id, unless it was deleted long ago."""
    found = tables.nat_gateways.get(identity)
    if found is None or _past(found, now):
        raise NAT_GATEWAYS.missing(identity)
    return found


def _past(gateway: NatGateway, now: datetime) -> bool:
    since = gateway.deleted or gateway.created
    return gateway.state in _OVER and now - since > _TOLD


def _forget(tables: Tables, now: datetime) -> None:
    """Records of gateways that are told no more."""
    for state in _OVER:
        for gateway in tables.nat_gateways.where("state", state):
            if _past(gateway, now):
                tables.nat_gateways.delete(gateway.id)


def _shown(gateway: NatGateway) -> dict[str, Any]:
    told: dict[str, Any] = {
        "NatGatewayId": gateway.id,
        "VpcId": gateway.vpc_id,
        "SubnetId": gateway.subnet_id,
        "ConnectivityType": gateway.connectivity,
        "AvailabilityMode": "zonal",
        "State": gateway.state,
        "CreateTime": gateway.created,
        "NatGatewayAddresses": [_shown_address(gateway, one) for one in gateway.addresses],
        "Tags": shown_tags(gateway.tags),
    }
    if gateway.deleted is not None:
        told["DeleteTime"] = gateway.deleted
    if gateway.failure_code:
        told |= {"FailureCode": gateway.failure_code, "FailureMessage": gateway.failure_message}
    return told


def _shown_address(gateway: NatGateway, address: NatAddress) -> dict[str, Any]:
    members = {
        "AllocationId": address.allocation_id,
        "AssociationId": address.association_id,
        "NetworkInterfaceId": address.interface_id,
        "PrivateIp": address.private_ip,
        "PublicIp": address.public_ip,
    }
    status = "failed" if gateway.failure_code else "succeeded"
    return {**{key: value for key, value in members.items() if value}, "IsPrimary": address.primary, "Status": status}


_FILTERS = Filters[NatGateway](
    {
        "nat-gateway-id": lambda gateway: gateway.id,
        "state": lambda gateway: gateway.state,
        "subnet-id": lambda gateway: gateway.subnet_id,
        "vpc-id": lambda gateway: gateway.vpc_id,
    },
    lambda gateway: gateway.tags,
    {"vpc-id": "vpc", "subnet-id": "subnet", "state": "state"},
)
