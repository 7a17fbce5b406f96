"""Who may do what to a bucket: its policy and its public access block. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from netflux.policy.document import Policy
from netflux.policy.evaluate import Decision, Request, decide
from netflux.policy.public import is_public

# "Actions, resources, and condition keys for Amazon S3", where action and operation differ in name.
_ACTIONS: Mapping[str, Sequence[str]] = {
    "HeadObject": ("GetObject",),
    "HeadBucket": ("ListBucket",),
    "ListObjects": ("ListBucket",),
    "ListObjectsV2": ("ListBucket",),
    "ListBuckets": ("ListAllMyBuckets",),
    "DeleteObjects": ("DeleteObject",),
    "CopyObject": ("PutObject",),
    "CreateMultipartUpload": ("PutObject",),
    "UploadPart": ("PutObject",),
    "UploadPartCopy": ("PutObject",),
    "CompleteMultipartUpload": ("PutObject",),
    "ListParts": ("ListMultipartUploadParts",),
    "ListMultipartUploads": ("ListBucketMultipartUploads",),
    "ListObjectVersions": ("ListBucketVersions",),
    "GetObjectAttributes": ("GetObject",),
    "GetBucketLifecycleConfiguration": ("GetLifecycleConfiguration",),
    "PutBucketLifecycleConfiguration": ("PutLifecycleConfiguration",),
    "DeleteBucketLifecycle": ("PutLifecycleConfiguration",),
    "GetObjectLockConfiguration": ("GetBucketObjectLockConfiguration",),
    "PutObjectLockConfiguration": ("PutBucketObjectLockConfiguration",),
    "GetPublicAccessBlock": ("GetBucketPublicAccessBlock",),
    "PutPublicAccessBlock": ("PutBucketPublicAccessBlock",),
    "DeletePublicAccessBlock": ("PutBucketPublicAccessBlock",),
    "GetBucketEncryption": ("GetEncryptionConfiguration",),
    "PutBucketEncryption": ("PutEncryptionConfiguration",),
    "DeleteBucketEncryption": ("PutEncryptionConfiguration",),
    "DeleteBucketTagging": ("PutBucketTagging",),
}
_ROOT_ALWAYS = {"s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"}


@dataclass(frozen=True)
class Guard:
    """What protects a bucket.

    Attributes:
        account: the owner's.
        policy: the bucket's, if it has one.
        restrict_public: RestrictPublicBuckets of its public access block.
    """

    account: str
    policy: Policy | None
    restrict_public: bool

    def permits(self, request: Request) -> bool:
        """Whether the request may be carried out.

        The owner's principals may do what no statement denies (policies of IAM identities are not looked at); the
        owner's root user may mend the policy whatever it denies; all others need a statement that allows.
        """
        own = request.principal.kind == "AWS" and request.principal.account == self.account
        if own and request.principal.name.endswith(":root") and request.action in _ROOT_ALWAYS:
            return True
        decision = decide([self.policy] if self.policy else [], request)
        if decision is Decision.DENY:
            return False
        if own:
            return True
        if decision is not Decision.ALLOW or self.policy is None:
            return False
        return request.principal.kind == "Service" or not (self.restrict_public and is_public(self.policy))


def action(operation: str) -> str:
    """The action that an operation needs, e.g. `s3:GetObject`."""
    return f"s3:{_ACTIONS.get(operation, (operation,))[0]}"
