"""KMS keys that SecureStrings are encrypted with, and what is told of them to who does not decrypt them.

"AWS KMS encryption for AWS Systems Manager Parameter Store SecureString parameters", AWS Systems Manager User Guide.
"""

from __future__ import annotations

import base64
import secrets

from netflux.controlplane.call import Caller
from netflux.errors import AwsError
from netflux.resources import kms
from netflux.resources.ssm import KEY


def own(key: str) -> str:
    """The key as it is kept: nothing for the account's `aws/ssm`, which is always there."""
    return "" if key == KEY or key.endswith(f":{KEY}") else key


async def check(apis: Caller, key: str) -> None:
    """InvalidKeyId unless the key is there, enabled, symmetric and for encryption."""
    if not own(key):
        return
    why = await kms.unusable(apis, key)
    if why:
        raise AwsError(
            "InvalidKeyId",
            f"Parameter Store can't use the KMS key {key}: {why}. Check that the key is there and enabled.",
        )


def sealed(value: str) -> str:
    """The value as ciphertext in Base64, under a data key that nobody keeps: Parameter Store itself has the value."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = secrets.token_bytes(12)
    text = AESGCM(AESGCM.generate_key(256)).encrypt(nonce, value.encode(), None)
    return base64.b64encode(nonce + text).decode()
