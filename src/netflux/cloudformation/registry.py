"""The registry's schemas, out of the files that cfn-lint ships; cfn-lint itself, which takes seconds, is not."""

from __future__ import annotations

import functools
import importlib.util
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netflux.cloudformation.intrinsics import function

_PREFIX = "/properties/"
_CUSTOM = "AWS::CloudFormation::CustomResource"


def _folder() -> Path:
    spec = importlib.util.find_spec("cfnlint")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("cfn-lint is not installed: its schemas are needed; run `make install`")
    return Path(spec.submodule_search_locations[0]) / "data" / "schemas"


@functools.cache
def _index(region: str) -> dict[str, str]:
    path = _folder() / "providers" / f"{region}.json"
    if not path.exists():
        path = _folder() / "providers" / "us-east-1.json"
    index: dict[str, str] = json.loads(path.read_text())
    return index


@dataclass(frozen=True)
class Schema:
    """A resource type's schema: what may be written, and which changes need a new resource."""

    type: str
    body: Mapping[str, Any]

    @property
    def properties(self) -> Mapping[str, Any]:
        """The top-level properties by name."""
        found: Mapping[str, Any] = self.body.get("properties", {})
        return found

    def create_only(self, prop: str) -> bool:
        """Whether any change inside the property replaces the resource."""
        return f"{_PREFIX}{prop}" in self.body.get("createOnlyProperties", ())

    def create_only_inside(self, prop: str) -> list[list[str]]:
        """Paths below the property whose change replaces the resource."""
        paths = self.body.get("createOnlyProperties", ())
        start = f"{_PREFIX}{prop}/"
        return [path.removeprefix(start).split("/") for path in paths if path.startswith(start)]

    def maybe_create_only(self, prop: str) -> bool:
        """Whether AWS replaces the resource for some changes of the property."""
        paths = self.body.get("conditionalCreateOnlyProperties", ())
        return any(path == f"{_PREFIX}{prop}" or path.startswith(f"{_PREFIX}{prop}/") for path in paths)

    def read_only(self, prop: str) -> bool:
        """Whether the property is an attribute, which a template may not set."""
        return f"{_PREFIX}{prop}" in self.body.get("readOnlyProperties", ())

    def gives(self, attribute: str) -> bool:
        """Whether GetAtt may ask for it; what a custom resource gives is its author's to say."""
        return custom(self.type) or attribute.split(".", maxsplit=1)[0] in self.properties

    @property
    def system_tags(self) -> bool:
        """Whether CloudFormation puts its own `aws:` tags on resources of the type."""
        return self.body.get("tagging", {}).get("cloudFormationSystemTags") is True

    def default(self, prop: str) -> Any:
        """The default that the schema states, or None."""
        return self.resolve(self.properties.get(prop, {})).get("default")

    def problems(self, properties: Mapping[str, Any]) -> Iterator[str]:
        """What AWS refuses in the properties as they are written; what functions will give is not looked into."""
        if custom(self.type):
            return
        yield from self._problems(properties, self.body, "")
        for name in properties:
            if name in self.properties and self.read_only(name):
                yield f"Encountered read-only property {name}"

    def texts(self, properties: dict[str, Any]) -> dict[str, Any]:
        """Evaluated properties with numbers and booleans as text wherever the type wants text alone."""
        found: dict[str, Any] = self._texts(properties, self.body)
        return found

    def _texts(self, value: Any, schema: Mapping[str, Any]) -> Any:
        schema = self.resolve(schema)
        if isinstance(value, list):
            items = schema.get("items")
            return [self._texts(each, items) for each in value] if isinstance(items, Mapping) else value
        if isinstance(value, dict):
            return {key: self._texts(each, self._below(schema, key)) for key, each in value.items()}
        if isinstance(value, bool | int | float) and schema.get("type") == "string":
            return str(value).lower() if isinstance(value, bool) else str(value)
        return value

    def _below(self, schema: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        found = schema.get("properties", {}).get(key)
        if found is None:
            found = next(iter(schema.get("patternProperties", {}).values()), {})
        return found if isinstance(found, Mapping) else {}

    def resolve(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """Follows $ref."""
        while "$ref" in schema:
            found: Any = self.body
            for part in schema["$ref"].removeprefix("#/").split("/"):
                found = found.get(part, {})
            schema = found
        return schema

    def _problems(self, value: Any, schema: Mapping[str, Any], path: str) -> Iterator[str]:
        schema = self.resolve(schema)
        if isinstance(value, list):
            items = schema.get("items")
            if isinstance(items, Mapping):
                for index, each in enumerate(value):
                    yield from self._problems(each, items, f"{path}[{index}]")
        elif isinstance(value, dict) and function(value) is None:
            yield from self._object_problems(value, schema, path)

    def _object_problems(self, value: dict[str, Any], schema: Mapping[str, Any], path: str) -> Iterator[str]:
        known = schema.get("properties")
        if not known:
            return
        closed = schema.get("additionalProperties") is False and not schema.get("patternProperties")
        for name, each in value.items():
            place = f"{path}.{name}" if path else name
            if name in known:
                yield from self._problems(each, known[name], place)
            elif closed:
                yield f"Encountered unsupported property {place}"
        for name in schema.get("required", ()):
            if name not in value:
                yield f"Property {path + '.' if path else ''}{name} cannot be empty."


def custom(type_name: str) -> bool:
    """Whether whoever wrote the template makes the resource, and not AWS ("AWS::CloudFormation::CustomResource")."""
    return type_name.startswith("Custom::") or type_name == _CUSTOM


@functools.cache
def schema(region: str, type_name: str) -> Schema | None:
    """The schema of a type in a region; None when AWS has no such type there."""
    name = _index(region).get(_CUSTOM if custom(type_name) else type_name)
    if name is None:
        return None
    return Schema(type_name, json.loads((_folder() / "resources" / f"{name}.json").read_text()))
