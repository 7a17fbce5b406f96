"""Alarms tell topics, functions and EventBridge of a change of state; composite alarms look at others."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from netflux.aws.cloudwatch.rule import parse
from netflux.aws.destinations import Event
from netflux.aws.happening import Happening
from netflux.errors import AwsError
from tests.aws.cloudwatch.test_alarms import ALARM, World

TOPIC = "arn:aws:sns:us-east-1:123456789012:page"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:page"


class Acting(World):
    """Keeps what alarms tell."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.events: list[Event] = []
        self.happened: list[Happening] = []
        for service in ("sns", "lambda"):
            self.cloudwatch.transitions.destinations.register(service, self._deliver)
        self.cloudwatch.transitions.happenings.listener = self.happened.append
        self.broken = False

    def _deliver(self, event: Event) -> None:
        if self.broken:
            raise AwsError("NotFound", "Topic does not exist", 404)
        self.events.append(event)

    async def state(self, name: str, kind: str = "CompositeAlarm") -> str:
        found = await self.call("DescribeAlarms", AlarmNames=[name], AlarmTypes=[kind])
        return str(found[f"{kind}s"][0]["StateValue"])

    async def history(self) -> list[dict[str, Any]]:
        items = (await self.call("DescribeAlarmHistory", AlarmName="slow", HistoryItemType="Action"))[
            "AlarmHistoryItems"
        ]
        return [*items]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[Acting]:
    made = Acting(tmp_path)
    yield made
    made.moto.stop()
    made.documents.close()


async def test_a_topic_is_told_once_when_the_state_changes(world: Acting) -> None:
    await world.call("PutMetricAlarm", **ALARM, AlarmActions=[TOPIC], OKActions=[TOPIC], AlarmDescription="too slow")
    for value in (1.0, 2.0, 2.0, 2.0):
        await world.minute(value)
    assert [event.subject for event in world.events] == [
        'OK: "slow" in US East (N. Virginia)',
        'ALARM: "slow" in US East (N. Virginia)',
    ]
    told = json.loads(world.events[-1].body)
    assert (told["NewStateValue"], told["OldStateValue"], told["AlarmDescription"]) == ("ALARM", "OK", "too slow")
    assert told["Trigger"]["MetricName"] == ALARM["MetricName"]
    assert told["Trigger"]["Dimensions"] == [
        {"value": one["Value"], "name": one["Name"]} for one in ALARM["Dimensions"]
    ]
    assert told["StateChangeTime"].endswith("+0000")
    assert world.events[-1].principal == "cloudwatch.amazonaws.com"
    assert [item["HistorySummary"] for item in await world.history()] == [f"Successfully executed action {TOPIC}"] * 2
    event = world.happened[-1]
    assert (event.kind, event.detail["state"]["value"]) == ("CloudWatch Alarm State Change", "ALARM")
    assert event.detail["previousState"]["value"] == "OK"


async def test_an_alarm_whose_actions_are_disabled_tells_only_eventbridge(world: Acting) -> None:
    await world.call("PutMetricAlarm", **ALARM, AlarmActions=[TOPIC])
    await world.call("DisableAlarmActions", AlarmNames=["slow"])
    await world.call("SetAlarmState", AlarmName="slow", StateValue="ALARM", StateReason="to try")
    assert (world.events, len(world.happened)) == ([], 1)
    await world.call("EnableAlarmActions", AlarmNames=["slow"])
    await world.call("SetAlarmState", AlarmName="slow", StateValue="ALARM", StateReason="again")
    assert world.events == []
    await world.call("SetAlarmState", AlarmName="slow", StateValue="OK", StateReason="over")
    await world.call("SetAlarmState", AlarmName="slow", StateValue="ALARM", StateReason="to try")
    assert len(world.events) == 1


async def test_a_function_gets_the_alarms_data(world: Acting) -> None:
    await world.call("PutMetricAlarm", **ALARM, InsufficientDataActions=[FUNCTION])
    await world.minute(1.0)
    for _ in range(6):
        await world.pass_by()
    (event,) = world.events
    told = json.loads(event.body)
    assert told["source"] == "aws.cloudwatch"
    assert told["alarmData"]["state"]["value"] == "INSUFFICIENT_DATA"
    assert told["alarmData"]["configuration"]["metrics"][0]["metricStat"]["metric"]["name"] == ALARM["MetricName"]


async def test_an_action_that_fails_is_told_in_the_history_and_the_state_changes(world: Acting) -> None:
    world.broken = True
    await world.call("PutMetricAlarm", **ALARM, OKActions=[TOPIC])
    assert (await world.minute(1.0))["StateValue"] == "OK"
    (item,) = await world.history()
    assert item["HistorySummary"] == f"Failed to execute action {TOPIC}"
    assert "Topic does not exist" in item["HistoryData"]


async def test_a_composite_alarm_follows_those_that_it_looks_at(world: Acting) -> None:
    for name in ("slow", "full"):
        await world.call("PutMetricAlarm", **{**ALARM, "AlarmName": name})
    await world.call(
        "PutCompositeAlarm", AlarmName="both", AlarmRule='ALARM("slow") AND ALARM(full)', AlarmActions=[TOPIC]
    )
    await world.call("PutCompositeAlarm", AlarmName="top", AlarmRule="ALARM(both) OR FALSE")
    for name in ("slow", "full"):
        await world.call("SetAlarmState", AlarmName=name, StateValue="ALARM", StateReason="to try")
    assert [await world.state(name) for name in ("both", "top")] == ["ALARM", "ALARM"]
    (event,) = world.events
    assert json.loads(event.body)["AlarmRule"] == 'ALARM("slow") AND ALARM(full)'
    world.clock.time += timedelta(seconds=60)
    await world.call("SetAlarmState", AlarmName="slow", StateValue="OK", StateReason="over")
    assert [await world.state(name) for name in ("both", "top")] == ["OK", "OK"]
    parents = await world.call("DescribeAlarms", ParentsOfAlarmName="slow", AlarmTypes=["CompositeAlarm"])
    assert [one["AlarmName"] for one in parents["CompositeAlarms"]] == ["both"]
    assert (await world.call("DescribeAlarms"))["CompositeAlarms"] == []
    with pytest.raises(AwsError, match="the composite alarm both looks at it"):
        await world.call("DeleteAlarms", AlarmNames=["slow"])
    await world.call("DeleteAlarms", AlarmNames=["top", "both", "slow"])


@pytest.mark.parametrize(
    "rule", ["", "ALARM", "ALARM(a", "ALARM(a) b", "NOT", "MAYBE(a)", "(" * 200, "ALARM(a) AND", "TRUE"]
)
def test_what_is_no_rule_is_refused(rule: str) -> None:
    with pytest.raises(AwsError, match="valid rule expression"):
        parse(rule)


def test_and_binds_closer_than_or() -> None:
    read = parse("ALARM(a) OR ALARM(b) AND NOT OK(c)")
    assert read.holds({"a": "ALARM", "b": "OK", "c": "OK"})
    assert not read.holds({"a": "OK", "b": "ALARM", "c": "OK"})
    assert read.holds({"a": "OK", "b": "ALARM", "c": "ALARM"})


async def test_a_composite_alarm_looks_at_alarms_that_are_there(world: Acting) -> None:
    with pytest.raises(AwsError, match="alarm gone does not exist"):
        await world.call("PutCompositeAlarm", AlarmName="both", AlarmRule="ALARM(gone)")


async def test_metric_data_are_of_the_namespace_that_is_asked_for_and_percentiles_are_told(world: Acting) -> None:
    begun = world.clock.now()
    named = {"MetricName": "m", "Dimensions": [{"Name": "a", "Value": "b"}]}
    for namespace, value in (("Shop", 1.0), ("Other", 9.0)):
        await world.call(
            "PutMetricData", Namespace=namespace, MetricData=[{**named, "Value": value, "Timestamp": begun}]
        )
    metric = {"Namespace": "Shop", **named}
    queries = [
        {"Id": stat.lower(), "MetricStat": {"Metric": metric, "Period": 60, "Stat": stat}} for stat in ("Sum", "p50")
    ]
    span = {"StartTime": begun - timedelta(minutes=2), "EndTime": begun + timedelta(minutes=2)}
    found = (await world.call("GetMetricData", MetricDataQueries=queries, **span))["MetricDataResults"]
    assert [one["Values"] for one in found] == [[1.0], [1.0]]
