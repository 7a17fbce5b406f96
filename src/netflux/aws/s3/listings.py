"""Operations that list a bucket's objects and their versions."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from netflux.aws.s3 import listing, members
from netflux.aws.s3.store import Store
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.resources.s3objects import Version


def text(request: Mapping[str, Any], value: str) -> str:
    """A key as the answer has it."""
    return quote(value, safe="/*") if request.get("EncodingType") else value


def limit(request: Mapping[str, Any], name: str) -> int:
    """How many entries are asked for; InvalidArgument."""
    found: int = listing.LARGEST_PAGE if request.get(name) is None else request[name]
    if found < 0:
        wire = name[0].lower() + name[1:]
        raise AwsError("InvalidArgument", f"Argument {wire} must be an integer between 0 and 2147483647")
    return found


def check_encoding(request: Mapping[str, Any]) -> None:
    """InvalidArgument for another than url."""
    if request.get("EncodingType") not in (None, "url"):
        raise AwsError("InvalidArgument", "Invalid Encoding Method specified in Request")


class Listings:
    """The part of S3's API that lists objects."""

    store: Store

    @operation(f"{members.LISTED} Marker", neutral={**members.PAYER, **members.ARCHIVE})
    async def list_objects(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """A page, continued by Marker."""
        after = request.get("Marker") or ""
        answer, page = self._list(call, request, after, owned=True)
        marks = {"Marker": text(request, after), "Prefix": request.get("Prefix") or ""}
        if page.last and request.get("Delimiter"):
            marks["NextMarker"] = text(request, page.last)
        return answer | marks

    @operation(
        f"{members.LISTED} ContinuationToken FetchOwner StartAfter", neutral={**members.PAYER, **members.ARCHIVE}
    )
    async def list_objects_v2(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """A page, continued by ContinuationToken."""
        after, token = request.get("StartAfter") or "", request.get("ContinuationToken")
        if token is not None:
            try:
                after = base64.b64decode(token, altchars=b"-_", validate=True).decode()
            except ValueError as error:
                raise AwsError("InvalidArgument", "The continuation token provided is incorrect") from error
            if not after:
                raise AwsError("InvalidArgument", "The continuation token provided is incorrect")
        answer, page = self._list(call, request, after, owned=bool(request.get("FetchOwner")))
        marks = {
            "KeyCount": len(page.keys) + len(page.prefixes),
            "ContinuationToken": token,
            "NextContinuationToken": base64.urlsafe_b64encode(page.last.encode()).decode() if page.last else None,
            "StartAfter": text(request, request["StartAfter"]) if request.get("StartAfter") else None,
        }
        return answer | {name: value for name, value in marks.items() if value is not None}

    @operation(f"{members.LISTED} KeyMarker VersionIdMarker", neutral={**members.PAYER, **members.ARCHIVE})
    async def list_object_versions(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """A page of versions and delete markers, of each key the newest first."""
        bucket = self.store.bucket(request["Bucket"])
        check_encoding(request)
        key_marker, version_marker = request.get("KeyMarker") or "", request.get("VersionIdMarker")
        if version_marker is not None and not key_marker:
            raise AwsError("InvalidArgument", "A version-id marker cannot be specified without a key marker.")
        if version_marker == "":
            raise AwsError("InvalidArgument", "A version-id marker cannot be empty.")
        question = _question(request, key_marker)
        page = listing.within(
            self.store.index.keys(bucket.name),
            question,
            lambda key: [*reversed(self.store.index.versions(bucket.name, key))],
            version_marker or "",
        )
        answer = _page(request, question, page.prefixes, truncated=bool(page.last[0]))
        answer |= {"KeyMarker": text(request, key_marker), "VersionIdMarker": version_marker or ""}
        if page.last[0]:
            answer["NextKeyMarker"] = text(request, page.last[0])
            answer["NextVersionIdMarker"] = page.last[1] or None
        found = [self.store.version(bucket.name, *entry) for entry in page.entries]
        versions, markers = [], []
        for version in found:
            if version is None:
                continue
            latest = self.store.index.current(bucket.name, version.key) == version.id
            row = {
                "VersionId": version.id,
                "IsLatest": latest,
                "Owner": members.owner(call, bucket, version.description),
            }
            if version.content is None:
                markers.append({"Key": text(request, version.key), "LastModified": version.modified, **row})
            else:
                versions.append(_row(text(request, version.key), version) | row)
        return answer | {"Versions": versions, "DeleteMarkers": markers}

    def _list(
        self, call: Call, request: Mapping[str, Any], after: str, *, owned: bool
    ) -> tuple[dict[str, Any], listing.Page]:
        bucket = self.store.bucket(request["Bucket"])
        check_encoding(request)
        question = _question(request, after)
        page = listing.page(self.store.index.listed(bucket.name), question)
        found = [self.store.current(bucket.name, key) for key in page.keys]
        answer = _page(request, question, page.prefixes, truncated=bool(page.last))
        answer["Contents"] = [
            _row(text(request, version.key), version)
            | ({"Owner": members.owner(call, bucket, version.description)} if owned else {})
            for version in found
            if version is not None
        ]
        return answer, page


def _question(request: Mapping[str, Any], after: str) -> listing.Question:
    return listing.Question(
        request.get("Prefix") or "", request.get("Delimiter") or "", after, limit(request, "MaxKeys")
    )


def _page(
    request: Mapping[str, Any], question: listing.Question, prefixes: tuple[str, ...], *, truncated: bool
) -> dict[str, Any]:
    """What all three answers tell."""
    answer: dict[str, Any] = {
        "Name": request["Bucket"],
        "Prefix": text(request, question.prefix),
        "MaxKeys": min(question.limit, listing.LARGEST_PAGE),
        "IsTruncated": truncated,
        "CommonPrefixes": [{"Prefix": text(request, prefix)} for prefix in prefixes],
    }
    if question.delimiter:
        answer["Delimiter"] = text(request, question.delimiter)
    if request.get("EncodingType"):
        answer["EncodingType"] = request["EncodingType"]
    return answer


def _row(key: str, version: Version) -> dict[str, Any]:
    content = version.content
    if content is None:
        raise TypeError("a delete marker is listed by itself")
    return {
        "Key": key,
        "LastModified": version.modified,
        "ETag": content.etag,
        "ChecksumAlgorithm": [*content.checksums],
        "ChecksumType": content.checksum_type,
        "Size": content.size,
        "StorageClass": version.description.storage_class,
    }
