"""CloudWatch alarms that fail a deployment: `deploymentConfiguration.alarms`.

Developer guide, "deployment-alarm-failure". They are looked at as soon as a task of the deployment runs, and for a bake
time once all of it is there. A deployment that begins while one of them is in ALARM goes on without them.
"""

from __future__ import annotations

from dataclasses import dataclass

from netflux.aws.ecs.store import Json
from netflux.controlplane.call import Caller
from netflux.errors import AwsError

LOOK = 10.0
"""Simulated seconds between two looks at the alarms of a deployment."""


@dataclass(frozen=True)
class DeploymentAlarms:
    """The alarms of a service as they were evaluated.

    Attributes:
        ringing: one of them is in ALARM.
        bake: simulated seconds that a finished deployment is watched: as long as the slowest of them looks back.
        rollback: go back to the last completed deployment.
    """

    ringing: bool
    bake: float
    rollback: bool


async def look(apis: Caller, service: Json) -> DeploymentAlarms | None:
    """The alarms of a service whose deployment is in progress; None where there are none, or no answer."""
    wanted = service["accepted"]["deploymentConfiguration"].get("alarms") or {}
    if not wanted.get("enable") or service["deployments"][0]["rolloutState"] != "IN_PROGRESS":
        return None
    try:
        found = await apis.call("cloudwatch", "DescribeAlarms", {"AlarmNames": [*wanted["alarmNames"]]})
    except AwsError:
        return None
    alarms = found["MetricAlarms"]
    return DeploymentAlarms(
        any(one["StateValue"] == "ALARM" for one in alarms),
        max((float(one["Period"] * one["EvaluationPeriods"]) for one in alarms), default=0.0),
        bool(wanted.get("rollback")),
    )
