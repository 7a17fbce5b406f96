"""GetObjectAttributes, and tags of objects."""

# ruff: noqa: ARG002 every operation takes the call, as the control plane hands it over

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from netflux.aws.s3 import checksums, labels, members
from netflux.aws.s3.objects import Objects
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.resources.s3objects import Content, Version

_ATTRIBUTES = ("ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize")
_LARGEST_PAGE = 1000


class Attributes(Objects):
    """The part of S3's API that tells and changes what objects have besides their bytes."""

    @operation(
        f"{members.KEY} {members.CUSTOMER_KEY} VersionId MaxParts PartNumberMarker ObjectAttributes",
        neutral=members.PAYER,
    )
    async def get_object_attributes(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Those that are asked for."""
        asked = request.get("ObjectAttributes") or []
        if not asked or not {*asked} <= {*_ATTRIBUTES}:
            raise AwsError("InvalidArgument", "Invalid attribute name specified.")
        version, found = self.readable(request)
        self.check_key(version, request)
        answer: dict[str, Any] = {"LastModified": version.modified}
        if self.store.bucket(version.bucket).versioning:
            answer["VersionId"] = version.id
        all_of_them = {
            "ETag": found.etag.strip('"'),
            "Checksum": checksums.members(found.checksums) | {"ChecksumType": found.checksum_type},
            "StorageClass": version.description.storage_class,
            "ObjectSize": found.size,
        }
        if found.parts:
            all_of_them["ObjectParts"] = _parts(found, request)
        if not found.checksums:
            del all_of_them["Checksum"]
        return answer | {name: value for name, value in all_of_them.items() if name in asked}

    @operation(f"{members.KEY} VersionId", neutral=members.PAYER)
    async def get_object_tagging(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """The object's tags."""
        version, _ = self.readable(request)
        tags = [{"Key": key, "Value": value} for key, value in sorted(version.description.tags.items())]
        return {"TagSet": tags, **self.version_id(version)}

    @operation(
        f"{members.DOCUMENT} Key VersionId Tagging(TagSet(Key Value))",
        neutral=members.PAYER,
        only=members.ALGORITHMS,
    )
    async def put_object_tagging(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Replaces all tags."""
        version, _ = self.readable(request)
        tags = request["Tagging"].get("TagSet") or []
        labels.check_tags(tags, labels.OBJECT)
        return self._tagged(version, {tag["Key"]: tag.get("Value") or "" for tag in tags}, "ObjectTagging:Put")

    @operation(f"{members.KEY} VersionId")
    async def delete_object_tagging(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Removes all tags."""
        version, _ = self.readable(request)
        return self._tagged(version, {}, "ObjectTagging:Delete")

    def _tagged(self, version: Version, tags: dict[str, str], event: str) -> dict[str, Any]:
        self.store.put(replace(version, description=replace(version.description, tags=tags)), event=event)
        return self.version_id(version)

    def version_id(self, version: Version) -> dict[str, str]:
        """x-amz-version-id, where the bucket has versions."""
        return {"VersionId": version.id} if self.store.bucket(version.bucket).versioning else {}


def _parts(found: Content, request: Mapping[str, Any]) -> dict[str, Any]:
    """Parts of an object whose checksum is of the whole are only counted."""
    after, most = request.get("PartNumberMarker") or 0, request.get("MaxParts")
    size = _LARGEST_PAGE if most is None else min(most, _LARGEST_PAGE)
    rest = [part for part in found.parts if part.number > after]
    shown = rest[:size]
    answer: dict[str, Any] = {"TotalPartsCount": len(found.parts)}
    if found.checksum_type != checksums.COMPOSITE:
        return answer
    return answer | {
        "PartNumberMarker": after,
        "NextPartNumberMarker": shown[-1].number if shown else 0,
        "MaxParts": size,
        "IsTruncated": len(rest) > len(shown),
        "Parts": [
            {"PartNumber": part.number, "Size": part.size, **checksums.members(part.checksums)} for part in shown
        ],
    }
