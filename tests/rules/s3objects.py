"""Versions, lifecycle, object lock, parts and conditions: what S3 refuses."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from netflux.controlplane.apis import Apis
from tests.controlplane.plane import Plane
from tests.rules import s3
from tests.rules.rule import Rule

SERVICE = "s3"

_GUIDE, _API = "Amazon S3 User Guide", "Amazon S3 API Reference"
_LIFECYCLE, _ELEMENTS = f"PutBucketLifecycleConfiguration, {_API}", f"Lifecycle configuration elements, {_GUIDE}"
_VERSIONING = f"PutBucketVersioning, {_API}"
_LOCK, _LOCK_PAGE = f"Locking objects with Object Lock, {_GUIDE}", f"PutObjectLockConfiguration, {_API}"
_CONDITIONS = f"Add preconditions to S3 operations with conditional requests, {_GUIDE}"
_INTEGRITY, _COMPLETE = f"Checking object integrity in Amazon S3, {_GUIDE}", f"CompleteMultipartUpload, {_API}"
_UNTIL, _PAST = datetime(2090, 1, 1, tzinfo=UTC), datetime(2020, 1, 1, tzinfo=UTC)
_NOON = datetime(2090, 1, 1, 12, tzinfo=UTC)


def _rule(rule: str, code: str, says: str = "", page: str = _ELEMENTS, **given: Any) -> Rule:
    whole = {"ID": "r", "Status": "Enabled", "Filter": {"Prefix": ""}, **given}
    rules = [{name: value for name, value in whole.items() if value is not None}]
    params = {"Bucket": "mine", "LifecycleConfiguration": {"Rules": rules}}
    return Rule(rule, "PutBucketLifecycleConfiguration", params, code, page, says)


def _lock(rule: str, code: str, says: str = "", bucket: str = "locked", **default: Any) -> Rule:
    given = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": default}}
    params = {"Bucket": bucket, "ObjectLockConfiguration": given}
    return Rule(rule, "PutObjectLockConfiguration", params, code, _LOCK_PAGE, says)


def _put(**changes: Any) -> dict[str, Any]:
    return {"Bucket": "mine", "Key": "new", "Body": b"x", **changes}


def _kept(**changes: Any) -> dict[str, Any]:
    return {"Bucket": "locked", "Key": "kept", "VersionId": "{version}", **changes}


_DAYS = {"Expiration": {"Days": 3}}
_TAG = {"Tag": {"Key": "a", "Value": "b"}}
_PART = {"Bucket": "mine", "Key": "new", "UploadId": "{upload}"}
_COPY = {**_PART, "PartNumber": 2, "CopySource": "mine/kept"}
_BOTH = [{"ID": "r", "Status": "Enabled", "Filter": {"Prefix": name}, **_DAYS} for name in "ab"]

RULES = [
    _rule("A rule says what is done.", "InvalidRequest", "At least one action"),
    _rule("A rule is enabled or disabled.", "MalformedXML", Status="On", **_DAYS),
    _rule("A rule has a filter or a prefix.", "MalformedXML", Filter=None, **_DAYS),
    _rule("A rule does not have both.", "MalformedXML", Prefix="a", **_DAYS),
    _rule("A filter has one criterion.", "MalformedXML", Filter={"Prefix": "a", **_TAG}, **_DAYS),
    _rule("And joins two criteria at least.", "MalformedXML", Filter={"And": {"Prefix": "a"}}, **_DAYS),
    _rule("A filter's smallest size is below its largest.", "InvalidRequest", "ObjectSizeLessThan",
          Filter={"And": {"ObjectSizeGreaterThan": 9, "ObjectSizeLessThan": 9}}, **_DAYS),
    _rule("A rule's id has 255 characters at most.", "InvalidArgument", "255", ID="r" * 256, **_DAYS),
    Rule("A rule's id stands once.", "PutBucketLifecycleConfiguration",
         {"Bucket": "mine", "LifecycleConfiguration": {"Rules": _BOTH}}, "InvalidArgument", _LIFECYCLE, "unique"),
    Rule("There is a rule.", "PutBucketLifecycleConfiguration",
         {"Bucket": "mine", "LifecycleConfiguration": {"Rules": []}}, "MalformedXML", _LIFECYCLE),
    _rule("Objects expire after a day or more.", "InvalidArgument", "positive integer", Expiration={"Days": 0}),
    _rule("Objects expire after days or at a date.", "MalformedXML", Expiration={"Days": 1, "Date": _UNTIL}),
    _rule("Objects expire at midnight.", "InvalidArgument", "midnight", Expiration={"Date": _NOON}),
    _rule("Delete markers have no tags.", "InvalidRequest", "Tags", Filter=_TAG,
          Expiration={"ExpiredObjectDeleteMarker": True}),
    _rule("Uploads have no tags.", "InvalidRequest", "Tags", Filter=_TAG,
          AbortIncompleteMultipartUpload={"DaysAfterInitiation": 1}),
    _rule("Uploads are ended after a day or more.", "InvalidArgument", "positive integer",
          AbortIncompleteMultipartUpload={"DaysAfterInitiation": 0}),
    _rule("Noncurrent versions expire after a day or more.", "InvalidArgument", "positive integer",
          NoncurrentVersionExpiration={"NoncurrentDays": 0}),
    _rule("Objects move to infrequent access after 30 days.", "InvalidArgument", "30",
          Transitions=[{"Days": 29, "StorageClass": "STANDARD_IA"}]),
    _rule("Objects expire after they moved.", "InvalidArgument", "greater than",
          Transitions=[{"Days": 40, "StorageClass": "GLACIER"}], Expiration={"Days": 40}),
    _rule("Days and dates are not mixed.", "InvalidRequest", "mixed",
          Transitions=[{"Date": _UNTIL, "StorageClass": "GLACIER"}], Expiration={"Days": 40}),
    _rule("Objects move to each class once.", "InvalidRequest", "StorageClass",
          Transitions=[{"Days": days, "StorageClass": "GLACIER"} for days in (1, 2)]),
    Rule("A bucket that never had a lifecycle has none.", "GetBucketLifecycleConfiguration", {"Bucket": "mine"},
         "NoSuchLifecycleConfiguration", f"GetBucketLifecycleConfiguration, {_API}"),
    Rule("Versioning is enabled or suspended.", "PutBucketVersioning",
         {"Bucket": "mine", "VersioningConfiguration": {}}, "IllegalVersioningConfigurationException", _VERSIONING),
    Rule("A bucket with object lock keeps its versioning.", "PutBucketVersioning",
         {"Bucket": "locked", "VersioningConfiguration": {"Status": "Suspended"}}, "InvalidBucketState", _LOCK),
    _lock("A default retention has days or years.", "MalformedXML", Mode="GOVERNANCE", Days=1, Years=1),
    _lock("A default retention has a day or more.", "InvalidRetentionPeriod", Mode="GOVERNANCE", Days=0),
    _lock("A default retention has a mode.", "MalformedXML", Days=1),
    _lock("Only a bucket with versioning gets object lock.", "InvalidBucketState", "Versioning", "mine",
          Mode="GOVERNANCE", Days=1),
    Rule("A bucket without object lock has no configuration of it.", "GetObjectLockConfiguration",
         {"Bucket": "mine"}, "ObjectLockConfigurationNotFoundError", f"GetObjectLockConfiguration, {_API}"),
    Rule("Only a bucket with object lock takes locked objects.", "PutObject",
         _put(ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=_UNTIL), "InvalidRequest", _LOCK),
    Rule("A lock has a mode and a date.", "PutObject", _put(Bucket="locked", ObjectLockMode="GOVERNANCE"),
         "InvalidArgument", f"PutObject, {_API}", "both"),
    Rule("A retention ends in the future.", "PutObjectRetention",
         _kept(Retention={"Mode": "GOVERNANCE", "RetainUntilDate": _PAST}), "InvalidArgument", _LOCK, "future"),
    Rule("A retention is not made shorter.", "PutObjectRetention",
         _kept(Retention={"Mode": "GOVERNANCE", "RetainUntilDate": datetime(2080, 1, 1, tzinfo=UTC)}),
         "AccessDenied", _LOCK),
    Rule("A version that is retained is not deleted.", "DeleteObject", _kept(), "AccessDenied", _LOCK),
    Rule("An object without a hold tells of none.", "GetObjectLegalHold", _kept(), "NoSuchObjectLockConfiguration",
         f"GetObjectLegalHold, {_API}"),
    Rule("A hold is on or off.", "PutObjectLegalHold", _kept(LegalHold={"Status": "MAYBE"}), "MalformedXML",
         f"PutObjectLegalHold, {_API}"),
    Rule("A version is asked for by an id.", "HeadObject", {"Bucket": "mine", "Key": "kept", "VersionId": "no"},
         "InvalidArgument", f"GetObject, {_API}"),
    Rule("A version that is asked for is there.", "GetObject",
         {"Bucket": "mine", "Key": "kept", "VersionId": "x" * 32}, "NoSuchVersion", f"GetObject, {_API}"),
    Rule("A page of versions starts at a key.", "ListObjectVersions", {"Bucket": "mine", "VersionIdMarker": "x" * 32},
         "InvalidArgument", f"ListObjectVersions, {_API}"),
    Rule("An object is only overwritten where it is the one that is meant.", "PutObject",
         _put(Key="kept", IfMatch='"0"'), "PreconditionFailed", _CONDITIONS),
    Rule("A write's If-None-Match is for any object.", "PutObject", _put(IfNoneMatch='"0"'), "NotImplemented",
         f"PutObject, {_API}"),
    Rule("An object that is meant to be there is.", "PutObject", _put(IfMatch='"0"'), "NoSuchKey", _CONDITIONS),
    Rule("An object is only deleted where it is the one that is meant.", "DeleteObject",
         {"Bucket": "mine", "Key": "kept", "IfMatch": '"0"'}, "PreconditionFailed",
         f"How to perform conditional deletes, {_GUIDE}"),
    Rule("An object has the parts that it has.", "GetObject", {"Bucket": "mine", "Key": "kept", "PartNumber": 2},
         "InvalidPartNumber", f"GetObject, {_API}"),
    Rule("A copied range ends inside the source.", "UploadPartCopy", {**_COPY, "CopySourceRange": "bytes=0-9"},
         "InvalidArgument", f"UploadPartCopy, {_API}"),
    Rule("A copied range has two ends.", "UploadPartCopy", {**_COPY, "CopySourceRange": "bytes=0-"},
         "InvalidArgument", f"UploadPartCopy, {_API}"),
    Rule("Parts are named in their order.", "CompleteMultipartUpload",
         {**_PART, "MultipartUpload": {"Parts": [{"PartNumber": n, "ETag": "{etag}"} for n in (2, 1)]}},
         "InvalidPartOrder", _COMPLETE),
    Rule("SHA256 is of parts.", "CreateMultipartUpload",
         {"Bucket": "mine", "Key": "new", "ChecksumAlgorithm": "SHA256", "ChecksumType": "FULL_OBJECT"},
         "InvalidRequest", _INTEGRITY),
    Rule("CRC64NVME is of the whole.", "CreateMultipartUpload",
         {"Bucket": "mine", "Key": "new", "ChecksumAlgorithm": "CRC64NVME", "ChecksumType": "COMPOSITE"},
         "InvalidRequest", _INTEGRITY),
    Rule("Attributes are those that S3 has.", "GetObjectAttributes",
         {"Bucket": "mine", "Key": "kept", "ObjectAttributes": ["Colour"]}, "InvalidArgument",
         f"GetObjectAttributes, {_API}"),
    Rule("Up to 1,000 objects are deleted at once.", "DeleteObjects",
         {"Bucket": "mine", "Delete": {"Objects": [{"Key": str(n)} for n in range(1001)]}}, "MalformedXML",
         f"DeleteObjects, {_API}"),
    Rule("An object is not copied onto itself unchanged.", "CopyObject",
         {"Bucket": "mine", "Key": "kept", "CopySource": "mine/kept"}, "InvalidRequest", f"CopyObject, {_API}",
         "itself"),
    Rule("A website redirect leads to a path or a URL.", "PutObject", _put(WebsiteRedirectLocation="elsewhere"),
         "InvalidRedirectLocation", f"PutObject, {_API}"),
]  # fmt: skip


def register(plane: Plane, apis: Apis) -> None:
    s3.register(plane, apis)


async def prepare(apis: Apis) -> dict[str, str]:
    names = await s3.prepare(apis)
    await apis.call(SERVICE, "CreateBucket", {"Bucket": "locked", "ObjectLockEnabledForBucket": True})
    lock = {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": _UNTIL}
    made = await apis.call(SERVICE, "PutObject", {"Bucket": "locked", "Key": "kept", "Body": b"x", **lock})
    return {**names, "version": made["VersionId"]}
