"""A CloudFront with everything real around it: S3 on the control plane's socket, HAProxy, the gateway, an origin."""

from __future__ import annotations

import asyncio
import inspect
import ssl
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import aiohttp
import boto3
from aiohttp import web
from botocore.config import Config

from netflux.aws.cloudfront.accesslog import LogDelivery
from netflux.aws.cloudfront.api import CloudFrontApi
from netflux.aws.cloudfront.cache import Cache
from netflux.aws.cloudfront.controller import CloudFrontController, Parts
from netflux.aws.cloudfront.deployments import Deployments
from netflux.aws.cloudfront.edge import Edge, Work
from netflux.aws.cloudfront.functions.runs import Runs
from netflux.aws.cloudfront.origin import Origins
from netflux.aws.s3.api import S3Api
from netflux.aws.s3.body import Bodies
from netflux.aws.s3.service import S3Service
from netflux.aws.s3.store import Store
from netflux.clock import Clock
from netflux.controlplane.apis import Apis
from netflux.controlplane.authentication.admission import Admission
from netflux.controlplane.authentication.keys import Keys, well_known
from netflux.controlplane.call import Call
from netflux.controlplane.moto.backend import Moto
from netflux.controlplane.records.documents import Documents
from netflux.controlplane.server import Server
from netflux.gateway.gateway import Gateway, Region
from netflux.haproxy import binary
from netflux.haproxy.backlog import BACKLOG, listening
from netflux.haproxy.process import HAProxy
from netflux.network.endpoints import Address, Endpoints
from netflux.runtime.children import Children
from tests.haproxy.targets import free_port

ACCOUNT, REGION = "000000000000", "us-east-1"
ALB = "web-1.us-east-1.elb.localhost"
OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_VIEWER = "216adef6-5c7f-47e4-b989-5492eafa07d3"
ALL_METHODS = ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"]


class SteppedClock(Clock):
    """Simulated seconds move only when a test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 1000.0

    def monotonic(self) -> float:
        return self.seconds


def behavior(origin: str, **given: Any) -> dict[str, Any]:
    return {
        "TargetOriginId": origin,
        "ViewerProtocolPolicy": "allow-all",
        "CachePolicyId": OPTIMIZED,
        "Compress": True,
        **given,
    }


def api_behavior(**given: Any) -> dict[str, Any]:
    return (
        behavior(
            "alb",
            PathPattern="/api/*",
            ViewerProtocolPolicy="redirect-to-https",
            CachePolicyId=DISABLED,
            OriginRequestPolicyId=ALL_VIEWER,
            AllowedMethods={
                "Quantity": 7,
                "Items": ALL_METHODS,
                "CachedMethods": {"Quantity": 2, "Items": ["GET", "HEAD"]},
            },
        )
        | given
    )


def alb_origin(**given: Any) -> dict[str, Any]:
    return {
        "Id": "alb",
        "DomainName": ALB,
        "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "http-only"},
        **given,
    }


def bucket_origin(control: str = "", name: str = "site") -> dict[str, Any]:
    return {
        "Id": "s3",
        "DomainName": f"{name}.s3.{REGION}.amazonaws.com",
        "S3OriginConfig": {"OriginAccessIdentity": ""},
        **({"OriginAccessControlId": control} if control else {}),
    }


def config(
    origins: list[dict[str, Any]], default: dict[str, Any], *rules: dict[str, Any], **given: Any
) -> dict[str, Any]:
    return {
        "CallerReference": str(uuid.uuid4()),
        "Comment": "",
        "Enabled": True,
        "Origins": {"Quantity": len(origins), "Items": origins},
        "DefaultCacheBehavior": default,
        "CacheBehaviors": {"Quantity": len(rules), "Items": [*rules]},
        **given,
    }


@dataclass
class Got:
    status: int
    headers: Any
    body: bytes

    @property
    def cache(self) -> str:
        return str(self.headers.get("X-Cache", ""))


@dataclass
class Application:
    """An origin: remembers requests, answers as told per path."""

    answers: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    requests: list[tuple[str, str, Any, bytes]] = field(default_factory=list)
    gate: asyncio.Event | None = None
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.requests.append((request.method, request.raw_path, request.headers.copy(), body))
        self.arrived.set()
        if self.gate is not None:
            await self.gate.wait()
        status, headers, content = self.answers.get(request.path, (404, {"Content-Type": "text/plain"}, b":("))
        etag = headers.get("ETag")
        if etag and request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers={"ETag": etag})
        return web.Response(status=status, headers=headers, body=content)


class World:
    """Everything. `start` and `stop` it."""

    def __init__(self, state: Path) -> None:
        self.run = state / "run"
        self.run.mkdir(parents=True)
        self.clock = SteppedClock()
        self.documents = Documents(state / "netflux.db")
        self.keys = Keys()
        self.keys.add(well_known(ACCOUNT))
        admission = Admission(self.keys, ACCOUNT)
        self.endpoints = Endpoints()
        self.s3 = S3Api(Store(self.documents, Bodies(state / "objects")), self.clock)
        self.service = S3Service(self.s3, admission, ACCOUNT, REGION)
        self.deployments = Deployments()
        self.api = CloudFrontApi(self.documents, self.deployments, self.clock)
        origins = Origins(self.endpoints, self.run / "controlplane.sock", self.keys, ACCOUNT)
        self.runs = Runs(self._logged, self.clock)
        self.logged: list[str] = []
        self.logs = LogDelivery(self._s3, self.clock)
        self.edge = Edge(origins, Cache(), self.clock, REGION, Work(self.runs, self.logs))
        self.port = free_port()
        self.gateway = Gateway(self.port, self.run, state / "ca", Region(ACCOUNT, REGION))
        self.haproxy = HAProxy(
            Children(self.run / "children"), binary.find(), self.run, state / "haproxy.log", self.gateway.frontends
        )
        edge_socket = self.run / "edge.sock"
        self.controller = CloudFrontController(
            Parts(self.api, self.edge, self.haproxy, self.endpoints, self.deployments, edge_socket)
        )
        self.edge_socket = edge_socket
        self.application = Application()
        apis = Apis(ACCOUNT, REGION, cast("Moto", None), lambda call: None)
        apis.register(self.s3)
        apis.register(self.api)
        self.server = Server(apis, admission, self.service.handle, [])
        self._runners: list[web.AppRunner] = []

    async def start(self) -> None:
        await self.server.start(listening(self.run / "controlplane.sock"), BACKLOG)
        self.origin_port = free_port()
        await self._serve(self.application.handle, self.origin_port)
        await self.edge.start(self.edge_socket)
        await self.haproxy.start()

    async def stop(self) -> None:
        await self.haproxy.stop()
        await self.edge.stop()
        await self.server.stop()
        for runner in self._runners:
            await runner.cleanup()
        self.documents.close()

    async def application_socket(self) -> Path:
        await self._serve(self.application.handle, self.run / "alb.sock")
        return self.run / "alb.sock"

    async def _s3(self, _service: str, _operation: str, request: Any) -> dict[str, Any]:
        return await self.call("put_object", **request)

    async def _logged(self, _service: str, operation: str, request: Any) -> dict[str, Any]:
        if operation == "PutLogEvents":
            self.logged += [f"{request['logGroupName']} {one['message']}" for one in request["logEvents"]]
        return {}

    async def _serve(self, handler: Any, where: Path | int) -> None:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/{path:.*}", handler)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.UnixSite(runner, str(where)) if isinstance(where, Path) else web.TCPSite(runner, "127.0.0.1", where)
        await site.start()
        self._runners.append(runner)

    def boto(self, service: str = "cloudfront") -> Any:
        return boto3.client(
            service,
            endpoint_url=f"http://127.0.0.1:{self.port}",
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}),
        )

    def publish_alb(self) -> None:
        self.endpoints.publish(ALB, 80, Address("127.0.0.1", self.origin_port))

    async def call(self, operation: str, **request: Any) -> dict[str, Any]:
        service = self.s3 if hasattr(self.s3, operation) else self.api
        answer = getattr(service, operation)(Call(service.service, operation, REGION, ACCOUNT), request)
        whole: dict[str, Any] = await answer if inspect.isawaitable(answer) else answer
        return whole

    async def distribute(self, configuration: dict[str, Any]) -> dict[str, Any]:
        made = (await self.call("create_distribution", DistributionConfig=configuration))["Distribution"]
        await self.controller.reconcile(made["Id"])
        return made

    async def get(self, distribution: dict[str, Any], path: str, **given: Any) -> Got:
        return await self.request(distribution, "GET", path, **given)

    async def request(self, distribution: dict[str, Any], method: str, path: str, **given: Any) -> Got:
        scheme = given.pop("scheme", "http")
        headers = {"Host": f"{distribution['DomainName']}:{self.port}", **given.pop("headers", {})}
        context: Any = False
        if scheme == "https":
            context = ssl.create_default_context(cafile=str(self.gateway.authority.certificate))
        async with aiohttp.ClientSession(auto_decompress=False) as session:
            url = aiohttp.client.URL(f"{scheme}://127.0.0.1:{self.port}{path}", encoded=True)
            options = {"ssl": context, "server_hostname": distribution["DomainName"]} if context else {}
            async with session.request(
                method,
                url,
                headers=headers,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(20),
                **options,
                **given,
            ) as response:
                return Got(response.status, response.headers, await response.read())


HTML = {"Content-Type": "text/html"}


async def site(world: World, *rules: dict[str, Any], default: dict[str, Any] | None = None, **given: Any) -> Any:
    world.publish_alb()
    return await world.distribute(config([alb_origin()], behavior("alb") | (default or {}), *rules, **given))


def answers(world: World, path: str, body: bytes = b"page", status: int = 200, **headers: str) -> None:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    world.application.answers[path] = (status, HTML | named, body)
