"""Origin access identities: users of S3 that distributions ask buckets as."""

# ruff: noqa: ARG002 every operation takes the call, as the control plane hands it over

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from netflux.aws.cloudfront.kinds import check_version, new_id
from netflux.aws.cloudfront.pages import page
from netflux.controlplane.call import Call
from netflux.controlplane.operation import declared, operation
from netflux.controlplane.records.documents import Documents
from netflux.errors import AwsError
from netflux.resources.cloudfront import DISTRIBUTION, IDENTITIES, ORIGIN_ACCESS_IDENTITY, OriginAccessIdentity

_MEMBER = "CloudFrontOriginAccessIdentityConfig"
_CONFIG = declared("CallerReference Comment")


class IdentityOperations:
    """Of CloudFront's API."""

    documents: Documents

    @operation(parts={_MEMBER: _CONFIG})
    def create_cloud_front_origin_access_identity(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """The same caller reference again gives the same identity."""
        table, config = self.documents.table(ORIGIN_ACCESS_IDENTITY), request[_MEMBER]
        for other in table.where("reference", config["CallerReference"]):
            if other.config == config:
                return _shown(other)
            told = "The caller reference was used for an identity with another comment."
            raise AwsError("CloudFrontOriginAccessIdentityAlreadyExists", told, 409)
        made = OriginAccessIdentity(new_id(), new_id(), config)
        table.put(made)
        return _shown(made)

    @operation("Id")
    def get_cloud_front_origin_access_identity(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """With its id as a user of S3."""
        return _shown(self.identity(request["Id"]))

    @operation("Id")
    def get_cloud_front_origin_access_identity_config(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Its configuration alone."""
        found = self.identity(request["Id"])
        return {_MEMBER: found.config, "ETag": found.etag}

    @operation("Id IfMatch", parts={_MEMBER: _CONFIG})
    def update_cloud_front_origin_access_identity(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Its comment can be changed."""
        found = self._checked_identity(request)
        if request[_MEMBER]["CallerReference"] != found.config["CallerReference"]:
            raise AwsError("IllegalUpdate", "The caller reference of an identity can't be changed.")
        changed = replace(found, config=request[_MEMBER], etag=new_id())
        self.documents.table(ORIGIN_ACCESS_IDENTITY).put(changed)
        return _shown(changed)

    @operation("Id IfMatch")
    def delete_cloud_front_origin_access_identity(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """One that no distribution asks as."""
        found = self._checked_identity(request)
        if users := list(self.documents.table(DISTRIBUTION).keys("uses", found.place)):
            told = f"The origin access identity {found.id} is used by {', '.join(users)}."
            raise AwsError("CloudFrontOriginAccessIdentityInUse", told, 409)
        self.documents.table(ORIGIN_ACCESS_IDENTITY).delete(found.id)
        return {}

    @operation("Marker MaxItems")
    def list_cloud_front_origin_access_identities(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """All, or a page."""
        items = [
            {"Id": one.id, "S3CanonicalUserId": one.canonical, "Comment": one.config["Comment"]}
            for one in self.documents.table(ORIGIN_ACCESS_IDENTITY)
        ]
        return {"CloudFrontOriginAccessIdentityList": page(items, request)}

    def identity(self, identifier: str) -> OriginAccessIdentity:
        """The identity of an id.

        Raises:
            AwsError: NoSuchCloudFrontOriginAccessIdentity.
        """
        found = self.documents.table(ORIGIN_ACCESS_IDENTITY).get(identifier)
        if found is None:
            told = f"The specified origin access identity does not exist: {identifier}"
            raise AwsError("NoSuchCloudFrontOriginAccessIdentity", told, 404)
        return found

    def named(self, place: str) -> OriginAccessIdentity:
        """The identity that an origin names.

        Raises:
            AwsError: InvalidOriginAccessIdentity.
        """
        found = self.documents.table(ORIGIN_ACCESS_IDENTITY).get(place.removeprefix(IDENTITIES))
        if found is None or found.place != place:
            told = f"The origin access identity {place} is invalid or doesn't exist."
            raise AwsError("InvalidOriginAccessIdentity", told)
        return found

    def _checked_identity(self, request: Mapping[str, Any]) -> OriginAccessIdentity:
        found = self.identity(request["Id"])
        check_version(request, found)
        return found


def _shown(found: OriginAccessIdentity) -> dict[str, Any]:
    told = {"Id": found.id, "S3CanonicalUserId": found.canonical, _MEMBER: found.config}
    return {"CloudFrontOriginAccessIdentity": told, "ETag": found.etag, "Location": found.id}
