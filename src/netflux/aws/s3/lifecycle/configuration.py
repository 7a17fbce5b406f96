"""Operations on a bucket's lifecycle configuration."""

# ruff: noqa: ARG002 every operation takes the call, as the control plane hands it over

from __future__ import annotations

from dataclasses import replace
from typing import Any

from netflux.aws.s3 import members
from netflux.aws.s3.lifecycle import expiry, rules
from netflux.aws.s3.store import Store
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError

_FILTER = "Prefix ObjectSizeGreaterThan ObjectSizeLessThan"
_RULE = (
    f"ID Prefix Status Filter({_FILTER} Tag(Key Value) And({_FILTER} Tags(Key Value))) "
    "Expiration(Date Days ExpiredObjectDeleteMarker) Transitions(Date Days StorageClass) "
    "NoncurrentVersionTransitions(NoncurrentDays StorageClass NewerNoncurrentVersions) "
    "NoncurrentVersionExpiration(NoncurrentDays NewerNoncurrentVersions) "
    "AbortIncompleteMultipartUpload(DaysAfterInitiation)"
)


class LifecycleConfiguration:
    """The part of S3's API that says when objects expire."""

    store: Store

    @operation(members.BUCKET)
    async def get_bucket_lifecycle_configuration(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """The rules as they were put, each with its id."""
        found = self.store.bucket(request["Bucket"]).lifecycle
        if not found:
            raise AwsError("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist", 404)
        return {**found, "Rules": rules.told(found["Rules"])}

    @operation(
        f"{members.BUCKET} ChecksumAlgorithm LifecycleConfiguration(Rules({_RULE})) TransitionDefaultMinimumObjectSize",
        only=members.ALGORITHMS,
    )
    async def put_bucket_lifecycle_configuration(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Replaces all rules."""
        bucket = self.store.bucket(request["Bucket"])
        found = rules.kept(request.get("LifecycleConfiguration") or {})
        smallest = request.get("TransitionDefaultMinimumObjectSize") or expiry.ALL_CLASSES
        if smallest not in (expiry.ALL_CLASSES, expiry.VARIES):
            raise AwsError("InvalidRequest", f"Invalid TransitionDefaultMinimumObjectSize found: {smallest}")
        told = {"TransitionDefaultMinimumObjectSize": smallest}
        self.store.put_bucket(replace(bucket, lifecycle={"Rules": found, **told}))
        return told

    @operation(members.BUCKET)
    async def delete_bucket_lifecycle(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Also when there is none."""
        self.store.put_bucket(replace(self.store.bucket(request["Bucket"]), lifecycle={}))
        return {}
