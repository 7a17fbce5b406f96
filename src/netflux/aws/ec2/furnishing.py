"""What a VPC has from its first moment on, and what a region has before anybody asks.

"Default VPCs", "Route tables", "Default security groups" and "Default network ACL", Amazon VPC user guide.
"""

from __future__ import annotations

from collections.abc import Mapping

from netflux import names
from netflux.aws.ec2 import zones
from netflux.controlplane import identifiers
from netflux.resources.ec2.gateway import InternetGateway
from netflux.resources.ec2.networkacl import AclEntry, NetworkAcl, NetworkAclAssociation
from netflux.resources.ec2.prefixlist import PrefixList
from netflux.resources.ec2.routetable import Route, RouteTable, RouteTableAssociation
from netflux.resources.ec2.securitygroup import SecurityGroup, SecurityGroupRule
from netflux.resources.ec2.subnet import Subnet
from netflux.resources.ec2.tables import Tables
from netflux.resources.ec2.vpc import CidrAssociation, DhcpOptions, Vpc

DEFAULT_BLOCK = "172.31.0.0/16"
_SEEDED, _MARK = "ec2/seeded", "region"
_LAST = 32767
"""Number of an ACL's entry that denies what no other one has decided."""


def furnish(tables: Tables, vpc: Vpc) -> None:
    """Puts a new VPC with its main route table, its default group and its default ACL."""
    ipv6 = bool(vpc.ipv6_associations)
    tables.vpcs.put(vpc)
    main = RouteTable(identifiers.hexadecimal("rtb"), vpc.id)
    tables.route_tables.put(main)
    association = identifiers.hexadecimal("rtbassoc")
    tables.route_table_associations.put(RouteTableAssociation(association, main.id, vpc.id, main=True))
    for block in vpc.blocks:
        tables.routes.put(local_route(main.id, block))
    tables.acls.put(NetworkAcl(identifiers.hexadecimal("acl"), vpc.id, open_entries(ipv6=ipv6), default=True))
    group = SecurityGroup(identifiers.hexadecimal("sg"), "default", "default VPC security group", vpc.id)
    tables.groups.put(group)
    tables.rules.put(SecurityGroupRule(_rule_id(), group.id, egress=False, protocol="-1", referenced_group_id=group.id))
    for rule in open_egress(group.id, ipv6=ipv6):
        tables.rules.put(rule)


def strip(tables: Tables, vpc_id: str) -> None:
    """Deletes a VPC with what it has had from the first moment on. Nothing else may be in it."""
    for association in tables.route_table_associations.where("main", vpc_id):
        tables.route_table_associations.delete(association.id)
        for route in tables.routes.where("table", association.table_id):
            tables.routes.delete(tables.routes.schema.key(route))
        tables.route_tables.delete(association.table_id)
    for acl in tables.acls.where("default", vpc_id):
        tables.acls.delete(acl.id)
    for group in tables.groups.where("name", f"{vpc_id}/default"):
        for rule in tables.rules.where("group", group.id):
            tables.rules.delete(rule.id)
        tables.groups.delete(group.id)
    tables.vpcs.delete(vpc_id)


def open_egress(group_id: str, *, ipv6: bool) -> list[SecurityGroupRule]:
    """The rules outwards that a new group has: it lets everything out."""
    rules = [SecurityGroupRule(_rule_id(), group_id, egress=True, protocol="-1", cidr_ipv4="0.0.0.0/0")]
    if ipv6:
        rules.append(SecurityGroupRule(_rule_id(), group_id, egress=True, protocol="-1", cidr_ipv6="::/0"))
    return rules


def local_route(table_id: str, block: str) -> Route:
    """The route to a VPC's own block, which each of its tables has."""
    return Route(table_id, block, "GatewayId", "local", "CreateRouteTable")


def open_entries(*, ipv6: bool) -> tuple[AclEntry, ...]:
    """Of a default ACL: it lets everything through."""
    entries = [AclEntry(100, egress, "-1", allow=True, cidr_block="0.0.0.0/0") for egress in (True, False)]
    if ipv6:
        entries += [AclEntry(101, egress, "-1", allow=True, cidr_block="::/0") for egress in (True, False)]
    return (*entries, *closing_entries(ipv6=ipv6))


def closing_entries(*, ipv6: bool) -> tuple[AclEntry, ...]:
    """The last ones of every ACL: they deny what is left."""
    entries = [AclEntry(_LAST, egress, "-1", allow=False, cidr_block="0.0.0.0/0") for egress in (True, False)]
    if ipv6:
        entries += [AclEntry(_LAST + 1, egress, "-1", allow=False, cidr_block="::/0") for egress in (True, False)]
    return tuple(entries)


def put_subnet(tables: Tables, subnet: Subnet) -> None:
    """Puts a new subnet, tied to its VPC's default ACL."""
    tables.subnets.put(subnet)
    (acl,) = tables.acls.where("default", subnet.vpc_id)
    tables.acl_associations.put(NetworkAclAssociation(identifiers.hexadecimal("aclassoc"), acl.id, subnet.id))


def new_default_vpc(tables: Tables) -> Vpc:
    """Puts a default VPC with a subnet in each zone, and a way to the internet."""
    vpc = Vpc(
        identifiers.hexadecimal("vpc"),
        DEFAULT_BLOCK,
        (CidrAssociation(identifiers.hexadecimal("vpc-cidr-assoc"), DEFAULT_BLOCK),),
        default=True,
        dhcp_options_id=default_options(tables),
        dns_hostnames=True,
    )
    furnish(tables, vpc)
    for zone, block in zip(zones.ZONES, zones.default_blocks(DEFAULT_BLOCK), strict=False):
        put_subnet(tables, default_subnet(vpc.id, zone, block))
    gateway = InternetGateway(identifiers.hexadecimal("igw"), vpc.id)
    tables.internet_gateways.put(gateway)
    (main,) = tables.route_table_associations.where("main", vpc.id)
    tables.routes.put(Route(main.table_id, "0.0.0.0/0", "GatewayId", gateway.id))
    return vpc


def default_subnet(vpc_id: str, zone: str, block: str) -> Subnet:
    """A zone's default subnet: what is in it gets a public address."""
    return Subnet(identifiers.hexadecimal("subnet"), vpc_id, zone, block, default_for_zone=True, map_public_ip=True)


def default_options(tables: Tables) -> str:
    """The id of the options that new VPCs get; empty when they were deleted."""
    return next((one.id for one in tables.dhcp_options.where("default", "default")), "")


def seed(tables: Tables) -> None:
    """Puts what AWS has in a region from the first day on, unless this one has had it already."""
    documents = tables.documents
    if documents.get(_SEEDED, _MARK) is not None:
        return
    with documents.transaction():
        documents.put(_SEEDED, _MARK, {})
        options: Mapping[str, tuple[str, ...]] = {
            "domain-name": (names.internal_domain(names.REGION),),
            "domain-name-servers": ("AmazonProvidedDNS",),
        }
        tables.dhcp_options.put(DhcpOptions(identifiers.hexadecimal("dopt"), dict(options), default=True))
        for name, family in zones.PREFIX_LISTS.items():
            one = PrefixList(identifiers.hexadecimal("pl"), name, "AWS", family, version=0)
            tables.prefix_lists.put(one)
        new_default_vpc(tables)


def unseed(tables: Tables) -> None:
    """Takes back the default VPC and AWS's prefix lists: the release before has left its own. The DHCP options stay."""
    for vpc in tables.vpcs.where("default", "default"):
        for gateway in tables.internet_gateways.where("vpc", vpc.id):
            tables.internet_gateways.delete(gateway.id)
        for subnet in tables.subnets.where("vpc", vpc.id):
            for tied in tables.acl_associations.where("subnet", subnet.id):
                tables.acl_associations.delete(tied.id)
            tables.subnets.delete(subnet.id)
        strip(tables, vpc.id)
    for one in tables.prefix_lists:
        if one.owner == "AWS":
            tables.prefix_lists.delete(one.id)


def _rule_id() -> str:
    return identifiers.hexadecimal("sgr")
