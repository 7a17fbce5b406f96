"""Operations on objects."""

# ruff: noqa: ARG002 every operation takes the call, as the control plane hands it over

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import parse_qsl, quote, unquote

from netflux import content
from netflux.aws.s3 import labels, listing
from netflux.aws.s3.body import SMALL, Staged, Writer, incomplete
from netflux.aws.s3.store import Store
from netflux.aws.s3.support import not_implemented
from netflux.clock import Clock
from netflux.controlplane.call import Call
from netflux.controlplane.records.documents import Document
from netflux.errors import AwsError

HEADERS = ("ContentType", "CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage", "Expires")
_OVERRIDES = {f"Response{name}": name for name in HEADERS}
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
        raise not_implemented("versionId of CopySource")
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

    async def head_object(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """What GetObject would return, without the bytes."""
        answer = await self.get_object(call, request)
        del answer["Body"]
        return answer

    async def delete_object(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Also when it is not there."""
        self.store.bucket(request["Bucket"])
        self.store.delete_object(request["Bucket"], request["Key"])
        return {}

    async def delete_objects(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Up to 1,000 keys."""
        self.store.bucket(request["Bucket"])
        wanted = request["Delete"].get("Objects") or []
        if not wanted or len(wanted) > _LARGEST_BATCH:
            raise AwsError("MalformedXML", f"DeleteObjects takes 1 to 1,000 keys, not {len(wanted)}")
        for item in wanted:
            if set(item) - {"Key"} and item.get("VersionId") not in {None, "null"}:
                raise not_implemented("VersionId of DeleteObjects")
            self.store.delete_object(request["Bucket"], item["Key"])
        if request["Delete"].get("Quiet"):
            return {}
        return {"Deleted": [{"Key": item["Key"]} for item in wanted]}

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
        writer = self.store.bodies.writer(source["checksums"] or ["CRC32"])
        try:
            body = await self.copied(writer, ObjectBody(self.store.bodies.path(source["body"]), 0, source["size"]))
            self.store.bucket(request["Bucket"])
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

    async def list_objects(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """A page, continued by Marker."""
        return self._list(request, request.get("Marker") or "", version=1)

    async def list_objects_v2(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """A page, continued by ContinuationToken."""
        after = request.get("StartAfter") or ""
        if request.get("ContinuationToken"):
            try:
                after = base64.urlsafe_b64decode(request["ContinuationToken"]).decode()
            except ValueError as error:
                raise AwsError("InvalidArgument", "The continuation token provided is incorrect") from error
        return self._list(request, after, version=2)

    async def get_object_tagging(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """The object's tags."""
        return {"TagSet": self._read({"Bucket": request["Bucket"], "Key": request["Key"]})["tags"]}

    async def put_object_tagging(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Replaces all tags."""
        document = self._read({"Bucket": request["Bucket"], "Key": request["Key"]})
        tags = request["Tagging"].get("TagSet") or []
        labels.check_tags(tags, labels.OBJECT)
        document["tags"] = tags
        self.store.put_object(request["Bucket"], request["Key"], document)
        return {}

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

    def _list(self, request: Mapping[str, Any], after: str, version: int) -> dict[str, Any]:
        bucket = request["Bucket"]
        self.store.bucket(bucket)
        limit = 1000 if request.get("MaxKeys") is None else request["MaxKeys"]
        if limit < 0:
            raise AwsError("InvalidArgument", "Argument maxKeys must be an integer between 0 and 2147483647")
        question = listing.Question(request.get("Prefix") or "", request.get("Delimiter") or "", after, limit)
        page = listing.page(self.store.keys(bucket), question)

        def text(value: str) -> str:
            return quote(value, safe="/") if request.get("EncodingType") == "url" else value

        rows = [(key, self.store.object(bucket, key)) for key in page.keys]
        answer: dict[str, Any] = {
            "Name": bucket,
            "Prefix": text(question.prefix),
            "MaxKeys": min(limit, listing.LARGEST_PAGE),
            "IsTruncated": bool(page.last),
            "Contents": [_row(text(key), document) for key, document in rows if document],
            "CommonPrefixes": [{"Prefix": text(prefix)} for prefix in page.prefixes],
        }
        if question.delimiter:
            answer["Delimiter"] = text(question.delimiter)
        if request.get("EncodingType"):
            answer["EncodingType"] = request["EncodingType"]
        if version == 1:
            marks: dict[str, Any] = {
                "Marker": text(after),
                "NextMarker": text(page.last) if page.last and question.delimiter else None,
            }
        else:
            token = base64.urlsafe_b64encode(page.last.encode()).decode() if page.last else None
            marks = {
                "KeyCount": len(page.keys) + len(page.prefixes),
                "ContinuationToken": request.get("ContinuationToken"),
                "NextContinuationToken": token,
                "StartAfter": text(request["StartAfter"]) if request.get("StartAfter") else None,
            }
        return answer | {name: value for name, value in marks.items() if value is not None}


def _row(key: str, document: Document) -> dict[str, Any]:
    return {
        "Key": key,
        "LastModified": datetime.fromisoformat(document["modified"]),
        "ETag": document["etag"],
        "ChecksumAlgorithm": [*document["checksums"]],
        "ChecksumType": document["checksum_type"],
        "Size": document["size"],
        "StorageClass": "STANDARD",
    }


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
