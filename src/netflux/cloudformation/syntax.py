"""Template text to plain values: JSON or YAML, with CloudFormation's short tags written out.

`!GetAtt A.B` and `{"Fn::GetAtt": ["A", "B"]}` come out the same, so everything after this module knows one form only.
"""

from __future__ import annotations

import json
from collections.abc import Hashable
from typing import Any

import yaml

from netflux.errors import AwsError

# The short forms of the user guide's "Intrinsic function reference".
_TAGS = frozenset({
    "And", "Base64", "Cidr", "Equals", "FindInMap", "GetAZs", "GetAtt", "If", "ImportValue", "Join", "Length", "Not",
    "Or", "Select", "Split", "Sub", "ToJsonString",
})  # fmt: skip


def malformed(message: str) -> AwsError:
    """The error of a template that can't be read as one."""
    return AwsError("ValidationError", f"Template format error: {message}")


class _Loader(yaml.SafeLoader):
    """SafeLoader without time stamps (`2010-09-09` stays text), with short tags, refusing a key given twice."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[str, Any]:
    loader.flatten_mapping(node)
    made: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, Hashable):
            raise yaml.constructor.ConstructorError(None, None, "a key must be text", key_node.start_mark)
        name = str(key)
        if name in made:
            raise yaml.constructor.ConstructorError(None, None, f"the key {name} is given twice", key_node.start_mark)
        made[name] = loader.construct_object(value_node, deep=True)
    return made


def _short(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = [loader.construct_object(each, deep=True) for each in node.value]
    elif isinstance(node, yaml.MappingNode):
        value = _mapping(loader, node)
    if suffix in {"Ref", "Condition"}:
        return {suffix: value}
    if suffix not in _TAGS:
        raise yaml.constructor.ConstructorError(None, None, f"the tag !{suffix} is unknown", node.start_mark)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {f"Fn::{suffix}": value}


_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)
_Loader.add_multi_constructor("!", _short)


def _twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, value in pairs:
        if key in made:
            raise malformed(f"JSON not well-formed. The key {key} is given twice")
        made[key] = value
    return made


def read(body: str) -> dict[str, Any]:
    """The template as plain values.

    Raises AwsError ValidationError naming the line and column when the text is neither JSON nor YAML, and when it is
    not a map of sections.
    """
    if body.lstrip().startswith("{"):
        try:
            value = json.loads(body, object_pairs_hook=_twice)
        except json.JSONDecodeError as error:
            raise malformed(
                f"JSON not well-formed. (line {error.lineno}, column {error.colno}): {error.msg}"
            ) from error
    else:
        try:
            value = yaml.load(body, _Loader)  # noqa: S506, the loader is a SafeLoader
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            place = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
            raise malformed(f"YAML not well-formed.{place}: {error.problem or error.context}") from error
        except yaml.YAMLError as error:
            raise malformed(f"YAML not well-formed: {error}") from error
    if not isinstance(value, dict):
        raise malformed("unsupported structure.")
    plain: dict[str, Any] = _plain(value)
    return plain


def _plain(value: Any) -> Any:
    """The long form with a dotted text is the short form's value as well."""
    if isinstance(value, dict):
        if len(value) == 1 and isinstance(value.get("Fn::GetAtt"), str):
            return {"Fn::GetAtt": value["Fn::GetAtt"].split(".", 1)}
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value
