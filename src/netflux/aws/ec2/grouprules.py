"""The rules of security groups, which are records of their own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netflux.aws.ec2 import blocks, permissions
from netflux.aws.ec2.filters import Filters, Read, page
from netflux.aws.ec2.groups import Groups
from netflux.aws.ec2.nouns import GROUPS, PREFIX_LISTS, RULES, invalid, missing
from netflux.aws.ec2.part import DRY_RUN, shown_tags
from netflux.controlplane import identifiers
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.resources.ec2.securitygroup import SecurityGroup, SecurityGroupRule

if TYPE_CHECKING:
    from types_boto3_ec2.type_defs import (
        AuthorizeSecurityGroupEgressRequestTypeDef,
        AuthorizeSecurityGroupIngressRequestTypeDef,
        DescribeSecurityGroupRulesRequestTypeDef,
        ModifySecurityGroupRulesRequestTypeDef,
        RevokeSecurityGroupEgressRequestTypeDef,
        RevokeSecurityGroupIngressRequestTypeDef,
        UpdateSecurityGroupRuleDescriptionsEgressRequestTypeDef,
        UpdateSecurityGroupRuleDescriptionsIngressRequestTypeDef,
    )

MOST = 1000
"""Rules of a group in one direction. Rules of a group times groups of an interface can't be more than 1,000
["Amazon VPC quotas"], so no account's group has more; 60 is what an account begins with, and is not enforced."""

_GROUP_ID = re.compile(r"sg-[0-9a-f*?]+")
_DIFFERENT = "You have specified two resources that belong to different networks."
_FLAT = "IpProtocol FromPort ToPort CidrIp SourceSecurityGroupName SourceSecurityGroupOwnerId"
_NOT_FLAT = dict.fromkeys(_FLAT.split(), "EC2 does not take it outwards. Use IpPermissions.")
_FULL = (("tcp", 0, 65535), ("udp", 0, 65535), ("icmp", -1, -1))
"""What a group by its name is let in with ["AuthorizeSecurityGroupIngress", SourceSecurityGroupName]."""

Request = Mapping[str, Any]


class GroupRules(Groups):
    """The operations of rules."""

    @operation(
        f"GroupId GroupName {permissions.MEMBERS} {_FLAT} TagSpecifications(ResourceType Tags(Key Value))",
        neutral={**DRY_RUN, **permissions.NEUTRAL},
        refused=permissions.REFUSED,
    )
    def authorize_security_group_ingress(
        self, call: Call, request: AuthorizeSecurityGroupIngressRequestTypeDef
    ) -> dict[str, Any]:
        """Lets in."""
        return self._authorize(call, request, egress=False)

    @operation(
        f"GroupId {permissions.MEMBERS} TagSpecifications(ResourceType Tags(Key Value))",
        neutral={**DRY_RUN, **permissions.NEUTRAL},
        refused={**permissions.REFUSED, **_NOT_FLAT},
    )
    def authorize_security_group_egress(
        self, call: Call, request: AuthorizeSecurityGroupEgressRequestTypeDef
    ) -> dict[str, Any]:
        """Lets out."""
        return self._authorize(call, request, egress=True)

    def _authorize(self, call: Call, request: Request, *, egress: bool) -> dict[str, Any]:
        group = self.group_of(request)
        wanted, tags = self._wanted(call, group, request, egress=egress), self.tags(call, request, RULES)
        if not wanted:
            raise missing("ipPermissions")
        table = self.tables.rules
        if len({rule.allows for rule in wanted}) < len(wanted):
            raise invalid("The same permission must not appear multiple times")
        for rule in wanted:
            if table.has("allows", rule.allows):
                said = f"the specified rule {permissions.phrase(rule)} already exists"
                raise AwsError("InvalidPermission.Duplicate", said)
        if self._weight(group.id, egress=egress) + sum(map(self._weighs, wanted)) > MOST:
            said = f"The maximum number of rules per security group has been reached: {MOST}."
            raise AwsError("RulesPerSecurityGroupLimitExceeded", said)
        made = [replace(rule, id=identifiers.hexadecimal("sgr"), tags=tags) for rule in wanted]
        for rule in made:
            table.put(rule)
        return {"Return": True, "SecurityGroupRules": [shape(rule, self._known(rule), call) for rule in made]}

    def _weight(self, group_id: str, *, egress: bool) -> int:
        return sum(self._weighs(rule) for rule in self.tables.rules.where("group", group_id) if rule.egress == egress)

    def _weighs(self, rule: SecurityGroupRule) -> int:
        """A prefix list counts for as many rules as it may have entries ("Managed prefix lists")."""
        known = self.tables.prefix_lists.get(rule.prefix_list_id) if rule.prefix_list_id else None
        return max(known.max_entries, 1) if known else 1

    def _wanted(self, call: Call, group: SecurityGroup, request: Request, *, egress: bool) -> list[SecurityGroupRule]:
        given = [*(request.get("IpPermissions") or ()), *_flat(request)]
        return [self._resolved(group, rule) for rule in permissions.rules(_owned(call, given), group.id, egress=egress)]

    def _resolved(self, group: SecurityGroup, rule: SecurityGroupRule) -> SecurityGroupRule:
        """The rule with its peer's id; AwsError where the peer is not there, or in another VPC."""
        if rule.prefix_list_id:
            PREFIX_LISTS.get(self.documents, rule.prefix_list_id)
        named = rule.referenced_group_id
        if not named:
            return rule
        peer = GROUPS.get(self.documents, named) if named.startswith("sg-") else self._by_name(group, named)
        if peer.vpc_id != group.vpc_id:
            raise AwsError("InvalidGroup.NotFound", _DIFFERENT)
        return replace(rule, referenced_group_id=peer.id)

    def _by_name(self, group: SecurityGroup, name: str) -> SecurityGroup:
        vpc = self.tables.vpcs.get(group.vpc_id)
        if vpc is None or not vpc.default:
            raise invalid(
                f"Invalid value '{name}' for groupName. You may not reference Amazon VPC security groups by name. "
                "Please use the corresponding id for this operation."
            )
        return self.group_named(name)

    @operation(
        f"GroupId GroupName SecurityGroupRuleIds {permissions.MEMBERS} {_FLAT}",
        neutral={**DRY_RUN, **permissions.NEUTRAL},
        refused=permissions.REFUSED,
    )
    def revoke_security_group_ingress(
        self, call: Call, request: RevokeSecurityGroupIngressRequestTypeDef
    ) -> dict[str, Any]:
        """A rule is found by what it allows, or by its id; its description need not be said."""
        return self._revoke(call, request, egress=False)

    @operation(
        f"GroupId SecurityGroupRuleIds {permissions.MEMBERS}",
        neutral={**DRY_RUN, **permissions.NEUTRAL},
        refused={**permissions.REFUSED, **_NOT_FLAT},
    )
    def revoke_security_group_egress(
        self, call: Call, request: RevokeSecurityGroupEgressRequestTypeDef
    ) -> dict[str, Any]:
        """The same outwards."""
        return self._revoke(call, request, egress=True)

    def _revoke(self, call: Call, request: Request, *, egress: bool) -> dict[str, Any]:
        found = self._asked(call, request, request.get("SecurityGroupRuleIds") or (), egress=egress)
        for rule in found:
            self.tables.rules.delete(rule.id)
        return {"Return": True, "RevokedSecurityGroupRules": [_revoked(rule) for rule in found]}

    def _asked(self, call: Call, request: Request, ids: Sequence[str], *, egress: bool) -> list[SecurityGroupRule]:
        """The rules that a request names by their ids or by what they allow; AwsError where one is missing."""
        if ids and request.get("IpPermissions"):
            raise AwsError(
                "InvalidParameterCombination", "Name rules by their ids or by IpPermissions, not by both at once."
            )
        group = self.group_of(request)
        if ids:
            return [self._of(group, identity, egress=egress) for identity in dict.fromkeys(ids)]
        wanted = self._wanted(call, group, request, egress=egress)
        if not wanted:
            raise missing("ipPermissions", "securityGroupRuleIds")
        found = {}
        for rule in wanted:
            known = self.tables.rules.where("allows", rule.allows)
            if not known:
                said = "The specified rule does not exist in this security group."
                raise AwsError("InvalidPermission.NotFound", said)
            found[known[0].id] = known[0]
        return [*found.values()]

    def _of(self, group: SecurityGroup, identity: str, *, egress: bool) -> SecurityGroupRule:
        rule = RULES.get(self.documents, identity)
        if rule.group_id != group.id or rule.egress != egress:
            raise RULES.missing(identity)
        return rule

    @operation(
        "GroupId SecurityGroupRules(SecurityGroupRuleId SecurityGroupRule(IpProtocol FromPort ToPort CidrIpv4 CidrIpv6 "
        "PrefixListId ReferencedGroupId Description))",
        neutral=DRY_RUN,
    )
    def modify_security_group_rules(
        self, _call: Call, request: ModifySecurityGroupRulesRequestTypeDef
    ) -> dict[str, Any]:
        """Each rule becomes what the request says of it, with the id and the tags that it has."""
        group = GROUPS.get(self.documents, request["GroupId"])
        for update in request["SecurityGroupRules"]:
            rule = RULES.get(self.documents, update["SecurityGroupRuleId"])
            if rule.group_id != group.id:
                raise RULES.missing(rule.id)
            changed = self._resolved(group, _changed(rule, update.get("SecurityGroupRule") or {}))
            if any(one.id != rule.id for one in self.tables.rules.where("allows", changed.allows)):
                said = f"the specified rule {permissions.phrase(changed)} already exists"
                raise AwsError("InvalidPermission.Duplicate", said)
            self.tables.rules.put(changed)
        return {"Return": True}

    @operation("SecurityGroupRuleIds Filters(Name Values) MaxResults NextToken", neutral=DRY_RUN)
    def describe_security_group_rules(
        self, call: Call, request: DescribeSecurityGroupRulesRequestTypeDef
    ) -> dict[str, Any]:
        """Rules by ids and filters; a group's id that can't be one is an error, not an empty list."""
        for one in request.get("Filters") or ():
            for value in one.get("Values") or () if one.get("Name") == "group-id" else ():
                if not _GROUP_ID.fullmatch(value):
                    raise AwsError("InvalidGroupId.Malformed", f"The security group ID '{value}' is malformed")
        read: dict[str, Read] = {
            "group-id": lambda rule: rule.group_id,
            "security-group-rule-id": lambda rule: rule.id,
        }
        wanted = Filters[SecurityGroupRule](read, lambda rule: rule.tags, {"group-id": "group"})
        ids = request.get("SecurityGroupRuleIds")
        found = wanted.found(self.documents, RULES, ids, request.get("Filters"))
        told = [shape(rule, self._known(rule), call) for rule in found]
        return page(request, told, "SecurityGroupRules", least=5)

    def _known(self, rule: SecurityGroupRule) -> SecurityGroup | None:
        return self.tables.groups.get(rule.referenced_group_id) if rule.referenced_group_id else None

    @operation(
        f"GroupId GroupName {permissions.MEMBERS} SecurityGroupRuleDescriptions(SecurityGroupRuleId Description)",
        neutral={**DRY_RUN, **permissions.NEUTRAL},
        refused=permissions.REFUSED,
    )
    def update_security_group_rule_descriptions_ingress(
        self, call: Call, request: UpdateSecurityGroupRuleDescriptionsIngressRequestTypeDef
    ) -> dict[str, Any]:
        """A description that is not said is removed."""
        return self._describe(call, request, egress=False)

    @operation(
        f"GroupId GroupName {permissions.MEMBERS} SecurityGroupRuleDescriptions(SecurityGroupRuleId Description)",
        neutral={**DRY_RUN, **permissions.NEUTRAL},
        refused=permissions.REFUSED,
    )
    def update_security_group_rule_descriptions_egress(
        self, call: Call, request: UpdateSecurityGroupRuleDescriptionsEgressRequestTypeDef
    ) -> dict[str, Any]:
        """The same outwards."""
        return self._describe(call, request, egress=True)

    def _describe(self, call: Call, request: Request, *, egress: bool) -> dict[str, Any]:
        by_id = request.get("SecurityGroupRuleDescriptions") or ()
        for one in by_id:
            if not one.get("SecurityGroupRuleId"):
                raise missing("securityGroupRuleId")
        ids = [one["SecurityGroupRuleId"] for one in by_id]
        found = self._asked(call, request, ids, egress=egress)
        if by_id:
            told = {one["SecurityGroupRuleId"]: permissions.description(one.get("Description")) for one in by_id}
            texts = [told[rule.id] for rule in found]
        else:
            wanted = {rule.allows: rule for rule in self._wanted(call, self.group_of(request), request, egress=egress)}
            texts = [wanted[rule.allows].description for rule in found]
        for rule, text in zip(found, texts, strict=True):
            self.tables.rules.put(replace(rule, description=text))
        return {"Return": True}


def _owned(call: Call, given: Iterable[Mapping[str, Any]]) -> Iterable[Mapping[str, Any]]:
    for one in given:
        for pair in one.get("UserIdGroupPairs") or ():
            if pair.get("UserId") not in (None, "", call.account):
                named = pair.get("GroupId") or pair.get("GroupName")
                raise AwsError("InvalidGroup.NotFound", f"The security group '{named}' does not exist")
        yield one


def _flat(request: Request) -> list[dict[str, Any]]:
    """The rule that the request's own members tell of."""
    protocol = {name: request[name] for name in ("IpProtocol", "FromPort", "ToPort") if request.get(name) is not None}
    block, source = request.get("CidrIp"), request.get("SourceSecurityGroupName")
    if not (protocol or block or source or request.get("SourceSecurityGroupOwnerId")):
        return []
    if request.get("IpPermissions"):
        raise AwsError("InvalidParameterCombination", "Tell of rules by IpPermissions or by single parameters.")
    if not source:
        return [{**protocol, "IpRanges": [{"CidrIp": block}] if block else []}]
    if block or protocol:
        raise AwsError(
            "InvalidParameterCombination",
            "SourceSecurityGroupName lets in everything from a group; for a protocol and ports, use IpPermissions.",
        )
    owner = request.get("SourceSecurityGroupOwnerId")
    peer = {"GroupName": source, **({"UserId": owner} if owner else {})}
    return [
        {"IpProtocol": name, "FromPort": low, "ToPort": high, "UserIdGroupPairs": [peer]} for name, low, high in _FULL
    ]


_PEER = "cidrIp, cidrIpv6, prefixListId, or referencedGroupId"


def _changed(rule: SecurityGroupRule, told: Mapping[str, Any]) -> SecurityGroupRule:
    peers = [name for name in ("CidrIpv4", "CidrIpv6", "PrefixListId", "ReferencedGroupId") if told.get(name)]
    if not peers:
        raise AwsError("MissingParameter", f"The request must contain exactly one of: {_PEER}")
    if len(peers) > 1:
        raise AwsError("InvalidParameterCombination", f"Only one of {_PEER} can be specified")
    protocol, low, high = permissions.ports(told.get("IpProtocol"), told.get("FromPort"), told.get("ToPort"))
    return replace(
        rule,
        protocol=protocol,
        from_port=low,
        to_port=high,
        cidr_ipv4=blocks.rule(told["CidrIpv4"], 4) if told.get("CidrIpv4") else "",
        cidr_ipv6=blocks.rule(told["CidrIpv6"], 6) if told.get("CidrIpv6") else "",
        prefix_list_id=told.get("PrefixListId") or "",
        referenced_group_id=told.get("ReferencedGroupId") or "",
        description=permissions.description(told.get("Description")),
    )


def shape(rule: SecurityGroupRule, peer: SecurityGroup | None, call: Call) -> dict[str, Any]:
    """As DescribeSecurityGroupRules tells it."""
    told = {
        "SecurityGroupRuleId": rule.id,
        "SecurityGroupRuleArn": identifiers.arn("ec2", f"security-group-rule/{rule.id}", call.account, call.region),
        "GroupId": rule.group_id,
        "GroupOwnerId": call.account,
        "IsEgress": rule.egress,
        "IpProtocol": rule.protocol,
        "FromPort": rule.from_port,
        "ToPort": rule.to_port,
        "CidrIpv4": rule.cidr_ipv4,
        "CidrIpv6": rule.cidr_ipv6,
        "PrefixListId": rule.prefix_list_id,
        "Description": rule.description,
        "Tags": shown_tags(rule.tags),
    }
    if peer is not None:
        told["ReferencedGroupInfo"] = {"GroupId": peer.id, "UserId": call.account}
    return {name: value for name, value in told.items() if value != ""}


def _revoked(rule: SecurityGroupRule) -> dict[str, Any]:
    told = {
        "SecurityGroupRuleId": rule.id,
        "GroupId": rule.group_id,
        "IsEgress": rule.egress,
        "IpProtocol": rule.protocol,
        "FromPort": rule.from_port,
        "ToPort": rule.to_port,
        "CidrIpv4": rule.cidr_ipv4,
        "CidrIpv6": rule.cidr_ipv6,
        "PrefixListId": rule.prefix_list_id,
        "ReferencedGroupId": rule.referenced_group_id,
        "Description": rule.description,
    }
    return {name: value for name, value in told.items() if value != ""}
