"""Properties to API parameters, led by the service model: names differ in case, lists get counts, texts become numbers.

The model says what a call can carry, so a property that finds no member is refused by name and never dropped.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from netflux.cloudformation.intrinsics import UNKNOWN, function

Renames = Mapping[str, str]


class Uncarried(Exception):
    """A property that the API call has no member for.

    Args:
        path: the property as the template writes it, e.g. `DistributionConfig.Origins[0].Foo`.
    """

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


def member(name: str, shape: Any, renames: Renames) -> str | None:
    """The member of a structure that a property goes to; None when there is none.

    Args:
        renames: `Property` or `Shape.Property` to the member's name, where more than upper and lower case differs.
    """
    wanted = renames.get(f"{shape.name}.{name}") or renames.get(name) or name
    if wanted in shape.members:
        return wanted
    lower = wanted.lower()
    found: str | None = next((each for each in shape.members if each.lower() == lower), None)
    return found


def fit(value: Any, shape: Any, renames: Renames, path: str = "") -> Any:
    """The value in the shape's form. Functions not evaluated yet stay as they are.

    Raises Uncarried for a name that the shape lacks, ValueError for text that isn't the number or boolean wanted.
    """
    if value is UNKNOWN or (isinstance(value, dict) and function(value) is not None):
        return value
    kind: str = shape.type_name
    if kind in _CONTAINERS:
        return _CONTAINERS[kind](value, shape, renames, path)
    return _scalar(value, kind, path)


def _structure(value: Any, shape: Any, renames: Renames, path: str) -> Any:
    if isinstance(value, list) and "Items" in shape.members:
        return _items(value, shape, renames, path)
    if not isinstance(value, dict):
        if list(shape.members) == ["Value"]:
            return {"Value": fit(value, shape.members["Value"], renames, path)}
        raise ValueError(f"{path} must be an object")
    made = {}
    for name, each in value.items():
        place = f"{path}.{name}" if path else name
        found = member(name, shape, renames)
        if found is None:
            raise Uncarried(place)
        made[found] = fit(each, shape.members[found], renames, place)
    if "Quantity" in shape.members and "Quantity" not in made:
        made["Quantity"] = len(made.get("Items", ()))
    return made


def _items(value: list[Any], shape: Any, renames: Renames, path: str) -> dict[str, Any]:
    """CloudFront's lists are objects that say how many items they have."""
    made: dict[str, Any] = {}
    if "Quantity" in shape.members:
        made["Quantity"] = len(value)
    if value:
        made["Items"] = fit(value, shape.members["Items"], renames, path)
    if "Enabled" in shape.members:
        made["Enabled"] = bool(value)
    return made


def _list(value: Any, shape: Any, renames: Renames, path: str) -> list[Any]:
    items = value if isinstance(value, list) else [value]
    return [fit(each, shape.member, renames, f"{path}[{index}]") for index, each in enumerate(items)]


def _map(value: Any, shape: Any, renames: Renames, path: str) -> dict[str, Any]:
    if isinstance(value, list):
        value = {each["Key"]: each["Value"] for each in value}
    if not isinstance(value, dict):
        raise ValueError(f"{path} must be an object")  # noqa: TRY004, the value is the caller's, and so is the error
    return {key: fit(each, shape.value, renames, f"{path}.{key}") for key, each in value.items()}


_CONTAINERS: dict[str, Callable[[Any, Any, Renames, str], Any]] = {"structure": _structure, "list": _list, "map": _map}


def _scalar(value: Any, kind: str, path: str) -> Any:
    if kind == "boolean":
        if str(value).lower() not in ("true", "false"):
            raise ValueError(f"{path} must be true or false, not {value}")
        return str(value).lower() == "true"
    try:
        if kind in ("integer", "long"):
            return int(value)
        if kind in ("float", "double"):
            return float(value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path} must be a number, not {value}") from error
    return text(value) if kind == "string" else value


def text(value: Any) -> str:
    """A value where the API wants text: a policy document becomes JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return json.dumps(value, separators=(",", ":"))
    return str(value)
