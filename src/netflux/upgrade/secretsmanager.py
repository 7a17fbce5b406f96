"""Secrets Manager of release 0.1: secrets and versions were moto's."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from netflux.controlplane.call import Caller
from netflux.controlplane.records.documents import Documents
from netflux.errors import AwsError
from netflux.resources.secretsmanager import Secret, Secrets, Version

_DEFAULT_KEY = "alias/aws/secretsmanager"
_OWNER = "aws:secretsmanager:owningService"
_SERVICE = "secretsmanager"


async def adopt(moto: Caller, documents: Documents) -> None:
    """Puts records of all that is there; a secret that has a record already is left as it is."""
    kept = Secrets(documents)
    for told in await _listed(moto):
        secret = _secret(told, await _policy(moto, told["ARN"]))
        if secret.arn in kept.secrets or kept.named(secret.name) is not None:
            continue
        versions = await _versions(moto, secret, told.get("VersionIdsToStages") or {})
        with documents.transaction():
            kept.secrets.put(secret)
            for version in versions:
                kept.versions.put(version)


async def _listed(moto: Caller) -> list[dict[str, Any]]:
    """As DescribeSecret tells them."""
    found: list[dict[str, Any]] = []
    params: dict[str, Any] = {"IncludePlannedDeletion": True}
    while True:
        answer = await moto.call(_SERVICE, "ListSecrets", params)
        found += [await moto.call(_SERVICE, "DescribeSecret", {"SecretId": one["ARN"]}) for one in answer["SecretList"]]
        if not answer.get("NextToken"):
            return found
        params = {"IncludePlannedDeletion": True, "NextToken": answer["NextToken"]}


def _secret(told: dict[str, Any], policy: str) -> Secret:
    tags = {tag["Key"]: tag.get("Value", "") for tag in told.get("Tags") or ()}
    created = _moment(told.get("CreatedDate")) or datetime.now(UTC)
    key = told.get("KmsKeyId") or ""
    return Secret(
        arn=told["ARN"],
        name=told["Name"],
        created=created,
        changed=_moment(told.get("LastChangedDate")) or created,
        description=told.get("Description") or "",
        key="" if key.endswith(_DEFAULT_KEY) else key,
        tags=tags,
        owner=tags.get(_OWNER, ""),
        policy=policy,
        deletion=_moment(told.get("DeletedDate")),
    )


async def _policy(moto: Caller, arn: str) -> str:
    try:
        return (await moto.call(_SERVICE, "GetResourcePolicy", {"SecretId": arn})).get("ResourcePolicy") or ""
    except AwsError:
        return ""


async def _versions(moto: Caller, secret: Secret, stages: dict[str, list[str]]) -> list[Version]:
    """With their values; of a secret that is to be deleted moto tells them only while it is not."""
    if secret.deletion is not None:
        await moto.call(_SERVICE, "RestoreSecret", {"SecretId": secret.arn})
    found = []
    for identity, labels in stages.items():
        try:
            told = await moto.call(_SERVICE, "GetSecretValue", {"SecretId": secret.arn, "VersionId": identity})
        except AwsError:  # a secret without a value
            continue
        created = _moment(told.get("CreatedDate")) or secret.created
        text, binary = told.get("SecretString"), told.get("SecretBinary")
        found.append(Version(secret.arn, identity, created, tuple(labels), text, binary, secret.key))
    if secret.deletion is not None:
        await moto.call(_SERVICE, "DeleteSecret", {"SecretId": secret.arn, "RecoveryWindowInDays": 30})
    return found


def _moment(told: Any) -> datetime | None:
    return told.astimezone(UTC) if isinstance(told, datetime) else None
