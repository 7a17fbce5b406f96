"""Data keys of objects that KMS encrypts: each is made by this region's KMS and opened by it."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from netflux.aws.s3.encryption import Wish
from netflux.controlplane.call import Caller
from netflux.errors import AwsError, Unsupported
from netflux.resources.s3objects import Version

_OWN = "alias/aws/s3"
_LASTS = 300.0
"""Real seconds for which a bucket key serves without another call of KMS ["Reducing the cost of SSE-KMS with Amazon S3
Bucket Keys": S3 keeps it for a limited time]."""
_STATES = {
    "Disabled": ("KMS.DisabledException", "is disabled."),
    "PendingDeletion": ("KMS.KMSInvalidStateException", "is pending deletion."),
}

Guard = Callable[[str, str], Awaitable[None]]
"""Raises where whoever asks may not do an action of KMS's with a key."""


@dataclass(frozen=True)
class DataKey:
    """A key of AES-256.

    Attributes:
        wrapped: as KMS encrypted it, base64.
        arn: of KMS's key.
    """

    key: bytes
    wrapped: str
    arn: str


class DataKeys:
    """Asks KMS.

    Args:
        apis: the region's; None where there is no KMS.
    """

    def __init__(self, apis: Caller | None) -> None:
        self._apis = apis
        self._of_buckets: dict[tuple[str, str, str], tuple[float, DataKey]] = {}
        self._opened: dict[str, tuple[float, bytes]] = {}
        self.guard: Guard = _anybody

    async def make(self, wish: Wish, bucket: str, key: str) -> DataKey:
        """A fresh one, or the bucket's.

        Raises:
            AwsError: KMS's, as S3 tells it; AccessDenied.
        """
        arn = await self._usable(wish.key or _OWN)
        await self.guard("kms:GenerateDataKey", arn)
        known = self._of_buckets.get((bucket, arn, wish.context))
        if wish.bucket_key and known is not None and known[0] > time.monotonic():
            return known[1]
        made = await self._call("GenerateDataKey", {
            "KeyId": arn, "KeySpec": "AES_256", "EncryptionContext": _context(wish, bucket, key),
        })  # fmt: skip
        found = DataKey(_bytes(made["Plaintext"]), base64.b64encode(_bytes(made["CiphertextBlob"])).decode(), arn)
        if wish.bucket_key:
            self._of_buckets[bucket, arn, wish.context] = time.monotonic() + _LASTS, found
        return found

    async def open(self, wish: Wish, wrapped: str, bucket: str, key: str) -> bytes:
        """The key that KMS encrypted; the same errors."""
        arn = await self._usable(wish.key)
        await self.guard("kms:Decrypt", arn)
        known = self._opened.get(wrapped)
        if wish.bucket_key and known is not None and known[0] > time.monotonic():
            return known[1]
        blob = base64.b64decode(wrapped)
        asked = {"CiphertextBlob": blob, "KeyId": arn, "EncryptionContext": _context(wish, bucket, key)}
        found = _bytes((await self._call("Decrypt", asked))["Plaintext"])
        if wish.bucket_key:
            self._opened = {name: kept for name, kept in self._opened.items() if kept[0] > time.monotonic()}
            self._opened[wrapped] = time.monotonic() + _LASTS, found
        return found

    async def _usable(self, key: str) -> str:
        """The ARN of a key that can be used."""
        try:
            found = (await self._call("DescribeKey", {"KeyId": key}))["KeyMetadata"]
        except AwsError as error:
            if key == _OWN and error.code == "KMS.NotFoundException":
                return await self._make_own()
            raise
        state = _STATES.get(str(found.get("KeyState")))
        if state is not None:
            raise AwsError(state[0], f"{found['Arn']} {state[1]}")
        if found.get("KeySpec", "SYMMETRIC_DEFAULT") != "SYMMETRIC_DEFAULT":
            raise AwsError("KMS.UnsupportedOperationException", f"{found['Arn']} is no symmetric encryption key.")
        return str(found["Arn"])

    async def _make_own(self) -> str:
        """The account's key for S3, which AWS makes when it is first needed."""
        made = await self._call(
            "CreateKey", {"Description": "Default key that protects my S3 objects when no other key is defined"}
        )
        arn = str(made["KeyMetadata"]["Arn"])
        await self._call("CreateAlias", {"AliasName": _OWN, "TargetKeyId": arn})
        return arn

    async def _call(self, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        if self._apis is None:
            raise Unsupported("s3: encryption by KMS", "There is no KMS here.")
        try:
            return await self._apis.call("kms", operation, params)
        except AwsError as error:
            raise AwsError(f"KMS.{error.code}", error.message, error.status) from error


async def _anybody(_action: str, _key: str) -> None:
    """Calls from inside the region are the account's."""


def wish_of(version: Version) -> Wish:
    """How a version is encrypted by KMS."""
    return kept(version.description.encryption)


def kept(encryption: dict[str, str]) -> Wish:
    """The same, by the members that are kept."""
    return Wish(
        algorithm=encryption.get("ServerSideEncryption", ""),
        key=encryption.get("SSEKMSKeyId", ""),
        context=encryption.get("SSEKMSEncryptionContext", ""),
        bucket_key="BucketKeyEnabled" in encryption,
    )


def _context(wish: Wish, bucket: str, key: str) -> dict[str, str]:
    """What KMS binds a data key to: the object, or with a bucket key the bucket, and what the client gave."""
    given = json.loads(base64.b64decode(wish.context)) if wish.context else {}
    arn = f"arn:aws:s3:::{bucket}" if wish.bucket_key else f"arn:aws:s3:::{bucket}/{key}"
    return {**given, "aws:s3:arn": arn}


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else base64.b64decode(value)
