"""The row about auto scaling, with tasks that really use a processor."""

import asyncio
import contextlib
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
from netflux.aws.cloudwatch.minutes import Minutes
from netflux.aws.cloudwatch.series import Datum, Metric, Series
from netflux.aws.ecs.meter import NAMESPACE, Look, Meter, utilization
from netflux.errors import AwsError
from netflux.reconcile.loop import Loop
from tests.aws.ecs.world import World, until
from tests.parity.rows import parity

BUSY = "import os, time\nwhile not os.path.exists({flag!r}): sum(range(1000))\ntime.sleep(1000)\n"
SERVICE = {
    "ServiceNamespace": "ecs", "ResourceId": "service/prod/movies", "ScalableDimension": "ecs:service:DesiredCount",
}  # fmt: skip
CPU = {
    "Namespace": "AWS/ECS", "MetricName": "CPUUtilization",
    "Dimensions": [{"Name": "ClusterName", "Value": "prod"}, {"Name": "ServiceName", "Value": "movies"}],
}  # fmt: skip


class Scaled:
    """A small region whose services are scaled."""

    def __init__(self, world: World) -> None:
        self.world, self.series, clock = world, Series(), world.loop._clock
        store = Store(world.documents, clock)
        controller = ScalingController(store, world.apis)
        self.loop = Loop(clock, [controller])
        cloudwatch = CloudWatchApi(Ground(self.series, frozenset([NAMESPACE]), world.documents, clock))

        def fire(firings: list) -> None:
            for resource in controller.called(
                [Call(one.action, one.alarm, one.value, one.threshold) for one in firings]
            ):
                self.loop.poke("autoscaling", resource)

        cloudwatch.fire = fire
        world.apis.register(cloudwatch)
        world.apis.register(ApplicationAutoScalingApi(store, world.apis))
        self.minutes = Minutes(clock, [Meter(clock, world.ecs.uses, self._publish).minute, cloudwatch.evaluate])

    def _publish(self, before: Look, now: Look) -> None:
        for one in utilization(before, now):
            percents = one.percents
            datum = Datum(one.since, sum(percents), len(percents), "Percent", min(percents), max(percents))
            self.series.add(Metric(NAMESPACE, one.name, one.dimensions), datum)

    async def call(self, operation: str, **params: object) -> dict[str, Any]:
        answer = await self.world.apis.call("application-autoscaling", operation, params)
        self.loop.poke_all("autoscaling")
        return answer

    async def activities(self) -> list[dict[str, Any]]:
        return list((await self.call("DescribeScalingActivities", ServiceNamespace="ecs"))["ScalingActivities"])

    async def alarms(self) -> list[dict[str, Any]]:
        return list((await self.world.apis.call("cloudwatch", "DescribeAlarms", {}))["MetricAlarms"])


@contextlib.asynccontextmanager
async def scaled(path: Path) -> AsyncIterator[Scaled]:
    world = World(path, speed=300)  # a minute is 0.2 s
    await world.start()
    await world.vpc()
    made = Scaled(world)
    made.loop.start()
    await made.minutes.start()
    await world.push(BUSY.format(flag=str(path / "idle")))
    await world.define()
    await world.serve(desiredCount=1)
    await world.running(1)
    try:
        yield made
    finally:
        await made.minutes.stop()
        await made.loop.stop()
        await world.stop()


@parity(
    "ecs", "Auto scaling", "partly",
    but="refused are predictive scaling, metric math but for arithmetic and FILL, and alarms whose actions are not "
    "scaling policies; of activities that don't scale those held back by a bound or wanting no change are listed, once "
    "as long as it stays so; ECS's own data live as long as the region, three hours at most",
)  # fmt: skip
async def test_target_tracking_with_its_metrics_and_alarms(tmp_path: Path) -> None:
    """A task that burns its processor gets another beside it, and that one goes again when nothing is to do."""
    async with scaled(tmp_path) as region:
        world = region.world
        await region.call("RegisterScalableTarget", **SERVICE, MinCapacity=1, MaxCapacity=2)
        metric = {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}
        tracking = {"TargetValue": 20.0, "PredefinedMetricSpecification": metric, "ScaleOutCooldown": 60}
        policy = {"PolicyName": "cpu", "PolicyType": "TargetTrackingScaling"}
        await region.call("PutScalingPolicy", **SERVICE, **policy, TargetTrackingScalingPolicyConfiguration=tracking)
        high, low = await region.alarms()
        assert [high["StateValue"], low["StateValue"]] == ["INSUFFICIENT_DATA"] * 2
        await world.running(2)
        high, _ = await region.alarms()
        assert high["StateValue"] == "ALARM"
        assert high["StateReason"].startswith("Threshold Crossed: 3 out of the last 3 datapoints [")
        now = datetime.now(UTC)
        told = await world.apis.call("cloudwatch", "GetMetricStatistics", {
            **CPU, "StartTime": now - timedelta(hours=1), "EndTime": now, "Period": 3600,
            "Statistics": ["Maximum", "SampleCount"],
        })  # fmt: skip
        assert max(point["Maximum"] for point in told["Datapoints"]) > 20
        await asyncio.to_thread((tmp_path / "idle").touch)
        await world.running(1)

        async def ended() -> list[dict[str, Any]] | None:
            found = await region.activities()
            return found if [one["StatusCode"] for one in found] == ["Successful"] * 2 else None

        down, up = await until(ended)
        assert up["Description"] == "Setting desired count to 2."
        assert up["Cause"] == f"monitor alarm {high['AlarmName']} in state ALARM triggered policy cpu"
        assert down["Description"] == "Setting desired count to 1."
        assert "-AlarmLow-" in down["Cause"]


@parity("ecs", "Auto scaling", "supported")
async def test_steps_by_an_alarm_and_bounds_by_a_schedule(tmp_path: Path) -> None:
    async with scaled(tmp_path) as region:
        world = region.world
        await region.call("RegisterScalableTarget", **SERVICE, MinCapacity=1, MaxCapacity=2)
        steps = [{"MetricIntervalLowerBound": 0, "MetricIntervalUpperBound": 10, "ScalingAdjustment": 1},
                 {"MetricIntervalLowerBound": 10, "ScalingAdjustment": 5}]  # fmt: skip
        configuration = {"AdjustmentType": "ChangeInCapacity", "Cooldown": 60, "StepAdjustments": steps}
        policy = await region.call(
            "PutScalingPolicy", **SERVICE, PolicyName="up", StepScalingPolicyConfiguration=configuration
        )
        await world.apis.call("cloudwatch", "PutMetricAlarm", {
            **CPU, "AlarmName": "busy", "Statistic": "Average", "Period": 60, "EvaluationPeriods": 1, "Threshold": 20.0,
            "ComparisonOperator": "GreaterThanThreshold", "AlarmActions": [policy["PolicyARN"]],
        })  # fmt: skip
        await world.running(2)
        (up,) = await region.activities()
        assert up["Cause"] == "monitor alarm busy in state ALARM triggered policy up"
        with pytest.raises(AwsError, match=r"PolicyType .'PredictiveScaling"):
            await region.call("PutScalingPolicy", **SERVICE, PolicyName="seen", PolicyType="PredictiveScaling")
        await region.call(
            "PutScheduledAction", **SERVICE, ScheduledActionName="night", Schedule="rate(5 minutes)",
            ScalableTargetAction={"MinCapacity": 0, "MaxCapacity": 0},
        )  # fmt: skip

        async def none() -> bool:
            return not await world.tasks()

        await until(none)
        causes = {one["Cause"]: one["Description"] for one in await region.activities()}
        assert causes["scheduled action name night was triggered"] == "Setting min capacity to 0 and max capacity to 0"
        assert causes["maximum capacity was set to 0"] == "Setting desired count to 0."
