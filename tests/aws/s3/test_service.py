"""S3 as boto3, and anyone without credentials, sees it."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import http.client
import io
import json
import os
import socket
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from netflux.policy.evaluate import Principal
from tests.aws.s3.conftest import Running
from tests.signing import signed


def refused(call: Callable[..., Any], **parameters: Any) -> str:
    with pytest.raises(ClientError) as error:
        call(**parameters)
    return str(error.value.response["Error"]["Code"])


def raw(s3: Running, method: str, target: str, body: bytes = b"", **headers: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", s3.port, timeout=20)
    try:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, target, body=body or None, headers=sent)
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def in_thread(test: Callable[[Running], None]) -> Callable[[Running], Any]:
    async def run(s3: Running) -> None:
        await asyncio.to_thread(test, s3)

    run.__name__ = test.__name__
    return run


KEYS = ["plain.txt", "a/b c+d%20é.txt", "a//double", "trailing/", "π/ü~'()*!.html"]


@in_thread
def test_objects_come_back_as_they_were_put(s3: Running) -> None:
    client = s3.client()
    client.create_bucket(Bucket="things")
    for key in KEYS:
        put = client.put_object(
            Bucket="things",
            Key=key,
            Body=key.encode(),
            ContentType="text/x",
            CacheControl="max-age=5",
            Metadata={"a": "b"},
        )
        assert put["ETag"] == f'"{hashlib.md5(key.encode()).hexdigest()}"'
        got = client.get_object(Bucket="things", Key=key)
        assert got["Body"].read() == key.encode()
        assert (got["ContentType"], got["CacheControl"], got["Metadata"]) == ("text/x", "max-age=5", {"a": "b"})
        assert client.head_object(Bucket="things", Key=key)["ContentLength"] == len(key.encode())
    listed = client.list_objects_v2(Bucket="things")["Contents"]
    assert [item["Key"] for item in listed] == sorted(KEYS, key=str.encode)
    assert refused(client.get_object, Bucket="things", Key="none") == "NoSuchKey"
    assert refused(client.head_object, Bucket="things", Key="none") == "404"
    assert refused(client.get_object, Bucket="nowhere", Key="none") == "NoSuchBucket"


def asks_first(s3: Running, target: str) -> tuple[socket.socket, bytes]:
    """A PUT whose client waits with its body, and the first line that it is answered."""
    asked = socket.create_connection(("127.0.0.1", s3.port), timeout=20)
    asked.sendall(
        f"PUT {target} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n".encode()
    )
    return asked, asked.recv(1024).splitlines()[0]


@in_thread
def test_only_who_may_put_an_object_is_asked_for_its_body(s3: Running) -> None:
    client = s3.client()
    client.create_bucket(Bucket="open", ObjectOwnership="ObjectWriter")
    asked, line = asks_first(s3, "/open/a")
    asked.close()
    assert line == b"HTTP/1.1 403 Forbidden"
    client.delete_public_access_block(Bucket="open")
    client.put_bucket_acl(Bucket="open", ACL="public-read-write")
    asked, line = asks_first(s3, "/open/a")
    assert line == b"HTTP/1.1 100 Continue"
    asked.sendall(b"abc")
    assert asked.recv(1024).startswith(b"HTTP/1.1 200 OK")
    asked.close()
    assert [(one["Key"], one["Size"]) for one in client.list_objects_v2(Bucket="open")["Contents"]] == [("a", 3)]


@in_thread
def test_ranges_and_conditions_of_a_read(s3: Running) -> None:
    client = s3.client()
    client.create_bucket(Bucket="things")
    etag = client.put_object(Bucket="things", Key="k", Body=b"0123456789")["ETag"]

    def part(header: str) -> bytes:
        return bytes(client.get_object(Bucket="things", Key="k", Range=header)["Body"].read())

    assert part("bytes=2-4") == b"234"
    assert part("bytes=-3") == b"789"
    assert part("bytes=8-") == b"89"
    assert part("bytes=8-99") == b"89"
    partial = client.get_object(Bucket="things", Key="k", Range="bytes=2-4")
    assert (partial["ContentRange"], partial["Body"].read()) == ("bytes 2-4/10", b"234")
    assert refused(client.get_object, Bucket="things", Key="k", Range="bytes=10-") == "InvalidRange"
    assert refused(client.get_object, Bucket="things", Key="k", IfMatch='"other"') == "PreconditionFailed"
    assert refused(client.get_object, Bucket="things", Key="k", IfNoneMatch=etag) == "304"
    shown = client.get_object(Bucket="things", Key="k", ResponseContentType="text/css", ResponseCacheControl="no-store")
    assert shown["Body"].read() == b"0123456789"
    assert (shown["ContentType"], shown["CacheControl"]) == ("text/css", "no-store")
    assert refused(client.put_object, Bucket="things", Key="k", Body=b"x", IfNoneMatch="*") == "PreconditionFailed"


@in_thread
def test_listing_pages_by_prefix_and_delimiter(s3: Running) -> None:
    client = s3.client()
    client.create_bucket(Bucket="things")
    for key in ("a", "b/1", "b/2", "c/x/1", "c/y", "d"):
        client.put_object(Bucket="things", Key=key, Body=b"")
    pages = [
        *client.get_paginator("list_objects_v2").paginate(
            Bucket="things", Delimiter="/", PaginationConfig={"PageSize": 1}
        )
    ]
    found = [
        entry.get("Key") or entry.get("Prefix")
        for page in pages
        for entry in page.get("Contents", []) + page.get("CommonPrefixes", [])
    ]
    assert found == ["a", "b/", "c/", "d"]
    old = client.list_objects(Bucket="things", Prefix="b/", MaxKeys=1)
    assert old["IsTruncated"]
    assert [item["Key"] for item in client.list_objects(Bucket="things", Prefix="b/", Marker="b/1")["Contents"]] == [
        "b/2"
    ]
    assert client.list_objects_v2(Bucket="things", StartAfter="c/y")["KeyCount"] == 1


@in_thread
def test_a_multipart_upload_is_joined(s3: Running) -> None:
    client = s3.client()
    client.create_bucket(Bucket="things")
    content = os.urandom(11_000_000)
    client.upload_fileobj(io.BytesIO(content), "things", "big", ExtraArgs={"ContentType": "video/x"})
    got = client.get_object(Bucket="things", Key="big")
    assert got["Body"].read() == content
    assert got["ContentType"] == "video/x"
    parts = [content[: 8 * 1024 * 1024], content[8 * 1024 * 1024 :]]
    joined = hashlib.md5(b"".join(hashlib.md5(part).digest() for part in parts)).hexdigest()
    assert got["ETag"] == f'"{joined}-2"'
    client.copy({"Bucket": "things", "Key": "big"}, "things", "copy")
    assert client.get_object(Bucket="things", Key="copy")["Body"].read() == content

    upload = client.create_multipart_upload(Bucket="things", Key="part")["UploadId"]
    first = client.upload_part(Bucket="things", Key="part", UploadId=upload, PartNumber=1, Body=b"small")
    assert client.list_parts(Bucket="things", Key="part", UploadId=upload)["Parts"][0]["Size"] == 5
    wrong = {"Parts": [{"PartNumber": 1, "ETag": '"nope"'}]}
    call = client.complete_multipart_upload
    assert refused(call, Bucket="things", Key="part", UploadId=upload, MultipartUpload=wrong) == "InvalidPart"
    second = client.upload_part(Bucket="things", Key="part", UploadId=upload, PartNumber=2, Body=b"x")
    both = {"Parts": [{"PartNumber": 1, "ETag": first["ETag"]}, {"PartNumber": 2, "ETag": second["ETag"]}]}
    assert refused(call, Bucket="things", Key="part", UploadId=upload, MultipartUpload=both) == "EntityTooSmall"
    client.abort_multipart_upload(Bucket="things", Key="part", UploadId=upload)
    assert refused(client.list_parts, Bucket="things", Key="part", UploadId=upload) == "NoSuchUpload"
    assert len([*(s3.state / "objects").iterdir()]) == 2


@in_thread
def test_buckets_are_private_and_block_public_policies(s3: Running) -> None:
    client = s3.client()
    client.create_bucket(Bucket="things")
    client.put_object(Bucket="things", Key="k", Body=b"x")
    public = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::things/*",
        },
    }
    blocks = client.get_public_access_block(Bucket="things")["PublicAccessBlockConfiguration"]
    assert set(blocks.values()) == {True}
    assert raw(s3, "GET", "/things/k")[0] == 403
    assert raw(s3, "GET", "/things")[0] == 403
    assert raw(s3, "PUT", "/things/new", b"x")[0] == 403
    assert refused(client.put_bucket_policy, Bucket="things", Policy=json.dumps(public)) == "AccessDenied"
    client.delete_public_access_block(Bucket="things")
    client.put_bucket_policy(Bucket="things", Policy=json.dumps(public))
    assert client.get_bucket_policy_status(Bucket="things")["PolicyStatus"]["IsPublic"]
    assert json.loads(client.get_bucket_policy(Bucket="things")["Policy"]) == public
    assert raw(s3, "GET", "/things/k")[::2] == (200, b"x")
    assert raw(s3, "GET", "/things/none")[0] == 403
    client.put_public_access_block(Bucket="things", PublicAccessBlockConfiguration={"RestrictPublicBuckets": True})
    assert raw(s3, "GET", "/things/k")[0] == 403


@in_thread
def test_a_deny_holds_for_the_account_too_and_root_can_mend_it(s3: Running) -> None:
    client = s3.client()
    client.create_bucket(Bucket="things")
    client.put_object(Bucket="things", Key="k", Body=b"x")
    deny = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": ["arn:aws:s3:::things", "arn:aws:s3:::things/*"],
            }
        ],
    }
    client.put_bucket_policy(Bucket="things", Policy=json.dumps(deny))
    assert refused(client.get_object, Bucket="things", Key="k") == "AccessDenied"
    client.delete_bucket_policy(Bucket="things")
    assert client.get_object(Bucket="things", Key="k")["Body"].read() == b"x"
    assert refused(client.get_bucket_policy, Bucket="things") == "NoSuchBucketPolicy"


@in_thread
def test_a_policy_that_cannot_be_evaluated_is_refused(s3: Running) -> None:
    client = s3.client()
    client.create_bucket(Bucket="things")
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": "000000000000"},
        "Action": "s3:*",
        "Resource": "arn:aws:s3:::things/*",
    }
    for change in (
        {"Condition": {"StringResembles": {"aws:SourceArn": "x"}}},
        {"Resource": "arn:aws:s3:::others/*"},
        {"Effect": "Maybe"},
        {"Principal": {"Robot": "x"}},
    ):
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement | change]})
        assert refused(client.put_bucket_policy, Bucket="things", Policy=policy) == "MalformedPolicy"
    assert refused(client.put_bucket_policy, Bucket="things", Policy="{") == "MalformedPolicy"


@in_thread
def test_keys_of_the_region_are_verified(s3: Running) -> None:
    client = s3.client()
    client.create_bucket(Bucket="things")
    client.put_object(Bucket="things", Key="k", Body=b"x")
    key = s3.keys.issue(
        Principal("Service", "cloudfront.amazonaws.com"), {"aws:sourcearn": ("arn:aws:cloudfront::1:distribution/E1",)}
    )
    ours = s3.client(aws_access_key_id=key.access_key, aws_secret_access_key=key.secret)
    forged = s3.client(aws_access_key_id=key.access_key, aws_secret_access_key="guess")
    assert refused(ours.get_object, Bucket="things", Key="k") == "AccessDenied"
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::things/*",
        "Condition": {"ArnLike": {"AWS:SourceArn": "arn:aws:cloudfront::1:distribution/*"}},
    }
    client.put_bucket_policy(Bucket="things", Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    assert ours.get_object(Bucket="things", Key="k")["Body"].read() == b"x"
    assert refused(ours.get_object, Bucket="things", Key="none") == "AccessDenied"
    assert refused(ours.put_object, Bucket="things", Key="k", Body=b"y") == "AccessDenied"
    assert refused(forged.get_object, Bucket="things", Key="k") == "SignatureDoesNotMatch"
    url = ours.generate_presigned_url("get_object", Params={"Bucket": "things", "Key": "k"})
    target = url.removeprefix(s3.url)
    assert raw(s3, "GET", target)[0] == 200
    assert raw(s3, "GET", target.replace("/things/k", "/things/other"))[0] == 403


@in_thread
def test_trailing_checksums_are_unframed_and_checked(s3: Running) -> None:
    s3.client().create_bucket(Bucket="things")
    content = b"hello " * 20_000
    crc = base64.b64encode(zlib.crc32(content).to_bytes(4, "big")).decode()

    def framed(sum_: str) -> bytes:
        first, second = content[:65_536], content[65_536:]
        return (
            b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (first, second))
            + f"0\r\nx-amz-checksum-crc32:{sum_}\r\n\r\n".encode()
        )

    def headers(key: str) -> dict[str, str]:
        sent = {
            "X-Amz-Content-SHA256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
            "X-Amz-Decoded-Content-Length": str(len(content)),
            "X-Amz-Trailer": "x-amz-checksum-crc32",
            "Content-Encoding": "aws-chunked",
        }
        found = signed("s3", f"{s3.url}/things/{key}", headers=sent, method="PUT")
        return {name.replace("-", "_"): value for name, value in found.items()}

    assert raw(s3, "PUT", "/things/k", framed(crc), **headers("k"))[0] == 200
    got = s3.client().get_object(Bucket="things", Key="k")
    assert got["Body"].read() == content
    assert got["ChecksumCRC32"] == crc
    assert "ContentEncoding" not in got
    status, _, body = raw(s3, "PUT", "/things/k2", framed("AAAAAA=="), **headers("k2"))
    assert (status, b"BadDigest" in body) == (400, True)
    status, _, body = raw(s3, "PUT", "/things/k2", framed(crc)[:-50_000], **headers("k2"))
    assert (status, b"IncompleteBody" in body) == (400, True)
    assert refused(s3.client().head_object, Bucket="things", Key="k2") == "404"
    assert len([*(s3.state / "objects").iterdir()]) == 1


@in_thread
def test_what_is_not_supported_is_named(s3: Running) -> None:
    client = s3.client()
    client.create_bucket(Bucket="things")
    with pytest.raises(ClientError, match=r"VersioningConfiguration\.MFADelete"):
        client.put_bucket_versioning(
            Bucket="things", VersioningConfiguration={"Status": "Enabled", "MFADelete": "Enabled"}
        )
    with pytest.raises(ClientError, match="s3:RestoreObject"):
        client.restore_object(Bucket="things", Key="k", RestoreRequest={"Days": 1})
    with pytest.raises(ClientError, match="aws:kms:dsse"):
        client.put_object(Bucket="things", Key="k", Body=b"", ServerSideEncryption="aws:kms:dsse")
    assert (
        refused(client.put_object, Bucket="things", Key="k", Body=b"", ACL="public-read")
        == "AccessControlListNotSupported"
    )
    assert client.get_bucket_versioning(Bucket="things").get("Status") is None


@in_thread
def test_a_bucket_goes_only_when_empty(s3: Running) -> None:
    client = s3.client()
    client.create_bucket(Bucket="things")
    client.put_object(Bucket="things", Key="k", Body=b"x")
    assert refused(client.delete_bucket, Bucket="things") == "BucketNotEmpty"
    gone = client.delete_objects(Bucket="things", Delete={"Objects": [{"Key": "k"}, {"Key": "none"}]})
    assert [item["Key"] for item in gone["Deleted"]] == ["k", "none"]
    client.delete_bucket(Bucket="things")
    assert refused(client.head_bucket, Bucket="things") == "404"
    assert [*(s3.state / "objects").iterdir()] == []
    assert refused(client.create_bucket, Bucket="Bad_Name") == "InvalidBucketName"


@in_thread
def test_bucket_settings_come_back(s3: Running) -> None:
    client = s3.client()
    client.create_bucket(Bucket="things")
    assert client.get_bucket_location(Bucket="things")["LocationConstraint"] is None
    controls = client.get_bucket_ownership_controls(Bucket="things")["OwnershipControls"]
    assert controls == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    rules = client.get_bucket_encryption(Bucket="things")["ServerSideEncryptionConfiguration"]["Rules"]
    assert rules[0]["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    tags = [{"Key": "app", "Value": "netflux"}]
    client.put_bucket_tagging(Bucket="things", Tagging={"TagSet": tags})
    assert client.get_bucket_tagging(Bucket="things")["TagSet"] == tags
    client.put_object(Bucket="things", Key="k", Body=b"x", Tagging="a=1&b=2")
    assert len(client.get_object_tagging(Bucket="things", Key="k")["TagSet"]) == 2
    assert client.get_bucket_acl(Bucket="things")["Grants"][0]["Permission"] == "FULL_CONTROL"
    assert [bucket["Name"] for bucket in client.list_buckets()["Buckets"]] == ["things"]


async def test_virtual_hosts_address_buckets(s3: Running, names_of_buckets_resolve: None) -> None:
    def run() -> None:
        client = s3.client("virtual")
        client.create_bucket(Bucket="things")
        client.put_object(Bucket="things", Key="a/b", Body=b"x")
        assert client.get_object(Bucket="things", Key="a/b")["Body"].read() == b"x"
        for host in ("things.s3.amazonaws.com", "things.s3.us-east-1.amazonaws.com", "things.s3.localhost:1"):
            assert raw(s3, "GET", "/a/b", Host=host)[0] == 403
            assert raw(s3, "GET", "/a/b", Host=f"no{host}")[0] == 404

    await asyncio.to_thread(run)


async def test_a_reader_gets_the_whole_old_object_while_it_is_overwritten(s3: Running) -> None:
    def run() -> None:
        client = s3.client()
        client.create_bucket(Bucket="things")
        old = os.urandom(20_000_000)
        client.put_object(Bucket="things", Key="k", Body=old)
        stream = client.get_object(Bucket="things", Key="k")["Body"]
        start = stream.read(1000)
        client.put_object(Bucket="things", Key="k", Body=b"new")
        assert start + stream.read() == old
        assert client.get_object(Bucket="things", Key="k")["Body"].read() == b"new"

    await asyncio.to_thread(run)


def test_nothing_half_written_is_left_after_a_restart(tmp_path: Path) -> None:
    from netflux.controlplane.authentication.keys import Keys
    from tests.aws.s3.conftest import open_service

    (tmp_path / "objects").mkdir()
    (tmp_path / "objects" / "1234.part").write_bytes(b"half")
    _, _, documents = open_service(tmp_path, Keys())
    assert [*(tmp_path / "objects").iterdir()] == []
    documents.close()
