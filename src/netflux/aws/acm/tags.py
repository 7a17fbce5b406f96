"""Tags of certificates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netflux.aws.acm.tables import Tables
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.controlplane.tagging import Tagger

if TYPE_CHECKING:
    from types_boto3_acm.type_defs import (
        AddTagsToCertificateRequestTypeDef,
        ListTagsForCertificateRequestTypeDef,
        ListTagsForResourceRequestTypeDef,
        RemoveTagsFromCertificateRequestTypeDef,
        TagResourceRequestTypeDef,
        UntagResourceRequestTypeDef,
    )

TAGS = Tagger("InvalidTagException", "TooManyTagsException")


class Tags(Tables):
    """Operations on tags, each under its older and its newer name."""

    @operation("CertificateArn Tags(Key Value)")
    def add_tags_to_certificate(self, call: Call, request: AddTagsToCertificateRequestTypeDef) -> dict[str, Any]:
        """Adds tags, and replaces those of the same keys."""
        return self._add(call, request["CertificateArn"], request["Tags"])  # type: ignore[arg-type]

    @operation("ResourceArn Tags(Key Value)")
    def tag_resource(self, call: Call, request: TagResourceRequestTypeDef) -> dict[str, Any]:
        """Adds tags, and replaces those of the same keys."""
        return self._add(call, request["ResourceArn"], request["Tags"])  # type: ignore[arg-type]

    @operation("CertificateArn Tags(Key Value)")
    def remove_tags_from_certificate(
        self, _call: Call, request: RemoveTagsFromCertificateRequestTypeDef
    ) -> dict[str, Any]:
        """Takes tags away; one that is given with a value only where it has it [RemoveTagsFromCertificate]."""
        found = self.the_certificate(request["CertificateArn"])
        gone = {tag["Key"]: tag.get("Value") for tag in request["Tags"]}
        kept = {
            key: value for key, value in found.tags.items() if gone.get(key, "") not in (None, value) or key not in gone
        }
        self.certificates.put(replace(found, tags=kept))
        return {}

    @operation("ResourceArn TagKeys")
    def untag_resource(self, _call: Call, request: UntagResourceRequestTypeDef) -> dict[str, Any]:
        """Takes tags away."""
        found = self.the_certificate(request["ResourceArn"])
        kept = {key: value for key, value in found.tags.items() if key not in request["TagKeys"]}
        self.certificates.put(replace(found, tags=kept))
        return {}

    @operation("CertificateArn")
    def list_tags_for_certificate(self, _call: Call, request: ListTagsForCertificateRequestTypeDef) -> dict[str, Any]:
        """All of a certificate's."""
        return {"Tags": TAGS.shown(self.the_certificate(request["CertificateArn"]).tags)}

    @operation("ResourceArn")
    def list_tags_for_resource(self, _call: Call, request: ListTagsForResourceRequestTypeDef) -> dict[str, Any]:
        """All of a certificate's."""
        return {"Tags": TAGS.shown(self.the_certificate(request["ResourceArn"]).tags)}

    def _add(self, call: Call, arn: str, tags: Sequence[Mapping[str, str]]) -> dict[str, Any]:
        found = self.the_certificate(arn)
        self.certificates.put(
            replace(found, tags=TAGS.merged(found.tags, TAGS.read(tags, own=call.access_key is None)))
        )
        return {}
