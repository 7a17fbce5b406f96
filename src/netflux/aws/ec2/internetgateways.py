"""Internet gateways, and those that let IPv6 out only.

"Enable internet access for a VPC using an internet gateway", Amazon VPC user guide.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netflux.aws.ec2 import users
from netflux.aws.ec2.filters import Filters, page
from netflux.aws.ec2.nouns import EGRESS_ONLY_GATEWAYS, INTERNET_GATEWAYS, VPCS, invalid
from netflux.aws.ec2.part import DRY_RUN, Part, shown_tags
from netflux.controlplane.call import Call
from netflux.controlplane.identifiers import hexadecimal
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.resources.ec2.gateway import EgressOnlyInternetGateway, InternetGateway
from netflux.resources.ec2.tables import Tables

if TYPE_CHECKING:
    from types_boto3_ec2 import type_defs as types


class InternetGateways(Part):
    """The operations on internet gateways."""

    @operation("TagSpecifications(ResourceType Tags(Key Value))", neutral=DRY_RUN)
    def create_internet_gateway(self, call: Call, request: types.CreateInternetGatewayRequestTypeDef) -> dict[str, Any]:
        """Attached to nothing yet."""
        gateway = InternetGateway(hexadecimal("igw"), tags=self.tags(call, request, INTERNET_GATEWAYS))
        self.tables.internet_gateways.put(gateway)
        return {"InternetGateway": _shown(call, gateway)}

    @operation("InternetGatewayId VpcId", neutral=DRY_RUN)
    def attach_internet_gateway(
        self, _call: Call, request: types.AttachInternetGatewayRequestTypeDef
    ) -> dict[str, Any]:
        """One gateway for one VPC."""
        gateway = INTERNET_GATEWAYS.get(self.documents, request["InternetGatewayId"])
        vpc = VPCS.get(self.documents, request["VpcId"])
        if gateway.vpc_id:
            raise AwsError(
                "Resource.AlreadyAssociated", f"resource {gateway.id} is already attached to network {gateway.vpc_id}"
            )
        if self.tables.internet_gateways.has("vpc", vpc.id):
            raise invalid(f"Network {vpc.id} already has an internet gateway attached")
        self.tables.internet_gateways.put(replace(gateway, vpc_id=vpc.id))
        return {}

    @operation("InternetGatewayId VpcId", neutral=DRY_RUN)
    def detach_internet_gateway(
        self, _call: Call, request: types.DetachInternetGatewayRequestTypeDef
    ) -> dict[str, Any]:
        """Not under public addresses. Routes to it become black holes."""
        gateway = INTERNET_GATEWAYS.get(self.documents, request["InternetGatewayId"])
        vpc = VPCS.get(self.documents, request["VpcId"])
        if gateway.vpc_id != vpc.id:
            raise AwsError("Gateway.NotAttached", f"resource {gateway.id} is not attached to network {vpc.id}")
        if _mapped(self.tables, vpc.id):
            raise AwsError(
                "DependencyViolation",
                f"Network {vpc.id} has some mapped public address(es). "
                "Please unmap those public address(es) before detaching the gateway.",
            )
        self.tables.internet_gateways.put(replace(gateway, vpc_id=""))
        return {}

    @operation("InternetGatewayId", neutral=DRY_RUN)
    def delete_internet_gateway(
        self, _call: Call, request: types.DeleteInternetGatewayRequestTypeDef
    ) -> dict[str, Any]:
        """Detached from its VPC. Routes to it stay as black holes."""
        gateway = INTERNET_GATEWAYS.get(self.documents, request["InternetGatewayId"])
        if gateway.vpc_id:
            raise AwsError(
                "DependencyViolation",
                f"The internetGateway '{gateway.id}' has dependencies and cannot be deleted.",
            )
        self.tables.internet_gateways.delete(gateway.id)
        return {}

    @operation("InternetGatewayIds Filters(Name Values) MaxResults NextToken", neutral=DRY_RUN)
    def describe_internet_gateways(
        self, call: Call, request: types.DescribeInternetGatewaysRequestTypeDef
    ) -> dict[str, Any]:
        """With what each is attached to."""
        filters = Filters[InternetGateway](
            {
                "attachment.state": lambda gateway: "available" if gateway.vpc_id else None,
                "attachment.vpc-id": lambda gateway: gateway.vpc_id or None,
                "internet-gateway-id": lambda gateway: gateway.id,
                "owner-id": lambda _: call.account,
            },
            lambda gateway: gateway.tags,
            {"attachment.vpc-id": "vpc"},
        )
        found = filters.found(
            self.documents, INTERNET_GATEWAYS, request.get("InternetGatewayIds"), request.get("Filters")
        )
        return page(request, [_shown(call, one) for one in found], "InternetGateways")


class EgressOnlyInternetGateways(Part):
    """The operations on gateways for IPv6 outwards."""

    @operation("VpcId ClientToken TagSpecifications(ResourceType Tags(Key Value))", neutral=DRY_RUN)
    def create_egress_only_internet_gateway(
        self, call: Call, request: types.CreateEgressOnlyInternetGatewayRequestTypeDef
    ) -> dict[str, Any]:
        """One for a VPC ["Amazon VPC quotas"]. A token that was used before answers what was made then."""
        gateways, token = self.tables.egress_only_gateways, request.get("ClientToken") or ""
        known = gateways.where("token", token) if token else []
        if not known:
            vpc = VPCS.get(self.documents, request["VpcId"])
            if gateways.has("vpc", vpc.id):
                raise invalid(f"Network {vpc.id} already has an egress-only internet gateway attached")
            tags = self.tags(call, request, EGRESS_ONLY_GATEWAYS)
            known = [EgressOnlyInternetGateway(hexadecimal("eigw"), vpc.id, token, tags)]
            gateways.put(known[0])
        told = {"ClientToken": token} if token else {}
        return {"EgressOnlyInternetGateway": _shown_egress_only(known[0]), **told}

    @operation("EgressOnlyInternetGatewayId", neutral=DRY_RUN)
    def delete_egress_only_internet_gateway(
        self, _call: Call, request: types.DeleteEgressOnlyInternetGatewayRequestTypeDef
    ) -> dict[str, Any]:
        """Routes to it stay as black holes."""
        gateway = EGRESS_ONLY_GATEWAYS.get(self.documents, request["EgressOnlyInternetGatewayId"])
        self.tables.egress_only_gateways.delete(gateway.id)
        return {"ReturnCode": True}

    @operation("EgressOnlyInternetGatewayIds Filters(Name Values) MaxResults NextToken", neutral=DRY_RUN)
    def describe_egress_only_internet_gateways(
        self, _call: Call, request: types.DescribeEgressOnlyInternetGatewaysRequestTypeDef
    ) -> dict[str, Any]:
        """With the VPC that each is attached to."""
        filters = Filters[EgressOnlyInternetGateway]({}, lambda gateway: gateway.tags)
        found = filters.found(
            self.documents,
            EGRESS_ONLY_GATEWAYS,
            request.get("EgressOnlyInternetGatewayIds"),
            request.get("Filters"),
        )
        return page(request, [_shown_egress_only(one) for one in found], "EgressOnlyInternetGateways")


def _shown(call: Call, gateway: InternetGateway) -> dict[str, Any]:
    return {
        "InternetGatewayId": gateway.id,
        "OwnerId": call.account,
        "Attachments": [{"State": "available", "VpcId": gateway.vpc_id}] if gateway.vpc_id else [],
        "Tags": shown_tags(gateway.tags),
    }


def _shown_egress_only(gateway: EgressOnlyInternetGateway) -> dict[str, Any]:
    return {
        "EgressOnlyInternetGatewayId": gateway.id,
        "Attachments": [{"State": "attached", "VpcId": gateway.vpc_id}],
        "Tags": shown_tags(gateway.tags),
    }


def _mapped(tables: Tables, vpc: str) -> bool:
    """Whether something of the VPC has a public address, an Elastic IP or one of a service's."""
    if users.on_the_internet(tables.documents, vpc):
        return True
    interfaces = tables.interfaces.where("vpc", vpc)
    return any(one.public_ip or tables.addresses.has("interface", one.id) for one in interfaces)
