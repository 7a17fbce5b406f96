"""Slow start: a new target's share grows from nothing to a whole one. Pure.

User guide, "Edit target group attributes" (slow start mode): a target enters it when it becomes healthy beside at least
one healthy target that is not in it, so the first targets of a group never do. It ends with the duration, or when the
target is no longer healthy.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field

from netflux.resources.elbv2 import Target

WHOLE = 100
"""A whole share, of HAProxy's weights to 256."""
_STEPS = 30


@dataclass(frozen=True)
class SlowStart:
    """What is known of a group.

    Attributes:
        healthy: targets when it was last looked at.
        since: when those in slow start entered it, simulated seconds.
    """

    healthy: Set[Target] = frozenset()
    since: Mapping[Target, float] = field(default_factory=dict)

    def seen(self, healthy: Set[Target], duration: float, now: float) -> SlowStart:
        """The same with what is so now.

        Args:
            healthy: targets.
            duration: of a slow start, simulated seconds; 0 when there is none.
            now: simulated seconds.
        """
        since = {target: began for target, began in self.since.items() if target in healthy and now - began < duration}
        grown = (healthy & self.healthy) - since.keys()
        if duration and grown:
            since |= dict.fromkeys(healthy - self.healthy, now)
        return SlowStart(frozenset(healthy), since)

    def weight(self, target: Target, duration: float, now: float) -> int:
        """The target's share."""
        began = self.since.get(target)
        return WHOLE if began is None else max(round(WHOLE * (now - began) / duration), 1)

    def pause(self, duration: float) -> float | None:
        """Simulated seconds after which the weights are others; None when nobody is in slow start."""
        return duration / _STEPS if self.since else None
