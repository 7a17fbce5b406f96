"""Schedules of EventBridge Scheduler come once or again and again, in their zones and windows."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from netflux import names
from netflux.errors import AwsError, Unsupported
from tests.aws.events.world import World

OFF = {"Mode": "OFF"}


class Scheduling(World):
    async def schedule(self, name: str, expression: str, arn: str, **more: Any) -> None:
        target = {"Arn": arn, "RoleArn": self.role, **more.pop("target", {})}
        params = {"Name": name, "ScheduleExpression": expression, "Target": target, "FlexibleTimeWindow": OFF, **more}
        await self.do("CreateSchedule", **params)

    async def do(self, operation: str, **params: Any) -> dict[str, Any]:
        return await self.apis.call("scheduler", operation, params)

    async def ready(self) -> Scheduling:
        await self.start()
        trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
                 "Principal": {"Service": "scheduler.amazonaws.com"}}]}  # fmt: skip
        asked = {"RoleName": "tells", "AssumeRolePolicyDocument": json.dumps(trust)}
        self.role = (await self.apis.call("iam", "CreateRole", asked))["Role"]["Arn"]
        return self


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[Scheduling]:
    made = await Scheduling(tmp_path).ready()
    yield made
    made.plane.stop()


async def test_a_schedule_comes_once_and_goes(world: Scheduling) -> None:
    queue = await world.queue("q", open_to="scheduler.amazonaws.com")
    given = {"target": {"Input": '{"a": 1}'}, "ActionAfterCompletion": "DELETE"}
    await world.schedule("once", "at(2026-11-29T10:30:00)", queue, ScheduleExpressionTimezone="Europe/Berlin", **given)
    await world.passes(5399)
    assert await world.bodies("q") == []
    await world.passes(1)
    assert await world.bodies("q") == [{"a": 1}]
    assert (await world.do("ListSchedules"))["Schedules"] == []


async def test_a_rate_begins_and_ends_when_it_is_told_to(world: Scheduling) -> None:
    queue = await world.queue("q", open_to="scheduler.amazonaws.com")
    begin = world.clock.time + timedelta(minutes=2)
    span = {"StartDate": begin, "EndDate": begin + timedelta(minutes=2)}
    await world.schedule("rate", "rate(1 minute)", queue, **span, target={"Input": '"x"'})
    for _ in range(10):
        await world.passes(60)
    assert await world.bodies("q") == ["x", "x", "x"]
    assert (await world.do("GetSchedule", Name="rate"))["State"] == "ENABLED"


async def test_a_flexible_schedule_comes_within_its_window(world: Scheduling) -> None:
    queue = await world.queue("q", open_to="scheduler.amazonaws.com")
    window = {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 5}
    await world.schedule("soft", "rate(1 hour)", queue, FlexibleTimeWindow=window)
    due = world.scheduler.schedules.get("default/soft").due  # type: ignore[union-attr]
    assert due is not None
    assert timedelta(hours=1) <= due - world.clock.time <= timedelta(hours=1, minutes=5)


async def test_buses_and_clusters_are_targets(world: Scheduling) -> None:
    await world.rule("r", {"source": ["jobs"]}, {"Arn": await world.queue("q")})
    given = {"target": {"EventBridgeParameters": {"Source": "jobs", "DetailType": "run"}, "Input": '{"a": 1}'}}
    await world.schedule("tells", "rate(1 minute)", world.events.bus_arn("default"), **given)
    ecs = {"target": {"EcsParameters": {"TaskDefinitionArn": "web", "TaskCount": 1}}}
    await world.schedule("runs", "rate(1 minute)", f"arn:aws:ecs:{names.REGION}:{names.ACCOUNT}:cluster/c", **ecs)
    await world.passes(60)
    await world.passes()
    (event,) = await world.bodies("q")
    assert (event["detail-type"], event["detail"]) == ("run", {"a": 1})
    assert world.ecs.asked[0]["taskDefinition"] == "web"


async def test_all_of_a_schedule_is_told_and_replaced(world: Scheduling) -> None:
    queue = await world.queue("q", open_to="scheduler.amazonaws.com")
    await world.do("CreateScheduleGroup", Name="g", Tags=[{"Key": "a", "Value": "b"}])
    more = {
        "GroupName": "g", "Description": "d", "State": "DISABLED", "ScheduleExpressionTimezone": "Asia/Tokyo",
        "target": {"DeadLetterConfig": {"Arn": queue}, "RetryPolicy": {"MaximumRetryAttempts": 1}},
    }  # fmt: skip
    await world.schedule("s", "rate(1 hour)", queue, **more)
    told = await world.do("GetSchedule", Name="s", GroupName="g")
    assert (told["Description"], told["State"], told["ScheduleExpressionTimezone"]) == ("d", "DISABLED", "Asia/Tokyo")
    assert told["Target"]["RetryPolicy"] == {"MaximumRetryAttempts": 1}
    target = {"Arn": queue, "RoleArn": world.role}
    asked = {"Name": "s", "GroupName": "g", "Target": target, "FlexibleTimeWindow": OFF}
    await world.do("UpdateSchedule", **asked, ScheduleExpression="rate(2 hours)")
    told = await world.do("GetSchedule", Name="s", GroupName="g")
    assert (told["ScheduleExpression"], told["State"], "Description" in told) == ("rate(2 hours)", "ENABLED", False)
    assert [one["Name"] for one in (await world.do("ListScheduleGroups"))["ScheduleGroups"]] == ["default", "g"]
    group = (await world.do("GetScheduleGroup", Name="g"))["Arn"]
    assert (await world.do("ListTagsForResource", ResourceArn=group))["Tags"] == [{"Key": "a", "Value": "b"}]
    await world.do("DeleteScheduleGroup", Name="g")
    with pytest.raises(AwsError, match="does not exist"):
        await world.do("GetSchedule", Name="s", GroupName="g")


async def test_what_can_t_be_scheduled_is_refused(world: Scheduling) -> None:
    queue = await world.queue("q")
    for arn in ("arn:aws:scheduler:::aws-sdk:ecs:runTask", "arn:aws:states:us-east-1:123456789012:stateMachine:a"):
        with pytest.raises(Unsupported, match="the target arn"):
            await world.schedule("s", "rate(1 hour)", arn)
    with pytest.raises(AwsError, match="Invalid Schedule Expression"):
        await world.schedule("s", "rate(1 hours)", queue)
    with pytest.raises(AwsError, match="must allow AWS EventBridge Scheduler"):
        await world.schedule("s", "rate(1 hour)", queue, target={"RoleArn": "arn:aws:iam::123456789012:role/none"})
    await world.schedule("s", "rate(1 hour)", queue)
    with pytest.raises(AwsError, match="already exists"):
        await world.schedule("s", "rate(1 hour)", queue)
