"""Operations on multipart uploads."""

# ruff: noqa: ARG002 every operation takes the call, as the control plane hands it over

from __future__ import annotations

import asyncio
import base64
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from netflux import content
from netflux.aws.s3 import members
from netflux.aws.s3.body import CHECKSUMS, Staged, digest
from netflux.aws.s3.objects import ObjectBody, Objects, described
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.controlplane.records import paging
from netflux.controlplane.records.documents import Document
from netflux.errors import AwsError

_UPLOAD = f"{members.KEY} UploadId"
_PART = f"{_UPLOAD} PartNumber"
_LAST_PART = 10_000  # "Amazon S3 multipart upload limits", S3 User Guide
_SMALLEST_PART = 5 * 1024 * 1024  # bytes, all but the last; the same page


class Multipart(Objects):
    """The part of S3's API that concerns multipart uploads."""

    @operation(
        f"{members.NEW} ChecksumAlgorithm ChecksumType",
        neutral=members.PAYER,
        refused=members.NOT_KEPT,
        only={**members.AS_STORED, **members.ALGORITHMS},
    )
    async def create_multipart_upload(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Starts one."""
        self.store.bucket(request["Bucket"])
        upload_id = secrets.token_urlsafe(32)
        algorithm = request.get("ChecksumAlgorithm") or "CRC32"
        kind = request.get("ChecksumType") or ("COMPOSITE" if request.get("ChecksumAlgorithm") else "FULL_OBJECT")
        if kind == "FULL_OBJECT" and algorithm != "CRC32":
            raise AwsError("InvalidRequest", f"The FULL_OBJECT checksum type cannot be used with {algorithm}")
        upload = {
            **described(request),
            "bucket": request["Bucket"],
            "key": request["Key"],
            "initiated": self.clock.now().isoformat(),
            "algorithm": algorithm,
            "checksum_type": kind,
            "parts": {},
        }
        self.store.put_upload(upload_id, upload)
        return {
            "Bucket": request["Bucket"],
            "Key": request["Key"],
            "UploadId": upload_id,
            "ChecksumAlgorithm": algorithm,
            "ChecksumType": kind,
        }

    @operation(
        f"{_PART} {members.SUMS} Body ContentLength ContentMD5 ChecksumAlgorithm",
        neutral=members.PAYER,
        refused={**members.CUSTOMER_KEY, **members.OTHER_SUMS},
        only=members.ALGORITHMS,
    )
    async def upload_part(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """A part; the same number again replaces it."""
        upload = self._upload(request)
        body = await self.staged(request.get("Body"), [upload["algorithm"]])
        self._keep_part(request, body)
        return {"ETag": f'"{body.md5}"', **{f"Checksum{name}": value for name, value in body.checksums.items()}}

    @operation(
        f"{_PART} {members.COPIED} CopySourceRange",
        neutral=members.PAYER,
        refused={**members.CUSTOMER_KEY, **members.SOURCE_KEY},
    )
    async def upload_part_copy(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """A part out of another object."""
        upload, source = self._upload(request), self.read_source(request)
        start, length = 0, source["size"]
        if request.get("CopySourceRange"):
            try:
                span = content.span(request["CopySourceRange"], source["size"])
            except ValueError:
                span = None
            if span is None:
                raise AwsError("InvalidArgument", f"The range {request['CopySourceRange']} is not valid for the source")
            start, length = span.start, span.length
        writer = self.store.bodies.writer([upload["algorithm"]])
        try:
            body = await self.copied(writer, ObjectBody(self.store.bodies.path(source["body"]), start, length))
        except BaseException:
            writer.abandon()
            raise
        self._keep_part(request, body)
        return {"CopyPartResult": {"ETag": f'"{body.md5}"', "LastModified": self.clock.now()}}

    def _keep_part(self, request: Mapping[str, Any], body: Staged) -> None:
        number = request["PartNumber"]
        try:
            _check_number(number)
            upload = self._upload(request)
            before = upload["parts"].get(str(number))
            upload["parts"][str(number)] = {
                "etag": f'"{body.md5}"',
                "size": body.size,
                "body": body.file,
                "modified": self.clock.now().isoformat(),
                "checksums": dict(body.checksums),
            }
            self.store.put_upload(request["UploadId"], upload)
        except BaseException:
            self.store.bodies.discard(body.file)
            raise
        if before:
            self.store.bodies.discard(before["body"])

    @operation(
        f"{_UPLOAD} {members.CONDITIONS} {members.SUMS} ChecksumType MpuObjectSize "
        f"MultipartUpload(Parts(PartNumber ETag {members.SUMS}))",
        neutral=members.PAYER,
        refused={
            **members.CUSTOMER_KEY,
            **members.OTHER_SUMS,
            **{f"MultipartUpload.Parts.{name}": text for name, text in members.OTHER_SUMS.items()},
        },
    )
    async def complete_multipart_upload(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Joins the parts; the object is there when the joined body and its document are on disk."""
        upload = self._upload(request)
        parts = _chosen(upload, (request.get("MultipartUpload") or {}).get("Parts") or [])
        self.check_write(request)
        _check_size(request, parts)
        if request.get("ChecksumType") not in (None, upload["checksum_type"]):
            raise AwsError(
                "InvalidRequest",
                f"The upload was begun with the checksum type {upload['checksum_type']}, which is not the request's.",
            )
        whole = await self._join(upload, parts)
        try:
            self._upload(request)
            document = {
                **{name: upload[name] for name in ("headers", "metadata", "tags", "checksum_type")},
                "size": whole.size,
                "etag": _etag(parts),
                "modified": self.clock.now().isoformat(),
                "body": whole.file,
                "checksums": _checksums(upload, parts, whole),
            }
            _check_sums(request, document["checksums"])
            self.store.put_object(request["Bucket"], request["Key"], document, request["UploadId"])
        except BaseException:
            self.store.bodies.discard(whole.file)
            raise
        return {
            "Bucket": request["Bucket"],
            "Key": request["Key"],
            "Location": f"/{request['Bucket']}/{request['Key']}",
            "ETag": document["etag"],
            "ChecksumType": upload["checksum_type"],
            **{f"Checksum{name}": value for name, value in document["checksums"].items()},
        }

    async def _join(self, upload: Document, parts: Sequence[Document]) -> Staged:
        writer = self.store.bodies.writer([upload["algorithm"]])

        def join() -> Staged:
            for part in parts:
                with ObjectBody(self.store.bodies.path(part["body"]), 0, part["size"]).open() as file:
                    writer.append(file, part["size"])
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
        self.store.delete_upload(request["UploadId"], self._upload(request))
        return {}

    @operation(f"{_UPLOAD} MaxParts PartNumberMarker", neutral=members.PAYER, refused=members.CUSTOMER_KEY)
    async def list_parts(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Parts by number."""
        upload = self._upload(request)
        after, limit = paging.number(request.get("PartNumberMarker") or "0"), request.get("MaxParts") or 1000
        if after is None:
            raise AwsError("InvalidArgument", "Provided part-number-marker not an integer or within integer range")
        rows = [(int(number), part) for number, part in upload["parts"].items() if int(number) > after]
        rows.sort(key=lambda row: row[0])
        shown = rows[:limit]
        answer = {
            "Bucket": request["Bucket"],
            "Key": request["Key"],
            "UploadId": request["UploadId"],
            "MaxParts": limit,
            "IsTruncated": len(rows) > limit,
            "StorageClass": "STANDARD",
            "PartNumberMarker": str(after),
            "ChecksumAlgorithm": upload["algorithm"],
            "ChecksumType": upload["checksum_type"],
            "Parts": [
                {
                    "PartNumber": number,
                    "ETag": part["etag"],
                    "Size": part["size"],
                    "LastModified": datetime.fromisoformat(part["modified"]),
                    **{f"Checksum{name}": value for name, value in part["checksums"].items()},
                }
                for number, part in shown
            ],
        }
        return answer | ({"NextPartNumberMarker": str(shown[-1][0])} if len(rows) > limit else {})

    @operation(
        f"{members.BUCKET} Prefix",
        neutral=members.PAYER,
        refused=dict.fromkeys(
            ("Delimiter", "EncodingType", "KeyMarker", "MaxUploads", "UploadIdMarker"),
            "One answer has all of a bucket's uploads: leave it out.",
        ),
    )
    async def list_multipart_uploads(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """All unfinished uploads of the bucket."""
        self.store.bucket(request["Bucket"])
        rows = [
            {"Key": upload["key"], "UploadId": upload_id, "Initiated": datetime.fromisoformat(upload["initiated"])}
            for upload_id, upload in self.store.uploads(request["Bucket"])
            if upload["key"].startswith(request.get("Prefix") or "")
        ]
        prefix = {"Prefix": request["Prefix"]} if request.get("Prefix") else {}
        uploads = sorted(rows, key=lambda row: row["Key"])
        return {"Bucket": request["Bucket"], "IsTruncated": False, "Uploads": uploads, **prefix}

    def _upload(self, request: Mapping[str, Any]) -> Document:
        self.store.bucket(request["Bucket"])
        return self.store.upload(request["Bucket"], request["Key"], request["UploadId"])


def _check_number(number: int) -> None:
    if not 1 <= number <= _LAST_PART:
        raise AwsError("InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive")


def _chosen(upload: Document, named: Sequence[Mapping[str, Any]]) -> list[Document]:
    numbers = [part["PartNumber"] for part in named]
    if not numbers:
        raise AwsError("MalformedXML", "CompleteMultipartUpload needs at least one part")
    if numbers != sorted(set(numbers)):
        raise AwsError("InvalidPartOrder", "The list of parts was not in ascending order")
    chosen: list[Document] = []
    for part in named:
        found = upload["parts"].get(str(part["PartNumber"]))
        if found is None or not _is(part, found):
            raise AwsError(
                "InvalidPart",
                f"Part {part['PartNumber']} could not be found: it may not have been uploaded, or its entity tag or "
                "checksum is another one.",
            )
        chosen.append(found)
    if any(part["size"] < _SMALLEST_PART for part in chosen[:-1]):
        raise AwsError("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size: 5 MB a part")
    return chosen


def _is(named: Mapping[str, Any], part: Document) -> bool:
    """Whether a part is the one that CompleteMultipartUpload names, by its entity tag and what checksums it gives."""
    sums = {name: named.get(f"Checksum{name}") for name in CHECKSUMS}
    return content.names(named.get("ETag") or "", part["etag"]) and all(
        part["checksums"].get(name) == value for name, value in sums.items() if value is not None
    )


def _check_size(request: Mapping[str, Any], parts: Sequence[Document]) -> None:
    size = sum(part["size"] for part in parts)
    if request.get("MpuObjectSize") not in (None, size):
        raise AwsError(
            "InvalidRequest",
            f"The header x-amz-mp-object-size says {request['MpuObjectSize']} bytes, and the parts have {size}.",
        )


def _check_sums(request: Mapping[str, Any], computed: Mapping[str, str]) -> None:
    """Those of the whole object that the request gives; a composite one may come without the number of parts."""
    for name in CHECKSUMS:
        given = request.get(f"Checksum{name}")
        if given is not None and given not in (computed.get(name), computed.get(name, "").partition("-")[0]):
            raise AwsError("BadDigest", f"The {name} you specified did not match the calculated checksum.")


def _etag(parts: Sequence[Document]) -> str:
    joined = b"".join(bytes.fromhex(part["etag"].strip('"')) for part in parts)
    return f'"{hashlib.md5(joined, usedforsecurity=False).hexdigest()}-{len(parts)}"'


def _checksums(upload: Document, parts: Sequence[Document], whole: Staged) -> dict[str, str]:
    if upload["checksum_type"] == "FULL_OBJECT":
        return dict(whole.checksums)
    algorithm = upload["algorithm"]
    running = digest(algorithm)
    for part in parts:
        running.update(base64.b64decode(part["checksums"][algorithm]))
    return {algorithm: f"{base64.b64encode(running.digest()).decode()}-{len(parts)}"}
