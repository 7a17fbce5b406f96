"""Deployments of services whose tasks are real processes: rolling updates, failures, rollback, health."""

import os
import signal

from netflux import names
from tests.aws.ecs.balancer import GROUP
from tests.aws.ecs.world import World, until

LOAD_BALANCERS = [{"targetGroupArn": GROUP, "containerName": "web", "containerPort": 8080}]
ROLL_BACK = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}


def messages(service: dict) -> list[str]:
    return [event["message"] for event in service["events"]]


async def test_an_update_replaces_the_tasks_without_ever_falling_below_the_minimum(world: World) -> None:
    await world.define()
    await world.serve(loadBalancers=LOAD_BALANCERS)
    old = {task["taskArn"] for task in await world.running(2)}
    await world.stable()
    new = await world.define(container={"environment": [{"name": "WHO", "value": "two"}]})
    await world.update(taskDefinition=new)
    low = 2

    async def replaced() -> bool:
        nonlocal low
        low = min(low, sum(state == "healthy" for state in world.balancer.states.values()))
        service = await world.service()
        return [body["rolloutState"] for body in service["deployments"]] == ["COMPLETED"]

    await until(replaced)
    tasks = await world.running(2)
    assert low == 2
    assert {task["taskDefinitionArn"] for task in tasks} == {new}
    assert old.isdisjoint(task["taskArn"] for task in tasks)
    told = messages(await world.service())
    assert "(service movies) has reached a steady state." in told[0]
    assert any("deployment completed." in text for text in told)
    assert any("registered 1 targets in (target-group" in text for text in told)


async def test_a_broken_update_is_rolled_back_by_the_circuit_breaker(world: World) -> None:
    good = await world.define()
    await world.serve(loadBalancers=LOAD_BALANCERS, deploymentConfiguration=ROLL_BACK)
    kept = {task["taskArn"] for task in await world.running(2)}
    await world.stable()
    image = f"{names.registry(names.ACCOUNT, names.REGION)}/movies:absent"
    await world.update(taskDefinition=await world.define(container={"image": image}))

    async def back() -> dict | None:
        service = await world.service()
        told = messages(service)
        there = service["taskDefinition"] == good and len(service["deployments"]) == 1
        return service if there and any("rolling back" in text for text in told) else None

    service = await until(back)
    assert service["deployments"][0]["taskDefinition"] == good
    assert any("deployment failed: tasks failed to start." in text for text in messages(service))
    assert {task["taskArn"] for task in await world.running(2)} == kept


async def test_tasks_that_run_and_end_before_their_targets_are_healthy_trip_the_circuit_breaker(world: World) -> None:
    good = await world.define()
    await world.serve(loadBalancers=LOAD_BALANCERS, deploymentConfiguration=ROLL_BACK)
    kept = {task["taskArn"] for task in await world.running(2)}
    await world.stable()
    world.balancer.first_state = "initial"
    broken = await world.define(container={"command": ["python", "-c", "import time; time.sleep(0.5); exit(1)"]})
    await world.update(taskDefinition=broken)

    async def back() -> bool:
        return any("rolling back" in text for text in messages(await world.service()))

    await until(back)
    ended = [task for task in await world.tasks("STOPPED") if task["taskDefinitionArn"] == broken]
    assert len([task for task in ended if "startedAt" in task]) >= 3
    assert (await world.service())["taskDefinition"] == good
    assert {task["taskArn"] for task in await world.running(2)} == kept


async def test_without_rollback_a_broken_first_deployment_stalls(world: World) -> None:
    await world.define(container={"image": f"{names.registry(names.ACCOUNT, names.REGION)}/movies:absent"})
    await world.serve(deploymentConfiguration={"deploymentCircuitBreaker": {"enable": True, "rollback": False}})

    async def failed() -> dict | None:
        service = await world.service()
        return service if service["deployments"][0]["rolloutState"] == "FAILED" else None

    deployment = (await until(failed))["deployments"][0]
    assert deployment["rolloutStateReason"] == "ECS deployment circuit breaker: tasks failed to start."
    assert deployment["failedTasks"] >= 3

    async def none() -> bool:  # one that was started before the third failed may not have failed yet itself
        return await world.tasks() == []

    await until(none)


async def test_a_task_that_fails_elb_checks_after_the_grace_period_is_replaced(world: World) -> None:
    await world.define()
    await world.serve(loadBalancers=LOAD_BALANCERS)
    first, second = await world.running(2)
    await world.stable()
    address = first["containers"][0]["networkInterfaces"][0]["privateIpv4Address"]
    world.balancer.set(address, "unhealthy")

    async def replaced() -> dict | None:
        task = await world.task(first["taskArn"])
        return task if task["lastStatus"] == "STOPPED" else None

    gone = await until(replaced)
    assert gone["stoppedReason"] == f"Task failed ELB health checks in (target-group {GROUP})"
    assert gone["stopCode"] == "ServiceSchedulerInitiated"
    assert second["taskArn"] in {task["taskArn"] for task in await world.running(2)}


async def test_the_grace_period_protects_a_task_that_fails_its_checks(world: World) -> None:
    world.balancer.first_state = "unhealthy"
    await world.define()
    await world.serve(loadBalancers=LOAD_BALANCERS, healthCheckGracePeriodSeconds=600)
    before = await world.running(2)
    await world.ecs.controllers[0].reconcile((await world.service())["serviceArn"])
    assert [task["taskArn"] for task in await world.running(2)] == [task["taskArn"] for task in before]
    assert (await world.service())["deployments"][0]["rolloutState"] == "IN_PROGRESS"


async def test_a_draining_target_keeps_its_task_until_it_has_drained(world: World) -> None:
    world.balancer.delay = 3600
    await world.define()
    await world.serve(loadBalancers=LOAD_BALANCERS, desiredCount=1)
    (task,) = await world.running(1)
    pid = world.pid(task)
    await until(lambda: world.lines(task))  # from then on SIGTERM ends it in order
    await world.update(desiredCount=0)

    async def deactivating() -> bool:
        return bool((await world.task(task["taskArn"]))["lastStatus"] == "DEACTIVATING")

    await until(deactivating)
    os.kill(pid, 0)
    world.balancer.states.clear()

    async def stopped() -> dict | None:
        found = await world.task(task["taskArn"])
        return found if found["lastStatus"] == "STOPPED" else None

    assert (await until(stopped))["containers"][0]["exitCode"] == 0


async def test_tags_are_resolved_once_for_a_deployment(world: World) -> None:
    digest = await world.push("import time; time.sleep(600)")
    await world.define()
    await world.serve(desiredCount=1)
    (first,) = await world.running(1)
    assert first["containers"][0]["imageDigest"] == digest
    other = await world.push("import time; time.sleep(601)")
    os.kill(world.pid(first), signal.SIGKILL)

    async def replaced() -> dict | None:
        tasks = await world.running(1)
        return tasks[0] if tasks[0]["taskArn"] != first["taskArn"] else None

    assert (await until(replaced))["containers"][0]["imageDigest"] == digest
    await world.update(forceNewDeployment=True)

    async def anew() -> bool:
        return [task["containers"][0].get("imageDigest") for task in await world.tasks()] == [other]

    await until(anew)


async def test_a_service_with_an_absent_image_starts_once_the_image_is_pushed(world: World) -> None:
    await world.define(container={"image": f"{names.registry(names.ACCOUNT, names.REGION)}/movies:late"})
    await world.serve(desiredCount=1)

    async def failed() -> bool:
        return (await world.service())["deployments"][0]["failedTasks"] > 0

    await until(failed)
    digest = await world.push("import time; time.sleep(600)", "late")
    (task,) = await world.running(1)
    assert task["containers"][0]["imageDigest"] == digest
