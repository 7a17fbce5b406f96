"""Names in a call's parameters become what policies name: a secret's ARN has a suffix that its name has not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from netflux.controlplane.authorization.ciphertext import key_of
from netflux.controlplane.authorization.identity import Identities, Identity
from netflux.controlplane.call import Call, Caller
from netflux.errors import AwsError

Params = Mapping[str, Any]


async def resolved(apis: Caller, identities: Identities, asking: Identity, call: Call, params: Params) -> Params:
    """The parameters with ARNs, or paths, where names were. What is not there keeps its name."""
    if call.service == "iam":
        return _with_paths(identities, asking, call.operation, params)
    rules = _LOOKUPS.get(call.service, {})
    if call.service == "kms" and call.operation in _DECRYPTS:
        params = _with_key(params, _DECRYPTS[call.operation])
    found = dict(params)
    for member, look in rules.items():
        written = params.get(member)
        if isinstance(written, str):
            found[member] = await _looked_up(look, apis, written)
        elif isinstance(written, list):
            found[member] = [await _looked_up(look, apis, str(item)) for item in written]
    return found


_DECRYPTS = {"Decrypt": "KeyId", "ReEncrypt": "SourceKeyId"}
"""Operations that need no key to be named, with the member that may name it."""


def _with_key(params: Params, member: str) -> Params:
    blob = params.get("CiphertextBlob")
    named = key_of(blob) if isinstance(blob, bytes) and not params.get(member) else ""
    return {**params, member: named} if named else params


Look = Callable[[Caller, str], Awaitable[str]]


async def _looked_up(look: Look, apis: Caller, written: str) -> str:
    try:
        return await look(apis, written)
    except AwsError:
        return written


async def _secret(apis: Caller, written: str) -> str:
    return str((await apis.call("secretsmanager", "DescribeSecret", {"SecretId": written}))["ARN"])


async def _key(apis: Caller, written: str) -> str:
    return str((await apis.call("kms", "DescribeKey", {"KeyId": written}))["KeyMetadata"]["Arn"])


async def _definition(apis: Caller, written: str) -> str:
    found = await apis.call("ecs", "DescribeTaskDefinition", {"taskDefinition": written})
    return str(found["taskDefinition"]["taskDefinitionArn"])


_LOOKUPS: Mapping[str, Mapping[str, Look]] = {
    "secretsmanager": {"SecretId": _secret, "SecretIdList": _secret},
    "kms": {"KeyId": _key, "SourceKeyId": _key, "DestinationKeyId": _key, "TargetKeyId": _key},
    "ecs": {"taskDefinition": _definition},
}

_KINDS = {"UserName": "user", "RoleName": "role", "GroupName": "group", "InstanceProfileName": "instance-profile"}
_OF_ONESELF = ("AccessKey", "User", "LoginProfile", "ChangePassword", "SSHPublicKey", "SigningCertificate", "MFADevice")


def _with_paths(identities: Identities, asking: Identity, operation: str, params: Params) -> Params:
    found = dict(params)
    if (
        "UserName" not in found
        and asking.user
        and operation.endswith((*_OF_ONESELF, *(f"{one}s" for one in _OF_ONESELF)))
    ):
        found["UserName"] = asking.user  # who names nobody means themselves
    for member, kind in (*_KINDS.items(), ("PolicyName", "policy")):
        if isinstance(found.get(member), str):
            creating = operation.startswith("Create") and "Path" in params
            path = params["Path"] if creating else identities.path(kind, found[member])
            found[member] = f"{path}{found[member]}"
    return found
