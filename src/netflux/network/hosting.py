"""Interfaces that live in the region's own network namespace: those of its proxies.

A proxy that serves several VPCs enters a namespace for each connection. HAProxy can't any more once a reload has made
it the old worker: it has closed their descriptors, and each request that still comes to it fails. So a load balancer's
node is an end of a cable here, and the source address of a packet decides which cable it takes.
"""

from __future__ import annotations

import itertools
import os
from dataclasses import dataclass
from pathlib import Path

from netflux.network import link, netlink

_FIRST_INDEX = 1000
_FIRST_TABLE = 2000
_PRIORITY = 100
_ASKED_FOR_SOURCES = ("all", "default")
_OWN = "/proc/thread-self/ns/net"


@dataclass(frozen=True)
class Seat:
    """An interface's place here.

    Attributes:
        index: of the cable's end.
        table: of its routes.
    """

    index: int
    table: int
    address: str


class Host:
    """The region's own network namespace. Blocks; for the one thread that deals with the kernel."""

    def __init__(self) -> None:
        self.seats: dict[str, Seat] = {}
        self._index = itertools.count(_FIRST_INDEX)
        self._table = itertools.count(_FIRST_TABLE)
        self._kernel = netlink.Socket(netlink.ROUTE)
        self._kernel.send([link.up(link.LOOPBACK)])  # else the first address makes 127.0.0.1 nobody's
        for name in _ASKED_FOR_SOURCES:
            Path(f"/proc/sys/net/ipv4/conf/{name}/rp_filter").write_text("0")

    def close(self) -> None:
        """Ends it; the cables end with their routers."""
        for interface in [*self.seats]:
            self.leave(interface)
        self._kernel.close()

    def namespace(self) -> int:
        """A descriptor of the namespace, for the caller to close."""
        return os.open(_OWN, os.O_RDONLY | os.O_CLOEXEC)

    def seat(self, interface: str, address: str) -> Seat:
        """Where the interface's end of a cable is to be."""
        self.seats[interface] = Seat(next(self._index), next(self._table), address)
        return self.seats[interface]

    def reach_out(self, interface: str, end: link.End) -> None:
        """A cable from here into another namespace, by the interface's seat."""
        seat = self.seats[interface]
        self._kernel.send([link.veth(f"r{seat.index}", seat.index, end)])

    def settle(self, interface: str, gateway: str) -> None:
        """The cable is there: what comes from the address goes by it."""
        seat = self.seats[interface]
        self._kernel.send([
            link.up(seat.index), link.address(seat.index, seat.address),
            link.rule(_PRIORITY, seat.table, source=f"{seat.address}/32"),
            link.default_route(seat.index, gateway, seat.table),
        ])  # fmt: skip

    def leave(self, interface: str) -> None:
        """The interface goes; nothing happens when it has no place here."""
        seat = self.seats.pop(interface, None)
        if seat is not None:
            self._kernel.send([
                link.no_rule(_PRIORITY, seat.table, source=f"{seat.address}/32"), link.remove(seat.index),
            ])  # fmt: skip
