"""File systems of templates, with their mount targets and access points."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from netflux.aws.efs.api import EfsApi
from netflux.aws.efs.controller import FileSystemController
from netflux.aws.efs.part import Parts
from netflux.clock import Clock
from netflux.network.loopback import LoopbackNetwork
from tests.cloudformation.cloud import ACCOUNT, Cloud

TEMPLATE = """
Resources:
  Vpc: {Type: "AWS::EC2::VPC", Properties: {CidrBlock: 10.7.0.0/16}}
  Subnet: {Type: "AWS::EC2::Subnet", Properties: {VpcId: !Ref Vpc, CidrBlock: 10.7.1.0/24}}
  Group: {Type: "AWS::EC2::SecurityGroup", Properties: {GroupDescription: g, VpcId: !Ref Vpc}}
  Files:
    Type: AWS::EFS::FileSystem
    Properties:
      Encrypted: true
      LifecyclePolicies: [{TransitionToIA: AFTER_14_DAYS}]
      BackupPolicy: {Status: ENABLED}
      FileSystemTags: [{Key: Name, Value: first}]
      FileSystemPolicy:
        Statement: [{Effect: Allow, Principal: {AWS: "*"}, Action: ["elasticfilesystem:ClientMount"]}]
  Target:
    Type: AWS::EFS::MountTarget
    Properties: {FileSystemId: !Ref Files, SubnetId: !Ref Subnet, SecurityGroups: [!Ref Group]}
  Point:
    Type: AWS::EFS::AccessPoint
    Properties:
      FileSystemId: !Ref Files
      PosixUser: {Uid: "1000", Gid: "1000"}
      RootDirectory: {Path: /d, CreationInfo: {OwnerUid: "1000", OwnerGid: "1000", Permissions: "755"}}
      AccessPointTags: [{Key: Name, Value: point}]
Outputs:
  Address: {Value: !GetAtt Target.IpAddress}
  Arn: {Value: !GetAtt Point.Arn}
"""


@pytest.fixture
async def files(cloud: Cloud, tmp_path: Path) -> AsyncIterator[Cloud]:
    network = LoopbackNetwork(cloud.documents)
    await network.start()
    controller = FileSystemController(cloud.documents, network, tmp_path / "efs")
    passes: set[asyncio.Future[Any]] = set()

    def poke(key: str) -> None:
        made = asyncio.ensure_future(controller.reconcile(key))
        passes.add(made)
        made.add_done_callback(passes.discard)

    cloud.apis.register(EfsApi(Parts(cloud.documents, Clock(), cloud.apis, poke, controller.sizes, ACCOUNT)))
    yield cloud
    await asyncio.gather(*passes)
    await network.stop()


async def test_a_file_system_is_the_templates_and_follows_it_and_goes_with_it(files: Cloud) -> None:
    async def call(operation: str, **params: Any) -> dict[str, Any]:
        return dict(await files.apis.call("efs", operation, params))

    stack = await files.create(TEMPLATE)
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    (system,) = (await call("DescribeFileSystems"))["FileSystems"]
    assert (system["Name"], system["Encrypted"], system["NumberOfMountTargets"]) == ("first", True, 1)
    identity = system["FileSystemId"]
    (point,) = (await call("DescribeAccessPoints"))["AccessPoints"]
    assert (point["Name"], point["PosixUser"]) == ("point", {"Uid": 1000, "Gid": 1000})
    (target,) = (await call("DescribeMountTargets", FileSystemId=identity))["MountTargets"]
    outputs = {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}
    assert outputs == {"Address": target["IpAddress"], "Arn": point["AccessPointArn"]}
    changed = TEMPLATE.replace("AFTER_14_DAYS", "AFTER_7_DAYS").replace("ENABLED", "DISABLED").replace("first", "next")
    dropped = changed.partition("      FileSystemPolicy:")[0] + "  Target:" + changed.partition("  Target:")[2]
    assert (await files.update(dropped))["StackStatus"] == "UPDATE_COMPLETE"
    (system,) = (await call("DescribeFileSystems"))["FileSystems"]
    assert (system["FileSystemId"], system["Name"]) == (identity, "next")
    lifecycle = await call("DescribeLifecycleConfiguration", FileSystemId=identity)
    assert lifecycle["LifecyclePolicies"] == [{"TransitionToIA": "AFTER_7_DAYS"}]
    assert (await call("DescribeBackupPolicy", FileSystemId=identity))["BackupPolicy"] == {"Status": "DISABLED"}
    with pytest.raises(Exception, match="PolicyNotFound"):
        await call("DescribeFileSystemPolicy", FileSystemId=identity)
    await files.cf("DeleteStack", StackName="s")
    assert (await files.settled(stack["StackId"]))["StackStatus"] == "DELETE_COMPLETE"
    assert (await call("DescribeFileSystems"))["FileSystems"] == []
    assert (await call("DescribeAccessPoints"))["AccessPoints"] == []
