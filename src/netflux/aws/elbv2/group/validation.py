"""What a target group may be. Pure.

API reference, CreateTargetGroup; user guide, "Health checks for Application Load Balancer target groups".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from netflux.errors import AwsError, Unsupported
from netflux.resources.elbv2 import FUNCTION, HealthCheck

_CODES = re.compile(r"\d{3}(-\d{3})?(,\d{3}(-\d{3})?)*")
_RANGES = {
    "HealthCheckIntervalSeconds": (5, 300), "HealthCheckTimeoutSeconds": (2, 120),
    "HealthyThresholdCount": (2, 10), "UnhealthyThresholdCount": (2, 10), "Port": (1, 65535),
}  # fmt: skip


def new(request: Mapping[str, Any]) -> None:
    """Of CreateTargetGroup."""
    name = request["Name"]
    if len(name) > 32:
        raise AwsError("ValidationError", f"Target group name '{name}' cannot be longer than '32' characters")
    if not re.fullmatch("[A-Za-z0-9-]+", name):
        raise AwsError(
            "ValidationError",
            f"Target group name '{name}' can only contain characters that are alphanumeric characters or hyphens(-)",
        )
    if name.startswith("-") or name.endswith("-"):
        raise AwsError("ValidationError", f"Target group name '{name}' cannot begin or end with '-'")
    kind = request.get("TargetType", "instance")
    if kind == FUNCTION:
        _function(request)
        return
    for member, words in (("Protocol", "A protocol"), ("Port", "A port"), ("VpcId", "A VPC ID")):
        if not request.get(member):
            raise AwsError("ValidationError", f"{words} must be specified")
    ranges(request, kind)


def _function(request: Mapping[str, Any]) -> None:
    """A group of a function; user guide, "Use Lambda functions as targets of an Application Load Balancer"."""
    for member, words in (("Protocol", "Protocol"), ("Port", "Port"), ("VpcId", "VPC ID")):
        if request.get(member):
            said = f"{words} cannot be specified for target groups with target type '{FUNCTION}'"
            raise AwsError("ValidationError", said)
    if request.get("HealthCheckEnabled"):
        raise Unsupported(
            "A health check of a function",
            "Leave HealthCheckEnabled out: it is off for functions unless it is asked for.",
        )


def ranges(request: Mapping[str, Any], kind: str) -> None:
    """Of CreateTargetGroup and ModifyTargetGroup, for a group of that target type."""
    if kind == FUNCTION:
        _function(request)
        return
    if request.get("HealthCheckEnabled") is False:
        said = f"Health check enabled must be true for target groups with target type '{kind}'"
        raise AwsError("ValidationError", said)
    for name, (low, high) in _RANGES.items():
        if name in request and not low <= request[name] <= high:
            raise AwsError("ValidationError", f"{name} '{request[name]}' must be between '{low}-{high}' inclusive")
    port = request.get("HealthCheckPort", "traffic-port")
    if port != "traffic-port" and not (re.fullmatch("[0-9]{1,5}", port) and 1 <= int(port) <= 65535):
        raise AwsError("ValidationError", f"Health check port '{port}' must be 'traffic-port' or between '1-65535'")
    path = request.get("HealthCheckPath")
    if path is not None and not re.fullmatch("/[!-~]*", path):
        raise AwsError(
            "ValidationError",
            f"Health check path '{path}' must begin with '/' and have no spaces and only ASCII characters",
        )
    _matcher(request.get("Matcher"))


def check(request: Mapping[str, Any], before: HealthCheck) -> HealthCheck:
    """The health check with the parts that a request names.

    Raises:
        AwsError: the parts don't go together.
    """
    found = replace(
        before,
        protocol=request.get("HealthCheckProtocol", before.protocol),
        port=request.get("HealthCheckPort", before.port),
        path=request.get("HealthCheckPath", before.path),
        interval=float(request.get("HealthCheckIntervalSeconds", before.interval)),
        timeout=float(request.get("HealthCheckTimeoutSeconds", before.timeout)),
        healthy_threshold=request.get("HealthyThresholdCount", before.healthy_threshold),
        unhealthy_threshold=request.get("UnhealthyThresholdCount", before.unhealthy_threshold),
        matcher=(request.get("Matcher") or {}).get("HttpCode") or before.matcher,
    )
    if found.timeout >= found.interval:
        raise AwsError(
            "ValidationError",
            f"Health check timeout '{found.timeout:g}' must be smaller than the interval '{found.interval:g}'",
        )
    return found


def _matcher(wanted: Mapping[str, str] | None) -> None:
    codes = (wanted or {}).get("HttpCode", "200")
    numbers = [int(code) for code in re.findall(r"\d+", codes)]
    if not _CODES.fullmatch(codes) or not all(200 <= number <= 499 for number in numbers):
        raise AwsError("ValidationError", f"Health check matcher HTTP code '{codes}' must be within '200-499'")
    if any(int(low) > int(high) for low, high in re.findall(r"(\d+)-(\d+)", codes)):
        raise AwsError("ValidationError", f"Health check matcher HTTP code '{codes}' has a range that is empty")
