"""What a driver observes on this machine."""

import socket
from collections.abc import Iterator

import pytest

from netflux.network.attempt import connect, listeners, listens
from netflux.network.verdict import Outcome

ADDRESS = "127.63.0.9"


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.socket() as listening:
        listening.bind((ADDRESS, 0))
        listening.listen(1)
        yield listening


def test_the_kernels_table_tells_where_sockets_listen() -> None:
    lines = [
        "   0: 0500A8C0:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 1",
        "   1: 0500A8C0:1F91 0100A8C0:0050 01 00000000:00000000 00:00000000 00000000 0 0 1",
        "   2: 0000000000000000FFFF00000500A8C0:0050 00000000000000000000000000000000:0000 0A 0 0",
    ]
    assert [(str(address), port) for address, port in listeners(lines)] == [("192.168.0.5", 8080), ("192.168.0.5", 80)]


def test_a_listener_is_seen_at_its_own_address_only(server: socket.socket) -> None:
    port = server.getsockname()[1]
    assert listens(ADDRESS, port)
    assert not listens("127.63.0.10", port)


def test_a_listener_at_all_addresses_listens_at_each() -> None:
    with socket.socket() as everywhere:
        everywhere.bind(("", 0))
        everywhere.listen(1)
        assert listens(ADDRESS, everywhere.getsockname()[1])


async def test_an_attempt_tells_accepted_from_refused(server: socket.socket) -> None:
    port = server.getsockname()[1]
    accepted = await connect("127.63.0.1", ADDRESS, port, 5)
    assert accepted.outcome is Outcome.ACCEPTED
    peer, (address, source_port) = server.accept()
    peer.close()
    assert (address, source_port) == ("127.63.0.1", accepted.source_port)
    server.close()
    assert (await connect("127.63.0.1", ADDRESS, port, 5)).outcome is Outcome.REFUSED


async def test_an_attempt_that_nobody_answers_times_out(server: socket.socket) -> None:
    server.listen(0)
    port = server.getsockname()[1]
    with socket.socket() as waiting, socket.socket() as also:
        for one in (waiting, also):
            one.setblocking(False)
            one.connect_ex((ADDRESS, port))
        assert (await connect("127.63.0.1", ADDRESS, port, 0.3)).outcome is Outcome.TIMED_OUT
