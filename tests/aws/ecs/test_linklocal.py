"""Where a task finds its metadata: at its VPC's router, so that its own ports are all its own."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from typing import Any, cast

from netflux.aws.ecs.linklocal import APIS, METADATA, LinkLocal
from netflux.network.interface import Network, Sockets
from tests.network.enclosed import needs_namespaces
from tests.resolver.test_packets import OWNER, Place, placed


class Routers:
    """A network whose owners are named `vpc/task`."""

    def __init__(self) -> None:
        self.served: list[tuple[str, str, int]] = []

    def vpc_of(self, owner: str) -> str:
        return owner.rpartition("/")[0]

    async def serve(self, vpc: str, addresses: Sequence[str], port: int) -> Sockets:
        self.served += [(vpc, address, port) for address in addresses]
        datagram = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        return Sockets((datagram,), (socket.socket(),))


class Site:
    def __init__(self, listening: socket.socket) -> None:
        self.socket = listening

    async def stop(self) -> None:
        self.socket.close()


async def test_a_vpcs_tasks_share_the_services_and_its_last_one_closes_them() -> None:
    network, sites = Routers(), list[Site]()

    async def serve(listening: socket.socket) -> Any:
        sites.append(Site(listening))
        return sites[-1]

    services = LinkLocal(cast("Network", network), serve, serve, 4566)
    for owner in ("a/1", "a/2", "b/1"):
        await services.open(owner)
        assert services.there(owner)
    expected = [(vpc, *place) for vpc in "ab" for place in ((METADATA, 80), (APIS, 4566))]
    assert network.served == expected
    await services.close("a/1")
    assert [site.socket.fileno() >= 0 for site in sites] == [True, True, True, True]
    await services.close("a/2")
    assert [site.socket.fileno() >= 0 for site in sites] == [False, False, True, True]
    await services.open("a/3")
    assert len(network.served) == 6
    for owner in ("a/3", "b/1", "b/1"):
        await services.close(owner)
    assert not any(site.socket.fileno() >= 0 for site in sites)


async def test_without_routers_there_are_no_such_addresses() -> None:
    services = LinkLocal(cast("Network", Routers()), cast("Any", None), None, 4566)
    await services.open("task")
    assert not services.there("task")
    await services.close("task")


@needs_namespaces
def test_a_task_listens_on_port_80_everywhere_and_finds_its_metadata_there_too() -> None:
    async def work(place: Place) -> None:
        heard: list[socket.socket] = []

        async def serve(listening: socket.socket) -> Any:
            heard.append(listening)
            return Site(listening)

        services = LinkLocal(place.network, serve, None, 4566)
        vpc, subnet = await place.vpc("10.0.0.0")
        await place.attach(OWNER, vpc, subnet)
        await services.open(OWNER)
        with place.network.inside(OWNER):
            own, client = socket.create_server(("", 80)), socket.socket()
        with own, client:
            client.settimeout(5)
            await asyncio.to_thread(client.connect, (METADATA, 80))
            with heard[0].accept()[0] as answering:
                assert answering.getpeername() == client.getsockname()
        await services.close(OWNER)

    placed(work)
