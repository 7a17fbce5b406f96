"""Tags of all of EC2's nouns: they stand in each noun's record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netflux.aws.ec2.filters import Filters, page
from netflux.aws.ec2.nouns import BY_PREFIX, NOUNS, Noun
from netflux.aws.ec2.part import DRY_RUN, TAGGER, Part, read_tags
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError

if TYPE_CHECKING:
    from types_boto3_ec2.type_defs import DescribeTagsRequestTypeDef

_MOST = 1000
"""Resources of one call ["CreateTags", Amazon EC2 API reference]."""

Tag = tuple[str, str, str, str]
"""Resource type, id, key and value."""

_FILTERS = Filters[Tag](
    {
        "key": lambda tag: tag[2],
        "resource-id": lambda tag: tag[1],
        "resource-type": lambda tag: tag[0],
        "value": lambda tag: tag[3],
        "tag-key": lambda tag: tag[2],
        "tag-value": lambda tag: tag[3],
    },
    lambda tag: {tag[2]: tag[3]},
)


class Tags(Part):
    """CreateTags, DeleteTags, DescribeTags."""

    @operation("Resources Tags(Key Value)", neutral=DRY_RUN)
    def create_tags(self, call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
        """All resources get the tags, or none does where one is missing."""
        added = read_tags(call, request["Tags"])
        for noun, record in self._tagged(request["Resources"]):
            noun.table(self.documents).put(replace(record, tags=TAGGER.merged(record.tags, added)))
        return {}

    @operation("Resources Tags(Key Value)", neutral=DRY_RUN)
    def delete_tags(self, call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
        """The tags that are named, of that value where one is said; all of the user's where none is named."""
        wanted = request.get("Tags")
        read_tags(call, [{"Key": tag["Key"], "Value": tag.get("Value") or ""} for tag in wanted or ()])
        for noun, record in self._tagged(request["Resources"]):
            left = {key: value for key, value in record.tags.items() if not _named(key, value, wanted)}
            noun.table(self.documents).put(replace(record, tags=left))
        return {}

    def _tagged(self, resources: Iterable[str]) -> list[tuple[Noun[Any], Any]]:
        given = [*dict.fromkeys(resources)]
        if len(given) > _MOST:
            raise AwsError("InvalidParameterValue", f"At most {_MOST} resources may be named; {len(given)} were.")
        return [(noun := _noun(identity), noun.get(self.documents, identity)) for identity in given]

    @operation("Filters(Name Values) MaxResults NextToken", neutral=DRY_RUN)
    def describe_tags(self, _call: Call, request: DescribeTagsRequestTypeDef) -> dict[str, Any]:
        """Every tag of every noun."""
        conditions = request.get("Filters")
        found = _FILTERS.passing(self._all(conditions or ()), conditions)
        told = [
            {"ResourceType": kind, "ResourceId": identity, "Key": key, "Value": value}
            for kind, identity, key, value in found
        ]
        return page(request, told, "Tags", least=5)

    def _all(self, conditions: Iterable[Mapping[str, Any]]) -> Iterator[Tag]:
        """All tags, or those of the ids that a filter names."""
        ids = next((one.get("Values") or [] for one in conditions if one.get("Name") == "resource-id"), None)
        if ids is not None and not any(set(identity) & {"*", "?", "\\"} for identity in ids):
            for identity in dict.fromkeys(ids):
                noun = BY_PREFIX.get(identity.partition("-")[0])
                if noun is not None and (record := noun.table(self.documents).get(identity)) is not None:
                    yield from _of(noun, record)
            return
        for noun in NOUNS:
            for record in noun.table(self.documents):
                yield from _of(noun, record)


def _noun(identity: str) -> Noun[Any]:
    noun = BY_PREFIX.get(identity.partition("-")[0])
    if noun is None:
        raise AwsError("InvalidID", f"The ID '{identity}' is not valid")
    return noun


def _of(noun: Noun[Any], record: Any) -> Iterator[Tag]:
    identity = noun.schema.key(record)
    for key, value in record.tags.items():
        yield noun.type, identity, key, value


def _named(key: str, value: str, wanted: Any) -> bool:
    """Whether DeleteTags means the tag. Those of AWS's own services and of this region go only when they are named."""
    if not wanted:
        return not key.lower().startswith(("aws:", "netflux:"))
    return any(tag["Key"] == key and tag.get("Value") in (None, value) for tag in wanted)
