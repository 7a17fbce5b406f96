"""Who may do what to a bucket: its policy, its public access block and its access control lists. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from netflux.aws.s3 import accesscontrol
from netflux.aws.s3.accesscontrol import Grant
from netflux.policy.document import Policy
from netflux.policy.evaluate import Decision, Principal, Request, decide
from netflux.policy.public import is_public

# "Actions, resources, and condition keys for Amazon S3", where action and operation differ in name.
_ACTIONS: Mapping[str, Sequence[str]] = {
    "HeadObject": ("GetObject",),
    "HeadBucket": ("ListBucket",),
    "ListObjects": ("ListBucket",),
    "ListObjectsV2": ("ListBucket",),
    "ListObjectVersions": ("ListBucketVersions",),
    "ListBuckets": ("ListAllMyBuckets",),
    "DeleteObjects": ("DeleteObject",),
    "CopyObject": ("PutObject",),
    "CreateMultipartUpload": ("PutObject",),
    "UploadPart": ("PutObject",),
    "UploadPartCopy": ("PutObject",),
    "CompleteMultipartUpload": ("PutObject",),
    "ListParts": ("ListMultipartUploadParts",),
    "ListMultipartUploads": ("ListBucketMultipartUploads",),
    "GetObjectAttributes": ("GetObject",),
    "GetPublicAccessBlock": ("GetBucketPublicAccessBlock",),
    "PutPublicAccessBlock": ("PutBucketPublicAccessBlock",),
    "DeletePublicAccessBlock": ("PutBucketPublicAccessBlock",),
    "DeleteBucketOwnershipControls": ("PutBucketOwnershipControls",),
    "GetBucketEncryption": ("GetEncryptionConfiguration",),
    "PutBucketEncryption": ("PutEncryptionConfiguration",),
    "DeleteBucketEncryption": ("PutEncryptionConfiguration",),
    "DeleteBucketTagging": ("PutBucketTagging",),
    "GetBucketCors": ("GetBucketCORS",),
    "PutBucketCors": ("PutBucketCORS",),
    "DeleteBucketCors": ("PutBucketCORS",),
    "GetBucketNotificationConfiguration": ("GetBucketNotification",),
    "PutBucketNotificationConfiguration": ("PutBucketNotification",),
    "GetBucketReplication": ("GetReplicationConfiguration",),
    "PutBucketReplication": ("PutReplicationConfiguration",),
    "DeleteBucketReplication": ("PutReplicationConfiguration",),
    "GetBucketAccelerateConfiguration": ("GetAccelerateConfiguration",),
    "PutBucketAccelerateConfiguration": ("PutAccelerateConfiguration",),
    "ListBucketAnalyticsConfigurations": ("GetAnalyticsConfiguration",),
    "ListBucketInventoryConfigurations": ("GetInventoryConfiguration",),
    "ListBucketMetricsConfigurations": ("GetMetricsConfiguration",),
    "ListBucketIntelligentTieringConfigurations": ("GetIntelligentTieringConfiguration",),
}
_OF_VERSIONS = {
    "s3:GetObject": "s3:GetObjectVersion",
    "s3:DeleteObject": "s3:DeleteObjectVersion",
    "s3:GetObjectAcl": "s3:GetObjectVersionAcl",
    "s3:PutObjectAcl": "s3:PutObjectVersionAcl",
    "s3:GetObjectTagging": "s3:GetObjectVersionTagging",
    "s3:PutObjectTagging": "s3:PutObjectVersionTagging",
    "s3:DeleteObjectTagging": "s3:DeleteObjectVersionTagging",
}
"""Actions of requests that name a version."""
_ROOT_ALWAYS = {"s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"}
_OF_ITS_OWNER = frozenset({
    "s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectAcl", "s3:GetObjectVersionAcl", "s3:PutObjectAcl",
    "s3:PutObjectVersionAcl",
})  # fmt: skip
"""What the bucket's owner may do to an object that somebody else owns only as its list says."""


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

    def denies(self, request: Request) -> bool:
        """Whether a statement of the policy denies the request; the owner's root user may mend the policy still."""
        if self.owns(request.principal) and request.principal.is_root and request.action in _ROOT_ALWAYS:
            return False
        return self._decision(request) is Decision.DENY

    def allows(self, request: Request) -> bool:
        """Whether a statement of the policy allows it, to somebody who is not the bucket's owner."""
        if self._decision(request) is not Decision.ALLOW or self.policy is None:
            return False
        return request.principal.kind == "Service" or not (self.restrict_public and is_public(self.policy))

    def owns(self, principal: Principal) -> bool:
        """Whether somebody is of the owner's account."""
        return principal.kind == "AWS" and principal.account == self.account

    def _decision(self, request: Request) -> Decision:
        return decide([self.policy] if self.policy else [], request)


@dataclass(frozen=True)
class Lists:
    """The access control lists that a request is about.

    Attributes:
        bucket: the bucket's grants; none where lists are off.
        object: the object's, likewise; None where it is not there, or the request is not about one.
        foreign: whether somebody else than the bucket's owner owns the object.
        ignore_public: IgnorePublicAcls of the bucket's public access block.
    """

    bucket: Sequence[Grant] = ()
    object: Sequence[Grant] | None = None
    foreign: bool = False
    ignore_public: bool = False
    groups: frozenset[str] = field(default=frozenset({accesscontrol.ALL_USERS, accesscontrol.AUTHENTICATED}))

    def permit(self, principal: Principal, action: str) -> bool:
        """Whether one of them lets somebody do it."""
        return accesscontrol.permits(self._counted(self.bucket), principal, action, of_object=False) or (
            self.object is not None
            and accesscontrol.permits(self._counted(self.object), principal, action, of_object=True)
        )

    def _counted(self, grants: Sequence[Grant]) -> Sequence[Grant]:
        if not self.ignore_public:
            return grants
        return [grant for grant in grants if grant["Grantee"].get("URI") not in self.groups]


def permits(guard: Guard, lists: Lists, request: Request) -> bool:
    """Whether the request may be carried out.

    The owner's principals may do what no statement denies, but to what others own in the bucket (policies of IAM
    identities are not looked at); all others need a statement or a list that allows.
    """
    if guard.denies(request):
        return False
    theirs = lists.foreign and request.action in _OF_ITS_OWNER
    if guard.owns(request.principal) and not theirs:
        return True
    return (guard.allows(request) and not theirs) or lists.permit(request.principal, request.action)


def action(operation: str, *, version: bool = False) -> str:
    """The action that an operation needs, e.g. `s3:GetObject`.

    Args:
        version: whether the request names a version.
    """
    found = f"s3:{_ACTIONS.get(operation, (operation,))[0]}"
    return _OF_VERSIONS.get(found, found) if version else found
