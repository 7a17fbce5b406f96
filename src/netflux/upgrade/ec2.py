"""EC2 of release 0.1: VPCs, subnets, groups, prefix lists, keys, templates and endpoints were moto's.

What stands on these is taken over after them (`upgrade.ec2routes`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC
from typing import Any

from netflux.aws.ec2 import furnishing
from netflux.controlplane.call import Caller
from netflux.controlplane.records.documents import Documents
from netflux.resources.ec2.endpoint import VpcEndpoint
from netflux.resources.ec2.flowlog import FlowLogTags
from netflux.resources.ec2.instance import KeyPair, LaunchTemplate, LaunchTemplateVersion
from netflux.resources.ec2.prefixlist import PrefixList, PrefixListEntry, PrefixListVersion
from netflux.resources.ec2.securitygroup import SecurityGroup, SecurityGroupRule
from netflux.resources.ec2.subnet import Subnet
from netflux.resources.ec2.tables import Tables
from netflux.resources.ec2.vpc import CidrAssociation, DhcpOptions, Vpc

Item = Mapping[str, Any]

_MARK = ("ec2/seeded", "adopted")
_FLOW_LOG = "ec2.flow-log"
_READS = {
    "DhcpOptions": "DescribeDhcpOptions",
    "Vpcs": "DescribeVpcs",
    "Subnets": "DescribeSubnets",
    "PrefixLists": "DescribeManagedPrefixLists",
    "SecurityGroups": "DescribeSecurityGroups",
    "SecurityGroupRules": "DescribeSecurityGroupRules",
    "KeyPairs": "DescribeKeyPairs",
    "LaunchTemplates": "DescribeLaunchTemplates",
    "VpcEndpoints": "DescribeVpcEndpoints",
    "Tags": "DescribeTags",
}
_MORE: Mapping[str, Mapping[str, Any]] = {"KeyPairs": {"IncludePublicKey": True}}
_NAMES = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6"}


async def adopt(moto: Caller, documents: Documents) -> None:
    """Puts records of all that is there, once, instead of what a new region begins with."""
    if documents.get(*_MARK) is not None:
        return
    told: dict[str, list[Item]] = {
        member: (await moto.call("ec2", operation, _MORE.get(member, {}))).get(member) or []
        for member, operation in _READS.items()
    }
    attributes = {one["VpcId"]: await _attributes(moto, one["VpcId"]) for one in told["Vpcs"]}
    entries = [version for one in told["PrefixLists"] for version in await _versions(moto, one)]
    templates = [version for one in told["LaunchTemplates"] for version in await _template_versions(moto, one)]
    tables = Tables(documents)
    with documents.transaction():
        furnishing.seed(tables)  # from now on it is done, so nobody makes a second default VPC
        furnishing.unseed(tables)
        _vpcs(tables, told, attributes)
        for one in told["PrefixLists"]:
            tables.prefix_lists.put(_prefix_list(one))
        for version in entries:
            tables.prefix_list_versions.put(version)
        _groups(tables, told)
        for one in told["KeyPairs"]:
            tables.key_pairs.put(_key_pair(one))
        _templates(tables, told["LaunchTemplates"], templates)
        for one in told["VpcEndpoints"]:
            if one["VpcId"] in tables.vpcs:
                tables.endpoints.put(_endpoint(tables, one))
        _flow_log_tags(tables, told["Tags"])
        documents.put(*_MARK, {})


async def _attributes(moto: Caller, vpc: str) -> dict[str, bool]:
    fields = {"dns_support": "enableDnsSupport", "dns_hostnames": "enableDnsHostnames"}
    found = {}
    for field, name in fields.items():
        told = await moto.call("ec2", "DescribeVpcAttribute", {"VpcId": vpc, "Attribute": name})
        found[field] = bool(told[name[0].upper() + name[1:]]["Value"])
    return found


async def _versions(moto: Caller, one: Item) -> list[PrefixListVersion]:
    """A prefix list's; of AWS's there are none."""
    found = []
    for number in range(1, int(one.get("Version") or 0) + 1):
        asked = {"PrefixListId": one["PrefixListId"], "TargetVersion": number}
        told = (await moto.call("ec2", "GetManagedPrefixListEntries", asked)).get("Entries") or []
        entries = tuple(PrefixListEntry(each["Cidr"], each.get("Description") or "") for each in told)
        found.append(PrefixListVersion(one["PrefixListId"], number, entries))
    return found


async def _template_versions(moto: Caller, one: Item) -> list[Item]:
    asked = {"LaunchTemplateId": one["LaunchTemplateId"]}
    found: list[Item] = (await moto.call("ec2", "DescribeLaunchTemplateVersions", asked))["LaunchTemplateVersions"]
    return found


def _vpcs(tables: Tables, told: Mapping[str, list[Item]], attributes: Mapping[str, dict[str, bool]]) -> None:
    for one in told["DhcpOptions"]:
        values = {each["Key"]: tuple(value["Value"] for value in each["Values"]) for each in one["DhcpConfigurations"]}
        tables.dhcp_options.put(DhcpOptions(one["DhcpOptionsId"], values, tags=_tags(one)))
    default = furnishing.default_options(tables)
    for one in told["Vpcs"]:
        options = one.get("DhcpOptionsId") or ""
        vpc = Vpc(
            one["VpcId"], one["CidrBlock"], _blocks(one["CidrBlockAssociationSet"], "CidrBlock"),
            _blocks(one.get("Ipv6CidrBlockAssociationSet") or (), "Ipv6CidrBlock"),
            tenancy=one.get("InstanceTenancy") or "default", default=bool(one.get("IsDefault")),
            dhcp_options_id=options if options in tables.dhcp_options else default, tags=_tags(one),
            **attributes[one["VpcId"]],
        )  # fmt: skip
        tables.vpcs.put(vpc)
    for one in told["Subnets"]:
        if one["VpcId"] in tables.vpcs:
            tables.subnets.put(_subnet(one))


def _blocks(told: Iterable[Item], member: str) -> tuple[CidrAssociation, ...]:
    """Those that are associated: moto tells others as well."""
    return tuple(
        CidrAssociation(one["AssociationId"], one[member])
        for one in told
        if one.get(member) and (one.get(f"{member}State") or {}).get("State", "associated") == "associated"
    )


def _subnet(one: Item) -> Subnet:
    names = one.get("PrivateDnsNameOptionsOnLaunch") or {}
    return Subnet(
        one["SubnetId"], one["VpcId"], one["AvailabilityZone"], one.get("CidrBlock") or "",
        _blocks(one.get("Ipv6CidrBlockAssociationSet") or (), "Ipv6CidrBlock"),
        default_for_zone=bool(one.get("DefaultForAz")), map_public_ip=bool(one.get("MapPublicIpOnLaunch")),
        assign_ipv6=bool(one.get("AssignIpv6AddressOnCreation")), dns64=bool(one.get("EnableDns64")),
        hostname_type=names.get("HostnameType") or "ip-name",
        resource_name_a=bool(names.get("EnableResourceNameDnsARecord")),
        resource_name_aaaa=bool(names.get("EnableResourceNameDnsAAAARecord")), tags=_tags(one),
    )  # fmt: skip


def _prefix_list(one: Item) -> PrefixList:
    return PrefixList(
        one["PrefixListId"], one["PrefixListName"], one["OwnerId"], one["AddressFamily"],
        int(one.get("MaxEntries") or 0), int(one.get("Version") or 0), one.get("State") or "create-complete",
        tags=_tags(one),
    )  # fmt: skip


def _groups(tables: Tables, told: Mapping[str, list[Item]]) -> None:
    notes: dict[tuple[str, str], str] = {}
    for one in told["SecurityGroups"]:
        if one["VpcId"] not in tables.vpcs:
            continue
        group = SecurityGroup(one["GroupId"], one["GroupName"], one["Description"], one["VpcId"], _tags(one))
        tables.groups.put(group)
        notes |= {(group.id, note): text for note, text in _notes(one)}
    for one in told["SecurityGroupRules"]:
        rule = _rule(one)
        there = rule.group_id in tables.groups and (
            not rule.referenced_group_id or rule.referenced_group_id in tables.groups
        )
        if there and (not rule.prefix_list_id or rule.prefix_list_id in tables.prefix_lists):
            described = rule.description or notes.get((rule.group_id, _note(rule)), "")
            tables.rules.put(_rule(one, described))


def _rule(one: Item, description: str = "") -> SecurityGroupRule:
    protocol = str(one["IpProtocol"])
    low, high = one.get("FromPort"), one.get("ToPort")
    return SecurityGroupRule(
        one["SecurityGroupRuleId"], one["GroupId"], bool(one["IsEgress"]), _NAMES.get(protocol, protocol),
        -1 if low is None else int(low), -1 if high is None else int(high), one.get("CidrIpv4") or "",
        one.get("CidrIpv6") or "", one.get("PrefixListId") or "",
        (one.get("ReferencedGroupInfo") or {}).get("GroupId") or "", description or one.get("Description") or "",
        _tags(one),
    )  # fmt: skip


def _note(rule: SecurityGroupRule) -> str:
    return f"{rule.egress}/{rule.protocol}/{rule.from_port}/{rule.to_port}/{rule.peer}"


def _notes(group: Item) -> Iterable[tuple[str, str]]:
    """Descriptions by what a rule allows: moto tells those of peers that are groups with the group alone."""
    peers = {
        "IpRanges": "CidrIp", "Ipv6Ranges": "CidrIpv6", "PrefixListIds": "PrefixListId", "UserIdGroupPairs": "GroupId",
    }  # fmt: skip
    for member, egress in (("IpPermissions", False), ("IpPermissionsEgress", True)):
        for one in group.get(member) or ():
            protocol = _NAMES.get(str(one["IpProtocol"]), str(one["IpProtocol"]))
            ports = f"{one.get('FromPort', -1)}/{one.get('ToPort', -1)}"
            for kind, name in peers.items():
                for each in one.get(kind) or ():
                    if each.get("Description"):
                        yield f"{egress}/{protocol}/{ports}/{each.get(name)}", each["Description"]


def _key_pair(one: Item) -> KeyPair:
    return KeyPair(
        one["KeyPairId"], one["KeyName"], one.get("KeyType") or "rsa", one["KeyFingerprint"],
        one.get("PublicKey") or "", one["CreateTime"].astimezone(UTC), _tags(one),
    )  # fmt: skip


def _templates(tables: Tables, templates: Iterable[Item], versions: Iterable[Item]) -> None:
    for one in templates:
        made = LaunchTemplate(
            one["LaunchTemplateId"], one["LaunchTemplateName"], one["CreateTime"].astimezone(UTC), one["CreatedBy"],
            int(one["DefaultVersionNumber"]), int(one["LatestVersionNumber"]), tags=_tags(one),
        )  # fmt: skip
        tables.launch_templates.put(made)
    for one in versions:
        number, created = int(one["VersionNumber"]), one["CreateTime"].astimezone(UTC)
        version = LaunchTemplateVersion(
            one["LaunchTemplateId"], number, one.get("VersionDescription") or "", created, one["CreatedBy"],
            dict(one["LaunchTemplateData"]),
        )  # fmt: skip
        tables.launch_template_versions.put(version)


def _endpoint(tables: Tables, one: Item) -> VpcEndpoint:
    return VpcEndpoint(
        one["VpcEndpointId"], one["VpcId"], one["ServiceName"], one.get("VpcEndpointType") or "Gateway",
        one["CreationTimestamp"].astimezone(UTC), policy=one.get("PolicyDocument") or "",
        route_tables=tuple(one.get("RouteTableIds") or ()),
        subnets=tuple(each for each in one.get("SubnetIds") or () if each in tables.subnets),
        groups=tuple(each["GroupId"] for each in one.get("Groups") or () if each["GroupId"] in tables.groups),
        interfaces=tuple(one.get("NetworkInterfaceIds") or ()), private_dns=bool(one.get("PrivateDnsEnabled")),
        tags=_tags(one),
    )  # fmt: skip


def _flow_log_tags(tables: Tables, tags: Iterable[Item]) -> None:
    given: dict[str, dict[str, str]] = {key: {} for key, _ in tables.documents.list(_FLOW_LOG)}
    for one in tags:
        if one["ResourceId"] in given:
            given[one["ResourceId"]][one["Key"]] = one.get("Value") or ""
    for identity, found in given.items():
        tables.flow_log_tags.put(FlowLogTags(identity, found))


def _tags(one: Item) -> dict[str, str]:
    return {tag["Key"]: tag.get("Value") or "" for tag in one.get("Tags") or ()}
