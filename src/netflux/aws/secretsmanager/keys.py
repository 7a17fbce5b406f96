"""KMS keys that values are encrypted with: whether there is such a key and it can be used."""

from __future__ import annotations

from netflux.controlplane.call import Caller
from netflux.errors import AwsError
from netflux.resources import kms

_DEFAULT = "alias/aws/secretsmanager"


def own(key: str) -> str:
    """The key as it is kept: nothing for the account's `aws/secretsmanager`, which is always there."""
    return "" if key == _DEFAULT or key.endswith(f":{_DEFAULT}") else key


async def check_encrypting(apis: Caller, key: str) -> None:
    """EncryptionFailure unless the key is there, enabled, symmetric and for encryption."""
    why = await _unusable(apis, key)
    if why:
        raise AwsError(
            "EncryptionFailure",
            f"Secrets Manager can't encrypt the protected secret text using the provided KMS key {key}: {why}. Check "
            "that the KMS key is available, enabled, and not in an invalid state.",
        )


async def check_decrypting(apis: Caller, key: str) -> None:
    """DecryptionFailure unless the key is there and enabled."""
    why = await _unusable(apis, key)
    if why:
        raise AwsError(
            "DecryptionFailure",
            f"Secrets Manager can't decrypt the protected secret text using the provided KMS key {key}: {why}. Enable "
            "the key, or cancel its deletion.",
        )


async def _unusable(apis: Caller, key: str) -> str:
    """Why a key can't be used; nothing when it can."""
    return await kms.unusable(apis, key) if own(key) else ""
