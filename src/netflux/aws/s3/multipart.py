"""Operations that upload an object in parts."""

# ruff: noqa: ARG002 every operation takes the call, as the control plane hands it over

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from netflux.aws.s3 import checksums, completion, description, members
from netflux.aws.s3.body import Staged
from netflux.aws.s3.copying import Copying
from netflux.aws.s3.lifecycle import expiry
from netflux.aws.s3.objectbody import ObjectBody
from netflux.aws.s3.objects import encrypted
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.resources.s3objects import Content, Part, Seal, Upload, UploadedPart, Version

_UPLOAD = f"{members.KEY} UploadId"
_PART = f"{_UPLOAD} PartNumber"
_LAST_PART = 10_000  # "Amazon S3 multipart upload limits", S3 User Guide


class Multipart(Copying):
    """The part of S3's API that uploads objects in parts."""

    @operation(
        f"{members.NEW} ChecksumAlgorithm ChecksumType",
        neutral=members.PAYER,
        refused=members.NOT_KEPT,
        only={**members.AS_STORED, **members.ALGORITHMS},
    )
    async def create_multipart_upload(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Starts one."""
        bucket = self.store.bucket(request["Bucket"])
        asked = request.get("ChecksumAlgorithm")
        algorithm = asked or checksums.DEFAULT
        kinds = checksums.types(algorithm)
        kind = request.get("ChecksumType") or kinds[0]
        if request.get("ChecksumType") and not asked:
            raise AwsError(
                "InvalidRequest",
                "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.",
            )
        if kind not in kinds:
            raise AwsError(
                "InvalidRequest",
                f"The {kind} checksum type cannot be used with the {algorithm.lower()} checksum algorithm.",
            )
        sealed = await self.sealed(request)
        given = encrypted(self.described(call, request, bucket), sealed)
        upload = Upload(
            secrets.token_urlsafe(48),
            bucket.name,
            request["Key"],
            self.clock.now(),
            given,
            algorithm,
            kind,
            bool(asked),
            Seal(sealed.wrapped) if sealed is not None else None,
        )
        self.store.uploads.put(upload)
        told = {"ChecksumAlgorithm": algorithm, "ChecksumType": kind} if asked else {}
        return {
            "Bucket": upload.bucket,
            "Key": upload.key,
            "UploadId": upload.id,
            **told,
            **description.encryption(given),
            **self.ending(upload),
        }

    @operation(
        f"{_PART} {members.CUSTOMER_KEY} {members.SUMS} Body ContentLength ContentMD5 ChecksumAlgorithm",
        neutral=members.PAYER,
        refused=members.OTHER_SUMS,
        only=members.ALGORITHMS,
    )
    async def upload_part(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """A part; the same number again replaces it."""
        upload = self.upload(request)
        completion.check_algorithm(upload, request)
        body = await self.staged(request, upload.algorithm, upload)
        part = self._keep_part(request, body)
        return {"ETag": part.etag, **description.encryption(upload.description), **checksums.members(part.checksums)}

    @operation(
        f"{_PART} {members.COPIED} {members.CUSTOMER_KEY} {members.SOURCE_KEY} CopySourceRange",
        neutral=members.PAYER,
    )
    async def upload_part_copy(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """A part out of another object."""
        upload = self.upload(request)
        source, found = self.read_source(request)
        start, length = completion.copied_range(request.get("CopySourceRange"), found.size)
        sealed = await self.sealed_part(upload, request)
        key = await self.opened(source, found, request, "CopySource")
        writer = self.store.bodies.writer([upload.algorithm], sealed)
        try:
            body = await self.copied(writer, self.body(found, start, length, key))
        except BaseException:
            writer.abandon()
            raise
        part = self._keep_part(request, body)
        sums = checksums.members(part.checksums) if upload.asked else {}
        result = {"ETag": part.etag, "LastModified": part.modified, **sums}
        return {"CopyPartResult": result, **description.encryption(upload.description), **self.source_version(source)}

    def _keep_part(self, request: Mapping[str, Any], body: Staged) -> UploadedPart:
        try:
            _check_number(request["PartNumber"])
            upload = self.upload(request)
            part = UploadedPart(
                upload.id,
                request["PartNumber"],
                body.size,
                body.etag,
                body.file,
                self.clock.now(),
                dict(body.checksums),
                body.seal,
            )
            self.store.put_part(part)
        except BaseException:
            self.store.bodies.discard(body.file)
            raise
        return part

    @operation(
        f"{_UPLOAD} {members.CUSTOMER_KEY} {members.CONDITIONS} {members.SUMS} ChecksumType MpuObjectSize "
        f"MultipartUpload(Parts(PartNumber ETag {members.SUMS}))",
        neutral=members.PAYER,
        refused={
            **members.OTHER_SUMS,
            **{f"MultipartUpload.Parts.{name}": text for name, text in members.OTHER_SUMS.items()},
        },
    )
    async def complete_multipart_upload(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Joins the parts; the object is there when the joined body and its record are on disk."""
        done = self._completed(request)
        if done is not None:
            return self._ended(done)
        upload = self.upload(request)
        self.check_upload_key(upload, request)
        named = (request.get("MultipartUpload") or {}).get("Parts") or []
        parts = completion.chosen(upload, named, lambda number: self.store.part(upload.id, number))
        self.check_write(request)
        completion.check_size(request, parts)
        sums = completion.whole(upload, parts)
        completion.check_sums(request, upload, sums)
        whole = await self._join(parts)
        try:
            self.upload(request)
            self.check_write(request)
            made = Content(
                whole.size,
                _etag(parts),
                whole.file,
                sums,
                upload.checksum_type,
                tuple(_kept(upload, part) for part in parts),
                upload.id,
                _seal(upload, parts),
            )
            version = self.made(self.store.bucket(upload.bucket), upload.key, upload.description, made)
            self.store.put(version, upload.id, "ObjectCreated:CompleteMultipartUpload")
        except BaseException:
            self.store.bodies.discard(whole.file)
            raise
        return self._ended(version)

    def _completed(self, request: Mapping[str, Any]) -> Version | None:
        """The object that the upload made before, whose answer is told again."""
        place = request["Bucket"], request["Key"]
        found = self.store.versions.where("upload", request["UploadId"])
        return next((version for version in found if (version.bucket, version.key) == place), None)

    def _ended(self, version: Version) -> dict[str, Any]:
        bucket, found = self.store.bucket(version.bucket), version.content
        if found is None:
            raise TypeError("an upload makes no delete marker")
        return {
            "Bucket": version.bucket,
            "Key": version.key,
            "Location": f"/{version.bucket}/{version.key}",
            "ETag": found.etag,
            "ChecksumType": found.checksum_type,
            **checksums.members(found.checksums),
            **self.written(bucket, version),
        }

    async def _join(self, parts: Sequence[UploadedPart]) -> Staged:
        writer = self.store.bodies.writer()

        def join() -> Staged:
            for part in parts:
                with ObjectBody(self.store.bodies.path(part.body), 0, part.size).open() as file:
                    writer.append(file, part.size)
            return writer.finish()

        try:
            return await asyncio.to_thread(join)
        except BaseException:
            writer.abandon()
            raise

    @operation(
        _UPLOAD,
        neutral=members.PAYER,
        refused={"IfMatchInitiatedTime": "An upload is ended whenever it began: leave it out."},
    )
    async def abort_multipart_upload(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Removes the parts."""
        self.store.delete_upload(self.upload(request).id)
        return {}

    def upload(self, request: Mapping[str, Any]) -> Upload:
        """The upload that a request names; NoSuchUpload."""
        self.store.bucket(request["Bucket"])
        return self.store.upload(request["Bucket"], request["Key"], request["UploadId"])

    def ending(self, upload: Upload) -> dict[str, Any]:
        """When a rule of the bucket's lifecycle ends the upload, and which."""
        found = expiry.aborted(self.store.bucket(upload.bucket), upload, expiry.begun(upload.initiated, self.clock))
        return {} if found is None else {"AbortDate": found[0], "AbortRuleId": found[1]}


def _kept(upload: Upload, part: UploadedPart) -> Part:
    """What an object keeps of a part."""
    algorithm = upload.algorithm
    return Part(part.number, part.size, {algorithm: part.checksums[algorithm]} if upload.asked else {})


def _check_number(number: int) -> None:
    if not 1 <= number <= _LAST_PART:
        raise AwsError("InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive")


def _seal(upload: Upload, parts: Sequence[UploadedPart]) -> Seal | None:
    """The parts' pieces one after the other: they are joined as they are encrypted."""
    pieces = tuple(piece for part in parts if part.seal is not None for piece in part.seal.pieces)
    return Seal("" if upload.seal is None else upload.seal.key, pieces) if pieces else None


def _etag(parts: Sequence[UploadedPart]) -> str:
    joined = b"".join(bytes.fromhex(part.etag.strip('"')) for part in parts)
    return f'"{hashlib.md5(joined, usedforsecurity=False).hexdigest()}-{len(parts)}"'
