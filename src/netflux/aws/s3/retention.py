"""Object lock: what protects a version, and what may change that ["Locking objects with Object Lock", Amazon S3 User
Guide]. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from netflux.errors import AwsError
from netflux.resources.s3 import Bucket
from netflux.resources.s3objects import Description, Retention

GOVERNANCE, COMPLIANCE = "GOVERNANCE", "COMPLIANCE"
ON, OFF = "ON", "OFF"
_LONGEST_DAYS, _LONGEST_YEARS = 36_500, 100
"""["Object Lock considerations", the same guide: 100 years]."""
_REQUEST = ("ObjectLockMode", "ObjectLockRetainUntilDate", "ObjectLockLegalHoldStatus")


def enabled(bucket: Bucket) -> bool:
    """Whether versions of the bucket's objects can be locked."""
    return bool(bucket.object_lock)


def require(bucket: Bucket) -> None:
    """InvalidRequest where nothing can be locked."""
    if not enabled(bucket):
        raise AwsError("InvalidRequest", "Bucket is missing Object Lock Configuration")


def held(description: Description, request: Mapping[str, Any], bucket: Bucket, now: datetime) -> Description:
    """The description with the locks that the request asks for, or else the bucket's default retention.

    Raises:
        AwsError: InvalidRequest, InvalidArgument.
    """
    if any(request.get(name) is not None for name in _REQUEST):
        require(bucket)
    mode, until = request.get("ObjectLockMode"), request.get("ObjectLockRetainUntilDate")
    if (mode is None) is not (until is None):
        raise AwsError(
            "InvalidArgument",
            "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied",
        )
    hold = request.get("ObjectLockLegalHoldStatus") or ""
    if hold not in ("", ON, OFF):
        raise AwsError("InvalidArgument", "Legal Hold must be either of 'ON' or 'OFF'")
    found = _default(bucket, now) if mode is None else retained({"Mode": mode, "RetainUntilDate": until}, now)
    return replace(description, retention=found, legal_hold=hold)


def retained(given: Mapping[str, Any], now: datetime) -> Retention | None:
    """A retention as a request states it; None where it states none.

    Raises:
        AwsError: MalformedXML for half of one or another mode, InvalidArgument for a date that has passed.
    """
    mode, until = given.get("Mode"), given.get("RetainUntilDate")
    if mode is None and until is None:
        return None
    if mode not in (GOVERNANCE, COMPLIANCE) or not isinstance(until, datetime):
        raise malformed()
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    if until <= now:
        raise AwsError("InvalidArgument", "The retain until date must be in the future!")
    return Retention(mode, until)


def check_change(before: Retention | None, after: Retention | None, now: datetime, *, bypass: bool) -> None:
    """AccessDenied where a retention that holds would become another one than a longer one, but for who bypasses
    GOVERNANCE.
    """
    if before is None or before.until <= now:
        return
    if before.mode == GOVERNANCE and bypass:
        return
    if after is None or after.mode != before.mode or after.until < before.until:
        raise protected()


def check_delete(description: Description, now: datetime, *, bypass: bool) -> None:
    """AccessDenied where a version is locked."""
    if description.legal_hold == ON:
        raise protected()
    found = description.retention
    if found is not None and found.until > now and not (found.mode == GOVERNANCE and bypass):
        raise protected()


def configuration(given: Mapping[str, Any]) -> dict[str, Any]:
    """What a bucket keeps of an ObjectLockConfiguration.

    Raises:
        AwsError: MalformedXML, InvalidArgument.
    """
    if given.get("ObjectLockEnabled") != "Enabled":
        raise malformed()
    if given.get("Rule") is None:
        return {"ObjectLockEnabled": "Enabled"}
    default = given["Rule"].get("DefaultRetention") or {}
    days, years = default.get("Days"), default.get("Years")
    if default.get("Mode") not in (GOVERNANCE, COMPLIANCE) or (days is None) is (years is None):
        raise malformed()
    if min(one for one in (days, years) if one is not None) <= 0:
        raise AwsError("InvalidRetentionPeriod", "Default retention period must be a positive integer value.")
    if (days or 0) > _LONGEST_DAYS or (years or 0) > _LONGEST_YEARS:
        raise AwsError("InvalidRetentionPeriod", "Default retention period too large: at most 100 years.")
    kept = {name: default[name] for name in ("Mode", "Days", "Years") if default.get(name) is not None}
    return {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": kept}}


def malformed() -> AwsError:
    """A document that the schema does not have."""
    return AwsError(
        "MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema"
    )


def protected() -> AwsError:
    """The refusal to delete or loosen."""
    return AwsError("AccessDenied", "Access Denied because object protected by object lock.", 403)


def _default(bucket: Bucket, now: datetime) -> Retention | None:
    default = (bucket.object_lock.get("Rule") or {}).get("DefaultRetention")
    if not default:
        return None
    days = default["Days"] if default.get("Days") else default["Years"] * 365
    return Retention(default["Mode"], now + timedelta(days=days))
