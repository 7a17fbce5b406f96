"""The loopback driver on EC2's records."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from netflux.controlplane.apis import Apis
from netflux.controlplane.moto.backend import Moto
from netflux.controlplane.records.documents import Documents
from netflux.errors import AwsError
from netflux.network.interface import InterfaceRequest
from netflux.network.ledger import OWNER_TAG, RECORD, Record
from netflux.network.loopback import LoopbackNetwork
from tests.controlplane.plane import with_ec2


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
    apis = Apis("000000000000", "us-east-1", Moto(documents, "000000000000", "us-east-1"), lambda _: None)
    with_ec2(apis, documents)
    region = Region(apis, documents)
    await region.prepare()
    yield region
    documents.close()


@pytest.fixture
async def network(region: Region) -> AsyncIterator[LoopbackNetwork]:
    network = LoopbackNetwork(region.documents)
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
    assert not [*region.documents.table(RECORD)]


async def test_interfaces_come_back_with_id_and_addresses(region: Region, network: LoopbackNetwork) -> None:
    before = await network.attach(region.request("ecs/task/1"))
    service = network.service_address("movie-service:8080")
    await network.stop()
    again = LoopbackNetwork(region.documents)
    await again.start()
    assert again.of("ecs/task/1") == before
    assert again.service_address("movie-service:8080") == service
    assert again.service_address("other:8080") != service
    await again.stop()


async def test_regions_beside_each_other_have_different_blocks(region: Region, network: LoopbackNetwork) -> None:
    other = LoopbackNetwork(region.documents)
    await other.start()
    assert other.block != network.block
    await other.stop()


async def test_a_kill_between_ec2s_record_and_the_owners_leaves_neither(
    region: Region, network: LoopbackNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(region.documents.table(RECORD), "put", dies)
    with pytest.raises(KeyboardInterrupt):
        await network.attach(region.request("ecs/task/1"))
    monkeypatch.undo()
    assert await region.enis() == []
    assert network.of("ecs/task/1") is None
    assert (await network.attach(region.request("ecs/task/1"))).id
    assert len(await region.enis()) == 1


async def test_what_a_release_before_left_apart_is_brought_together(region: Region) -> None:
    network = LoopbackNetwork(region.documents)
    await network.start()
    kept, going = [await network.attach(region.request(owner)) for owner in ("kept", "going")]
    await network.stop()
    records = region.documents.table(RECORD)
    leaving = records.get("going")
    assert leaving is not None
    records.put(replace(leaving, leaving=True))
    lost = {"Key": OWNER_TAG, "Value": "lost"}
    made = {"SubnetId": region.subnet, "TagSpecifications": [{"ResourceType": "network-interface", "Tags": [lost]}]}
    await region.apis.call("ec2", "CreateNetworkInterface", made)
    again = LoopbackNetwork(region.documents)
    await again.start()
    assert again.of("kept") == replace(kept, local_address=again.of("kept").local_address)
    assert [eni["NetworkInterfaceId"] for eni in await region.enis()] == [kept.id]
    assert again.of("going") is None
    assert going.id != kept.id
    await again.stop()


async def test_an_interface_with_an_owner_is_its_services(region: Region, network: LoopbackNetwork) -> None:
    interface = await network.attach(region.request("elbv2/arn/subnet"))
    (eni,) = await region.enis()
    assert (eni["Status"], eni["RequesterId"], eni["RequesterManaged"]) == ("in-use", "amazon-elb", True)
    assert "Association" not in eni, "this driver has no internet gateway"
    for operation, more, code in (
        ("DeleteNetworkInterface", {}, "InvalidParameterValue"),
        ("ModifyNetworkInterfaceAttribute", {"Groups": [region.group]}, "AuthFailure"),
        ("AssignPrivateIpAddresses", {"SecondaryPrivateIpAddressCount": 1}, "AuthFailure"),
    ):
        with pytest.raises(AwsError) as refused:
            await region.apis.call("ec2", operation, {"NetworkInterfaceId": interface.id, **more})
        assert refused.value.code == code
    for operation, params in (
        ("DeleteSubnet", {"SubnetId": region.subnet}),
        ("DeleteSecurityGroup", {"GroupId": region.group}),
    ):
        with pytest.raises(AwsError) as refused:
            await region.apis.call("ec2", operation, params)
        assert refused.value.code == "DependencyViolation"


def test_what_a_release_before_wrote_of_an_owner_is_read(tmp_path: Path) -> None:
    documents = Documents(tmp_path / "netflux.db")
    old = {
        "owner": "rds/a", "subnet_id": "subnet-1", "security_groups": ["sg-1"], "description": "d",
        "vpc_address": "10.0.0.9", "offset": 12, "availability_zone": "us-east-1a", "id": "eni-1",
        "mac_address": "02:00:00:00:00:01", "leaving": False, "hosted": False, "public": True,
    }  # fmt: skip
    documents.put("network/interface", "rds/a", old)
    assert [*documents.table(RECORD)] == [Record("rds/a", "eni-1", 12, public=True)]
    documents.close()
