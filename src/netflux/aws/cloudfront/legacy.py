"""ForwardedValues, the settings before there were cache policies, as the two policies that mean the same. Pure.

"Legacy cache settings", CloudFront Developer Guide.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netflux.aws.cloudfront.selection import CachePolicy, RequestPolicy, Selection

# Headers that custom origins get only when they are named; all others are passed on, outside of the cache key.
_REMOVED = frozenset(
    {"host", "user-agent", "accept", "accept-charset", "accept-language", "accept-encoding", "referer", "cookie",
     "x-http-method-override", "authorization"}
)  # fmt: skip


def policies(raw: Mapping[str, Any], *, is_bucket: bool) -> tuple[CachePolicy, RequestPolicy]:
    """What a behavior with ForwardedValues keeps and forwards.

    Args:
        raw: the behavior.
        is_bucket: whether its origin is one; buckets get no headers but those named.
    """
    forwarded = raw["ForwardedValues"]
    names = frozenset(name.lower() for name in (forwarded.get("Headers") or {}).get("Items") or [])
    least = raw.get("MinTTL") or 0
    times = (least, raw.get("DefaultTTL", max(least, 86_400)), raw.get("MaxTTL", max(least, 31_536_000)))
    cookies = forwarded["Cookies"]
    cookie_names = frozenset((cookies.get("WhitelistedNames") or {}).get("Items") or [])
    jar = Selection(cookies["Forward"], cookie_names)
    query_keys = frozenset((forwarded.get("QueryStringCacheKeys") or {}).get("Items") or [])
    query = Selection("all" if forwarded["QueryString"] else "none")
    if "*" in names:
        return CachePolicy(0, 0, 0), RequestPolicy(Selection("all"), jar, query)
    cache = CachePolicy(
        *times,
        gzip=True,
        headers=Selection("whitelist", names),
        cookies=jar,
        query=Selection("whitelist", query_keys) if query_keys and forwarded["QueryString"] else query,
    )
    others = Selection() if is_bucket else Selection("allExcept", _REMOVED)
    return cache, RequestPolicy(others, jar, query)
