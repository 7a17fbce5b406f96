"""What interfaces cost: time for each at 10, 100 and 300, what one more changes, and the ALB's throughput through them.

`python -m bench.interfaces [--seconds N] [--rounds N]`
"""

from __future__ import annotations

import argparse
import asyncio
import ipaddress
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from tests.behaviours.cloud import running
from tests.controlplane.plane import with_ec2
from tests.network.enclosed import REFUSED, enclosed

from bench import throughput, wrk
from netflux import names
from netflux.controlplane.apis import Apis
from netflux.controlplane.moto.backend import Moto
from netflux.controlplane.records.documents import Documents
from netflux.network import namespace, ruleset
from netflux.network.interface import InterfaceRequest
from netflux.network.namespaces import NamespaceNetwork
from netflux.network.router import Router
from netflux.network.topology import (
    AclEntry,
    Interface,
    NetworkAcl,
    Ports,
    Route,
    RouteKind,
    RouteTable,
    SecurityGroup,
    SecurityGroupRule,
    Subnet,
    Topology,
)

SIZES = (10, 100, 300)
LIMIT = 0.80
"""Of the loopback driver's requests per second, in one run (issue 4)."""


@dataclass(frozen=True)
class Cost:
    """What interfaces cost the driver, without EC2's part of it.

    Attributes:
        each: milliseconds for one, while so many were attached one by one.
        more: milliseconds for one more.
        messages: that one more sends to the filter.
    """

    each: float
    more: float
    messages: int


def _grown(topology: Topology, number: int) -> Topology:
    subnet = topology.subnets["subnet-1"]
    address = str(ipaddress.IPv4Network(subnet.cidr)[10 + number])
    one = Interface(f"eni-{number:04}", subnet.id, (address,), (f"sg-{number % 3}",))
    return replace(topology, interfaces={**topology.interfaces, one.id: one})


def _cost(size: int) -> Cost:
    topology = _empty()
    router = Router("vpc-1")

    def attach(number: int) -> None:
        nonlocal topology
        topology = _grown(topology, number)
        one = topology.interfaces[f"eni-{number:04}"]
        router.connect(one.id, one.address, "10.0.0.0/20", f"02:00:00:00:{number >> 8:02x}:{number & 255:02x}")
        router.apply(ruleset.of(topology, "vpc-1"))

    began = time.monotonic()
    for number in range(size):
        attach(number)
    each = (time.monotonic() - began) / size
    sent, began = router.sent, time.monotonic()
    attach(size)
    cost = Cost(each * 1000, (time.monotonic() - began) * 1000, router.sent - sent)
    router.close()
    for name in topology.interfaces:
        namespace.remove(name)
    return cost


async def _attached(size: int) -> float:
    """Milliseconds for one interface, with what EC2 keeps of it on disk, while so many were attached one by one."""
    with tempfile.TemporaryDirectory() as directory:
        documents = Documents(Path(directory) / "documents.db")
        apis = Apis(names.ACCOUNT, names.REGION, Moto(documents, names.ACCOUNT, names.REGION), lambda _: None)
        with_ec2(apis, documents)
        network = NamespaceNetwork(documents)
        await network.start()
        vpc = (await apis.call("ec2", "CreateVpc", {"CidrBlock": "10.0.0.0/16"}))["Vpc"]["VpcId"]
        wanted = {"VpcId": vpc, "CidrBlock": "10.0.0.0/20"}
        subnet = (await apis.call("ec2", "CreateSubnet", wanted))["Subnet"]["SubnetId"]
        began = time.monotonic()
        for number in range(size):
            await network.attach(InterfaceRequest(f"bench/{number}", subnet, (), ""))
        spent = time.monotonic() - began
        await network.stop()
        documents.close()
    return spent / size * 1000


def _empty() -> Topology:
    """One subnet, and three groups that let each other in."""
    every = AclEntry(100, egress=False, allow=True, protocol="-1", ports=Ports(), cidr="0.0.0.0/0")
    out = SecurityGroupRule("sgr-out", "sg-0", egress=True, protocol="-1", ports=Ports(), cidr="0.0.0.0/0")
    web = SecurityGroupRule("sgr-in", "sg-0", egress=False, protocol="tcp", ports=Ports(8080, 8080), peer="sg-0")
    groups = [SecurityGroup(f"sg-{number}", f"{number}", "vpc-1", (out, web)) for number in range(3)]
    return Topology(
        vpcs={"vpc-1": ("10.0.0.0/16",)},
        subnets={"subnet-1": Subnet("subnet-1", "vpc-1", "10.0.0.0/20", "acl-1", "rtb-1")},
        groups={group.id: group for group in groups},
        acls={"acl-1": NetworkAcl("acl-1", (every, replace(every, egress=True)))},
        route_tables={"rtb-1": RouteTable("rtb-1", (Route("10.0.0.0/16", RouteKind.LOCAL, "local"),))},
        internet_gateways={},
        nat_gateways={},
        interfaces={},
    )


def _rates(seconds: int, rounds: int) -> dict[str, list[wrk.Measured]]:
    """Both drivers at once, asked in turns."""
    measured: dict[str, list[wrk.Measured]] = {"loopback": [], "namespaces": []}
    with ExitStack() as stack:
        ways = {}
        for name in measured:
            directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="nf.", dir="/tmp")))
            cloud = stack.enter_context(running(directory / "state", "--empty", "--network", name))
            ways[name] = throughput.ways_to(cloud, directory)["alb"]
        for _ in range(rounds):
            for name, way in ways.items():
                measured[name].append(wrk.run(way["url"], host=way["host"], seconds=seconds))
    return measured


def main() -> None:
    """Measures and prints; exits with 1 when a limit is not kept."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    wanted = parser.parse_args()
    if REFUSED is not None:
        sys.exit(f"no network namespaces here: {REFUSED}. {REFUSED.setting}")
    for size in SIZES:
        cost = enclosed(lambda size=size: _cost(size))  # type: ignore[misc]
        print(
            f"{size:4} interfaces: {cost.each:.1f} ms each; "
            f"one more: {cost.more:.1f} ms, {cost.messages} messages to the filter; "
            f"with EC2's records {enclosed(lambda size=size: asyncio.run(_attached(size))):.1f} ms each"  # type: ignore[misc]
        )
    measured = _rates(wanted.seconds, wanted.rounds)
    rates = {name: statistics.median(run.rate for run in runs) for name, runs in measured.items()}
    failed = sum(run.failed for runs in measured.values() for run in runs)
    for name, rate in rates.items():
        print(f"ALB over {name:10} {rate:>8,.0f} requests/s")
    ratio = rates["namespaces"] / rates["loopback"]
    print(f"namespaces / loopback {ratio:.2f} (limit {LIMIT}), {failed} failed")
    sys.exit(1 if ratio < LIMIT or failed else 0)


if __name__ == "__main__":
    main()
