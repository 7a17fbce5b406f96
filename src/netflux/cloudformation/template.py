"""A template: its sections checked, its resources as declarations."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from netflux.cloudformation import declared, forms, quotas
from netflux.cloudformation.registry import custom
from netflux.cloudformation.syntax import malformed, read
from netflux.errors import AwsError

_SECTIONS = frozenset({
    "AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Mappings", "Conditions", "Resources",
    "Outputs", "Rules",
})  # fmt: skip
_REFUSED_SECTIONS = ("Transform", "Hooks")
_ATTRIBUTES = frozenset({
    "Type", "Properties", "DependsOn", "Condition", "DeletionPolicy", "UpdateReplacePolicy", "Metadata",
})  # fmt: skip
_UNGRANTED = ("CreationPolicy", "UpdatePolicy")
POLICIES = ("Delete", "Retain", "RetainExceptOnCreate", "Snapshot")


@dataclass(frozen=True)
class Declaration:
    """A resource as the template declares it, its properties still with their functions.

    Attributes:
        depends_on: what DependsOn names; what functions refer to is found by `graph`.
        deletion_policy: what becomes of it when the stack no longer has it: as written, so a function it may be, and
            nothing where nothing is; `scene.wanted` evaluates it.
        creation_policy: how many signals it waits for, and how long, with its functions.
        ungranted: the attributes that few types take here.
    """

    logical: str
    type: str
    properties: dict[str, Any]
    depends_on: tuple[str, ...] = ()
    condition: str | None = None
    deletion_policy: Any = None
    update_replace_policy: Any = None
    metadata: dict[str, Any] = field(default_factory=dict)
    creation_policy: Any = None
    ungranted: tuple[str, ...] = ()

    @property
    def told(self) -> dict[str, Any]:
        """The properties, with the CreationPolicy beside them for the types that read it."""
        return self.properties | ({} if self.creation_policy is None else {"CreationPolicy": self.creation_policy})


@dataclass(frozen=True)
class Template:
    """The whole template; `body` is the text it was read from, which GetTemplate gives back unchanged.

    Attributes:
        transforms: those that are still to be done; an outline has them.
    """

    body: str
    description: str | None
    metadata: dict[str, Any]
    parameters: dict[str, dict[str, Any]]
    mappings: dict[str, dict[str, dict[str, Any]]]
    conditions: dict[str, Any]
    resources: dict[str, Declaration]
    outputs: dict[str, dict[str, Any]]
    rules: dict[str, dict[str, Any]] = field(default_factory=dict)
    transforms: tuple[str, ...] = ()


_REMEMBERED = 4_000_000
"""Characters of the templates that are remembered; their values take ten times as many bytes."""
_templates: dict[str, Template] = {}
_lock = threading.Lock()


def remembered(body: str) -> Template | None:
    """The template, where it was read not long ago."""
    with _lock:
        found = _templates.pop(body, None)
        if found is not None:
            _templates[body] = found
        return found


def parse(body: str) -> Template:
    """Reads a template. Nobody changes what it returns, so the newest are remembered.

    Raises AwsError ValidationError for what AWS refuses, and for sections that Netflux lacks.
    """
    found = remembered(body)
    if found is None:
        found = _read(body)
        with _lock:
            _templates[body] = found
            while len(_templates) > 1 and sum(map(len, _templates)) > _REMEMBERED:
                del _templates[next(iter(_templates))]
    return found


def _read(body: str) -> Template:
    if not body.strip():
        raise AwsError("ValidationError", "Template body must not be empty.")
    sections = read(body)
    place = next(forms.nulls(sections, ""), None)
    if place is not None:
        raise AwsError("ValidationError", f"[{place}] 'null' values are not allowed in templates")
    for refused in _REFUSED_SECTIONS:
        if refused in sections:
            raise malformed(f"the section {refused} is not supported by Netflux.")
    unknown = [name for name in sections if name not in _SECTIONS]
    if unknown:
        raise malformed(f"Invalid template property or properties [{', '.join(unknown)}]")
    version = sections.get("AWSTemplateFormatVersion", "2010-09-09")
    if str(version) != "2010-09-09":
        raise malformed(f"{version} is not a supported value for AWSTemplateFormatVersion.")
    resources = _section(sections, "Resources")
    if not resources:
        raise malformed("At least one Resources member must be defined.")
    quotas.check(body, sections)
    parameters = _maps(sections, "Parameters")
    declared.check(parameters)
    return Template(
        body=body,
        description=_described(sections),
        metadata=_section(sections, "Metadata"),
        parameters=parameters,
        mappings=_mappings(_maps(sections, "Mappings")),
        conditions=_section(sections, "Conditions"),
        resources={name: _declaration(name, value) for name, value in resources.items()},
        outputs=_outputs(_maps(sections, "Outputs")),
        rules=_maps(sections, "Rules"),
    )


def outline(body: str, sections: dict[str, Any], transforms: Sequence[str]) -> Template:
    """What is known of a template before its transforms: what it is given, and which types it names."""
    resources = {
        name: Declaration(name, each["Type"], {})
        for name, each in _section(sections, "Resources").items()
        if isinstance(each, dict) and isinstance(each.get("Type"), str)
    }
    parameters = _maps(sections, "Parameters")
    declared.check(parameters)
    return Template(
        body, _described(sections), _section(sections, "Metadata"), parameters, {}, {}, resources, {},
        transforms=tuple(transforms),
    )  # fmt: skip


def _section(sections: dict[str, Any], name: str) -> dict[str, Any]:
    value = sections.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise malformed(f"Any {name} member must be an object.")
    return value


def _maps(sections: dict[str, Any], name: str) -> dict[str, dict[str, Any]]:
    value = _section(sections, name)
    for key, each in value.items():
        if not isinstance(each, dict):
            raise malformed(f"[/{name}/{key}] must be an object.")
    return value


def _described(sections: dict[str, Any]) -> str | None:
    description = sections.get("Description")
    return None if description is None else str(description)


def _mappings(mappings: dict[str, dict[str, Any]]) -> dict[str, dict[str, dict[str, Any]]]:
    for mapping in mappings.values():
        for key, attributes in mapping.items():
            if not isinstance(attributes, dict):
                raise malformed(f"Every Mappings member {key} must be a map")
            if any(isinstance(each, dict) for each in attributes.values()):
                raise malformed("Every Mappings attribute must be a String or a List.")
    return mappings


def _outputs(outputs: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    for name, output in outputs.items():
        if "Value" not in output:
            raise malformed("Every Outputs member must contain a Value object")
        for key in output:
            if key not in {"Value", "Description", "Export", "Condition"}:
                raise malformed(f"Output {name} is malformed. Encountered unsupported key {key}.")
        _check_condition(output)
        export = output.get("Export", {"Name": ""})
        if not isinstance(export, dict) or set(export) != {"Name"}:
            raise malformed(f"Output {name} is malformed. Export takes a Name.")
    return outputs


def _declaration(name: str, value: Any) -> Declaration:
    if not (name.isalnum() and name.isascii()):
        raise malformed(f"Resource name {name} is non alphanumeric.")
    if not isinstance(value, dict):
        raise malformed(f"[/Resources/{name}] Every Resources object must contain a Type member.")
    if not isinstance(value.get("Type"), str):
        raise malformed(f"[/Resources/{name}] Every Resources object must contain a Type member.")
    for key in value:
        if key not in _ATTRIBUTES and key not in _UNGRANTED and not (key == "Version" and custom(value["Type"])):
            raise AwsError("ValidationError", f"Invalid template resource property '{key}'")
    depends_on = value.get("DependsOn", [])
    if isinstance(depends_on, str):
        depends_on = [depends_on]
    if not isinstance(depends_on, list) or not all(isinstance(each, str) for each in depends_on):
        raise malformed(f"Resource {name}: DependsOn must be a name or a list of names.")
    properties, metadata = value.get("Properties") or {}, value.get("Metadata") or {}
    if not isinstance(properties, dict) or not isinstance(metadata, dict):
        raise malformed(f"Resource {name}: Properties and Metadata must be objects.")
    _check_condition(value)
    return Declaration(
        logical=name,
        type=value["Type"],
        properties=properties,
        depends_on=tuple(depends_on),
        condition=value.get("Condition"),
        deletion_policy=_policy(name, value, "DeletionPolicy"),
        update_replace_policy=_policy(name, value, "UpdateReplacePolicy"),
        metadata=metadata,
        creation_policy=value.get("CreationPolicy"),
        ungranted=tuple(key for key in _UNGRANTED if key in value),
    )


def _check_condition(value: dict[str, Any]) -> None:
    if not isinstance(value.get("Condition", ""), str):
        raise malformed("Every Condition member must be a string.")


def _policy(name: str, value: dict[str, Any], attribute: str) -> Any:
    policy = value.get(attribute)
    if not (policy is None or (isinstance(policy, dict) and len(policy) == 1)):
        check_policy(name, attribute, policy)
    return policy


def check_policy(logical: str, attribute: str, policy: Any) -> None:
    """Raises AwsError ValidationError for a deletion policy that there is not."""
    if policy not in POLICIES:
        raise malformed(f"Unrecognized {attribute} {policy} for resource {logical}")
