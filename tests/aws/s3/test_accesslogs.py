"""Server access logs."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime

import pytest

from netflux.aws.s3 import logline
from netflux.resources.s3owner import canonical_id
from tests.aws.s3.conftest import ACCOUNT, Running
from tests.aws.s3.test_service import raw, refused

POLICY = {
    "Version": "2012-10-17",
    "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "logging.s3.amazonaws.com"}, "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::logs/*",
        "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::things"},
                      "StringEquals": {"aws:SourceAccount": ACCOUNT}},
    }],
}  # fmt: skip


@pytest.mark.parametrize(
    ("method", "key", "query", "headers", "name"),
    [
        ("GET", "k", {}, {}, "REST.GET.OBJECT"),
        ("HEAD", "", {}, {}, "REST.HEAD.BUCKET"),
        ("GET", "", {"acl": ""}, {}, "REST.GET.ACL"),
        ("PUT", "k", {"tagging": ""}, {}, "REST.PUT.OBJECT_TAGGING"),
        ("PUT", "k", {"uploadId": "u", "partNumber": "1"}, {}, "REST.PUT.PART"),
        ("POST", "k", {"uploadId": "u"}, {}, "REST.POST.UPLOAD"),
        ("POST", "k", {"uploads": ""}, {}, "REST.POST.UPLOADS"),
        ("PUT", "k", {}, {"x-amz-copy-source": "a/b"}, "REST.COPY.OBJECT"),
        ("POST", "", {"delete": ""}, {}, "REST.POST.MULTI_OBJECT_DELETE"),
        ("OPTIONS", "k", {}, {}, "REST.OPTIONS.PREFLIGHT"),
    ],
)
def test_the_operations_name(method: str, key: str, query: dict[str, str], headers: dict[str, str], name: str) -> None:
    assert logline.operation(method, key, query, headers) == name


def test_where_a_file_of_lines_goes() -> None:
    moment, place = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC), ("1", "us-east-1", "things")
    assert logline.target_key("log/", "", place, moment, "ABC") == "log/2026-02-03-04-05-06-ABC"
    assert logline.target_key("", "EventTime", place, moment, "A") == (
        "1/us-east-1/things/2026/02/03/2026-02-03-04-05-06-A"
    )


async def test_requests_are_logged_where_the_targets_policy_lets_them(s3: Running) -> None:
    client = s3.client()

    def requests() -> None:
        client.create_bucket(Bucket="things")
        client.create_bucket(Bucket="logs")
        target = {"TargetBucket": "none", "TargetPrefix": "log/"}
        status = {"LoggingEnabled": target}
        assert refused(client.put_bucket_logging, Bucket="things", BucketLoggingStatus=status) == (
            "InvalidTargetBucketForLogging"
        )
        client.put_bucket_logging(
            Bucket="things", BucketLoggingStatus={"LoggingEnabled": {**target, "TargetBucket": "logs"}}
        )
        client.put_object(Bucket="things", Key="a b", Body=b"12345")
        raw(s3, "GET", "/things/none?x=%22", User_Agent='say "hi"')

    await asyncio.to_thread(requests)
    await s3.api.accesslogs.start(ACCOUNT, "us-east-1")
    await s3.api.accesslogs.deliver()
    assert s3.api.store.current("logs", "log/") is None
    assert [*s3.api.store.index.keys("logs")] == []  # the policy lets nobody in yet, and the lines are lost

    def again() -> None:
        client.put_bucket_policy(Bucket="logs", Policy=json.dumps(POLICY))
        client.put_object(Bucket="things", Key="a b", Body=b"12345")
        raw(s3, "GET", "/things/none?x=%22", User_Agent='say "hi"')

    await asyncio.to_thread(again)
    await s3.api.accesslogs.stop()
    (key,) = s3.api.store.index.keys("logs")
    assert key.startswith("log/20")
    body = await asyncio.to_thread(lambda: client.get_object(Bucket="logs", Key=key)["Body"].read().decode())
    first, second = body.splitlines()
    assert first.startswith(f"{canonical_id(ACCOUNT)} things [")
    assert f" 127.0.0.1 {canonical_id(ACCOUNT)} " in first
    assert ' REST.PUT.OBJECT a%2520b "PUT /things/a%20b HTTP/1.1" 200 - - 5 ' in first
    assert " SigV4 - AuthHeader 127.0.0.1:" in first
    assert '"GET /things/none?x=%22 HTTP/1.1" 403 AccessDenied ' in second
    assert '"say %22hi%22"' in second
