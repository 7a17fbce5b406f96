"""What Parameter Store refuses before a parameter is kept; moto keeps it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from netflux.controlplane.call import Call
from netflux.errors import AwsError

_NAME = re.compile(r"[A-Za-z0-9_.\-/]+")
_ARN = "arn:"
_LONGEST_PATH, _LEVELS = 1011, 15
_SIZES = {"Standard": 4096, "Advanced": 8192, "Intelligent-Tiering": 8192}
"""Bytes of a value, by tier ("Managing parameter tiers", AWS Systems Manager User Guide)."""


class SsmApi:
    """Rules of Systems Manager, and no handlers."""

    service = "ssm"
    whole = False

    async def precheck(self, call: Call, params: Mapping[str, Any]) -> None:
        """ValidationException for a parameter that AWS does not take."""
        if call.operation == "PutParameter":
            check_name(params["Name"])
            check_value(params["Value"], params.get("Tier", "Standard"))


def check_name(name: str) -> None:
    """Refuses a new parameter's name ("PutParameter", AWS Systems Manager API Reference)."""
    path = name.split(":parameter", 1)[-1] if name.startswith(_ARN) else name
    if not _NAME.fullmatch(path):
        raise AwsError(
            "ValidationException",
            f"Parameter name {name!r} must not contain anything but letters, digits, and the symbols '.', '-', '_', "
            "and '/' between the levels of a hierarchy. Spaces are not allowed.",
        )
    if "/" in path and not path.startswith("/"):
        raise AwsError("ValidationException", "Parameter name must be a fully qualified name: it begins with a slash.")
    if path.endswith("/") or "//" in path:
        raise AwsError("ValidationException", f"Parameter name must not have an empty level: {name}.")
    if len(path) > _LONGEST_PATH:
        raise AwsError("ValidationException", f"Parameter name has {len(path)} characters, of {_LONGEST_PATH} at most.")
    if path.count("/") > _LEVELS:
        raise AwsError(
            "HierarchyLevelLimitExceededException", f"A parameter's name has at most {_LEVELS} levels: {name}."
        )


def check_value(value: str, tier: str) -> None:
    """Refuses what is longer than its tier has room for."""
    most, size = _SIZES.get(tier, _SIZES["Standard"]), len(value.encode())
    if size > most:
        advice = "To create a larger one, use the advanced-parameter tier." if tier == "Standard" else "Split it up."
        raise AwsError(
            "ValidationException",
            f"{tier} tier parameters support a maximum parameter value of {most} characters, not {size}. {advice}",
        )
