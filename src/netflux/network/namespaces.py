"""The `namespaces` driver: every interface is a network namespace of its own, behind its VPC's router.

The region must live in a network and mount namespace of its own (runtime/enclosure.py). All dealings with the kernel
are one thread's, in order, so that the region's own thread never waits for the kernel's locks.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from netflux.controlplane.records.documents import Documents
from netflux.errors import AwsError, Retryable
from netflux.network import attempt, namespace, placing, ruleset
from netflux.network.attempt import Probe
from netflux.network.configured import Reading
from netflux.network.hosting import Host
from netflux.network.interception import Interceptor
from netflux.network.interface import Interface, InterfaceRequest, Sockets
from netflux.network.ledger import Attached, Ledger
from netflux.network.nftables import Counted
from netflux.network.router import Router, counted
from netflux.network.sighting import Seen, Sighting, sightings
from netflux.network.topology import Topology
from netflux.network.verdict import Outcome

_log = logging.getLogger(__name__)
T = TypeVar("T")

SERVICE_BLOCK = "127.255.0"
"""Service Connect's endpoints have their addresses here, inside each client task's own namespace."""


class NamespaceNetwork:
    """Interfaces as network namespaces. Use `start` before anything else.

    Args:
        documents: holds what EC2 has accepted, interfaces and their owners.
    """

    name = "namespaces"
    enforces_security_groups = True

    def __init__(self, documents: Documents) -> None:
        self._ledger = Ledger(documents, translates=True)
        self._faults = documents.faults
        self._reading = Reading(self._ledger.tables, documents)
        self._kernel = ThreadPoolExecutor(1, "network")
        self._routers: dict[str, Router] = {}
        self._homes: dict[str, str] = {}
        self._host: Host
        self._interceptor: Interceptor
        self._intercepting = asyncio.Lock()
        self._watched: frozenset[str] = frozenset()
        self._seen: dict[str, Seen] = {}
        self._refused: dict[str, OSError] = {}
        self._asked = self._covered = 0
        self._refreshing = asyncio.Lock()

    async def start(self) -> None:
        """Makes what is recorded real; what can't be is told."""
        self._host = await self._do(Host)
        self._interceptor = Interceptor(self._host, f"{SERVICE_BLOCK}.0/24")
        self._ledger.load()
        for record in self._ledger.attached():
            try:
                await self._realise(record)
            except (AwsError, OSError) as error:
                self._faults.tell(
                    "network",
                    record.owner,
                    f"The interface {record.id} of {record.owner} could not be made real ({error}); it has no network.",
                    "Its owner tries again when it is started anew; or delete the owner.",
                )
        with contextlib.suppress(Retryable):  # the network's controller tries again, and says so
            await self.refresh()

    async def stop(self) -> None:
        """Takes all namespaces away; interfaces stay recorded."""
        await self._do(self._dismantle)
        self._kernel.shutdown()

    async def attach(self, request: InterfaceRequest) -> Interface:
        """The owner's interface, created if it is not there; AwsError when the subnet or a group is not.

        When it returns, packets to and from it are filtered as its groups say.
        """
        record = self._ledger.attach(request)
        if record.id not in self._homes:
            await self._realise(record)
            self._faults.clear("network", record.owner)
        await self._refresh()
        refused = self._refused.get(self._homes[record.id])
        if refused is not None:
            raise Retryable(f"the network's rules: {refused}") from refused
        return self._interface(record)

    async def detach(self, owner: str) -> None:
        """Removes the owner's interface from the machine and from EC2; nothing happens when there is none."""
        record = self._ledger.of(owner)
        if record is not None and record.id in self._homes:
            vpc = self._homes[record.id]
            router = self._routers[vpc]
            try:
                await self._note(vpc)
            except Retryable as error:
                _log.warning("what %s saw last is in no flow log: %s", record.id, error)
            self._homes.pop(record.id, None)
            await self._do(lambda: self._disconnect(router, record.id))
        self._ledger.detach(owner)

    def of(self, owner: str) -> Interface | None:
        """The owner's interface."""
        record = self._ledger.of(owner)
        return self._interface(record) if record is not None and record.id in self._homes else None

    def attached(self) -> Sequence[Interface]:
        """Every interface, in the order in which they were attached."""
        return [self._interface(record) for record in self._ledger.attached() if record.id in self._homes]

    def locate(self, vpc_address: str) -> Interface | None:
        """Who has this VPC address; None when no interface has it."""
        record = self._ledger.locate(vpc_address)
        return self._interface(record) if record is not None and record.id in self._homes else None

    def service_address(self, key: str) -> str:
        """A stable address for a name that is no interface, the same in every task's namespace."""
        return f"{SERVICE_BLOCK}.{self._ledger.service_place(key)}"

    async def intercept(self, owner: str) -> None:
        """What the owner's processes send to service addresses gets to their proxies from now on."""
        name = self._name(owner)
        async with self._intercepting:
            if name not in self._interceptor.relays:
                await self._do(lambda: self._interceptor.begin(name))

    async def admit(self, owner: str, ports: Mapping[int, int]) -> None:
        """What comes to the owner's interface at one port gets to another from now on."""
        name = self._name(owner)
        async with self._intercepting:
            if self._interceptor.admitted.get(name) is None and ports:
                await self._do(lambda: self._interceptor.admit(name, ports))

    async def refresh(self) -> None:
        """Makes groups, network ACLs and routes what EC2 says. All who ask while the
        kernel is told share the next reading.

        Raises:
            Retryable: the kernel refuses a VPC's. All other VPCs have theirs.
        """
        await self._refresh()
        for vpc, error in self._refused.items():
            raise Retryable(f"the network's rules of {vpc}: {error}") from error

    async def _refresh(self) -> None:
        self._asked += 1
        mine = self._asked
        async with self._refreshing:
            if self._covered >= mine:
                return
            covering = self._asked
            try:
                topology, public = self._reading.now(), self._translated()
                self._refused = await self._do(lambda: self._apply(topology, public))
            except OSError as error:
                raise Retryable(f"the network's rules: {error}") from error
            self._covered = covering

    def inside(self, owner: str) -> AbstractContextManager[None]:
        """Sockets that the calling thread makes meanwhile are in the owner's namespace."""
        return nullcontext() if self._hosted(owner) else namespace.inside(self._name(owner))

    def client(self, owner: str) -> socket.socket:
        """A TCP socket that connects from the owner's interface, and does not block; OSError when there is none."""
        name, address = self._name(owner), self._hosted(owner)
        return namespace.client(address=address) if address else namespace.client(name)

    def vpc_of(self, owner: str) -> str:
        """The VPC that the owner's interface is in; empty when there is none."""
        record = self._ledger.of(owner)
        return self._homes.get(record.id, "") if record is not None else ""

    async def serve(self, vpc: str, addresses: Sequence[str], port: int) -> Sockets:
        """Sockets at addresses of the VPC's router; OSError when the kernel refuses, KeyError without a router."""
        router = self._routers[vpc]
        return await self._do(lambda: router.serve(addresses, port))

    async def listening(self, owner: str, port: int) -> bool:
        """Whether something listens on the TCP port of the owner's interface; False without one."""
        found = self.of(owner)
        if found is None:
            return False
        goal = self._interceptor.admitted.get(found.id, {}).get(port, port)
        with self.inside(owner):
            return attempt.listens(found.vpc_address, goal, Path("/proc/thread-self/net"))

    async def probe(self, source_owner: str, address: str, port: int, timeout: float) -> Probe:  # noqa: ASYNC109
        """Connects from the owner's namespace."""
        if self.of(source_owner) is None:
            return Probe(Outcome.UNREACHABLE, 0)
        return await attempt.through(self.client(source_owner), address, port, timeout)

    async def probe_from_outside(self, client: str, address: str, port: int, timeout: float) -> Probe:  # noqa: ASYNC109
        """Connects from the other side of the VPC's internet gateway."""
        found = self.locate(address)
        if found is None:
            return Probe(Outcome.UNREACHABLE, 0)
        outside = self._routers[self._homes[found.id]].outside
        made = await self._do(lambda: outside.client(client))
        return await attempt.through(made, found.public_address or address, port, timeout)

    async def counters(self) -> dict[str, Mapping[tuple[str, str], Counted]]:
        """What rules have counted: by VPC, then by chain and rule, both named by `ruleset`."""
        routers = [*self._routers.items()]
        return await self._do(lambda: {vpc: counted(router.counters()) for vpc, router in routers})

    async def watch(self, vpcs: frozenset[str]) -> None:
        """The flows of these VPCs are written down from now on, and no others'; returns when that is so."""
        if vpcs == self._watched:
            return
        before, self._watched = self._watched, vpcs
        self._seen = {vpc: seen for vpc, seen in self._seen.items() if vpc in vpcs}
        try:
            await self.refresh()
        except Retryable:
            self._watched = before
            await self.refresh()
            raise

    async def flows(self, vpc: str) -> Seen:
        """What the interfaces of a watched VPC saw since the last call."""
        await self._note(vpc)
        return self._seen.pop(vpc, Seen())

    async def _note(self, vpc: str) -> None:
        """Keeps what was seen until now, with those who have the addresses now."""
        router = self._routers.get(vpc)
        if router is None or vpc not in self._watched:
            return
        there = [record for record in self._ledger.attached() if self._homes.get(record.id) == vpc]
        holders = {record.vpc_address: (record.id, record.subnet_id) for record in there}
        try:
            page = await self._do(router.flows)
        except OSError as error:
            raise Retryable(f"the flows of {vpc}: {error}") from error
        known = self._seen.get(vpc, Seen())
        found: tuple[Sighting, ...] = (*known.sightings, *sightings(page.flows, holders))
        interfaces = {**dict(known.interfaces), **dict(holders.values())}
        self._seen[vpc] = Seen(found, tuple(interfaces.items()), known.full or page.full)

    async def _realise(self, record: Attached) -> None:
        cidr = placing.subnet(self._ledger.tables, record.subnet_id).cidr_block
        await self._do(lambda: self._connect(record, cidr))
        self._homes[record.id] = record.vpc_id

    def _connect(self, record: Attached, cidr: str) -> None:
        router = self._routers.get(record.vpc_id)
        if router is None:
            router = self._routers[record.vpc_id] = Router(record.vpc_id)
        if record.hosted:
            self._host.seat(record.id, record.vpc_address)
            router.host(record.id, cidr, record.eni.mac_address, self._host)
        else:
            router.connect(record.id, record.vpc_address, cidr, record.eni.mac_address)

    def _disconnect(self, router: Router, interface: str) -> None:
        self._interceptor.end(interface)
        self._host.leave(interface)
        router.disconnect(interface)

    def _apply(self, topology: Topology, public: Mapping[str, Mapping[str, str]]) -> dict[str, OSError]:
        """What the kernel refused, by VPC; such a VPC keeps the rules that it had.

        Args:
            topology: that is to be true.
            public: private addresses by public ones, by VPC.
        """
        refused = {}
        for vpc, router in [*self._routers.items()]:
            if vpc in topology.vpcs:
                try:
                    router.apply(ruleset.of(topology, vpc, watched=vpc in self._watched))
                    router.outside.translate(public.get(vpc, {}))
                except (OSError, ValueError, KeyError) as error:
                    refused[vpc] = error if isinstance(error, OSError) else OSError(f"{type(error).__name__}: {error}")
            elif vpc not in self._homes.values():
                router.close()
                del self._routers[vpc]
        return refused

    def _translated(self) -> dict[str, dict[str, str]]:
        """Private addresses by public ones, by VPC."""
        found: dict[str, dict[str, str]] = {}
        for one in self._ledger.attached():
            if one.public_address and one.id in self._homes:
                found.setdefault(one.vpc_id, {})[one.public_address] = one.vpc_address
        return found

    def _dismantle(self) -> None:
        self._host.close()
        for router in self._routers.values():
            router.close()
        for name in namespace.names():
            namespace.remove(name)
        self._routers.clear()
        self._homes.clear()

    def _interface(self, record: Attached) -> Interface:
        return replace(
            record.interface(record.vpc_address),
            namespace=None if record.hosted else record.id,
            relay=self._interceptor.relays.get(record.id, ""),
        )

    def _hosted(self, owner: str) -> str:
        """The owner's address, when its interface is in the region's own namespace."""
        record = self._ledger.of(owner)
        return record.vpc_address if record is not None and record.hosted else ""

    def _name(self, owner: str) -> str:
        found = self.of(owner)
        if found is None:
            raise FileNotFoundError(f"{owner} has no interface")
        return found.id

    async def _do(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._kernel, work)
