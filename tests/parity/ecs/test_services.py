"""Rows of ECS about services: deployments, the circuit breaker, events, waiters, Service Connect."""

import asyncio
import os
import re
import signal
from collections import Counter
from pathlib import Path

import botocore.session
import pytest
from botocore.waiter import WaiterModel

from netflux import names
from netflux.aws.cloudwatch.api import CloudWatchApi
from netflux.aws.cloudwatch.ground import Ground
from netflux.aws.cloudwatch.series import Series
from netflux.aws.ecs.decide import breaker
from netflux.aws.ecs.decide.deployment import Goal, Member, Phase, step
from netflux.errors import AwsError
from tests.aws.ecs.balancer import GROUP
from tests.aws.ecs.test_rollout import messages
from tests.aws.ecs.test_tasks import reach
from tests.aws.ecs.world import World, until
from tests.parity.rows import parity

BALANCERS = [{"targetGroupArn": GROUP, "containerName": "web", "containerPort": 8080}]
ABSENT = {"image": f"{names.registry(names.ACCOUNT, names.REGION)}/movies:absent"}


def waiter(name: str):
    model = botocore.session.get_session().get_waiter_model("ecs")
    assert isinstance(model, WaiterModel)
    return model.get_waiter(name)


def verdict(name: str, answer: dict) -> str:
    """What the SDK's waiter makes of an answer: success, failure or retry."""
    return next((one.state for one in waiter(name).acceptors if one.matcher_func(answer)), "retry")


@parity("ecs", "Rolling update", "supported")
async def test_rolling_update(world: World) -> None:
    """RUNNING and healthy never below the minimum, all never above the maximum, old ones deregister before SIGTERM."""
    bounds = Goal("new", 3, minimum_percent=50, maximum_percent=150)
    assert (bounds.least, bounds.most) == (2, 4)
    await world.define()
    service = await world.serve(loadBalancers=BALANCERS)
    configuration = service["deploymentConfiguration"]
    assert (configuration["minimumHealthyPercent"], configuration["maximumPercent"]) == (100, 200)
    await world.running(2)
    await world.stable()
    await world.update(forceNewDeployment=True)
    counts = []

    async def done() -> bool:
        found = await world.service()
        healthy = sum(state == "healthy" for state in world.balancer.states.values())
        counts.append((healthy, sum(body["runningCount"] + body["pendingCount"] for body in found["deployments"])))
        return [body["rolloutState"] for body in found["deployments"]] == ["COMPLETED"]

    await until(done)
    assert min(healthy for healthy, _ in counts) >= 2
    assert max(count for _, count in counts) <= 4
    zones = {task["availabilityZone"] for task in await world.running(2)}
    assert len(zones) == 2


@parity("ecs", "Rolling update", "supported")
async def test_tasks_in_one_zone_move_to_the_other_start_first(world: World) -> None:
    await world.define()
    first, second = world.subnets
    await world.serve(desiredCount=4, loadBalancers=BALANCERS, networkConfiguration=inside(world, first))
    await world.running(4)
    await world.stable()
    await world.update(networkConfiguration=inside(world, first, second), availabilityZoneRebalancing="DISABLED")
    await world.stable()
    uneven = Counter(task["availabilityZone"] for task in await world.running(4))
    assert uneven == {"us-east-1b": 4}  # the new ones were started beside the old ones
    await world.update(availabilityZoneRebalancing="ENABLED")
    least = 4

    async def even() -> list[str] | None:
        nonlocal least
        least = min(least, sum(state == "healthy" for state in world.balancer.states.values()))
        told = messages(await world.service())
        return told if any("is AZ balanced" in text for text in told) else None

    told = await until(even)
    assert Counter(task["availabilityZone"] for task in await world.running(4)) == {"us-east-1a": 2, "us-east-1b": 2}
    assert least == 4
    story = [re.sub(r"[(]task [0-9a-f]+[)]", "(task)", text) for text in reversed(told) if "AZ" in text]
    spread = "0 tasks in us-east-1a and 4 tasks in us-east-1b"
    assert story[0] == f"(service movies) is not AZ balanced with {spread}. AZ Rebalancing in progress."
    assert story[1] == "(service movies) has started 2 tasks in us-east-1a to AZ Rebalance: (task) (task)."
    assert "running tasks in us-east-1b due to AZ rebalancing: (task)" in story[2]
    assert story[-1] == "(service movies) is AZ balanced with 2 tasks in us-east-1a and 2 tasks in us-east-1b."


def inside(world: World, *subnets: str) -> dict:
    return {"awsvpcConfiguration": {"subnets": [*subnets], "securityGroups": [world.group]}}


@parity("ecs", "Rolling update", "supported")
async def test_a_target_group_without_a_load_balancer_is_refused(world: World) -> None:
    world.balancer.load_balancers = []
    await world.define()
    with pytest.raises(AwsError, match="does not have an associated load balancer") as caught:
        await world.serve(loadBalancers=BALANCERS)
    assert caught.value.code == "InvalidParameterException"


@parity("ecs", "Deployments", "supported")
async def test_deployments(world: World) -> None:
    await world.define()
    created = await world.serve(desiredCount=1)
    (first,) = created["deployments"]
    assert re.fullmatch(r"ecs-svc/\d+", first["id"])
    assert (first["status"], first["rolloutState"]) == ("PRIMARY", "IN_PROGRESS")
    assert first["rolloutStateReason"] == f"ECS deployment {first['id']} in progress."
    assert first.keys() >= {"desiredCount", "pendingCount", "runningCount", "failedTasks", "taskDefinition"}
    done = (await world.stable())["deployments"][0]
    assert done["rolloutStateReason"] == f"ECS deployment {first['id']} completed."
    assert (done["runningCount"], done["desiredCount"], done["failedTasks"]) == (1, 1, 0)
    changed = await world.update(forceNewDeployment=True)
    assert [body["status"] for body in changed["deployments"]] == ["PRIMARY", "ACTIVE"]
    assert (await world.stable())["deployments"][0]["id"] == changed["deployments"][0]["id"]


@parity("ecs", "Circuit breaker", "supported")
async def test_circuit_breaker(world: World) -> None:
    off = breaker.read({})
    assert not off.trips(1000, 1)
    on = breaker.read({"deploymentCircuitBreaker": {"enable": True}})
    assert [on.threshold(desired) for desired in (1, 25, 400, 1000)] == [3, 13, 200, 200]
    count = {"deploymentCircuitBreaker": {"enable": True, "thresholdConfiguration": {"type": "COUNT", "value": 7}}}
    assert breaker.read(count).threshold(1000) == 7
    good = await world.define()
    await world.serve(desiredCount=1, deploymentConfiguration={
        "deploymentCircuitBreaker": {"enable": True, "rollback": True}})  # fmt: skip
    before = (await world.stable())["deployments"][0]["id"]
    failed = (await world.update(taskDefinition=await world.define(container=ABSENT)))["deployments"][0]["id"]

    async def back() -> dict | None:
        found = await world.service()
        primary = found["deployments"][0]
        return found if (primary["id"], primary["rolloutState"]) == (before, "COMPLETED") else None

    found = await until(back)
    assert found["taskDefinition"] == good
    told = messages(found)
    assert f"(service movies) (deployment {failed}) deployment failed: tasks failed to start." in told
    assert f"(service movies) rolling back to deployment {before} from {failed}." in told


@parity("ecs", "Deployments", "supported")
async def test_an_alarm_fails_a_deployment_that_runs_or_bakes(tmp_path: Path) -> None:
    world = World(tmp_path, speed=60)
    await world.start()
    try:
        await world.vpc()
        await _alarmed(world)
    finally:
        await world.stop()


async def _alarmed(world: World) -> None:
    clock = world.loop._clock
    world.apis.register(CloudWatchApi(Ground(Series(), frozenset(["AWS/ECS"]), world.documents, clock)))
    await world.apis.call("cloudwatch", "PutMetricAlarm", {
        "AlarmName": "errors", "Namespace": "AWS/ECS", "MetricName": "CPUUtilization", "Statistic": "Average",
        "Period": 60, "EvaluationPeriods": 1, "Threshold": 1.0, "ComparisonOperator": "GreaterThanThreshold",
    })  # fmt: skip

    async def alarm(state: str) -> None:
        said = {"AlarmName": "errors", "StateValue": state, "StateReason": "a test"}
        await world.apis.call("cloudwatch", "SetAlarmState", said)

    async def completed(deployment: str) -> bool:
        primary, *others = (await world.service())["deployments"]
        return (primary["id"], primary["rolloutState"], others) == (deployment, "COMPLETED", [])

    await world.define()
    alarms = {"alarms": {"alarmNames": ["errors"], "enable": True, "rollback": True}}
    began = asyncio.get_running_loop().time()
    first = (await world.serve(desiredCount=1, deploymentConfiguration=alarms))["deployments"][0]["id"]
    await until(lambda: completed(first))
    assert (asyncio.get_running_loop().time() - began) * world.speed >= 60  # the alarm's period is the bake time
    second = (await world.update(forceNewDeployment=True))["deployments"][0]["id"]

    async def bakes() -> bool:
        primary, *others = (await world.service())["deployments"]
        return primary["runningCount"] == 1 and not others

    await until(bakes)
    await alarm("ALARM")
    await until(lambda: completed(first))
    told = messages(await world.service())
    assert f"(service movies) (deployment {second}) deployment failed: alarm detected." in told
    assert f"(service movies) rolling back to deployment {first} from {second}." in told
    mended = (await world.update(forceNewDeployment=True))["deployments"][0]["id"]  # a fix isn't held up by the alarm
    await until(lambda: completed(mended))


@parity("ecs", "Back-off", "supported")
async def test_back_off(world: World) -> None:
    """Waits grow to 27 minutes for tasks that never ran; a new task definition starts at once; who ran has no wait."""
    waits = [breaker.wait_after_failed_starts(count) for count in range(1, 40)]
    assert waits == sorted(waits)
    assert waits[-1] == 27 * 60
    await world.define(container=ABSENT)
    await world.serve(desiredCount=1)

    async def failed() -> bool:
        return bool((await world.service())["deployments"][0]["failedTasks"] >= 4)  # the next wait is 16 s

    await until(failed)
    await world.update(taskDefinition=await world.define())
    (task,) = await world.running(1)
    os.kill(world.pid(task), signal.SIGKILL)
    await reach(world, task, "STOPPED")
    await world.running(1)


@parity("ecs", "Events", "supported")
async def test_events(world: World) -> None:
    await world.define()
    await world.serve(desiredCount=1, loadBalancers=BALANCERS)
    service = await world.stable()
    (task,) = await world.running(1)
    identity, deployment = task["taskArn"].rpartition("/")[2], service["deployments"][0]["id"]
    assert messages(service) == [
        "(service movies) has reached a steady state.",
        f"(service movies) (deployment {deployment}) deployment completed.",
        f"(service movies) registered 1 targets in (target-group {GROUP})",
        f"(service movies) has started 1 tasks: (task {identity}).",
    ]
    world.balancer.set(task["containers"][0]["networkInterfaces"][0]["privateIpv4Address"], "unhealthy")
    await reach(world, task, "STOPPED")
    told = messages(await world.service())
    unhealthy = f"(service movies) (task {identity}) (port 8080) is unhealthy in (target-group {GROUP})"
    for text in (
        f"{unhealthy} due to (reason Health checks failed with these codes: [301])",
        f"(service movies) has stopped 1 running tasks: (task {identity}).",
        f"(service movies) deregistered 1 targets in (target-group {GROUP})",
        f"(service movies, taskSet {deployment}) has begun draining connections on 1 tasks.",
    ):
        assert text in told
    await world.running(1)
    await world.update(deploymentConfiguration={"maximumPercent": 150}, forceNewDeployment=True)

    async def stuck() -> bool:
        return any(
            "was unable to stop or start tasks during a deployment" in text for text in messages(await world.service())
        )

    await until(stuck)


@parity("ecs", "Events", "supported")
async def test_a_steady_state_is_told_again_after_hours_and_other_events_are_held_back(world: World) -> None:
    await world.define()
    arn = (await world.serve(desiredCount=1))["serviceArn"]
    await world.stable()
    steady = "(service movies) has reached a steady state."
    services = world.ecs.controllers[0]
    await services.reconcile(arn)
    assert messages(await world.service()).count(steady) == 1
    store = world.ecs.api.store

    def age(body: dict) -> None:
        for event in body["events"]:
            event["createdAt"] = "2020-01-01T00:00:00+00:00"

    store.change("ecs.service", arn, age)
    await services.reconcile(arn)
    await services.reconcile(arn)
    assert messages(await world.service()).count(steady) == 2


@parity("ecs", "Waiters", "supported")
async def test_waiters(world: World) -> None:
    """The SDK's own waiters, asked about real answers."""
    assert (waiter("ServicesStable").delay, waiter("ServicesStable").max_attempts) == (15, 40)
    assert (waiter("TasksRunning").delay, waiter("TasksRunning").max_attempts) == (6, 100)
    await world.define()
    await world.serve(desiredCount=1)

    async def services(name: str = "ServicesStable") -> str:
        ask = {"cluster": "prod", "services": ["movies"]}
        return verdict(name, await world.apis.call("ecs", "DescribeServices", ask))

    async def tasks(arn: str, name: str) -> str:
        return verdict(name, await world.apis.call("ecs", "DescribeTasks", {"cluster": "prod", "tasks": [arn]}))

    assert await services() == "retry"
    (task,) = await world.running(1)

    async def stable() -> bool:
        return await services() == "success"

    await until(stable)
    assert await tasks(task["taskArn"], "TasksRunning") == "success"
    assert await tasks(task["taskArn"], "TasksStopped") == "retry"
    await world.update(forceNewDeployment=True)
    assert await services() == "retry"  # two deployments
    await reach(world, task, "STOPPED")
    assert await tasks(task["taskArn"], "TasksRunning") == "failure"
    assert await tasks(task["taskArn"], "TasksStopped") == "success"
    await world.apis.call("ecs", "DeleteService", {"cluster": "prod", "service": "movies", "force": True})
    assert await services() == "failure"  # DRAINING

    async def inactive() -> bool:
        return await services("ServicesInactive") == "success"

    await until(inactive)
    missing = await world.apis.call("ecs", "DescribeServices", {"cluster": "prod", "services": ["absent"]})
    assert verdict("ServicesStable", missing) == "failure"


TLS = {"issuerCertificateAuthority": {"awsPcaAuthorityArn": "arn:aws:acm-pca:us-east-1:1:certificate-authority/1"}}


def connect(*services: dict) -> dict:
    return {"enabled": True, "namespace": "prod", "services": [*services]}


@parity(
    "ecs", "Service Connect", "partly",
    but="HAProxy in place of Envoy, one for the region and not in the task's list; failed connections are counted "
    "every second; no TLS; under `loopback` nothing listens at ingressPortOverride; names have an IPv4 address only",
)  # fmt: skip
async def test_service_connect(world: World) -> None:
    await world.apis.call("servicediscovery", "CreateHttpNamespace", {"Name": "prod"})
    await world.push("print(open('/etc/hosts').read(), flush=True); import time; time.sleep(600)")
    await world.define()
    alias = {"portName": "web-8080", "discoveryName": "web", "clientAliases": [{"port": 80, "dnsName": "movies"}]}
    await world.serve(desiredCount=1, serviceConnectConfiguration=connect(alias))
    (task,) = await world.running(1)
    shown = (await world.service())["deployments"][0]
    assert shown["serviceConnectResources"][0]["discoveryName"] == "web"
    assert await until(lambda: world.lines(task))
    assert any(line.endswith(" movies") for line in await world.lines(task))
    body = world.proxy.sections["ecs/connect/prod"].body
    for line in ("balance roundrobin", "retries 2", "option redispatch 1", "timeout server 1500ms"):
        assert line in body
    await world.serve(serviceName="client", desiredCount=1, serviceConnectConfiguration=connect())
    for wrong, text in (
        ({"portName": "absent"}, "does not refer to any named PortMapping"),
        ({**alias, "clientAliases": [{"port": 1}, {"port": 2}]}, "at most 1 client alias"),
        (alias, "already in use in namespace 'prod'"),
        ({"portName": "web-8080", "discoveryName": "o", "ingressPortOverride": 8080}, "in use by another port"),
        ({"portName": "web-8080", "discoveryName": "o", "tls": TLS}, "serviceConnectConfiguration.services.tls"),
    ):
        with pytest.raises(AwsError, match=text):
            await world.serve(serviceName="other", serviceConnectConfiguration=connect(wrong))


@parity(
    "ecs", "Cloud Map", "partly",
    but="no HealthCheckConfig, EC2 instances and shared namespaces; a public namespace's names are asked by nobody",
)  # fmt: skip
async def test_cloud_map(world: World) -> None:
    """serviceRegistries and Service Connect register RUNNING tasks; DiscoverInstances finds them by health."""
    await world.apis.call("servicediscovery", "CreateHttpNamespace", {"Name": "prod"})
    (namespace,) = (await world.apis.call("servicediscovery", "ListNamespaces", {}))["Namespaces"]
    wanted = {"Name": "films", "NamespaceId": namespace["Id"], "HealthCheckCustomConfig": {"FailureThreshold": 1}}
    made = (await world.apis.call("servicediscovery", "CreateService", wanted))["Service"]
    await world.define()
    await world.serve(
        serviceRegistries=[{"registryArn": made["Arn"]}], serviceConnectConfiguration=connect({"portName": "web-8080"})
    )
    tasks = {task["taskArn"].rpartition("/")[2] for task in await world.running(2)}

    async def discovered(service: str, **how: object) -> dict:
        params = {"NamespaceName": "prod", "ServiceName": service, **how}
        return await world.apis.call("servicediscovery", "DiscoverInstances", params)

    for service in ("films", "web-8080"):
        found = await discovered(service, HealthStatus="HEALTHY")
        assert {one["InstanceId"] for one in found["Instances"]} == tasks
        assert found["InstancesRevision"] > 1
        assert len((await discovered(service, MaxResults=1))["Instances"]) == 1
        assert (await discovered(service, HealthStatus="UNHEALTHY"))["Instances"] == []
        own = await discovered(service, QueryParameters={"ECS_SERVICE_NAME": "movies"})
        assert len(own["Instances"]) == 2
        assert (await discovered(service, QueryParameters={"ECS_SERVICE_NAME": "other"}))["Instances"] == []
    ill = {"ServiceId": made["Id"], "InstanceId": "ill", "Attributes": {"AWS_INIT_HEALTH_STATUS": "UNHEALTHY"}}
    await world.apis.call("servicediscovery", "RegisterInstance", ill)
    assert len((await discovered("films", HealthStatus="HEALTHY_OR_ELSE_ALL"))["Instances"]) == 2
    assert len((await discovered("films", HealthStatus="ALL"))["Instances"]) == 3


def test_a_failed_deployment_starts_no_more_tasks() -> None:
    old = Member("a", "old", Phase.RUNNING, healthy=True)
    assert step(Goal("new", 2, may_start=False, failed=True), [old]).start == 0
