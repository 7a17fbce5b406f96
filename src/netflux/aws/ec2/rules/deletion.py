"""What can't be deleted while something else needs it. Pure.

The codes are EC2's ("Error codes for the Amazon EC2 API"): DependencyViolation, and CannotDelete for default groups.
"""

from __future__ import annotations

from collections.abc import Mapping

from netflux.aws.ec2.rules.described import Check, Described, Item, found, in_use, invalid
from netflux.errors import AwsError

_GONE = ("deleted", "deleting", "failed")


def subnet(request: Item, told: Described) -> None:
    """Nodes of load balancers, databases and tasks are network interfaces; so are NAT gateways."""
    identity = request.get("SubnetId")
    zones = [zone.get("SubnetId") for balancer in told["LoadBalancers"] for zone in balancer["AvailabilityZones"]]
    endpoints = [one for endpoint in _there(told["VpcEndpoints"]) for one in endpoint.get("SubnetIds") or ()]
    users = [one.get("SubnetId") for one in (*told["NetworkInterfaces"], *_there(told["NatGateways"]))]
    if identity in (*zones, *endpoints, *users):
        raise in_use("subnet", str(identity))


def security_group(request: Item, told: Described) -> None:
    """On an interface, a load balancer or a database, or named by another group's rule."""
    named, identity = request.get("GroupName"), request.get("GroupId")
    group = found(told["SecurityGroups"], "GroupId", identity) or found(told["SecurityGroups"], "GroupName", named)
    if group is None:
        return
    identity = group["GroupId"]
    if group["GroupName"] == "default":
        said = f'the specified group: "{identity}" name: "default" cannot be deleted by a user'
        raise AwsError("CannotDelete", said)
    on_interfaces = [one["GroupId"] for eni in told["NetworkInterfaces"] for one in eni.get("Groups") or ()]
    on_balancers = [one for balancer in told["LoadBalancers"] for one in balancer.get("SecurityGroups") or ()]
    on_databases = [
        one["VpcSecurityGroupId"] for database in told["DBInstances"] for one in database.get("VpcSecurityGroups") or ()
    ]
    in_rules = [
        (rule.get("ReferencedGroupInfo") or {}).get("GroupId")
        for rule in told["SecurityGroupRules"]
        if rule["GroupId"] != identity
    ]
    if identity in (*on_interfaces, *on_balancers, *on_databases, *in_rules):
        raise AwsError("DependencyViolation", f"resource {identity} has a dependent object")


def route_table(request: Item, told: Described) -> None:
    """The main table goes with its VPC; any other one after its associations."""
    table = found(told["RouteTables"], "RouteTableId", request.get("RouteTableId"))
    if table is not None and table.get("Associations"):
        raise in_use("routeTable", table["RouteTableId"])


def network_acl(request: Item, told: Described) -> None:
    """The default one goes with its VPC; any other one after its associations."""
    acl = found(told["NetworkAcls"], "NetworkAclId", request.get("NetworkAclId"))
    if acl is None:
        return
    if acl.get("IsDefault"):
        raise invalid(f"Cannot delete default network ACL {acl['NetworkAclId']}")
    subnets = {one["SubnetId"] for one in told["Subnets"]}
    if any(one["SubnetId"] in subnets for one in acl.get("Associations") or ()):
        raise in_use("networkAcl", acl["NetworkAclId"])


def vpc(request: Item, told: Described) -> None:
    """Empty but for its main route table, default group and default network ACL."""
    identity = request.get("VpcId")

    def inside(member: str) -> list[Item]:
        return [one for one in told[member] if one.get("VpcId") == identity]

    attached = [one for gateway in told["InternetGateways"] for one in gateway.get("Attachments") or ()]
    tables = [one for one in inside("RouteTables") if not any(tied.get("Main") for tied in one["Associations"])]
    needed = (
        *inside("Subnets"),
        *inside("NetworkInterfaces"),
        *_there(inside("NatGateways")),
        *_there(inside("VpcEndpoints")),
        *tables,
        *(one for one in inside("SecurityGroups") if one["GroupName"] != "default"),
        *(one for one in inside("NetworkAcls") if not one.get("IsDefault")),
        *(one for one in attached if one.get("VpcId") == identity),
    )
    if needed:
        raise in_use("vpc", str(identity))


def internet_gateway_detached(request: Item, told: Described) -> None:
    """Not under public addresses: load balancers', NAT gateways', tasks'."""
    identity = request.get("VpcId")
    balancers = [one for one in told["LoadBalancers"] if one.get("Scheme") == "internet-facing"]
    translating = [one for one in _there(told["NatGateways"]) if one.get("ConnectivityType", "public") == "public"]
    public = [one for one in told["NetworkInterfaces"] if (one.get("Association") or {}).get("PublicIp")]
    if any(one.get("VpcId") == identity for one in (*balancers, *translating, *public)):
        raise AwsError(
            "DependencyViolation",
            f"Network {identity} has some mapped public address(es). "
            "Please unmap those public address(es) before detaching the gateway.",
        )


def interface(request: Item, told: Described) -> None:
    """That of a NAT gateway goes with it."""
    identity = request.get("NetworkInterfaceId")
    for gateway in _there(told["NatGateways"]):
        if any(one.get("NetworkInterfaceId") == identity for one in gateway.get("NatGatewayAddresses") or ()):
            raise invalid(f"Network interface '{identity}' is currently in use.")


def address(request: Item, told: Described) -> None:
    """ReleaseAddress, after DisassociateAddress or DeleteNatGateway."""
    for member in ("AllocationId", "PublicIp"):
        one = found(told["Addresses"], member, request[member]) if request.get(member) else None
        holder = one.get("NetworkInterfaceId") if one is not None and one.get("AssociationId") else None
        if one is not None and holder and found(told["NetworkInterfaces"], "NetworkInterfaceId", holder) is not None:
            raise AwsError("InvalidIPAddress.InUse", f"Address {one['PublicIp']} is in use.")


def cidr_block(request: Item, told: Described) -> None:
    """DisassociateVpcCidrBlock, while subnets are in the block."""
    import ipaddress

    for one in told["Vpcs"]:
        for tied in one.get("CidrBlockAssociationSet") or ():
            if tied.get("AssociationId") != request.get("AssociationId") or not tied.get("CidrBlock"):
                continue
            block = ipaddress.ip_network(tied["CidrBlock"])
            for inner in told["Subnets"]:
                within = inner["VpcId"] == one["VpcId"] and ipaddress.ip_network(inner["CidrBlock"]).overlaps(block)
                if within:
                    said = f"The vpc {one['VpcId']} currently has a subnet within CIDR block {block}"
                    raise AwsError("InvalidCidrBlock.InUse", said)


def _there(items: object) -> list[Item]:
    assert isinstance(items, list | tuple)
    return [one for one in items if str(one.get("State", "")).lower() not in _GONE]


CHECKS: Mapping[str, Check] = {
    "DeleteSubnet": Check(("LoadBalancers", "VpcEndpoints", "NetworkInterfaces", "NatGateways"), subnet),
    "DeleteSecurityGroup": Check(
        ("SecurityGroups", "SecurityGroupRules", "NetworkInterfaces", "LoadBalancers", "DBInstances"), security_group
    ),
    "DeleteRouteTable": Check(("RouteTables",), route_table),
    "DeleteNetworkAcl": Check(("NetworkAcls", "Subnets"), network_acl),
    "DeleteVpc": Check(
        (
            "Subnets", "NetworkInterfaces", "NatGateways", "VpcEndpoints", "RouteTables", "SecurityGroups",
            "NetworkAcls", "InternetGateways",
        ),
        vpc,
    ),
    "DetachInternetGateway": Check(("LoadBalancers", "NatGateways", "NetworkInterfaces"), internet_gateway_detached),
    "DeleteNetworkInterface": Check(("NatGateways",), interface),
    "ReleaseAddress": Check(("Addresses", "NetworkInterfaces"), address),
    "DisassociateVpcCidrBlock": Check(("Vpcs", "Subnets"), cidr_block),
}  # fmt: skip
