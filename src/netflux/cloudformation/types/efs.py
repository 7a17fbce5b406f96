"""EFS: file systems, mount targets, access points."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from netflux.cloudformation.shape import text
from netflux.cloudformation.types.table import Caller, Facts, Find, Read, Row, Step, Tagging, status

_TAGGING = Tagging("TagResource", "UntagResource", {"ResourceId": "$id"})
Calls = list[dict[str, Any]]


def _tagging(prop: str) -> tuple[Step, Step]:
    """The type has tags of its own besides those of its stack, under another name."""

    def tag(facts: Facts) -> Calls:
        given = [{"Key": one["Key"], "Value": str(one["Value"])} for one in facts.new.get(prop) or ()]
        return [{"ResourceId": facts.id, "Tags": given}] if given else []

    def untag(facts: Facts) -> Calls:
        kept = {one["Key"] for one in facts.new.get(prop) or ()}
        gone = [one["Key"] for one in facts.old.get(prop) or () if one["Key"] not in kept]
        return [{"ResourceId": facts.id, "TagKeys": gone}] if gone else []

    return (
        Step("UntagResource", (prop,), build=untag, defaults={prop: []}),
        Step("TagResource", (prop,), build=tag, defaults={prop: []}),
    )


def _policy(facts: Facts) -> Calls:
    policy = facts.new.get("FileSystemPolicy")
    return [{"FileSystemId": facts.id, "Policy": text(policy)}] if policy else []


def _backup(facts: Facts) -> Calls:
    wanted = (facts.new.get("BackupPolicy") or {}).get("Status", "DISABLED")
    return [{"FileSystemId": facts.id, "BackupPolicy": {"Status": wanted}}]


def _no_policy(facts: Facts) -> Calls:
    dropped = facts.old.get("FileSystemPolicy") and not facts.new.get("FileSystemPolicy")
    return [{"FileSystemId": facts.id}] if dropped else []


def _settings() -> tuple[Step, ...]:
    here = {"FileSystemId": "$id"}
    return (
        Step("PutLifecycleConfiguration", ("LifecyclePolicies",), params=here, defaults={"LifecyclePolicies": []}),
        Step("PutBackupPolicy", ("BackupPolicy",), build=_backup, defaults={"BackupPolicy": {"Status": "DISABLED"}}),
        Step("DeleteFileSystemPolicy", ("FileSystemPolicy",), build=_no_policy, defaults={"FileSystemPolicy": {}}),
        Step(
            "PutFileSystemPolicy",
            ("FileSystemPolicy", "BypassPolicyLockoutSafetyCheck"),
            build=_policy,
            defaults={"FileSystemPolicy": {}},
        ),
        Step("UpdateFileSystemProtection", ("FileSystemProtection",), build=_protection),
        *_tagging("FileSystemTags"),
    )


def _protection(facts: Facts) -> Calls:
    return [{"FileSystemId": facts.id, **facts.new.get("FileSystemProtection", {})}]


async def _token(_call: Caller, facts: Facts, params: dict[str, Any]) -> dict[str, Any]:
    """The template's own, or one that every attempt of the call has."""
    return {"ClientToken": facts.token, **params}


async def _by_token(call: Caller, facts: Facts, _known: Collection[str]) -> str | None:
    token = facts.new.get("ClientToken") or facts.token
    found = await call("efs", "DescribeAccessPoints", {"FileSystemId": facts.new["FileSystemId"]})
    return next((str(one["AccessPointId"]) for one in found["AccessPoints"] if one["ClientToken"] == token), None)


_FILE_SYSTEM = Row(
    type="AWS::EFS::FileSystem",
    service="efs",
    create=Step("CreateFileSystem", params={"CreationToken": "$token"}),
    id="$response.FileSystemId",
    read=Read("DescribeFileSystems", {"FileSystemId": "$id"}, "$response.FileSystems.0"),
    attributes={"FileSystemId": "$id", "Arn": "$item.FileSystemArn"},
    also=_settings(),
    update=(
        Step(
            "UpdateFileSystem",
            ("ThroughputMode", "ProvisionedThroughputInMibps"),
            always=("ThroughputMode", "ProvisionedThroughputInMibps"),
            params={"FileSystemId": "$id"},
            defaults={"ThroughputMode": "bursting"},
        ),
    ),
    delete=(Step("DeleteFileSystem", params={"FileSystemId": "$id"}),),
    gone=("FileSystemNotFound",),
    stable=status("LifeCycleState", ("available",), ("error",)),
    find=Find("DescribeFileSystems", "$response.FileSystems", "$item.FileSystemId", {}, {"CreationToken": "$token"}),
    tags=_TAGGING,
)  # fmt: skip

_MOUNT_TARGET = Row(
    type="AWS::EFS::MountTarget",
    service="efs",
    create=Step("CreateMountTarget"),
    id="$response.MountTargetId",
    read=Read("DescribeMountTargets", {"MountTargetId": "$id"}, "$response.MountTargets.0"),
    attributes={"Id": "$id", "IpAddress": "$item.IpAddress"},
    update=(
        Step("ModifyMountTargetSecurityGroups", ("SecurityGroups",), params={"MountTargetId": "$id"}),
    ),
    delete=(Step("DeleteMountTarget", params={"MountTargetId": "$id"}),),
    gone=("MountTargetNotFound", "FileSystemNotFound"),
    stable=status("LifeCycleState", ("available",), ("error",)),
    over=lambda item: item["LifeCycleState"] == "deleted",
    find=Find(
        "DescribeMountTargets",
        "$response.MountTargets",
        "$item.MountTargetId",
        {"FileSystemId": "$new.FileSystemId"},
        {"SubnetId": "$new.SubnetId"},
    ),
)  # fmt: skip

_ACCESS_POINT = Row(
    type="AWS::EFS::AccessPoint",
    service="efs",
    create=Step("CreateAccessPoint"),
    id="$response.AccessPointId",
    read=Read("DescribeAccessPoints", {"AccessPointId": "$id"}, "$response.AccessPoints.0"),
    attributes={"AccessPointId": "$id", "Arn": "$item.AccessPointArn"},
    also=_tagging("AccessPointTags"),
    delete=(Step("DeleteAccessPoint", params={"AccessPointId": "$id"}),),
    gone=("AccessPointNotFound",),
    seek=_by_token,
    complete=_token,
    tags=_TAGGING,
)

ROWS = (_FILE_SYSTEM, _MOUNT_TARGET, _ACCESS_POINT)
