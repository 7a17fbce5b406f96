"""What AWS says of a template, whatever its parameters: types, properties, references, circles, capabilities."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from netflux.cloudformation import conditions, forms
from netflux.cloudformation.graph import needs, references
from netflux.cloudformation.intrinsics import variables
from netflux.cloudformation.registry import Schema, schema
from netflux.cloudformation.syntax import malformed
from netflux.cloudformation.template import Declaration, Template
from netflux.cloudformation.types import row, rows
from netflux.cloudformation.types.table import Row
from netflux.errors import AwsError

PSEUDO = (
    "AWS::AccountId", "AWS::NoValue", "AWS::NotificationARNs", "AWS::Partition", "AWS::Region", "AWS::StackId",
    "AWS::StackName", "AWS::URLSuffix",
)  # fmt: skip


def row_of(type_name: str) -> Row:
    """The table's row of a type that `lacks.check` has let through."""
    found = row(type_name)
    if found is None:
        raise KeyError(type_name)
    return found


def schema_of(region: str, type_name: str) -> Schema:
    """The registry's schema of a type that `check` has let through."""
    found = schema(region, type_name)
    if found is None:
        raise malformed(f"Unrecognized resource types: [{type_name}]")
    return found


def check(template: Template, region: str) -> None:
    """Raises AwsError ValidationError for the first kind of mistake found, naming all of its places."""
    check_alone(template, region)
    needs(template, template.resources)
    problems = [problem for each in template.resources.values() for problem in _property_problems(each, region)]
    if problems:
        raise AwsError("ValidationError", "\n".join(problems))


def check_alone(template: Template, region: str) -> None:
    """What every entry looks at, GetTemplateSummary too. Raises as `check`."""
    check_functions(template)
    unknown = unknown_types(template, region)
    if unknown:
        raise malformed(f"Unrecognized resource types: [{', '.join(unknown)}]")
    _check_references(template, region)


def unknown_types(template: Template, region: str) -> list[str]:
    """The types that AWS does not have there either."""
    return sorted(name for name in {each.type for each in template.resources.values()} if schema(region, name) is None)


def check_functions(template: Template) -> None:
    """Raises AwsError ValidationError for a function that is not in its form, and conditions that are not there."""
    sections = [template.conditions, template.outputs]
    sections += [declaration.properties for declaration in template.resources.values()]
    for section in sections:
        forms.check(section)
    conditions.check(template.conditions)
    for name, given in (call for section in sections for call in forms.calls(section)):
        if name == "Fn::If" and (not isinstance(given[0], str) or given[0] not in template.conditions):
            raise AwsError("ValidationError", f"Template error: unresolved condition dependency {given[0]} in Fn::If")


def _property_problems(declaration: Declaration, region: str) -> Iterator[str]:
    place = f"Resource {declaration.logical} ({declaration.type})"
    for problem in schema_of(region, declaration.type).problems(declaration.properties):
        yield f"{place}: {problem}"


def _check_references(template: Template, region: str) -> None:
    lost = [*_lost(template.conditions, template, region)]
    lost += [name for name in references(template.conditions, template.resources) if name not in template.parameters]
    if lost:
        names = ", ".join(dict.fromkeys(lost))
        raise malformed(
            f"Unresolved dependencies [{names}]. Cannot reference resources in the Conditions block of the template"
        )
    lost = [*_lost(template.rules, template, region)]
    for declaration in template.resources.values():
        lost.extend(_lost(declaration.properties, template, region))
        if declaration.condition is not None and declaration.condition not in template.conditions:
            raise malformed(
                f"Unresolved condition dependency {declaration.condition} in the Resources block of the template"
            )
    if lost:
        raise unresolved(lost, "Resources")
    lost = [*_lost(template.outputs, template, region)]
    if lost:
        raise unresolved(lost, "Outputs")
    for output in template.outputs.values():
        if output.get("Condition", "") and output["Condition"] not in template.conditions:
            raise malformed(
                f"Unresolved condition dependency {output['Condition']} in the Outputs block of the template"
            )


def unresolved(names: Iterable[str], block: str) -> AwsError:
    """The error of references to nothing, in one of a template's blocks."""
    listed = ", ".join(dict.fromkeys(names))
    return malformed(f"Unresolved resource dependencies [{listed}] in the {block} block of the template")


def _lost(value: Any, template: Template, region: str) -> Iterator[str]:
    """Names that refer to nothing."""
    if isinstance(value, list):
        for each in value:
            yield from _lost(each, template, region)
    elif isinstance(value, dict):
        if len(value) == 1:
            yield from _lost_function(value, template, region)
        for each in value.values():
            yield from _lost(each, template, region)


def _lost_function(value: dict[str, Any], template: Template, region: str) -> Iterator[str]:
    (key, given), *_ = value.items()
    if key == "Ref" and isinstance(given, str):
        yield from _lost_name(given, template)
    elif key == "Fn::GetAtt":
        if all(isinstance(each, str) for each in given):
            yield from _lost_attribute((given[0], ".".join(given[1:])), template, region)
        elif given[0] not in template.resources:
            yield given[0]
    elif key == "Fn::Sub":
        text, own = (given, {}) if isinstance(given, str) else (given[0], given[1])
        for name in variables(text):
            if name in own:
                continue
            if "." in name:
                logical, attribute = name.split(".", 1)
                yield from _lost_attribute((logical, attribute), template, region)
            else:
                yield from _lost_name(name, template)


def _lost_name(name: str, template: Template) -> Iterator[str]:
    if name not in template.resources and name not in template.parameters and name not in PSEUDO:
        yield name


def _lost_attribute(named: tuple[str, str], template: Template, region: str) -> Iterator[str]:
    logical, attribute = named
    declaration = template.resources.get(logical)
    if declaration is None:
        yield logical
    elif not _gives(declaration.type, attribute, region):
        if schema_of(region, declaration.type).read_only(attribute):
            said = f"Resource {logical} ({declaration.type}): the attribute {attribute} is not supported by Netflux"
            raise AwsError("ValidationError", said)
        raise AwsError(
            "ValidationError",
            f"Template error: resource {logical} does not support attribute type {attribute} in Fn::GetAtt",
        )


def _gives(kind: str, attribute: str, region: str) -> bool:
    found, known = row(kind), schema_of(region, kind)
    if found is None or found.open:
        return known.gives(attribute)
    if (
        attribute in found.attributes
        or attribute in found.told
        or (found.outputs is not None and attribute.startswith("Outputs."))
    ):
        return True
    return attribute in known.properties and not known.read_only(attribute)


def capabilities(template: Template) -> tuple[str | None, list[str]]:
    """The capability that the template needs, and the types that it needs it for."""
    iam = [each for each in template.resources.values() if each.type.startswith("AWS::IAM::")]
    if not iam:
        return None, []
    named = any(_name_of(each.type) in each.properties for each in iam)
    return "CAPABILITY_NAMED_IAM" if named else "CAPABILITY_IAM", sorted({each.type for each in iam})


def _name_of(kind: str) -> str:
    """The property that names a resource of IAM's; UserName and GroupName are those of types that have no row."""
    found = rows().get(kind)
    return found.named if found else f"{kind.rsplit(':', 1)[1]}Name"


def check_capabilities(template: Template, given: Sequence[str]) -> None:
    """Raises InsufficientCapabilitiesException when the caller didn't acknowledge what the template may do."""
    needed, _ = capabilities(template)
    if needed is None or needed in given or (needed == "CAPABILITY_IAM" and "CAPABILITY_NAMED_IAM" in given):
        return
    raise AwsError("InsufficientCapabilitiesException", f"Requires capabilities : [{needed}]")
