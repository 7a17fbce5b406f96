"""The secret that RDS keeps in Secrets Manager for a managed master password."""

from __future__ import annotations

import json
import uuid
from typing import Any

from netflux.aws.rds import scram
from netflux.aws.rds.instance import Instance
from netflux.controlplane.call import Caller
from netflux.decoding import json as decoding
from netflux.errors import AwsError, Retryable

_ABSENT = "ResourceNotFoundException"


def name() -> str:
    """A name for a new secret, in RDS's form [rds-secrets-manager]."""
    return f"rds!db-{uuid.uuid4()}"


async def ensure(apis: Caller, instance: Instance) -> tuple[str, str]:
    """The secret's ARN and KMS key, made with a new password if it is not there."""
    try:
        found = await apis.call("secretsmanager", "DescribeSecret", {"SecretId": instance.secret})
    except AwsError as error:
        if error.code != _ABSENT:
            raise
    else:
        return found["ARN"], found.get("KmsKeyId", "")
    request: dict[str, Any] = {
        "Name": instance.secret,
        "Description": f"The secret associated with the primary RDS DB instance: {instance.arn}",
        "SecretString": json.dumps({"username": instance.master, "password": scram.generate()}),
        "Tags": [
            {"Key": "aws:secretsmanager:owningService", "Value": "rds"},
            {"Key": "aws:rds:primaryDBInstanceArn", "Value": instance.arn},
        ],
    }
    if instance.secret_key:
        request["KmsKeyId"] = instance.secret_key
    created = await apis.call("secretsmanager", "CreateSecret", request)
    return created["ARN"], instance.secret_key


async def read(apis: Caller, instance: Instance) -> str:
    """The password in the secret; Retryable when the secret is not what RDS made of it."""
    try:
        found = await apis.call("secretsmanager", "GetSecretValue", {"SecretId": instance.secret})
        return str(decoding.value(found["SecretString"])["password"])
    except (AwsError, KeyError, ValueError) as error:
        raise Retryable(
            f"DB instance {instance.identifier}: the secret {instance.secret} has no password: {error}"
        ) from error


async def rotate(apis: Caller, instance: Instance) -> None:
    """Gives the secret a new password; the cluster gets it in the next pass."""
    value = json.dumps({"username": instance.master, "password": scram.generate()})
    await apis.call("secretsmanager", "PutSecretValue", {"SecretId": instance.secret, "SecretString": value})


async def remove(apis: Caller, instance: Instance) -> None:
    """Deletes the secret at once, as RDS does with the instance."""
    try:
        await apis.call(
            "secretsmanager", "DeleteSecret", {"SecretId": instance.secret, "ForceDeleteWithoutRecovery": True}
        )
    except AwsError as error:
        if error.code != _ABSENT:
            raise
