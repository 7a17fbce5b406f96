"""Inline policies: documents that belong to one user, group or role."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netflux.aws.iam import documents, errors, quotas, shape
from netflux.aws.iam.roles import modifiable
from netflux.aws.iam.tables import I, Kind, Tables, paged
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError

if TYPE_CHECKING:
    from types_boto3_iam import type_defs as types


class InlinePolicies:
    """Operations on inline policies, the same for the three kinds of identities."""

    tables: Tables

    @operation("UserName PolicyName PolicyDocument")
    def put_user_policy(self, _call: Call, request: types.PutUserPolicyRequestTypeDef) -> dict[str, Any]:
        """Makes or replaces it."""
        return _put(self.tables.users, request)

    @operation("GroupName PolicyName PolicyDocument")
    def put_group_policy(self, _call: Call, request: types.PutGroupPolicyRequestTypeDef) -> dict[str, Any]:
        """Makes or replaces it."""
        return _put(self.tables.groups, request)

    @operation("RoleName PolicyName PolicyDocument")
    def put_role_policy(self, _call: Call, request: types.PutRolePolicyRequestTypeDef) -> dict[str, Any]:
        """Makes or replaces it."""
        return _put(self.tables.roles, request)

    @operation("UserName PolicyName")
    def get_user_policy(self, _call: Call, request: types.GetUserPolicyRequestTypeDef) -> dict[str, Any]:
        """Its document."""
        return _get(self.tables.users, request)

    @operation("GroupName PolicyName")
    def get_group_policy(self, _call: Call, request: types.GetGroupPolicyRequestTypeDef) -> dict[str, Any]:
        """Its document."""
        return _get(self.tables.groups, request)

    @operation("RoleName PolicyName")
    def get_role_policy(self, _call: Call, request: types.GetRolePolicyRequestTypeDef) -> dict[str, Any]:
        """Its document."""
        return _get(self.tables.roles, request)

    @operation("UserName PolicyName")
    def delete_user_policy(self, _call: Call, request: types.DeleteUserPolicyRequestTypeDef) -> dict[str, Any]:
        """Refuses one that is not there."""
        return _delete(self.tables.users, request)

    @operation("GroupName PolicyName")
    def delete_group_policy(self, _call: Call, request: types.DeleteGroupPolicyRequestTypeDef) -> dict[str, Any]:
        """Refuses one that is not there."""
        return _delete(self.tables.groups, request)

    @operation("RoleName PolicyName")
    def delete_role_policy(self, _call: Call, request: types.DeleteRolePolicyRequestTypeDef) -> dict[str, Any]:
        """Refuses one that is not there."""
        return _delete(self.tables.roles, request)

    @operation("UserName Marker MaxItems")
    def list_user_policies(self, _call: Call, request: types.ListUserPoliciesRequestTypeDef) -> dict[str, Any]:
        """Names."""
        return paged("PolicyNames", [*self.tables.users.find(request).inline], request)

    @operation("GroupName Marker MaxItems")
    def list_group_policies(self, _call: Call, request: types.ListGroupPoliciesRequestTypeDef) -> dict[str, Any]:
        """Names."""
        return paged("PolicyNames", [*self.tables.groups.find(request).inline], request)

    @operation("RoleName Marker MaxItems")
    def list_role_policies(self, _call: Call, request: types.ListRolePoliciesRequestTypeDef) -> dict[str, Any]:
        """Names."""
        return paged("PolicyNames", [*self.tables.roles.find(request).inline], request)


def _put(kind: Kind[I], request: Mapping[str, Any]) -> dict[str, Any]:
    found = modifiable(kind.find(request))
    documents.inline(request["PolicyDocument"])
    inline = {**found.inline, request["PolicyName"]: request["PolicyDocument"]}
    most = quotas.INLINE_SIZE[kind.noun]
    if sum(map(quotas.size, inline.values())) > most:
        raise AwsError("LimitExceeded", f"Maximum policy size of {most} bytes exceeded for {kind.noun} {found.name}")
    kind.table.put(replace(found, inline=inline))
    return {}


def _get(kind: Kind[I], request: Mapping[str, Any]) -> dict[str, Any]:
    found, name = kind.find(request), request["PolicyName"]
    if name not in found.inline:
        raise errors.not_found(f"{kind.noun} policy", name)
    return {kind.member: found.name, "PolicyName": name, "PolicyDocument": shape.document(found.inline[name])}


def _delete(kind: Kind[I], request: Mapping[str, Any]) -> dict[str, Any]:
    found, name = modifiable(kind.find(request)), request["PolicyName"]
    if name not in found.inline:
        raise errors.not_found(f"{kind.noun} policy", name)
    kind.table.put(replace(found, inline={key: text for key, text in found.inline.items() if key != name}))
    return {}
