"""Secrets and versions in the shapes of the API: pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from netflux.controlplane.tagging import Tagger
from netflux.resources.secretsmanager import Secret, Version

_SHOWN = Tagger("", "")
_DEFAULT_KEY = "DefaultEncryptionKey"


def names(secret: Secret) -> dict[str, Any]:
    """What every answer says of a secret."""
    return {"ARN": secret.arn, "Name": secret.name}


def described(secret: Secret) -> dict[str, Any]:
    """What DescribeSecret and ListSecrets tell; what the secret has not is absent."""
    optional = {
        "Description": secret.description,
        "KmsKeyId": secret.key,
        "LastAccessedDate": _day(secret.accessed),
        "DeletedDate": secret.deletion,
        "OwningService": secret.owner,
        "Tags": _SHOWN.shown(secret.tags),
    }
    told = {**names(secret), "CreatedDate": secret.created, "LastChangedDate": secret.changed}
    return told | _there(optional) | rotation(secret)


def rotation(secret: Secret) -> dict[str, Any]:
    """How it is rotated, if it ever was to be."""
    found = secret.rotation
    if found is None:
        return {}
    rules: dict[str, Any] = dict(found.schedule)
    if "AutomaticallyAfterDays" in rules:
        rules["AutomaticallyAfterDays"] = int(rules["AutomaticallyAfterDays"])
    dates = {"LastRotatedDate": found.last, "NextRotationDate": found.following if found.enabled else None}
    optional = {"RotationLambdaARN": found.function, "RotationRules": rules, **dates}
    return {"RotationEnabled": found.enabled, **_there(optional)}


def valued(secret: Secret, version: Version) -> dict[str, Any]:
    """A version with its value."""
    told: dict[str, Any] = {
        **names(secret),
        "VersionId": version.id,
        "VersionStages": [*version.stages],
        "CreatedDate": version.created,
    }
    if version.text is not None:
        return told | {"SecretString": version.text}
    return told | {"SecretBinary": version.binary}


def listed(version: Version) -> dict[str, Any]:
    """A version without its value."""
    optional = {"VersionStages": [*version.stages], "LastAccessedDate": _day(version.accessed)}
    told = {"VersionId": version.id, "CreatedDate": version.created, "KmsKeyIds": [version.key or _DEFAULT_KEY]}
    return told | _there(optional)


def _there(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value}


def _day(day: date | None) -> datetime | None:
    """AWS tells the day only."""
    return None if day is None else datetime.combine(day, time(), UTC)
