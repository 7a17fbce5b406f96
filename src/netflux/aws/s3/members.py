"""Members that many of S3's requests share, as the operations' declarations name them. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from netflux.aws.s3.checksums import CHECKSUMS
from netflux.controlplane.call import Call
from netflux.errors import AwsError
from netflux.resources.s3 import Bucket
from netflux.resources.s3objects import Description
from netflux.resources.s3owner import canonical_id

_ACCOUNT = re.compile(r"[0-9]{12}", re.ASCII)
BUCKET = "Bucket ExpectedBucketOwner"
KEY = f"{BUCKET} Key"
DOCUMENT = f"{BUCKET} ContentMD5 ChecksumAlgorithm"
"""Of a request whose body is XML or JSON: its sums are compared with what came."""
SUMS = " ".join(f"Checksum{name}" for name in CHECKSUMS)
CONDITIONS = "IfMatch IfNoneMatch"
CUSTOMER_KEY = "SSECustomerAlgorithm SSECustomerKey SSECustomerKeyMD5"
SOURCE_KEY = " ".join(f"CopySource{name}" for name in CUSTOMER_KEY.split())
READ = (
    f"{KEY} {CUSTOMER_KEY} {CONDITIONS} IfModifiedSince IfUnmodifiedSince Range PartNumber ChecksumMode VersionId "
    "ResponseCacheControl ResponseContentDisposition ResponseContentEncoding ResponseContentLanguage "
    "ResponseContentType ResponseExpires"
)
NEW = (
    f"{KEY} {CUSTOMER_KEY} SSEKMSKeyId SSEKMSEncryptionContext BucketKeyEnabled "
    "ACL CacheControl ContentDisposition ContentEncoding ContentLanguage ContentType Expires Metadata "
    "ServerSideEncryption StorageClass Tagging ObjectLockMode ObjectLockRetainUntilDate ObjectLockLegalHoldStatus "
    "GrantFullControl GrantRead GrantReadACP GrantWriteACP WebsiteRedirectLocation"
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
AS_STORED = {"ServerSideEncryption": ("AES256", "aws:kms")}

_EVENTS = "Retention ends at a date here: give ObjectLockRetainUntilDate."
OTHER_SUMS = dict.fromkeys(
    ("ChecksumSHA512", "ChecksumMD5", "ChecksumXXHASH64", "ChecksumXXHASH3",
     "ChecksumXXHASH128"),
    f"Give one of {', '.join(CHECKSUMS)}.",
)  # fmt: skip
NOT_KEPT = dict.fromkeys(
    ("ObjectLockEventHold", "ObjectLockEventHoldDurationDays", "ObjectLockEventHoldDurationYears"), _EVENTS
)
"""Of a request that makes an object."""
NO_MFA = {"MFA": "There are no MFA devices here, so no bucket asks for one: leave it out."}


def check(call: Call, request: Mapping[str, object], found: Callable[[str], Bucket | None]) -> None:
    """What every request says of owners is true.

    Args:
        found: the bucket of a name.

    Raises:
        AwsError: AccessDenied for another expected owner, InvalidBucketOwnerAWSAccountID for one that is no account.
    """
    source = str(request.get("CopySource") or "").removeprefix("/").partition("/")[0]
    for name, bucket in (("ExpectedBucketOwner", request.get("Bucket")), ("ExpectedSourceBucketOwner", source)):
        if request.get(name) is None:
            continue
        if not _ACCOUNT.fullmatch(str(request[name])):
            raise AwsError(
                "InvalidBucketOwnerAWSAccountID",
                "The value of the expected bucket owner parameter must be an AWS Account ID... "
                f"[{str(request[name])[:40]}]",
            )
        record = found(str(bucket))
        if record is not None and request[name] != (record.owner or call.account):
            raise AwsError("AccessDenied", "Access Denied", 403)


def owner(call: Call, bucket: Bucket, description: Description) -> dict[str, str]:
    """The Owner of an object, who is the bucket's where nobody else is named."""
    return {"ID": description.owner or canonical_id(bucket.owner or call.account)}
