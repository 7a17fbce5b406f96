"""S3: buckets and their policies."""

from __future__ import annotations

import re
from typing import Any

from netflux import names
from netflux.cloudformation.types.table import Facts, Read, Row, Step

_WORD = re.compile(r"(?<=[a-z])([A-Z])")


def _create(facts: Facts) -> list[dict[str, Any]]:
    made: dict[str, Any] = {"Bucket": facts.new["BucketName"]}
    if facts.region != "us-east-1":
        made["CreateBucketConfiguration"] = {"LocationConstraint": facts.region}
    if str(facts.new.get("ObjectLockEnabled", "")).lower() == "true":
        made["ObjectLockEnabledForBucket"] = True
    if "AccessControl" in facts.new:
        made["ACL"] = _WORD.sub(r"-\1", facts.new["AccessControl"]).lower()
    return [made]


def _encryption(facts: Facts) -> list[dict[str, Any]]:
    rules = []
    for rule in facts.new["BucketEncryption"]["ServerSideEncryptionConfiguration"]:
        made: dict[str, Any] = {}
        if "ServerSideEncryptionByDefault" in rule:
            made["ApplyServerSideEncryptionByDefault"] = rule["ServerSideEncryptionByDefault"]
        if "BucketKeyEnabled" in rule:
            made["BucketKeyEnabled"] = str(rule["BucketKeyEnabled"]).lower() == "true"
        rules.append(made)
    return [{"Bucket": facts.id, "ServerSideEncryptionConfiguration": {"Rules": rules}}]


def _cors(facts: Facts) -> list[dict[str, Any]]:
    renames = {"Id": "ID", "ExposedHeaders": "ExposeHeaders", "MaxAge": "MaxAgeSeconds"}
    rules = [
        {renames.get(key, key): int(each) if key == "MaxAge" else each for key, each in rule.items()}
        for rule in facts.new["CorsConfiguration"]["CorsRules"]
    ]
    return [{"Bucket": facts.id, "CORSConfiguration": {"CORSRules": rules}}]


def _tags(facts: Facts) -> list[dict[str, Any]]:
    return [{"Bucket": facts.id, "Tagging": {"TagSet": facts.new["Tags"]}}]


_BUCKET = Row(
    type="AWS::S3::Bucket",
    service="s3",
    create=Step("CreateBucket", ("BucketName", "ObjectLockEnabled", "AccessControl"), build=_create),
    id="$new.BucketName",
    read=Read("HeadBucket", {"Bucket": "$id"}, "$response"),
    attributes={
        "Arn": "arn:aws:s3:::{id}",
        "DomainName": lambda facts: names.bucket(facts.id, facts.region),
        "RegionalDomainName": lambda facts: names.bucket(facts.id, facts.region),
    },
    also=(
        Step("PutPublicAccessBlock", ("PublicAccessBlockConfiguration",), params={"Bucket": "$id"}),
        Step(
            "PutBucketVersioning",
            ("VersioningConfiguration",),
            params={"Bucket": "$id"},
            defaults={"VersioningConfiguration": {"Status": "Suspended"}},
        ),
        Step("PutBucketOwnershipControls", ("OwnershipControls",), params={"Bucket": "$id"}),
        Step("PutBucketEncryption", ("BucketEncryption",), build=_encryption),
        Step("PutBucketCors", ("CorsConfiguration",), build=_cors),
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
