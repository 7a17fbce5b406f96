"""Operations on buckets and their configuration."""

# ruff: noqa: ARG002 every operation takes the call, as the control plane hands it over

from __future__ import annotations

import copy
import re
from dataclasses import replace
from typing import Any

from netflux.aws.s3 import accesscontrol, encryption, labels, members
from netflux.aws.s3.accesscontrol import Grant
from netflux.aws.s3.accesslists import AccessLists
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.controlplane.records import paging
from netflux.errors import AwsError
from netflux.resources.s3 import ENFORCED, Bucket, default_encryption
from netflux.resources.s3owner import canonical_id

# "General purpose bucket naming rules", S3 User Guide.
_NAME = re.compile(r"(?!xn--|sthree-)(?!.*\.\.)(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?<!-s3alias)")
_LARGEST_PAGE = 10_000  # buckets; "ListBuckets", S3 API Reference
_ONE_KIND = "There are buckets of one kind, in the region: leave it out."
_RULES = "ServerSideEncryptionConfiguration.Rules"


class Buckets(AccessLists):
    """The part of S3's API that concerns buckets."""

    @operation(
        "Bucket ACL ObjectOwnership ObjectLockEnabledForBucket "
        "CreateBucketConfiguration(LocationConstraint Tags(Key Value)) "
        "GrantFullControl GrantRead GrantReadACP GrantWrite GrantWriteACP",
        refused={
            "CreateBucketConfiguration.Location": _ONE_KIND,
            "CreateBucketConfiguration.Bucket": _ONE_KIND,
            "BucketNamespace": "Names are the account's own here anyway: leave it out.",
        },
    )
    async def create_bucket(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """A private bucket with all public access blocked, as AWS makes them since April 2023."""
        name = request["Bucket"]
        if not _NAME.fullmatch(name):
            raise AwsError("InvalidBucketName", "The specified bucket is not valid.")
        configuration = request.get("CreateBucketConfiguration") or {}
        region = self._region(configuration.get("LocationConstraint") or "", call)
        ownership = request.get("ObjectOwnership") or ENFORCED
        made = Bucket(name, region, self.clock.now(), ownership=ownership, owner=call.account)
        acl = self._first_list(made, request, call)
        found = self.store.find_bucket(name)
        if found is not None:
            return self._again(found, acl, call)
        tags = configuration.get("Tags") or []
        labels.check_tags(tags, labels.BUCKET, inside=call.access_key is None)
        tagged = {tag["Key"]: tag.get("Value") or "" for tag in tags}
        if request.get("ObjectLockEnabledForBucket"):
            made = replace(made, versioning="Enabled", object_lock={"ObjectLockEnabled": "Enabled"})
        self.store.put_bucket(replace(made, acl=acl, tags=tagged))
        return {"Location": self._location(made), "BucketArn": f"arn:aws:s3:::{name}"}

    def _region(self, constraint: str, call: Call) -> str:
        """Where the bucket is made ["CreateBucket"]: only in us-east-1 a request may leave it out."""
        stated = constraint or ("us-east-1" if call.region == "us-east-1" or call.access_key is None else "unspecified")
        if call.access_key is None and not constraint:
            return call.region
        if stated != call.region:
            raise AwsError(
                "IllegalLocationConstraintException",
                f"The {stated} location constraint is incompatible for the region specific endpoint this request was "
                "sent to.",
            )
        return stated

    def _first_list(self, bucket: Bucket, request: dict[str, Any], call: Call) -> list[Grant] | None:
        if not any(request.get(name) is not None for name in accesscontrol.MEMBERS):
            return None
        own = canonical_id(call.account)
        grants = accesscontrol.written(request, own, own)
        if bucket.ownership == ENFORCED and grants and not accesscontrol.only_owner(grants, call.account):
            raise AwsError(
                "InvalidBucketAclWithObjectOwnership",
                "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
            )
        return self.list_for(bucket, request, call.account)

    def _again(self, found: Bucket, acl: list[Grant] | None, call: Call) -> dict[str, Any]:
        """A bucket of this name is there: in us-east-1 its owner's request succeeds, and sets its list anew."""
        if self.owner(found, call) != call.account:
            raise AwsError(
                "BucketAlreadyExists",
                "The requested bucket name is not available. The bucket namespace is shared by all users of the "
                "system. Please select a different name and try again.",
                409,
            )
        if found.region != "us-east-1":
            raise AwsError(
                "BucketAlreadyOwnedByYou",
                "Your previous request to create the named bucket succeeded and you already own it.",
                409,
            )
        if found.ownership != ENFORCED:
            self.store.put_bucket(replace(found, acl=acl))
        return {"Location": self._location(found), "BucketArn": f"arn:aws:s3:::{found.name}"}

    def _location(self, bucket: Bucket) -> str:
        if bucket.region == "us-east-1":
            return f"/{bucket.name}"
        return f"http://{bucket.name}.s3.amazonaws.com/"

    @operation(members.BUCKET)
    async def head_bucket(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Whether it is there."""
        bucket = self.store.bucket(request["Bucket"])
        return {"BucketRegion": bucket.region, "BucketArn": f"arn:aws:s3:::{request['Bucket']}"}

    @operation(members.BUCKET)
    async def delete_bucket(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Only an empty bucket goes."""
        bucket = self.store.bucket(request["Bucket"])
        if self.store.index.keys(bucket.name):
            more = ". You must delete all versions in the bucket." if bucket.versioning else ""
            raise AwsError("BucketNotEmpty", f"The bucket you tried to delete is not empty{more}", 409)
        self.store.delete_bucket(request["Bucket"])
        return {}

    @operation("MaxBuckets ContinuationToken Prefix BucketRegion")
    async def list_buckets(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """All of the account's, by name."""
        buckets = [
            {"Name": bucket.name, "CreationDate": bucket.created, "BucketRegion": bucket.region}
            for bucket in self.store.buckets()
            if self.owner(bucket, call) == call.account
            and bucket.name.startswith(request.get("Prefix") or "")
            and request.get("BucketRegion") in {None, bucket.region}
        ]
        refusal = AwsError("InvalidArgument", "The continuation token provided is incorrect")
        size = request.get("MaxBuckets") or _LARGEST_PAGE
        shown, token = paging.page(buckets, request.get("ContinuationToken"), size, refusal)
        told = {"ContinuationToken": token or None, "Prefix": request.get("Prefix") or None}
        return {"Buckets": shown, "Owner": {"ID": canonical_id(call.account)}} | {
            name: value for name, value in told.items() if value is not None
        }

    @operation(members.BUCKET)
    async def get_bucket_location(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Absent for us-east-1, as ever."""
        region = self.store.bucket(request["Bucket"]).region
        return {} if region == "us-east-1" else {"LocationConstraint": region}

    @operation(members.BUCKET)
    async def get_bucket_encryption(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """As configured."""
        bucket = self.store.bucket(request["Bucket"])
        return {"ServerSideEncryptionConfiguration": copy.deepcopy(bucket.encryption)}

    @operation(
        f"{members.DOCUMENT} ServerSideEncryptionConfiguration(Rules("
        "ApplyServerSideEncryptionByDefault(SSEAlgorithm KMSMasterKeyID) BucketKeyEnabled "
        "BlockedEncryptionTypes(EncryptionType)))",
        only={**members.ALGORITHMS, f"{_RULES}.ApplyServerSideEncryptionByDefault.SSEAlgorithm": ("AES256", "aws:kms")},
    )
    async def put_bucket_encryption(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """What new objects are encrypted with where nobody says anything else."""
        given = request["ServerSideEncryptionConfiguration"]
        encryption.check_default(given)
        self.change(request, encryption=given)
        return {}

    @operation(members.BUCKET)
    async def delete_bucket_encryption(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Back to the default, which is AES256 as well."""
        self.change(request, encryption=default_encryption())
        return {}
