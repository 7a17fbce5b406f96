"""Runs tasks: each pass makes every step that can be made now, as decide/task.py says."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from netflux.aws.ecs import desired, taskstatus
from netflux.aws.ecs.arn import name
from netflux.aws.ecs.connect import ConnectController
from netflux.aws.ecs.decide.task import Do, next_step
from netflux.aws.ecs.metadata import Metadata
from netflux.aws.ecs.run import Run, RunningContainer
from netflux.aws.ecs.store import DEFINITION, TASK, Json
from netflux.aws.ecs.taskhost import TaskHost
from netflux.aws.ecs.tasksteps import Steps
from netflux.clock import Clock
from netflux.reconcile.controller import Result

_log = logging.getLogger(__name__)

KEPT = timedelta(hours=1)  # Developer guide: stopped tasks can be described for at least an hour.
_DRAIN_LOOK = 1.0  # simulated seconds between looks at draining targets, for load balancers that tell nobody


class TaskController:
    """Controller `ecs-task`; keys are task ARNs.

    Args:
        host: what tasks run on.
        metadata: tells containers about themselves.
        connect: gives tasks their Service Connect endpoints.
    """

    name = "ecs-task"

    def __init__(self, host: TaskHost, metadata: Metadata, connect: ConnectController) -> None:
        self._host = host
        self._metadata = metadata
        self._steps = Steps(host, metadata, connect)
        self._runs: dict[str, Run] = metadata.runs
        host.endpoints.watch(self._write_hosts)

    async def keys(self) -> Sequence[str]:
        """Tasks that have not stopped."""
        return [arn for arn, body in self._host.store.all(TASK) if not self._forgotten(arn, body)]

    async def reconcile(self, key: str) -> Result:
        """All steps of a task that can be made now."""
        while True:
            document = self._host.store.get(TASK, key)
            if document is None or document["task"]["lastStatus"] == "STOPPED":
                self._runs.pop(key, None)
                return Result()
            run = self._runs.get(key)
            if run is None:
                run = self._runs[key] = self._new_run(document)
            taskstatus.observe(self._host.store, key, run)
            wanted = document["task"]["desiredStatus"] == "RUNNING"
            following = next_step(run.view(self._host.clock.monotonic(), wanted=wanted))
            if following.do is Do.WAIT:
                return await self._waiting(run, following.after)
            await self._steps.make(following, key, run)

    async def _waiting(self, run: Run, after: float | None) -> Result:
        draining = run.draining_until is not None and after is not None
        if not draining:
            return Result(after)
        await self._steps.look_at_draining(run)
        if run.draining_until is not None and run.draining_until <= self._host.clock.monotonic():
            return Result(0.0)
        return Result(min(after or _DRAIN_LOOK, _DRAIN_LOOK))

    def _new_run(self, document: Json) -> Run:
        task = document["task"]
        definition = self._host.store.get(DEFINITION, task["taskDefinitionArn"])
        assert definition is not None, f"{task['taskArn']}: its task definition was never registered"
        found = desired.containers(definition, task["overrides"])
        containers = {container.name: RunningContainer(container) for container in found}
        return Run(
            name(task["taskArn"]), containers, targeted=bool(document["loadBalancers"] or document.get("registries"))
        )

    def _forgotten(self, arn: str, body: Json) -> bool:
        """Whether a task has stopped; long after that its document goes."""
        task = body["task"]
        if task["lastStatus"] != "STOPPED":
            return False
        if self._host.clock.now() - datetime.fromisoformat(task["stoppedAt"]) > KEPT:
            self._host.store.delete(TASK, arn)
        return True

    def _write_hosts(self) -> None:
        names = self._host.endpoints.hosts()
        for run in self._runs.values():
            if run.hosts is not None and run.resolver is None:
                run.hosts.write(names)

    async def recover(self) -> list[str]:
        """Ends, on paper, the tasks of a region's earlier life, whose processes are gone. Call it before the loop.

        Returns:
            Their ARNs.
        """
        lost = [arn for arn, body in self._host.store.all(TASK) if body["task"]["lastStatus"] != "STOPPED"]
        for arn in lost:
            await self._steps.lose(arn)
        if lost:
            _log.info("%d tasks of the region's earlier run have ended with it", len(lost))
        return lost

    async def close(self, patience: float) -> None:
        """Ends all containers: SIGTERM, after `patience` real seconds SIGKILL; then sends the last log lines."""
        running = [
            container.container
            for run in self._runs.values()
            for container in run.containers.values()
            if container.container is not None and container.exit_code is None
        ]
        for container in running:
            container.terminate()
        waits = [asyncio.ensure_future(container.wait()) for container in running]
        if waits:
            await asyncio.wait(waits, timeout=patience)
        for container in running:
            if container.exit_code is None:
                container.kill()
        if waits:
            await asyncio.wait(waits)
        watchers = [watcher for run in self._runs.values() for watcher in run.watchers]
        if watchers:
            await asyncio.wait(watchers, timeout=patience)


def age(clock: Clock, timestamp: str) -> float:
    """Simulated seconds since a timestamp."""
    return (clock.now() - datetime.fromisoformat(timestamp)).total_seconds() * clock.speed
