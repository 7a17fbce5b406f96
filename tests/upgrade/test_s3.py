"""S3 of the format before: buckets without their name, and objects and uploads as documents, are records."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from netflux.aws.s3.api import S3Api
from netflux.aws.s3.body import Bodies
from netflux.aws.s3.store import Store
from netflux.clock import Clock
from netflux.controlplane.call import Call
from netflux.controlplane.records.documents import Documents
from netflux.resources.s3 import Bucket

RULES = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": True}]}
BEFORE: dict[str, Any] = {
    "created": "2026-10-11T12:13:14.567890+00:00", "region": "us-east-1", "policy": None, "public_access_block": {},
    "ownership": "BucketOwnerEnforced", "encryption": RULES, "tags": [{"Key": "team", "Value": "movies"}],
}  # fmt: skip
MOMENT = datetime(2026, 10, 11, 12, 13, 14, 567890, UTC)
AFTER = Bucket("b", "us-east-1", MOMENT, "", {}, "BucketOwnerEnforced", RULES, {"team": "movies"})


async def test_the_format_before_is_read_and_changed(tmp_path: Path) -> None:
    documents = Documents(tmp_path / "n.db")
    documents.put("s3/bucket", "b", BEFORE)
    documents.put("s3/bucket", "a", {**BEFORE, "policy": "{}", "tags": []})
    documents.close()
    for start in range(3):
        documents = Documents(tmp_path / "n.db")
        api = S3Api(Store(documents, Bodies(tmp_path / "objects")), Clock())
        assert not documents.faults.list()
        assert [bucket.name for bucket in api.store.buckets()] == ["a", "b"]
        assert api.store.bucket("a").policy == "{}"
        assert api.store.bucket("b") == (Bucket(**{**vars(AFTER), "tags": {}}) if start else AFTER)
        await api.delete_bucket_tagging(Call("s3", "", "us-east-1", "0" * 12), {"Bucket": "b"})
        documents.close()


async def test_a_bucket_that_cannot_be_read_costs_itself(tmp_path: Path) -> None:
    documents = Documents(tmp_path / "n.db")
    documents.put("s3/bucket", "b", BEFORE)
    documents.put("s3/bucket", "bad", {name: value for name, value in BEFORE.items() if name != "created"})
    documents.close()
    documents = Documents(tmp_path / "n.db")
    store = Store(documents, Bodies(tmp_path / "objects"))
    assert [bucket.name for bucket in store.buckets()] == ["b"]
    [fault] = documents.faults.list()
    assert "s3/bucket bad" in str(fault)
    assert "aws s3 mb s3://bad" in str(fault)
    documents.close()


OBJECT: dict[str, Any] = {
    "headers": {"ContentType": "text/x", "Expires": "2030-01-01T00:00:00+00:00"}, "metadata": {"who": "me"},
    "tags": [{"Key": "team", "Value": "movies"}], "size": 1, "etag": '"9dd4e461268c8034f5c8564e155c67a6"',
    "modified": "2026-10-11T12:13:14.567890+00:00", "body": "a" * 32, "checksums": {"CRC32": "jNy/Iw=="},
    "checksum_type": "FULL_OBJECT",
}  # fmt: skip
PART = {name: OBJECT[name] for name in ("size", "etag", "modified", "checksums")} | {"body": "b" * 32}
UPLOAD = {
    **{name: OBJECT[name] for name in ("headers", "metadata", "tags", "checksum_type")}, "bucket": "bbb", "key": "u",
    "initiated": OBJECT["modified"], "algorithm": "CRC32", "parts": {"1": PART},
}  # fmt: skip


async def test_objects_and_uploads_of_the_format_before_are_versions_and_parts(tmp_path: Path) -> None:
    documents = Documents(tmp_path / "n.db")
    documents.put("s3/bucket", "bbb", BEFORE)
    documents.put("s3/object/bbb", "k", OBJECT)
    documents.put("s3/object/bbb", "bad", {**OBJECT, "size": "large"})
    documents.put("s3/upload", "u1", UPLOAD)
    documents.close()
    (tmp_path / "objects").mkdir()
    for name in ("a", "b"):
        (tmp_path / "objects" / (name * 32)).write_bytes(b"x")
    call = Call("s3", "", "us-east-1", "0" * 12)
    for _ in range(2):
        documents = Documents(tmp_path / "n.db")
        api = S3Api(Store(documents, Bodies(tmp_path / "objects")), Clock())
        told = await api.get_object(call, {"Bucket": "bbb", "Key": "k", "ChecksumMode": "ENABLED"})
        assert told.pop("Body").read() == b"x"
        assert (told["ContentType"], told["Metadata"], told["TagCount"], told["ETag"], told["ChecksumCRC32"]) == (
            "text/x", {"who": "me"}, 1, OBJECT["etag"], "jNy/Iw==",
        )  # fmt: skip
        assert (told["LastModified"], told["Expires"]) == (MOMENT, datetime(2030, 1, 1, tzinfo=UTC))
        assert [fault.subject for fault in documents.faults.list()] == ["record s3/object/bbb bad in netflux.db"]
        documents.close()
    documents = Documents(tmp_path / "n.db")
    api = S3Api(Store(documents, Bodies(tmp_path / "objects")), Clock())
    parts = {"Parts": [{"PartNumber": 1, "ETag": PART["etag"]}]}
    end = {"Bucket": "bbb", "Key": "u", "UploadId": "u1", "MultipartUpload": parts}
    assert (await api.complete_multipart_upload(call, end))["ChecksumCRC32"] == "jNy/Iw=="
    assert not documents.kinds("s3/upload")
    documents.close()
