"""Operations on who may use a bucket: its policy, its public access block, and who owns what is put there."""

# ruff: noqa: ARG002 every operation takes the call, as the control plane hands it over

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any

from netflux.aws.s3 import accesscontrol, members
from netflux.aws.s3.configuration import Configured
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.policy.document import Policy, PolicyError, parse
from netflux.policy.public import is_public
from netflux.resources.s3 import BLOCKS, ENFORCED, Bucket

_LARGEST_POLICY = 20 * 1024  # bytes; "Bucket policies for Amazon S3", S3 User Guide


def read_policy(bucket: Bucket) -> Policy | None:
    """The bucket's policy; it was parsed when it was put."""
    return _parsed(bucket.policy) if bucket.policy else None


@lru_cache(maxsize=256)
def _parsed(text: str) -> Policy:
    return parse(text, needs_principal=True)


class Policies(Configured):
    """The part of S3's API that concerns who may use a bucket."""

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
        if any(statement.allow and statement.not_principals for statement in policy.statements):
            raise AwsError("MalformedPolicy", "Allow with NotPrincipal is not allowed.")
        if bucket.public_access_block.get("BlockPublicPolicy") and is_public(policy):
            raise AwsError(
                "AccessDenied",
                f"s3:PutBucketPolicy on {name}: public policies are prevented by the BlockPublicPolicy setting in "
                "S3 Block Public Access.",
                403,
            )
        self.change(request, policy=text)
        return {}

    @operation(members.BUCKET)
    async def delete_bucket_policy(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Also when there is none."""
        self.change(request, policy="")
        return {}

    @operation(members.BUCKET)
    async def get_bucket_policy_status(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Whether the policy is public; a bucket without one answers as AWS's does, with the policy's error."""
        bucket = self.store.bucket(request["Bucket"])
        policy = read_policy(bucket)
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
        self.change(request, public_access_block={name: bool(given.get(name, False)) for name in BLOCKS})
        return {}

    @operation(members.BUCKET)
    async def delete_public_access_block(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """All off."""
        self.change(request, public_access_block={})
        return {}

    @operation(members.BUCKET)
    async def get_bucket_ownership_controls(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """The one rule."""
        ownership = self.store.bucket(request["Bucket"]).ownership
        if not ownership:
            raise AwsError("OwnershipControlsNotFoundError", "The bucket ownership controls were not found", 404)
        return {"OwnershipControls": {"Rules": [{"ObjectOwnership": ownership}]}}

    @operation(f"{members.DOCUMENT} OwnershipControls(Rules(ObjectOwnership))", only=members.ALGORITHMS)
    async def put_bucket_ownership_controls(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """BucketOwnerEnforced only while the bucket's list grants nobody else anything."""
        rules = request["OwnershipControls"]["Rules"]
        if len(rules) != 1:
            raise AwsError("MalformedXML", f"OwnershipControls has one rule, not {len(rules)}.")
        ownership, bucket = rules[0]["ObjectOwnership"], self.store.bucket(request["Bucket"])
        if (
            ownership == ENFORCED
            and bucket.acl is not None
            and not accesscontrol.only_owner(bucket.acl, self.owner(bucket, call))
        ):
            raise AwsError(
                "InvalidBucketAclWithObjectOwnership", "Bucket cannot have ACLs set with ObjectOwnership's "
                "BucketOwnerEnforced setting",
            )  # fmt: skip
        self.change(request, ownership=ownership)
        return {}

    @operation(members.BUCKET)
    async def delete_bucket_ownership_controls(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """From now on who puts an object owns it."""
        self.change(request, ownership="")
        return {}


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
