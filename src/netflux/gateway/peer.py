"""Whose program is at the other end of a connection to the gateway, asked of the kernel.

Every user of a machine can connect to 127.0.0.1. The kernel knows which of them has a socket: sock_diag(7),
linux/inet_diag.h.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct

HEADER = "X-Netflux-Peer"
"""In which the gateway tells the control plane a client's `address:port/microsecond`, the last of which is when the
connection began: no two connections have all three in common."""
_CONNECTIONS = 1024
"""Whose users are remembered: more than a machine's programs have to the gateway at once."""

_SOCK_DIAG = 4  # linux/netlink.h, NETLINK_SOCK_DIAG
_BY_FAMILY, _ERROR, _REQUEST = 20, 2, 1
_MESSAGE = struct.Struct("=IHHII")
_ASKED = struct.Struct("=BBBBI")
_SOCKET = struct.Struct(">HH4s12x4s12x")
_ANY_COOKIE = b"\xff" * 8
_TOLD = struct.Struct("=4x48x12xII")
_ALL_STATES = 0xFFFFFFFF
_PATIENCE = 1.0  # real seconds; the kernel answers at once


class Peers:
    """Finds the user of a connection's other end.

    Args:
        port: of the gateway, on 127.0.0.1.
        descriptor: of a sock_diag socket in the network namespace of the gateway's clients, from `descriptor`.
        owner: user id of who runs the region, as the machine counts users.
    """

    def __init__(self, port: int, descriptor: int, owner: int) -> None:
        self._port = port
        self._owner = owner
        self._kernel = socket.socket(fileno=descriptor)
        self._kernel.settimeout(_PATIENCE)
        self._number = 0
        self._known: dict[str, int] = {}

    def close(self) -> None:
        """Gives the socket back."""
        self._kernel.close()

    def by_owner(self, peer: str) -> bool:
        """Whether the connection is the owner's or root's, who may do everything anyway.

        Args:
            peer: as in the header. A connection has one user from its beginning to its end, so the kernel is asked
                once where it is told apart from the others of its port.
        """
        user = self._known.get(peer)
        if user is None:
            user = self.user(peer.partition("/")[0])
            if user is not None and "/" in peer:
                if len(self._known) >= _CONNECTIONS:
                    self._known.clear()
                self._known[peer] = user
        return user in (self._owner, 0)

    def user(self, peer: str) -> int | None:
        """The user id of the program that has the connection from `address:port`; None when nobody has it any more."""
        address, _, port = peer.rpartition(":")
        if not port.isdecimal() or int(port) > 0xFFFF:
            return None
        self._number = self._number + 1 & 0xFFFFFFFF
        with contextlib.suppress(OSError):
            ends = _SOCKET.pack(int(port), self._port, socket.inet_aton(address), socket.inet_aton("127.0.0.1"))
            asked = _ASKED.pack(socket.AF_INET, socket.IPPROTO_TCP, 0, 0, _ALL_STATES) + ends + bytes(4) + _ANY_COOKIE
            head = _MESSAGE.pack(_MESSAGE.size + len(asked), _BY_FAMILY, _REQUEST, self._number, 0)
            self._kernel.send(head + asked)
            return self._answer()
        return None

    def _answer(self) -> int | None:
        while True:
            told = self._kernel.recv(8192)
            _, kind, _, number, _ = _MESSAGE.unpack_from(told)
            if number != self._number:
                continue
            if kind == _ERROR:
                return None
            user, inode = _TOLD.unpack_from(told, _MESSAGE.size)
            return user if inode else None  # a socket that its program has closed is told as root's


def descriptor() -> int | None:
    """A sock_diag socket of this network namespace, by its descriptor; None where the kernel does not tell users."""
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _SOCK_DIAG) as made:
            return os.dup(made.fileno()) if _tells(made.fileno()) else None
    except OSError:
        return None


def _tells(kernel: int) -> bool:
    """Tried on a connection of this process."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = int(server.getsockname()[1])
        with socket.create_connection(("127.0.0.1", port), _PATIENCE) as own:
            peers = Peers(port, os.dup(kernel), os.geteuid())
            try:
                return peers.by_owner("{}:{}".format(*own.getsockname()))
            finally:
                peers.close()
