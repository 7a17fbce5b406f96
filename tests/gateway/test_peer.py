"""Whose a connection is, asked of this kernel."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import pytest

from netflux.gateway import peer


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as made:
        yield made


@pytest.fixture
def peers(server: socket.socket) -> Iterator[peer.Peers]:
    kernel = peer.descriptor()
    if kernel is None:
        pytest.skip("this kernel has no sock_diag")
    made = peer.Peers(server.getsockname()[1], kernel, os.geteuid())
    yield made
    made.close()


def name(connection: socket.socket) -> str:
    return "{}:{}".format(*connection.getsockname())


def test_the_kernel_tells_the_user_of_a_connection(server: socket.socket, peers: peer.Peers) -> None:
    with socket.create_connection(server.getsockname()) as own:
        assert peers.user(name(own)) == os.geteuid()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_another_users_connection_is_told_apart(server: socket.socket, peers: peer.Peers) -> None:
    os.seteuid(65534)
    try:
        other = socket.create_connection(server.getsockname())
    finally:
        os.seteuid(0)
    with other:
        assert peers.user(name(other)) == 65534
        assert not peers.by_owner(name(other))


def test_a_connection_that_its_program_has_closed_is_nobodys(server: socket.socket, peers: peer.Peers) -> None:
    with socket.create_connection(server.getsockname()) as own:
        closed = name(own)
        accepted, _ = server.accept()
    with accepted:
        assert peers.user(closed) is None


@pytest.mark.parametrize("text", ["", "127.0.0.1:1", "127.0.0.1:99999", "nobody:80", "127.0.0.1:", ":80"])
def test_what_is_no_connection_is_nobodys(peers: peer.Peers, text: str) -> None:
    assert peers.user(text) is None


def test_a_connection_that_was_known_is_known_until_another_begins_on_its_port(
    server: socket.socket, peers: peer.Peers
) -> None:
    with socket.create_connection(server.getsockname()) as own:
        first = name(own)
        assert peers.by_owner(f"{first}/1000")
        accepted, _ = server.accept()
    with accepted:
        assert peers.by_owner(f"{first}/1000")
        assert not peers.by_owner(f"{first}/1001")
        assert not peers.by_owner(first)
