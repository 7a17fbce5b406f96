"""Services whose tasks are real processes."""

import asyncio
import os
import signal
import urllib.request

from netflux import names
from tests.aws.ecs.balancer import GROUP
from tests.aws.ecs.world import World, until

LOAD_BALANCERS = [{"targetGroupArn": GROUP, "containerName": "web", "containerPort": 8080}]


def get(address: str) -> int:
    with urllib.request.urlopen(f"http://{address}:8080/", timeout=5) as answer:
        return int(answer.status)


async def test_two_tasks_run_answer_and_are_registered(world: World) -> None:
    await world.define()
    await world.serve(loadBalancers=LOAD_BALANCERS)
    tasks = await world.running(2)
    service = await world.stable()
    assert service["runningCount"] == 2
    assert service["pendingCount"] == 0
    addresses = [task["containers"][0]["networkInterfaces"][0]["privateIpv4Address"] for task in tasks]
    assert {address.rpartition(".")[0] for address in addresses} == {"10.0.3", "10.0.4"}
    assert {key[0] for key in world.balancer.states} == set(addresses)
    for address in addresses:
        interface = world.network.locate(address)
        assert interface is not None
        assert await until(lambda ip=interface.local_address: answers(ip))


def answers(ip: str) -> bool:
    try:
        return get(ip) == 200
    except OSError:
        return False


async def test_a_killed_task_is_replaced(world: World) -> None:
    await world.define()
    await world.serve()
    first, second = await world.running(2)
    os.kill(world.pid(first), signal.SIGKILL)

    async def replaced() -> bool:
        arns = {task["taskArn"] for task in await world.running(2)}
        return first["taskArn"] not in arns and second["taskArn"] in arns

    await until(replaced)
    gone = await until(lambda: stopped(world, first["taskArn"]))
    assert gone["stopCode"] == "EssentialContainerExited"
    assert gone["stoppedReason"] == "Essential container in task exited"
    assert gone["containers"][0]["exitCode"] == 137
    assert len([*(world.path / "tasks").iterdir()]) == 2


async def stopped(world: World, arn: str) -> dict | None:
    task = await world.task(arn)
    return task if task["lastStatus"] == "STOPPED" else None


async def test_a_missing_image_never_runs_and_says_so(world: World) -> None:
    await world.define(container={"image": f"{names.registry(names.ACCOUNT, names.REGION)}/movies:absent"})
    await world.serve(desiredCount=1)

    async def failed() -> list:
        return [task for task in await world.tasks("STOPPED") if task["lastStatus"] == "STOPPED"]

    task = (await until(failed))[0]
    assert task["stopCode"] == "TaskFailedToStart"
    assert task["stoppedReason"].startswith("CannotPullContainerError: ")
    assert "movies:absent: not found" in task["stoppedReason"]
    assert (await world.service())["runningCount"] == 0


async def test_output_reaches_the_log_stream_and_sigterm_ends_the_task(world: World) -> None:
    await world.define()
    await world.serve(desiredCount=1)
    (task,) = await world.running(1)
    await until(lambda: world.lines(task))
    await world.update(desiredCount=0)
    gone = await until(lambda: stopped(world, task["taskArn"]))
    lines = await world.lines(task)
    assert lines[0].startswith("hello from 127.")
    assert lines[-1] == "goodbye"
    assert gone["containers"][0]["exitCode"] == 0
    assert gone["stopCode"] == "ServiceSchedulerInitiated"
    assert "Scaling activity initiated by" in gone["stoppedReason"]
    assert (await world.service())["events"]


async def test_a_restart_says_what_ended_and_brings_replacements(world: World) -> None:
    await world.define()
    await world.serve(loadBalancers=LOAD_BALANCERS)
    before = await world.running(2)
    arn = (await world.service())["serviceArn"]
    await world.stop()
    await world.start()
    after = await world.running(2)
    assert (await world.service())["serviceArn"] == arn
    assert {task["taskArn"] for task in before}.isdisjoint(task["taskArn"] for task in after)
    for task in before:
        gone = await world.task(task["taskArn"])
        assert gone["lastStatus"] == "STOPPED"
        assert "restarted" in gone["stoppedReason"]
    addresses = {task["containers"][0]["networkInterfaces"][0]["privateIpv4Address"] for task in after}
    assert {key[0] for key in world.balancer.states} == addresses


async def test_deleting_a_service_ends_its_tasks(world: World) -> None:
    await world.define()
    await world.serve()
    await world.running(2)
    await world.apis.call("ecs", "DeleteService", {"cluster": "prod", "service": "movies", "force": True})
    assert (await world.service())["status"] == "DRAINING"

    async def inactive() -> bool:
        return (await world.service())["status"] == "INACTIVE"

    await until(inactive)
    assert not [child for child in world.children.running() if child.name.startswith("ecs-")]
    await asyncio.sleep(0)
