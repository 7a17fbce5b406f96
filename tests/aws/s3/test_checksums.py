"""Checksums: known values, of wholes and of parts, in headers and trailers, and refused at the right time."""

from __future__ import annotations

import base64
import os
from typing import Any

import pytest

from netflux.aws.s3 import checksums, preconditions
from netflux.aws.s3.completion import copied_range
from netflux.errors import AwsError
from tests.aws.s3.conftest import Running
from tests.aws.s3.test_service import in_thread, raw, refused
from tests.aws.s3.trips import sums

CHECK = b"123456789"
FIVE = 5 * 1024 * 1024
NAMED = {"Bucket": "things", "Key": "k"}


@pytest.mark.parametrize(
    ("algorithm", "value"),
    [("CRC32", 0xCBF43926), ("CRC32C", 0xE3069283), ("CRC64NVME", 0xAE8B14860A799888)],
)
def test_checksums_have_their_published_check_values(algorithm: str, value: int) -> None:
    running = checksums.digest(algorithm)
    for piece in (CHECK[:4], b"", CHECK[4:]):
        running.update(piece)
    assert int.from_bytes(running.digest(), "big") == value


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "CRC64NVME"])
def test_the_parts_checksums_make_that_of_the_whole(algorithm: str) -> None:
    parts = [b"a" * 1000, b"", b"bc" * 77]
    found = checksums.combined(algorithm, [(sums(part)[f"Checksum{algorithm}"], len(part)) for part in parts])
    assert found == sums(b"".join(parts))[f"Checksum{algorithm}"]


@in_thread
def test_s3_computes_crc64nvme_where_the_client_names_none(s3: Running) -> None:
    s3.client().create_bucket(Bucket="things")
    key = s3.client().generate_presigned_url("put_object", Params=NAMED)
    status, told, _ = raw(s3, "PUT", key.removeprefix(s3.url), CHECK)
    assert (status, told["x-amz-checksum-crc64nvme"]) == (200, sums(CHECK)["ChecksumCRC64NVME"])
    assert told["x-amz-checksum-type"] == "FULL_OBJECT"
    found = s3.client().head_object(**NAMED, ChecksumMode="ENABLED")
    assert found["ChecksumCRC64NVME"] == sums(CHECK)["ChecksumCRC64NVME"]


@in_thread
def test_a_wrong_checksum_leaves_the_object_as_it_was(s3: Running) -> None:
    client = s3.client()
    client.create_bucket(Bucket="things")
    client.put_object(**NAMED, Body=b"kept")
    for name, value in sums(b"other").items():
        assert refused(client.put_object, **NAMED, Body=CHECK, **{name: value}) == "BadDigest"
        for none in ("bad", value[:-4], "*" * len(value)):
            assert refused(client.put_object, **NAMED, Body=CHECK, **{name: none}) == "InvalidRequest"
    assert client.get_object(**NAMED)["Body"].read() == b"kept"
    assert len([*(s3.state / "objects").iterdir()]) == 1


def _upload(client: Any, bodies: list[bytes], **given: Any) -> dict[str, Any]:
    upload = {**NAMED, "UploadId": client.create_multipart_upload(**NAMED, **given)["UploadId"]}
    parts = []
    for number, body in enumerate(bodies, 1):
        algorithm = {"ChecksumAlgorithm": given["ChecksumAlgorithm"]} if given else {}
        name = f"Checksum{given.get('ChecksumAlgorithm', 'CRC32')}"
        part = client.upload_part(**upload, PartNumber=number, Body=body, **algorithm, **{name: sums(body)[name]})
        parts.append({"PartNumber": number, "ETag": part["ETag"], name: part[name]})
    return {**upload, "MultipartUpload": {"Parts": parts}}


@in_thread
def test_parts_are_told_by_number_with_their_checksums(s3: Running) -> None:
    client = s3.client()
    client.create_bucket(Bucket="things")
    bodies = [os.urandom(FIVE), b"the last"]
    end = _upload(client, bodies, ChecksumAlgorithm="SHA256", ChecksumType="COMPOSITE")
    wrong = [{**part, "ChecksumSHA256": sums(b"x")["ChecksumSHA256"]} for part in end["MultipartUpload"]["Parts"]]
    complete = client.complete_multipart_upload
    assert refused(complete, **{**end, "MultipartUpload": {"Parts": wrong}}) == "InvalidPart"
    bare = [{"PartNumber": part["PartNumber"], "ETag": part["ETag"]} for part in end["MultipartUpload"]["Parts"]]
    assert refused(complete, **{**end, "MultipartUpload": {"Parts": bare}}) == "InvalidRequest"
    first = complete(**end)
    assert complete(**end)["ETag"] == first["ETag"], "a repeat is told the same"
    asked = ["Checksum", "ObjectParts", "ObjectSize", "ETag", "StorageClass"]
    told = client.get_object_attributes(**NAMED, ObjectAttributes=asked, MaxParts=1)
    assert (told["ObjectSize"], told["ETag"]) == (FIVE + 8, first["ETag"].strip('"'))
    page = told["ObjectParts"]
    assert (page["TotalPartsCount"], page["IsTruncated"], page["NextPartNumberMarker"]) == (2, True, 1)
    assert page["Parts"] == [{"PartNumber": 1, "Size": FIVE, "ChecksumSHA256": sums(bodies[0])["ChecksumSHA256"]}]
    part = client.get_object(**NAMED, PartNumber=2, ChecksumMode="ENABLED")
    assert (part["Body"].read(), part["PartsCount"], part["ContentRange"]) == (
        b"the last",
        2,
        f"bytes {FIVE}-{FIVE + 7}/{FIVE + 8}",
    )
    assert part["ChecksumSHA256"] == sums(b"the last")["ChecksumSHA256"]
    assert refused(client.get_object, **NAMED, PartNumber=3) == "InvalidPartNumber"


@in_thread
def test_an_upload_without_an_algorithm_gets_the_checksum_of_the_whole(s3: Running) -> None:
    client = s3.client()
    client.create_bucket(Bucket="things")
    bodies = [b"a" * FIVE, b"b"]
    told = client.complete_multipart_upload(**_upload(client, bodies))
    assert (told["ChecksumType"], told["ChecksumCRC64NVME"]) == (
        "FULL_OBJECT",
        sums(b"".join(bodies))["ChecksumCRC64NVME"],
    )


@in_thread
def test_a_part_of_another_algorithm_than_the_uploads_is_refused(s3: Running) -> None:
    client = s3.client()
    client.create_bucket(Bucket="things")
    upload = client.create_multipart_upload(**NAMED, ChecksumAlgorithm="SHA256")["UploadId"]
    part = {**NAMED, "UploadId": upload, "PartNumber": 1, "Body": b"x"}
    assert refused(client.upload_part, **part, ChecksumSHA1=sums(b"x")["ChecksumSHA1"]) == "InvalidRequest"
    assert refused(client.create_multipart_upload, **NAMED, ChecksumAlgorithm="SHA1", ChecksumType="FULL_OBJECT") == (
        "InvalidRequest"
    )


@pytest.mark.parametrize("text", ["0-2", "bytes=0", "bytes=a-b", "bytes=3-2", "bytes=0-2,4-5", "bytes=0-10"])
def test_a_copied_range_is_inside_the_source(text: str) -> None:
    with pytest.raises(AwsError, match="InvalidArgument"):
        copied_range(text, 10)
    with pytest.raises(AwsError, match="InvalidRequest"):
        copied_range("bytes=10-12", 10)
    assert (copied_range("bytes=2-9", 10), copied_range(None, 10)) == ((2, 8), (0, 10))


@in_thread
def test_an_encoded_body_is_stored_as_it_was_sent(s3: Running) -> None:
    client = s3.client()
    client.create_bucket(Bucket="things")
    body = base64.b64decode("H4sIAAAAAAACA8tIzcnJBwCGphA2BQAAAA==")
    for encoding in ("gzip", "deflate", "deflate,gzip", "gzip, aws-chunked", "zstd"):
        client.put_object(**NAMED, Body=body, ContentEncoding=encoding)
        got = client.get_object(**NAMED)
        assert got["Body"]._raw_stream.read(decode_content=False) == body
        assert got["ContentEncoding"] == encoding.removesuffix(", aws-chunked")


@pytest.mark.parametrize("digest", ["", "YWJyYWNhZGFicmE=", "no base64"])
async def test_a_digest_that_is_none_is_invalid(s3: Running, digest: str) -> None:
    @in_thread
    def ask(running: Running) -> None:
        running.client().create_bucket(Bucket="things")
        url = running.client().generate_presigned_url("put_object", Params=NAMED).removeprefix(running.url)
        status, _, body = raw(running, "PUT", url, CHECK, Content_MD5=digest)
        assert (status, b"InvalidDigest" in body) == (400, True)

    await ask(s3)


@in_thread
def test_conditions_of_writes_and_deletes_are_asked(s3: Running) -> None:
    client = s3.client()
    client.create_bucket(Bucket="things")
    assert refused(client.put_object, **NAMED, Body=b"", IfMatch='"0"') == "NoSuchKey"
    etag = client.put_object(**NAMED, Body=b"x", IfNoneMatch="*")["ETag"]
    assert refused(client.put_object, **NAMED, Body=b"", IfNoneMatch="*") == "PreconditionFailed"
    assert refused(client.put_object, **NAMED, Body=b"", IfNoneMatch=etag) == "NotImplemented"
    for wrong in ({"IfMatch": '"0"'}, {"IfMatchSize": 7}):
        assert refused(client.delete_object, **NAMED, **wrong) == "PreconditionFailed"
    modified = client.head_object(**NAMED)["LastModified"]
    client.delete_object(**NAMED, IfMatch=etag, IfMatchSize=1, IfMatchLastModifiedTime=modified)
    assert refused(client.delete_object, **NAMED, IfMatch="*") == "PreconditionFailed"


@in_thread
def test_a_date_that_is_to_come_is_no_condition(s3: Running) -> None:
    client = s3.client()
    client.create_bucket(Bucket="things")
    client.put_object(**NAMED, Body=b"x")
    assert client.get_object(**NAMED, IfModifiedSince="2090-01-01T00:00:00Z")["Body"].read() == b"x"
    now = client.head_object(**NAMED)["LastModified"]
    assert refused(client.get_object, **NAMED, IfModifiedSince=now) == "304"


def test_who_names_a_condition_that_failed_tells_which() -> None:
    assert preconditions.failed("If-Match").details == {"Condition": "If-Match"}
