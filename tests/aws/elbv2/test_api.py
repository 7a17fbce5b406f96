"""The API: what was sent comes back, and what would have no effect is refused by name."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from netflux.errors import AwsError
from netflux.resources.awslambda.qualified import Permission, Qualified
from tests.aws.elbv2.place import Place, fixed, forward, path_is


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    """Without HAProxy: nothing runs, so nothing may be said to run."""
    found = Place(tmp_path)
    await found.ground()
    yield found
    found.moto.stop()
    found.documents.close()


async def refused(place: Place, code: str, operation: str, **params: Any) -> str:
    with pytest.raises(AwsError) as told:
        await place.elb(operation, **params)
    assert told.value.code == code, told.value
    return told.value.message


def contains(found: Any, sent: Any) -> bool:
    if isinstance(sent, dict):
        return all(name in found and contains(found[name], value) for name, value in sent.items())
    if isinstance(sent, list):
        return len(found) == len(sent) and all(contains(one, other) for one, other in zip(found, sent, strict=True))
    return bool(found == sent)


async def test_what_was_sent_for_a_target_group_comes_back(place: Place) -> None:
    sent = {
        "Name": "movie-service-containers", "Protocol": "HTTP", "ProtocolVersion": "HTTP1", "Port": 8080,
        "VpcId": place.vpc, "TargetType": "ip", "HealthCheckProtocol": "HTTP", "HealthCheckPort": "traffic-port",
        "HealthCheckEnabled": True, "HealthCheckPath": "/actuator/health", "HealthCheckIntervalSeconds": 30,
        "HealthCheckTimeoutSeconds": 5, "HealthyThresholdCount": 3, "UnhealthyThresholdCount": 3,
        "Matcher": {"HttpCode": "200"}, "IpAddressType": "ipv4",
    }  # fmt: skip
    arn = (await place.elb("CreateTargetGroup", **sent, Tags=[{"Key": "a", "Value": "b"}]))["TargetGroups"][0][
        "TargetGroupArn"
    ]
    sent["TargetGroupName"] = sent.pop("Name")
    found = (await place.elb("DescribeTargetGroups", TargetGroupArns=[arn]))["TargetGroups"][0]
    assert contains(found, sent)
    assert found["LoadBalancerArns"] == []
    told = await place.elb("DescribeTags", ResourceArns=[arn])
    assert told["TagDescriptions"][0]["Tags"] == [{"Key": "a", "Value": "b"}]
    changed = {
        "HealthCheckPath": "/x", "HealthCheckIntervalSeconds": 10, "HealthCheckTimeoutSeconds": 4,
        "HealthyThresholdCount": 4, "UnhealthyThresholdCount": 5, "Matcher": {"HttpCode": "200-299"},
    }  # fmt: skip
    await place.elb("ModifyTargetGroup", TargetGroupArn=arn, **changed)
    found = (await place.elb("DescribeTargetGroups", Names=["movie-service-containers"]))["TargetGroups"][0]
    assert contains(found, changed)


async def test_attributes_come_with_awss_defaults_and_keep_what_is_set(place: Place) -> None:
    group = await place.group("movies")
    before = (await place.elb("DescribeTargetGroupAttributes", TargetGroupArn=group))["Attributes"]
    assert {"Key": "deregistration_delay.timeout_seconds", "Value": "300"} in before
    assert {"Key": "load_balancing.algorithm.type", "Value": "round_robin"} in before
    entry = {"Key": "deregistration_delay.timeout_seconds", "Value": "30"}
    told = await place.elb("ModifyTargetGroupAttributes", TargetGroupArn=group, Attributes=[entry])
    assert entry in told["Attributes"]
    assert len(told["Attributes"]) == len(before)
    arn = (await place.balancer())["LoadBalancerArn"]
    found = (await place.elb("DescribeLoadBalancerAttributes", LoadBalancerArn=arn))["Attributes"]
    assert {"Key": "idle_timeout.timeout_seconds", "Value": "60"} in found
    assert {"Key": "load_balancing.cross_zone.enabled", "Value": "true"} in found


async def test_what_was_sent_for_a_load_balancer_listener_and_rules_comes_back(place: Place) -> None:
    group = await place.group("movies")
    balancer = await place.balancer("netflux-alb")
    arn = balancer["LoadBalancerArn"]
    assert balancer["Scheme"] == "internet-facing"
    assert balancer["Type"] == "application"
    assert {zone["SubnetId"] for zone in balancer["AvailabilityZones"]} == set(place.subnets)
    assert len(balancer["SecurityGroups"]) == 1
    assert balancer["State"] == {"Code": "provisioning"}
    assert (await place.balancer("netflux-alb"))["LoadBalancerArn"] == arn
    await refused(
        place,
        "DuplicateLoadBalancerName",
        "CreateLoadBalancer",
        Name="netflux-alb",
        Subnets=place.subnets,
        Scheme="internal",
    )
    listener = await place.listener(arn, forward(group))
    rules = [
        (501, [path_is("/api/customers/*")], forward(group)),
        (7, [
            {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-A", "Values": ["b*"]}},
            {"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "a", "Value": "b"}]}},
            {"Field": "source-ip", "SourceIpConfig": {"Values": ["10.0.0.0/8"]}},
            {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["GET"]}},
            {"Field": "host-header", "HostHeaderConfig": {"Values": ["*.a.test"]}},
        ], {"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_302", "Path": "/x", "Query": "q=1"}}),
        (500, [{"Field": "path-pattern", "Values": ["/api/movies*"]}], fixed()),
    ]  # fmt: skip
    for priority, conditions, action in rules:
        await place.rule(listener, priority, conditions, action)
    found = (await place.elb("DescribeRules", ListenerArn=listener))["Rules"]
    assert [rule["Priority"] for rule in found] == ["7", "500", "501", "default"]
    for rule, (priority, conditions, action) in zip(found, sorted(rules, key=lambda one: one[0]), strict=False):
        assert rule["Priority"] == str(priority)
        assert contains(rule["Conditions"], conditions)
        assert contains(rule["Actions"], [action])
    assert found[-1]["IsDefault"] is True
    told = (await place.elb("ModifyListener", ListenerArn=listener, DefaultActions=[fixed()]))["Listeners"][0]
    assert contains(told["DefaultActions"], [fixed()])
    listed = (await place.elb("DescribeListeners", LoadBalancerArn=arn))["Listeners"]
    assert contains(listed, [{"Port": 80, "Protocol": "HTTP", "DefaultActions": [fixed()]}])
    groups = (await place.elb("DescribeTargetGroups", TargetGroupArns=[group]))["TargetGroups"]
    assert groups[0]["LoadBalancerArns"] == [arn]
    for rule in found[:-1]:
        await place.elb("DeleteRule", RuleArn=rule["RuleArn"])
    groups = (await place.elb("DescribeTargetGroups", TargetGroupArns=[group]))["TargetGroups"]
    assert groups[0]["LoadBalancerArns"] == []


async def test_rules_may_swap_their_priorities(place: Place) -> None:
    listener = await place.listener((await place.balancer())["LoadBalancerArn"], fixed())
    one, two = [await place.rule(listener, priority, [path_is(f"/{priority}")], fixed()) for priority in (1, 2)]
    await place.rule(listener, 3, [path_is("/3")], fixed())
    await place.elb("SetRulePriorities", RulePriorities=[
        {"RuleArn": one, "Priority": 2}, {"RuleArn": two, "Priority": 1},
    ])  # fmt: skip
    found = (await place.elb("DescribeRules", ListenerArn=listener))["Rules"]
    assert [rule["RuleArn"] for rule in found[:2]] == [two, one]
    await refused(place, "PriorityInUse", "SetRulePriorities", RulePriorities=[{"RuleArn": one, "Priority": 3}])


async def test_two_ports_of_one_address_are_two_targets(place: Place) -> None:
    group = await place.group("movies")
    await place.elb("RegisterTargets", TargetGroupArn=group, Targets=[
        {"Id": "10.0.1.5"}, {"Id": "10.0.1.5", "Port": 9090}, {"Id": "10.0.1.6"},
    ])  # fmt: skip
    told = (await place.elb("DescribeTargetHealth", TargetGroupArn=group))["TargetHealthDescriptions"]
    assert [(one["Target"]["Id"], one["Target"]["Port"], one["HealthCheckPort"]) for one in told] == [
        ("10.0.1.5", 8080, "8080"), ("10.0.1.5", 9090, "9090"), ("10.0.1.6", 8080, "8080"),
    ]  # fmt: skip
    assert {one["TargetHealth"]["Reason"] for one in told} == {"Target.NotInUse"}
    await refused(place, "InvalidTarget", "DeregisterTargets", TargetGroupArn=group, Targets=[{"Id": "10.0.1.7"}])
    await refused(place, "InvalidTarget", "RegisterTargets", TargetGroupArn=group, Targets=[{"Id": "127.0.0.1"}])
    await refused(place, "ValidationError", "RegisterTargets", TargetGroupArn=group, Targets=[{"Id": "i-1"}])
    gone = group + "0"
    await refused(place, "TargetGroupNotFound", "RegisterTargets", TargetGroupArn=gone, Targets=[{"Id": "10.0.1.5"}])


async def test_nothing_is_active_or_healthy_that_does_not_run(place: Place) -> None:
    group = await place.group("movies")
    arn = (await place.balancer())["LoadBalancerArn"]
    await place.listener(arn, forward(group))
    await place.elb("RegisterTargets", TargetGroupArn=group, Targets=[{"Id": "10.0.1.5"}])
    found = (await place.elb("DescribeLoadBalancers"))["LoadBalancers"][0]
    assert found["State"]["Code"] == "provisioning"
    assert (await place.health(group))["10.0.1.5"]["Reason"] == "Elb.RegistrationInProgress"


async def test_what_is_not_carried_is_refused_by_name(place: Place) -> None:
    arn = (await place.balancer())["LoadBalancerArn"]
    listener = await place.listener(arn, fixed())
    base = {"Name": "x", "Protocol": "HTTP", "Port": 80, "VpcId": place.vpc, "TargetType": "ip"}
    rule: dict[str, Any] = {"ListenerArn": listener, "Priority": 1}
    oidc = {"Type": "authenticate-oidc", "AuthenticateOidcConfig": {
        "Issuer": "i", "AuthorizationEndpoint": "a", "TokenEndpoint": "t", "UserInfoEndpoint": "u", "ClientId": "c",
    }}  # fmt: skip
    cases: list[tuple[str, str, dict[str, Any]]] = [
        ("network", "CreateLoadBalancer", {"Name": "n", "Type": "network", "Subnets": place.subnets}),
        ("gateway", "CreateLoadBalancer", {"Name": "n", "Type": "gateway", "Subnets": place.subnets}),
        ("dualstack", "CreateLoadBalancer", {"Name": "n", "IpAddressType": "dualstack", "Subnets": place.subnets}),
        ("health check of a function", "CreateTargetGroup", {
            "Name": "x", "TargetType": "lambda", "HealthCheckEnabled": True,
        }),
        ("TCP", "CreateTargetGroup", {**base, "Protocol": "TCP"}),
        ("GRPC", "CreateTargetGroup", {**base, "ProtocolVersion": "GRPC"}),
        ("authenticate-oidc", "CreateRule", {**rule, "Conditions": [path_is("/")], "Actions": [oidc, fixed()]}),
        ("connection_logs.s3.enabled", "ModifyLoadBalancerAttributes", {
            "LoadBalancerArn": arn, "Attributes": [{"Key": "connection_logs.s3.enabled", "Value": "true"}],
        }),
        ("routing.http.request", "ModifyListenerAttributes", {"ListenerArn": listener, "Attributes": [
            {"Key": "routing.http.request.x_amzn_oidc_data.header_name", "Value": "X-Tls"},
        ]}),
    ]  # fmt: skip
    for name, operation, params in cases:
        assert name in await refused(place, "UnsupportedOperation", operation, **params)


async def test_a_group_of_a_function_has_one_target_that_lets_load_balancers_call_it(place: Place) -> None:
    group = (await place.elb("CreateTargetGroup", Name="x", TargetType="lambda"))["TargetGroups"][0]
    assert (group["TargetType"], group["HealthCheckEnabled"], group["HealthCheckIntervalSeconds"]) == (
        "lambda",
        False,
        35,
    )
    assert {"Protocol", "Port", "VpcId"}.isdisjoint(group)
    arn, function = group["TargetGroupArn"], "arn:aws:lambda:us-east-1:123456789012:function:f"
    told = await refused(place, "AccessDenied", "RegisterTargets", TargetGroupArn=arn, Targets=[{"Id": function}])
    assert told == (
        f"elasticloadbalancing principal does not have permission to invoke {function} from target group {arn}"
    )
    statement = {
        "Sid": "s", "Effect": "Allow", "Principal": {"Service": "elasticloadbalancing.amazonaws.com"},
        "Action": "lambda:InvokeFunction", "Resource": function,
    }  # fmt: skip
    Qualified(place.documents).permissions.put(Permission("f", "", "s", json.dumps(statement)))
    await place.elb("RegisterTargets", TargetGroupArn=arn, Targets=[{"Id": function}])
    (health,) = (await place.elb("DescribeTargetHealth", TargetGroupArn=arn))["TargetHealthDescriptions"]
    assert (health["Target"], health["TargetHealth"]["State"]) == ({"Id": function}, "unused")
    more = [{"Id": f"{function}2"}]
    assert "one target" in await refused(place, "TooManyTargets", "RegisterTargets", TargetGroupArn=arn, Targets=more)
    given = [{"Key": "lambda.multi_value_headers.enabled", "Value": "true"}]
    changed = await place.elb("ModifyTargetGroupAttributes", TargetGroupArn=arn, Attributes=given)
    assert changed["Attributes"] == given
    other = [{"Key": "stickiness.enabled", "Value": "true"}]
    assert "not recognized" in await refused(
        place, "ValidationError", "ModifyTargetGroupAttributes", TargetGroupArn=arn, Attributes=other
    )


async def test_a_target_group_for_instances_stays_empty(place: Place) -> None:
    base = {"Name": "x", "Protocol": "HTTP", "Port": 80, "VpcId": place.vpc}
    group = (await place.elb("CreateTargetGroup", **base))["TargetGroups"][0]
    assert group["TargetType"] == "instance"
    await place.listener((await place.balancer())["LoadBalancerArn"], forward(group["TargetGroupArn"]))
    registered = {"TargetGroupArn": group["TargetGroupArn"], "Targets": [{"Id": "i-0123456789abcdef0"}]}
    assert "i-0123456789abcdef0" in await refused(place, "UnsupportedOperation", "RegisterTargets", **registered)


async def test_mistakes_get_awss_errors(place: Place) -> None:
    group = await place.group("movies")
    other = (await place.balancer("other"))["LoadBalancerArn"]
    arn = (await place.balancer())["LoadBalancerArn"]
    listener = await place.listener(arn, forward(group))
    rule: dict[str, Any] = {"ListenerArn": listener, "Priority": 1, "Actions": [fixed()]}
    cases: list[tuple[str, str, dict[str, Any]]] = [
        ("SubnetNotFound", "CreateLoadBalancer", {"Name": "n", "Subnets": ["subnet-1", "subnet-2"]}),
        ("ValidationError", "CreateLoadBalancer", {"Name": "n", "Subnets": place.subnets[:1]}),
        ("ValidationError", "CreateLoadBalancer", {"Name": "-n", "Subnets": place.subnets}),
        ("DuplicateListener", "CreateListener", {
            "LoadBalancerArn": arn, "Protocol": "HTTP", "Port": 80, "DefaultActions": [fixed()],
        }),
        ("TargetGroupAssociationLimit", "CreateListener", {
            "LoadBalancerArn": other, "Protocol": "HTTP", "Port": 80, "DefaultActions": [forward(group)],
        }),
        ("ValidationError", "CreateRule", {**rule, "Priority": 50001, "Conditions": [path_is("/")]}),
        ("InvalidConfigurationRequest", "CreateRule", {**rule, "Conditions": [path_is("/"), path_is("/b")]}),
        ("ValidationError", "CreateRule", {**rule, "Conditions": [
            {"Field": "source-ip", "SourceIpConfig": {"Values": ["255.255.255.255/32"]}},
        ]}),
        ("ValidationError", "CreateRule", {**rule, "Actions": [fixed("300")], "Conditions": [path_is("/")]}),
        ("ResourceInUse", "DeleteTargetGroup", {"TargetGroupArn": group}),
        ("ValidationError", "ModifyTargetGroupAttributes", {
            "TargetGroupArn": group, "Attributes": [{"Key": "deregistration_delay.timeout_seconds", "Value": "3601"}],
        }),
        ("ValidationError", "ModifyTargetGroupAttributes", {
            "TargetGroupArn": group, "Attributes": [{"Key": "no.such", "Value": "1"}],
        }),
        ("LoadBalancerNotFound", "DescribeLoadBalancers", {"Names": ["nope"]}),
    ]  # fmt: skip
    for code, operation, params in cases:
        assert await refused(place, code, operation, **params)
    protection = [{"Key": "deletion_protection.enabled", "Value": "true"}]
    await place.elb("ModifyLoadBalancerAttributes", LoadBalancerArn=arn, Attributes=protection)
    await refused(place, "OperationNotPermitted", "DeleteLoadBalancer", LoadBalancerArn=arn)
