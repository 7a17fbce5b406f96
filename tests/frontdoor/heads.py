"""What can be wrong with a request's line, headers and signature."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

from tests.frontdoor.wire import Request

Mutation = Callable[[Random, Request], Request]

_TYPES = (
    "", "text/plain", "application/json", "application/x-amz-json-1.0", "application/x-amz-json-1.1", "application/xml",
    "application/cbor", "application/x-amz-cbor-1.1", "application/x-www-form-urlencoded", "multipart/form-data",
    "multipart/form-data; boundary=x", "application/json; charset=utf-16", "application/json; charset=nonsense", ";;;",
    "nonsense", "application/x-www-form-urlencoded; charset=utf-7",
)  # fmt: skip
_QUERIES = (
    "acl", "tagging", "policy", "uploads", "uploadId=nonsense", "partNumber=0", "partNumber=x&uploadId=y",
    "versionId=null",
    "max-keys=-1", "max-keys=x", "max-keys=99999999999", "list-type=2", "list-type=x", "continuation-token=nonsense",
    "encoding-type=nonsense", "delimiter=", "delimiter=%00", "start-after=%ff", "marker=%00", "delete", "location",
    "versioning", "cors", "lifecycle", "website", "logging", "notification", "x-id=Nonsense", "Action=Nonsense",
    "Action=",
    "response-content-type=%0d%0aX:y", "response-expires=nonsense", "%", "&&&", "a" * 5_000, "=", "restore", "select",
    "X-Amz-Credential=a/20260101/us-east-1/s3/aws4_request", "X-Amz-Signature=0", "X-Amz-Expires=-1",
    "Expires=x&Signature=y",
    "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a&X-Amz-Date=b&X-Amz-Expires=c&X-Amz-SignedHeaders=d&X-Amz-Signature=e",
    "AWSAccessKeyId=a&Signature=b&Expires=99999999999999999999",
)  # fmt: skip
_EXTRA = (
    ("Range", "bytes=5-1"), ("Range", "bytes=-0"), ("Range", "bytes=a-b"), ("Range", "bytes=0-99999999999999999999"),
    ("If-Match", "nonsense"), ("If-None-Match", "*"), ("If-Modified-Since", "nonsense"), ("Content-MD5", "nonsense"),
    ("Expect", "100-continue"), ("Expect", "nonsense"), ("X-Amz-Target", ""), ("X-Amz-Target", "Nonsense"),
    ("X-Amz-Target", "AmazonSSM."), ("X-Amz-Target", ".DescribeClusters"), ("X-Amz-Target", "A.B.C.D"), ("x-amz-acl",
    "nonsense"),
    ("x-amz-copy-source", "nonsense"), ("x-amz-copy-source", "/"), ("x-amz-copy-source", "/a/b?versionId=%"),
    ("x-amz-copy-source", "%ff/%00"), ("x-amz-copy-source-range", "bytes=9-1"), ("x-amz-tagging", "a=%ff&&&="),
    ("x-amz-tagging", "=" * 500), ("x-amz-decoded-content-length", "-5"), ("x-amz-decoded-content-length", "x"),
    ("x-amz-checksum-crc32", "nonsense"), ("x-amz-checksum-sha256", ""), ("x-amz-sdk-checksum-algorithm", "NONSENSE"),
    ("x-amz-server-side-encryption", "nonsense"), ("x-amz-storage-class", "nonsense"), ("x-amz-meta-" + "a" * 200, "b"),
    ("x-amz-meta-a", "é"), ("x-amz-security-token", "nonsense"), ("Accept", "nonsense"), ("Accept", "text/html"),
    ("smithy-protocol", "rpc-v2-cbor"), ("smithy-protocol", "nonsense"), ("x-amz-date", "nonsense"), ("Cookie",
    "a" * 7_000),
    ("x-amz-content-sha256", "nonsense"), ("x-amz-content-sha256", "STREAMING-NONSENSE"), ("If-Match", ""),
    ("Upgrade", "websocket"),
    ("x-amzn-query-mode", "true"), ("x-amz-bucket-object-lock-enabled", "nonsense"), ("x-amz-mfa", "x"), ("Date",
    "nonsense"),
    ("x-amz-expected-bucket-owner", "nonsense"), ("x-amz-account-id", "nonsense"), ("x-amz-trailer",
    "x-amz-checksum-nonsense"),
    ("Origin", "null"), ("Content-Language", "\u0080"), ("x-forwarded-proto", "nonsense"), ("x-forwarded-for", "a, b"),
)  # fmt: skip


def content_type(random: Random, request: Request) -> Request:
    """Another content type than the body's."""
    return request.with_header("Content-Type", random.choice(_TYPES))


def extra(random: Random, request: Request) -> Request:
    """A header that means nothing, or something else."""
    return replace(request, headers=(*request.headers, random.choice(_EXTRA)))


def twice(random: Random, request: Request) -> Request:
    """A header a second time."""
    if not request.headers:
        return request
    name, value = random.choice(request.headers)
    return replace(request, headers=(*request.headers, (name, random.choice((value, "nonsense", "")))))


def method(random: Random, request: Request) -> Request:
    """Another method."""
    return replace(
        request, method=random.choice(("GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "NONSENSE"))
    )


def query(random: Random, request: Request) -> Request:
    """A query that is not the operation's."""
    joint = "&" if "?" in request.target else "?"
    return replace(request, target=request.target + joint + random.choice(_QUERIES))


def path(random: Random, request: Request) -> Request:
    """Another path."""
    head, _, tail = request.target.partition("?")
    wrong = (
        "/", "//", head + "/", head + "/nonsense", head.rpartition("/")[0] or "/", "/%00", "/%ff%fe",
        "/..%2f..%2fetc", "/%",
        "/" + "a/" * 1_000, "/a" * 1_000, head.replace("/", "//"), "/service/Nonsense/operation/Nonsense", "/nonsense?",
        head.lower(), head.upper(), "/%ED%A0%80", "/fuzz-bucket/" + "k" * 1_100, "/.", "/fuzz-bucket/../x",
        "/2020-05-31/x",
    )  # fmt: skip
    return replace(request, target=random.choice(wrong) + (f"?{tail}" if tail else ""))


REQUEST: tuple[Mutation, ...] = (content_type, extra, extra, twice, method, query, path)
"""Before the signature is made."""


def signature(random: Random, request: Request) -> Request:
    """A signature that is none, of another key, or of another request."""
    whole = request.header("Authorization")
    wrong = (
        "", "Basic dGVzdDp0ZXN0", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=", "AWS test:nonsense", whole[:-3],
        whole.replace("SignedHeaders=", ""), whole.replace("host;", ""), whole.replace("/us-east-1/", "/mars-1/"),
        whole.replace("Credential=", "Credential=/"), whole.replace("/aws4_request", ""), whole.replace(", ", " "),
        whole.replace("Credential=test/", "Credential=AKIANONSENSE/"), whole + ", " + whole, whole.replace("/20",
        "/99"),
        "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/nonsense/aws4_request, SignedHeaders=host, Signature=0",
        "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/../aws4_request, SignedHeaders=host, Signature=0",
        "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/core/aws4_request, SignedHeaders=host, Signature=0",
        "AWS4-ECDSA-P256-SHA256 Credential=test/20260101/s3/aws4_request, SignedHeaders=host, Signature=00",
    )  # fmt: skip
    return request.with_header("Authorization", random.choice(wrong))


def date(random: Random, request: Request) -> Request:
    """A moment that is none."""
    return request.with_header(
        "X-Amz-Date", random.choice(("", "nonsense", "20260101T000000Z", "99999999T999999Z", "20200230T000000Z"))
    )


SIGNATURE: tuple[Mutation, ...] = (signature, signature, date)
"""After it."""


def chunked(random: Random, request: Request) -> Request:
    """An object's body in aws-chunked framing that can't be."""
    body = random.choice(
        (
            b"-5\r\nhello\r\n0\r\n\r\n", b"5\r\nhel", b"zz\r\nhello\r\n0\r\n\r\n", b"ffffffffffffffff\r\nhello",
            b"5;nonsense\r\nhello\r\n0\r\n\r\n",
            b"5\r\nhelloXX0\r\n\r\n", b"", b"\r\n" * 500, b"0\r\n", b"0\r\nx-amz-checksum-crc32:nonsense\r\n\r\n",
            b"5" * 20_000,
            b"5\r\nhello\r\n" * 200 + b"0\r\n" + b"x-a:b\r\n" * 5_000 + b"\r\n", b"+5\r\nhello\r\n0\r\n\r\n",
            b" 5 \r\nhello\r\n0\r\n\r\n",
            b"5_0\r\nhello\r\n0\r\n\r\n", b"0x5\r\nhello\r\n0\r\n\r\n", b"5\nhello\n0\n\n",
            b"5\r\nhello\r\n0\r\n\r\ntrailing",
        )
    )  # fmt: skip
    kind = random.choice(
        ("STREAMING-UNSIGNED-PAYLOAD-TRAILER", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-NONSENSE")
    )
    framed = request.with_header("X-Amz-Content-SHA256", kind).with_header("Content-Encoding", "aws-chunked")
    length = random.choice(("5", "0", "-5", "x", "99999999999999999999", "10"))
    return framed.with_header("X-Amz-Decoded-Content-Length", length).with_body(body)
