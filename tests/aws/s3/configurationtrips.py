"""What S3's operations on configurations, lists and encryption are sent, and what is found after it."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from netflux.resources.s3owner import canonical_id
from tests.aws.s3.conftest import ACCOUNT, QUEUE
from tests.aws.s3.kms import ARN
from tests.aws.s3.trips import BODY, BUCKET, ELSEWHERE, GRANTS, OBJECT, SUMMED, Trip

KEY = "k" * 32
CUSTOMER = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": KEY}
CUSTOMER_MD5 = base64.b64encode(hashlib.md5(KEY.encode(), usedforsecurity=False).digest()).decode()
WHOLE = {
    "SSECustomerAlgorithm": "AES256", "SSECustomerKey": base64.b64encode(KEY.encode()).decode(),
    "SSECustomerKeyMD5": CUSTOMER_MD5,
}  # fmt: skip
"""The same as boto3 sends it, which it leaves as it is where the MD5 is given."""
CUSTOMER_TOLD = {"SSECustomerAlgorithm": "AES256", "SSECustomerKeyMD5": CUSTOMER_MD5}
SOURCE = {f"CopySource{name}": value for name, value in WHOLE.items()}
BY_KMS = {
    "ServerSideEncryption": "aws:kms",
    "SSEKMSKeyId": f"{ARN}one",
    "SSEKMSEncryptionContext": base64.b64encode(b'{"who": "me"}').decode(),
    "BucketKeyEnabled": True,
}
KMS_TOLD = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": f"{ARN}one", "BucketKeyEnabled": True}
WRONG_KEY = {
    "SSECustomerAlgorithm": ("AES512", "InvalidEncryptionAlgorithmError"),
    "SSECustomerKeyMD5": ("x", "InvalidArgument"),
    "SSECustomerKey": ("short", "InvalidArgument"),
}
CORS = [{
    "ID": "one", "AllowedHeaders": ["x-*"], "AllowedMethods": ["GET"], "AllowedOrigins": ["*"],
    "ExposeHeaders": ["ETag"], "MaxAgeSeconds": 5,
}]  # fmt: skip
WEBSITE = {
    "IndexDocument": {"Suffix": "index.html"},
    "ErrorDocument": {"Key": "error.html"},
    "RoutingRules": [
        {
            "Condition": {"HttpErrorCodeReturnedEquals": "404", "KeyPrefixEquals": "a/"},
            "Redirect": {"HostName": "b", "HttpRedirectCode": "302", "Protocol": "https", "ReplaceKeyPrefixWith": "c"},
        },
        {"Redirect": {"ReplaceKeyWith": "d"}},
    ],
}
EVERYTHING = {"RedirectAllRequestsTo": {"HostName": "example.com", "Protocol": "https"}}
LOGGING = {"TargetBucket": "things", "TargetPrefix": "log/", "TargetObjectKeyFormat": {
    "PartitionedPrefix": {"PartitionDateSource": "EventTime"}
}}  # fmt: skip
SIMPLE = {"TargetBucket": "things", "TargetPrefix": "", "TargetObjectKeyFormat": {"SimplePrefix": {}}}
ONE = {"Id": "one", "Events": ["s3:ObjectCreated:*"], "Filter": {"Key": {"FilterRules": [
    {"Name": "prefix", "Value": "a/"}, {"Name": "suffix", "Value": ".jpg"}
]}}}  # fmt: skip
OWN = canonical_id(ACCOUNT)
ALL = "http://acs.amazonaws.com/groups/global/AllUsers"


def _notified(name: str, member: str, arn: str) -> dict[str, Any]:
    return {name: [{member: arn, **ONE}]}


def _list(permission: str = "READ") -> dict[str, Any]:
    grants = [
        {"Grantee": {"Type": "CanonicalUser", "ID": OWN}, "Permission": "FULL_CONTROL"},
        {"Grantee": {"Type": "Group", "URI": ALL}, "Permission": permission},
    ]
    return {"Owner": {"ID": OWN}, "Grants": grants}


SHARED = {**BUCKET, "Bucket": "shared"}
NOTE = {**SHARED, "Key": "note"}
OTHERS_LIST = {
    **_list(),
    "Owner": {"ID": OWN, "DisplayName": "me"},
    "Grants": [{"Grantee": {"Type": "AmazonCustomerByEmail", "EmailAddress": "a@b.c", "DisplayName": "me"},
                "Permission": "READ"}],
}  # fmt: skip
BY_GRANTS = {**GRANTS, "GrantWrite": GRANTS["GrantRead"]}
TRIPS = [
    Trip("CreateBucket", {"Bucket": "locks", "ObjectLockEnabledForBucket": True}, (
        ("GetObjectLockConfiguration", {"Bucket": "locks"},
         {"ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled"}}),
    )),
    Trip("CreateBucket", {"Bucket": "lists", "ObjectOwnership": "ObjectWriter", "GrantRead": f'id="{OWN}"'}, (),
         dict.fromkeys(BY_GRANTS, ('uri="nobody"', "InvalidArgument"))),
    Trip("PutBucketCors", {**BUCKET, "CORSConfiguration": {"CORSRules": CORS}},
         (("GetBucketCors", BUCKET, {"CORSRules": CORS}),), SUMMED),
    Trip("PutBucketWebsite", {**BUCKET, "WebsiteConfiguration": WEBSITE},
         (("GetBucketWebsite", BUCKET, WEBSITE),), SUMMED),
    Trip("PutBucketWebsite", {**BUCKET, "WebsiteConfiguration": EVERYTHING},
         (("GetBucketWebsite", BUCKET, EVERYTHING),)),
    Trip("PutBucketLogging", {**BUCKET, "BucketLoggingStatus": {"LoggingEnabled": LOGGING}},
         (("GetBucketLogging", BUCKET, {"LoggingEnabled": LOGGING}),), SUMMED),
    Trip("PutBucketLogging", {**BUCKET, "BucketLoggingStatus": {"LoggingEnabled": SIMPLE}},
         (("GetBucketLogging", BUCKET, {"LoggingEnabled": SIMPLE}),)),
    Trip("PutBucketRequestPayment", {**BUCKET, "RequestPaymentConfiguration": {"Payer": "Requester"}},
         (("GetBucketRequestPayment", BUCKET, {"Payer": "Requester"}),), SUMMED),
    Trip("PutBucketAccelerateConfiguration", {**BUCKET, "AccelerateConfiguration": {"Status": "Suspended"}},
         (("GetBucketAccelerateConfiguration", BUCKET, {"Status": "Suspended"}),),
         {**ELSEWHERE, "ChecksumAlgorithm": ("SHA1", "BadDigest"),
          "AccelerateConfiguration": ({"Status": "Enabled"}, "NotImplemented")}),
    Trip("PutBucketNotificationConfiguration",
         {**BUCKET, "NotificationConfiguration": {
             **_notified("QueueConfigurations", "QueueArn", QUEUE), "EventBridgeConfiguration": {}}},
         (("GetBucketNotificationConfiguration", BUCKET, {
             **_notified("QueueConfigurations", "QueueArn", QUEUE), "EventBridgeConfiguration": {}}),),
         {**ELSEWHERE, "NotificationConfiguration": (
             _notified("TopicConfigurations", "TopicArn", QUEUE), "InvalidArgument")}),
    Trip("PutBucketNotificationConfiguration",
         {**BUCKET, "SkipDestinationValidation": True, "NotificationConfiguration":
             _notified("QueueConfigurations", "QueueArn", f"{QUEUE}-absent")},
         (), {"SkipDestinationValidation": (False, "InvalidArgument"), "NotificationConfiguration": (
             _notified("LambdaFunctionConfigurations", "LambdaFunctionArn", QUEUE), "InvalidArgument")}),
    Trip("PutBucketEncryption", {**BUCKET, "ServerSideEncryptionConfiguration": {"Rules": [
        {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": f"{ARN}one"}}
    ]}}, (("GetBucketEncryption", BUCKET, {"ServerSideEncryptionConfiguration": {"Rules": [
        {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": f"{ARN}one"}}
    ]}}),)),
    Trip("PutBucketAcl", {**SHARED, "AccessControlPolicy": _list("WRITE")},
         (("GetBucketAcl", SHARED, _list("WRITE")),), {"AccessControlPolicy": (OTHERS_LIST,
                                                                              "UnresolvableGrantByEmailAddress")}),
    Trip("PutBucketAcl", {**BUCKET, "GrantFullControl": f'id="{OWN}"'}, (), BY_GRANTS),
    Trip("PutObjectAcl", {**NOTE, "VersionId": "null", "AccessControlPolicy": _list("READ_ACP")},
         (("GetObjectAcl", NOTE, _list("READ_ACP")),),
         {**SUMMED, "AccessControlPolicy": (OTHERS_LIST, "UnresolvableGrantByEmailAddress"),
          "VersionId": ("1", "InvalidArgument")}),
    Trip("PutObjectAcl", {**NOTE, "ACL": "public-read"}, (("GetObjectAcl", NOTE, _list()),),
         {"ACL": ("public", "InvalidArgument")}),
    *(Trip("PutObjectAcl", {**NOTE, name: f'id="{OWN}"'}, (), {name: ("nobody", "InvalidArgument")})
      for name in BY_GRANTS),
    Trip("PutObject", {**OBJECT, "Body": BODY}, (), GRANTS),
    Trip("CopyObject", {**OBJECT, "CopySource": "things/there"}, (), GRANTS),
    Trip("PutObject", {**OBJECT, "Body": BODY, **CUSTOMER},
         (("HeadObject", {**OBJECT, **CUSTOMER}, CUSTOMER_TOLD),), WRONG_KEY),
    Trip("PutObject", {**OBJECT, "Body": BODY, **BY_KMS}, (("HeadObject", OBJECT, KMS_TOLD),),
         {"SSEKMSKeyId": ("nobody", "KMS.NotFoundException"), "SSEKMSEncryptionContext": ("x", "InvalidArgument")}),
    Trip("CopyObject", {**OBJECT, "CopySource": "things/sealed", **CUSTOMER, **SOURCE},
         (("HeadObject", {**OBJECT, **CUSTOMER}, CUSTOMER_TOLD),),
         {**WRONG_KEY, "CopySourceSSECustomerKeyMD5": ("x", "InvalidArgument")}),
    Trip("CopyObject", {**OBJECT, "CopySource": "things/there", **BY_KMS}, (("HeadObject", OBJECT, KMS_TOLD),),
         {"SSEKMSKeyId": ("nobody", "KMS.NotFoundException")}),
]  # fmt: skip
