"""Which managed policies users, groups and roles have, and which one bounds what others allow them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netflux.aws.iam import errors, quotas
from netflux.aws.iam.roles import modifiable
from netflux.aws.iam.tables import I, Kind, Tables, paged, under
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.resources.iam.policy import AWS_MANAGED

if TYPE_CHECKING:
    from types_boto3_iam import type_defs as types


class Attachments:
    """Operations on attachments and boundaries, the same for the three kinds of identities."""

    tables: Tables

    @operation("UserName PolicyArn")
    def attach_user_policy(self, _call: Call, request: types.AttachUserPolicyRequestTypeDef) -> dict[str, Any]:
        """One that is attached stays so."""
        return self._attach(self.tables.users, request)

    @operation("GroupName PolicyArn")
    def attach_group_policy(self, _call: Call, request: types.AttachGroupPolicyRequestTypeDef) -> dict[str, Any]:
        """One that is attached stays so."""
        return self._attach(self.tables.groups, request)

    @operation("RoleName PolicyArn")
    def attach_role_policy(self, _call: Call, request: types.AttachRolePolicyRequestTypeDef) -> dict[str, Any]:
        """One that is attached stays so."""
        return self._attach(self.tables.roles, request)

    @operation("UserName PolicyArn")
    def detach_user_policy(self, _call: Call, request: types.DetachUserPolicyRequestTypeDef) -> dict[str, Any]:
        """Refuses one that is not attached."""
        return _detach(self.tables.users, request)

    @operation("GroupName PolicyArn")
    def detach_group_policy(self, _call: Call, request: types.DetachGroupPolicyRequestTypeDef) -> dict[str, Any]:
        """Refuses one that is not attached."""
        return _detach(self.tables.groups, request)

    @operation("RoleName PolicyArn")
    def detach_role_policy(self, _call: Call, request: types.DetachRolePolicyRequestTypeDef) -> dict[str, Any]:
        """Refuses one that is not attached."""
        return _detach(self.tables.roles, request)

    @operation("UserName PathPrefix Marker MaxItems")
    def list_attached_user_policies(
        self, _call: Call, request: types.ListAttachedUserPoliciesRequestTypeDef
    ) -> dict[str, Any]:
        """Those whose path begins so."""
        return _attached(self.tables.users, request)

    @operation("GroupName PathPrefix Marker MaxItems")
    def list_attached_group_policies(
        self, _call: Call, request: types.ListAttachedGroupPoliciesRequestTypeDef
    ) -> dict[str, Any]:
        """Those whose path begins so."""
        return _attached(self.tables.groups, request)

    @operation("RoleName PathPrefix Marker MaxItems")
    def list_attached_role_policies(
        self, _call: Call, request: types.ListAttachedRolePoliciesRequestTypeDef
    ) -> dict[str, Any]:
        """Those whose path begins so."""
        return _attached(self.tables.roles, request)

    @operation("UserName PermissionsBoundary")
    def put_user_permissions_boundary(
        self, _call: Call, request: types.PutUserPermissionsBoundaryRequestTypeDef
    ) -> dict[str, Any]:
        """Sets or replaces it."""
        user = self.tables.users.find(request)
        self.tables.users.table.put(replace(user, boundary=self.tables.boundary(request["PermissionsBoundary"])))
        return {}

    @operation("RoleName PermissionsBoundary")
    def put_role_permissions_boundary(
        self, _call: Call, request: types.PutRolePermissionsBoundaryRequestTypeDef
    ) -> dict[str, Any]:
        """Sets or replaces it."""
        role = modifiable(self.tables.roles.find(request))
        self.tables.roles.table.put(replace(role, boundary=self.tables.boundary(request["PermissionsBoundary"])))
        return {}

    @operation("UserName")
    def delete_user_permissions_boundary(
        self, _call: Call, request: types.DeleteUserPermissionsBoundaryRequestTypeDef
    ) -> dict[str, Any]:
        """Nothing bounds the user any more."""
        user = self.tables.users.find(request)
        if not user.boundary:
            raise errors.missing(f"The user {user.name} does not have a permissions boundary.")
        self.tables.users.table.put(replace(user, boundary=""))
        return {}

    @operation("RoleName")
    def delete_role_permissions_boundary(
        self, _call: Call, request: types.DeleteRolePermissionsBoundaryRequestTypeDef
    ) -> dict[str, Any]:
        """Nothing bounds the role any more."""
        role = modifiable(self.tables.roles.find(request))
        if not role.boundary:
            raise errors.missing(f"The role {role.name} does not have a permissions boundary.")
        self.tables.roles.table.put(replace(role, boundary=""))
        return {}

    @operation("PolicyArn EntityFilter PathPrefix PolicyUsageFilter Marker MaxItems")
    def list_entities_for_policy(
        self, _call: Call, request: types.ListEntitiesForPolicyRequestTypeDef
    ) -> dict[str, Any]:
        """Who has the policy, or is bounded by it."""
        self.tables.policy(request["PolicyArn"])
        found = [*self._entities(request)]
        page = paged("Found", found, request)
        lists: dict[str, list[dict[str, str]]] = {"PolicyGroups": [], "PolicyUsers": [], "PolicyRoles": []}
        for member, entity in page.pop("Found"):
            lists[member].append(entity)
        return {**lists, **page}

    def _entities(self, request: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
        tables, wanted = self.tables, request.get("EntityFilter")
        if wanted == ("AWSManagedPolicy" if request["PolicyArn"].startswith(AWS_MANAGED) else "LocalManagedPolicy"):
            wanted = None
        if wanted in (None, "Group"):
            yield from _using("Group", tables.groups, ("attached",), request)
        if wanted in (None, "User"):
            yield from _using("User", tables.users, ("attached", "boundary"), request)
        if wanted in (None, "Role"):
            yield from _using("Role", tables.roles, ("attached", "boundary"), request)

    def _attach(self, kind: Kind[I], request: Mapping[str, Any]) -> dict[str, Any]:
        found: I = modifiable(kind.find(request))
        arn = request["PolicyArn"]
        self.tables.attachable(arn)
        if arn in found.attached:
            return {}
        if len(found.attached) >= quotas.ATTACHED:
            raise errors.exceeded(kind.quota, quotas.ATTACHED)
        kind.table.put(replace(found, attached=(*found.attached, arn)))
        return {}


_USAGE = {"PermissionsPolicy": "attached", "PermissionsBoundary": "boundary"}


def _using(
    noun: str, kind: Kind[I], uses: tuple[str, ...], request: Mapping[str, Any]
) -> Iterator[tuple[str, dict[str, str]]]:
    wanted = _USAGE.get(request.get("PolicyUsageFilter") or "")
    told: set[str] = set()
    for one in (one for use in uses if wanted in (None, use) for one in kind.table.where(use, request["PolicyArn"])):
        if one.id in told or not under(one.path, request):
            continue
        told.add(one.id)
        yield f"Policy{noun}s", {f"{noun}Name": one.name, f"{noun}Id": one.id}


def _detach(kind: Kind[I], request: Mapping[str, Any]) -> dict[str, Any]:
    found = modifiable(kind.find(request))
    arn = request["PolicyArn"]
    if arn not in found.attached:
        raise errors.missing(f"Policy {arn} was not found.")
    kind.table.put(replace(found, attached=tuple(each for each in found.attached if each != arn)))
    return {}


def _attached(kind: Kind[I], request: Mapping[str, Any]) -> dict[str, Any]:
    found = [
        {"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn}
        for arn in kind.find(request).attached
        if under(path_of(arn), request)
    ]
    return paged("AttachedPolicies", found, request)


def path_of(arn: str) -> str:
    """The path in a policy's ARN."""
    return arn.partition(":policy")[2].rpartition("/")[0] + "/"
