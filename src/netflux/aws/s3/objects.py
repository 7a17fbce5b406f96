"""Operations that put and read objects."""

# ruff: noqa: ARG002 every operation takes the call, as the control plane hands it over

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from netflux import content
from netflux.aws.s3 import accesslists, checksums, description, members, preconditions, visits
from netflux.aws.s3.body import SMALL, Sealed, Staged
from netflux.aws.s3.lifecycle import expiry
from netflux.aws.s3.sealed import Sealer
from netflux.aws.s3.store import Store
from netflux.clock import Clock
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.resources.s3 import Bucket
from netflux.resources.s3objects import Content, Description, Upload, Version

_OVERRIDES = {f"Response{name}": name for name in description.HEADERS}
_ATTEMPTS = 3
_VERSION_ID = re.compile(r"null|[A-Za-z0-9._-]{32}")


class Absent(AwsError):
    """There is no object, or no readable one, and the headers of the answer say what is there instead."""

    def __init__(self, code: str, message: str, status: int, headers: Mapping[str, str]) -> None:
        super().__init__(code, message, status)
        self.headers = headers


class Objects(Sealer):
    """The part of S3's API that puts and reads objects."""

    store: Store
    clock: Clock

    async def staged(self, request: Mapping[str, Any], algorithm: str, upload: Upload | None = None) -> Staged:
        """The request's body on disk; what handle() received already is.

        Args:
            upload: that it is a part of.
        """
        body: Any = request.get("Body")
        if isinstance(body, Staged):
            return body
        sealed = await (self.sealed(request) if upload is None else self.sealed_part(upload, request))
        if isinstance(body, str):
            body = body.encode()
        data = body if isinstance(body, bytes) else body.read() if hasattr(body, "read") else b""
        if len(data) <= SMALL:
            return self.store.bodies.stage(data, [algorithm], sealed)
        return await asyncio.to_thread(self.store.bodies.stage, data, [algorithm], sealed)

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
        """Acknowledged when body and record are on disk."""
        body = await self.staged(request, request.get("ChecksumAlgorithm") or checksums.DEFAULT)
        try:
            bucket = self.store.bucket(request["Bucket"])
            self.check_write(request)
            given = encrypted(self.described(call, request, bucket), body.sealed)
            found = Content(body.size, body.etag, body.file, dict(body.checksums), seal=body.seal)
            version = self.made(bucket, request["Key"], given, found)
            self.store.put(version, event=f"ObjectCreated:{'Post' if visits.is_form() else 'Put'}")
        except BaseException:
            self.store.bodies.discard(body.file)
            raise
        return {
            "ETag": found.etag,
            "Size": found.size,
            "ChecksumType": found.checksum_type,
            **checksums.members(found.checksums),
            **self.written(bucket, version),
        }

    def described(self, call: Call, request: Mapping[str, Any], bucket: Bucket) -> Description:
        """What an object is to have, with its access list and its owner."""
        given = description.described(request, bucket, self.clock.calendar())
        grants, owner = accesslists.of_new(bucket, request, call.account)
        return replace(given, acl={} if grants is None else {"Grants": grants}, owner=owner)

    def made(self, bucket: Bucket, key: str, given: Description, found: Content | None) -> Version:
        """A version that is to be put; a delete marker without content."""
        version, sequence = self.store.next(bucket)
        return Version(bucket.name, key, version, sequence, self.clock.now(), given, found)

    def written(self, bucket: Bucket, version: Version) -> dict[str, Any]:
        """What the answer to every write of an object tells."""
        answer: dict[str, Any] = description.encryption(version.description)
        if bucket.versioning == "Enabled":
            answer["VersionId"] = version.id
        return answer | self.expiration(bucket, version)

    def expiration(self, bucket: Bucket, version: Version) -> dict[str, str]:
        """x-amz-expiration of a current version, where a rule of the bucket's lifecycle expires it."""
        found = expiry.foretold(bucket, version, self.born(version))
        return {"Expiration": found} if found else {}

    def born(self, version: Version) -> Any:
        """When a version was made, by the region's calendar."""
        return expiry.begun(version.modified, self.clock)

    def check_write(self, request: Mapping[str, Any]) -> None:
        """If-Match and If-None-Match of a write."""
        bucket, key = request["Bucket"], request["Key"]
        preconditions.check_write(request, self.store.current(bucket, key), key)

    @operation(members.READ, neutral=members.PAYER)
    async def get_object(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """The object, or the part of it that Range or PartNumber ask for."""
        version, found, key = await self._unsealed(request)
        preconditions.check_read(request, version, found, self.clock.now())
        if version.description.storage_class in description.ARCHIVED:
            raise AwsError("InvalidObjectState", "The operation is not valid for the object's storage class", 403)
        self.check_whole(version)
        answer = self._head(version, found, request)
        span = answer.pop("Span")
        start, length = (span.start, span.length) if span else (0, found.size)
        answer["Body"] = self.body(found, start, length, key)
        return answer

    async def _unsealed(self, request: Mapping[str, Any]) -> tuple[Version, Content, bytes]:
        """What `readable` finds, with the key of its body; another one's that takes its place while KMS is asked."""
        version, found = self.readable(request)
        for _ in range(_ATTEMPTS):
            key = await self.opened(version, found, request)
            version, now = self.readable(request)
            if now.body == found.body:
                return version, found, key
            found = now
        raise AwsError("SlowDown", "Please reduce your request rate.", 503)

    @operation(members.READ, neutral=members.PAYER)
    async def head_object(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """What GetObject would return, without the bytes."""
        version, found = self.readable(request)
        self.check_key(version, request)
        preconditions.check_read(request, version, found, self.clock.now())
        answer = self._head(version, found, request)
        del answer["Span"]
        return answer

    def readable(self, request: Mapping[str, Any]) -> tuple[Version, Content]:
        """The version that a request names, or the current one, with its content.

        Raises:
            AwsError: NoSuchKey, NoSuchVersion, InvalidArgument; MethodNotAllowed for a delete marker.
        """
        version = self.named(request)
        if version.content is None:
            headers = {"x-amz-delete-marker": "true", "x-amz-version-id": version.id}
            if request.get("VersionId") is None:
                absent = preconditions.no_such_key(request["Key"])
                raise Absent(absent.code, absent.message, 404, headers)
            text = "The specified method is not allowed against this resource."
            raise Absent("MethodNotAllowed", text, 405, {**headers, "Allow": "DELETE"})
        return version, version.content

    def named(self, request: Mapping[str, Any]) -> Version:
        """The same, also of a delete marker."""
        bucket, key, asked = request["Bucket"], request["Key"], request.get("VersionId")
        self.store.bucket(bucket)
        if asked is None:
            found = self.store.current(bucket, key)
            if found is None:
                raise preconditions.no_such_key(key)
            return found
        check_version_id(asked)
        found = self.store.version(bucket, key, asked)
        if found is None:
            raise AwsError("NoSuchVersion", "The specified version does not exist.", 404)
        return found

    def check_whole(self, version: Version) -> None:
        """InternalError, as S3 has it for what it can't read, where the body is not as it was written."""
        if not self.store.bodies.whole(version):
            raise AwsError(
                "InternalError",
                f"The body of {version.key} is damaged or missing on disk: `netflux status` names the file. Put it "
                "back from a copy, or write the object anew.",
                500,
            )

    def _head(self, version: Version, found: Content, request: Mapping[str, Any]) -> dict[str, Any]:
        bucket = self.store.bucket(version.bucket)
        span, counted = _span(request, found)
        answer: dict[str, Any] = {
            **description.told(version.description),
            "Span": span,
            "ContentLength": span.length if span else found.size,
            "ETag": found.etag,
            "LastModified": version.modified,
            "AcceptRanges": "bytes",
            **counted,
        }
        if span:
            answer["ContentRange"] = span.header
        if bucket.versioning:
            answer["VersionId"] = version.id
        if version.id == self.store.index.current(version.bucket, version.key):
            answer |= self.expiration(bucket, version)
        if request.get("ChecksumMode") == "ENABLED":
            answer |= _sums(found, request.get("PartNumber"), whole=span is None or span.length == found.size)
        for parameter, header in _OVERRIDES.items():
            if request.get(parameter) is not None:
                answer[header] = request[parameter]
        return answer


def encrypted(given: Description, sealed: Sealed | None) -> Description:
    """With what answers tell of its encryption."""
    return given if sealed is None else replace(given, encryption=dict(sealed.members))


def check_version_id(text: str) -> None:
    """InvalidArgument for a text that is no version's id."""
    if not text:
        raise AwsError("InvalidArgument", "Version id cannot be the empty string")
    if not _VERSION_ID.fullmatch(text):
        raise AwsError("InvalidArgument", "Invalid version id specified")


def _sums(found: Content, number: int | None, *, whole: bool) -> dict[str, str]:
    """Checksums of the bytes of an answer, where they are known: of the whole, or of one part."""
    known = found.checksums if whole else {}
    sums = found.parts[number - 1].checksums if found.parts and number is not None else known
    return {**checksums.members(sums), "ChecksumType": found.checksum_type} if sums else {}


def _span(request: Mapping[str, Any], found: Content) -> tuple[content.Span | None, dict[str, Any]]:
    """The bytes that are asked for, and what the answer tells of parts."""
    number = request.get("PartNumber")
    if number is not None:
        if request.get("Range"):
            raise AwsError("InvalidRequest", "Cannot specify both Range header and partNumber query parameter")
        return _part(number, found)
    if not request.get("Range"):
        return None, {}
    try:
        return content.span(request["Range"], found.size), {}
    except ValueError as error:
        raise AwsError("InvalidRange", "The requested range is not satisfiable", 416) from error


def _part(number: int, found: Content) -> tuple[content.Span | None, dict[str, Any]]:
    sizes = [part.size for part in found.parts] or [found.size]
    if not 1 <= number <= len(sizes):
        raise AwsError("InvalidPartNumber", "The requested partnumber is not satisfiable", 416)
    counted = {"PartsCount": len(sizes)} if found.parts else {}
    start, length = sum(sizes[: number - 1]), sizes[number - 1]
    return (content.Span(start, start + length - 1, found.size) if length else None), counted
