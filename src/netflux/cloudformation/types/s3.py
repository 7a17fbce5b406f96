"""S3: buckets and their policies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from netflux import names
from netflux.cloudformation.types import s3configuration as form
from netflux.cloudformation.types.table import Facts, Read, Row, Step
from netflux.resources.s3owner import canonical_id

_LOG_DELIVERY = 'uri="http://acs.amazonaws.com/groups/s3/LogDelivery"'


def _create(facts: Facts) -> list[dict[str, Any]]:
    made: dict[str, Any] = {"Bucket": facts.new["BucketName"]}
    if facts.region != "us-east-1":
        made["CreateBucketConfiguration"] = {"LocationConstraint": facts.region}
    if form.true(facts.new.get("ObjectLockEnabled", "")):
        made["ObjectLockEnabledForBucket"] = True
    if "OwnershipControls" in facts.new:
        made["ObjectOwnership"] = facts.new["OwnershipControls"]["Rules"][0]["ObjectOwnership"]
    elif "AccessControl" in facts.new:
        made |= _list(facts)  # S3 refuses it, unless it is private: lists are off where nothing turns them on
    return [made]


def _list(facts: Facts) -> dict[str, str]:
    """The members for a canned list; one that the API's model has not is written out."""
    name = facts.new["AccessControl"]
    if name != "LogDeliveryWrite":
        return {"ACL": form.canned(name)}
    owner = f'id="{canonical_id(facts.account)}"'
    return {"GrantFullControl": owner, "GrantWrite": _LOG_DELIVERY, "GrantReadACP": _LOG_DELIVERY}


def _access(facts: Facts) -> list[dict[str, Any]]:
    """Once the bucket has its ownership controls and its public access block."""
    if not facts.old and "OwnershipControls" not in facts.new:
        return []  # CreateBucket had it
    return [{"Bucket": facts.id, **_list(facts)}]


def _put(name: str, member: str, made: Callable[[Any], dict[str, Any]]) -> Callable[[Facts], list[dict[str, Any]]]:
    """The calls that put a configuration, none where the template has it no more."""

    def build(facts: Facts) -> list[dict[str, Any]]:
        given = facts.new.get(name)
        return [{"Bucket": facts.id, member: made(given)}] if given else []

    return build


def _gone(name: str) -> Callable[[Facts], list[dict[str, Any]]]:
    """The calls that delete a configuration that the template has no more."""

    def build(facts: Facts) -> list[dict[str, Any]]:
        return [] if facts.new.get(name) else [{"Bucket": facts.id}]

    return build


def _steps(name: str, noun: str, member: str, made: Callable[[Any], dict[str, Any]], delete: str = "") -> list[Step]:
    """Putting a configuration, and deleting it when the template has it no more.

    Args:
        noun: of the operations, e.g. `BucketCors`.
        delete: the deleting operation where it has another noun.
    """
    return [
        Step(f"Put{noun}", (name,), build=_put(name, member, made)),
        Step(delete or f"Delete{noun}", (name,), build=_gone(name), defaults={name: {}}),
    ]


def _logging(facts: Facts) -> list[dict[str, Any]]:
    given = facts.new.get("LoggingConfiguration")
    return [{"Bucket": facts.id, "BucketLoggingStatus": {} if not given else form.logging(given, facts.id)}]


def _notifications(facts: Facts) -> list[dict[str, Any]]:
    given = facts.new.get("NotificationConfiguration") or {}
    return [{"Bucket": facts.id, "NotificationConfiguration": form.notifications(given)}]


def _acceleration(given: Any) -> dict[str, Any]:
    return {"Status": given["AccelerationStatus"]}


def _tags(facts: Facts) -> list[dict[str, Any]]:
    return [{"Bucket": facts.id, "Tagging": {"TagSet": form.tags(facts.new["Tags"])}}]


_BUCKET = Row(
    type="AWS::S3::Bucket",
    service="s3",
    create=Step("CreateBucket", ("BucketName", "ObjectLockEnabled"), build=_create),
    id="$new.BucketName",
    read=Read("HeadBucket", {"Bucket": "$id"}, "$response"),
    attributes={
        "Arn": "arn:aws:s3:::{id}",
        "DomainName": lambda facts: names.bucket(facts.id, facts.region),
        "RegionalDomainName": lambda facts: names.bucket(facts.id, facts.region),
        "DualStackDomainName": lambda facts: names.dual_stack_bucket(facts.id, facts.region),
        "WebsiteURL": lambda facts: f"http://{names.website(facts.id, facts.region)}",
    },
    also=(
        *_steps("OwnershipControls", "BucketOwnershipControls", "OwnershipControls", dict),
        *_steps("PublicAccessBlockConfiguration", "PublicAccessBlock", "PublicAccessBlockConfiguration", form.blocks),
        Step("PutBucketAcl", ("AccessControl",), build=_access, defaults={"AccessControl": "Private"}),
        Step(
            "PutBucketVersioning",
            ("VersioningConfiguration",),
            params={"Bucket": "$id"},
            defaults={"VersioningConfiguration": {"Status": "Suspended"}},
        ),
        Step(
            "PutObjectLockConfiguration",
            ("ObjectLockConfiguration",),
            build=_put("ObjectLockConfiguration", "ObjectLockConfiguration", form.object_lock),
            defaults={"ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled"}},
        ),
        *_steps("BucketEncryption", "BucketEncryption", "ServerSideEncryptionConfiguration", form.encryption),
        *_steps(
            "LifecycleConfiguration",
            "BucketLifecycleConfiguration",
            "LifecycleConfiguration",
            form.lifecycle,
            "DeleteBucketLifecycle",
        ),
        *_steps("CorsConfiguration", "BucketCors", "CORSConfiguration", form.cors),
        *_steps("WebsiteConfiguration", "BucketWebsite", "WebsiteConfiguration", form.website),
        Step("PutBucketLogging", ("LoggingConfiguration",), build=_logging, defaults={"LoggingConfiguration": {}}),
        Step(
            "PutBucketNotificationConfiguration",
            ("NotificationConfiguration",),
            build=_notifications,
            defaults={"NotificationConfiguration": {}},
        ),
        Step(
            "PutBucketAccelerateConfiguration",
            ("AccelerateConfiguration",),
            build=_put("AccelerateConfiguration", "AccelerateConfiguration", _acceleration),
            defaults={"AccelerateConfiguration": {"AccelerationStatus": "Suspended"}},
        ),
        Step("PutBucketTagging", ("Tags",), build=_tags, defaults={"Tags": []}),
    ),
    delete=(Step("DeleteBucket", params={"Bucket": "$id"}),),
    gone=("NoSuchBucket", "404", "NotFound"),
    named="BucketName",
    lower=True,
)

_POLICY = Row(
    type="AWS::S3::BucketPolicy",
    service="s3",
    create=Step("PutBucketPolicy", renames={"PolicyDocument": "Policy"}),
    id="$new.Bucket",
    update=(
        Step("PutBucketPolicy", ("PolicyDocument",), renames={"PolicyDocument": "Policy"}, params={"Bucket": "$id"}),
    ),
    delete=(Step("DeleteBucketPolicy", params={"Bucket": "$id"}),),
    gone=("NoSuchBucket", "NoSuchBucketPolicy"),
)

ROWS = (_BUCKET, _POLICY)
