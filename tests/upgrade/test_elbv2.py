"""Load balancers of release 0.1."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from netflux.aws.elbv2.balancer.desired import Desired
from netflux.resources.elbv2 import DEFAULT_PRIORITY, Condition, Registration, Target, Transform
from netflux.upgrade import elbv2
from tests.aws.elbv2.place import fixed, forward, path_is
from tests.controlplane.plane import Plane


async def _network(plane: Plane) -> tuple[str, list[str], str]:
    """The same VPC for moto and as records, with moto's ids: EC2's own state is taken over before."""
    from netflux.resources.ec2.securitygroup import SecurityGroup
    from netflux.resources.ec2.subnet import Subnet
    from netflux.resources.ec2.tables import Tables
    from netflux.resources.ec2.vpc import Vpc

    async def ec2(operation: str, **params: Any) -> Any:
        return await plane.moto.call("ec2", operation, params)

    tables = Tables(plane.documents)
    vpc = (await ec2("CreateVpc", CidrBlock="10.0.0.0/16"))["Vpc"]["VpcId"]
    tables.vpcs.put(Vpc(vpc, "10.0.0.0/16", ()))
    subnets = []
    for number, zone in enumerate(("us-east-1a", "us-east-1b"), 1):
        block = f"10.0.{number}.0/24"
        made = await ec2("CreateSubnet", VpcId=vpc, CidrBlock=block, AvailabilityZone=zone)
        subnets.append(made["Subnet"]["SubnetId"])
        tables.subnets.put(Subnet(subnets[-1], vpc, zone, block))
    group = (await ec2("CreateSecurityGroup", GroupName="web", Description="web", VpcId=vpc))["GroupId"]
    tables.groups.put(SecurityGroup(group, "web", "web", vpc))
    return vpc, subnets, group


async def test_load_balancers_with_all_that_belongs_to_them_are_taken_over_once(tmp_path: Path) -> None:
    plane = Plane(tmp_path)
    await plane.start()
    vpc, subnets, security_group = await _network(plane)

    async def elb(operation: str, **params: Any) -> Any:
        return await plane.moto.call("elbv2", operation, params)

    tags = [{"Key": "a", "Value": "b"}]
    where = {"Subnets": subnets, "SecurityGroups": [security_group], "Tags": tags}
    balancer = (await elb("CreateLoadBalancer", Name="web", Scheme="internal", **where))["LoadBalancers"][0]
    arn = balancer["LoadBalancerArn"]
    idle = [{"Key": "idle_timeout.timeout_seconds", "Value": "90"}]
    await elb("ModifyLoadBalancerAttributes", LoadBalancerArn=arn, Attributes=idle)
    params = {"Protocol": "HTTP", "Port": 8080, "VpcId": vpc, "TargetType": "ip", "HealthCheckPath": "/h"}
    one, two = [
        (await elb("CreateTargetGroup", Name=name, Matcher={"HttpCode": "200-299"}, **params))["TargetGroups"][0][
            "TargetGroupArn"
        ]
        for name in ("one", "two")
    ]
    delay = [{"Key": "deregistration_delay.timeout_seconds", "Value": "7"}]
    await elb("ModifyTargetGroupAttributes", TargetGroupArn=one, Attributes=delay)
    listened = {"LoadBalancerArn": arn, "Protocol": "HTTP", "Port": 80, "DefaultActions": [forward(one)]}
    listener = (await elb("CreateListener", **listened))["Listeners"][0]["ListenerArn"]
    config = {
        "TargetGroups": [{"TargetGroupArn": one, "Weight": 1}, {"TargetGroupArn": two, "Weight": 3}],
        "TargetGroupStickinessConfig": {"Enabled": True, "DurationSeconds": 60},
    }
    rules = [
        (await elb("CreateRule", ListenerArn=listener, Priority=priority, Conditions=[condition], Actions=[action]))[
            "Rules"
        ][0]["RuleArn"]
        for priority, condition, action in (
            (5, path_is("*"), {"Type": "forward", "ForwardConfig": config}),
            (6, path_is("/x"), fixed("403", "no")),
        )
    ]
    expression = {"Field": "path-pattern", "PathPatternConfig": {"RegexValues": ["^/a$"]}}
    rewrite = {"Type": "url-rewrite", "UrlRewriteConfig": {"Rewrites": [{"Regex": "^/a", "Replace": "/b"}]}}
    plane.documents.put("elbv2/rules", rules[0], {"conditions": [expression], "transforms": [rewrite]})
    left = "2026-11-01T10:00:00+00:00"
    targets = [("10.0.1.5", 8080, "", None), ("10.0.1.6", 81, "us-east-1a", left)]
    listed = [dict(zip(("id", "port", "zone", "deregistered"), target, strict=True)) for target in targets]
    plane.documents.put("elbv2/targets", one, {"targets": listed})

    for _ in range(2):  # a start after one that was killed
        await elbv2.adopt(plane.moto, plane.documents)
    await plane.restart()
    desired = Desired(plane.documents, "us-east-1")
    found = desired.load_balancer(arn)
    assert found is not None
    assert (found.name, found.subnets, found.security_groups) == ("web", tuple(subnets), (security_group,))
    assert (found.public, found.attributes["idle_timeout.timeout_seconds"]) == (False, "90")
    assert found.attributes["load_balancing.cross_zone.enabled"] == "true"
    record = desired.balancers.get(arn)
    assert record is not None
    assert (record.tags, record.created) == ({"a": "b"}, balancer["CreatedTime"].astimezone(UTC))
    (heard,) = found.listeners
    assert (heard.arn, heard.port, [rule.priority for rule in heard.rules]) == (listener, 80, [5, 6, DEFAULT_PRIORITY])
    weighted, answered, default = heard.rules
    assert weighted.conditions == (Condition("path-pattern", regexes=("^/a$",)),)
    assert weighted.transforms == (Transform("url-rewrite", "^/a", "/b"),)
    assert weighted.action.forward is not None
    assert [(group.arn, group.weight) for group in weighted.action.forward.groups] == [(one, 1), (two, 3)]
    assert (weighted.action.forward.sticky, weighted.action.forward.sticky_seconds) == (True, 60)
    assert answered.action.fixed_response is not None
    assert (answered.action.fixed_response.code, answered.action.fixed_response.body) == (403, "no")
    assert default.action.groups == (one,)
    group = desired.target_group(one)
    assert group is not None
    assert (group.check.path, group.check.matcher, group.drain_seconds) == ("/h", "200-299", 7.0)
    assert desired.users(two) == [arn]
    assert desired.registrations.where("group", one) == [
        Registration(one, Target("10.0.1.5", 8080)),
        Registration(one, Target("10.0.1.6", 81), "us-east-1a", datetime.fromisoformat(left)),
    ]
    assert not plane.documents.list("elbv2/rules")
    assert not plane.documents.list("elbv2/targets")
    plane.stop()
