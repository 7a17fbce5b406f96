"""The driver with a real EC2 and a real kernel: what it sees for flow logs."""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path

from netflux.controlplane.apis import Apis
from netflux.network import namespace
from netflux.network.interface import Interface, InterfaceRequest
from netflux.network.namespaces import NamespaceNetwork
from netflux.network.ruleset import DENIED
from netflux.network.sighting import Sighting
from tests.controlplane.plane import Plane
from tests.network.enclosed import needs_namespaces
from tests.network.test_router import dialled, in_enclosure

pytestmark = needs_namespaces


async def attached(apis: Apis, network: NamespaceNetwork) -> tuple[str, Interface, Interface]:
    """A VPC with two interfaces in a group that lets port 8080 in."""
    vpc = (await apis.call("ec2", "CreateVpc", {"CidrBlock": "10.0.0.0/16"}))["Vpc"]["VpcId"]
    subnet = (await apis.call("ec2", "CreateSubnet", {"VpcId": vpc, "CidrBlock": "10.0.0.0/24"}))["Subnet"]["SubnetId"]
    made = {"GroupName": "app", "Description": "d", "VpcId": vpc}
    group = (await apis.call("ec2", "CreateSecurityGroup", made))["GroupId"]
    rule = {"IpProtocol": "tcp", "FromPort": 8080, "ToPort": 8080, "IpRanges": [{"CidrIp": "10.0.0.0/16"}]}
    await apis.call("ec2", "AuthorizeSecurityGroupIngress", {"GroupId": group, "IpPermissions": [rule]})
    one, other = [await network.attach(InterfaceRequest(name, subnet, [group], "d")) for name in ("one", "other")]
    return vpc, one, other


def told(found: tuple[Sighting, ...], interface: Interface) -> set[tuple[bool, bool, int]]:
    """Direction, verdict and the server's port of what the interface saw of the client's packets."""
    return {
        (one.egress, one.accepted, one.flow.ends.destination_port)
        for one in found
        if one.interface == interface.id and one.flow.ends.destination_port < 10000
    }


async def _seen() -> None:
    with tempfile.TemporaryDirectory() as folder:
        plane = Plane(Path(folder))
        apis = await plane.start()
        network = NamespaceNetwork(plane.documents)
        await network.start()
        vpc, client, server = await attached(apis, network)

        def dial(port: int) -> str:
            return dialled(0.3, client.id, (server.vpc_address, port))

        end = time.monotonic() + 15
        while True:  # a cable that was just laid may lose its first packets
            assert dial(22) == "timed out"
            counts = (await network.counters())[vpc]
            if [chain for (chain, rule), count in counts.items() if rule == DENIED and count.packets]:
                break
            assert time.monotonic() < end, counts
        (chain,) = [chain for (chain, rule), count in counts.items() if rule == DENIED and count.packets]
        assert chain.startswith("enter-")
        assert (await network.flows(vpc)).sightings == (), "nobody had asked"
        await network.watch(frozenset({vpc}))
        with namespace.listener(server.id, "0.0.0.0", 8080):
            assert dial(8080) == "accepted"
        assert dial(22) == "timed out"
        await network.detach("other")
        seen = await network.flows(vpc)
        assert told(seen.sightings, client) == {(True, True, 8080), (True, True, 22)}
        assert told(seen.sightings, server) == {(False, True, 8080), (False, False, 22)}, "it had left, and was heard"
        assert dict(seen.interfaces) == {client.id: client.subnet_id, server.id: server.subnet_id}
        assert dict((await network.flows(vpc)).interfaces) == {client.id: client.subnet_id}
        await network.watch(frozenset())
        await network.stop()
        plane.stop()


@in_enclosure
def test_an_interface_that_leaves_has_what_it_saw_told() -> None:
    asyncio.run(_seen())
