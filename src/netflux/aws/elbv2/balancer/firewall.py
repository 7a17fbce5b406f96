"""Security groups around a load balancer, where the network driver can't enforce them: checked here, at the proxy.

A load balancer's own groups decide who may ask it, and its targets' groups whether it may ask them. A connection that
they don't let through times out, as on AWS: its health checks as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from netflux.controlplane.call import Caller
from netflux.network import permission
from netflux.network.interface import Interface, Network
from netflux.network.permission import Peer
from netflux.resources.elbv2 import HealthCheck, Target

EVERYWHERE = "0.0.0.0/0"


class Firewall:
    """Asks EC2's configuration.

    Args:
        config: EC2's part of it.
        network: where addresses are; a driver that enforces groups itself leaves nothing to be checked.
    """

    def __init__(self, config: Caller, network: Network) -> None:
        self._config = config
        self._network = network

    async def clients(self, groups: Sequence[str], ports: Iterable[int]) -> dict[int, tuple[str, ...]]:
        """By port, the blocks from which clients of the gateway may come; a port that is open to all is left out.

        The gateway is the internet under every driver: what passes it has not passed the nodes' interfaces.
        """
        permissions = await self._permissions(groups)
        found = {port: tuple(permission.sources(permissions, port)) for port in ports}
        return {port: blocks for port, blocks in found.items() if EVERYWHERE not in blocks}

    async def blocked(self, peer: Peer, targets: Iterable[Target], check: HealthCheck) -> set[Target]:
        """Targets whose groups don't let the load balancer in, at the traffic's or at the health check's port."""
        if self._network.enforces_security_groups:
            return set()
        found = {target: interface for target in targets if (interface := self._network.locate(target.id))}
        groups = await self._groups([*found.values()])
        permissions = {ids: await self._permissions(ids) for ids in set(groups.values())}
        return {
            target
            for target, interface in found.items()
            for ports in [{target.port, *([] if check.port == "traffic-port" else [int(check.port)])}]
            if not all(permission.lets_in(permissions[groups[interface.id]], peer, port) for port in ports)
        }

    async def _groups(self, interfaces: Sequence[Interface]) -> dict[str, tuple[str, ...]]:
        if not interfaces:
            return {}
        ids = sorted({interface.id for interface in interfaces})
        told = await self._config.call("ec2", "DescribeNetworkInterfaces", {"NetworkInterfaceIds": ids})
        return {
            eni["NetworkInterfaceId"]: tuple(sorted(group["GroupId"] for group in eni["Groups"]))
            for eni in told["NetworkInterfaces"]
        }

    async def _permissions(self, groups: Sequence[str]) -> list[Mapping[str, Any]]:
        if not groups:
            return []
        told = await self._config.call("ec2", "DescribeSecurityGroups", {"GroupIds": list(groups)})
        return [rule for group in told["SecurityGroups"] for rule in group["IpPermissions"]]
