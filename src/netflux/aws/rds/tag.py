"""Tags of DB instances, of the groups that they are in, and of snapshots."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netflux.aws.rds.parametergroup import ParameterGroupOperations
from netflux.aws.rds.part import TAGS, invalid, own
from netflux.aws.rds.snapshot import SnapshotOperations
from netflux.aws.rds.subnetgroup import SubnetGroupOperations
from netflux.aws.rds.subscription import SubscriptionOperations
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.controlplane.records.table import Table
from netflux.resources.rds import EventSubscription, Instance, OptionGroup, ParameterGroup, Snapshot, SubnetGroup

if TYPE_CHECKING:
    from types_boto3_rds.type_defs import (
        AddTagsToResourceMessageTypeDef,
        ListTagsForResourceMessageTypeDef,
        RemoveTagsFromResourceMessageTypeDef,
    )

Tagged = EventSubscription | Instance | OptionGroup | ParameterGroup | Snapshot | SubnetGroup


class TagOperations(ParameterGroupOperations, SubnetGroupOperations, SnapshotOperations, SubscriptionOperations):
    """Handlers of tags."""

    @operation("ResourceName Tags(Key Value)")
    def add_tags_to_resource(self, call: Call, request: AddTagsToResourceMessageTypeDef) -> dict[str, Any]:
        """A tag replaces the one of its key."""
        found, table = self._tagged(call, request["ResourceName"])
        table.put(replace(found, tags=TAGS.merged(found.tags, TAGS.read(request["Tags"], own(call)))))
        return {}

    @operation("ResourceName TagKeys")
    def remove_tags_from_resource(self, call: Call, request: RemoveTagsFromResourceMessageTypeDef) -> dict[str, Any]:
        """Keys that the resource has not are no error."""
        found, table = self._tagged(call, request["ResourceName"])
        kept = {key: value for key, value in found.tags.items() if key not in request["TagKeys"]}
        table.put(replace(found, tags=kept))
        return {}

    @operation("ResourceName", refused={"Filters": "Leave it out: AWS has none for it."})
    def list_tags_for_resource(self, call: Call, request: ListTagsForResourceMessageTypeDef) -> dict[str, Any]:
        """In the order in which they were set."""
        found, _ = self._tagged(call, request["ResourceName"])
        return {"TagList": TAGS.shown(found.tags)}

    def _tagged(self, call: Call, arn: str) -> tuple[Tagged, Table[Any]]:
        parts = arn.split(":", 6)
        if len(parts) != 7 or [*parts[:3], *parts[3:5]] != ["arn", "aws", "rds", call.region, call.account]:
            raise invalid(f"Invalid resource name: {arn}")
        finds: Mapping[str, tuple[Callable[[str], Tagged], Table[Any]]] = {
            "db": (self.known, self.instances.table),
            "subgrp": (self.subnet_group, self.subnet_groups),
            "snapshot": (lambda name: self.snapshot(call, name), self.instances.snapshots),
            "es": (self.subscription, self.subscriptions),
            "og": (lambda name: self.option_group(call, name), self.option_groups),
            "pg": (lambda name: self.parameter_group(call, name), self.parameter_groups),
        }
        if parts[5] not in finds:
            raise invalid(
                f"Invalid resource name: {arn}. Tags are kept for DB instances, snapshots, subnet and parameter groups."
            )
        find, table = finds[parts[5]]
        return find(parts[6]), table
