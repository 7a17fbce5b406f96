"""Which server sits in which slot of a backend.

HAProxy can't add servers to a running worker with all their options, but it can give an address and a state to one
that is there; so a backend has spare servers, `{prefix}1` to `{prefix}N`, and a server keeps its slot while wanted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from netflux.haproxy.section import Server

_UNKNOWN = "unknown"


@dataclass(frozen=True)
class Slots:
    """The slots of one backend.

    Attributes:
        servers: the first slot's server first; None where the slot is free.
    """

    servers: tuple[Server | None, ...] = ()

    @property
    def capacity(self) -> int:
        """How many slots there are."""
        return len(self.servers)

    def widened(self, capacity: int) -> Slots:
        """The same with at least that many slots."""
        return Slots(self.servers + (None,) * (capacity - self.capacity))

    def emptied(self) -> Slots:
        """As many slots, all free."""
        return Slots((None,) * self.capacity)

    def rendered(self) -> Slots:
        """As a worker has them whose configuration was written from them: a configuration can't say `drain`."""
        return Slots(
            tuple(
                replace(server, state=_UNKNOWN) if server and server.state == "drain" else server
                for server in self.servers
            )
        )


def place(slots: Slots, wanted: Sequence[Server]) -> Slots:
    """Slots that hold exactly the wanted servers: known names stay where they are, new ones take free slots.

    The number of slots doubles until all have one; it never shrinks, because that would cost a reload for nothing.
    """
    by_name = {server.name: server for server in wanted}
    if len(by_name) != len(wanted):
        raise ValueError(f"two servers of one name in {[server.name for server in wanted]}")
    placed: list[Server | None] = [by_name.pop(old.name, None) if old else None for old in slots.servers]
    waiting = list(by_name.values())
    # A slot that has just been left may still finish requests to its old address: it is taken last.
    free = sorted(
        (index for index, server in enumerate(placed) if server is None),
        key=lambda index: (slots.servers[index] is not None, index),
    )
    for index in free[: len(waiting)]:
        placed[index] = waiting.pop(0)
    capacity = max(len(placed), 1)
    while capacity < len(placed) + len(waiting):
        capacity *= 2
    placed += waiting
    return Slots(tuple(placed)).widened(capacity)
