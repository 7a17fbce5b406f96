"""CopyObject, and what a copy's source is."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from netflux.aws.s3 import checksums, description, members, preconditions
from netflux.aws.s3.body import Staged, Writer
from netflux.aws.s3.objectbody import ObjectBody
from netflux.aws.s3.objects import Absent, Objects, encrypted
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.resources.s3 import default_encryption
from netflux.resources.s3objects import Content, Version

_LARGEST = 5 * 1024**3
"""Bytes of a copy in one piece ["CopyObject", Amazon S3 API Reference]."""
_CHANGES = ("StorageClass", "WebsiteRedirectLocation", "ServerSideEncryption", "SSEKMSKeyId", "SSECustomerAlgorithm")
_ILLEGAL = (
    "This copy request is illegal because it is trying to copy an object to itself without changing the object's "
    "metadata, storage class, website redirect location or encryption attributes."
)


def copy_source(text: str) -> tuple[str, str, str | None]:
    """Bucket, key and version id of an x-amz-copy-source; InvalidArgument for a text that is none."""
    source, marked, version = text.partition("?versionId=")
    bucket, _, key = unquote(source).removeprefix("/").partition("/")
    if not bucket or not key:
        raise AwsError("InvalidArgument", f"Copy Source must mention the source bucket and key: {text}")
    return bucket, key, unquote(version) if marked else None


class Copying(Objects):
    """The part of S3's API that copies objects."""

    @operation(
        f"{members.NEW} {members.COPIED} {members.SOURCE_KEY} {members.CONDITIONS} ChecksumAlgorithm "
        "MetadataDirective TaggingDirective",
        neutral={**members.PAYER, "AnnotationDirective": "Objects have no annotations here, so none is copied."},
        refused=members.NOT_KEPT,
        only={**members.AS_STORED, **members.ALGORITHMS},
    )
    async def copy_object(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Bytes are copied, not shared."""
        source, found = self.read_source(request)
        bucket, key = self.store.bucket(request["Bucket"]), request["Key"]
        self._check_change(request, source)
        if found.size > _LARGEST:
            raise AwsError(
                "InvalidRequest",
                f"The specified copy source is larger than the maximum allowable size for a copy source: {_LARGEST}",
            )
        given = self.described(call, request, bucket)
        given = description.copied(source.description, given, request)
        algorithm = request.get("ChecksumAlgorithm")
        sealed = await self.sealed(request)
        secret = await self.opened(source, found, request, "CopySource")
        algorithms = [algorithm] if algorithm else [*found.checksums] or [checksums.DEFAULT]
        writer = self.store.bodies.writer(algorithms, sealed)
        try:
            body = await self.copied(writer, self.body(found, 0, found.size, secret))
            bucket = self.store.bucket(bucket.name)
            self.check_write(request)
            made = Content(body.size, body.etag, body.file, dict(body.checksums), seal=body.seal)
            given = encrypted(given, sealed)
            version = self.made(bucket, key, given, made)
            self.store.put(version, event="ObjectCreated:Copy")
        except BaseException:
            writer.abandon()
            raise
        result = {"ETag": made.etag, "LastModified": version.modified, "ChecksumType": made.checksum_type}
        answer = {"CopyObjectResult": {**result, **checksums.members(made.checksums)}, **self.written(bucket, version)}
        return answer | self.source_version(source)

    def source_version(self, source: Version) -> dict[str, str]:
        """x-amz-copy-source-version-id, where the source's bucket has versions."""
        versioned = self.store.bucket(source.bucket).versioning
        return {"CopySourceVersionId": source.id} if versioned else {}

    def _check_change(self, request: Mapping[str, Any], source: Version) -> None:
        """InvalidRequest for a copy of the current version onto itself that changes nothing."""
        same = (source.bucket, source.key) == (request["Bucket"], request["Key"])
        current = self.store.index.current(source.bucket, source.key) == source.id
        changes = any(request.get(name) is not None for name in _CHANGES)
        encrypts = self.store.bucket(source.bucket).encryption != default_encryption()
        if same and current and not changes and not encrypts and request.get("MetadataDirective") != "REPLACE":
            raise AwsError("InvalidRequest", _ILLEGAL)

    async def copied(self, writer: Writer, source: ObjectBody) -> Staged:
        """What the source holds, written anew. Other requests are answered meanwhile."""
        with source.open() as file:
            await asyncio.to_thread(writer.append, file, source.length)
            return await writer.finished()

    def read_source(self, request: Mapping[str, Any]) -> tuple[Version, Content]:
        """The version that CopySource names, if its CopySourceIf… conditions hold.

        Raises:
            AwsError: NoSuchKey, NoSuchVersion; InvalidRequest for a delete marker; PreconditionFailed.
        """
        bucket, key, asked = copy_source(request["CopySource"])
        named = {"Bucket": bucket, "Key": key, "VersionId": asked}
        conditions = {name.removeprefix("CopySource"): value for name, value in request.items() if "SourceIf" in name}
        try:
            version, found = self.readable(named)
            preconditions.check_read(conditions, version, found, self.clock.now())
        except Absent as error:
            if asked is None:
                raise
            raise AwsError(
                "InvalidRequest", "The source of a copy request may not specifically refer to a delete marker by "
                "version id."
            ) from error  # fmt: skip
        except AwsError as error:
            if error.status == 304:
                raise preconditions.failed("x-amz-copy-source-If-None-Match") from error
            raise
        if version.description.storage_class in description.ARCHIVED:
            raise AwsError(
                "InvalidObjectState", "The operation is not valid for the source object's storage class", 403
            )
        self.check_whole(version)
        return version, found
