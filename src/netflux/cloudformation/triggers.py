"""Rollback triggers: alarms during whose ALARM a stack goes back ("Roll back your stack on alarm breach")."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netflux.cloudformation.types.table import Caller
from netflux.errors import AwsError

_TYPE = "AWS::CloudWatch::Alarm"
_MOST = 5
_LONGEST = 180
"""Minutes."""


def check(configuration: Mapping[str, Any]) -> None:
    """Raises AwsError ValidationError for triggers that can't be, in a request's RollbackConfiguration."""
    triggers = configuration.get("RollbackTriggers", [])
    if len(triggers) > _MOST:
        raise AwsError("ValidationError", f"A stack can have at most {_MOST} rollback triggers, not {len(triggers)}.")
    for trigger in triggers:
        if trigger["Type"] != _TYPE:
            raise AwsError("ValidationError", "Rollback Trigger Type not supported")
        if _name(trigger["Arn"]) is None:
            raise AwsError("ValidationError", "RelativeId of a Rollback Trigger's ARN is incorrect")
    minutes = configuration.get("MonitoringTimeInMinutes", 0)
    if not 0 <= minutes <= _LONGEST:
        raise AwsError("ValidationError", f"MonitoringTimeInMinutes is 0 to {_LONGEST}, not {minutes}.")


def seconds(configuration: Mapping[str, Any]) -> float:
    """How long the alarms are watched once all resources are there, in simulated seconds."""
    return 60.0 * float(configuration.get("MonitoringTimeInMinutes", 0)) if configuration.get("RollbackTriggers") else 0


async def breached(call: Caller, configuration: Mapping[str, Any]) -> str | None:
    """Why the stack must go back: an alarm is in ALARM, or not there; None while there is no reason."""
    triggers = configuration.get("RollbackTriggers", [])
    if not triggers:
        return None
    wanted = {_name(trigger["Arn"]) or "": trigger["Arn"] for trigger in triggers}
    answer = await call("cloudwatch", "DescribeAlarms", {"AlarmNames": list(wanted)})
    states = {alarm["AlarmName"]: alarm["StateValue"] for alarm in answer.get("MetricAlarms", [])}
    missing = [arn for name, arn in wanted.items() if name not in states]
    if missing:
        return f"The following rollback trigger(s) are not there: [{', '.join(missing)}]."
    ringing = [arn for name, arn in wanted.items() if states[name] == "ALARM"]
    return f"The following rollback trigger(s) are in ALARM: [{', '.join(ringing)}]." if ringing else None


def _name(arn: str) -> str | None:
    parts = arn.split(":", 6)
    return parts[6] if len(parts) == 7 and parts[5] == "alarm" and parts[6] else None
