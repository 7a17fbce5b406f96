"""Stats of a task's containers, with the figures of its own interface."""

import contextlib
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from netflux.aws.ecs import metadatashape
from netflux.aws.ecs.stats import Stats, counters
from netflux.network import link, namespace, netlink
from netflux.network.interface import Interface
from netflux.runtime.driver import Usage
from tests.network.enclosed import enclosed, needs_namespaces

DEV = """Inter-|   Receive                  |  Transmit
 face |bytes packets errs drop fifo frame compressed multicast|bytes packets errs drop fifo colls carrier compressed
    lo: 100 2 0 0 0 0 0 0 100 2 0 0 0 0 0 0
  eth0: 4000 30 1 2 0 0 0 0 900 11 3 4 0 0 0 0
"""


def test_counters_are_those_of_every_interface_but_the_loopback() -> None:
    assert counters(DEV) == {"eth0": {
        "rx_bytes": 4000, "rx_packets": 30, "rx_errors": 1, "rx_dropped": 2,
        "tx_bytes": 900, "tx_packets": 11, "tx_errors": 3, "tx_dropped": 4,
    }}  # fmt: skip


@dataclass
class Used:
    """A container that uses what the test says."""

    cpu: float = 1.0
    id: str = "abc"

    def usage(self) -> Usage:
        return Usage(2, self.cpu, 1000)


class Network:
    """One namespace."""

    @contextlib.contextmanager
    def inside(self, owner: str) -> Iterator[None]:
        with namespace.inside(owner):
            yield


def run(space: str | None, container: Used) -> Any:
    interface = Interface("eni-1", "task", "subnet-1", "10.0.3.4", "10.0.3.4", "02:00", "us-east-1a", space)
    definition = SimpleNamespace(name="web", memory=None)
    running = SimpleNamespace(definition=definition, container=container)
    return SimpleNamespace(interface=interface, containers={"web": running})


def measured() -> list[dict[str, Any]]:
    """Two readings of a namespace, between which 500 bytes come in."""
    namespace.create("task", namespace.SETTINGS)
    kernel = netlink.Socket(netlink.ROUTE)
    with (namespace.DIRECTORY / "task").open("rb") as goal:
        kernel.send([link.veth("cable", 50, link.End(goal.fileno(), 2, "02:00:00:00:00:02"))])
    with namespace.inside("task"):
        inner = netlink.Socket(netlink.ROUTE)
    inner.send([link.up(2), link.address(2, "10.0.3.4", 24)])
    kernel.send([link.up(50), link.address(50, "10.0.3.1", 24), link.route("10.0.3.4/32", 50)])
    used = Used()
    task, stats = run("task", used), Stats(Network())
    found = [stats.of(task, task.containers["web"], 512)]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for _ in range(10):
            sender.sendto(b"x" * 500, ("10.0.3.4", 9))
    _until_received(task, 500)
    used.cpu = 3.0
    found.append(stats.of(task, task.containers["web"], 512))
    return [one for one in found if one is not None]


def _until_received(task: Any, least: int) -> None:
    """Packets that wait for the neighbour's address come a moment later."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        seen = Stats(Network()).of(task, task.containers["web"], 512)
        if seen is not None and all(one["rx_bytes"] >= least for one in seen["networks"].values()):
            return
        time.sleep(0.01)
    raise AssertionError(f"{least} bytes did not come within 10 s")


@needs_namespaces
def test_the_network_figures_are_those_of_the_task_s_own_interface() -> None:
    first, second = enclosed(measured)
    (name,) = first["networks"]
    assert second["networks"][name]["rx_bytes"] - first["networks"][name]["rx_bytes"] >= 500
    assert second["network_rate_stats"]["rx_bytes_per_sec"] > 0
    assert first.keys() & {"preread", "network_rate_stats"} == set()
    assert second["precpu_stats"]["cpu_usage"]["total_usage"] == 10**9
    assert second["cpu_stats"]["cpu_usage"]["total_usage"] == 3 * 10**9
    assert first["memory_stats"] == {"usage": 1000, "limit": 512 * 1024 * 1024}


def test_where_tasks_share_the_machine_s_interfaces_there_are_no_network_figures() -> None:
    task = run(None, Used())
    found = Stats(Network()).of(task, task.containers["web"], None)
    assert found is not None
    assert "networks" not in found
    assert "limit" not in found["memory_stats"]


def test_the_gateway_is_told_where_it_is_there() -> None:
    for space, gateway in (("task", "10.0.3.1/24"), (None, None)):
        (network,) = metadatashape._networks(run(space, Used()), "10.0.3.0/24", "") or [{}]
        assert network["IPv4SubnetCIDRBlock"] == "10.0.3.0/24"
        assert network.get("SubnetGatewayIpv4Address") == gateway
