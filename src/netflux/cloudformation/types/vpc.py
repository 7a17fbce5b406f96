"""EC2: what a VPC gets besides its subnets: DHCP options, further blocks, prefix lists, a way out for IPv6."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from netflux.cloudformation.types.ec2 import TAGGING, by_tags
from netflux.cloudformation.types.table import TAGS, Caller, Facts, Read, Row, Step

_OPTIONS = {
    "DomainName": "domain-name", "DomainNameServers": "domain-name-servers", "NtpServers": "ntp-servers",
    "NetbiosNameServers": "netbios-name-servers", "NetbiosNodeType": "netbios-node-type",
    "Ipv6AddressPreferredLeaseTime": "ipv6-address-preferred-lease-time",
}  # fmt: skip
"""DHCP options by property."""


def _options(facts: Facts) -> list[dict[str, Any]]:
    configurations = []
    for name, key in _OPTIONS.items():
        if name in facts.new:
            value = facts.new[name]
            values = value if isinstance(value, list) else [value]
            configurations.append({"Key": key, "Values": [str(one) for one in values]})
    made: dict[str, Any] = {"DhcpConfigurations": configurations}
    if facts.new.get(TAGS):
        made["TagSpecifications"] = [{"ResourceType": "dhcp-options", "Tags": facts.new[TAGS]}]
    return [made]


_DHCP_OPTIONS = Row(
    type="AWS::EC2::DHCPOptions",
    service="ec2",
    create=Step("CreateDhcpOptions", only=(*_OPTIONS, TAGS), build=_options),
    id="$response.DhcpOptions.DhcpOptionsId",
    read=Read("DescribeDhcpOptions", {"DhcpOptionsIds": ["$id"]}, "$response.DhcpOptions.0"),
    attributes={"DhcpOptionsId": "$id"},
    delete=(Step("DeleteDhcpOptions", params={"DhcpOptionsId": "$id"}),),
    gone=("InvalidDhcpOptionsID.NotFound", "InvalidDhcpOptionID.NotFound"),
    find=by_tags("DescribeDhcpOptions", "DhcpOptions", "DhcpOptionsId"),
    tags=TAGGING,
    tag_type="dhcp-options",
)

_DHCP_ASSOCIATION = Row(
    type="AWS::EC2::VPCDHCPOptionsAssociation",
    service="ec2",
    create=Step("AssociateDhcpOptions"),
    id="{new.DhcpOptionsId}|{new.VpcId}",
    unique=False,
    delete=(Step("AssociateDhcpOptions", params={"DhcpOptionsId": "default", "VpcId": "$new.VpcId"}),),
    gone=("InvalidVpcID.NotFound",),
)


async def _association(_call: Caller, facts: Facts) -> str:
    made = facts.response.get("CidrBlockAssociation") or facts.response.get("Ipv6CidrBlockAssociation") or {}
    return str(made["AssociationId"])


async def _associated(call: Caller, facts: Facts, known: Collection[str]) -> str | None:
    """The VPC's block that no other resource has made."""
    [vpc] = (await call("ec2", "DescribeVpcs", {"VpcIds": [facts.new["VpcId"]]}))["Vpcs"]
    found = [one for one in vpc.get("CidrBlockAssociationSet", []) if one["CidrBlock"] == facts.new.get("CidrBlock")]
    if "CidrBlock" not in facts.new:
        found = vpc.get("Ipv6CidrBlockAssociationSet", [])
    return next((str(one["AssociationId"]) for one in found if one["AssociationId"] not in known), None)


_VPC_BLOCK = Row(
    type="AWS::EC2::VPCCidrBlock",
    service="ec2",
    create=Step("AssociateVpcCidrBlock"),
    id="$response.CidrBlockAssociation.AssociationId",
    identify=_association,
    seek=_associated,
    unique=False,
    attributes={"Id": "$id"},
    touches=("VpcId",),
    delete=(Step("DisassociateVpcCidrBlock", params={"AssociationId": "$id"}),),
    gone=("InvalidVpcCidrBlockAssociationID.NotFound", "InvalidVpcID.NotFound"),
)


async def _subnet_associated(call: Caller, facts: Facts, _known: Collection[str]) -> str | None:
    [subnet] = (await call("ec2", "DescribeSubnets", {"SubnetIds": [facts.new["SubnetId"]]}))["Subnets"]
    found = subnet.get("Ipv6CidrBlockAssociationSet", [])
    wanted = facts.new.get("Ipv6CidrBlock")
    return next((str(one["AssociationId"]) for one in found if one["Ipv6CidrBlock"] == wanted), None)


_SUBNET_BLOCK = Row(
    type="AWS::EC2::SubnetCidrBlock",
    service="ec2",
    create=Step("AssociateSubnetCidrBlock"),
    id="$response.Ipv6CidrBlockAssociation.AssociationId",
    seek=_subnet_associated,
    unique=False,
    attributes={"Id": "$id"},
    touches=("SubnetId",),
    delete=(Step("DisassociateSubnetCidrBlock", params={"AssociationId": "$id"}),),
    gone=("InvalidSubnetCidrBlockAssociationID.NotFound", "InvalidSubnetID.NotFound"),
)

_EGRESS_ONLY = Row(
    type="AWS::EC2::EgressOnlyInternetGateway",
    service="ec2",
    create=Step("CreateEgressOnlyInternetGateway", params={"ClientToken": "$token"}),
    id="$response.EgressOnlyInternetGateway.EgressOnlyInternetGatewayId",
    read=Read(
        "DescribeEgressOnlyInternetGateways",
        {"EgressOnlyInternetGatewayIds": ["$id"]},
        "$response.EgressOnlyInternetGateways.0",
    ),
    attributes={"Id": "$id"},
    delete=(Step("DeleteEgressOnlyInternetGateway", params={"EgressOnlyInternetGatewayId": "$id"}),),
    gone=("InvalidEgressOnlyInternetGatewayId.NotFound", "InvalidGatewayID.NotFound"),
    find=by_tags("DescribeEgressOnlyInternetGateways", "EgressOnlyInternetGateways", "EgressOnlyInternetGatewayId"),
    tags=TAGGING,
    tag_type="egress-only-internet-gateway",
)


async def _entries(call: Caller, facts: Facts) -> list[dict[str, Any]]:
    """What comes and what goes, of the version that is there."""
    asked = {"PrefixListIds": [facts.id]}
    [found] = (await call("ec2", "DescribeManagedPrefixLists", asked))["PrefixLists"]
    before = {one["Cidr"]: one for one in facts.old.get("Entries", [])}
    after = {one["Cidr"]: one for one in facts.new.get("Entries", [])}
    made: dict[str, Any] = {
        "AddEntries": [one for cidr, one in after.items() if before.get(cidr) != one],
        "RemoveEntries": [{"Cidr": cidr} for cidr in before if cidr not in after],
    }
    made = {name: entries for name, entries in made.items() if entries}
    return [{"PrefixListId": facts.id, "CurrentVersion": found["Version"], **made}] if made else []


_PREFIX_LIST = Row(
    type="AWS::EC2::PrefixList",
    service="ec2",
    create=Step("CreateManagedPrefixList", params={"ClientToken": "$token"}),
    id="$response.PrefixList.PrefixListId",
    read=Read("DescribeManagedPrefixLists", {"PrefixListIds": ["$id"]}, "$response.PrefixLists.0"),
    attributes={
        "PrefixListId": "$id",
        "OwnerId": "$item.OwnerId",
        "Version": "$item.Version",
        "Arn": "$item.PrefixListArn",
    },
    update=(
        Step("ModifyManagedPrefixList", ("MaxEntries",), params={"PrefixListId": "$id"}),
        Step("ModifyManagedPrefixList", ("PrefixListName",), params={"PrefixListId": "$id"}),
        Step("ModifyManagedPrefixList", ("Entries",), ask=_entries, defaults={"Entries": []}),
    ),
    delete=(Step("DeleteManagedPrefixList", params={"PrefixListId": "$id"}),),
    gone=("InvalidPrefixListID.NotFound", "InvalidPrefixListId.NotFound"),
    over=lambda _item: False,
    find=by_tags("DescribeManagedPrefixLists", "PrefixLists", "PrefixListId"),
    tags=TAGGING,
    tag_type="prefix-list",
    seconds=300.0,
)

ROWS = (
    _DHCP_OPTIONS, _DHCP_ASSOCIATION, _VPC_BLOCK, _SUBNET_BLOCK, _EGRESS_ONLY, _PREFIX_LIST,
)  # fmt: skip
