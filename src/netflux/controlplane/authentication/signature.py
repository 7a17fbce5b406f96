"""Signature Version 4, both ways: "Signature Version 4 for API requests" in the IAM User Guide. Pure.

S3 signs a path encoded once and not normalised; every other service signs it normalised and encoded once more.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import parse_qsl, quote, unquote_to_bytes

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED = "UNSIGNED-PAYLOAD"
_TERMINATOR = "aws4_request"
_TIME = "%Y%m%dT%H%M%SZ"
_MOMENT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})T([0-9]{2})([0-9]{2})([0-9]{2})Z")
_KEPT = 256
"""Moments and keys that are not worked out anew: clients sign many requests in a second, with one key in a day."""
SKEW = timedelta(minutes=15)  # "RequestTimeTooSkewed", S3 API Reference, error responses
LONGEST_LIFE = (
    604_800  # seconds of a presigned URL; "Authenticating requests: using query parameters", S3 API Reference
)


class SignatureError(Exception):
    """A signature that can't be accepted.

    Attributes:
        code: S3's error code.
        details: what S3's error document says besides, by name.
    """

    def __init__(self, code: str, message: str, **details: str) -> None:
        super().__init__(message)
        self.code = code
        self.details = details


@dataclass(frozen=True)
class Signed:
    """What a signature covers.

    Attributes:
        method: upper-case.
        target: path and query as on the request line.
        headers: lower-case names; values as received, joined by comma where repeated.
        body: SHA-256 of the body in hex, for every service but S3, whose requests state it in a header.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    body: str = ""


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
        payload: value of x-amz-content-sha256; UNSIGNED-PAYLOAD where there is none.
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

    @property
    def service(self) -> str:
        """The signing name of the service that the request is for."""
        return self.scope[2]


def claim(request: Signed) -> Claim | None:
    """Reads the signature from header or query; None when there is none of this version.

    Raises:
        SignatureError: there is one and it can't be read.
    """
    authorization = request.headers.get("authorization", "")
    if authorization:
        return _header_claim(request.headers, authorization)
    if "?" not in request.target:
        return None
    query = dict(parse_qsl(request.target.partition("?")[2], keep_blank_values=True))
    if "X-Amz-Signature" in query or "X-Amz-Algorithm" in query or "X-Amz-Credential" in query:
        return _query_claim(query)
    return None


def verify(request: Signed, claimed: Claim, secret: str, now: datetime) -> None:
    """Checks scope, signed headers, time and signature.

    Raises:
        SignatureError: the signature was not made with this secret over this request, or not in time.
    """
    _check_scope(claimed)
    _check_signed(request, claimed)
    _check_time(claimed, now)
    signed = claimed.signature.encode(errors="surrogateescape")
    if not hmac.compare_digest(_signature(request, claimed, secret).encode(), signed):
        raise mismatch()


def mismatch() -> SignatureError:
    """The signature is another one than that which the secret makes."""
    return SignatureError(
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. "
        "Check your AWS Secret Access Key and signing method.",
    )


def expired(end: datetime, now: datetime, seconds: int | None = None) -> SignatureError:
    """A presigned URL's time is over.

    Args:
        end: until when it was good.
        seconds: for which it was; None of version 2, which states its end.
    """
    stated = {} if seconds is None else {"X-Amz-Expires": str(seconds)}
    times = {name: moment.strftime("%Y-%m-%dT%H:%M:%SZ") for name, moment in (("Expires", end), ("ServerTime", now))}
    return SignatureError("AccessDenied", "Request has expired", **stated, **times)


def too_skewed() -> SignatureError:
    """The client's clock and this machine's differ by more than `SKEW`."""
    return SignatureError(
        "RequestTimeTooSkewed", "The difference between the request time and the current time is too large."
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
        added = {"x-amz-date": timestamp(now), "x-amz-content-sha256": payload}
        whole = Signed(request.method, request.target, {**request.headers, **added}, request.body)
        scope = (added["x-amz-date"][:8], self.region, self.service, _TERMINATOR)
        names = tuple(sorted(whole.headers))
        claimed = Claim(self.access_key, scope, names, "", _moment(added["x-amz-date"]), None, payload, "")
        signature = _signature(whole, claimed, self.secret)
        added["authorization"] = (
            f"{ALGORITHM} Credential={self.access_key}/{'/'.join(scope)}, "
            f"SignedHeaders={';'.join(names)}, Signature={signature}"
        )
        return added


def signing_key(secret: str, scope: Sequence[str]) -> bytes:
    """The key for one day, region and service."""
    return _signing_key(secret, tuple(scope))


@functools.lru_cache(maxsize=_KEPT)
def _signing_key(secret: str, scope: tuple[str, ...]) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in scope:
        key = hmac.digest(key, part.encode(), "sha256")
    return key


@functools.lru_cache(maxsize=_KEPT)
def _keyed(secret: str, scope: tuple[str, ...]) -> hmac.HMAC:
    """Of no text yet: to be copied."""
    return hmac.new(_signing_key(secret, scope), digestmod="sha256")


def _header_claim(headers: Mapping[str, str], authorization: str) -> Claim:
    algorithm, _, rest = authorization.partition(" ")
    if algorithm != ALGORITHM:
        raise SignatureError("InvalidRequest", f"The authorization mechanism {algorithm} is not supported.")
    fields = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    try:
        access_key, *scope = fields["Credential"].rsplit("/", 4)
        return Claim(
            access_key=access_key,
            scope=_whole(scope),
            signed_headers=tuple(fields["SignedHeaders"].split(";")),
            signature=fields["Signature"],
            moment=_moment(headers["x-amz-date"]) if "x-amz-date" in headers else _dated(headers["date"]),
            expires=None,
            payload=headers.get("x-amz-content-sha256", UNSIGNED),
            token=headers.get("x-amz-security-token", ""),
        )
    except (KeyError, ValueError, TypeError) as error:
        raise SignatureError("AuthorizationHeaderMalformed", "The authorization header is malformed.") from error


def _query_claim(query: Mapping[str, str]) -> Claim:
    try:
        access_key, *scope = query["X-Amz-Credential"].rsplit("/", 4)
        return Claim(
            access_key=access_key,
            scope=_whole(scope),
            signed_headers=tuple(query["X-Amz-SignedHeaders"].split(";")),
            signature=query["X-Amz-Signature"],
            moment=_moment(query["X-Amz-Date"]),
            expires=_life(query["X-Amz-Expires"]),
            payload=query.get("X-Amz-Content-Sha256", UNSIGNED),
            token=query.get("X-Amz-Security-Token", ""),
        )
    except (KeyError, ValueError) as error:
        raise SignatureError(
            "AuthorizationQueryParametersError",
            "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, "
            "X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
        ) from error


def _life(text: str) -> int:
    if not text.removeprefix("-").isdecimal() or len(text) > len(str(LONGEST_LIFE)) + 1:
        raise SignatureError("AuthorizationQueryParametersError", "X-Amz-Expires should be a number")
    seconds = int(text)
    if seconds < 0:
        raise SignatureError("AuthorizationQueryParametersError", "X-Amz-Expires must be non-negative")
    if seconds > LONGEST_LIFE:
        raise SignatureError(
            "AuthorizationQueryParametersError",
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than "
            f"{LONGEST_LIFE} seconds",
        )
    return seconds


def _whole(scope: Sequence[str]) -> tuple[str, ...]:
    if len(scope) != 4:
        raise ValueError("a credential scope has four parts")
    return tuple(scope)


@functools.lru_cache(maxsize=_KEPT)
def timestamp(moment: datetime) -> str:
    """A moment as signatures have it."""
    return moment.astimezone(UTC).strftime(_TIME)


@functools.lru_cache(maxsize=_KEPT)
def _moment(text: str) -> datetime:
    found = _MOMENT.fullmatch(text)
    if found is None:
        raise ValueError(f"{text[:40]} is no moment as signatures have it")
    year, month, day, hour, minute, second = map(int, found.groups())
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


def _dated(text: str) -> datetime:
    moment = parsedate_to_datetime(text)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _check_scope(claimed: Claim) -> None:
    malformed = "AuthorizationHeaderMalformed" if claimed.expires is None else "AuthorizationQueryParametersError"
    day = timestamp(claimed.moment)[:8]
    if claimed.scope[0] != day:
        raise SignatureError(
            malformed, f"The date in the credential scope, {claimed.scope[0]}, is not that of the request, {day}."
        )
    if claimed.scope[3] != _TERMINATOR:
        raise SignatureError(malformed, f"The credential scope must end in {_TERMINATOR}, not in {claimed.scope[3]}.")


def _check_signed(request: Signed, claimed: Claim) -> None:
    if "host" not in claimed.signed_headers:
        raise SignatureError("AccessDenied", "'Host' must be a 'SignedHeader' in the AWS Authorization.")
    unsigned = [name for name in request.headers if name.startswith("x-amz-") and name not in claimed.signed_headers]
    unsigned = sorted(name for name in unsigned if name != "x-amz-content-sha256")
    if unsigned:
        raise SignatureError(
            "AccessDenied", f"There were headers present in the request which were not signed: {', '.join(unsigned)}"
        )


def _check_time(claimed: Claim, now: datetime) -> None:
    if claimed.expires is None:
        if abs(now - claimed.moment) > SKEW:
            raise too_skewed()
    elif now > claimed.moment + timedelta(seconds=claimed.expires):
        raise expired(claimed.moment + timedelta(seconds=claimed.expires), now, claimed.expires)
    elif now < claimed.moment - SKEW:
        raise SignatureError("AccessDenied", "Request is not yet valid")


def _signature(request: Signed, claimed: Claim, secret: str) -> str:
    canonical = _canonical(request, claimed)
    text = "\n".join(
        (ALGORITHM, timestamp(claimed.moment), "/".join(claimed.scope), hashlib.sha256(canonical).hexdigest())
    )
    begun = _keyed(secret, claimed.scope).copy()
    begun.update(text.encode())
    return begun.hexdigest()


def _canonical(request: Signed, claimed: Claim) -> bytes:
    path, _, query = request.target.partition("?")
    payload = claimed.payload
    if claimed.service != "s3" and (payload != UNSIGNED or "x-amz-content-sha256" not in request.headers):
        payload = request.body
    lines = [
        request.method,
        _path(path, claimed.service),
        _query(query),
        *(f"{name}:{' '.join(request.headers.get(name, '').split())}" for name in claimed.signed_headers),
        "",
        ";".join(claimed.signed_headers),
        payload,
    ]
    return "\n".join(lines).encode(errors="surrogateescape")


def _query(text: str) -> str:
    if not text:
        return ""
    pairs = sorted(
        (_encode(name), _encode(value))
        for name, value in parse_qsl(text, keep_blank_values=True, encoding="latin-1")
        if name != "X-Amz-Signature"
    )
    return "&".join(f"{name}={value}" for name, value in pairs)


def _path(path: str, service: str) -> str:
    if path == "/":
        return path
    if service == "s3":
        return "/".join(quote(unquote_to_bytes(part), safe="-_.~") for part in path.split("/"))
    kept: list[str] = []
    for part in path.split("/"):
        if part == "..":
            del kept[-1:]
        elif part not in ("", "."):
            kept.append(part)
    end = "/" if kept and path.endswith("/") else ""
    return quote(f"/{'/'.join(kept)}{end}", safe="/-_.~")


def _encode(text: str) -> str:
    """Of text whose characters are the bytes that were sent."""
    return quote(text.encode("latin-1"), safe="-_.~")
