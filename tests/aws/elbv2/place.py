"""A load balancer's whole surroundings: real configuration, real HAProxy, real checks; only the network is a map."""

from __future__ import annotations

import shutil
import socket
import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from netflux.aws.acm.api import AcmApi
from netflux.aws.cloudwatch.api import CloudWatchApi
from netflux.aws.cloudwatch.ground import Ground as Metrics
from netflux.aws.cloudwatch.minutes import Minutes
from netflux.aws.cloudwatch.series import Datum, Metric, Series
from netflux.aws.elbv2.accesslog.delivery import LogDelivery
from netflux.aws.elbv2.api import ElbApi
from netflux.aws.elbv2.balancer.desired import Desired
from netflux.aws.elbv2.balancer.firewall import Firewall
from netflux.aws.elbv2.controller import Dependencies, ElbController
from netflux.aws.elbv2.listener.certificates import Acm
from netflux.aws.elbv2.meter.counters import NAMESPACE, Value
from netflux.aws.elbv2.meter.meter import Meter
from netflux.aws.elbv2.operations import Parts
from netflux.aws.elbv2.vpc import Vpcs
from netflux.aws.route53.api import Route53Api
from netflux.aws.s3.api import S3Api
from netflux.aws.s3.body import Bodies
from netflux.aws.s3.store import Store
from netflux.clock import Clock
from netflux.controlplane.apis import Apis
from netflux.controlplane.call import Call
from netflux.controlplane.moto.backend import Moto
from netflux.controlplane.records.documents import Documents
from netflux.gateway.gateway import Gateway, Region
from netflux.haproxy import binary
from netflux.haproxy.process import HAProxy
from netflux.network.endpoints import Endpoints
from netflux.network.interface import Interface, InterfaceRequest
from netflux.network.loopback import LoopbackNetwork
from netflux.reconcile.loop import Loop
from netflux.runtime.children import Children
from tests.controlplane.plane import with_ec2
from tests.haproxy.targets import Answer, Target, free_port, fresh_address, get, until

ACCOUNT, REGION = "000000000000", "us-east-1"


class MapNetwork:
    """Addresses that the test says are there, and nodes at fresh ones.

    Args:
        known: local addresses by VPC address.
        apart: each node asks targets for itself, as where every interface is a network namespace.
    """

    name = "map"

    def __init__(self, known: dict[str, str], apart: bool = False) -> None:
        self.enforces_security_groups = apart
        self.cut: set[str] = set()
        self.interfaces: dict[str, Interface] = {}
        self.known = known
        self.zones: dict[str, str] = {}

    async def attach(self, request: InterfaceRequest) -> Interface:
        if request.owner not in self.interfaces:
            local = fresh_address()
            eni = f"eni-{len(self.interfaces)}"
            self.interfaces[request.owner] = Interface(
                eni, request.owner, request.subnet_id, "10.9.9.9", local, "02:00",
                self.zones.get(request.subnet_id, "us-east-1a"),
            )  # fmt: skip
        return self.interfaces[request.owner]

    async def detach(self, owner: str) -> None:
        self.interfaces.pop(owner, None)

    def of(self, owner: str) -> Interface | None:
        return self.interfaces.get(owner)

    def locate(self, vpc_address: str) -> Interface | None:
        local = self.known.get(vpc_address)
        zone = "us-east-1" + ("b" if vpc_address.startswith("10.0.2.") else "a")
        return Interface("eni-t", "test", "subnet-t", vpc_address, local, "02:01", zone) if local else None

    def service_address(self, key: str) -> str:
        return "127.0.0.1"

    def client(self, owner: str) -> socket.socket:
        """OSError for an owner in `cut`, which reaches nobody."""
        if owner in self.cut:
            raise OSError(f"{owner} is cut off")
        made = socket.socket()
        made.settimeout(0)
        if self.enforces_security_groups:
            made.bind((self.interfaces[owner].local_address, 0))
        return made


class Place:
    """Everything an ALB needs, started by `start`."""

    def __init__(self, directory: Path, speed: float = 10.0, *, loopback: bool = False, apart: bool = False) -> None:
        from moto.moto_api._internal.models import moto_api_backend

        moto_api_backend.reset()
        self.run = Path(tempfile.mkdtemp(prefix="netflux-"))  # a unix socket's path must be short
        self.port = free_port()
        self.clock = Clock(speed)
        self.documents = Documents(directory / "netflux.db")
        self.moto = Moto(self.documents, ACCOUNT, REGION)
        self.apis = Apis(ACCOUNT, REGION, self.moto, self._changed)
        with_ec2(self.apis, self.documents, self.clock)
        self.known: dict[str, str] = {}
        self.loopback = LoopbackNetwork(self.documents) if loopback else None
        self.network = self.loopback or MapNetwork(self.known, apart)
        self.endpoints = Endpoints()
        self.gateway = Gateway(self.port, self.run, directory / "ca", Region(ACCOUNT, REGION))
        self.haproxy = HAProxy(
            Children(self.run / "children"), binary.find(), self.run, directory / "haproxy.log", self.gateway.frontends
        )
        desired = Desired(self.documents, REGION)
        acm = Acm(self.documents)
        self.flips: list[str] = []
        meter = Meter(self.haproxy, self._measured)
        self.minutes = Minutes(self.clock, [meter.minute])
        dependencies = Dependencies(
            self.haproxy,
            self.network,
            self.endpoints,
            self.run,
            self.port,
            self.gateway.certificate,
            Firewall(self.documents, self.network) if loopback else None,
            meter,
            LogDelivery(self.apis.call, self.haproxy.journal, self.clock, (ACCOUNT, REGION)),
            acm,
        )
        self.controller = ElbController(desired, dependencies, self.documents, self.clock, self.flips.append)
        self.apis.register(S3Api(Store(self.documents, Bodies(directory / "objects")), self.clock))
        self.series = Series()
        self.apis.register(CloudWatchApi(Metrics(self.series, frozenset([NAMESPACE]), self.documents, self.clock)))
        self.apis.register(AcmApi(self.documents, self.clock, (REGION, ACCOUNT)))
        self.apis.register(Route53Api(self.documents, self.clock, self.apis, (REGION, ACCOUNT)))
        parts = Parts(desired, self.documents, Vpcs(self.documents), acm, self.controller, self.clock, ACCOUNT)
        self.apis.register(ElbApi(parts))
        self.loop = Loop(self.clock, [self.controller])
        self.targets: list[Target] = []
        self.vpc = ""
        self.subnets: list[str] = []

    async def start(self) -> Place:
        if self.loopback:
            await self.loopback.start()
        await self.haproxy.start()
        await self.controller.start(partial(self.loop.poke, "elbv2"), partial(self.loop.poke_soon, "elbv2"))
        self.loop.start()
        await self.minutes.start()
        return self

    async def stop(self) -> None:
        await self.minutes.stop()
        await self.loop.stop()
        await self.controller.stop()
        await self.haproxy.stop()
        if self.loopback:
            await self.loopback.stop()
        self.moto.stop()
        self.documents.close()
        for target in self.targets:
            await target.stop()
        shutil.rmtree(self.run, ignore_errors=True)

    def _measured(self, value: Value) -> None:
        metric = Metric(NAMESPACE, value.name, value.dimensions)
        count = value.samples or 1
        datum = Datum(self.clock.now(), value.total, count, value.unit, value.least, value.most, value.spread)
        self.series.add(metric, datum)

    def _changed(self, call: Call) -> None:
        if call.service in ("ec2", "acm", "route53"):
            self.loop.poke_all("elbv2")

    async def elb(self, operation: str, **params: Any) -> dict[str, Any]:
        return await self.apis.call("elbv2", operation, params)

    async def ground(self) -> None:
        """A VPC with an internet gateway and two subnets in two zones."""
        self.vpc = (await self.apis.call("ec2", "CreateVpc", {"CidrBlock": "10.0.0.0/16"}))["Vpc"]["VpcId"]
        gateway = (await self.apis.call("ec2", "CreateInternetGateway", {}))["InternetGateway"]["InternetGatewayId"]
        await self.apis.call("ec2", "AttachInternetGateway", {"InternetGatewayId": gateway, "VpcId": self.vpc})
        for number, zone in enumerate("ab", 1):
            made = await self.apis.call(
                "ec2",
                "CreateSubnet",
                {
                    "VpcId": self.vpc,
                    "CidrBlock": f"10.0.{number}.0/24",
                    "AvailabilityZone": f"us-east-1{zone}",
                },
            )
            self.subnets.append(made["Subnet"]["SubnetId"])
            if isinstance(self.network, MapNetwork):
                self.network.zones[self.subnets[-1]] = f"us-east-1{zone}"

    async def balancer(self, name: str = "web", **params: Any) -> dict[str, Any]:
        made = await self.elb("CreateLoadBalancer", Name=name, Subnets=self.subnets, **params)
        return made["LoadBalancers"][0]

    async def group(self, name: str, **params: Any) -> str:
        made = await self.elb(
            "CreateTargetGroup",
            **{
                "Name": name,
                "Protocol": "HTTP",
                "Port": 8080,
                "VpcId": self.vpc,
                "TargetType": "ip",
                "HealthCheckPath": "/actuator/health",
                "HealthCheckIntervalSeconds": 5,
                "HealthCheckTimeoutSeconds": 2,
                "HealthyThresholdCount": 3,
                "UnhealthyThresholdCount": 3,
                **params,
            },
        )
        return str(made["TargetGroups"][0]["TargetGroupArn"])

    async def listener(self, balancer: str, action: Mapping[str, Any], port: int = 80) -> str:
        made = await self.elb(
            "CreateListener", LoadBalancerArn=balancer, Protocol="HTTP", Port=port, DefaultActions=[action]
        )
        return str(made["Listeners"][0]["ListenerArn"])

    async def rule(
        self, listener: str, priority: int, conditions: Sequence[Mapping[str, Any]], action: Mapping[str, Any]
    ) -> str:
        made = await self.elb(
            "CreateRule", ListenerArn=listener, Priority=priority, Conditions=conditions, Actions=[action]
        )
        return str(made["Rules"][0]["RuleArn"])

    async def certificate(self, name: str = "web.test") -> str:
        """The ARN of one that ACM issues."""
        wanted = {"DomainName": name, "ValidationMethod": "DNS"}
        arn = str((await self.apis.call("acm", "RequestCertificate", wanted))["CertificateArn"])
        await self.validate(arn, name)
        return arn

    async def validate(self, arn: str, name: str) -> None:
        """Puts the CNAME that ACM waits for into a public hosted zone."""
        zone = {"Name": name, "CallerReference": arn}
        made = (await self.apis.call("route53", "CreateHostedZone", zone))["HostedZone"]["Id"]
        told = (await self.apis.call("acm", "DescribeCertificate", {"CertificateArn": arn}))["Certificate"]
        record = told["DomainValidationOptions"][0]["ResourceRecord"]
        values = [{"Value": record["Value"]}]
        cname = {"Name": record["Name"], "Type": "CNAME", "TTL": 60, "ResourceRecords": values}
        batch = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": cname}]}
        await self.apis.call("route53", "ChangeResourceRecordSets", {"HostedZoneId": made, "ChangeBatch": batch})

    def nodes(self) -> list[Interface]:
        """The load balancers' interfaces."""
        return list(self.network.interfaces.values()) if isinstance(self.network, MapNetwork) else []

    async def target(self, name: str, vpc_address: str, group: str | None = None) -> Target:
        target = await Target(name).start()
        self.targets.append(target)
        self.known[vpc_address] = target.address
        if group:
            await self.elb("RegisterTargets", TargetGroupArn=group, Targets=[{"Id": vpc_address}])
        return target

    async def health(self, group: str) -> dict[str, dict[str, str]]:
        told = await self.elb("DescribeTargetHealth", TargetGroupArn=group)
        return {one["Target"]["Id"]: one["TargetHealth"] for one in told["TargetHealthDescriptions"]}

    async def becomes(self, group: str, vpc_address: str, state: str, seconds: float = 20.0) -> None:
        """Waits for a target's state."""

        async def seen() -> bool:
            return (await self.health(group)).get(vpc_address, {}).get("State") == state

        await until(seen, seconds)

    async def active(self, arn: str) -> dict[str, Any]:
        """Waits until the load balancer is active."""
        found: list[dict[str, Any]] = []

        async def seen() -> bool:
            found[:] = (await self.elb("DescribeLoadBalancers", LoadBalancerArns=[arn]))["LoadBalancers"]
            return bool(found[0]["State"]["Code"] == "active")

        await until(seen)
        return found[0]

    async def get(self, host: str, path: str = "/", headers: str = "", method: str = "GET") -> Answer:
        return await get(("127.0.0.1", self.port), host, path, headers, method)

    async def answers(self, host: str, path: str, status: int, body: bytes | None = None) -> Answer:
        """Waits until the gateway answers so."""
        found: list[Answer] = []

        async def seen() -> bool:
            found[:] = [await self.get(host, path)]
            return found[0].status == status and (body is None or found[0].body == body)

        try:
            await until(seen)
        except TimeoutError:
            raise AssertionError(f"{host}{path}: {found[0].status} {found[0].body!r}") from None
        return found[0]


def forward(group: str) -> dict[str, Any]:
    return {"Type": "forward", "TargetGroupArn": group}


def fixed(status: str = "404", body: str = ":(") -> dict[str, Any]:
    config = {"StatusCode": status, "ContentType": "text/plain", "MessageBody": body}
    return {"Type": "fixed-response", "FixedResponseConfig": config}


def path_is(*patterns: str) -> dict[str, Any]:
    return {"Field": "path-pattern", "PathPatternConfig": {"Values": list(patterns)}}
