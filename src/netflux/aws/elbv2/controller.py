"""Brings load balancers and target groups from what was accepted to what runs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from weakref import WeakValueDictionary

from netflux.aws.elbv2.accesslog.delivery import LogDelivery
from netflux.aws.elbv2.accesslog.lines import Balancer
from netflux.aws.elbv2.balancer import hostnames
from netflux.aws.elbv2.balancer.desired import Desired, LoadBalancer
from netflux.aws.elbv2.balancer.failover import Failover
from netflux.aws.elbv2.balancer.firewall import Firewall
from netflux.aws.elbv2.balancer.nodes import Nodes
from netflux.aws.elbv2.listener.certificates import Acm, Certificates
from netflux.aws.elbv2.meter.counters import Owned, Value, looked_at
from netflux.aws.elbv2.meter.meter import Meter
from netflux.aws.elbv2.section import configuration, pages
from netflux.aws.elbv2.section.configuration import Built
from netflux.aws.elbv2.section.site import Place, Site
from netflux.aws.elbv2.target.apply import Proxy, Traffic
from netflux.aws.elbv2.target.observe import Checker
from netflux.aws.elbv2.target.reach import Reach
from netflux.aws.elbv2.target.registrations import Targets
from netflux.clock import Clock
from netflux.controlplane.records.documents import Documents
from netflux.controlplane.records.table import Change
from netflux.errors import AwsError, Retryable, Terminal, Unsupported
from netflux.network.endpoints import Address, Endpoints
from netflux.network.interface import Interface, Network
from netflux.network.permission import Peer
from netflux.reconcile.controller import Result
from netflux.resources.elbv2 import Target, TargetGroup
from netflux.resources.route53.targets import AliasTargets, alias_targets

_log = logging.getLogger(__name__)

_NAME_TTL = 60  # seconds; ELB guide, "How Elastic Load Balancing works"


@dataclass(frozen=True)
class Dependencies:
    """What load balancers stand on.

    Attributes:
        gateway_port: of the gateway, for redirects of its clients; 0 for none.
        certificate: PEM file for HTTPS on a load balancer's own addresses.
        firewall: checks security groups where the network does not; None leaves them unchecked.
        meter: measures what runs; None for nobody.
        logs: delivers access logs; None for nobody.
        acm: has the certificates of HTTPS listeners; None for none.
    """

    proxy: Proxy
    network: Network
    endpoints: Endpoints
    run_dir: Path
    gateway_port: int = 0
    certificate: Callable[[], str] = lambda: ""
    firewall: Firewall | None = None
    meter: Meter | None = None
    logs: LogDelivery | None = None
    acm: Acm | None = None


class ElbController:
    """Load balancers and target groups; a key is the ARN of one.

    Args:
        desired: reads the configuration.
        dependencies: what they run on.
        documents: for nodes and targets.
        clock: for draining.
        changed: told of a group whose targets' health has changed, after the traffic has followed it.
    """

    name = "elbv2"

    def __init__(
        self,
        desired: Desired,
        dependencies: Dependencies,
        documents: Documents,
        clock: Clock,
        changed: Callable[[str], None],
    ) -> None:
        self._desired = desired
        self._documents = documents
        self._dependencies = dependencies
        self._clock = clock
        self._changed = changed
        self._poke: Callable[[str], None] = lambda _: None
        self._soon: Callable[[str], None] = self._poke
        self._certificates = Certificates(dependencies.run_dir, dependencies.acm)
        self._nodes = Nodes(dependencies.network, documents)
        self._told: dict[str, object] = {}
        self._passes: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self.targets = Targets(documents)
        self._published: dict[str, list[str]] = {}
        self._reach = Reach(dependencies.network)
        self.checker = Checker(clock, self._reach, self._flipped)
        self._failover = Failover(clock)
        self._turns: dict[str, int] = {}
        self.traffic = Traffic(dependencies.proxy, self._reach, self.targets, self.checker, clock)

    async def start(self, poke: Callable[[str], None], soon: Callable[[str], None]) -> None:
        """Before the loop.

        Args:
            poke: asks the loop for a pass over a key.
            soon: the same, a moment later, together with others.
        """
        self._poke, self._soon = poke, soon
        self._documents.watch(self._changes)
        if self._dependencies.logs is not None:
            self._dependencies.logs.start()
        if self._dependencies.meter is not None:
            self._dependencies.meter.hosts = self._hosts
            self._dependencies.meter.start()
        for code in pages.CODES:
            for server in (True, False):
                path = self._dependencies.run_dir / pages.file_name(code, server=server)
                path.write_bytes(pages.message(code, server=server).encode())

    async def stop(self) -> None:
        """After the loop: ends the health checks."""
        if self._dependencies.logs is not None:
            await self._dependencies.logs.stop()
        await self.checker.stop()

    @property
    def apart(self) -> bool:
        """Whether nodes ask targets from addresses of their own."""
        return self._dependencies.network.enforces_security_groups

    async def check_log(self, bucket: str, prefix: str) -> None:
        """AwsError when access logs can't be delivered there."""
        if self._dependencies.logs is None:
            raise Unsupported("Load balancer attribute access_logs.s3.enabled=true")
        await self._dependencies.logs.check(bucket, prefix)

    def _flipped(self, group: str) -> None:
        self._poke(group)

    def _changes(self, changes: Sequence[Change]) -> None:
        """Load balancers before groups, so that a group's targets find their backends."""
        keys = {key for change in changes for key in self._desired.readers(change)}
        for key in sorted(keys, key=lambda key: ":targetgroup/" in key):
            self._soon(key)

    async def keys(self) -> list[str]:
        """Load balancers before groups, so that a group's targets find their backends."""
        balancers = [*(one.arn for one in self._desired.balancers), *self._nodes.owners(), *self.traffic.active]
        groups = [*(one.arn for one in self._desired.groups), *self.checker.groups()]
        return [*dict.fromkeys([*balancers, *groups])]

    async def reconcile(self, key: str) -> Result:
        """One pass over one load balancer or target group, after any that is under way."""
        lock = self._passes.get(key) or self._passes.setdefault(key, asyncio.Lock())
        async with lock:
            return await self._target_group(key) if ":targetgroup/" in key else await self._load_balancer(key)

    async def _load_balancer(self, key: str) -> Result:
        try:
            found = self._desired.load_balancer(key)
            if found is None:
                await self._remove(key)
            else:
                await self._run(found)
        except AwsError as error:
            raise Retryable(f"load balancer {key}: {error}") from error
        return Result()

    async def settle(self, key: str) -> None:
        """A pass before an API call's answer leaves; a failure is left to the loop."""
        try:
            await self.reconcile(key)
        except (Retryable, Terminal) as error:
            _log.warning("%s", error)

    async def _run(self, balancer: LoadBalancer) -> None:
        nodes, turns = self._ordered(balancer.arn, await self._nodes.attach(balancer))
        used = dict.fromkeys(
            arn for listener in balancer.listeners for rule in listener.rules for arn in rule.action.groups
        )
        found = [self._desired.target_group(arn) for arn in used]
        groups = {group.arn: group for group in found if group is not None}
        addresses = {listener.port: self._nodes.bindable(nodes, listener.port) for listener in balancer.listeners}
        certificates = {one.port: self._certificates.of(one) for one in balancer.listeners}
        led = alias_targets(self._documents)
        place = Place(
            str(self._dependencies.run_dir),
            self._dependencies.gateway_port,
            self._dependencies.certificate(),
            {port: [_bind(node, port, nodes.index(node) + 1) for node in found] for port, found in addresses.items()},
            self._clients(balancer),
            tuple(node.local_address for node in nodes) if self.apart else (),
            turns,
            {port: [one.path for one in found] for port, found in certificates.items()},
            self._dependencies.proxy.journal.address,
            hostnames.reaching(
                balancer, [name for found in certificates.values() for one in found for name in one.names], led.names
            ),
            {port: [(one.path, one.names) for one in found if one.shown] for port, found in certificates.items()},
        )
        built = configuration.build(balancer, groups, place)
        zones = {node.owner: node.availability_zone for node in nodes} if self.apart else {}
        self.traffic.place(balancer.arn, built.backends, groups, zones)
        owned = _owned(balancer, built)
        if self._dependencies.meter is not None:
            self._dependencies.meter.own(balancer.arn, owned)
        for arn in groups:
            await self.traffic.route(arn)
        await self._log_of(balancer, built.backends, nodes[0].vpc_address)
        await self._dependencies.proxy.put(built.section)
        if self._dependencies.meter is not None:
            self._dependencies.meter.serves(balancer.arn, owned)
        self._nodes.bound([(node.local_address, port) for port, found in addresses.items() for node in found])
        self._publish(balancer, led, place, addresses)
        self.traffic.active.add(balancer.arn)

    def _clients(self, balancer: LoadBalancer) -> dict[int, tuple[str, ...]]:
        if self._dependencies.firewall is None:
            return {}
        ports = [listener.port for listener in balancer.listeners]
        return self._dependencies.firewall.clients(balancer.security_groups, ports)

    def _publish(
        self, balancer: LoadBalancer, led: AliasTargets, place: Place, addresses: dict[int, list[Interface]]
    ) -> None:
        """The name resolves to a node only when all of its ports answer there, and it is not cut off from targets.

        Names that public records lead here are origins of distributions; tasks ask the VPC's resolver for them.
        """
        endpoints = self._dependencies.endpoints
        self._withdraw(balancer.arn)
        self._published[balancer.arn] = [balancer.dns_name, *led.only(balancer.dns_name)]
        for listener in balancer.listeners:
            path = Site(balancer, listener, place).socket
            for name in self._published[balancer.arn]:
                endpoints.publish(name, listener.port, Address(path, 0))
        found = [nodes for nodes in addresses.values() if nodes]
        everywhere = [node for node in found[0] if all(node in other for other in found)] if found else []
        away = place.sources[place.turns :]
        known = [node.local_address for node in everywhere if node.local_address not in away]
        if known:
            endpoints.publish_host(balancer.dns_name, known, _NAME_TTL)

    def _withdraw(self, arn: str) -> None:
        """Whoever has been given one of the names meanwhile publishes it once more."""
        for name in self._published.pop(arn, ()):
            self._dependencies.endpoints.withdraw(name)
            for other in [other for other, named in self._published.items() if name in named]:
                self._poke(other)

    async def _log_of(self, balancer: LoadBalancer, backends: Mapping[str, Iterable[str]], address: str) -> None:
        if self._dependencies.logs is None:
            return
        if balancer.attributes["access_logs.s3.enabled"] != "true":
            await self._dependencies.logs.end(balancer.id)
            return
        named = Balancer(
            _dimension(balancer.arn, ":loadbalancer/"),
            frozenset(str(listener.port) for listener in balancer.listeners if listener.protocol == "HTTPS"),
            {name: arn for arn, names in backends.items() for name in names},
            configuration.actions(balancer),
            self.traffic.addresses,
        )
        where = (balancer.attributes[f"access_logs.s3.{part}"] for part in ("bucket", "prefix"))
        bucket, prefix = where
        self._dependencies.logs.keep(balancer.id, named, (bucket, prefix, address))

    def _hosts(self) -> list[Value]:
        """How many targets of each group are healthy, and how many are not."""
        return [
            looked_at(_dimension(arn, ":loadbalancer/"), _dimension(group, ":"), name, sum(
                health.state == state for _, health in self.traffic.states(group)
            ))
            for arn, group in self.traffic.pairs()
            for name, state in (("HealthyHostCount", "healthy"), ("UnHealthyHostCount", "unhealthy"))
        ]  # fmt: skip

    async def _remove(self, arn: str) -> None:
        if self._dependencies.meter is not None:
            self._dependencies.meter.own(arn, None)
        self.traffic.displace(arn)
        self._failover.forget(arn)
        if self._dependencies.logs is not None:
            await self._dependencies.logs.end(arn.rpartition("/")[2])
        self._withdraw(arn)
        await self._dependencies.proxy.remove(configuration.owner(arn))
        await self._nodes.detach(arn)

    async def _target_group(self, arn: str) -> Result:
        group = self._desired.target_group(arn)
        if group is None:
            self.checker.drop(arn)
            self.traffic.forget(arn)
            self._told.pop(arn, None)
            return Result()
        if group.is_function:
            self.targets.drop(arn, [one.target for one in self.targets.of(arn) if one.deregistered])
            return Result()
        users = self._desired.users(arn)
        used = bool(users)
        next_end = self._end_draining(group, used=used)
        registered = {found.target for found in self.targets.of(arn) if not found.deregistered}
        self._reach.block(arn, self._blocked(group, users, registered))
        self.checker.assign(arn, group.check, registered if used else set())
        self.traffic.know(group)
        await self.traffic.route(arn)
        states = self.traffic.states(arn)
        if self._told.get(arn) != states:
            self._told[arn] = states
            self._changed(arn)
        waits = [next_end, self.traffic.pause(arn), *(self._fail_over(user) for user in users)]
        return Result(min((seconds for seconds in waits if seconds is not None), default=None))

    def _fail_over(self, arn: str) -> float | None:
        """Has a load balancer brought up to date from whose name nodes leave or come back; seconds until they may."""
        nodes = self.traffic.nodes(arn)
        left = self._failover.look(arn, {node: self.traffic.cut_off(arn, node) for node in nodes})
        if nodes and self._failover.order(arn, nodes) != (nodes, self._turns.get(arn)):
            self._poke(arn)
        return left

    def _ordered(self, arn: str, nodes: Sequence[Interface]) -> tuple[list[Interface], int]:
        """The nodes, those that clients know first, and how many these are."""
        by_owner = {node.owner: node for node in nodes}
        owners, self._turns[arn] = self._failover.order(arn, [*by_owner])
        return [by_owner[owner] for owner in owners], self._turns[arn]

    def _blocked(self, group: TargetGroup, users: Iterable[str], targets: set[Target]) -> frozenset[Target]:
        """Targets whose security groups let none of the group's load balancers in."""
        firewall = self._dependencies.firewall
        outlines = [self._desired.outline(arn) for arn in users]
        balancers = [balancer for balancer in outlines if balancer is not None]
        if balancers:
            nodes = [f"elbv2/{balancers[0].arn}/{subnet}" for subnet in balancers[0].subnets]
            self._reach.enter(group.arn, nodes if self._dependencies.network.enforces_security_groups else nodes[:1])
        if firewall is None or not balancers or not targets:
            return frozenset()
        blocked = set(targets)
        for balancer in balancers:
            found = [self._dependencies.network.of(f"elbv2/{balancer.arn}/{subnet}") for subnet in balancer.subnets]
            addresses = tuple(node.vpc_address for node in found if node is not None)
            peer = Peer(addresses, frozenset(balancer.security_groups))
            blocked &= firewall.blocked(peer, targets, group.check)
        return frozenset(blocked)

    def _end_draining(self, group: TargetGroup, *, used: bool) -> float | None:
        """Forgets targets whose delay is over, or which got no traffic anyway; simulated seconds until the next one."""
        leaving = [found for found in self.targets.of(group.arn) if found.deregistered]
        left = {
            found.target: group.drain_seconds - self._passed(found.deregistered) if used else 0.0
            for found in leaving
            if found.deregistered
        }
        over = [target for target, seconds in left.items() if seconds <= 0]
        if over:
            self.targets.drop(group.arn, over)
        return min((seconds for seconds in left.values() if seconds > 0), default=None)

    def _passed(self, since: datetime) -> float:
        return (self._clock.now() - since).total_seconds() * self._clock.speed


def _dimension(arn: str, after: str) -> str:
    """What CloudWatch calls the resource: the last part of its ARN."""
    return arn.rpartition(after)[2]


def _owned(balancer: LoadBalancer, built: Built) -> Owned:
    groups = {name: _dimension(arn, ":") for arn, names in built.backends.items() for name in names}
    name, logged = _dimension(balancer.arn, ":loadbalancer/"), balancer.attributes["access_logs.s3.enabled"] == "true"
    return Owned(name, f"elbv2-{balancer.id}-", groups, built.evaluations, logged)


def _bind(node: Interface, port: int, number: int) -> str:
    """HAProxy's words for a node's address, with a number by which rules know it."""
    address = f"{node.local_address}:{port} id {number}"
    return address if node.namespace is None else f"{address} namespace {node.namespace}"
