"""Which of a load balancer's nodes have left DNS: those that reach no target of a group. Pure but for the clock.

User guide, "Target group health" (DNS failover): with the default of one healthy target, a node's address leaves when
it has none, unless that is so of all. Here the gateway stands for clients and their resolvers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from netflux.clock import Clock

SECONDS = 60.0
"""Simulated: clients remember a load balancer's addresses for so long, the time to live of its name."""


class Failover:
    """Remembers since when nodes have been cut off.

    Args:
        clock: tells for how long.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since: dict[str, dict[str, float]] = {}

    def look(self, balancer: str, cut_off: Mapping[str, bool]) -> float | None:
        """Notes which nodes are cut off now and others are not; simulated seconds until that makes a difference."""
        now, before = self._clock.monotonic(), self._since.get(balancer, {})
        cut = [node for node, so in cut_off.items() if so]
        self._since[balancer] = {node: before.get(node, now) for node in cut if len(cut) < len(cut_off)}
        left = [since + SECONDS - now for since in self._since[balancer].values()]
        return min((seconds for seconds in left if seconds > 0), default=None)

    def forget(self, balancer: str) -> None:
        """It has gone."""
        self._since.pop(balancer, None)

    def order(self, balancer: str, nodes: Sequence[str]) -> tuple[list[str], int]:
        """The nodes, those in DNS first, and how many these are."""
        now, since = self._clock.monotonic(), self._since.get(balancer, {})
        away = [node for node in nodes if node in since and now - since[node] >= SECONDS]
        there = [node for node in nodes if node not in away]
        return [*there, *away], len(there)
