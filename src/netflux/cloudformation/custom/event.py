"""A custom resource's request in AWS's form ("Custom resource request objects", CloudFormation User Guide). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netflux.cloudformation.custom.record import Provision

TIMEOUT = 3600
"""Seconds of ServiceTimeout where the template gives none, and at most ("AWS::CloudFormation::CustomResource")."""


def texts(value: Any) -> Any:
    """The value with each number and boolean as text: providers get no other scalars."""
    if isinstance(value, Mapping):
        return {key: texts(each) for key, each in value.items()}
    if isinstance(value, list):
        return [texts(each) for each in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if value is None else str(value)


def timeout(properties: Mapping[str, Any]) -> float:
    """Simulated seconds that the provider has.

    Raises:
        ValueError: ServiceTimeout is no number of seconds that AWS takes.
    """
    given = properties.get("ServiceTimeout", TIMEOUT)
    if isinstance(given, bool) or not str(given).isdecimal() or not 1 <= int(given) <= TIMEOUT:
        raise ValueError(f"ServiceTimeout must be a number of seconds from 1 to {TIMEOUT}, not {given}.")
    return float(given)


def event(one: Provision, asked: Mapping[str, Any], address: str) -> dict[str, Any]:
    """What the provider is sent.

    Args:
        asked: Properties, and of an update Old; Physical where the resource has an id.
        address: where the answer is put.
    """
    properties = asked["Properties"]
    made: dict[str, Any] = {
        "RequestType": one.request.kind,
        "ServiceToken": str(properties["ServiceToken"]),
        "ResponseURL": address,
        "StackId": one.stack,
        "RequestId": one.request.id,
        "LogicalResourceId": one.logical,
        "ResourceType": one.type,
        "ResourceProperties": texts(properties),
    }
    if "Physical" in asked:
        made["PhysicalResourceId"] = asked["Physical"]
    if "Old" in asked:
        made["OldResourceProperties"] = texts(asked["Old"])
    return made
