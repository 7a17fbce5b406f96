"""Requests that break one rule each, and the pages that say so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.aws.elbv2.place import fixed, path_is

CREATE_BALANCER = "CreateLoadBalancer, API reference"
SUBNETS = "Subnets for your load balancer, Elastic Load Balancing user guide"
CREATE_LISTENER = "CreateListener, API reference"
MODIFY_LISTENER = "ModifyListener, API reference"
CREATE_GROUP = "CreateTargetGroup, API reference"
HEALTH = "Health checks for Application Load Balancer target groups, Elastic Load Balancing user guide"
CONDITIONS = "Condition types for listener rules, Elastic Load Balancing user guide"
ACTIONS = "Action types for listener rules, Elastic Load Balancing user guide"
TRANSFORMS = "Transforms for listener rules, Elastic Load Balancing user guide"
QUOTAS = "Quotas for your Application Load Balancers, Elastic Load Balancing user guide"
REGISTER = "RegisterTargets, API reference"
PRIORITIES = "SetRulePriorities, API reference"
LB_ATTRIBUTES = "Edit attributes for your Application Load Balancer, Elastic Load Balancing user guide"
TG_ATTRIBUTES = "Edit target group attributes for your Application Load Balancer, Elastic Load Balancing user guide"
CERTIFICATES = "SSL certificates for your Application Load Balancer, Elastic Load Balancing user guide"
TAGS = "AddTags, API reference"

NO_ARN = "arn:aws:elasticloadbalancing:us-east-1:123456789012"


def new_balancer(**params: Any) -> dict[str, Any]:
    return {"Name": "new", "Subnets": ["{a}", "{b}"], **params}


def new_group(**params: Any) -> dict[str, Any]:
    return {"Name": "new", "Protocol": "HTTP", "Port": 8080, "VpcId": "{vpc}", "TargetType": "ip", **params}


def new_listener(*actions: Mapping[str, Any], **params: Any) -> dict[str, Any]:
    listened = {"LoadBalancerArn": "{web}", "Protocol": "HTTP", "Port": 8080}
    return {**listened, "DefaultActions": [*actions] or [fixed()], **params}


def new_rule(*conditions: Mapping[str, Any], action: Mapping[str, Any] | None = None, **params: Any) -> dict[str, Any]:
    made = {"ListenerArn": "{listener}", "Priority": 30, "Actions": [action or fixed()]}
    return {**made, "Conditions": [*conditions] or [path_is("/x")], **params}


def values(field: str, *values: Any, **more: Any) -> dict[str, Any]:
    config = {"host-header": "HostHeaderConfig", "path-pattern": "PathPatternConfig", "http-header": "HttpHeaderConfig",
              "http-request-method": "HttpRequestMethodConfig", "query-string": "QueryStringConfig",
              "source-ip": "SourceIpConfig"}[field]  # fmt: skip
    return {"Field": field, config: {"Values": [*values], **more}}


def redirect(**config: Any) -> dict[str, Any]:
    return {"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_301", **config}}


def weighted(*groups: str, **config: Any) -> dict[str, Any]:
    return {"Type": "forward", "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": one} for one in groups], **config}}


def rewrite(kind: str, *rewrites: tuple[str, str]) -> dict[str, Any]:
    config = {"url-rewrite": "UrlRewriteConfig", "host-header-rewrite": "HostHeaderRewriteConfig"}[kind]
    return {"Type": kind, config: {"Rewrites": [{"Regex": one, "Replace": other} for one, other in rewrites]}}


def attributes(noun: str, arn: str, **values: str) -> dict[str, Any]:
    listed = [{"Key": key.replace("__", "."), "Value": value} for key, value in values.items()]
    return {f"{noun}Arn": arn, "Attributes": listed}
