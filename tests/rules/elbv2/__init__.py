"""What Elastic Load Balancing refuses."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from netflux.aws.acm.api import AcmApi
from netflux.aws.elbv2.api import ElbApi
from netflux.aws.elbv2.balancer.desired import Desired
from netflux.aws.elbv2.controller import Dependencies, ElbController
from netflux.aws.elbv2.listener.certificates import Acm
from netflux.aws.elbv2.operations import Parts
from netflux.aws.elbv2.vpc import Vpcs
from netflux.clock import Clock
from netflux.controlplane.apis import Apis
from netflux.network.endpoints import Endpoints
from tests.aws.acm.made import Made
from tests.aws.elbv2.place import MapNetwork, fixed, forward, path_is
from tests.controlplane.plane import Plane
from tests.rules.elbv2 import balancers, groups, listeners, rules

SERVICE = "elbv2"
RULES = [*balancers.RULES, *listeners.RULES, *rules.RULES, *groups.RULES]


def register(plane: Plane, apis: Apis) -> None:
    """Without HAProxy: what is refused runs nothing."""
    desired, clock = Desired(plane.documents, apis.region), Clock()
    acm = Acm(plane.documents)
    apis.register(AcmApi(plane.documents, clock, (apis.region, apis.account)))
    nothing = cast("Any", None)
    dependencies = Dependencies(nothing, cast("Any", MapNetwork({})), Endpoints(), Path(plane.path))
    controller = ElbController(desired, dependencies, plane.documents, clock, lambda _: None)
    vpcs = Vpcs(plane.documents)
    apis.register(ElbApi(Parts(desired, plane.documents, vpcs, acm, controller, clock, apis.account)))


@dataclass
class _Region:
    """What the rules are about, by name."""

    apis: Apis
    names: dict[str, str] = field(default_factory=dict)

    async def ec2(self, operation: str, **params: Any) -> Any:
        return await self.apis.call("ec2", operation, params)

    async def elb(self, operation: str, **params: Any) -> Any:
        return await self.apis.call("elbv2", operation, params)

    async def network(self) -> None:
        """Two VPCs, one with an internet gateway."""
        for name, first in (("vpc", "10.0"), ("other_vpc", "10.9")):
            self.names[name] = (await self.ec2("CreateVpc", CidrBlock=f"{first}.0.0/16"))["Vpc"]["VpcId"]
            for subnet, zone, block in (
                ("a", "a", "1.0/24"), ("b", "b", "2.0/24"), ("a2", "a", "3.0/24"), ("small", "b", "4.0/28"),
            ):  # fmt: skip
                params = {"CidrBlock": f"{first}.{block}", "AvailabilityZone": f"us-east-1{zone}"}
                made = await self.ec2("CreateSubnet", VpcId=self.names[name], **params)
                self.names[subnet if name == "vpc" else f"other_{subnet}"] = made["Subnet"]["SubnetId"]
        gateway = (await self.ec2("CreateInternetGateway"))["InternetGateway"]["InternetGatewayId"]
        await self.ec2("AttachInternetGateway", InternetGatewayId=gateway, VpcId=self.names["vpc"])
        groups = [("other_security_group", "other_vpc"), *((f"sg{number}", "vpc") for number in range(6))]
        for name, vpc in groups:
            params = {"GroupName": name, "Description": "g", "VpcId": self.names[vpc]}
            self.names[name] = (await self.ec2("CreateSecurityGroup", **params))["GroupId"]

    async def balancers(self) -> None:
        for name in ("web", "protected", "second"):
            made = await self.elb("CreateLoadBalancer", Name=name, Subnets=[self.names["a"], self.names["b"]])
            self.names[name] = made["LoadBalancers"][0]["LoadBalancerArn"]
        on = [{"Key": "deletion_protection.enabled", "Value": "true"}]
        await self.elb("ModifyLoadBalancerAttributes", LoadBalancerArn=self.names["protected"], Attributes=on)
        groups = [("group", "vpc"), ("free", "vpc"), ("taken", "vpc"), ("foreign", "other_vpc")]
        for name, vpc in [*groups, *((f"t{number}", "vpc") for number in range(6))]:
            params = {"Name": name, "Protocol": "HTTP", "Port": 8080, "VpcId": self.names[vpc], "TargetType": "ip"}
            made = await self.elb("CreateTargetGroup", **params)
            self.names[name] = made["TargetGroups"][0]["TargetGroupArn"]
        await self.elb("RegisterTargets", TargetGroupArn=self.names["group"], Targets=[{"Id": "10.0.1.5"}])

    async def listeners(self) -> None:
        for name in ("certificate", "second_certificate"):
            made = Made(f"{name.replace('_', '-')}.test")
            given = {"Certificate": made.pem, "PrivateKey": made.key}
            self.names[name] = (await self.apis.call("acm", "ImportCertificate", given))["CertificateArn"]
        tls = {"Protocol": "HTTPS", "Certificates": [{"CertificateArn": self.names["certificate"]}]}
        plain = {"Protocol": "HTTP"}
        wanted: list[tuple[str, str, int, str, dict[str, Any]]] = [
            ("listener", "web", 80, "group", plain), ("second_listener", "second", 80, "taken", plain),
            ("secure", "web", 443, "group", tls),
        ]  # fmt: skip
        for name, balancer, port, group, params in wanted:
            to = {"LoadBalancerArn": self.names[balancer], "DefaultActions": [forward(self.names[group])]}
            found = await self.elb("CreateListener", Port=port, **to, **params)
            self.names[name] = found["Listeners"][0]["ListenerArn"]
        for name, priority in (("rule", 10), ("next_rule", 20)):
            what = {"Conditions": [path_is(f"/{name}")], "Actions": [fixed()]}
            made = await self.elb("CreateRule", ListenerArn=self.names["listener"], Priority=priority, **what)
            self.names[name] = made["Rules"][0]["RuleArn"]
        rules = (await self.elb("DescribeRules", ListenerArn=self.names["listener"]))["Rules"]
        self.names["default_rule"] = rules[-1]["RuleArn"]


async def prepare(apis: Apis) -> dict[str, str]:
    """Two VPCs; load balancers, listeners, rules and groups."""
    region = _Region(apis)
    await region.network()
    await region.balancers()
    await region.listeners()
    return region.names
