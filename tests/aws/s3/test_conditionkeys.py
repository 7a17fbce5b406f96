"""Condition keys of bucket policies have the request's values."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from netflux.aws.s3 import conditionkeys
from netflux.aws.s3.conditionkeys import Question
from tests.aws.s3.conftest import Running
from tests.aws.s3.test_lists import OTHER, guest
from tests.aws.s3.test_service import in_thread, raw, refused

NOW = datetime(2026, 1, 1, 0, 0, 10, tzinfo=UTC)
PLACE = "us-east-1", "000000000000"


def keys(operation: str, headers: dict[str, str], query: dict[str, str] | None = None, **params: Any) -> dict[str, Any]:
    return conditionkeys.of_request(Question(operation, headers, query or {}, params), PLACE, NOW)


@pytest.mark.parametrize(
    ("operation", "headers", "query", "key", "values"),
    [
        ("PutObject", {"x-amz-acl": "public-read"}, {}, "s3:x-amz-acl", ("public-read",)),
        ("PutObject", {"x-amz-server-side-encryption": "aws:kms"}, {}, "s3:x-amz-server-side-encryption", ("aws:kms",)),
        ("PutObject", {"x-amz-server-side-encryption-aws-kms-key-id": "k"}, {},
         "s3:x-amz-server-side-encryption-aws-kms-key-id", ("arn:aws:kms:us-east-1:000000000000:key/k",)),
        ("PutObject", {"x-amz-storage-class": "GLACIER"}, {}, "s3:x-amz-storage-class", ("GLACIER",)),
        ("PutObject", {"x-amz-grant-read": "id=a"}, {}, "s3:x-amz-grant-read", ("id=a",)),
        ("PutObject", {"x-amz-tagging": "a=b&c=d"}, {}, "s3:requestobjecttagkeys", ("a", "c")),
        ("PutObject", {"x-amz-tagging": "A=b"}, {}, "s3:requestobjecttag/a", ("b",)),
        ("PutObject", {}, {}, "s3:objectcreationoperation", ("true",)),
        ("UploadPart", {}, {}, "s3:objectcreationoperation", ("false",)),
        ("CopyObject", {"x-amz-copy-source": "/b/a%20b"}, {}, "s3:x-amz-copy-source", ("b/a b",)),
        ("CopyObject", {"x-amz-metadata-directive": "COPY"}, {}, "s3:x-amz-metadata-directive", ("COPY",)),
        ("ListObjectsV2", {}, {"prefix": "a/", "max-keys": "5"}, "s3:max-keys", ("5",)),
        ("GetObject", {}, {"prefix": "a/"}, "s3:prefix", None),
        ("GetObject", {}, {"versionId": "v"}, "s3:versionid", ("v",)),
        ("GetObject", {}, {}, "s3:resourceaccount", ("000000000000",)),
        ("GetObject", {"authorization": "AWS4-HMAC-SHA256 x"}, {}, "s3:signatureversion", ("AWS4-HMAC-SHA256",)),
        ("GetObject", {}, {"X-Amz-Algorithm": "AWS4-HMAC-SHA256", "X-Amz-Date": "20260101T000000Z"}, "s3:signatureage",
         ("10000",)),
        ("GetObject", {}, {"Signature": "x"}, "s3:authtype", ("REST-QUERY-STRING",)),
    ],
)  # fmt: skip
def test_a_key_has_what_the_request_says(
    operation: str, headers: dict[str, str], query: dict[str, str], key: str, values: tuple[str, ...] | None
) -> None:
    assert keys(operation, headers, query).get(key) == values


def test_documents_are_asked_as_well() -> None:
    tags = {"TagSet": [{"Key": "Team", "Value": "a"}]}
    assert keys("PutObjectTagging", {}, Tagging=tags)["s3:requestobjecttag/team"] == ("a",)
    made = keys("CreateBucket", {}, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    assert made["s3:locationconstraint"] == ("eu-west-1",)


def _policy(action: str, condition: dict[str, Any], effect: str = "Allow", resource: str = "things/*") -> str:
    statement = {
        "Effect": effect, "Principal": {"AWS": OTHER}, "Action": action, "Resource": f"arn:aws:s3:::{resource}",
        "Condition": condition,
    }  # fmt: skip
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@in_thread
def test_an_allow_is_for_those_requests_that_meet_it(s3: Running) -> None:
    client, other = s3.client(), guest(s3)
    client.create_bucket(Bucket="things")
    client.put_object(Bucket="things", Key="a", Tagging="security=public")
    client.put_object(Bucket="things", Key="b", Tagging="security=private")
    public = {"StringEquals": {"s3:ExistingObjectTag/security": "public"}}
    client.put_bucket_policy(Bucket="things", Policy=_policy("s3:GetObject", public))
    other.get_object(Bucket="things", Key="a")
    assert refused(other.get_object, Bucket="things", Key="b") == "AccessDenied"
    encrypted = {"StringEquals": {"s3:x-amz-server-side-encryption": "AES256"}}
    client.put_bucket_policy(Bucket="things", Policy=_policy("s3:PutObject", encrypted))
    assert refused(other.put_object, Bucket="things", Key="c") == "AccessDenied"
    other.put_object(Bucket="things", Key="c", ServerSideEncryption="AES256")
    pages = {"NumericLessThanEquals": {"s3:max-keys": "10"}}
    client.put_bucket_policy(Bucket="things", Policy=_policy("s3:ListBucket", pages, resource="things"))
    other.list_objects_v2(Bucket="things", MaxKeys=5)
    assert refused(other.list_objects_v2, Bucket="things", MaxKeys=11) == "AccessDenied"
    tagged = {"StringEquals": {"s3:RequestObjectTag/team": "a"}}
    client.put_bucket_policy(Bucket="things", Policy=_policy("s3:PutObjectTagging", tagged))
    wrong, right = ({"TagSet": [{"Key": "team", "Value": value}]} for value in "ba")
    assert refused(other.put_object_tagging, Bucket="things", Key="a", Tagging=wrong) == "AccessDenied"
    other.put_object_tagging(Bucket="things", Key="a", Tagging=right)


@in_thread
def test_insecure_transport_is_denied_to_whom_no_program_signs_for(s3: Running) -> None:
    client = s3.client()
    client.create_bucket(Bucket="things")
    deny = {
        "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::things/*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }  # fmt: skip
    client.put_bucket_policy(Bucket="things", Policy=json.dumps({"Version": "2012-10-17", "Statement": [deny]}))
    client.put_object(Bucket="things", Key="a", Body=b"a")
    url = client.generate_presigned_url("get_object", {"Bucket": "things", "Key": "a"})
    assert raw(s3, "GET", url.removeprefix(s3.url))[0] == 403
    assert raw(s3, "GET", url.removeprefix(s3.url), X_Forwarded_Proto="https")[0] == 200
