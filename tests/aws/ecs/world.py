"""ECS with everything real below it but the load balancer and HAProxy: EC2, the network, processes, logs."""

import asyncio
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from netflux import names
from netflux.aws.ecr.api import EcrApi
from netflux.aws.ecr.registry import EcrRegistry
from netflux.aws.ecs.service import Ecs
from netflux.aws.ecs.store import Store
from netflux.aws.ecs.taskhost import TaskHost
from netflux.aws.iam.identities import TableIdentities
from netflux.aws.logs.api import LogsApi
from netflux.aws.logs.store import Store as LogsStore
from netflux.aws.secretsmanager.api import SecretsManagerApi
from netflux.aws.servicediscovery.api import ServiceDiscoveryApi
from netflux.aws.ssm.api import SsmApi
from netflux.clock import Clock
from netflux.controlplane.apis import Apis
from netflux.controlplane.authorization.authorization import Authorization
from netflux.controlplane.moto.backend import Moto
from netflux.controlplane.records.documents import Documents
from netflux.haproxy.section import Section, Server
from netflux.network.endpoints import Endpoints
from netflux.network.loopback import LoopbackNetwork
from netflux.reconcile.loop import Loop
from netflux.runtime.children import Children
from netflux.runtime.process import ProcessRuntime
from tests.aws.ecr.pushing import push
from tests.aws.ecs.balancer import Balancer
from tests.controlplane.plane import with_ec2, with_iam

SERVER = textwrap.dedent("""
    import http.server, os, signal, sys
    signal.signal(signal.SIGTERM, lambda *_: (print("goodbye", flush=True), sys.exit(0)))
    print("hello from", os.environ["SERVER_ADDRESS"], flush=True)
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200); self.end_headers(); self.wfile.write(os.environ.get("WHO", "").encode())
    http.server.HTTPServer((os.environ["SERVER_ADDRESS"], 8080), Handler).serve_forever()
""")


class FakeProxy:
    """HAProxy as a memory of what it was told."""

    def __init__(self) -> None:
        self.sections: dict[str, Section] = {}
        self.servers: dict[str, list[Server]] = {}
        self.reloads = self.failures = 0

    async def put(self, section: Section) -> None:
        self.sections[section.owner] = section

    async def remove(self, owner: str) -> None:
        self.sections.pop(owner, None)

    async def set_servers(self, backend: str, servers: Sequence[Server]) -> None:
        self.servers[backend] = list(servers)

    async def failed(self, backend: str = "") -> dict[tuple[str, str], int]:
        """All failures are those of the first servers."""
        if not backend:
            return {(name, ""): self.failures for name in self.servers}
        first = self.servers[backend][0]
        return {("s1", f"{first.address}:{first.port}"): self.failures}


class World:
    """A small region. `start` may be called again after `stop` or `crash`.

    Args:
        path: of its files.
        speed: simulated seconds in a real one.
        decides: policies decide what tasks' roles may do; they have to be there then.
    """

    def __init__(self, path: Path, speed: float = 10.0, *, decides: bool = False) -> None:
        self.decides = decides
        self.path = path
        self.speed = speed
        self.balancer = Balancer()

    async def start(self) -> None:
        from moto.core.base_backend import BackendDict

        BackendDict.reset()
        self.documents = Documents(self.path / "n.db")
        self.moto = Moto(self.documents, names.ACCOUNT, names.REGION)
        self.apis = Apis(names.ACCOUNT, names.REGION, self.moto, lambda _: None)
        clock = Clock(self.speed)
        with_ec2(self.apis, self.documents, clock)
        self.apis.register(SecretsManagerApi(self.documents, clock, self.apis))
        self.network = LoopbackNetwork(self.documents)
        await self.network.start()
        self.children = Children(self.path / "children")
        self.endpoints = Endpoints()
        self.proxy = FakeProxy()
        registry = EcrRegistry(self.apis, names.ACCOUNT, names.REGION)
        self.runtime = ProcessRuntime(self.children, registry)
        place = names.REGION, names.ACCOUNT
        self.authority = Authorization(self.apis, TableIdentities(self.documents), place, enforced=self.decides)
        host = TaskHost(
            store=Store(self.documents, clock), apis=self.apis, network=self.network, runtime=self.runtime,
            endpoints=self.endpoints, clock=clock, poke=self.poke,
            directory=self.path / "tasks", endpoint_url="http://127.0.0.1:4566", authority=self.authority,
            file_systems=self.path / "efs",
        )  # fmt: skip
        self.ecs = Ecs(host, self.proxy)
        self.loop = Loop(clock, self.ecs.controllers)
        logs = LogsApi(LogsStore(self.path / "logs", self.documents), clock, self.apis)
        cloud_map = ServiceDiscoveryApi(self.documents, clock, (names.REGION, names.ACCOUNT))
        for handlers in (cloud_map, self.balancer, self.ecs.api, EcrApi(self.documents, self.apis, clock), logs):
            self.apis.register(handlers)
        self.apis.register(SsmApi(self.documents, clock, self.apis, with_iam(self.apis, self.documents)))
        self.balancer.told = lambda: self.loop.poke_all("ecs-service")
        await self.ecs.start()
        self.loop.start()

    def poke(self, name: str, key: str) -> None:
        self.loop.poke(name, key)

    async def stop(self) -> None:
        await self.loop.stop()
        await self.ecs.stop(2.0)
        await self.children.stop_all(2.0)
        await self.network.stop()
        self.moto.stop()
        self.documents.close()

    async def vpc(self) -> None:
        """Two subnets and a group; log group and cluster and image."""
        vpc = (await self.apis.call("ec2", "CreateVpc", {"CidrBlock": "10.0.0.0/16"}))["Vpc"]["VpcId"]
        self.subnets = []
        for number, zone in ((3, "us-east-1a"), (4, "us-east-1b")):
            params = {"VpcId": vpc, "CidrBlock": f"10.0.{number}.0/24", "AvailabilityZone": zone}
            answer = await self.apis.call("ec2", "CreateSubnet", params)
            self.subnets.append(answer["Subnet"]["SubnetId"])
        params = {"GroupName": "app", "Description": "app", "VpcId": vpc}
        self.group = (await self.apis.call("ec2", "CreateSecurityGroup", params))["GroupId"]
        await self.apis.call("logs", "CreateLogGroup", {"logGroupName": "/ecs/movies"})
        await self.apis.call("ecs", "CreateCluster", {"clusterName": "prod"})
        await self.apis.call("ecr", "CreateRepository", {"repositoryName": "movies"})
        await self.push(SERVER)

    async def push(self, program: str, tag: str = "latest") -> str:
        folder = self.path / "image"
        folder.mkdir(exist_ok=True)
        return await push(self.apis, f"movies:{tag}", folder, ["python", "-c", program])

    async def define(self, **changes: Any) -> str:
        container = {
            "name": "web",
            "image": f"{names.ACCOUNT}.dkr.ecr.{names.REGION}.amazonaws.com/movies:latest",
            "portMappings": [{"name": "web-8080", "containerPort": 8080, "appProtocol": "http"}],
            "stopTimeout": 20,
            "logConfiguration": {"logDriver": "awslogs", "options": {
                "awslogs-group": "/ecs/movies", "awslogs-region": names.REGION, "awslogs-stream-prefix": "ecs"}},
        }  # fmt: skip
        containers = [*changes.pop("before", []), {**container, **changes.pop("container", {})}]
        request = {
            "family": "movies", "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"], "cpu": "512",
            "memory": "1024", "executionRoleArn": f"arn:aws:iam::{names.ACCOUNT}:role/ecsTaskExecutionRole",
            "containerDefinitions": containers, **changes,
        }  # fmt: skip
        answer = await self.apis.call("ecs", "RegisterTaskDefinition", request)
        return str(answer["taskDefinition"]["taskDefinitionArn"])

    @property
    def vpc_configuration(self) -> dict[str, Any]:
        return {"awsvpcConfiguration": {"subnets": self.subnets, "securityGroups": [self.group]}}

    async def serve(self, **changes: Any) -> dict[str, Any]:
        request = {
            "cluster": "prod", "serviceName": "movies", "taskDefinition": "movies", "desiredCount": 2,
            "launchType": "FARGATE", "networkConfiguration": self.vpc_configuration, **changes,
        }  # fmt: skip
        sent = {key: value for key, value in request.items() if value is not None}
        return dict((await self.apis.call("ecs", "CreateService", sent))["service"])

    async def update(self, **changes: Any) -> dict[str, Any]:
        request = {"cluster": "prod", "service": "movies", **changes}
        return dict((await self.apis.call("ecs", "UpdateService", request))["service"])

    async def service(self, name: str = "movies") -> dict[str, Any]:
        answer = await self.apis.call("ecs", "DescribeServices", {"cluster": "prod", "services": [name]})
        return dict(answer["services"][0])

    async def tasks(self, status: str = "RUNNING", service: str | None = "movies") -> list[dict[str, Any]]:
        params = {"cluster": "prod", "desiredStatus": status} | ({"serviceName": service} if service else {})
        arns = (await self.apis.call("ecs", "ListTasks", params))["taskArns"]
        if not arns:
            return []
        return list((await self.apis.call("ecs", "DescribeTasks", {"cluster": "prod", "tasks": arns}))["tasks"])

    async def task(self, arn: str) -> dict[str, Any]:
        return dict((await self.apis.call("ecs", "DescribeTasks", {"cluster": "prod", "tasks": [arn]}))["tasks"][0])

    def pid(self, task: dict[str, Any], container: str = "web") -> int:
        identity = task["taskArn"].rpartition("/")[2]
        return next(child.pid for child in self.children.running() if child.name == f"ecs-{identity}-{container}")

    async def running(self, count: int) -> list[dict[str, Any]]:
        """Waits until that many tasks of the service are RUNNING, and no others on their way."""

        async def there() -> list[dict[str, Any]] | None:
            tasks = await self.tasks()
            return tasks if [task["lastStatus"] for task in tasks] == ["RUNNING"] * count else None

        return await until(there)

    async def stable(self) -> dict[str, Any]:
        """Waits until the one deployment is COMPLETED."""

        async def done() -> dict[str, Any] | None:
            service = await self.service()
            states = [deployment["rolloutState"] for deployment in service["deployments"]]
            return service if states == ["COMPLETED"] else None

        return await until(done)

    async def lines(self, task: dict[str, Any], container: str = "web") -> list[str]:
        identity = task["taskArn"].rpartition("/")[2]
        params = {"logGroupName": "/ecs/movies", "logStreamName": f"ecs/{container}/{identity}"}
        return [event["message"] for event in (await self.apis.call("logs", "GetLogEvents", params))["events"]]


async def until(look: Callable[[], Any], deadline: float = 20.0) -> Any:
    """What `look` (sync or async) returns, as soon as it is true."""
    end = asyncio.get_running_loop().time() + deadline
    while True:
        found = look()
        if asyncio.iscoroutine(found):
            found = await found
        if found:
            return found
        assert asyncio.get_running_loop().time() < end, f"{look} did not come true in {deadline} s"
        await asyncio.sleep(0.02)
