"""Operations on a bucket's server access log."""

# ruff: noqa: ARG002 every operation takes the call, as the control plane hands it over

from __future__ import annotations

import copy
from typing import Any

from netflux.aws.s3 import members
from netflux.aws.s3.configuration import Configured
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError

_ENABLED = "BucketLoggingStatus.LoggingEnabled"


class Logged(Configured):
    """The part of S3's API that concerns access logs."""

    @operation(members.BUCKET)
    async def get_bucket_logging(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Where the log goes, if there is one."""
        found = self.store.bucket(request["Bucket"]).logging
        return {"LoggingEnabled": copy.deepcopy(found)} if found else {}

    @operation(
        f"{members.DOCUMENT} BucketLoggingStatus(LoggingEnabled(TargetBucket TargetPrefix "
        "TargetObjectKeyFormat(SimplePrefix PartitionedPrefix(PartitionDateSource))))",
        refused={f"{_ENABLED}.TargetGrants": "Write a policy of the target bucket that lets others read."},
        only=members.ALGORITHMS,
    )
    async def put_bucket_logging(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Requests are logged from now on, or no more."""
        enabled = request["BucketLoggingStatus"].get("LoggingEnabled") or {}
        bucket = self.store.bucket(request["Bucket"])
        if enabled:
            target = self.store.find_bucket(enabled["TargetBucket"])
            if target is None or self.owner(target, call) != self.owner(bucket, call):
                raise AwsError("InvalidTargetBucketForLogging", "The target bucket for logging does not exist")
            form = enabled.get("TargetObjectKeyFormat")
            if form is not None and len(form) != 1:
                raise AwsError("MalformedXML", "TargetObjectKeyFormat is a SimplePrefix or a PartitionedPrefix.")
        self.change(request, logging=enabled)
        return {}
