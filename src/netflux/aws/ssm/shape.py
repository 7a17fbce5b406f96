"""Parameters in the shapes of the API: pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netflux.resources.ssm import KEY, SECURE, Parameter, Version, parameter_arn

_PENDING = "Pending"
"""A policy whose time has not come: when it has, the parameter is gone."""


def valued(parameter: Parameter, version: Version, place: tuple[str, str], *, decrypted: bool) -> dict[str, Any]:
    """A version with its value.

    Args:
        place: account and region.
    """
    return {
        "Name": parameter.name,
        "Type": version.type,
        "Value": _value(version, decrypted=decrypted),
        "Version": version.number,
        "LastModifiedDate": version.modified,
        "ARN": parameter_arn(parameter.name, *place),
        "DataType": version.data_type,
    }


def described(parameter: Parameter, place: tuple[str, str]) -> dict[str, Any]:
    """What DescribeParameters tells; no value is in it."""
    return {**_told(parameter, parameter.current), "ARN": parameter_arn(parameter.name, *place)}


def recalled(parameter: Parameter, version: Version, *, decrypted: bool) -> dict[str, Any]:
    """A version in the parameter's history."""
    value = {"Value": _value(version, decrypted=decrypted), "Labels": [*version.labels]}
    return _told(parameter, version) | value


def _told(parameter: Parameter, version: Version) -> dict[str, Any]:
    optional = {
        "Description": version.description,
        "AllowedPattern": version.pattern,
        "KeyId": (version.key or KEY) if version.type == SECURE else "",
    }
    return {
        "Name": parameter.name,
        "Type": version.type,
        "LastModifiedDate": version.modified,
        "LastModifiedUser": version.user,
        "Version": version.number,
        "Tier": version.tier,
        "Policies": [
            {"PolicyText": one.text, "PolicyType": one.type, "PolicyStatus": _PENDING} for one in version.policies
        ],
        "DataType": version.data_type,
    } | _there(optional)


def _value(version: Version, *, decrypted: bool) -> str:
    return version.sealed if version.type == SECURE and not decrypted else version.value


def _there(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value}
