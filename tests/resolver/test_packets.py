"""The resolver with real packets: a task's namespace, the VPC's router, and EC2's and Route 53's records behind it."""

from __future__ import annotations

import asyncio
import os
import socket
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import dns.exception
import dns.message
import dns.rcode

from netflux import names
from netflux.aws.route53.api import Route53Api
from netflux.clock import Clock
from netflux.controlplane.apis import Apis
from netflux.controlplane.moto.backend import Moto
from netflux.controlplane.records.documents import Documents
from netflux.network.endpoints import Endpoints
from netflux.network.interface import InterfaceRequest
from netflux.network.namespaces import NamespaceNetwork
from netflux.resolver.resolver import LINK_LOCAL, Resolver
from tests.controlplane.plane import with_ec2
from tests.network.enclosed import enclosed, needs_namespaces

pytestmark = needs_namespaces

OWNER = "ecs/task/one"
ALB = "shop-1.us-east-1.elb.localhost"
PATIENCE = 5.0
SHORT = 0.3  # seconds in which an answer would have come


class Place:
    """A VPC with one interface that no rule lets say anything."""

    def __init__(self, apis: Apis, network: NamespaceNetwork, endpoints: Endpoints, resolver: Resolver) -> None:
        self.apis, self.network, self.endpoints, self.resolver = apis, network, endpoints, resolver

    async def ec2(self, operation: str, **params: Any) -> dict[str, Any]:
        return await self.apis.call("ec2", operation, params)

    async def vpc(self, block: str) -> tuple[str, str]:
        """A VPC with DNS hostnames, and a subnet of it."""
        vpc = (await self.ec2("CreateVpc", CidrBlock=f"{block}/16"))["Vpc"]["VpcId"]
        await self.ec2("ModifyVpcAttribute", VpcId=vpc, EnableDnsHostnames={"Value": True})
        return vpc, (await self.ec2("CreateSubnet", VpcId=vpc, CidrBlock=f"{block}/24"))["Subnet"]["SubnetId"]

    async def closed_group(self, vpc: str) -> str:
        made = await self.ec2("CreateSecurityGroup", GroupName=f"closed-{vpc}", Description="-", VpcId=vpc)
        everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
        await self.ec2("RevokeSecurityGroupEgress", GroupId=made["GroupId"], IpPermissions=everything)
        return str(made["GroupId"])

    async def attach(self, owner: str, vpc: str, subnet: str) -> str:
        """The interface's address. Its group lets nothing out, nor does its subnet's network ACL."""
        found = await self.network.attach(InterfaceRequest(owner, subnet, [await self.closed_group(vpc)], "a task"))
        return found.vpc_address

    async def ask(
        self, name: str, kind: str = "A", *, at: str, owner: str = OWNER, tcp: bool = False, patience: float = PATIENCE
    ) -> dns.message.Message:
        """A packet from the owner's namespace, and what came back."""
        query = dns.message.make_query(name, kind, use_edns=0)
        with self.network.inside(owner):
            made = socket.socket(socket.AF_INET, socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM)
        with made:
            made.settimeout(patience)
            work = _over_stream if tcp else _over_datagrams
            return await asyncio.to_thread(work, made, query, at)

    async def addresses(self, name: str, *, at: str, **how: Any) -> list[str]:
        found = await self.ask(name, at=at, **how)
        return sorted(str(one) for answer in found.answer for one in answer)


def _over_datagrams(made: socket.socket, query: dns.message.Message, at: str) -> dns.message.Message:
    made.sendto(query.to_wire(), (at, 53))
    return dns.message.from_wire(made.recvfrom(65535)[0])


def _over_stream(made: socket.socket, query: dns.message.Message, at: str) -> dns.message.Message:
    made.connect((at, 53))
    data = query.to_wire()
    made.sendall(len(data).to_bytes(2, "big") + data)
    with made.makefile("rb") as stream:
        return dns.message.from_wire(stream.read(int.from_bytes(stream.read(2), "big")))


def placed(work: Callable[[Place], Awaitable[Any]]) -> Any:
    """What the work returns, in namespaces of its own."""

    async def run(directory: Path) -> Any:
        documents = Documents(directory / "n.db")
        moto = Moto(documents, names.ACCOUNT, names.REGION)
        apis = Apis(names.ACCOUNT, names.REGION, moto, lambda _call: None)
        with_ec2(apis, documents)
        network, endpoints = NamespaceNetwork(documents), Endpoints()
        apis.register(Route53Api(documents, Clock(), apis, (names.REGION, names.ACCOUNT)))
        resolver = Resolver(apis, network, endpoints, documents)

        await network.start()
        try:
            return await work(Place(apis, network, endpoints, resolver))
        finally:
            await resolver.stop()
            await network.stop()
            moto.stop()
            documents.close()

    def inside() -> Any:
        with tempfile.TemporaryDirectory(prefix="nf.", dir=os.environ.get("TMPDIR", "/tmp")) as directory:
            return asyncio.run(run(Path(directory)))

    return enclosed(inside)


def test_a_task_reaches_the_resolver_whatever_rules_say_and_its_answers_follow_changes() -> None:
    async def work(place: Place) -> None:
        vpc, subnet = await place.vpc("10.0.0.0")
        acl = (await place.ec2("CreateNetworkAcl", VpcId=vpc))["NetworkAcl"]["NetworkAclId"]
        told = await place.ec2("DescribeNetworkAcls", Filters=[{"Name": "association.subnet-id", "Values": [subnet]}])
        before = next(one for one in told["NetworkAcls"][0]["Associations"] if one["SubnetId"] == subnet)
        association = before["NetworkAclAssociationId"]
        await place.ec2("ReplaceNetworkAclAssociation", AssociationId=association, NetworkAclId=acl)
        address = await place.attach(OWNER, vpc, subnet)
        assert await place.resolver.offer(OWNER) == "search ec2.internal\nnameserver 10.0.0.2\n"
        place.endpoints.publish_host(ALB, ["10.0.0.9", "10.0.1.9"], 60)
        for at in ("10.0.0.2", LINK_LOCAL):
            for tcp in (False, True):
                assert await place.addresses(ALB, at=at, tcp=tcp) == ["10.0.0.9", "10.0.1.9"]
        place.endpoints.publish_host(ALB, ["10.0.0.10"], 60)
        assert await place.addresses(ALB, at="10.0.0.2") == ["10.0.0.10"]
        place.endpoints.withdraw(ALB)
        assert (await place.ask(ALB, at="10.0.0.2")).rcode() == dns.rcode.NXDOMAIN
        assert (await place.ask("example.com", at="10.0.0.2")).rcode() == dns.rcode.REFUSED
        own = f"ip-{address.replace('.', '-')}.ec2.internal"
        assert await place.addresses(own, at="10.0.0.2") == [address]

    placed(work)


def test_dns_attributes_of_the_vpc_switch_answers_off_and_on() -> None:
    async def work(place: Place) -> None:
        vpc, subnet = await place.vpc("10.0.0.0")
        address = await place.attach(OWNER, vpc, subnet)
        await place.resolver.offer(OWNER)
        own = f"ip-{address.replace('.', '-')}.ec2.internal"
        place.endpoints.publish_host(ALB, ["10.0.0.9"], 60)
        await place.ec2("ModifyVpcAttribute", VpcId=vpc, EnableDnsHostnames={"Value": False})
        assert (await place.ask(own, at="10.0.0.2")).rcode() == dns.rcode.NXDOMAIN
        assert await place.addresses(ALB, at="10.0.0.2") == ["10.0.0.9"]
        await place.ec2("ModifyVpcAttribute", VpcId=vpc, EnableDnsSupport={"Value": False})
        for tcp in (False, True):
            try:
                await place.ask(ALB, at="10.0.0.2", patience=SHORT, tcp=tcp)
            except (TimeoutError, dns.exception.DNSException):
                continue
            raise AssertionError("it answered")
        await place.ec2("ModifyVpcAttribute", VpcId=vpc, EnableDnsSupport={"Value": True})
        assert await place.addresses(ALB, at="10.0.0.2") == ["10.0.0.9"]

    placed(work)


def test_a_private_zone_answers_only_in_its_vpcs() -> None:
    async def work(place: Place) -> None:
        one, in_one = await place.vpc("10.0.0.0")
        two, in_two = await place.vpc("10.1.0.0")
        await place.attach(OWNER, one, in_one)
        await place.attach("ecs/task/two", two, in_two)
        for owner in (OWNER, "ecs/task/two"):
            await place.resolver.offer(owner)
        made = await place.apis.call("route53", "CreateHostedZone", {
            "Name": "corp.internal", "CallerReference": "1", "HostedZoneConfig": {"PrivateZone": True},
            "VPC": {"VPCRegion": names.REGION, "VPCId": one},
        })  # fmt: skip
        zone = made["HostedZone"]["Id"].rpartition("/")[2]
        await change(place, zone, "UPSERT", "api.corp.internal", ["10.0.0.7"])
        assert await place.addresses("api.corp.internal", at="10.0.0.2") == ["10.0.0.7"]
        there = await place.ask("api.corp.internal", at="10.1.0.2", owner="ecs/task/two")
        assert there.rcode() == dns.rcode.NXDOMAIN
        await change(place, zone, "UPSERT", "api.corp.internal", ["10.0.0.8", "10.0.0.9"])
        assert await place.addresses("api.corp.internal", at="10.0.0.2") == ["10.0.0.8", "10.0.0.9"]
        await change(place, zone, "CREATE", "*.map.corp.internal", ["10.0.0.20"])
        association = {"HostedZoneId": zone, "VPC": {"VPCRegion": names.REGION, "VPCId": two}}
        await place.apis.call("route53", "AssociateVPCWithHostedZone", association)
        how: dict[str, Any] = {"at": "10.1.0.2", "owner": "ecs/task/two"}
        assert await place.addresses("x.map.corp.internal", **how) == ["10.0.0.20"]
        assert (await place.ask("absent.corp.internal", **how)).rcode() == dns.rcode.NXDOMAIN

    placed(work)


async def change(place: Place, zone: str, action: str, name: str, addresses: list[str]) -> None:
    values = [{"Value": address} for address in addresses]
    changes = [
        {"Action": action, "ResourceRecordSet": {"Name": name, "Type": "A", "TTL": 30, "ResourceRecords": values}}
    ]
    await place.apis.call(
        "route53", "ChangeResourceRecordSets", {"HostedZoneId": zone, "ChangeBatch": {"Changes": changes}}
    )


def test_a_vpc_that_is_deleted_leaves_no_socket() -> None:
    async def work(place: Place) -> None:
        vpc, subnet = await place.vpc("10.0.0.0")
        await place.attach(OWNER, vpc, subnet)
        await place.resolver.offer(OWNER)
        await place.network.detach(OWNER)
        for group in (await place.ec2("DescribeSecurityGroups"))["SecurityGroups"]:
            if group["VpcId"] == vpc and group["GroupName"] != "default":
                await place.ec2("DeleteSecurityGroup", GroupId=group["GroupId"])
        await place.ec2("DeleteSubnet", SubnetId=subnet)
        await place.ec2("DeleteVpc", VpcId=vpc)
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while place.resolver._servers:
            assert asyncio.get_running_loop().time() < deadline
            await asyncio.sleep(0.02)

    placed(work)
