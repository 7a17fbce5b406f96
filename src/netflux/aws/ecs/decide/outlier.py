"""Which hosts behind a Service Connect name are avoided for a while, since connections to them failed. Pure.

Figures: developer guide, "Service Connect components". Seconds are simulated.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

FAILURES, WINDOW = 5, 30.0
"""So many failed connections in the last so many seconds."""

SHORTEST, LONGEST = 30.0, 300.0
"""A host is avoided for the first, for twice that when it is avoided again, and so on up to the second."""


@dataclass(frozen=True)
class Host:
    """What is known of a host.

    Attributes:
        failed: when connections failed, and how many did.
        until: it is avoided until then.
        times: how often in a row it has been avoided.
    """

    failed: tuple[tuple[float, int], ...] = ()
    until: float = 0.0
    times: int = 0

    @property
    def failures(self) -> int:
        """In the window that ended with the last look."""
        return sum(count for _, count in self.failed)


def look(hosts: Mapping[str, Host], failed: Mapping[str, int], now: float) -> dict[str, Host]:
    """The hosts after a look at how many connections to each have failed since the last one.

    Args:
        hosts: those that get requests, by address; what is not among them is forgotten.
        failed: by address.
        now: of a clock that never goes back.
    """
    seen = {address: _seen(host, failed.get(address, 0), now) for address, host in hosts.items()}
    free = most(len(seen)) - sum(host.until > now for host in seen.values())
    worst = sorted(
        (address for address, host in seen.items() if host.until <= now and host.failures >= FAILURES),
        key=lambda address: (-seen[address].failures, address),
    )
    return {**seen, **{address: _avoided(seen[address], now) for address in worst[: max(free, 0)]}}


def avoided(hosts: Mapping[str, Host], present: Collection[str], now: float) -> frozenset[str]:
    """Those of the present hosts that get no requests: at most half, of which those whose time is up first may come."""
    out = sorted(
        (address for address in present if address in hosts and hosts[address].until > now),
        key=lambda address: (-hosts[address].until, address),
    )
    return frozenset(out[: most(len(present))])


def most(hosts: int) -> int:
    """How many of so many may be avoided."""
    return hosts // 2


def _seen(host: Host, failed: int, now: float) -> Host:
    recent = tuple(one for one in host.failed if one[0] > now - WINDOW)
    times = 0 if host.until and now > host.until + LONGEST else host.times
    return replace(host, failed=(*recent, (now, failed)) if failed else recent, times=times)


def _avoided(host: Host, now: float) -> Host:
    """What failed before is forgiven: the next time it takes as many failures."""
    times = host.times + 1
    return Host((), now + min(LONGEST, SHORTEST * times), times)
