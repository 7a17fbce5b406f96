"""IAM: roles, policies, instance profiles."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from netflux.cloudformation.types.table import Caller, Facts, Read, Row, Step, Tagging

_ABSENT = ("NoSuchEntity", "NoSuchEntityException")


def _names(facts: Facts, prop: str) -> tuple[list[Any], list[Any]]:
    """What is to be added and what to be removed of a list property."""
    before, after = facts.old.get(prop, []), facts.new.get(prop, [])
    return [each for each in after if each not in before], [each for each in before if each not in after]


def _put_policies(facts: Facts) -> Sequence[dict[str, Any]]:
    added, _ = _names(facts, "Policies")
    return [
        {"RoleName": facts.id, "PolicyName": each["PolicyName"], "PolicyDocument": json.dumps(each["PolicyDocument"])}
        for each in added
    ]


def _drop_policies(facts: Facts) -> Sequence[dict[str, Any]]:
    kept = {each["PolicyName"] for each in facts.new.get("Policies", [])}
    gone = [each["PolicyName"] for each in facts.old.get("Policies", []) if each["PolicyName"] not in kept]
    return [{"RoleName": facts.id, "PolicyName": name} for name in gone]


def _attach(facts: Facts) -> Sequence[dict[str, Any]]:
    return [{"RoleName": facts.id, "PolicyArn": each} for each in _names(facts, "ManagedPolicyArns")[0]]


def _detach(facts: Facts) -> Sequence[dict[str, Any]]:
    return [{"RoleName": facts.id, "PolicyArn": each} for each in _names(facts, "ManagedPolicyArns")[1]]


def _all_policies(facts: Facts) -> Sequence[dict[str, Any]]:
    return [{"RoleName": facts.id, "PolicyName": each["PolicyName"]} for each in facts.new.get("Policies", [])]


def _all_attached(facts: Facts) -> Sequence[dict[str, Any]]:
    return [{"RoleName": facts.id, "PolicyArn": each} for each in facts.new.get("ManagedPolicyArns", [])]


def _boundary(facts: Facts) -> Sequence[dict[str, Any]]:
    return [{"RoleName": facts.id, "PermissionsBoundary": facts.new["PermissionsBoundary"]}]


_ROLE = Row(
    type="AWS::IAM::Role",
    service="iam",
    create=Step("CreateRole"),
    id="$new.RoleName",
    read=Read("GetRole", {"RoleName": "$id"}, "$response.Role"),
    attributes={"Arn": "$item.Arn", "RoleId": "$item.RoleId"},
    also=(
        Step("PutRolePolicy", ("Policies",), build=_put_policies, defaults={"Policies": []}),
        Step("DeleteRolePolicy", ("Policies",), build=_drop_policies, ignore=_ABSENT, defaults={"Policies": []}),
        Step("AttachRolePolicy", ("ManagedPolicyArns",), build=_attach, defaults={"ManagedPolicyArns": []}),
        Step(
            "DetachRolePolicy",
            ("ManagedPolicyArns",),
            build=_detach,
            ignore=_ABSENT,
            defaults={"ManagedPolicyArns": []},
        ),
    ),
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
        Step("PutRolePermissionsBoundary", ("PermissionsBoundary",), build=_boundary),
    ),
    delete=(
        Step("DeleteRolePolicy", build=_all_policies, ignore=_ABSENT),
        Step("DetachRolePolicy", build=_all_attached, ignore=_ABSENT),
        Step("DeleteRole", params={"RoleName": "$id"}),
    ),
    gone=_ABSENT,
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

    kinds = (("Roles", "Role"), ("Users", "User"), ("Groups", "Group"))
    return tuple(
        Step(
            f"{operation}{kind}Policy",
            (prop, "PolicyDocument", "PolicyName"),
            build=build(prop, f"{kind}Name"),
            ignore=_ABSENT if operation == "Delete" else (),
        )
        for prop, kind in kinds
    )


def _dropped(facts: Facts) -> Sequence[dict[str, Any]]:
    lost = _names(facts, "Roles")[1]
    return [{"RoleName": role, "PolicyName": facts.old["PolicyName"]} for role in lost]


_POLICY = Row(
    type="AWS::IAM::Policy",
    service="iam",
    create=Step("", ()),
    id="{new.PolicyName}",
    attributes={"Id": "$id"},
    also=(*_inline("Put"), Step("DeleteRolePolicy", ("Roles",), build=_dropped, ignore=_ABSENT)),
    delete=_inline("Delete"),
    gone=_ABSENT,
)


def _attach_managed(facts: Facts) -> Sequence[dict[str, Any]]:
    return [{"RoleName": role, "PolicyArn": facts.id} for role in _names(facts, "Roles")[0]]


def _detach_managed(facts: Facts) -> Sequence[dict[str, Any]]:
    return [{"RoleName": role, "PolicyArn": facts.id} for role in _names(facts, "Roles")[1]]


def _detach_all(facts: Facts) -> Sequence[dict[str, Any]]:
    return [{"RoleName": role, "PolicyArn": facts.id} for role in facts.new.get("Roles", [])]


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
        Step("AttachRolePolicy", ("Roles",), build=_attach_managed, defaults={"Roles": []}),
        Step("DetachRolePolicy", ("Roles",), build=_detach_managed, ignore=_ABSENT, defaults={"Roles": []}),
    ),
    update=(
        Step("DeletePolicyVersion", ("PolicyDocument",), ask=_room, ignore=_ABSENT),
        Step("CreatePolicyVersion", ("PolicyDocument",), params={"PolicyArn": "$id", "SetAsDefault": True}),
    ),
    delete=(
        Step("DetachRolePolicy", build=_detach_all, ignore=_ABSENT),
        Step("DeletePolicyVersion", ask=_others, ignore=_ABSENT),
        Step("DeletePolicy", params={"PolicyArn": "$id"}),
    ),
    gone=_ABSENT,
    named="ManagedPolicyName",
    name_length=128,
)


def _add_roles(facts: Facts) -> Sequence[dict[str, Any]]:
    return [{"InstanceProfileName": facts.id, "RoleName": role} for role in _names(facts, "Roles")[0]]


def _remove_roles(facts: Facts) -> Sequence[dict[str, Any]]:
    return [{"InstanceProfileName": facts.id, "RoleName": role} for role in _names(facts, "Roles")[1]]


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
        Step("RemoveRoleFromInstanceProfile", ("Roles",), build=_remove_roles, ignore=_ABSENT),
        Step("AddRoleToInstanceProfile", ("Roles",), build=_add_roles, ignore=("LimitExceeded",)),
    ),
    delete=(
        Step("RemoveRoleFromInstanceProfile", build=_remove_all, ignore=_ABSENT),
        Step("DeleteInstanceProfile", params={"InstanceProfileName": "$id"}),
    ),
    gone=_ABSENT,
    named="InstanceProfileName",
    name_length=128,
)

ROWS = (_ROLE, _POLICY, _MANAGED_POLICY, _INSTANCE_PROFILE)
