"""What DB instances tell of themselves: PostgreSQL's log and Enhanced Monitoring's figures into CloudWatch Logs, and
samples for Performance Insights.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any

from netflux.aws.logevents import Api, put
from netflux.aws.rds import insights, logexport, osmetrics, roles
from netflux.aws.rds.cluster import socket_directory
from netflux.aws.rds.controller import Machine
from netflux.aws.rds.instance import Instances
from netflux.aws.rds.osmetrics import Sample
from netflux.controlplane.authorization.authorization import Authorization
from netflux.errors import AwsError, Retryable
from netflux.reconcile.controller import Result
from netflux.resources.rds import Instance

GROUP = "RDSOSMetrics"
"""The log group of Enhanced Monitoring; an instance's stream has the name of its DbiResourceId."""
_SERVICE = "monitoring.rds.amazonaws.com"
_EXPORTED = 10.0
"""Simulated seconds between looks at a log that is exported."""


class TelemetryController:
    """The controller of what instances tell; its keys are the identifiers of those that tell something.

    Args:
        instances: shared with the API.
        machine: that instances are made of.
        call: `Apis.call`.
    """

    name = "rds-telemetry"

    def __init__(self, instances: Instances, machine: Machine, call: Api) -> None:
        self.authorization: Authorization | None = None
        self._instances = instances
        self._databases, self._run = machine.databases, machine.run
        self._call = call
        self._clock = machine.clock
        self._samples: dict[str, Sample] = {}
        self._due: dict[str, float] = {}

    async def keys(self) -> Sequence[str]:
        """Those whose log is exported, or whose system is monitored."""
        return [one.identifier for one in self._instances.all() if _tells(one)]

    async def reconcile(self, key: str) -> Result:
        """Tells what is due."""
        instance = self._instances.get(key)
        if instance is None or not _tells(instance):
            self._samples.pop(key, None)
            return Result()
        more = _exports(instance) and await self._export(instance)
        if not self._instances.actual(key).accepting:
            self._samples.pop(key, None)
        else:
            await self._monitor(instance)
            await self._look(instance)
        return Result(0.0 if more else min(_waits(instance)))

    async def _export(self, instance: Instance) -> bool:
        """Whether there is more to export at once."""
        log = self._databases / instance.identifier / "postgresql.log"
        messages, place = await asyncio.to_thread(logexport.unread, log)
        if not messages:
            return False
        where = logexport.group(instance.identifier), f"{instance.identifier}.0"
        now = self._now()
        await self._put(instance, where, [(now, one) for one in messages])
        await asyncio.to_thread(logexport.keep, log, place)
        return True

    def _is_due(self, what: str, seconds: float) -> bool:
        """Whether the time has come for something that is done at intervals; 0 for never."""
        now = self._clock.monotonic()
        if not seconds or now < self._due.get(what, 0.0):
            return False
        self._due[what] = now + seconds
        return True

    async def _look(self, instance: Instance) -> None:
        """One sample for Performance Insights."""
        if not self._is_due(f"load {instance.identifier}", insights.INTERVAL if _insights(instance) else 0.0):
            return
        sessions = await roles.active(socket_directory(self._run, instance.identifier), instance.port)
        at = self._clock.now().timestamp()
        self._instances.insights.add(instance.resource_id, insights.Sample(at, sessions))

    async def _monitor(self, instance: Instance) -> None:
        key = instance.identifier
        if not self._is_due(f"system {key}", float(_interval(instance))):
            return
        data = self._databases / key / "data"
        try:
            postmaster = int((data / "postmaster.pid").read_text().split()[0])
            sample = await asyncio.to_thread(osmetrics.sample, postmaster, data)
        except (OSError, ValueError, IndexError):
            return  # it has just ended; the instance's own controller sees to it
        before, self._samples[key] = self._samples.get(key), sample
        if before is not None:
            text = json.dumps(message(instance, self._clock.now().isoformat(), osmetrics.metrics(before, sample)))
            await self._put(instance, (GROUP, instance.resource_id), [(self._now(), text)])

    async def _put(self, instance: Instance, where: tuple[str, str], events: Sequence[tuple[int, str]]) -> None:
        group, stream = where
        try:
            await put(self._acting(instance) if group == GROUP else self._call, group, stream, events)
        except AwsError as error:
            raise Retryable(f"DB instance {instance.identifier} can't write into {group}: {error}") from error

    def _acting(self, instance: Instance) -> Api:
        """The region's APIs as the monitoring role calls them. AwsError when it does not trust RDS."""
        role = str(instance.settings["MonitoringRoleArn"])
        if self.authorization is None or not self.authorization.enforced:
            return self._call
        if not self.authorization.trusted(role, _SERVICE, {}).allowed:
            raise AwsError("AccessDenied", f"The role {role} does not trust {_SERVICE}, so it can't be assumed.")
        return self.authorization.acting(role, instance.resource_id).call

    def _now(self) -> int:
        return int(self._clock.now().timestamp() * 1000)


def message(instance: Instance, at: str, measured: Mapping[str, Any]) -> dict[str, Any]:
    """RDS's message of Enhanced Monitoring."""
    return {
        "engine": "POSTGRES", "instanceID": instance.identifier, "instanceResourceID": instance.resource_id,
        "timestamp": at, "version": 1.0, **measured,
    }  # fmt: skip


def _interval(instance: Instance) -> int:
    """Seconds; 0 where nothing is monitored."""
    return int(instance.settings.get("MonitoringInterval", 0))


def _insights(instance: Instance) -> bool:
    return bool(instance.settings.get("PerformanceInsightsEnabled"))


def _waits(instance: Instance) -> list[float]:
    """Simulated seconds until something is due again, of all that the instance tells."""
    told = [(_interval(instance), float(_interval(instance))), (_exports(instance), _EXPORTED)]
    return [seconds for wanted, seconds in (*told, (_insights(instance), insights.INTERVAL)) if wanted]


def _tells(instance: Instance) -> bool:
    return bool(_waits(instance))


def _exports(instance: Instance) -> bool:
    return "postgresql" in instance.settings.get("EnabledCloudwatchLogsExports", ())
