"""The operations on tags of load balancers, listeners, rules and target groups."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netflux.aws.elbv2.operations import TAGGER, Operations, Shape, tags_of
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.controlplane.records.table import Table
from netflux.errors import AwsError, Unsupported

if TYPE_CHECKING:
    from types_boto3_elbv2.type_defs import AddTagsInputTypeDef, DescribeTagsInputTypeDef, RemoveTagsInputTypeDef


class Tags(Operations):
    """Handlers."""

    @operation("ResourceArns Tags(Key Value)")
    def add_tags(self, call: Call, request: AddTagsInputTypeDef) -> Shape:
        """A tag replaces the one of the same key."""
        added = tags_of(call, request["Tags"])
        self._change(request["ResourceArns"], lambda tags: TAGGER.merged(tags, added))
        return {}

    @operation("ResourceArns TagKeys")
    def remove_tags(self, _call: Call, request: RemoveTagsInputTypeDef) -> Shape:
        """Keys that are not there make no difference."""
        leaving = {*request["TagKeys"]}
        self._change(
            request["ResourceArns"],
            lambda tags: {key: value for key, value in tags.items() if key not in leaving},
        )
        return {}

    @operation("ResourceArns")
    def describe_tags(self, _call: Call, request: DescribeTagsInputTypeDef) -> Shape:
        """In the order that was asked for."""
        found = [(arn, self._tagged(arn)[1]) for arn in request["ResourceArns"]]
        return {"TagDescriptions": [{"ResourceArn": arn, "Tags": TAGGER.shown(one.tags)} for arn, one in found]}

    def _change(self, arns: Sequence[str], change: Callable[[Mapping[str, str]], dict[str, str]]) -> None:
        for arn in arns:
            table, record = self._tagged(arn)
            table.put(replace(record, tags=change(record.tags)))

    def _tagged(self, arn: str) -> tuple[Table[Any], Any]:
        """The table of the resource's noun, and the resource."""
        kind = arn.partition("/")[0].rpartition(":")[2]
        if kind == "truststore":
            raise Unsupported(f"The trust store {arn}")
        nouns: dict[str, tuple[Table[Any], Callable[[str], Any]]] = {
            "loadbalancer": (self.desired.balancers, self.balancer),
            "listener": (self.desired.listeners, self.listener),
            "listener-rule": (self.desired.rules, self.rule),
            "targetgroup": (self.desired.groups, self.group),
        }
        if kind not in nouns:
            raise AwsError("ValidationError", f"'{arn}' is not a valid ARN of Elastic Load Balancing")
        table, find = nouns[kind]
        find(arn)
        return table, table.get(arn)
