"""CORS: what a browser may do with a bucket on behalf of another site's page."""

from __future__ import annotations

import pytest

from netflux.aws.s3 import crossorigin
from netflux.aws.s3.crossorigin import Preflight
from netflux.errors import AwsError
from tests.aws.s3.conftest import Running
from tests.aws.s3.test_service import in_thread, raw, refused

RULE = {
    "AllowedMethods": ["GET", "PUT"],
    "AllowedOrigins": ["https://*.example.com"],
    "AllowedHeaders": ["x-amz-*", "Content-Type"],
    "ExposeHeaders": ["ETag"],
    "MaxAgeSeconds": 60,
}
ANYONE = {"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}


@pytest.mark.parametrize(
    ("preflight", "fits"),
    [
        (Preflight("https://www.example.com", "PUT", ("x-amz-acl", "content-type")), True),
        (Preflight("https://www.example.com", "DELETE"), False),
        (Preflight("https://example.org", "PUT"), False),
        (Preflight("https://www.example.com", "PUT", ("authorization",)), False),
    ],
)
def test_a_rule_is_for_its_origins_methods_and_headers(preflight: Preflight, fits: bool) -> None:
    if fits:
        headers = crossorigin.permitted([RULE], preflight, "OBJECT")
        assert headers["Access-Control-Allow-Origin"] == "https://www.example.com"
        assert headers["Access-Control-Allow-Credentials"] == "true"
        assert headers["Access-Control-Allow-Methods"] == "GET, PUT"
        assert headers["Access-Control-Allow-Headers"] == ", ".join(preflight.headers)
        assert (headers["Access-Control-Max-Age"], headers["Access-Control-Expose-Headers"]) == ("60", "ETag")
    else:
        with pytest.raises(AwsError) as refusal:
            crossorigin.permitted([RULE], preflight, "OBJECT")
        assert (refusal.value.code, refusal.value.status) == ("AccessForbidden", 403)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"AllowedMethods": ["PATCH"]}, "Unsupported method is PATCH"),
        ({"AllowedOrigins": ["https://*.*.com"]}, "can not have more than one wildcard"),
        ({"AllowedHeaders": ["x-*-*"]}, "can not have more than one wildcard"),
        ({"ExposeHeaders": ["x-*"]}, "We currently do not support wildcard for ExposeHeader"),
        ({"ID": "x" * 256}, "255"),
    ],
)
def test_rules_that_s3_does_not_take(change: dict[str, object], says: str) -> None:
    with pytest.raises(AwsError, match="InvalidRequest") as refusal:
        crossorigin.check([{**RULE, **change}])
    assert says in refusal.value.message


@in_thread
def test_a_browser_asks_first_and_reads_the_answer(s3: Running) -> None:
    client = s3.client()
    client.create_bucket(Bucket="things")
    assert refused(client.get_bucket_cors, Bucket="things") == "NoSuchCORSConfiguration"
    asked = {"Origin": "https://a.example.com", "Access_Control_Request_Method": "PUT"}
    status, _, body = raw(s3, "OPTIONS", "/things/k", **asked)
    assert status == 403
    assert b"CORSResponse: CORS is not enabled for this bucket." in body
    client.put_bucket_cors(Bucket="things", CORSConfiguration={"CORSRules": [RULE, ANYONE]})
    assert client.get_bucket_cors(Bucket="things")["CORSRules"] == [RULE, ANYONE]
    status, headers, _ = raw(s3, "OPTIONS", "/things/k", **asked)
    assert (status, headers["access-control-allow-origin"]) == (200, "https://a.example.com")
    assert headers["vary"] == "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"
    assert raw(s3, "OPTIONS", "/things/k", Origin="https://a.example.com")[0] == 400
    assert raw(s3, "OPTIONS", "/things/k")[0] == 400
    status, _, body = raw(s3, "OPTIONS", "/things/k", **{**asked, "Access_Control_Request_Method": "DELETE"})
    assert status == 403
    assert b"<Method>DELETE</Method><ResourceType>OBJECT</ResourceType>" in body


@in_thread
def test_an_actual_answer_has_the_headers_also_when_it_is_a_refusal(s3: Running) -> None:
    client = s3.client()
    client.create_bucket(Bucket="things")
    client.put_bucket_cors(Bucket="things", CORSConfiguration={"CORSRules": [RULE, ANYONE]})
    status, headers, _ = raw(s3, "GET", "/things/k", Origin="https://b.example.com")
    assert (status, headers["access-control-allow-origin"]) == (403, "https://b.example.com")
    assert raw(s3, "GET", "/things/k", Origin="https://elsewhere.org")[1]["access-control-allow-origin"] == "*"
    assert "access-control-allow-origin" not in raw(s3, "PUT", "/things/k", Origin="https://elsewhere.org")[1]
    assert "access-control-allow-origin" not in raw(s3, "GET", "/things/k")[1]
    client.delete_bucket_cors(Bucket="things")
    assert "access-control-allow-origin" not in raw(s3, "GET", "/things/k", Origin="https://b.example.com")[1]
