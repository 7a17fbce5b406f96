"""ECS services scaled by what a test says that their tasks use."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from netflux.aws.applicationautoscaling.api import ApplicationAutoScalingApi
from netflux.aws.applicationautoscaling.controller import Call, ScalingController
from netflux.aws.applicationautoscaling.store import Store
from netflux.aws.cloudwatch.api import CloudWatchApi
from netflux.aws.cloudwatch.ground import Ground
from netflux.aws.cloudwatch.series import Datum, Metric, Series
from netflux.clock import Clock
from netflux.controlplane.apis import Apis
from netflux.controlplane.records.documents import Documents
from netflux.errors import AwsError

SERVICE = {
    "ServiceNamespace": "ecs", "ResourceId": "service/prod/movies", "ScalableDimension": "ecs:service:DesiredCount",
}  # fmt: skip
TRACKING = {
    "TargetValue": 50.0,
    "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"},
    "ScaleInCooldown": 60,
}


START = datetime(2026, 11, 24, 8, 0, 1, tzinfo=UTC)
CPU = Metric("AWS/ECS", "CPUUtilization", frozenset({("ClusterName", "prod"), ("ServiceName", "movies")}))
UP = {
    "AdjustmentType": "ChangeInCapacity", "Cooldown": 0,
    "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 2}],
}  # fmt: skip


class Hand(Clock):
    """Moves when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.time = 0.0

    def monotonic(self) -> float:
        return self.time

    def now(self) -> datetime:
        return START + timedelta(seconds=self.time)


class Ecs:
    """One service."""

    service = "ecs"
    whole = True

    def __init__(self) -> None:
        self.count = self.running = 2
        self.rollout = "COMPLETED"

    async def describe_services(self, _call: Any, request: dict[str, Any]) -> dict[str, Any]:
        service = {
            "clusterArn": "prod", "serviceName": "movies", "status": "ACTIVE", "desiredCount": self.count,
            "runningCount": self.running, "deployments": [{"rolloutState": self.rollout}],
        }  # fmt: skip
        return {"services": [service] if request["services"] == ["movies"] else []}

    async def update_service(self, _call: Any, request: dict[str, Any]) -> dict[str, Any]:
        self.count = request["desiredCount"]
        return {"service": {}}


class World:
    def __init__(self, documents: Documents) -> None:
        self.clock, self.ecs, self.series = Hand(), Ecs(), Series()
        self.apis = Apis("123456789012", "us-east-1", None, lambda _: None)  # type: ignore[arg-type]
        store = Store(documents, self.clock)
        self.cloudwatch = CloudWatchApi(Ground(self.series, frozenset(["AWS/ECS"]), documents, self.clock))
        self.apis.register(self.ecs)
        self.apis.register(self.cloudwatch)
        self.apis.register(ApplicationAutoScalingApi(store, self.apis))
        self.load = 0.0
        self.controller = ScalingController(store, self.apis)
        self.cloudwatch.fire = lambda firings: self.controller.called(
            [Call(one.action, one.alarm, one.value, one.threshold) for one in firings]
        ) and None  # fmt: skip

    async def call(self, operation: str, **params: Any) -> dict[str, Any]:
        return await self.apis.call("application-autoscaling", operation, params)

    async def activities(self) -> list[dict[str, Any]]:
        return list((await self.call("DescribeScalingActivities", ServiceNamespace="ecs"))["ScalingActivities"])

    async def alarms(self) -> dict[str, str]:
        """States, those of target tracking by their end."""
        found = (await self.apis.call("cloudwatch", "DescribeAlarms", {}))["MetricAlarms"]
        names = [one["AlarmName"].removeprefix("TargetTracking-service/prod/movies-") for one in found]
        return {name.partition("-")[0]: one["StateValue"] for name, one in zip(names, found, strict=True)}

    async def minutes(self, count: int) -> None:
        """Each with a load of so many percent of a task."""
        for _ in range(count):
            self.series.add(CPU, Datum(self.clock.now(), self.load, 1, "Percent", self.load, self.load))
            self.clock.time += 60
            await self.cloudwatch.evaluate()
            await self.look()

    async def look(self) -> None:
        for key in await self.controller.keys():
            await self.controller.reconcile(key)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    documents = Documents(tmp_path / "n.db")
    made = World(documents)
    await made.call("RegisterScalableTarget", **SERVICE, MinCapacity=1, MaxCapacity=5)
    yield made
    documents.close()


async def test_a_busy_service_grows_and_an_idle_one_shrinks(world: World) -> None:
    answer = await world.call(
        "PutScalingPolicy", **SERVICE, PolicyName="cpu", PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration=TRACKING,
    )  # fmt: skip
    assert answer["PolicyARN"].endswith(":resource/ecs/service/prod/movies:policyName/cpu")
    world.load = 80
    await world.minutes(2)
    assert world.ecs.count == 2
    await world.minutes(1)
    assert world.ecs.count == 4
    assert await world.alarms() == {"AlarmHigh": "ALARM", "AlarmLow": "OK"}
    await world.minutes(1)
    (activity,) = (await world.call("DescribeScalingActivities", ServiceNamespace="ecs"))["ScalingActivities"]
    assert activity["StatusCode"] == "InProgress"  # two tasks run, as yet
    assert activity["Description"] == "Setting desired count to 4."
    world.ecs.running = 4
    world.load = 10
    await world.minutes(1)
    (activity,) = (await world.call("DescribeScalingActivities", ServiceNamespace="ecs"))["ScalingActivities"]
    assert activity["StatusCode"] == "Successful"
    assert activity["StatusMessage"] == (
        "Successfully set desired count to 4. Change successfully fulfilled by ecs."
    )  # fmt: skip
    (target,) = (await world.call("DescribeScalableTargets", ServiceNamespace="ecs"))["ScalableTargets"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 5)
    assert world.ecs.count == 4


async def test_an_idle_service_shrinks_to_its_minimum_and_not_while_it_deploys(world: World) -> None:
    await world.call(
        "PutScalingPolicy", **SERVICE, PolicyName="cpu", PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration=TRACKING,
    )  # fmt: skip
    world.load, world.ecs.rollout = 5, "IN_PROGRESS"
    await world.minutes(20)
    assert world.ecs.count == 2
    world.ecs.rollout = "COMPLETED"
    await world.minutes(1)
    assert world.ecs.count == 1


async def test_an_alarm_that_changes_nothing_is_listed_on_request_and_once_as_long_as_it_is_so(world: World) -> None:
    await world.call("RegisterScalableTarget", **SERVICE, MinCapacity=1, MaxCapacity=2)
    await world.call(
        "PutScalingPolicy", **SERVICE, PolicyName="cpu", PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration=TRACKING,
    )  # fmt: skip
    world.load = 80
    await world.minutes(6)
    assert await world.activities() == []

    async def told() -> list[tuple[str, list[dict[str, Any]]]]:
        answer = await world.call("DescribeScalingActivities", ServiceNamespace="ecs", IncludeNotScaledActivities=True)
        return [(one["StatusCode"], one["NotScaledReasons"]) for one in answer["ScalingActivities"]]

    most = ("Failed", [{"Code": "AlreadyAtMaxCapacity", "MaxCapacity": 2}])
    assert await told() == [most]
    await world.call("RegisterScalableTarget", **SERVICE, MinCapacity=2, MaxCapacity=2)
    world.load = 5
    await world.minutes(20)
    assert await told() == [("Failed", [{"Code": "AlreadyAtMinCapacity", "MinCapacity": 2}]), most]


async def test_what_is_not_there_or_not_possible_is_said(world: World) -> None:
    absent = {**SERVICE, "ResourceId": "service/prod/absent"}
    with pytest.raises(AwsError, match="ECS service doesn't exist: service/prod/absent") as caught:
        await world.call("RegisterScalableTarget", **absent, MinCapacity=1, MaxCapacity=2)
    assert caught.value.code == "ValidationException"
    with pytest.raises(AwsError, match="No scalable target registered for service namespace: ecs") as caught:
        await world.call(
            "PutScalingPolicy", **{**SERVICE, "ResourceId": "service/prod/other"}, PolicyName="cpu",
            PolicyType="TargetTrackingScaling", TargetTrackingScalingPolicyConfiguration=TRACKING,
        )  # fmt: skip
    assert caught.value.code == "ObjectNotFoundException"
    with pytest.raises(AwsError, match=r"PolicyType \(.PredictiveScaling.\)"):
        await world.call("PutScalingPolicy", **SERVICE, PolicyName="seen", PolicyType="PredictiveScaling")
    with pytest.raises(AwsError, match="ScalableTargetAction are required"):
        await world.call("PutScheduledAction", **SERVICE, ScheduledActionName="night", Schedule="rate(1 day)")
    ends = {"MetricIntervalUpperBound": 0}, {"MetricIntervalLowerBound": 5}
    gap = {**UP, "StepAdjustments": [{**end, "ScalingAdjustment": 1} for end in ends]}
    with pytest.raises(AwsError, match="gap between StepAdjustment"):
        await world.call("PutScalingPolicy", **SERVICE, PolicyName="steps", StepScalingPolicyConfiguration=gap)
    dynamo = {**SERVICE, "ServiceNamespace": "dynamodb", "ScalableDimension": "dynamodb:table:ReadCapacityUnits"}
    with pytest.raises(AwsError, match="dynamodb"):
        await world.call("RegisterScalableTarget", **dynamo, MinCapacity=1, MaxCapacity=2)
    with pytest.raises(AwsError, match="Maximum capacity"):
        await world.call("RegisterScalableTarget", **SERVICE, MinCapacity=9)
    await world.call("DeregisterScalableTarget", **SERVICE)
    assert (await world.call("DescribeScalableTargets", ServiceNamespace="ecs"))["ScalableTargets"] == []
    with pytest.raises(AwsError, match="No scalable target found"):
        await world.call("DeregisterScalableTarget", **SERVICE)


async def test_a_client_s_alarm_drives_a_step_policy(world: World) -> None:
    answer = await world.call("PutScalingPolicy", **SERVICE, PolicyName="up", StepScalingPolicyConfiguration=UP)
    alarm = {
        "AlarmName": "busy", "Namespace": "AWS/ECS", "MetricName": "CPUUtilization", "Statistic": "Maximum",
        "Dimensions": [{"Name": name, "Value": value} for name, value in CPU.dimensions], "Period": 120,
        "EvaluationPeriods": 1, "Threshold": 70.0, "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "AlarmActions": [answer["PolicyARN"]],
    }  # fmt: skip
    await world.apis.call("cloudwatch", "PutMetricAlarm", alarm)
    assert await world.alarms() == {"busy": "INSUFFICIENT_DATA"}
    (policy,) = (await world.call("DescribeScalingPolicies", ServiceNamespace="ecs"))["ScalingPolicies"]
    assert [one["AlarmName"] for one in policy["Alarms"]] == ["busy"]
    world.load = 20
    await world.minutes(2)
    assert await world.alarms() == {"busy": "OK"}
    world.load = 75
    await world.minutes(1)
    assert (await world.alarms(), world.ecs.count) == ({"busy": "ALARM"}, 4)
    await world.apis.call("cloudwatch", "DisableAlarmActions", {"AlarmNames": ["busy"]})
    await world.minutes(1)
    assert (await world.alarms(), world.ecs.count) == ({"busy": "ALARM"}, 4)
    (activity,) = await world.activities()
    assert activity["Cause"] == "monitor alarm busy in state ALARM triggered policy up"


async def test_target_tracking_follows_an_expression(world: World) -> None:
    dimensions = [{"Name": name, "Value": value} for name, value in CPU.dimensions]
    stat = {"Metric": {"Namespace": "AWS/ECS", "MetricName": "CPUUtilization", "Dimensions": dimensions}}
    metrics = [
        {"Id": "half", "Expression": "cpu / 2"},
        {"Id": "cpu", "MetricStat": {**stat, "Stat": "Average"}, "ReturnData": False},
    ]
    custom = {"TargetValue": 25.0, "CustomizedMetricSpecification": {"Metrics": metrics}}
    await world.call(
        "PutScalingPolicy", **SERVICE, PolicyName="half", PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration=custom,
    )  # fmt: skip
    world.load = 80
    await world.minutes(3)
    assert world.ecs.count == 4


async def test_target_tracking_s_alarms_come_and_go_with_the_policy(world: World) -> None:
    tracking = {"PolicyName": "cpu", "PolicyType": "TargetTrackingScaling"}
    answer = await world.call(
        "PutScalingPolicy", **SERVICE, **tracking, TargetTrackingScalingPolicyConfiguration=TRACKING
    )
    found = (await world.apis.call("cloudwatch", "DescribeAlarms", {}))["MetricAlarms"]
    low, high = sorted(found, key=lambda one: float(one["Threshold"]))
    assert [one["AlarmName"] for one in answer["Alarms"]] == [high["AlarmName"], low["AlarmName"]]
    assert high["AlarmName"].startswith("TargetTracking-service/prod/movies-AlarmHigh-")
    assert high["AlarmDescription"].startswith("DO NOT EDIT OR DELETE. For TargetTrackingScaling policy arn:aws:")
    assert (high["Threshold"], high["EvaluationPeriods"], high["Period"]) == (50.0, 3, 60)
    assert (low["Threshold"], low["EvaluationPeriods"], low["Period"]) == (45.0, 15, 60)
    await world.call(
        "PutScalingPolicy", **SERVICE, **tracking,
        TargetTrackingScalingPolicyConfiguration={**TRACKING, "DisableScaleIn": True},
    )  # fmt: skip
    assert list(await world.alarms()) == ["AlarmHigh"]
    await world.call("DeleteScalingPolicy", **SERVICE, PolicyName="cpu")
    assert await world.alarms() == {}


async def test_a_scheduled_action_moves_the_bounds_and_the_count_with_them(world: World) -> None:
    for name, when, least, most in (("peak", "2026-11-24T08:10:00", 4, 8), ("night", "2026-11-24T20:00:00", 0, 1)):
        await world.call(
            "PutScheduledAction", **SERVICE, ScheduledActionName=name, Schedule=f"at({when})",
            ScalableTargetAction={"MinCapacity": least, "MaxCapacity": most},
        )  # fmt: skip
    with pytest.raises(AwsError, match="is in the past"):
        await world.call(
            "PutScheduledAction", **SERVICE, ScheduledActionName="late", Schedule="at(2026-11-24T08:00:00)",
            ScalableTargetAction={"MinCapacity": 1},
        )  # fmt: skip
    (wait,) = [await world.controller.reconcile(key) for key in await world.controller.keys()]
    assert wait.requeue_after == 599
    world.clock.time = 599
    await world.look()
    assert world.ecs.count == 4
    (target,) = (await world.call("DescribeScalableTargets", ServiceNamespace="ecs"))["ScalableTargets"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (4, 8)
    told = [(one["Description"], one["Cause"]) for one in await world.activities()]
    assert sorted(told) == [
        ("Setting desired count to 4.", "minimum capacity was set to 4"),
        ("Setting min capacity to 4 and max capacity to 8", "scheduled action name peak was triggered"),
    ]
    await world.look()
    assert len(await world.activities()) == 2
    await world.call("DeleteScheduledAction", **SERVICE, ScheduledActionName="peak")
    suspended = {"ScheduledScalingSuspended": True}
    await world.call("RegisterScalableTarget", **SERVICE, SuspendedState=suspended)
    world.clock.time = 12 * 3600
    await world.look()
    assert world.ecs.count == 4
    (night,) = (await world.call("DescribeScheduledActions", ServiceNamespace="ecs"))["ScheduledActions"]
    assert night["ScheduledActionName"] == "night"


async def test_new_bounds_hold_at_once_but_a_count_set_by_hand_stays(world: World) -> None:
    await world.call("RegisterScalableTarget", **SERVICE, MinCapacity=3, MaxCapacity=5)
    await world.look()
    assert world.ecs.count == 3
    world.ecs.count = 1
    await world.look()
    assert world.ecs.count == 1
    await world.call("RegisterScalableTarget", **SERVICE, MinCapacity=0, MaxCapacity=0)
    await world.look()
    assert world.ecs.count == 0
