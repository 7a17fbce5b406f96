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
    context = {"kms:viaservice": (f"{through}.{call.region}.amazonaws.com",), "kms:calleraccount": (call.account,)}
    keys = [arn for key in dict.fromkeys(found) if key not in _MANAGED and (arn := await _arn(apis, key))]
    return [Need(action, arn, context) for arn in keys for action in actions]


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
        return [str(params.get("KeyId") or "")] if params.get("Type") == "SecureString" else []
    if not params.get("WithDecryption"):
        return []
    if "Path" in params:
        recursive = "Recursive" if params.get("Recursive") else "OneLevel"
        asked = {"Key": "Path", "Option": recursive, "Values": [params["Path"]]}
    else:
        names = params.get("Names") or [params["Name"]]
        asked = {"Key": "Name", "Option": "Equals", "Values": [_name(name) for name in names]}
    try:
        found = await _described(apis, {"ParameterFilters": [asked], "MaxResults": 50})
    except AwsError:
        return []  # the operation says what is wrong with the names
    return [one["KeyId"] for one in found if one["Type"] == "SecureString"]


async def _described(apis: Caller, asked: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    token: dict[str, str] = {}
    while True:
        told = await apis.call("ssm", "DescribeParameters", {**asked, **token})
        found += told["Parameters"]
        if "NextToken" not in told:
            return found
        token = {"NextToken": told["NextToken"]}


def _name(written: str) -> str:
    """A parameter's name, from its name or ARN, without a version or label."""
    if not written.startswith("arn:"):
        return written.partition(":")[0]
    name = written.partition(":parameter")[2].partition(":")[0]
    return name if name.count("/") > 1 else name.removeprefix("/")


async def _arn(apis: Caller, key: str) -> str:
    try:
        return str((await apis.call("kms", "DescribeKey", {"KeyId": key}))["KeyMetadata"]["Arn"])
    except AwsError:
        return ""  # the operation says that it is not there
