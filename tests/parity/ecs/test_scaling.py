"""The row about auto scaling, with tasks that really use a processor."""

import asyncio
from pathlib import Path

import pytest

from netflux.aws.applicationautoscaling.api import ApplicationAutoScalingApi
from netflux.aws.applicationautoscaling.controller import ScalingController
from netflux.aws.applicationautoscaling.store import Store
from netflux.errors import AwsError
from netflux.reconcile.loop import Loop
from tests.aws.ecs.world import World, until
from tests.parity.rows import parity

BUSY = "import os, time\nwhile not os.path.exists({flag!r}): sum(range(1000))\ntime.sleep(1000)\n"
SERVICE = {
    "ServiceNamespace": "ecs", "ResourceId": "service/prod/movies", "ScalableDimension": "ecs:service:DesiredCount",
}  # fmt: skip


@parity(
    "ecs",
    "Auto scaling",
    "partly",
    but="target tracking of CPU, memory and requests per target as measured, with no CloudWatch metrics and alarms "
    "behind it; step and scheduled scaling and other metrics are refused",
)
async def test_auto_scaling(tmp_path: Path) -> None:
    """A task that burns its processor gets another beside it, and that one goes again when nothing is to do."""
    world = World(tmp_path, speed=150)  # a minute is 0.4 s
    await world.start()
    await world.vpc()
    store = Store(world.documents, world.loop._clock)
    world.apis.register(ApplicationAutoScalingApi(store, world.apis))
    given: list[str] = []

    async def requests(group: str) -> int | None:
        given.append(group)
        return None

    scaling = Loop(world.loop._clock, [ScalingController(store, world.apis, world.ecs.uses, requests)])
    scaling.start()
    try:
        await _scales(world, scaling, str(tmp_path / "idle"))
    finally:
        await scaling.stop()
        await world.stop()


async def _scales(world: World, scaling: Loop, flag: str) -> None:
    await world.push(BUSY.format(flag=flag))
    await world.define()
    await world.serve(desiredCount=1)
    await world.running(1)

    async def call(operation: str, **params: object) -> dict:
        answer = await world.apis.call("application-autoscaling", operation, params)
        scaling.poke_all("autoscaling")
        return answer

    await call("RegisterScalableTarget", **SERVICE, MinCapacity=1, MaxCapacity=2)
    metric = {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}
    tracking = {"TargetValue": 20.0, "PredefinedMetricSpecification": metric, "ScaleOutCooldown": 60}
    policy = {"PolicyName": "cpu", "PolicyType": "TargetTrackingScaling"}
    await call("PutScalingPolicy", **SERVICE, **policy, TargetTrackingScalingPolicyConfiguration=tracking)
    with pytest.raises(AwsError, match="PolicyType StepScaling"):
        await call("PutScalingPolicy", **SERVICE, PolicyName="steps", PolicyType="StepScaling")
    await world.running(2)
    await asyncio.to_thread(Path(flag).touch)
    await world.running(1)

    async def activities() -> list[dict] | None:
        found = (await call("DescribeScalingActivities", ServiceNamespace="ecs"))["ScalingActivities"]
        return found if [one["StatusCode"] for one in found] == ["Successful"] * 2 else None

    down, up = await until(activities)
    assert up["Description"] == "Setting desired count to 2."
    assert up["Cause"] == (
        "monitor alarm TargetTracking-service/prod/movies-AlarmHigh in state ALARM triggered policy cpu"
    )
    assert down["Description"] == "Setting desired count to 1."
