"""S3's error documents."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config

from netflux.aws.s3 import refusals
from netflux.errors import AwsError
from tests.aws.s3.conftest import REGION, Running
from tests.aws.s3.test_service import in_thread, raw, refused


@pytest.mark.parametrize(
    ("code", "has", "lacks"),
    [
        ("NoSuchKey", {"Key": "k"}, "Resource"),
        ("NoSuchBucket", {"BucketName": "b"}, "Resource"),
        ("BucketNotEmpty", {"BucketName": "b"}, "Resource"),
        ("NoSuchTagSet", {"BucketName": "b"}, "Key"),
        ("AccessDenied", {}, "Resource"),
        ("InternalError", {"Resource": "/b/k"}, "Key"),
    ],
)
def test_a_document_has_the_members_of_its_code(code: str, has: dict[str, str], lacks: str) -> None:
    found = refusals.members(AwsError(code, "m"), "b", "k", "/b/k")
    assert {name: found[name] for name in has} == has
    assert lacks not in found


@in_thread
def test_texts_have_no_names_and_statuses_are_aws(s3: Running) -> None:
    client = s3.client()
    client.create_bucket(Bucket="things")

    def told(call: Callable[..., Any], **params: Any) -> tuple[str, str]:
        with pytest.raises(client.exceptions.ClientError) as error:
            call(**params)
        return error.value.response["Error"]["Code"], error.value.response["Error"]["Message"]

    assert told(client.get_object, Bucket="things", Key="none") == ("NoSuchKey", "The specified key does not exist.")
    assert told(client.get_object, Bucket="none", Key="k") == ("NoSuchBucket", "The specified bucket does not exist")
    client.put_object(Bucket="things", Key="k")
    assert told(client.delete_bucket, Bucket="things") == (
        "BucketNotEmpty", "The bucket you tried to delete is not empty"
    )  # fmt: skip
    tags = {"TagSet": [{"Key": "a", "Value": "b"}]}
    put = client.put_bucket_tagging(Bucket="things", Tagging=tags)
    assert put["ResponseMetadata"]["HTTPStatusCode"] == 204
    policy = '{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObjectAcl", '
    policy += '"Resource": "arn:aws:s3:::things/*"}}'
    put = client.put_bucket_policy(Bucket="things", Policy=policy)
    assert put["ResponseMetadata"]["HTTPStatusCode"] == 204
    listed = raw(s3, "GET", "/things")[2]
    assert b"<Code>AccessDenied</Code><Message>Access Denied</Message><RequestId>" in listed
    assert refused(client.create_bucket, Bucket="A") in {"InvalidBucketName", "ParamValidation"}


@in_thread
def test_who_may_list_only_a_prefix_learns_of_missing_keys_below_it(s3: Running) -> None:
    client = s3.client()
    client.create_bucket(Bucket="things")
    client.delete_public_access_block(Bucket="things")
    client.put_bucket_policy(
        Bucket="things",
        Policy='{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", "Action": '
        '"s3:ListBucket", "Resource": "arn:aws:s3:::things", "Condition": {"StringLike": {"s3:prefix": "public/*"}}}}',
    )
    assert raw(s3, "GET", "/things/public/none")[0] == 404
    assert raw(s3, "GET", "/things/private/none")[0] == 403


@in_thread
def test_a_presigned_url_ends_and_says_when(s3: Running) -> None:
    client = s3.client()
    client.create_bucket(Bucket="things")
    client.put_object(Bucket="things", Key="k", Body=b"body")
    second = boto3.client(
        "s3", endpoint_url=s3.url, region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test",
        config=Config(signature_version="s3", s3={"addressing_style": "path"}),
    )  # fmt: skip
    s3.clients.append(second)
    fourth, second_names = (b"X-Amz-Expires", b"Expires", b"ServerTime"), (b"Expires", b"ServerTime")
    for signer, life, names in ((client, 0, fourth), (second, -1, second_names)):
        good = signer.generate_presigned_url("get_object", {"Bucket": "things", "Key": "k"}, 60)
        assert raw(s3, "GET", good.removeprefix(s3.url))[::2] == (200, b"body")
        over = signer.generate_presigned_url("get_object", {"Bucket": "things", "Key": "k"}, life)
        status, _, body = _once_over(s3, over.removeprefix(s3.url))
        assert (status, b"<Message>Request has expired</Message>" in body) == (403, True)
        assert all(b"<%s>" % name in body for name in names)


def _once_over(s3: Running, target: str) -> tuple[int, dict[str, str], bytes]:
    """The answer when the URL is no longer good, which takes a second at most."""
    deadline = time.monotonic() + 10
    while (answer := raw(s3, "GET", target))[0] == 200 and time.monotonic() < deadline:
        time.sleep(0.05)
    return answer
