"""Operations on buckets and their configuration."""

# ruff: noqa: ARG002 every operation takes the call, as the control plane hands it over

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from netflux.aws.s3 import labels, members
from netflux.aws.s3.store import Store
from netflux.clock import Clock
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.controlplane.records import paging
from netflux.errors import AwsError
from netflux.policy.document import Policy, PolicyError, parse
from netflux.policy.public import is_public
from netflux.resources.s3 import BLOCKS, ENFORCED, Bucket, default_encryption

# "General purpose bucket naming rules", S3 User Guide.
_NAME = re.compile(r"(?!xn--|sthree-)(?!.*\.\.)(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?<!-s3alias)")
_LARGEST_POLICY = 20 * 1024  # bytes; "Bucket policies for Amazon S3", S3 User Guide
_LARGEST_PAGE = 10_000  # buckets; "ListBuckets", S3 API Reference
_OWNERSHIP = (ENFORCED,)
_ONE_KIND = "There are buckets of one kind, in the region: leave it out."
_RULES = "ServerSideEncryptionConfiguration.Rules"


def read_policy(bucket: Bucket) -> Policy | None:
    """The bucket's policy; it was parsed when it was put."""
    return _parsed(bucket.policy) if bucket.policy else None


@lru_cache(maxsize=256)
def _parsed(text: str) -> Policy:
    return parse(text, needs_principal=True)


class Buckets:
    """The part of S3's API that concerns buckets."""

    store: Store
    clock: Clock

    @operation(
        "Bucket ACL ObjectOwnership ObjectLockEnabledForBucket CreateBucketConfiguration(LocationConstraint Tags(Key Value))",
        refused={
            **members.GRANTS,
            "GrantWrite": members.GRANTS["GrantRead"],
            "CreateBucketConfiguration.Location": _ONE_KIND,
            "CreateBucketConfiguration.Bucket": _ONE_KIND,
            "BucketNamespace": "Names are the account's own here anyway: leave it out.",
        },
        only={"ObjectOwnership": _OWNERSHIP},
    )
    async def create_bucket(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """A private bucket with all public access blocked, as AWS makes them since April 2023."""
        name = request["Bucket"]
        if not _NAME.fullmatch(name):
            raise AwsError("InvalidBucketName", f"The specified bucket is not valid: {name}")
        configuration = request.get("CreateBucketConfiguration") or {}
        region = configuration.get("LocationConstraint") or call.region
        if region != call.region:
            raise AwsError(
                "IllegalLocationConstraintException",
                f"The {region} location constraint is incompatible for the region specific endpoint this request was "
                f"sent to ({call.region}).",
            )
        if self.store.find_bucket(name) is not None:
            if region == "us-east-1":
                return {"Location": f"/{name}"}
            raise AwsError(
                "BucketAlreadyOwnedByYou",
                f"Your previous request to create the named bucket succeeded and you already own it: {name}",
                409,
            )
        tags = configuration.get("Tags") or []
        labels.check_tags(tags, labels.BUCKET, inside=call.access_key is None)
        ownership = request.get("ObjectOwnership") or ENFORCED
        tagged = {tag["Key"]: tag.get("Value") or "" for tag in tags}
        made = Bucket(name, region, self.clock.now(), ownership=ownership, tags=tagged)
        if request.get("ObjectLockEnabledForBucket"):
            made = replace(made, versioning="Enabled", object_lock={"ObjectLockEnabled": "Enabled"})
        self.store.put_bucket(made)
        return {"Location": f"/{name}", "BucketArn": f"arn:aws:s3:::{name}"}

    @operation(members.BUCKET)
    async def head_bucket(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Whether it is there."""
        bucket = self.store.bucket(request["Bucket"])
        return {"BucketRegion": bucket.region, "BucketArn": f"arn:aws:s3:::{request['Bucket']}"}

    @operation(members.BUCKET)
    async def delete_bucket(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Only an empty bucket goes."""
        self.store.bucket(request["Bucket"])
        if self.store.index.keys(request["Bucket"]):
            raise AwsError(
                "BucketNotEmpty",
                "The bucket you tried to delete is not empty. You must delete all versions in the bucket."
                if self.store.bucket(request["Bucket"]).versioning
                else "The bucket you tried to delete is not empty",
                409,
            )
        self.store.delete_bucket(request["Bucket"])
        return {}

    @operation("MaxBuckets ContinuationToken Prefix BucketRegion")
    async def list_buckets(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """All of the account's, by name."""
        buckets = [
            {"Name": bucket.name, "CreationDate": bucket.created, "BucketRegion": bucket.region}
            for bucket in self.store.buckets()
            if bucket.name.startswith(request.get("Prefix") or "")
            and request.get("BucketRegion") in {None, bucket.region}
        ]
        refusal = AwsError("InvalidArgument", "The continuation token provided is incorrect")
        size = request.get("MaxBuckets") or _LARGEST_PAGE
        shown, token = paging.page(buckets, request.get("ContinuationToken"), size, refusal)
        told = {"ContinuationToken": token or None, "Prefix": request.get("Prefix") or None}
        return {"Buckets": shown, "Owner": {"ID": call.account}} | {
            name: value for name, value in told.items() if value is not None
        }

    @operation(members.BUCKET)
    async def get_bucket_location(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Absent for us-east-1, as ever."""
        region = self.store.bucket(request["Bucket"]).region
        return {} if region == "us-east-1" else {"LocationConstraint": region}

    @operation(members.BUCKET)
    async def get_bucket_policy(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """The text as it was put."""
        policy = self.store.bucket(request["Bucket"]).policy
        if not policy:
            raise AwsError("NoSuchBucketPolicy", "The bucket policy does not exist", 404)
        return {"Policy": policy}

    @operation(
        f"{members.DOCUMENT} Policy",
        neutral={"ConfirmRemoveSelfBucketAccess": "Whatever a policy says, the owner's root user may change it."},
        only=members.ALGORITHMS,
    )
    async def put_bucket_policy(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Refused when it can't be evaluated, or is public while such policies are blocked."""
        name, text = request["Bucket"], request["Policy"]
        bucket = self.store.bucket(name)
        if len(text.encode()) > _LARGEST_POLICY:
            raise AwsError("MalformedPolicy", "Policies must be at most 20 KB")
        try:
            policy = parse(text, needs_principal=True)
        except PolicyError as error:
            raise AwsError("MalformedPolicy", str(error)) from error
        _check_resources(policy, name)
        if bucket.public_access_block.get("BlockPublicPolicy") and is_public(policy):
            raise AwsError(
                "AccessDenied",
                f"s3:PutBucketPolicy on {name}: public policies are prevented by the BlockPublicPolicy setting in "
                "S3 Block Public Access.",
                403,
            )
        self.store.put_bucket(replace(bucket, policy=text))
        return {}

    @operation(members.BUCKET)
    async def delete_bucket_policy(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Also when there is none."""
        self._change(request, policy="")
        return {}

    @operation(members.BUCKET)
    async def get_bucket_policy_status(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Whether the policy is public."""
        policy = read_policy(self.store.bucket(request["Bucket"]))
        if policy is None:
            raise AwsError("NoSuchBucketPolicy", "The bucket policy does not exist", 404)
        return {"PolicyStatus": {"IsPublic": is_public(policy)}}

    @operation(members.BUCKET)
    async def get_public_access_block(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """The four settings."""
        blocks = self.store.bucket(request["Bucket"]).public_access_block
        if not blocks:
            raise AwsError(
                "NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found", 404
            )
        return {"PublicAccessBlockConfiguration": dict(blocks)}

    @operation(
        f"{members.DOCUMENT} PublicAccessBlockConfiguration({' '.join(BLOCKS)})",
        only=members.ALGORITHMS,
    )
    async def put_public_access_block(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """What is not named is off."""
        given = request["PublicAccessBlockConfiguration"]
        self._change(request, public_access_block={name: bool(given.get(name, False)) for name in BLOCKS})
        return {}

    @operation(members.BUCKET)
    async def delete_public_access_block(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """All off."""
        self._change(request, public_access_block={})
        return {}

    @operation(members.BUCKET)
    async def get_bucket_ownership_controls(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """The one rule."""
        return {"OwnershipControls": {"Rules": [{"ObjectOwnership": self.store.bucket(request["Bucket"]).ownership}]}}

    @operation(
        f"{members.DOCUMENT} OwnershipControls(Rules(ObjectOwnership))",
        refused={"OwnershipControls.Rules.ObjectOwnership": members.GRANTS["GrantRead"]},
        only={**members.ALGORITHMS, "OwnershipControls.Rules.ObjectOwnership": _OWNERSHIP},
    )
    async def put_bucket_ownership_controls(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Only BucketOwnerEnforced, since there are no ACLs here."""
        rules = request["OwnershipControls"]["Rules"]
        if len(rules) != 1:
            raise AwsError("MalformedXML", f"OwnershipControls has one rule, not {len(rules)}.")
        self._change(request, ownership=rules[0]["ObjectOwnership"])
        return {}

    @operation(members.BUCKET)
    async def get_bucket_acl(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """The owner's full control, which is all there is without ACLs."""
        self.store.bucket(request["Bucket"])
        owner = {"ID": call.account}
        return {
            "Owner": owner,
            "Grants": [{"Grantee": {**owner, "Type": "CanonicalUser"}, "Permission": "FULL_CONTROL"}],
        }

    @operation(
        f"{members.DOCUMENT} ACL",
        refused={
            **members.GRANTS,
            "GrantWrite": members.GRANTS["GrantRead"],
            "AccessControlPolicy": members.GRANTS["GrantRead"],
        },
        only=members.ALGORITHMS,
    )
    async def put_bucket_acl(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """`private` is what it already is; others were refused."""
        self._change(request)
        return {}

    @operation(members.BUCKET)
    async def get_bucket_encryption(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """As configured."""
        bucket = self.store.bucket(request["Bucket"])
        return {"ServerSideEncryptionConfiguration": copy.deepcopy(bucket.encryption)}

    @operation(
        f"{members.DOCUMENT} ServerSideEncryptionConfiguration(Rules("
        "ApplyServerSideEncryptionByDefault(SSEAlgorithm) BucketKeyEnabled BlockedEncryptionTypes(EncryptionType)))",
        refused={f"{_RULES}.ApplyServerSideEncryptionByDefault.KMSMasterKeyID": "Objects are not enciphered by keys."},
        only={**members.ALGORITHMS, f"{_RULES}.ApplyServerSideEncryptionByDefault.SSEAlgorithm": ("AES256",)},
    )
    async def put_bucket_encryption(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """AES256; what it means on this machine's disk is the disk's business."""
        self._change(request, encryption=request["ServerSideEncryptionConfiguration"])
        return {}

    @operation(members.BUCKET)
    async def delete_bucket_encryption(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Back to the default, which is AES256 as well."""
        self._change(request, encryption=default_encryption())
        return {}

    @operation(members.BUCKET)
    async def get_bucket_tagging(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """The tags, if any."""
        tags = self.store.bucket(request["Bucket"]).tags
        if not tags:
            raise AwsError("NoSuchTagSet", "The TagSet does not exist", 404)
        return {"TagSet": [{"Key": key, "Value": value} for key, value in tags.items()]}

    @operation(f"{members.DOCUMENT} Tagging(TagSet(Key Value))", only=members.ALGORITHMS)
    async def put_bucket_tagging(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Replaces all."""
        tags = request["Tagging"].get("TagSet") or []
        labels.check_tags(tags, labels.BUCKET, inside=call.access_key is None)
        self._change(request, tags={tag["Key"]: tag.get("Value") or "" for tag in tags})
        return {}

    @operation(members.BUCKET)
    async def delete_bucket_tagging(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Removes all."""
        self._change(request, tags={})
        return {}

    def _change(self, request: Mapping[str, Any], **settings: Any) -> None:
        self.store.put_bucket(replace(self.store.bucket(request["Bucket"]), **settings))


def _check_resources(policy: Policy, bucket: str) -> None:
    arn = f"arn:aws:s3:::{bucket}"
    for statement in policy.statements:
        for resource in statement.resources:
            if resource not in {arn, "*"} and not resource.startswith(f"{arn}/") and not _may_match(resource, arn):
                raise AwsError("MalformedPolicy", f"Policy has invalid resource: {json.dumps(resource)}")


def _may_match(resource: str, arn: str) -> bool:
    """A wildcard or variable before the end of the bucket's name may stand for it."""
    head = re.split(r"[*?]|\$\{", resource)[0]
    return head != resource and arn.startswith(head)
