"""What CloudFront refuses of origins and policies for their numbers and names. Pure.

"Quotas" and "Values that you specify when you create or update a distribution", CloudFront Developer Guide.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from netflux.errors import AwsError

_ATTEMPTS, _CONNECT, _READ, _KEEP = range(1, 4), range(1, 11), range(1, 121), range(1, 121)
_MOST_CUSTOM_HEADERS, _LONGEST_NAME, _LONGEST_VALUE = 10, 256, 1783
_MOST_NAMES = 10
"""Headers, cookies or query strings that a policy names."""

_NOT_ADDED = frozenset(
    {
        "cache-control", "connection", "content-length", "cookie", "host", "if-match", "if-modified-since",
        "if-none-match", "if-range", "if-unmodified-since", "max-forwards", "pragma", "proxy-authenticate",
        "proxy-authorization", "proxy-connection", "range", "request-range", "te", "trailer", "transfer-encoding",
        "upgrade", "via", "x-real-ip",
    }
)  # fmt: skip
"""Headers of requests to origins that are CloudFront's own ("Add custom headers to origin requests")."""
_NOT_ADDED_PREFIXES = ("x-amz-", "x-edge-")
_NOT_IN_KEY = frozenset(
    {
        "accept-encoding", "connection", "content-length", "cookie", "proxy-authenticate", "proxy-authorization",
        "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
    }
)  # fmt: skip
"""Headers that a cache policy can't name: encodings have switches of their own ("Understand cache policies")."""
_NOT_FORWARDED = frozenset({"authorization"})
"""Headers that only a cache policy can name ("Configure CloudFront to forward the Authorization header")."""

_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


def check_quantities(config: Any) -> None:
    """InconsistentQuantities where a list has other than the number of items that is said."""
    for part in _parts(config):
        quantity, items = part.get("Quantity"), part.get("Items") or []
        if isinstance(quantity, int) and quantity != len(items):
            raise AwsError(
                "InconsistentQuantities",
                f"The value of Quantity and the size of Items don't match: {quantity} and {len(items)}.",
            )


def _parts(config: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(config, Mapping):
        yield config
        for value in config.values():
            yield from _parts(value)
    elif isinstance(config, list):
        for item in config:
            yield from _parts(item)


def check_origin(origin: Mapping[str, Any]) -> None:
    """The numbers of an origin, and the headers that it adds."""
    custom = origin.get("CustomOriginConfig") or {}
    _within(origin.get("ConnectionAttempts"), _ATTEMPTS, "InvalidArgument", "ConnectionAttempts")
    _within(origin.get("ConnectionTimeout"), _CONNECT, "InvalidArgument", "ConnectionTimeout")
    for config in (custom, origin.get("S3OriginConfig") or {}):
        _within(config.get("OriginReadTimeout"), _READ, "InvalidOriginReadTimeout", "OriginReadTimeout")
    _within(custom.get("OriginKeepaliveTimeout"), _KEEP, "InvalidOriginKeepaliveTimeout", "OriginKeepaliveTimeout")
    for name in ("HTTPPort", "HTTPSPort"):
        port = custom.get(name)
        if port is not None and port not in (80, 443) and not 1024 <= port <= 65535:
            raise AwsError("InvalidArgument", f"The parameter {name} is {port}. It is 80, 443 or from 1024 to 65535.")
    _check_headers((origin.get("CustomHeaders") or {}).get("Items") or [])


def _within(value: int | None, known: range, code: str, name: str) -> None:
    if value is not None and value not in known:
        raise AwsError(code, f"The parameter {name} is {value}. It is from {known.start} to {known.stop - 1}.")


def _check_headers(headers: Sequence[Mapping[str, str]]) -> None:
    if len(headers) > _MOST_CUSTOM_HEADERS:
        raise AwsError(
            "TooManyOriginCustomHeaders", f"An origin adds at most {_MOST_CUSTOM_HEADERS} headers, not {len(headers)}."
        )
    seen: set[str] = set()
    for header in headers:
        name, value = header["HeaderName"], header["HeaderValue"]
        lower = name.lower()
        if lower in _NOT_ADDED or lower.startswith(_NOT_ADDED_PREFIXES):
            raise AwsError("InvalidArgument", f"The parameter HeaderName contains {name} that is not allowed.")
        if not _TOKEN.fullmatch(name) or len(name) > _LONGEST_NAME or len(value) > _LONGEST_VALUE:
            raise AwsError("InvalidArgument", f"The header {name[:64]} is no header, or it is too long.")
        if lower in seen:
            raise AwsError("InvalidArgument", f"The header {name} stands twice.")
        seen.add(lower)


def check_cache_policy(config: Mapping[str, Any]) -> None:
    """What is in a cache key, which there is none of where nothing is cached."""
    key = config.get("ParametersInCacheKeyAndForwardedToOrigin") or {}
    _check_names(key, "CachePolicy")
    for name in _named_headers(key):
        if name.lower() in _NOT_IN_KEY:
            raise AwsError("InvalidArgument", f"The parameter Headers contains {name} that is not allowed.")
    if config.get("MaxTTL") != 0:
        return
    for switch in ("EnableAcceptEncodingGzip", "EnableAcceptEncodingBrotli"):
        if key.get(switch):
            raise AwsError("InvalidArgument", f"The parameter {switch} is invalid for policy with caching disabled.")
    for kind in ("Header", "Cookie", "QueryString"):
        if (key.get(f"{kind}sConfig") or {}).get(f"{kind}Behavior", "none") != "none":
            raise AwsError(
                "InvalidArgument", f"The parameter {kind}Behavior is invalid for policy with caching disabled."
            )


def check_origin_request_policy(config: Mapping[str, Any]) -> None:
    """What an origin gets besides the cache key."""
    _check_names(config, "OriginRequestPolicy")
    for name in _named_headers(config):
        if name.lower() in _NOT_FORWARDED:
            raise AwsError("InvalidArgument", f"The parameter Headers contains {name} that is not allowed.")


def _named_headers(config: Mapping[str, Any]) -> Sequence[str]:
    return ((config.get("HeadersConfig") or {}).get("Headers") or {}).get("Items") or []


def _check_names(config: Mapping[str, Any], kind: str) -> None:
    for noun in ("Headers", "Cookies", "QueryStrings"):
        named = ((config.get(f"{noun}Config") or {}).get(noun) or {}).get("Items") or []
        if len(named) > _MOST_NAMES:
            raise AwsError(
                f"TooMany{noun}In{kind}", f"A policy names at most {_MOST_NAMES} {noun.lower()}, not {len(named)}."
            )
