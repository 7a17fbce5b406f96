"""Users."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netflux.aws.iam import errors, quotas, shape
from netflux.aws.iam.tables import TAGS, Tables, paged, tagged, tags_page, under, untagged
from netflux.controlplane import identifiers
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.resources.iam.identity import User

if TYPE_CHECKING:
    from types_boto3_iam import type_defs as types


class Users:
    """Operations on users."""

    tables: Tables

    @operation("Path UserName PermissionsBoundary Tags(Key Value)")
    def create_user(self, _call: Call, request: types.CreateUserRequestTypeDef) -> dict[str, Any]:
        """Refuses a name that another user has, whatever its case."""
        name, path, users = request["UserName"], request.get("Path") or "/", self.tables.users.table
        if users.has("name", name.lower()):
            raise errors.exists(f"User with name {name} already exists.")
        if len(users) >= quotas.USERS:
            raise errors.exceeded("UsersPerAccount", quotas.USERS)
        user = User(
            id=identifiers.base32("AIDA", 17),
            name=name,
            path=path,
            arn=self.tables.arn(f"user{path}{name}"),
            created=self.tables.now(),
            boundary=self.tables.boundary(request.get("PermissionsBoundary")),
            tags=TAGS.read(request.get("Tags")),
        )
        users.put(user)
        return {"User": shape.user(user)}

    @operation("UserName")
    def get_user(self, call: Call, request: types.GetUserRequestTypeDef) -> dict[str, Any]:
        """The account itself is told where its own key asks: it has neither a name nor a date here."""
        user = self.tables.caller(call) if not request.get("UserName") else self.tables.users.find(request)
        if user is None:
            return {"User": {"UserId": call.account, "Arn": self.tables.arn("root")}}
        return {"User": shape.user(user)}

    @operation("PathPrefix Marker MaxItems")
    def list_users(self, _call: Call, request: types.ListUsersRequestTypeDef) -> dict[str, Any]:
        """Those below a path."""
        found = [user for user in self.tables.users.table if under(user.path, request)]
        return paged("Users", [shape.user(user, listed=True) for user in found], request)

    @operation("UserName NewPath NewUserName")
    def update_user(self, _call: Call, request: types.UpdateUserRequestTypeDef) -> dict[str, Any]:
        """A user keeps its id under another name or path ("UpdateUser", IAM API Reference)."""
        users = self.tables.users
        user = users.find(request)
        name, path = request.get("NewUserName") or user.name, request.get("NewPath") or user.path
        if any(other.id != user.id for other in users.table.where("name", name.lower())):
            raise errors.exists(f"User with name {name} already exists.")
        users.table.put(replace(user, name=name, path=path, arn=self.tables.arn(f"user{path}{name}")))
        return {}

    @operation("UserName")
    def delete_user(self, _call: Call, request: types.DeleteUserRequestTypeDef) -> dict[str, Any]:
        """Refuses while anything of the user's is left ("DeleteUser", IAM API Reference)."""
        tables = self.tables
        user = tables.users.find(request)
        left = (
            (bool(user.attached), "detach all policies"),
            (bool(user.inline), "delete policies"),
            (bool(user.groups), "remove users from group"),
            (tables.access_keys.has("user", user.id), "delete access keys"),
            (user.id in tables.logins, "delete login profile"),
            (tables.signing_certificates.has("user", user.id), "delete signing certificates"),
            (tables.public_keys.has("user", user.id), "delete SSH public keys"),
        )
        for there, what in left:
            if there:
                raise errors.conflict(what)
        tables.users.table.delete(user.id)
        return {}

    @operation("UserName Tags(Key Value)")
    def tag_user(self, _call: Call, request: types.TagUserRequestTypeDef) -> dict[str, Any]:
        """A key that is there in another case is replaced."""
        user = self.tables.users.find(request)
        self.tables.users.table.put(replace(user, tags=tagged(user.tags, request)))
        return {}

    @operation("UserName TagKeys")
    def untag_user(self, _call: Call, request: types.UntagUserRequestTypeDef) -> dict[str, Any]:
        """Keys that are not there are none to remove."""
        user = self.tables.users.find(request)
        self.tables.users.table.put(replace(user, tags=untagged(user.tags, request)))
        return {}

    @operation("UserName Marker MaxItems")
    def list_user_tags(self, _call: Call, request: types.ListUserTagsRequestTypeDef) -> dict[str, Any]:
        """Its tags."""
        return tags_page(self.tables.users.find(request).tags, request)
