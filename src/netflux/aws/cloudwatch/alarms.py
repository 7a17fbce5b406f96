"""Operations on metric alarms, and their evaluation every minute."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from netflux.aws.cloudwatch import alarm, composites, query, transitions
from netflux.aws.cloudwatch.alarm import Json
from netflux.aws.cloudwatch.decide import ALARM as ALARM_STATE
from netflux.aws.cloudwatch.decide import COMPARISONS, MORE, Point, judge
from netflux.aws.cloudwatch.ground import Ground, aware, page
from netflux.aws.cloudwatch.minutes import MINUTE
from netflux.aws.cloudwatch.query import Stat
from netflux.aws.cloudwatch.series import measured, of_unit
from netflux.aws.cloudwatch.tags import TAGGER
from netflux.aws.cloudwatch.transitions import Transitions
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.resources.cloudwatch import ALARM, Alarm

_PAGE = 100
_PAGED = "MaxRecords NextToken"
_OF_METRIC = ("Statistic", "ExtendedStatistic", "Period", "Unit")


@dataclass(frozen=True)
class Firing:
    """An alarm in ALARM calls for its action; again every minute, as those of scaling policies do.

    Attributes:
        alarm: its name.
        action: ARN.
        value: the newest of the metric.
        threshold: of the alarm.
    """

    alarm: str
    action: str
    value: float
    threshold: float


Fire = Callable[[Sequence[Firing]], None]


class Alarms:
    """Handlers of alarms.

    Args:
        ground: metrics and documents.
    """

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._alarms = ground.documents.table(ALARM)
        self.transitions = Transitions()
        self.fire: Fire = lambda _: None

    @operation(
        "AlarmName AlarmDescription ActionsEnabled OKActions AlarmActions InsufficientDataActions MetricName Namespace "
        "Statistic ExtendedStatistic Dimensions(Name Value) Period Unit EvaluationPeriods DatapointsToAlarm Threshold "
        "ComparisonOperator TreatMissingData EvaluateLowSampleCountPercentile Tags(Key Value) Metrics(Id Expression "
        "Label ReturnData MetricStat(Metric(Namespace MetricName Dimensions(Name Value)) Period Stat Unit))",
        refused={
            "ThresholdMetricId": "Anomaly detection is not there: give a Threshold.",
            "EvaluationWindow": "Leave it out: alarms look at whole periods of the clock's minutes.",
            "WarmUpConfiguration": "Leave it out: an alarm is evaluated from its first minute on.",
            "EvaluationCriteria": "Leave it out: alarms look at metrics and expressions over them, not at PromQL.",
            "EvaluationInterval": "Leave it out: alarms are evaluated every minute.",
            "ActionConfiguration": "Leave it out: a scaling policy gets no tags.",
            "Metrics.Period": "Leave it out: the metrics that an expression names have periods.",
            "Metrics.AccountId": "Leave it out: there is one account.",
            "EvaluateLowSampleCountPercentile": "Leave it out: percentiles are always evaluated.",
            "ComparisonOperator": "Anomaly detection is not there: compare with a Threshold.",
        },
        only={
            "EvaluateLowSampleCountPercentile": ("evaluate",),
            "ComparisonOperator": tuple(COMPARISONS),
        },
    )
    def put_metric_alarm(self, call: Call, request: Json) -> Json:
        """Makes or replaces an alarm; a replaced one keeps its state until the next minute."""
        transitions.check(request, call.region, self.transitions.destinations)
        self._alarms.put(alarm.made(request, self._alarms.get(request["AlarmName"]), self._begun(call, request)))
        return {}

    @operation(composites.CARRIED, refused=composites.REFUSED)
    def put_composite_alarm(self, call: Call, request: Json) -> Json:
        """Makes or replaces an alarm on others; its first state is that of the next minute."""
        transitions.check(request, call.region, self.transitions.destinations)
        known, name = {one.name: one for one in self._alarms}, request["AlarmName"]
        self._alarms.put(composites.made(request, known.get(name), self._begun(call, request), known))
        return {}

    def _begun(self, call: Call, request: Json) -> Alarm:
        arn = f"arn:aws:cloudwatch:{call.region}:{call.account}:alarm:{request['AlarmName']}"
        tags = TAGGER.read(request.get("Tags"), own=call.access_key is None)
        return alarm.begun(arn, tags, self._now().isoformat())

    @operation(
        f"AlarmNames AlarmNamePrefix AlarmTypes StateValue ActionPrefix ChildrenOfAlarmName ParentsOfAlarmName {_PAGED}"
    )
    def describe_alarms(self, _call: Call, request: Json) -> Json:
        """Alarms as they were evaluated last."""
        names, prefix = request.get("AlarmNames"), request.get("AlarmNamePrefix", "")
        action, kinds = request.get("ActionPrefix", ""), request.get("AlarmTypes") or ["MetricAlarm"]
        if names and prefix:
            raise AwsError("InvalidParameterCombination", "AlarmNames and AlarmNamePrefix can't be used together.")
        known = self._alarms if not names else [one for name in names if (one := self._alarms.get(name))]
        wanted = self._related(request)
        found = [
            one for one in sorted(known, key=lambda one: one.name)
            if _kind(one) in kinds and one.name.startswith(prefix) and (wanted is None or one.name in wanted)
            and request.get("StateValue") in (None, one.state)
            and (not action or any(each.startswith(action) for each in one.configuration.get("AlarmActions", [])))
        ]  # fmt: skip
        told = _page("found", found, request)
        shown: list[Alarm] = told.pop("found")
        return told | {
            "MetricAlarms": [alarm.shown(one) for one in shown if not one.composite],
            "CompositeAlarms": [alarm.shown(one) for one in shown if one.composite],
        }

    def _related(self, request: Json) -> frozenset[str] | None:
        """Names of a composite alarm's children or of an alarm's parents; None where neither is asked for."""
        child, parent = request.get("ParentsOfAlarmName"), request.get("ChildrenOfAlarmName")
        if parent:
            return composites.children(self._must_find(parent))
        if child:
            return frozenset(one.name for one in self._alarms if child in composites.children(one))
        return None

    @operation("MetricName Namespace Statistic ExtendedStatistic Dimensions(Name Value) Period Unit")
    def describe_alarms_for_metric(self, _call: Call, request: Json) -> Json:
        """Alarms on one metric."""
        found = [
            alarm.shown(one) for one in self._alarms
            if "MetricName" in one.configuration
            and alarm.metric(one.configuration) == alarm.metric(request)
            and all(request.get(key) in (None, one.configuration.get(key)) for key in _OF_METRIC)
        ]  # fmt: skip
        return {"MetricAlarms": found}

    @operation(
        f"AlarmName AlarmTypes HistoryItemType StartDate EndDate ScanBy {_PAGED}",
        refused={
            "AlarmContributorId": "Leave it out: an alarm is on one time series.",
            "HistoryItemType": "Changes of state and actions are kept.",
        },
        only={"HistoryItemType": ("StateUpdate", "Action")},
    )
    def describe_alarm_history(self, _call: Call, request: Json) -> Json:
        """Changes of state and what their actions came to, the newest first."""
        name, kinds = request.get("AlarmName"), request.get("AlarmTypes") or ["MetricAlarm"]
        known = self._alarms if name is None else [one for one in (self._alarms.get(name),) if one]
        items = [(one, item) for one in known for item in one.history if _kind(one) in kinds]
        newest_first = request.get("ScanBy", "TimestampDescending") == "TimestampDescending"
        items.sort(key=lambda pair: pair[1]["at"], reverse=newest_first)
        shown = [_history(one, item) for one, item in items if _between(item, request)]
        shown = [one for one in shown if request.get("HistoryItemType") in (None, one["HistoryItemType"])]
        return _page("AlarmHistoryItems", shown, request)

    @operation("AlarmNames")
    def delete_alarms(self, _call: Call, request: Json) -> Json:
        """Removes alarms; one that is not there removes none of them, nor does one that a composite alarm looks at."""
        wanted = {*request["AlarmNames"]}
        for name in request["AlarmNames"]:
            self._must_find(name)
        for one in self._alarms:
            if one.name not in wanted and (used := sorted(composites.children(one) & wanted)):
                raise AwsError(
                    "ValidationError",
                    f"Alarm {used[0]} can't be deleted since the composite alarm {one.name} looks at it.",
                )
        for name in request["AlarmNames"]:
            self._alarms.delete(name)
        return {}

    @operation("AlarmName StateValue StateReason StateReasonData")
    def set_alarm_state(self, _call: Call, request: Json) -> Json:
        """Sets a state until the next minute's evaluation; ALARM calls for the actions at once."""
        found, now = self._must_find(request["AlarmName"]), self._now()
        data, state = request.get("StateReasonData"), request["StateValue"]
        after = alarm.moved(found, state, request["StateReason"], data, now.isoformat())
        self._alarms.put(self.transitions.told(found, after, now))
        self._judge_composites()
        if state == ALARM_STATE and not found.composite:
            known = [point.value for point in self._points(found) if point.value is not None]
            self.fire([*_firings(found, known[-1])] if known else [])
        return {}

    @operation("AlarmNames")
    def enable_alarm_actions(self, _call: Call, request: Json) -> Json:
        """Lets alarms act."""
        return self._actions(request["AlarmNames"], enabled=True)

    @operation("AlarmNames")
    def disable_alarm_actions(self, _call: Call, request: Json) -> Json:
        """Lets alarms change their state only."""
        return self._actions(request["AlarmNames"], enabled=False)

    async def evaluate(self) -> None:
        """Judges all alarms by what was observed until this minute, and tells what those in ALARM call for."""
        self._ground.submitted.forget()
        firings: list[Firing] = []
        with self._ground.documents.transaction():
            for one in self._alarms:
                if one.composite:
                    continue
                verdict, now = judge(alarm.condition(one), self._points(one), one.state), self._now()
                after = alarm.judged(one, verdict, now)
                if after is not one:
                    self._alarms.put(self.transitions.told(one, after, now))
                if verdict.state == ALARM_STATE and verdict.value is not None:
                    firings += _firings(after, verdict.value)
            self._judge_composites()
        self.fire(firings)

    def _judge_composites(self) -> None:
        states = {one.name: one.state for one in self._alarms}
        for one in composites.in_order(self._alarms):
            now = self._now()
            after = composites.judged(one, states, now)
            if after is not one:
                self._alarms.put(self.transitions.told(one, after, now))
                states[one.name] = after.state

    def _points(self, one: Alarm) -> list[Point]:
        """Of as many periods as the alarm looks at; they end with the last whole minute."""
        looked_at = query.watched(one.configuration)
        minute = self._ground.clock.real(MINUTE)
        end = datetime.fromtimestamp((self._now().timestamp() + minute / 20) // minute * minute, UTC)
        width = timedelta(seconds=self._ground.clock.real(looked_at.period))
        begins = [end - width * number for number in range(one.configuration["EvaluationPeriods"] + MORE, 0, -1)]
        known = {key: self._measured(stat, begins, width) for key, stat in looked_at.stats.items()}
        return [
            Point(begun, looked_at.value({key: values[number] for key, values in known.items()}))
            for number, begun in enumerate(begins)
        ]

    def _measured(self, stat: Stat, begins: Sequence[datetime], width: timedelta) -> list[float | None]:
        """A metric's value in each of the spans, which follow one another."""
        source = self._ground.source(stat.named.get("Namespace", ""))
        data = of_unit(source.data(alarm.metric(stat.named), begins[0], begins[-1] + width), stat.named.get("Unit", ""))
        windows = [[datum for datum in data if begun <= datum.time < begun + width] for begun in begins]
        return [measured(inside, stat.name) if inside else None for inside in windows]

    def _actions(self, names: Iterable[str], *, enabled: bool) -> Json:
        for name in names:
            found = self._alarms.get(name)
            if found is not None:
                self._alarms.put(replace(found, configuration={**found.configuration, "ActionsEnabled": enabled}))
        return {}

    def _must_find(self, name: str) -> Alarm:
        found = self._alarms.get(name)
        if found is None:
            raise AwsError("ResourceNotFound", f"Alarm {name} does not exist", 404)
        return found

    def _now(self) -> datetime:
        return self._ground.clock.now()


def _firings(one: Alarm, value: float) -> Iterable[Firing]:
    configuration = one.configuration
    if configuration["ActionsEnabled"]:
        for action in configuration.get("AlarmActions", []):
            if transitions.POLICY in action:
                yield Firing(configuration["AlarmName"], action, value, float(configuration["Threshold"]))


def _kind(one: Alarm) -> str:
    return "CompositeAlarm" if one.composite else "MetricAlarm"


def _history(one: Alarm, item: Json) -> Json:
    if "action" in item:
        kind, action, error = "Action", item["action"], item["error"]
        summary = f"{'Failed to execute' if error else 'Successfully executed'} action {action}"
        told: Json = {"actionState": "Failed" if error else "Succeeded", "notificationResource": action}
        told |= {"error": error} if error else {}
    else:
        kind, summary = "StateUpdate", f"Alarm updated from {item['from']} to {item['to']}"
        told = {"version": "1.0", "oldState": {"stateValue": item["from"]},
                "newState": {"stateValue": item["to"], "stateReason": item["reason"]}}  # fmt: skip
    return {
        "AlarmName": one.name, "AlarmType": _kind(one), "Timestamp": datetime.fromisoformat(item["at"]),
        "HistoryItemType": kind, "HistorySummary": summary, "HistoryData": json.dumps(told),
    }  # fmt: skip


def _between(item: Json, request: Json) -> bool:
    at, start, end = datetime.fromisoformat(item["at"]), _moment(request, "StartDate"), _moment(request, "EndDate")
    return (start is None or at >= start) and (end is None or at <= end)


def _moment(request: Json, name: str) -> datetime | None:
    return aware(request[name]) if request.get(name) else None


def _page(name: str, found: Sequence[Any], request: Json) -> Json:
    return page(name, found, request.get("MaxRecords") or _PAGE, request.get("NextToken"))
