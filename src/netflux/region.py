"""The region: everything that runs, put together, started in order and stopped in reverse.

The only module besides `cli` that sees every part.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from netflux import __version__, names
from netflux.aws.cloudfront.api import CloudFrontApi
from netflux.aws.cloudfront.cache import Cache
from netflux.aws.cloudfront.controller import CloudFrontController, Parts
from netflux.aws.cloudfront.deployments import Deployments
from netflux.aws.cloudfront.edge import Edge
from netflux.aws.cloudfront.origin import Origins
from netflux.aws.ec2.api import Ec2Api
from netflux.aws.ecr import distribution
from netflux.aws.ecr.api import EcrApi
from netflux.aws.ecr.password import Passwords
from netflux.aws.ecr.registry import EcrRegistry
from netflux.aws.ecr.registryserver import RegistryServer
from netflux.aws.ecs.service import Ecs
from netflux.aws.ecs.store import Store as EcsStore
from netflux.aws.ecs.taskhost import TaskHost
from netflux.aws.elbv2.api import ElbApi
from netflux.aws.elbv2.apply import ElbController, Ground
from netflux.aws.elbv2.desired import Desired
from netflux.aws.elbv2.firewall import Firewall
from netflux.aws.logs.api import LogsApi
from netflux.aws.logs.store import Store as LogStore
from netflux.aws.rds.api import RdsApi
from netflux.aws.rds.controller import Machine, RdsController
from netflux.aws.rds.installation import installations
from netflux.aws.rds.instance import Instances
from netflux.aws.s3.api import S3Api
from netflux.aws.s3.body import Bodies
from netflux.aws.s3.service import S3Service
from netflux.aws.s3.store import Store
from netflux.clock import Clock
from netflux.cloudformation.api import CloudFormationApi
from netflux.console.routes import routes
from netflux.controlplane.apis import Apis
from netflux.controlplane.call import Call
from netflux.controlplane.documents import Documents
from netflux.controlplane.keys import Keys
from netflux.controlplane.moto import Moto
from netflux.controlplane.server import Server
from netflux.gateway import gateway
from netflux.haproxy import binary
from netflux.haproxy.process import HAProxy
from netflux.network.endpoints import Endpoints
from netflux.network.loopback import LoopbackNetwork
from netflux.reach.inquiry import Inquiry
from netflux.reconcile.loop import Loop
from netflux.runtime.children import Children
from netflux.runtime.process import ProcessRuntime
from netflux.seed.config import Config
from netflux.seed.controller import SeedController
from netflux.state import StateDirectory

_log = logging.getLogger(__name__)

STOP_PATIENCE = 10.0
"""Real seconds that children have to end when the region stops."""

READERS = {
    "ec2": ("elbv2", "ecs-service"),
    "elbv2": ("elbv2", "ecs-service", "ecs-connect", "cloudfront"),
    "ecs": ("ecs-service", "ecs-task", "ecs-connect"),
    "ecr": ("seed", "ecs-service"),
    "s3": ("seed",),
    "rds": ("rds",),
    "cloudfront": ("cloudfront",),
    "servicediscovery": ("ecs-service",),
}
"""Which controllers read what a service's API has accepted."""


@dataclass(frozen=True)
class Options:
    """What a person chose.

    Attributes:
        port: of the gateway, on 127.0.0.1.
        speed: simulated seconds in a real one.
        network: `auto`, `loopback` or `namespaces`.
        runtime: `process`.
        seed: the project's `netflux.toml`, for what repositories and buckets are filled with.
        region: the one region there is.
        account: twelve digits.
    """

    port: int = 4566
    speed: float = 1.0
    network: str = "auto"
    runtime: str = "process"
    seed: Config | None = None
    region: str = names.REGION
    account: str = names.ACCOUNT


class Region:
    """A running region on an open state directory.

    Args:
        state: opened, so locked, by the caller, who also closes it.
        options: what a person chose.
    """

    def __init__(self, state: StateDirectory, options: Options) -> None:
        self.state = state
        self.options = options
        self.clock = Clock(options.speed)
        self.endpoints = Endpoints()
        self.children = Children(state.run / "children")
        self.documents = Documents(state.database)
        self.moto = Moto(self.documents, options.account, options.region)
        self.apis = Apis(options.account, options.region, self.moto, self._changed)
        self.network = LoopbackNetwork(self.apis, self.documents)
        self.gateway = gateway.Gateway(
            options.port, state.run, state.path / "ca", gateway.Region(options.account, options.region)
        )
        self.haproxy = HAProxy(
            self.children, binary.find(), state.run, state.path / "haproxy.log", self.gateway.frontends
        )
        self.keys = Keys()
        self.s3 = S3Api(Store(self.documents, Bodies(state.path / "objects")), self.clock)
        self.apis.register(self.s3)
        self.apis.register(Ec2Api(self.moto))
        self.apis.register(LogsApi(LogStore(state.path / "logs", self.documents), self.clock))
        self.registry = self._registry()
        self.rds = self._databases()
        self.elb = self._load_balancers()
        self.edge, cloudfront = self._edges()
        self.ecs = self._tasks()
        self.stacks = CloudFormationApi(self.apis, self.documents, self.clock, state.path / "lint")
        self.apis.register(self.stacks)
        seed = SeedController(self.apis.call, self.documents, options.seed)
        self.loop = Loop(self.clock, [self.rds, self.elb, cloudfront, *self.ecs.controllers, seed])
        s3 = S3Service(self.s3, self.keys, options.account, options.region, self.apis.settle)
        inquiry = Inquiry(self.apis.call, self.network, self.endpoints)
        self.server = Server(self.apis, s3.handle, routes(self.apis.call, self.facts, inquiry))
        self._exit = contextlib.AsyncExitStack()

    async def start(self) -> None:
        """Returns when the gateway answers. What was started is stopped again when a part can't be."""
        self._exit.callback(self.documents.close)
        self._exit.push_async_callback(self.children.stop_all, STOP_PATIENCE)
        self._exit.callback(self.moto.stop)
        try:
            self.gateway.check()
            await self.moto.start()
            await self._begin(self.network.start, self.network.stop)
            await self._begin(lambda: self.server.start(self.state.run / "controlplane.sock"), self.server.stop)
            await self._begin(self.haproxy.start, self.haproxy.stop)
            await self._begin(lambda: self.registry.start(self.state.run / "ecr.sock"), self.registry.stop)
            await self.haproxy.put(self.registry.section(self.state.run / "ecr.sock"))
            await self._begin(lambda: self.edge.start(self.state.run / "edge.sock"), self.edge.stop)
            self._exit.push_async_callback(self.rds.stop)
            await self._begin(lambda: self.elb.start(lambda key: self.loop.poke("elbv2", key)), self.elb.stop)
            await self._begin(self.ecs.start, self.ecs.stop)
            self.loop.start()
            self._exit.push_async_callback(self.loop.stop)
            await self._begin(self.stacks.resume, self.stacks.stop)
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Ends every part, the last started first; no child is left."""
        await self._exit.aclose()

    def _registry(self) -> RegistryServer:
        binary = distribution.program()
        storage, run = self.state.path / "registry", self.state.run
        layers = distribution.Distribution(self.children, binary, storage, run) if binary else None
        self.apis.register(EcrApi(self.documents, self.moto, self.clock, layers, self.options.port))
        passwords = Passwords(self.documents, self.clock)
        return RegistryServer(self.apis, passwords, layers, self.options.account, self.options.region)

    def _databases(self) -> RdsController:
        instances, postgres = Instances(self.documents), installations()
        self.apis.register(RdsApi(instances, self.apis, postgres, self.clock))
        machine = Machine(
            databases=self.state.path / "databases",
            run=self.state.run,
            children=self.children,
            network=self.network,
            endpoints=self.endpoints,
            issue=self._certificate,
            installations=postgres,
            clock=self.clock,
        )
        return RdsController(instances, machine, self.apis, lambda key: self.loop.poke("rds", key))

    def _load_balancers(self) -> ElbController:
        desired = Desired(self.moto, self.options.region)
        ground = Ground(
            self.haproxy,
            self.network,
            self.endpoints,
            self.state.run,
            self.options.port,
            self.gateway.certificate,
            Firewall(self.moto, self.network),
        )
        controller = ElbController(desired, ground, self.documents, self.clock, self._health_changed)
        self.apis.register(ElbApi(self.moto, desired, controller, self.clock))
        return controller

    def _poke(self, controller: str, key: str) -> None:
        self.loop.poke(controller, key)

    def _health_changed(self, _group: str) -> None:
        self.loop.poke_all("ecs-service")
        self.loop.poke_all("ecs-connect")

    def _edges(self) -> tuple[Edge, CloudFrontController]:
        control_plane = self.state.run / "controlplane.sock"
        origins = Origins(self.endpoints, control_plane, self.keys, self.clock, self.options.account)
        edge = Edge(origins, Cache(), self.clock, self.options.region)
        deployments = Deployments()
        api = CloudFrontApi(self.documents, deployments, self.clock)
        self.apis.register(api)
        socket = self.state.run / "edge.sock"
        return edge, CloudFrontController(Parts(api, edge, self.haproxy, self.endpoints, deployments, socket))

    def _tasks(self) -> Ecs:
        registry = EcrRegistry(self.apis, self.options.account, self.options.region)
        host = TaskHost(
            store=EcsStore(self.documents, self.clock),
            apis=self.apis,
            network=self.network,
            runtime=ProcessRuntime(self.children, registry),
            endpoints=self.endpoints,
            clock=self.clock,
            poke=self._poke,
            directory=self.state.run / "tasks",
            endpoint_url=f"http://127.0.0.1:{self.options.port}",
        )
        ecs = Ecs(host, self.haproxy)
        self.apis.register(ecs.api)
        return ecs

    def _certificate(self, hosts: Sequence[str]) -> tuple[bytes, bytes]:
        """Certificate chain and key for the hosts, both PEM; the authority writes them into one file."""
        pem = self.gateway.authority.leaf(hosts, self.clock.now()).read_bytes()
        return pem, pem

    async def _begin(self, start: Callable[[], Awaitable[None]], stop: Callable[[], Awaitable[None]]) -> None:
        self._exit.push_async_callback(stop)
        await start()

    def _changed(self, call: Call) -> None:
        for controller in READERS.get(call.service, ()):
            self.loop.poke_all(controller)

    def facts(self) -> dict[str, Any]:
        """What no AWS API tells: the region's own state, for the console and `netflux status`."""
        return {
            "version": __version__,
            "pid": os.getpid(),
            "port": self.options.port,
            "region": self.options.region,
            "account": self.options.account,
            "speed": self.options.speed,
            "network": self.network.name,
            "enforces_security_groups": self.network.enforces_security_groups,
            "runtime": self.options.runtime,
            "state": str(self.state.path),
            "ca": str(self.gateway.authority.certificate),
            "endpoints": [
                {"name": name, "port": port, "address": str(address)} for name, port, address in self.endpoints.list()
            ],
            "interfaces": [
                {"owner": one.owner, "vpc_address": one.vpc_address, "local_address": one.local_address}
                for one in self.network.attached()
            ],
            "failures": [
                {
                    "controller": controller,
                    "key": key,
                    "message": failure.message,
                    "since": failure.since.isoformat(),
                    "terminal": failure.terminal,
                }
                for (controller, key), failure in self.loop.failures().items()
            ],
        }
