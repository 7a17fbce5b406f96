"""How a resource differs from what it was when its stack last made or changed it. Pure.

What is compared is the resource's own description: of each property that the template gives, the member that its
service tells it by. What the service tells in no such member is not compared, and not said to be as expected.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from netflux.cloudformation.decide import plain
from netflux.cloudformation.types.table import Properties, Row

_LONGEST = 65_536
"""Characters of a description that is kept beside a resource; one that is longer is not compared."""
_SECRET = "{{resolve:"  # noqa: S105


@dataclass(frozen=True)
class Difference:
    """One property, by its path as a JSON pointer; `kind` is AWS's DifferenceType."""

    path: str
    expected: Any
    actual: Any
    kind: str


def described(row: Row, properties: Properties, item: Any) -> dict[str, Any]:
    """What a resource's description says of the properties that its template gives, by their names.

    Args:
        item: what reading gave.
    """
    if not isinstance(item, Mapping) or row.open:
        return {}
    names = {name.lower(): name for name in item}
    found = {}
    for name, value in properties.items():
        if _SECRET in json.dumps(value, default=str):  # what it stands for is in no document
            continue
        member = next((names[each.lower()] for each in _aliases(row, name) if each.lower() in names), None)
        if member is not None:
            found[name] = _own(item[member])
    text = json.dumps(found, default=str, sort_keys=True)
    kept: dict[str, Any] = json.loads(text) if len(text) <= _LONGEST else {}
    return kept


def _aliases(row: Row, name: str) -> Iterator[str]:
    yield name
    for step in (row.create, *row.updates):
        if name in step.renames:
            yield step.renames[name]


def _own(value: Any) -> Any:
    """Without the tags that CloudFormation itself puts, in an order that does not matter."""
    if isinstance(value, list):
        others = [each for each in value if not (isinstance(each, Mapping) and _system(each))]
        return sorted((_own(each) for each in others), key=lambda each: json.dumps(each, default=str, sort_keys=True))
    if isinstance(value, Mapping):
        return {name: _own(each) for name, each in value.items() if not str(name).startswith("aws:cloudformation:")}
    return value


def _system(tag: Mapping[str, Any]) -> bool:
    return str(tag.get("Key", tag.get("key", ""))).startswith("aws:cloudformation:")


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[Difference]:
    """What differs, innermost first where both are maps."""
    return list(_differing(dict(before), dict(now), ""))


def _differing(before: Any, now: Any, path: str) -> Iterator[Difference]:
    if isinstance(before, dict) and isinstance(now, dict):
        for name in sorted(before.keys() | now.keys()):
            place = f"{path}/{name if path.count('/') > 1 else name[:1].upper() + name[1:]}"
            if name not in now:
                yield Difference(place, before[name], None, "REMOVE")
            elif name not in before:
                yield Difference(place, None, now[name], "ADD")
            else:
                yield from _differing(before[name], now[name], place)
    elif before != now:
        yield Difference(path, before, now, "NOT_EQUAL")


def rendered(found: Difference) -> dict[str, str]:
    """A difference as DescribeStackResourceDrifts gives it."""
    values = asdict(found)
    return {
        "PropertyPath": found.path,
        "ExpectedValue": _text(values["expected"]),
        "ActualValue": _text(values["actual"]),
        "DifferenceType": found.kind,
    }


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def as_written(row: Row, properties: Properties, item: Any) -> dict[str, Any]:
    """What an imported resource should say of itself: its description, but for scalars that the template has others."""
    found = described(row, properties, item)
    for name, value in found.items():
        wanted = properties[name]
        if (
            isinstance(wanted, str | int | float)
            and isinstance(value, str | int | float)
            and plain(wanted) != plain(value)
        ):
            found[name] = wanted
    return found
