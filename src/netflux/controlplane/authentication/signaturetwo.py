"""Signature Version 2 as S3 still takes it in us-east-1: "Signing and authenticating REST requests (AWS signature
version 2)", S3 API Reference. boto3 and the AWS CLI presign with it there unless they are told otherwise. Pure.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import parse_qsl

from netflux.controlplane.authentication.signature import SKEW, SignatureError, Signed, expired, mismatch, too_skewed

_SCHEME = "AWS "
_EPOCH = 1970
"""The first year in which a request can be signed."""
_SUBRESOURCES = frozenset({
    "accelerate", "acl", "analytics", "cors", "defaultObjectAcl", "delete", "inventory", "lifecycle", "location",
    "logging", "metrics", "notification", "object-lock", "partNumber", "policy", "replication", "requestPayment",
    "response-cache-control", "response-content-disposition", "response-content-encoding", "response-content-language",
    "response-content-type", "response-expires", "restore", "select", "select-type", "storageClass", "tagging",
    "torrent", "uploadId", "uploads", "versionId", "versioning", "versions", "website",
})  # fmt: skip
"""What a query string has of these is part of the resource that is signed."""


@dataclass(frozen=True)
class Claim:
    """What a request says about its signature.

    Attributes:
        access_key: access key id.
        signature: base64.
        expires: second of the epoch until which a presigned URL is good; None for the header form.
        token: session token, or empty.
    """

    access_key: str
    signature: str
    expires: int | None
    token: str


def claim(request: Signed) -> Claim | None:
    """Reads the signature from header or query; None when there is none of this version.

    Raises:
        SignatureError: there is one and it can't be read.
    """
    authorization = request.headers.get("authorization", "")
    if authorization.startswith(_SCHEME):
        access_key, colon, signature = authorization.removeprefix(_SCHEME).strip().rpartition(":")
        if not colon:
            raise SignatureError("InvalidArgument", "AWS authorization header is invalid. Expected AwsAccessKeyId:sig")
        return Claim(access_key, signature, None, request.headers.get("x-amz-security-token", ""))
    if authorization or "?" not in request.target:
        return None
    query = _query(request)
    if not {"AWSAccessKeyId", "Signature"} & query.keys():
        return None
    if not {"AWSAccessKeyId", "Signature", "Expires"} <= query.keys():
        raise SignatureError(
            "AccessDenied", "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters"
        )
    if not query["Expires"].isdecimal() or len(query["Expires"]) > 12:
        raise SignatureError("AccessDenied", "Invalid date (should be seconds since epoch): " + query["Expires"][:40])
    token = query.get("x-amz-security-token", "")
    return Claim(query["AWSAccessKeyId"], query["Signature"], int(query["Expires"]), token)


def verify(request: Signed, claimed: Claim, secret: str, bucket: str, now: datetime) -> None:
    """Checks time and signature.

    Args:
        bucket: named by the host; empty where the path has it.

    Raises:
        SignatureError: the signature was not made with this secret over this request, or not in time.
    """
    if claimed.expires is not None:
        if now.timestamp() > claimed.expires:
            raise expired(datetime.fromtimestamp(claimed.expires, UTC), now)
    elif abs(now - _moment(request.headers)) > SKEW:
        raise too_skewed()
    given = claimed.signature.encode(errors="surrogateescape")
    for path in _paths(request, bucket):
        text = _text(request, claimed, path)
        digest = hmac.new(secret.encode(), text.encode(errors="surrogateescape"), hashlib.sha1).digest()
        if hmac.compare_digest(base64.b64encode(digest), given):
            return
    raise mismatch()


def _paths(request: Signed, bucket: str) -> tuple[str, ...]:
    """The path as it is signed. Of a bucket by path, clients sign `/bucket/`, whichever they send."""
    path = (f"/{bucket}" if bucket else "") + request.target.partition("?")[0]
    return (path, f"{path}/") if path.count("/") == 1 and path != "/" else (path,)


def _moment(headers: Mapping[str, str]) -> datetime:
    refusal = SignatureError("AccessDenied", "AWS authentication requires a valid Date or x-amz-date header")
    try:
        moment = parsedate_to_datetime(headers["x-amz-date"] if "x-amz-date" in headers else headers["date"])
    except (KeyError, ValueError, TypeError) as error:
        raise refusal from error
    if moment.year < _EPOCH:
        raise refusal
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _text(request: Signed, claimed: Claim, path: str) -> str:
    headers, query = request.headers, _query(request)
    presigned = claimed.expires is not None
    date = str(claimed.expires) if presigned else "" if "x-amz-date" in headers else headers.get("date", "")
    sent = {**(query if presigned else {}), **headers}  # a presigned URL has its signed headers in the query
    own = {name: value for name, value in sent.items() if name.startswith("x-amz-")}
    chosen = sorted(name for name in query if name in _SUBRESOURCES)
    resource = "&".join(f"{name}={query[name]}" if query[name] else name for name in chosen)
    return "\n".join([
        request.method,
        sent.get("content-md5", ""),
        sent.get("content-type", ""),
        date,
        *(f"{name}:{' '.join(own[name].split())}" for name in sorted(own)),
        f"{path}?{resource}" if resource else path,
    ])  # fmt: skip


def _query(request: Signed) -> dict[str, str]:
    return dict(parse_qsl(request.target.partition("?")[2], keep_blank_values=True))
