"""What EC2's classes of handlers have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from netflux.aws.ec2.nouns import Noun, invalid
from netflux.clock import Clock
from netflux.controlplane.call import Call
from netflux.controlplane.records.documents import Documents
from netflux.controlplane.tagging import Tagger
from netflux.errors import AwsError
from netflux.resources.ec2.tables import Tables

TAGGER = Tagger("InvalidParameterValue", "TagLimitExceeded")
"""["Tag restrictions", Amazon EC2 user guide; the codes are those of "Error codes for the Amazon EC2 API"]."""

DRY_RUN = {"DryRun": "The kernel rehearses the call and takes it back."}
"""Of the members that every operation has, what makes no difference here."""


def no_pools(*members: str) -> dict[str, str]:
    """Members by which a block is taken from a pool of the account's own, as refused ones."""
    return dict.fromkeys(members, "There are no address pools here; name a block.")


_OURS = "netflux:"
"""Keys by which this region finds its own interfaces: users may not set them."""


class Part:
    """The operations of one noun; `Ec2Api` is made of these.

    Attributes:
        documents: of the region.
        tables: EC2's records.
        clock: tells when something was made.
    """

    documents: Documents
    tables: Tables
    clock: Clock

    def tags(self, call: Call, request: Mapping[str, Any], noun: Noun[Any]) -> dict[str, str]:
        """The tags that a creating request gives the noun.

        Raises:
            AwsError: they are for something else, reserved, or too many.
        """
        given: list[Mapping[str, str]] = []
        for one in request.get("TagSpecifications") or ():
            if not one.get("ResourceType"):
                raise AwsError("InvalidParameter", "Tag specification resource type must have a value")
            if not one.get("Tags"):
                raise AwsError("InvalidParameter", "Tag specification must have at least one tag")
            if one.get("ResourceType") != noun.type:
                raise invalid(
                    f"'{one.get('ResourceType')}' is not a valid taggable resource type for this operation. "
                    f"Use '{noun.type}'."
                )
            given += one.get("Tags") or ()
        return read_tags(call, given)


def shown_tags(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """As answers have them."""
    return TAGGER.shown(tags)


def read_tags(call: Call, given: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Tags of a request; AwsError where a key is reserved or stands twice."""
    tags = [*given]
    own = call.access_key is None
    for tag in tags:
        key = tag["Key"]
        if not own and key.lower().startswith(("aws:", _OURS)):
            reserved = key.partition(":")[0]
            raise invalid(f"Tag keys starting with '{reserved}:' are reserved for internal use")
    return TAGGER.read(tags, own)
