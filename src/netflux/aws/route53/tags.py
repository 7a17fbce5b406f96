"""Tags of hosted zones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netflux.aws.route53 import shape
from netflux.aws.route53.tables import Tables
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.controlplane.tagging import Tagger
from netflux.errors import AwsError
from netflux.resources.route53.hostedzone import HostedZone

if TYPE_CHECKING:
    from types_boto3_route53.type_defs import (
        ChangeTagsForResourceRequestTypeDef,
        ListTagsForResourceRequestTypeDef,
        ListTagsForResourcesRequestTypeDef,
    )

_TAGS = Tagger("InvalidInput", "InvalidInput")


class Tags(Tables):
    """Operations on tags."""

    @operation("ResourceType ResourceId AddTags(Key Value) RemoveTagKeys")
    def change_tags_for_resource(self, call: Call, request: ChangeTagsForResourceRequestTypeDef) -> dict[str, Any]:
        """Adds some and removes others [ChangeTagsForResource]."""
        zone = self._tagged(request["ResourceType"], request["ResourceId"])
        added, removed = request.get("AddTags") or (), request.get("RemoveTagKeys") or ()
        if not added and not removed:
            raise AwsError("InvalidInput", "You must specify at least one of AddTags and RemoveTagKeys.")
        if any(not tag.get("Key") for tag in added):
            raise AwsError("InvalidInput", "A tag has no Key.")
        kept = {key: value for key, value in zone.tags.items() if key not in removed}
        self.zones.put(replace(zone, tags=_TAGS.merged(kept, _TAGS.read(added, own=call.access_key is None))))
        return {}

    @operation("ResourceType ResourceId")
    def list_tags_for_resource(self, _call: Call, request: ListTagsForResourceRequestTypeDef) -> dict[str, Any]:
        """Of one resource."""
        return {"ResourceTagSet": self._set(request["ResourceType"], request["ResourceId"])}

    @operation("ResourceType ResourceIds")
    def list_tags_for_resources(self, _call: Call, request: ListTagsForResourcesRequestTypeDef) -> dict[str, Any]:
        """Of up to ten resources."""
        ids: Sequence[str] = request["ResourceIds"]
        return {"ResourceTagSets": [self._set(request["ResourceType"], one) for one in ids]}

    def _set(self, kind: str, identity: str) -> dict[str, Any]:
        zone = self._tagged(kind, identity)
        return {"ResourceType": kind, "ResourceId": zone.id, "Tags": _TAGS.shown(zone.tags)}

    def _tagged(self, kind: str, identity: str) -> HostedZone:
        if kind == "healthcheck":
            said = f"No health check exists with the specified ID {shape.plain_id(identity)}"
            raise AwsError("NoSuchHealthCheck", said, 404)
        if "/" in identity:  # here AWS takes the bare id alone, other than everywhere else
            raise AwsError("NoSuchHostedZone", f"No hosted zone found with ID: {identity}", 404)
        return self.the_zone(identity)
