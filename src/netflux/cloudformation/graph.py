"""What depends on what: found in the functions and in DependsOn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
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
    backwards: dict[str, list[str]] = {name: [] for name in edges}
    for name, others in edges.items():
        for other in others:
            if other in backwards:
                backwards[other].append(name)
    found: list[str] = []
    placed: set[str] = set()
    for name in reversed(ordered(edges)):
        if name not in placed:
            group = _gathered(name, backwards, placed)
            if len(group) > 1 or name in edges[name]:
                found.extend(group)
    return sorted(found)


def _gathered(start: str, backwards: Mapping[str, Iterable[str]], placed: set[str]) -> list[str]:
    """What leads to a name and isn't placed yet, itself among it; Kosaraju's second pass."""
    group, waiting = [], [start]
    while waiting:
        name = waiting.pop()
        if name not in placed:
            placed.add(name)
            group.append(name)
            waiting.extend(backwards[name])
    return group


def ordered(edges: Mapping[str, Iterable[str]]) -> list[str]:
    """Each name after those that it leads to, as far as circles let it; without recursion, for chains are long."""
    found: list[str] = []
    seen: set[str] = set()
    for start in edges:
        path = [(start, iter(sorted(edges[start])))] if start not in seen else []
        seen.add(start)
        while path:
            name, others = path[-1]
            inner = next((each for each in others if each not in seen and each in edges), None)
            if inner is None:
                path.pop()
                found.append(name)
            else:
                seen.add(inner)
                path.append((inner, iter(sorted(edges[inner]))))
    return found
