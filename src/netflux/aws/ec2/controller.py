"""Keeps the network's rules and routes what EC2's configuration says."""

from __future__ import annotations

from collections.abc import Sequence

from netflux.network.interface import Network
from netflux.reconcile.controller import Result

_KEY = "rules"


class NetworkController:
    """Controller `network`. It has one key: a group's rules, its members and an ACL are read together.

    Args:
        network: follows EC2.
    """

    name = "network"

    def __init__(self, network: Network) -> None:
        self._network = network

    async def keys(self) -> Sequence[str]:
        """The one key."""
        return (_KEY,)

    async def reconcile(self, _key: str) -> Result:
        """One pass; Retryable when the machine refuses."""
        await self._network.refresh()
        return Result()
