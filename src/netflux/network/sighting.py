"""What each interface saw of a router's flows. Pure.

A packet on its way from one interface to another is seen twice: leaving its source, and entering its destination.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from netflux.network.flowbook import Fate, Flow

_LEAVING = {Fate.KEPT: False, Fate.TURNED: True, Fate.LOST: True, Fate.PASSED: True}
_ENTERING = {Fate.TURNED: False, Fate.PASSED: True}
"""Whether the groups and network ACLs at that end let it through; a packet that is missing here never came there."""


@dataclass(frozen=True)
class Sighting:
    """A flow at one of its ends.

    Attributes:
        interface: `eni-…`.
        subnet: of the interface.
        egress: it left the interface, or would have.
        accepted: groups and network ACLs let it.
    """

    interface: str
    subnet: str
    egress: bool
    accepted: bool
    flow: Flow


@dataclass(frozen=True)
class Seen:
    """What the interfaces of a VPC saw in some time.

    Attributes:
        interfaces: those that were there to see it, with their subnets.
        full: there may have been more than could be written down.
    """

    sightings: tuple[Sighting, ...] = ()
    interfaces: tuple[tuple[str, str], ...] = ()
    full: bool = False


def sightings(flows: Iterable[Flow], holders: Mapping[str, tuple[str, str]]) -> Iterator[Sighting]:
    """What was seen.

    Args:
        flows: of the router.
        holders: interface and subnet, by address.
    """
    for flow in flows:
        for address, accepted, egress in (
            (flow.ends.source, _LEAVING.get(flow.ends.fate), True),
            (flow.ends.destination, _ENTERING.get(flow.ends.fate), False),
        ):
            if accepted is not None and address in holders:
                yield Sighting(*holders[address], egress=egress, accepted=accepted, flow=flow)
