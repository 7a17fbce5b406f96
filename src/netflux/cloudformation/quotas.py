"""AWS's quotas for a template: counts, names and texts ("CloudFormation quotas" in the user guide)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from netflux.cloudformation.syntax import malformed

RESOURCES = 500
_COUNTS = {"Resources": RESOURCES, "Parameters": 200, "Outputs": 200, "Mappings": 200}
_ATTRIBUTES = 200
"""Of a mapping."""
_NAME = 255
"""Characters of the name of a resource, parameter, output, mapping or attribute of one."""
_DESCRIPTION = 1024
"""Bytes."""
PARAMETER = 4096
"""Bytes of a parameter's value."""
REFERENCES = 60
"""Dynamic references of a template."""


def check(body: str, sections: Mapping[str, Any]) -> None:
    """Raises AwsError ValidationError for the first quota that the template goes beyond."""
    for name, most in _COUNTS.items():
        _check_count(name, sections.get(name), most)
    for name, mapping in _each(sections.get("Mappings")):
        _check_attributes(name, mapping)
        for key, attributes in _each(mapping):
            _check_attributes(f"{name}.{key}", attributes)
    _check_description("Description", sections.get("Description"))
    for section in ("Outputs", "Parameters"):
        for name, value in _each(sections.get(section)):
            _check_description(f"[/{section}/{name}] Description", value.get("Description"))
    found = body.count("{{resolve:")
    if found > REFERENCES:
        raise malformed(f"Number of dynamic references, {found}, is greater than maximum allowed, {REFERENCES}")


def _each(section: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """The maps of a section by name; what has another form is told elsewhere."""
    if isinstance(section, dict):
        yield from ((name, value) for name, value in section.items() if isinstance(value, dict))


def _check_count(name: str, section: Any, most: int) -> None:
    if isinstance(section, dict):
        if len(section) > most:
            raise malformed(f"Number of {name.lower()}, {len(section)}, is greater than maximum allowed, {most}")
        _check_names(name, section)


def _check_names(section: str, named: Mapping[str, Any]) -> None:
    for name in named:
        if len(name) > _NAME:
            raise malformed(f"[/{section}/{name[:_NAME]}…] a name can have at most {_NAME} characters.")


def _check_attributes(name: str, attributes: Mapping[str, Any]) -> None:
    if len(attributes) > _ATTRIBUTES:
        raise malformed(
            f"Number of attributes of the mapping {name}, {len(attributes)}, is greater than maximum allowed, "
            f"{_ATTRIBUTES}"
        )
    _check_names("Mappings", attributes)


def _check_description(place: str, value: Any) -> None:
    if value is None:
        return
    if not isinstance(value, str | int | float):
        raise malformed(f"{place} must be text.")
    if len(str(value).encode()) > _DESCRIPTION:
        raise malformed(f"{place} can have at most {_DESCRIPTION} bytes.")
