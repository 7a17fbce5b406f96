"""What S3's operations on versioning, lifecycle and object lock are sent, and what is found after it."""

from __future__ import annotations

from tests.aws.s3.trips import BODY, BUCKET, GRANTS, LOCK, LOCKED, SUMMED, UNTIL, Trip

LIFECYCLE = {
    "Rules": [
        {
            "ID": "old", "Status": "Enabled", "Expiration": {"Days": 400},
            "Filter": {"And": {
                "Prefix": "logs/", "ObjectSizeGreaterThan": 10, "ObjectSizeLessThan": 99,
                "Tags": [{"Key": "team", "Value": "movies"}],
            }},
            "Transitions": [{"Days": 30, "StorageClass": "STANDARD_IA"}, {"Days": 200, "StorageClass": "GLACIER"}],
            "NoncurrentVersionTransitions": [
                {"NoncurrentDays": 40, "StorageClass": "ONEZONE_IA", "NewerNoncurrentVersions": 2}
            ],
            "NoncurrentVersionExpiration": {"NoncurrentDays": 90, "NewerNoncurrentVersions": 3},
        },
        {"ID": "tag", "Status": "Disabled", "Filter": {"Tag": {"Key": "a", "Value": "b"}}, "Expiration": {"Days": 1}},
        {"ID": "large", "Status": "Enabled", "Filter": {"ObjectSizeGreaterThan": 5}, "Expiration": {"Days": 1}},
        {"ID": "small", "Status": "Enabled", "Filter": {"ObjectSizeLessThan": 5}, "Expiration": {"Days": 1}},
        {"ID": "prefix", "Status": "Enabled", "Prefix": "tmp/", "Expiration": {"Date": UNTIL},
         "Transitions": [{"Date": UNTIL, "StorageClass": "GLACIER_IR"}]},
        {"ID": "markers", "Status": "Enabled", "Filter": {"Prefix": ""},
         "Expiration": {"ExpiredObjectDeleteMarker": True},
         "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}},
    ]
}  # fmt: skip
RETENTION = {"Mode": "GOVERNANCE", "RetainUntilDate": UNTIL}
DEFAULT = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 3}}}
YEARS = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Years": 2}}}
OF_LOCKED = {name: value for name, value in LOCKED.items() if name != "Key"}
TRIPS = [
    Trip(
        "PutBucketVersioning",
        {**BUCKET, "VersioningConfiguration": {"Status": "Suspended", "MFADelete": "Disabled"}},
        (("GetBucketVersioning", BUCKET, {"Status": "Suspended", "MFADelete": "Disabled"}),),
        SUMMED,
    ),
    Trip(
        "PutBucketLifecycleConfiguration",
        {
            **BUCKET, "LifecycleConfiguration": LIFECYCLE,
            "TransitionDefaultMinimumObjectSize": "varies_by_storage_class",
        },
        (
            (
                "GetBucketLifecycleConfiguration",
                BUCKET,
                {**LIFECYCLE, "TransitionDefaultMinimumObjectSize": "varies_by_storage_class"},
            ),
        ),
        {name: value for name, value in SUMMED.items() if name != "ContentMD5"},
    ),
    *(
        Trip(
            "PutObjectLockConfiguration",
            {**OF_LOCKED, "ObjectLockConfiguration": given},
            (("GetObjectLockConfiguration", OF_LOCKED, {"ObjectLockConfiguration": given}),),
            SUMMED,
        )
        for given in (DEFAULT, YEARS)
    ),
    Trip(
        "PutObjectRetention",
        {**LOCKED, "VersionId": "{version}", "Retention": RETENTION, "BypassGovernanceRetention": True},
        (("GetObjectRetention", LOCKED, {"Retention": RETENTION}),),
        {**SUMMED, "VersionId": ("1", "InvalidArgument")},
    ),
    Trip(
        "PutObjectLegalHold",
        {**LOCKED, "VersionId": "{version}", "LegalHold": {"Status": "ON"}},
        (("GetObjectLegalHold", LOCKED, {"LegalHold": {"Status": "ON"}}),),
        {**SUMMED, "VersionId": ("1", "InvalidArgument")},
    ),
    Trip("PutObject", {**LOCKED, **LOCK, "Key": "a", "Body": BODY}, (
        ("HeadObject", {**LOCKED, "Key": "a"}, LOCK),
    ), {"Bucket": ("things", "InvalidRequest"), **GRANTS}),
    Trip("CopyObject", {**LOCKED, **LOCK, "Key": "a", "CopySource": "things/there"}, (
        ("HeadObject", {**LOCKED, "Key": "a"}, LOCK),
    ), {"Bucket": ("things", "InvalidRequest"), **GRANTS}),
    Trip("CreateMultipartUpload", {**LOCKED, **LOCK, "Key": "a"}, (), {
        "Bucket": ("things", "InvalidRequest"), **GRANTS
    }),
]  # fmt: skip
