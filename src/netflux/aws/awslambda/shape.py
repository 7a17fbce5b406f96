"""Functions as answers show them."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any

from netflux.resources.awslambda.function import (
    IN_PROGRESS,
    LATEST,
    PENDING,
    Function,
    Functions,
    ImageConfiguration,
    Settings,
    Version,
)


def moment(when: datetime) -> str:
    """Lambda's form of a time: milliseconds, and an offset without a colon."""
    return when.strftime("%Y-%m-%dT%H:%M:%S.") + f"{when.microsecond // 1000:03d}+0000"


def configuration(kept: Functions, function: Function, version: Version, *, qualified: bool = False) -> dict[str, Any]:
    """FunctionConfiguration.

    Args:
        kept: the tables.
        function: of the version.
        version: to show.
        qualified: whether the ARN has the version in it, as it has where a version was asked for.
    """
    settings = version.settings
    number = version.number
    arn = kept.arn(function.name, number if qualified or number != LATEST else "")
    found: dict[str, Any] = {
        "FunctionName": function.name,
        "FunctionArn": arn,
        "Role": settings.role,
        "CodeSize": version.code.size,
        "Description": settings.description,
        "Timeout": settings.timeout,
        "MemorySize": settings.memory,
        "LastModified": moment(version.modified),
        "CodeSha256": sha256(version),
        "Version": number,
        "TracingConfig": {"Mode": settings.tracing},
        "RevisionId": version.revision,
        "State": version.state,
        "PackageType": "Image" if version.code.image else "Zip",
        "Architectures": [version.architecture],
        "EphemeralStorage": {"Size": settings.storage},
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "LoggingConfig": {"LogFormat": settings.logging.format, "LogGroup": settings.logging.group},
        **_optional(kept, settings, version),
    }
    if version.state != "Active":
        code = {"Pending": "Creating"}.get(version.state, "InternalError")
        found |= {"StateReason": version.reason or "The function is being created.", "StateReasonCode": code}
    if version.state != PENDING:
        found["LastUpdateStatus"] = version.updated
        if version.updated == IN_PROGRESS:
            found |= {
                "LastUpdateStatusReason": "The function is being created.",
                "LastUpdateStatusReasonCode": "Creating",
            }
    return found


def _optional(kept: Functions, settings: Settings, version: Version) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if settings.runtime:
        found |= {"Runtime": settings.runtime, "Handler": settings.handler}
    if settings.environment:
        found["Environment"] = {"Variables": settings.environment}
    if settings.dead:
        found["DeadLetterConfig"] = {"TargetArn": settings.dead}
    if settings.key:
        found["KMSKeyArn"] = settings.key
    if settings.layers:
        found["Layers"] = [{"Arn": one.arn, "CodeSize": one.size} for one in version.layers]
    if settings.subnets:
        found["VpcConfig"] = {
            "SubnetIds": [*settings.subnets],
            "SecurityGroupIds": [*settings.groups],
            "VpcId": kept.vpc_of(settings.subnets[0]),
            "Ipv6AllowedForDualStack": False,
        }
    told = _image(settings.image)
    return found | ({"ImageConfigResponse": {"ImageConfig": told}} if told else {})


def _image(image: ImageConfiguration) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if image.entry_point:
        told["EntryPoint"] = [*image.entry_point]
    if image.command:
        told["Command"] = [*image.command]
    if image.directory:
        told["WorkingDirectory"] = image.directory
    return told


def sha256(version: Version) -> str:
    """Of a zip file in Base64, of an image in hexadecimal digits."""
    digest = version.code.digest
    return digest if version.code.image else base64.b64encode(bytes.fromhex(digest)).decode()
