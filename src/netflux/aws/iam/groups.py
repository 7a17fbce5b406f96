"""Groups, and who is in them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netflux.aws.iam import errors, quotas, shape
from netflux.aws.iam.tables import Tables, paged, under
from netflux.controlplane import identifiers
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.resources.iam.identity import Group

if TYPE_CHECKING:
    from types_boto3_iam import type_defs as types


class Groups:
    """Operations on groups."""

    tables: Tables

    @operation("Path GroupName")
    def create_group(self, _call: Call, request: types.CreateGroupRequestTypeDef) -> dict[str, Any]:
        """Refuses a name that another group has, whatever its case."""
        name, path, groups = request["GroupName"], request.get("Path") or "/", self.tables.groups.table
        if groups.has("name", name.lower()):
            raise errors.exists(f"Group with name {name} already exists.")
        if len(groups) >= quotas.GROUPS:
            raise errors.exceeded("GroupsPerAccount", quotas.GROUPS)
        arn = self.tables.arn(f"group{path}{name}")
        group = Group(identifiers.base32("AGPA", 17), name, path, arn, self.tables.now())
        groups.put(group)
        return {"Group": shape.group(group)}

    @operation("GroupName Marker MaxItems")
    def get_group(self, _call: Call, request: types.GetGroupRequestTypeDef) -> dict[str, Any]:
        """The group and its users."""
        group = self.tables.groups.find(request)
        users = [shape.user(user, listed=True) for user in self.tables.users.table.where("group", group.id)]
        return {"Group": shape.group(group), **paged("Users", users, request)}

    @operation("PathPrefix Marker MaxItems")
    def list_groups(self, _call: Call, request: types.ListGroupsRequestTypeDef) -> dict[str, Any]:
        """Those below a path."""
        found = [shape.group(group) for group in self.tables.groups.table if under(group.path, request)]
        return paged("Groups", found, request)

    @operation("GroupName NewPath NewGroupName")
    def update_group(self, _call: Call, request: types.UpdateGroupRequestTypeDef) -> dict[str, Any]:
        """A group keeps its id and its users under another name or path."""
        groups = self.tables.groups
        group = groups.find(request)
        name, path = request.get("NewGroupName") or group.name, request.get("NewPath") or group.path
        if any(other.id != group.id for other in groups.table.where("name", name.lower())):
            raise errors.exists(f"Group with name {name} already exists.")
        groups.table.put(replace(group, name=name, path=path, arn=self.tables.arn(f"group{path}{name}")))
        return {}

    @operation("GroupName")
    def delete_group(self, _call: Call, request: types.DeleteGroupRequestTypeDef) -> dict[str, Any]:
        """Refuses while it has users or policies ("DeleteGroup", IAM API Reference)."""
        group = self.tables.groups.find(request)
        if self.tables.users.table.has("group", group.id):
            raise errors.conflict("remove users from group")
        if group.attached:
            raise errors.conflict("detach all policies")
        if group.inline:
            raise errors.conflict("delete policies")
        self.tables.groups.table.delete(group.id)
        return {}

    @operation("GroupName UserName")
    def add_user_to_group(self, _call: Call, request: types.AddUserToGroupRequestTypeDef) -> dict[str, Any]:
        """A user that is in the group stays in it."""
        group, user = self.tables.groups.find(request), self.tables.users.find(request)
        if group.id in user.groups:
            return {}
        if len(user.groups) >= quotas.GROUPS_PER_USER:
            raise errors.exceeded("GroupsPerUser", quotas.GROUPS_PER_USER)
        self.tables.users.table.put(replace(user, groups=(*user.groups, group.id)))
        return {}

    @operation("GroupName UserName")
    def remove_user_from_group(self, _call: Call, request: types.RemoveUserFromGroupRequestTypeDef) -> dict[str, Any]:
        """Refuses a user who is not in the group."""
        group, user = self.tables.groups.find(request), self.tables.users.find(request)
        if group.id not in user.groups:
            raise errors.missing(f"User {user.name} is not in group {group.name}.")
        self.tables.users.table.put(replace(user, groups=tuple(each for each in user.groups if each != group.id)))
        return {}

    @operation("UserName Marker MaxItems")
    def list_groups_for_user(self, _call: Call, request: types.ListGroupsForUserRequestTypeDef) -> dict[str, Any]:
        """Those that the user is in."""
        found = [self.tables.groups.table.get(key) for key in self.tables.users.find(request).groups]
        return paged("Groups", [shape.group(group) for group in found if group is not None], request)
