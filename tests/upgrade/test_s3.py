"""S3's buckets of the format before, documents without their name, are records with their settings."""

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
