"""EC2 security groups and their rules, inside the group or as resources of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netflux.cloudformation.types.ec2 import TAGGING, by_tags
from netflux.cloudformation.types.table import Facts, Find, Read, Row, Step

_DUPLICATE = ("InvalidPermission.Duplicate",)
_ABSENT = ("InvalidPermission.NotFound", "InvalidSecurityGroupRuleId.NotFound", "InvalidGroup.NotFound")
_ALL = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}


def permission(rule: dict[str, Any]) -> dict[str, Any]:
    """A rule as EC2's IpPermission."""
    made: dict[str, Any] = {"IpProtocol": str(rule["IpProtocol"])}
    for port in ("FromPort", "ToPort"):
        if port in rule:
            made[port] = int(rule[port])
    note = {"Description": rule["Description"]} if "Description" in rule else {}
    group = rule.get("SourceSecurityGroupId") or rule.get("DestinationSecurityGroupId")
    prefix_list = rule.get("SourcePrefixListId") or rule.get("DestinationPrefixListId")
    if "CidrIp" in rule:
        made["IpRanges"] = [{"CidrIp": rule["CidrIp"]} | note]
    if "CidrIpv6" in rule:
        made["Ipv6Ranges"] = [{"CidrIpv6": rule["CidrIpv6"]} | note]
    if group:
        owner = rule.get("SourceSecurityGroupOwnerId")
        made["UserIdGroupPairs"] = [{"GroupId": group} | ({"UserId": owner} if owner else {}) | note]
    if prefix_list:
        made["PrefixListIds"] = [{"PrefixListId": prefix_list} | note]
    return made


def _added(prop: str) -> Any:
    def build(facts: Facts) -> list[dict[str, Any]]:
        before = facts.old.get(prop, [])
        rules = [permission(rule) for rule in facts.new.get(prop, []) if rule not in before]
        return [{"GroupId": facts.id, "IpPermissions": rules}] if rules else []

    return build


def _removed(prop: str) -> Any:
    def build(facts: Facts) -> list[dict[str, Any]]:
        after = facts.new.get(prop, [])
        rules = [permission(rule) for rule in facts.old.get(prop, []) if rule not in after]
        return [{"GroupId": facts.id, "IpPermissions": rules}] if rules else []

    return build


def _default_egress(facts: Facts) -> list[dict[str, Any]]:
    """A new group lets everything out; rules that a template names replace that."""
    if "SecurityGroupEgress" in facts.old:
        return []
    return [{"GroupId": facts.id, "IpPermissions": [_ALL]}]


def _named(properties: dict[str, Any], attributes: Mapping[str, Any], physical: str) -> str:
    """Ref gives the name of a group that the template puts into no VPC ("AWS::EC2::SecurityGroup", return values)."""
    return physical if "VpcId" in properties else str(attributes["GroupName"])


_EMPTY: dict[str, Any] = {"SecurityGroupIngress": [], "SecurityGroupEgress": []}

_GROUP = Row(
    type="AWS::EC2::SecurityGroup",
    service="ec2",
    create=Step(
        "CreateSecurityGroup",
        only=("GroupName", "GroupDescription", "VpcId", "Tags"),
        renames={"GroupDescription": "Description"},
    ),
    id="$response.GroupId",
    read=Read("DescribeSecurityGroups", {"GroupIds": ["$id"]}, "$response.SecurityGroups.0"),
    attributes={"GroupId": "$id", "Id": "$id", "VpcId": "$item.VpcId", "GroupName": "$item.GroupName"},
    ref=_named,
    named="GroupName",
    name_length=255,
    also=(
        Step(
            "AuthorizeSecurityGroupIngress",
            ("SecurityGroupIngress",),
            build=_added("SecurityGroupIngress"),
            ignore=_DUPLICATE,
            defaults=_EMPTY,
        ),
        Step(
            "RevokeSecurityGroupIngress",
            ("SecurityGroupIngress",),
            build=_removed("SecurityGroupIngress"),
            ignore=_ABSENT,
            defaults=_EMPTY,
        ),
        Step("RevokeSecurityGroupEgress", ("SecurityGroupEgress",), build=_default_egress, ignore=_ABSENT),
        Step(
            "AuthorizeSecurityGroupEgress",
            ("SecurityGroupEgress",),
            build=_added("SecurityGroupEgress"),
            ignore=_DUPLICATE,
            defaults={"SecurityGroupEgress": [{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}]},
        ),
        Step(
            "RevokeSecurityGroupEgress",
            ("SecurityGroupEgress",),
            build=_removed("SecurityGroupEgress"),
            ignore=_ABSENT,
            defaults={"SecurityGroupEgress": [{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}]},
        ),
    ),
    delete=(Step("DeleteSecurityGroup", params={"GroupId": "$id"}),),
    gone=("InvalidGroup.NotFound", "InvalidGroupId.NotFound"),
    find=by_tags("DescribeSecurityGroups", "SecurityGroups", "GroupId"),
    tags=TAGGING,
    tag_type="security-group",
)

_RULE = ("GroupId", "IpProtocol", "FromPort", "ToPort", "CidrIp", "CidrIpv6", "Description")
_SOURCE = ("SourceSecurityGroupId", "SourceSecurityGroupOwnerId", "SourcePrefixListId")
_DESTINATION = ("DestinationSecurityGroupId", "DestinationPrefixListId")


def _one(facts: Facts) -> list[dict[str, Any]]:
    return [{"GroupId": facts.new["GroupId"], "IpPermissions": [permission(facts.new)]}]


def _rule(direction: str, *, outwards: bool) -> Row:
    update = f"UpdateSecurityGroupRuleDescriptions{direction}"
    return Row(
        type=f"AWS::EC2::SecurityGroup{direction}",
        service="ec2",
        create=Step(f"AuthorizeSecurityGroup{direction}", _RULE + (_DESTINATION if outwards else _SOURCE), build=_one),
        id="$response.SecurityGroupRules.0.SecurityGroupRuleId",
        attributes={"Id": "$id"},
        update=(Step(update, ("Description",), build=_one),),
        delete=(
            Step(
                f"RevokeSecurityGroup{direction}",
                params={"GroupId": "$new.GroupId", "SecurityGroupRuleIds": ["$id"]},
            ),
        ),
        gone=_ABSENT,
        find=Find(
            "DescribeSecurityGroupRules",
            "$response.SecurityGroupRules",
            "$item.SecurityGroupRuleId",
            {"Filters": [{"Name": "group-id", "Values": ["$new.GroupId"]}]},
            {
                "IsEgress": outwards,
                "IpProtocol": "$new.IpProtocol",
                "FromPort": "$new.FromPort",
                "ToPort": "$new.ToPort",
                "CidrIpv4": "$new.CidrIp",
                "ReferencedGroupInfo.GroupId": "$new.DestinationSecurityGroupId"
                if outwards
                else "$new.SourceSecurityGroupId",
            },
        ),
    )


ROWS = (_GROUP, _rule("Ingress", outwards=False), _rule("Egress", outwards=True))
