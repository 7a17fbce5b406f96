"""AWS::S3::Bucket with its whole row of properties, and AWS::S3::BucketPolicy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from netflux.aws.destinations import Destinations
from netflux.aws.happening import Happenings
from netflux.aws.s3.announcing import Announcing
from netflux.aws.s3.api import S3Api
from netflux.aws.s3.body import Bodies
from netflux.aws.s3.store import Store
from netflux.clock import Clock
from netflux.errors import AwsError
from tests.cloudformation.cloud import ACCOUNT, Cloud

QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:told"
TEMPLATE = f"""
Resources:
  Logs:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: logs
      AccessControl: LogDeliveryWrite
      OwnershipControls: {{Rules: [{{ObjectOwnership: ObjectWriter}}]}}
  Bucket:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: whole
      Tags: [{{Key: team, Value: a}}]
      PublicAccessBlockConfiguration: {{BlockPublicPolicy: "false", BlockPublicAcls: true}}
      VersioningConfiguration: {{Status: Enabled}}
      AccelerateConfiguration: {{AccelerationStatus: Suspended}}
      BucketEncryption:
        ServerSideEncryptionConfiguration:
          - BucketKeyEnabled: "true"
            ServerSideEncryptionByDefault: {{SSEAlgorithm: aws:kms, KMSMasterKeyID: alias/mine}}
      LifecycleConfiguration:
        Rules:
          - {{Id: old, Status: Enabled, Prefix: a/, ExpirationInDays: "30", NoncurrentVersionExpirationInDays: 7,
              Transitions: [{{StorageClass: GLACIER, TransitionInDays: 5}}],
              TagFilters: [{{Key: k, Value: v}}]}}
          - {{Status: Enabled, AbortIncompleteMultipartUpload: {{DaysAfterInitiation: 1}},
              NoncurrentVersionExpiration: {{NoncurrentDays: 3, NewerNoncurrentVersions: 2}}}}
      LoggingConfiguration: {{DestinationBucketName: !Ref Logs, LogFilePrefix: log/}}
      CorsConfiguration:
        CorsRules: [{{Id: one, AllowedMethods: [GET], AllowedOrigins: ["*"], MaxAge: "5", ExposedHeaders: [ETag]}}]
      WebsiteConfiguration:
        IndexDocument: index.html
        ErrorDocument: error.html
        RoutingRules:
          - RoutingRuleCondition: {{HttpErrorCodeReturnedEquals: 404}}
            RedirectRule: {{HostName: example.com, HttpRedirectCode: 302}}
      NotificationConfiguration:
        EventBridgeConfiguration: {{EventBridgeEnabled: true}}
        QueueConfigurations:
          - Queue: {QUEUE}
            Event: s3:ObjectCreated:*
            Filter: {{S3Key: {{Rules: [{{Name: prefix, Value: a/}}]}}}}
  Locked:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: locked
      ObjectLockEnabled: true
      ObjectLockConfiguration:
        ObjectLockEnabled: Enabled
        Rule: {{DefaultRetention: {{Mode: GOVERNANCE, Days: "1"}}}}
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Bucket
      PolicyDocument:
        Version: "2012-10-17"
        Statement: [{{Effect: Deny, Principal: "*", Action: "s3:*", Resource: !Sub "${{Bucket.Arn}}/*",
                      Condition: {{Bool: {{"aws:SecureTransport": false}}}}}}]
Outputs:
  Arn: {{Value: !GetAtt Bucket.Arn}}
  Domain: {{Value: !GetAtt Bucket.DomainName}}
  Regional: {{Value: !GetAtt Bucket.RegionalDomainName}}
  DualStack: {{Value: !GetAtt Bucket.DualStackDomainName}}
  Website: {{Value: !GetAtt Bucket.WebsiteURL}}
"""
BARE = """
Resources:
  Logs: {Type: AWS::S3::Bucket, Properties: {BucketName: logs}}
  Bucket: {Type: AWS::S3::Bucket, Properties: {BucketName: whole}}
"""


@pytest.fixture(autouse=True)
def s3(cloud: Cloud, tmp_path: Path) -> S3Api:
    api = S3Api(Store(cloud.documents, Bodies(tmp_path / "objects")), Clock(), cloud.apis)
    destinations = Destinations()
    destinations.register("sqs", lambda _: None)
    api.announcing = Announcing(destinations, Happenings(), api.clock, ACCOUNT)
    cloud.apis.register(api)
    return api


async def _get(cloud: Cloud, noun: str, bucket: str = "whole") -> Any:
    return await cloud.apis.call("s3", f"Get{noun}", {"Bucket": bucket})


async def test_every_property_reaches_the_bucket(cloud: Cloud) -> None:
    stack = await cloud.create(TEMPLATE)
    assert stack["StackStatus"] == "CREATE_COMPLETE", await cloud.reasons()
    outputs = {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}
    assert outputs == {
        "Arn": "arn:aws:s3:::whole",
        "Domain": "whole.s3.us-east-1.localhost",
        "Regional": "whole.s3.us-east-1.localhost",
        "DualStack": "whole.s3.dualstack.us-east-1.localhost",
        "Website": "http://whole.s3-website-us-east-1.localhost",
    }
    assert (await _get(cloud, "BucketVersioning"))["Status"] == "Enabled"
    assert (await _get(cloud, "BucketAccelerateConfiguration"))["Status"] == "Suspended"
    blocks = (await _get(cloud, "PublicAccessBlock"))["PublicAccessBlockConfiguration"]
    assert (blocks["BlockPublicPolicy"], blocks["BlockPublicAcls"]) == (False, True)
    (rule,) = (await _get(cloud, "BucketEncryption"))["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule == {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/mine"},
        "BucketKeyEnabled": True,
    }
    first, second = (await _get(cloud, "BucketLifecycleConfiguration"))["Rules"]
    assert first["Filter"] == {"And": {"Prefix": "a/", "Tags": [{"Key": "k", "Value": "v"}]}}
    assert (first["ID"], first["Expiration"], first["NoncurrentVersionExpiration"]) == (
        "old", {"Days": 30}, {"NoncurrentDays": 7}
    )  # fmt: skip
    assert first["Transitions"] == [{"StorageClass": "GLACIER", "Days": 5}]
    assert second["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
    assert second["NoncurrentVersionExpiration"] == {"NoncurrentDays": 3, "NewerNoncurrentVersions": 2}
    logging = {"TargetBucket": "logs", "TargetPrefix": "log/"}
    assert (await _get(cloud, "BucketLogging"))["LoggingEnabled"] == logging
    (cors,) = (await _get(cloud, "BucketCors"))["CORSRules"]
    assert cors == {
        "ID": "one", "AllowedMethods": ["GET"], "AllowedOrigins": ["*"], "MaxAgeSeconds": 5, "ExposeHeaders": ["ETag"]
    }  # fmt: skip
    website = await _get(cloud, "BucketWebsite")
    assert (website["IndexDocument"], website["ErrorDocument"]) == ({"Suffix": "index.html"}, {"Key": "error.html"})
    assert website["RoutingRules"] == [
        {"Condition": {"HttpErrorCodeReturnedEquals": "404"},
         "Redirect": {"HostName": "example.com", "HttpRedirectCode": "302"}}
    ]  # fmt: skip
    notifications = await _get(cloud, "BucketNotificationConfiguration")
    (queue,) = notifications["QueueConfigurations"]
    assert (queue["QueueArn"], queue["Events"]) == (QUEUE, ["s3:ObjectCreated:*"])
    assert queue["Filter"] == {"Key": {"FilterRules": [{"Name": "prefix", "Value": "a/"}]}}
    assert "EventBridgeConfiguration" in notifications
    lock = (await _get(cloud, "ObjectLockConfiguration", "locked"))["ObjectLockConfiguration"]
    assert lock["Rule"] == {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}
    permissions = {grant["Permission"] for grant in (await _get(cloud, "BucketAcl", "logs"))["Grants"]}
    assert permissions == {"FULL_CONTROL", "WRITE", "READ_ACP"}


async def test_what_a_template_has_no_more_is_taken_back(cloud: Cloud) -> None:
    await cloud.create(TEMPLATE)
    stack = await cloud.update(BARE)
    assert stack["StackStatus"] == "UPDATE_COMPLETE", await cloud.reasons()
    assert (await _get(cloud, "BucketVersioning"))["Status"] == "Suspended"
    for noun in ("BucketLifecycleConfiguration", "BucketCors", "BucketWebsite", "BucketPolicy"):
        with pytest.raises(AwsError, match="NoSuch"):
            await _get(cloud, noun)
    assert await _get(cloud, "BucketLogging") == {}
    assert await _get(cloud, "BucketNotificationConfiguration") == {}
    (rule,) = (await _get(cloud, "BucketEncryption"))["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert len((await _get(cloud, "BucketAcl", "logs"))["Grants"]) == 1
    await cloud.cf("DeleteStack", StackName="s")
    await cloud.settled("s")
    assert (await cloud.apis.call("s3", "ListBuckets", {}))["Buckets"] == []


async def test_a_list_without_ownership_controls_fails_as_on_aws(cloud: Cloud) -> None:
    stack = await cloud.create(
        "Resources: {B: {Type: AWS::S3::Bucket, Properties: {BucketName: lists, AccessControl: PublicRead}}}"
    )
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced" in "".join(await cloud.reasons())
