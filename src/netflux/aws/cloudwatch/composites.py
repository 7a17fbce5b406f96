"""Composite alarms: made and judged by the states of others."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from netflux.aws.cloudwatch import alarm, rule
from netflux.aws.cloudwatch.alarm import Json
from netflux.aws.cloudwatch.decide import ALARM, OK
from netflux.errors import AwsError
from netflux.resources.cloudwatch import Alarm

CARRIED = (
    "AlarmName AlarmDescription ActionsEnabled OKActions AlarmActions InsufficientDataActions AlarmRule Tags(Key Value)"
)
_SUPPRESSION = "Leave it out: an alarm's actions are carried out, or by DisableAlarmActions none of them."
REFUSED = {
    **dict.fromkeys(
        ("ActionsSuppressor", "ActionsSuppressorWaitPeriod", "ActionsSuppressorExtensionPeriod"), _SUPPRESSION
    ),
    "ActionConfiguration": "Leave it out: actions get no tags.",
}
_KEPT = (
    "AlarmName", "AlarmDescription", "OKActions", "AlarmActions", "InsufficientDataActions", "AlarmRule",
)  # fmt: skip
_LONGEST = 10240


def made(request: Json, before: Alarm | None, begun: Alarm, known: Mapping[str, Alarm]) -> Alarm:
    """The accepted alarm; AwsError where its rule can't be read, or looks at what is not there."""
    if before is not None and not before.composite:
        raise AwsError("ValidationError", f"A metric alarm named {before.name} exists: choose another name.")
    if len(request["AlarmRule"]) > _LONGEST:
        raise AwsError("ValidationError", f"AlarmRule has at most {_LONGEST} characters.")
    for name in sorted(rule.parse(request["AlarmRule"]).alarms):
        if name not in known or name == request["AlarmName"]:
            raise AwsError("ValidationError", f"Could not save the composite alarm as alarm {name} does not exist")
    configuration = {key: request[key] for key in _KEPT if request.get(key) is not None}
    configuration["ActionsEnabled"] = request.get("ActionsEnabled", True)
    return replace(before or begun, configuration=configuration, configured=begun.configured)


def judged(one: Alarm, states: Mapping[str, str], now: datetime) -> Alarm:
    """The alarm after an evaluation; the same when the state is. One that looks at what is gone stays as it is."""
    looked_at = rule.parse(one.configuration["AlarmRule"])
    if not looked_at.alarms <= states.keys():
        return one
    state = ALARM if looked_at.holds(states) else OK
    if state == one.state:
        return one
    triggering = sorted(name for name in looked_at.alarms if (states[name] == ALARM) == (state == ALARM))
    names = ", ".join(triggering)
    reason = f"Composite alarm {one.name} went to {state} by the states of: {names or 'its rule alone'}"
    data = {"triggeringAlarms": [{"name": name, "state": {"value": states[name]}} for name in triggering]}
    return alarm.moved(one, state, reason, json.dumps(data), now.isoformat())


def children(one: Alarm) -> frozenset[str]:
    """Names of the alarms that a composite one looks at."""
    return rule.parse(one.configuration["AlarmRule"]).alarms if one.composite else frozenset()


def in_order(alarms: Iterable[Alarm]) -> list[Alarm]:
    """Composite alarms, each after those that it looks at; of those in a circle, none waits for another."""
    waiting = {one.name: one for one in alarms if one.composite}
    found: list[Alarm] = []
    while waiting:
        ready = [one for one in waiting.values() if not children(one) & waiting.keys()] or [*waiting.values()]
        found += ready
        for one in ready:
            del waiting[one.name]
    return found
