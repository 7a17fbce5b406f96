"""Rows of ECS about a task: its life, its end, its memory, its containers."""

import asyncio
import os
import signal
from copy import deepcopy

import pytest

from netflux import names
from netflux.aws.ecs.decide.definition import check_size
from netflux.aws.ecs.decide.health import of_task
from netflux.errors import AwsError
from tests.aws.ecs.balancer import GROUP
from tests.aws.ecs.test_tasks import reach, run
from tests.aws.ecs.world import World, until
from tests.parity.rows import parity

IMAGE = f"{names.registry(names.ACCOUNT, names.REGION)}/movies:latest"
BALANCERS = [{"targetGroupArn": GROUP, "containerName": "web", "containerPort": 8080}]
HOLD = "import time; time.sleep(600)"
PATH = ["PROVISIONING", "PENDING", "ACTIVATING", "RUNNING", "DEACTIVATING", "STOPPING", "DEPROVISIONING", "STOPPED"]


def written(world: World) -> list[dict]:
    """Every version of a task that is written down from now on."""
    seen: list[dict] = []
    put = world.documents.put

    def watch(kind: str, key: str, document: dict) -> None:
        if kind == "ecs.task":
            seen.append(deepcopy(document["task"]))
        put(kind, key, document)

    world.documents.put = watch  # type: ignore[method-assign]
    return seen


async def refused(world: World, **changes: object) -> str:
    with pytest.raises(AwsError) as caught:
        await world.define(**changes)
    return f"{caught.value.code}: {caught.value.message}"


@parity("ecs", "Task states", "supported")
async def test_task_states(world: World) -> None:
    """Every status is passed in AWS's order, and a stopped task stays describable."""
    seen = written(world)
    await world.define()
    await world.serve(desiredCount=1, loadBalancers=BALANCERS)
    (task,) = await world.running(1)
    await world.update(desiredCount=0)
    done = await reach(world, task, "STOPPED")
    assert [*dict.fromkeys(task["lastStatus"] for task in seen)] == PATH
    assert done["createdAt"] <= done["startedAt"] <= done["stoppingAt"] <= done["stoppedAt"]


@parity("ecs", "Network", "supported")
async def test_network(world: World) -> None:
    """One ENI a task, in one of its subnets with its groups; containers of a task reach one another on one address."""
    talk = (
        "import os, urllib.request, time\n"
        "for _ in range(100):\n"
        "    try: print(urllib.request.urlopen(f\"http://{os.environ['SERVER_ADDRESS']}:8080\").status); break\n"
        "    except OSError: time.sleep(0.05)"
    )
    logs = {"logDriver": "awslogs", "options": {
        "awslogs-group": "/ecs/movies", "awslogs-region": names.REGION, "awslogs-stream-prefix": "ecs"}}  # fmt: skip
    side = {"name": "side", "image": IMAGE, "essential": False, "command": ["python", "-c", talk],
            "logConfiguration": logs}  # fmt: skip
    await world.define(before=[side])
    task = await reach(world, await run(world), "RUNNING")
    addresses = {body["networkInterfaces"][0]["privateIpv4Address"] for body in task["containers"]}
    assert len(addresses) == len(task["attachments"]) == 1
    details = {item["name"]: item["value"] for item in task["attachments"][0]["details"]}
    found = await world.apis.call(
        "ec2", "DescribeNetworkInterfaces", {"NetworkInterfaceIds": [details["networkInterfaceId"]]}
    )
    (interface,) = found["NetworkInterfaces"]
    assert interface["SubnetId"] in world.subnets
    assert [group["GroupId"] for group in interface["Groups"]] == [world.group]
    assert await until(lambda: world.lines(task, "side")) == ["200"]


@parity("ecs", "stopCode", "partly", but="no TerminationNotice: Spot is interrupted on request alone")
async def test_stop_code(world: World) -> None:
    await world.define(container={"command": ["python", "-c", "pass"]})
    exited = await reach(world, await run(world), "STOPPED")
    await world.define(container={"image": IMAGE.replace(":latest", ":absent")})
    failed = await reach(world, await run(world), "STOPPED")
    await world.define()
    stopped = await reach(world, await run(world), "RUNNING")
    await world.apis.call("ecs", "StopTask", {"cluster": "prod", "task": stopped["taskArn"]})
    await world.serve(desiredCount=1)
    (scaled,) = await world.running(1)
    await world.update(desiredCount=0)
    codes = [(await reach(world, task, "STOPPED"))["stopCode"] for task in (exited, failed, stopped, scaled)]
    assert codes == [
        "EssentialContainerExited", "TaskFailedToStart", "UserInitiated", "ServiceSchedulerInitiated",
    ]  # fmt: skip


@parity("ecs", "stoppedReason (task)", "supported")
async def test_stopped_reason(world: World) -> None:
    await world.define()
    task = await reach(world, await run(world), "RUNNING")
    await world.apis.call("ecs", "StopTask", {"cluster": "prod", "task": task["taskArn"], "reason": "maintenance"})
    assert (await reach(world, task, "STOPPED"))["stoppedReason"] == "maintenance"
    await world.serve(desiredCount=1, loadBalancers=BALANCERS)
    (first,) = await world.running(1)
    await world.stable()
    world.balancer.set(first["containers"][0]["networkInterfaces"][0]["privateIpv4Address"], "unhealthy")
    gone = await reach(world, first, "STOPPED")
    assert gone["stoppedReason"] == f"Task failed ELB health checks in (target-group {GROUP})"
    (second,) = await world.running(1)
    os.kill(world.pid(second), signal.SIGKILL)
    assert (await reach(world, second, "STOPPED"))["stoppedReason"] == "Essential container in task exited"
    (third,) = await world.running(1)
    deployment = (await world.service())["deployments"][0]["id"]
    await world.update(desiredCount=0)
    assert (await reach(world, third, "STOPPED"))["stoppedReason"] == (
        f"Scaling activity initiated by (deployment {deployment})"
    )


@parity("ecs", "Error prefixes", "supported")
async def test_error_prefixes(world: World) -> None:
    cases = {
        "CannotPullContainerError: ": {"image": IMAGE.replace(":latest", ":absent")},
        "CannotStartContainerError: ": {"command": ["/no/such/program"]},
        "ResourceInitializationError: ": {"secrets": [{"name": "A", "valueFrom": "/absent"}]},
    }
    for prefix, change in cases.items():
        await world.define(container=change)
        done = await reach(world, await run(world), "STOPPED")
        assert done["stoppedReason"].startswith(prefix)
        assert done["stopCode"] == "TaskFailedToStart"


@parity(
    "ecs", "Memory", "partly",
    but="where the user may make no control group, `process` looks twice a second and kills: between two looks a "
    "program may be over its size",
)  # fmt: skip
async def test_memory(world: World) -> None:
    """The container over its memory is killed; the words are the container's, not the task's."""
    await world.push("x = bytearray(600 * 1024 * 1024); import time; time.sleep(600)")
    await world.define(cpu="256", memory="512")
    done = await reach(world, await run(world), "STOPPED")
    (container,) = done["containers"]
    assert container["exitCode"] == 137
    assert container["reason"] == "OutOfMemoryError: Container killed due to memory usage"
    assert (done["stopCode"], done["stoppedReason"]) == (
        "EssentialContainerExited", "Essential container in task exited",
    )  # fmt: skip


@parity("ecs", "Memory", "supported")
async def test_a_container_over_its_own_memory_does_not_end_the_others(world: World) -> None:
    await world.push("x = bytearray(200 * 1024 * 1024); import time; time.sleep(600)")
    side = {"name": "side", "image": IMAGE, "essential": False, "memory": 64}
    await world.define(before=[side], container={"command": ["python", "-c", HOLD]})
    task = await run(world)

    async def killed() -> dict | None:
        found = await world.task(task["taskArn"])
        return found if found["containers"][0].get("exitCode") == 137 else None

    found = await until(killed)
    assert found["containers"][0]["reason"].startswith("OutOfMemoryError")
    assert found["lastStatus"] == "RUNNING"


@parity("ecs", "Stop", "supported")
async def test_stop(world: World) -> None:
    """SIGTERM, and SIGKILL after stopTimeout; SIGTERM is enough for who listens."""
    await world.push(
        "import signal, time; signal.signal(signal.SIGTERM, lambda *_: print('asked', flush=True))\n"
        "print('up', flush=True)\nwhile True: time.sleep(1)"
    )
    await world.define(container={"stopTimeout": 5})
    task = await reach(world, await run(world), "RUNNING")
    await until(lambda: world.lines(task))
    began = asyncio.get_running_loop().time()
    await world.apis.call("ecs", "StopTask", {"cluster": "prod", "task": task["taskArn"]})
    done = await reach(world, task, "STOPPED")
    assert (asyncio.get_running_loop().time() - began) * world.speed >= 5
    assert done["containers"][0]["exitCode"] == 137
    assert await world.lines(task) == ["up", "asked"]
    for limit in ({"stopTimeout": 121}, {"startTimeout": 121}, {"startTimeout": 1}):
        assert "ClientException" in await refused(world, container=limit)


@parity("ecs", "dependsOn", "supported")
async def test_depends_on(world: World) -> None:
    """Conditions hold a start back, and the order is reversed at the end."""
    await world.push(HOLD)
    database = {
        "name": "database", "image": IMAGE, "essential": False, "command": ["python", "-c", HOLD],
        "healthCheck": {"command": ["CMD", "true"], "interval": 5},
    }  # fmt: skip
    await world.define(
        before=[database], container={"dependsOn": [{"containerName": "database", "condition": "HEALTHY"}]}
    )
    task = await run(world)

    async def first() -> dict | None:
        found = await world.task(task["taskArn"])
        return found if found["containers"][0]["lastStatus"] == "RUNNING" else None

    assert (await until(first))["containers"][1]["lastStatus"] == "PENDING"
    await reach(world, task, "RUNNING")
    seen = written(world)
    await world.apis.call("ecs", "StopTask", {"cluster": "prod", "task": task["taskArn"]})
    await reach(world, task, "STOPPED")
    states = [tuple(body["lastStatus"] for body in version["containers"]) for version in seen]
    assert [*dict.fromkeys(states)] == [("RUNNING", "RUNNING"), ("RUNNING", "STOPPED"), ("STOPPED", "STOPPED")]
    essential = {**database, "essential": True}
    for condition in ("COMPLETE", "SUCCESS"):
        needs = {"dependsOn": [{"containerName": "database", "condition": condition}]}
        assert "an essential container allows none" in await refused(world, before=[essential], container=needs)


async def _is(look, wanted: object) -> bool:
    return bool(await look() == wanted)


@parity("ecs", "dependsOn", "supported")
async def test_a_restart_policy_starts_a_container_again_after_its_period(world: World) -> None:
    await world.push("import time; time.sleep(6.5); raise SystemExit(3)")
    policy = {"enabled": True, "restartAttemptPeriod": 60}
    await world.define(container={"restartPolicy": policy})
    task = await reach(world, await run(world), "RUNNING")
    before = world.pid(task)

    def again() -> bool:
        identity = task["taskArn"].rpartition("/")[2]
        found = [child.pid for child in world.children.running() if child.name == f"ecs-{identity}-web-2"]
        return bool(found) and found[0] != before

    await until(again)
    assert (await world.task(task["taskArn"]))["lastStatus"] == "RUNNING"
    await world.define(container={"restartPolicy": policy, "command": ["python", "-c", "raise SystemExit(3)"]})
    early = await reach(world, await run(world), "STOPPED")
    assert early["containers"][0]["exitCode"] == 3
    for wrong in ({"restartAttemptPeriod": 59}, {"restartAttemptPeriod": 1801}, {"ignoredExitCodes": [*range(51)]}):
        assert "ClientException" in await refused(world, container={"restartPolicy": {"enabled": True, **wrong}})


@parity("ecs", "Container health", "supported")
async def test_container_health(world: World) -> None:
    flag = world.path / "sick"
    check = {"command": ["CMD-SHELL", f"! test -e {flag}"], "interval": 5, "retries": 1}
    await world.push(HOLD)
    await world.define(container={"healthCheck": check})
    task = await run(world)
    assert task["containers"][0]["healthStatus"] == "UNKNOWN"

    async def health() -> str:
        return str((await world.task(task["taskArn"]))["healthStatus"])

    await until(lambda: _is(health, "HEALTHY"))
    flag.touch()
    await until(lambda: _is(health, "UNHEALTHY"))
    assert of_task(["HEALTHY", "UNKNOWN"]) == "UNKNOWN"
    for wrong in ({"interval": 4}, {"timeout": 61}, {"retries": 11}, {"startPeriod": 301}, {"command": ["curl"]}):
        assert "ClientException" in await refused(world, container={"healthCheck": {**check, **wrong}})


@parity("ecs", "Sizes", "supported")
async def test_sizes(world: World) -> None:
    await world.define(cpu=".5 vCPU", memory="1 GB")
    found = await world.apis.call("ecs", "DescribeTaskDefinition", {"taskDefinition": "movies"})
    assert (found["taskDefinition"]["cpu"], found["taskDefinition"]["memory"]) == ("512", "1024")
    steps = {"512": (1024, 4096, 1024), "1024": (2048, 8192, 1024), "2048": (4096, 16384, 1024),
             "4096": (8192, 30720, 1024), "8192": (16384, 61440, 4096), "16384": (32768, 122880, 8192)}  # fmt: skip
    for cpu, (least, most, by) in steps.items():
        for memory in range(least, most + 1, by):
            check_size(cpu, str(memory))
        for memory in (least - by, most + by, least + 1):
            with pytest.raises(AwsError, match="No Fargate configuration exists for given values"):
                check_size(cpu, str(memory))
    assert await refused(world, cpu="300") == "ClientException: Invalid 'cpu' setting for task."
