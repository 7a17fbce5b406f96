"""What a target may be. Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import Any

from netflux.errors import AwsError, Unsupported
from netflux.resources.elbv2 import FUNCTION

_FUNCTION = re.compile(r"arn:aws:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_-]+(:[A-Za-z0-9_$-]+)?")
_REGISTRABLE = [
    ipaddress.ip_network(block) for block in ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16")
]
"""Where the IP address of a target may lie; API reference, RegisterTargets."""


def target(entry: Mapping[str, Any], kind: str, inside: Callable[[str], bool]) -> None:
    """Of RegisterTargets, for a target group of that kind.

    Args:
        entry: of the request.
        kind: the group's target type.
        inside: whether an address is in the group's VPC.
    """
    if kind == FUNCTION:
        if not _FUNCTION.fullmatch(entry["Id"]):
            raise AwsError("ValidationError", f"The target ID '{entry['Id']}' is not a valid Lambda function ARN")
        if "Port" in entry or "AvailabilityZone" in entry:
            said = f"A port or an Availability Zone cannot be specified for target type '{FUNCTION}'"
            raise AwsError("ValidationError", said)
        return
    if kind == "instance":
        raise Unsupported(f"The instance {entry['Id']} as a target", "Use a target group of TargetType ip.")
    try:
        address = ipaddress.ip_address(entry["Id"])
    except ValueError as error:
        raise AwsError("ValidationError", f"The target ID '{entry['Id']}' is not a valid IP address") from error
    if not inside(entry["Id"]):
        if not any(address in block for block in _REGISTRABLE if block.version == address.version):
            raise AwsError("InvalidTarget", f"The IP address '{entry['Id']}' is not within the VPC or a private range")
        if entry.get("AvailabilityZone") != "all":
            said = f"The Availability Zone of '{entry['Id']}' must be 'all': the address is outside the VPC"
            raise AwsError("ValidationError", said)
    if "Port" in entry and not 1 <= entry["Port"] <= 65535:
        raise AwsError("ValidationError", f"Port '{entry['Port']}' must be between '1-65535' inclusive")
