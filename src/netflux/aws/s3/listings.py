"""Operations that list a bucket's objects."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from netflux.aws.s3 import listing, members
from netflux.aws.s3.store import Store
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.controlplane.records.documents import Document
from netflux.errors import AwsError


class Listings:
    """The part of S3's API that lists objects."""

    store: Store

    @operation(f"{members.LISTED} Marker", neutral={**members.PAYER, **members.ARCHIVE})
    async def list_objects(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """A page, continued by Marker."""
        return self._list(call, request, request.get("Marker") or "", version=1)

    @operation(
        f"{members.LISTED} ContinuationToken FetchOwner StartAfter", neutral={**members.PAYER, **members.ARCHIVE}
    )
    async def list_objects_v2(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """A page, continued by ContinuationToken."""
        after = request.get("StartAfter") or ""
        if request.get("ContinuationToken"):
            try:
                after = base64.urlsafe_b64decode(request["ContinuationToken"]).decode()
            except ValueError as error:
                raise AwsError("InvalidArgument", "The continuation token provided is incorrect") from error
        return self._list(call, request, after, version=2)

    def _list(self, call: Call, request: Mapping[str, Any], after: str, version: int) -> dict[str, Any]:
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
        owner = {"Owner": {"ID": call.account}} if version == 1 or request.get("FetchOwner") else {}
        answer: dict[str, Any] = {
            "Name": bucket,
            "Prefix": text(question.prefix),
            "MaxKeys": min(limit, listing.LARGEST_PAGE),
            "IsTruncated": bool(page.last),
            "Contents": [_row(text(key), document) | owner for key, document in rows if document],
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
