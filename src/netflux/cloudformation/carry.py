"""Which call carries which property, and the calls' parameters."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from netflux.cloudformation.intrinsics import function
from netflux.cloudformation.shape import Uncarried, fit, member
from netflux.cloudformation.types.table import TAGS, Facts, Properties, Row, Step, as_list, fill
from netflux.controlplane.protocol import models


def parameters(row: Row, step: Step, facts: Facts, changed: Collection[str] | None = None) -> list[dict[str, Any]]:
    """The parameters of each API call that the step needs.

    Args:
        changed: the properties that are to travel; None for all that the resource has.

    Raises Uncarried or ValueError, naming the property, when a value doesn't fit the call.
    """
    if step.build is not None:
        return list(step.build(facts))
    wanted = set(facts.new) if changed is None else set(changed) | set(step.always)
    made = _fitted(row, step, _prepared(row, facts.new), wanted)
    return [_merged(made, fill(step.params, facts), step.inside)]


def _prepared(row: Row, properties: Properties) -> Properties:
    return row.prepare(properties) if row.prepare else properties


def _merged(made: dict[str, Any], besides: dict[str, Any], inside: str) -> dict[str, Any]:
    whole = _deep(made, besides)
    return {inside: whole} if inside else whole


def _deep(left: dict[str, Any], right: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(left)
    for key, value in right.items():
        if isinstance(value, Mapping) and isinstance(merged.get(key), dict):
            merged[key] = _deep(merged[key], value)
        else:
            merged[key] = value
    return merged


def _input(row: Row, step: Step) -> Any:
    shape = models.operation_model(step.service or row.service, step.operation).input_shape
    return shape.members[step.inside] if step.inside else shape


def _fitted(row: Row, step: Step, properties: Properties, wanted: Collection[str]) -> dict[str, Any]:
    if not step.operation:
        return {}
    shape = _input(row, step)
    made: dict[str, Any] = {}
    for name, value in properties.items():
        known = properties is not None and (name in wanted or _made_by_prepare(name, wanted, row))
        if not known or not _travels(step, name):
            continue
        found = member(name, shape, step.renames)
        if found is not None:
            mapped = name == TAGS and isinstance(value, dict) and function(value) is None
            made[found] = fit(as_list(value) if mapped else value, shape.members[found], step.renames, name)
        elif name == TAGS and "TagSpecifications" in shape.members:
            if value:
                made["TagSpecifications"] = [{"ResourceType": row.tag_type, "Tags": value}]
        elif step.only is not None:
            raise Uncarried(name)
    return made


def _made_by_prepare(name: str, wanted: Collection[str], row: Row) -> bool:
    """A property that `prepare` derives travels with those it is derived from."""
    return row.prepare is not None and bool(set(row.consumed) & set(wanted)) and name not in row.consumed


def _travels(step: Step, name: str) -> bool:
    return step.only is None or name in step.only or name in step.always


def create_carries(row: Row, name: str) -> bool:
    """Whether the create call has a member for the property, or it asks for another one."""
    step = row.create
    if name in row.instead:
        return True
    if step.only is not None or not step.operation:
        return name in (step.only or ())
    shape = _input(row, step)
    if member(name, shape, step.renames) is not None:
        return True
    return name == TAGS and "TagSpecifications" in shape.members


def carried(row: Row, name: str) -> bool:
    """Whether anything carries the property when the resource is created."""
    return (
        row.open
        or name in row.consumed
        or create_carries(row, name)
        or any(name in (step.only or ()) for step in row.also)
    )


def uncarried(row: Row, properties: Properties) -> Iterator[str]:
    """The properties, down to the innermost, that AWS has and Netflux would drop. Functions are not looked into."""
    yield from (name for name in properties if not carried(row, name))
    prepared = _prepared(row, properties)
    for step in (row.create, *row.also):
        if step.build is None and step.ask is None:
            try:
                _fitted(row, step, prepared, set(prepared))
            except Uncarried as problem:
                yield problem.path
            except (ValueError, TypeError, KeyError, AttributeError) as problem:
                yield str(problem)
