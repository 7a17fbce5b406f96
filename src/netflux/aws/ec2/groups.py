"""Security groups; their rules are in `grouprules.py`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from netflux.aws.ec2 import furnishing, permissions, users
from netflux.aws.ec2.filters import Filters, Read, page
from netflux.aws.ec2.nouns import GROUPS, VPCS, invalid, missing
from netflux.aws.ec2.part import DRY_RUN, Part, shown_tags
from netflux.controlplane import identifiers
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.resources.ec2.securitygroup import SecurityGroup, SecurityGroupRule
from netflux.resources.ec2.tables import Tables

if TYPE_CHECKING:
    from types_boto3_ec2.type_defs import (
        CreateSecurityGroupRequestTypeDef,
        DeleteSecurityGroupRequestTypeDef,
        DescribeSecurityGroupReferencesRequestTypeDef,
        DescribeSecurityGroupsRequestTypeDef,
        DescribeStaleSecurityGroupsRequestTypeDef,
        GetSecurityGroupsForVpcRequestTypeDef,
    )

_LONGEST = 255
"""Characters of a name and of a description ["CreateSecurityGroup", Amazon EC2 API reference]."""


class Groups(Part):
    """The operations of groups."""

    @operation("GroupName Description VpcId TagSpecifications(ResourceType Tags(Key Value))", neutral=DRY_RUN)
    def create_security_group(self, call: Call, request: CreateSecurityGroupRequestTypeDef) -> dict[str, Any]:
        """It lets everything out and nothing in ("Security groups", Amazon VPC user guide)."""
        name = _name(request["GroupName"])
        description = _description(request["Description"])
        vpc = VPCS.get(self.documents, request.get("VpcId") or self._default_vpc())
        if self.tables.groups.has("name", f"{vpc.id}/{name}"):
            said = f"The security group '{name}' already exists for VPC '{vpc.id}'"
            raise AwsError("InvalidGroup.Duplicate", said)
        tags = self.tags(call, request, GROUPS)
        group = SecurityGroup(identifiers.hexadecimal("sg"), name, description, vpc.id, tags)
        self.tables.groups.put(group)
        for rule in furnishing.open_egress(group.id, ipv6=bool(vpc.ipv6_associations)):
            self.tables.rules.put(rule)
        return {"GroupId": group.id, "SecurityGroupArn": arn(group.id, call), "Tags": shown_tags(tags)}

    def _default_vpc(self) -> str:
        for vpc in self.tables.vpcs.where("default", "default"):
            return vpc.id
        raise AwsError("VPCIdNotSpecified", "No default VPC for this user. Name a VpcId.")

    @operation("GroupIds GroupNames Filters(Name Values) MaxResults NextToken", neutral=DRY_RUN)
    def describe_security_groups(self, call: Call, request: DescribeSecurityGroupsRequestTypeDef) -> dict[str, Any]:
        """Groups by ids, names in the default VPC, and filters."""
        ids = [*(request.get("GroupIds") or ()), *self._named(request.get("GroupNames") or ())]
        found = filters(self.tables, call).found(self.documents, GROUPS, ids, request.get("Filters"))
        return page(request, [shape(self.tables, group, call) for group in found], "SecurityGroups", least=5)

    def _named(self, wanted: Iterable[str]) -> list[str]:
        return [self.group_named(name).id for name in wanted]

    def group_named(self, name: str) -> SecurityGroup:
        """A group of the default VPC: only those go by their names.

        Raises:
            AwsError: there is none.
        """
        vpc = next((vpc.id for vpc in self.tables.vpcs.where("default", "default")), "")
        for group in self.tables.groups.where("name", f"{vpc}/{name}"):
            return group
        raise AwsError(
            "InvalidGroup.NotFound",
            f"The security group '{name}' does not exist in default VPC '{vpc}'. Other VPCs' groups go by their ids.",
        )

    def group_of(self, request: Mapping[str, Any]) -> SecurityGroup:
        """The group that a request names by GroupId or GroupName.

        Raises:
            AwsError: it names none, or there is none.
        """
        if request.get("GroupId"):
            return GROUPS.get(self.documents, request["GroupId"])
        if request.get("GroupName"):
            return self.group_named(request["GroupName"])
        raise missing("groupId", "groupName")

    @operation("GroupId GroupName", neutral=DRY_RUN)
    def delete_security_group(self, _call: Call, request: DeleteSecurityGroupRequestTypeDef) -> dict[str, Any]:
        """Not the default one, and none that an interface or another group's rule names."""
        group, tables = self.group_of(request), self.tables
        if group.name == "default":
            said = f'the specified group: "{group.id}" name: "default" cannot be deleted by a user'
            raise AwsError("CannotDelete", said)
        users.check_group(self.documents, group.id)
        if any(rule.group_id != group.id for rule in tables.rules.where("referenced", group.id)):
            raise AwsError("DependencyViolation", f"resource {group.id} has a dependent object")
        for rule in tables.rules.where("group", group.id):
            tables.rules.delete(rule.id)
        tables.groups.delete(group.id)
        return {"Return": True, "GroupId": group.id}

    @operation("GroupId", neutral=DRY_RUN)
    def describe_security_group_references(
        self, _call: Call, request: DescribeSecurityGroupReferencesRequestTypeDef
    ) -> dict[str, Any]:
        """References from the other side of a peering: there are none, since no VPCs are peered here."""
        GROUPS.named(self.documents, request["GroupId"])
        return {"SecurityGroupReferenceSet": []}

    @operation("VpcId MaxResults NextToken", neutral=DRY_RUN)
    def describe_stale_security_groups(
        self, _call: Call, request: DescribeStaleSecurityGroupsRequestTypeDef
    ) -> dict[str, Any]:
        """Rules that name a group behind a deleted peering: there are none either."""
        VPCS.get(self.documents, request["VpcId"])
        return page(request, [], "StaleSecurityGroupSet", least=5)

    @operation("VpcId Filters(Name Values) MaxResults NextToken", neutral=DRY_RUN)
    def get_security_groups_for_vpc(self, call: Call, request: GetSecurityGroupsForVpcRequestTypeDef) -> dict[str, Any]:
        """The groups that interfaces in the VPC can have."""
        vpc = VPCS.get(self.documents, request["VpcId"])
        read: dict[str, Read] = {
            "group-id": lambda group: group.id,
            "description": lambda group: group.description,
            "group-name": lambda group: group.name,
            "owner-id": lambda _: call.account,
            "primary-vpc-id": lambda group: group.vpc_id,
        }
        wanted = Filters[SecurityGroup](read, lambda group: group.tags)
        found = wanted.passing(self.tables.groups.where("vpc", vpc.id), request.get("Filters"))
        told = [
            {
                "GroupId": group.id,
                "GroupName": group.name,
                "Description": group.description,
                "OwnerId": call.account,
                "PrimaryVpcId": group.vpc_id,
                "Tags": shown_tags(group.tags),
            }
            for group in found
        ]
        return page(request, told, "SecurityGroupForVpcs", least=5)


def _name(told: str) -> str:
    name = told.strip()
    if name.startswith("sg-"):
        raise invalid(f"Invalid value '{name}' for groupName. A group's name may not begin with 'sg-'.")
    if name.lower() == "default":
        raise invalid(f"Cannot use reserved security group name: {name}")
    if not 0 < len(name) <= _LONGEST or not permissions.allowed(name):
        raise invalid(
            f"Value ({name}) for parameter GroupName is invalid. Use at most {_LONGEST} characters of a-z, A-Z, 0-9, "
            "spaces and ._-:/()#,@[]+=&;{}!$*"
        )
    return name


def _description(told: str) -> str:
    if not told:
        raise AwsError("MissingParameter", "The request must contain the parameter GroupDescription")
    if len(told) > _LONGEST or not permissions.allowed(told):
        raise invalid(
            f"Value ({told}) for parameter GroupDescription is invalid. Use at most {_LONGEST} characters of a-z, A-Z, "
            "0-9, spaces and ._-:/()#,@[]+=&;{}!$*"
        )
    return told


def filters(tables: Tables, call: Call) -> Filters[SecurityGroup]:
    """Of DescribeSecurityGroups."""

    def rules(read: Read, *, egress: bool) -> Read:
        def of(group: SecurityGroup) -> list[Any]:
            return [read(rule) for rule in tables.rules.where("group", group.id) if rule.egress == egress]

        return of

    def peer(rule: SecurityGroupRule) -> str | None:
        found = tables.groups.get(rule.referenced_group_id)
        return found.name if found else None

    permission: dict[str, Read] = {
        "cidr": lambda rule: rule.cidr_ipv4 or None,
        "from-port": lambda rule: rule.from_port,
        "group-id": lambda rule: rule.referenced_group_id or None,
        "group-name": peer,
        "ipv6-cidr": lambda rule: rule.cidr_ipv6 or None,
        "prefix-list-id": lambda rule: rule.prefix_list_id or None,
        "protocol": lambda rule: rule.protocol,
        "to-port": lambda rule: rule.to_port,
        "user-id": lambda rule: call.account if rule.referenced_group_id else None,
    }
    read: dict[str, Read] = {
        "description": lambda group: group.description,
        "group-id": lambda group: group.id,
        "group-name": lambda group: group.name,
        "owner-id": lambda _: call.account,
        "vpc-id": lambda group: group.vpc_id,
        **{f"ip-permission.{name}": rules(one, egress=False) for name, one in permission.items()},
        **{f"egress.ip-permission.{name}": rules(one, egress=True) for name, one in permission.items()},
    }
    return Filters(read, lambda group: group.tags, {"vpc-id": "vpc"})


def arn(identity: str, call: Call) -> str:
    """Of a group."""
    return identifiers.arn("ec2", f"security-group/{identity}", call.account, call.region)


def shape(tables: Tables, group: SecurityGroup, call: Call) -> dict[str, Any]:
    """As DescribeSecurityGroups tells it."""
    rules = tables.rules.where("group", group.id)
    return {
        "GroupId": group.id,
        "GroupName": group.name,
        "Description": group.description,
        "VpcId": group.vpc_id,
        "OwnerId": call.account,
        "SecurityGroupArn": arn(group.id, call),
        "IpPermissions": permissions.shape((one for one in rules if not one.egress), call.account),
        "IpPermissionsEgress": permissions.shape((one for one in rules if one.egress), call.account),
        "Tags": shown_tags(group.tags),
    }
