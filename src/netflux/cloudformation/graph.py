"""What depends on what: found in the functions and in DependsOn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from netflux.cloudformation.intrinsics import variables
from netflux.cloudformation.syntax import malformed
from netflux.cloudformation.template import Template
from netflux.errors import AwsError


@dataclass(frozen=True)
class Needs:
    """The resources that must come first.

    Attributes:
        referred: those whose id or attribute is used. They need to be configured, not yet stable ("How CloudFormation
            creates resources": a dependent starts at CONFIGURATION_COMPLETE).
        named: those that DependsOn names, which must be complete.
    """

    referred: frozenset[str] = frozenset()
    named: frozenset[str] = frozenset()

    @property
    def all(self) -> frozenset[str]:
        """Both kinds."""
        return self.referred | self.named


def references(value: Any, names: Mapping[str, Any]) -> Iterator[str]:
    """The names among `names` that Ref, GetAtt and Sub in the value refer to."""
    if isinstance(value, list):
        for each in value:
            yield from references(each, names)
    elif isinstance(value, dict):
        if len(value) == 1:
            yield from (name for name in _named_by(value) if name in names)
        for each in value.values():
            yield from references(each, names)


def _named_by(value: dict[str, Any]) -> Iterator[str]:
    (key, given), *_ = value.items()
    if key == "Ref" and isinstance(given, str):
        yield given
    elif key == "Fn::GetAtt" and isinstance(given, list) and given and isinstance(given[0], str):
        yield given[0]
    elif key == "Fn::Sub":
        own = given[1] if isinstance(given, list) and len(given) > 1 and isinstance(given[1], dict) else {}
        text = given[0] if isinstance(given, list) and given else given
        if isinstance(text, str):
            yield from (name.split(".")[0] for name in variables(text) if name not in own)


def needs(template: Template, wanted: Mapping[str, Any]) -> dict[str, Needs]:
    """Each wanted resource's needs.

    Args:
        wanted: the logical ids whose condition holds; a need of another resource is no need.

    Raises AwsError ValidationError naming the resources of a circular dependency, or a DependsOn of nothing.
    """
    found = {}
    for logical in wanted:
        declaration = template.resources[logical]
        for name in declaration.depends_on:
            if name not in template.resources:
                raise malformed(f"Unresolved resource dependencies [{name}] in the Resources block of the template")
        named = frozenset(name for name in declaration.depends_on if name in wanted)
        referred = frozenset(references(declaration.properties, wanted))
        found[logical] = Needs(referred - named, named)
    circle = circular({name: each.all for name, each in found.items()})
    if circle:
        raise AwsError("ValidationError", f"Circular dependency between resources: [{', '.join(circle)}]")
    return found


def circular(edges: Mapping[str, frozenset[str]]) -> list[str]:
    """The resources on circles, sorted; empty when there is none. What only leads to a circle is not on it."""
    reach = {name: _reachable(name, edges) for name in edges}
    return sorted(name for name in edges if name in reach[name])


def _reachable(start: str, edges: Mapping[str, frozenset[str]]) -> set[str]:
    seen: set[str] = set()
    waiting = list(edges[start])
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting.extend(edges.get(name, frozenset()))
    return seen
