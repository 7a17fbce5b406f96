"""Every member that S3's making and changing operations carry is sent over HTTP, and told again or acted on."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore import xform_name

from netflux.aws.s3.api import S3Api
from netflux.controlplane import operation as operations
from netflux.controlplane.protocol import models
from netflux.resources.s3owner import canonical_id
from tests.aws.s3 import buckettrips, configurationtrips, locktrips, trips
from tests.aws.s3.conftest import ACCOUNT, Running
from tests.aws.s3.test_service import in_thread, refused
from tests.aws.s3.trips import BODY, ELSEWHERE, GRANTS, NEW, OBJECT, OF_BODY, PUBLIC, TAGS, TOLD, Trip, md5, sums

TRIPS = [*trips.TRIPS, *buckettrips.TRIPS, *locktrips.TRIPS, *configurationtrips.TRIPS]


def _filled(value: Any, names: Mapping[str, Any]) -> Any:
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
        request.headers.replace_header("x-amz-checksum-sha1", sums(b"other")["ChecksumSHA1"])

    client.meta.events.register("before-sign.s3", spoil)
    return client


def _world(s3: Running) -> dict[str, Any]:
    client = s3.client()
    client.create_bucket(Bucket="things")
    client.put_object(Bucket="things", Key="other", Body=b"another")
    client.put_object(Bucket="things", Key="sealed", Body=b"sealed", **configurationtrips.CUSTOMER)
    client.create_bucket(Bucket="shared", ObjectOwnership="ObjectWriter")
    client.delete_public_access_block(Bucket="shared")
    client.put_object(Bucket="shared", Key="note", Body=BODY)
    client.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    version = client.put_object(Bucket="locked", Key="there", Body=BODY)["VersionId"]
    etag = client.put_object(Bucket="things", Key="there", Body=BODY)["ETag"]
    now = client.head_object(Bucket="things", Key="there")["LastModified"]
    return {"{etag}": etag, "{version}": version, "{now}": now}


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
    for name, value in sums(BODY).items():
        algorithm = name.removeprefix("Checksum")
        kind = "FULL_OBJECT" if algorithm == "CRC64NVME" else "COMPOSITE"
        params = {**OBJECT, **NEW, "ChecksumAlgorithm": algorithm, "ChecksumType": kind}
        for member, (given, code) in {**ELSEWHERE, **PUBLIC, "ChecksumType": ("FULL", "InvalidArgument")}.items():
            assert refused(client.create_multipart_upload, **{**params, member: given}) == code
        upload = {**OBJECT, "UploadId": _sent(client, "CreateMultipartUpload", **params)["UploadId"]}
        part = {**upload, "PartNumber": 1, "Body": BODY, name: value}
        assert refused(client.upload_part, **{**part, name: sums(b"other")[name]}) == "BadDigest"
        for member, (given, code) in OF_BODY.items():
            assert refused(s3.client().upload_part, **{**part, member: given}) == code
        made = _sent(
            client, "UploadPart", **part, ContentMD5=md5(BODY), ContentLength=len(BODY), ChecksumAlgorithm=algorithm
        )
        listed = client.list_parts(**upload)
        assert listed["ChecksumAlgorithm"] == algorithm
        assert listed["ChecksumType"] == kind
        assert not [*_lacks(listed, {"Parts": [{"PartNumber": 1, name: value, "ETag": made["ETag"]}]})]
        digest = base64.b64decode(value)
        whole = value if kind == "FULL_OBJECT" else f"{sums(digest)[name]}-1"
        other = "COMPOSITE" if kind == "FULL_OBJECT" else "FULL_OBJECT"
        end = {
            **upload, name: whole, "ChecksumType": kind, "MpuObjectSize": len(BODY), "IfNoneMatch": "*",
            "MultipartUpload": {"Parts": [{"PartNumber": 1, "ETag": made["ETag"], name: value}]},
        }  # fmt: skip
        parts = end["MultipartUpload"]["Parts"][0]
        wrong = {
            **ELSEWHERE, name: (sums(b"other")[name], "BadDigest"), "ChecksumType": (other, "InvalidRequest"),
            "MpuObjectSize": (1, "InvalidRequest"),
            "MultipartUpload": ({"Parts": [{**parts, name: sums(b"other")[name]}]}, "InvalidPart"),
        }  # fmt: skip
        for member, (given, code) in wrong.items():
            assert refused(client.complete_multipart_upload, **{**end, member: given}) == code, (name, member)
        _sent(client, "CompleteMultipartUpload", **end)
        told = client.head_object(**OBJECT, ChecksumMode="ENABLED")
        assert not [*_lacks(told, {**TOLD, name: whole, "ChecksumType": kind})]
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
        ("CopySourceIfMatch", '"0"', "PreconditionFailed"), ("CopySourceRange", "bytes=90-99", "InvalidRequest"),
        ("ExpectedSourceBucketOwner", "999999999999", "AccessDenied"),
    ):  # fmt: skip
        assert refused(client.upload_part_copy, **{**copying, member: given}) == code
    part = _sent(client, "UploadPartCopy", **copying)["CopyPartResult"]
    end = {**OBJECT, "UploadId": copied, "MultipartUpload": {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}}
    assert refused(client.complete_multipart_upload, **end, IfMatch='"0"') == "PreconditionFailed"
    _sent(client, "CompleteMultipartUpload", **end, IfMatch=client.head_object(**OBJECT)["ETag"])
    assert client.get_object(**OBJECT)["Body"].read() == BODY[4:8]
    for trip in TRIPS:
        if trip.call == "CreateMultipartUpload":
            UPLOADS[trip.call].update(_paths(trip.params), _paths(trip.wrong))
    _encrypted(client)
    for call in ("CreateMultipartUpload", "UploadPart", "UploadPartCopy", "CompleteMultipartUpload"):
        assert _carried(call) == UPLOADS[call], call


def _encrypted(client: Any) -> None:
    """Uploads with a client's key and with KMS's."""
    customer = configurationtrips.WHOLE
    listed = dict.fromkeys(GRANTS, f'id="{canonical_id(ACCOUNT)}"')
    shared = {**OBJECT, "Bucket": "shared"}
    _sent(client, "CreateMultipartUpload", **shared, **listed)
    told = _sent(client, "CreateMultipartUpload", **OBJECT, **configurationtrips.BY_KMS)
    assert not [*_lacks(told, configurationtrips.KMS_TOLD)]
    begun = _sent(client, "CreateMultipartUpload", **OBJECT, **customer)
    assert not [*_lacks(begun, configurationtrips.CUSTOMER_TOLD)]
    part = {**OBJECT, "UploadId": begun["UploadId"], "PartNumber": 1, "Body": BODY}
    assert refused(client.upload_part, **part) == "InvalidRequest"
    _sent(client, "UploadPart", **part, **customer)
    copying = {**OBJECT, "UploadId": begun["UploadId"], "PartNumber": 1, "CopySource": "things/sealed", **customer}
    assert refused(client.upload_part_copy, **copying) == "InvalidRequest"
    copied = _sent(client, "UploadPartCopy", **copying, **configurationtrips.SOURCE)["CopyPartResult"]
    end = {"Parts": [{"PartNumber": 1, "ETag": copied["ETag"]}]}
    _sent(client, "CompleteMultipartUpload", **OBJECT, UploadId=begun["UploadId"], MultipartUpload=end, **customer)
    assert refused(client.get_object, **OBJECT) == "InvalidRequest"
    assert client.get_object(**OBJECT, **customer)["Body"].read() == b"sealed"


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
