"""What S3 refuses."""

from __future__ import annotations

from typing import Any

from netflux.aws.s3.api import S3Api
from netflux.aws.s3.body import Bodies
from netflux.aws.s3.store import Store
from netflux.clock import Clock
from netflux.controlplane.apis import Apis
from tests.controlplane.plane import Plane
from tests.rules.rule import Rule

SERVICE = "s3"

_GUIDE = "Amazon S3 User Guide"
_TAGS, _METADATA = f"Categorizing your objects using tags, {_GUIDE}", f"Working with object metadata, {_GUIDE}"
_API = "Amazon S3 API Reference"
_ELEVEN = "&".join(f"k{number}=v" for number in range(11))


def _put(**changes: Any) -> dict[str, Any]:
    return {"Bucket": "mine", "Key": "new", "Body": b"x", **changes}


def _end(part: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    parts = {"Parts": [{"PartNumber": 1, "ETag": "{etag}", **(part or {})}]}
    return {"Bucket": "mine", "Key": "new", "UploadId": "{upload}", "MultipartUpload": parts, **changes}


def _set(*keys: str, value: str = "v") -> dict[str, Any]:
    return {"Bucket": "mine", "Key": "kept", "Tagging": {"TagSet": [{"Key": key, "Value": value} for key in keys]}}


RULES = [
    Rule("An object has 10 tags at most.", "PutObject", _put(Tagging=_ELEVEN), "InvalidTag", _TAGS),
    Rule("An object's tags are put 10 at most.", "PutObjectTagging", _set(*(f"k{n}" for n in range(11))),
         "InvalidTag", _TAGS),
    Rule("An object that comes in parts has 10 tags at most.", "CreateMultipartUpload",
         {"Bucket": "mine", "Key": "new", "Tagging": _ELEVEN}, "InvalidTag", _TAGS),
    Rule("A tag's key stands once.", "PutObject", _put(Tagging="k=a&k=b"), "InvalidArgument", _TAGS, "duplicates"),
    Rule("A tag's key has 128 characters at most.", "PutObjectTagging", _set("k" * 129), "InvalidTag", _TAGS),
    Rule("A tag's value has 256 characters at most.", "PutObjectTagging", _set("k", value="v" * 257), "InvalidTag",
         _TAGS),
    Rule("Tags that begin with aws: are AWS's own.", "PutObject", _put(Tagging="aws%3Ax=v"), "InvalidTag", _TAGS),
    Rule("An object has 2 KB of metadata at most.", "PutObject", _put(Metadata={"a": "x" * 3072}),
         "MetadataTooLarge", _METADATA),
    Rule("Names of metadata count as well.", "PutObject", _put(Metadata={"a" * 1500: "x" * 600}), "MetadataTooLarge",
         _METADATA),
    Rule("An object that comes in parts has 2 KB of metadata at most.", "CreateMultipartUpload",
         {"Bucket": "mine", "Key": "new", "Metadata": {"a": "x" * 3072}}, "MetadataTooLarge", _METADATA),
    Rule("A copy has 2 KB of metadata at most.", "CopyObject",
         {"Bucket": "mine", "Key": "new", "CopySource": "mine/kept", "MetadataDirective": "REPLACE",
          "Metadata": {"a": "x" * 3072}}, "MetadataTooLarge", _METADATA),
    Rule("A bucket's tag stands once.", "PutBucketTagging",
         {"Bucket": "mine", "Tagging": {"TagSet": [{"Key": "k", "Value": "a"}, {"Key": "k", "Value": "b"}]}},
         "InvalidTag", f"PutBucketTagging, {_API}"),
    Rule("An object is put into a bucket that is there.", "PutObject", _put(Bucket="nobody"), "NoSuchBucket",
         f"PutObject, {_API}"),
    Rule("An object that is tagged is there.", "PutObjectTagging", {**_set("k"), "Key": "nobody"}, "NoSuchKey",
         f"PutObjectTagging, {_API}"),
    Rule("A bucket that is made has tags that stand once.", "CreateBucket",
         {"Bucket": "other", "CreateBucketConfiguration": {"Tags": [{"Key": "k", "Value": v} for v in "ab"]}},
         "InvalidTag", f"CreateBucket, {_API}"),
    Rule("No bucket's location is called us-east-1.", "CreateBucket",
         {"Bucket": "other", "CreateBucketConfiguration": {"LocationConstraint": "us-east-1"}},
         "InvalidLocationConstraint", f"CreateBucket, {_API}"),
    Rule("A bucket has the owner that is expected.", "PutBucketTagging",
         {"Bucket": "mine", "ExpectedBucketOwner": "999999999999", "Tagging": {"TagSet": []}}, "AccessDenied",
         f"Verifying bucket ownership with bucket owner condition, {_GUIDE}"),
    Rule("A copy's source has the owner that is expected.", "CopyObject",
         {"Bucket": "mine", "Key": "new", "CopySource": "mine/kept", "ExpectedSourceBucketOwner": "999999999999"},
         "AccessDenied", f"Verifying bucket ownership with bucket owner condition, {_GUIDE}"),
    Rule("A new bucket has no access control lists.", "PutBucketAcl", {"Bucket": "mine", "ACL": "public-read"},
         "AccessControlListNotSupported", f"Controlling ownership of objects, {_GUIDE}"),
    Rule("A storage class is one of S3's.", "PutObject", _put(StorageClass="WARM"), "InvalidStorageClass",
         f"PutObject, {_API}"),
    Rule("A directive is COPY or REPLACE.", "CopyObject",
         {"Bucket": "mine", "Key": "new", "CopySource": "mine/kept", "MetadataDirective": "MERGE"}, "InvalidArgument",
         f"CopyObject, {_API}"),
    Rule("A token is one that a list gave.", "ListBuckets", {"ContinuationToken": "nobody"}, "InvalidArgument",
         f"ListBuckets, {_API}"),
    Rule("The parts have the bytes that are said.", "CompleteMultipartUpload", _end(MpuObjectSize=9), "InvalidRequest",
         f"CompleteMultipartUpload, {_API}"),
    Rule("A part has the checksum that is said.", "CompleteMultipartUpload", _end({"ChecksumCRC32": "AAAAAA=="}),
         "InvalidPart", f"CompleteMultipartUpload, {_API}"),
    Rule("An object has the checksum that is said.", "CompleteMultipartUpload", _end(ChecksumCRC32="AAAAAA=="),
         "BadDigest", f"Checking object integrity, {_GUIDE}"),
    Rule("An upload ends with the type of checksum that it began with.", "CompleteMultipartUpload",
         _end(ChecksumType="COMPOSITE"), "InvalidRequest", f"Checking object integrity, {_GUIDE}"),
    Rule("A copy onto an object that must not be there is not made.", "CopyObject",
         {"Bucket": "mine", "Key": "kept", "CopySource": "mine/kept", "MetadataDirective": "REPLACE",
          "IfNoneMatch": "*"}, "PreconditionFailed", f"CopyObject, {_API}"),
    Rule("A bucket's CORS rules are for methods that browsers send.", "PutBucketCors",
         {"Bucket": "mine", "CORSConfiguration": {"CORSRules": [
             {"AllowedMethods": ["PATCH"], "AllowedOrigins": ["*"]}]}},
         "InvalidRequest", f"PutBucketCors, {_API}", "PATCH"),
    Rule("An origin of a CORS rule has one wildcard at most.", "PutBucketCors",
         {"Bucket": "mine", "CORSConfiguration": {"CORSRules": [
             {"AllowedMethods": ["GET"], "AllowedOrigins": ["*.*"]}]}},
         "InvalidRequest", f"PutBucketCors, {_API}", "wildcard"),
    Rule("A website that leads everything elsewhere has no pages.", "PutBucketWebsite",
         {"Bucket": "mine", "WebsiteConfiguration": {"RedirectAllRequestsTo": {"HostName": "a"},
                                                     "IndexDocument": {"Suffix": "i"}}},
         "InvalidArgument", f"PutBucketWebsite, {_API}"),
    Rule("A website's index document is a name without a slash.", "PutBucketWebsite",
         {"Bucket": "mine", "WebsiteConfiguration": {"IndexDocument": {"Suffix": "a/b"}}}, "InvalidArgument",
         f"PutBucketWebsite, {_API}"),
    Rule("The target of a log is there.", "PutBucketLogging",
         {"Bucket": "mine", "BucketLoggingStatus": {"LoggingEnabled": {"TargetBucket": "nobody", "TargetPrefix": ""}}},
         "InvalidTargetBucketForLogging", f"PutBucketLogging, {_API}"),
    Rule("A bucket's default encryption is one rule.", "PutBucketEncryption",
         {"Bucket": "mine", "ServerSideEncryptionConfiguration": {"Rules": []}}, "MalformedXML",
         f"PutBucketEncryption, {_API}"),
    Rule("Only KMS's encryption has a key of KMS's.", "PutBucketEncryption",
         {"Bucket": "mine", "ServerSideEncryptionConfiguration": {"Rules": [
             {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256", "KMSMasterKeyID": "k"}}]}},
         "InvalidArgument", f"PutBucketEncryption, {_API}"),
    Rule("An object that names a key of KMS's is encrypted by KMS.", "PutObject", _put(SSEKMSKeyId="k"),
         "InvalidArgument", f"Using server-side encryption with AWS KMS keys, {_GUIDE}"),
    Rule("A customer's key comes with its MD5.", "PutObject",
         _put(SSECustomerAlgorithm="AES256", SSECustomerKey="a" * 43 + "="), "InvalidArgument",
         f"Using server-side encryption with customer-provided keys, {_GUIDE}"),
    Rule("A customer's key is of AES256.", "PutObject", _put(SSECustomerAlgorithm="AES128"),
         "InvalidEncryptionAlgorithmError", f"Using server-side encryption with customer-provided keys, {_GUIDE}"),
    Rule("A redirect of an object is a path or an address.", "PutObject", _put(WebsiteRedirectLocation="new"),
         "InvalidRedirectLocation", f"PutObject, {_API}"),
    Rule("A notification's ARN is of its kind.", "PutBucketNotificationConfiguration",
         {"Bucket": "mine", "NotificationConfiguration": {"QueueConfigurations": [
             {"QueueArn": "arn:aws:sns:us-east-1:000000000000:t", "Events": ["s3:ObjectCreated:*"]}]}},
         "InvalidArgument", f"PutBucketNotificationConfiguration, {_API}"),
    Rule("An allow names whom it is for.", "PutBucketPolicy",
         {"Bucket": "mine", "Policy": '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "NotPrincipal": '
          '{"AWS": "111111111111"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::mine/*"}}'}, "MalformedPolicy",
         "AWS JSON policy elements: NotPrincipal, IAM User Guide"),
    Rule("Who states a list states it in one way.", "PutBucketAcl",
         {"Bucket": "mine", "ACL": "private", "GrantRead": "id=x"}, "InvalidRequest", f"PutBucketAcl, {_API}"),
    Rule("A grantee's id is a canonical one.", "PutBucketAcl", {"Bucket": "mine", "GrantRead": "id=x"},
         "InvalidArgument", f"PutBucketAcl, {_API}"),
]  # fmt: skip


def register(plane: Plane, apis: Apis) -> None:
    apis.register(S3Api(Store(plane.documents, Bodies(plane.path / "objects")), Clock()))


async def prepare(apis: Apis) -> dict[str, str]:
    await apis.call(SERVICE, "CreateBucket", {"Bucket": "mine"})
    await apis.call(SERVICE, "PutObject", _put(Key="kept"))
    begun = await apis.call(SERVICE, "CreateMultipartUpload", {"Bucket": "mine", "Key": "new"})
    part = await apis.call(SERVICE, "UploadPart", {**_put(), "UploadId": begun["UploadId"], "PartNumber": 1})
    return {"upload": begun["UploadId"], "etag": part["ETag"]}
