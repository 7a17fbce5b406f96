"""KMS of the release before: keys were moto's, with what they had encrypted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from netflux.aws.kms import material
from netflux.controlplane.moto.backend import Moto
from netflux.controlplane.records.documents import Documents
from netflux.resources.kmskeys import DISABLED, ENABLED, PENDING_DELETION, Alias, Key, Keys, Material

_SERVICE = "kms"


async def adopt(moto: Moto, documents: Documents) -> None:
    """Puts records of all keys with their materials; one that has a record already is left as it is."""
    kept = Keys(documents)
    listed = await moto.call(_SERVICE, "ListKeys", {"Limit": 1000})
    secrets = _secrets()
    for one in listed["Keys"]:
        identifier = one["KeyId"]
        if identifier in kept.keys or identifier not in secrets:
            continue
        key = await _key(moto, identifier)
        with documents.transaction():
            kept.keys.put(key)
            kept.materials.put(Material(identifier, 1, material.written(secrets[identifier])))
    for one in (await moto.call(_SERVICE, "ListAliases", {}))["Aliases"]:
        target, name = one.get("TargetKeyId"), one["AliasName"]
        if target in kept.keys and name not in kept.aliases:
            made = one.get("CreationDate") or datetime.now(UTC)
            kept.aliases.put(Alias(name, one["AliasArn"], target, made, one.get("LastUpdatedDate") or made))


def _secrets() -> dict[str, bytes]:
    """Of every key that moto has read from the disk: no operation of KMS's tells it."""
    from moto.kms.models import kms_backends

    found: dict[str, bytes] = {}
    for regions in kms_backends.values():
        for backend in regions.values():
            for identifier, key in backend.keys.items():
                found[identifier] = _secret(key)
    return found


def _secret(key: Any) -> bytes:
    if not key.key_spec.startswith(("RSA", "ECC")):
        return bytes(key.key_material)
    from cryptography.hazmat.primitives import serialization

    encoding, form = serialization.Encoding.DER, serialization.PrivateFormat.PKCS8
    private: bytes = key.private_key.private_key.private_bytes(encoding, form, serialization.NoEncryption())
    return private


async def _key(moto: Moto, identifier: str) -> Key:
    asked = {"KeyId": identifier}
    told = (await moto.call(_SERVICE, "DescribeKey", asked))["KeyMetadata"]
    spec = told.get("KeySpec") or material.SYMMETRIC
    policy = (await moto.call(_SERVICE, "GetKeyPolicy", {**asked, "PolicyName": "default"}))["Policy"]
    tags = (await moto.call(_SERVICE, "ListResourceTags", asked)).get("Tags") or ()
    rotation = await moto.call(_SERVICE, "GetKeyRotationStatus", asked) if spec == material.SYMMETRIC else {}
    days = (rotation.get("RotationPeriodInDays") or 365) if rotation.get("KeyRotationEnabled") else 0
    state = told["KeyState"] if told["KeyState"] in (ENABLED, DISABLED, PENDING_DELETION) else DISABLED
    return Key(
        identifier,
        told["Arn"],
        told.get("KeyUsage") or "ENCRYPT_DECRYPT",
        spec,
        policy,
        told["CreationDate"],
        state=state,
        description=told.get("Description") or "",
        manager=told.get("KeyManager") or "CUSTOMER",
        deletion=told.get("DeletionDate"),
        rotation=days,
        rotates=datetime.now(UTC) + timedelta(days=days) if days else None,
        tags={one["TagKey"]: one["TagValue"] for one in tags},
    )
