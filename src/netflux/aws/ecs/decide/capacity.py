"""Which capacity provider a new task gets: pure.

Developer guide, "Amazon ECS clusters for Fargate": the base of a strategy first, then by its weights.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from netflux.errors import AwsError

Json = Mapping[str, Any]
FARGATE, SPOT = "FARGATE", "FARGATE_SPOT"
PROVIDERS = (FARGATE, SPOT)
_MOST_WEIGHT = 1000
_MOST_BASE = 100_000


def choose(strategy: Sequence[Json], held: Iterable[str], count: int) -> list[str]:
    """Providers of new tasks; empty names where there is no strategy.

    Args:
        strategy: items with `capacityProvider`, `weight` and `base`.
        held: providers of the tasks that are there.
        count: of new tasks.
    """
    if not strategy:
        return [""] * count
    counts = Counter(held)
    chosen = []
    for _ in range(count):
        name = _next(strategy, counts)
        counts[name] += 1
        chosen.append(name)
    return chosen


def _next(strategy: Sequence[Json], counts: Counter[str]) -> str:
    for item in strategy:
        if counts[item["capacityProvider"]] < item.get("base", 0):
            return str(item["capacityProvider"])
    weighed = [item for item in strategy if _weight(item, strategy)]
    least = min(weighed, key=lambda item: _share(item, counts, _weight(item, strategy)))
    return str(least["capacityProvider"])


def _weight(item: Json, strategy: Sequence[Json]) -> int:
    """1 where one item says nothing, as with CreateService; 0 takes no more than its base."""
    return int(item.get("weight", 1 if len(strategy) == 1 else 0))


def _share(item: Json, counts: Counter[str], weight: int) -> float:
    return float((counts[item["capacityProvider"]] - item.get("base", 0)) / weight)


def check(strategy: Sequence[Json], available: Iterable[str]) -> None:
    """Raises InvalidParameterException for a strategy that ECS refuses.

    Args:
        strategy: of a request, or a cluster's default one.
        available: the cluster's capacity providers.
    """
    names = [item["capacityProvider"] for item in strategy]
    if len(set(names)) < len(names):
        raise _invalid("The capacity provider strategy cannot contain duplicate capacity providers.")
    missing = [name for name in names if name not in available]
    if missing:
        raise _invalid(
            f"The specified capacity provider strategy cannot contain a capacity provider that is not associated with "
            f"the cluster. Associate the capacity provider with the cluster and try again. ({', '.join(missing)})"
        )
    if sum(item.get("base", 0) > 0 for item in strategy) > 1:
        raise _invalid("Only one capacity provider can have a base set.")
    for item in strategy:
        if not 0 <= item.get("weight", 0) <= _MOST_WEIGHT or not 0 <= item.get("base", 0) <= _MOST_BASE:
            raise _invalid(f"A weight is from 0 to {_MOST_WEIGHT}, and a base from 0 to {_MOST_BASE}.")
    if strategy and not any(_weight(item, strategy) for item in strategy):
        raise _invalid("The capacity provider strategy must have at least one provider with a weight greater than 0.")


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterException", message)
