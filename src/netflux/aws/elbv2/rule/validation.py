"""What a rule may be. Pure.

Limits: API reference of Elastic Load Balancing v2, and the user guide's "Condition types" and "Quotas".
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from netflux.aws.elbv2 import quotas
from netflux.aws.elbv2.rule import transform
from netflux.aws.elbv2.rule.shapes import CONFIGS
from netflux.errors import AwsError

_CONTENT_TYPES = ("text/plain", "text/css", "text/html", "application/javascript", "application/json")
_OLD = ("host-header", "path-pattern")
"""Fields whose values may stand in the condition itself."""
_ONCE = ("host-header", "path-pattern", "http-request-method", "source-ip")
_VALUE_LENGTH = 128
_METHOD = re.compile("[A-Z_-]+")
_METHOD_LENGTH = _NAME_LENGTH = 40
_HOST = re.compile(r"[A-Za-z0-9*?._~$/\"'@:+&-]*[.][A-Za-z*?]+")
"""A pattern of a host has a dot, and only letters behind the last one; user guide, "Condition types"."""
_MOST_STICKY_SECONDS = 604800


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


def priorities(entries: Sequence[Mapping[str, Any]]) -> None:
    """Of SetRulePriorities."""
    if not entries:
        raise AwsError("ValidationError", "At least one rule priority must be specified")
    for entry in entries:
        if not entry.get("RuleArn") or "Priority" not in entry:
            raise AwsError("ValidationError", "Each rule priority has a RuleArn and a Priority")
        if not 1 <= entry["Priority"] <= 50000:
            raise AwsError("ValidationError", f"Priority '{entry['Priority']}' must be between '1-50000' inclusive")
    arns = [entry["RuleArn"] for entry in entries]
    if len(set(arns)) < len(arns):
        raise AwsError("ValidationError", "A rule was specified more than once")


def conditions(wanted: Sequence[Mapping[str, Any]]) -> None:
    """Of a rule."""
    if not wanted:
        raise AwsError("ValidationError", "A condition must be specified")
    fields = [condition.get("Field", "") for condition in wanted]
    for name in _ONCE:
        if fields.count(name) > 1:
            raise AwsError("InvalidConfigurationRequest", f"A rule can only have one '{name}' condition")
    total = sum(len(_values(condition)) for condition in wanted)
    quotas.check(quotas.VALUES, total)
    for condition in wanted:
        _condition(condition)
    wild = sum(value.count("*") + value.count("?") for condition in wanted for value in _texts(condition))
    quotas.check(quotas.WILDCARDS, wild)


def actions(wanted: Sequence[Mapping[str, Any]]) -> None:
    """Of a rule or a listener."""
    if len(wanted) != 1:
        code = "InvalidLoadBalancerAction" if wanted else "ValidationError"
        raise AwsError(code, "Exactly one forward, redirect or fixed-response action is needed")
    action = wanted[0]
    for kind, members in _MEMBERS.items():
        for member in members:
            if kind != action["Type"] and action.get(member):
                raise AwsError("ValidationError", f"A '{action['Type']}' action takes no {member}")
    if action["Type"] == "forward":
        _forward(action)
    elif action["Type"] == "redirect":
        _redirect(action.get("RedirectConfig") or {})
    else:
        _fixed_response(action.get("FixedResponseConfig") or {})


_MEMBERS = {
    "forward": ("TargetGroupArn", "ForwardConfig"), "redirect": ("RedirectConfig",),
    "fixed-response": ("FixedResponseConfig",),
}  # fmt: skip
"""Of actions, by their type."""


def _values(condition: Mapping[str, Any]) -> Sequence[Any]:
    config = condition.get(CONFIGS.get(condition.get("Field", ""), "")) or {}
    return [*(config.get("Values") or condition.get("Values") or ()), *_regexes_of(condition)]


def _regexes_of(condition: Mapping[str, Any]) -> Sequence[str]:
    """The condition's RegexValues, wherever they stand."""
    configs = [condition.get(name) or {} for name in CONFIGS.values()]
    return next((found["RegexValues"] for found in [*configs, condition] if found.get("RegexValues")), ())


def _texts(condition: Mapping[str, Any]) -> Sequence[str]:
    """Values that may have wildcards."""
    if condition.get("Field") in ("source-ip", "http-request-method") or _regexes_of(condition):
        return ()
    return [
        text
        for value in _values(condition)
        for text in ((value.get("Key") or "", value.get("Value") or "") if isinstance(value, Mapping) else (value,))
    ]


def _condition(condition: Mapping[str, Any]) -> None:
    field = condition.get("Field", "")
    if field not in CONFIGS:
        raise AwsError("ValidationError", f"Condition field '{field}' must be one of '[{', '.join(sorted(CONFIGS))}]'")
    config = condition.get(CONFIGS[field]) or {}
    _one_form(field, condition, config)
    if field not in _OLD and not config:
        raise AwsError("ValidationError", f"A '{CONFIGS[field]}' must be specified with '{field}'")
    if not _values(condition):
        needed = "A 'source-ip' value" if field == "source-ip" else "A condition value"
        raise AwsError("ValidationError", f"{needed} must be specified")
    regexes = _regexes_of(condition)
    if regexes:
        _regexes(field, regexes, config.get("Values") or condition.get("Values"))
    if field == "query-string":
        _pairs(_values(condition))
    for text in _texts(condition):
        _short(field, text, _VALUE_LENGTH)
    for value in () if regexes else _values(condition):
        _EACH.get(field, _anything)(value)
    if field == "http-header":
        _header_name(config.get("HttpHeaderName", ""))


def _anything(_value: Any) -> None:
    """Any text will do."""


def _host(text: str) -> None:
    if not _HOST.fullmatch(text):
        raise AwsError("ValidationError", f"The host '{text}' needs a '.', and only letters behind the last one")


def _short(what: str, text: str, most: int) -> None:
    if len(text) > most:
        raise AwsError("ValidationError", f"The '{what}' value is too long; the limit is '{most}'")


def _pairs(values: Sequence[Mapping[str, str]]) -> None:
    for pair in values:
        if not pair.get("Value"):
            raise AwsError("ValidationError", "A 'Value' must be specified in 'QueryStringKeyValuePair'")
        for part in ("Key", "Value"):
            _short(part, pair.get(part) or "", _VALUE_LENGTH)


def _method(value: str) -> None:
    """API reference, HttpRequestMethodConditionConfig."""
    _short("http-request-method", value, _METHOD_LENGTH)
    if not _METHOD.fullmatch(value):
        raise AwsError(
            "ValidationError",
            "The 'http-request-method' value is invalid; the allowed characters are A-Z, hyphen and underscore",
        )


def _one_form(field: str, condition: Mapping[str, Any], config: Mapping[str, Any]) -> None:
    """Nothing stands in a condition that its field does not read, and not one thing twice in two ways."""
    for other in CONFIGS.values():
        if other != CONFIGS[field] and condition.get(other):
            raise AwsError("ValidationError", f"A '{field}' condition takes no {other}")
    for name in ("Values", "RegexValues"):
        if not condition.get(name):
            continue
        if field not in _OLD:
            raise AwsError("ValidationError", f"A '{field}' condition has its {name} in {CONFIGS[field]}")
        if config.get(name, condition[name]) != condition[name]:
            raise AwsError("ValidationError", f"A '{field}' condition has {name} that differ from {CONFIGS[field]}'s")


def _regexes(field: str, regexes: Sequence[str], others: object) -> None:
    if field not in ("host-header", "http-header", "path-pattern"):
        raise AwsError("ValidationError", f"A '{field}' condition takes no regular expressions")
    if others:
        raise AwsError("ValidationError", f"A '{field}' condition takes Values or RegexValues, not both")
    for text in regexes:
        transform.expression(text, _VALUE_LENGTH)


def _header_name(name: str) -> None:
    _short("HttpHeaderName", name, _NAME_LENGTH)
    if not re.fullmatch(r"[!#$%&'+.^_`|~0-9A-Za-z-]+", name):
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


_EACH: Mapping[str, Callable[[Any], None]] = {
    "host-header": _host, "source-ip": _block, "http-request-method": _method,
}  # fmt: skip
"""What a value of a field has to be, besides short."""


def _forward(action: Mapping[str, Any]) -> None:
    config = action.get("ForwardConfig") or {}
    groups = config.get("TargetGroups") or []
    if not groups and not action.get("TargetGroupArn"):
        raise AwsError("ValidationError", "A target group must be specified for a 'forward' action")
    quotas.check(quotas.GROUPS_OF_ACTION, len(groups))
    arns = [group.get("TargetGroupArn") or "" for group in groups]
    if not all(arns) or len(set(arns)) < len(arns):
        raise AwsError("ValidationError", "Each target group of a 'forward' action has an ARN of its own")
    if groups and action.get("TargetGroupArn") and arns != [action["TargetGroupArn"]]:
        raise AwsError("ValidationError", "TargetGroupArn and ForwardConfig must name the same single target group")
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
