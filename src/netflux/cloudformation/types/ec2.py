"""EC2: the network's types."""

from __future__ import annotations

from typing import Any

from netflux.cloudformation.types.table import Asked, Caller, Facts, Find, Read, Row, Step, Tagging, status
from netflux.errors import AwsError

TAGGING = Tagging("CreateTags", "DeleteTags", {"Resources": ["$id"]}, keys="")


def by_tags(operation: str, items: str, identifier: str, *more: dict[str, Any], member: str = "Filters") -> Find:
    """Found by the tags that CloudFormation itself puts on what it makes.

    Args:
        more: further filters.
        member: that the operation calls its filters.
    """
    filters = [
        {"Name": "tag:aws:cloudformation:stack-id", "Values": ["$stack"]},
        {"Name": "tag:aws:cloudformation:logical-id", "Values": ["$logical"]},
        *more,
    ]
    return Find(operation, f"$response.{items}", f"$item.{identifier}", {member: filters})


def _attribute(operation: str, key: str, name: str, default: bool | None = None) -> Step:
    defaults = {} if default is None else {name: default}
    return Step(operation, only=(name,), params={key: "$id"}, defaults=defaults)


def _default(operation: str, items: str, identifier: str, only: tuple[str, str]) -> Asked:
    """How an id of what a VPC has from its first moment on is asked for, by a filter that only this one passes."""

    async def ask(call: Caller, facts: Facts) -> str:
        filters = [{"Name": name, "Values": [value]} for name, value in (("vpc-id", facts.id), only)]
        return str((await call("ec2", operation, {"Filters": filters}))[items][0][identifier])

    return Asked(ask)


_OWN_GROUP, _OWN_ACL = ("group-name", "default"), ("default", "true")

_VPC = Row(
    type="AWS::EC2::VPC",
    service="ec2",
    create=Step("CreateVpc"),
    id="$response.Vpc.VpcId",
    read=Read("DescribeVpcs", {"VpcIds": ["$id"]}, "$response.Vpcs.0"),
    attributes={
        "VpcId": "$id",
        "CidrBlock": "$item.CidrBlock",
        "CidrBlockAssociations": lambda facts: [
            each["AssociationId"] for each in facts.item["CidrBlockAssociationSet"]
        ],
        "Ipv6CidrBlocks": lambda facts: [
            each["Ipv6CidrBlock"] for each in facts.item.get("Ipv6CidrBlockAssociationSet", [])
        ],
        "DefaultSecurityGroup": _default("DescribeSecurityGroups", "SecurityGroups", "GroupId", _OWN_GROUP),
        "DefaultNetworkAcl": _default("DescribeNetworkAcls", "NetworkAcls", "NetworkAclId", _OWN_ACL),
    },
    also=(
        _attribute("ModifyVpcAttribute", "VpcId", "EnableDnsSupport", default=True),
        _attribute("ModifyVpcAttribute", "VpcId", "EnableDnsHostnames", default=False),
    ),
    update=(Step("ModifyVpcTenancy", only=("InstanceTenancy",), params={"VpcId": "$id"}),),
    delete=(Step("DeleteVpc", params={"VpcId": "$id"}),),
    gone=("InvalidVpcID.NotFound",),
    stable=status("State", ("available",)),
    find=by_tags("DescribeVpcs", "Vpcs", "VpcId"),
    tags=TAGGING,
    tag_type="vpc",
)


async def _acl_association(call: Caller, facts: Facts) -> str:
    """A subnet is always in one network ACL."""
    asked = {"Filters": [{"Name": "association.subnet-id", "Values": [facts.id]}]}
    [acl] = (await call("ec2", "DescribeNetworkAcls", asked))["NetworkAcls"]
    return str(next(one["NetworkAclAssociationId"] for one in acl["Associations"] if one["SubnetId"] == facts.id))


_SUBNET = Row(
    type="AWS::EC2::Subnet",
    service="ec2",
    create=Step("CreateSubnet"),
    id="$response.Subnet.SubnetId",
    read=Read("DescribeSubnets", {"SubnetIds": ["$id"]}, "$response.Subnets.0"),
    attributes={
        "SubnetId": "$id",
        "AvailabilityZone": "$item.AvailabilityZone",
        "AvailabilityZoneId": "$item.AvailabilityZoneId",
        "CidrBlock": "$item.CidrBlock",
        "VpcId": "$item.VpcId",
        "Ipv6CidrBlocks": lambda facts: [
            each["Ipv6CidrBlock"] for each in facts.item.get("Ipv6CidrBlockAssociationSet", [])
        ],
        "NetworkAclAssociationId": Asked(_acl_association),
    },
    also=(
        _attribute("ModifySubnetAttribute", "SubnetId", "MapPublicIpOnLaunch", default=False),
        _attribute("ModifySubnetAttribute", "SubnetId", "AssignIpv6AddressOnCreation", default=False),
    ),
    delete=(Step("DeleteSubnet", params={"SubnetId": "$id"}),),
    gone=("InvalidSubnetID.NotFound",),
    stable=status("State", ("available",)),
    find=by_tags("DescribeSubnets", "Subnets", "SubnetId"),
    tags=TAGGING,
    tag_type="subnet",
)

_INTERNET_GATEWAY = Row(
    type="AWS::EC2::InternetGateway",
    service="ec2",
    create=Step("CreateInternetGateway"),
    id="$response.InternetGateway.InternetGatewayId",
    read=Read("DescribeInternetGateways", {"InternetGatewayIds": ["$id"]}, "$response.InternetGateways.0"),
    attributes={"InternetGatewayId": "$id"},
    delete=(Step("DeleteInternetGateway", params={"InternetGatewayId": "$id"}),),
    gone=("InvalidInternetGatewayID.NotFound",),
    find=by_tags("DescribeInternetGateways", "InternetGateways", "InternetGatewayId"),
    tags=TAGGING,
    tag_type="internet-gateway",
)

_ATTACHMENT = Row(
    type="AWS::EC2::VPCGatewayAttachment",
    service="ec2",
    create=Step("AttachInternetGateway", ignore=("Resource.AlreadyAssociated",)),
    id="IGW|{new.VpcId}",
    read=Read(
        "DescribeInternetGateways",
        {
            "Filters": [{"Name": "attachment.vpc-id", "Values": ["$new.VpcId"]}],
            "InternetGatewayIds": ["$new.InternetGatewayId"],
        },
        "$response.InternetGateways.0",
    ),
    attributes={"AttachmentType": "IGW"},
    delete=(
        Step("DetachInternetGateway", params={"InternetGatewayId": "$new.InternetGatewayId", "VpcId": "$new.VpcId"}),
    ),
    gone=("Gateway.NotAttached", "InvalidInternetGatewayID.NotFound", "InvalidVpcID.NotFound"),
)

_EIP = Row(
    type="AWS::EC2::EIP",
    service="ec2",
    create=Step("AllocateAddress"),
    id="$response.PublicIp",
    read=Read("DescribeAddresses", {"PublicIps": ["$id"]}, "$response.Addresses.0"),
    attributes={"AllocationId": "$item.AllocationId", "PublicIp": "$id"},
    delete=(Step("ReleaseAddress", params={"AllocationId": "$attributes.AllocationId"}),),
    gone=("InvalidAllocationID.NotFound", "InvalidAddress.NotFound"),
    find=by_tags("DescribeAddresses", "Addresses", "PublicIp"),
    tags=Tagging("CreateTags", "DeleteTags", {"Resources": ["$attributes.AllocationId"]}, keys=""),
    tag_type="elastic-ip",
)

_NAT_GATEWAY = Row(
    type="AWS::EC2::NatGateway",
    service="ec2",
    create=Step("CreateNatGateway", params={"ClientToken": "$token"}),
    id="$response.NatGateway.NatGatewayId",
    read=Read("DescribeNatGateways", {"NatGatewayIds": ["$id"]}, "$response.NatGateways.0"),
    attributes={"NatGatewayId": "$id"},
    delete=(Step("DeleteNatGateway", params={"NatGatewayId": "$id"}),),
    gone=("NatGatewayNotFound", "InvalidNatGatewayID.NotFound"),
    stable=status("State", ("available",), ("failed", "deleting", "deleted"), "FailureMessage"),
    over=lambda item: item["State"] == "deleted",
    find=by_tags(
        "DescribeNatGateways",
        "NatGateways",
        "NatGatewayId",
        {"Name": "state", "Values": ["pending", "available"]},
        member="Filter",
    ),
    tags=TAGGING,
    tag_type="natgateway",
)

_ROUTE_TABLE = Row(
    type="AWS::EC2::RouteTable",
    service="ec2",
    create=Step("CreateRouteTable"),
    id="$response.RouteTable.RouteTableId",
    read=Read("DescribeRouteTables", {"RouteTableIds": ["$id"]}, "$response.RouteTables.0"),
    attributes={"RouteTableId": "$id"},
    delete=(Step("DeleteRouteTable", params={"RouteTableId": "$id"}),),
    gone=("InvalidRouteTableID.NotFound",),
    find=by_tags("DescribeRouteTables", "RouteTables", "RouteTableId"),
    tags=TAGGING,
    tag_type="route-table",
)

_DESTINATION = {
    "RouteTableId": "$new.RouteTableId",
    "DestinationCidrBlock": "$new.DestinationCidrBlock",
    "DestinationIpv6CidrBlock": "$new.DestinationIpv6CidrBlock",
    "DestinationPrefixListId": "$new.DestinationPrefixListId",
}
_ROUTE_TARGETS = (
    "CarrierGatewayId", "EgressOnlyInternetGatewayId", "GatewayId", "InstanceId", "NatGatewayId", "NetworkInterfaceId",
    "TransitGatewayId", "VpcEndpointId", "VpcPeeringConnectionId",
)  # fmt: skip


def _change_route(facts: Any) -> list[dict[str, Any]]:
    """ReplaceRoute takes the one target that the route has from now on."""
    targets = {name: facts.new[name] for name in _ROUTE_TARGETS if name in facts.new}
    keys = {name: facts.new[name] for name in _DESTINATION if name in facts.new}
    return [keys | targets]


_ROUTE = Row(
    type="AWS::EC2::Route",
    service="ec2",
    create=Step("CreateRoute", ignore=("RouteAlreadyExists",)),
    id="{new.RouteTableId}|{new.DestinationCidrBlock}",
    attributes={"CidrBlock": "$new.DestinationCidrBlock"},
    update=(Step("ReplaceRoute", only=_ROUTE_TARGETS, build=_change_route),),
    delete=(Step("DeleteRoute", params=_DESTINATION),),
    gone=("InvalidRoute.NotFound", "InvalidRouteTableID.NotFound"),
)

_ASSOCIATION = Row(
    type="AWS::EC2::SubnetRouteTableAssociation",
    service="ec2",
    create=Step("AssociateRouteTable"),
    id="$response.AssociationId",
    attributes={"Id": "$id"},
    delete=(Step("DisassociateRouteTable", params={"AssociationId": "$id"}),),
    gone=("InvalidAssociationID.NotFound",),
    find=Find(
        "DescribeRouteTables",
        "$response.RouteTables.0.Associations",
        "$item.RouteTableAssociationId",
        {"RouteTableIds": ["$new.RouteTableId"]},
        {"SubnetId": "$new.SubnetId"},
    ),
)

_ENDPOINT_PLACES = ("RouteTableIds", "SubnetIds", "SecurityGroupIds")


def _moved(facts: Facts) -> list[dict[str, Any]]:
    """ModifyVpcEndpoint takes what comes and what goes."""
    made: dict[str, Any] = {}
    for name in _ENDPOINT_PLACES:
        before, after = facts.old.get(name, []), facts.new.get(name, [])
        changes = {
            f"Add{name}": [one for one in after if one not in before],
            f"Remove{name}": [one for one in before if one not in after],
        }
        made |= {member: ids for member, ids in changes.items() if ids}
    return [{"VpcEndpointId": facts.id, **made}] if made else []


_ENDPOINT = Row(
    type="AWS::EC2::VPCEndpoint",
    service="ec2",
    create=Step("CreateVpcEndpoint", params={"ClientToken": "$token"}),
    id="$response.VpcEndpoint.VpcEndpointId",
    read=Read("DescribeVpcEndpoints", {"VpcEndpointIds": ["$id"]}, "$response.VpcEndpoints.0"),
    attributes={
        "Id": "$id",
        "CreationTimestamp": lambda facts: facts.item["CreationTimestamp"].isoformat(),
        "NetworkInterfaceIds": "$item.NetworkInterfaceIds",
        "DnsEntries": lambda facts: [
            f"{each.get('HostedZoneId', '')}:{each['DnsName']}" for each in facts.item.get("DnsEntries", [])
        ],
    },
    update=(
        Step("ModifyVpcEndpoint", ("PolicyDocument", "PrivateDnsEnabled"), params={"VpcEndpointId": "$id"}),
        Step("ModifyVpcEndpoint", _ENDPOINT_PLACES, build=_moved),
    ),
    delete=(Step("DeleteVpcEndpoints", params={"VpcEndpointIds": ["$id"]}),),
    gone=("InvalidVpcEndpointId.NotFound",),
    stable=status("State", ("available", "Available"), ("failed", "rejected")),
    find=by_tags("DescribeVpcEndpoints", "VpcEndpoints", "VpcEndpointId"),
    tags=TAGGING,
    tag_type="vpc-endpoint",
)


async def _flow_log_id(_call: Caller, facts: Facts) -> str:
    """The call succeeds even when the flow log could not be made."""
    made = facts.response.get("FlowLogIds")
    if not made:
        error = facts.response["Unsuccessful"][0]["Error"]
        raise AwsError(error["Code"], error["Message"])
    return str(made[0])


_FLOW_LOG = Row(
    type="AWS::EC2::FlowLog",
    service="ec2",
    create=Step("CreateFlowLogs", params={"ClientToken": "$token"}, renames={"ResourceId": "ResourceIds"}),
    id="$response.FlowLogIds.0",
    identify=_flow_log_id,
    read=Read("DescribeFlowLogs", {"FlowLogIds": ["$id"]}, "$response.FlowLogs.0"),
    attributes={"Id": "$id"},
    delete=(Step("DeleteFlowLogs", params={"FlowLogIds": ["$id"]}),),
    gone=("InvalidFlowLogId.NotFound",),
    find=by_tags("DescribeFlowLogs", "FlowLogs", "FlowLogId", member="Filter"),
    tags=TAGGING,
    tag_type="vpc-flow-log",
)

ROWS = (
    _VPC, _SUBNET, _INTERNET_GATEWAY, _ATTACHMENT, _EIP, _NAT_GATEWAY, _ROUTE_TABLE, _ROUTE, _ASSOCIATION, _ENDPOINT,
    _FLOW_LOG,
)  # fmt: skip
