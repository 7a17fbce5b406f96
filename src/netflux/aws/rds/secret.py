"""The secret that RDS keeps in Secrets Manager for a managed master password: nobody else may change it."""

from __future__ import annotations

import json
import uuid
from datetime import datetime

from netflux.aws.rds import scram
from netflux.controlplane.call import Caller
from netflux.decoding import json as decoding
from netflux.errors import AwsError, Retryable
from netflux.resources.rds import Instance
from netflux.resources.secretsmanager import CURRENT, Secret, Secrets, Version, new_arn

OWNER = "rds"


def name() -> str:
    """A name for a new secret, in RDS's form [rds-secrets-manager]."""
    return f"rds!db-{uuid.uuid4()}"


async def check_key(apis: Caller, key: str) -> None:
    """KMSKeyNotAccessibleFault unless the key is there and enabled."""
    if not key:
        return
    try:
        state = (await apis.call("kms", "DescribeKey", {"KeyId": key}))["KeyMetadata"]["KeyState"]
    except AwsError as error:
        raise AwsError("KMSKeyNotAccessibleFault", f"The KMS key {key} can't be used: {error.message}") from error
    if state != "Enabled":
        raise AwsError("KMSKeyNotAccessibleFault", f"The KMS key {key} can't be used: it is {state}.")


def ensure(secrets: Secrets, instance: Instance, now: datetime) -> str:
    """The secret's ARN; it is made with a new password if it is not there."""
    found = secrets.named(instance.secret)
    if found is not None:
        return found.arn
    region, account = instance.arn.split(":")[3:5]
    made = Secret(
        new_arn(instance.secret, account, region),
        instance.secret,
        now,
        now,
        f"The secret associated with the primary RDS DB instance: {instance.arn}",
        instance.secret_key,
        {"aws:secretsmanager:owningService": OWNER, "aws:rds:primaryDBInstanceArn": instance.arn},
        OWNER,
    )
    with secrets.transaction():
        secrets.secrets.put(made)
        _put(secrets, made, instance, now)
    return made.arn


def read(secrets: Secrets, instance: Instance) -> str:
    """The password in the secret; Retryable when the secret is not what RDS made of it."""
    found = secrets.named(instance.secret)
    version = secrets.staged(found, CURRENT) if found is not None else None
    try:
        return str(decoding.value(version.text or "" if version is not None else "")["password"])
    except (KeyError, ValueError, TypeError) as error:
        raise Retryable(
            f"DB instance {instance.identifier}: the secret {instance.secret} has no password: {error}"
        ) from error


def rotate(secrets: Secrets, instance: Instance, now: datetime) -> None:
    """Gives the secret a new password; the cluster gets it in the next pass."""
    found = secrets.named(instance.secret)
    if found is not None:
        with secrets.transaction():
            _put(secrets, found, instance, now)


def remove(secrets: Secrets, instance: Instance) -> None:
    """Deletes the secret at once, as RDS does with the instance."""
    found = secrets.named(instance.secret)
    if found is not None:
        with secrets.transaction():
            secrets.remove(found)


def _put(secrets: Secrets, secret: Secret, instance: Instance, now: datetime) -> None:
    """A new password is current. Versions without a label are of no use, so they go."""
    text = json.dumps({"username": instance.master, "password": scram.generate()})
    for version in secrets.of(secret):
        if not version.stages:
            secrets.versions.delete(secrets.versions.schema.key(version))
    secrets.add(Version(secret.arn, str(uuid.uuid4()), now, (), text, None, secret.key), (CURRENT,))
