"""Attributes of load balancers, listeners and target groups: AWS's defaults, and what may be set here. Pure.

Defaults and ranges: Elastic Load Balancing user guide for Application Load Balancers, "Load balancer attributes",
"Listener attributes" and "Target group attributes".
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from netflux.errors import AwsError, Unsupported
from netflux.resources.elbv2 import TargetGroup


@dataclass(frozen=True)
class Attribute:
    """One attribute.

    Attributes:
        default: AWS's.
        carried: values that have their effect here; empty means a number of the range. Others are refused by name.
        valid: values that AWS takes; empty means a number of the range, or any text where there is none.
        lowest, highest: of the number.
        also: what may stand instead of a number.
    """

    default: str
    carried: tuple[str, ...] = ()
    valid: tuple[str, ...] = ()
    lowest: int = 0
    highest: int = -1
    also: str = ""


_BOOLEANS = ("true", "false")


def _only(value: str, *others: str) -> Attribute:
    return Attribute(value, (value,), (value, *others))


def _off() -> Attribute:
    return _only("false", "true")


def _either(default: str) -> Attribute:
    return Attribute(default, _BOOLEANS, _BOOLEANS)


_LOAD_BALANCER: dict[str, Attribute] = {
    "access_logs.s3.enabled": _either("false"),
    "access_logs.s3.bucket": Attribute(""),
    "access_logs.s3.prefix": Attribute(""),
    "connection_logs.s3.enabled": _off(),
    "connection_logs.s3.bucket": Attribute("", ("",)),
    "connection_logs.s3.prefix": Attribute("", ("",)),
    "client_keep_alive.seconds": Attribute("3600", (), (), 60, 604800),
    "deletion_protection.enabled": _either("false"),
    "idle_timeout.timeout_seconds": Attribute("60", (), (), 1, 4000),
    "ipv6.deny_all_igw_traffic": _off(),
    "load_balancing.cross_zone.enabled": Attribute("true", ("true",), ("true",)),
    "routing.http.desync_mitigation_mode": _only("defensive", "monitor", "strictest"),
    "routing.http.drop_invalid_header_fields.enabled": _either("false"),
    "routing.http.preserve_host_header.enabled": _either("false"),
    "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": _either("false"),
    "routing.http.xff_client_port.enabled": _either("false"),
    "routing.http.xff_header_processing.mode": Attribute(
        "append", ("append", "preserve", "remove"), ("append", "preserve", "remove")
    ),
    "routing.http2.enabled": _either("true"),
    # Both only say what happens once a web ACL is associated, or ARC is asked to shift; neither service is here.
    "waf.fail_open.enabled": _either("false"),
    "zonal_shift.config.enabled": _either("false"),
}

RESPONSE_HEADERS = {
    f"routing.http.response.{name.lower().replace('-', '_')}.header_value": name
    for name in (
        "Strict-Transport-Security", "Access-Control-Allow-Origin", "Access-Control-Allow-Methods",
        "Access-Control-Allow-Headers", "Access-Control-Allow-Credentials", "Access-Control-Expose-Headers",
        "Access-Control-Max-Age", "Content-Security-Policy", "X-Content-Type-Options", "X-Frame-Options",
    )
}  # fmt: skip
"""Listener attributes that put a header on every answer; user guide, "HTTP header modification"."""
_HEADER_BYTES = 1024

_REQUEST_HEADERS = {
    f"routing.http.request.{name.lower().replace('-', '_')}.header_name": name
    for name in (
        "X-Amzn-Tls-Version", "X-Amzn-Tls-Cipher-Suite", "X-Amzn-Mtls-Clientcert", "X-Amzn-Mtls-Clientcert-Leaf",
        "X-Amzn-Mtls-Clientcert-Serial-Number", "X-Amzn-Mtls-Clientcert-Issuer", "X-Amzn-Mtls-Clientcert-Subject",
        "X-Amzn-Mtls-Clientcert-Validity",
    )
}  # fmt: skip
TLS_HEADERS = tuple(_REQUEST_HEADERS)[:2]
"""Listener attributes that rename a header of requests. Those of client certificates have nothing to rename, as without
mutual authentication on AWS."""
_HEADER_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")

_LISTENER: dict[str, Attribute] = {
    "routing.http.response.server.enabled": _either("true"),
    **dict.fromkeys(RESPONSE_HEADERS, Attribute("")),
    **{key: Attribute(name) for key, name in _REQUEST_HEADERS.items()},
}

_STICKINESS = ("lb_cookie", "app_cookie")
_CROSS_ZONE = "load_balancing.cross_zone.enabled"
_TARGET_GROUP: dict[str, Attribute] = {
    "deregistration_delay.timeout_seconds": Attribute("300", (), (), 0, 3600),
    "load_balancing.algorithm.anomaly_mitigation": _only("off", "on"),
    "load_balancing.algorithm.type": Attribute(
        "round_robin",
        ("round_robin", "least_outstanding_requests", "weighted_random"),
        ("round_robin", "least_outstanding_requests", "weighted_random"),
    ),
    _CROSS_ZONE: Attribute(
        "use_load_balancer_configuration",
        ("use_load_balancer_configuration", "true", "false"),
        ("use_load_balancer_configuration", "true", "false"),
    ),
    "slow_start.duration_seconds": Attribute("0", (), (), 30, 900, also="0"),
    "stickiness.enabled": _either("false"),
    "stickiness.type": Attribute("lb_cookie", _STICKINESS, _STICKINESS),
    "stickiness.lb_cookie.duration_seconds": Attribute("86400", (), (), 1, 604800),
    "stickiness.app_cookie.duration_seconds": Attribute("86400", (), (), 1, 604800),
    "stickiness.app_cookie.cookie_name": Attribute(""),
    "target_group_health.dns_failover.minimum_healthy_targets.count": Attribute("1", (), (), 1, 1000, also="off"),
    "target_group_health.dns_failover.minimum_healthy_targets.percentage": Attribute("off", (), (), 1, 100, also="off"),
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count": Attribute("1", (), (), 1, 1000),
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": Attribute(
        "off", (), (), 1, 100, also="off"
    ),
}

MULTIPLE_VALUES = "lambda.multi_value_headers.enabled"
_FUNCTION_GROUP: dict[str, Attribute] = {MULTIPLE_VALUES: _either("false")}
"""Of groups whose target is a function, which have no others."""

_RESERVED = ("AWSALB", "AWSALBAPP", "AWSALBTG")
_COOKIE = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def load_balancer(kept: Mapping[str, str]) -> dict[str, str]:
    """A load balancer's attributes, those that were never set with AWS's default."""
    return _filled(_LOAD_BALANCER, kept)


def listener(kept: Mapping[str, str]) -> dict[str, str]:
    """A listener's attributes, those that were never set with AWS's default."""
    return _filled(_LISTENER, kept)


def target_group(kept: Mapping[str, str]) -> dict[str, str]:
    """A target group's attributes, those that were never set with AWS's default."""
    return _filled({**_TARGET_GROUP, **_FUNCTION_GROUP}, kept)


def shown_group(group: TargetGroup) -> dict[str, str]:
    """Those of them that a group of its kind has."""
    return _filled(_FUNCTION_GROUP if group.is_function else _TARGET_GROUP, group.attributes)


def said(wanted: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """A request's attributes by key."""
    return {entry["Key"]: str(entry.get("Value", "")) for entry in wanted}


def check_load_balancer(wanted: Sequence[Mapping[str, Any]]) -> None:
    """AwsError or Unsupported, naming the attribute, when one can't be set."""
    _check(_LOAD_BALANCER, wanted, "Load balancer")


def check_listener(wanted: Sequence[Mapping[str, Any]]) -> None:
    """AwsError or Unsupported, naming the attribute, when one can't be set."""
    for entry in wanted:
        key = entry["Key"]
        if key.startswith("routing.http.") and key not in _LISTENER and entry.get("Value"):
            raise Unsupported(f"Listener attribute {key}")
        if len(entry.get("Value", "").encode()) > _HEADER_BYTES:
            raise AwsError("ValidationError", f"'{key}' value must not be longer than {_HEADER_BYTES} bytes")
        if key in _REQUEST_HEADERS and not _HEADER_NAME.fullmatch(entry.get("Value", "")):
            raise AwsError("ValidationError", f"'{key}' value '{entry.get('Value', '')}' is not a valid header name")
    _check(_LISTENER, [entry for entry in wanted if entry["Key"] in _LISTENER or entry.get("Value")], "Listener")


def check_target_group(wanted: Sequence[Mapping[str, Any]], protocol: str, *, function: bool = False) -> None:
    """AwsError or Unsupported, naming the attribute, when one can't be set."""
    if function:
        _check(_FUNCTION_GROUP, wanted, "Target group")
        return
    _check_stickiness(said(wanted).get("stickiness.type"), protocol)
    _check(_TARGET_GROUP, wanted, "Target group")
    name = said(wanted).get("stickiness.app_cookie.cookie_name", "")
    if name and (name.startswith(_RESERVED) or not _COOKIE.fullmatch(name)):
        raise AwsError("ValidationError", f"The cookie name '{name}' is reserved or not valid")


def _check_stickiness(kind: str | None, protocol: str) -> None:
    if kind == "source_ip":
        said_of = f"Stickiness type '{kind}' is not supported for target groups with the {protocol} protocol"
        raise AwsError("ValidationError", said_of)
    if kind is not None and kind not in _STICKINESS:
        raise AwsError("ValidationError", "'Stickiness type' must be one of [app_cookie, lb_cookie, source_ip]")


def check_zonal(wanted: Mapping[str, str], zones: Collection[str], *, apart: bool) -> None:
    """AwsError or Unsupported when load balancing can't be kept in each zone; user guide, "Cross-zone load balancing".

    Args:
        wanted: all of the group's attributes, as they would be.
        zones: that its targets were registered with.
        apart: whether the load balancer's nodes ask targets from addresses of their own.
    """
    if wanted[_CROSS_ZONE] != "false":
        return
    if not apart:
        raise Unsupported(f"Target group attribute {_CROSS_ZONE}=false", "It needs --network namespaces.")
    if wanted["stickiness.enabled"] == "true":
        raise AwsError(
            "InvalidConfigurationRequest", "Target stickiness is not supported when cross-zone load balancing is off"
        )
    if "all" in zones:
        raise AwsError(
            "InvalidConfigurationRequest", "Cross-zone load balancing can't be off with targets in zone 'all'"
        )


def as_list(found: Mapping[str, str]) -> list[dict[str, str]]:
    """As the API returns them."""
    return [{"Key": key, "Value": value} for key, value in sorted(found.items())]


def _filled(known: Mapping[str, Attribute], kept: Mapping[str, str]) -> dict[str, str]:
    return {key: kept.get(key, attribute.default) for key, attribute in known.items()}


def _check(known: Mapping[str, Attribute], wanted: Sequence[Mapping[str, Any]], kind: str) -> None:
    for entry in wanted:
        key, value = entry["Key"], str(entry.get("Value", ""))
        attribute = known.get(key)
        if attribute is None:
            raise AwsError("ValidationError", f"{kind} attribute key '{key}' is not recognized")
        _check_valid(attribute, key, value)
        if attribute.carried and value not in attribute.carried:
            raise Unsupported(f"{kind} attribute {key}={value}", f"Leave it at {attribute.default!r}.")


def _check_valid(attribute: Attribute, key: str, value: str) -> None:
    if attribute.valid and value not in attribute.valid:
        raise AwsError("ValidationError", f"'{key}' value '{value}' must be one of {', '.join(attribute.valid)}")
    if attribute.highest >= 0:
        number = int(value) if value.isdigit() else -1
        if not (attribute.lowest <= number <= attribute.highest or (attribute.also and value == attribute.also)):
            span = f"{attribute.lowest}-{attribute.highest}"
            raise AwsError("ValidationError", f"'{key}' value '{value}' must be between '{span}' inclusive")
