"""What KMS refuses."""

from __future__ import annotations

from typing import Any

from netflux.controlplane.apis import Apis
from tests.controlplane.plane import Plane, with_kms
from tests.rules.rule import Rule

SERVICE = "kms"
STATES = "Key states of AWS KMS keys"
NONE = "11111111-2222-3333-4444-555555555555"


def register(plane: Plane, apis: Apis) -> None:
    """KMS."""
    with_kms(apis, plane.documents, plane.keys)


async def prepare(apis: Apis) -> dict[str, str]:
    """A key in each state, one that signs, an alias."""

    async def key(**params: Any) -> str:
        return str((await apis.call(SERVICE, "CreateKey", params))["KeyMetadata"]["KeyId"])

    made = {"key": await key(), "off": await key(), "gone": await key()}
    made["signs"] = await key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    await apis.call(SERVICE, "DisableKey", {"KeyId": made["off"]})
    await apis.call(SERVICE, "ScheduleKeyDeletion", {"KeyId": made["gone"]})
    await apis.call(SERVICE, "CreateAlias", {"AliasName": "alias/known", "TargetKeyId": made["key"]})
    return made


def _state(rule: str, call: str, key: str, code: str, **params: Any) -> Rule:
    return Rule(rule, call, {"KeyId": key, **params}, code, STATES)


def _api(rule: str, call: str, code: str, **params: Any) -> Rule:
    return Rule(rule, call, params, code, f"API reference, {call}")


RULES = [
    _state("A disabled key does not encrypt", "Encrypt", "{off}", "DisabledException", Plaintext=b"m"),
    _state("A disabled key makes no data keys", "GenerateDataKey", "{off}", "DisabledException", KeySpec="AES_256"),
    _state("A key pending deletion does not encrypt", "Encrypt", "{gone}", "KMSInvalidStateException", Plaintext=b"m"),
    _state("A key pending deletion is not enabled", "EnableKey", "{gone}", "KMSInvalidStateException"),
    _state("Its deletion is not scheduled again", "ScheduleKeyDeletion", "{gone}", "KMSInvalidStateException"),
    _state("Only a deletion that waits is cancelled", "CancelKeyDeletion", "{key}", "KMSInvalidStateException"),
    _state("A disabled key is not rotated", "EnableKeyRotation", "{off}", "DisabledException"),
    _api("A key is there", "DescribeKey", "NotFoundException", KeyId=NONE),
    _api("An alias is there", "Encrypt", "NotFoundException", KeyId="alias/none", Plaintext=b"m"),
    _api("An ARN is KMS's", "DescribeKey", "InvalidArnException", KeyId="arn:aws:sqs:us-east-1:1:q"),
    _api("A policy is one", "PutKeyPolicy", "MalformedPolicyDocumentException", KeyId="{key}", Policy="{}"),
    _api("An asymmetric key has a usage", "CreateKey", "ValidationException", KeySpec="RSA_2048"),
    _api("A usage is the spec's", "CreateKey", "ValidationException", KeySpec="HMAC_256", KeyUsage="SIGN_VERIFY"),
    _api("A key is deleted after 7 days at least", "ScheduleKeyDeletion", "ValidationException", KeyId="{key}",
         PendingWindowInDays=6),
    _api("A period has 90 days at least", "EnableKeyRotation", "ValidationException", KeyId="{key}",
         RotationPeriodInDays=89),
    _api("Only symmetric keys rotate", "EnableKeyRotation", "UnsupportedOperationException", KeyId="{signs}"),
    _api("A key that signs does not encrypt", "Encrypt", "InvalidKeyUsageException", KeyId="{signs}", Plaintext=b"m"),
    _api("An algorithm is the key's", "Sign", "InvalidKeyUsageException", KeyId="{signs}", Message=b"m",
         SigningAlgorithm="ECDSA_SHA_512"),
    _api("A ciphertext is KMS's", "Decrypt", "InvalidCiphertextException", CiphertextBlob=b"m"),
    _api("A symmetric key has no public key", "GetPublicKey", "UnsupportedOperationException", KeyId="{key}"),
    _api("A data key has one size", "GenerateDataKey", "ValidationException", KeyId="{key}"),
    _api("An alias is free", "CreateAlias", "AlreadyExistsException", AliasName="alias/known", TargetKeyId="{key}"),
    _api("An alias begins with alias/", "CreateAlias", "ValidationException", AliasName="known", TargetKeyId="{key}"),
    _api("alias/aws/ is AWS's", "CreateAlias", "NotAuthorizedException", AliasName="alias/aws/x", TargetKeyId="{key}"),
    _api("An alias is not for another one", "CreateAlias", "NotFoundException", AliasName="alias/b",
         TargetKeyId="alias/known"),
    _api("An alias moves between keys of a kind", "UpdateAlias", "ValidationException", AliasName="alias/known",
         TargetKeyId="{signs}"),
    _api("An alias that is deleted is there", "DeleteAlias", "NotFoundException", AliasName="alias/none"),
    _api("A grant that is revoked is there", "RevokeGrant", "NotFoundException", KeyId="{key}", GrantId="none"),
    _api("A token is a grant's", "RetireGrant", "InvalidGrantTokenException", GrantToken="none"),
]  # fmt: skip
