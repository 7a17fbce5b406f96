"""Availability Zone rebalancing of a service, as its document remembers it from pass to pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from netflux.aws.ecs.decide import balance, message
from netflux.aws.ecs.decide.balance import Balancing
from netflux.aws.ecs.decide.deployment import Goal, Member
from netflux.aws.ecs.store import Json

_KEY = "balancing"


class Rebalance:
    """The moves of one pass. Changes `service` in place.

    Args:
        service: its document.
        goal: of the pass.
        members: the service's tasks.
    """

    def __init__(self, service: Json, goal: Goal, members: Sequence[Member]) -> None:
        self._service = service
        self._zones = sorted({*service["deployments"][0].get("zones", {}).values()})
        self.members = members
        self._enabled = (
            service["accepted"]["availabilityZoneRebalancing"] == "ENABLED" and service["status"] == "ACTIVE"
        )
        kept = service.get(_KEY)
        begun = Balancing(kept["deployment"], kept["desired"], frozenset(kept["tasks"])) if kept else None
        self._begun = balance.going_on(begun, goal, members, enabled=self._enabled)
        self._keep()
        self.goal = replace(goal, moving=self._begun.tasks) if self._begun else goal

    def due(self) -> list[str]:
        """The zones of tasks to start now, when nothing else is to be done for the service."""
        if not self._enabled or not balance.settled(self.members):
            return []
        room = self.goal.most - sum(member.live for member in self.members)
        return balance.moves(balance.spread(self._zones, self.members), room)

    def told(self, due: Sequence[str]) -> str:
        """The event that the moves begin or have ended; empty when there is nothing to tell."""
        if bool(due) == bool(self._begun) or not balance.settled(self.members):
            return ""
        spread = balance.spread(self._zones, self.members)
        words = message.unbalanced if due else message.balanced
        return words(self._service["name"], spread)

    def begin(self, tasks: Sequence[str]) -> None:
        """Remembers the tasks that were started; none ends the moves."""
        self._begun = Balancing(self.goal.primary, self.goal.desired, frozenset(tasks)) if tasks else None
        self._keep()

    def stopped(self, members: Sequence[Member]) -> list[str]:
        """The events of running tasks that were told to stop."""
        service = self._service["name"]
        if not members:
            return []
        if self._begun is None:
            return [message.stopped(service, [member.id for member in members])]
        zones = sorted({member.zone for member in members})
        by_zone = {zone: [member.id for member in members if member.zone == zone] for zone in zones}
        return [message.stopped_to_balance(service, ids, zone) for zone, ids in by_zone.items()]

    def _keep(self) -> None:
        begun = self._begun
        if begun is not None:
            tasks = sorted(begun.tasks)
            self._service[_KEY] = {"deployment": begun.deployment, "desired": begun.desired, "tasks": tasks}
        elif self._service.get(_KEY) is not None:
            self._service[_KEY] = None
