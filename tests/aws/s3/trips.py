"""What S3's operations on objects are sent, and what is found after it."""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import anycrc

from tests.aws.s3.conftest import ACCOUNT

BODY = b"the body of an object"


def sums(body: bytes) -> dict[str, str]:
    def text(digest: bytes) -> str:
        return base64.b64encode(digest).decode()

    """By the algorithms that S3 has."""
    return {
        "ChecksumCRC32": text(zlib.crc32(body).to_bytes(4, "big")),
        "ChecksumCRC32C": text(anycrc.Model("CRC32-ISCSI").calc(body).to_bytes(4, "big")),
        "ChecksumCRC64NVME": text(anycrc.Model("CRC64-NVME").calc(body).to_bytes(8, "big")),
        "ChecksumSHA1": text(hashlib.sha1(body, usedforsecurity=False).digest()),
        "ChecksumSHA256": text(hashlib.sha256(body).digest()),
    }


def md5(body: bytes) -> str:
    return base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()


BUCKET = {"Bucket": "things", "ExpectedBucketOwner": ACCOUNT}
OBJECT = {**BUCKET, "Key": "a"}
TAGS = [{"Key": "team", "Value": "movies"}]
TOLD = {
    "CacheControl": "no-cache",
    "ContentDisposition": "inline",
    "ContentEncoding": "br",
    "ContentLanguage": "de",
    "ContentType": "text/x-test",
    "Expires": datetime(2030, 1, 1, tzinfo=UTC),
    "Metadata": {"who": "me"},
    "ServerSideEncryption": "AES256",
    "WebsiteRedirectLocation": "/elsewhere",
}
NEW = {**TOLD, "ACL": "private", "StorageClass": "STANDARD_IA", "Tagging": "team=movies"}
UNTIL = datetime(2090, 1, 1, tzinfo=UTC)
LOCK = {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": UNTIL, "ObjectLockLegalHoldStatus": "ON"}
LOCKED = {"Bucket": "locked", "Key": "there", "ExpectedBucketOwner": ACCOUNT}
GRANTS = dict.fromkeys(
    ("GrantFullControl", "GrantRead", "GrantReadACP", "GrantWriteACP"),
    ('uri="http://acs.amazonaws.com/groups/global/AllUsers"', "AccessControlListNotSupported"),
)


@dataclass(frozen=True)
class Trip:
    """A changing operation with members that it carries, and what is found after it.

    Attributes:
        params: of the call; what names a sum of the request's own body is filled in by boto3.
        told: for each reading operation, its parameters and what its answer has.
        wrong: members each with a value that must be refused, and the code: those that no answer tells again.
    """

    call: str
    params: Mapping[str, Any]
    told: tuple[tuple[str, Mapping[str, Any], Mapping[str, Any]], ...] = ()
    wrong: Mapping[str, tuple[Any, str]] = field(default_factory=dict)


ELSEWHERE = {"ExpectedBucketOwner": ("999999999999", "AccessDenied")}
SUMMED = {
    **ELSEWHERE,
    "ContentMD5": (md5(b"other"), "BadDigest"),
    "ChecksumAlgorithm": ("SHA1", "BadDigest"),
}
"""Of a request whose body is XML or JSON; boto3 makes its sum, and `_spoilt` another one of it."""
OF_BODY = {**ELSEWHERE, "ContentMD5": (md5(b"other"), "BadDigest"), "ContentLength": (5, "XAmzContentSHA256Mismatch")}
PUBLIC = {"ACL": ("public-read", "AccessControlListNotSupported"), "StorageClass": ("COLD", "InvalidStorageClass")}
KEPT = (
    ("HeadObject", OBJECT, TOLD),
    ("GetObjectTagging", OBJECT, {"TagSet": TAGS}),
    ("ListObjectsV2", {"Bucket": "things", "Prefix": "a"}, {"Contents": [{"Key": "a", "StorageClass": "STANDARD_IA"}]}),
)


def _summed(name: str) -> dict[str, Any]:
    return {**OBJECT, "Body": BODY, name: sums(BODY)[name]}


def _told_sums(*names: str) -> dict[str, Any]:
    return {name: sums(BODY)[name] for name in names}


CHECKED = ("HeadObject", {**OBJECT, "ChecksumMode": "ENABLED"})
TRIPS = [
    Trip("PutObject", {**OBJECT, **NEW, "Body": BODY}, KEPT, {**OF_BODY, **PUBLIC}),
    *(
        Trip(
            "PutObject",
            _summed(name) | {"ChecksumAlgorithm": name.removeprefix("Checksum")},
            ((*CHECKED, _told_sums(name)),),
            {name: (sums(b"other")[name], "BadDigest"), "ChecksumAlgorithm": ("SHA512", "NotImplemented")},
        )
        for name in sums(BODY)
    ),
    Trip("PutObject", {**OBJECT, "Body": BODY, "IfNoneMatch": "*"}, (), {"Key": ("there", "PreconditionFailed")}),
    Trip("PutObject", {**OBJECT, "Key": "there", "Body": BODY, "IfMatch": "{etag}"}, (), {
        "IfMatch": ('"0"', "PreconditionFailed")
    }),
    Trip(
        "PutObjectTagging",
        {**OBJECT, "Key": "there", "VersionId": "null", "Tagging": {"TagSet": TAGS}},
        (("GetObjectTagging", {**OBJECT, "Key": "there"}, {"TagSet": TAGS}),),
        {**SUMMED, "VersionId": ("1", "InvalidArgument")},
    ),
    Trip(
        "CopyObject",
        {
            **OBJECT, **NEW, "CopySource": "things/there", "ExpectedSourceBucketOwner": ACCOUNT,
            "MetadataDirective": "REPLACE", "TaggingDirective": "REPLACE", "ChecksumAlgorithm": "SHA256",
            "CopySourceIfMatch": "{etag}", "CopySourceIfNoneMatch": '"0"', "IfNoneMatch": "*",
            "CopySourceIfModifiedSince": datetime(2020, 1, 1, tzinfo=UTC),
            "CopySourceIfUnmodifiedSince": datetime(2090, 1, 1, tzinfo=UTC),
        },
        (*KEPT, (*CHECKED, _told_sums("ChecksumSHA256"))),
        {
            **ELSEWHERE, **PUBLIC, "ExpectedSourceBucketOwner": ("999999999999", "AccessDenied"),
            "CopySource": ("things/nobody", "NoSuchKey"), "CopySourceIfMatch": ('"0"', "PreconditionFailed"),
            "Key": ("there", "PreconditionFailed"),
        },
    ),
    Trip(
        "CopyObject", {**OBJECT, "CopySource": "things/there", "CopySourceIfNoneMatch": '"0"'}, (),
        {"CopySourceIfNoneMatch": ("{etag}", "PreconditionFailed")},
    ),
    Trip(
        "CopyObject",
        {**OBJECT, "CopySource": "things/there", "CopySourceIfModifiedSince": datetime(2020, 1, 1, tzinfo=UTC)},
        (),
        {"CopySourceIfModifiedSince": ("{now}", "PreconditionFailed")},
    ),
    Trip(
        "CopyObject",
        {**OBJECT, "CopySource": "things/there", "CopySourceIfUnmodifiedSince": datetime(2090, 1, 1, tzinfo=UTC)},
        (),
        {"CopySourceIfUnmodifiedSince": (datetime(2020, 1, 1, tzinfo=UTC), "PreconditionFailed")},
    ),
    Trip(
        "CopyObject", {**OBJECT, "Key": "there", "CopySource": "things/other", "IfMatch": "{etag}"}, (),
        {"IfMatch": ('"0"', "PreconditionFailed")},
    ),
]  # fmt: skip
