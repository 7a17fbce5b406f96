"""One aggregation interval of a flow log: what interfaces saw, added up to records. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from netflux.network.sighting import Seen, Sighting

_SYN, _ACK = 2, 16
_SHOWN_FLAGS = 7


class LogStatus(StrEnum):
    """How complete a record is: VPC user guide, "Flow log records"."""

    OK = "OK"
    NODATA = "NODATA"
    SKIPDATA = "SKIPDATA"


@dataclass(frozen=True)
class Key:
    """What makes sightings one record: the 5-tuple at one interface, its direction and what groups and ACLs said."""

    interface: str
    subnet: str
    egress: bool
    accepted: bool
    source: str
    destination: str
    source_port: int
    destination_port: int
    protocol: int


@dataclass(frozen=True)
class Tally:
    """What is added up.

    Attributes:
        first: Unix seconds, of the first packet.
        last: of the last one.
        flags: of TCP, each that was seen; ACK only beside SYN.
    """

    packets: int
    bytes: int
    first: float
    last: float
    flags: int


@dataclass(frozen=True)
class Record:
    """A record.

    Attributes:
        interface: `eni-…`.
        start: Unix seconds; of the interval, where there is no flow.
        end: likewise.
        flow: what was seen; None where nothing was.
    """

    interface: str
    subnet: str
    status: LogStatus
    start: int
    end: int
    flow: tuple[Key, Tally] | None = None


@dataclass
class Window:
    """An interval that is still open.

    Attributes:
        opened: Unix seconds.
        tallies: what was seen so far.
        interfaces: those that were there, with their subnets.
        full: not all could be written down.
    """

    opened: float
    tallies: dict[Key, Tally] = field(default_factory=dict)
    interfaces: dict[str, str] = field(default_factory=dict)
    full: bool = False

    def add(self, seen: Seen) -> None:
        """Adds what was seen."""
        self.full = self.full or seen.full
        self.interfaces.update(seen.interfaces)
        for one in seen.sightings:
            key, tally = _key(one), _tally(one)
            known = self.tallies.get(key)
            self.tallies[key] = tally if known is None else _sum(known, tally)

    def records(self, closed: float, *, accepted: bool, rejected: bool) -> Iterator[Record]:
        """One for each flow and direction at each interface; of an interface without any, that there was none.

        Args:
            closed: Unix seconds, the end of the interval.
            accepted: tell of traffic that groups and network ACLs let through.
            rejected: tell of the other.
        """
        wanted = [item for item in self.tallies.items() if (accepted if item[0].accepted else rejected)]
        yield from _ordered(_record(key, tally) for key, tally in wanted)
        busy = {key.interface for key, _ in wanted}
        for interface, subnet in self.interfaces.items():
            for status, applies in ((LogStatus.NODATA, interface not in busy), (LogStatus.SKIPDATA, self.full)):
                if applies and not (self.full and status is LogStatus.NODATA):
                    yield Record(interface, subnet, status, int(self.opened), int(closed))


def _ordered(records: Iterable[Record]) -> list[Record]:
    return sorted(records, key=lambda record: (record.start, record.end))


def _record(key: Key, tally: Tally) -> Record:
    return Record(key.interface, key.subnet, LogStatus.OK, int(tally.first), int(tally.last), (key, tally))


def _key(one: Sighting) -> Key:
    ends = one.flow.ends
    return Key(
        one.interface, one.subnet, one.egress, one.accepted, ends.source, ends.destination, ends.source_port,
        ends.destination_port, ends.protocol,
    )  # fmt: skip


def _tally(one: Sighting) -> Tally:
    flow, flags = one.flow, one.flow.ends.flags
    shown = flags & _SHOWN_FLAGS | (flags & _ACK if flags & _SYN else 0)
    return Tally(flow.packets, flow.bytes, flow.first, flow.last, shown)


def _sum(one: Tally, other: Tally) -> Tally:
    first, last = min(one.first, other.first), max(one.last, other.last)
    return Tally(one.packets + other.packets, one.bytes + other.bytes, first, last, one.flags | other.flags)
