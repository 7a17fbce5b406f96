"""Roles."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netflux.aws.iam import documents, errors, quotas, shape
from netflux.aws.iam.tables import TAGS, I, Tables, paged, tagged, tags_page, under, untagged
from netflux.controlplane import identifiers
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.resources.iam.identity import Role

if TYPE_CHECKING:
    from types_boto3_iam import type_defs as types

_SESSION = 3600
"""Seconds for which a session of the role may last where nobody says ["CreateRole", IAM API Reference]."""


def modifiable(identity: I) -> I:
    """The user, group or role; AwsError when it is a service's role."""
    if isinstance(identity, Role) and identity.service:
        raise AwsError(
            "UnmodifiableEntity",
            f"Cannot perform the operation on the protected role '{identity.name}' - this role is only modifiable by "
            "AWS",
        )
    return identity


class Roles:
    """Operations on roles."""

    tables: Tables

    @operation(
        "Path RoleName AssumeRolePolicyDocument Description MaxSessionDuration PermissionsBoundary Tags(Key Value)"
    )
    def create_role(self, _call: Call, request: types.CreateRoleRequestTypeDef) -> dict[str, Any]:
        """Refuses a name that another role has, whatever its case, and a trust policy that is none."""
        name, path, roles = request["RoleName"], request.get("Path") or "/", self.tables.roles.table
        if roles.has("name", name.lower()):
            raise errors.exists(f"Role with name {name} already exists.")
        documents.trust(request["AssumeRolePolicyDocument"], self.tables)
        if len(roles) >= quotas.ROLES:
            raise errors.exceeded("RolesPerAccount", quotas.ROLES)
        role = Role(
            id=identifiers.base32("AROA", 17),
            name=name,
            path=path,
            arn=self.tables.arn(f"role{path}{name}"),
            created=self.tables.now(),
            trust=request["AssumeRolePolicyDocument"],
            description=request.get("Description") or "",
            max_session=request.get("MaxSessionDuration") or _SESSION,
            boundary=self.tables.boundary(request.get("PermissionsBoundary")),
            tags=TAGS.read(request.get("Tags")),
        )
        roles.put(role)
        return {"Role": shape.role(role)}

    @operation("RoleName")
    def get_role(self, _call: Call, request: types.GetRoleRequestTypeDef) -> dict[str, Any]:
        """The role with its boundary and tags."""
        return {"Role": shape.role(self.tables.roles.find(request))}

    @operation("PathPrefix Marker MaxItems")
    def list_roles(self, _call: Call, request: types.ListRolesRequestTypeDef) -> dict[str, Any]:
        """Those below a path."""
        found = [role for role in self.tables.roles.table if under(role.path, request)]
        return paged("Roles", [shape.role(role, listed=True) for role in found], request)

    @operation("RoleName Description MaxSessionDuration")
    def update_role(self, _call: Call, request: types.UpdateRoleRequestTypeDef) -> dict[str, Any]:
        """A description that is not given stays; a duration that is not given is an hour ("UpdateRole")."""
        role = modifiable(self.tables.roles.find(request))
        description = request.get("Description")
        changed = replace(
            role,
            description=role.description if description is None else description,
            max_session=request.get("MaxSessionDuration") or _SESSION,
        )
        self.tables.roles.table.put(changed)
        return {}

    @operation("RoleName Description")
    def update_role_description(
        self, _call: Call, request: types.UpdateRoleDescriptionRequestTypeDef
    ) -> dict[str, Any]:
        """The one change that a service-linked role takes."""
        role = replace(self.tables.roles.find(request), description=request["Description"])
        self.tables.roles.table.put(role)
        return {"Role": shape.role(role)}

    @operation("RoleName PolicyDocument")
    def update_assume_role_policy(
        self, _call: Call, request: types.UpdateAssumeRolePolicyRequestTypeDef
    ) -> dict[str, Any]:
        """Who may assume the role, from now on."""
        role = modifiable(self.tables.roles.find(request))
        documents.trust(request["PolicyDocument"], self.tables)
        self.tables.roles.table.put(replace(role, trust=request["PolicyDocument"]))
        return {}

    @operation("RoleName")
    def delete_role(self, _call: Call, request: types.DeleteRoleRequestTypeDef) -> dict[str, Any]:
        """Refuses while it has policies or is in an instance profile ("DeleteRole", IAM API Reference)."""
        role = modifiable(self.tables.roles.find(request))
        if self.tables.profiles.has("role", role.id):
            raise errors.conflict("remove roles from instance profile")
        if role.attached:
            raise errors.conflict("detach all policies")
        if role.inline:
            raise errors.conflict("delete policies")
        self.tables.roles.table.delete(role.id)
        return {}

    @operation("RoleName Tags(Key Value)")
    def tag_role(self, _call: Call, request: types.TagRoleRequestTypeDef) -> dict[str, Any]:
        """A key that is there in another case is replaced."""
        role = self.tables.roles.find(request)
        self.tables.roles.table.put(replace(role, tags=tagged(role.tags, request)))
        return {}

    @operation("RoleName TagKeys")
    def untag_role(self, _call: Call, request: types.UntagRoleRequestTypeDef) -> dict[str, Any]:
        """Keys that are not there are none to remove."""
        role = self.tables.roles.find(request)
        self.tables.roles.table.put(replace(role, tags=untagged(role.tags, request)))
        return {}

    @operation("RoleName Marker MaxItems")
    def list_role_tags(self, _call: Call, request: types.ListRoleTagsRequestTypeDef) -> dict[str, Any]:
        """Its tags."""
        return tags_page(self.tables.roles.find(request).tags, request)
