"""What a task sends to a Service Connect name gets to its proxy, and what the proxy sends on comes from the task.

On AWS an interceptor in the task's network namespace does the same. Without the first half a proxy that listens on an
endpoint's own port, say 8080, would keep the task from listening on that port at all of its addresses. The second half
is a cable from the region's own namespace, for the reason that hosting.py tells: by it the task's namespace forwards
the proxy's connections as its own, so its security groups decide.
"""

from __future__ import annotations

import ipaddress
import itertools
import os
from collections.abc import Mapping
from pathlib import Path

from netflux.network import link, namespace, netlink, nftables
from netflux.network.hosting import Host

PORT = 15001
"""Where proxies listen, each at the address of its name; the one port that a client of Service Connect can't have."""

_RELAYS = "169.254.128.0/17"
"""The proxies' own ends: link-local, so no VPC has them."""

_RESERVED = tuple(ipaddress.IPv4Network(block) for block in ("169.254.169.0/24", "169.254.170.0/24"))
"""Where a task finds the VPC's resolver, its metadata and credentials."""

_GATEWAY = "169.254.127.1"
_INDEX = 3
_TCP = 6


class Interceptor:
    """The interceptors of all tasks. Blocks; for the one thread that deals with the kernel.

    Args:
        host: where the proxies are.
        names: block of Service Connect's addresses.
    """

    def __init__(self, host: Host, names: str) -> None:
        self._host = host
        self._names = ipaddress.IPv4Network(names)
        own = ipaddress.IPv4Network(_RELAYS).hosts()
        self._relays = itertools.cycle(one for one in own if not any(one in block for block in _RESERVED))
        self.relays: dict[str, str] = {}
        self.admitted: dict[str, Mapping[int, int]] = {}

    def begin(self, name: str) -> None:
        """Intercepts in a namespace; once for each.

        Raises:
            OSError: the kernel refused.
        """
        relay = str(next(self._relays))
        with namespace.inside(name):
            filters, routes = netlink.Socket(netlink.NETFILTER), netlink.Socket(netlink.ROUTE)
            Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
        try:
            for batch in nftables.batches(self._rules()):
                filters.send(batch)
            self._join(name, relay, routes)
        finally:
            filters.close()
            routes.close()
        self.relays[name] = relay

    def admit(self, name: str, ports: Mapping[int, int]) -> None:
        """What comes to a namespace at one port gets to another there, as by the proxy of an ingressPortOverride.

        Raises:
            OSError: the kernel refused.
        """
        rules = [
            nftables.rule(
                "ingress",
                str(port),
                [*nftables.protocol(_TCP), *nftables.ports(port, port), *nftables.to_port(goal)],
            )
            for port, goal in ports.items()
        ]
        with namespace.inside(name):
            filters = netlink.Socket(netlink.NETFILTER)
        try:
            for batch in nftables.batches([nftables.table(), nftables.arriving_chain("ingress"), *rules]):
                filters.send(batch)
        finally:
            filters.close()
        self.admitted[name] = ports

    def end(self, name: str) -> None:
        """The namespace goes; nothing happens when nothing was intercepted in it."""
        self.admitted.pop(name, None)
        if self.relays.pop(name, None) is not None:
            self._host.leave(_seat(name))

    def _rules(self) -> list[netlink.Message]:
        there = nftables.from_block(int(self._names.network_address), self._names.prefixlen, source=False)
        relays = ipaddress.IPv4Network(_RELAYS)
        relayed = nftables.from_block(int(relays.network_address), relays.prefixlen, source=True)
        return [
            nftables.table(), nftables.diverting_chain("intercept"), nftables.leaving_chain("relay"),
            nftables.rule("intercept", "names", [*there, *nftables.protocol(_TCP), *nftables.to_port(PORT)]),
            nftables.rule("relay", "proxy", [*relayed, *nftables.as_own()]),
        ]  # fmt: skip

    def _join(self, name: str, relay: str, routes: netlink.Socket) -> None:
        seat = self._host.seat(_seat(name), relay)
        goal = os.open(namespace.DIRECTORY / name, os.O_RDONLY | os.O_CLOEXEC)
        try:
            self._host.reach_out(_seat(name), link.End(goal, _INDEX, "02:00:a9:fe:7f:01", "proxy"))
        finally:
            os.close(goal)
        routes.send([link.up(_INDEX), link.address(_INDEX, _GATEWAY), link.route(f"{seat.address}/32", _INDEX)])
        self._host.settle(_seat(name), _GATEWAY)


def _seat(name: str) -> str:
    return f"relay-{name}"
