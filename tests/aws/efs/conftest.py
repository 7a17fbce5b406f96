"""EFS beside EC2 on disk, with its controller on a network that is real, and a VPC."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from netflux import names
from netflux.aws.efs.api import EfsApi
from netflux.aws.efs.controller import FileSystemController
from netflux.aws.efs.part import Parts
from netflux.clock import Clock
from netflux.controlplane.apis import Apis
from netflux.network.loopback import LoopbackNetwork
from netflux.resources.efs.filesystem import FileSystems
from tests.controlplane.plane import Plane


@dataclass
class Files:
    """A region with EFS. Nothing happens but what a test asks for."""

    apis: Apis
    kept: FileSystems
    controller: FileSystemController
    directory: Path
    subnets: list[str]
    group: str

    async def call(self, operation: str, **params: Any) -> dict[str, Any]:
        return dict(await self.apis.call("efs", operation, params))

    async def settle(self) -> None:
        for key in await self.controller.keys():
            await self.controller.reconcile(key)

    async def system(self, **params: Any) -> str:
        return str((await self.call("CreateFileSystem", CreationToken="t", **params))["FileSystemId"])


@pytest.fixture
async def files(tmp_path: Path) -> AsyncIterator[Files]:
    plane = Plane(tmp_path)
    apis = await plane.start()
    network = LoopbackNetwork(plane.documents)
    await network.start()
    directory = tmp_path / "efs"
    controller = FileSystemController(plane.documents, network, directory)
    parts = Parts(plane.documents, Clock(), apis, lambda _: None, controller.sizes, names.ACCOUNT)
    apis.register(EfsApi(parts))
    vpc = (await apis.call("ec2", "CreateVpc", {"CidrBlock": "10.0.0.0/16"}))["Vpc"]["VpcId"]
    subnets = []
    for number, zone in ((1, "us-east-1a"), (2, "us-east-1b"), (3, "us-east-1a")):
        asked = {"VpcId": vpc, "CidrBlock": f"10.0.{number}.0/24", "AvailabilityZone": zone}
        subnets.append((await apis.call("ec2", "CreateSubnet", asked))["Subnet"]["SubnetId"])
    asked = {"GroupName": "g", "Description": "g", "VpcId": vpc}
    group = (await apis.call("ec2", "CreateSecurityGroup", asked))["GroupId"]
    yield Files(apis, FileSystems(plane.documents), controller, directory, subnets, group)
    await network.stop()
    plane.stop()
