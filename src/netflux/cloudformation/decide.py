"""What a change of properties means for a resource: nothing, an update in place, or another resource."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from netflux.cloudformation.intrinsics import has_unknown
from netflux.cloudformation.registry import Schema
from netflux.cloudformation.types.table import TAGS, Properties, Row, follow
from netflux.errors import AwsError


class Action(StrEnum):
    """What is done to a resource, in the change set's words."""

    NONE = "None"
    ADD = "Add"
    MODIFY = "Modify"
    REPLACE = "Replace"
    REMOVE = "Remove"


@dataclass(frozen=True)
class Change:
    """A decision and its reasons.

    Attributes:
        changed: the properties that differ.
        replacing: those among them that call for another resource.
        unknown: those among them that only carrying out will tell.
    """

    action: Action
    changed: tuple[str, ...] = ()
    replacing: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def compare(row: Row, schema: Schema, old: Properties, new: Properties) -> Change:
    """Decides between two states of a resource's evaluated properties.

    Raises AwsError naming the property that neither an update nor a replacement can bring about.
    """
    changed = tuple(name for name in sorted(old.keys() | new.keys()) if _differs(old.get(name), new.get(name)))
    if not changed:
        return Change(Action.NONE)
    for name in changed:
        if name in row.fixed or "*" in row.fixed:
            raise AwsError("ValidationError", row.fixed.get(name) or row.fixed["*"])
    replacing = tuple(name for name in changed if _replaces(row, schema, name, (old.get(name), new.get(name))))
    unknown = tuple(name for name in changed if has_unknown(new.get(name)))
    if replacing:
        _check_name(row, old, new)
        return Change(Action.REPLACE, changed, replacing, unknown)
    for name in changed:
        if not row.updatable(name):
            raise AwsError("ValidationError", f"{row.type}: Netflux can't update the property {name} of what is there.")
    return Change(Action.MODIFY, changed, (), unknown)


def _differs(old: Any, new: Any) -> bool:
    return has_unknown(new) or plain(old) != plain(new)


def plain(value: Any) -> Any:
    """`80`, `"80"` and `80.0` are one value to CloudFormation, and so are `true` and `"true"`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, int):
        return str(value)
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return value


def _replaces(row: Row, schema: Schema, name: str, values: tuple[Any, Any]) -> bool:
    if schema.create_only(name):
        return True
    old, new = values
    if any(plain(follow(old, path)) != plain(follow(new, path)) for path in schema.create_only_inside(name)):
        return True
    return schema.maybe_create_only(name) and not row.updatable(name)


def _check_name(row: Row, old: Properties, new: Properties) -> None:
    """AWS makes the new one before the old one goes, so both would have the same name."""
    if row.unique and row.named and row.named in new and old.get(row.named) == new[row.named]:
        raise AwsError(
            "ValidationError",
            "CloudFormation cannot update a stack when a custom-named resource requires replacing. "
            f"Rename {new[row.named]} and update the stack again.",
        )


def removed_defaults(row: Row, schema: Schema, old: Properties, new: Properties) -> Properties:
    """What the properties become that the template no longer has.

    Raises AwsError naming a property whose default is not known: keeping the old value would be untrue.
    """
    found: Properties = {}
    for name in old.keys() - new.keys():
        if name == TAGS or name in row.consumed or name in row.staying or row.open:
            continue
        steps = [step for step in row.updates if name in (step.only or ())]
        if any(step.whole for step in steps):
            continue
        stated = schema.default(name)
        default = next((step.defaults[name] for step in steps if name in step.defaults), stated)
        if default is None:
            raise AwsError(
                "ValidationError",
                f"{row.type}: the property {name} was removed, and Netflux doesn't know its default; set it instead.",
            )
        found[name] = default
    return found
