"""Operations on objects."""

# ruff: noqa: ARG002 every operation takes the call, as the control plane hands it over

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import parse_qsl, unquote

from netflux import content
from netflux.aws.s3 import labels, members
from netflux.aws.s3.body import SMALL, Staged, Writer, incomplete
from netflux.aws.s3.store import Store
from netflux.clock import Clock
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.controlplane.records.documents import Document
from netflux.errors import AwsError, Unsupported

HEADERS = ("ContentType", "CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage", "Expires")
_OVERRIDES = {f"Response{name}": name for name in HEADERS}
_NOT_READ = {
    **members.CUSTOMER_KEY,
    "PartNumber": "Parts are not kept apart once they are joined: ask by Range.",
}
_UNCONDITIONAL = "Objects are deleted whatever they hold: leave it out."
_LARGEST_BATCH = 1000  # keys; "DeleteObjects", S3 API Reference


@dataclass(frozen=True)
class ObjectBody:
    """The bytes of an answer. The file is gone once the object is overwritten, so it is opened without awaiting first.

    Attributes:
        path: the file.
        start: offset of the first byte.
        length: number of bytes.
    """

    path: Path
    start: int
    length: int

    def open(self) -> BinaryIO:
        """The file, at the first byte.

        Raises:
            AwsError: InternalError where the disk has less of the object than its record says.
        """
        file = self.path.open("rb")
        found = os.fstat(file.fileno()).st_size
        if found < self.start + self.length:
            file.close()
            raise incomplete(self.path, found, self.start + self.length)
        file.seek(self.start)
        return file

    def read(self) -> bytes:
        """All of it."""
        with self.open() as file:
            return file.read(self.length)


def no_such_key(key: str) -> AwsError:
    """S3's error for an object that is not there."""
    return AwsError("NoSuchKey", f"The specified key does not exist: {key}", 404)


def described(request: Mapping[str, Any]) -> Document:
    """The object's headers, metadata and tags that a request gives, as JSON. Raises InvalidTag, MetadataTooLarge."""
    headers = {name: request[name] for name in HEADERS if request.get(name) is not None}
    if isinstance(headers.get("Expires"), datetime):
        headers["Expires"] = headers["Expires"].isoformat()
    if "ContentEncoding" in headers:
        kept = [part.strip() for part in headers["ContentEncoding"].split(",") if part.strip() != "aws-chunked"]
        headers["ContentEncoding"] = ",".join(kept)
        if not kept:
            del headers["ContentEncoding"]
    headers.setdefault("ContentType", "binary/octet-stream")
    metadata = {name.lower(): text for name, text in (request.get("Metadata") or {}).items()}
    tags = [
        {"Key": name, "Value": value} for name, value in parse_qsl(request.get("Tagging") or "", keep_blank_values=True)
    ]
    labels.check_metadata(metadata)
    labels.check_tags(tags, labels.OBJECT)
    return {"headers": headers, "metadata": metadata, "tags": tags}


def copy_source(text: str) -> tuple[str, str]:
    """Bucket and key of an x-amz-copy-source."""
    source, _, version = text.partition("?versionId=")
    if version not in {"", "null"}:
        raise Unsupported("s3: the versionId of CopySource", "Buckets keep one version: leave it out.")
    bucket, _, key = unquote(source).removeprefix("/").partition("/")
    if not bucket or not key:
        raise AwsError("InvalidArgument", f"Copy source must mention the source bucket and key: {text}")
    return bucket, key


class Objects:
    """The part of S3's API that concerns objects."""

    store: Store
    clock: Clock

    async def staged(self, body: object, algorithms: Sequence[str] = ()) -> Staged:
        """The body on disk; what handle() received already is."""
        if isinstance(body, Staged):
            return body
        if isinstance(body, str):
            body = body.encode()
        data = body if isinstance(body, bytes) else body.read() if hasattr(body, "read") else b""
        if len(data) <= SMALL:
            return self.store.bodies.stage(data, algorithms)
        return await asyncio.to_thread(self.store.bodies.stage, data, algorithms)

    @operation(
        f"{members.NEW} {members.CONDITIONS} {members.SUMS} Body ContentLength ContentMD5 ChecksumAlgorithm",
        neutral=members.PAYER,
        refused={
            **members.NOT_KEPT,
            **members.OTHER_SUMS,
            "WriteOffsetBytes": "An object is written as a whole: leave it out.",
        },
        only={**members.AS_STORED, **members.ALGORITHMS},
    )
    async def put_object(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Acknowledged when body and document are on disk."""
        bucket, key = request["Bucket"], request["Key"]
        body = await self.staged(request.get("Body"), [request.get("ChecksumAlgorithm") or "CRC32"])
        try:
            self.store.bucket(bucket)
            self.check_write(request)
            document = {
                **described(request),
                "size": body.size,
                "etag": f'"{body.md5}"',
                "modified": self.clock.now().isoformat(),
                "body": body.file,
                "checksums": dict(body.checksums),
                "checksum_type": "FULL_OBJECT",
            }
            self.store.put_object(bucket, key, document)
        except BaseException:
            self.store.bodies.discard(body.file)
            raise
        sums = {f"Checksum{name}": value for name, value in body.checksums.items()}
        return {"ETag": document["etag"], "ServerSideEncryption": "AES256", "ChecksumType": "FULL_OBJECT", **sums}

    def check_write(self, request: Mapping[str, Any]) -> None:
        """If-Match and If-None-Match of a write."""
        found = self.store.object(request["Bucket"], request["Key"])
        if request.get("IfNoneMatch") is not None and found is not None:
            raise AwsError("PreconditionFailed", "At least one of the pre-conditions you specified did not hold", 412)
        if request.get("IfMatch") is not None:
            if found is None:
                raise no_such_key(request["Key"])
            if not content.names(request["IfMatch"], found["etag"]):
                raise AwsError(
                    "PreconditionFailed", "At least one of the pre-conditions you specified did not hold", 412
                )

    @operation(members.READ, neutral=members.PAYER, refused=_NOT_READ, only=members.ONE_VERSION)
    async def get_object(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """The object, or the part that Range asks for."""
        document = self._whole(request["Bucket"], request["Key"], self._read(request))
        answer = self._head(document, request)
        span = _span(request, document["size"])
        if span is not None:
            answer |= {"ContentRange": span.header, "ContentLength": span.length}
        start, length = (span.start, span.length) if span else (0, document["size"])
        answer["Body"] = ObjectBody(self.store.bodies.path(document["body"]), start, length)
        return answer

    @operation(members.READ, neutral=members.PAYER, refused=_NOT_READ, only=members.ONE_VERSION)
    async def head_object(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """What GetObject would return, without the bytes."""
        answer = await self.get_object(call, request)
        del answer["Body"]
        return answer

    @operation(
        f"{members.KEY} VersionId",
        neutral=members.PAYER,
        refused={
            **members.NO_LOCKS,
            **dict.fromkeys(("IfMatch", "IfMatchLastModifiedTime", "IfMatchSize"), _UNCONDITIONAL),
        },
        only=members.ONE_VERSION,
    )
    async def delete_object(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Also when it is not there."""
        self.store.bucket(request["Bucket"])
        self.store.delete_object(request["Bucket"], request["Key"])
        return {}

    @operation(
        f"{members.BUCKET} ChecksumAlgorithm Delete(Objects(Key VersionId) Quiet)",
        neutral=members.PAYER,
        refused={
            **members.NO_LOCKS,
            **{f"Delete.Objects.{name}": _UNCONDITIONAL for name in ("ETag", "LastModifiedTime", "Size")},
        },
        only={**members.ALGORITHMS, "Delete.Objects.VersionId": ("null",)},
    )
    async def delete_objects(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Up to 1,000 keys."""
        self.store.bucket(request["Bucket"])
        wanted = request["Delete"].get("Objects") or []
        if not wanted or len(wanted) > _LARGEST_BATCH:
            raise AwsError("MalformedXML", f"DeleteObjects takes 1 to 1,000 keys, not {len(wanted)}")
        for item in wanted:
            self.store.delete_object(request["Bucket"], item["Key"])
        if request["Delete"].get("Quiet"):
            return {}
        return {"Deleted": [{"Key": item["Key"]} for item in wanted]}

    @operation(
        f"{members.NEW} {members.COPIED} {members.CONDITIONS} ChecksumAlgorithm MetadataDirective TaggingDirective",
        neutral={**members.PAYER, "AnnotationDirective": "Objects have no annotations here, so none is copied."},
        refused={**members.NOT_KEPT, **members.SOURCE_KEY},
        only={**members.AS_STORED, **members.ALGORITHMS},
    )
    async def copy_object(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Bytes are copied, not shared."""
        source_bucket, source_key = copy_source(request["CopySource"])
        source = self.read_source(request)
        replaced = request.get("MetadataDirective") == "REPLACE"
        if (source_bucket, source_key) == (request["Bucket"], request["Key"]) and not replaced:
            raise AwsError(
                "InvalidRequest",
                "This copy request is illegal because it is trying to copy an object to itself without changing the "
                "object's metadata, storage class, website redirect location or encryption attributes.",
            )
        self.store.bucket(request["Bucket"])
        given = described(request)
        kept = {**source, **(given if replaced else {})}
        kept["tags"] = given["tags"] if request.get("TaggingDirective") == "REPLACE" else source["tags"]
        algorithm = request.get("ChecksumAlgorithm")
        writer = self.store.bodies.writer([algorithm] if algorithm else source["checksums"] or ["CRC32"])
        try:
            body = await self.copied(writer, ObjectBody(self.store.bodies.path(source["body"]), 0, source["size"]))
            self.store.bucket(request["Bucket"])
            self.check_write(request)
            document = {
                **kept,
                "etag": f'"{body.md5}"',
                "modified": self.clock.now().isoformat(),
                "body": body.file,
                "checksums": dict(body.checksums),
                "checksum_type": "FULL_OBJECT",
            }
            self.store.put_object(request["Bucket"], request["Key"], document)
        except BaseException:
            writer.abandon()
            raise
        return {
            "CopyObjectResult": {
                "ETag": document["etag"],
                "LastModified": datetime.fromisoformat(document["modified"]),
                **{f"Checksum{name}": value for name, value in body.checksums.items()},
            },
            "ServerSideEncryption": "AES256",
        }

    async def copied(self, writer: Writer, source: ObjectBody) -> Staged:
        """What the source holds, written anew. Other requests are answered meanwhile."""
        with source.open() as file:
            await asyncio.to_thread(writer.append, file, source.length)
            return await writer.finished()

    def read_source(self, request: Mapping[str, Any]) -> Document:
        """The document that CopySource names, if its CopySourceIf… conditions hold."""
        bucket, key = copy_source(request["CopySource"])
        conditions = {name.removeprefix("CopySource"): value for name, value in request.items() if "SourceIf" in name}
        try:
            return self._whole(bucket, key, self._read({"Bucket": bucket, "Key": key, **conditions}))
        except AwsError as error:
            if error.status == 304:
                raise AwsError(
                    "PreconditionFailed", "At least one of the pre-conditions you specified did not hold", 412
                ) from error
            raise

    @operation(f"{members.KEY} VersionId", neutral=members.PAYER, only=members.ONE_VERSION)
    async def get_object_tagging(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """The object's tags."""
        return {"TagSet": self._read({"Bucket": request["Bucket"], "Key": request["Key"]})["tags"]}

    @operation(
        f"{members.DOCUMENT} Key VersionId Tagging(TagSet(Key Value))",
        neutral=members.PAYER,
        only={**members.ONE_VERSION, **members.ALGORITHMS},
    )
    async def put_object_tagging(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Replaces all tags."""
        document = self._read({"Bucket": request["Bucket"], "Key": request["Key"]})
        tags = request["Tagging"].get("TagSet") or []
        labels.check_tags(tags, labels.OBJECT)
        document["tags"] = tags
        self.store.put_object(request["Bucket"], request["Key"], document)
        return {}

    @operation(f"{members.KEY} VersionId", only=members.ONE_VERSION)
    async def delete_object_tagging(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Removes all tags."""
        return await self.put_object_tagging(call, {**request, "Tagging": {}})

    def _read(self, request: Mapping[str, Any]) -> Document:
        self.store.bucket(request["Bucket"])
        document = self.store.object(request["Bucket"], request["Key"])
        if document is None:
            raise no_such_key(request["Key"])
        conditions = content.Conditions(
            request.get("IfMatch"),
            request.get("IfNoneMatch"),
            _aware(request.get("IfModifiedSince")),
            _aware(request.get("IfUnmodifiedSince")),
        )
        status = content.verdict(conditions, document["etag"], datetime.fromisoformat(document["modified"]))
        if status == 304:
            raise AwsError("NotModified", document["etag"], 304)
        if status == 412:
            raise AwsError("PreconditionFailed", "At least one of the pre-conditions you specified did not hold", 412)
        return document

    def _whole(self, bucket: str, key: str, document: Document) -> Document:
        """The document of a body that is as it was written; InternalError, as S3 has it for what it can't read."""
        if not self.store.bodies.whole(document, f"s3://{bucket}/{key}"):
            raise AwsError(
                "InternalError",
                f"The body of {key} is damaged or missing on disk: `netflux status` names the file. Put it back from "
                "a copy, or write the object anew.",
                500,
            )
        return document

    def _head(self, document: Document, request: Mapping[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = {
            **document["headers"],
            "ContentLength": document["size"],
            "ETag": document["etag"],
            "LastModified": datetime.fromisoformat(document["modified"]),
            "AcceptRanges": "bytes",
            "Metadata": document["metadata"],
            "ServerSideEncryption": "AES256",
        }
        if document["tags"]:
            answer["TagCount"] = len(document["tags"])
        if request.get("ChecksumMode") == "ENABLED" and not request.get("Range"):
            answer |= {f"Checksum{name}": value for name, value in document["checksums"].items()}
            answer["ChecksumType"] = document["checksum_type"]
        for parameter, header in _OVERRIDES.items():
            if request.get(parameter) is not None:
                answer[header] = request[parameter]
        if isinstance(answer.get("Expires"), str):
            answer["Expires"] = datetime.fromisoformat(answer["Expires"])
        return answer


def _span(request: Mapping[str, Any], size: int) -> content.Span | None:
    if not request.get("Range"):
        return None
    try:
        return content.span(request["Range"], size)
    except ValueError as error:
        raise AwsError("InvalidRange", "The requested range is not satisfiable", 416) from error


def _aware(moment: object) -> datetime | None:
    if not isinstance(moment, datetime):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
