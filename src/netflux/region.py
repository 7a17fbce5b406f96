"""The region: everything that runs, put together, started in order and stopped in reverse.

The only module besides `cli` that sees every part.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from netflux import facts
from netflux.aws.acm.api import AcmApi
from netflux.aws.applicationautoscaling.api import ApplicationAutoScalingApi
from netflux.aws.applicationautoscaling.controller import Call as ScalingCall
from netflux.aws.applicationautoscaling.controller import ScalingController
from netflux.aws.applicationautoscaling.store import Store as ScalingStore
from netflux.aws.awslambda.code import Packages
from netflux.aws.awslambda.host import Host as FunctionHost
from netflux.aws.awslambda.interfaces import Interfaces
from netflux.aws.awslambda.runtimeapi import RuntimeApi
from netflux.aws.awslambda.service import Front as FunctionFront
from netflux.aws.awslambda.service import Lambda, library, modules
from netflux.aws.awslambda.web import SOCKET as FUNCTIONS
from netflux.aws.awslambda.web import Who
from netflux.aws.cloudfront.accesslog import LogDelivery as EdgeLogDelivery
from netflux.aws.cloudfront.api import CloudFrontApi
from netflux.aws.cloudfront.cache import Cache
from netflux.aws.cloudfront.controller import CloudFrontController, Parts
from netflux.aws.cloudfront.deployments import Deployments
from netflux.aws.cloudfront.edge import Edge, Work
from netflux.aws.cloudfront.functions.runs import Runs
from netflux.aws.cloudfront.origin import Origins
from netflux.aws.cloudwatch.alarms import Firing
from netflux.aws.cloudwatch.api import CloudWatchApi
from netflux.aws.cloudwatch.ground import Ground as Metrics
from netflux.aws.cloudwatch.minutes import Minutes
from netflux.aws.cloudwatch.series import Datum, Metric, Series
from netflux.aws.destinations import Destinations, Event
from netflux.aws.dynamodb.api import DynamoDbApi
from netflux.aws.ec2.api import Ec2Api
from netflux.aws.ec2.controller import NetworkController
from netflux.aws.ec2.flowcontroller import FlowLogController
from netflux.aws.ec2.flowlogapi import FlowLogApi
from netflux.aws.ec2.flowlogs import FlowLogs
from netflux.aws.ecr import distribution
from netflux.aws.ecr.api import Contents, EcrApi
from netflux.aws.ecr.controller import LifecycleController
from netflux.aws.ecr.registry import EcrRegistry
from netflux.aws.ecr.registryserver import RegistryServer
from netflux.aws.ecs import insights
from netflux.aws.ecs import meter as ecsmeter
from netflux.aws.ecs.service import Ecs
from netflux.aws.ecs.store import Store as EcsStore
from netflux.aws.ecs.taskhost import TaskHost
from netflux.aws.efs.api import EfsApi
from netflux.aws.efs.controller import FileSystemController
from netflux.aws.efs.part import Parts as EfsParts
from netflux.aws.elbv2.accesslog.delivery import LogDelivery
from netflux.aws.elbv2.api import ElbApi
from netflux.aws.elbv2.balancer.desired import Desired
from netflux.aws.elbv2.balancer.firewall import Firewall
from netflux.aws.elbv2.controller import Dependencies, ElbController
from netflux.aws.elbv2.listener.certificates import Acm, Certificates
from netflux.aws.elbv2.meter.counters import NAMESPACE, Value
from netflux.aws.elbv2.meter.meter import Meter
from netflux.aws.elbv2.operations import Parts as ElbParts
from netflux.aws.elbv2.vpc import Vpcs
from netflux.aws.events import observed
from netflux.aws.events.api import EventsApi
from netflux.aws.events.controller import EventController
from netflux.aws.events.outlet import Outlet
from netflux.aws.events.schedulerapi import SchedulerApi
from netflux.aws.events.working import Works
from netflux.aws.happening import Happenings
from netflux.aws.iam.api import IamApi
from netflux.aws.kms.api import KmsApi
from netflux.aws.kms.controller import KeyController
from netflux.aws.logs.api import LogsApi
from netflux.aws.logs.store import Store as LogStore
from netflux.aws.messages import Messages
from netflux.aws.rds.api import RdsApi
from netflux.aws.rds.backup import Backups
from netflux.aws.rds.controller import Machine, RdsController
from netflux.aws.rds.insightsapi import InsightsApi
from netflux.aws.rds.installation import installations
from netflux.aws.rds.instance import Instances
from netflux.aws.rds.snapshotcontroller import SnapshotController
from netflux.aws.rds.telemetry import TelemetryController
from netflux.aws.route53.api import Route53Api
from netflux.aws.s3.announcing import Announcing
from netflux.aws.s3.api import S3Api
from netflux.aws.s3.body import Bodies
from netflux.aws.s3.lifecycle.controller import LifecycleController as ObjectLifecycleController
from netflux.aws.s3.service import S3Service
from netflux.aws.s3.store import Store
from netflux.aws.secretsmanager.api import SecretsManagerApi
from netflux.aws.secretsmanager.controller import SecretDeletionController
from netflux.aws.secretsmanager.rotating import SecretRotationController
from netflux.aws.servicediscovery.api import ServiceDiscoveryApi
from netflux.aws.sns.api import SnsApi
from netflux.aws.sqs.api import SqsApi
from netflux.aws.ssm.api import SsmApi
from netflux.aws.ssm.controller import ParameterExpirationController
from netflux.cloudformation.api import CloudFormationApi
from netflux.cloudformation.custom.answers import Answers
from netflux.controlplane.authentication.admission import MAIN
from netflux.controlplane.authentication.signature import Signed
from netflux.controlplane.authorization import circumstances
from netflux.controlplane.authorization.actors import Actors
from netflux.controlplane.authorization.service import Need
from netflux.controlplane.server import S3Handler
from netflux.front import Front, Services
from netflux.network.endpoints import Endpoints
from netflux.network.interface import Network
from netflux.network.loopback import LoopbackNetwork
from netflux.network.namespaces import NamespaceNetwork
from netflux.reach.inquiry import Inquiry
from netflux.readers import Readers
from netflux.reconcile.controller import Controller
from netflux.reconcile.loop import Loop
from netflux.resolver.resolver import Resolver
from netflux.resources.awslambda.function import Functions
from netflux.resources.sns.topics import Topics
from netflux.resources.sqs.queues import Queues
from netflux.runtime import choice
from netflux.runtime.engine import Engine
from netflux.runtime.localimage import LocalImages
from netflux.seed.controller import SeedController
from netflux.upgrade.release import due, take_over

_log = logging.getLogger(__name__)


class Region:
    """A running region on an open state directory.

    Args:
        front: started.
    """

    def __init__(self, front: Front) -> None:
        self.front = front
        state, options = front.state, front.options
        self.state = state
        self.options = options
        self.clock = front.clock
        self.children = front.children
        self.documents = front.documents
        self.moto = front.moto
        self.apis = front.apis
        self.gateway = front.gateway
        self.haproxy = front.haproxy
        self.keys = front.keys
        self.endpoints = Endpoints()
        self.destinations, self.happenings = Destinations(), Happenings()
        self.network: Network = self._network()
        self.map, self.acm = self._names()
        self.resolver = Resolver(self.apis, self.network, self.endpoints, self.documents)
        self.s3 = self._objects()
        self.queues, self.topics = self._records()
        self.ec2, self.flow_logs = self._vpcs()
        logs = LogStore(state.path / "logs", self.documents, front.faults)
        self.apis.register(LogsApi(logs, self.clock, self.apis, self.destinations))
        self.series = Series()
        self.cloudwatch = self._metrics()
        self.registry = self._registry()
        self.rds = self._databases()
        self.meter = Meter(self.haproxy, self._measured)
        self.elb = self._load_balancers()
        self.efs = self._file_systems()
        self.edge, cloudfront = self._edges()
        self.runtime, seed = self._containers()
        self.ecs = self._tasks()
        self.awslambda = self._lambda()
        self.functions = self.awslambda.calls
        used = ecsmeter.Meter(self.clock, self.ecs.uses, self._used)
        self.minutes = Minutes(self.clock, [self.meter.minute, used.minute, self.cloudwatch.evaluate])
        self.stacks = self._stacks()
        network = NetworkController(self.network)
        named: list[Controller] = [network, self.rds, self.elb, cloudfront, *self.ecs.controllers, seed]
        self.loop = Loop(self.clock, [*named, *self._clockwork()])
        s3 = S3Service(self.s3, front.admission, options.account, options.region, self.apis.settle)
        s3.authorization = front.authorization
        readers = Readers(self.loop, self.ec2.tables)
        self.documents.watch(readers.recorded)
        certificate = self.topics.signatures.certificate
        self._services = Services(
            self._answers(s3), self.facts, self._inquiry(), readers.changed, certificate, self.ecs.interrupt
        )

    def _clockwork(self) -> list[Controller]:
        """What is done as time goes by: by rules, schedules, dates and samples."""
        documents, clock = self.documents, self.clock
        return [
            self.snapshots,
            self.telemetry,
            self.efs,
            self._scaling(),
            self._events(),
            *self.awslambda.controllers,
            LifecycleController(documents, self.apis, clock),
            FlowLogController(self.flow_logs),
            SecretDeletionController(documents, clock),
            SecretRotationController(documents, clock, self.functions.invoke),
            ParameterExpirationController(documents, clock),
            KeyController(self.kms, clock),
            ObjectLifecycleController(self.s3.store, clock),
        ]

    async def start(self) -> None:
        """Returns when every part has been started. All are stopped again when one can't be."""
        begin = self.front.begin
        try:
            if self.state.older or due(self.moto):
                await take_over(self.moto, self.documents)
                self.state.upgraded()
            self.moto.look()
            self.ec2.seed()
            self.front.complete(self._services)
            self.map.resume()
            self.acm.resume()
            await begin(self.network.start, self.network.stop)
            self.front.exit.push_async_callback(self.resolver.stop)
            self.front.exit.push_async_callback(self.flow_logs.stop)
            await begin(lambda: self.registry.start(self.state.run / "ecr.sock"), self.registry.stop)
            await self.haproxy.put(self.registry.section(self.state.run / "ecr.sock"))
            await begin(lambda: self.edge.start(self.state.run / "edge.sock"), self.edge.stop)
            self.front.exit.push_async_callback(self.rds.stop)
            poke, soon = (partial(ask, self.elb.name) for ask in (self.loop.poke, self.loop.poke_soon))
            await begin(lambda: self.elb.start(poke, soon), self.elb.stop)
            self.front.exit.push_async_callback(self.efs.stop)
            await self.runtime.clear()
            await begin(self.ecs.start, self.ecs.stop)
            await begin(self.awslambda.start, self.awslambda.stop)
            self.loop.start()
            self.front.exit.push_async_callback(self.loop.stop)
            await begin(self.minutes.start, self.minutes.stop)
            await begin(self.stacks.resume, self.stacks.stop)
            self.front.exit.push_async_callback(self.s3.store.small.settle)
            place = self.options.account, self.options.region
            await begin(lambda: self.s3.accesslogs.start(*place), self.s3.accesslogs.stop)
            stopping = threading.Event()
            self.front.exit.callback(stopping.set)
            self._inspecting = asyncio.ensure_future(asyncio.to_thread(self.s3.store.inspect, stopping))
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Ends every part, the last started first; no child is left."""
        await self.front.stop()

    def _records(self) -> tuple[Queues, Topics]:
        """Services that only keep what they are told, and hand it on."""
        here = self.options.region, self.options.account
        self.apis.register(IamApi(self.documents, self.clock, self.options.account, self.keys))
        self.apis.register(SsmApi(self.documents, self.clock, self.apis, self.keys))
        self.apis.register(DynamoDbApi(self.moto))
        self.kms = KmsApi(self.documents, self.clock, here, self.keys)
        self.apis.register(self.kms)
        queues = Queues(self.documents, self.clock)
        topics = Topics(self.documents, self.clock, queues, self.options.region)
        messages = Messages(queues, topics)
        self.destinations.register("sqs", messages.send)
        self.destinations.register("sns", messages.publish)
        topics.functions = lambda arn, body, source: self.destinations.deliver(
            Event(arn, body, source, principal="sns.amazonaws.com")
        )
        self.apis.register(SqsApi(queues, self.keys, self.apis, here))
        self.apis.register(SnsApi(topics, self.keys, self.apis, here))
        return queues, topics

    def _metrics(self) -> CloudWatchApi:
        namespaces = frozenset([NAMESPACE, ecsmeter.NAMESPACE, insights.NAMESPACE])
        api = CloudWatchApi(Metrics(self.series, namespaces, self.documents, self.clock))
        api.transitions.tell(self.destinations, self.happenings)
        self.apis.register(api)
        return api

    def _events(self) -> EventController:
        """EventBridge, which takes what all others tell."""
        here = self.options.region, self.options.account
        outlet = Outlet(self.documents, self.clock, self.destinations, self.queues)
        events = EventsApi(self.documents, self.clock, here, outlet)
        scheduler = SchedulerApi(self.documents, self.clock, here, outlet)
        self.apis.register(events)
        self.apis.register(scheduler)
        self.destinations.register("events", events.arrived)
        self.happenings.listener = events.happened
        self.documents.watch(events.changed)
        self.documents.notice(observed.KINDS, events.changed)
        return EventController(events, scheduler, Works(self.apis, self.front.authorization, self.clock), self.clock)

    def _objects(self) -> S3Api:
        bodies = Bodies(self.state.path / "objects", self.front.faults)
        api = S3Api(Store(self.documents, bodies), self.clock, self.apis)
        api.announcing = Announcing(self.destinations, self.happenings, self.clock, self.options.account)
        self.apis.register(api)
        return api

    def _registry(self) -> RegistryServer:
        binary = distribution.program()
        storage, run = self.state.path / "registry", self.state.run
        layers = distribution.Distribution(self.children, binary, storage, run, self.front.faults) if binary else None
        contents = Contents(layers, self.front.trees)
        ecr = EcrApi(self.documents, self.apis, self.clock, contents, self.options.port)
        self.apis.register(ecr)
        return RegistryServer(self.apis, ecr, self.options.account, self.options.region)

    def _names(self) -> tuple[ServiceDiscoveryApi, AcmApi]:
        """Route 53, and who has records there or reads them: Cloud Map and ACM."""
        place = self.options.region, self.options.account
        cloud_map = ServiceDiscoveryApi(self.documents, self.clock, place)
        acm = AcmApi(self.documents, self.clock, place)
        for api in (cloud_map, acm, Route53Api(self.documents, self.clock, self.apis, place)):
            self.apis.register(api)
        return cloud_map, acm

    def _network(self) -> Network:
        if self.options.network == "namespaces":
            return NamespaceNetwork(self.documents)
        return LoopbackNetwork(self.documents)

    def _vpcs(self) -> tuple[Ec2Api, FlowLogs]:
        owner = (self.options.account, self.options.region)
        logs = FlowLogs(self.apis.call, self.documents, self.network, self.clock, owner)
        logs.delivery.authorization = self.front.authorization
        poke = partial(self._poke, "flow-logs")
        api = Ec2Api(self.documents, self.clock, FlowLogApi(logs, self.documents, self.apis.call, self.clock, poke))
        self.apis.register(api)
        return api, logs

    def _stacks(self) -> CloudFormationApi:
        base = f"http://localhost:{self.options.port}"
        cache = self.state.path / "lint"
        stacks = CloudFormationApi(self.apis, self.documents, self.clock, cache, base=base)
        stacks.actors = Actors(self.front.authorization, self.keys, self.apis)
        self.apis.register(stacks)
        return stacks

    def _answers(self, s3: S3Service) -> S3Handler:
        """S3, and before it the addresses that take answers of custom resources and signals."""
        return Answers(self.stacks.providers, self.stacks.waits, self.options.region, s3.handle).handle

    def _inquiry(self) -> Inquiry:
        return Inquiry(self.apis.call, self.documents, self.network, self.endpoints)

    def _databases(self) -> RdsController:
        instances, postgres = Instances(self.documents), installations()
        instances.destinations = self.destinations
        self.apis.register(SecretsManagerApi(self.documents, self.clock, self.apis))
        self.apis.register(RdsApi(instances, self.apis, postgres, self.clock))
        self.apis.register(InsightsApi(instances))
        machine = Machine(
            databases=self.state.path / "databases",
            backups=Backups(self.state.path / "snapshots"),
            run=self.state.run,
            children=self.children,
            network=self.network,
            endpoints=self.endpoints,
            issue=self._certificate,
            installations=postgres,
            clock=self.clock,
        )
        self.snapshots = SnapshotController(instances, machine.backups, self.clock)
        self.telemetry = TelemetryController(instances, machine, self.apis.call)
        self.telemetry.authorization = self.front.authorization
        return RdsController(instances, machine, lambda key: self.loop.poke("rds", key))

    def _load_balancers(self) -> ElbController:
        desired = Desired(self.documents, self.options.region)
        acm = Acm(self.documents)
        dependencies = Dependencies(
            self.haproxy,
            self.network,
            self.endpoints,
            self.state.run,
            self.options.port,
            self.gateway.certificate,
            Firewall(self.documents, self.network),
            self.meter,
            LogDelivery(self.apis.call, self.haproxy.journal, self.clock, (self.options.account, self.options.region)),
            acm,
        )
        controller = ElbController(desired, dependencies, self.documents, self.clock, self._health_changed)
        account = self.options.account
        parts = ElbParts(desired, self.documents, Vpcs(self.documents), acm, controller, self.clock, account)
        self.apis.register(ElbApi(parts))
        return controller

    def _file_systems(self) -> FileSystemController:
        controller = FileSystemController(self.documents, self.network, self.state.path / "efs")
        poke = partial(self._poke, controller.name)
        account = self.options.account
        self.apis.register(EfsApi(EfsParts(self.documents, self.clock, self.apis, poke, controller.sizes, account)))
        return controller

    def _measured(self, value: Value) -> None:
        metric = Metric(NAMESPACE, value.name, value.dimensions)
        count = value.samples or 1
        datum = Datum(self.clock.now(), value.total, count, value.unit, value.least, value.most, value.spread)
        self.series.add(metric, datum)

    def _poke(self, controller: str, key: str) -> None:
        self.loop.poke(controller, key)

    def _health_changed(self, _group: str) -> None:
        self.loop.poke_all("ecs-service")
        self.loop.poke_all("ecs-connect")

    def _edges(self) -> tuple[Edge, CloudFrontController]:
        control_plane = self.state.run / "controlplane.sock"
        origins = Origins(self.endpoints, control_plane, self.keys, self.options.account)
        work = Work(Runs(self.apis.call, self.clock), EdgeLogDelivery(self.apis.call, self.clock))
        edge = Edge(origins, Cache(), self.clock, self.options.region, work)
        deployments = Deployments()
        api = CloudFrontApi(self.documents, deployments, self.clock)
        self.apis.register(api)
        socket = self.state.run / "edge.sock"
        certificates = Certificates(self.state.run, Acm(self.documents)).presented
        return edge, CloudFrontController(
            Parts(api, edge, self.haproxy, self.endpoints, deployments, socket, certificates)
        )

    def _tasks(self) -> Ecs:
        host = TaskHost(
            store=EcsStore(self.documents, self.clock),
            apis=self.apis,
            network=self.network,
            runtime=self.runtime,
            endpoints=self.endpoints,
            clock=self.clock,
            poke=self._poke,
            directory=self.state.run / "tasks",
            endpoint_url=f"http://127.0.0.1:{self.options.port}",
            serve_apis=self.front.server.listen,
            resolver=self.resolver,
            faults=self.front.faults,
            authority=self.front.authorization,
            file_systems=self.state.path / "efs",
        )
        ecs = Ecs(host, self.haproxy)
        self.apis.register(ecs.api)
        return ecs

    def _containers(self) -> tuple[choice.ChosenRuntime, SeedController]:
        """What runs containers, and what fills the registry with the project's images."""
        where = (self.apis, self.options.account, self.options.region, lambda: self.registry.port)
        podman = Engine(self.state.path / "podman")
        local, trees = LocalImages(podman, EcrRegistry(*where)), self.front.trees
        sources = (self.options.seed, self.options.runtime)
        seed = SeedController(self.apis.call, self.documents, sources, trees, local)
        images = EcrRegistry(*where, seed.filled)
        return choice.assemble(self.options.runtime, self.children, images, podman, trees), seed

    def _lambda(self) -> Lambda:
        packages = Packages(self.state.path / "functions", self.state.run / "functions")
        kept = Functions(self.documents, (self.options.region, self.options.account))
        names, serve = (self.endpoints, self.resolver), (self.front.server.listen, self.options.port)
        host = FunctionHost(
            kept=kept,
            interfaces=Interfaces(self.network, kept, names, self.state.run / "functions-hosts", serve),
            packages=packages,
            runtime=self.runtime,
            runtime_api=RuntimeApi(),
            apis=self.apis,
            clock=self.clock,
            endpoint=f"http://127.0.0.1:{self.options.port}",
            library=library(),
            modules=modules(),
            authority=self.front.authorization,
            trust=self._trust(),
        )
        parts = FunctionFront(self.state.run / FUNCTIONS, self.haproxy.put, self._signer)
        made = Lambda(host, self.destinations, self._poke, parts)
        self.apis.register(made.api)
        return made

    def _signer(self, request: Signed) -> Who | None:
        """Who has signed a request to a function URL."""
        key = self.front.admission.identify(request, MAIN)
        if key is None:
            return None
        authorization = self.front.authorization
        identity = authorization.known(key)

        async def allowed(action: str, resource: str) -> bool:
            if identity is None:
                return True
            context = {**circumstances.of_identity(identity, key), "lambda:functionurlauthtype": ("AWS_IAM",)}
            return (await authorization.verdict(identity, Need(action, resource), context)).allowed

        told = {
            "accessKey": key.access_key, "accountId": self.options.account, "callerId": key.identity,
            "userArn": key.principal.name, "userId": key.identity,
        }  # fmt: skip
        return Who(identity is None, allowed, told)

    def _trust(self) -> Path:
        """A folder with the authority's certificates and without its keys, for functions."""
        folder = self.state.run / "trust"
        folder.mkdir(exist_ok=True)
        (folder / "ca.pem").write_bytes(self.gateway.authority.certificate.read_bytes())
        return folder

    def _scaling(self) -> ScalingController:
        store = ScalingStore(self.documents, self.clock)
        self.apis.register(ApplicationAutoScalingApi(store, self.apis))
        scaling = ScalingController(store, self.apis)

        def fire(firings: Sequence[Firing]) -> None:
            calls = [ScalingCall(one.action, one.alarm, one.value, one.threshold) for one in firings]
            for resource in scaling.called(calls):
                self.loop.poke(scaling.name, resource)

        self.cloudwatch.fire = fire
        return scaling

    def _used(self, before: ecsmeter.Look, now: ecsmeter.Look) -> None:
        for one in ecsmeter.utilization(before, now):
            percents = one.percents
            datum = Datum(one.since, sum(percents), len(percents), "Percent", min(percents), max(percents))
            self.series.add(Metric(ecsmeter.NAMESPACE, one.name, one.dimensions), datum)
        for seen in self.ecs.insights(before, now):
            metric = Metric(insights.NAMESPACE, seen.name, seen.dimensions)
            self.series.add(metric, Datum(seen.since, seen.value, 1, seen.unit, seen.value, seen.value))

    def _certificate(self, hosts: Sequence[str]) -> tuple[bytes, bytes]:
        """Certificate chain and key for the hosts, both PEM; the authority writes them into one file."""
        pem = self.gateway.authority.leaf(hosts, self.clock.now()).read_bytes()
        return pem, pem

    def facts(self) -> dict[str, Any]:
        """What no AWS API tells: the region's own state, for the console and `netflux status`."""
        return facts.of(self)
