"""IAM: roles, policies, instance profiles."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from netflux.cloudformation.types.identity import ABSENT, boundary, changes, freed, inline, managed
from netflux.cloudformation.types.table import Caller, Facts, Read, Row, Step, Tagging

_KINDS = ("Role", "User", "Group")

_ROLE = Row(
    type="AWS::IAM::Role",
    service="iam",
    create=Step("CreateRole"),
    id="$new.RoleName",
    read=Read("GetRole", {"RoleName": "$id"}, "$response.Role"),
    attributes={"Arn": "$item.Arn", "RoleId": "$item.RoleId"},
    also=(*inline("Role"), *managed("Role")),
    update=(
        Step(
            "UpdateAssumeRolePolicy",
            ("AssumeRolePolicyDocument",),
            renames={"AssumeRolePolicyDocument": "PolicyDocument"},
            params={"RoleName": "$id"},
        ),
        Step(
            "UpdateRole",
            ("Description", "MaxSessionDuration"),
            params={"RoleName": "$id"},
            defaults={"Description": "", "MaxSessionDuration": 3600},
        ),
        *boundary("Role"),
    ),
    delete=(
        *freed("Role"),
        Step("DeleteRole", params={"RoleName": "$id"}),
    ),
    gone=ABSENT,
    named="RoleName",
    name_length=64,
    tags=Tagging("TagRole", "UntagRole", {"RoleName": "$id"}),
)


def _inline(operation: str) -> tuple[Step, ...]:
    """AWS::IAM::Policy puts the same document on roles, users and groups."""

    def build(prop: str, key: str) -> Any:
        def make(facts: Facts) -> Sequence[dict[str, Any]]:
            name, text = facts.new["PolicyName"], json.dumps(facts.new["PolicyDocument"])
            owners = facts.new.get(prop, [])
            if operation == "Put":
                return [{key: owner, "PolicyName": name, "PolicyDocument": text} for owner in owners]
            return [{key: owner, "PolicyName": name} for owner in owners]

        return make

    return tuple(
        Step(
            f"{operation}{kind}Policy",
            (f"{kind}s", "PolicyDocument", "PolicyName"),
            build=build(f"{kind}s", f"{kind}Name"),
            ignore=ABSENT if operation == "Delete" else (),
        )
        for kind in _KINDS
    )


def _lost() -> tuple[Step, ...]:
    """Roles, users and groups that the template names no more."""

    def build(prop: str, key: str) -> Any:
        def make(facts: Facts) -> Sequence[dict[str, Any]]:
            return [{key: owner, "PolicyName": facts.old["PolicyName"]} for owner in changes(facts, prop)[1]]

        return make

    return tuple(
        Step(f"Delete{kind}Policy", (f"{kind}s",), build=build(f"{kind}s", f"{kind}Name"), ignore=ABSENT,
             defaults={f"{kind}s": []})
        for kind in _KINDS
    )  # fmt: skip


_POLICY = Row(
    type="AWS::IAM::Policy",
    service="iam",
    create=Step("", ()),
    id="{new.PolicyName}",
    attributes={"Id": "$id"},
    also=(*_inline("Put"), *_lost()),
    delete=_inline("Delete"),
    gone=ABSENT,
)


def _managed(operation: str, which: Callable[[Facts, str], list[Any]]) -> tuple[Step, ...]:
    """Attach or Detach, for the roles, users and groups that `which` tells."""

    def build(prop: str, key: str) -> Any:
        def make(facts: Facts) -> Sequence[dict[str, Any]]:
            return [{key: owner, "PolicyArn": facts.id} for owner in which(facts, prop)]

        return make

    return tuple(
        Step(f"{operation}{kind}Policy", (f"{kind}s",), build=build(f"{kind}s", f"{kind}Name"),
             ignore=ABSENT if operation == "Detach" else (), defaults={f"{kind}s": []})
        for kind in _KINDS
    )  # fmt: skip


async def _versions(call: Caller, facts: Facts) -> list[str]:
    """Those that are not in force, oldest first."""
    told = await call("iam", "ListPolicyVersions", {"PolicyArn": facts.id})
    return [each["VersionId"] for each in reversed(told["Versions"]) if not each["IsDefaultVersion"]]


async def _room(call: Caller, facts: Facts) -> Sequence[dict[str, Any]]:
    """A policy has five versions: the oldest makes room for another one."""
    return [{"PolicyArn": facts.id, "VersionId": each} for each in (await _versions(call, facts))[:-3]]


async def _others(call: Caller, facts: Facts) -> Sequence[dict[str, Any]]:
    return [{"PolicyArn": facts.id, "VersionId": each} for each in await _versions(call, facts)]


_MANAGED_POLICY = Row(
    type="AWS::IAM::ManagedPolicy",
    service="iam",
    create=Step(
        "CreatePolicy",
        ("ManagedPolicyName", "Description", "Path", "PolicyDocument"),
        renames={"ManagedPolicyName": "PolicyName"},
    ),
    id="arn:aws:iam::{account}:policy{new.Path|/}{new.ManagedPolicyName}",
    read=Read("GetPolicy", {"PolicyArn": "$id"}, "$response.Policy"),
    attributes={"PolicyArn": "$id", "PolicyId": "$item.PolicyId", "DefaultVersionId": "$item.DefaultVersionId"},
    also=(
        *_managed("Attach", lambda facts, prop: changes(facts, prop)[0]),
        *_managed("Detach", lambda facts, prop: changes(facts, prop)[1]),
    ),
    update=(
        Step("DeletePolicyVersion", ("PolicyDocument",), ask=_room, ignore=ABSENT),
        Step("CreatePolicyVersion", ("PolicyDocument",), params={"PolicyArn": "$id", "SetAsDefault": True}),
    ),
    delete=(
        *_managed("Detach", lambda facts, prop: list(facts.new.get(prop, []))),
        Step("DeletePolicyVersion", ask=_others, ignore=ABSENT),
        Step("DeletePolicy", params={"PolicyArn": "$id"}),
    ),
    gone=ABSENT,
    named="ManagedPolicyName",
    name_length=128,
)


def _add_roles(facts: Facts) -> Sequence[dict[str, Any]]:
    return [{"InstanceProfileName": facts.id, "RoleName": role} for role in changes(facts, "Roles")[0]]


def _remove_roles(facts: Facts) -> Sequence[dict[str, Any]]:
    return [{"InstanceProfileName": facts.id, "RoleName": role} for role in changes(facts, "Roles")[1]]


def _remove_all(facts: Facts) -> Sequence[dict[str, Any]]:
    return [{"InstanceProfileName": facts.id, "RoleName": role} for role in facts.new.get("Roles", [])]


_INSTANCE_PROFILE = Row(
    type="AWS::IAM::InstanceProfile",
    service="iam",
    create=Step("CreateInstanceProfile"),
    id="$new.InstanceProfileName",
    read=Read("GetInstanceProfile", {"InstanceProfileName": "$id"}, "$response.InstanceProfile"),
    attributes={"Arn": "$item.Arn"},
    also=(
        Step("RemoveRoleFromInstanceProfile", ("Roles",), build=_remove_roles, ignore=ABSENT),
        Step("AddRoleToInstanceProfile", ("Roles",), build=_add_roles, ignore=("LimitExceeded",)),
    ),
    delete=(
        Step("RemoveRoleFromInstanceProfile", build=_remove_all, ignore=ABSENT),
        Step("DeleteInstanceProfile", params={"InstanceProfileName": "$id"}),
    ),
    gone=ABSENT,
    named="InstanceProfileName",
    name_length=128,
)

ROWS = (_ROLE, _POLICY, _MANAGED_POLICY, _INSTANCE_PROFILE)
