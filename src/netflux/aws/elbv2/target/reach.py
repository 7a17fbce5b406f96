"""Where a group's targets can be reached, from where, and which of them can't."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from typing import Protocol

from netflux.network.interface import Interface
from netflux.resources.elbv2 import Target


class Locator(Protocol):
    """The part of the network that tells where a VPC address is."""

    def locate(self, vpc_address: str) -> Interface | None:
        """Who has the address; None when nobody has."""
        ...

    def client(self, owner: str) -> socket.socket:
        """A TCP socket that connects from the owner's interface, and does not block."""
        ...


class Reach:
    """The network as a load balancer's nodes see it.

    Args:
        network: tells where addresses are.
    """

    def __init__(self, network: Locator) -> None:
        self._network = network
        self._blocked: dict[str, frozenset[Target]] = {}
        self._nodes: dict[str, tuple[str, ...]] = {}

    def block(self, group: str, targets: frozenset[Target]) -> None:
        """Exactly these targets of the group are behind security groups that don't let the load balancer in."""
        if targets:
            self._blocked[group] = targets
        else:
            self._blocked.pop(group, None)

    def locate(self, group: str, target: Target) -> Interface | None:
        """Where to connect to; None when nothing can answer: nobody has the address, or it lets nobody in."""
        return None if target in self._blocked.get(group, ()) else self._network.locate(target.id)

    def zone(self, target: Target) -> str:
        """The Availability Zone of whoever has the address; empty when nobody has."""
        found = self._network.locate(target.id)
        return found.availability_zone if found is not None else ""

    def enter(self, group: str, nodes: Sequence[str]) -> None:
        """The group's targets are asked by these nodes, owners of interfaces, from now on."""
        self._nodes[group] = tuple(nodes)

    def nodes(self, group: str) -> tuple[str, ...]:
        """Who asks the group's targets."""
        return self._nodes.get(group, ())

    def client(self, node: str) -> socket.socket:
        """A socket that connects from a node; OSError when it has no interface."""
        return self._network.client(node)
