"""Capacity providers, interruptions of Fargate Spot, and what a service has deployed."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from netflux.aws.ecs.decide import capacity, history
from netflux.errors import AwsError, UserError
from tests.aws.ecs.world import World, until

BOTH: dict[str, Any] = {"capacityProviders": ["FARGATE", "FARGATE_SPOT"]}


def _strategy(**weights: tuple[int, int]) -> list[dict[str, Any]]:
    return [{"capacityProvider": name, "base": base, "weight": weight} for name, (base, weight) in weights.items()]


def test_the_base_comes_first_and_then_the_weights() -> None:
    strategy = _strategy(FARGATE=(2, 1), FARGATE_SPOT=(0, 3))
    assert capacity.choose(strategy, [], 2) == ["FARGATE", "FARGATE"]
    assert Counter(capacity.choose(strategy, [], 10)) == {"FARGATE": 4, "FARGATE_SPOT": 6}
    assert capacity.choose(strategy, ["FARGATE", "FARGATE", "FARGATE_SPOT"], 1) == ["FARGATE"]
    assert capacity.choose(_strategy(FARGATE=(1, 0), FARGATE_SPOT=(0, 1)), [], 3)[1:] == ["FARGATE_SPOT"] * 2
    assert capacity.choose([{"capacityProvider": "FARGATE_SPOT"}], [], 2) == ["FARGATE_SPOT"] * 2
    assert capacity.choose([], [], 2) == ["", ""]


@pytest.mark.parametrize(
    ("strategy", "says"),
    [
        ([{"capacityProvider": "MINE"}], "not associated"),
        ([{"capacityProvider": "FARGATE"}] * 2, "duplicate"),
        (_strategy(FARGATE=(0, 0), FARGATE_SPOT=(0, 0)), "weight greater than 0"),
        (_strategy(FARGATE=(1, 1), FARGATE_SPOT=(1, 1)), "base"),
        (_strategy(FARGATE=(0, 1001)), "0 to 1000"),
    ],
)
def test_a_strategy_that_ecs_refuses_is_refused(strategy: list[dict[str, Any]], says: str) -> None:
    with pytest.raises(AwsError, match=says):
        capacity.check(strategy, capacity.PROVIDERS)


async def test_an_interrupted_task_ends_without_draining_and_its_service_starts_another(world: World) -> None:
    strategy = _strategy(FARGATE=(1, 0), FARGATE_SPOT=(0, 1))
    asked = {"cluster": "prod", **BOTH, "defaultCapacityProviderStrategy": strategy}
    await world.apis.call("ecs", "PutClusterCapacityProviders", asked)
    await world.define()
    service = await world.serve(launchType=None)
    assert service["capacityProviderStrategy"] == strategy
    assert "launchType" not in service
    tasks = await world.running(2)
    by_provider = {one["capacityProviderName"]: one for one in tasks}
    assert {*by_provider} == {"FARGATE", "FARGATE_SPOT"}
    with pytest.raises(UserError, match="is no task that runs on Fargate Spot"):
        world.ecs.interrupt(by_provider["FARGATE"]["taskArn"])
    spot = by_provider["FARGATE_SPOT"]["taskArn"]

    async def serves() -> bool:
        return bool(await world.lines(by_provider["FARGATE_SPOT"]))

    await until(serves)
    assert world.ecs.interrupt("movies") == [spot]

    async def ended() -> dict[str, Any] | None:
        found = await world.task(spot)
        return found if found["lastStatus"] == "STOPPED" else None

    done = await until(ended)
    assert (done["stopCode"], done["stoppedReason"]) == ("SpotInterruption", "Your Spot Task was interrupted.")
    assert (await world.lines(done))[-1] == "goodbye"
    again = await world.running(2)
    assert Counter(one["capacityProviderName"] for one in again) == {"FARGATE": 1, "FARGATE_SPOT": 1}


async def test_what_a_service_has_deployed_is_told(world: World) -> None:
    await world.define()
    await world.serve(desiredCount=1)
    await world.stable()
    asked = {"cluster": "prod", "service": "movies"}
    (first,) = (await world.apis.call("ecs", "ListServiceDeployments", asked))["serviceDeployments"]
    assert first["status"] == "SUCCESSFUL"
    assert first["finishedAt"] >= first["startedAt"]
    await world.define()
    await world.update(taskDefinition="movies")
    both = (await world.apis.call("ecs", "ListServiceDeployments", asked))["serviceDeployments"]
    assert [one["status"] for one in both] == ["IN_PROGRESS", "SUCCESSFUL"]
    since = {**asked, "createdAt": {"after": both[0]["createdAt"]}, "status": ["IN_PROGRESS"]}
    assert (await world.apis.call("ecs", "ListServiceDeployments", since))["serviceDeployments"] == both[:1]
    await world.stable()
    arns = [one["serviceDeploymentArn"] for one in both]
    told = await world.apis.call("ecs", "DescribeServiceDeployments", {"serviceDeploymentArns": [*arns, arns[0] + "0"]})
    assert [one["reason"] for one in told["failures"]] == ["MISSING"]
    second, _ = told["serviceDeployments"]
    assert second["status"] == "SUCCESSFUL"
    assert second["targetServiceRevision"]["runningTaskCount"] == 1
    assert [one["arn"] for one in second["sourceServiceRevisions"]] == [both[1]["targetServiceRevisionArn"]]
    revisions = {"serviceRevisionArns": [both[0]["targetServiceRevisionArn"]]}
    (revision,) = (await world.apis.call("ecs", "DescribeServiceRevisions", revisions))["serviceRevisions"]
    assert revision["taskDefinition"].endswith("movies:2")
    (image,) = revision["containerImages"]
    assert image["imageDigest"].startswith("sha256:")


def _primary(identity: str, state: str = "IN_PROGRESS", **more: Any) -> dict[str, Any]:
    return {"id": identity, "rolloutState": state, "rolloutStateReason": f"{identity} {state}", "images": {}, **more}


def test_a_deployment_that_went_back_is_told_so() -> None:
    service: dict[str, Any] = {"accepted": {"deploymentConfiguration": {}}, "deployments": []}
    one, two = _primary("one"), _primary("two")
    history.begin(service, one, "1", "t1")
    service["deployments"] = [{**one, "rolloutState": "COMPLETED"}]
    history.follow(service, "t2")
    history.begin(service, two, "2", "t3")
    service["deployments"] = [two, one]
    history.follow(service, "t4")
    assert [entry["status"] for entry in service["history"]] == ["IN_PROGRESS", "SUCCESSFUL"]
    service["deployments"] = [one, {**two, "rolloutState": "FAILED"}]
    history.follow(service, "t5")
    assert service["history"][0]["status"] == "ROLLBACK_IN_PROGRESS"
    assert service["history"][0]["rollback"] == {"reason": "one IN_PROGRESS", "startedAt": "t5", "revision": "1"}
    service["deployments"] = [{**one, "rolloutState": "COMPLETED"}]
    history.follow(service, "t6")
    assert (service["history"][0]["status"], service["history"][0]["finishedAt"]) == ("ROLLBACK_SUCCESSFUL", "t6")


async def test_a_deleted_service_has_no_deployments_and_is_not_found_again(world: World) -> None:
    await world.define()
    await world.serve(desiredCount=0)
    asked = {"cluster": "prod", "service": "movies"}
    await world.apis.call("ecs", "DeleteService", asked)

    async def gone() -> dict[str, Any] | None:
        found = await world.service()
        return found if found["status"] == "INACTIVE" else None

    assert (await until(gone))["deployments"] == []
    with pytest.raises(AwsError, match="ServiceNotFoundException"):
        await world.apis.call("ecs", "DeleteService", asked)
