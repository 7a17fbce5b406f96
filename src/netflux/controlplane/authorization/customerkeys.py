"""Who reads or writes what is encrypted with a customer managed key needs the key as well.

"Secret encryption and decryption in AWS Secrets Manager"; "AWS KMS encryption for Parameter Store SecureString
parameters": with an AWS managed key, whose policy lets the whole account use it, nothing more is asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from netflux.controlplane.authorization.service import Need
from netflux.controlplane.call import Call, Caller
from netflux.errors import AwsError

_SECRETS = {
    "GetSecretValue": ("kms:Decrypt",),
    "BatchGetSecretValue": ("kms:Decrypt",),
    "PutSecretValue": ("kms:GenerateDataKey", "kms:Decrypt"),
    "UpdateSecret": ("kms:GenerateDataKey", "kms:Decrypt"),
    "CreateSecret": ("kms:GenerateDataKey", "kms:Decrypt"),
}
_PARAMETERS = {
    "GetParameter": ("kms:Decrypt",),
    "GetParameters": ("kms:Decrypt",),
    "GetParametersByPath": ("kms:Decrypt",),
    "GetParameterHistory": ("kms:Decrypt",),
    "PutParameter": ("kms:Encrypt",),
}
_MANAGED = ("", "alias/aws/secretsmanager", "alias/aws/ssm")


async def needs(apis: Caller, call: Call, params: Mapping[str, Any]) -> Sequence[Need]:
    """What a call needs of the customer managed keys that it is about."""
    if call.service == "secretsmanager" and call.operation in _SECRETS:
        found = await _of_secrets(apis, call.operation, params)
        actions, through = _SECRETS[call.operation], "secretsmanager"
    elif call.service == "ssm" and call.operation in _PARAMETERS:
        found = await _of_parameters(apis, call.operation, params)
        actions, through = _PARAMETERS[call.operation], "ssm"
    else:
        return ()
    context = context_through(through, call)
    keys = [arn for key in dict.fromkeys(found) if key not in _MANAGED and (arn := await _arn(apis, key))]
    return [Need(action, arn, context) for arn in keys for action in actions]


def context_through(service: str, call: Call) -> dict[str, tuple[str, ...]]:
    """What a key's policy is told where a service uses the key for whoever calls ("AWS KMS condition keys")."""
    return {"kms:viaservice": (f"{service}.{call.region}.amazonaws.com",), "kms:calleraccount": (call.account,)}


async def _of_secrets(apis: Caller, operation: str, params: Mapping[str, Any]) -> list[str]:
    given = [str(params["KmsKeyId"])] if params.get("KmsKeyId") else []
    if operation == "CreateSecret" or (operation == "UpdateSecret" and "SecretString" not in params):
        return given
    for secret in params.get("SecretIdList") or [params["SecretId"]]:
        try:
            described = await apis.call("secretsmanager", "DescribeSecret", {"SecretId": secret})
        except AwsError:
            continue  # the operation says that it is not there
        given.append(described.get("KmsKeyId") or "")
    return given


async def _of_parameters(apis: Caller, operation: str, params: Mapping[str, Any]) -> list[str]:
    if operation == "PutParameter":
        return await _of_a_new_value(apis, params)
    if not params.get("WithDecryption"):
        return []
    if "Path" in params:
        deep = "Recursive" if params.get("Recursive") else "OneLevel"
        found = await _described(apis, {"Key": "Path", "Option": deep, "Values": [params["Path"]]})
    else:
        every, names = operation == "GetParameterHistory", params.get("Names") or [params["Name"]]
        found = [one for name in names for one in await _versions(apis, name, every=every)]
    return [one["KeyId"] for one in found if one["Type"] == "SecureString"]


async def _of_a_new_value(apis: Caller, params: Mapping[str, Any]) -> list[str]:
    """Without a key in the request, and over a SecureString, the key that it has."""
    if params.get("KeyId"):
        return [str(params["KeyId"])] if params.get("Type", "SecureString") == "SecureString" else []
    if not params.get("Overwrite") or params.get("Type", "SecureString") != "SecureString":
        return []
    found = await _versions(apis, params["Name"], every=False)
    return [one["KeyId"] for one in found if one["Type"] == "SecureString"]


async def _versions(apis: Caller, written: str, *, every: bool) -> list[Mapping[str, Any]]:
    """What is told of the version that a name or ARN stands for, or of all that the parameter has."""
    name, selector = _name(written)
    if not every and not selector:
        return await _described(apis, {"Key": "Name", "Option": "Equals", "Values": [name]})
    told = await _all(apis, "GetParameterHistory", {"Name": name})
    return [one for one in told if every or _selects(selector, one)]


def _selects(selector: str, version: Mapping[str, Any]) -> bool:
    number = int(selector) if selector.isascii() and selector.isdigit() else 0
    return number == version["Version"] or selector in version["Labels"]


async def _described(apis: Caller, asked: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return await _all(apis, "DescribeParameters", {"ParameterFilters": [asked]})


async def _all(apis: Caller, operation: str, asked: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Of each page; nothing where the operation that is looked at will say what is wrong with the names."""
    found: list[Mapping[str, Any]] = []
    token: dict[str, str] = {}
    while True:
        try:
            told = await apis.call("ssm", operation, {**asked, **token, "MaxResults": 50})
        except AwsError:
            return []
        found += told["Parameters"]
        if "NextToken" not in told:
            return found
        token = {"NextToken": told["NextToken"]}


def _name(written: str) -> tuple[str, str]:
    """A parameter's name and what follows it, a version or label, from its name or ARN."""
    written = written.strip()
    if not written.startswith("arn:"):
        name, _, selector = written.partition(":")
        return name, selector
    name, _, selector = written.partition(":parameter")[2].partition(":")
    return (name if name.count("/") > 1 else name.removeprefix("/")), selector


async def _arn(apis: Caller, key: str) -> str:
    try:
        return str((await apis.call("kms", "DescribeKey", {"KeyId": key}))["KeyMetadata"]["Arn"])
    except AwsError:
        return ""  # the operation says that it is not there
