"""How long a response may be kept: "Manage how long content stays in the cache (expiration)" and "How CloudFront
processes HTTP 4xx and 5xx status codes", CloudFront Developer Guide. Pure. All times in seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from netflux.aws.cloudfront.selection import CachePolicy

_KEPT = {200, 203, 204, 300, 301, 302, 303}
_KEPT_WITH_HEADER = {307, 308}
_ERRORS_ALWAYS = {404, 414, 500, 501, 502, 503, 504}
_ERRORS_WITH_MAX_AGE = {400, 403, 405, 412, 415}
_ERRORS_HEEDING_NO_STORE = {404, 410, 414, 501}
_LONGEST = 100 * 365 * 86_400  # max-age up to 100 years


@dataclass(frozen=True)
class Control:
    """What the origin says of caching.

    Attributes:
        seconds: s-maxage over max-age over Expires; None when it says none.
        explicit: whether it was s-maxage or max-age.
        forbidden: no-cache, no-store or private.
        stale_if_error: seconds, None when it is not said.
        any: whether there is a Cache-Control at all.
    """

    seconds: int | None = None
    explicit: bool = False
    forbidden: bool = False
    stale_if_error: int | None = None
    any: bool = False


def control(headers: Mapping[str, str], wall: float) -> Control:
    """Reads Cache-Control and Expires.

    Args:
        headers: lower-case names.
        wall: seconds since the epoch, for Expires without Date.
    """
    text = headers.get("cache-control", "")
    directives = dict(_directive(part) for part in text.split(",") if part.strip())
    seconds: int | None = None
    for name in ("s-maxage", "max-age"):
        if seconds is None and directives.get(name, "").isdigit():
            seconds = min(int(directives[name]), _LONGEST)
    explicit = seconds is not None
    if seconds is None and "expires" in headers:
        seconds = _expires(headers, wall)
    stale = directives.get("stale-if-error", "")
    return Control(
        seconds,
        explicit,
        bool({"no-cache", "no-store", "private"} & set(directives)),
        int(stale) if stale.isdigit() else None,
        bool(text),
    )


def lifetime(policy: CachePolicy, status: int, said: Control, error_minimum: int = 10) -> int:
    """Seconds that a response is fresh; 0 when it is not to be kept.

    Args:
        policy: of the behavior.
        status: of the origin's response.
        said: of the origin's response.
        error_minimum: ErrorCachingMinTTL for this status.
    """
    if policy.disabled:
        return 0
    if status >= 400:
        return _error(policy, status, said, error_minimum)
    if status not in _KEPT and not (status in _KEPT_WITH_HEADER and said.any):
        return 0
    if said.forbidden:
        return policy.minimum
    if said.seconds is None:
        return max(policy.minimum, policy.default)
    return max(policy.minimum, min(said.seconds, policy.maximum))


def _error(policy: CachePolicy, status: int, said: Control, minimum: int) -> int:
    if status in _ERRORS_WITH_MAX_AGE:
        if not said.explicit:
            return 0
    elif status not in _ERRORS_ALWAYS and status != 410:
        return 0
    if said.forbidden and status in _ERRORS_HEEDING_NO_STORE:
        return 0
    if status == 410 and said.seconds is None:
        return 0
    return max(minimum, min(said.seconds or 0, policy.maximum))


def _directive(part: str) -> tuple[str, str]:
    name, _, value = part.strip().partition("=")
    return name.strip().lower(), value.strip().strip('"')


def _expires(headers: Mapping[str, str], wall: float) -> int:
    try:
        expires = parsedate_to_datetime(headers["expires"]).timestamp()
        date = parsedate_to_datetime(headers["date"]).timestamp() if "date" in headers else wall
    except (ValueError, TypeError):
        return 0
    return max(0, int(expires - date))
