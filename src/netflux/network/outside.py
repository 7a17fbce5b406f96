"""The internet, as a VPC's internet gateway sees it: a namespace at the gateway's side of the VPC's router.

Nothing of the machine leads here, and nothing leads on from here. What is sent from here is for probes: their packets
enter the VPC as those of a client on the internet do, and meet the same rules.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping

from netflux.network import link, namespace, netlink, nftables

_GATEWAY, _OWN = "169.254.126.1", "169.254.126.2"
"""The ends of the cable, the router's and this one: link-local, so no VPC has them."""

_SETTINGS = {**namespace.SETTINGS, "ipv4/conf/all/arp_announce": "2"}
"""The cable's end asks for the router's hardware address: it would not answer a client to whom it has no way."""

_INDEX = 2
_MAP, _CHAIN = "public", "translate"
_MAC = "02:00:a9:fe:7e:02"


class Outside:
    """Clients on the internet, and the internet gateway's translation. Blocks; for one thread.

    Args:
        vpc: its id.
    """

    def __init__(self, vpc: str) -> None:
        self.name = f"outside-{vpc}"
        self._translated: Mapping[str, str] = {}
        namespace.create(self.name, _SETTINGS)
        with namespace.inside(self.name):
            self._route = netlink.Socket(netlink.ROUTE)
            self._filter = netlink.Socket(netlink.NETFILTER)

    def close(self) -> None:
        """Ends it; its cable ends with the router."""
        self._route.close()
        self._filter.close()
        namespace.remove(self.name)

    def join(self, index: int, route: netlink.Socket) -> None:
        """The cable to the router.

        Args:
            index: of the router's end, which is to be made.
            route: the router's.
        """
        goal = os.open(namespace.DIRECTORY / self.name, os.O_RDONLY | os.O_CLOEXEC)
        try:
            route.send([link.veth("igw", index, link.End(goal, _INDEX, _MAC))])
        finally:
            os.close(goal)
        route.send([link.up(index), link.address(index, _GATEWAY), link.route(f"{_OWN}/32", index)])
        self._route.send([
            link.up(link.LOOPBACK), link.up(_INDEX), link.address(_INDEX, _OWN), link.default_route(_INDEX, _GATEWAY),
        ])  # fmt: skip
        there = nftables.translated(_MAP)
        for batch in nftables.batches([
            nftables.table(), nftables.address_map(_MAP, 1), nftables.diverting_chain(_CHAIN),
            nftables.rule(_CHAIN, _MAP, there),
        ]):  # fmt: skip
            self._filter.send(batch)

    def translate(self, public: Mapping[str, str]) -> None:
        """Exactly these public addresses lead to these private ones."""
        gone = [one for one, private in self._translated.items() if public.get(one) != private]
        new = {one: private for one, private in public.items() if self._translated.get(one) != private}
        for batch in nftables.batches([*nftables.no_elements(_MAP, gone), *nftables.translations(_MAP, new)]):
            self._filter.send(batch)
        self._translated = dict(public)

    def client(self, address: str) -> socket.socket:
        """A TCP socket of a client with this address; does not block."""
        self._route.send([link.address(link.LOOPBACK, address)])
        return namespace.client(self.name, address)
