"""A load balancer's interfaces in its subnets, and where on them HAProxy may listen."""

from __future__ import annotations

import errno
import logging
import socket
from collections.abc import Sequence

from netflux.aws.elbv2.balancer.desired import LoadBalancer
from netflux.controlplane.records.documents import Documents
from netflux.controlplane.records.kinds import kind
from netflux.network.interface import Interface, InterfaceRequest, Network

_log = logging.getLogger(__name__)
NODES = "elbv2/nodes"
"""Documents with the subnets that a load balancer has nodes in: a killed region finds what it has to detach."""


class Nodes:
    """A load balancer's interfaces, one in each of its subnets.

    Args:
        network: attaches them.
        documents: remembers which there are.
    """

    def __init__(self, network: Network, documents: Documents) -> None:
        self._network = network
        self._documents = documents
        documents.declare(kind(NODES, "Nothing: nodes are attached anew.", subnets=list))
        self._ours: set[tuple[str, int]] = set()

    def owners(self) -> list[str]:
        """ARNs of load balancers that have nodes."""
        return [arn for arn, _ in self._documents.list(NODES)]

    async def attach(self, load_balancer: LoadBalancer) -> list[Interface]:
        """The nodes, those of other subnets detached; AwsError when a subnet or group is not there."""
        arn, wanted = load_balancer.arn, load_balancer.subnets
        before = (self._documents.get(NODES, arn) or {"subnets": []})["subnets"]
        if before != list(wanted):
            self._documents.put(NODES, arn, {"subnets": [*dict.fromkeys([*before, *wanted])]})
        for subnet in before:
            if subnet not in wanted:
                await self._network.detach(f"elbv2/{arn}/{subnet}")
        if before != list(wanted):
            self._documents.put(NODES, arn, {"subnets": list(wanted)})
        description = f"ELB app/{load_balancer.name}/{load_balancer.id}"
        groups, public = load_balancer.security_groups, load_balancer.public
        wishes = [
            InterfaceRequest(f"elbv2/{arn}/{subnet}", subnet, groups, description, hosted=True, public=public)
            for subnet in wanted
        ]
        return [await self._network.attach(wish) for wish in wishes]

    async def detach(self, arn: str) -> None:
        """All of a load balancer's nodes."""
        for subnet in (self._documents.get(NODES, arn) or {"subnets": []})["subnets"]:
            await self._network.detach(f"elbv2/{arn}/{subnet}")
        self._documents.delete(NODES, arn)

    def bindable(self, nodes: Sequence[Interface], port: int) -> list[Interface]:
        """Nodes where HAProxy may listen on the port.

        Ports below 1024 need root or `net.ipv4.ip_unprivileged_port_start`, and another program may listen on all
        addresses. Where it can't be, the load balancer still answers at the gateway and to CloudFront.
        """
        return [node for node in nodes if node.namespace is not None or self._may_bind(node.local_address, port)]

    def bound(self, addresses: Sequence[tuple[str, int]]) -> None:
        """HAProxy listens there now: a later look would find them in use."""
        self._ours.update(addresses)

    def _may_bind(self, address: str, port: int) -> bool:
        if (address, port) in self._ours:
            return True
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
            except OSError as error:
                why = errno.errorcode.get(error.errno or 0)
                _log.info("a load balancer can't listen on %s:%s: %s", address, port, why)
                return False
        return True
