"""POST forms."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from netflux.aws.s3 import postpolicy
from netflux.errors import AwsError
from tests.aws.s3.conftest import Running
from tests.aws.s3.test_service import in_thread, raw

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def encoded(conditions: list[Any], expiration: str = "2026-01-02T00:00:00.000Z", **more: Any) -> str:
    return base64.b64encode(json.dumps({"expiration": expiration, "conditions": conditions, **more}).encode()).decode()


FIELDS = {"key": "user/a.txt", "acl": "private", "content-type": "image/png", "policy": "p", "x-ignore-me": "1"}
ALL = [{"bucket": "things"}, ["starts-with", "$key", "user/"], {"acl": "private"}, ["eq", "$Content-Type", "image/png"]]


def test_a_policy_lets_in_what_meets_every_condition() -> None:
    sizes = postpolicy.check(encoded([*ALL, ["content-length-range", 1, "10"]]), FIELDS, "things", NOW)
    assert (sizes.least, sizes.most) == (1, 10)


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        (encoded(ALL, "2025-12-31T00:00:00Z"), "AccessDenied", "Policy expired"),
        (encoded(ALL[:-1]), "AccessDenied", "Extra input fields: content-type"),
        (encoded([*ALL, ["eq", "$key", "b"]]), "AccessDenied", 'Policy Condition failed: ["eq", "$key", "b"]'),
        (encoded([{"bucket": "other"}, *ALL[1:]]), "AccessDenied", "Policy Condition failed"),
        (encoded([*ALL, ["content-length-range", 1]]), "InvalidPolicyDocument", "Invalid JSON"),
        (encoded([*ALL, ["content-length-range", "a", 1]]), "InvalidPolicyDocument", "its ends"),
        (encoded([*ALL, ["ends-with", "$key", "x"]]), "InvalidPolicyDocument", "operator: ends-with"),
        (encoded(ALL, "tomorrow"), "InvalidPolicyDocument", "expiration"),
        (encoded(ALL, "2026-01-02 00:00:00+00:00"), "InvalidPolicyDocument", "expiration"),
        (base64.b64encode(b'{"conditions": []}').decode(), "InvalidPolicyDocument", "missing expiration"),
        (base64.b64encode(b'{"expiration": "2026-01-02T00:00:00Z"}').decode(), "InvalidPolicyDocument", "conditions"),
        ("%%%", "InvalidPolicyDocument", "Invalid JSON"),
        (base64.b64encode(b"[" * 9000).decode(), "InvalidPolicyDocument", "Invalid JSON"),
    ],
)
def test_a_policy_keeps_out_what_does_not(text: str, code: str, says: str) -> None:
    with pytest.raises(AwsError, match=code) as refusal:
        postpolicy.check(text, FIELDS, "things", NOW)
    assert says in refusal.value.message


def send(s3: Running, fields: dict[str, str], body: bytes, name: str = "a.txt") -> tuple[int, dict[str, str], bytes]:
    parts = [f'--b\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n' for key, value in fields.items()]
    parts.append(f'--b\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n')
    data = "".join(parts).encode() + body + b"\r\n--b--\r\n"
    return raw(s3, "POST", "/things", data, Content_Type="multipart/form-data; boundary=b")


@in_thread
def test_a_presigned_form_uploads(s3: Running) -> None:
    client = s3.client()
    client.create_bucket(Bucket="things")
    made = client.generate_presigned_post(
        "things", "user/${filename}", {"success_action_status": "201", "x-amz-meta-who": "me"},
        [{"success_action_status": "201"}, {"x-amz-meta-who": "me"}, ["content-length-range", 2, 5],
         ["starts-with", "$tagging", ""]],
    )  # fmt: skip
    tags = "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>"
    status, headers, body = send(s3, {**made["fields"], "tagging": tags}, b"1234")
    assert (status, b"<Bucket>things</Bucket><Key>user/a.txt</Key>" in body) == (201, True)
    assert headers["etag"] == f'"{hashlib.md5(b"1234").hexdigest()}"'
    got = client.get_object(Bucket="things", Key="user/a.txt")
    assert (got["Body"].read(), got["Metadata"]) == (b"1234", {"who": "me"})
    assert client.get_object_tagging(Bucket="things", Key="user/a.txt")["TagSet"] == [{"Key": "a", "Value": "b"}]
    status, _, body = send(s3, {**made["fields"], "tagging": tags}, b"123456")
    assert (status, b"<Code>EntityTooLarge</Code>" in body, b"<MaxSizeAllowed>5</MaxSizeAllowed>" in body) == (
        400, True, True
    )  # fmt: skip
    assert b"<Code>EntityTooSmall</Code>" in send(s3, {**made["fields"], "tagging": tags}, b"1")[2]
    status, _, body = send(s3, {**made["fields"], "x-amz-signature": "0" * 64}, b"1234")
    assert (status, b"<Code>SignatureDoesNotMatch</Code>" in body) == (403, True)
    assert not [one for one in s3.state.joinpath("objects").iterdir() if one.suffix == ".part"]


@in_thread
def test_a_form_of_signature_version_2_and_where_it_leads(s3: Running) -> None:
    client = s3.client()
    client.create_bucket(Bucket="things")
    later = (datetime.now(UTC) + timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%SZ")
    policy = encoded([{"bucket": "things"}, {"key": "k"}, ["starts-with", "$success_action_redirect", ""]], later)
    signature = base64.b64encode(hmac.new(b"test", policy.encode(), hashlib.sha1).digest()).decode()
    fields = {"key": "k", "AWSAccessKeyId": "test", "policy": policy, "signature": signature}
    target = "http://example.com/done?x=1"
    status, headers, _ = send(s3, {**fields, "success_action_redirect": target}, b"x")
    etag = f"%22{hashlib.md5(b'x').hexdigest()}%22"
    assert (status, headers["location"]) == (303, f"{target}&bucket=things&key=k&etag={etag}")
    assert send(s3, fields, b"x")[0] == 204
    unsigned = {name: value for name, value in fields.items() if name != "signature"}
    assert b"field named 'signature'" in send(s3, unsigned, b"x")[2]


@in_thread
def test_forms_that_are_none(s3: Running) -> None:
    client = s3.client()
    client.create_bucket(Bucket="things")
    assert send(s3, {"key": "k"}, b"x")[0] == 403
    assert b"field named 'key'" in send(s3, {}, b"x")[2]
    assert raw(s3, "POST", "/things", b"{}", Content_Type="application/json")[0] == 412
    assert b"MaxPostPreDataLengthExceededError" in send(s3, {"key": "k", "x": "y" * 30_000}, b"x")[2]
    only = b'--b\r\nContent-Disposition: form-data; name="key"\r\n\r\nk\r\n--b--\r\n'
    answer = raw(s3, "POST", "/things", only, Content_Type="multipart/form-data; boundary=b")
    assert (answer[0], b"exactly one file upload" in answer[2]) == (400, True)
