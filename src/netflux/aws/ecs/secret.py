"""Secrets of a container: from valueFrom to a value, read once when the task starts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from netflux.aws.ecs.outgoing import Ways
from netflux.controlplane.call import Caller
from netflux.decoding import json as decoding
from netflux.errors import AwsError

_ARN_PARTS = 7  # arn:aws:secretsmanager:{region}:{account}:secret:{name}
PREFIX = "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: "
RETRIED = "service call has been retried 1 time(s)"
_MANAGER, _STORE = f"{PREFIX}unable to retrieve secret from asm: ", f"{PREFIX}unable to retrieve secrets from ssm: "


_QUOTED = {"'": r"'\''"}
"""Characters that Go writes otherwise than Python does."""


_UNREACHABLE = (
    "ResourceInitializationError: unable to pull secrets or registry auth: unable to retrieve {what}: There is a "
    "connection issue between the task and {service}. Check your task network configuration. {told}"
)
"""Developer guide, "Amazon ECS stopped tasks error messages"."""


class SecretError(Exception):
    """A secret can't be read; the text is the task's stoppedReason."""


@dataclass(frozen=True)
class SecretReference:
    """A parsed valueFrom of Secrets Manager.

    Attributes:
        secret: ARN.
        key: of the JSON in the secret; empty for the whole secret.
        stage: version stage; empty for AWSCURRENT.
        version: version id; empty for the stage's.
    """

    secret: str
    key: str = ""
    stage: str = ""
    version: str = ""


def parse(value_from: str) -> SecretReference:
    """Splits a Secrets Manager valueFrom; ValueError when it has too many parts, or both stage and version."""
    parts = value_from.split(":")
    rest = parts[_ARN_PARTS:]
    if len(rest) not in (0, 3):
        raise ValueError(
            f"{value_from}: after the secret's ARN come a JSON key, a version stage and a version id, or nothing"
        )
    found = SecretReference(":".join(parts[:_ARN_PARTS]), *rest)
    if found.stage and found.version:
        raise ValueError(f"{value_from}: a version stage and a version id can't be given together")
    return found


async def unreachable(ways: Ways, value_from: str) -> str:
    """What ECS says where a task does not reach the service that has the value; nothing where it does."""
    manager = _of_manager(value_from)
    told = await ways.closed("secretsmanager" if manager else "ssm")
    what, service = (
        ("secret from asm", "AWS Secrets Manager") if manager else ("secrets from ssm", "AWS Systems Manager")
    )
    return _UNREACHABLE.format(what=what, service=service, told=told) if told else ""


def _of_manager(value_from: str) -> bool:
    return value_from.startswith("arn:") and value_from.split(":")[2] == "secretsmanager"


async def read(apis: Caller, value_from: str) -> str:
    """The value that a container's secret stands for; SecretError when there is none."""
    if _of_manager(value_from):
        return await _from_secrets_manager(apis, value_from)
    return await _from_parameter_store(apis, value_from)


async def _from_secrets_manager(apis: Caller, value_from: str) -> str:
    try:
        wanted = parse(value_from)
    except ValueError as error:
        raise SecretError(f"{_MANAGER}{error}") from error
    params = {"SecretId": wanted.secret}
    params |= {k: v for k, v in (("VersionStage", wanted.stage), ("VersionId", wanted.version)) if v}
    try:
        text: str = (await apis.call("secretsmanager", "GetSecretValue", params)).get("SecretString", "")
    except AwsError as error:
        raise SecretError(
            f"{_MANAGER}{RETRIED}: failed to fetch secret {wanted.secret} from secrets manager: {error.code}: "
            f"{error.message}"
        ) from error
    if not wanted.key:
        return text
    try:
        whole = decoding.value(text)
    except ValueError:
        raise SecretError(f"{_MANAGER}{wanted.secret}: {_malformed(text)}") from None
    if not isinstance(whole, dict):
        raise SecretError(f"{_MANAGER}{wanted.secret}: {_no_object(whole)}")
    try:
        value = whole[wanted.key]
    except KeyError:
        raise SecretError(
            f"{_MANAGER}retrieved secret from Secrets Manager did not contain json key {wanted.key}: {wanted.secret}"
        ) from None
    return value if isinstance(value, str) else json.dumps(value)


def _no_object(value: Any) -> str:
    """What Go's decoder says of JSON that is no object, such as an object that is a text in a text."""
    kind = "string" if isinstance(value, str) else "array" if isinstance(value, list) else "number"
    kind = "bool" if isinstance(value, bool) else kind
    return f"json: cannot unmarshal {kind} into Go value of type map[string]interface {{}}"


def _malformed(text: str) -> str:
    """What the ECS agent, a Go program, says of a secret that is no JSON, such as one that is quoted once more."""
    first = text.lstrip(" \t\r\n")[:1]
    if not first:
        return "unexpected end of JSON input"
    if first in '{["-0123456789tfn':
        return "the secret's text is no JSON"
    return f"invalid character {_QUOTED.get(first, repr(first))} looking for beginning of value"


async def _from_parameter_store(apis: Caller, value_from: str) -> str:
    name = value_from.partition(":parameter")[2] if value_from.startswith("arn:") else value_from
    if value_from.startswith("arn:") and name.count("/") == 1:
        name = name.removeprefix("/")
    try:
        answer = await apis.call("ssm", "GetParameters", {"Names": [name], "WithDecryption": True})
    except AwsError as error:
        raise SecretError(f"{_STORE}{RETRIED}: {error.code}: {error.message}") from error
    if not answer["Parameters"]:
        raise SecretError(f"{_STORE}{RETRIED}: invalid ssm parameters: {name}")
    value: str = answer["Parameters"][0]["Value"]
    return value
