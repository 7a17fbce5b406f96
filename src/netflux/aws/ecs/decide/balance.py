"""Availability Zone rebalancing: which running tasks of a settled service move. Pure.

Developer guide, "service-rebalancing": tasks start in the zones that have fewest; those in the zones that have most
stop once the new ones are healthy. What has been begun is kept, since the new tasks are more than the service desires.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from netflux.aws.ecs.decide.deployment import Goal, Member, Phase


@dataclass(frozen=True)
class Balancing:
    """Moves that have been begun.

    Attributes:
        deployment: id of the deployment whose tasks move.
        desired: tasks that the service had to have then.
        tasks: ids of the new tasks that are not yet healthy.
    """

    deployment: str
    desired: int
    tasks: frozenset[str]


def going_on(begun: Balancing | None, goal: Goal, members: Sequence[Member], *, enabled: bool) -> Balancing | None:
    """What is left of the moves; None when there were none, or when something else is wanted of the service by now."""
    if begun is None or not enabled or (begun.deployment, begun.desired) != (goal.primary, goal.desired):
        return None
    there = {member.id for member in members if member.live and not member.healthy}
    return replace(begun, tasks=begun.tasks & there)


def spread(zones: Iterable[str], members: Sequence[Member]) -> Mapping[str, int]:
    """Live tasks by zone, those without any included."""
    there = Counter(member.zone for member in members if member.live)
    return {zone: there[zone] for zone in sorted({*zones} | {zone for zone in there if zone})}


def moves(zones: Mapping[str, int], room: int) -> list[str]:
    """A zone to start a task in for each task that has to move, as far as there is room; empty for an even spread.

    Args:
        zones: tasks by zone.
        room: tasks that may be there besides.
    """
    left, found = dict(zones), list[str]()
    while left and len(found) < room:
        fullest, emptiest = max(left, key=lambda zone: left[zone]), min(left, key=lambda zone: left[zone])
        if left[fullest] - left[emptiest] < 2:
            break
        left[fullest] -= 1
        left[emptiest] += 1
        found.append(emptiest)
    return found


def settled(members: Sequence[Member]) -> bool:
    """Nothing starts or stops: only then AWS looks at the zones."""
    return all(member.phase is Phase.RUNNING for member in members)
