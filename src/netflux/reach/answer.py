"""From a question and a scene to an answer, for people and programs. Pure.

Every interface of one end is asked about with every one of the other; ways that are decided by the same rules are told
once, with their number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from netflux.errors import UserError
from netflux.network.attempt import Probe
from netflux.network.decide import verdict
from netflux.network.topology import AclEntry, Elsewhere, Interface, Ports, Route, SecurityGroupRule, Topology, within
from netflux.network.verdict import Connection, Hop, Outcome, Stage, Verdict
from netflux.reach.count import Counts, counted
from netflux.reach.explain import Explainer
from netflux.reach.place import USAGE, Kind, Place
from netflux.reach.remedy import Remedy

_STRANGERS = ("198.51.100.7", "203.0.113.7", "192.0.2.7", "8.8.8.8")
"""Addresses that stand for a client on the internet; the first that no rule names (RFC 5737 for three of them)."""

End = Interface | Elsewhere


@dataclass(frozen=True)
class Question:
    """Who wants to connect to whom.

    Attributes:
        source: the client.
        destination: the server.
        port: TCP.
    """

    source: Place
    destination: Place
    port: int


@dataclass(frozen=True)
class Path:
    """Ways that are decided alike, told by one of them.

    Attributes:
        verdict: of the one.
        ways: how many there are.
        probe: what came of a packet on that one, where one was sent.
    """

    verdict: Verdict
    ways: int = 1
    probe: Probe | None = None


@dataclass(frozen=True)
class Answer:
    """The answer to a question.

    Attributes:
        question: that was asked.
        topology: in which.
        labels: names by id, and by address where an address stands for more.
        paths: those that fail first.
        absent: why there are none.
    """

    question: Question
    topology: Topology
    labels: Mapping[str, str]
    paths: Sequence[Path] = field(default_factory=list)
    absent: str = ""

    @property
    def reachable(self) -> bool:
        """Whether every way is open."""
        return bool(self.paths) and all(path.verdict.passed for path in self.paths)

    def disagreement(self, path: Path) -> str:
        """What a packet showed that the analysis did not say; empty when both agree, or none was sent."""
        if path.probe is None:
            return ""
        expected = self.expected(path).outcome
        if _same(expected, path.probe.outcome) or _leaves(path.verdict):
            return ""
        return f"the analysis says {expected}, the packet was {path.probe.outcome}"

    def expected(self, path: Path) -> Verdict:
        """The verdict for the very packet that was sent, whose source port is known."""
        connection, told = path.verdict.connection, path.verdict.hops
        if path.probe is None or not path.probe.source_port:
            return path.verdict
        port = path.probe.source_port
        listening = next((hop.passed for hop in told if hop.stage in (Stage.LISTENER, Stage.HOLDER)), None)
        exact = Connection(connection.source, connection.destination, connection.port, source_ports=Ports(port, port))
        return verdict(self.topology, exact, listening)


def question(source: Place, destination: Place, port: int | None) -> Question:
    """With the port that is meant when none is named.

    Raises:
        UserError: there is none to choose.
    """
    if port is None and not destination.ports and not destination.absent:
        raise UserError(
            f"It is not known on which port {destination.shown} would be asked.",
            f"Name one: {destination.keys[0] if destination.keys else destination.name}:PORT.",
            USAGE,
        )
    return Question(source, destination, port or next(iter(destination.ports), 0))


def ends(place: Place, topology: Topology) -> list[End]:
    """The place in the topology."""
    if place.kind is Kind.INTERNET:
        return [Elsewhere(stranger(topology))]
    if place.kind is Kind.ADDRESS:
        return [Elsewhere(place.name)]
    return [topology.interfaces[one] for one in place.interfaces if one in topology.interfaces]


def stranger(topology: Topology) -> str:
    """An address of a client that no rule means in particular."""
    rules = [rule.cidr for group in topology.groups.values() for rule in group.rules if rule.cidr]
    entries = [entry.cidr for acl in topology.acls.values() for entry in acl.entries]
    routes = [route.destination for table in topology.route_tables.values() for route in table.routes]
    special = [cidr for cidr in {*rules, *entries, *routes} if "/" in cidr and not cidr.endswith("/0")]
    return next((one for one in _STRANGERS if not any(within(one, cidr) for cidr in special)), _STRANGERS[0])


def answer(asked: Question, topology: Topology, labels: Mapping[str, str], listening: Mapping[str, bool]) -> Answer:
    """The answer.

    Args:
        asked: the question.
        topology: in which.
        labels: names by id.
        listening: by interface of the destination, whether something listens there.

    Raises:
        UserError: neither end is in a VPC.
        Unsupported: it depends on what this cloud does not have.
    """
    named = {**labels, stranger(topology): "the internet"}
    absent = asked.source.absent or asked.destination.absent
    if absent:
        return Answer(asked, topology, named, absent=absent)
    pairs = [
        (source, destination)
        for source in ends(asked.source, topology)
        for destination in ends(asked.destination, topology)
    ]
    others = [pair for pair in pairs if pair[0] != pair[1]] or pairs
    if any(isinstance(source, Elsewhere) and isinstance(destination, Elsewhere) for source, destination in others):
        raise UserError("Neither end is in a VPC of this region.", "Name at least one place of the region.", USAGE)
    grouped: dict[Any, list[Verdict]] = {}
    for source, destination in others:
        heard = listening.get(destination.id, False) if isinstance(destination, Interface) else None
        found = verdict(topology, Connection(source, destination, asked.port), heard)
        grouped.setdefault(_signature(found), []).append(found)
    paths = [Path(alike[0], len(alike)) for alike in grouped.values()]
    return Answer(asked, topology, named, sorted(paths, key=lambda path: path.verdict.passed))


def told(found: Answer, counts: Counts | None = None) -> dict[str, Any]:
    """The answer in JSON's types; with what the kernel has counted, where it counts."""
    explainer = Explainer(found.topology, found.labels)
    remedy = Remedy(found.topology, {stranger(found.topology): "0.0.0.0/0"})
    asked = found.question
    total = sum(path.ways for path in found.paths)
    return {
        "from": {"kind": asked.source.kind, "name": asked.source.name},
        "to": {"kind": asked.destination.kind, "name": asked.destination.name, "port": asked.port},
        "protocol": "tcp",
        "reachable": found.reachable,
        "because": found.absent or _because(found, explainer),
        "ways": total,
        "open": sum(path.ways for path in found.paths if path.verdict.passed),
        "paths": [_path(path, found, explainer, remedy, counts or {}) for path in found.paths],
    }


def _because(found: Answer, explainer: Explainer) -> str:
    for path in found.paths:
        if path.verdict.decisive is not None:
            return explainer.sentence(path.verdict.decisive, path.verdict.connection)
    return ""


def _path(path: Path, found: Answer, explainer: Explainer, remedy: Remedy, counts: Counts) -> dict[str, Any]:
    connection = path.verdict.connection
    probe = path.probe
    return {
        "ways": path.ways,
        "from": _end(connection.source, explainer),
        "to": _end(connection.destination, explainer),
        "reachable": path.verdict.passed,
        "outcome": path.verdict.outcome,
        "hops": [
            {**_hop(hop, connection, explainer, remedy), "counted": counted(hop, connection, found.topology, counts)}
            for hop in path.verdict.hops
        ],
        "probe": {
            "outcome": probe.outcome,
            "source_port": probe.source_port,
            "expected": found.expected(path).outcome,
            "disagreement": found.disagreement(path),
        }
        if probe is not None
        else None,
    }


def _end(end: End, explainer: Explainer) -> dict[str, str]:
    if isinstance(end, Elsewhere):
        return {"address": end.address, "name": explainer.labels.get(end.address, end.address)}
    return {
        "address": end.address,
        "name": explainer.labels.get(end.id, end.id),
        "interface": end.id,
        "subnet": explainer.named(end.subnet),
    }


def _hop(hop: Hop, connection: Connection, explainer: Explainer, remedy: Remedy) -> dict[str, Any]:
    return {
        "stage": hop.stage,
        "answer": hop.answer,
        "passed": hop.passed,
        "place": hop.place,
        "by": _by(hop),
        "says": explainer.sentence(hop, connection),
        "remedy": remedy.command(hop, connection),
    }


def _by(hop: Hop) -> str:
    """The id of the rule, the number of the entry, the block of the route."""
    if isinstance(hop.by, SecurityGroupRule):
        return hop.by.id
    if isinstance(hop.by, AclEntry):
        return str(hop.by.number)
    return hop.by.destination if isinstance(hop.by, Route) else ""


def _signature(found: Verdict) -> tuple[Any, ...]:
    """Equal for ways that are decided by the same rules."""
    return tuple((hop.stage, hop.passed, hop.answer, _by(hop), _shared(hop)) for hop in found.hops)


def _shared(hop: Hop) -> str:
    """The place, where ways share it: each way has an interface of its own."""
    interface = (Stage.OUTBOUND_GROUP, Stage.INBOUND_GROUP, Stage.LISTENER, Stage.PUBLIC_ADDRESS, Stage.HOLDER)
    return "" if hop.stage in interface else hop.place


def _same(expected: Outcome, observed: Outcome) -> bool:
    silent = (Outcome.TIMED_OUT, Outcome.UNREACHABLE)
    return expected is observed or (expected in silent and observed in silent)


def _leaves(found: Verdict) -> bool:
    """Whether it ends outside of the region, where what answers is not the region's to say."""
    return isinstance(found.connection.destination, Elsewhere) and found.network
