"""ECS services scaled by what a test says that their tasks use."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from netflux.aws.applicationautoscaling.api import ApplicationAutoScalingApi
from netflux.aws.applicationautoscaling.controller import ScalingController
from netflux.aws.applicationautoscaling.store import Store
from netflux.aws.ecs.use import TaskUse
from netflux.clock import Clock
from netflux.controlplane.apis import Apis
from netflux.controlplane.documents import Documents
from netflux.errors import AwsError

SERVICE = {
    "ServiceNamespace": "ecs", "ResourceId": "service/prod/movies", "ScalableDimension": "ecs:service:DesiredCount",
}  # fmt: skip
TRACKING = {
    "TargetValue": 50.0,
    "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"},
    "ScaleInCooldown": 60,
}


class Hand(Clock):
    """Moves when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.time = 0.0

    def monotonic(self) -> float:
        return self.time


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
        self.clock, self.ecs = Hand(), Ecs()
        self.apis = Apis("123456789012", "us-east-1", None, lambda _: None)  # type: ignore[arg-type]
        store = Store(documents, self.clock)
        self.apis.register(self.ecs)
        self.apis.register(ApplicationAutoScalingApi(store, self.apis))
        self.load, self.used = 0.0, 0.0

        async def requests(_group: str) -> int | None:
            return None

        def uses(cluster: str, service: str) -> dict[str, TaskUse]:
            assert (cluster, service) == ("prod", "movies")
            return {str(number): TaskUse(self.used, 100, 0.5, 1000) for number in range(self.ecs.running)}

        self.controller = ScalingController(store, self.apis, uses, requests)

    async def call(self, operation: str, **params: Any) -> dict[str, Any]:
        return await self.apis.call("application-autoscaling", operation, params)

    async def minutes(self, count: int) -> None:
        """Each with a load of so many percent of a task's half vCPU."""
        for _ in range(count):
            for key in await self.controller.keys():
                await self.controller.reconcile(key)
            self.clock.time += 60
            self.used += self.load / 100 * 0.5 * 60


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
    await world.minutes(3)
    assert world.ecs.count == 2
    await world.minutes(1)
    assert world.ecs.count == 4
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
    with pytest.raises(AwsError, match="PolicyType StepScaling"):
        await world.call("PutScalingPolicy", **SERVICE, PolicyName="steps", PolicyType="StepScaling")
    with pytest.raises(AwsError, match="PutScheduledAction"):
        await world.call("PutScheduledAction", **SERVICE, ScheduledActionName="night", Schedule="rate(1 day)")
    dynamo = {**SERVICE, "ServiceNamespace": "dynamodb", "ScalableDimension": "dynamodb:table:ReadCapacityUnits"}
    with pytest.raises(AwsError, match="dynamodb"):
        await world.call("RegisterScalableTarget", **dynamo, MinCapacity=1, MaxCapacity=2)
    with pytest.raises(AwsError, match="Maximum capacity"):
        await world.call("RegisterScalableTarget", **SERVICE, MinCapacity=9)
    await world.call("DeregisterScalableTarget", **SERVICE)
    assert (await world.call("DescribeScalableTargets", ServiceNamespace="ecs"))["ScalableTargets"] == []
    with pytest.raises(AwsError, match="No scalable target found"):
        await world.call("DeregisterScalableTarget", **SERVICE)
