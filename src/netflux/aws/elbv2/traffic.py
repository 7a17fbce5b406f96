"""Which targets the running HAProxy sends requests to."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Protocol

from netflux.aws.elbv2 import decide
from netflux.aws.elbv2.decide import Health, Target
from netflux.aws.elbv2.desired import TargetGroup
from netflux.aws.elbv2.health import Checker
from netflux.aws.elbv2.reach import Reach
from netflux.aws.elbv2.slowstart import SlowStart
from netflux.aws.elbv2.targets import Targets
from netflux.clock import Clock
from netflux.errors import Retryable
from netflux.haproxy.journal import Journal
from netflux.haproxy.section import Section, Server

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
        self._starts: dict[str, SlowStart] = {}
        self._backends: dict[str, Mapping[str, tuple[str, ...]]] = {}
        self._groups: dict[str, TargetGroup] = {}
        self.active: set[str] = set()
        self.addresses: dict[str, str] = {}

    def states(self, group: str) -> list[tuple[Target, Health]]:
        """The health of a used group's targets, draining ones too."""
        return [
            (found.target, decide.DRAINING)
            if found.deregistered
            else (found.target, self._checker.health(group, found.target) or decide.REGISTERED)
            for found in self._targets.of(group)
        ]

    def place(
        self, load_balancer: str, backends: Mapping[str, tuple[str, ...]], groups: Mapping[str, TargetGroup]
    ) -> None:
        """A load balancer has these backends, by group."""
        self._backends[load_balancer] = backends
        self._groups.update(groups)

    def pairs(self) -> list[tuple[str, str]]:
        """Load balancers and the groups that they use."""
        return [(balancer, group) for balancer, backends in self._backends.items() for group in backends]

    def displace(self, load_balancer: str) -> None:
        """A load balancer has gone."""
        self._backends.pop(load_balancer, None)
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
        self._starts.pop(group, None)

    def pause(self, group: str) -> float | None:
        """Simulated seconds after which the targets' shares are others; None when they stay."""
        known = self._groups.get(group)
        return self._starts.get(group, SlowStart()).pause(_slow(known)) if known else None

    async def route(self, group: str) -> None:
        """Brings the servers of the group's backends up to date; Retryable when HAProxy can't."""
        for backends in [*self._backends.values()]:
            for backend in backends.get(group, ()):
                await self._proxy.set_servers(backend, self._servers(group))

    async def route_now(self, group: str) -> None:
        """The same before an API call's answer leaves; a failure is left to the next pass of the controller."""
        try:
            await self.route(group)
        except Retryable as error:
            _log.warning("%s: %s", group, error)

    def _servers(self, group: str) -> list[Server]:
        known = self._groups.get(group)
        if known is None:
            return []
        servers = []
        states = self.states(group)
        duration, now = _slow(known), self._clock.monotonic()
        healthy = {target for target, health in states if health.state == "healthy"}
        start = self._starts[group] = self._starts.get(group, SlowStart()).seen(healthy, duration, now)
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
