"""Members that many of S3's requests share, as the operations' declarations name them. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from netflux.aws.s3.checksums import CHECKSUMS
from netflux.controlplane.call import Call
from netflux.errors import AwsError
from netflux.resources.s3objects import Description

BUCKET = "Bucket ExpectedBucketOwner"
KEY = f"{BUCKET} Key"
DOCUMENT = f"{BUCKET} ContentMD5 ChecksumAlgorithm"
"""Of a request whose body is XML or JSON: its sums are compared with what came."""
SUMS = " ".join(f"Checksum{name}" for name in CHECKSUMS)
CONDITIONS = "IfMatch IfNoneMatch"
READ = (
    f"{KEY} {CONDITIONS} IfModifiedSince IfUnmodifiedSince Range PartNumber ChecksumMode VersionId ResponseCacheControl "
    "ResponseContentDisposition ResponseContentEncoding ResponseContentLanguage ResponseContentType ResponseExpires"
)
NEW = (
    f"{KEY} ACL CacheControl ContentDisposition ContentEncoding ContentLanguage ContentType Expires Metadata "
    "ServerSideEncryption StorageClass Tagging ObjectLockMode ObjectLockRetainUntilDate ObjectLockLegalHoldStatus"
)
"""Of a request that makes an object."""
COPIED = (
    "CopySource CopySourceIfMatch CopySourceIfModifiedSince CopySourceIfNoneMatch CopySourceIfUnmodifiedSince "
    "ExpectedSourceBucketOwner"
)
LISTED = f"{BUCKET} Delimiter EncodingType MaxKeys Prefix"

PAYER = {"RequestPayer": "Nobody is billed for requests here."}
ARCHIVE = {"OptionalObjectAttributes": "No object is being restored, so its status is nothing."}

ALGORITHMS = {"ChecksumAlgorithm": CHECKSUMS}
AS_STORED = {"ServerSideEncryption": ("AES256",)}

_OWN_KEYS = "Leave it out: objects lie on this machine's disk, which is who enciphers them."
_GRANTS = "Access control lists are off in new buckets, on AWS too: write a bucket policy."
_EVENTS = "Retention ends at a date here: give ObjectLockRetainUntilDate."
GRANTS = dict.fromkeys(("GrantFullControl", "GrantRead", "GrantReadACP", "GrantWriteACP"), _GRANTS)
CUSTOMER_KEY = dict.fromkeys(("SSECustomerAlgorithm", "SSECustomerKey", "SSECustomerKeyMD5"), _OWN_KEYS)
SOURCE_KEY = {f"CopySource{name}": text for name, text in CUSTOMER_KEY.items()}
OTHER_SUMS = dict.fromkeys(
    ("ChecksumSHA512", "ChecksumMD5", "ChecksumXXHASH64", "ChecksumXXHASH3",
     "ChecksumXXHASH128"),
    f"Give one of {', '.join(CHECKSUMS)}.",
)  # fmt: skip
NOT_KEPT = (
    GRANTS
    | CUSTOMER_KEY
    | dict.fromkeys(("SSEKMSKeyId", "SSEKMSEncryptionContext", "BucketKeyEnabled"), _OWN_KEYS)
    | dict.fromkeys(
        ("ObjectLockEventHold", "ObjectLockEventHoldDurationDays", "ObjectLockEventHoldDurationYears"),
        _EVENTS,
    )
    | {"WebsiteRedirectLocation": "Buckets are no websites here: redirect by a CloudFront distribution."}
)  # fmt: skip
"""Of a request that makes an object."""
NO_MFA = {"MFA": "There are no MFA devices here, so no bucket asks for one: leave it out."}

_OWNERS_ONLY = frozenset({"private", "bucket-owner-full-control"})


def check(call: Call, request: Mapping[str, object]) -> None:
    """What every request says of owners is true: there is one account, and its buckets have no access control lists.

    Raises:
        AwsError: AccessDenied for another expected owner, AccessControlListNotSupported.
    """
    for name in ("ExpectedBucketOwner", "ExpectedSourceBucketOwner"):
        if request.get(name) not in (None, call.account):
            raise AwsError("AccessDenied", f"Access Denied: the bucket's owner is not the one of {name}", 403)
    if request.get("ACL") not in (None, *_OWNERS_ONLY):
        raise AwsError("AccessControlListNotSupported", "The bucket does not allow ACLs")


def owner(call: Call, description: Description) -> dict[str, str]:
    """The Owner of an object, who is the bucket's where nobody else is named."""
    return {"ID": description.owner or call.account}
