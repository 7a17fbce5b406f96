"""Every member that a call carries comes back from the describing operation, in the same words."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from netflux.aws.elbv2.api import ElbApi
from netflux.controlplane import operation as operations
from netflux.controlplane.operation import Members
from netflux.errors import AwsError
from tests.aws.elbv2.place import Place, fixed, path_is


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    found = Place(tmp_path)
    await found.ground()
    yield found
    found.moto.stop()
    found.documents.close()


def contains(found: Any, sent: Any) -> bool:
    if isinstance(sent, Mapping):
        return all(name in found and contains(found[name], value) for name, value in sent.items())
    if isinstance(sent, list):
        return len(found) == len(sent) and all(contains(one, other) for one, other in zip(found, sent, strict=True))
    return bool(found == sent)


def paths(members: Members, above: str = "") -> set[str]:
    """Of all members that are carried."""
    found = {f"{above}{name}" for name in members}
    for name, inner in members.items():
        found |= paths(inner, f"{above}{name}.")
    return found


def sent_paths(value: Any, above: str = "") -> set[str]:
    """Of all members in requests."""
    if isinstance(value, list):
        return {path for one in value for path in sent_paths(one, above)}
    if not isinstance(value, Mapping):
        return set()
    found = {f"{above}{name}" for name in value}
    for name, inner in value.items():
        found |= sent_paths(inner, f"{above}{name}.")
    return found


def all_sent(operation: str, *requests: Mapping[str, Any]) -> None:
    """Nothing that the operation carries is left out of the requests."""
    declared = operations.declaration(getattr(ElbApi, operation))
    assert declared is not None
    assert paths(declared.carries) == sent_paths([*requests])


HEALTH = {
    "HealthCheckProtocol": "HTTPS", "HealthCheckPort": "8443", "HealthCheckEnabled": True, "HealthCheckPath": "/h?a=b",
    "HealthCheckIntervalSeconds": 20, "HealthCheckTimeoutSeconds": 7, "HealthyThresholdCount": 3,
    "UnhealthyThresholdCount": 4, "Matcher": {"HttpCode": "200,301-302"},
}  # fmt: skip
TAGS = [{"Key": "a", "Value": "b"}, {"Key": "c", "Value": ""}]


async def _tags(place: Place, arn: str) -> Any:
    return (await place.elb("DescribeTags", ResourceArns=[arn]))["TagDescriptions"][0]["Tags"]


async def test_target_groups(place: Place) -> None:
    sent = {
        "Name": "all", "Protocol": "HTTPS", "ProtocolVersion": "HTTP1", "Port": 8443, "VpcId": place.vpc,
        "TargetType": "ip", "IpAddressType": "ipv4", **HEALTH, "Tags": TAGS,
    }  # fmt: skip
    all_sent("create_target_group", sent)
    arn = (await place.elb("CreateTargetGroup", **sent))["TargetGroups"][0]["TargetGroupArn"]
    told = {**sent, "TargetGroupName": sent["Name"]}
    del told["Name"], told["Tags"]
    assert contains((await place.elb("DescribeTargetGroups", TargetGroupArns=[arn]))["TargetGroups"], [told])
    assert await _tags(place, arn) == TAGS
    changed = {
        "HealthCheckProtocol": "HTTP", "HealthCheckPort": "traffic-port", "HealthCheckEnabled": True,
        "HealthCheckPath": "/x", "HealthCheckIntervalSeconds": 11, "HealthCheckTimeoutSeconds": 3,
        "HealthyThresholdCount": 9, "UnhealthyThresholdCount": 8, "Matcher": {"HttpCode": "204"},
    }  # fmt: skip
    all_sent("modify_target_group", {"TargetGroupArn": arn, **changed})
    await place.elb("ModifyTargetGroup", TargetGroupArn=arn, **changed)
    assert contains((await place.elb("DescribeTargetGroups", Names=["all"]))["TargetGroups"], [{**told, **changed}])
    targets = [{"Id": "10.0.1.5", "Port": 81, "AvailabilityZone": "us-east-1a"}]
    all_sent("register_targets", {"TargetGroupArn": arn, "Targets": targets})
    await place.elb("RegisterTargets", TargetGroupArn=arn, Targets=targets)
    health = (await place.elb("DescribeTargetHealth", TargetGroupArn=arn))["TargetHealthDescriptions"]
    assert [one["Target"] for one in health] == targets


async def test_load_balancers(place: Place) -> None:
    groups = [
        (
            await place.apis.call(
                "ec2", "CreateSecurityGroup", {"GroupName": name, "Description": name, "VpcId": place.vpc}
            )
        )["GroupId"]
        for name in ("one", "two")
    ]
    mappings = [{"SubnetId": subnet} for subnet in place.subnets]
    sent = {
        "Name": "all", "SubnetMappings": mappings, "SecurityGroups": groups, "Scheme": "internal", "Tags": TAGS,
        "Type": "application", "IpAddressType": "ipv4",
    }  # fmt: skip
    all_sent("create_load_balancer", sent, {"Subnets": place.subnets})
    arn = (await place.elb("CreateLoadBalancer", **sent))["LoadBalancers"][0]["LoadBalancerArn"]

    async def told() -> Any:
        return (await place.elb("DescribeLoadBalancers", LoadBalancerArns=[arn]))["LoadBalancers"][0]

    expected = {**sent, "LoadBalancerName": "all", "AvailabilityZones": mappings}
    del expected["Name"], expected["SubnetMappings"], expected["Tags"]
    assert contains(await told(), expected)
    assert await _tags(place, arn) == TAGS
    assert (await place.elb("CreateLoadBalancer", **sent))["LoadBalancers"][0]["LoadBalancerArn"] == arn
    await place.elb("SetSecurityGroups", LoadBalancerArn=arn, SecurityGroups=groups[:1])
    assert (await told())["SecurityGroups"] == groups[:1]
    more = {"VpcId": place.vpc, "CidrBlock": "10.0.7.0/24", "AvailabilityZone": "us-east-1c"}
    third = (await place.apis.call("ec2", "CreateSubnet", more))["Subnet"]["SubnetId"]
    for change in ({"Subnets": [third, place.subnets[1]]}, {"SubnetMappings": mappings, "IpAddressType": "ipv4"}):
        await place.elb("SetSubnets", LoadBalancerArn=arn, **change)
        wanted = [*change.get("Subnets", ()), *(one["SubnetId"] for one in change.get("SubnetMappings", ()))]
        assert [zone["SubnetId"] for zone in (await told())["AvailabilityZones"]] == wanted
    all_sent(
        "set_subnets", {"LoadBalancerArn": arn, "Subnets": [], "SubnetMappings": mappings, "IpAddressType": "ipv4"}
    )


async def test_listeners(place: Place) -> None:
    arn = (await place.balancer())["LoadBalancerArn"]
    group = await place.group("movies")
    one, two = await place.certificate("one.test"), await place.certificate("two.test")
    sticky = {"Enabled": True, "DurationSeconds": 60}
    weighted = {
        "TargetGroups": [{"TargetGroupArn": group, "Weight": 7}], "TargetGroupStickinessConfig": sticky,
    }  # fmt: skip
    actions: list[dict[str, Any]] = [
        {"Type": "forward", "TargetGroupArn": group, "Order": 3, "ForwardConfig": weighted},
        {"Type": "redirect", "RedirectConfig": {
            "Protocol": "HTTPS", "Port": "8443", "Host": "a.test", "Path": "/p", "Query": "", "StatusCode": "HTTP_302",
        }},
        fixed("503", "body"),
    ]  # fmt: skip
    secure = {
        "Protocol": "HTTPS", "SslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
        "Certificates": [{"CertificateArn": one}], "MutualAuthentication": {"Mode": "off"},
    }  # fmt: skip
    made = []
    for number, action in enumerate(actions):
        sent = {"LoadBalancerArn": arn, "Port": 443 + number, **secure, "DefaultActions": [action], "Tags": TAGS}
        made.append(sent)
        listener = (await place.elb("CreateListener", **sent))["Listeners"][0]["ListenerArn"]
        told = {name: value for name, value in sent.items() if name != "Tags"}
        assert contains((await place.elb("DescribeListeners", ListenerArns=[listener]))["Listeners"], [told])
        assert await _tags(place, listener) == TAGS
        again = {
            "Port": 9000 + number, "SslPolicy": "ELBSecurityPolicy-TLS13-1-3-2021-06",
            "Certificates": [{"CertificateArn": two}], "DefaultActions": [actions[number - 1]],
        }  # fmt: skip
        await place.elb("ModifyListener", ListenerArn=listener, **again)
        assert contains((await place.elb("DescribeListeners", ListenerArns=[listener]))["Listeners"], [again])
        await place.elb("AddListenerCertificates", ListenerArn=listener, Certificates=[{"CertificateArn": one}])
        listed = (await place.elb("DescribeListenerCertificates", ListenerArn=listener))["Certificates"]
        assert listed == [{"CertificateArn": two, "IsDefault": True}, {"CertificateArn": one, "IsDefault": False}]
    all_sent("create_listener", *made)


async def test_rules(place: Place) -> None:
    listener = await place.listener((await place.balancer())["LoadBalancerArn"], fixed())
    group = await place.group("movies")
    conditions: list[list[dict[str, Any]]] = [
        [{"Field": "path-pattern", "Values": ["/a"]}],
        [{"Field": "path-pattern", "RegexValues": ["^/a$"]}],
        [{"Field": "host-header", "HostHeaderConfig": {"Values": ["a.test", "*.b.test"]}}],
        [{"Field": "host-header", "HostHeaderConfig": {"RegexValues": ["^a[.]test$"]}}],
        [{"Field": "path-pattern", "PathPatternConfig": {"RegexValues": ["^/(b|c)$"]}}],
        [
            {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-A", "Values": ["b*"]}},
            {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-B", "RegexValues": ["^b+$"]}},
            {"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "a", "Value": "b"}, {"Value": "c"}]}},
        ],
        [
            {"Field": "source-ip", "SourceIpConfig": {"Values": ["10.0.0.0/8", "2001:db8::/32"]}},
            {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["GET", "PURGE"]}},
            path_is("/z"),
        ],
    ]
    actions: list[dict[str, Any]] = [
        {"Type": "forward", "TargetGroupArn": group, "Order": 1},
        {"Type": "forward", "ForwardConfig": {
            "TargetGroups": [{"TargetGroupArn": group, "Weight": 0}],
            "TargetGroupStickinessConfig": {"Enabled": False, "DurationSeconds": 5},
        }},
        {"Type": "redirect", "RedirectConfig": {
            "Protocol": "HTTPS", "Port": "#{port}", "Host": "#{host}", "Path": "/#{path}", "Query": "#{query}",
            "StatusCode": "HTTP_301",
        }},
        fixed("200", "x"),
    ]  # fmt: skip
    transforms: list[list[dict[str, Any]]] = [
        [],
        [{"Type": "url-rewrite", "UrlRewriteConfig": {"Rewrites": [{"Regex": "^/a(.*)", "Replace": "/b$1"}]}}],
        [{"Type": "host-header-rewrite", "HostHeaderRewriteConfig": {
            "Rewrites": [{"Regex": "^a[.]", "Replace": "b."}],
        }}],
    ]  # fmt: skip
    made, before = [], ""
    for number, condition in enumerate(conditions):
        what = {
            "Conditions": condition, "Actions": [actions[number % 4]], "Transforms": transforms[number % 3],
        }  # fmt: skip
        sent = {"ListenerArn": listener, "Priority": 10 + number, **what, "Tags": TAGS}
        made.append(sent)
        arn = (await place.elb("CreateRule", **sent))["Rules"][0]["RuleArn"]
        told = (await place.elb("DescribeRules", RuleArns=[arn]))["Rules"][0]
        assert contains(told, {**what, "Priority": str(10 + number)})
        assert await _tags(place, arn) == TAGS
        if before:
            kept = {name: value for name, value in what.items() if value}
            await place.elb("ModifyRule", RuleArn=before, **kept)
            assert contains((await place.elb("DescribeRules", RuleArns=[before]))["Rules"][0], kept)
            await place.elb("ModifyRule", RuleArn=before, ResetTransforms=True)
            assert (await place.elb("DescribeRules", RuleArns=[before]))["Rules"][0]["Transforms"] == []
        before = arn
    all_sent("create_rule", *made)


@pytest.mark.parametrize("noun", ["LoadBalancer", "Listener", "TargetGroup"])
async def test_attributes(place: Place, noun: str) -> None:
    """Each attribute in turn gets another value that is carried; the others stay."""
    balancer = (await place.balancer())["LoadBalancerArn"]
    arns = {"LoadBalancer": balancer, "TargetGroup": await place.group("movies")}
    arn = arns.get(noun) or await place.listener(balancer, fixed())
    described = f"Describe{noun}Attributes", {f"{noun}Arn": arn}

    async def told() -> dict[str, str]:
        found = (await place.elb(described[0], **described[1]))["Attributes"]
        return {one["Key"]: one["Value"] for one in found}

    changed = 0
    for key, value in (await told()).items():
        others = {"true": "false", "false": "true"}.get(value), "remove", "app_cookie", "61", "a-name"
        for other in filter(None, others):
            wanted = {"Attributes": [{"Key": key, "Value": other}], **described[1]}
            before = await told()
            try:
                await place.elb(f"Modify{noun}Attributes", **wanted)
            except AwsError:
                assert await told() == before
                continue
            assert await told() == {**before, key: other}
            changed += 1
            break
    assert changed >= {"LoadBalancer": 10, "Listener": 11, "TargetGroup": 9}[noun]
