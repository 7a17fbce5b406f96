"""Keeps services at their desired count: starts, stops and replaces tasks, step by step through deployments."""

from __future__ import annotations

from collections.abc import Sequence

from netflux.aws.ecs import deploymentalarms
from netflux.aws.ecs.pace import Paces
from netflux.aws.ecs.page import Poke
from netflux.aws.ecs.registry import undiscover
from netflux.aws.ecs.roles import Roles
from netflux.aws.ecs.rollout import Rollout
from netflux.aws.ecs.standing import Observer, Standing
from netflux.aws.ecs.store import SERVICE, Json, Store
from netflux.aws.ecs.target import states_of
from netflux.controlplane.call import Caller
from netflux.reconcile.controller import Result

_LOOK = 1.0  # simulated seconds between looks at targets that are being judged, for load balancers that tell nobody


class ServiceController:
    """Controller `ecs-service`; keys are service ARNs.

    Args:
        store: ECS documents.
        apis: asks ELB for the health of targets.
        poke: asks other controllers for passes.
        roles: says which roles tasks can have.
    """

    name = "ecs-service"

    def __init__(self, store: Store, apis: Caller, poke: Poke, roles: Roles | None = None) -> None:
        self._store = store
        self._roles = roles or Roles(store, apis)
        self._apis = apis
        self._poke = poke
        self._paces = Paces()

    async def keys(self) -> Sequence[str]:
        """Services that are not INACTIVE."""
        return [arn for arn, body in self._store.all(SERVICE) if body["status"] != "INACTIVE"]

    async def reconcile(self, key: str) -> Result:
        """One step of the service's deployment, from what is observed now."""
        service = self._store.get(SERVICE, key)
        if service is None or service["status"] == "INACTIVE":
            return Result()
        groups = {entry["targetGroupArn"] for body in self._store.tasks_of(key) for entry in body["loadBalancers"]}
        states = await states_of(self._apis, groups)
        if service["status"] == "DRAINING":
            await self._undiscover(service)
        alarms = await deploymentalarms.look(self._apis, service)
        clock = self._store.clock
        with self._store.documents.transaction():
            service = self._store.get(SERVICE, key) or service
            before = self._store.get(SERVICE, key)
            tasks = self._store.tasks_of(key)
            observer = Observer(self._store, service, states, clock.now(), clock.speed)
            rollout = Rollout(self._store, service, self._paces, self._roles, alarms)
            rollout.account(tasks, observer)
            standings = observer.standings(self._store.tasks_of(key))
            rollout.proceed(standings, observer)
            if service != before:
                self._store.put(SERVICE, key, service)
        for arn in rollout.touched:
            self._poke("ecs-task", arn)
        namespace = service["deployments"][0]["namespace"]
        if namespace:
            self._poke("ecs-connect", namespace)
        if rollout.touched:
            return Result(0.0)
        return Result(self._next_look(service, standings, rollout))

    async def _undiscover(self, service: Json) -> None:
        """Deletes the Cloud Map services of Service Connect that no other service uses, once no task is in them."""
        if any(body["task"]["lastStatus"] != "STOPPED" for body in self._store.tasks_of(service["arn"])):
            return
        others = [
            body for arn, body in self._store.all(SERVICE) if arn != service["arn"] and body["status"] == "ACTIVE"
        ]
        used = {identity for body in others for identity in body.get("discovered", ())}
        await undiscover(self._apis, [one for one in service.get("discovered", ()) if one not in used])

    def _next_look(self, service: Json, standings: Sequence[Standing], rollout: Rollout) -> float | None:
        waits = [item.settles_in for item in standings if item.settles_in is not None and item.settles_in > 0]
        if rollout.resumes_in is not None:
            waits.append(rollout.resumes_in)
        if rollout.watched:
            waits.append(deploymentalarms.LOOK)
        judged = service["accepted"]["loadBalancers"] and any(not item.member.healthy for item in standings)
        if judged:
            waits.append(_LOOK)
        return min(waits, default=None)
