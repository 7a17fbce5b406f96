"""What must hold of an object for a request to be carried out ["Add preconditions to S3 operations with conditional
requests", Amazon S3 User Guide]. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from netflux import content
from netflux.aws.s3.refusals import Refused
from netflux.errors import AwsError
from netflux.resources.s3objects import Content, Version


def failed(condition: str) -> Refused:
    """The refusal of a request one of whose conditions does not hold.

    Args:
        condition: name of the header.
    """
    text = "At least one of the pre-conditions you specified did not hold"
    return Refused("PreconditionFailed", text, 412, Condition=condition)


def check_read(request: Mapping[str, Any], version: Version, found: Content, now: datetime) -> None:
    """If-Match, If-None-Match, If-Modified-Since and If-Unmodified-Since of a read.

    A date that is still to come is no condition ["GetObject", Amazon S3 API Reference; RFC 9110, 13.1.3].

    Raises:
        AwsError: PreconditionFailed; NotModified, whose text is the entity tag.
    """
    since = _aware(request.get("IfModifiedSince"))
    conditions = content.Conditions(
        request.get("IfMatch"),
        request.get("IfNoneMatch"),
        since if since is None or since <= now else None,
        _aware(request.get("IfUnmodifiedSince")),
    )
    status = content.verdict(conditions, found.etag, version.modified)
    if status == 304:
        raise AwsError("NotModified", found.etag, 304)
    if status == 412:
        raise failed("If-Match" if conditions.match is not None else "If-Unmodified-Since")


def check_write(request: Mapping[str, Any], current: Version | None, key: str) -> None:
    """If-Match and If-None-Match of a write, against the key's current version.

    Raises:
        AwsError: PreconditionFailed, NoSuchKey.
        Unsupported: If-None-Match of an entity tag, as on AWS.
    """
    found = current.content if current is not None else None
    none_match, match = request.get("IfNoneMatch"), request.get("IfMatch")
    if none_match is not None:
        if none_match.strip() != "*":
            raise not_implemented("If-None-Match")
        if found is not None:
            raise failed("If-None-Match")
    if match is not None:
        if found is None:
            raise no_such_key(key)
        if not content.names(match, found.etag):
            raise failed("If-Match")


def check_delete(request: Mapping[str, Any], current: Version | None) -> None:
    """Entity tag, time and size that the key's current version must have, whichever version is deleted.

    Args:
        request: DeleteObject, or an entry of DeleteObjects.
        current: a delete marker, or None, is no object.

    Raises:
        AwsError: PreconditionFailed.
    """
    match = request.get("IfMatch") or request.get("ETag")
    moment = _aware(request.get("IfMatchLastModifiedTime") or request.get("LastModifiedTime"))
    size = request.get("IfMatchSize") if request.get("IfMatchSize") is not None else request.get("Size")
    found = current.content if current is not None else None
    if match is not None and (found is None or not content.names(match, found.etag)):
        raise failed("If-Match")
    if current is None or found is None:
        return
    if moment is not None and current.modified.replace(microsecond=0) != moment.replace(microsecond=0):
        raise failed("x-amz-if-match-last-modified-time")
    if size is not None and found.size != size:
        raise failed("x-amz-if-match-size")


def no_such_key(key: str) -> AwsError:
    """S3's error for an object that is not there."""
    return Refused("NoSuchKey", "The specified key does not exist.", 404, Key=key)


def not_implemented(header: str) -> AwsError:
    """S3's answer to a header that it knows and does not act on; no lack of this cloud."""
    return AwsError(
        "NotImplemented", f"A header you provided implies functionality that is not implemented: {header}", 501
    )


def _aware(moment: object) -> datetime | None:
    if not isinstance(moment, datetime):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
