"""Operations that list uploads and their parts."""

from __future__ import annotations

from bisect import bisect_left
from typing import Any

from netflux.aws.s3 import checksums, listing, members
from netflux.aws.s3.listings import check_encoding, limit, text
from netflux.aws.s3.multipart import Multipart
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.controlplane.records import paging
from netflux.errors import AwsError
from netflux.resources.s3objects import Upload, UploadedPart

_LISTED = "Delimiter EncodingType KeyMarker MaxUploads Prefix UploadIdMarker"


class Uploads(Multipart):
    """The part of S3's API that lists uploads."""

    @operation(f"{members.KEY} {members.CUSTOMER_KEY} UploadId MaxParts PartNumberMarker", neutral=members.PAYER)
    async def list_parts(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Parts by number."""
        upload = self.upload(request)
        after = paging.number(request.get("PartNumberMarker") or "0")
        if after is None:
            raise AwsError("InvalidArgument", "Provided part-number-marker not an integer or within integer range")
        most = min(limit(request, "MaxParts"), listing.LARGEST_PAGE)
        parts = self.store.parts_of(upload.id)
        rest = parts[bisect_left(parts, after + 1, key=lambda part: part.number) :]
        shown = rest[:most]
        owner = members.owner(call, self.store.bucket(upload.bucket), upload.description)
        answer = {
            "Bucket": upload.bucket,
            "Key": upload.key,
            "UploadId": upload.id,
            "MaxParts": most,
            "IsTruncated": len(rest) > len(shown),
            "StorageClass": upload.description.storage_class,
            "PartNumberMarker": after,
            "NextPartNumberMarker": shown[-1].number if shown else 0,
            "Parts": [_part(upload, part) for part in shown],
            "Owner": owner,
            "Initiator": owner,
            **self.ending(upload),
        }
        return answer | (
            {"ChecksumAlgorithm": upload.algorithm, "ChecksumType": upload.checksum_type} if upload.asked else {}
        )

    @operation(f"{members.BUCKET} {_LISTED}", neutral=members.PAYER)
    async def list_multipart_uploads(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """A page of the bucket's unfinished uploads, by key and then by age."""
        bucket = self.store.bucket(request["Bucket"]).name
        check_encoding(request)
        by_key: dict[str, list[Upload]] = {}
        for upload in sorted(self.store.uploads.where("bucket", bucket), key=lambda one: (one.initiated, one.id)):
            by_key.setdefault(upload.key, []).append(upload)
        key_marker, upload_marker = request.get("KeyMarker") or "", request.get("UploadIdMarker") or ""
        question = listing.Question(
            request.get("Prefix") or "", request.get("Delimiter") or "", key_marker, limit(request, "MaxUploads")
        )
        page = listing.within(
            sorted(by_key), question, lambda key: [upload.id for upload in by_key[key]], upload_marker
        )
        rows = [self._row(call, self.store.upload(bucket, key, each)) for key, each in page.entries]
        answer: dict[str, Any] = {
            "Bucket": bucket,
            "KeyMarker": text(request, key_marker),
            "UploadIdMarker": upload_marker if key_marker else "",
            "NextKeyMarker": text(request, page.last[0]),
            "NextUploadIdMarker": page.last[1],
            "MaxUploads": min(question.limit, listing.LARGEST_PAGE),
            "IsTruncated": bool(page.last[0]),
            "Uploads": [{**row, "Key": text(request, row["Key"])} for row in rows],
            "CommonPrefixes": [{"Prefix": text(request, prefix)} for prefix in page.prefixes],
        }
        for name in ("Prefix", "Delimiter"):
            if request.get(name):
                answer[name] = text(request, request[name])
        return answer | ({"EncodingType": request["EncodingType"]} if request.get("EncodingType") else {})

    def _row(self, call: Call, upload: Upload) -> dict[str, Any]:
        owner = members.owner(call, self.store.bucket(upload.bucket), upload.description)
        asked = {"ChecksumAlgorithm": upload.algorithm, "ChecksumType": upload.checksum_type} if upload.asked else {}
        return {
            "Key": upload.key,
            "UploadId": upload.id,
            "Initiated": upload.initiated,
            "StorageClass": upload.description.storage_class,
            "Owner": owner,
            "Initiator": owner,
            **asked,
        }


def _part(upload: Upload, part: UploadedPart) -> dict[str, Any]:
    return {
        "PartNumber": part.number,
        "ETag": part.etag,
        "Size": part.size,
        "LastModified": part.modified,
        **(checksums.members({upload.algorithm: part.checksums[upload.algorithm]}) if upload.asked else {}),
    }
