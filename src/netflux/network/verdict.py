"""What is said of a connection: the hops in the order in which packets meet them, and what comes of it. Values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from netflux.network.topology import AclEntry, Elsewhere, Interface, Ports, Route, SecurityGroupRule


class Outcome(StrEnum):
    """What a client sees of an attempt to connect."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    TIMED_OUT = "timed out"
    UNREACHABLE = "unreachable"


class Stage(StrEnum):
    """What decides at a hop."""

    OUTBOUND_GROUP = "outbound group"
    ACL_OUT = "network ACL, leaving"
    ROUTE = "route"
    PUBLIC_ADDRESS = "public address"
    ACL_IN = "network ACL, entering"
    INBOUND_GROUP = "inbound group"
    HOLDER = "holder of the address"
    LISTENER = "listener"


@dataclass(frozen=True)
class Flow:
    """Packets of one direction.

    Attributes:
        source: address.
        destination: address.
        protocol: `tcp` or `udp`.
        ports: destination ports; of answers, all that the client may have chosen.
    """

    source: str
    destination: str
    protocol: str
    ports: Ports


@dataclass(frozen=True)
class Hop:
    """One decision.

    Attributes:
        stage: what decides.
        passed: whether the packets go on.
        place: the id of the interface, network ACL, route table or address where it is decided.
        flow: the packets.
        by: the rule, entry or route that decides; None when there is none that matches.
        note: why, where the rule alone does not say it.
        answer: the packets are the server's answers.
        denied: of the flow's ports, those that this hop denies.
    """

    stage: Stage
    passed: bool
    place: str
    flow: Flow
    by: SecurityGroupRule | AclEntry | Route | None = None
    note: str = ""
    answer: bool = False
    denied: Ports | None = None


@dataclass(frozen=True)
class Connection:
    """What is asked about.

    Attributes:
        source: who connects.
        destination: to whom.
        port: of the destination.
        protocol: `tcp` or `udp`.
        source_ports: that the client may choose; None for those usual at the source. A single one for a real packet.
    """

    source: Interface | Elsewhere
    destination: Interface | Elsewhere
    port: int
    protocol: str = "tcp"
    source_ports: Ports | None = None

    @property
    def there(self) -> Flow:
        """The client's packets."""
        return Flow(self.source.address, self.destination.address, self.protocol, Ports(self.port, self.port))

    @property
    def back(self) -> Flow:
        """The server's packets."""
        ports = self.source_ports or self.source.ephemeral
        return Flow(self.destination.address, self.source.address, self.protocol, ports)


@dataclass(frozen=True)
class Verdict:
    """The hops in the order in which packets meet them; those behind a failed route are missing."""

    connection: Connection
    hops: tuple[Hop, ...]

    @property
    def passed(self) -> bool:
        """Whether the connection comes about."""
        return all(hop.passed for hop in self.hops)

    @property
    def network(self) -> bool:
        """Whether the packets of both directions arrive, whoever listens."""
        return all(hop.passed for hop in self.hops if hop.stage is not Stage.LISTENER)

    @property
    def decisive(self) -> Hop | None:
        """The first hop that stops it."""
        return next((hop for hop in self.hops if not hop.passed), None)

    @property
    def outcome(self) -> Outcome:
        """What the client sees: what is filtered or not routed is dropped without a word."""
        if not self.network:
            return Outcome.TIMED_OUT
        return Outcome.ACCEPTED if self.passed else Outcome.REFUSED
