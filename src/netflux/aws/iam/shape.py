"""Records as answers have them. Lists tell less than Get does ("returns a subset of the available attributes")."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from netflux.aws.iam.tables import TAGS
from netflux.resources.iam.identity import Group, Role, User
from netflux.resources.iam.profile import InstanceProfile


def document(text: str) -> str:
    """A policy document as IAM answers it: percent-encoded by RFC 3986 ["GetRolePolicy", IAM API Reference]."""
    return quote(text, safe="-._~")


def boundary(arn: str) -> dict[str, Any]:
    """The member PermissionsBoundary, where there is one."""
    told = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}
    return {"PermissionsBoundary": told} if arn else {}


def tags(kept: dict[str, str]) -> dict[str, Any]:
    """The member Tags, where there are some."""
    return {"Tags": TAGS.shown(kept)} if kept else {}


def user(one: User, *, listed: bool = False) -> dict[str, Any]:
    """A User."""
    found = {"Path": one.path, "UserName": one.name, "UserId": one.id, "Arn": one.arn, "CreateDate": one.created}
    return found if listed else {**found, **boundary(one.boundary), **tags(one.tags)}


def group(one: Group) -> dict[str, Any]:
    """A Group."""
    return {"Path": one.path, "GroupName": one.name, "GroupId": one.id, "Arn": one.arn, "CreateDate": one.created}


def role(one: Role, *, listed: bool = False) -> dict[str, Any]:
    """A Role; when it was last used is not observed here, so no answer says it."""
    found: dict[str, Any] = {
        "Path": one.path,
        "RoleName": one.name,
        "RoleId": one.id,
        "Arn": one.arn,
        "CreateDate": one.created,
        "AssumeRolePolicyDocument": document(one.trust),
        "MaxSessionDuration": one.max_session,
        **({"Description": one.description} if one.description else {}),
    }
    return found if listed else {**found, **boundary(one.boundary), **tags(one.tags)}


def profile(one: InstanceProfile, role_of_it: Role | None, *, listed: bool = False) -> dict[str, Any]:
    """An InstanceProfile with its role."""
    found = {
        "Path": one.path,
        "InstanceProfileName": one.name,
        "InstanceProfileId": one.id,
        "Arn": one.arn,
        "CreateDate": one.created,
        "Roles": [role(role_of_it, listed=True)] if role_of_it is not None else [],
    }
    return found if listed else {**found, "Tags": TAGS.shown(one.tags)}
