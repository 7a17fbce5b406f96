"""Operations on a bucket's versioning."""

# ruff: noqa: ARG002 every operation takes the call, as the control plane hands it over

from __future__ import annotations

from dataclasses import replace
from typing import Any

from netflux.aws.s3 import members, retention
from netflux.aws.s3.store import Store
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError


class Versioning:
    """The part of S3's API that says whether a bucket keeps versions."""

    store: Store

    @operation(members.BUCKET)
    async def get_bucket_versioning(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Nothing where it was never put."""
        bucket = self.store.bucket(request["Bucket"])
        told = {"Status": bucket.versioning, "MFADelete": bucket.mfa_delete}
        return {name: value for name, value in told.items() if value}

    @operation(
        f"{members.DOCUMENT} VersioningConfiguration(Status MFADelete)",
        refused={"MFA": members.NO_MFA["MFA"]},
        only={**members.ALGORITHMS, "VersioningConfiguration.MFADelete": ("Disabled",)},
    )
    async def put_bucket_versioning(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Enabled, or Suspended: what is there stays."""
        bucket = self.store.bucket(request["Bucket"])
        asked = request.get("VersioningConfiguration") or {}
        status = asked.get("Status")
        if status not in ("Enabled", "Suspended"):
            raise AwsError("IllegalVersioningConfigurationException", "The Versioning element must be specified")
        if status == "Suspended" and retention.enabled(bucket):
            raise AwsError(
                "InvalidBucketState",
                "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.",
                409,
            )
        mfa = asked.get("MFADelete", bucket.mfa_delete)
        self.store.put_bucket(replace(bucket, versioning=status, mfa_delete=mfa))
        return {}
