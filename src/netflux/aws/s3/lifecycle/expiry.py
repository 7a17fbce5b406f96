"""What a bucket's rules say of a version and of an upload ["Lifecycle configuration elements" and "Expiring objects",
Amazon S3 User Guide]. Pure but for the clock that it is given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import quote

from netflux.clock import Clock
from netflux.resources.s3 import Bucket
from netflux.resources.s3objects import Upload, Version

Rule = Mapping[str, Any]
_DAY = timedelta(days=1)
_SMALLEST_TRANSITION = 128 * 1024
"""Bytes of an object that moves to another class by default ["Transitioning objects", the same guide]."""
ALL_CLASSES, VARIES = "all_storage_classes_128K", "varies_by_storage_class"
_ANY_SIZE = ("GLACIER", "DEEP_ARCHIVE")
"""Classes to which smaller objects move as well where the minimum varies by class."""
_CLASSES = (
    "STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "INTELLIGENT_TIERING", "ONEZONE_IA", "GLACIER_IR", "GLACIER",
    "DEEP_ARCHIVE",
)  # fmt: skip
"""An object only moves down this waterfall ["Transitioning objects using Amazon S3 Lifecycle", the same guide]."""


@dataclass(frozen=True)
class Aged:
    """A version as rules see it, by the region's calendar.

    Attributes:
        born: when it was put.
        superseded: when the next version was put; None of the current one.
        newer: noncurrent versions of the key that are newer.
        alone: whether it is the key's only version.
    """

    version: Version
    born: datetime
    superseded: datetime | None = None
    newer: int = 0
    alone: bool = True


def begun(moment: datetime, clock: Clock) -> datetime:
    """The calendar's date when the wall clock showed the moment: simulated time passes at the clock's speed."""
    return clock.calendar() - (clock.now() - moment) * clock.speed


def due(moment: datetime, days: int) -> datetime:
    """When something that began at the moment is so many days old: midnight UTC counts."""
    whole = (moment + timedelta(days=days)).astimezone(UTC)
    midnight = whole.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight if midnight == whole else midnight + _DAY


def rules(bucket: Bucket) -> Sequence[Rule]:
    """Those that are enabled."""
    return [rule for rule in bucket.lifecycle.get("Rules") or () if rule["Status"] == "Enabled"]


def expires(bucket: Bucket, aged: Aged) -> tuple[datetime, str] | None:
    """When a version expires, and by which rule; the earliest where several say so. None where none does."""
    found = [
        (moment, str(rule.get("ID") or "")) for rule in rules(bucket) if (moment := _expires(rule, aged)) is not None
    ]
    return min(found, default=None)


def moves(bucket: Bucket, aged: Aged, now: datetime) -> str | None:
    """The storage class that a version is to have by now; None where it has it."""
    content, current = aged.version.content, aged.version.description.storage_class
    if content is None:
        return None
    found, everything = current, bucket.lifecycle.get("TransitionDefaultMinimumObjectSize") != VARIES
    for rule in rules(bucket):
        if not _matches(rule, aged.version):
            continue
        for moment, name in _transitions(rule, aged):
            held_back = (everything or name not in _ANY_SIZE) and not _sized(rule)
            small = content.size < _SMALLEST_TRANSITION and held_back
            if moment <= now and not small and _CLASSES.index(name) > _CLASSES.index(found):
                found = name
    return found if found != current else None


def foretold(bucket: Bucket, version: Version, born: datetime) -> str:
    """x-amz-expiration of a current version; empty where no rule expires it."""
    if not bucket.lifecycle or version.content is None:
        return ""
    found = expires(bucket, Aged(version, born))
    if found is None:
        return ""
    moment, rule = found
    return f'expiry-date="{format_datetime(moment.astimezone(UTC), usegmt=True)}", rule-id="{quote(rule, safe="")}"'


def aborted(bucket: Bucket, upload: Upload, began: datetime) -> tuple[datetime, str] | None:
    """When an upload is ended, and by which rule."""
    found = []
    for rule in rules(bucket):
        days = (rule.get("AbortIncompleteMultipartUpload") or {}).get("DaysAfterInitiation")
        if days is not None and upload.key.startswith(_prefix(rule)):
            found.append((due(began, days), str(rule.get("ID") or "")))
    return min(found, default=None)


def _expires(rule: Rule, aged: Aged) -> datetime | None:
    if not _concerns(rule, aged.version):
        return None
    if aged.superseded is not None:
        return _noncurrent(rule.get("NoncurrentVersionExpiration") or {}, aged)
    expiration, marker = rule.get("Expiration") or {}, aged.version.content is None
    if marker and (not aged.alone or expiration.get("ExpiredObjectDeleteMarker")):
        return aged.born if aged.alone else None
    if not marker and expiration.get("Date") is not None:
        return datetime.fromisoformat(expiration["Date"])
    return due(aged.born, expiration["Days"]) if expiration.get("Days") else None


def _concerns(rule: Rule, version: Version) -> bool:
    """Whether a rule is for the version. Delete markers have neither tags nor a size."""
    if version.content is not None:
        return _matches(rule, version)
    return version.key.startswith(_prefix(rule)) and not _narrow(rule)


def _noncurrent(given: Mapping[str, Any], aged: Aged) -> datetime | None:
    if (
        not given.get("NoncurrentDays")
        or aged.superseded is None
        or aged.newer < (given.get("NewerNoncurrentVersions") or 0)
    ):
        return None
    return due(aged.superseded, given["NoncurrentDays"])


def _transitions(rule: Rule, aged: Aged) -> Sequence[tuple[datetime, str]]:
    if aged.superseded is not None:
        return [
            (due(aged.superseded, each.get("NoncurrentDays") or 0), each["StorageClass"])
            for each in rule.get("NoncurrentVersionTransitions") or ()
            if aged.newer >= (each.get("NewerNoncurrentVersions") or 0)
        ]
    return [
        (
            datetime.fromisoformat(each["Date"]) if each.get("Date") else due(aged.born, each.get("Days") or 0),
            each["StorageClass"],
        )
        for each in rule.get("Transitions") or ()
    ]


def _criteria(rule: Rule) -> Mapping[str, Any]:
    found = rule.get("Filter") or {}
    tags = found.get("And", {}).get("Tags") or ([found["Tag"]] if found.get("Tag") else [])
    return {**found, **(found.get("And") or {}), "Tags": tags}


def _prefix(rule: Rule) -> str:
    return _criteria(rule).get("Prefix") or rule.get("Prefix") or ""


def _narrow(rule: Rule) -> bool:
    """Whether it is only for objects of some tags or sizes, which delete markers are not."""
    return bool(_criteria(rule)["Tags"]) or _sized(rule)


def _sized(rule: Rule) -> bool:
    found = _criteria(rule)
    return found.get("ObjectSizeGreaterThan") is not None or found.get("ObjectSizeLessThan") is not None


def _matches(rule: Rule, version: Version) -> bool:
    found, content = _criteria(rule), version.content
    if content is None or not version.key.startswith(_prefix(rule)):
        return False
    above, below = found.get("ObjectSizeGreaterThan"), found.get("ObjectSizeLessThan")
    return (
        all(version.description.tags.get(tag["Key"]) == (tag.get("Value") or "") for tag in found["Tags"])
        and (above is None or content.size > above)
        and (below is None or content.size < below)
    )
