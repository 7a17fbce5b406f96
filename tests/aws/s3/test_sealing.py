"""Encryption at rest by KMS's keys and by clients'."""

from __future__ import annotations

import io
import os

from netflux.aws.s3.sealing import Sealing, Unsealed
from tests.aws.s3.configurationtrips import BY_KMS, CUSTOMER, CUSTOMER_TOLD
from tests.aws.s3.conftest import Running
from tests.aws.s3.kms import ARN
from tests.aws.s3.test_service import in_thread, raw, refused

BODY = os.urandom(16) + b"readable text, thrice " * 9000
"""More than lies in a record's transaction."""


class _Named(io.BytesIO):
    name = "sealed"


def test_any_bytes_of_pieces_are_read_without_those_before_them() -> None:
    key, pieces, stored = os.urandom(32), [], b""
    for part in (BODY[:1000], b"", BODY[1000:1033], BODY[1033:5000]):
        sealing = Sealing(key)
        stored += sealing.update(part[:7]) + sealing.update(part[7:])
        pieces.append(sealing.piece)
    assert stored != BODY[:5000]
    for start, end in ((0, 5000), (1, 2), (15, 17), (999, 1001), (1032, 1034), (4999, 5000)):
        opened = Unsealed(_Named(stored), key, pieces)
        opened.seek(start)
        assert opened.read(end - start) == BODY[start:end]
    assert opened.read(1) == b""


def _on_disk(s3: Running) -> bytes:
    return b"".join(one.read_bytes() for one in s3.state.joinpath("objects").iterdir() if one.is_file())


@in_thread
def test_a_customers_key_is_needed_for_every_read(s3: Running) -> None:
    client = s3.client()
    client.create_bucket(Bucket="things")
    for body in (BODY, b"readable text, small"):
        put = client.put_object(Bucket="things", Key="a", Body=body, **CUSTOMER)
        assert {name: put[name] for name in CUSTOMER_TOLD} == CUSTOMER_TOLD
        assert "ServerSideEncryption" not in put
        assert b"readable text" not in _on_disk(s3)
        got = client.get_object(Bucket="things", Key="a", Range="bytes=3-20", **CUSTOMER)
        assert got["Body"].read() == body[3:21]
    assert refused(client.get_object, Bucket="things", Key="a") == "InvalidRequest"
    assert refused(client.head_object, Bucket="things", Key="a") == "400"
    other = {**CUSTOMER, "SSECustomerKey": "o" * 32}
    assert refused(client.get_object, Bucket="things", Key="a", **other) == "AccessDenied"
    client.put_object(Bucket="things", Key="b", Body=b"b")
    assert refused(client.get_object, Bucket="things", Key="b", **CUSTOMER) == "InvalidRequest"
    both = {**CUSTOMER, "ServerSideEncryption": "AES256"}
    assert refused(client.put_object, Bucket="things", Key="b", **both) == "InvalidArgument"


@in_thread
def test_kms_is_asked_at_every_write_and_read(s3: Running) -> None:
    client = s3.client()
    client.create_bucket(Bucket="things")
    client.put_object(Bucket="things", Key="a", Body=BODY, ServerSideEncryption="aws:kms", SSEKMSKeyId="one")
    assert s3.kms.calls == ["DescribeKey", "GenerateDataKey"]
    assert b"readable text" not in _on_disk(s3)
    got = client.get_object(Bucket="things", Key="a")
    assert (got["Body"].read(), got["SSEKMSKeyId"]) == (BODY, f"{ARN}one")
    assert s3.kms.calls[-1] == "Decrypt"
    client.copy_object(Bucket="things", Key="b", CopySource="things/a")
    assert client.get_object(Bucket="things", Key="b")["ServerSideEncryption"] == "AES256"
    s3.kms.states[f"{ARN}one"] = "Disabled"
    assert refused(client.get_object, Bucket="things", Key="a") == "KMS.DisabledException"
    assert client.head_object(Bucket="things", Key="a")["ServerSideEncryption"] == "aws:kms"
    s3.kms.states[f"{ARN}one"] = "PendingDeletion"
    assert refused(client.put_object, Bucket="things", Key="c", **BY_KMS) == "KMS.KMSInvalidStateException"
    assert refused(client.put_object, Bucket="things", Key="c", SSEKMSKeyId="one") == "InvalidArgument"


@in_thread
def test_the_buckets_default_encrypts_and_its_key_saves_calls(s3: Running) -> None:
    client = s3.client()
    client.create_bucket(Bucket="things")
    default = {"SSEAlgorithm": "aws:kms"}
    rules = [{"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}]
    client.put_bucket_encryption(Bucket="things", ServerSideEncryptionConfiguration={"Rules": rules})
    for key in "abc":
        put = client.put_object(Bucket="things", Key=key, Body=key.encode())
        assert (put["SSEKMSKeyId"], put["BucketKeyEnabled"]) == (f"{ARN}own", True)
        assert client.get_object(Bucket="things", Key=key)["Body"].read() == key.encode()
    assert s3.kms.calls.count("GenerateDataKey") == 1
    assert s3.kms.calls.count("Decrypt") == 1
    assert (
        client.put_object(Bucket="things", Key="d", ServerSideEncryption="AES256")["ServerSideEncryption"] == "AES256"
    )
    wrong = [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256", "KMSMasterKeyID": "one"}}]
    encryption = {"Rules": wrong}
    assert refused(
        client.put_bucket_encryption, Bucket="things", ServerSideEncryptionConfiguration=encryption
    ) == "InvalidArgument"  # fmt: skip


@in_thread
def test_parts_are_encrypted_and_joined_as_they_are(s3: Running) -> None:
    client = s3.client()
    client.create_bucket(Bucket="things")
    first = BODY * 27
    for keys in (CUSTOMER, {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "one"}):
        asked = {"ChecksumAlgorithm": "CRC32", "ChecksumType": "FULL_OBJECT"}
        begun = client.create_multipart_upload(Bucket="things", Key="big", **asked, **keys)["UploadId"]
        upload = {"Bucket": "things", "Key": "big", "UploadId": begun}
        again = keys if keys is CUSTOMER else {}
        parts = []
        for number, body in enumerate((first, BODY), start=1):
            part = client.upload_part(**upload, PartNumber=number, Body=body, **again)
            parts.append({"PartNumber": number, "ETag": part["ETag"]})
        if again:
            assert refused(client.complete_multipart_upload, **upload, MultipartUpload={"Parts": parts}) == (
                "InvalidRequest"
            )
        client.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts}, **again)
        assert b"readable text" not in _on_disk(s3)
        assert client.get_object(Bucket="things", Key="big", **again)["Body"].read() == first + BODY
        around = f"bytes={len(first) - 5}-{len(first) + 5}"
        assert client.get_object(Bucket="things", Key="big", Range=around, **again)["Body"].read() == (
            first[-5:] + BODY[:6]
        )
        client.delete_object(Bucket="things", Key="big")


@in_thread
def test_nobody_reads_what_kms_encrypts_unsigned(s3: Running) -> None:
    client = s3.client()
    client.create_bucket(Bucket="things")
    client.delete_public_access_block(Bucket="things")
    client.put_bucket_policy(
        Bucket="things",
        Policy='{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", '
        '"Resource": "arn:aws:s3:::things/*"}}',
    )
    client.put_object(Bucket="things", Key="a", Body=b"a", **BY_KMS)
    status, _, body = raw(s3, "GET", "/things/a")
    assert (status, b"require AWS Signature Version 4" in body) == (400, True)
