"""What EC2 tells of nouns that can't be made here: there are none. Making one is refused by name.

SDKs, Terraform and CDK ask for these lists on their way to nouns that there are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore import xform_name

from netflux.aws.ec2.part import DRY_RUN, Part
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError


@dataclass(frozen=True)
class Absent:
    """A noun of which there is none.

    Attributes:
        answer: the answer's member.
        ids: the request's member that names some; empty where none does.
        code: of the error for those.
        other: further members of the request.
    """

    answer: str
    ids: str = ""
    code: str = ""
    other: str = "Filters MaxResults NextToken"


_WITHOUT_PAGES = "Filters"
_MANAGED = "Filters MaxResults NextToken IncludeManagedResources"

ABSENT: Mapping[str, Absent] = {
    "DescribeInstances": Absent("Reservations", "InstanceIds", "InvalidInstanceID.NotFound", _MANAGED),
    "DescribeInstanceStatus": Absent(
        "InstanceStatuses", "InstanceIds", "InvalidInstanceID.NotFound", f"{_MANAGED} IncludeAllInstances"
    ),
    "DescribeInstanceCreditSpecifications": Absent(
        "InstanceCreditSpecifications", "InstanceIds", "InvalidInstanceID.NotFound"
    ),
    "DescribeInstanceTypes": Absent(
        "InstanceTypes", "InstanceTypes", "InvalidInstanceType",
        "Filters MaxResults NextToken IncludeUnsupportedInRegion",
    ),
    "DescribeInstanceTypeOfferings": Absent(
        "InstanceTypeOfferings", other="LocationType Filters MaxResults NextToken"
    ),
    "DescribeImages": Absent(
        "Images", "ImageIds", "InvalidAMIID.NotFound",
        "ExecutableUsers Owners IncludeDeprecated IncludeDisabled Filters MaxResults NextToken",
    ),
    "DescribeVolumes": Absent("Volumes", "VolumeIds", "InvalidVolume.NotFound", _MANAGED),
    "DescribeSnapshots": Absent(
        "Snapshots", "SnapshotIds", "InvalidSnapshot.NotFound",
        "OwnerIds RestorableByUserIds Filters MaxResults NextToken",
    ),
    "DescribeVpcPeeringConnections": Absent(
        "VpcPeeringConnections", "VpcPeeringConnectionIds", "InvalidVpcPeeringConnectionID.NotFound"
    ),
    "DescribeTransitGateways": Absent("TransitGateways", "TransitGatewayIds", "InvalidTransitGatewayID.NotFound"),
    "DescribeTransitGatewayAttachments": Absent(
        "TransitGatewayAttachments", "TransitGatewayAttachmentIds", "InvalidTransitGatewayAttachmentID.NotFound"
    ),
    "DescribeTransitGatewayVpcAttachments": Absent(
        "TransitGatewayVpcAttachments", "TransitGatewayAttachmentIds", "InvalidTransitGatewayAttachmentID.NotFound"
    ),
    "DescribeTransitGatewayPeeringAttachments": Absent(
        "TransitGatewayPeeringAttachments", "TransitGatewayAttachmentIds", "InvalidTransitGatewayAttachmentID.NotFound"
    ),
    "DescribeTransitGatewayRouteTables": Absent(
        "TransitGatewayRouteTables", "TransitGatewayRouteTableIds", "InvalidRouteTableID.NotFound"
    ),
    "DescribeVpnGateways": Absent(
        "VpnGateways", "VpnGatewayIds", "InvalidVpnGatewayID.NotFound", _WITHOUT_PAGES
    ),
    "DescribeVpnConnections": Absent(
        "VpnConnections", "VpnConnectionIds", "InvalidVpnConnectionID.NotFound", _WITHOUT_PAGES
    ),
    "DescribeCustomerGateways": Absent(
        "CustomerGateways", "CustomerGatewayIds", "InvalidCustomerGatewayID.NotFound", _WITHOUT_PAGES
    ),
    "DescribeCarrierGateways": Absent("CarrierGateways", "CarrierGatewayIds", "InvalidCarrierGatewayID.NotFound"),
    "DescribeLocalGateways": Absent("LocalGateways", "LocalGatewayIds", "InvalidLocalGatewayID.NotFound"),
    "DescribePlacementGroups": Absent(
        "PlacementGroups", "GroupIds", "InvalidPlacementGroup.Unknown", "GroupNames Filters"
    ),
    "DescribeHosts": Absent("Hosts", "HostIds", "InvalidHostID.NotFound", "Filter MaxResults NextToken"),
    "DescribeSpotInstanceRequests": Absent(
        "SpotInstanceRequests", "SpotInstanceRequestIds", "InvalidSpotInstanceRequestID.NotFound"
    ),
    "DescribeReservedInstances": Absent(
        "ReservedInstances", "ReservedInstancesIds", "InvalidReservedInstancesId", "OfferingClass OfferingType Filters"
    ),
    "DescribeCapacityReservations": Absent(
        "CapacityReservations", "CapacityReservationIds", "InvalidCapacityReservationId.NotFound"
    ),
    "DescribeFleets": Absent("Fleets", "FleetIds", "InvalidFleetId.NotFound"),
    "DescribeSpotFleetRequests": Absent(
        "SpotFleetRequestConfigs", "SpotFleetRequestIds", "InvalidSpotFleetRequestId.NotFound", "MaxResults NextToken"
    ),
    "DescribeIpv6Pools": Absent("Ipv6Pools", "PoolIds", "InvalidPoolID.NotFound"),
    "DescribePublicIpv4Pools": Absent("PublicIpv4Pools", "PoolIds", "InvalidPublicIpv4PoolID.NotFound"),
    "DescribeIpams": Absent("Ipams", "IpamIds", "InvalidIpamId.NotFound"),
    "DescribeIamInstanceProfileAssociations": Absent(
        "IamInstanceProfileAssociations", "AssociationIds", "InvalidAssociationID.NotFound"
    ),
    "DescribeClientVpnEndpoints": Absent(
        "ClientVpnEndpoints", "ClientVpnEndpointIds", "InvalidClientVpnEndpointId.NotFound"
    ),
    "DescribeVpcEndpointServiceConfigurations": Absent(
        "ServiceConfigurations", "ServiceIds", "InvalidVpcEndpointServiceId.NotFound"
    ),
    "DescribeVpcEndpointConnections": Absent("VpcEndpointConnections"),
    "DescribeSecurityGroupVpcAssociations": Absent("SecurityGroupVpcAssociations"),
    "DescribeVpcBlockPublicAccessExclusions": Absent(
        "VpcBlockPublicAccessExclusions", "ExclusionIds", "InvalidVpcBlockPublicAccessExclusionId.NotFound"
    ),
    "DescribeNetworkInterfacePermissions": Absent(
        "NetworkInterfacePermissions", "NetworkInterfacePermissionIds", "InvalidPermissionID.NotFound"
    ),
    "DescribeInstanceConnectEndpoints": Absent(
        "InstanceConnectEndpoints", "InstanceConnectEndpointIds", "InvalidInstanceConnectEndpointId.NotFound"
    ),
    "DescribeTrafficMirrorSessions": Absent(
        "TrafficMirrorSessions", "TrafficMirrorSessionIds", "InvalidTrafficMirrorSessionId.NotFound"
    ),
}  # fmt: skip
"""By the operation's name."""

_WITHOUT_DRY_RUN = frozenset({
    "DescribeHosts", "DescribePublicIpv4Pools", "DescribeIamInstanceProfileAssociations",
    "DescribeNetworkInterfacePermissions",
})  # fmt: skip


class AbsentNouns(Part):
    """The handlers, made from the table below."""


def _handler(absent: Absent) -> Callable[[Any, Call, Mapping[str, Any]], dict[str, Any]]:
    def describe(_self: Any, _call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
        named = request.get(absent.ids) or ()
        if named:
            raise AwsError(
                absent.code, f"There is none of {', '.join(map(str, named))}: Netflux has no such resources."
            )
        return {absent.answer: []}

    return describe


for _name, _absent in ABSENT.items():
    _reasons = dict.fromkeys(_absent.other.split(), "There are none, whatever is asked for.")
    _declare = operation(_absent.ids, neutral={**_reasons, **({} if _name in _WITHOUT_DRY_RUN else DRY_RUN)})
    setattr(AbsentNouns, xform_name(_name), _declare(_handler(_absent)))
