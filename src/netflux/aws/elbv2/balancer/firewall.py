"""Security groups around a load balancer, where the network driver can't enforce them: checked here, at the proxy.

A load balancer's own groups decide who may ask it, and its targets' groups whether it may ask them. A connection that
they don't let through times out, as on AWS: its health checks as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from netflux.controlplane.records.documents import Documents
from netflux.network import permission
from netflux.network.interface import Network
from netflux.network.permission import Peer
from netflux.resources.ec2.prefixlist import version_key
from netflux.resources.ec2.securitygroup import SecurityGroupRule
from netflux.resources.ec2.tables import Tables
from netflux.resources.elbv2 import HealthCheck, Target

EVERYWHERE = "0.0.0.0/0"


class Firewall:
    """Reads EC2's groups, interfaces and prefix lists.

    Args:
        documents: keep them.
        network: where addresses are; a driver that enforces groups itself leaves nothing to be checked.
    """

    def __init__(self, documents: Documents, network: Network) -> None:
        self._tables = Tables(documents)
        self._network = network

    def clients(self, groups: Sequence[str], ports: Iterable[int]) -> dict[int, tuple[str, ...]]:
        """By port, the blocks from which clients of the gateway may come; a port that is open to all is left out.

        The gateway is the internet under every driver: what passes it has not passed the nodes' interfaces.
        """
        rules = [*self._rules(groups)]
        found = {port: tuple(permission.sources(rules, port)) for port in ports}
        return {port: blocks for port, blocks in found.items() if EVERYWHERE not in blocks}

    def blocked(self, peer: Peer, targets: Iterable[Target], check: HealthCheck) -> set[Target]:
        """Targets whose groups don't let the load balancer in, at the traffic's or at the health check's port."""
        if self._network.enforces_security_groups:
            return set()
        return {target for target in targets if not self._open(peer, target, check)}

    def _open(self, peer: Peer, target: Target, check: HealthCheck) -> bool:
        located = self._network.locate(target.id)
        interface = self._tables.interfaces.get(located.id) if located is not None else None
        if interface is None:
            return True
        rules = [*self._rules(interface.groups)]
        ports = {target.port, target.port if check.port == "traffic-port" else int(check.port)}
        return all(permission.lets_in(rules, peer, port) for port in ports)

    def _rules(self, groups: Sequence[str]) -> Iterator[SecurityGroupRule]:
        """Those of the groups; one that names a prefix list is one for each of its blocks."""
        for rule in (rule for group in groups for rule in self._tables.rules.where("group", group)):
            found = self._tables.prefix_lists.get(rule.prefix_list_id)
            if found is None:
                yield rule
                continue
            version = self._tables.prefix_list_versions.get(version_key(found.id, found.version))
            for entry in version.entries if version is not None and found.family == "IPv4" else ():
                yield replace(rule, prefix_list_id="", cidr_ipv4=entry.cidr)
