"""Where a task goes: spread over the subnets of a service, hence over availability zones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence


def choose(subnets: Sequence[str], taken: Iterable[str], count: int) -> list[str]:
    """A subnet for each of `count` new tasks: always the one with the fewest, the first named among equals."""
    used = Counter(subnet for subnet in taken if subnet in subnets)
    chosen = []
    for _ in range(count):
        subnet = min(subnets, key=lambda name: (used[name], subnets.index(name)))
        used[subnet] += 1
        chosen.append(subnet)
    return chosen
