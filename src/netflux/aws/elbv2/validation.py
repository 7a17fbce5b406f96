"""What a request may hold: AWS's own refusals, and loud ones for what is not carried here. Pure.

Limits: API reference of Elastic Load Balancing v2, and the user guide's "Condition types" and "Quotas".
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from typing import Any

from netflux.aws.elbv2 import rulebook, transform
from netflux.errors import AwsError, Unsupported

_NAME = re.compile(r"(?!-)(?!internal-)(?!.*--)[A-Za-z0-9-]{1,32}(?<!-)")
_CODES = re.compile(r"\d{3}(-\d{3})?(,\d{3}(-\d{3})?)*")
_REGISTRABLE = [
    ipaddress.ip_network(block) for block in ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16")
]
"""Where the IP address of a target may lie; API reference, RegisterTargets."""
_CONTENT_TYPES = ("text/plain", "text/css", "text/html", "application/javascript", "application/json")
_RANGES = {
    "HealthCheckIntervalSeconds": (5, 300), "HealthCheckTimeoutSeconds": (2, 120),
    "HealthyThresholdCount": (2, 10), "UnhealthyThresholdCount": (2, 10), "Port": (1, 65535),
}  # fmt: skip
_CONFIGS = {
    "host-header": "HostHeaderConfig", "path-pattern": "PathPatternConfig", "http-header": "HttpHeaderConfig",
    "http-request-method": "HttpRequestMethodConfig", "query-string": "QueryStringConfig",
    "source-ip": "SourceIpConfig",
}  # fmt: skip
_ONCE = ("host-header", "path-pattern", "http-request-method", "source-ip")
_VALUES_PER_RULE = 5
"""One condition may have them all, though the user guide says three: aws/aws-cdk#10065, cfn-lint#3833."""
_WILDCARDS_PER_RULE = 6
_VALUE_LENGTH = 128
_HOST = re.compile(r"[A-Za-z0-9*?._~$/\"'@:+&-]*[.][A-Za-z*?]+")
"""A pattern of a host has a dot, and only letters behind the last one; user guide, "Condition types"."""
_MOST_STICKY_SECONDS = 604800


def load_balancer(request: Mapping[str, Any]) -> None:
    """Of CreateLoadBalancer."""
    kind = request.get("Type", "application")
    if kind != "application":
        raise Unsupported(f"A load balancer of type {kind}", "Only Application Load Balancers run here.")
    if request.get("IpAddressType", "ipv4") != "ipv4":
        raise Unsupported(f"IpAddressType {request['IpAddressType']}")
    for name in ("CustomerOwnedIpv4Pool", "EnablePrefixForIpv6SourceNat", "IpamPools"):
        if request.get(name):
            raise Unsupported(f"CreateLoadBalancer's {name}")
    if not _NAME.fullmatch(request["Name"]):
        raise AwsError(
            "ValidationError",
            f"The load balancer name '{request['Name']}' can have 1-32 letters, digits and single hyphens, must not "
            "begin or end with a hyphen, and must not begin with 'internal-'",
        )
    subnets(request)


def subnets(request: Mapping[str, Any]) -> list[str]:
    """The subnets of CreateLoadBalancer or SetSubnets."""
    mappings = request.get("SubnetMappings") or []
    for mapping in mappings:
        for name in mapping:
            if name != "SubnetId":
                raise Unsupported(f"A subnet mapping's {name}")
    found = [*(request.get("Subnets") or []), *(mapping["SubnetId"] for mapping in mappings)]
    if len(set(found)) < 2:
        raise AwsError("ValidationError", "At least two subnets in two different Availability Zones must be specified")
    return found


def target_group(request: Mapping[str, Any]) -> None:
    """Of CreateTargetGroup and ModifyTargetGroup."""
    create = "Name" in request
    kind = request.get("TargetType", "instance" if create else "ip")
    if kind not in ("ip", "instance"):
        raise Unsupported(f"A target group of target type {kind}", "Use TargetType ip.")
    for name, carried in (
        ("Protocol", ("HTTP", "HTTPS")),
        ("HealthCheckProtocol", ("HTTP", "HTTPS")),
        ("ProtocolVersion", ("HTTP1",)),
        ("IpAddressType", ("ipv4",)),
    ):
        if request.get(name, carried[0]) not in carried:
            raise Unsupported(f"A target group with {name} {request[name]}")
    if request.get("HealthCheckEnabled") is False:
        said = f"Health check enabled must be true for target groups with target type '{kind}'"
        raise AwsError("ValidationError", said)
    for name, (low, high) in _RANGES.items():
        if name in request and not low <= request[name] <= high:
            raise AwsError("ValidationError", f"{name} '{request[name]}' must be between '{low}-{high}' inclusive")
    _health_port(request.get("HealthCheckPort", "traffic-port"))
    matcher(request.get("Matcher"))


def matcher(wanted: Mapping[str, str] | None) -> None:
    """Of a target group."""
    if not wanted:
        return
    if wanted.get("GrpcCode"):
        raise Unsupported("A matcher's GrpcCode")
    codes = wanted.get("HttpCode", "200")
    numbers = [int(code) for code in re.findall(r"\d+", codes)]
    if not _CODES.fullmatch(codes) or not all(200 <= number <= 499 for number in numbers):
        raise AwsError("ValidationError", f"Health check matcher HTTP code '{codes}' must be within '200-499'")


def listener(request: Mapping[str, Any]) -> None:
    """Of CreateListener and ModifyListener."""
    for name in ("AlpnPolicy", "MutualAuthentication"):
        if request.get(name) and request[name] not in ({"Mode": "off"}, ["None"]):
            raise Unsupported(f"A listener's {name}")
    if "Port" in request and not 1 <= request["Port"] <= 65535:
        raise AwsError("ValidationError", f"Port '{request['Port']}' must be between '1-65535' inclusive")
    if request.get("Protocol") == "HTTPS" and "LoadBalancerArn" in request and not request.get("Certificates"):
        raise AwsError("ValidationError", "A certificate must be specified for HTTPS listeners")
    if len(request.get("Certificates") or ()) > 1:
        raise AwsError("ValidationError", "Only one certificate may be specified for a listener")
    if request.get("DefaultActions") is not None:
        actions(request["DefaultActions"])


def rule(request: Mapping[str, Any]) -> None:
    """Of CreateRule and ModifyRule."""
    if request.get("Transforms") and request.get("ResetTransforms"):
        raise AwsError("ValidationError", "Transforms and ResetTransforms can't be given together")
    transform.check(request.get("Transforms") or ())
    if "Priority" in request and not 1 <= request["Priority"] <= 50000:
        raise AwsError("ValidationError", f"Priority '{request['Priority']}' must be between '1-50000' inclusive")
    if request.get("Conditions") is not None:
        conditions(request["Conditions"])
    if request.get("Actions") is not None:
        actions(request["Actions"])


def priorities(wanted: Sequence[int]) -> None:
    """Of SetRulePriorities."""
    for number in wanted:
        if not 1 <= number <= 50000:
            raise AwsError("ValidationError", f"Priority '{number}' must be between '1-50000' inclusive")
        if wanted.count(number) > 1:
            raise AwsError("ValidationError", f"Priority '{number}' was specified more than once")


def conditions(wanted: Sequence[Mapping[str, Any]]) -> None:
    """Of a rule."""
    if not wanted:
        raise AwsError("ValidationError", "A condition must be specified")
    fields = [condition.get("Field", "") for condition in wanted]
    for name in _ONCE:
        if fields.count(name) > 1:
            raise AwsError("InvalidConfigurationRequest", f"A rule can only have one '{name}' condition")
    total = sum(len(_values(condition)) for condition in wanted)
    if total > _VALUES_PER_RULE:
        raise AwsError("TooManyRules", f"A rule can only have '{_VALUES_PER_RULE}' condition values, not '{total}'")
    for condition in wanted:
        _condition(condition)
    wild = sum(value.count("*") + value.count("?") for condition in wanted for value in _texts(condition))
    if wild > _WILDCARDS_PER_RULE:
        raise AwsError("ValidationError", f"A rule can only have '{_WILDCARDS_PER_RULE}' wildcards, not '{wild}'")


def actions(wanted: Sequence[Mapping[str, Any]]) -> None:
    """Of a rule or a listener."""
    for action in wanted:
        if action["Type"] not in ("forward", "redirect", "fixed-response"):
            raise Unsupported(f"A rule's action {action['Type']}")
    if len(wanted) != 1:
        raise AwsError("InvalidLoadBalancerAction", "Exactly one forward, redirect or fixed-response action is needed")
    action = wanted[0]
    if action["Type"] == "forward":
        _forward(action)
    elif action["Type"] == "redirect":
        _redirect(action.get("RedirectConfig") or {})
    else:
        _fixed_response(action.get("FixedResponseConfig") or {})


def target(entry: Mapping[str, Any], kind: str) -> None:
    """Of RegisterTargets, for a target group of that kind."""
    if kind == "instance":
        raise Unsupported(f"The instance {entry['Id']} as a target", "Use a target group of TargetType ip.")
    try:
        address = ipaddress.ip_address(entry["Id"])
    except ValueError as error:
        raise AwsError("ValidationError", f"The target ID '{entry['Id']}' is not a valid IP address") from error
    if not any(address in block for block in _REGISTRABLE if block.version == address.version):
        raise AwsError("InvalidTarget", f"The IP address '{entry['Id']}' is not within the VPC or a private range")
    if "Port" in entry and not 1 <= entry["Port"] <= 65535:
        raise AwsError("ValidationError", f"Port '{entry['Port']}' must be between '1-65535' inclusive")
    if entry.get("QuicServerId"):
        raise Unsupported("A target's QuicServerId")


def _values(condition: Mapping[str, Any]) -> Sequence[Any]:
    config = condition.get(_CONFIGS.get(condition.get("Field", ""), "")) or {}
    return [*(config.get("Values") or condition.get("Values") or ()), *rulebook.expressions(condition)]


def _texts(condition: Mapping[str, Any]) -> Sequence[str]:
    """Values that may have wildcards."""
    if condition.get("Field") in ("source-ip", "http-request-method") or rulebook.expressions(condition):
        return ()
    return [
        text
        for value in _values(condition)
        for text in ((value.get("Key") or "", value.get("Value") or "") if isinstance(value, Mapping) else (value,))
    ]


def _condition(condition: Mapping[str, Any]) -> None:
    field = condition.get("Field", "")
    if field not in _CONFIGS:
        raise AwsError("ValidationError", f"Condition field '{field}' must be one of '[{', '.join(sorted(_CONFIGS))}]'")
    config = condition.get(_CONFIGS[field]) or {}
    if not _values(condition):
        raise AwsError("ValidationError", "A condition value must be specified")
    regexes = rulebook.expressions(condition)
    if regexes:
        _regexes(field, regexes, config.get("Values") or condition.get("Values"))
    for text in _texts(condition):
        if len(text) > _VALUE_LENGTH:
            raise AwsError("ValidationError", f"A '{field}' value can have at most '{_VALUE_LENGTH}' characters")
        if field == "host-header" and not _HOST.fullmatch(text):
            raise AwsError("ValidationError", f"The host '{text}' needs a '.', and only letters behind the last one")
    if field == "source-ip":
        for value in _values(condition):
            _block(value)
    if field == "http-header":
        _header_name(config.get("HttpHeaderName", ""))


def _regexes(field: str, regexes: Sequence[str], others: object) -> None:
    if field not in ("host-header", "http-header", "path-pattern"):
        raise AwsError("ValidationError", f"A '{field}' condition takes no regular expressions")
    if others:
        raise AwsError("ValidationError", f"A '{field}' condition takes Values or RegexValues, not both")
    for text in regexes:
        transform.expression(text, _VALUE_LENGTH)


def _header_name(name: str) -> None:
    if not re.fullmatch(r"[!#$%&'+.^_`|~0-9A-Za-z-]{1,40}", name):
        raise AwsError("ValidationError", f"The HTTP header name '{name}' is not valid")
    if name.lower() == "host":
        raise AwsError("ValidationError", "Use a 'host-header' condition for the header 'Host'")


def _block(value: str) -> None:
    try:
        ipaddress.ip_network(value)
    except ValueError as error:
        raise AwsError("ValidationError", f"The source IP '{value}' is not a CIDR block") from error
    if value == "255.255.255.255/32":
        raise AwsError("ValidationError", f"The source IP '{value}' is not allowed")


def _forward(action: Mapping[str, Any]) -> None:
    config = action.get("ForwardConfig") or {}
    groups = config.get("TargetGroups") or []
    if not groups and not action.get("TargetGroupArn"):
        raise AwsError("ValidationError", "A target group must be specified for a 'forward' action")
    if len(groups) > 5:
        raise AwsError("TooManyTargetGroups", "A 'forward' action can have at most '5' target groups")
    if any(not 0 <= group.get("Weight", 1) <= 999 for group in groups):
        raise AwsError("ValidationError", "The weight of a target group must be between '0-999' inclusive")
    sticky = config.get("TargetGroupStickinessConfig") or {}
    if sticky.get("Enabled") and not 1 <= int(sticky.get("DurationSeconds") or 0) <= _MOST_STICKY_SECONDS:
        raise AwsError(
            "ValidationError",
            "Target group stickiness duration must be specified, and be between '1-604800' seconds, when it is enabled",
        )


def _redirect(config: Mapping[str, Any]) -> None:
    same = {"Protocol": "#{protocol}", "Host": "#{host}", "Port": "#{port}", "Path": "/#{path}"}
    if all(config.get(name, value) == value for name, value in same.items()):
        raise AwsError(
            "InvalidLoadBalancerAction", "A redirect must change at least one of protocol, host, port and path"
        )
    for name in ("Host", "Path", "Query"):
        if len(config.get(name) or "") > 128:
            raise AwsError("ValidationError", f"The redirect {name} can have at most '128' characters")
    for name, pattern in _REDIRECT_PARTS.items():
        if name in config and not re.fullmatch(pattern, config[name]):
            raise AwsError("ValidationError", f"The redirect's {name} '{config[name]}' is not valid")


_REDIRECT_PARTS = {
    "StatusCode": "HTTP_30[12]", "Protocol": r"HTTPS?|#\{protocol\}", "Port": r"[1-9]\d{0,4}|#\{port\}", "Path": "/.*",
}  # fmt: skip
"""API reference, RedirectActionConfig."""


def _fixed_response(config: Mapping[str, Any]) -> None:
    if not re.fullmatch(r"[245]\d\d", config.get("StatusCode", "")):
        raise AwsError(
            "ValidationError", f"Fixed response status code '{config.get('StatusCode')}' must be '2XX', '4XX' or '5XX'"
        )
    if len(config.get("MessageBody") or "") > 1024:
        raise AwsError("ValidationError", "The fixed response message body can have at most '1024' characters")
    if config.get("ContentType") and config["ContentType"] not in _CONTENT_TYPES:
        raise AwsError(
            "InvalidLoadBalancerAction", f"The ContentType must be one of: {', '.join(map(repr, _CONTENT_TYPES))}"
        )


def _health_port(port: str) -> None:
    if port != "traffic-port" and not (port.isdigit() and 1 <= int(port) <= 65535):
        raise AwsError("ValidationError", f"Health check port '{port}' must be 'traffic-port' or between '1-65535'")
