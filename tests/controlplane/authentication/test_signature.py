"""Signatures beside those that botocore makes."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from botocore.auth import HmacV1QueryAuth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from netflux.controlplane.authentication import signature, signaturetwo
from netflux.controlplane.authentication.signature import SignatureError, Signed
from tests.signing import signed

KEY = ("AKIAEXAMPLE", "se/cret+=")
NOW = timedelta(0)


def seen(url: str, headers: dict[str, str], method: str = "POST", body: bytes = b"") -> Signed:
    parts = urlsplit(url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    lower = {name.lower(): value for name, value in headers.items()}
    return Signed(method, target, {"host": parts.netloc, **lower}, hashlib.sha256(body).hexdigest())


def checked(request: Signed, secret: str = KEY[1], after: timedelta = NOW) -> str:
    claimed = signature.claim(request)
    assert claimed is not None
    try:
        signature.verify(request, claimed, secret, datetime.now(UTC) + after)
    except SignatureError as error:
        return error.code
    return ""


def presigned(url: str, seconds: int, method: str = "GET") -> Signed:
    request = AWSRequest(method, url)
    S3SigV4QueryAuth(Credentials(*KEY), "s3", "us-east-1", expires=seconds).add_auth(request)
    return seen(request.url, {}, method)


@pytest.mark.parametrize("service", ["ecs", "cloudfront", "s3"])
@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/a/b",
        "/a%20b/%C3%BC",
        "/v20180820/tags/arn%3Aaws%3As3%2Fx",
        "/a//b/../c/",
        "/x?b=2&a=1&a=%20",
        "/x?list-type=2&prefix=a%2Fb",
    ],
)
def test_what_botocore_signs_is_good(service: str, target: str) -> None:
    url = f"http://localhost:4566{target}"
    headers = signed(service, url, b"body", {"Content-Type": "text/plain", "X-Amz-Target": "A.B"}, key=KEY)
    assert checked(seen(url, headers, body=b"body")) == ""


@given(st.text(st.characters(codec="utf-8", exclude_characters="/?#", exclude_categories=["Cs", "Cc"]), max_size=9))
def test_any_name_in_a_path_is_signed_as_it_is_sent(name: str) -> None:
    from urllib.parse import quote

    url = f"http://localhost/a{quote(name)}b"
    for service in ("s3", "route53"):
        assert checked(seen(url, signed(service, url, key=KEY))) == ""


def test_a_change_of_anything_signed_is_found() -> None:
    url = "http://localhost:4566/a?x=1"
    headers = signed("ecs", url, b"body", {"X-Amz-Target": "A.B"}, key=KEY)
    good = seen(url, headers, body=b"body")
    assert checked(good) == ""
    assert checked(good, "guess") == "SignatureDoesNotMatch"
    changed = [
        seen("http://localhost:4566/b?x=1", headers, body=b"body"),
        seen("http://localhost:4566/a?x=2", headers, body=b"body"),
        seen(url, headers, body=b"other"),
        seen(url, headers, method="PUT", body=b"body"),
        seen(url, {**headers, "X-Amz-Target": "A.C"}, body=b"body"),
    ]
    assert {checked(one) for one in changed} == {"SignatureDoesNotMatch"}


def test_a_signature_beyond_ascii_is_another_one() -> None:
    url = "http://localhost:4566/"
    headers = signed("ecs", url, key=KEY)
    headers["Authorization"] = headers["Authorization"].partition("Signature=")[0] + "Signature=\u00e9\udc80"
    assert checked(seen(url, headers)) == "SignatureDoesNotMatch"


def test_headers_that_matter_have_to_be_signed() -> None:
    url = "http://localhost:4566/"
    headers = {**signed("ecs", url, key=KEY), "X-Amz-Target": "A.DeleteAll"}
    assert checked(seen(url, headers)) == "AccessDenied"


@pytest.mark.parametrize(("minutes", "code"), [(14, ""), (16, "RequestTimeTooSkewed"), (-16, "RequestTimeTooSkewed")])
def test_a_signature_is_good_for_a_quarter_of_an_hour(minutes: int, code: str) -> None:
    url = "http://localhost:4566/"
    assert checked(seen(url, signed("sts", url, key=KEY)), after=timedelta(minutes=minutes)) == code


@pytest.mark.parametrize(
    ("life", "after", "code"),
    [
        (60, 20, ""),
        (60, 90, "AccessDenied"),
        (1, 20, "AccessDenied"),
        (604_800, 604_700, ""),
        (60, -1000, "AccessDenied"),
    ],
)
def test_a_presigned_url_expires(life: int, after: int, code: str) -> None:
    request = presigned("http://things.s3.us-east-1.localhost:4566/k%20y?versionId=1", life)
    assert checked(request, after=timedelta(seconds=after)) == code


@pytest.mark.parametrize("life", ["604801", "-1", "ten", "", "1e3", "9" * 5000])
def test_a_life_that_is_none_is_refused(life: str) -> None:
    request = presigned("http://localhost/b/k", 60)
    target = request.target.replace("X-Amz-Expires=60", f"X-Amz-Expires={life}")
    with pytest.raises(SignatureError) as error:
        signature.claim(Signed("GET", target, request.headers))
    assert error.value.code == "AuthorizationQueryParametersError"


@pytest.mark.parametrize(
    "authorization",
    [
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=, Signature=",
        "Bearer x",
        "AWS4-HMAC-SHA256 " * 99,
    ],
)
def test_a_malformed_authorization_is_refused(authorization: str) -> None:
    with pytest.raises(SignatureError):
        signature.claim(Signed("GET", "/", {"authorization": authorization, "x-amz-date": "20260101T000000Z"}))


def second(url: str, method: str = "GET", **headers: str) -> Signed:
    request = AWSRequest(method, url, headers=headers)
    request.auth_path = None
    HmacV1QueryAuth(Credentials(*KEY), expires=60).add_auth(request)
    return seen(request.url, {}, method)


@pytest.mark.parametrize(
    ("url", "bucket", "code", "after"),
    [
        ("http://localhost:4566/things/k%20y", "", "", 0),
        ("http://localhost:4566/things/k?partNumber=1&uploadId=x&other=1", "", "", 0),
        ("http://localhost:4566/things/k?response-content-type=text%2Fplain", "", "", 0),
        ("http://localhost:4566/things/k", "", "AccessDenied", 61),
        ("http://localhost:4566/things/k", "other", "SignatureDoesNotMatch", 0),
    ],
)
def test_the_second_version_is_as_botocore_presigns(url: str, bucket: str, code: str, after: int) -> None:
    request = second(url)
    claimed = signaturetwo.claim(request)
    assert claimed is not None
    try:
        signaturetwo.verify(request, claimed, KEY[1], bucket, datetime.now(UTC) + timedelta(seconds=after))
        found = ""
    except SignatureError as error:
        found = error.code
    assert found == code
