"""Values for parameters without a default, as a person who tries a template would give them. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_FORMS = (
    "word", "Word1word", "10.0.0.0/16", "10.0.0.7", "10.0.0.7,10.0.0.8", "example.test", "admin@example.test", "8080",
    "1",
    "123456789012", "pcx-0123456789abcdef0", "arn:aws:iam::123456789012:role/word",
)  # fmt: skip
"""What patterns of parameters ask for."""

Ground = Mapping[str, str]
"""What the region has beforehand, by the output's name of ground.yaml."""

_BY_TYPE = {
    "VPC::Id": "Vpc",
    "Subnet::Id": "PublicSubnets",
    "SecurityGroup::Id": "SecurityGroup",
    "SecurityGroup::GroupName": "SecurityGroupName",
    "AvailabilityZone::Name": "Zones",
    "HostedZone::Id": "HostedZone",
    "KeyPair::KeyName": "KeyPair",
    "Image::Id": "Ami",
}
_BY_NAME = [
    (r"responsib", "Agreed"),
    (r"(load.?balancer|alb|elb).*(security|sg)|(security|sg).*group|sgid|^sg", "SecurityGroup"),
    (r"vpc.?cidr|cidr", "Cidr"),
    (r"private.*subnets|subnets.*private", "PrivateSubnets"),
    (r"subnets|subnet.?ids|subnet.*list", "PublicSubnets"),
    (r"private.*subnet.*(2|two|b)$", "PrivateSubnet2"),
    (r"private.*subnet", "PrivateSubnet1"),
    (r"subnet.*(2|two|b|c)$", "PublicSubnet2"),
    (r"subnet", "PublicSubnet1"),
    (r"^vpc$|vpc.?id|vpc$", "Vpc"),
    (r"canonical.*zone", "BalancerZone"),
    (r"zone.?id|hosted.?zone$", "HostedZone"),
    (r"cert|acm", "Certificate"),
    (r"hosted.?zone.?name|domain.?name|domain|zone.?name|host.?name|fqdn|dns$|host$", "Domain"),
    (r"listener", "Listener"),
    (r"target.?group", "TargetGroup"),
    (r"(load.?balancer|alb|elb).*full.?name", "BalancerFullName"),
    (r"(load.?balancer|alb|elb).*(dns|url|endpoint)", "BalancerName"),
    (r"load.?balancer|alb.?arn|^alb$", "Balancer"),
    (r"cluster.*arn", "ClusterArn"),
    (r"cluster", "Cluster"),
    (r"service.?name", "Word"),
    (r"role", "Role"),
    (r"kms|key.?arn|encryption.?key", "Key"),
    (r"topic", "Topic"),
    (r"queue.*url", "QueueUrl"),
    (r"queue", "Queue"),
    (r"secret.*arn|credentials.*arn|arn.*secret", "Secret"),
    (r"repository|image.*(uri|url|repo)|^image$|container.?image|docker.?image|image$|ecr", "Image"),
    (r"image.?tag|tag$|version", "Tag"),
    (r"bucket", "Bucket"),
    (r"log.?group", "LogGroup"),
    (r"email|mail", "Email"),
    (r"password|passwd|secret|token", "Password"),
    (r"user.?name|user$", "Username"),
    (r"database.*(host|address|endpoint)|db.*(host|address|endpoint)", "Domain"),
    (r"db.*name|database.*name|database$", "Database"),
    (r"route.?table", "RouteTable"),
    (r"eip|allocation", "Allocation"),
    (r"namespace", "Namespace"),
    (r"port", "Port"),
    (r"cpu", "Cpu"),
    (r"memory|mem$", "Memory"),
    (r"path", "Path"),
    (r"arn", "Role"),
    (r"count|capacity|number|size|max|min", "Number"),
    (r"zones|azs", "Zones"),
    (r"zone|az$|az\d", "Zone"),
    (r"url|uri|endpoint", "Url"),
    (r"env|stage", "Stage"),
]


def value(name: str, spec: Mapping[str, Any], ground: Ground) -> str | None:
    """What to give; None where the template's own default stands."""
    kind = str(spec.get("Type", "String"))
    default = spec.get("Default")
    for part, output in _BY_TYPE.items():
        if part in kind and "SSM" not in kind:  # the default is of its author's account
            several = ground[output]
            return several if "List" in kind else several.split(",")[0]
    if name == "Qualifier" and default:  # the region has what CDK's own qualifier names
        return ground["Qualifier"]
    if default in ("", "_") and "responsib" in name.lower():
        return ground["Agreed"]
    if kind.startswith("AWS::SSM::Parameter"):
        return None if str(default or "").startswith("/aws/") else ground["SsmParameter"]
    if default not in (None, ""):
        return None
    if default == "" and (kind == "String" or "List" in kind):
        return None
    if spec.get("AllowedValues"):
        return written(spec["AllowedValues"][0])
    if kind == "Number":
        return _number(name, spec)
    return _fitting(guess(name, ground), spec)


def guess(name: str, ground: Ground) -> str:
    """By the name alone."""
    for pattern, output in _BY_NAME:
        if re.search(pattern, name, re.IGNORECASE):
            return ground[output]
    return ground["Word"]


def written(value: Any) -> str:
    """As CloudFormation writes a scalar."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _number(name: str, spec: Mapping[str, Any]) -> str:
    wanted = {"port": 8080, "cpu": 256, "memory": 512, "priority": 7, "retention": 7}
    found = next((number for word, number in wanted.items() if word in name.lower()), 1)
    least, most = float(spec.get("MinValue", found)), float(spec.get("MaxValue", found))
    return f"{max(min(found, most), least):g}"


def _fitting(text: str, spec: Mapping[str, Any]) -> str:
    """One that the parameter's own pattern and lengths take, if a plain word does."""
    pattern = str(spec.get("AllowedPattern", ""))
    least, most = int(spec.get("MinLength", 0)), int(spec.get("MaxLength", 4096))
    for one in (text, text.lower(), *_FORMS):
        try:
            fits = not pattern or re.fullmatch(pattern, one) is not None
        except re.error:
            fits = True
        if fits and len(one) <= most:
            return one if len(one) >= least else one + "x" * (least - len(one))
    return text
