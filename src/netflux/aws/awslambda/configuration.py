"""What a request says of a function's configuration, checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from netflux.aws.awslambda import runtimes
from netflux.aws.awslambda.part import invalid
from netflux.aws.awslambda.variables import RESERVED
from netflux.errors import AwsError
from netflux.resources.awslambda.function import ImageConfiguration, Logging, Settings

_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/?[a-zA-Z0-9+=,.@_/-]+")
_LARGEST_ENVIRONMENT = 4096
"""Bytes of all variables' names and values ("Lambda quotas")."""
_MOST_LAYERS = 5

MEMBERS = (
    "Role Handler Description Timeout MemorySize VpcConfig(SubnetIds SecurityGroupIds Ipv6AllowedForDualStack) "
    "Environment(Variables) Runtime DeadLetterConfig(TargetArn) KMSKeyArn TracingConfig(Mode) Layers "
    "FileSystemConfigs ImageConfig(EntryPoint Command WorkingDirectory) EphemeralStorage(Size) "
    "SnapStart(ApplyOn) LoggingConfig(LogFormat ApplicationLogLevel SystemLogLevel LogGroup)"
)
REFUSED: Mapping[str, str] = {
    "Runtime": "Use python3.x, nodejs or provided, or a container image: nothing here runs others.",
    "FileSystemConfigs": "Leave it out: functions mount no file systems here.",
    "SnapStart.ApplyOn": "Use None: environments start anew here.",
    "VpcConfig.Ipv6AllowedForDualStack": "Leave it out: subnets of functions have IPv4 here.",
    "LoggingConfig.LogFormat": "Use Text: JSON log lines are made by the function itself here.",
    "LoggingConfig.ApplicationLogLevel": "Leave it out: levels belong to the log format JSON.",
    "LoggingConfig.SystemLogLevel": "Leave it out: levels belong to the log format JSON.",
    "CapacityProviderConfig": "Leave it out: functions run on this machine.",
    "DurableConfig": "Leave it out: there are no durable executions here.",
    "RuntimeConfig": "Leave it out: a runtime is this machine's interpreter.",
    "AcceleratorConfig": "Leave it out: there are no accelerators.",
}
ONLY: Mapping[str, tuple[object, ...]] = {
    "FileSystemConfigs": ([],),
    "Runtime": runtimes.NAMES,
    "SnapStart.ApplyOn": ("None",),
    "VpcConfig.Ipv6AllowedForDualStack": (False,),
    "LoggingConfig.LogFormat": ("Text",),
}


def settings(name: str, request: Mapping[str, Any], before: Settings | None) -> Settings:
    """A function's settings after a request.

    Args:
        name: of the function.
        request: CreateFunction's or UpdateFunctionConfiguration's.
        before: what they were; None for a new function.

    Raises:
        AwsError: a value can't be, or this machine has nothing that runs the runtime.
    """
    known = before or Settings(runtime="", role="", handler="", logging=Logging(f"/aws/lambda/{name}"))
    simple = {
        field: request[member]
        for member, field in (
            ("Runtime", "runtime"), ("Role", "role"), ("Handler", "handler"), ("Description", "description"),
            ("Timeout", "timeout"), ("MemorySize", "memory"), ("KMSKeyArn", "key"),
        )
        if request.get(member) is not None
    }  # fmt: skip
    found = replace(known, **simple)
    if request.get("Layers") is not None:
        found = replace(found, layers=tuple(request["Layers"]))
    if request.get("Environment") is not None:
        found = replace(found, environment=dict(request["Environment"].get("Variables") or {}))
    for member, field, inner in (
        ("DeadLetterConfig", "dead", "TargetArn"), ("TracingConfig", "tracing", "Mode"),
        ("EphemeralStorage", "storage", "Size"),
    ):  # fmt: skip
        if (request.get(member) or {}).get(inner) is not None:
            found = replace(found, **{field: request[member][inner]})
    found = _network(_image(_logging(name, found, request), request), request)
    _check(found, request)
    return found


def _network(found: Settings, request: Mapping[str, Any]) -> Settings:
    given = request.get("VpcConfig")
    if given is None:
        return found
    if given.get("SubnetIds") is not None:
        found = replace(found, subnets=tuple(given["SubnetIds"]))
    if given.get("SecurityGroupIds") is not None:
        found = replace(found, groups=tuple(given["SecurityGroupIds"]))
    if bool(found.subnets) != bool(found.groups):
        raise invalid("SubnetIds and SecurityIds must coexist or be both empty list.")
    return found


def _logging(name: str, found: Settings, request: Mapping[str, Any]) -> Settings:
    given = request.get("LoggingConfig")
    if given is None:
        return found
    return replace(found, logging=replace(found.logging, group=given.get("LogGroup") or f"/aws/lambda/{name}"))


def _image(found: Settings, request: Mapping[str, Any]) -> Settings:
    given = request.get("ImageConfig")
    if given is None:
        return found
    entry, command = given.get("EntryPoint"), given.get("Command")
    made = ImageConfiguration(
        tuple(entry) if entry else None, tuple(command) if command else None, given.get("WorkingDirectory") or ""
    )
    return replace(found, image=made)


def _check(found: Settings, request: Mapping[str, Any]) -> None:
    if not _ROLE.fullmatch(found.role):
        raise AwsError(
            "ValidationException",
            f"1 validation error detected: Value '{found.role}' at 'role' failed to satisfy constraint: Member must "
            r"satisfy regular expression pattern: arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+",
        )
    reserved = sorted(RESERVED & {*found.environment})
    if reserved and request.get("Environment") is not None:
        raise invalid(
            "Lambda was unable to configure your environment variables because the environment variables you have "
            "provided contains reserved keys that are currently not supported for modification. Reserved keys used in "
            f"this request: {', '.join(reserved)}"
        )
    size = sum(len(key.encode()) + len(value.encode()) for key, value in found.environment.items())
    if size > _LARGEST_ENVIRONMENT:
        raise invalid(
            "Lambda was unable to configure your environment variables because the environment variables you have "
            "provided exceeded the 4KB limit. String measured: "
            f"{size} bytes"
        )
    if len(found.layers) > _MOST_LAYERS:
        raise invalid("Cannot reference more than 5 layers.")
    if found.runtime and request.get("Runtime") is not None:
        runtimes.find(found.runtime)
