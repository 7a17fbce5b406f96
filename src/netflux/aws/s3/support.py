"""Which members of each operation's request have an effect here. Any other is refused by name. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netflux.errors import AwsError

# Members that change nothing about the outcome: sizes and sums that the body's reader has checked, who pays.
_ANYWHERE = {
    "Bucket", "Key", "ExpectedBucketOwner", "RequestPayer", "ContentMD5", "ContentLength", "ChecksumAlgorithm",
    "ChecksumCRC32", "ChecksumSHA1", "ChecksumSHA256", "ChecksumType",
}  # fmt: skip
_HEADERS = {
    "ContentType", "CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage", "Expires", "Metadata",
    "StorageClass", "ServerSideEncryption", "Tagging", "ACL",
}  # fmt: skip
_CONDITIONS = {"IfMatch", "IfNoneMatch", "IfModifiedSince", "IfUnmodifiedSince"}
_READ = _CONDITIONS | {
    "Range", "ChecksumMode", "ResponseCacheControl", "ResponseContentDisposition", "ResponseContentEncoding",
    "ResponseContentLanguage", "ResponseContentType", "ResponseExpires", "VersionId",
}  # fmt: skip
_COPY = {
    "CopySource", "CopySourceIfMatch", "CopySourceIfModifiedSince", "CopySourceIfNoneMatch",
    "CopySourceIfUnmodifiedSince", "ExpectedSourceBucketOwner",
}  # fmt: skip
_LIST = {"Delimiter", "EncodingType", "MaxKeys", "Prefix", "OptionalObjectAttributes"}

_EFFECTIVE: Mapping[str, set[str]] = {
    "ListBuckets": {"Prefix", "BucketRegion", "MaxBuckets", "ContinuationToken"},
    "CreateBucket": {"CreateBucketConfiguration", "ObjectOwnership", "ACL"},
    "PutBucketPolicy": {"Policy"},
    "PutPublicAccessBlock": {"PublicAccessBlockConfiguration"},
    "PutBucketOwnershipControls": {"OwnershipControls"},
    "PutBucketEncryption": {"ServerSideEncryptionConfiguration"},
    "PutBucketTagging": {"Tagging"},
    "PutBucketAcl": {"ACL"},
    "PutObjectTagging": {"Tagging"},
    "PutObject": {"Body", "IfMatch", "IfNoneMatch"} | _HEADERS,
    "GetObject": _READ,
    "HeadObject": _READ,
    "DeleteObjects": {"Delete"},
    "DeleteObject": {"VersionId"},
    "CopyObject": _COPY | _HEADERS | {"MetadataDirective", "TaggingDirective"},
    "ListObjects": _LIST | {"Marker"},
    "ListObjectsV2": _LIST | {"ContinuationToken", "FetchOwner", "StartAfter"},
    "CreateMultipartUpload": _HEADERS,
    "UploadPart": {"Body", "PartNumber", "UploadId"},
    "UploadPartCopy": _COPY | {"CopySourceRange", "PartNumber", "UploadId"},
    "CompleteMultipartUpload": {"MultipartUpload", "UploadId", "IfMatch", "IfNoneMatch", "MpuObjectSize"},
    "AbortMultipartUpload": {"UploadId"},
    "ListParts": {"UploadId", "MaxParts", "PartNumberMarker"},
    "ListMultipartUploads": {"Prefix"},
}
_FIXED: Mapping[str, set[str]] = {
    "ACL": {"private", "bucket-owner-full-control"},
    "StorageClass": {"STANDARD"},
    "ServerSideEncryption": {"AES256"},
    "VersionId": {"null"},
    "ChecksumAlgorithm": {"CRC32", "SHA1", "SHA256"},
}


def not_implemented(what: str) -> AwsError:
    """S3's error for what it does not do, naming it."""
    return AwsError("NotImplemented", f"{what} is not supported by Netflux. Remove it from the request.", 501)


def check(operation: str, request: Mapping[str, Any], account: str) -> None:
    """Refuses members that would be ignored.

    Raises:
        AwsError: NotImplemented, AccessControlListNotSupported, AccessDenied for another expected owner.
    """
    known = _ANYWHERE | _EFFECTIVE.get(operation, set())
    for name, value in request.items():
        if value is None:
            continue
        if name not in known:
            raise not_implemented(f"{name} of {operation}")
        if name in _FIXED and value not in _FIXED[name]:
            if name == "ACL":
                raise AwsError("AccessControlListNotSupported", "The bucket does not allow ACLs")
            raise not_implemented(f"{name} {value} of {operation}")
    if request.get("ExpectedBucketOwner", account) != account:
        raise AwsError("AccessDenied", "Access Denied: the bucket has another owner than the one expected", 403)
