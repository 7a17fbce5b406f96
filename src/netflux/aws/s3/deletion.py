"""Operations that delete objects and versions."""

# ruff: noqa: ARG002 every operation takes the call, as the control plane hands it over

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netflux.aws.s3 import members, preconditions, retention
from netflux.aws.s3.objects import Objects, check_version_id
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.resources.s3 import Bucket
from netflux.resources.s3objects import Description, Version

_LARGEST_BATCH = 1000  # keys; "DeleteObjects", S3 API Reference


class Deletion(Objects):
    """The part of S3's API that deletes objects."""

    @operation(
        f"{members.KEY} VersionId BypassGovernanceRetention IfMatch IfMatchLastModifiedTime IfMatchSize",
        neutral=members.PAYER,
        refused=members.NO_MFA,
    )
    async def delete_object(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Removes a version for good, or the object, which in a bucket with versioning gets a delete marker."""
        bucket = self.store.bucket(request["Bucket"])
        return self.deleted(bucket, request["Key"], request)

    @operation(
        f"{members.BUCKET} ChecksumAlgorithm BypassGovernanceRetention "
        "Delete(Objects(Key VersionId ETag LastModifiedTime Size) Quiet)",
        neutral=members.PAYER,
        refused=members.NO_MFA,
        only=members.ALGORITHMS,
    )
    async def delete_objects(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Up to 1,000 keys or versions; one that can't be deleted does not hold up the others."""
        bucket = self.store.bucket(request["Bucket"])
        wanted = request["Delete"].get("Objects") or []
        if not wanted or len(wanted) > _LARGEST_BATCH:
            raise retention.malformed()
        deleted: list[dict[str, Any]] = []
        errors: list[dict[str, Any]] = []
        with self.store.batch():
            for item in wanted:
                named: dict[str, Any] = {
                    name: item[name] for name in ("Key", "VersionId") if item.get(name) is not None
                }
                asked = {**item, "BypassGovernanceRetention": request.get("BypassGovernanceRetention")}
                try:
                    done = self.deleted(bucket, item["Key"], asked)
                except AwsError as error:
                    errors.append({**named, "Code": error.code, "Message": error.message})
                    continue
                if done.get("DeleteMarker"):
                    named |= {"DeleteMarker": True, "DeleteMarkerVersionId": done["VersionId"]}
                deleted.append(named)
        told = {} if request["Delete"].get("Quiet") else {"Deleted": deleted}
        return told | ({"Errors": errors} if errors else {})

    def deleted(self, bucket: Bucket, key: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        """The answer of DeleteObject.

        Args:
            asked: the request, or an entry of DeleteObjects.

        Raises:
            AwsError: PreconditionFailed; AccessDenied where the version is locked.
        """
        version_id = asked.get("VersionId")
        current = self.store.current(bucket.name, key)
        preconditions.check_delete(asked, current)
        if version_id is not None:
            check_version_id(version_id)
            found = self.store.version(bucket.name, key, version_id)
            if found is not None:
                self._unlocked(found, bypass=bool(asked.get("BypassGovernanceRetention")))
                self.store.remove([found], "ObjectRemoved:Delete")
            marker = {"DeleteMarker": True} if found is not None and found.content is None else {}
            return {"VersionId": version_id, **marker}
        if not bucket.versioning:
            if current is not None:
                self.store.remove([current], "ObjectRemoved:Delete")
            return {}
        version = self.made(bucket, key, Description(), None)
        self.store.put(version, event="ObjectRemoved:DeleteMarkerCreated")
        return {"DeleteMarker": True, "VersionId": version.id}

    def _unlocked(self, version: Version, *, bypass: bool) -> None:
        retention.check_delete(version.description, self.clock.calendar(), bypass=bypass)
