"""The loopback driver against moto's EC2."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from moto.moto_api._internal import moto_api_backend

from netflux.controlplane.apis import Apis
from netflux.controlplane.moto.backend import Moto
from netflux.controlplane.records.documents import Documents
from netflux.errors import AwsError
from netflux.network.interface import InterfaceRequest
from netflux.network.ledger import INTERFACE
from netflux.network.loopback import LoopbackNetwork


class Region:
    """EC2 with one subnet."""

    def __init__(self, apis: Apis, documents: Documents) -> None:
        self.apis = apis
        self.documents = documents
        self.subnet = ""
        self.group = ""

    async def prepare(self) -> None:
        vpc = (await self.apis.call("ec2", "CreateVpc", {"CidrBlock": "10.0.0.0/16"}))["Vpc"]["VpcId"]
        subnet = {"VpcId": vpc, "CidrBlock": "10.0.3.0/28", "AvailabilityZone": "us-east-1b"}
        self.subnet = (await self.apis.call("ec2", "CreateSubnet", subnet))["Subnet"]["SubnetId"]
        group = {"GroupName": "app", "Description": "app", "VpcId": vpc}
        self.group = (await self.apis.call("ec2", "CreateSecurityGroup", group))["GroupId"]

    def request(self, owner: str) -> InterfaceRequest:
        return InterfaceRequest(owner, self.subnet, [self.group], f"of {owner}")

    async def enis(self) -> list[dict[str, Any]]:
        condition = {"Name": "subnet-id", "Values": [self.subnet]}
        found = await self.apis.call("ec2", "DescribeNetworkInterfaces", {"Filters": [condition]})
        return list(found["NetworkInterfaces"])


@pytest.fixture
async def region(tmp_path: Path) -> AsyncIterator[Region]:
    documents = Documents(tmp_path / "netflux.db")
    moto = Moto(documents, "000000000000", "us-east-1")
    moto_api_backend.reset()  # its backends are the process's, and other tests have used them
    region = Region(Apis("000000000000", "us-east-1", moto, lambda _: None), documents)
    await region.prepare()
    yield region
    moto.stop()
    documents.close()


@pytest.fixture
async def network(region: Region) -> AsyncIterator[LoopbackNetwork]:
    network = LoopbackNetwork(region.apis, region.documents)
    await network.start()
    yield network
    await network.stop()


async def test_an_interface_is_an_eni_of_ec2_with_an_address_of_the_subnet(
    region: Region, network: LoopbackNetwork
) -> None:
    interface = await network.attach(region.request("ecs/task/1"))
    (eni,) = await region.enis()
    assert eni["NetworkInterfaceId"] == interface.id
    assert eni["PrivateIpAddress"] == interface.vpc_address
    assert eni["Description"] == "of ecs/task/1"
    assert [group["GroupId"] for group in eni["Groups"]] == [region.group]
    assert interface.availability_zone == "us-east-1b"
    assert interface.local_address.startswith(network.block.removesuffix("0.0/16"))
    assert network.of("ecs/task/1") == interface
    assert network.locate(interface.vpc_address) == interface


async def test_the_local_address_can_be_bound_and_reached(region: Region, network: LoopbackNetwork) -> None:
    interface = await network.attach(region.request("ecs/task/1"))
    server = await asyncio.start_server(lambda _r, w: w.close(), interface.local_address, 0)
    port = server.sockets[0].getsockname()[1]
    _, writer = await asyncio.open_connection(interface.local_address, port)
    writer.close()
    server.close()


async def test_attaching_again_gives_the_same_interface(region: Region, network: LoopbackNetwork) -> None:
    both = await asyncio.gather(*(network.attach(region.request("ecs/task/1")) for _ in range(3)))
    assert len(set(both)) == 1
    assert len(await region.enis()) == 1


async def test_interfaces_attached_at_once_never_share_an_address(region: Region, network: LoopbackNetwork) -> None:
    found = await asyncio.gather(*(network.attach(region.request(f"ecs/task/{n}")) for n in range(8)))
    assert len({interface.vpc_address for interface in found}) == 8
    assert len({interface.local_address for interface in found}) == 8


async def test_a_full_subnet_is_refused_as_ec2_does(region: Region, network: LoopbackNetwork) -> None:
    for n in range(11):
        await network.attach(region.request(f"ecs/task/{n}"))
    with pytest.raises(AwsError) as caught:
        await network.attach(region.request("ecs/task/one-too-many"))
    assert caught.value.code == "InsufficientFreeAddressesInSubnet"


async def test_detaching_removes_the_eni_and_frees_the_address(region: Region, network: LoopbackNetwork) -> None:
    interface = await network.attach(region.request("ecs/task/1"))
    await network.detach("ecs/task/1")
    await network.detach("ecs/task/1")
    assert await region.enis() == []
    assert network.of("ecs/task/1") is None
    assert network.locate(interface.vpc_address) is None


async def test_unknown_subnets_and_groups_are_ec2s_errors(region: Region, network: LoopbackNetwork) -> None:
    with pytest.raises(AwsError) as caught:
        await network.attach(InterfaceRequest("x", "subnet-0123456789abcdef0", [], ""))
    assert caught.value.code == "InvalidSubnetID.NotFound"
    with pytest.raises(AwsError) as caught:
        await network.attach(InterfaceRequest("x", region.subnet, ["sg-0123456789abcdef0"], ""))
    assert caught.value.code in ("InvalidGroup.NotFound", "InvalidSecurityGroupID.NotFound")
    assert region.documents.list(INTERFACE) == []


async def test_interfaces_come_back_with_id_and_addresses(region: Region, network: LoopbackNetwork) -> None:
    before = await network.attach(region.request("ecs/task/1"))
    service = network.service_address("movie-service:8080")
    await network.stop()
    again = LoopbackNetwork(region.apis, region.documents)
    await again.start()
    assert again.of("ecs/task/1") == before
    assert again.service_address("movie-service:8080") == service
    assert again.service_address("other:8080") != service
    await again.stop()


async def test_regions_beside_each_other_have_different_blocks(region: Region, network: LoopbackNetwork) -> None:
    other = LoopbackNetwork(region.apis, region.documents)
    await other.start()
    assert other.block != network.block
    await other.stop()


class Killed(Exception):
    """SIGKILL, as far as one process can play it."""


class Dying:
    """Apis of a region that is killed at one operation."""

    def __init__(self, apis: Apis, operation: str, after: bool) -> None:
        self._apis, self._operation, self._after = apis, operation, after

    async def call(self, service: str, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        if operation != self._operation:
            return await self._apis.call(service, operation, params)
        if self._after:
            await self._apis.call(service, operation, params)
        raise Killed


@pytest.mark.parametrize("after", [True, False])
@pytest.mark.parametrize("operation", ["CreateNetworkInterface", "DeleteNetworkInterface"])
async def test_a_region_killed_half_way_leaves_ec2_and_records_the_same(
    region: Region, operation: str, after: bool
) -> None:
    network = LoopbackNetwork(Dying(region.apis, operation, after), region.documents)
    await network.start()
    with contextlib.suppress(Killed):
        await network.attach(region.request("ecs/task/1"))
        await network.detach("ecs/task/1")
    await network.stop()
    again = LoopbackNetwork(region.apis, region.documents)
    await again.start()
    enis = {eni["NetworkInterfaceId"] for eni in await region.enis()}
    found = again.of("ecs/task/1")
    assert enis == ({found.id} if found else set())
    assert (await again.attach(region.request("ecs/task/1"))).id
    assert len(await region.enis()) == 1
    await again.stop()


async def test_an_eni_without_a_record_goes_and_a_record_without_eni_gets_one(region: Region) -> None:
    network = LoopbackNetwork(region.apis, region.documents)
    await network.start()
    kept = await network.attach(region.request("kept"))
    lost = await network.attach(region.request("lost"))
    await network.stop()
    region.documents.delete(INTERFACE, "lost")
    await region.apis.call("ec2", "DeleteNetworkInterface", {"NetworkInterfaceId": kept.id})
    again = LoopbackNetwork(region.apis, region.documents)
    await again.start()
    found = again.of("kept")
    assert found is not None
    assert found.vpc_address == kept.vpc_address
    assert [eni["NetworkInterfaceId"] for eni in await region.enis()] == [found.id]
    assert lost.id != found.id
    await again.stop()
