"""Notifications: who is told of what, and who may not be."""

from __future__ import annotations

import json
from typing import Any

import pytest

from netflux.aws.s3 import happened
from netflux.resources.s3owner import canonical_id
from tests.aws.s3.conftest import ACCOUNT, QUEUE, Running
from tests.aws.s3.test_service import in_thread, raw, refused


def one(*events: str, prefix: str = "", suffix: str = "", **more: Any) -> dict[str, Any]:
    rules = [{"Name": name, "Value": value} for name, value in (("prefix", prefix), ("suffix", suffix)) if value]
    return {"Events": [*events], **({"Filter": {"Key": {"FilterRules": rules}}} if rules else {}), **more}


@pytest.mark.parametrize(
    ("first", "second", "overlap"),
    [
        (one("s3:ObjectCreated:*"), one("s3:ObjectCreated:Put"), True),
        (one("s3:ObjectCreated:Put"), one("s3:ObjectCreated:Post"), False),
        (one("s3:ObjectCreated:*"), one("s3:ObjectRemoved:*"), False),
        (one("s3:ObjectCreated:*", prefix="a/"), one("s3:ObjectCreated:*", prefix="b/"), False),
        (one("s3:ObjectCreated:*", prefix="a/"), one("s3:ObjectCreated:*", prefix="a/b"), True),
        (one("s3:ObjectCreated:*", suffix=".jpg"), one("s3:ObjectCreated:*", suffix=".png"), False),
        (one("s3:ObjectCreated:*", prefix="a"), one("s3:ObjectCreated:*", suffix=".png"), True),
    ],
)
def test_configurations_that_could_both_be_for_an_event(first: Any, second: Any, overlap: bool) -> None:
    assert happened.overlap(first, second) is overlap
    assert happened.overlap(second, first) is overlap


def _told(s3: Running) -> list[dict[str, Any]]:
    found = [json.loads(event.body) for event in s3.told]
    s3.told.clear()
    return found


@in_thread
def test_a_queue_is_told_of_each_event_in_s3s_form(s3: Running) -> None:
    client = s3.client()
    client.create_bucket(Bucket="things")
    events = ["s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:ObjectTagging:*"]
    wanted = {"QueueConfigurations": [{"QueueArn": QUEUE, **one(*events, prefix="a ", Id="mine")}]}
    client.put_bucket_notification_configuration(Bucket="things", NotificationConfiguration=wanted)
    (test,) = _told(s3)
    assert (test["Service"], test["Event"], test["Bucket"]) == ("Amazon S3", "s3:TestEvent", "things")
    put = client.put_object(Bucket="things", Key="a é+.txt", Body=b"12345")
    (message,) = _told(s3)
    (record,) = message["Records"]
    assert record["eventName"] == "ObjectCreated:Put"
    assert record["eventSource"] == "aws:s3"
    assert record["awsRegion"] == "us-east-1"
    assert record["s3"]["configurationId"] == "mine"
    assert record["s3"]["bucket"] == {
        "name": "things", "ownerIdentity": {"principalId": canonical_id(ACCOUNT)}, "arn": "arn:aws:s3:::things"
    }  # fmt: skip
    told = record["s3"]["object"]
    assert (told["key"], told["size"], told["eTag"]) == ("a+%C3%A9%2B.txt", 5, put["ETag"].strip('"'))
    assert record["responseElements"]["x-amz-request-id"] == put["ResponseMetadata"]["RequestId"]
    assert record["requestParameters"]["sourceIPAddress"] == "127.0.0.1"
    client.put_object(Bucket="things", Key="b", Body=b"")
    client.copy_object(Bucket="things", Key="a 2", CopySource="things/b")
    client.put_object_tagging(Bucket="things", Key="a 2", Tagging={"TagSet": []})
    client.put_bucket_versioning(Bucket="things", VersioningConfiguration={"Status": "Enabled"})
    marker = client.delete_object(Bucket="things", Key="a 2")
    client.delete_objects(Bucket="things", Delete={"Objects": [{"Key": "a 2", "VersionId": marker["VersionId"]}]})
    begun = client.create_multipart_upload(Bucket="things", Key="a 3")["UploadId"]
    upload = {"Bucket": "things", "Key": "a 3", "UploadId": begun}
    part = client.upload_part(**upload, PartNumber=1, Body=b"x")
    client.complete_multipart_upload(**upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})
    records = [message["Records"][0] for message in _told(s3)]
    assert [record["eventName"] for record in records] == [
        "ObjectCreated:Copy", "ObjectTagging:Put", "ObjectRemoved:DeleteMarkerCreated", "ObjectRemoved:Delete",
        "ObjectCreated:CompleteMultipartUpload",
    ]  # fmt: skip
    assert records[2]["s3"]["object"]["versionId"] == marker["VersionId"]
    sequencers = [record["s3"]["object"]["sequencer"] for record in records]
    assert sequencers == sorted(sequencers)


@in_thread
def test_eventbridge_is_told_of_all(s3: Running) -> None:
    client = s3.client()
    client.create_bucket(Bucket="things")
    client.put_bucket_notification_configuration(
        Bucket="things", NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    client.put_object(Bucket="things", Key="a b", Body=b"123")
    client.delete_object(Bucket="things", Key="a b")
    assert [event.kind for event in s3.happened] == ["Object Created", "Object Deleted"]
    detail = s3.happened[0].detail
    assert (detail["bucket"], detail["object"]["key"], detail["reason"]) == ({"name": "things"}, "a b", "PutObject")
    assert s3.happened[1].detail["deletion-type"] == "Permanently Deleted"


@in_thread
def test_a_configuration_is_refused_whole(s3: Running) -> None:
    client = s3.client()
    client.create_bucket(Bucket="things")

    def put(**lists: Any) -> str:
        return refused(client.put_bucket_notification_configuration, Bucket="things", NotificationConfiguration=lists)

    queue = {"QueueArn": QUEUE}
    every = one("s3:ObjectCreated:*")
    assert put(QueueConfigurations=[{**queue, **every}, {**queue, **every}]) == "InvalidArgument"
    assert put(QueueConfigurations=[{**queue, **every}, {"QueueArn": f"{QUEUE}2", **one("s3:ObjectRemoved:*")}]) == (
        "InvalidArgument"
    )
    assert put(TopicConfigurations=[{"TopicArn": "arn:aws:sns:us-east-1:000000000000:t", **every}]) == "NotImplemented"
    elsewhere = QUEUE.replace("us-east-1", "eu-west-1")
    assert put(QueueConfigurations=[{"QueueArn": elsewhere, **every}]) == "InvalidArgument"
    assert put(QueueConfigurations=[{"QueueArn": f"{QUEUE}.fifo", **every}]) == "InvalidArgument"
    client_told = client.get_bucket_notification_configuration(Bucket="things")
    assert "QueueConfigurations" not in client_told
    assert b"ObjectCreated" not in raw(s3, "GET", "/things?notification")[2]
