"""Members that many of S3's requests share, as the operations' declarations name them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from netflux.aws.s3.body import CHECKSUMS
from netflux.controlplane.call import Call
from netflux.errors import AwsError
from netflux.resources.s3 import Bucket

BUCKET = "Bucket ExpectedBucketOwner"
KEY = f"{BUCKET} Key"
DOCUMENT = f"{BUCKET} ContentMD5 ChecksumAlgorithm"
"""Of a request whose body is XML or JSON: its sums are compared with what came."""
SUMS = " ".join(f"Checksum{name}" for name in CHECKSUMS)
CONDITIONS = "IfMatch IfNoneMatch"
READ = (
    f"{KEY} {CONDITIONS} IfModifiedSince IfUnmodifiedSince Range ChecksumMode VersionId ResponseCacheControl "
    "ResponseContentDisposition ResponseContentEncoding ResponseContentLanguage ResponseContentType ResponseExpires"
)
NEW = (
    f"{KEY} ACL CacheControl ContentDisposition ContentEncoding ContentLanguage ContentType Expires Metadata "
    "ServerSideEncryption StorageClass Tagging"
)
"""Of a request that makes an object."""
COPIED = (
    "CopySource CopySourceIfMatch CopySourceIfModifiedSince CopySourceIfNoneMatch CopySourceIfUnmodifiedSince "
    "ExpectedSourceBucketOwner"
)
LISTED = f"{BUCKET} Delimiter EncodingType MaxKeys Prefix"

PAYER = {"RequestPayer": "Nobody is billed for requests here."}
ARCHIVE = {"OptionalObjectAttributes": "No object is archived, so none is being restored."}

ALGORITHMS = {"ChecksumAlgorithm": CHECKSUMS}
ONE_VERSION = {"VersionId": ("null",)}
"""The id of the one version that an object has in a bucket without versioning."""
AS_STORED = {"StorageClass": ("STANDARD",), "ServerSideEncryption": ("AES256",)}

_OWN_KEYS = "Leave it out: objects lie on this machine's disk, which is who enciphers them."
_GRANTS = "Access control lists are off in new buckets, on AWS too: write a bucket policy."
_LOCKS = "No object is locked here: leave it out."
GRANTS = dict.fromkeys(("GrantFullControl", "GrantRead", "GrantReadACP", "GrantWriteACP"), _GRANTS)
CUSTOMER_KEY = dict.fromkeys(("SSECustomerAlgorithm", "SSECustomerKey", "SSECustomerKeyMD5"), _OWN_KEYS)
SOURCE_KEY = {f"CopySource{name}": text for name, text in CUSTOMER_KEY.items()}
OTHER_SUMS = dict.fromkeys(
    ("ChecksumCRC32C", "ChecksumCRC64NVME", "ChecksumSHA512", "ChecksumMD5", "ChecksumXXHASH64", "ChecksumXXHASH3",
     "ChecksumXXHASH128"),
    f"Give one of {', '.join(CHECKSUMS)}.",
)  # fmt: skip
NOT_KEPT = (
    GRANTS
    | CUSTOMER_KEY
    | dict.fromkeys(("SSEKMSKeyId", "SSEKMSEncryptionContext", "BucketKeyEnabled"), _OWN_KEYS)
    | dict.fromkeys(
        ("ObjectLockMode", "ObjectLockRetainUntilDate", "ObjectLockLegalHoldStatus", "ObjectLockEventHold",
         "ObjectLockEventHoldDurationDays", "ObjectLockEventHoldDurationYears"),
        _LOCKS,
    )
    | {"WebsiteRedirectLocation": "Buckets are no websites here: redirect by a CloudFront distribution."}
)  # fmt: skip
"""Of a request that makes an object."""
NO_LOCKS = {"BypassGovernanceRetention": _LOCKS, "MFA": "Deletions need no second factor here: leave it out."}


def check(call: Call, request: Mapping[str, object], found: Callable[[str], Bucket | None]) -> None:
    """What every request says of owners is true.

    Args:
        found: the bucket of a name.

    Raises:
        AwsError: AccessDenied for another expected owner.
    """
    source = str(request.get("CopySource") or "").removeprefix("/").partition("/")[0]
    for name, bucket in (("ExpectedBucketOwner", request.get("Bucket")), ("ExpectedSourceBucketOwner", source)):
        if request.get(name) is None:
            continue
        record = found(str(bucket))
        if record is not None and request[name] != (record.owner or call.account):
            raise AwsError("AccessDenied", "Access Denied", 403)
