"""Real packets through real routers of random VPCs, held against the pure verdict and against what `reach` says."""

from __future__ import annotations

import select
import socket
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings

from netflux.network import namespace, ruleset
from netflux.network.attempt import Probe
from netflux.network.decide import verdict
from netflux.network.router import Router
from netflux.network.topology import Elsewhere, Interface, Ports, Topology
from netflux.network.verdict import Connection, Outcome
from netflux.reach import answer as answers
from netflux.reach.place import Kind, Place
from tests.network import kept, worlds

_PATIENCE, _MORE_PATIENCE = 0.06, 3.0
"""Real seconds. A packet between namespaces takes microseconds: what is told otherwise is asked again, patiently."""

SETTINGS = settings(
    max_examples=100_000,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)


@dataclass
class Tally:
    """What was tried.

    Attributes:
        pairs: of interfaces, and of clients on the internet and interfaces, each at all of `worlds.PORTS`.
        inward: those from the internet that are accepted, of `outcomes`.
        outcomes: of single connections.
        disagreements: in words.
    """

    pairs: int = 0
    inward: int = 0
    worlds: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    disagreements: list[str] = field(default_factory=list)


def compare(pairs: int, number: int) -> Tally:
    """Draws VPCs until so many pairs have been tried. Only in an enclosure."""
    tally = Tally()

    @seed(number)
    @settings(
        max_examples=100_000,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(worlds.worlds(), worlds.worlds())
    def draw(world: dict[str, list[Any]], other: dict[str, list[Any]]) -> None:
        if tally.pairs >= pairs:
            raise _Enough
        tally.worlds += 1
        changed = {**other, "NetworkInterfaces": _moved(world, other)}
        with _laid(kept.topology(world)) as routers:
            for told in (world, changed, world):
                _check(kept.topology(told), routers, tally)

    with suppress(_Enough):
        draw()
    return tally


class _Enough(Exception):
    """So many pairs have been tried."""


def _moved(world: Mapping[str, list[Any]], other: Mapping[str, list[Any]]) -> list[Any]:
    """The first world's interfaces with the groups that the other world's interfaces have, where it has as many."""
    found = []
    for eni, model in zip(world["NetworkInterfaces"], [*other["NetworkInterfaces"], *[None] * 6], strict=False):
        same = model is not None and model["SubnetId"] == eni["SubnetId"]
        found.append({**eni, "Groups": model["Groups"]} if same else eni)
    return found


@contextmanager
def _laid(topology: Topology) -> Iterator[dict[str, Router]]:
    """Routers with cables to all interfaces, and somebody who listens at all ports of each."""
    routers: dict[str, Router] = {}
    with ExitStack() as stack:
        for vpc in topology.vpcs:
            routers[vpc] = Router(vpc)
            stack.callback(routers[vpc].close)
        for number, interface in enumerate(topology.interfaces.values()):
            subnet = topology.subnets[interface.subnet]
            router = routers[subnet.vpc]
            router.connect(interface.id, interface.address, subnet.cidr, f"02:00:00:00:00:{number:02x}")
            stack.callback(router.disconnect, interface.id)
            for port in worlds.PORTS:
                stack.enter_context(namespace.listener(interface.id, "0.0.0.0", port))
        yield routers


def _check(topology: Topology, routers: Mapping[str, Router], tally: Tally) -> None:
    ends = [*topology.interfaces.values()]
    for vpc, router in routers.items():
        router.apply(ruleset.of(topology, vpc))
        router.outside.translate({_public(one): one.address for one in ends if one.public})
    pairs: list[tuple[Interface | Elsewhere, Interface]] = [
        *((one, other) for one in ends for other in ends if one != other),
        *((Elsewhere(stranger), one) for one in ends for stranger in worlds.STRANGERS),
    ]
    wanted = [
        Connection(source, target, port, source_ports=Ports(chosen, chosen))
        for number, (source, target) in enumerate(pairs)
        for place, port in enumerate(worlds.PORTS)
        for chosen in [worlds.SOURCE_PORTS[(number + place) % len(worlds.SOURCE_PORTS)]]
    ]
    outside = {one.id: routers[topology.vpc_of(one)] for one in ends}
    seen = _send(wanted, outside, _PATIENCE)
    expected = [verdict(topology, one, listening=True).outcome for one in wanted]
    doubted = [number for number in range(len(wanted)) if not _same(expected[number], seen[number])]
    again = _send([wanted[number] for number in doubted], outside, _MORE_PATIENCE) if doubted else []
    for number, outcome in zip(doubted, again, strict=True):
        seen[number] = outcome
    for one, outcome, told in zip(wanted, seen, expected, strict=True):
        tally.outcomes[outcome] += 1
        tally.inward += isinstance(one.source, Elsewhere) and outcome is Outcome.ACCEPTED
        if not _same(told, outcome):
            tally.disagreements.append(f"{_said(one)}: the verdict is {told}, the packet's {outcome}")
        said = _reach(topology, one, outcome)
        if said:
            tally.disagreements.append(f"{_said(one)}: reach: {said}")
    tally.pairs += len(pairs)


def _same(told: Outcome, seen: Outcome) -> bool:
    """A driver may see at once that there is no way where AWS drops."""
    dropped = (Outcome.TIMED_OUT, Outcome.UNREACHABLE)
    return told == seen or (told in dropped and seen in dropped)


def _said(one: Connection) -> str:
    return f"{one.source.address} port {one.source_ports} to {one.destination.address}:{one.port}"


def _public(interface: Interface) -> str:
    """An address of its own for each: in `worlds` they have one in common."""
    return interface.address.replace("10.", "198.18.", 1).replace(".0.", ".", 1)


def _place(end: Interface | Elsewhere) -> Place:
    if isinstance(end, Elsewhere):
        return Place(Kind.ADDRESS, end.address)
    return Place(Kind.INTERFACE, end.id, (end.id,), (end.id,))


def _reach(topology: Topology, one: Connection, seen: Outcome) -> str:
    assert isinstance(one.destination, Interface)
    assert one.source_ports is not None
    source, target = _place(one.source), _place(one.destination)
    found = answers.answer(answers.question(source, target, one.port), topology, {}, {one.destination.id: True})
    return " ".join(
        found.disagreement(replace(path, probe=Probe(seen, one.source_ports.low))) for path in found.paths
    ).strip()


def _client(one: Connection, routers: Mapping[str, Router]) -> tuple[socket.socket, str]:
    """A socket at the source, and the address by which the destination is known there."""
    assert isinstance(one.destination, Interface)
    if isinstance(one.source, Interface):
        return namespace.client(one.source.id), one.destination.address
    outside = routers[one.destination.id].outside
    outside.client(one.source.address).close()
    address = _public(one.destination) if one.destination.public else one.destination.address
    return namespace.client(outside.name), address


def _send(wanted: list[Connection], routers: Mapping[str, Router], patience: float) -> list[Outcome]:
    """All at once: each from its source's namespace and port; `routers` by interface."""
    seen = [Outcome.TIMED_OUT] * len(wanted)
    waiting: dict[int, tuple[int, socket.socket]] = {}
    for number, one in enumerate(wanted):
        client, address = _client(one, routers)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        client.bind((one.source.address, one.source_ports.low))  # type: ignore[union-attr]
        code = client.connect_ex((address, one.port))
        if code in (0, 115):
            waiting[client.fileno()] = number, client
        else:
            seen[number] = Outcome.UNREACHABLE
            client.close()
    poll = select.epoll()
    for descriptor in waiting:
        poll.register(descriptor, select.EPOLLOUT)
    while waiting and (events := poll.poll(patience)):
        for descriptor, _ in events:
            number, client = waiting.pop(descriptor)
            code = client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            seen[number] = {0: Outcome.ACCEPTED, 111: Outcome.REFUSED}.get(code, Outcome.UNREACHABLE)
            poll.unregister(descriptor)
            client.close()
    for _, client in waiting.values():
        client.close()
    poll.close()
    return seen
