"""Operations on metric alarms, and their evaluation every minute."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from netflux.aws.cloudwatch import alarm, query
from netflux.aws.cloudwatch.alarm import KIND, Json
from netflux.aws.cloudwatch.decide import ALARM, MORE, Point, judge
from netflux.aws.cloudwatch.minutes import MINUTE
from netflux.aws.cloudwatch.query import Stat
from netflux.aws.cloudwatch.series import STATISTICS, Series, measured
from netflux.clock import Clock
from netflux.controlplane.call import Call, Caller
from netflux.controlplane.operation import operation
from netflux.controlplane.records import paging
from netflux.controlplane.records.documents import Documents
from netflux.errors import AwsError, Unsupported

_PAGE = 100
_NO_PAGE = AwsError("InvalidNextToken", "The next token specified is invalid.")
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


@dataclass(frozen=True)
class Ground:
    """What metrics and alarms stand on.

    Attributes:
        series: what was observed.
        others: answers for every other namespace.
        namespaces: that are ours, whether they have data or not.
        documents: where alarms are kept.
        clock: whose minutes periods are made of.
    """

    series: Series
    others: Caller
    namespaces: frozenset[str]
    documents: Documents
    clock: Clock


class Alarms:
    """Handlers of alarms.

    Args:
        ground: metrics and documents.
    """

    def __init__(self, ground: Ground) -> None:
        ground.documents.declare(alarm.STORED)
        self._ground = ground
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
        },
    )
    async def put_metric_alarm(self, call: Call, request: Json) -> Json:
        """Makes or replaces an alarm; a replaced one keeps its state until the next minute."""
        name = request["AlarmName"]
        arn = f"arn:aws:cloudwatch:{call.region}:{call.account}:alarm:{name}"
        made = alarm.made(request, arn, self._ground.documents.get(KIND, name), self._now().isoformat())
        for stat in query.watched(made["configuration"]).stats.values():
            if stat.name not in STATISTICS and stat.named["Namespace"] not in self._ground.namespaces:
                raise Unsupported(f"{stat.name} of a metric that PutMetricData puts", "Use a Statistic.")
        self._put(made)
        return {}

    async def put_composite_alarm(self, _call: Call, _request: Json) -> Json:
        """Refused."""
        raise Unsupported("PutCompositeAlarm")

    async def describe_alarms(self, _call: Call, request: Json) -> Json:
        """Alarms as they were evaluated last."""
        names, prefix = request.get("AlarmNames"), request.get("AlarmNamePrefix", "")
        action, kinds = request.get("ActionPrefix", ""), request.get("AlarmTypes") or ["MetricAlarm"]
        for refused in ("ChildrenOfAlarmName", "ParentsOfAlarmName"):
            if request.get(refused):
                raise Unsupported(f"{refused} of DescribeAlarms")
        found = [
            body for name, body in self._ground.documents.list(KIND)
            if "MetricAlarm" in kinds and (not names or name in names) and name.startswith(prefix)
            and request.get("StateValue") in (None, body["state"])
            and (not action or any(one.startswith(action) for one in body["configuration"].get("AlarmActions", [])))
        ]  # fmt: skip
        return {**_page("MetricAlarms", [alarm.shown(body) for body in found], request), "CompositeAlarms": []}

    async def describe_alarms_for_metric(self, _call: Call, request: Json) -> Json:
        """Alarms on one metric."""
        found = [
            alarm.shown(body) for _, body in self._ground.documents.list(KIND)
            if "Metrics" not in body["configuration"]
            and alarm.metric(body["configuration"]) == alarm.metric(request)
            and all(request.get(key) in (None, body["configuration"].get(key)) for key in _OF_METRIC)
        ]  # fmt: skip
        return {"MetricAlarms": found}

    async def describe_alarm_history(self, _call: Call, request: Json) -> Json:
        """Changes of state, the newest first."""
        if request.get("HistoryItemType") not in (None, "StateUpdate"):
            raise Unsupported(f"HistoryItemType {request['HistoryItemType']}", "Changes of state are kept.")
        items = [
            (name, item) for name, body in self._ground.documents.list(KIND)
            if request.get("AlarmName") in (None, name) for item in body["history"]
        ]  # fmt: skip
        newest_first = request.get("ScanBy", "TimestampDescending") == "TimestampDescending"
        items.sort(key=lambda pair: str(pair[1]["at"]), reverse=newest_first)
        shown = [_history(name, item) for name, item in items if _between(item, request)]
        return _page("AlarmHistoryItems", shown, request)

    async def delete_alarms(self, _call: Call, request: Json) -> Json:
        """Removes alarms; one that is not there removes none of them."""
        for name in request["AlarmNames"]:
            self._must_find(name)
        for name in request["AlarmNames"]:
            self._ground.documents.delete(KIND, name)
        return {}

    async def set_alarm_state(self, _call: Call, request: Json) -> Json:
        """Sets a state until the next minute's evaluation; ALARM calls for the actions at once."""
        body = self._must_find(request["AlarmName"])
        data, state = request.get("StateReasonData"), request["StateValue"]
        self._put(alarm.moved(body, state, request["StateReason"], data, self._now().isoformat()))
        if state == ALARM:
            known = [point.value for point in await self._points(body) if point.value is not None]
            self.fire([*_firings(body, known[-1])] if known else [])
        return {}

    async def enable_alarm_actions(self, _call: Call, request: Json) -> Json:
        """Lets alarms act."""
        return self._actions(request["AlarmNames"], enabled=True)

    async def disable_alarm_actions(self, _call: Call, request: Json) -> Json:
        """Lets alarms change their state only."""
        return self._actions(request["AlarmNames"], enabled=False)

    async def list_tags_for_resource(self, _call: Call, request: Json) -> Json:
        """Tags of an alarm; of what is not one, moto's."""
        body = self._by_arn(request["ResourceARN"])
        if body is None:
            return await self._ground.others.call("cloudwatch", "ListTagsForResource", request)
        return {"Tags": [{"Key": key, "Value": value} for key, value in body["tags"].items()]}

    async def tag_resource(self, _call: Call, request: Json) -> Json:
        """Adds tags."""
        body = self._by_arn(request["ResourceARN"])
        if body is None:
            return await self._ground.others.call("cloudwatch", "TagResource", request)
        added = {one["Key"]: one["Value"] for one in request["Tags"]}
        self._put({**body, "tags": {**body["tags"], **added}})
        return {}

    async def untag_resource(self, _call: Call, request: Json) -> Json:
        """Takes tags away."""
        body = self._by_arn(request["ResourceARN"])
        if body is None:
            return await self._ground.others.call("cloudwatch", "UntagResource", request)
        left = {key: value for key, value in body["tags"].items() if key not in request["TagKeys"]}
        self._put({**body, "tags": left})
        return {}

    async def evaluate(self) -> None:
        """Judges all alarms by what was observed until this minute, and tells what those in ALARM call for."""
        firings: list[Firing] = []
        for name, body in self._ground.documents.list(KIND):
            verdict = judge(alarm.condition(body), await self._points(body), body["state"])
            now = self._ground.documents.get(KIND, name)
            if now is None or now["configuration"] != body["configuration"]:
                continue
            after = alarm.judged(now, verdict, self._now())
            if after is not now:
                self._put(after)
            if verdict.state == ALARM and verdict.value is not None:
                firings += _firings(after, verdict.value)
        self.fire(firings)

    async def _points(self, body: Json) -> list[Point]:
        """Of as many periods as the alarm looks at; they end with the last whole minute."""
        looked_at = query.watched(body["configuration"])
        minute = self._ground.clock.real(MINUTE)
        end = datetime.fromtimestamp((self._now().timestamp() + minute / 20) // minute * minute, UTC)
        width = timedelta(seconds=self._ground.clock.real(looked_at.period))
        begins = [end - width * number for number in range(body["configuration"]["EvaluationPeriods"] + MORE, 0, -1)]
        known = {key: await self._measured(stat, begins, width) for key, stat in looked_at.stats.items()}
        return [
            Point(begun, looked_at.value({key: values[number] for key, values in known.items()}))
            for number, begun in enumerate(begins)
        ]

    async def _measured(self, stat: Stat, begins: Sequence[datetime], width: timedelta) -> list[float | None]:
        """A metric's value in each of the spans."""
        if stat.named["Namespace"] not in self._ground.namespaces:
            return [await self._put_by_clients(stat, begun, width) for begun in begins]
        windows = self._ground.series.windows(alarm.metric(stat.named), begins, width)
        return [measured(data, stat.name) if data else None for data in windows]

    async def _put_by_clients(self, stat: Stat, begun: datetime, width: timedelta) -> float | None:
        asked: Json = {
            "StartTime": begun, "EndTime": begun + width, "Period": max(60, int(width.total_seconds()) // 60 * 60),
            "Statistics": [stat.name], **stat.named,
        }  # fmt: skip
        try:
            points = (await self._ground.others.call("cloudwatch", "GetMetricStatistics", asked))["Datapoints"]
        except AwsError:  # a span shorter than the second that moto counts in
            points = []
        return points[0][stat.name] if points else None

    def _actions(self, names: Iterable[str], *, enabled: bool) -> Json:
        for name in names:
            body = self._ground.documents.get(KIND, name)
            if body is not None:
                self._put({**body, "configuration": {**body["configuration"], "ActionsEnabled": enabled}})
        return {}

    def _put(self, body: Json) -> None:
        self._ground.documents.put(KIND, body["configuration"]["AlarmName"], body)

    def _must_find(self, name: str) -> Json:
        found = self._ground.documents.get(KIND, name)
        if found is None:
            raise AwsError("ResourceNotFound", f"Alarm {name} does not exist", 404)
        return found

    def _by_arn(self, arn: str) -> Json | None:
        return next((body for _, body in self._ground.documents.list(KIND) if body["arn"] == arn), None)

    def _now(self) -> datetime:
        return self._ground.clock.now()


def _firings(body: Json, value: float) -> Iterable[Firing]:
    configuration = body["configuration"]
    if configuration["ActionsEnabled"]:
        for action in configuration.get("AlarmActions", []):
            yield Firing(configuration["AlarmName"], action, value, float(configuration["Threshold"]))


def _history(name: str, item: Json) -> Json:
    told = {"version": "1.0", "oldState": {"stateValue": item["from"]},
            "newState": {"stateValue": item["to"], "stateReason": item["reason"]}}  # fmt: skip
    return {
        "AlarmName": name, "AlarmType": "MetricAlarm", "Timestamp": datetime.fromisoformat(item["at"]),
        "HistoryItemType": "StateUpdate", "HistorySummary": f"Alarm updated from {item['from']} to {item['to']}",
        "HistoryData": json.dumps(told),
    }  # fmt: skip


def _between(item: Json, request: Json) -> bool:
    def aware(name: str) -> datetime | None:
        found: datetime | None = request.get(name)
        return found if found is None or found.tzinfo else found.replace(tzinfo=UTC)

    at, start, end = datetime.fromisoformat(item["at"]), aware("StartDate"), aware("EndDate")
    return (start is None or at >= start) and (end is None or at <= end)


def _page(name: str, found: Sequence[Json], request: Json) -> Json:
    size = int(request.get("MaxRecords") or _PAGE)
    shown, token = paging.page(found, request.get("NextToken"), size, _NO_PAGE)
    return {name: shown, **({"NextToken": token} if token else {})}
