"""Service Connect: sections, servers, and names in hosts files."""

import pytest

from netflux.aws.ecs.connect import Bound, body, ready
from netflux.aws.ecs.desired import Endpoint, endpoints
from netflux.aws.ecs.target import Target, TargetState
from netflux.clock import Clock
from netflux.errors import AwsError
from tests.aws.ecs.balancer import GROUP
from tests.aws.ecs.world import World, until

SERVICES = [
    {"portName": "web-8080", "discoveryName": "web", "clientAliases": [{"port": 80, "dnsName": "movie-service"}]}
]
PRINT = "print(open('/etc/hosts').read(), flush=True); import time; time.sleep(600)"


def connect(*services: dict) -> dict:
    return {"enabled": True, "namespace": "prod", "services": [*services]}


def test_an_endpoint_has_the_default_names_of_aws() -> None:
    definition = {"containerDefinitions": [{"portMappings": [{"name": "web", "containerPort": 8080}]}]}
    (found,) = endpoints({"enabled": True, "services": [{"portName": "web"}]}, "prod", definition)
    assert found == Endpoint("web", "web.prod", 8080, 8080, 15.0, http=False, idle=3600.0)


def test_proxies_may_be_asked_at_a_port_of_their_own() -> None:
    definition = {"containerDefinitions": [{"portMappings": [{"name": "web", "containerPort": 8080}]}]}
    service = {"portName": "web", "ingressPortOverride": 9000}
    (found,) = endpoints({"enabled": True, "services": [service]}, "prod", definition)
    assert (found.port, found.container_port, found.ingress) == (8080, 8080, 9000)


def test_http_gets_the_request_timeout_and_tcp_does_not() -> None:
    clock = Clock(10)
    http = body(
        "prod",
        [Bound(Endpoint("a", "a.prod", 80, 8080, 15.0, http=True, idle=300.0), "127.1.255.1", "service/a")],
        clock,
    )
    assert "bind 127.1.255.1:80" in http
    assert "timeout server 1500ms" in http
    assert "retries 2" in http
    tcp = body(
        "prod",
        [Bound(Endpoint("a", "a.prod", 80, 8080, 15.0, http=False, idle=3600.0), "127.1.255.1", "service/a")],
        clock,
    )
    assert "mode tcp" in tcp
    assert "timeout server 360000ms" in tcp


def task(address: str) -> dict:
    details = [{"name": "privateIPv4Address", "value": address}]
    return {
        "loadBalancers": [{"targetGroupArn": GROUP, "containerPort": 8080}],
        "task": {"attachments": [{"details": details}]},
    }


def test_healthy_tasks_get_the_requests_and_all_do_when_none_is() -> None:
    one, two = task("10.0.0.1"), task("10.0.0.2")
    states = {
        Target(GROUP, "10.0.0.1", 8080): TargetState("healthy"),
        Target(GROUP, "10.0.0.2", 8080): TargetState("initial"),
    }
    assert ready([one, two], states) == [one]
    assert ready([one, two], {}) == [one, two]


async def test_a_name_is_in_the_tasks_of_the_namespace_and_its_servers_follow_them(world: World) -> None:
    await world.apis.call("servicediscovery", "CreateHttpNamespace", {"Name": "prod"})
    await world.push(PRINT)
    await world.define()
    await world.serve(serviceConnectConfiguration=connect(*SERVICES))
    tasks = await world.running(2)

    async def filled() -> bool:
        return sorted(map(len, world.proxy.servers.values())) == [2]

    await until(filled)
    assert "ecs/connect/prod" in world.proxy.sections
    (servers,) = world.proxy.servers.values()
    assert {server.port for server in servers} == {8080}
    wanted = {item["containers"][0]["networkInterfaces"][0]["privateIpv4Address"] for item in tasks}
    assert {server.name.partition(":")[0] for server in servers} == wanted
    address = world.network.service_address("prod/web")

    async def named() -> bool:
        return f"{address} movie-service" in "\n".join(await world.lines(tasks[0]))

    await until(named)
    await world.update(desiredCount=1)

    async def followed() -> bool:
        return sorted(map(len, world.proxy.servers.values())) == [1]

    await until(followed)
    await world.apis.call("ecs", "DeleteService", {"cluster": "prod", "service": "movies", "force": True})
    await until(lambda: not world.proxy.sections)


async def test_a_task_to_which_connections_fail_gets_none_for_a_while(world: World) -> None:
    await world.apis.call("servicediscovery", "CreateHttpNamespace", {"Name": "prod"})
    await world.define()
    await world.serve(serviceConnectConfiguration=connect(*SERVICES))
    await world.running(2)

    def states() -> list[str]:
        return sorted(server.state for servers in world.proxy.servers.values() for server in servers)

    await until(lambda: states() == ["ready", "ready"])
    world.proxy.failures = 5
    await until(lambda: states() == ["drain", "ready"])
    await until(lambda: states() == ["ready", "ready"])


async def test_a_name_can_be_taken_once_in_a_namespace(world: World) -> None:
    await world.apis.call("servicediscovery", "CreateHttpNamespace", {"Name": "prod"})
    await world.define()
    await world.serve(desiredCount=0, serviceConnectConfiguration=connect(*SERVICES))
    with pytest.raises(AwsError, match="already in use in namespace 'prod'"):
        await world.serve(serviceName="other", desiredCount=0, serviceConnectConfiguration=connect(*SERVICES))
    with pytest.raises(AwsError, match="does not refer to any named PortMapping"):
        await world.serve(serviceName="other", serviceConnectConfiguration=connect({"portName": "absent"}))


async def test_a_task_that_leaves_ends_its_requests_before_it_is_taken_away(world: World) -> None:
    await world.apis.call("servicediscovery", "CreateHttpNamespace", {"Name": "prod"})
    world.balancer.delay = 3600
    await world.define()
    balancers = [{"targetGroupArn": GROUP, "containerName": "web", "containerPort": 8080}]
    await world.serve(loadBalancers=balancers, serviceConnectConfiguration=connect(*SERVICES))
    await world.running(2)

    def states() -> list[str]:
        return sorted(server.state for servers in world.proxy.servers.values() for server in servers)

    await until(lambda: states() == ["ready", "ready"])
    await world.update(desiredCount=1)
    await until(lambda: states() == ["drain", "ready"])
    world.balancer.states = {key: state for key, state in world.balancer.states.items() if state != "draining"}
    await until(lambda: states() == ["ready"])
