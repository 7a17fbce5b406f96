"""Tags of what is there: added, changed, removed, by the service's own calls."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from netflux.cloudformation.shape import fit
from netflux.cloudformation.types.table import TAGS, Caller, Facts, Row, as_list, fill
from netflux.controlplane.protocol import models


async def retag(call: Caller, row: Row, facts: Facts, before: Iterable[dict[str, Any]]) -> None:
    """Makes the tags what `facts.new` says, given those before."""
    tagging = row.tags
    if tagging is None:
        return
    old = {tag["Key"]: tag["Value"] for tag in before}
    new = {tag["Key"]: tag["Value"] for tag in as_list(facts.new.get(TAGS, []))}
    added = [{"Key": key, "Value": value} for key, value in new.items() if old.get(key) != value]
    removed = [key for key in old if key not in new]
    params = fill(tagging.params, facts)
    if added:
        shape = models.operation_model(row.service, tagging.add).input_shape.members[tagging.tags]
        await call(row.service, tagging.add, params | {tagging.tags: fit(added, shape, tagging.renames, TAGS)})
    if removed and tagging.keys:
        shape = models.operation_model(row.service, tagging.remove).input_shape.members[tagging.keys]
        await call(row.service, tagging.remove, params | {tagging.keys: fit(removed, shape, {}, TAGS)})
    elif removed:
        await call(row.service, tagging.remove, params | {tagging.tags: [{"Key": key} for key in removed]})
