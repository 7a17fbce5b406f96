"""What S3's operations on buckets are sent, and what is found after it."""

from __future__ import annotations

from tests.aws.s3.trips import BUCKET, PUBLIC, SUMMED, TAGS, Trip

RULES = [
    {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
        "BucketKeyEnabled": True,
        "BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]},
    }
]
POLICY = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:GetObjectAcl", '
    '"Resource": "arn:aws:s3:::things/*"}]}'
)
BLOCKS = {
    "BlockPublicAcls": True, "IgnorePublicAcls": False, "BlockPublicPolicy": True, "RestrictPublicBuckets": False
}  # fmt: skip

TRIPS = [
    Trip(
        "CreateBucket",
        {
            "Bucket": "new",
            "ACL": "private",
            "ObjectOwnership": "BucketOwnerEnforced",
            "CreateBucketConfiguration": {"Tags": TAGS},
        },
        (
            ("GetBucketTagging", {"Bucket": "new"}, {"TagSet": TAGS}),
            ("HeadBucket", {"Bucket": "new"}, {"BucketRegion": "us-east-1"}),
            (
                "GetBucketOwnershipControls",
                {"Bucket": "new"},
                {"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}},
            ),
        ),
        {
            "ACL": ("public-read", "InvalidBucketAclWithObjectOwnership"),
            "CreateBucketConfiguration": (
                {"LocationConstraint": "eu-west-1"},
                "IllegalLocationConstraintException",
            ),
        },
    ),
    Trip("PutBucketPolicy", {**BUCKET, "Policy": POLICY}, (("GetBucketPolicy", BUCKET, {"Policy": POLICY}),), SUMMED),
    Trip(
        "PutPublicAccessBlock",
        {**BUCKET, "PublicAccessBlockConfiguration": BLOCKS},
        (("GetPublicAccessBlock", BUCKET, {"PublicAccessBlockConfiguration": BLOCKS}),),
        SUMMED,
    ),
    Trip(
        "PutBucketOwnershipControls",
        {**BUCKET, "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}},
        (
            (
                "GetBucketOwnershipControls",
                BUCKET,
                {"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}},
            ),
        ),
        SUMMED,
    ),
    Trip("PutBucketAcl", {**BUCKET, "ACL": "private"}, (), {**SUMMED, "ACL": PUBLIC["ACL"]}),
    Trip(
        "PutBucketEncryption",
        {**BUCKET, "ServerSideEncryptionConfiguration": {"Rules": RULES}},
        (("GetBucketEncryption", BUCKET, {"ServerSideEncryptionConfiguration": {"Rules": RULES}}),),
        SUMMED,
    ),
    Trip(
        "PutBucketTagging",
        {**BUCKET, "Tagging": {"TagSet": TAGS}},
        (("GetBucketTagging", BUCKET, {"TagSet": TAGS}),),
        SUMMED,
    ),
]
