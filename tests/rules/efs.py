"""What EFS refuses."""

from __future__ import annotations

from netflux import names
from netflux.aws.efs.api import EfsApi
from netflux.aws.efs.part import Parts
from netflux.clock import Clock
from netflux.controlplane.apis import Apis
from tests.controlplane.plane import Plane
from tests.rules.rule import Rule

SERVICE = "efs"
_API = "Amazon EFS API Reference"
_CREATE, _TARGET, _POINT = f"CreateFileSystem, {_API}", f"CreateMountTarget, {_API}", f"CreateAccessPoint, {_API}"
_MANAGE = "Managing mount targets, Amazon EFS User Guide"
_NONE = "fs-0123456789abcdef0"


def _point(**root: object) -> dict[str, object]:
    return {"ClientToken": "x", "FileSystemId": "{system}", "RootDirectory": root}


RULES = [
    Rule("A creation token is one file system's.", "CreateFileSystem", {"CreationToken": "kept"},
         "FileSystemAlreadyExists", _CREATE, "already exists with creation token"),
    Rule("A key is for an encrypted file system.", "CreateFileSystem", {"CreationToken": "a", "KmsKeyId": "alias/x"},
         "BadRequest", _CREATE, "Encrypted"),
    Rule("Provisioned throughput has a rate.", "CreateFileSystem",
         {"CreationToken": "a", "ThroughputMode": "provisioned"}, "BadRequest", _CREATE),
    Rule("Only provisioned throughput has a rate.", "CreateFileSystem",
         {"CreationToken": "a", "ProvisionedThroughputInMibps": 1.0}, "BadRequest", _CREATE),
    Rule("A One Zone file system is in a zone of the region.", "CreateFileSystem",
         {"CreationToken": "a", "AvailabilityZoneName": "eu-west-1a"}, "BadRequest", _CREATE),
    Rule("A file system has to be there.", "DescribeFileSystems", {"FileSystemId": _NONE}, "FileSystemNotFound",
         f"DescribeFileSystems, {_API}"),
    Rule("A file system with mount targets can't be deleted.", "DeleteFileSystem", {"FileSystemId": "{system}"},
         "FileSystemInUse", f"DeleteFileSystem, {_API}"),
    Rule("A mount target's subnet has to be there.", "CreateMountTarget",
         {"FileSystemId": "{system}", "SubnetId": "subnet-0123456789abcdef0"}, "SubnetNotFound", _TARGET),
    Rule("A zone has one mount target.", "CreateMountTarget", {"FileSystemId": "{system}", "SubnetId": "{same}"},
         "MountTargetConflict", _MANAGE, "already exists in this AZ"),
    Rule("Mount targets are in one VPC.", "CreateMountTarget", {"FileSystemId": "{system}", "SubnetId": "{other}"},
         "MountTargetConflict", _MANAGE, "not in the same VPC"),
    Rule("A mount target's groups are of its VPC.", "CreateMountTarget",
         {"FileSystemId": "{system}", "SubnetId": "{free}", "SecurityGroups": ["sg-0123456789abcdef0"]},
         "SecurityGroupNotFound", _TARGET),
    Rule("A One Zone file system has a mount target in its zone.", "CreateMountTarget",
         {"FileSystemId": "{zonal}", "SubnetId": "{free}"}, "AvailabilityZonesMismatch", _TARGET),
    Rule("A mount target has to be there.", "DeleteMountTarget", {"MountTargetId": "fsmt-0123456789abcdef0"},
         "MountTargetNotFound", f"DeleteMountTarget, {_API}"),
    Rule("Mount targets are asked for in one way.", "DescribeMountTargets", {}, "BadRequest",
         f"DescribeMountTargets, {_API}"),
    Rule("An access point's path is absolute.", "CreateAccessPoint", _point(Path="a"), "BadRequest", _POINT),
    Rule("An access point's path leads nowhere else.", "CreateAccessPoint", _point(Path="/a/../b"), "BadRequest",
         _POINT),
    Rule("Four levels of folders are made.", "CreateAccessPoint",
         _point(Path="/a/b/c/d/e", CreationInfo={"OwnerUid": 1, "OwnerGid": 1, "Permissions": "755"}), "BadRequest",
         _POINT),
    Rule("A client token is one access point's.", "CreateAccessPoint",
         {"ClientToken": "kept", "FileSystemId": "{system}"}, "AccessPointAlreadyExists", _POINT),
    Rule("An access point has to be there.", "DeleteAccessPoint", {"AccessPointId": "fsap-0123456789abcdef0"},
         "AccessPointNotFound", f"DeleteAccessPoint, {_API}"),
    Rule("A policy is one.", "PutFileSystemPolicy", {"FileSystemId": "{system}", "Policy": "{}"},
         "InvalidPolicyException", f"PutFileSystemPolicy, {_API}"),
    Rule("A file system without a policy says so.", "DescribeFileSystemPolicy", {"FileSystemId": "{system}"},
         "PolicyNotFound", f"DescribeFileSystemPolicy, {_API}"),
    Rule("A lifecycle policy has one transition.", "PutLifecycleConfiguration",
         {"FileSystemId": "{system}", "LifecyclePolicies": [
             {"TransitionToIA": "AFTER_7_DAYS", "TransitionToArchive": "AFTER_7_DAYS"}]},
         "BadRequest", f"PutLifecycleConfiguration, {_API}"),
]  # fmt: skip


def register(plane: Plane, apis: Apis) -> None:
    """EFS without its controller: mount targets stay as they are asked for."""
    apis.register(EfsApi(Parts(plane.documents, Clock(), apis, lambda _: None, {}, names.ACCOUNT)))


async def prepare(apis: Apis) -> dict[str, str]:
    """A file system with a mount target, and subnets of two VPCs."""
    found: dict[str, str] = {}
    vpcs = [(await apis.call("ec2", "CreateVpc", {"CidrBlock": "10.0.0.0/16"}))["Vpc"]["VpcId"] for _ in range(2)]
    for name, number, vpc, zone in (
        ("used", 1, vpcs[0], "a"), ("same", 2, vpcs[0], "a"), ("free", 3, vpcs[0], "b"), ("other", 4, vpcs[1], "c"),
    ):  # fmt: skip
        asked = {"VpcId": vpc, "CidrBlock": f"10.0.{number}.0/24", "AvailabilityZone": f"{names.REGION}{zone}"}
        found[name] = (await apis.call("ec2", "CreateSubnet", asked))["Subnet"]["SubnetId"]
    found["system"] = (await apis.call("efs", "CreateFileSystem", {"CreationToken": "kept"}))["FileSystemId"]
    zonal = {"CreationToken": "zonal", "AvailabilityZoneName": f"{names.REGION}a"}
    found["zonal"] = (await apis.call("efs", "CreateFileSystem", zonal))["FileSystemId"]
    await apis.call("efs", "CreateMountTarget", {"FileSystemId": found["system"], "SubnetId": found["used"]})
    await apis.call("efs", "CreateAccessPoint", {"ClientToken": "kept", "FileSystemId": found["system"]})
    return found
