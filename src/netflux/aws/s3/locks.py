"""Operations on object lock."""

# ruff: noqa: ARG002 every operation takes the call, as the control plane hands it over

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

from netflux.aws.s3 import members, retention
from netflux.aws.s3.objects import Objects
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.resources.s3objects import Version

_EVENTS = "Retention ends at a date here: give RetainUntilDate, or Days or Years."
_BUCKET_EVENTS = {"ObjectLockConfiguration.Rule.DefaultRetention.DefaultEventHold": _EVENTS}
_OBJECT_EVENTS = {"Retention.EventHold": _EVENTS, "Retention.EventHoldDuration": _EVENTS}


class Locks(Objects):
    """The part of S3's API that keeps versions from being deleted."""

    @operation(members.BUCKET)
    async def get_object_lock_configuration(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """As it was put."""
        bucket = self.store.bucket(request["Bucket"])
        if not retention.enabled(bucket):
            raise AwsError(
                "ObjectLockConfigurationNotFoundError", "Object Lock configuration does not exist for this bucket", 404
            )
        return {"ObjectLockConfiguration": copy.deepcopy(bucket.object_lock)}

    @operation(
        f"{members.DOCUMENT} ObjectLockConfiguration(ObjectLockEnabled Rule(DefaultRetention(Mode Days Years)))",
        neutral=members.PAYER,
        refused={**_BUCKET_EVENTS, "Token": "Buckets get object lock without AWS Support's token: leave it out."},
        only=members.ALGORITHMS,
    )
    async def put_object_lock_configuration(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """For a bucket with versioning, which can't be suspended from then on."""
        bucket = self.store.bucket(request["Bucket"])
        found = retention.configuration(request.get("ObjectLockConfiguration") or {})
        if bucket.versioning != "Enabled":
            raise AwsError("InvalidBucketState", "Versioning must be 'Enabled' on the bucket to apply a Object Lock "
                           "configuration", 409)  # fmt: skip
        self.store.put_bucket(replace(bucket, object_lock=found))
        return {}

    @operation(f"{members.KEY} VersionId", neutral=members.PAYER)
    async def get_object_retention(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Until when, and how."""
        found = self._lockable(request).description.retention
        if found is None:
            raise _unset()
        return {"Retention": {"Mode": found.mode, "RetainUntilDate": found.until}}

    @operation(
        f"{members.DOCUMENT} Key VersionId BypassGovernanceRetention Retention(Mode RetainUntilDate)",
        neutral=members.PAYER,
        refused=_OBJECT_EVENTS,
        only=members.ALGORITHMS,
    )
    async def put_object_retention(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Longer always, shorter by who bypasses GOVERNANCE."""
        version, now = self._lockable(request), self.clock.calendar()
        given = retention.retained(request.get("Retention") or {}, now)
        bypass = bool(request.get("BypassGovernanceRetention"))
        retention.check_change(version.description.retention, given, now, bypass=bypass)
        self.store.put(replace(version, description=replace(version.description, retention=given)))
        return {}

    @operation(f"{members.KEY} VersionId", neutral=members.PAYER)
    async def get_object_legal_hold(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """ON or OFF."""
        found = self._lockable(request).description.legal_hold
        if not found:
            raise _unset()
        return {"LegalHold": {"Status": found}}

    @operation(f"{members.DOCUMENT} Key VersionId LegalHold(Status)", neutral=members.PAYER, only=members.ALGORITHMS)
    async def put_object_legal_hold(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Until it is taken off again."""
        version = self._lockable(request)
        status = (request.get("LegalHold") or {}).get("Status")
        if status not in (retention.ON, retention.OFF):
            raise retention.malformed()
        self.store.put(replace(version, description=replace(version.description, legal_hold=status)))
        return {}

    def _lockable(self, request: dict[str, Any]) -> Version:
        retention.require(self.store.bucket(request["Bucket"]))
        version, _ = self.readable(request)
        return version


def _unset() -> AwsError:
    return AwsError(
        "NoSuchObjectLockConfiguration", "The specified object does not have a ObjectLock configuration", 404
    )
