"""Which targets the running HAProxy sends requests to."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Protocol

from netflux.aws.elbv2.target import decide
from netflux.aws.elbv2.target.decide import Health
from netflux.aws.elbv2.target.observe import Checker
from netflux.aws.elbv2.target.reach import Reach
from netflux.aws.elbv2.target.registrations import Targets
from netflux.aws.elbv2.target.slowstart import SlowStart
from netflux.clock import Clock
from netflux.errors import Retryable
from netflux.haproxy.journal import Journal
from netflux.haproxy.section import Section, Server
from netflux.resources.elbv2 import Registration, Target, TargetGroup

_log = logging.getLogger(__name__)


class Proxy(Protocol):
    """The part of HAProxy that is needed here."""

    @property
    def journal(self) -> Journal:
        """What it writes of requests."""
        ...

    async def put(self, section: Section) -> None:
        """Runs a section."""
        ...

    async def remove(self, owner: str) -> None:
        """Takes a section away."""
        ...

    async def set_servers(self, backend: str, servers: Sequence[Server]) -> None:
        """Fills a backend's slots."""
        ...


class Traffic:
    """Keeps the servers of a group's backends what its targets' health says.

    Args:
        proxy: runs the backends.
        reach: tells where a target is on this machine.
        targets: which are registered.
        checker: what was observed of them.
        clock: for slow starts.
    """

    def __init__(self, proxy: Proxy, reach: Reach, targets: Targets, checker: Checker, clock: Clock) -> None:
        self._proxy = proxy
        self._reach = reach
        self._targets = targets
        self._checker = checker
        self._clock = clock
        self._starts: dict[tuple[str, str], SlowStart] = {}
        self._backends: dict[str, Mapping[str, Mapping[str, int]]] = {}
        self._nodes: dict[str, Mapping[str, str]] = {}
        self._groups: dict[str, TargetGroup] = {}
        self.active: set[str] = set()
        self.addresses: dict[str, str] = {}

    def states(self, group: str, node: str = "") -> list[tuple[Target, Health]]:
        """The health of a used group's targets, draining ones too, as a node sees it; else as the API tells it.

        Of a group whose load balancing does not cross zones a node sees the targets in its own.
        """
        found = self._targets.of(group)
        known = self._groups.get(group)
        if known is None or not decide.zonal(known.attributes):
            return [(one.target, self._health(group, one, node)) for one in found]
        zones = {one.target: one.zone or self._reach.zone(one.target) for one in found}
        if node:
            own = self._zone_of(node)
            return [(one.target, self._health(group, one, node)) for one in found if zones[one.target] == own]
        enabled = {
            zone for balancer, used in self.pairs() if used == group for zone in self._nodes.get(balancer, {}).values()
        }
        away = {target for target, zone in zones.items() if zone and zone not in enabled}
        return [(one.target, decide.AWAY if one.target in away else self._health(group, one)) for one in found]

    def _health(self, group: str, found: Registration, node: str = "") -> Health:
        if found.deregistered:
            return decide.DRAINING
        return self._checker.health(group, found.target, node) or decide.REGISTERED

    def _zone_of(self, node: str) -> str:
        return next((zones[node] for zones in self._nodes.values() if node in zones), "")

    def place(
        self,
        load_balancer: str,
        backends: Mapping[str, Mapping[str, int]],
        groups: Mapping[str, TargetGroup],
        nodes: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """A load balancer has these backends, by group.

        Args:
            load_balancer: its ARN.
            backends: with the number of the node that each is for.
            groups: that it uses.
            nodes: owners of the nodes with their zones, in order, where each asks targets for itself.
        """
        self._backends[load_balancer] = backends
        self._nodes[load_balancer] = nodes
        self._groups.update(groups)

    def pairs(self) -> list[tuple[str, str]]:
        """Load balancers and the groups that they use."""
        return [(balancer, group) for balancer, backends in self._backends.items() for group in backends]

    def nodes(self, load_balancer: str) -> list[str]:
        """Owners of its nodes, where each asks targets for itself."""
        return [*self._nodes.get(load_balancer, ())]

    def cut_off(self, load_balancer: str, node: str) -> bool:
        """Whether a node finds too few of a group's targets healthy."""
        known = [self._groups[group] for group in self._backends.get(load_balancer, {}) if group in self._groups]
        seen = {group.arn: [health for _, health in self.states(group.arn, node)] for group in known}
        return any(decide.cut_off(seen[group.arn], group.attributes) for group in known)

    def displace(self, load_balancer: str) -> None:
        """A load balancer has gone."""
        self._backends.pop(load_balancer, None)
        self._nodes.pop(load_balancer, None)
        self.active.discard(load_balancer)

    def backends(self, group: str) -> list[str]:
        """Names of the group's backends in HAProxy's configuration; the group by ARN, or by the end of one."""
        groups = [
            backends for placed in self._backends.values() for arn, backends in placed.items() if arn.endswith(group)
        ]
        return [name for backends in groups for name in backends]

    def know(self, group: TargetGroup) -> None:
        """The group's attributes are these now."""
        self._groups[group.arn] = group

    def forget(self, group: str) -> None:
        """The group has gone."""
        self._groups.pop(group, None)
        self._starts = {key: start for key, start in self._starts.items() if key[0] != group}

    def pause(self, group: str) -> float | None:
        """Simulated seconds after which the targets' shares are others; None when they stay."""
        known = self._groups.get(group)
        pauses = [start.pause(_slow(known)) for key, start in self._starts.items() if key[0] == group and known]
        return min((pause for pause in pauses if pause is not None), default=None)

    async def route(self, group: str) -> None:
        """Brings the servers of the group's backends up to date; Retryable when HAProxy can't."""
        for balancer, backends in [*self._backends.items()]:
            nodes = self.nodes(balancer)
            for backend, number in backends.get(group, {}).items():
                await self._proxy.set_servers(backend, self._servers(group, nodes[number] if nodes else ""))

    async def route_now(self, group: str) -> None:
        """The same before an API call's answer leaves; a failure is left to the next pass of the controller."""
        try:
            await self.route(group)
        except Retryable as error:
            _log.warning("%s: %s", group, error)

    def _servers(self, group: str, node: str) -> list[Server]:
        known = self._groups.get(group)
        if known is None:
            return []
        servers = []
        states = self.states(group, node)
        duration, now = _slow(known), self._clock.monotonic()
        healthy = {target for target, health in states if health.state == "healthy"}
        start = self._starts[group, node] = self._starts.get((group, node), SlowStart()).seen(healthy, duration, now)
        registered = sum(health.state != decide.DRAINING.state for _, health in states)
        for target, state in decide.routing(states, decide.minimum(known.attributes, registered)):
            interface = self._reach.locate(group, target)
            if interface is not None:
                self.addresses[f"{interface.local_address}:{target.port}"] = target.name
                weight = start.weight(target, duration, now) if duration else 1
                servers.append(Server(target.name, interface.local_address, target.port, weight, state))
        return servers


def _slow(group: TargetGroup) -> float:
    """How long a slow start lasts, simulated seconds; only round robin has one."""
    even = group.attributes["load_balancing.algorithm.type"] == "round_robin"
    return float(group.attributes["slow_start.duration_seconds"]) if even else 0.0
