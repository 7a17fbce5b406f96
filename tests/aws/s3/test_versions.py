"""Versions and delete markers, as boto3 sees them."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from netflux.aws.s3.index import Index
from tests.aws.s3.conftest import Running
from tests.aws.s3.test_service import in_thread, raw, refused

NAMED = {"Bucket": "things", "Key": "k"}


def _versioned(s3: Running, status: str = "Enabled") -> Any:
    client = s3.client()
    client.create_bucket(Bucket="things")
    client.put_bucket_versioning(Bucket="things", VersioningConfiguration={"Status": status})
    return client


def _put(client: Any, body: bytes, key: str = "k") -> str:
    version: str = client.put_object(Bucket="things", Key=key, Body=body)["VersionId"]
    return version


def _body(client: Any, **named: Any) -> bytes:
    body: bytes = client.get_object(**NAMED, **named)["Body"].read()
    return body


@in_thread
def test_each_version_is_read_by_its_id_and_the_newest_without(s3: Running) -> None:
    client = _versioned(s3)
    first, second = _put(client, b"first"), _put(client, b"second")
    assert (_body(client), _body(client, VersionId=first), _body(client, VersionId=second)) == (
        b"second",
        b"first",
        b"second",
    )
    assert client.head_object(**NAMED)["VersionId"] == second
    assert client.get_object_attributes(**NAMED, VersionId=first, ObjectAttributes=["ObjectSize"])["ObjectSize"] == 5
    client.put_object_tagging(**NAMED, VersionId=first, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    assert client.get_object_tagging(**NAMED)["TagSet"] == []
    assert client.get_object_tagging(**NAMED, VersionId=first)["TagSet"] == [{"Key": "a", "Value": "b"}]
    copied = client.copy_object(Bucket="things", Key="c", CopySource={**NAMED, "VersionId": first})
    assert copied["CopySourceVersionId"] == first
    assert client.get_object(Bucket="things", Key="c")["Body"].read() == b"first"
    assert refused(client.get_object, **NAMED, VersionId="x" * 32) == "NoSuchVersion"
    assert refused(client.get_object, **NAMED, VersionId="x") == "InvalidArgument"


@in_thread
def test_a_delete_marker_hides_the_object_until_it_is_deleted(s3: Running) -> None:
    client = _versioned(s3)
    version = _put(client, b"x")
    marker = client.delete_object(**NAMED)
    assert marker["DeleteMarker"]
    with pytest.raises(ClientError) as hidden:
        client.get_object(**NAMED)
    told = hidden.value.response["ResponseMetadata"]["HTTPHeaders"]
    assert (told["x-amz-delete-marker"], told["x-amz-version-id"]) == ("true", marker["VersionId"])
    with pytest.raises(ClientError) as barred:
        client.get_object(**NAMED, VersionId=marker["VersionId"])
    assert barred.value.response["Error"]["Code"] == "MethodNotAllowed"
    assert barred.value.response["ResponseMetadata"]["HTTPHeaders"]["allow"] == "DELETE"
    assert client.list_objects_v2(Bucket="things")["KeyCount"] == 0
    assert refused(client.delete_bucket, Bucket="things") == "BucketNotEmpty"
    assert refused(client.copy_object, **NAMED, CopySource={**NAMED, "VersionId": marker["VersionId"]}) == (
        "InvalidRequest"
    )
    gone = client.delete_object(**NAMED, VersionId=marker["VersionId"])
    assert (gone["DeleteMarker"], gone["VersionId"]) == (True, marker["VersionId"])
    assert _body(client) == b"x"
    assert "DeleteMarker" not in client.delete_object(**NAMED, VersionId=version)
    client.delete_bucket(Bucket="things")
    assert [*(s3.state / "objects").iterdir()] == []


@in_thread
def test_suspended_versioning_has_one_null_version_beside_the_others(s3: Running) -> None:
    client = s3.client()
    client.create_bucket(Bucket="things")
    client.put_object(**NAMED, Body=b"before")
    client.put_bucket_versioning(Bucket="things", VersioningConfiguration={"Status": "Enabled"})
    kept = _put(client, b"kept")
    assert _body(client, VersionId="null") == b"before"
    client.put_bucket_versioning(Bucket="things", VersioningConfiguration={"Status": "Suspended"})
    for body in (b"one", b"two"):
        client.put_object(**NAMED, Body=body)
    assert (_body(client), _body(client, VersionId=kept)) == (b"two", b"kept")
    found = client.list_object_versions(Bucket="things")["Versions"]
    assert [(one["VersionId"], one["IsLatest"]) for one in found] == [("null", True), (kept, False)]
    assert client.delete_object(**NAMED)["VersionId"] == "null"
    [marker] = client.list_object_versions(Bucket="things")["DeleteMarkers"]
    assert (marker["VersionId"], marker["IsLatest"]) == ("null", True)
    assert len([*(s3.state / "objects").iterdir()]) == 1
    client.delete_object(**NAMED, VersionId="null")
    assert _body(client) == b"kept"


@in_thread
def test_versions_are_listed_newest_first_in_pages_of_any_size(s3: Running) -> None:
    client = _versioned(s3)
    wanted: list[tuple[str, str]] = []
    for key in ("a", "dir/x", "dir/y", "k"):
        ids = [_put(client, str(number).encode(), key) for number in range(3)]
        ids.append(client.delete_object(Bucket="things", Key=key)["VersionId"])
        wanted += [(key, version) for version in reversed(ids)]
    for size in (1, 3, 5, 100):
        found: list[tuple[str, str]] = []
        marks: dict[str, str] = {}
        for _ in range(20):
            page = client.list_object_versions(Bucket="things", MaxKeys=size, **marks)
            entries = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
            assert len(entries) <= size
            order = {pair: number for number, pair in enumerate(wanted)}
            found += sorted(((one["Key"], one["VersionId"]) for one in entries), key=order.__getitem__)
            if not page["IsTruncated"]:
                break
            marks = {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page["NextVersionIdMarker"]}
        assert found == wanted, size
    page = client.list_object_versions(Bucket="things", Delimiter="/", MaxKeys=5)
    assert [one["Prefix"] for one in page["CommonPrefixes"]] == ["dir/"]
    after = client.list_object_versions(Bucket="things", Delimiter="/", KeyMarker=page["NextKeyMarker"])
    assert {one["Key"] for one in after["Versions"]} == {"k"}
    assert refused(client.list_object_versions, Bucket="things", VersionIdMarker="x") == "InvalidArgument"


@in_thread
def test_many_are_deleted_at_once_and_one_that_cannot_be_holds_up_none(s3: Running) -> None:
    client = _versioned(s3)
    version, other = _put(client, b"x"), _put(client, b"y", "other")
    told = client.delete_objects(
        Bucket="things",
        Delete={"Objects": [{"Key": "k", "ETag": '"0"'}, {"Key": "k", "VersionId": version}, {"Key": "other"}]},
    )
    assert [(one["Key"], one["Code"]) for one in told["Errors"]] == [("k", "PreconditionFailed")]
    assert told["Deleted"][0] == {"Key": "k", "VersionId": version}
    assert told["Deleted"][1]["DeleteMarker"]
    assert client.get_object(Bucket="things", Key="other", VersionId=other)["Body"].read() == b"y"
    quiet = client.delete_objects(Bucket="things", Delete={"Objects": [{"Key": "none"}], "Quiet": True})
    assert "Deleted" not in quiet


@in_thread
def test_without_versioning_nothing_is_told_of_versions(s3: Running) -> None:
    client = s3.client()
    client.create_bucket(Bucket="things")
    assert "VersionId" not in client.put_object(**NAMED, Body=b"x")
    assert "VersionId" not in client.head_object(**NAMED)
    assert client.list_object_versions(Bucket="things")["Versions"][0]["VersionId"] == "null"
    assert "DeleteMarker" not in client.delete_object(**NAMED)
    assert raw(s3, "GET", "/things/k")[1].get("x-amz-delete-marker") is None


async def test_versions_are_there_after_a_restart_in_their_order(s3: Running) -> None:
    @in_thread
    def change(running: Running) -> None:
        client = _versioned(running)
        _put(client, b"1")
        client.delete_object(**NAMED)
        _put(client, b"3")

    await change(s3)
    now, again = s3.api.store.index, Index(s3.api.store.versions)
    assert len(now.versions("things", "k")) == 3
    assert [*again.versions("things", "k")] == [*now.versions("things", "k")]
    assert (again.listed("things"), again.current("things", "k")) == (["k"], now.current("things", "k"))
