"""Where a task goes: spread over the availability zones of a service, then over its subnets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence


def choose(
    subnets: Sequence[str], taken: Iterable[str], count: int, zones: Mapping[str, str] | None = None
) -> list[str]:
    """A subnet for each of `count` new tasks: always in the zone with the fewest, the first named among equals.

    Args:
        subnets: that tasks may be in.
        taken: the subnet of each task that is there.
        count: of new tasks.
        zones: by subnet; one that is not in it is a zone of its own.
    """
    zone = {subnet: (zones or {}).get(subnet, subnet) for subnet in subnets}
    used = Counter(subnet for subnet in taken if subnet in zone)
    crowd = Counter({zone[subnet]: 0 for subnet in subnets})
    for subnet, number in used.items():
        crowd[zone[subnet]] += number
    chosen = []
    for _ in range(count):
        subnet = min(subnets, key=lambda name: (crowd[zone[name]], used[name], subnets.index(name)))
        used[subnet] += 1
        crowd[zone[subnet]] += 1
        chosen.append(subnet)
    return chosen
