"""Signature Version 4, both ways: "Signature Version 4 for API requests" in the IAM User Guide. Pure.

S3's form only: the path is encoded once and not normalised.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, quote, unquote

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED = "UNSIGNED-PAYLOAD"
_TIME = "%Y%m%dT%H%M%SZ"
_SKEW = timedelta(minutes=15)  # "RequestTimeTooSkewed", S3 API Reference, error responses


class SignatureError(Exception):
    """A signature that can't be accepted; `code` is S3's error code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Signed:
    """What a signature covers.

    Attributes:
        method: upper-case.
        target: path and query as on the request line.
        headers: lower-case names; values as received, joined by comma where repeated.
    """

    method: str
    target: str
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Claim:
    """What a request says about its signature, not yet verified.

    Attributes:
        access_key: access key id.
        scope: date, region, service, `aws4_request`.
        signed_headers: lower-case names.
        signature: hex.
        moment: when it was signed.
        expires: seconds of a presigned URL; None for the header form.
        payload: value of x-amz-content-sha256, or UNSIGNED-PAYLOAD.
        token: session token, or empty.
    """

    access_key: str
    scope: tuple[str, ...]
    signed_headers: tuple[str, ...]
    signature: str
    moment: datetime
    expires: int | None
    payload: str
    token: str


def claim(request: Signed) -> Claim | None:
    """Reads the signature from header or query; None when the request is anonymous.

    Raises:
        SignatureError: there is one and it can't be read.
    """
    authorization = request.headers.get("authorization", "")
    if authorization:
        return _header_claim(request.headers, authorization)
    query = dict(parse_qsl(request.target.partition("?")[2], keep_blank_values=True))
    if "X-Amz-Signature" in query or "X-Amz-Algorithm" in query:
        return _query_claim(query)
    if "Signature" in query and "AWSAccessKeyId" in query:
        raise SignatureError("InvalidRequest", "Signature Version 2 is not supported. Please use AWS4-HMAC-SHA256.")
    return None


def verify(request: Signed, claimed: Claim, secret: str, now: datetime) -> None:
    """Checks signature and time.

    Raises:
        SignatureError: the signature was not made with this secret over this request, or not in time.
    """
    if claimed.expires is None and abs(now - claimed.moment) > _SKEW:
        raise SignatureError(
            "RequestTimeTooSkewed", "The difference between the request time and the current time is too large."
        )
    if claimed.expires is not None and now > claimed.moment + timedelta(seconds=claimed.expires):
        raise SignatureError("AccessDenied", "Request has expired")
    expected = _signature(request, claimed, secret)
    if not hmac.compare_digest(expected, claimed.signature):
        raise SignatureError(
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. "
            "Check your key and signing method.",
        )


@dataclass(frozen=True)
class Signer:
    """Signs requests with one key, for one region and service."""

    access_key: str
    secret: str
    region: str
    service: str = "s3"

    def headers(self, request: Signed, now: datetime, payload: str = UNSIGNED) -> dict[str, str]:
        """The headers to add: Authorization, X-Amz-Date, X-Amz-Content-Sha256. `request` must have its Host."""
        added = {"x-amz-date": now.astimezone(UTC).strftime(_TIME), "x-amz-content-sha256": payload}
        whole = Signed(request.method, request.target, {**request.headers, **added})
        scope = (added["x-amz-date"][:8], self.region, self.service, "aws4_request")
        names = tuple(sorted(whole.headers))
        claimed = Claim(self.access_key, scope, names, "", _moment(added["x-amz-date"]), None, payload, "")
        signature = _signature(whole, claimed, self.secret)
        added["authorization"] = (
            f"{ALGORITHM} Credential={self.access_key}/{'/'.join(scope)}, "
            f"SignedHeaders={';'.join(names)}, Signature={signature}"
        )
        return added


def _header_claim(headers: Mapping[str, str], authorization: str) -> Claim:
    algorithm, _, rest = authorization.partition(" ")
    if algorithm != ALGORITHM:
        raise SignatureError("InvalidRequest", f"The authorization mechanism {algorithm} is not supported.")
    fields = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    try:
        access_key, *scope = fields["Credential"].split("/")
        return Claim(
            access_key=access_key,
            scope=tuple(scope),
            signed_headers=tuple(fields["SignedHeaders"].split(";")),
            signature=fields["Signature"],
            moment=_moment(headers.get("x-amz-date", "")),
            expires=None,
            payload=headers.get("x-amz-content-sha256", UNSIGNED),
            token=headers.get("x-amz-security-token", ""),
        )
    except (KeyError, ValueError) as error:
        raise SignatureError("AuthorizationHeaderMalformed", "The authorization header is malformed.") from error


def _query_claim(query: Mapping[str, str]) -> Claim:
    try:
        access_key, *scope = query["X-Amz-Credential"].split("/")
        return Claim(
            access_key=access_key,
            scope=tuple(scope),
            signed_headers=tuple(query["X-Amz-SignedHeaders"].split(";")),
            signature=query["X-Amz-Signature"],
            moment=_moment(query["X-Amz-Date"]),
            expires=int(query["X-Amz-Expires"]),
            payload=UNSIGNED,
            token=query.get("X-Amz-Security-Token", ""),
        )
    except (KeyError, ValueError) as error:
        raise SignatureError(
            "AuthorizationQueryParametersError", "Query-string authentication requires all X-Amz-… parameters."
        ) from error


def _moment(text: str) -> datetime:
    return datetime.strptime(text, _TIME).replace(tzinfo=UTC)


def _signature(request: Signed, claimed: Claim, secret: str) -> str:
    canonical = _canonical(request, claimed.signed_headers, claimed.payload)
    text = "\n".join(
        (ALGORITHM, claimed.moment.strftime(_TIME), "/".join(claimed.scope), hashlib.sha256(canonical).hexdigest())
    )
    key = f"AWS4{secret}".encode()
    for part in claimed.scope:
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.new(key, text.encode(), "sha256").hexdigest()


def _canonical(request: Signed, signed_headers: Sequence[str], payload: str) -> bytes:
    path, _, query = request.target.partition("?")
    pairs = sorted(
        (_encode(name), _encode(value))
        for name, value in parse_qsl(query, keep_blank_values=True)
        if name != "X-Amz-Signature"
    )
    lines = [
        request.method,
        quote(unquote(path), safe="/-_.~"),
        "&".join(f"{name}={value}" for name, value in pairs),
        *(f"{name}:{' '.join(request.headers.get(name, '').split())}" for name in signed_headers),
        "",
        ";".join(signed_headers),
        payload,
    ]
    return "\n".join(lines).encode()


def _encode(text: str) -> str:
    return quote(text, safe="-_.~")
