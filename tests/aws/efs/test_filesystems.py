"""File systems with mount targets and access points, from creation to the folder's end, and what a client mounts."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from typing import Any

import pytest

from netflux.errors import AwsError
from netflux.resources.efs import mount
from netflux.resources.efs.mount import Mounted, MountError, Wanted
from tests.aws.efs.conftest import Files

_PERMITTED = {mount.MOUNT, mount.WRITE, mount.ROOT}


async def test_a_mount_target_gets_an_interface_of_the_network(files: Files) -> None:
    system = await files.system()
    made = await files.call("CreateMountTarget", FileSystemId=system, SubnetId=files.subnets[0])
    assert made["LifeCycleState"] == "creating"
    assert "IpAddress" not in made
    await files.settle()
    (found,) = (await files.call("DescribeMountTargets", FileSystemId=system))["MountTargets"]
    assert found["LifeCycleState"] == "available"
    asked = {"NetworkInterfaceIds": [found["NetworkInterfaceId"]]}
    (interface,) = (await files.apis.call("ec2", "DescribeNetworkInterfaces", asked))["NetworkInterfaces"]
    assert interface["PrivateIpAddress"] == found["IpAddress"]
    assert [group["GroupName"] for group in interface["Groups"]] == ["default"]
    await files.call(
        "ModifyMountTargetSecurityGroups", MountTargetId=found["MountTargetId"], SecurityGroups=[files.group]
    )
    await files.settle()
    (interface,) = (await files.apis.call("ec2", "DescribeNetworkInterfaces", asked))["NetworkInterfaces"]
    assert [group["GroupId"] for group in interface["Groups"]] == [files.group]


async def test_a_file_system_goes_with_its_files_after_its_mount_targets(files: Files) -> None:
    system = await files.system()
    target = await files.call("CreateMountTarget", FileSystemId=system, SubnetId=files.subnets[0])
    await files.settle()
    folder = (await _mount(files, system)).folder
    (folder / "f").write_text("x" * 10_000)
    await files.settle()
    (shown,) = (await files.call("DescribeFileSystems"))["FileSystems"]
    assert (shown["SizeInBytes"]["Value"], shown["NumberOfMountTargets"]) == (10_000, 1)
    with pytest.raises(AwsError, match="FileSystemInUse"):
        await files.call("DeleteFileSystem", FileSystemId=system)
    await files.call("DeleteMountTarget", MountTargetId=target["MountTargetId"])
    await files.settle()
    assert (await files.call("DescribeMountTargets", FileSystemId=system))["MountTargets"] == []
    await files.call("DeleteFileSystem", FileSystemId=system)
    with pytest.raises(AwsError, match="FileSystemNotFound"):
        await files.call("DescribeFileSystems", FileSystemId=system)
    assert folder.exists()
    await files.settle()
    assert not folder.exists()
    assert [*files.kept.systems] == []


async def _mount(files: Files, system: str, point: str = "", reached: bool = True, **wanted: Any) -> Mounted:
    async def reach(_address: str) -> bool:
        return reached

    permitted = wanted.pop("permitted", _PERMITTED)
    (target, *_) = (await files.call("DescribeMountTargets", FileSystemId=system))["MountTargets"]
    asked = {"root": "/", "vpc": target["VpcId"], "zone": "us-east-1a", **wanted}
    return await mount.mount(
        files.kept, files.directory, Wanted(system, point=point, **asked), reach, lambda _, action: action in permitted
    )


async def test_a_client_without_a_mount_target_in_its_zone_does_not_find_the_file_system(files: Files) -> None:
    system = await files.system()
    await files.call("CreateMountTarget", FileSystemId=system, SubnetId=files.subnets[0])
    with pytest.raises(MountError, match="Failed to resolve"):
        await _mount(files, system)
    await files.settle()
    assert (await _mount(files, system)).folder == files.directory / system
    with pytest.raises(MountError, match=f'Failed to resolve "{system}.efs.us-east-1.amazonaws.com"'):
        await _mount(files, system, zone="us-east-1b")


async def test_what_a_client_may_not_reach_or_do_is_refused_in_the_mount_helpers_words(files: Files) -> None:
    system = await files.system()
    await files.call("CreateMountTarget", FileSystemId=system, SubnetId=files.subnets[0])
    await files.settle()
    with pytest.raises(MountError, match="Connection timed out"):
        await _mount(files, system, reached=False)
    with pytest.raises(MountError, match="access denied by server"):
        await _mount(files, system, permitted=set())
    with pytest.raises(MountError, match="access denied by server"):
        await _mount(files, system, point="fsap-0")
    with pytest.raises(MountError, match="/none failed, reason given by server: No such file or directory"):
        await _mount(files, system, root="/none")
    (files.directory / system / "link").symlink_to("/etc")
    with pytest.raises(MountError, match="Not a directory"):
        await _mount(files, system, root="/link")
    seen = await _mount(files, system, permitted={mount.MOUNT})
    assert (seen.read_only, seen.owner) == (True, mount.NOBODY)


async def test_an_access_point_makes_its_folder_for_its_owner(files: Files) -> None:
    system = await files.system()
    await files.call("CreateMountTarget", FileSystemId=system, SubnetId=files.subnets[0])
    await files.settle()
    creation = {"OwnerUid": 1234, "OwnerGid": 1235, "Permissions": "0750"}
    point = await files.call(
        "CreateAccessPoint", ClientToken="p", FileSystemId=system, PosixUser={"Uid": 7, "Gid": 8},
        RootDirectory={"Path": "/data/app", "CreationInfo": creation},
    )  # fmt: skip
    assert not (files.directory / system).exists()
    seen = await _mount(files, system, point["AccessPointId"])
    assert (seen.folder, seen.owner) == (files.directory / system / "data/app", (7, 8))
    assert seen.folder.stat().st_mode & 0o777 == 0o750
    if os.getuid() == 0:
        assert (seen.folder.stat().st_uid, seen.folder.stat().st_gid) == (1234, 1235)


async def test_what_was_sent_is_told_again(files: Files) -> None:
    before = datetime.now(UTC)
    made = await files.call(
        "CreateFileSystem", CreationToken="all", PerformanceMode="maxIO", Encrypted=True, ThroughputMode="provisioned",
        ProvisionedThroughputInMibps=12.5, Backup=True, Tags=[{"Key": "Name", "Value": "n"}],
    )  # fmt: skip
    system = made["FileSystemId"]
    (shown,) = (await files.call("DescribeFileSystems", CreationToken="all"))["FileSystems"]
    assert shown == made
    assert (shown["PerformanceMode"], shown["ThroughputMode"], shown["ProvisionedThroughputInMibps"]) == (
        "maxIO", "provisioned", 12.5,
    )  # fmt: skip
    assert (shown["Encrypted"], shown["Name"], shown["Tags"]) == (True, "n", [{"Key": "Name", "Value": "n"}])
    assert shown["CreationTime"] >= before
    assert (await files.call("DescribeBackupPolicy", FileSystemId=system))["BackupPolicy"] == {"Status": "ENABLED"}
    lifecycle = [{"TransitionToIA": "AFTER_7_DAYS"}, {"TransitionToPrimaryStorageClass": "AFTER_1_ACCESS"}]
    await files.call("PutLifecycleConfiguration", FileSystemId=system, LifecyclePolicies=lifecycle)
    assert (await files.call("DescribeLifecycleConfiguration", FileSystemId=system))["LifecyclePolicies"] == lifecycle
    policy = json.dumps({"Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "*"}]})
    await files.call("PutFileSystemPolicy", FileSystemId=system, Policy=policy)
    assert (await files.call("DescribeFileSystemPolicy", FileSystemId=system))["Policy"] == policy
    await files.call("UpdateFileSystem", FileSystemId=system, ThroughputMode="elastic")
    (shown,) = (await files.call("DescribeFileSystems", FileSystemId=system))["FileSystems"]
    assert shown["ThroughputMode"] == "elastic"
    assert "ProvisionedThroughputInMibps" not in shown
    await files.call("UpdateFileSystemProtection", FileSystemId=system, ReplicationOverwriteProtection="DISABLED")
    (shown,) = (await files.call("DescribeFileSystems", FileSystemId=system))["FileSystems"]
    assert shown["FileSystemProtection"] == {"ReplicationOverwriteProtection": "DISABLED"}
    root = {"Path": "/a", "CreationInfo": {"OwnerUid": 1, "OwnerGid": 2, "Permissions": "755"}}
    point = await files.call(
        "CreateAccessPoint", ClientToken="c", FileSystemId=system, Tags=[{"Key": "Name", "Value": "p"}],
        PosixUser={"Uid": 3, "Gid": 4, "SecondaryGids": [5]}, RootDirectory=root,
    )  # fmt: skip
    (told,) = (await files.call("DescribeAccessPoints", FileSystemId=system))["AccessPoints"]
    assert told == point
    assert (told["PosixUser"], told["RootDirectory"]) == ({"Uid": 3, "Gid": 4, "SecondaryGids": [5]}, root)
    for resource in (system, point["AccessPointArn"]):
        await files.call("TagResource", ResourceId=resource, Tags=[{"Key": "k", "Value": "v"}])
        await files.call("UntagResource", ResourceId=resource, TagKeys=["Name"])
        assert (await files.call("ListTagsForResource", ResourceId=resource))["Tags"] == [{"Key": "k", "Value": "v"}]
