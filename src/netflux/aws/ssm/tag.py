"""Tags of parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netflux.aws.ssm.part import TAGS, Part, inside
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.resources.ssm import Parameter

if TYPE_CHECKING:
    from types_boto3_ssm.type_defs import (
        AddTagsToResourceRequestTypeDef,
        ListTagsForResourceRequestTypeDef,
        RemoveTagsFromResourceRequestTypeDef,
    )

_ONLY: Mapping[str, tuple[object, ...]] = {"ResourceType": ("Parameter",)}
"""Nothing else of Systems Manager is here."""


class TagOperations(Part):
    """Handlers of tags."""

    @operation("ResourceType ResourceId Tags(Key Value)", only=_ONLY)
    def add_tags_to_resource(self, call: Call, request: AddTagsToResourceRequestTypeDef) -> dict[str, Any]:
        """A tag replaces the one of its key."""
        parameter = self._tagged(request)
        added = TAGS.read(request["Tags"], inside(call))
        self.kept.parameters.put(replace(parameter, tags=TAGS.merged(parameter.tags, added)))
        return {}

    @operation("ResourceType ResourceId TagKeys", only=_ONLY)
    def remove_tags_from_resource(
        self,
        call: Call,  # noqa: ARG002
        request: RemoveTagsFromResourceRequestTypeDef,
    ) -> dict[str, Any]:
        """Keys that the parameter has not are no error."""
        parameter = self._tagged(request)
        left = {name: value for name, value in parameter.tags.items() if name not in request["TagKeys"]}
        self.kept.parameters.put(replace(parameter, tags=left))
        return {}

    @operation("ResourceType ResourceId", only=_ONLY)
    def list_tags_for_resource(self, call: Call, request: ListTagsForResourceRequestTypeDef) -> dict[str, Any]:  # noqa: ARG002
        """All of them."""
        return {"TagList": TAGS.shown(self._tagged(request).tags)}

    def _tagged(self, request: Mapping[str, Any]) -> Parameter:
        found = self.kept.find(request["ResourceId"].strip())
        if found is None:
            raise AwsError(
                "InvalidResourceId",
                f"The resource ID isn't valid: there is no parameter {request['ResourceId']}. Verify that you entered "
                "the correct ID and try again.",
            )
        return found
