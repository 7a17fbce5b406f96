"""What a task sends to a Service Connect name gets to its proxy, whatever ports the task listens on itself.

On AWS an interceptor in the task's network namespace does the same. Without it a proxy that listens on an endpoint's
own port, say 8080, would keep the task from listening on that port at all of its addresses.
"""

from __future__ import annotations

import ipaddress

from netflux.network import namespace, netlink, nftables

PORT = 15001
"""Where proxies listen, each at the address of its name; the one port that a client of Service Connect can't have."""

_CHAIN = "intercept"
_TCP = 6


def begin(name: str, block: str) -> None:
    """From now on connections from the namespace to addresses of the block go to PORT there; once for a namespace.

    Raises:
        OSError: the kernel refused.
    """
    network = ipaddress.IPv4Network(block)
    there = nftables.from_block(int(network.network_address), network.prefixlen, source=False)
    diverted = nftables.rule(_CHAIN, "names", [*there, *nftables.protocol(_TCP), *nftables.to_port(PORT)])
    with namespace.inside(name):
        kernel = netlink.Socket(netlink.NETFILTER)
    try:
        for batch in nftables.batches([nftables.table(), nftables.diverting_chain(_CHAIN), diverted]):
            kernel.send(batch)
    finally:
        kernel.close()
