"""IAM: users, groups, access keys, identity providers, service-linked roles, and policies that stand by themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from netflux.cloudformation.types.identity import ABSENT, boundary, changes, freed, inline, managed
from netflux.cloudformation.types.table import Facts, Read, Row, Step, Tagging


def _memberships(which: Callable[[Facts], list[Any]]) -> Callable[[Facts], list[dict[str, Any]]]:
    def build(facts: Facts) -> list[dict[str, Any]]:
        return [{"UserName": facts.id, "GroupName": group} for group in which(facts)]

    return build


def _login(facts: Facts) -> list[dict[str, Any]]:
    return [{"UserName": facts.id, **facts.new["LoginProfile"]}] if facts.new.get("LoginProfile") else []


def _first_login(facts: Facts) -> list[dict[str, Any]]:
    return _login(facts) if not facts.old.get("LoginProfile") else []


def _changed_login(facts: Facts) -> list[dict[str, Any]]:
    return _login(facts) if facts.old.get("LoginProfile") else []


def _no_login(facts: Facts) -> list[dict[str, Any]]:
    return [] if facts.new.get("LoginProfile") else [{"UserName": facts.id}]


def _path(kind: str) -> Step:
    return Step(
        f"Update{kind}", ("Path",), renames={"Path": "NewPath"}, params={f"{kind}Name": "$id"}, defaults={"Path": "/"}
    )


_NO_GROUPS: dict[str, Any] = {"Groups": []}
_USER = Row(
    type="AWS::IAM::User",
    service="iam",
    create=Step("CreateUser", ("UserName", "Path", "PermissionsBoundary", "Tags")),
    id="$new.UserName",
    read=Read("GetUser", {"UserName": "$id"}, "$response.User"),
    attributes={"Arn": "$item.Arn"},
    also=(
        *inline("User"),
        *managed("User"),
        Step(
            "AddUserToGroup",
            ("Groups",),
            build=_memberships(lambda facts: changes(facts, "Groups")[0]),
            defaults=_NO_GROUPS,
        ),
        Step(
            "RemoveUserFromGroup",
            ("Groups",),
            build=_memberships(lambda facts: changes(facts, "Groups")[1]),
            ignore=ABSENT,
            defaults=_NO_GROUPS,
        ),
        Step(
            "CreateLoginProfile",
            ("LoginProfile",),
            build=_first_login,
            ignore=("EntityAlreadyExists",),
            defaults={"LoginProfile": {}},
        ),
    ),
    update=(
        _path("User"),
        *boundary("User"),
        Step("UpdateLoginProfile", ("LoginProfile",), build=_changed_login, defaults={"LoginProfile": {}}),
        Step("DeleteLoginProfile", ("LoginProfile",), build=_no_login, ignore=ABSENT, defaults={"LoginProfile": {}}),
    ),
    delete=(
        *freed("User"),
        Step(
            "RemoveUserFromGroup",
            build=_memberships(lambda facts: list(facts.new.get("Groups", []))),
            ignore=ABSENT,
        ),
        Step("DeleteLoginProfile", params={"UserName": "$id"}, ignore=ABSENT),
        Step("DeleteUser", params={"UserName": "$id"}),
    ),
    gone=ABSENT,
    named="UserName",
    name_length=64,
    tags=Tagging("TagUser", "UntagUser", {"UserName": "$id"}),
)

_GROUP = Row(
    type="AWS::IAM::Group",
    service="iam",
    create=Step("CreateGroup", ("GroupName", "Path")),
    id="$new.GroupName",
    read=Read("GetGroup", {"GroupName": "$id"}, "$response.Group"),
    attributes={"Arn": "$item.Arn"},
    also=(*inline("Group"), *managed("Group")),
    update=(_path("Group"),),
    delete=(*freed("Group"), Step("DeleteGroup", params={"GroupName": "$id"})),
    gone=ABSENT,
    named="GroupName",
    name_length=128,
)


def _members(which: Callable[[Facts], list[Any]]) -> Callable[[Facts], list[dict[str, Any]]]:
    def build(facts: Facts) -> list[dict[str, Any]]:
        return [{"GroupName": facts.new["GroupName"], "UserName": user} for user in which(facts)]

    return build


def _before(facts: Facts) -> list[dict[str, Any]]:
    """Everyone leaves the group that the template named before."""
    if facts.old.get("GroupName") in (None, facts.new["GroupName"]):
        return _members(lambda facts: changes(facts, "Users")[1])(facts)
    return [{"GroupName": facts.old["GroupName"], "UserName": user} for user in facts.old.get("Users", [])]


_ADDITION = Row(
    type="AWS::IAM::UserToGroupAddition",
    service="iam",
    create=Step("", ()),
    id="{logical}-{token}",
    attributes={"Id": "$id"},
    also=(
        Step("AddUserToGroup", ("Users", "GroupName"), build=_members(lambda facts: list(facts.new["Users"]))),
        Step("RemoveUserFromGroup", ("Users", "GroupName"), build=_before, ignore=ABSENT),
    ),
    delete=(Step("RemoveUserFromGroup", build=_members(lambda facts: list(facts.new["Users"])), ignore=ABSENT),),
    gone=ABSENT,
)


def _status(facts: Facts) -> list[dict[str, Any]]:
    return [{"UserName": facts.new["UserName"], "AccessKeyId": facts.id, "Status": facts.new["Status"]}]


_ACCESS_KEY = Row(
    type="AWS::IAM::AccessKey",
    service="iam",
    create=Step("CreateAccessKey", ("UserName",)),
    id="$response.AccessKey.AccessKeyId",
    attributes={"Id": "$id"},
    told={"SecretAccessKey": "$response.AccessKey.SecretAccessKey"},
    also=(Step("UpdateAccessKey", ("Status",), build=_status, defaults={"Status": "Active"}),),
    consumed=("Serial",),
    delete=(Step("DeleteAccessKey", params={"UserName": "$new.UserName", "AccessKeyId": "$id"}),),
    gone=ABSENT,
)


def _provider_changes(which: int) -> Callable[[Facts], list[dict[str, Any]]]:
    def build(facts: Facts) -> list[dict[str, Any]]:
        return [{"OpenIDConnectProviderArn": facts.id, "ClientID": each} for each in
                changes(facts, "ClientIdList")[which]]  # fmt: skip

    return build


_PROVIDER = Row(
    type="AWS::IAM::OIDCProvider",
    service="iam",
    create=Step("CreateOpenIDConnectProvider"),
    id="$response.OpenIDConnectProviderArn",
    read=Read("GetOpenIDConnectProvider", {"OpenIDConnectProviderArn": "$id"}, "$response"),
    attributes={"Arn": "$id"},
    update=(
        Step(
            "AddClientIDToOpenIDConnectProvider",
            ("ClientIdList",),
            build=_provider_changes(0),
            defaults={"ClientIdList": []},
        ),
        Step(
            "RemoveClientIDFromOpenIDConnectProvider",
            ("ClientIdList",),
            build=_provider_changes(1),
            defaults={"ClientIdList": []},
        ),
        Step("UpdateOpenIDConnectProviderThumbprint", ("ThumbprintList",), params={"OpenIDConnectProviderArn": "$id"}),
    ),
    delete=(Step("DeleteOpenIDConnectProvider", params={"OpenIDConnectProviderArn": "$id"}),),
    gone=ABSENT,
    tags=Tagging("TagOpenIDConnectProvider", "UntagOpenIDConnectProvider", {"OpenIDConnectProviderArn": "$id"}),
)

_LINKED_ROLE = Row(
    type="AWS::IAM::ServiceLinkedRole",
    service="iam",
    create=Step("CreateServiceLinkedRole"),
    id="$response.Role.RoleName",
    read=Read("GetRole", {"RoleName": "$id"}, "$response.Role"),
    attributes={"RoleName": "$id"},
    update=(Step("UpdateRole", ("Description",), params={"RoleName": "$id"}, defaults={"Description": ""}),),
    delete=(Step("DeleteServiceLinkedRole", params={"RoleName": "$id"}),),
    gone=ABSENT,
)


def _alone(kind: str) -> Row:
    """A policy of one role, user or group, by itself."""
    key = f"{kind}Name"
    return Row(
        type=f"AWS::IAM::{kind}Policy",
        service="iam",
        create=Step(f"Put{kind}Policy", (key, "PolicyName", "PolicyDocument")),
        id=f"{{new.PolicyName}}|{{new.{key}}}",
        update=(Step(f"Put{kind}Policy", ("PolicyDocument",), always=("PolicyName", key)),),
        delete=(Step(f"Delete{kind}Policy", params={key: f"$new.{key}", "PolicyName": "$new.PolicyName"}),),
        gone=ABSENT,
        unique=False,
    )


ROWS = (_USER, _GROUP, _ADDITION, _ACCESS_KEY, _PROVIDER, _LINKED_ROLE, *map(_alone, ("Role", "User", "Group")))
