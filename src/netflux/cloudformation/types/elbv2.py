"""Elastic Load Balancing v2."""

from __future__ import annotations

from typing import Any

from netflux.cloudformation.types.table import Facts, Find, Read, Row, Step, Tagging, status
from netflux.errors import AwsError

_TAGGING = Tagging("AddTags", "RemoveTags", {"ResourceArns": ["$id"]})


def _after(kind: str) -> Any:
    """The ARN's part from `app/…` or `targetgroup/…` on, which CloudWatch calls the full name."""
    return lambda facts: facts.id.split(f":{kind}", 1)[1]


def _attributes(prop: str, key: str) -> Any:
    """ELBv2 keeps an attribute that a call doesn't name, so dropping one from the template would change nothing."""

    def build(facts: Facts) -> list[dict[str, Any]]:
        kept = {each["Key"] for each in facts.new.get(prop, [])}
        dropped = [each["Key"] for each in facts.old.get(prop, []) if each["Key"] not in kept]
        if dropped:
            raise AwsError("ValidationError", f"{prop}: {', '.join(dropped)} was removed; set its default instead.")
        given = [{"Key": each["Key"], "Value": str(each["Value"])} for each in facts.new.get(prop, [])]
        return [{key: facts.id, "Attributes": given}] if given else []

    return build


_LOAD_BALANCER = Row(
    type="AWS::ElasticLoadBalancingV2::LoadBalancer",
    service="elbv2",
    create=Step("CreateLoadBalancer"),
    id="$response.LoadBalancers.0.LoadBalancerArn",
    read=Read("DescribeLoadBalancers", {"LoadBalancerArns": ["$id"]}, "$response.LoadBalancers.0"),
    attributes={
        "LoadBalancerArn": "$id",
        "DNSName": "$item.DNSName",
        "CanonicalHostedZoneID": "$item.CanonicalHostedZoneId",
        "LoadBalancerFullName": _after("loadbalancer/"),
        "LoadBalancerName": "$item.LoadBalancerName",
        "SecurityGroups": "$item.SecurityGroups",
    },
    also=(
        Step(
            "ModifyLoadBalancerAttributes",
            ("LoadBalancerAttributes",),
            build=_attributes("LoadBalancerAttributes", "LoadBalancerArn"),
        ),
    ),
    update=(
        Step("SetSecurityGroups", ("SecurityGroups",), params={"LoadBalancerArn": "$id"}),
        Step("SetSubnets", ("Subnets", "SubnetMappings"), params={"LoadBalancerArn": "$id"}),
        Step(
            "SetIpAddressType",
            ("IpAddressType",),
            params={"LoadBalancerArn": "$id"},
            defaults={"IpAddressType": "ipv4"},
        ),
    ),
    delete=(Step("DeleteLoadBalancer", params={"LoadBalancerArn": "$id"}),),
    gone=("LoadBalancerNotFound",),
    stable=status("State.Code", ("active",), ("failed",), "State.Reason"),
    named="Name",
    name_length=32,
    find=Find(
        "DescribeLoadBalancers",
        "$response.LoadBalancers",
        "$item.LoadBalancerArn",
        {},
        {"LoadBalancerName": "$new.Name"},
    ),
    early=True,
    tags=_TAGGING,
)

_HEALTH = (
    "HealthCheckProtocol", "HealthCheckPort", "HealthCheckPath", "HealthCheckEnabled", "HealthCheckIntervalSeconds",
    "HealthCheckTimeoutSeconds", "HealthyThresholdCount", "UnhealthyThresholdCount", "Matcher",
)  # fmt: skip


_TARGET_GROUP = Row(
    type="AWS::ElasticLoadBalancingV2::TargetGroup",
    service="elbv2",
    create=Step("CreateTargetGroup"),
    id="$response.TargetGroups.0.TargetGroupArn",
    read=Read("DescribeTargetGroups", {"TargetGroupArns": ["$id"]}, "$response.TargetGroups.0"),
    attributes={
        "TargetGroupArn": "$id",
        "TargetGroupName": "$item.TargetGroupName",
        "TargetGroupFullName": lambda facts: facts.id.rsplit(":", 1)[1],
        "LoadBalancerArns": "$item.LoadBalancerArns",
    },
    also=(
        Step(
            "ModifyTargetGroupAttributes",
            ("TargetGroupAttributes",),
            build=_attributes("TargetGroupAttributes", "TargetGroupArn"),
        ),
        Step("RegisterTargets", ("Targets",), params={"TargetGroupArn": "$id"}),
    ),
    update=(Step("ModifyTargetGroup", _HEALTH, params={"TargetGroupArn": "$id"}),),
    delete=(Step("DeleteTargetGroup", params={"TargetGroupArn": "$id"}),),
    gone=("TargetGroupNotFound",),
    named="Name",
    name_length=32,
    find=Find(
        "DescribeTargetGroups", "$response.TargetGroups", "$item.TargetGroupArn", {}, {"TargetGroupName": "$new.Name"}
    ),
    tags=_TAGGING,
)

_LISTENER = Row(
    type="AWS::ElasticLoadBalancingV2::Listener",
    service="elbv2",
    create=Step("CreateListener"),
    id="$response.Listeners.0.ListenerArn",
    read=Read("DescribeListeners", {"ListenerArns": ["$id"]}, "$response.Listeners.0"),
    attributes={"ListenerArn": "$id"},
    also=(
        Step(
            "ModifyListenerAttributes", ("ListenerAttributes",), build=_attributes("ListenerAttributes", "ListenerArn")
        ),
    ),
    update=(
        Step(
            "ModifyListener",
            ("Port", "Protocol", "SslPolicy", "Certificates", "DefaultActions", "AlpnPolicy", "MutualAuthentication"),
            params={"ListenerArn": "$id"},
        ),
    ),
    delete=(Step("DeleteListener", params={"ListenerArn": "$id"}),),
    gone=("ListenerNotFound",),
    find=Find(
        "DescribeListeners",
        "$response.Listeners",
        "$item.ListenerArn",
        {"LoadBalancerArn": "$new.LoadBalancerArn"},
        {"Port": "$new.Port"},
    ),
    tags=_TAGGING,
)


def _priority(facts: Facts) -> list[dict[str, Any]]:
    return [{"RulePriorities": [{"RuleArn": facts.id, "Priority": int(facts.new["Priority"])}]}]


_RULE = Row(
    type="AWS::ElasticLoadBalancingV2::ListenerRule",
    service="elbv2",
    create=Step("CreateRule"),
    id="$response.Rules.0.RuleArn",
    read=Read("DescribeRules", {"RuleArns": ["$id"]}, "$response.Rules.0"),
    attributes={"RuleArn": "$id", "IsDefault": "$item.IsDefault"},
    update=(
        Step("ModifyRule", ("Conditions", "Actions", "Transforms"), params={"RuleArn": "$id"}),
        Step("SetRulePriorities", ("Priority",), build=_priority),
    ),
    delete=(Step("DeleteRule", params={"RuleArn": "$id"}),),
    gone=("RuleNotFound", "ListenerNotFound"),
    find=Find(
        "DescribeRules",
        "$response.Rules",
        "$item.RuleArn",
        {"ListenerArn": "$new.ListenerArn"},
        {"Priority": "$new.Priority"},
    ),
    tags=_TAGGING,
)


def _certificates(facts: Facts) -> list[dict[str, Any]]:
    return [{"ListenerArn": facts.new["ListenerArn"], "Certificates": facts.new["Certificates"]}]


def _dropped(facts: Facts) -> list[dict[str, Any]]:
    kept = [one["CertificateArn"] for one in facts.new["Certificates"]]
    gone = [one for one in facts.old.get("Certificates") or () if one["CertificateArn"] not in kept]
    return [{"ListenerArn": facts.new["ListenerArn"], "Certificates": gone}] if gone else []


_CERTIFICATE = Row(
    type="AWS::ElasticLoadBalancingV2::ListenerCertificate",
    service="elbv2",
    create=Step("AddListenerCertificates"),
    id="{logical}-{token}",
    attributes={"Id": "$id"},
    update=(
        Step("AddListenerCertificates", ("Certificates",), build=_certificates),
        Step("RemoveListenerCertificates", ("Certificates",), build=_dropped),
    ),
    delete=(Step("RemoveListenerCertificates", build=_certificates),),
    gone=("ListenerNotFound",),
)

ROWS = (_LOAD_BALANCER, _TARGET_GROUP, _LISTENER, _RULE, _CERTIFICATE)
