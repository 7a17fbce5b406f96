"""Encrypts what is put and opens what is read, for all operations on objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netflux.aws.s3 import datakeys, encryption
from netflux.aws.s3.body import Sealed
from netflux.aws.s3.datakeys import DataKeys
from netflux.aws.s3.objectbody import ObjectBody
from netflux.aws.s3.store import Store
from netflux.resources.s3objects import Content, Upload, Version


class Sealer:
    """The part of S3's API that knows keys."""

    store: Store
    datakeys: DataKeys

    async def sealed(self, request: Mapping[str, Any]) -> Sealed | None:
        """How the object is encrypted that a request makes; None where it lies on disk as it was sent.

        Raises:
            AwsError: of what does not fit together, and of KMS.
        """
        wish = encryption.wished(request, self.store.bucket(request["Bucket"]))
        if wish.customer is not None:
            told = {"SSECustomerAlgorithm": "AES256", "SSECustomerKeyMD5": wish.customer.md5}
            return Sealed(wish.customer.key, "", told)
        if wish.algorithm != encryption.KMS:
            return None
        made = await self.datakeys.make(wish, request["Bucket"], request["Key"])
        told = {"ServerSideEncryption": encryption.KMS, "SSEKMSKeyId": made.arn}
        if wish.context:
            told["SSEKMSEncryptionContext"] = wish.context
        if wish.bucket_key:
            told["BucketKeyEnabled"] = "true"
        return Sealed(made.key, made.wrapped, told)

    async def sealed_part(self, upload: Upload, request: Mapping[str, Any]) -> Sealed | None:
        """How a part is encrypted: with the upload's key, which the client brings or KMS opens."""
        kept = upload.description.encryption
        given = encryption.customer_key(request)
        encryption.check_part(kept, given)
        if given is not None:
            return Sealed(given.key, "", kept)
        if upload.seal is None or not upload.seal.key:
            return None
        key = await self.datakeys.open(datakeys.kept(kept), upload.seal.key, upload.bucket, upload.key)
        return Sealed(key, upload.seal.key, kept)

    async def opened(self, version: Version, found: Content, request: Mapping[str, Any], prefix: str = "") -> bytes:
        """The key of a version's body; empty where it lies on disk as it was sent.

        Args:
            prefix: of the members that bring a customer's key.

        Raises:
            AwsError: InvalidRequest, AccessDenied, and what KMS has.
        """
        given = self.check_key(version, request, prefix)
        if given or found.seal is None:
            return given
        return await self.datakeys.open(datakeys.wish_of(version), found.seal.key, version.bucket, version.key)

    def check_key(self, version: Version, request: Mapping[str, Any], prefix: str = "") -> bytes:
        """The customer's key that the request brings, held to the version's."""
        given = encryption.customer_key(request, prefix)
        encryption.check_customer(version.description.encryption, given)
        return given.key if given is not None else b""

    def check_upload_key(self, upload: Upload, request: Mapping[str, Any]) -> None:
        """The end of an upload brings the key that its parts were encrypted with, where the client asked for a
        checksum; elsewhere it may ["CompleteMultipartUpload", SSECustomerKey].
        """
        given = encryption.customer_key(request)
        if given is not None or upload.asked:
            encryption.check_part(upload.description.encryption, given)

    def body(self, found: Content, start: int, length: int, key: bytes) -> ObjectBody:
        """Bytes of an object."""
        return ObjectBody(self.store.bodies.path(found.body), start, length, key, found.seal)
