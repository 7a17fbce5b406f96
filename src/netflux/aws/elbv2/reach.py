"""Where a group's targets can be reached, and which of them can't."""

from __future__ import annotations

from typing import Protocol

from netflux.aws.elbv2.decide import Target
from netflux.network.interface import Interface


class Locator(Protocol):
    """The part of the network that tells where a VPC address is."""

    def locate(self, vpc_address: str) -> Interface | None:
        """Who has the address; None when nobody has."""
        ...


class Reach:
    """The network as a load balancer's nodes see it.

    Args:
        network: tells where addresses are.
    """

    def __init__(self, network: Locator) -> None:
        self._network = network
        self._blocked: dict[str, frozenset[Target]] = {}

    def block(self, group: str, targets: frozenset[Target]) -> None:
        """Exactly these targets of the group are behind security groups that don't let the load balancer in."""
        if targets:
            self._blocked[group] = targets
        else:
            self._blocked.pop(group, None)

    def locate(self, group: str, target: Target) -> Interface | None:
        """Where to connect to; None when nothing can answer: nobody has the address, or it lets nobody in."""
        return None if target in self._blocked.get(group, ()) else self._network.locate(target.id)
