"""Which lifecycle configurations a bucket takes, in S3's words ["PutBucketLifecycleConfiguration", Amazon S3 API
Reference; "Lifecycle configuration elements", Amazon S3 User Guide]. Pure.
"""

from __future__ import annotations

import copy
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from netflux.aws.s3.retention import malformed
from netflux.errors import AwsError

_MOST_RULES = 1000
_LONGEST_ID = 255
_ACTIONS = (
    "Expiration", "Transitions", "NoncurrentVersionExpiration", "NoncurrentVersionTransitions",
    "AbortIncompleteMultipartUpload",
)  # fmt: skip
_CLASSES = ("STANDARD_IA", "INTELLIGENT_TIERING", "ONEZONE_IA", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE")
_INFREQUENT = ("STANDARD_IA", "ONEZONE_IA")
_INFREQUENT_DAYS = 30
_CRITERIA = ("Prefix", "Tag", "ObjectSizeGreaterThan", "ObjectSizeLessThan", "And")


def kept(given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rules as a bucket keeps them: with ids, and dates as text.

    Raises:
        AwsError: MalformedXML, InvalidArgument, InvalidRequest.
    """
    rules = given.get("Rules") or []
    if not 1 <= len(rules) <= _MOST_RULES:
        raise malformed()
    found = [_rule(rule) for rule in rules]
    ids = [rule["ID"] for rule in found]
    if len({*ids}) < len(ids):
        raise AwsError("InvalidArgument", "Rule ID must be unique. Found same ID for more than one rule")
    return found


def told(rules: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rules as the API has them."""
    return [_moments(copy.deepcopy(dict(rule))) for rule in rules]


def _moments(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _moments(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [_moments(item) for item in value]
    return datetime.fromisoformat(value) if name == "Date" else value


def _rule(given: Mapping[str, Any]) -> dict[str, Any]:
    rule: dict[str, Any] = {name: copy.deepcopy(value) for name, value in given.items() if value is not None}
    if rule.get("Status") not in ("Enabled", "Disabled"):
        raise malformed()
    if len(rule.get("ID") or "") > _LONGEST_ID:
        raise AwsError("InvalidArgument", "ID length should not exceed allowed limit of 255")
    rule["ID"] = rule.get("ID") or secrets.token_hex(18)
    if ("Filter" in rule) is ("Prefix" in rule):
        raise malformed()
    if not any(name in rule for name in _ACTIONS):
        raise AwsError("InvalidRequest", "At least one action needs to be specified in a rule")
    criteria = _criteria(rule.get("Filter") or {})
    _check_expiration(rule, criteria)
    _check_transitions(rule)
    _check_noncurrent(rule)
    _check_uploads(rule, criteria)
    return rule


def _criteria(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Those of the filter, flat, with tags as a list."""
    named = [name for name in _CRITERIA if given.get(name) is not None]
    if len(named) > 1:
        raise malformed()
    inner: Mapping[str, Any] = given.get("And") or given
    tags = inner.get("Tags") or ([inner["Tag"]] if inner.get("Tag") else [])
    if named == ["And"]:
        if len(tags) + sum(inner.get(name) is not None for name in _CRITERIA if name != "Tag") < 2:
            raise malformed()
        if len({tag["Key"] for tag in tags}) < len(tags):
            raise AwsError("InvalidRequest", "Duplicate Tag Keys are not allowed.")
    above, below = inner.get("ObjectSizeGreaterThan"), inner.get("ObjectSizeLessThan")
    if above is not None and below is not None and above >= below:
        raise AwsError("InvalidRequest", "'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan'")
    return {"Tags": tags, "sized": above is not None or below is not None}


def _check_expiration(rule: dict[str, Any], criteria: Mapping[str, Any]) -> None:
    expiration = rule.get("Expiration")
    if expiration is None:
        return
    given = [name for name in ("Date", "Days", "ExpiredObjectDeleteMarker") if expiration.get(name) is not None]
    if len(given) != 1:
        raise malformed()
    if given == ["Days"]:
        _positive(expiration["Days"], "'Days' for Expiration action must be a positive integer")
    if given == ["Date"]:
        expiration["Date"] = _midnight(expiration["Date"])
    if given == ["ExpiredObjectDeleteMarker"] and criteria["Tags"]:
        raise AwsError("InvalidRequest", "ExpiredObjectDeleteMarker cannot be specified with Tags.")
    if given == ["ExpiredObjectDeleteMarker"] and criteria["sized"]:
        raise AwsError("InvalidRequest", "ExpiredObjectDeleteMarker cannot be specified with object size.")


def _check_transitions(rule: dict[str, Any]) -> None:
    transitions = rule.get("Transitions") or []
    expiration = rule.get("Expiration") or {}
    kinds = set()
    for each in transitions:
        days, date = each.get("Days"), each.get("Date")
        if (days is None) is (date is None) or each.get("StorageClass") not in _CLASSES:
            raise malformed()
        kinds.add("Days" if date is None else "Date")
        if date is not None:
            each["Date"] = _midnight(date)
        elif days < 0:
            raise AwsError("InvalidArgument", "'Days' in Transition action must be nonnegative")
        elif days < _INFREQUENT_DAYS and each["StorageClass"] in _INFREQUENT:
            raise AwsError(
                "InvalidArgument",
                "'Days' in Transition action must be greater than or equal to 30 for storageClass "
                f"'{each['StorageClass']}'",
            )
        elif expiration.get("Days") is not None and expiration["Days"] <= days:
            raise AwsError(
                "InvalidArgument",
                f"'Days' in the Expiration action for filter '{_shown(rule)}' must be greater than 'Days' in the "
                "Transition action",
            )
    kinds |= {name for name in ("Days", "Date") if transitions and expiration.get(name) is not None}
    if len(kinds) > 1:
        raise AwsError(
            "InvalidRequest",
            f"Found mixed 'Date' and 'Days' based Expiration and Transition actions in lifecycle rule for filter "
            f"'{_shown(rule)}'",
        )
    _check_once([each["StorageClass"] for each in transitions])


def _check_noncurrent(rule: Mapping[str, Any]) -> None:
    expiration = rule.get("NoncurrentVersionExpiration")
    if expiration is not None:
        _positive(
            expiration.get("NoncurrentDays"),
            "'NoncurrentDays' for NoncurrentVersionExpiration action must be a positive integer",
        )
        _check_newer(expiration)
    transitions = rule.get("NoncurrentVersionTransitions") or []
    for each in transitions:
        if each.get("StorageClass") not in _CLASSES or each.get("NoncurrentDays") is None:
            raise malformed()
        if each["NoncurrentDays"] < _INFREQUENT_DAYS and each["StorageClass"] in _INFREQUENT:
            raise AwsError(
                "InvalidArgument",
                "'NoncurrentDays' in NoncurrentVersionTransition action must be greater than or equal to 30 for "
                f"storageClass '{each['StorageClass']}'",
            )
        _check_newer(each)
    _check_once([each["StorageClass"] for each in transitions])


def _check_newer(given: Mapping[str, Any]) -> None:
    if not 1 <= given.get("NewerNoncurrentVersions", 1) <= 100:
        raise AwsError("InvalidArgument", "'NewerNoncurrentVersions' must be between 1 and 100")


def _check_once(classes: Sequence[str]) -> None:
    if len({*classes}) < len(classes):
        raise AwsError("InvalidRequest", "'StorageClass' must be different for Transition actions in same Rule")


def _check_uploads(rule: Mapping[str, Any], criteria: Mapping[str, Any]) -> None:
    given = rule.get("AbortIncompleteMultipartUpload")
    if given is None:
        return
    _positive(
        given.get("DaysAfterInitiation"),
        "'DaysAfterInitiation' for AbortIncompleteMultipartUpload action must be a positive integer",
    )
    if criteria["Tags"]:
        raise AwsError("InvalidRequest", "AbortIncompleteMultipartUpload cannot be specified with Tags.")
    if criteria["sized"]:
        raise AwsError("InvalidRequest", "AbortIncompleteMultipartUpload cannot be specified with object size.")


def _positive(value: Any, text: str) -> None:
    if value is None:
        raise malformed()
    if value <= 0:
        raise AwsError("InvalidArgument", text)


def _midnight(value: datetime) -> str:
    moment = value if value.tzinfo else value.replace(tzinfo=UTC)
    moment = moment.astimezone(UTC)
    if (moment.hour, moment.minute, moment.second, moment.microsecond) != (0, 0, 0, 0):
        raise AwsError("InvalidArgument", "'Date' must be at midnight GMT")
    return moment.isoformat()


def _shown(rule: Mapping[str, Any]) -> str:
    found = rule.get("Filter") or {}
    prefix = (found.get("And") or found).get("Prefix") or rule.get("Prefix") or ""
    return f"(prefix={prefix})"
