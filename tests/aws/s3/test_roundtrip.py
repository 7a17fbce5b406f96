"""Every member that S3's making and changing operations carry is sent over HTTP, and told again or acted on."""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore import xform_name

from netflux.aws.s3.api import S3Api
from netflux.controlplane import operation as operations
from netflux.controlplane.protocol import models
from tests.aws.s3.conftest import ACCOUNT, Running
from tests.aws.s3.test_service import in_thread, refused

BODY = b"the body of an object"


def _sums(body: bytes) -> dict[str, str]:
    def text(digest: bytes) -> str:
        return base64.b64encode(digest).decode()

    return {
        "ChecksumCRC32": text(zlib.crc32(body).to_bytes(4, "big")),
        "ChecksumSHA1": text(hashlib.sha1(body, usedforsecurity=False).digest()),
        "ChecksumSHA256": text(hashlib.sha256(body).digest()),
    }


def _md5(body: bytes) -> str:
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
}
NEW = {**TOLD, "ACL": "private", "StorageClass": "STANDARD", "Tagging": "team=movies"}
RULES = [
    {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
        "BucketKeyEnabled": True,
        "BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]},
    }
]
POLICY = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:GetObjectAcl", '
    '"Resource": "arn:aws:s3:::things/*"}]}'
)
BLOCKS = {
    "BlockPublicAcls": True, "IgnorePublicAcls": False, "BlockPublicPolicy": True, "RestrictPublicBuckets": False
}  # fmt: skip


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
    "ContentMD5": (_md5(b"other"), "BadDigest"),
    "ChecksumAlgorithm": ("SHA1", "BadDigest"),
}
"""Of a request whose body is XML or JSON; boto3 makes its sum, and `_spoilt` another one of it."""
OF_BODY = {**ELSEWHERE, "ContentMD5": (_md5(b"other"), "BadDigest"), "ContentLength": (5, "XAmzContentSHA256Mismatch")}
PUBLIC = {"ACL": ("public-read", "AccessControlListNotSupported"), "StorageClass": ("GLACIER", "NotImplemented")}
KEPT = (
    ("HeadObject", OBJECT, TOLD),
    ("GetObjectTagging", OBJECT, {"TagSet": TAGS}),
    ("ListObjectsV2", {"Bucket": "things", "Prefix": "a"}, {"Contents": [{"Key": "a", "StorageClass": "STANDARD"}]}),
)


def _summed(name: str) -> dict[str, Any]:
    return {**OBJECT, "Body": BODY, name: _sums(BODY)[name]}


def _told_sums(*names: str) -> dict[str, Any]:
    return {name: _sums(BODY)[name] for name in names}


CHECKED = ("HeadObject", {**OBJECT, "ChecksumMode": "ENABLED"})
TRIPS = [
    Trip(
        "CreateBucket",
        {
            "Bucket": "new",
            "ACL": "private",
            "ObjectOwnership": "BucketOwnerEnforced",
            "CreateBucketConfiguration": {"Tags": TAGS},
        },
        (
            ("GetBucketTagging", {"Bucket": "new"}, {"TagSet": TAGS}),
            ("HeadBucket", {"Bucket": "new"}, {"BucketRegion": "us-east-1"}),
            (
                "GetBucketOwnershipControls",
                {"Bucket": "new"},
                {"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}},
            ),
        ),
        {
            "ACL": PUBLIC["ACL"],
            "CreateBucketConfiguration": (
                {"LocationConstraint": "eu-west-1"},
                "IllegalLocationConstraintException",
            ),
        },
    ),
    Trip("PutBucketPolicy", {**BUCKET, "Policy": POLICY}, (("GetBucketPolicy", BUCKET, {"Policy": POLICY}),), SUMMED),
    Trip(
        "PutPublicAccessBlock",
        {**BUCKET, "PublicAccessBlockConfiguration": BLOCKS},
        (("GetPublicAccessBlock", BUCKET, {"PublicAccessBlockConfiguration": BLOCKS}),),
        SUMMED,
    ),
    Trip(
        "PutBucketOwnershipControls",
        {**BUCKET, "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}},
        (
            (
                "GetBucketOwnershipControls",
                BUCKET,
                {"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}},
            ),
        ),
        SUMMED,
    ),
    Trip("PutBucketAcl", {**BUCKET, "ACL": "private"}, (), {**SUMMED, "ACL": PUBLIC["ACL"]}),
    Trip(
        "PutBucketEncryption",
        {**BUCKET, "ServerSideEncryptionConfiguration": {"Rules": RULES}},
        (("GetBucketEncryption", BUCKET, {"ServerSideEncryptionConfiguration": {"Rules": RULES}}),),
        SUMMED,
    ),
    Trip(
        "PutBucketTagging",
        {**BUCKET, "Tagging": {"TagSet": TAGS}},
        (("GetBucketTagging", BUCKET, {"TagSet": TAGS}),),
        SUMMED,
    ),
    Trip("PutObject", {**OBJECT, **NEW, "Body": BODY}, KEPT, {**OF_BODY, **PUBLIC}),
    *(
        Trip(
            "PutObject",
            _summed(name) | {"ChecksumAlgorithm": name.removeprefix("Checksum")},
            ((*CHECKED, _told_sums(name)),),
            {name: (_sums(b"other")[name], "BadDigest"), "ChecksumAlgorithm": ("SHA512", "NotImplemented")},
        )
        for name in _sums(BODY)
    ),
    Trip("PutObject", {**OBJECT, "Body": BODY, "IfNoneMatch": "*"}, (), {"Key": ("there", "PreconditionFailed")}),
    Trip("PutObject", {**OBJECT, "Key": "there", "Body": BODY, "IfMatch": "{etag}"}, (), {
        "IfMatch": ('"0"', "PreconditionFailed")
    }),
    Trip(
        "PutObjectTagging",
        {**OBJECT, "Key": "there", "VersionId": "null", "Tagging": {"TagSet": TAGS}},
        (("GetObjectTagging", {**OBJECT, "Key": "there"}, {"TagSet": TAGS}),),
        {**SUMMED, "VersionId": ("1", "NotImplemented")},
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
        {"CopySourceIfModifiedSince": (datetime(2090, 1, 1, tzinfo=UTC), "PreconditionFailed")},
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


def _filled(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return names.get(value, value)
    return {name: _filled(item, names) for name, item in value.items()} if isinstance(value, Mapping) else value


def _lacks(found: Any, wanted: Any, where: str = "") -> Iterator[str]:
    if isinstance(wanted, Mapping):
        for name, value in wanted.items():
            yield from _lacks((found or {}).get(name), value, f"{where}.{name}")
    elif isinstance(wanted, list) and wanted and isinstance(wanted[0], Mapping):
        for number, value in enumerate(wanted):
            yield from _lacks(found[number] if found else None, value, f"{where}.{number}")
    elif found != wanted:
        yield f"{where}: {found!r}, not {wanted!r}"


def _spoilt(s3: Running) -> Any:
    """A client whose checksums are of other bodies."""
    client = s3.client()

    def spoil(request: Any, **_: Any) -> None:
        request.headers.replace_header("x-amz-checksum-sha1", _sums(b"other")["ChecksumSHA1"])

    client.meta.events.register("before-sign.s3", spoil)
    return client


def _world(s3: Running) -> dict[str, str]:
    client = s3.client()
    client.create_bucket(Bucket="things")
    client.put_object(Bucket="things", Key="other", Body=b"another")
    return {"{etag}": client.put_object(Bucket="things", Key="there", Body=BODY)["ETag"]}


@pytest.mark.parametrize("trip", TRIPS, ids=lambda trip: f"{trip.call}-{len(trip.params)}-{len(trip.wrong)}")
async def test_what_was_sent_is_told_again_or_makes_a_difference(s3: Running, trip: Trip) -> None:
    def run() -> None:
        names, client = _world(s3), s3.client()
        call: Callable[..., Any] = getattr(client, xform_name(trip.call))
        for name, (value, code) in trip.wrong.items():
            spoilt = name == "ChecksumAlgorithm" and code == "BadDigest"
            another = _spoilt(s3) if spoilt else s3.client()  # a connection is not used again after half a body
            assert (
                refused(getattr(another, xform_name(trip.call)), **_filled({**trip.params, name: value}, names)) == code
            ), name
        call(**_filled(trip.params, names))
        for reading, params, wanted in trip.told:
            answer = getattr(client, xform_name(reading))(**params)
            assert not [*_lacks(answer, wanted)], reading

    await in_thread(lambda _: run())(s3)


UPLOADS: dict[str, set[str]] = {}
"""Members that the test of uploads sends, by operation."""


def _sent(client: Any, call: str, **params: Any) -> Any:
    UPLOADS.setdefault(call, set()).update(_paths(params))
    return getattr(client, xform_name(call))(**params)


@in_thread
def test_an_upload_tells_and_checks_what_it_was_sent(s3: Running) -> None:
    etag, client = _world(s3)["{etag}"], s3.client()
    for name, value in _sums(BODY).items():
        algorithm = name.removeprefix("Checksum")
        params = {**OBJECT, **NEW, "ChecksumAlgorithm": algorithm, "ChecksumType": "COMPOSITE"}
        for member, (given, code) in {**ELSEWHERE, **PUBLIC, "ChecksumType": ("FULL", "InvalidArgument")}.items():
            assert refused(client.create_multipart_upload, **{**params, member: given}) == code
        upload = {**OBJECT, "UploadId": _sent(client, "CreateMultipartUpload", **params)["UploadId"]}
        part = {**upload, "PartNumber": 1, "Body": BODY, name: value}
        assert refused(client.upload_part, **{**part, name: _sums(b"other")[name]}) == "BadDigest"
        for member, (given, code) in OF_BODY.items():
            assert refused(s3.client().upload_part, **{**part, member: given}) == code
        made = _sent(
            client, "UploadPart", **part, ContentMD5=_md5(BODY), ContentLength=len(BODY), ChecksumAlgorithm=algorithm
        )
        listed = client.list_parts(**upload)
        assert listed["ChecksumAlgorithm"] == algorithm
        assert listed["ChecksumType"] == "COMPOSITE"
        assert not [*_lacks(listed, {"Parts": [{"PartNumber": 1, name: value, "ETag": made["ETag"]}]})]
        digest = base64.b64decode(value)
        whole = f"{_sums(digest)[name]}-1"
        end = {
            **upload, name: whole, "ChecksumType": "COMPOSITE", "MpuObjectSize": len(BODY), "IfNoneMatch": "*",
            "MultipartUpload": {"Parts": [{"PartNumber": 1, "ETag": made["ETag"], name: value}]},
        }  # fmt: skip
        parts = end["MultipartUpload"]["Parts"][0]
        wrong = {
            **ELSEWHERE, name: (_sums(b"other")[name], "BadDigest"), "ChecksumType": ("FULL_OBJECT", "InvalidRequest"),
            "MpuObjectSize": (1, "InvalidRequest"),
            "MultipartUpload": ({"Parts": [{**parts, name: _sums(b"other")[name]}]}, "InvalidPart"),
        }  # fmt: skip
        for member, (given, code) in wrong.items():
            assert refused(client.complete_multipart_upload, **{**end, member: given}) == code, (name, member)
        _sent(client, "CompleteMultipartUpload", **end)
        told = client.head_object(**OBJECT, ChecksumMode="ENABLED")
        assert not [*_lacks(told, {**TOLD, name: whole, "ChecksumType": "COMPOSITE"})]
        assert client.get_object_tagging(**OBJECT)["TagSet"] == TAGS
        client.delete_object(**OBJECT)
    _sent(client, "PutObject", **OBJECT, Body=BODY)
    copied = client.create_multipart_upload(**OBJECT)["UploadId"]
    copying = {
        **OBJECT, "UploadId": copied, "PartNumber": 1, "CopySource": "things/there", "CopySourceRange": "bytes=4-7",
        "CopySourceIfMatch": etag, "CopySourceIfNoneMatch": '"0"', "ExpectedSourceBucketOwner": ACCOUNT,
        "CopySourceIfModifiedSince": datetime(2020, 1, 1, tzinfo=UTC),
        "CopySourceIfUnmodifiedSince": datetime(2090, 1, 1, tzinfo=UTC),
    }  # fmt: skip
    for member, given, code in (
        ("CopySourceIfMatch", '"0"', "PreconditionFailed"), ("CopySourceRange", "bytes=90-99", "InvalidArgument"),
        ("ExpectedSourceBucketOwner", "999999999999", "AccessDenied"),
    ):  # fmt: skip
        assert refused(client.upload_part_copy, **{**copying, member: given}) == code
    part = _sent(client, "UploadPartCopy", **copying)["CopyPartResult"]
    end = {**OBJECT, "UploadId": copied, "MultipartUpload": {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}}
    assert refused(client.complete_multipart_upload, **end, IfMatch='"0"') == "PreconditionFailed"
    _sent(client, "CompleteMultipartUpload", **end, IfMatch=client.head_object(**OBJECT)["ETag"])
    assert client.get_object(**OBJECT)["Body"].read() == BODY[4:8]
    for call in ("CreateMultipartUpload", "UploadPart", "UploadPartCopy", "CompleteMultipartUpload"):
        assert _carried(call) == UPLOADS[call], call


def _paths(value: Any, above: str = "") -> Iterator[str]:
    """Paths of the members in a request, without levels of lists; what is in Metadata is no member."""
    if isinstance(value, list):
        for item in value:
            yield from _paths(item, above)
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield f"{above}{name}"
            if name != "Metadata":
                yield from _paths(item, f"{above}{name}.")


def _carried(call: str) -> set[str]:
    declared = operations.declaration(getattr(S3Api, xform_name(call)))
    assert declared is not None

    def paths(members: operations.Members, above: str = "") -> Iterator[str]:
        for name, below in members.items():
            yield f"{above}{name}"
            yield from paths(below, f"{above}{name}.")

    return {*paths(declared.carries)}


def test_every_member_that_a_change_carries_is_sent() -> None:
    """Of all operations that make or change something: a new one, or a new member of one, is asked for here."""
    sent: dict[str, set[str]] = {}
    for trip in TRIPS:
        wrong = {name: value for name, (value, _) in trip.wrong.items()}
        sent.setdefault(trip.call, set()).update(_paths(trip.params), _paths(wrong))
    for name in models.service_model("s3").operation_names:
        if not hasattr(S3Api, xform_name(name)) or not name.startswith(("Create", "Put", "Copy")):
            continue
        if name != "CreateMultipartUpload":
            assert _carried(name) == sent[name], name
